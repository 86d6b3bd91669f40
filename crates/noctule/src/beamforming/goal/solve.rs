//! Designs for a goal: the solver that fits it, its proof, its prices; or why there is none.

use std::collections::BTreeMap;

use noctule_num::linalg::{Op, product};
use noctule_num::{CMat, InputError};
use noctule_optim::{Bound, Interrupt, Proof, Sense, Stop, Trace, Work};

use super::certificate::{Refused, refused, without_users};
use super::dual::{SOLVED, numbers, proven, shown, unit_prices};
use super::problem::{Case, Problem};
use super::words::Goal;
use crate::beamforming::requirements::{
    Begin, DualValues, Found, Infeasible, Interval, Metric, Requirements, UnitPrices,
    best_metric_from, best_rate_from, best_rate_within_from, best_worst_rate_from,
    least_power_from, streams_of_use,
};
use crate::beamforming::{BeamformingDesign, Beams, Instance, Metrics, Settings, advice, evaluate};
use crate::{Design, Error, FEASIBLE, Run};

/// Starts of a goal that is not convex.
const STARTS: usize = 4;

/// Design for the goal of an instance.
///
/// # Errors
/// What does not fit; broken numerics.
pub(in crate::beamforming) fn design_for(
    instance: &Instance,
    problem: &Problem,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    settings.validate()?;
    let case = Case::of(instance, problem)?;
    let begin = Begin {
        warm: run.warm.map(|beams| &beams.matrix),
        sensing: Some(instance.parts().sensing_streams),
    };
    let interrupt = &run.interrupt;
    let Case { world, required, .. } = &case;
    let (weights, starts) = (problem.user_weights(), settings.starts.unwrap_or(STARTS));
    let mut interval = None;
    let found = match (&problem.goal, &case.metric) {
        (Goal::MinCrb { .. } | Goal::MaxSensing { .. }, Some(metric)) => {
            best_metric_from(world, metric, required, &begin, interrupt)?
        }
        (Goal::MinPower, _) => least_power_from(world, required, &begin, interrupt)?,
        (Goal::MaxMinRate { .. }, _) => {
            best_worst_rate_from(world, &weights, required, &begin, interrupt)?
        }
        (Goal::SumRate { .. }, _) if bounded(settings) => {
            let search = (settings.certify.gap(), settings.nodes());
            let found = best_rate_within_from(
                world, &weights, required, starts, search, &begin, interrupt,
            )?;
            let Interval { found, bound, numbers, .. } = found;
            interval = Some((bound, numbers));
            found
        }
        (goal, _) => {
            let proportional = matches!(goal, Goal::ProportionalFair { .. });
            best_rate_from(world, (&weights, proportional), required, starts, &begin, interrupt)?
        }
    };
    let searched = interval.is_some();
    let mut design = told(instance, problem, &case, found, interval, interrupt)?;
    if searched && design.stop == Stop::Stalled && design.proof != Proof::NONE {
        let gap = design.proof.bound.as_ref().map_or(f64::INFINITY, |bound| bound.gap_rel);
        let (closed, asked) = (gap <= settings.certify.gap() * 1.001, Stop::EvaluationLimit);
        design.stop = if closed { Stop::Converged } else { asked };
    }
    if interrupt.is_raised() {
        design.stop = Stop::Interrupted;
    }
    Ok(design)
}

/// What branch and bound proves, and the boxes by which it does.
type Boxes = (f64, BTreeMap<String, Vec<f64>>);

/// Whether branch and bound is asked for, and offered.
fn bounded(settings: &Settings) -> bool {
    settings.certify.is_asked() && settings.nodes() > 0
}

