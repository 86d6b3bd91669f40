//! What beams achieve of a goal over a band.

use noctule_phy::units::bits_to_nats;

use super::task::Task;
use crate::beamforming::band::{Band, evaluate_over};
use crate::beamforming::goal::{Goal, GoalMetrics, Problem};
use crate::beamforming::{Beams, Instance, Metrics};
use crate::{Error, FEASIBLE};

/// What `beams` achieve in an instance over `band` that asks for `problem`.
///
/// # Errors
/// When the beams have another shape than the instance asks for.
pub(in crate::beamforming) fn evaluate_goal(
    instance: &Instance,
    band: &Band,
    problem: &Problem,
    beams: &Beams,
) -> Result<Metrics, Error> {
    let (metrics, bounds) = evaluate_over(instance, band, beams)?;
    let (task, _) = Task::of(instance, band, problem)?;
    let rates: Vec<f64> = metrics.rate_bps_hz.iter().map(|rate| bits_to_nats(*rate)).collect();
    let value_of = |members: &[Vec<f64>]| -> Option<f64> {
        let variances = bounds.as_ref()?;
        let sum = |w: &Vec<f64>| w.iter().zip(variances).map(|(w, v)| w * v).sum::<f64>();
        let most = members.iter().map(sum).fold(0.0, f64::max);
        Some(most).filter(|most| most.is_finite())
    };
    let weights = problem.user_weights();
    let served = || rates.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0);
    let value = match &problem.goal {
        Goal::MinCrb { .. } => value_of(&task.aimed()),
        Goal::MinPower => Some(metrics.power_w),
        Goal::SumRate { .. } => Some(served().map(|(rate, weight)| weight * rate).sum()),
        Goal::MaxMinRate { .. } => served().map(|(rate, weight)| rate / weight).reduce(f64::min),
        Goal::ProportionalFair { .. } => {
            Some(served().map(|(rate, weight)| weight * rate.ln()).sum())
        }
        Goal::Weighted | Goal::MaxSensing { .. } => None,
    };
    let value = value.filter(|value: &f64| value.is_finite());
    let limited: Vec<Option<f64>> = task.caps.iter().map(|cap| value_of(&cap.members)).collect();
    // what is no number is missed
    let miss = |by: f64| if by.is_nan() { f64::INFINITY } else { by.max(0.0) };
    let least = |k: usize| {
        let subcarriers = metrics.band.iter().flat_map(|band| &band.rate_bps_hz);
        subcarriers.map(|own| bits_to_nats(own[k]).exp_m1()).fold(f64::INFINITY, f64::min)
    };
    let floors = task.sinr.iter().enumerate().filter(|(_, floor)| **floor > 0.0);
    let floors = floors.map(|(k, floor)| miss(1.0 - least(k) / floor));
    let of_rates = task.rates.iter().zip(&rates).filter(|(floor, _)| **floor > 0.0);
    let of_rates = of_rates.map(|(floor, rate)| miss(1.0 - rate / floor));
    let caps = task.caps.iter().zip(&limited);
    let caps = caps.map(|(cap, value)| miss(value.map_or(f64::NAN, |v| v / cap.limit - 1.0)));
    let missed: Vec<f64> = floors.chain(of_rates).chain(caps).collect();
    let over = miss(metrics.power_w / instance.parts().power_w - 1.0);
    let violation = missed.iter().copied().fold(over, f64::max);
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    let shown = problem.limits.iter().zip(&limited);
    let goal = GoalMetrics {
        kind: problem.goal.name(),
        shown: value.and_then(|value| finite(problem.unit().shown(value))),
        value,
        limited: shown
            .map(|(limit, value)| value.and_then(|v| finite(limit.metric.unit().shown(v))))
            .collect(),
        met: missed.iter().filter(|missed| **missed <= FEASIBLE).count(),
        asked: problem.asked(),
        violation: finite(violation),
    };
    Ok(Metrics {
        objective: value.map(|value| problem.objective(value)),
        goal: Some(goal),
        ..metrics
    })
}
