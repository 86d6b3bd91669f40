//! What is known of the curvature without learning it.

use noctule_num::linalg::{Cholesky, Op, mul, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::Scaling;

use super::Model;
use super::parts::Blocks;

/// The least curvature, as a share of the mean: where no user is met there is next to none.
const LEAST: f64 = 1e-4;

impl Model {
    /// Of every access point the inverse of `2 (w Σ_k β_k (h_k h_kᴴ + Θ_k) + |μ| I)`, with the slopes β of the
    /// rates by interference, their weight `w`, and the price μ of power that the `gradient` at `x` shows: the
    /// curvature that a beam meets there while the SINRs of the others stay. At the point of the last `forward` and
    /// `value`; none where rounding leaves no inverse.
    pub(in crate::cellfree) fn inverse_curvature(
        &self,
        x: &[C64],
        gradient: &[C64],
        weight: f64,
        room: Option<Scaling>,
    ) -> Option<Scaling> {
        let (n, stride) = (self.antennas, self.stride());
        let mut scaling =
            room.unwrap_or_else(|| Scaling::identity(self.aps, n, self.users + self.streams));
        let mut cholesky = Cholesky::new(n);
        let mut curvature = CMat::zeros(n, n);
        for ap in 0..self.aps {
            self.met(ap, weight, &mut curvature);
            let block = ap * stride..(ap + 1) * stride;
            let price = real_dot(&x[block.clone()], &gradient[block]).abs();
            let mean = (0..n).map(|i| curvature[(i, i)].re).sum::<f64>() / n as f64;
            let ridge = price.max(LEAST * mean).max(f64::MIN_POSITIVE);
            (0..n).for_each(|i| curvature[(i, i)] += ridge);
            cholesky.factor(&curvature, "curvature of an access point").ok()?;
            let inverse = &mut scaling.inverses[ap];
            inverse.as_mut_slice().fill(C64::ZERO);
            (0..n).for_each(|i| inverse[(i, i)] = C64::ONE);
            cholesky.solve_in_place(inverse);
        }
        Some(scaling)
    }

    /// `2 w Σ_k β_k (h_k h_kᴴ + Θ_k)` of an access point.
    fn met(&self, ap: usize, weight: f64, out: &mut CMat) {
        let (n, count) = (self.antennas, self.directions.cols());
        let slope = |k: usize| -2.0 * weight * self.by_others[k];
        let rows = CMat::from_fn(n, count, |i, c| {
            let root = (slope(self.owner[c]) * self.weight[c]).max(0.0).sqrt();
            self.directions[(ap * n + i, c)] * root
        });
        mul(out, false, 1.0, &rows, Op::Plain, &rows, Op::Adjoint);
        for k in 0..self.users {
            match &self.blocks[ap] {
                Blocks::Scalar(scale) => {
                    (0..n).for_each(|i| out[(i, i)] += slope(k) * scale[k]);
                }
                Blocks::Dense(matrices) => {
                    let sum = out.as_mut_slice().iter_mut();
                    sum.zip(matrices[k].as_slice()).for_each(|(s, d)| *s += d * slope(k));
                }
            }
        }
    }
}
