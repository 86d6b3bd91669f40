//! A line of sight and scatter around it, on one frequency and over a band.
//!
//! ```math
//! h(\delta) = \sqrt{\beta}\Big[\sqrt{\tfrac{K}{K+1}}\,e^{j\psi}\sqrt N a + \sum_l \sqrt{\tfrac{p_l}{K+1}}\,e^{j2\pi\delta\tau_l} R^{1/2} g_l\Big],\qquad g_l\sim\mathcal{CN}(0, I)
//! ```
//! with the unit-norm response `a` of the line of sight, its phase ψ, at delay zero, and tap powers
//! p that sum to one. K is linear here; K = ∞ leaves the line of sight, K = 0 the scatter.
//! `E‖h‖² = Nβ`.
//!
//! Source: Rice, "Mathematical analysis of random noise", Bell System Technical Journal (1944, 1945).

use std::f64::consts::TAU;

use noctule_num::{C64, CMat};

use super::taps::TapProfile;

/// What a user's channel is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rician<'a> {
    /// K as a ratio: zero to infinity.
    pub k_factor: f64,
    /// β as a ratio.
    pub path_gain: f64,
    /// The response `a` of the line of sight, of unit norm.
    pub line_of_sight: &'a [C64],
    /// ψ in radians.
    pub phase_rad: f64,
}

/// The amplitudes `√(K/(K+1))` and `√(1/(K+1))` of both parts.
pub fn shares(k_factor: f64) -> (f64, f64) {
    if k_factor.is_infinite() {
        return (1.0, 0.0);
    }
    ((k_factor / (k_factor + 1.0)).sqrt(), (1.0 / (k_factor + 1.0)).sqrt())
}

impl Rician<'_> {
    /// The mean `√(βNK/(K+1)) e^{jψ} a`: what remains when the scatter is averaged.
    pub fn mean(&self) -> Vec<C64> {
        let gain = self.path_gain * self.line_of_sight.len() as f64;
        let factor = C64::from_polar(gain.sqrt() * shares(self.k_factor).0, self.phase_rad);
        self.line_of_sight.iter().map(|a| a * factor).collect()
    }

    /// The channel on one frequency, for scatter `R^{1/2} g` of covariance R.
    ///
    /// # Panics
    /// When the scatter has another number of antennas.
    pub fn channel(&self, scatter: &[C64]) -> Vec<C64> {
        assert_eq!(scatter.len(), self.line_of_sight.len(), "antennas of the scatter");
        let factor = self.path_gain.sqrt() * shares(self.k_factor).1;
        let mut channel = self.mean();
        channel.iter_mut().zip(scatter).for_each(|(h, s)| *h += s * factor);
        channel
    }

    /// The channel at the offsets `offsets_hz` from the carrier, antennas × subcarriers, for
    /// scatter `R^{1/2} g_l` of each tap (antennas × taps).
    ///
    /// # Panics
    /// When there is not one scatter for every tap.
    pub fn wideband(&self, taps: &TapProfile, scatter: &CMat, offsets_hz: &[f64]) -> CMat {
        assert_eq!(taps.delays_s.len(), scatter.cols(), "one scatter for every tap");
        let factor = self.path_gain.sqrt() * shares(self.k_factor).1;
        let mean = self.mean();
        let mut out = CMat::zeros(mean.len(), offsets_hz.len());
        for (n, offset) in offsets_hz.iter().enumerate() {
            out.col_mut(n).copy_from_slice(&mean);
            for (l, (tau, p)) in taps.delays_s.iter().zip(&taps.powers).enumerate() {
                let weight = C64::from_polar(factor * p.sqrt(), TAU * offset * tau);
                out.col_mut(n).iter_mut().zip(scatter.col(l)).for_each(|(h, s)| *h += s * weight);
            }
        }
        out
    }
}

