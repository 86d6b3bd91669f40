//! What does not change with the sensing time: a user's correlation, the shape of its sensing error,
//! and the space in which both live.

use noctule_num::linalg::{Op, product};
use noctule_num::quadrature::GaussLegendre;
use noctule_num::vector::{complex_axpy, real_dot};
use noctule_num::{C64, CMat, NumError};
use noctule_phy::mmse::SensedEstimate;

use super::{ErrorShape, Instance};

/// A matrix of low rank ends where no entry of its diagonal keeps more than this share of the largest, and
/// a direction is left out that carries less than this share of it: what is left then is rounding.
const ROUNDING: f64 = 1e-15;

/// Arrays up to this size are not reduced: there is nothing to gain.
const SMALL_ARRAY: usize = 10;

/// A user before it is sensed.
#[derive(Clone, Debug)]
pub(super) struct Prior {
    /// R, of unit trace.
    pub(super) correlation: CMat,
    /// D: the sensing error for a bound of 1 rad².
    pub(super) shape: CMat,
    /// Both where they live; absent where the array is too small to gain by it.
    pub(super) range: Option<Range>,
}

/// `R` and `D` in a basis of what both span.
#[derive(Clone, Debug)]
pub(super) struct Range {
    /// Orthonormal columns.
    pub(super) basis: CMat,
    pub(super) correlation: CMat,
    pub(super) shape: CMat,
}

impl Prior {
    /// Those of all users.
    pub(super) fn all(instance: &Instance) -> Vec<Self> {
        let mut rule = None;
        let users = 0..instance.users().len();
        users.map(|user| Self::new(instance, user, &mut rule)).collect()
    }

    /// That of one user, with the quadrature of the user before.
    fn new(instance: &Instance, user: usize, rule: &mut Option<GaussLegendre>) -> Self {
        let (correlation, shape) = matrices(instance, user, rule);
        let range = (correlation.rows() > SMALL_ARRAY).then(|| {
            let basis = basis(&correlation, &shape);
            let (correlation, shape) = (inside(&basis, &correlation), inside(&basis, &shape));
            Range { basis, correlation, shape }
        });
        Self { correlation, shape, range }
    }

    /// What a pilot of signal-to-noise ratio `snr` estimates once sensing has the bound `crb` rad².
    ///
    /// # Errors
    /// Those of [`SensedEstimate::new`].
    pub(super) fn estimate(
        &self,
        crb: f64,
        snr: f64,
        project: bool,
    ) -> Result<SensedEstimate, NumError> {
        let error = |shape: &CMat| {
            let mut error = shape.clone();
            error.scale(crb);
            error
        };
        match &self.range {
            // Outside the range the prior is zero, and so is everything that is made of it.
            Some(Range { basis, correlation, shape }) if project => {
                SensedEstimate::in_range(basis, correlation, &error(shape), snr)
            }
            _ => SensedEstimate::new(&self.correlation, &error(&self.shape), snr, project),
        }
    }
}

/// Correlation of a user and the shape of its sensing error, for a bound of 1 rad².
fn matrices(instance: &Instance, user: usize, rule: &mut Option<GaussLegendre>) -> (CMat, CMat) {
    let ring = instance.ring(user);
    let spread = ring.integrate_by(rule);
    let shape = match instance.parts().error_shape {
        ErrorShape::OneRing => spread.derivative,
        shape => {
            let slope = ring.line.steering(ring.angle_rad).1;
            let length: f64 = slope.iter().map(C64::norm_sqr).sum();
            // One antenna has no slope: nothing to be wrong about.
            let unit = shape == ErrorShape::LosUnit && length > 0.0;
            let scale = if unit { 1.0 / length } else { 1.0 };
            let n = slope.len();
            CMat::from_fn(n, n, |i, j| slope[i] * slope[j].conj() * scale)
        }
    };
    (spread.correlation, shape)
}

/// An orthonormal basis in which both matrices lose nothing but rounding. Each is factored by itself: a
/// sum of both hides what the smaller one sends across, which is the root of what its diagonal keeps.
fn basis(correlation: &CMat, shape: &CMat) -> CMat {
    let n = correlation.rows();
    let norm = |x: &[C64]| real_dot(x, x);
    // beside the columns their multiples by j, with which real inner products give imaginary parts
    let (mut basis, mut turned) = (Vec::<C64>::new(), Vec::<C64>::new());
    for columns in [factor(correlation), factor(shape)] {
        let most = columns.chunks_exact(n).map(norm).fold(0.0, f64::max);
        for column in columns.chunks_exact(n) {
            let mut rest = column.to_vec();
            let both = || basis.chunks_exact(n).zip(turned.chunks_exact(n));
            for (own, turned) in both().chain(both()) {
                let share = C64::new(real_dot(own, &rest), real_dot(turned, &rest));
                complex_axpy(-share, own, &mut rest);
            }
            let length = norm(&rest).sqrt();
            // without it the matrix would lose the product of both lengths
            if basis.len() < n * n && length * norm(column).sqrt() > ROUNDING * most {
                rest.iter_mut().for_each(|x| *x /= length);
                turned.extend(rest.iter().map(|x| C64::new(-x.im, x.re)));
                basis.append(&mut rest);
            }
        }
    }
    let rank = basis.len() / n;
    CMat::from_fn(n, rank, |i, j| basis[j * n + i])
}

