//! Gradients at the point that was evaluated last. All are those of real functions of complex entries,
//! twice the derivative by the conjugate, whence the factors of two.

use noctule_num::C64;
use noctule_num::linalg::{Op, mul};
use noctule_phy::beampattern::{add_toeplitz_product, toeplitz_gradient};

use super::Model;
use super::parts::Blocks;

impl Model {
    /// The gradient of `link_weight · link + error_weight · S` at the point of the last `forward`
    /// and `value`.
    pub(in crate::cellfree) fn backward(
        &mut self,
        x: &[C64],
        link_weight: f64,
        error_weight: f64,
        gradient: &mut [C64],
    ) {
        let (n, users, stride) = (self.antennas, self.users, self.stride());
        for j in 0..users {
            let (from, to) = (self.amplitudes.col(j), self.coefficients.col_mut(j));
            for (row, (z, c)) in from.iter().zip(to).enumerate() {
                let k = self.owner[row];
                let by =
                    if row == j { self.by_total[k] } else { self.weight[row] * self.by_others[k] };
                *c = z * (2.0 * link_weight * by);
            }
        }
        let (out, f, c) = (&mut self.data_gradient, &self.directions, &self.coefficients);
        mul(out, false, 1.0, f, Op::Plain, c, Op::Plain);
        for ap in 0..self.aps {
            let block = &mut gradient[ap * stride..(ap + 1) * stride];
            for k in 0..users {
                block[k * n..(k + 1) * n]
                    .copy_from_slice(&self.data_gradient.col(k)[ap * n..(ap + 1) * n]);
            }
            block[users * n..].fill(C64::ZERO);
        }
        for ap in 0..self.aps {
            self.backward_blocks(ap, x, link_weight, gradient);
        }
        for index in 0..self.sensing.len() {
            self.backward_sensing(index, x, link_weight, error_weight, gradient);
        }
    }

    fn backward_blocks(&mut self, ap: usize, x: &[C64], weight: f64, gradient: &mut [C64]) {
        let from = ap * self.stride();
        let used = self.used(ap);
        let by = |k: usize| 2.0 * weight * self.by_others[k];
        match &self.blocks[ap] {
            Blocks::Scalar(scale) => {
                let sum: f64 = scale.iter().enumerate().map(|(k, s)| by(k) * s).sum();
                let (g, x) = (&mut gradient[from..from + used], &x[from..from + used]);
                g.iter_mut().zip(x).for_each(|(g, x)| *g += x * sum);
            }
            Blocks::Dense(matrices) => {
                self.covariance.as_mut_slice().fill(C64::ZERO);
                for (k, d) in matrices.iter().enumerate() {
                    let by = by(k);
                    let sum = self.covariance.as_mut_slice();
                    sum.iter_mut().zip(d.as_slice()).for_each(|(s, d)| *s += d * by);
                }
                self.block.as_mut_slice().fill(C64::ZERO);
                self.block.as_mut_slice()[..used].copy_from_slice(&x[from..from + used]);
                let (out, q, b) = (&mut self.block_gradient, &self.covariance, &self.block);
                mul(out, false, 1.0, q, Op::Plain, b, Op::Plain);
                let g = &mut gradient[from..from + used];
                g.iter_mut().zip(self.block_gradient.as_slice()).for_each(|(g, d)| *g += d);
            }
        }
    }

    fn backward_sensing(
        &mut self,
        index: usize,
        x: &[C64],
        weight: f64,
        error_weight: f64,
        gradient: &mut [C64],
    ) {
        let (n, stride) = (self.antennas, self.stride());
        let from = self.sensing[index] * stride;
        for s in 0..self.streams {
            let to = self.sensed_coefficients.col_mut(s);
            for (row, (z, c)) in self.sensed[index].col(s).iter().zip(to).enumerate() {
                let k = self.owner[row];
                let by = self.weight[row] * self.by_others[k];
                *c = z * (2.0 * weight * by);
            }
        }
        let (out, f, c) =
            (&mut self.stream_gradient, &self.local[index], &self.sensed_coefficients);
        mul(out, false, 1.0, f, Op::Plain, c, Op::Plain);
        let streams = &mut gradient[from + self.users * n..from + stride];
        streams.iter_mut().zip(self.stream_gradient.as_slice()).for_each(|(g, d)| *g += d);
        if error_weight != 0.0 {
            let share = error_weight / self.patterns.len() as f64;
            self.patterns[index].error_and_gradient(&self.lags[index], &mut self.by_lags);
            toeplitz_gradient(&self.by_lags, &mut self.toeplitz);
            let all = from..from + stride;
            add_toeplitz_product(&self.toeplitz, 2.0 * share, &x[all.clone()], &mut gradient[all]);
        }
    }
}
