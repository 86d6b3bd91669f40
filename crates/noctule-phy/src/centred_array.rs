//! Linear arrays described by a spatial frequency, with the phase reference in the middle.
//!
//! # Conventions
//!
//! Elements stand half a wavelength apart. The *spatial frequency* x of a plane wave is the
//! component of its direction along the array, `x = sin(angle from broadside)`, in `[−1, 1]`; the
//! response has period 2 in it:
//! ```math
//! a_i(x) = e^{j\pi x\,(i-(M-1)/2)},\qquad i = 0,\dots,M-1
//! ```
//! Entries have magnitude one. With the reference in the middle, `aᴴ ȧ = 0`: a shift of the
//! frequency turns the response into a direction orthogonal to it, which decouples the bound on a
//! frequency from the bound on the phase of a reflection. The arrays of [`crate::arrays`] have
//! their reference in a corner instead.

use std::f64::consts::PI;

use noctule_num::C64;

/// A uniform linear array of unit-modulus elements with the phase reference in the middle.
///
/// ```
/// use noctule_phy::centred_array::CentredArray;
/// let array = CentredArray::new(3);
/// let a = array.response(0.5);
/// assert!((a[1].re - 1.0).abs() < 1e-15 && (a[0] - a[2].conj()).norm() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CentredArray {
    /// Number of elements M.
    pub elements: usize,
}

impl CentredArray {
    /// An array of `elements`.
    pub const fn new(elements: usize) -> Self {
        Self { elements }
    }

    /// Position of element `i` relative to the middle, in units of the element spacing.
    fn position(self, i: usize) -> f64 {
        i as f64 - (self.elements as f64 - 1.0) / 2.0
    }

    /// The response `a(x)`.
    pub fn response(self, frequency: f64) -> Vec<C64> {
        (0..self.elements)
            .map(|i| C64::from_polar(1.0, PI * frequency * self.position(i)))
            .collect()
    }

    /// The derivative `ȧ(x) = jπ (i − (M−1)/2) a(x)`.
    pub fn derivative(self, frequency: f64) -> Vec<C64> {
        (0..self.elements)
            .map(|i| {
                let slope = PI * self.position(i);
                let (sin, cos) = (slope * frequency).sin_cos();
                C64::new(-slope * sin, slope * cos)
            })
            .collect()
    }

    /// The array pattern `a(x)ᴴ a(x + Δ) = sin(πMΔ/2) / sin(πΔ/2)`, a real number.
    pub fn pattern(self, difference: f64) -> f64 {
        let half = PI * wrap(difference) / 2.0;
        let m = self.elements as f64;
        if half.abs() * m < 1e-6 {
            // Taylor: the quotient loses its digits only below this.
            return m * (1.0 - (m * m - 1.0) * half * half / 6.0) * self.period_sign(difference);
        }
        (m * half).sin() / half.sin() * self.period_sign(difference)
    }

    /// A shift by a whole period negates the response of an array with an even number of elements.
    fn period_sign(self, difference: f64) -> f64 {
        let periods = ((difference - wrap(difference)) / 2.0).round();
        if self.elements.is_multiple_of(2) && periods.rem_euclid(2.0) > 0.5 { -1.0 } else { 1.0 }
    }

    /// `‖ȧ‖² = π² M (M² − 1) / 12`, the same for every frequency.
    pub fn slope_energy(self) -> f64 {
        let m = self.elements as f64;
        PI * PI * m * (m * m - 1.0) / 12.0
    }
}

/// A spatial frequency, or the difference of two, brought into `[−1, 1)` by whole periods.
///
/// Errors of estimates are measured this way: an estimate of −0.99 for a truth of 0.99 is off by
/// 0.02.
///
/// ```
/// use noctule_phy::centred_array::wrap;
/// assert!((wrap(-0.99 - 0.99) - 0.02).abs() < 1e-15);
/// ```
pub fn wrap(frequency: f64) -> f64 {
    let wrapped = (frequency + 1.0).rem_euclid(2.0) - 1.0;
    // `rem_euclid` may round up to the modulus.
    if wrapped >= 1.0 { -1.0 } else { wrapped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::linalg::dot;

    #[test]
    fn derivative_agrees_with_differences() {
        for (m, x) in [(1, 0.3), (2, -0.7), (7, 0.11), (32, 0.95)] {
            let array = CentredArray::new(m);
            let h = 1e-6;
            let (ahead, behind) = (array.response(x + h), array.response(x - h));
            for (i, d) in array.derivative(x).into_iter().enumerate() {
                let numeric = (ahead[i] - behind[i]) / (2.0 * h);
                assert!((numeric - d).norm() < 1e-8 * (m * m) as f64, "{m} {i}");
            }
        }
    }

    #[test]
    fn slope_is_orthogonal_and_has_its_energy() {
        for m in [1, 2, 8, 33] {
            let array = CentredArray::new(m);
            let (a, d) = (array.response(0.4), array.derivative(0.4));
            assert!(dot(&a, &d).norm() < 1e-11 * (m * m) as f64);
            let energy = dot(&d, &d).re;
            assert!((energy - array.slope_energy()).abs() < 1e-12 * energy.max(1.0));
        }
    }

    #[test]
    fn pattern_agrees_with_sums() {
        for m in [1, 2, 5, 8, 200] {
            let array = CentredArray::new(m);
            for difference in [0.0, 1e-12, 1e-5, 0.02, 0.25, -0.7, 1.0, 1.9, 2.0, -2.5, 4.1] {
                let sum = dot(&array.response(0.3), &array.response(0.3 + difference));
                let pattern = array.pattern(difference);
                assert!(
                    (sum - pattern).norm() < 1e-9 * m as f64,
                    "{m} {difference} {sum} {pattern}"
                );
            }
        }
    }

    #[test]
    fn wrapping_stays_in_one_period() {
        for x in [-7.3, -1.0, -1e-18, 0.0, 0.999, 1.0, 1.0 - 1e-17, 3.0, 1e6] {
            let w = wrap(x);
            assert!((-1.0..1.0).contains(&w), "{x} {w}");
            assert!(((x - w) / 2.0 - ((x - w) / 2.0).round()).abs() < 1e-9);
        }
    }
}
