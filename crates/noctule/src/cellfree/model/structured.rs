//! Rates and errors over beams on a product of spheres.

use noctule_num::linalg::{Op, mul, real_dot};
use noctule_num::{C64, CMat};
use noctule_phy::beampattern::{PatternError, add_lags, add_toeplitz_product, toeplitz_gradient};

use super::super::{Beams, Instance};
use super::away_from_identity;

/// What is left out of a user's covariance may change its rate by at most this many nats: factors
/// that carry less, and the part of blocks that is not a multiple of the identity. Reflections twice
/// weakened by path loss are a thousand times below it.
const NEGLIGIBLE: f64 = 1e-8;

/// Which access points send sensing signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cellfree) enum Roles {
    /// None: every access point may leave power unused (P2).
    CommunicationOnly,
    /// Those with a target, at full power, through this many beams each (P3, P4).
    Sensing(usize),
}

/// A function `Σ_k ψ_k(T_k, A_k)` of what each user receives in all, `T_k`, and without its own
/// signal, `A_k`; noise one is in both.
#[derive(Clone, Copy, Debug)]
pub(in crate::cellfree) enum Link<'a> {
    /// The sum rate in nats, `ln T − ln A`.
    Rate,
    /// Its concave upper estimate on a box of interference levels, `ln T + offset − slope·A`.
    Chord { slope: &'a [f64], offset: &'a [f64] },
}

/// Covariance blocks of one access point, for all users.
#[derive(Clone, Debug)]
enum Blocks {
    /// Multiples of the identity.
    Scalar(Vec<f64>),
    Dense(Vec<CMat>),
}

/// The normalised problem. A point is a list of blocks, one for each access point, of
/// `N (K + v)` entries: its `K` beams, then `v` sensing beams — or, where nothing is sensed, slack:
/// numbers that only take up power. With every block on the unit sphere all power constraints hold.
///
/// Users see *directions*: their channel, and the factors of their error covariance. Data beams
/// meet a direction coherently over all access points, sensing beams of each access point by
/// themselves; the blocks of the covariance meet the power of an access point.
#[derive(Clone, Debug)]
pub(in crate::cellfree) struct Model {
    pub aps: usize,
    pub antennas: usize,
    pub users: usize,
    /// Sensing beams (or columns of slack) of every access point.
    pub streams: usize,
    pub sensing: Vec<usize>,
    patterns: Vec<PatternError>,
    /// Channels first, then factors; `M N × F`.
    directions: CMat,
    owner: Vec<usize>,
    weight: Vec<f64>,
    /// The rows of `directions` of every access point that senses.
    local: Vec<CMat>,
    blocks: Vec<Blocks>,
    /// By how much the rates of this model may differ from the exact ones, in nats, together.
    pub neglected: f64,
    // Scratch; filled by `forward`.
    data: CMat,
    amplitudes: CMat,
    coefficients: CMat,
    data_gradient: CMat,
    sensed: Vec<CMat>,
    sensed_coefficients: CMat,
    sensing_beams: CMat,
    stream_gradient: CMat,
    block: CMat,
    covariance: CMat,
    block_gradient: CMat,
    /// S_k, T_k and A_k.
    signal: Vec<f64>,
    pub total: Vec<f64>,
    pub rest: Vec<f64>,
    by_total: Vec<f64>,
    by_others: Vec<f64>,
    pub(in crate::cellfree) lags: Vec<Vec<f64>>,
    by_lags: Vec<f64>,
    toeplitz: Vec<C64>,
}

impl Model {
    pub(in crate::cellfree) fn new(instance: &Instance, roles: Roles) -> Self {
        let (aps, n, users) = (instance.aps(), instance.antennas(), instance.users());
        let (sensing, streams) = match roles {
            Roles::CommunicationOnly => (Vec::new(), 1),
            Roles::Sensing(streams) => (instance.sensing_aps(), streams.max(1)),
        };
        let mut neglected = 0.0;
        let (directions, owner, weight) = directions(instance, &mut neglected);
        let local = sensing
            .iter()
            .map(|&ap| CMat::from_fn(n, directions.cols(), |i, c| directions[(ap * n + i, c)]))
            .collect();
        let count = directions.cols();
        Self {
            aps,
            antennas: n,
            users,
            streams,
            patterns: sensing.iter().filter_map(|&ap| instance.pattern(ap).cloned()).collect(),
            blocks: (0..aps).map(|ap| blocks(instance, ap, &mut neglected)).collect(),
            neglected,
            data: CMat::zeros(aps * n, users),
            amplitudes: CMat::zeros(count, users),
            coefficients: CMat::zeros(count, users),
            data_gradient: CMat::zeros(aps * n, users),
            sensed: vec![CMat::zeros(count, streams); sensing.len()],
            sensed_coefficients: CMat::zeros(count, streams),
            sensing_beams: CMat::zeros(n, streams),
            stream_gradient: CMat::zeros(n, streams),
            block: CMat::zeros(n, users + streams),
            covariance: CMat::zeros(n, n),
            block_gradient: CMat::zeros(n, users + streams),
            signal: vec![0.0; users],
            total: vec![0.0; users],
            rest: vec![0.0; users],
            by_total: vec![0.0; users],
            by_others: vec![0.0; users],
            lags: vec![vec![0.0; 2 * n - 1]; sensing.len()],
            by_lags: vec![0.0; 2 * n - 1],
            toeplitz: vec![C64::ZERO; n],
            sensing,
            directions,
            owner,
            weight,
            local,
        }
    }

