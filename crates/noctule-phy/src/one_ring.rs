//! Spatial correlation of a user whose scatterers stand around it: the one-ring model.
//!
//! A linear array of `L` elements half a wavelength apart sees the user at angle θ from broadside,
//! with power spread over `[θ − Δ, θ + Δ]` by a power-angle spectrum `S` of unit integral:
//! ```math
//! R = \int S(\vartheta)\, a(\vartheta) a^H(\vartheta)\, d\vartheta,\qquad
//! a_i = \frac{1}{\sqrt L} e^{-j\pi\, \iota_i \sin\vartheta}
//! ```
//! so that `tr R = 1`. The element index ι counts from the first element, or from the middle of the
//! array ([`PhaseReference`]): `R` does not care, its derivatives do. `R` is a Toeplitz matrix, and
//! only its first column is integrated.

use std::f64::consts::PI;

use noctule_num::quadrature::GaussLegendre;
use noctule_num::{C64, CMat};

/// Offsets for which one sine and one cosine are computed.
const STRIDE: usize = 8;

/// Which element has phase zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PhaseReference {
    /// The first.
    First,
    /// The middle of the array, which for an even number of elements is between two.
    #[default]
    Centre,
}

/// A linear array with the negative phase convention `e^{−jπ ι sin ϑ}` and unit norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniformLine {
    elements: usize,
    reference: PhaseReference,
}

impl UniformLine {
    /// An array of `elements`.
    pub const fn new(elements: usize, reference: PhaseReference) -> Self {
        Self { elements, reference }
    }

    /// Position ι of element `i` in half wavelengths.
    pub fn position(&self, i: usize) -> f64 {
        match self.reference {
            PhaseReference::First => i as f64,
            PhaseReference::Centre => i as f64 - 0.5 * (self.elements as f64 - 1.0),
        }
    }

    /// The steering vector and its derivative by the angle.
    pub fn steering(&self, angle_rad: f64) -> (Vec<C64>, Vec<C64>) {
        let scale = 1.0 / (self.elements as f64).sqrt();
        (0..self.elements)
            .map(|i| {
                let position = self.position(i);
                let a = C64::from_polar(scale, -PI * position * angle_rad.sin());
                (a, a * C64::new(0.0, -PI * position * angle_rad.cos()))
            })
            .unzip()
    }
}

/// How the power is spread over the ring, as a function of the offset from the user's angle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PowerAngleSpectrum {
    /// Constant over `[−Δ, Δ]`.
    #[default]
    Uniform,
    /// Normal with standard deviation Δ/2, cut at ±Δ.
    Gaussian,
    /// Two-sided exponential with decay constant Δ/2, cut at ±Δ: the spectrum of measured macro
    /// cells.
    Laplacian,
    /// `1 + cos(π x / Δ)`.
    RaisedCosine,
}

impl PowerAngleSpectrum {
    /// The spectrum at the offset `t·Δ`, `|t| ≤ 1`, up to its normalisation.
    fn shape(self, t: f64) -> f64 {
        match self {
            Self::Uniform => 1.0,
            Self::Gaussian => (-2.0 * t * t).exp(),
            Self::Laplacian => (-2.0 * t.abs()).exp(),
            Self::RaisedCosine => 1.0 + (PI * t).cos(),
        }
    }
}

/// A user under the one-ring model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneRing {
    /// The array of the base station.
    pub line: UniformLine,
    /// The user's angle θ from broadside in radians.
    pub angle_rad: f64,
    /// The single-sided spread Δ in radians; zero is a line of sight.
    pub spread_rad: f64,
    /// How the power is spread.
    pub spectrum: PowerAngleSpectrum,
}

/// Both matrices of a user.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// `R = ∫ S a aᴴ`, of unit trace.
    pub correlation: CMat,
    /// `∫ S a' a'ᴴ`: the covariance of the channel's derivative by the angle.
    pub derivative: CMat,
}

impl OneRing {
    /// Nodes of the quadrature for each half of the ring: beyond what the phase across the array
    /// turns through, sixteen digits need a fixed number more.
    fn nodes(&self) -> usize {
        let phase = PI * self.line.elements as f64 * self.spread_rad.sin().abs().max(0.0);
        32 + (0.6 * phase).ceil() as usize
    }

    /// Both integrals.
    pub fn integrate(&self) -> Spread {
        self.integrate_by(&mut None)
    }