/// The factor K that fits second and fourth moments of an amplitude, `m₂ = E|h|²`, `m₄ = E|h|⁴`:
/// `√(2m₂² − m₄) / (m₂ − √(2m₂² − m₄))`. `None` where no Rician amplitude has these moments.
pub fn k_from_moments(second: f64, fourth: f64) -> Option<f64> {
    let square = 2.0 * second * second - fourth;
    if square.is_nan() || square < 0.0 {
        return None;
    }
    let sight = square.sqrt();
    (sight <= second).then(|| sight / (second - sight))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrays::PlanarArray;
    use noctule_num::rng::{StreamKey, complex_normal};

    fn scatter(columns: usize) -> CMat {
        let mut rng = StreamKey::new(5, "test", "rician", 0).trial(0);
        CMat::from_fn(6, columns, |_, _| complex_normal(&mut rng, 1.0))
    }

    #[test]
    fn the_ends_of_k() {
        let a = PlanarArray::new(3, 2).steering([(0.3, 1.2)]).response.into_vec();
        let g = scatter(1);
        let user =
            |k_factor| Rician { k_factor, path_gain: 2.0, line_of_sight: &a, phase_rad: 0.7 };
        let alone = user(f64::INFINITY).channel(g.col(0));
        assert_eq!(alone, user(f64::INFINITY).mean());
        assert!((alone.iter().map(C64::norm_sqr).sum::<f64>() - 12.0).abs() < 1e-13);
        for (h, g) in user(0.0).channel(g.col(0)).iter().zip(g.col(0)) {
            assert!((h - g * 2.0_f64.sqrt()).norm() < 1e-15);
        }
        // Both ends are limits.
        for (far, near) in [(1e-14, 0.0), (1e14, f64::INFINITY)] {
            let (x, y) = (user(far).channel(g.col(0)), user(near).channel(g.col(0)));
            assert!(x.iter().zip(&y).all(|(x, y)| (x - y).norm() < 1e-6));
        }
    }

    #[test]
    fn one_tap_is_the_flat_channel_on_every_subcarrier() {
        let a = PlanarArray::new(3, 2).steering([(0.3, 1.2)]).response.into_vec();
        let g = scatter(1);
        let user = Rician { k_factor: 2.0, path_gain: 0.3, line_of_sight: &a, phase_rad: 0.7 };
        let wide = user.wideband(&TapProfile::flat(), &g, &[-1e9, 0.0, 3e7]);
        let flat = user.channel(g.col(0));
        for n in 0..3 {
            assert!(wide.col(n).iter().zip(&flat).all(|(x, y)| (x - y).norm() < 1e-15));
        }
    }

    /// Mean and covariance over the band, by simulation: `E h(δ)h(δ')ᴴ` of the scatter is
    /// `β/(K+1) Σ p e^{j2π(δ−δ')τ}`.
    #[test]
    fn the_band_decorrelates_as_its_profile_says() {
        let taps = TapProfile::new(vec![0.0, 2e-7, 5e-7], &[1.0, 0.5, 0.2]);
        let user =
            Rician { k_factor: 1.0, path_gain: 1.0, line_of_sight: &[C64::ONE], phase_rad: 0.0 };
        let mut rng = StreamKey::new(5, "test", "band", 0).trial(0);
        let (n, offsets) = (40_000, [0.0, 1e6]);
        let mut sum = C64::ZERO;
        for _ in 0..n {
            let g = CMat::from_fn(1, 3, |_, _| complex_normal(&mut rng, 1.0));
            let h = user.wideband(&taps, &g, &offsets);
            let mean = user.mean()[0];
            sum += (h[(0, 1)] - mean) * (h[(0, 0)] - mean).conj();
        }
        let expected = 0.5 * taps.correlation(1e6);
        // Standard error of the mean of products of CN(0, 1/2): 1/2 over √n.
        assert!((sum / f64::from(n) - expected).norm() < 5.0 * 0.5 / f64::from(n).sqrt());
    }

    #[test]
    fn k_is_found_from_moments() {
        for k in [0.0, 0.3, 1.0, 4.0, 100.0_f64] {
            // m₂ = 1, m₄ = 1 + (1 + 2K)/(1 + K)²
            let found = k_from_moments(1.0, 1.0 + (1.0 + 2.0 * k) / (1.0 + k).powi(2)).unwrap();
            assert!((found - k).abs() < 1e-9 * (1.0 + k * k), "{k}: {found}");
        }
        assert_eq!(k_from_moments(1.0, 3.0), None);
        assert_eq!(k_from_moments(1.0, 0.9), None);
    }
}