    /// Channels first, then factors of error covariances.
    pub(super) const fn directions(&self) -> &CMat {
        &self.directions
    }

    /// The rows of the directions of one access point.
    pub(super) fn local_directions(&self, ap: usize) -> CMat {
        let n = self.antennas;
        CMat::from_fn(n, self.directions.cols(), |i, c| self.directions[(ap * n + i, c)])
    }

    /// Whether all blocks of the error covariances are multiples of the identity.
    pub(super) fn has_scalar_blocks(&self) -> bool {
        self.blocks.iter().all(|blocks| matches!(blocks, Blocks::Scalar(_)))
    }

    /// The same users seen over `directions` of `antennas` rows for each access point.
    pub(super) fn in_coordinates(&self, antennas: usize, directions: CMat) -> Self {
        let columns = self.users + self.streams;
        Self {
            antennas,
            directions,
            data: CMat::zeros(self.aps * antennas, self.users),
            data_gradient: CMat::zeros(self.aps * antennas, self.users),
            block: CMat::zeros(antennas, columns),
            covariance: CMat::zeros(antennas, antennas),
            block_gradient: CMat::zeros(antennas, columns),
            ..self.clone()
        }
    }

    /// Entries of a block.
    pub(in crate::cellfree) const fn stride(&self) -> usize {
        self.antennas * (self.users + self.streams)
    }

    /// Entries of a point.
    pub(in crate::cellfree) const fn dim(&self) -> usize {
        self.aps * self.stride()
    }

    /// Whether the last columns of an access point are a sensing signal, not slack.
    pub(in crate::cellfree) fn senses(&self, ap: usize) -> bool {
        self.sensing.contains(&ap)
    }

    /// Beams of a point.
    pub(in crate::cellfree) fn beams(&self, x: &[C64]) -> Beams {
        let (n, users) = (self.antennas, self.users);
        let data = CMat::from_fn(self.aps * n, users, |row, k| {
            x[row / n * self.stride() + k * n + row % n]
        });
        let sensing = (0..self.aps)
            .map(|ap| {
                let from = ap * self.stride() + users * n;
                let columns = if self.senses(ap) { self.streams } else { 0 };
                CMat::from_fn(n, columns, |i, s| x[from + s * n + i])
            })
            .collect();
        Beams { data, sensing }
    }

    /// The point of beams: sensing beams are cut or filled with zeros to the streams of the model,
    /// slack takes up the power that is left. Blocks without power stay zero.
    pub(in crate::cellfree) fn point(&self, beams: &Beams) -> Vec<C64> {
        let (n, users) = (self.antennas, self.users);
        let mut x = vec![C64::ZERO; self.dim()];
        for ap in 0..self.aps {
            let block = &mut x[ap * self.stride()..(ap + 1) * self.stride()];
            for k in 0..users {
                block[k * n..(k + 1) * n].copy_from_slice(&beams.data.col(k)[ap * n..(ap + 1) * n]);
            }
            let rest = &mut block[users * n..];
            if self.sensing.contains(&ap) {
                let columns = beams.sensing[ap].cols().min(self.streams);
                for s in 0..columns {
                    rest[s * n..(s + 1) * n].copy_from_slice(beams.sensing[ap].col(s));
                }
            } else {
                let left = (1.0 - beams.data_power(ap)).max(0.0);
                rest[0] = C64::from(left.sqrt());
            }
        }
        x
    }

