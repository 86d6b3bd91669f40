//! Hermitian forms over phases, and positive definite matrices.

use crate::Outcome;
use crate::ball::{Ball, Matrix, largest, sum};

/// What no phases exceed of a Hermitian form, by any multipliers y of their moduli:
/// `tr A + Σ y + K max(0, λmax(A∘ − diag y))`.
pub(crate) fn bounded(a: &Matrix, multipliers: &[f64]) -> Outcome<Ball> {
    let k = a.rows;
    let left =
        Matrix::of(k, k, |i, j| if i == j { Ball::real(-multipliers[i]) } else { a.at(i, j) });
    let excess = largest(&left)?;
    let trace = sum((0..k).map(|i| Ball { im: 0.0, ..a.at(i, i) }));
    Ok(trace + sum(multipliers.iter().map(|y| Ball::real(*y))) + Ball::real(k as f64) * excess)
}

/// The matrix of the document, with as much on its diagonal as it takes to be above the channel.
pub(crate) fn lifted(list: &[f64], channel: &Matrix) -> Outcome<Matrix> {
    let k = channel.rows;
    let entry = |i: usize, j: usize| {
        let at = 2 * (i * k + j);
        Ball::exact(list[at], list[at + 1])
    };
    // only one triangle counts, so that it is Hermitian
    let bare = Matrix::of(k, k, |i, j| match i.cmp(&j) {
        std::cmp::Ordering::Less => entry(j, i).conj(),
        std::cmp::Ordering::Equal => Ball::real(entry(i, i).re),
        std::cmp::Ordering::Greater => entry(i, j),
    });
    let missing = largest(&Matrix::of(k, k, |i, j| channel.at(i, j) - bare.at(i, j)))?;
    Ok(Matrix::of(k, k, |i, j| if i == j { bare.at(i, j) + missing.into() } else { bare.at(i, j) }))
}

/// Inverse and logarithm of the determinant of a positive definite matrix, by elimination without pivoting.
pub(crate) fn eliminated(a: &Matrix) -> Outcome<(Matrix, Ball)> {
    let k = a.rows;
    let (mut left, mut right) =
        (a.clone(), Matrix::of(k, k, |i, j| if i == j { Ball::real(1.0) } else { Ball::ZERO }));
    let mut log = Ball::ZERO;
    for p in 0..k {
        let pivot = Ball { im: 0.0, ..left.at(p, p) };
        log = log + pivot.ln()?;
        for i in (0..k).filter(|i| *i != p) {
            let factor = left.at(i, p).over(pivot)?;
            for j in 0..k {
                let (l, r) = (left.at(p, j), right.at(p, j));
                left.entries[i * k + j] = left.at(i, j) - factor * l;
                right.entries[i * k + j] = right.at(i, j) - factor * r;
            }
        }
    }
    let mut entries = Vec::with_capacity(k * k);
    for i in 0..k {
        let pivot = Ball { im: 0.0, ..left.at(i, i) };
        for j in 0..k {
            entries.push(right.at(i, j).over(pivot)?);
        }
    }
    Ok((Matrix { rows: k, cols: k, entries }, log))
}
