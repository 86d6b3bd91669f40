//! Steering vectors of linear and planar arrays, and their derivatives by the angles.
//!
//! # Conventions
//!
//! Elements stand half a wavelength apart, the phase reference is the corner (first) element, and
//! the sign is positive. A planar array of `N_h × N_v` elements is the Kronecker product of a
//! horizontal and a vertical ramp, the vertical index running fastest:
//! ```math
//! a(\theta,\phi) = a_h \otimes a_v,\quad
//! a_h[n] = \frac{e^{j\pi n \sin\theta\sin\phi}}{\sqrt{N_h}},\quad
//! a_v[n] = \frac{e^{j\pi n \cos\phi}}{\sqrt{N_v}}
//! ```
//! θ is the azimuth and φ the *polar* angle, measured from the array's vertical axis: a target at
//! the height of the array has φ = 90°. (The literature sometimes calls this φ an elevation; see
//! `docs/errata.md#beamforming-e24`.) Both `(θ, φ)` and `(−θ, −φ)` give the same response, and so
//! do `(θ, φ)` and `(π − θ, φ)`: an array in a plane cannot tell its front from its back.
//!
//! The reference element matters for bounds on a reflection's *phase* and for nothing else: moving
//! it multiplies the response by a phase that depends on the angles.

use std::f64::consts::PI;

use noctule_num::{C64, CMat};

/// How a steering vector is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Normalisation {
    /// ‖a‖ = 1: the array gain is in the channel, not in the steering vector.
    #[default]
    UnitNorm,
    /// |a\[n\]| = 1: ‖a‖² is the number of elements.
    UnitModulus,
}

/// A uniform linear array of elements half a wavelength apart, phase reference at the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearArray {
    /// Number of elements.
    pub elements: usize,
    /// Scale of the steering vector.
    pub normalisation: Normalisation,
}

impl LinearArray {
    /// An array of `elements` with unit-norm steering vectors.
    pub const fn new(elements: usize) -> Self {
        Self { elements, normalisation: Normalisation::UnitNorm }
    }

    /// The steering vector `a[n] = s·e^{jπ n sin ϑ}` and its derivative by the angle ϑ (radians
    /// from broadside).
    pub fn steering(&self, angle_rad: f64) -> (Vec<C64>, Vec<C64>) {
        let scale = scale(self.normalisation, self.elements);
        let phase = PI * angle_rad.sin();
        let slope = PI * angle_rad.cos();
        (0..self.elements)
            .map(|n| {
                let n = n as f64;
                let a = C64::from_polar(scale, phase * n);
                (a, a * C64::new(0.0, slope * n))
            })
            .unzip()
    }
}

/// A uniform planar array; see the [module](self) for its conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanarArray {
    /// Elements in a row.
    pub horizontal: usize,
    /// Elements in a column.
    pub vertical: usize,
    /// Scale of the steering vector.
    pub normalisation: Normalisation,
}

/// Steering vectors of several directions (columns), and their derivatives by azimuth and by
/// polar angle, each elements × directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Steering {
    /// a(θ, φ).
    pub response: CMat,
    /// ∂a/∂θ, per radian.
    pub by_azimuth: CMat,
    /// ∂a/∂φ, per radian.
    pub by_polar: CMat,
}

impl PlanarArray {
    /// An array of `horizontal × vertical` elements with unit-norm steering vectors.
    pub const fn new(horizontal: usize, vertical: usize) -> Self {
        Self { horizontal, vertical, normalisation: Normalisation::UnitNorm }
    }

    /// Number of elements.
    pub const fn elements(&self) -> usize {
        self.horizontal * self.vertical
    }

    /// Steering vectors and derivatives for directions `(azimuth_rad, polar_rad)`.
    pub fn steering(&self, directions: impl IntoIterator<Item = (f64, f64)>) -> Steering {
        let scale = scale(self.normalisation, self.elements());
        let columns: Vec<_> = directions.into_iter().collect();
        let mut response = CMat::zeros(self.elements(), columns.len());
        let mut by_azimuth = response.clone();
        let mut by_polar = response.clone();
        for (m, (azimuth, polar)) in columns.into_iter().enumerate() {
            let (sin_azimuth, cos_azimuth) = azimuth.sin_cos();
            let (sin_polar, cos_polar) = polar.sin_cos();
            for h in 0..self.horizontal {
                for v in 0..self.vertical {
                    let index = h * self.vertical + v;
                    let (h, v) = (h as f64, v as f64);
                    let phase = PI * (h * sin_azimuth * sin_polar + v * cos_polar);
                    let a = C64::from_polar(scale, phase);
                    let ja = C64::new(-a.im, a.re);
                    response[(index, m)] = a;
                    by_azimuth[(index, m)] = ja * (PI * h * cos_azimuth * sin_polar);
                    by_polar[(index, m)] =
                        ja * (PI * (h * sin_azimuth * cos_polar - v * sin_polar));
                }
            }
        }
        Steering { response, by_azimuth, by_polar }
    }
}