/// The design of what was found.
fn told(
    instance: &Instance,
    problem: &Problem,
    case: &Case,
    found: Found,
    interval: Option<Boxes>,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    if let Some(reason) = &found.infeasible
        && let Some(why) = refused(problem, case, reason, interrupt)?
    {
        return infeasible(instance, why, found.evaluations);
    }
    let dear = matches!(problem.goal, Goal::MinPower)
        && case.required.power.is_total()
        && found.value > case.required.power.total() * (1.0 + FEASIBLE);
    if dear {
        let floors = refused(problem, case, &Infeasible::Floors { power_w: 0.0 }, interrupt)?;
        let why = match floors {
            Some(why) => Some(why),
            None => refused(problem, case, &Infeasible::Together { power_w: 0.0 }, interrupt)?,
        };
        if let Some(why) = why {
            return infeasible(instance, why, found.evaluations);
        }
    }
    let users = instance.users();
    let beams = Beams { matrix: found.beams.clone(), users, subcarriers: 1 };
    let metrics = evaluate(instance, &beams)?;
    let violation = violation(&metrics);
    if violation > FEASIBLE
        && matches!(problem.goal, Goal::MinPower)
        && !case.required.power.is_total()
        && let Some(why) = refused(problem, case, &Infeasible::Groups { factor: 0.0 }, interrupt)?
    {
        return infeasible(instance, why, found.evaluations);
    }
    let bound = bound(problem, case, &beams, &metrics, &found.dual, interval)?;
    let mut warnings = advice(instance, &metrics);
    let met = violation <= FEASIBLE;
    if !met {
        warnings.push(
            "no beams that meet what is required were found, and nothing proves that there are none"
                .to_owned(),
        );
    }
    let convex = is_convex(&problem.goal);
    let solved = bound.as_ref().map_or(!convex, |bound| bound.gap_rel <= SOLVED);
    if met && convex && !solved {
        warnings.extend(open(instance, case, bound.is_some())?);
    }
    warnings.extend(faint(case, &beams));
    warnings.extend(unlit(instance, problem, &metrics));
    let own = prices_of(problem, case, &beams, &metrics, &found)?;
    let proof = if met { Proof::feasible(violation).with_bound(bound) } else { Proof::NONE };
    Ok(Design {
        starts: vec![metrics.objective],
        variables: beams,
        metrics: Metrics { prices: own.filter(|_| met).map(|own| own.beside(instance)), ..metrics },
        stop: if met && solved { Stop::Converged } else { Stop::Stalled },
        proof,
        trace: Trace::off(),
        work: Work { evaluations: found.evaluations, ..Work::default() },
        warnings,
    })
}

/// Why a design of a convex goal may not be the best.
fn open(instance: &Instance, case: &Case, bounded: bool) -> Result<Option<String>, Error> {
    let (most, useful) = (
        instance.parts().sensing_streams,
        streams_of_use(&case.world, case.metric.as_ref(), &case.required)?,
    );
    if most < useful {
        let bound =
            if bounded { "; what no beams do better than holds for any number" } else { "" };
        return Ok(Some(format!(
            "with {most} sensing streams, where {useful} may be of use, the problem is not convex: the design \
             is a local optimum{bound}"
        )));
    }
    let none = "nothing proves that no beams do better: the design is the best that was found";
    Ok((!bounded).then(|| none.to_owned()))
}

/// Targets whose reflection is a nuisance that the design leaves unknown.
fn unlit(instance: &Instance, problem: &Problem, metrics: &Metrics) -> Vec<String> {
    let bounds = metrics.targets.iter().flatten().zip(instance.targets()).zip(&problem.unknown);
    let hidden = bounds.enumerate().filter_map(|(m, ((bound, target), unknown))| {
        let (bound, size) = (bound.reflection_rcrb, target.reflection.norm());
        (unknown.reflection && bound > UNLIT * size).then(|| {
            format!(
                "target {m} is hardly lit: the root-CRB of its reflection is {bound:.1e}, the reflection {size:.1e}; \
                 the bound on an angle is smallest there, and only an illumination or a bound on the reflection that \
                 is required would let anybody find the target"
            )
        })
    });
    hidden.collect()
}

/// A bound on a reflection that is larger than it by this is told.
const UNLIT: f64 = 100.0;

/// How little of the power goes where a beampattern is asked for.
fn faint(case: &Case, beams: &Beams) -> Option<String> {
    let metrics = case.metric.iter().chain(case.required.caps.iter().map(|cap| &cap.metric));
    let grid = metrics.into_iter().find_map(|metric| match metric {
        Metric::Pattern(grid, _) => Some(grid),
        _ => None,
    })?;
    let lit = product(grid, Op::Adjoint, &beams.matrix, Op::Plain);
    let level = |n: usize| (0..lit.cols()).map(|s| lit[(n, s)].norm_sqr()).sum::<f64>();
    // unit-norm responses: power that goes everywhere alike gives each direction one part in N
    let most = (0..lit.rows()).map(level).fold(0.0, f64::max) * grid.rows() as f64;
    (most < FAINT).then(|| {
        let level = 10.0 * most.max(f64::MIN_POSITIVE).log10();
        format!(
            "no direction of the template gets more than {level:.1} dB of what an even spread of the power would \
             give: a beampattern is asked for up to a factor and in these directions alone, and nearly all power \
             goes elsewhere; an illumination that is required keeps it there"
        )
    })
}

/// Levels of a beampattern below this, over those of an even spread, are told.
const FAINT: f64 = 1e-2;

/// The largest relative miss.
pub(in crate::beamforming) fn violation(metrics: &Metrics) -> f64 {
    let goal = metrics.goal.as_ref();
    goal.and_then(|goal| goal.violation).unwrap_or(f64::INFINITY)
}

