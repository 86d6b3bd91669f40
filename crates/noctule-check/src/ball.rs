//! Numbers and matrices that are known to within a radius.

use std::ops::{Add, Mul, Neg, Sub};

use crate::{Outcome, unproven};

/// Unit roundoff.
pub(crate) const U: f64 = f64::EPSILON / 2.0;
/// Rounding of the radii themselves, of a few operations on non-negative numbers.
pub(crate) const UP: f64 = 1.0 + 3.7e-12;
/// More than all underflow.
pub(crate) const TINY: f64 = 1e-300;

/// A complex number known to within `rad` in modulus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ball {
    pub(crate) re: f64,
    pub(crate) im: f64,
    pub(crate) rad: f64,
}

impl Ball {
    pub(crate) const ZERO: Self = Self::exact(0.0, 0.0);

    pub(crate) const fn exact(re: f64, im: f64) -> Self {
        Self { re, im, rad: 0.0 }
    }

    pub(crate) const fn real(re: f64) -> Self {
        Self::exact(re, 0.0)
    }

    fn new(re: f64, im: f64, rad: f64) -> Self {
        Self { re, im, rad: rad * UP + TINY }
    }

    /// At least the modulus of the centre.
    pub(crate) fn size(self) -> f64 {
        self.re.abs() + self.im.abs()
    }

    pub(crate) fn conj(self) -> Self {
        Self { im: -self.im, ..self }
    }

    /// At least the real part.
    pub(crate) fn upper(self) -> f64 {
        let sum = self.re + self.rad;
        sum + U * sum.abs() * 2.0 + TINY
    }

    /// At most the real part.
    pub(crate) fn lower(self) -> f64 {
        -(-self).upper()
    }

    /// `|x|²`.
    pub(crate) fn square(self) -> Self {
        let product = self * self.conj();
        Self { im: 0.0, ..product }
    }

    /// By what is real and not around zero.
    pub(crate) fn over(self, other: Self) -> Outcome<Self> {
        let least = other.re.abs() - other.rad;
        if least.is_nan() || least <= 0.0 {
            return unproven("a division by what may be zero");
        }
        let (re, im) = (self.re / other.re, self.im / other.re);
        let size = re.abs() + im.abs();
        let rad = (self.rad + size * other.rad) / least;
        Ok(Self::new(re, im, rad + 4.0 * U * size))
    }

    /// Of what is real and positive.
    pub(crate) fn ln(self) -> Outcome<Self> {
        let least = self.re - self.rad;
        if least.is_nan() || least <= 0.0 {
            return unproven("a logarithm of what may not be positive");
        }
        let re = self.re.ln();
        Ok(Self::new(re, 0.0, self.rad / least + 4.0 * U * re.abs()))
    }

    /// Of what is real and positive.
    pub(crate) fn sqrt(self) -> Outcome<Self> {
        let least = self.re - self.rad;
        if least.is_nan() || least <= 0.0 {
            return unproven("a root of what may not be positive");
        }
        let re = self.re.sqrt();
        Ok(Self::new(re, 0.0, self.rad / re + 4.0 * U * re))
    }

    /// Of what is real.
    pub(crate) fn exp(self) -> Self {
        let re = self.re.exp();
        // e^r − 1 ≤ r e^r
        Self::new(re, 0.0, re * (self.rad * self.rad.exp() + 4.0 * U) * UP)
    }

    /// `exp(jx)` of a real x.
    pub(crate) fn turned(self) -> Self {
        Self::new(self.re.cos(), self.re.sin(), self.rad + 8.0 * U)
    }
}

impl From<f64> for Ball {
    fn from(x: f64) -> Self {
        Self::real(x)
    }
}

impl Add for Ball {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (re, im) = (self.re + other.re, self.im + other.im);
        Self::new(re, im, self.rad + other.rad + U * (re.abs() + im.abs()))
    }
}

impl Neg for Ball {
    type Output = Self;
    fn neg(self) -> Self {
        Self { re: -self.re, im: -self.im, ..self }
    }
}

impl Sub for Ball {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Ball {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let re = self.re * other.re - self.im * other.im;
        let im = self.re * other.im + self.im * other.re;
        let (a, b) = (self.size(), other.size());
        Self::new(re, im, a * other.rad + self.rad * (b + other.rad) + 4.0 * U * a * b)
    }
}

impl Mul<f64> for Ball {
    type Output = Self;
    fn mul(self, other: f64) -> Self {
        self * Self::real(other)
    }
}

/// A sum.
pub(crate) fn sum(list: impl IntoIterator<Item = Ball>) -> Ball {
    list.into_iter().fold(Ball::ZERO, |sum, x| sum + x)
}

