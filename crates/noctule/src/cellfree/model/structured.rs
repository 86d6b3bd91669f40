//! Rates and errors over beams on a product of spheres.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat};
use noctule_optim::Manifold;
use noctule_phy::beampattern::PatternError;

use crate::cellfree::{Beams, Instance};
use crate::envelope::Chord;

mod curvature;
mod dense;
mod gradient;
mod parts;
mod value;

pub(in crate::cellfree) use curvature::Curvature;
use parts::{Blocks, blocks, directions};

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
#[derive(Debug)]
pub(in crate::cellfree) enum Link<'a> {
    /// The sum rate in nats, `ln T − ln A`.
    Rate,
    /// Its concave envelopes on a box of interference levels, with room for the slopes λ of the planes that
    /// touch them; their t is the derivative by what is received.
    Envelope { of: &'a [Chord], slope: &'a mut [f64] },
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
    /// Derivatives of a link by T_k and by A_k.
    pub(in crate::cellfree) by_total: Vec<f64>,
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
    pub(in crate::cellfree) fn local_directions(&self, ap: usize) -> CMat {
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

    /// Whether the error covariances are nothing but multiples of the identity.
    pub(in crate::cellfree) fn has_plain_errors(&self) -> bool {
        self.has_scalar_blocks() && self.owner.len() == self.users
    }

    /// Of every access point and user, the mean of the diagonal of its error covariance.
    pub(in crate::cellfree) fn mean_errors(&self) -> Vec<f64> {
        let n = self.antennas;
        let mut out = Vec::with_capacity(self.aps * self.users);
        for (ap, blocks) in self.blocks.iter().enumerate() {
            for k in 0..self.users {
                let own = match blocks {
                    Blocks::Scalar(scale) => scale[k],
                    Blocks::Dense(d) => (0..n).map(|i| d[k][(i, i)].re).sum::<f64>() / n as f64,
                };
                let factors = (self.users..self.owner.len()).filter(|&c| self.owner[c] == k);
                let power = |c: usize| {
                    let rows = &self.directions.col(c)[ap * n..(ap + 1) * n];
                    self.weight[c] * real_dot(rows, rows) / n as f64
                };
                out.push((own + factors.map(power).sum::<f64>()).max(0.0));
            }
        }
        out
    }

    /// Entries of a block.
    pub(in crate::cellfree) const fn stride(&self) -> usize {
        self.antennas * (self.users + self.streams)
    }

    /// Entries of a point.
    pub(in crate::cellfree) const fn dim(&self) -> usize {
        self.aps * self.stride()
    }

    /// The points at which every access point has power one.
    pub(in crate::cellfree) const fn manifold(&self) -> Manifold {
        Manifold::spheres(self.aps, self.stride(), 1.0)
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
}