/// The design beside a certificate that there is none.
fn infeasible(
    instance: &Instance,
    why: Refused,
    evaluations: u64,
) -> Result<BeamformingDesign, Error> {
    let beams = Beams { matrix: why.beams, users: instance.users(), subcarriers: 1 };
    let metrics = evaluate(instance, &beams)?;
    let infeasible = Some(why.certificate);
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: Stop::Converged,
        proof: Proof { infeasible, ..Proof::NONE },
        trace: Trace::off(),
        work: Work { evaluations, ..Work::default() },
    })
}

/// What no beams do better than, by the multipliers at these beams or by branch and bound.
fn bound(
    problem: &Problem,
    case: &Case,
    beams: &Beams,
    metrics: &Metrics,
    values: &DualValues,
    interval: Option<Boxes>,
) -> Result<Option<Bound>, Error> {
    let Some(value) = metrics.goal.as_ref().and_then(|goal| goal.value) else { return Ok(None) };
    if let Some((most, boxes)) = interval {
        let bound = Bound::new(value, most, Sense::Upper, "branch-and-bound", 0.0);
        return Ok(bound.map(|bound| bound.with_numbers(boxes)));
    }
    if values.lambda.len() != beams.users {
        return Ok(None);
    }
    let Some(found) = proven(problem, case, beams, values)? else { return Ok(None) };
    let sense = if problem.maximises() { Sense::Upper } else { Sense::Lower };
    let bound = Bound::new(value, found, sense, "lagrange-dual", problem.least_size());
    Ok(bound.map(|bound| bound.with_numbers(numbers(values))))
}

/// The prices, as people say them.
fn prices_of(
    problem: &Problem,
    case: &Case,
    beams: &Beams,
    metrics: &Metrics,
    found: &Found,
) -> Result<Option<super::Prices>, Error> {
    let Some(goal) = &metrics.goal else { return Ok(None) };
    if is_convex(&problem.goal) && found.dual.lambda.len() == beams.users {
        let own = unit_prices(problem, case, beams, &found.dual)?;
        return Ok(own.and_then(|own| shown(problem, case, goal, &own)));
    }
    let own = UnitPrices {
        sinr: found.price_per_sinr.clone(),
        caps: found.price_per_cap.clone(),
        power: found.price_per_power.clone(),
    };
    Ok(shown(problem, case, goal, &own))
}

/// Whether it is convex, so that its optimum is proven.
pub(super) const fn is_convex(goal: &Goal) -> bool {
    matches!(
        goal,
        Goal::MinCrb { .. } | Goal::MaxSensing { .. } | Goal::MinPower | Goal::MaxMinRate { .. }
    )
}

/// The best metric with users ignored, judged by the goal.
///
/// # Errors
/// When the goal is no metric; as [`design_for`].
pub(in crate::beamforming) fn sensing_alone(
    instance: &Instance,
    problem: &Problem,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let case = Case::of(instance, problem)?;
    let Some(metric) = &case.metric else {
        let what = "sensing alone is the best of a metric, and the goal names none";
        let found = problem.goal.name();
        return Err(
            InputError::new(what, "goal", found, "the goals min-crb and max-sensing").into()
        );
    };
    let free = Requirements { sinr: Vec::new(), ..case.required.clone() };
    let world = without_users(&case.world);
    let begin = Begin { warm: None, sensing: None };
    let found = best_metric_from(&world, metric, &free, &begin, &run.interrupt)?;
    let users = instance.users();
    if let Some(reason) = &found.infeasible
        && let Some(why) = refused(problem, &case, reason, &run.interrupt)?
    {
        return infeasible(instance, why, found.evaluations);
    }
    let silent = CMat::zeros(instance.antennas(), users);
    let matrix = CMat::hstack(&[&silent, &found.beams])?;
    let lambda = vec![0.0; users];
    let found = Found { beams: matrix, dual: DualValues { lambda, ..found.dual.clone() }, ..found };
    let beams = Beams { matrix: found.beams.clone(), users, subcarriers: 1 };
    let metrics = evaluate(instance, &beams)?;
    let violation = violation(&metrics);
    let ignores = problem.sinr_floor.iter().any(|floor| *floor > 0.0);
    let bound = bound(problem, &case, &beams, &metrics, &found.dual, None)?;
    let bound =
        bound.map(|b| if ignores { b.of_problem("the metric with users ignored") } else { b });
    let mut warnings = advice(instance, &metrics);
    if ignores {
        warnings.push("the SINR floors are ignored: users are not served".to_owned());
    }
    let solved = bound.as_ref().is_some_and(|bound| bound.gap_rel <= SOLVED);
    let point = if violation <= FEASIBLE { Proof::feasible(violation) } else { Proof::NONE };
    Ok(Design {
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: if solved { Stop::Converged } else { Stop::Stalled },
        proof: point.with_bound(bound),
        trace: Trace::off(),
        work: Work { evaluations: found.evaluations, ..Work::default() },
        warnings,
    })
}
