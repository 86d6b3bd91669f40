//! The covariances that go with phases.

use noctule_num::linalg::dot;
use noctule_num::{C64, CMat};
use noctule_phy::cascade::Cascade;
use noctule_phy::centred_array::CentredArray;

use super::Deployment;
use super::covariance::{CovarianceSolver, Reduced};
use super::model::Link;
use super::phases::plan::Plan;
use super::power::Allocator;
use super::settings::Signal;
use crate::Error;

/// Covariances for the phases of a plan.
pub(super) fn settle(
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    plan: &Plan,
) -> Result<Deployment, Error> {
    if let Some(built) = &plan.built {
        return Ok(built.clone());
    }
    let required = plan.relaxed.unwrap_or(link.required);
    let (information, sensing) = covariances(cascade, signal, &plan.phases, link.power, required)?;
    Ok(Deployment::steady(sites.to_vec(), plan.phases.clone(), information, sensing))
}

/// The best covariances of a kind for given phases, of data and of a sensing signal. Where the
/// requirement is out of reach of these phases, all power lights the target.
pub(super) fn covariances(
    cascade: &Cascade,
    signal: Signal,
    phases: &[Vec<C64>],
    power: f64,
    required: f64,
) -> Result<(CMat, CMat), Error> {
    match signal {
        Signal::Covariance => {
            let n = cascade.transmit_antennas;
            Ok((correlated(cascade, phases, power, required)?, CMat::zeros(n, n)))
        }
        Signal::Dedicated => Ok(streams(cascade, phases, power, required)),
    }
}

/// The best covariance of all.
fn correlated(
    cascade: &Cascade,
    phases: &[Vec<C64>],
    power: f64,
    required: f64,
) -> Result<CMat, Error> {
    let light = cascade.illumination(phases).response;
    let norm: f64 = light.iter().map(C64::norm_sqr).sum();
    let channel = cascade.channel(phases);
    let reduced = Reduced::new(&channel, cascade.user_noise_w, &light)?;
    let share = if norm > 0.0 { (required / (power * norm)).clamp(0.0, 1.0) } else { 0.0 };
    let spectrum = &reduced.spectrum;
    let dual = CovarianceSolver::new().solve(&spectrum.gains, &spectrum.overlaps, power, share);
    reduced.covariance(&dual, power, required)
}

/// Theorem 2 written out: `Σ p_k ã_k ã_kᴴ` with `ã = a/√M`, and a sensing signal towards the target.
fn streams(cascade: &Cascade, phases: &[Vec<C64>], power: f64, required: f64) -> (CMat, CMat) {
    let n = cascade.transmit_antennas;
    let light = cascade.illumination(phases).response;
    let surfaces = || cascade.paths.iter().zip(phases).enumerate();
    let gains: Vec<f64> = surfaces()
        .map(|(k, (path, v))| cascade.stream_gain(k) * path.user_amplitude(v).norm_sqr())
        .collect();
    let weights: Vec<f64> = surfaces()
        .map(|(k, (path, v))| cascade.sensing_weight(k) * path.illumination(v).0.norm_sqr())
        .collect();
    let mut information = CMat::zeros(n, n);
    let mut allocator = Allocator::new(gains.len());
    let Some(found) = allocator.allocate(&gains, &weights, power, required) else {
        return (information, beam(&light, power));
    };
    for (path, p) in cascade.paths.iter().zip(allocator.powers()) {
        let a = CentredArray::new(n).response(path.base_departure);
        add_outer(&mut information, &a, p / n as f64);
    }
    (information, beam(&light, found.sensing_power))
}

/// `power · x xᴴ / ‖x‖²`; zero for a vector of zeros.
pub(super) fn beam(x: &[C64], power: f64) -> CMat {
    let norm = dot(x, x).re;
    let mut out = CMat::zeros(x.len(), x.len());
    if norm > 0.0 {
        add_outer(&mut out, x, power / norm);
    }
    out
}

fn add_outer(out: &mut CMat, x: &[C64], scale: f64) {
    for (j, b) in x.iter().enumerate() {
        let factor = b.conj() * scale;
        for (entry, a) in out.col_mut(j).iter_mut().zip(x) {
            *entry += a * factor;
        }
    }
}
