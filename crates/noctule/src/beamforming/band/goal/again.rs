//! Claims of documents on goals over a band, checked again.

use noctule_num::InputError;
use noctule_optim::{Bound, Proof, Sense, Stop};

use super::dual::{SOLVED, Values, proven};
use super::prices::prices_of;
use super::search::whole;
use super::stack::Stack;
use super::task::{Task, Whom};
use crate::Error;
use crate::beamforming::band::Band;
use crate::beamforming::goal::Problem;
use crate::beamforming::{Beams, Instance, Metrics};
use crate::claims::{Again, Bounded, Ends, Said, Verdict, same};

/// What a bound of a document on a goal over a band is about.
pub(in crate::beamforming) fn bounded(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    bound: &Bound,
) -> Option<Bounded> {
    let metrics = said.metrics;
    let Some(problem) = said.instance.problem() else {
        let (reached, unit) = if said.scheme == "sensing-only" {
            let own = metrics.band.as_ref()?.weighted_bound?;
            (-said.instance.parts().crb_weight * own, 0.0)
        } else if bound.problem.is_none() {
            (metrics.objective?, said.instance.band_unit()?)
        } else {
            return None;
        };
        return Some(Bounded { reached, sense: Sense::Upper, unit });
    };
    let reached = metrics.goal.as_ref()?.value?;
    let sense = if problem.maximises() { Sense::Upper } else { Sense::Lower };
    Some(Bounded { reached, sense, unit: problem.least_size() })
}

/// A bound of a document, again; and the prices beside it.
pub(in crate::beamforming) fn bound_again(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    band: &Band,
    bound: &Bound,
) -> Result<Again, Error> {
    let instance = said.instance;
    let weighted = instance.problem().is_none();
    let sensing = said.scheme == "sensing-only";
    let whom = if sensing { Whom::Targets(1) } else { Whom::All(said.variables.streams()) };
    let (task, mut stack) = whole(instance, band, whom)?;
    let values = Values::of(&bound.numbers, &task, &stack)?;
    let found = proven(&mut stack, &task, &values);
    if let Some(problem) = instance.problem()
        && let Some(name) = strange_price(said, problem, &task, (&mut stack, &values))
    {
        let what = format!("they give another {name}");
        return Err(InputError::new(what, "prices", "another", "what multipliers say").into());
    }
    match found {
        Some(found) if weighted && sensing => {
            Ok(Again::Proven(-instance.parts().crb_weight * found))
        }
        Some(found) => Ok(Again::Proven(found)),
        None => {
            let what = "they bound nothing";
            Err(InputError::new(what, "numbers", "no bound", "multipliers").into())
        }
    }
}

/// A price of the document that its multipliers do not say.
fn strange_price(
    said: &Said<'_, Instance, Beams, Metrics, Ends>,
    problem: &Problem,
    task: &Task,
    (stack, values): (&mut Stack, &Values),
) -> Option<String> {
    let stored = said.stored.get("prices").filter(|prices| !prices.is_null())?;
    let value = said.metrics.goal.as_ref()?.value?;
    stack.look(&stack.point(&said.variables.matrix));
    let own = serde_json::json!(prices_of(problem, task, stack, values, value)?);
    let numbers = |of: &serde_json::Value, name: &str| -> Vec<f64> {
        match &of[name] {
            serde_json::Value::Array(list) => {
                list.iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
            }
            one => one.as_f64().into_iter().collect(),
        }
    };
    for name in ["per_sinr_db", "per_limit", "per_power_db"] {
        let (theirs, mine) = (numbers(stored, name), numbers(&own, name));
        // left out where limits move with the power
        if theirs.is_empty() && name == "per_power_db" {
            continue;
        }
        let most = mine.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        let near = |(a, b): (&f64, &f64)| same(*a, *b) || (a - b).abs() <= 1e-6 * most;
        if theirs.len() != mine.len() || !theirs.iter().zip(&mine).all(near) {
            return Some(format!("`{name}`"));
        }
    }
    None
}

/// Whether a method of a goal over a band can have stopped for the reason given.
pub(in crate::beamforming) fn stop_again(
    instance: &Instance,
    band: &Band,
    problem: &Problem,
    (stop, proof): (Stop, &Proof),
) -> Result<Verdict, Error> {
    let convex = Task::of(instance, band, problem)?.0.is_convex();
    let gap = proof.bound.as_ref().map(|bound| bound.gap_rel);
    Ok(match (stop, &proof.infeasible, gap) {
        (Stop::Computed, ..) => Verdict::Refuted("the method iterates".to_owned()),
        (Stop::Converged, Some(_), _) => Verdict::Confirmed,
        (Stop::Converged, None, Some(gap)) if gap <= SOLVED => Verdict::Confirmed,
        (Stop::Converged, None, Some(gap)) if convex => {
            Verdict::Refuted(format!("a gap of {gap:.1e} is not converged to {SOLVED:.0e}"))
        }
        (other, ..) => Verdict::NotCheckable(format!("that it ended by `{other}`")),
    })
}
