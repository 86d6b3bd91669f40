//! Eigenvectors by rotations, and bases by subtraction. Nothing here is trusted: whoever uses them computes what they are off by.

use crate::ball::{Ball, Matrix};

/// Sweeps of rotations, at most; half a dozen are usual.
const SWEEPS: usize = 30;
/// Arrays up to this size are taken as they are.
const SMALL: usize = 4;

type Column = Vec<(f64, f64)>;

fn norm(x: &Column) -> f64 {
    x.iter().map(|(re, im)| re * re + im * im).sum::<f64>().sqrt()
}

/// About the eigenvalues of a Hermitian matrix, and its eigenvectors as columns: Jacobi's method on the centres.
pub(super) fn eigen(a: &Matrix) -> (Vec<f64>, Matrix) {
    let n = a.rows;
    let mut m: Vec<Column> =
        (0..n).map(|j| (0..n).map(|i| half(a.at(i, j), a.at(j, i))).collect()).collect();
    let unit = |i: usize, j: usize| if i == j { (1.0, 0.0) } else { (0.0, 0.0) };
    let mut v: Vec<Column> = (0..n).map(|j| (0..n).map(|i| unit(i, j)).collect()).collect();
    let size: f64 = m.iter().map(norm).sum();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (re, im) = m[q][p];
                let modulus = re.hypot(im);
                if modulus <= 1e-17 * size || !modulus.is_finite() {
                    continue;
                }
                turned = true;
                let theta = (m[q][q].0 - m[p][p].0) / (2.0 * modulus);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / tangent.hypot(1.0);
                // e^(−jφ) of the entry
                let turn =
                    Rotation { p, q, c, s: tangent * c, phase: (re / modulus, -im / modulus) };
                turn.columns(&mut m);
                turn.rows(&mut m);
                turn.columns(&mut v);
            }
        }
        if !turned {
            break;
        }
    }
    let values = (0..n).map(|j| m[j][j].0).collect();
    (values, Matrix::of(n, n, |i, j| Ball::exact(v[j][i].0, v[j][i].1)))
}

fn half(x: Ball, y: Ball) -> (f64, f64) {
    (0.5 * (x.re + y.re), 0.5 * (x.im - y.im))
}

/// Columns p and q by `[c, s; −s e^(−jφ), c e^(−jφ)]`.
struct Rotation {
    p: usize,
    q: usize,
    c: f64,
    s: f64,
    phase: (f64, f64),
}

impl Rotation {
    fn columns(&self, m: &mut [Column]) {
        let (left, right) = m.split_at_mut(self.q);
        for (x, y) in left[self.p].iter_mut().zip(&mut right[0]) {
            let (a, b) = (*x, self.by_phase(*y, 1.0));
            *x = (self.c * a.0 - self.s * b.0, self.c * a.1 - self.s * b.1);
            *y = (self.s * a.0 + self.c * b.0, self.s * a.1 + self.c * b.1);
        }
    }

    fn rows(&self, m: &mut [Column]) {
        for column in m {
            let (a, b) = (column[self.p], self.by_phase(column[self.q], -1.0));
            column[self.p] = (self.c * a.0 - self.s * b.0, self.c * a.1 - self.s * b.1);
            column[self.q] = (self.s * a.0 + self.c * b.0, self.s * a.1 + self.c * b.1);
        }
    }

    /// Times the phase, or its conjugate.
    fn by_phase(&self, y: (f64, f64), side: f64) -> (f64, f64) {
        let (re, im) = (self.phase.0, side * self.phase.1);
        (y.0 * re - y.1 * im, y.0 * im + y.1 * re)
    }
}

/// About an orthonormal basis of the columns of two matrices, the longest first.
pub(super) fn basis(first: &Matrix, second: &Matrix) -> Matrix {
    let n = first.rows;
    let column =
        |a: &Matrix, j: usize| (0..n).map(|i| (a.at(i, j).re, a.at(i, j).im)).collect::<Column>();
    let all = |a: &Matrix| -> Vec<Column> {
        let columns: Vec<Column> = (0..n).map(|j| column(a, j)).collect();
        let size = columns.iter().map(norm).fold(0.0, f64::max);
        let scale = if size > 0.0 { 1.0 / size } else { 0.0 };
        columns
            .into_iter()
            .map(|x| x.iter().map(|(re, im)| (re * scale, im * scale)).collect())
            .collect()
    };
    let mut left = [all(first), all(second)].concat();
    let mut found: Vec<Column> = Vec::new();
    while n > SMALL && found.len() < n {
        let Some(at) = (0..left.len()).max_by(|i, j| norm(&left[*i]).total_cmp(&norm(&left[*j])))
        else {
            break;
        };
        let mut next = left.swap_remove(at);
        if norm(&next) < 2e-15 {
            break;
        }
        // twice is enough
        for _ in 0..2 {
            found.iter().for_each(|q| subtract(&mut next, q));
            let length = norm(&next);
            next.iter_mut().for_each(|x| *x = (x.0 / length, x.1 / length));
        }
        left.iter_mut().for_each(|x| subtract(x, &next));
        found.push(next);
    }
    if n <= SMALL || found.iter().flatten().any(|x| !(x.0.is_finite() && x.1.is_finite())) {
        return Matrix::of(n, n, |i, j| if i == j { Ball::real(1.0) } else { Ball::ZERO });
    }
    Matrix::of(n, found.len(), |i, j| Ball::exact(found[j][i].0, found[j][i].1))
}

/// What is left of x beside q.
fn subtract(x: &mut Column, q: &Column) {
    let (mut re, mut im) = (0.0, 0.0);
    for (a, b) in q.iter().zip(&*x) {
        re += a.0 * b.0 + a.1 * b.1;
        im += a.0 * b.1 - a.1 * b.0;
    }
    for (a, b) in q.iter().zip(x.iter_mut()) {
        *b = (b.0 - a.0 * re + a.1 * im, b.1 - a.0 * im - a.1 * re);
    }
}
