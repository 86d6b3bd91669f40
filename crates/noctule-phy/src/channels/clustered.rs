//! Clusters of rays: the extended Saleh–Valenzuela model of millimetre waves.
//!
//! ```math
//! h(\delta) = \sqrt{N\beta} \sum_c\sum_i \sqrt{p_c/I}\; g_{ci}\, e^{j2\pi\delta\tau_c}\, a(\theta_{ci}, \phi_{ci}),\qquad
//! \sum_c p_c = 1,\ g_{ci}\sim\mathcal{CN}(0,1)
//! ```
//! with the unit-norm response `a`. The rays of a cluster lie around its centre with Laplacian
//! deviations of given standard deviations. Given the directions the channel is Gaussian with the
//! covariance `Nβ Σ (p_c/I) a aᴴ`. `E‖h‖² = Nβ`. A line of sight is added as in [`super::rician`].
//!
//! Sources: Saleh, Valenzuela, "A statistical model for indoor multipath propagation" (1987), for
//! clusters and delays; El Ayach et al., "Spatially sparse precoding in millimeter wave MIMO systems"
//! (2014), for arrays and Laplacian angles; 3GPP TR 38.901, Section 7.5, for powers that are drawn.

use std::f64::consts::{LN_10, SQRT_2, TAU};

use noctule_num::{C64, CMat};

use super::antennas::Antennas;
use super::array::Ray;
use super::taps::normalised;

/// What a uniform number of zero is taken for in a logarithm: 2⁻⁵⁴, half the smallest other.
const LEAST: f64 = 5.551_115_123_125_783e-17;

/// A Laplacian deviation of standard deviation `std_rad` from a uniform number in [0, 1):
/// `−(σ/√2) sgn(t) ln(1 − 2|t|)`, `t = u − ½`.
///
/// ```
/// use noctule_phy::channels::clustered::laplacian;
/// assert_eq!(laplacian(0.5, 0.1), 0.0);
/// assert!(laplacian(0.0, 0.1).is_finite() && laplacian(0.0, 0.1) < -2.0);
/// ```
pub fn laplacian(uniform: f64, std_rad: f64) -> f64 {
    // 1 − 2|t| is 2u below one half and 2(1 − u) above, without rounding.
    let size = if uniform < 0.5 { 2.0 * uniform.max(LEAST) } else { 2.0 * (1.0 - uniform) };
    let deviation = -std_rad / SQRT_2 * size.ln();
    if uniform < 0.5 { -deviation } else { deviation }
}

/// How delays and powers of clusters are drawn: exponential delays, powers that fall with them and
/// with a shadowing of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerDecay {
    /// r_τ > 1: how much wider delays are drawn than they weigh.
    pub delay_ratio: f64,
    /// ζ in dB: the standard deviation of a cluster's shadowing.
    pub shadowing_db: f64,
}

impl Default for PowerDecay {
    /// r_τ = 2.1, ζ = 3 dB: urban micro cells without line of sight in 3GPP TR 38.901.
    fn default() -> Self {
        Self { delay_ratio: 2.1, shadowing_db: 3.0 }
    }
}

impl PowerDecay {
    /// Delays in seconds, ascending from zero, and powers of sum one, from one uniform and one
    /// normal number a cluster: `τ' = −r_τ σ_τ ln U` sorted minus the least,
    /// `p ∝ e^{−τ(r_τ−1)/(r_τσ_τ)} 10^{−Z/10}` with the c-th normal for the c-th smallest delay.
    ///
    /// # Panics
    /// When there is not one normal for every uniform number.
    pub fn clusters(
        &self,
        spread_s: f64,
        uniforms: &[f64],
        normals: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        assert_eq!(uniforms.len(), normals.len(), "one normal for every cluster");
        let ratio = self.delay_ratio;
        let drawn = |u: &f64| -ratio * spread_s * u.max(LEAST).ln();
        let mut delays: Vec<f64> = uniforms.iter().map(drawn).collect();
        delays.sort_unstable_by(f64::total_cmp);
        let least = delays.first().copied().unwrap_or(0.0);
        delays.iter_mut().for_each(|tau| *tau -= least);
        let power = |(tau, z): (&f64, &f64)| {
            let decay = if *tau > 0.0 { tau * (ratio - 1.0) / (ratio * spread_s) } else { 0.0 };
            (-decay - LN_10 * self.shadowing_db * z / 10.0).exp()
        };
        let powers: Vec<f64> = delays.iter().zip(normals).map(power).collect();
        (delays, normalised(&powers))
    }
}

/// Rays in clusters: directions, delays and powers of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// p_c, of sum one.
    pub powers: Vec<f64>,
    /// τ_c in seconds.
    pub delays_s: Vec<f64>,
    /// (θ_ci, φ_ci) in radians: as many rays in every cluster.
    pub directions_rad: Vec<Vec<(f64, f64)>>,
}

