//! What bounds need of the problem: dense matrices and largest values.

use noctule_num::linalg::{Op, mul, real_dot};
use noctule_num::{C64, CMat};
use noctule_phy::beampattern::toeplitz_gradient;

use super::Model;
use super::parts::Blocks;

impl Model {
    /// First column of the Toeplitz gradient of S by the covariance of the `index`-th access point
    /// that senses, at the point of the last `forward`.
    pub(in crate::cellfree) fn error_gradient(&mut self, index: usize) -> &[C64] {
        self.patterns[index].error_and_gradient(&self.lags[index], &mut self.by_lags);
        toeplitz_gradient(&self.by_lags, &mut self.toeplitz);
        let share = 1.0 / self.patterns.len() as f64;
        self.toeplitz.iter_mut().for_each(|z| *z *= share);
        &self.toeplitz
    }

    /// `Σ_k a_k (h_k h_kᴴ + Θ_k)` as a dense matrix.
    pub(in crate::cellfree) fn weighted_sum(&self, a: &[f64]) -> CMat {
        let n = self.antennas;
        let weighted = CMat::from_fn(self.directions.rows(), self.directions.cols(), |i, c| {
            self.directions[(i, c)] * (a[self.owner[c]] * self.weight[c])
        });
        let mut out = CMat::zeros(self.aps * n, self.aps * n);
        mul(&mut out, false, 1.0, &weighted, Op::Plain, &self.directions, Op::Adjoint);
        for (ap, blocks) in self.blocks.iter().enumerate() {
            for (k, a) in a.iter().enumerate() {
                for j in 0..n {
                    match blocks {
                        Blocks::Scalar(scale) => out[(ap * n + j, ap * n + j)] += a * scale[k],
                        Blocks::Dense(d) => {
                            for i in 0..n {
                                out[(ap * n + i, ap * n + j)] += d[k][(i, j)] * *a;
                            }
                        }
                    }
                }
            }
        }
        out
    }

    /// The channel of a user, scaled.
    pub(in crate::cellfree) fn channel(&self, user: usize) -> &[C64] {
        self.directions.col(user)
    }

    /// The largest interference and noise a user can receive at any beams within the powers.
    pub(in crate::cellfree) fn most_interference(&self, user: usize) -> f64 {
        let n = self.antennas;
        let reach = |c: usize| -> f64 {
            let norms = self.directions.col(c).chunks_exact(n).map(|h| real_dot(h, h).sqrt());
            norms.sum::<f64>().powi(2)
        };
        let through: f64 = (0..self.directions.cols())
            .filter(|&c| self.owner[c] == user)
            .map(|c| self.weight[c].max(0.0) * reach(c))
            .sum();
        let spread: f64 = self
            .blocks
            .iter()
            .map(|blocks| match blocks {
                Blocks::Scalar(scale) => scale[user],
                // The trace is at least the largest eigenvalue.
                Blocks::Dense(d) => (0..n).map(|i| d[user][(i, i)].re).sum(),
            })
            .sum();
        1.0 + through + spread
    }
}
