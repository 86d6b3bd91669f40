//! Dense linear algebra of the witness, from definitions.

use noctule_num::interrupt::poll;
use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat, NumError};

use crate::Error;

pub(super) fn trace(a: &CMat) -> f64 {
    (0..a.rows()).map(|i| a[(i, i)].re).sum()
}

/// Σ_j C_{j,j+d} for every d.
pub(super) fn diagonal_sums(c: &CMat) -> Vec<C64> {
    let n = c.rows();
    (0..n).map(|d| (0..n - d).map(|j| c[(j, j + d)]).sum()).collect()
}

/// tr (R C) of the Toeplitz matrix with first column `lags` and a matrix by its diagonals.
pub(super) fn toeplitz_trace(lags: &[C64], sums: &[C64]) -> f64 {
    let pairs = || lags.iter().zip(sums).map(|(lag, sum)| (lag * sum).re);
    pairs().take(1).sum::<f64>() + 2.0 * pairs().skip(1).sum::<f64>()
}

/// `root` with A = root rootᴴ for a positive semidefinite A, by Cholesky steps on the largest
/// pivot left, until what is left is rounding.
pub(super) fn cholesky_root(n: usize, entry: impl Fn(usize, usize) -> C64) -> Result<CMat, Error> {
    let mut left: Vec<f64> = (0..n).map(|i| entry(i, i).re).collect();
    let floor = 4.0 * f64::EPSILON * left.iter().copied().fold(0.0, f64::max);
    let mut columns: Vec<C64> = Vec::new();
    let mut rank = 0;
    while rank < n {
        let mut pivot = 0;
        for i in 0..n {
            if left[i] > left[pivot] {
                pivot = i;
            }
        }
        if left[pivot].is_nan() || left[pivot] <= floor {
            break;
        }
        poll()?;
        let mut next: Vec<C64> = (0..n).map(|i| entry(i, pivot)).collect();
        for column in columns.chunks_exact(n) {
            let share = column[pivot].conj();
            next.iter_mut().zip(column).for_each(|(x, y)| *x -= y * share);
        }
        let scale = 1.0 / left[pivot].sqrt();
        for (x, left) in next.iter_mut().zip(&mut left) {
            *x *= scale;
            *left -= x.norm_sqr();
        }
        left[pivot] = 0.0;
        columns.extend(next);
        rank += 1;
    }
    Ok(CMat::from_columns(n, rank, columns)?)
}

/// Orthonormal columns that span those of all `parts`, by Gram–Schmidt, twice.
pub(super) fn basis(parts: &[&CMat]) -> Result<CMat, Error> {
    let n = parts.first().map_or(0, |part| part.rows());
    let mut out: Vec<C64> = Vec::new();
    let mut rank = 0;
    for part in parts {
        let size = |j: usize| inner(part.col(j), part.col(j)).re.sqrt();
        let floor = 1e-15 * (0..part.cols()).map(size).fold(0.0, f64::max);
        for j in 0..part.cols() {
            poll()?;
            let mut x = part.col(j).to_vec();
            for column in out.chunks_exact(n).chain(out.chunks_exact(n)) {
                let share = inner(column, &x);
                x.iter_mut().zip(column).for_each(|(x, y)| *x -= y * share);
            }
            let norm = inner(&x, &x).re.sqrt();
            if norm > floor && rank < n {
                out.extend(x.iter().map(|x| x / norm));
                rank += 1;
            }
        }
    }
    Ok(CMat::from_columns(n, rank, out)?)
}

/// Eigenvalues and vectors, with `A V = V Λ` checked.
pub(super) fn eigen(a: &CMat) -> Result<HermitianEigen, Error> {
    poll()?;
    let n = a.rows();
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(a)?;
    let mut rest = product(a, Op::Plain, eigen.vectors(), Op::Plain);
    for (j, value) in eigen.values().iter().enumerate() {
        for (x, v) in rest.col_mut(j).iter_mut().zip(eigen.vectors().col(j)) {
            *x -= v * value;
        }
    }
    if rest.norm() <= 1e-13 * (n as f64) * a.norm() {
        Ok(eigen)
    } else {
        Err(NumError::NoConvergence { what: "eigenvalues of the witness" }.into())
    }
}

/// The largest eigenvalue of root rootᴴ.
pub(super) fn strongest(root: &CMat) -> Result<f64, Error> {
    Ok(eigen(&product(root, Op::Adjoint, root, Op::Plain))?.max())
}

pub(super) fn inner(x: &[C64], y: &[C64]) -> C64 {
    x.iter().zip(y).map(|(x, y)| x.conj() * y).sum()
}
