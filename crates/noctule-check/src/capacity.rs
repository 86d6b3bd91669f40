//! The capacity of the dual channel, above every sum of rates.

use crate::ball::{Ball, Matrix, cholesky, sum};
use crate::beamforming::Scene;
use crate::{Outcome, Read, unproven};

impl Scene {
    /// At least `w Σ ln(1 + SINR)`: the dual channel's `ln det(1 + Σ P q_k h_k h_kᴴ)` is at most `tr Q − ln det Q − N +
    /// P max h_kᴴQh_k` for every Q.
    pub(crate) fn capacity(&self, read: &Read<'_>) -> Outcome<Ball> {
        let n = self.h.cols;
        let shares = read.list("capacity", self.users())?;
        let total: f64 = shares.iter().sum();
        if shares.iter().any(|q| *q < 0.0) || total.is_nan() || total <= 0.0 {
            return unproven("'capacity' holds no shares of the power");
        }
        let mut inner = Matrix::of(n, n, |i, j| Ball::real(if i == j { 1.0 } else { 0.0 }));
        for (k, share) in shares.iter().enumerate() {
            self.add(&mut inner, k, (self.power * share / total).into());
        }
        let Some(l) = cholesky(&inner, 0.0) else {
            return unproven("no factor of the dual channel");
        };
        let x = back(&l, n);
        let adjoint = Matrix::of(n, n, |i, j| x.at(j, i).conj());
        let q = adjoint.times_adjoint(&adjoint);
        let mut bound = sum((0..n).map(|i| q.at(i, i))) - (n as f64).into();
        for i in 0..n {
            bound = bound - Ball::real(x.at(i, i).re).ln()? * 2.0;
        }
        // h_kᴴ Q h_k; the product takes the adjoint of its right side, and a Hermitian Q is its own
        let conjugate = Matrix::of(self.h.rows, n, |k, i| self.h.at(k, i).conj());
        let heard = conjugate.times_adjoint(&q);
        let most = (0..self.users())
            .map(|k| sum((0..n).map(|i| heard.at(k, i) * self.h.at(k, i))).upper());
        Ok((Ball::real(bound.upper()) + Ball::real(most.fold(0.0, f64::max)) * self.power)
            * self.weight)
    }
}

/// About `L⁻¹`, row by row: any triangle does.
fn back(l: &[(f64, f64)], n: usize) -> Matrix {
    let mut x = Matrix::of(n, n, |_, _| Ball::ZERO);
    for j in 0..n {
        for i in j..n {
            let unit = if i == j { 1.0 } else { 0.0 };
            let rest = (j..i).fold(Ball::real(unit), |s, k| {
                s - Ball::exact(l[i * n + k].0, l[i * n + k].1) * x.at(k, j)
            });
            x.entries[i * n + j] = Ball::exact(rest.re / l[i * n + i].0, rest.im / l[i * n + i].0);
        }
    }
    x
}
