//! A scene with requirements in mind, and the few directions of it that matter.

use noctule_num::linalg::{Op, orthonormal_basis, product};
use noctule_num::{C64, CMat, NumError};

use super::fisher::{FisherMap, Target};
use noctule_phy::elements::ElementArray;

/// What the users do with the sensing streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SensingStreams {
    /// They are unknown to the users, and interfere.
    #[default]
    Interfering,
    /// The users know them and take them out.
    Cancelled,
}

/// A base station, its users and its targets.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// The transmit array.
    pub transmit: ElementArray,
    /// The receive array.
    pub receive: ElementArray,
    /// The targets.
    pub targets: Vec<Target>,
    /// Scenes of targets between which it is not known which one is true, each as long as `targets`;
    /// metrics that name them use them. Empty: only `targets`.
    pub alternatives: Vec<Vec<Target>>,
    /// Snapshots L.
    pub snapshots: f64,
    /// Noise of the sensing receiver σ_s², in watts.
    pub sensing_noise_w: f64,
    /// Channels, antennas × users: user k receives `h_kᴴ x`.
    pub channels: CMat,
    /// Noise of the users, in watts.
    pub noise_w: Vec<f64>,
    /// Covariances of the errors of the channels, one a user; empty where channels are exact.
    pub error_covariances: Vec<CMat>,
    /// What the users do with the sensing streams.
    pub streams: SensingStreams,
}

/// What the problem needs of the space of transmit vectors: an orthonormal basis of the channels,
/// of the targets' responses with their derivatives, and of the errors. A projection onto it keeps
/// every rate and metric, and lowers the power.
#[derive(Clone, Debug)]
pub(super) struct Space {
    /// N × r; the identity where the whole space is needed.
    pub(super) basis: CMat,
    /// Channels over the root of their noise, r × K.
    pub(super) h: CMat,
    /// Errors over the noise, r × r each; empty where channels are exact.
    pub(super) errors: Vec<CMat>,
    /// T, r × 3M(Q): the targets, then the alternatives.
    pub(super) t: CMat,
    /// `[H, T]`.
    pub(super) n: CMat,
    /// The Fisher maps: of the targets, then of the alternatives.
    pub(super) maps: Vec<FisherMap>,
    /// Responses towards the targets, r × M, for illumination.
    pub(super) lit: CMat,
    /// The share of sensing streams that users hear: 1 or 0.
    pub(super) heard: f64,
}

/// Directions whose singular value is below this share of the largest are rounding.
const SAME: f64 = 1e-10;

impl Space {
    /// The space of a world; all of it where `whole`.
    pub(super) fn new(world: &World, whole: bool) -> Result<Self, NumError> {
        let n = world.transmit.elements();
        let users = world.channels.cols();
        let mut h = world.channels.clone();
        for k in 0..users {
            let scale = 1.0 / world.noise_w[k].sqrt();
            h.col_mut(k).iter_mut().for_each(|z| *z *= scale);
        }
        let information = 2.0 * world.snapshots / world.sensing_noise_w;
        let scenes = std::iter::once(&world.targets).chain(&world.alternatives);
        let (mut maps, mut parts, mut lit) = (Vec::new(), Vec::new(), CMat::zeros(n, 0));
        let mut offset = 0;
        for (i, scene) in scenes.enumerate() {
            let towards = scene.iter().map(|target| (target.azimuth_rad, target.polar_rad));
            let sent = world.transmit.steering(towards.clone());
            let seen = world.receive.steering(towards);
            maps.push(FisherMap::new(scene, &seen, information, offset));
            offset += 3 * scene.len();
            if i == 0 {
                lit = sent.response.clone();
            }
            parts.extend([sent.response, sent.by_azimuth, sent.by_polar]);
        }
        let t = CMat::hstack(&parts.iter().collect::<Vec<_>>())?;
        let mut errors: Vec<CMat> = world.error_covariances.clone();
        for (error, noise) in errors.iter_mut().zip(&world.noise_w) {
            error.scale(1.0 / noise);
        }
        let heard = if world.streams == SensingStreams::Cancelled { 0.0 } else { 1.0 };
        let basis = if whole || errors.iter().any(|error| scalar(error).is_none()) {
            CMat::identity(n)
        } else {
            orthonormal_basis(&CMat::hstack(&[&h, &t])?, SAME)?
        };
        let inside = |a: &CMat| product(&basis, Op::Adjoint, a, Op::Plain);
        let errors = errors
            .iter()
            .map(|error| product(&inside(error), Op::Plain, &basis, Op::Plain))
            .collect();
        let (h, t, lit) = (inside(&h), inside(&t), inside(&lit));
        let n = CMat::hstack(&[&h, &t])?;
        Ok(Self { n, h, errors, t, maps, lit, heard, basis })
    }

    /// A space in which what any beams achieve is all there: a channel error lets through what is sent past
    /// all channels and targets too, which a design never does.
    pub(super) fn of_any_beams(world: &World, whole: bool) -> Result<Self, NumError> {
        Self::new(world, whole || !world.error_covariances.is_empty())
    }

    /// The same space with some of the users alone.
    pub(super) fn serving(&self, users: &[usize]) -> Result<Self, NumError> {
        let mut h = CMat::zeros(self.dim(), users.len());
        for (column, &k) in users.iter().enumerate() {
            h.col_mut(column).copy_from_slice(self.h.col(k));
        }
        let n = CMat::hstack(&[&h, &self.t])?;
        let errors = users.iter().filter_map(|k| self.errors.get(*k).cloned()).collect();
        Ok(Self { h, n, errors, ..self.clone() })
    }

    /// r.
    pub(super) const fn dim(&self) -> usize {
        self.basis.cols()
    }

    /// K.
    pub(super) const fn users(&self) -> usize {
        self.h.cols()
    }

    /// Beams in the antennas' coordinates.
    pub(super) fn lifted(&self, w: &CMat) -> CMat {
        product(&self.basis, Op::Plain, w, Op::Plain)
    }
}

/// ε of a covariance ε1.
fn scalar(covariance: &CMat) -> Option<f64> {
    let (n, first) = (covariance.rows(), covariance.as_slice().first()?.re);
    let same = (0..n).all(|j| {
        (0..n).all(|i| {
            let want = if i == j { C64::from(first) } else { C64::ZERO };
            (covariance[(i, j)] - want).norm() <= 1e-14 * first.abs()
        })
    });
    same.then_some(first)
}