fn scale(normalisation: Normalisation, elements: usize) -> f64 {
    match normalisation {
        Normalisation::UnitNorm => 1.0 / (elements as f64).sqrt(),
        Normalisation::UnitModulus => 1.0,
    }
}

/// The same direction with azimuth in (−π, π] and polar angle in \[0, π\].
///
/// `(θ, φ)` and `(−θ, −φ)` have the same response, so a negative polar angle — usual in the
/// literature that calls it an elevation — is flipped, not refused.
pub fn canonical_direction(azimuth_rad: f64, polar_rad: f64) -> (f64, f64) {
    let wrap = |x: f64| {
        let y = x.rem_euclid(2.0 * PI);
        if y > PI { y - 2.0 * PI } else { y }
    };
    let (azimuth, polar) = (wrap(azimuth_rad), wrap(polar_rad));
    if polar < 0.0 { (wrap(-azimuth), -polar) } else { (azimuth, polar) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTIONS: [(f64, f64); 4] = [(0.3, 1.1), (-0.9, -0.4), (2.2, 0.7), (0.0, 1.5)];

    #[test]
    fn derivatives_agree_with_differences() {
        let h = 1e-6;
        for normalisation in [Normalisation::UnitNorm, Normalisation::UnitModulus] {
            let array = PlanarArray { horizontal: 4, vertical: 3, normalisation };
            let steering = array.steering(DIRECTIONS);
            let shifted = |azimuth: f64, polar: f64| {
                array.steering(DIRECTIONS.map(|(a, p)| (a + azimuth, p + polar))).response
            };
            let check = |ahead: &CMat, behind: &CMat, derivative: &CMat| {
                for (i, d) in derivative.as_slice().iter().enumerate() {
                    let numeric = (ahead.as_slice()[i] - behind.as_slice()[i]) / (2.0 * h);
                    assert!((numeric - d).norm() < 2e-8);
                }
            };
            check(&shifted(h, 0.0), &shifted(-h, 0.0), &steering.by_azimuth);
            check(&shifted(0.0, h), &shifted(0.0, -h), &steering.by_polar);
        }
        let array = LinearArray::new(6);
        let (_, derivative) = array.steering(0.4);
        let (ahead, behind) = (array.steering(0.4 + h).0, array.steering(0.4 - h).0);
        for i in 0..6 {
            assert!(((ahead[i] - behind[i]) / (2.0 * h) - derivative[i]).norm() < 1e-8);
        }
    }

    #[test]
    fn a_column_of_elements_is_a_linear_array() {
        // cos φ = sin(π/2 − φ): the vertical ramp of a planar array is a linear array.
        let planar = PlanarArray::new(1, 5).steering([(0.7, 1.2)]);
        let (linear, _) = LinearArray::new(5).steering(PI / 2.0 - 1.2);
        for (a, b) in planar.response.as_slice().iter().zip(&linear) {
            assert!((a - b).norm() < 1e-14);
        }
    }

    #[test]
    fn canonical_directions_have_the_same_response() {
        let array = PlanarArray::new(4, 4);
        for (azimuth, polar) in DIRECTIONS.into_iter().chain([(3.5, -3.0), (-4.0, 7.0)]) {
            let (a, p) = canonical_direction(azimuth, polar);
            assert!((0.0..=PI).contains(&p) && a > -PI && a <= PI);
            let there = array.steering([(azimuth, polar)]).response;
            let here = array.steering([(a, p)]).response;
            for (x, y) in there.as_slice().iter().zip(here.as_slice()) {
                assert!((x - y).norm() < 1e-13);
            }
        }
    }

    #[test]
    fn norms() {
        let array = PlanarArray::new(4, 2);
        assert!((array.steering([(0.2, 0.9)]).response.norm_sqr() - 1.0).abs() < 1e-15);
        let array = PlanarArray { normalisation: Normalisation::UnitModulus, ..array };
        assert!((array.steering([(0.2, 0.9)]).response.norm_sqr() - 8.0).abs() < 1e-14);
    }
}
