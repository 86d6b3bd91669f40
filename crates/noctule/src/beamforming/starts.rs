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
}

/// The starts that [`design`](super::design()) takes, in order.
pub fn default_starts(count: usize) -> Vec<Start> {
    [Start::Rzf, Start::Mrt].into_iter().chain((0..).map(Start::PerturbedRzf)).take(count).collect()
}

/// The full-size beams of a start, antennas × streams.
///
/// Data beams and sensing beams get equal power each. Sensing beams are the leading columns of an
/// orthonormal basis of the target space, repeated when there are more streams than directions.
///
/// # Errors
/// When a decomposition fails, which finite data do not make it.
pub fn start_beams(instance: &Instance, start: Start) -> Result<CMat, Error> {
    let antennas = instance.antennas();
    let streams = instance.streams();
    let mut sensing = sensing_beams(instance)?;
    let (seed, trial) = instance.draw().unwrap_or((0, 0));
    let stream_of =
        |purpose: &str, index: u64| StreamKey::new(seed, SYSTEM, purpose, index).trial(trial);
    let data = match start {
        Start::Mrt => matched_filters(instance),
        Start::Rzf => regularised_zero_forcing(instance)?,
        Start::PerturbedRzf(index) => {
            let mut data = regularised_zero_forcing(instance)?;
            let mut rng = stream_of("start-perturbed", index);
            let variance = 0.25 / antennas as f64;
            data.as_mut_slice().iter_mut().for_each(|z| *z += complex_normal(&mut rng, variance));
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
    };
    let beams = CMat::hstack(&[&data, &sensing])?;
    debug_assert_eq!(beams.cols(), streams);
    Ok(scaled_to_power(beams, instance.parts().power_w))
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

/// As many unit-norm sensing beams as the instance asks for, from the target space.
fn sensing_beams(instance: &Instance) -> Result<CMat, Error> {
    let count = instance.parts().sensing_streams;
    let basis = if instance.targets().is_empty() {
        CMat::zeros(instance.antennas(), 0)
    } else {
        orthonormal_basis(&target_space(instance.transmit_steering()), 1e-10)?
    };
    let antennas = instance.antennas();
    Ok(CMat::from_fn(antennas, count, |i, j| {
        if basis.cols() > 0 {
            basis[(i, j % basis.cols())]
        } else if i == j % antennas {
            C64::ONE
        } else {
            C64::ZERO
        }
    }))
}
