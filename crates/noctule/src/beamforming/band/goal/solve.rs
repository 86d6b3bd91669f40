//! Designs for goals over a band, with what is proven; and the smallest bounds, users ignored.

use noctule_num::InputError;
use noctule_optim::{Bound, Interrupt, Proof, Sense, Stop, Trace, Work};

use super::certificate::{Refused, floors_refused, refused};
use super::dual::SOLVED;
use super::prices::prices_of;
use super::search::{Found, Sought, searched, sensing_streams, stack_for, task_of};
use super::task::{Aim, Task, Whom};
use crate::beamforming::band::Band;
use crate::beamforming::goal::{Goal, Measure, Problem, violation};
use crate::beamforming::{
    BeamformingDesign, Beams, Instance, Metrics, PowerConstraint, Settings, advice, evaluate,
};
use crate::{Design, Error, FEASIBLE, Run};

/// Starts of a goal that is not convex.
const STARTS: usize = 2;

/// Design for the goal of an instance over a band.
///
/// # Errors
/// What does not fit; broken numerics.
pub(in crate::beamforming) fn design_goal(
    instance: &Instance,
    band: &Band,
    problem: &Problem,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    settings.validate()?;
    let interrupt = &run.interrupt;
    let (task, _) = Task::of(instance, band, problem)?;
    if let Some(why) = floors_refused(instance, band, &task, interrupt)? {
        return infeasible(instance, why);
    }
    let streams = instance.streams();
    let fits = |beams: &&Beams| beams.check(instance).is_ok() && beams.streams() == streams;
    let sought = Sought {
        whom: Whom::All(streams),
        relaxed: false,
        starts: settings.starts.unwrap_or(STARTS),
        warm: run.warm.filter(fits).map(|beams| &beams.matrix),
    };
    let Some(mut found) = searched(instance, band, &task, &sought, interrupt)? else {
        return Err(dark(instance).into());
    };
    if !found.keeps_all() && task.floors_rates() && !interrupt.is_raised() {
        found = from_kept(instance, (band, &task), &sought, found, interrupt)?;
    }
    let mut design = told(instance, (band, problem), &task, &found)?;
    let met = violation(&design.metrics) <= FEASIBLE;
    if !met
        && !interrupt.is_raised()
        && let Some(why) = refused(instance, band, problem, &task, interrupt)?
    {
        return infeasible(instance, why);
    }
    if met && !task.is_convex() && settings.certify.is_asked() && !interrupt.is_raised() {
        relaxation(instance, (band, problem), &task, &mut design, interrupt)?;
    }
    if interrupt.is_raised() {
        design.stop = Stop::Interrupted;
    }
    Ok(design)
}

/// A search again where floors of rates were missed: from beams that make the rate largest that is smallest over its floor.
fn from_kept(
    instance: &Instance,
    (band, task): (&Band, &Task),
    sought: &Sought<'_>,
    missed: Found,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    let rates = vec![0.0; task.rates.len()];
    let fair = Task { aim: Aim::WorstRate(task.rates.clone()), rates, ..task.clone() };
    let first = Sought { starts: STARTS, warm: None, ..*sought };
    let Some(kept) = searched(instance, band, &fair, &first, interrupt)? else {
        return Ok(missed);
    };
    let warm = Sought { starts: 1, warm: Some(&kept.beams.matrix), ..*sought };
    let again = searched(instance, band, task, &warm, interrupt)?;
    let evaluations = missed.evaluations + kept.evaluations;
    let more = again.as_ref().map_or(0, |again| again.evaluations);
    let mut best = again.filter(|again| again.better(&missed)).unwrap_or(missed);
    best.evaluations = evaluations + more;
    Ok(best)
}

fn dark(instance: &Instance) -> InputError {
    InputError::new(
        "no start sees every target",
        "sensing_streams",
        instance.parts().sensing_streams.to_string(),
        "enough streams to see the targets",
    )
}

