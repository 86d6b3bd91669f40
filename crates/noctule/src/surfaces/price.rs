//! What the limit on the bound costs, from the multiplier of the requirement.

use std::f64::consts::{LN_2, LN_10};

use noctule_num::C64;
use noctule_phy::cascade::Cascade;

use super::covariance::{CovarianceSolver, Reduced};
use super::model::Link;
use super::power::Allocator;
use super::settings::{Requirement, Signal};
use super::{Deployment, Instance};
use crate::Error;

/// By how much the rate in bit/s/Hz rises where the limit on the bound is one decibel larger, at the phases
/// of a deployment: with phases that are best, the slope of the trade-off. None without a limit, of several
/// modes, and where the exact bound is required, which is no linear function of the covariance.
pub(super) fn limit_price(
    instance: &Instance,
    (cascade, link): (&Cascade, &Link),
    signal: Signal,
    deployment: &Deployment,
) -> Result<Option<f64>, Error> {
    let ([mode], Requirement::Illumination) = (&deployment.modes[..], deployment.requirement)
    else {
        return Ok(None);
    };
    if instance.parts().crb_limit.is_none() {
        return Ok(None);
    }
    let nats = match signal {
        Signal::Covariance => correlated(cascade, link, &mode.phases)?,
        Signal::Dedicated => streams(cascade, link, &mode.phases),
    };
    // a decibel of the bound is one of what lights the target
    Ok(nats.map(|nats| nats * LN_10 / 10.0 / LN_2).filter(|price| price.is_finite()))
}

/// `μΓ` of the best covariance of all.
fn correlated(cascade: &Cascade, link: &Link, phases: &[Vec<C64>]) -> Result<Option<f64>, Error> {
    let light = cascade.illumination(phases).response;
    let reduced = Reduced::new(&cascade.channel(phases), cascade.user_noise_w, &light)?;
    let most = link.power * reduced.illumination;
    if most <= 0.0 || link.required > most {
        return Ok(None);
    }
    let (spectrum, share) = (&reduced.spectrum, link.required / most);
    let mut solver = CovarianceSolver::new();
    let dual = solver.solve(&spectrum.gains, &spectrum.overlaps, link.power, share);
    Ok(Some(solver.price(&dual, link.power, share)))
}

/// `μΓ` of independent streams and a signal for sensing.
fn streams(cascade: &Cascade, link: &Link, phases: &[Vec<C64>]) -> Option<f64> {
    let surfaces = || cascade.paths.iter().zip(phases).enumerate();
    let gains: Vec<f64> = surfaces()
        .map(|(k, (path, v))| cascade.stream_gain(k) * path.user_amplitude(v).norm_sqr())
        .collect();
    let weights: Vec<f64> = surfaces()
        .map(|(k, (path, v))| cascade.sensing_weight(k) * path.illumination(v).0.norm_sqr())
        .collect();
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let found =
        Allocator::new(gains.len()).allocate(&gains, &weights, link.power, link.required)?;
    (largest > 0.0).then(|| (found.prices.power - found.prices.reduced) / largest * link.required)
}
