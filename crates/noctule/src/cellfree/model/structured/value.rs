//! Values at a point: what users receive, rates, and the error of the beampatterns.

use noctule_num::C64;
use noctule_num::linalg::{Op, mul, real_dot};
use noctule_phy::beampattern::add_lags;

use super::parts::Blocks;
use super::{Link, Model};

impl Model {
    /// Evaluate at `x`: fills `total`, `rest` and the lags.
    pub(in crate::cellfree) fn forward(&mut self, x: &[C64]) {
        self.load(x);
        // Noise.
        self.rest.fill(1.0);
        self.forward_data();
        for index in 0..self.sensing.len() {
            self.forward_sensing(index, x);
        }
        for ap in 0..self.aps {
            self.forward_blocks(ap, x);
        }
        for (k, total) in self.total.iter_mut().enumerate() {
            *total = self.signal[k] + self.rest[k];
        }
    }

    /// The data beams of a point, stacked over access points.
    fn load(&mut self, x: &[C64]) {
        let (n, stride) = (self.antennas, self.stride());
        for ap in 0..self.aps {
            let block = &x[ap * stride..(ap + 1) * stride];
            for k in 0..self.users {
                self.data.col_mut(k)[ap * n..(ap + 1) * n]
                    .copy_from_slice(&block[k * n..(k + 1) * n]);
            }
        }
    }

    /// Data beams through channels and factors, coherent over access points. A user's own beam
    /// through its channel is the signal, through its factors interference.
    fn forward_data(&mut self) {
        mul(&mut self.amplitudes, false, 1.0, &self.directions, Op::Adjoint, &self.data, Op::Plain);
        for (k, signal) in self.signal.iter_mut().enumerate() {
            *signal = self.amplitudes[(k, k)].norm_sqr();
        }
        for j in 0..self.users {
            let column = self.amplitudes.col(j);
            for (row, z) in column.iter().enumerate() {
                if row != j {
                    self.rest[self.owner[row]] += self.weight[row] * z.norm_sqr();
                }
            }
        }
    }

    /// The sensing signals of the `index`-th access point that senses, and the lags of all it sends.
    fn forward_sensing(&mut self, index: usize, x: &[C64]) {
        let (n, users, stride) = (self.antennas, self.users, self.stride());
        let from = self.sensing[index] * stride + users * n;
        let v = &x[from..from + self.streams * n];
        self.sensing_beams.as_mut_slice().copy_from_slice(v);
        let sensed = &mut self.sensed[index];
        let streams = &self.sensing_beams;
        mul(sensed, false, 1.0, &self.local[index], Op::Adjoint, streams, Op::Plain);
        for s in 0..self.streams {
            for (row, z) in sensed.col(s).iter().enumerate() {
                self.rest[self.owner[row]] += self.weight[row] * z.norm_sqr();
            }
        }
        let lags = &mut self.lags[index];
        lags.fill(0.0);
        let from = self.sensing[index] * stride;
        add_lags(&x[from..from + stride], n, lags);
    }

    /// What the blocks of the error covariances make of all that an access point sends.
    fn forward_blocks(&mut self, ap: usize, x: &[C64]) {
        let (stride, used) = (self.stride(), self.used(ap));
        let block = &x[ap * stride..ap * stride + used];
        match &self.blocks[ap] {
            Blocks::Scalar(scale) => {
                let power = real_dot(block, block);
                self.rest.iter_mut().zip(scale).for_each(|(rest, s)| *rest += s * power);
            }
            Blocks::Dense(matrices) => {
                self.block.as_mut_slice().fill(C64::ZERO);
                self.block.as_mut_slice()[..used].copy_from_slice(block);
                let b = &self.block;
                mul(&mut self.covariance, false, 1.0, b, Op::Plain, b, Op::Adjoint);
                let r = self.covariance.as_slice();
                for (rest, d) in self.rest.iter_mut().zip(matrices) {
                    *rest += real_dot(d.as_slice(), r);
                }
            }
        }
    }

    /// Entries of a block that are sent, without slack.
    pub(super) fn used(&self, ap: usize) -> usize {
        let columns = if self.senses(ap) { self.users + self.streams } else { self.users };
        columns * self.antennas
    }

    /// The value of a link at the point of the last `forward`; keeps its derivatives for `backward`.
    pub(in crate::cellfree) fn value(&mut self, mut link: Link<'_>) -> f64 {
        let mut value = 0.0;
        for k in 0..self.users {
            let (total, rest) = (self.total[k], self.rest[k]);
            let signal = self.signal[k];
            self.by_total[k] = 1.0 / total;
            match &mut link {
                Link::Rate => {
                    // The signal over the rest, and 1/total − 1/rest as one quotient: differences
                    // would leave nothing of a small signal.
                    value += (signal / rest).ln_1p();
                    self.by_others[k] = -signal / rest / total;
                }
                Link::Envelope { of, slope } => {
                    let plane = of[k].at(signal, rest);
                    value += plane.value;
                    self.by_total[k] = plane.received;
                    self.by_others[k] = plane.received - plane.slope;
                    slope[k] = plane.slope;
                }
            }
        }
        value
    }

    /// S at the point of the last `forward`.
    pub(in crate::cellfree) fn error(&self) -> f64 {
        let sum: f64 = self.patterns.iter().zip(&self.lags).map(|(p, lags)| p.error(lags)).sum();
        sum / self.patterns.len().max(1) as f64
    }
}
