//! The two ends of a frontier of rates under a limit, and limits that are said relative to the first.
//!
//! At the *sensing end* a metric is the smallest that any beams reach. At the *rate end* the rate is the
//! largest that any reach with no metric limited, and of all beams with that rate (to 10⁻⁶) those are
//! taken whose metric is smallest: the lexicographic optimum, without which the end would be a point
//! that others beat at no cost.

use noctule_num::{CMat, InputError};
use noctule_optim::Interrupt;

use super::certificate::without_users;
use super::measure::Unit;
use super::problem::{Case, Problem};
use super::words::{Goal, Limit, Measure, Relative};
use crate::Error;
use crate::beamforming::requirements::{
    Begin, Found, Metric, PowerLimit, Requirements, World, best_metric, best_metric_at_rate,
    best_metric_from, best_rate, best_worst_rate,
};
use crate::beamforming::{Instance, Parts, PowerConstraint, Scenario, Shapes};

/// What the rate end gives of its rate so that the metric has room: relative.
const GIVEN: f64 = 1e-6;

/// The beams of a metric alone: users are not there.
fn alone(
    world: &World,
    metric: &Metric,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    let free = Requirements { sinr: Vec::new(), ..required.without_metrics() };
    best_metric_from(&without_users(world), metric, &free, &Begin::default(), interrupt)
}

/// The metric that a goal trades for rates: its own, or the first bound that is limited.
fn traded<'a>(problem: &Problem, case: &'a Case) -> Option<&'a Metric> {
    let limited = problem.limits.iter().zip(&case.required.caps);
    let first = limited.filter(|(limit, _)| !limit.metric.is_gain()).map(|(_, cap)| &cap.metric);
    case.metric.iter().chain(first).next()
}

/// A metric by its name, in the world of an instance that asks for `problem`.
fn named(
    instance: &Instance,
    problem: &Problem,
    measure: &Measure,
) -> Result<Option<Metric>, Error> {
    let goal = Goal::MinCrb { metric: measure.clone() };
    let plain = Problem { goal, limits: Vec::new(), ..problem.clone() };
    Ok(Case::of(instance, &plain)?.metric)
}

/// A complaint about the metric of a goal, where somebody else named it.
fn placed(error: Error, own: &str) -> Error {
    match error {
        Error::Input(error) => {
            let place = error.place.replacen("goal.metric", own, 1);
            Error::Input(InputError { place, ..error })
        }
        other => other,
    }
}

/// Whether a total power is all that is limited.
pub(in crate::beamforming) fn total_power(instance: &Instance) -> Result<bool, Error> {
    let limit = match instance.problem() {
        Some(problem) => Case::of(instance, problem)?.required.power,
        None if instance.parts().power_constraint == PowerConstraint::Total => return Ok(true),
        None => return Ok(false),
    };
    Ok(matches!(limit, PowerLimit::Total(_)))
}

/// Beams of all the power that see best, users ignored: by the metric of the goal, or by the first that
/// is limited, or by all angles. None where there is nothing to see.
///
/// # Errors
/// Broken numerics.
pub(in crate::beamforming) fn sensing_end(
    instance: &Instance,
    problem: &Problem,
    interrupt: &Interrupt,
) -> Result<Option<CMat>, Error> {
    let case = Case::of(instance, problem)?;
    let angles = named(instance, problem, &Measure::Angles).ok().flatten();
    let Some(metric) = traded(problem, &case).or(angles.as_ref()) else { return Ok(None) };
    let found = alone(&case.world, metric, &case.required, interrupt)?;
    Ok(Some(found.beams).filter(|_| found.value.is_finite()))
}

/// The beams of the rate end: floors are kept, limits on metrics are not looked at.
///
/// # Errors
/// Broken numerics.
pub(in crate::beamforming) fn rate_end(
    instance: &Instance,
    problem: &Problem,
    starts: usize,
    interrupt: &Interrupt,
) -> Result<CMat, Error> {
    let case = Case::of(instance, problem)?;
    let (world, weights) = (&case.world, problem.user_weights());
    let mut free = case.required.without_metrics();
    if matches!(problem.goal, Goal::MaxMinRate { .. }) {
        let best = best_worst_rate(world, &weights, &free, interrupt)?;
        let Some(metric) = traded(problem, &case).filter(|_| best.infeasible.is_none()) else {
            return Ok(best.beams);
        };
        for (floor, weight) in free.sinr.iter_mut().zip(&weights) {
            *floor = floor.max((weight * best.value * (1.0 - GIVEN)).exp_m1());
        }
        let end = best_metric(world, metric, &free, interrupt)?;
        return Ok(if end.violation <= 1e-8 { end.beams } else { best.beams });
    }
    let proportional = matches!(problem.goal, Goal::ProportionalFair { .. });
    let best = best_rate(world, &weights, proportional, &free, starts, interrupt)?;
    let Some(metric) =
        traded(problem, &case).filter(|_| !proportional && best.infeasible.is_none())
    else {
        return Ok(best.beams);
    };
    let least = best.value * (1.0 - GIVEN);
    let end = best_metric_at_rate(world, metric, &weights, least, &free, &best.beams, interrupt)?;
    Ok(if end.violation <= 1e-8 { end.beams } else { best.beams })
}

impl Relative {
    pub(super) fn check(&self) -> Result<(), InputError> {
        use Unit::{Root, RootDegrees, RootMetres, RootSpeed};
        let root = matches!(self.metric.unit(), RootDegrees | Root | RootMetres | RootSpeed);
        if !root || self.metric.is_gain() {
            let found = self.metric.words();
            let what = "a factor is of the root of a bound";
            return Err(InputError::new(what, "metric", found, "a metric that has a root"));
        }
        noctule_num::input::in_range("factor", self.factor, 1.0, 1e6, "")
    }
}

impl Scenario {
    /// The instance of these parts, with limits that are relative to what can be reached resolved.
    ///
    /// # Errors
    /// What [`Instance::asking`] refuses; metrics that do not fit the targets.
    pub(in crate::beamforming) fn asked_of(
        &self,
        parts: Parts,
        shapes: Shapes,
        problem: Option<Problem>,
    ) -> Result<Instance, Error> {
        let (Some(mut problem), Some(first)) = (problem.clone(), self.require.over_best.first())
        else {
            return Instance::asking(parts, shapes, problem);
        };
        // no limits yet, which the least power of nothing would be refused for
        let goal = Goal::MinCrb { metric: first.metric.clone() };
        let plain = Problem { goal, ..problem.clone() };
        let instance = Instance::asking(parts.clone(), shapes.clone(), Some(plain.clone()));
        let instance = instance.map_err(|error| placed(error, "require.over_best[0].metric"))?;
        let case = Case::of(&instance, &plain)?;
        for (i, relative) in self.require.over_best.iter().enumerate() {
            let place = format!("require.over_best[{i}].metric");
            let metric = named(&instance, &plain, &relative.metric);
            let Some(metric) = metric.map_err(|error| placed(error, &place))? else { continue };
            let found = alone(&case.world, &metric, &case.required, &Interrupt::new())?;
            if !found.value.is_finite() {
                let what = "no beams give this metric a value";
                let found = relative.metric.words();
                return Err(InputError::new(what, place, found, "one that can be seen").into());
            }
            let limit = found.value * relative.factor.powi(2);
            problem.limits.push(Limit { metric: relative.metric.clone(), limit });
        }
        Instance::asking(parts, shapes, Some(problem)).map(Instance::with_moving_limits)
    }
}
