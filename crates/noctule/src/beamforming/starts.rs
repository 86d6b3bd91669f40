//! Where climbs begin: the standard precoders, and beams for the targets.

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, orthonormal_basis, product};
use noctule_num::rng::{StreamKey, complex_normal};
use noctule_num::{C64, CMat};
use noctule_phy::fisher::target_space;

use super::{Beams, Instance, SYSTEM};
use crate::Error;

/// Where a climb begins. Every start is scaled to the power constraint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Matched filters `h_k/‖h_k‖`.
    Mrt,
    /// Regularised zero forcing: the columns of `H̃ (H̃ᴴH̃ + K I)⁻¹`, each of unit norm.
    Rzf,
    /// Regularised zero forcing plus CN(0, 1/(4 Nt)) on every entry; the number names the draw.
    PerturbedRzf(u64),
    /// The start of T. Fang et al.: `h_k/(4‖h_k‖)` and sensing beams with CN(0, 1) entries. Its
    /// data beams are so much weaker than its sensing beams that users are easily shut off for
    /// good; only good for comparison.
    Published(u64),
    /// CN(0, 1) on every entry of all beams, which know of neither users nor targets; the number names the draw.
    Random(u64),
}

/// The golden angle in radians: no two multiples of it are alike.
pub(super) const GOLDEN_ANGLE: f64 = 2.399_963_229_728_653;

/// Variance of what perturbs a start, over the antennas: a quarter of the power of a unit beam.
const PERTURBATION: f64 = 0.25;
/// Directions of the target space that are this close to the others get no beam of their own.
const DISTINCT: f64 = 1e-10;
/// Arrays with fewer antennas have local optima with few users already.
const SMALL: usize = 8;

/// How many starts of each kind [`design`](super::design()) takes of itself.
///
/// What decides is how many users share the antennas: up to three for eight antennas there is
/// hardly ever more than one optimum, and from one for two on there are many. The numbers follow
/// from the table in `docs/beamforming.md`, which the example `starts_table` measures.
pub fn default_count(instance: &Instance) -> usize {
    let (antennas, users) = (instance.antennas(), instance.users());
    match () {
        () if users <= 1 || (antennas >= SMALL && 8 * users <= 3 * antennas) => 4,
        () if antennas >= SMALL && 2 * users <= antennas => 16,
        () if antennas < SMALL && users < antennas => 24,
        () => 48,
    }
}

/// The starts that [`design`](super::design()) takes, in order.
pub fn default_starts(count: usize) -> Vec<Start> {
    [Start::Rzf, Start::Mrt].into_iter().chain((0..).map(Start::PerturbedRzf)).take(count).collect()
}

/// With how many sensing streams climbs begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Starts of each kind.
    pub(super) count: usize,
    /// Sensing streams of the starts that have as many as can be of use, where there are such.
    pub(super) many: Option<usize>,
    /// Sensing streams of the starts that have as few as the targets need, and the number up to
    /// which they are added.
    pub(super) few: Option<(usize, usize)>,
}

impl Plan {
    /// The plan of `count` starts.
    ///
    /// Three sensing streams per target reach whatever any number reaches (under total power), so
    /// that no climb has more. With fewer allowed, climbs go up the staircase alone, unless the
    /// targets need every stream there is: so the steps of a design are steps of every design with
    /// more streams. One start is one climb.
    pub(super) fn of(instance: &Instance, count: usize) -> Self {
        let parts = instance.parts();
        let weighted = |weight: f64, count: usize| if weight > 0.0 { count } else { 0 };
        let users = weighted(parts.rate_weight_per_nat, instance.users());
        let targets = weighted(parts.crb_weight, instance.targets().len());
        let allowed = parts.sensing_streams;
        let useful = if users + targets > 0 { allowed.min(3 * targets) } else { allowed };
        let needed = targets.saturating_sub(users);
        if users == 0 || count == 1 || useful <= needed {
            return Self { count, many: Some(useful), few: None };
        }
        let many = (allowed >= 3 * targets).then_some(useful);
        Self { count, many, few: Some((needed, useful)) }
    }
}

