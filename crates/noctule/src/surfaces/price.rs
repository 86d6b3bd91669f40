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
        _ if is_forced(cascade, link, &mode.phases) => of_phases(cascade, link, &mode.phases),
        Signal::Covariance => correlated(cascade, link, &mode.phases)?,
        Signal::Dedicated => streams(cascade, link, &mode.phases),
    };
    // a decibel of the bound is one of what lights the target
    Ok(nats.map(|nats| nats * LN_10 / 10.0 / LN_2).filter(|price| price.is_finite()))
}

/// The illumination that all the power gives is all that is required, up to this share of it.
const FORCED: f64 = 1e-6;

/// Whether the target takes all the power in its own direction: then no covariance is left to choose, its multiplier
/// is not unique, and what the limit costs is told by the phases.
fn is_forced(cascade: &Cascade, link: &Link, phases: &[Vec<C64>]) -> bool {
    let light = cascade.illumination(phases).response;
    let most = link.power * light.iter().map(C64::norm_sqr).sum::<f64>();
    link.required >= most * (1.0 - FORCED)
}

/// `μΓ` of one surface from its phases: at the best of them the slopes of rate and illumination are opposite to each
/// other, `∇R + μ ∇Γ = 0`. `None` for several surfaces, and where the phases already give the largest illumination there is.
fn of_phases(cascade: &Cascade, link: &Link, phases: &[Vec<C64>]) -> Option<f64> {
    let ([path], [v]) = (&cascade.paths[..], phases) else { return None };
    // `|Σ conj(s_n) v_n|²`, and its derivatives by the angles of the v_n
    let squared = |s: &[C64]| -> (f64, Vec<f64>) {
        let sum: C64 = s.iter().zip(v).map(|(s, v)| s.conj() * v).sum();
        let slope = |(s, v): (&C64, &C64)| -2.0 * (sum.conj() * s.conj() * v).im;
        (sum.norm_sqr(), s.iter().zip(v).map(slope).collect())
    };
    let ((heard, by_heard), (seen, by_seen)) =
        (squared(&path.user_vector()), squared(&path.target_vector()));
    let inner = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let steep = inner(&by_seen, &by_seen);
    let gain = link.power * cascade.stream_gain(0);
    let per_heard = gain / (1.0 + gain * heard);
    (steep > FLAT * seen * seen)
        .then(|| (-per_heard * inner(&by_heard, &by_seen) / steep * seen).max(0.0))
}

/// Slopes of the illumination below this share of it, squared, are rounding.
const FLAT: f64 = 1e-20;

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