/// The design of what was found.
fn told(
    instance: &Instance,
    (band, problem): (&Band, &Problem),
    task: &Task,
    found: &Found,
) -> Result<BeamformingDesign, Error> {
    let beams = found.beams.clone();
    let metrics = evaluate(instance, &beams)?;
    let missed = violation(&metrics);
    let met = missed <= FEASIBLE;
    let value = metrics.goal.as_ref().and_then(|goal| goal.value);
    let mut warnings = advice(instance, &metrics);
    if !met {
        warnings.push(
            "no beams that meet what is required were found, and nothing proves that there are none"
                .to_owned(),
        );
    }
    let mut bound = None;
    let mut prices = None;
    if let (true, Some(value)) = (task.is_convex(), value) {
        bound = found.bound.and_then(|found| {
            Bound::new(value, found, Sense::Lower, "lagrange-dual", problem.least_size())
        });
        bound = bound.map(|bound| bound.with_numbers(found.values.numbers()));
        let (_, radar) = Task::of(instance, band, problem)?;
        let mut stack = stack_for(instance, band, radar.as_ref(), Whom::All(beams.streams()))?;
        stack.look(&stack.point(&beams.matrix));
        prices = prices_of(problem, task, &stack, &found.values, value);
    }
    let solved = if task.is_convex() {
        bound.as_ref().is_some_and(|bound| bound.gap_rel <= SOLVED)
    } else {
        true
    };
    if met && !solved {
        warnings.extend(open(instance, (band, task), bound.is_some()));
    }
    let prices = prices.map(|prices| prices.beside(instance));
    let proof = if met { Proof::feasible(missed).with_bound(bound) } else { Proof::NONE };
    Ok(Design {
        starts: vec![metrics.objective],
        variables: beams,
        metrics: Metrics { prices: prices.filter(|_| met && proof.bound.is_some()), ..metrics },
        stop: if met && solved { Stop::Converged } else { Stop::Stalled },
        proof,
        trace: Trace::off(),
        work: Work { evaluations: found.evaluations, ..Work::default() },
        warnings,
    })
}

/// Why a design of a convex task may not be the best.
fn open(instance: &Instance, (band, task): (&Band, &Task), bounded: bool) -> Option<String> {
    let most = instance.parts().sensing_streams;
    let useful = if task.counted > 0 { sensing_streams(instance, band) } else { 0 };
    if most < useful {
        let bound =
            if bounded { "; what no beams do better than holds for any number" } else { "" };
        return Some(format!(
            "with {most} sensing streams on every subcarrier, where {useful} may be of use, the problem is not \
             convex: the design is a local optimum{bound}"
        ));
    }
    let none = "nothing proves that no beams do better: the design is the best that was found";
    (!bounded).then(|| none.to_owned())
}

/// The design beside a certificate that there is none.
fn infeasible(instance: &Instance, why: Refused) -> Result<BeamformingDesign, Error> {
    let metrics = evaluate(instance, &why.beams)?;
    let infeasible = Some(why.certificate);
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: why.beams,
        metrics,
        stop: Stop::Converged,
        proof: Proof { infeasible, ..Proof::NONE },
        trace: Trace::off(),
        work: Work { evaluations: why.evaluations, ..Work::default() },
    })
}

/// What no beams do better than where rates count: the optimum of a concave problem whose rates are no smaller.
fn relaxation(
    instance: &Instance,
    (_, problem): (&Band, &Problem),
    task: &Task,
    design: &mut BeamformingDesign,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let Some(band) = instance.band() else { return Ok(()) };
    let warm = design.variables.matrix.clone();
    let sought = Sought { warm: Some(&warm), ..Sought::relaxed(instance) };
    let found = searched(instance, band, task, &sought, interrupt)?;
    let value = design.metrics.goal.as_ref().and_then(|goal| goal.value);
    let (Some(found), Some(value)) = (found, value) else { return Ok(()) };
    design.work.evaluations += found.evaluations;
    let sense = if problem.maximises() { Sense::Upper } else { Sense::Lower };
    let bound = found.bound.and_then(|bound| {
        Bound::new(value, bound, sense, "concave-relaxation", problem.least_size())
    });
    design.proof.bound = bound.map(|bound| bound.with_numbers(found.values.numbers()));
    Ok(())
}

/// An upper bound on the weighted sum, from the relaxation of its rates.
///
/// # Errors
/// Broken numerics.
pub(in crate::beamforming) fn certified_weighted(
    instance: &Instance,
    band: &Band,
    design: &mut BeamformingDesign,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let (task, _) = task_of(instance, band, Whom::All(instance.streams()))?;
    let warm = design.variables.matrix.clone();
    let sought = Sought { warm: Some(&warm), ..Sought::relaxed(instance) };
    let found = searched(instance, band, &task, &sought, interrupt)?;
    let (Some(found), Some(reached)) = (found, design.metrics.objective) else { return Ok(()) };
    design.work.evaluations += found.evaluations;
    let unit = instance.band_unit().unwrap_or(1.0);
    let bound = found
        .bound
        .and_then(|bound| Bound::new(reached, bound, Sense::Upper, "concave-relaxation", unit));
    design.proof.bound = bound.map(|bound| bound.with_numbers(found.values.numbers()));
    Ok(())
}