/// Frequencies on which a channel is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band<'a> {
    /// Carrier f_c in hertz.
    pub carrier_hz: f64,
    /// δ_n in hertz.
    pub offsets_hz: &'a [f64],
    /// Whether responses turn with the frequency.
    pub squint: bool,
}

impl Band<'_> {
    /// The frequency over that of the carrier at which responses are taken.
    pub fn ratio(&self, offset_hz: f64) -> f64 {
        if self.squint { 1.0 + offset_hz / self.carrier_hz } else { 1.0 }
    }

    /// Only the carrier.
    pub const fn narrow(carrier_hz: f64) -> Self {
        Self { carrier_hz, offsets_hz: &[0.0], squint: false }
    }
}

impl Clusters {
    /// Rays around the centres `(azimuth, polar)` of clusters, each with a pair of uniform numbers.
    /// Powers are divided by their sum.
    ///
    /// # Panics
    /// When lists differ in length.
    pub fn around(
        centres_rad: &[(f64, f64)],
        (azimuth_std_rad, polar_std_rad): (f64, f64),
        rays: &[Vec<(f64, f64)>],
        delays_s: Vec<f64>,
        powers: &[f64],
    ) -> Self {
        assert!(
            [rays.len(), delays_s.len(), powers.len()] == [centres_rad.len(); 3],
            "as many of everything as clusters"
        );
        let directions_rad = centres_rad.iter().zip(rays).map(|(&(azimuth, polar), rays)| {
            let ray = |&(u, v): &(f64, f64)| {
                (azimuth + laplacian(u, azimuth_std_rad), polar + laplacian(v, polar_std_rad))
            };
            rays.iter().map(ray).collect()
        });
        Self { directions_rad: directions_rad.collect(), powers: normalised(powers), delays_s }
    }

    /// The channel over a band, antennas × subcarriers, for gains `g[c][i]`.
    ///
    /// # Panics
    /// When the gains do not fit the rays.
    pub fn channel(
        &self,
        array: &dyn Antennas,
        path_gain: f64,
        gains: &[Vec<C64>],
        band: &Band<'_>,
    ) -> CMat {
        assert_eq!(gains.len(), self.powers.len(), "gains for every cluster");
        let scale = (array.elements() as f64 * path_gain).sqrt() * array.to_unit_norm();
        over_band(array.elements(), &self.delays_s, band, |c, ratio, out| {
            let rays = &self.directions_rad[c];
            assert_eq!(gains[c].len(), rays.len(), "a gain for every ray");
            let amplitude = scale * (self.powers[c] / rays.len() as f64).sqrt();
            let ray = |(&(azimuth_rad, polar_rad), gain): (&(f64, f64), &C64)| Ray {
                azimuth_rad,
                polar: array.polar(polar_rad, ratio),
                weight: gain * amplitude,
            };
            let rays: Vec<Ray> = rays.iter().zip(&gains[c]).map(ray).collect();
            array.add_rays(&rays, ratio, out);
        })
    }

    /// `Nβ Σ (p_c/I) a aᴴ`: the covariance given the directions.
    pub fn covariance(&self, array: &dyn Antennas, path_gain: f64) -> CMat {
        let n = array.elements();
        let scale = n as f64 * path_gain * array.to_unit_norm().powi(2);
        let mut out = CMat::zeros(n, n);
        for (rays, power) in self.directions_rad.iter().zip(&self.powers) {
            for &(azimuth, polar) in rays {
                let a = array.far_response(azimuth, polar, 1.0);
                let weight = scale * power / rays.len() as f64;
                for (m, second) in a.iter().enumerate() {
                    let factor = second.conj() * weight;
                    out.col_mut(m).iter_mut().zip(&a).for_each(|(r, first)| *r += first * factor);
                }
            }
        }
        out
    }
}

/// `Σ_c e^{j2πδτ_c} s_c` over a band, antennas × subcarriers: `add(c, ratio, out)` adds s_c to `out`.
/// Without squint each s_c is formed once.
pub(super) fn over_band(
    antennas: usize,
    delays_s: &[f64],
    band: &Band<'_>,
    add: impl Fn(usize, f64, &mut [C64]),
) -> CMat {
    let mut out = CMat::zeros(antennas, band.offsets_hz.len());
    let mut part = vec![C64::ZERO; antennas];
    for (c, tau) in delays_s.iter().enumerate() {
        for (n, offset) in band.offsets_hz.iter().enumerate() {
            if n == 0 || band.squint {
                part.fill(C64::ZERO);
                add(c, band.ratio(*offset), &mut part);
            }
            let turn = C64::cis(TAU * offset * tau);
            out.col_mut(n).iter_mut().zip(&part).for_each(|(h, s)| *h += s * turn);
        }
    }
    out
}

#[cfg(test)]
mod tests;