/// The full-size beams of a start, antennas × streams.
///
/// Data beams and sensing beams get equal power each. Sensing beams are the leading columns of an
/// orthonormal basis of the target space, repeated when there are more streams than directions.
///
/// # Errors
/// When a decomposition fails, which finite data do not make it.
pub fn start_beams(instance: &Instance, start: Start) -> Result<CMat, Error> {
    start_with(instance, start, instance.parts().sensing_streams)
}

/// [`start_beams`] with another number of sensing beams.
///
/// # Errors
/// As [`start_beams`].
pub(super) fn start_with(
    instance: &Instance,
    start: Start,
    sensing_streams: usize,
) -> Result<CMat, Error> {
    Starts::of(instance)?.beams(start, sensing_streams)
}

/// Starts of one instance, which share what does not depend on the draw.
pub(super) struct Starts<'a> {
    instance: &'a Instance,
    /// An orthonormal basis of the target space.
    basis: CMat,
    zero_forcing: Option<CMat>,
}

impl<'a> Starts<'a> {
    /// Those of an instance.
    ///
    /// # Errors
    /// When the decomposition of the target space fails, which finite data do not make it.
    pub(super) fn of(instance: &'a Instance) -> Result<Self, Error> {
        let basis = if instance.targets().is_empty() {
            CMat::zeros(instance.antennas(), 0)
        } else {
            orthonormal_basis(&target_space(instance.transmit_steering()), DISTINCT)?
        };
        Ok(Self { instance, basis, zero_forcing: None })
    }

    /// [`start_with`] for this instance.
    ///
    /// # Errors
    /// As [`start_beams`].
    pub(super) fn beams(&mut self, start: Start, sensing_streams: usize) -> Result<CMat, Error> {
        let instance = self.instance;
        let antennas = instance.antennas();
        let mut sensing = self.sensing_beams(sensing_streams);
        let (seed, trial) = instance.draw().unwrap_or((0, 0));
        let stream_of =
            |purpose: &str, index: u64| StreamKey::new(seed, SYSTEM, purpose, index).trial(trial);
        let data = match start {
            Start::Mrt => matched_filters(instance),
            Start::Rzf => self.zero_forcing()?,
            Start::PerturbedRzf(index) => {
                let mut data = self.zero_forcing()?;
                let mut rng = stream_of("start-perturbed", index);
                let variance = PERTURBATION / antennas as f64;
                data.as_mut_slice()
                    .iter_mut()
                    .for_each(|z| *z += complex_normal(&mut rng, variance));
                // With sensing beams left alone, a problem without users would repeat one start.
                let of = |z: &mut C64| *z += complex_normal(&mut rng, variance);
                sensing.as_mut_slice().iter_mut().for_each(of);
                data
            }
            Start::Published(index) => {
                let mut data = matched_filters(instance);
                data.scale(0.25);
                let mut rng = stream_of("start-published", index);
                sensing.as_mut_slice().fill_with(|| complex_normal(&mut rng, 1.0));
                data
            }
            Start::Random(index) => {
                let mut rng = stream_of("start-random", index);
                sensing.as_mut_slice().fill_with(|| complex_normal(&mut rng, 1.0));
                CMat::from_fn(antennas, instance.users(), |_, _| complex_normal(&mut rng, 1.0))
            }
        };
        let beams = CMat::hstack(&[&data, &sensing])?;
        Ok(scaled_to_power(beams, instance.parts().power_w))
    }

    /// Regularised zero forcing.
    fn zero_forcing(&mut self) -> Result<CMat, Error> {
        if let Some(known) = &self.zero_forcing {
            return Ok(known.clone());
        }
        Ok(self.zero_forcing.insert(regularised_zero_forcing(self.instance)?).clone())
    }