    /// The same with the rule of another ring, made anew where it has another number of nodes.
    pub fn integrate_by(&self, rule: &mut Option<GaussLegendre>) -> Spread {
        let nodes = self.nodes();
        if rule.as_ref().is_none_or(|rule| rule.len() != nodes) {
            *rule = None;
        }
        let rule = rule.get_or_insert_with(|| GaussLegendre::new(nodes));
        let n = self.line.elements;
        // Offset by offset: ∫ S e^{−jπ d sin ϑ} and the same with (π cos ϑ)².
        let mut plain = vec![C64::ZERO; n];
        let mut sloped = vec![C64::ZERO; n];
        // In two halves: the Laplacian spectrum has a corner in the middle.
        let nodes: Vec<(f64, f64)> = rule.on(-1.0, 0.0).chain(rule.on(0.0, 1.0)).collect();
        let total: f64 = nodes.iter().map(|&(t, w)| w * self.spectrum.shape(t)).sum();
        for (t, w) in nodes {
            let angle = self.angle_rad + t * self.spread_rad;
            let weight = w * self.spectrum.shape(t) / (total * n as f64);
            let slope = weight * (PI * angle.cos()).powi(2);
            let turn = -PI * angle.sin();
            // A phasor of every offset as the product of two: exact to two roundings, and an eighth of
            // the sines.
            let fine: [C64; STRIDE] =
                std::array::from_fn(|d| C64::from_polar(1.0, turn * d as f64));
            let chunks = plain.chunks_mut(STRIDE).zip(sloped.chunks_mut(STRIDE));
            for (chunk, (plain, sloped)) in chunks.enumerate() {
                let coarse = C64::from_polar(1.0, turn * (chunk * STRIDE) as f64);
                for ((plain, sloped), fine) in plain.iter_mut().zip(sloped).zip(&fine) {
                    let phasor = coarse * fine;
                    *plain += phasor * weight;
                    *sloped += phasor * slope;
                }
            }
        }
        let mut derivative = toeplitz(&sloped);
        for l in 0..n {
            let position = self.line.position(l);
            for (i, entry) in derivative.col_mut(l).iter_mut().enumerate() {
                *entry *= self.line.position(i) * position;
            }
        }
        Spread { correlation: toeplitz(&plain), derivative }
    }
}

/// The Hermitian Toeplitz matrix of a first column.
fn toeplitz(first: &[C64]) -> CMat {
    let n = first.len();
    // Every column is a piece of the mirror image of the first followed by the first.
    let mirror = first.iter().skip(1).rev().map(C64::conj);
    let entries: Vec<C64> = mirror.chain(first.iter().copied()).collect();
    let mut matrix = CMat::zeros(n, n);
    for l in 0..n {
        matrix.col_mut(l).copy_from_slice(&entries[n - 1 - l..2 * n - 1 - l]);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(spectrum: PowerAngleSpectrum, elements: usize, spread: f64) -> OneRing {
        OneRing {
            line: UniformLine::new(elements, PhaseReference::Centre),
            angle_rad: 0.35,
            spread_rad: spread,
            spectrum,
        }
    }

    const ALL: [PowerAngleSpectrum; 4] = [
        PowerAngleSpectrum::Uniform,
        PowerAngleSpectrum::Gaussian,
        PowerAngleSpectrum::Laplacian,
        PowerAngleSpectrum::RaisedCosine,
    ];

    #[test]
    fn agrees_with_a_plain_sum_over_the_ring() {
        for spectrum in ALL {
            for (elements, spread) in [(6, 0.02), (12, 0.4)] {
                let ring = user(spectrum, elements, spread);
                let spread_matrices = ring.integrate();
                let n = 40_000;
                let (mut r, mut d) =
                    (CMat::zeros(elements, elements), CMat::zeros(elements, elements));
                let mut total = 0.0;
                for i in 0..n {
                    let t = -1.0 + 2.0 * (f64::from(i) + 0.5) / f64::from(n);
                    let w = spectrum.shape(t);
                    total += w;
                    let (a, slope) = ring.line.steering(ring.angle_rad + t * spread);
                    for j in 0..elements {
                        for k in 0..elements {
                            r[(j, k)] += a[j] * a[k].conj() * w;
                            d[(j, k)] += slope[j] * slope[k].conj() * w;
                        }
                    }
                }
                for (sum, exact) in
                    [(&mut r, &spread_matrices.correlation), (&mut d, &spread_matrices.derivative)]
                {
                    sum.scale(1.0 / total);
                    let worst = sum
                        .as_slice()
                        .iter()
                        .zip(exact.as_slice())
                        .map(|(x, y)| (x - y).norm())
                        .fold(0.0, f64::max);
                    assert!(worst < 1e-8 * exact.max_abs(), "{spectrum:?} {worst:e}");
                }
            }
        }
    }

    #[test]
    fn unit_trace_and_no_spread_is_a_line_of_sight() {
        for spectrum in ALL {
            let spread = user(spectrum, 16, 0.1).integrate();
            let trace: f64 = (0..16).map(|i| spread.correlation[(i, i)].re).sum();
            assert!((trace - 1.0).abs() < 1e-14);
        }
        let sight = user(PowerAngleSpectrum::Uniform, 5, 0.0);
        let (a, slope) = sight.line.steering(sight.angle_rad);
        let spread = sight.integrate();
        for i in 0..5 {
            for j in 0..5 {
                assert!((spread.correlation[(i, j)] - a[i] * a[j].conj()).norm() < 1e-15);
                assert!((spread.derivative[(i, j)] - slope[i] * slope[j].conj()).norm() < 1e-13);
            }
        }
    }

    #[test]
    fn enough_nodes_for_large_arrays_and_wide_rings() {
        for (elements, spread) in [(64, 0.0175), (64, 0.5), (256, 0.2)] {
            let ring = user(PowerAngleSpectrum::Uniform, elements, spread);
            let exact = GaussLegendre::new(900);
            let value = ring.integrate().correlation;
            let d = elements - 1;
            let mut corner = C64::ZERO;
            for (angle, w) in exact.on(0.35 - spread, 0.35 + spread) {
                corner += C64::from_polar(w, -PI * d as f64 * angle.sin());
            }
            corner /= 2.0 * spread * elements as f64;
            assert!(
                (value[(d, 0)] - corner).norm() < 1e-13 / elements as f64,
                "{elements} {spread}"
            );
        }
    }
}