/// The columns of a factor of a positive semidefinite matrix, one after the other, by Cholesky steps on the
/// largest pivot left.
fn factor(matrix: &CMat) -> Vec<C64> {
    let n = matrix.rows();
    let mut left: Vec<f64> = (0..n).map(|i| matrix[(i, i)].re).collect();
    let floor = ROUNDING * left.iter().copied().fold(0.0, f64::max);
    let mut factor = Vec::<C64>::new();
    for _ in 0..n {
        let pivot = (1..n).fold(0, |best, i| if left[i] > left[best] { i } else { best });
        if left[pivot] <= floor {
            break;
        }
        let mut next = matrix.col(pivot).to_vec();
        for column in factor.chunks_exact(n) {
            complex_axpy(-column[pivot].conj(), column, &mut next);
        }
        let scale = 1.0 / left[pivot].sqrt();
        for (x, left) in next.iter_mut().zip(&mut left) {
            *x *= scale;
            *left -= x.norm_sqr();
        }
        left[pivot] = 0.0;
        factor.extend_from_slice(&next);
    }
    factor
}

/// `Bᴴ A B`.
pub(super) fn inside(basis: &CMat, a: &CMat) -> CMat {
    product(basis, Op::Adjoint, &product(a, Op::Plain, basis, Op::Plain), Op::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Scenario, Spectrum};

    #[test]
    fn the_range_is_orthonormal_and_holds_both_matrices() {
        for (antennas, spread, shape) in [
            (12, 1.0, ErrorShape::OneRing),
            (64, 0.0, ErrorShape::LosUnit),
            (64, 2.0, ErrorShape::Los),
            (64, 60.0, ErrorShape::OneRing),
            (200, 5.0, ErrorShape::OneRing),
        ] {
            let scenario = Scenario {
                transmit_antennas: antennas,
                angular_spread_deg: spread,
                error_shape: shape,
                spectrum: Spectrum::default(),
                ..Scenario::default()
            };
            let instance = scenario.realize(3, 0).unwrap();
            let prior = Prior::new(&instance, 0, &mut None);
            let range = prior.range.as_ref().unwrap();
            let basis = &range.basis;
            assert!(basis.cols() <= antennas && basis.cols() >= 1);
            let square = product(basis, Op::Adjoint, basis, Op::Plain);
            for i in 0..basis.cols() {
                for j in 0..basis.cols() {
                    let exact = if i == j { 1.0 } else { 0.0 };
                    assert!((square[(i, j)] - exact).norm() < 1e-13);
                }
            }
            for (full, small) in
                [(&prior.correlation, &range.correlation), (&prior.shape, &range.shape)]
            {
                let half = product(basis, Op::Plain, small, Op::Plain);
                let back = product(&half, Op::Plain, basis, Op::Adjoint);
                let lost = CMat::from_fn(antennas, antennas, |i, j| full[(i, j)] - back[(i, j)]);
                assert!(
                    lost.norm() < 1e-14 * full.norm().max(f64::MIN_POSITIVE),
                    "{antennas} {spread} {shape:?}: {:e}",
                    lost.norm() / full.norm()
                );
            }
        }
    }

    #[test]
    fn estimates_within_the_range_are_those_of_the_whole() {
        for (antennas, spread) in [(12, 10.0), (64, 1.0), (64, 40.0)] {
            let scenario = Scenario {
                transmit_antennas: antennas,
                angular_spread_deg: spread,
                ..Scenario::default()
            };
            let instance = scenario.realize(5, 0).unwrap();
            let prior = Prior::new(&instance, 0, &mut None);
            for (crb, snr) in [(1e-5, 3.0), (1e-3, 1e4), (0.5, 0.01)] {
                let found = prior.estimate(crb, snr, true).unwrap();
                let mut error = prior.shape.clone();
                error.scale(crb);
                let whole = SensedEstimate::new(&prior.correlation, &error, snr, true).unwrap();
                for (x, y) in [
                    (&found.prior(), &whole.prior()),
                    (&found.filter(), &whole.filter()),
                    (&found.estimate, &whole.estimate),
                ] {
                    let lost =
                        CMat::from_fn(antennas, antennas, |i, j| x[(i, j)] - y[(i, j)]).norm();
                    // Eigenvalues are off by the rounding of the difference; the filter divides what that
                    // leaves of a zero by the noise.
                    let size = 1.0 + y.norm() + error.norm();
                    assert!(lost < 1e-13 * size * (1.0 + 0.1 * snr), "{antennas} {snr} {lost:e}");
                }
                let traces = 1e-12 * (1.0 + error.norm());
                assert!((found.estimate_trace - whole.estimate_trace).abs() < traces);
                assert!((found.error_trace - whole.error_trace).abs() < traces);
                let rounding = 1e-13 * error.norm().max(1.0);
                assert!((found.smallest_eigenvalue - whole.smallest_eigenvalue).abs() < rounding);
            }
        }
    }
}
