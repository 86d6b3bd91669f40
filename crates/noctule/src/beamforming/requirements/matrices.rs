//! The few matrix functions that metrics are made of.

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::fisher::FisherInverse;

/// 64 units in the last place: what eigenvalues and sums of a few dozen terms lose.
pub(super) const MARGIN: f64 = 64.0 * f64::EPSILON;

/// `p_n − ηd_n` with the best η.
pub(super) fn pattern_errors(r: &CMat, grid: &CMat, template: &[f64]) -> Vec<f64> {
    let p: Vec<f64> = (0..grid.cols()).map(|n| quadratic(r, grid.col(n))).collect();
    let along: f64 = p.iter().zip(template).map(|(p, d)| p * d).sum();
    let eta = along / template.iter().map(|d| d * d).sum::<f64>();
    p.iter().zip(template).map(|(p, d)| p - eta * d).collect()
}

pub(super) fn diagonal(weights: &[f64]) -> Vec<f64> {
    let n = weights.len();
    let mut out = vec![0.0; n * n];
    for (i, weight) in weights.iter().enumerate() {
        out[i * n + i] = *weight;
    }
    out
}

/// aᴴRa.
pub(super) fn quadratic(r: &CMat, a: &[C64]) -> f64 {
    (0..a.len())
        .map(|j| (0..a.len()).map(|i| (a[i].conj() * r[(i, j)] * a[j]).re).sum::<f64>())
        .sum()
}

/// Re tr(AᴴB) of Hermitian matrices.
pub(super) fn trace_of_product(a: &CMat, b: &CMat) -> f64 {
    noctule_num::linalg::real_dot(a.as_slice(), b.as_slice())
}

/// The inverse of a covariance; none where it is singular to working precision, which what is left of a pivot over
/// its entry says: the reciprocal of a product of diagonals.
pub(super) fn regular_inverse(a: &CMat) -> Option<CMat> {
    let out = inverted(a)?;
    let left = |i: usize| a[(i, i)].re * out[(i, i)].re;
    (0..a.rows()).all(|i| left(i) <= SINGULAR).then_some(out)
}

/// Bounds beyond this times what they were without the others are rounding.
const SINGULAR: f64 = 1e12;

/// The inverse of a positive definite matrix.
pub(super) fn inverted(a: &CMat) -> Option<CMat> {
    let mut cholesky = Cholesky::new(a.rows());
    cholesky.factor(a, "covariance").ok()?;
    let mut out = CMat::identity(a.rows());
    cholesky.solve_in_place(&mut out);
    Some(out)
}

pub(super) fn log_det(a: &CMat) -> Option<f64> {
    let mut cholesky = Cholesky::new(a.rows());
    cholesky.factor(a, "mutual information").ok()?;
    Some(cholesky.log_det())
}

/// A root L of Σ = LLᴴ by eigenvalues, which may be zero.
pub(super) fn root_of(covariance: &CMat) -> Option<CMat> {
    let mut eigen = HermitianEigen::new(covariance.rows());
    eigen.compute(covariance).ok()?;
    let mut root = eigen.vectors().clone();
    for (j, value) in eigen.values().to_vec().into_iter().enumerate() {
        let scale = value.max(0.0).sqrt();
        root.col_mut(j).iter_mut().for_each(|z| *z *= scale);
    }
    Some(root)
}

/// `1 + q LᴴRL`.
pub(super) fn inner(r: &CMat, covariance: &CMat, snr: f64) -> CMat {
    let Some(root) = root_of(covariance) else { return CMat::zeros(r.rows(), r.rows()) };
    let half = product(r, Op::Plain, &root, Op::Plain);
    let mut out = product(&root, Op::Adjoint, &half, Op::Plain);
    out.scale(snr);
    for i in 0..out.rows() {
        out[(i, i)] += 1.0;
    }
    out
}

/// The inverse of a positive definite real matrix, row by row.
pub(super) fn real_inverse(matrix: &[f64]) -> Option<Vec<f64>> {
    let n = matrix.len().isqrt();
    let mut out = vec![0.0; n * n];
    FisherInverse::new(n).invert(matrix, &mut out).map(|_| out)
}

/// `AΨA` of square real matrices, row by row.
pub(super) fn sandwich(a: &[f64], middle: &[f64]) -> Vec<f64> {
    let n = a.len().isqrt();
    let times = |a: &[f64], b: &[f64]| {
        let mut out = vec![0.0; n * n];
        for i in 0..n {
            for k in (0..n).filter(|k| a[i * n + k] != 0.0) {
                for j in 0..n {
                    out[i * n + j] += a[i * n + k] * b[k * n + j];
                }
            }
        }
        out
    };
    times(&times(a, middle), a)
}

/// `A diag(w) A` of a symmetric real matrix, row by row.
pub(super) fn weighted_square(a: &[f64], weights: &[f64]) -> Vec<f64> {
    let n = weights.len();
    let mut out = vec![0.0; n * n];
    for (k, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
        let row = &a[k * n..(k + 1) * n];
        for (i, x) in row.iter().enumerate() {
            let left = weight * x;
            for (out, y) in out[i * n..(i + 1) * n].iter_mut().zip(row) {
                *out += left * y;
            }
        }
    }
    out
}