    /// `count` unit-norm sensing beams from the target space.
    fn sensing_beams(&self, count: usize) -> CMat {
        let (basis, antennas) = (&self.basis, self.instance.antennas());
        CMat::from_fn(antennas, count, |i, j| {
            if basis.cols() > 0 {
                basis[(i, j % basis.cols())]
            } else if i == j % antennas {
                C64::ONE
            } else {
                C64::ZERO
            }
        })
    }
}

/// Any beams as a start: with the number of streams that the instance has, at its total power.
///
/// Surplus sensing beams are folded into the strongest directions of their covariance, which loses
/// what does not fit; missing ones are silent.
///
/// # Errors
/// When the beams do not fit the instance.
pub fn fitted(instance: &Instance, beams: &Beams) -> Result<CMat, Error> {
    beams.check(instance)?;
    let (users, streams) = (instance.users(), instance.streams());
    let data = beams.matrix.columns(0..users);
    let sensing = beams.matrix.columns(users..beams.matrix.cols());
    let (width, count) = (sensing.cols(), streams - users);
    let sensing = if width <= count {
        CMat::hstack(&[&sensing, &CMat::zeros(instance.antennas(), count - width)])?
    } else {
        // W_s U with the leading eigenvectors U of W_sᴴ W_s.
        let gram = product(&sensing, Op::Adjoint, &sensing, Op::Plain);
        let mut eigen = HermitianEigen::new(width);
        eigen.compute(&gram)?;
        let leading = CMat::from_fn(width, count, |i, j| eigen.vectors()[(i, width - 1 - j)]);
        product(&sensing, Op::Plain, &leading, Op::Plain)
    };
    Ok(scaled_to_power(CMat::hstack(&[&data, &sensing])?, instance.parts().power_w))
}

/// Beams scaled to the total power; beams that are all zero send equally from every entry.
pub(super) fn scaled_to_power(mut beams: CMat, power_w: f64) -> CMat {
    let norm = beams.norm();
    if norm > 0.0 {
        beams.scale(power_w.sqrt() / norm);
    } else {
        let entry = (power_w / beams.as_slice().len().max(1) as f64).sqrt();
        beams.as_mut_slice().fill(C64::from(entry));
    }
    beams
}

/// Columns of unit norm; a column of zeros stays one.
fn unit_columns(mut beams: CMat) -> CMat {
    for j in 0..beams.cols() {
        let column = beams.col_mut(j);
        let norm = column.iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        if norm > 0.0 {
            column.iter_mut().for_each(|z| *z /= norm);
        }
    }
    beams
}

/// Matched filters h_k/‖h_k‖.
pub(super) fn matched_filters(instance: &Instance) -> CMat {
    unit_columns(instance.channels().clone())
}

/// Regularised zero forcing with unit-norm columns.
pub(super) fn regularised_zero_forcing(instance: &Instance) -> Result<CMat, Error> {
    let users = instance.users();
    let mut scaled = instance.channels().clone();
    for user in 0..users {
        let scale = (instance.parts().power_w / instance.parts().user_noise_w[user]).sqrt();
        scaled.col_mut(user).iter_mut().for_each(|h| *h *= scale);
    }
    let mut gram = product(&scaled, Op::Adjoint, &scaled, Op::Plain);
    // At extreme ratios of signal to noise K is lost to rounding, and the matrix no longer regular
    // for more users than antennas.
    let trace: f64 = (0..users).map(|user| gram[(user, user)].re).sum();
    let regularisation = (users as f64).max(64.0 * f64::EPSILON * users as f64 * trace);
    for user in 0..users {
        gram[(user, user)] += C64::from(regularisation);
    }
    let mut cholesky = Cholesky::new(users);
    cholesky.factor(&gram, "HᴴH + K I")?;
    // H̃ G⁻¹ = (G⁻¹ H̃ᴴ)ᴴ, as G is Hermitian.
    let mut right = scaled.adjoint();
    cholesky.solve_in_place(&mut right);
    Ok(unit_columns(right.adjoint()))
}