/// `Σ a conj(b)`. Real and imaginary part are sums of two products a term, in any order: with γ of as many operations and a
/// few more neither is off by more than γ times the sum of the sizes of its products.
pub(crate) fn inner(a: &[Ball], b: &[Ball]) -> Ball {
    let (mut re, mut im, mut rad, mut size) = (0.0, 0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        re += a.re * b.re + a.im * b.im;
        im += a.im * b.re - a.re * b.im;
        let (large, other) = (a.size(), b.size());
        rad += large * b.rad + a.rad * (other + b.rad);
        size += large * other;
    }
    let terms = (4 * (a.len() + 3)) as f64 * U;
    // radii and sizes are sums themselves
    Ball::new(re, im, (rad + terms / (1.0 - terms) * size) * (1.0 + terms))
}

/// A matrix, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) entries: Vec<Ball>,
}

impl Matrix {
    pub(crate) fn of(rows: usize, cols: usize, entry: impl Fn(usize, usize) -> Ball) -> Self {
        let entries = (0..rows * cols).map(|at| entry(at / cols, at % cols)).collect();
        Self { rows, cols, entries }
    }

    pub(crate) fn at(&self, i: usize, j: usize) -> Ball {
        self.entries[i * self.cols + j]
    }

    /// `A Bᴴ`.
    pub(crate) fn times_adjoint(&self, other: &Self) -> Self {
        let entry = |i: usize, j: usize| {
            let row = |of: &Self, at: usize| at * of.cols..(at + 1) * of.cols;
            inner(&self.entries[row(self, i)], &other.entries[row(other, j)])
        };
        Self::of(self.rows, other.rows, entry)
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::of(self.rows, self.cols, |i, j| self.at(i, j) + other.at(i, j))
    }

    pub(crate) fn scaled(&self, factor: Ball) -> Self {
        Self::of(self.rows, self.cols, |i, j| self.at(i, j) * factor)
    }
}

/// The factor `L` of a Hermitian matrix, row by row, from the lower triangle of the centres minus a shift; none where a
/// pivot is not positive.
pub(crate) fn cholesky(a: &Matrix, shift: f64) -> Option<Vec<(f64, f64)>> {
    let n = a.rows;
    let mut l = vec![(0.0, 0.0); n * n];
    for i in 0..n {
        for j in 0..=i {
            let (x, y) = (a.at(i, j), a.at(j, i));
            let (mut re, mut im) = (0.5 * (x.re + y.re), 0.5 * (x.im - y.im));
            for k in 0..j {
                let ((p, q), (r, s)) = (l[i * n + k], l[j * n + k]);
                re -= p * r + q * s;
                im -= q * r - p * s;
            }
            if i == j {
                re -= shift;
                if !(re > 0.0 && re.is_finite()) {
                    return None;
                }
                l[i * n + i] = (re.sqrt(), 0.0);
            } else {
                let pivot = l[j * n + j].0;
                l[i * n + j] = (re / pivot, im / pivot);
            }
        }
    }
    Some(l)
}

/// Whether `top · 1 − G` is proven to be positive semidefinite for every Hermitian `G` in the ball: no eigenvalue exceeds
/// `top`. With γ of 4(n + 2) real operations, as many as any complex sum of the factorisation has, a factor of the shifted
/// matrix exists only if the matrix has no eigenvalue below minus the shift; the ball moves none by more than a row sum.
pub(crate) fn below(top: f64, g: &Matrix) -> bool {
    let n = g.rows;
    let a =
        Matrix::of(n, n, |i, j| if i == j { Ball::real(top) - g.at(i, j) } else { -g.at(i, j) });
    let terms = (4 * (n + 2)) as f64 * U;
    let gamma = 2.0 * terms / (1.0 - terms);
    let trace: f64 = (0..n).map(|i| a.at(i, i).re.abs()).sum();
    let lost = |i: usize, j: usize| a.at(i, j).rad + 4.0 * U * a.at(i, j).size();
    // The Hermitian part is off by the mean of an entry and its mirror image.
    let row = |i: usize| (0..n).map(|j| lost(i, j).max(lost(j, i))).sum::<f64>();
    let lost = (0..n).map(row).fold(0.0, f64::max);
    cholesky(&a, (gamma / (1.0 - gamma) * trace + lost + TINY) * UP).is_some()
}

/// A number that no eigenvalue of a Hermitian matrix exceeds, nearly the least, and not below zero.
pub(crate) fn largest(g: &Matrix) -> Outcome<f64> {
    let row = |i: usize| (0..g.cols).map(|j| g.at(i, j).size() + 4.0 * g.at(i, j).rad).sum::<f64>();
    let (mut low, mut high) = (0.0, 2.0 * (0..g.rows).map(row).fold(1e-290, f64::max));
    if !below(high, g) {
        return unproven("a matrix that is no number");
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle, g) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}