    /// Evaluate at `x`: fills `total`, `rest` and the lags.
    pub(in crate::cellfree) fn forward(&mut self, x: &[C64]) {
        let (n, users, stride) = (self.antennas, self.users, self.stride());
        for ap in 0..self.aps {
            let block = &x[ap * stride..(ap + 1) * stride];
            for k in 0..users {
                self.data.col_mut(k)[ap * n..(ap + 1) * n]
                    .copy_from_slice(&block[k * n..(k + 1) * n]);
            }
        }
        mul(&mut self.amplitudes, false, 1.0, &self.directions, Op::Adjoint, &self.data, Op::Plain);
        self.rest.fill(1.0);
        for (k, signal) in self.signal.iter_mut().enumerate() {
            *signal = self.amplitudes[(k, k)].norm_sqr();
        }
        for j in 0..users {
            let column = self.amplitudes.col(j);
            for (row, z) in column.iter().enumerate() {
                if row != j {
                    self.rest[self.owner[row]] += self.weight[row] * z.norm_sqr();
                }
            }
        }
        for index in 0..self.sensing.len() {
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
        for ap in 0..self.aps {
            let used = self.used(ap);
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
        for (k, total) in self.total.iter_mut().enumerate() {
            *total = self.signal[k] + self.rest[k];
        }
    }

    /// Entries of a block that are sent, without slack.
    fn used(&self, ap: usize) -> usize {
        let columns = if self.senses(ap) { self.users + self.streams } else { self.users };
        columns * self.antennas
    }

    /// The value of a link at the point of the last `forward`; keeps its derivatives for `backward`.
    pub(in crate::cellfree) fn value(&mut self, link: Link<'_>) -> f64 {
        let mut value = 0.0;
        for k in 0..self.users {
            let (total, rest) = (self.total[k], self.rest[k]);
            let signal = self.signal[k];
            self.by_total[k] = 1.0 / total;
            match link {
                Link::Rate => {
                    // The signal over the rest, and 1/total − 1/rest as one quotient: differences
                    // would leave nothing of a small signal.
                    value += (signal / rest).ln_1p();
                    self.by_others[k] = -signal / rest / total;
                }
                Link::Chord { slope, offset } => {
                    value += total.ln() + offset[k] - slope[k] * rest;
                    self.by_others[k] = 1.0 / total - slope[k];
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

/// Channels and those factors of the error covariances that matter, scaled by the powers.
fn directions(instance: &Instance, neglected: &mut f64) -> (CMat, Vec<usize>, Vec<f64>) {
    let n = instance.antennas();
    let channels = instance.scaled_channels();
    let mut columns = channels.as_slice().to_vec();
    let mut owner: Vec<usize> = (0..instance.users()).collect();
    let mut weight = vec![1.0; instance.users()];
    for (k, covariance) in instance.parts().error.iter().enumerate() {
        let factors = instance.scaled(&covariance.factors);
        // What a factor can add to the interference of its user.
        let mut reach: Vec<(f64, usize)> = (0..factors.cols())
            .map(|c| {
                let norms = factors.col(c).chunks_exact(n).map(|u| real_dot(u, u).sqrt());
                (covariance.weights[c].abs() * norms.sum::<f64>().powi(2), c)
            })
            .collect();
        reach.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut left = 0.5 * NEGLIGIBLE;
        let mut kept: Vec<usize> = Vec::new();
        for (reach, c) in reach {
            if reach <= left {
                left -= reach;
                *neglected += reach;
            } else {
                kept.push(c);
            }
        }
        kept.sort_unstable();
        for c in kept {
            columns.extend_from_slice(factors.col(c));
            owner.push(k);
            weight.push(covariance.weights[c]);
        }
    }
    let count = owner.len();
    let matrix = CMat::from_columns(channels.rows(), count, columns).unwrap_or(channels);
    (matrix, owner, weight)
}

fn blocks(instance: &Instance, ap: usize, neglected: &mut f64) -> Blocks {
    let power = instance.parts().power_over_noise[ap];
    let each = 0.5 * NEGLIGIBLE / instance.aps() as f64;
    let all = instance.parts().error.iter().map(|covariance| &covariance.blocks[ap]);
    let near: Vec<(f64, f64)> = all
        .clone()
        .map(|block| {
            let (away, mean) = away_from_identity(block);
            (away * power, mean * power)
        })
        .collect();
    if near.iter().all(|(away, _)| *away <= each) {
        *neglected += near.iter().map(|(away, _)| away).sum::<f64>();
        return Blocks::Scalar(near.into_iter().map(|(_, mean)| mean).collect());
    }
    Blocks::Dense(
        all.map(|block| {
            let mut block = block.clone();
            block.scale(power);
            block
        })
        .collect(),
    )
}