/// The smallest bound of an instance over a band, users ignored: of its goal, or the weighted one.
///
/// # Errors
/// When nothing is to be sensed, or the goal is no bound.
pub(in crate::beamforming) fn sensing_over(
    instance: &Instance,
    band: &Band,
    streams: Option<usize>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if instance.parts().power_constraint == PowerConstraint::PerAntenna {
        let what = "the smallest bound over a band is of a total power";
        let allowed = "power_constraint = \"total\"";
        return Err(InputError::new(what, "power_constraint", "per-antenna", allowed).into());
    }
    let streams = streams.unwrap_or_else(|| sensing_streams(instance, band));
    let whom = Whom::Targets(streams);
    let problem = instance.problem();
    let (task, _) = task_of(instance, band, whom)?;
    if !matches!(task.aim, Aim::Bound(_)) || task.aimed().iter().flatten().all(|w| *w <= 0.0) {
        let what = "sensing alone is the smallest of a bound, and none is the goal or has a weight";
        let found = problem.map_or("crb_weight = 0", |problem| problem.goal.name());
        let allowed = "the goal min-crb, or a positive crb_weight";
        return Err(InputError::new(what, "goal", found, allowed).into());
    }
    let found = searched(instance, band, &task, &Sought::of(whom), &run.interrupt)?;
    let Some(found) = found else { return Err(dark(instance).into()) };
    let metrics = evaluate(instance, &found.beams)?;
    let ignores = match problem {
        Some(problem) => problem.asked() > problem.limits.len(),
        None => instance.users() > 0 && instance.parts().rate_weight_per_nat > 0.0,
    };
    let weight = instance.parts().crb_weight;
    let (reached, factor, sense) = match problem {
        Some(_) => (metrics.goal.as_ref().and_then(|goal| goal.value), 1.0, Sense::Lower),
        None => {
            let own = metrics.band.as_ref().and_then(|band| band.weighted_bound);
            (own.map(|own| -weight * own), -weight, Sense::Upper)
        }
    };
    let bound = reached.zip(found.bound).and_then(|(reached, bound)| {
        Bound::new(reached, factor * bound, sense, "lagrange-dual", 0.0)
    });
    let bound = bound.map(|bound| {
        let bound = bound.with_numbers(found.values.numbers());
        if ignores { bound.of_problem("the bound with users ignored") } else { bound }
    });
    let mut warnings = advice(instance, &metrics);
    if ignores && problem.is_some() {
        warnings.push("floors are ignored: users are not served".to_owned());
    }
    let missed = match problem {
        Some(_) => violation(&metrics),
        None => (metrics.power_w / instance.parts().power_w - 1.0).max(0.0),
    };
    let point = if missed <= FEASIBLE { Proof::feasible(missed) } else { Proof::NONE };
    let solved = bound.as_ref().is_some_and(|bound| bound.gap_rel <= SOLVED);
    let stopped = if run.interrupt.is_raised() { Stop::Interrupted } else { Stop::Stalled };
    Ok(Design {
        starts: vec![metrics.objective],
        variables: found.beams,
        metrics,
        stop: if solved { Stop::Converged } else { stopped },
        proof: point.with_bound(bound),
        trace: Trace::off(),
        work: Work { evaluations: found.evaluations, ..Work::default() },
        warnings,
    })
}

/// The smallest that a metric can be, users ignored.
///
/// # Errors
/// A metric that does not fit the targets.
pub(in crate::beamforming) fn best_of(
    instance: &Instance,
    measure: &Measure,
    interrupt: &Interrupt,
) -> Result<Option<f64>, Error> {
    let (Some(band), Some(problem)) = (instance.band(), instance.problem()) else {
        return Ok(None);
    };
    let goal = Goal::MinCrb { metric: measure.clone() };
    let plain = Problem { goal, limits: Vec::new(), ..problem.clone() };
    let (task, _) = Task::of(instance, band, &plain)?;
    let whom = Whom::Targets(sensing_streams(instance, band));
    let task = Task { sinr: Vec::new(), rates: Vec::new(), ..task };
    let found = searched(instance, band, &task, &Sought::of(whom), interrupt)?;
    Ok(found.and_then(|found| found.bound))
}
