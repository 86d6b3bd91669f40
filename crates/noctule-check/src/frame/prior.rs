//! What sensing for a time makes of a user's prior: C = ψ(R − sκD) with s = 1/T and ψ(λ) = λ₊²/(λ₊ + ν).
//!
//! A function of a Hermitian matrix moves no further than its argument times the largest slope of the function, in the
//! norm of Frobenius. So a basis that leaves a little out and eigenvectors that are not exact will do: what they are off by
//! is computed, and ψ(0) = 0.

use crate::Outcome;
use crate::ball::{Ball, Matrix, TINY, U, UP, sum};
use crate::range::Range;

use super::eigen::{basis, eigen};

/// At least the norm of every matrix in the ball.
pub(super) fn norm(a: &Matrix) -> f64 {
    let modulus = |x: &Ball| (x.re * x.re + x.im * x.im).sqrt() * UP + x.rad + TINY;
    let square: f64 = a.entries.iter().map(|x| modulus(x).powi(2)).sum();
    square.sqrt() * (1.0 + 4.0 * U * a.entries.len() as f64) * UP + TINY
}

fn adjoint(a: &Matrix) -> Matrix {
    Matrix::of(a.cols, a.rows, |i, j| a.at(j, i).conj())
}

fn exact(a: &Matrix) -> Matrix {
    Matrix::of(a.rows, a.cols, |i, j| Ball::exact(a.at(i, j).re, a.at(i, j).im))
}

/// By how much an isometry may be off a matrix that is nearly one.
fn defect(q: &Matrix) -> f64 {
    let columns = adjoint(q);
    let gram = columns.times_adjoint(&columns);
    let one = |i: usize, j: usize| if i == j { Ball::real(1.0) } else { Ball::ZERO };
    norm(&Matrix::of(q.cols, q.cols, |i, j| gram.at(i, j) - one(i, j)))
}

/// A matrix in a basis: exact, and what is lost.
struct Inside {
    matrix: Matrix,
    lost: f64,
}

impl Inside {
    /// `‖A − U B Uᴴ‖` is at most what is lost, for the isometry U nearest to the basis.
    fn of(a: &Matrix, q: &Matrix, away: f64) -> Self {
        let back = adjoint(q);
        // Qᴴ A Q, its Hermitian part
        let both = back.times_adjoint(&back.times_adjoint(a));
        let half = |i: usize, j: usize| (both.at(i, j) + both.at(j, i).conj()) * 0.5;
        let matrix = exact(&Matrix::of(q.cols, q.cols, half));
        let again = q.times_adjoint(&q.times_adjoint(&matrix));
        let left = Matrix::of(a.rows, a.rows, |i, j| a.at(i, j) - again.at(i, j));
        let lost = (norm(&left) + away * (2.0 + away) * norm(&matrix)) * UP;
        Self { matrix, lost }
    }
}

/// One user.
pub(super) struct Prior {
    correlation: Inside,
    shape: Inside,
    /// `Qᴴ R_k Q` of all users, and the norms of R_k.
    cross: Vec<Matrix>,
    sizes: Vec<f64>,
    /// How far the basis is from an isometry.
    away: f64,
    /// Antennas.
    rows: usize,
    pub(super) kappa: Ball,
    pub(super) noise: Range,
    /// ν itself.
    level: Ball,
    /// At least κ‖D‖.
    pub(super) speed: f64,
}

/// What a sample knows of a user: n = tr C, and m_k = tr R_k C of all.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) own: Range,
    pub(super) towards: Vec<Range>,
}

impl Prior {
    pub(super) fn new(
        (correlation, shape): (&Matrix, &Matrix),
        all: &[Matrix],
        (kappa, level): (Ball, Ball),
    ) -> Self {
        let q = basis(correlation, shape);
        let (away, back) = (defect(&q), adjoint(&q));
        let inner = |r: &Matrix| back.times_adjoint(&back.times_adjoint(r));
        Self {
            correlation: Inside::of(correlation, &q, away),
            shape: Inside::of(shape, &q, away),
            cross: all.iter().map(inner).collect(),
            sizes: all.iter().map(norm).collect(),
            away,
            rows: correlation.rows,
            kappa,
            noise: level.into(),
            level,
            speed: norm(shape) * Range::from(kappa).high * UP,
        }
    }

    /// After sensing for 1/s seconds.
    pub(super) fn at(&self, s: Ball) -> Outcome<Kept> {
        let moved = s * self.kappa;
        let (r, d) = (&self.correlation.matrix, &self.shape.matrix);
        let a = Matrix::of(r.rows, r.rows, |i, j| r.at(i, j) - d.at(i, j) * moved);
        let (values, v) = eigen(&a);
        let turned = defect(&v);
        let scaled = Matrix::of(v.rows, v.cols, |i, j| v.at(i, j) * values[j]);
        let again = scaled.times_adjoint(&v);
        let left = Matrix::of(a.rows, a.rows, |i, j| a.at(i, j) - again.at(i, j));
        let size = values.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let beside = self.correlation.lost + Range::from(moved).high * self.shape.lost;
        let off = (norm(&left) + turned * (2.0 + turned) * size + beside) * UP;
        // the slope of ψ is at most one, and at most 2λ/ν
        let largest = values.iter().fold(0.0_f64, |most, x| most.max(*x)) + off;
        let off = off * (2.0 * largest / self.noise.low * UP).min(1.0) * UP;
        let kept = |x: &f64| {
            let x = Ball::real(x.max(0.0));
            Ok(x * x.over(x + self.level)?)
        };
        let psi: Vec<Ball> = values.iter().map(kept).collect::<Outcome<_>>()?;
        let total = Range::from(sum(psi.iter().copied()));
        let own = total.near((self.rows as f64).sqrt() * off * UP).at_least(0.0);
        // eigenvectors in the space of all antennas are off by both
        let both = (turned + self.away * (1.0 + turned)) * UP;
        let reach = (off + total.high * both * (2.0 + both)) * UP;
        let towards = self.cross.iter().zip(&self.sizes).map(|(g, size)| {
            let forms = (0..v.cols).map(|j| form(g, &v, j) * psi[j]);
            Range::from(Ball { im: 0.0, ..sum(forms) }).near(size * reach * UP).at_least(0.0)
        });
        Ok(Kept { own, towards: towards.collect() })
    }
}

/// `v_jᴴ G v_j` of a Hermitian matrix.
fn form(g: &Matrix, v: &Matrix, j: usize) -> Ball {
    let n = g.rows;
    let row = |i: usize| sum((0..n).map(|l| g.at(i, l) * v.at(l, j))) * v.at(i, j).conj();
    Ball { im: 0.0, ..sum((0..n).map(row)) }
}

/// At most the largest eigenvalue of a positive semidefinite matrix: what its form is of a vector near the first.
pub(super) fn strongest(r: &Matrix) -> Outcome<f64> {
    let (values, v) = eigen(r);
    let first = (0..values.len()).max_by(|i, j| values[*i].total_cmp(&values[*j])).unwrap_or(0);
    let length = sum((0..v.rows).map(|i| v.at(i, first).square()));
    Ok(form(r, &v, first).over(length)?.lower().max(0.0))
}
