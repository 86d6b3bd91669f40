//! The least power for an error, or for locating one user.

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Interrupt, Proof, Sense, Stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::certificate::Envelopes;
use super::super::instance::needs_radar;
use super::super::interior::{Ending, Goal, Normalised, Rules};
use super::super::polish::Exact;
use super::super::{Instance, PilotsDesign};
use super::{Entry, Search, Settings, design_from, open_gap, proof_of, stop_after, stop_of};
use crate::Error;

/// Settings of [`least_power`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LeastPowerSettings {
    /// Largest error allowed; `null` means what full power in equal shares has.
    pub target_error: Option<f64>,
    /// The rest.
    pub search: Settings,
}

impl LeastPowerSettings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        match self.target_error {
            Some(target) if !(target > 0.0 && target <= 1.0) => {
                let what = "the setting is out of range";
                let allowed = "above 0, up to 1";
                Err(InputError::new(what, "target_error", target.to_string(), allowed))
            }
            _ => self.search.validate().map_err(|error| error.inside("search")),
        }
    }
}

/// The least total power with which no error exceeds a target, within all limits.
///
/// Guarantee: a stationary point; with `certify`, a lower bound on the power fraction. A target
/// that no allocation reaches is infeasible, and the design is then the one with the smallest
/// worst error. The bound in `proof` is on `power_fraction`. Where pilots are correlated in both
/// directions the target is judged by the exact error, and nothing is proven.
///
/// # Errors
/// As [`design`](super::design()); [`Error::Input`] for a target that is not positive.
pub fn least_power(
    instance: &Instance,
    settings: &LeastPowerSettings,
    interrupt: &Interrupt,
) -> Result<PilotsDesign, Error> {
    settings.validate()?;
    let (limits, mut search) = (&settings.search, Search::new(instance));
    let target = settings.target_error.unwrap_or_else(|| search.exact_error(&search.full()));
    let inside = match search.enter(None, limits)? {
        Entry::Inside(inside) => inside,
        Entry::Out(design) => return Ok(*design),
    };
    if !instance.is_modelled_exactly() {
        search.descend(Goal::WorstError, &inside, &limits.rules());
        let x = search.interior.x.clone();
        return search.finish_local(x, Some(target), interrupt);
    }
    let rules = Rules { below: Some(target), ..limits.rules() };
    let run = search.descend(Goal::WorstError, &inside, &rules);
    let reached = search.model.worst_error(&search.interior.x);
    if run.ending != Ending::Reached && reached >= target {
        // Full power may meet exactly what a point inside the limits only approaches.
        let full = search.full();
        let rounded = target * (1.0 + 1e-12);
        let mut exact = Exact::new(instance, &search.model);
        let found = exact.improve([full], |exact, x| exact.power_within(x, rounded), interrupt);
        search.work.evaluations += exact.evaluations;
        let Some((power, x)) = found else {
            return unreached(instance, limits, target, interrupt);
        };
        let value = power / instance.points() as f64;
        let mut design = search.finish(&x, Stop::Stalled, Proof::feasible(0.0), vec![value])?;
        design.warnings.push(
            "only allocations at or next to full power were found to meet the target: a local \
             search, nothing is proven of the least power"
                .to_owned(),
        );
        return Ok(design);
    }
    let inside = search.interior.x.clone();
    let goal = Goal::LeastPower { error: Some(target) };
    let run = search.descend(goal, &inside, &limits.rules());
    let x = search.interior.x.clone();
    let power: f64 = x.iter().sum();
    let (mut bound, mut open, mut stop) = (None, None, stop_of(&run));
    if limits.certify {
        let mut envelopes = Envelopes::new(&search.model, goal, search.limit, &inside);
        let found = envelopes.close(target, (power, x.clone()), limits.budget(), interrupt);
        let numbers = envelopes.numbers();
        search.work += envelopes.work;
        let points = instance.points() as f64;
        search.note_proof(&found, 1.0 / points);
        let method = format!("branch-and-bound on θ, {} nodes", found.nodes);
        // No power is below zero, whatever the multipliers prove.
        let lower = found.bound.max(0.0) / points;
        bound = Bound::new(power / points, lower, Sense::Lower, method, 0.0)
            .map(|bound| bound.with_numbers(numbers));
        open = open_gap(bound.as_ref(), limits.gap);
        stop = stop_after(stop, found.stop, open.is_some());
    }
    let value = power / instance.points() as f64;
    let mut design = search.finish_errors(x, stop, proof_of(&run).with_bound(bound), value)?;
    design.warnings.extend(open);
    Ok(design)
}

/// The answer to a target that the descent did not reach: infeasible if the bound says so.
fn unreached(
    instance: &Instance,
    settings: &Settings,
    target: f64,
    interrupt: &Interrupt,
) -> Result<PilotsDesign, Error> {
    let settings = Settings { certify: true, ..settings.clone() };
    let mut design = design_from(instance, &settings, None, interrupt)?;
    // The design is that of the smallest worst error, and so is what is proven of it.
    design.proof.bound =
        design.proof.bound.map(|bound| bound.of_problem("the smallest worst error"));
    let bound = design.proof.bound.as_ref().map_or(0.0, |bound| bound.value);
    let reached = design.metrics.worst_error;
    if bound > target {
        let statement = format!(
            "no allocation has a worst error below {bound:.6e}; {target:.6e} was asked for"
        );
        let numbers = design.proof.bound.as_ref().map(|bound| bound.numbers.clone());
        let certificate = Certificate::new("branch-and-bound on θ", statement, target, reached)
            .with_numbers(numbers.unwrap_or_default());
        design.proof.infeasible = Some(certificate);
    } else {
        design.stop = Stop::Stalled;
        design.warnings.push(format!(
            "the target {target:.6e} lies between what was reached ({reached:.6e}) and what is \
             proven to be out of reach ({bound:.6e}): a smaller `gap` may tell"
        ));
    }
    Ok(design)
}

/// The sum of powers with which one user alone is located within the limit, in units of the power
/// of one access point; the exact constraint, users other than `user` ignored.
///
/// # Errors
/// [`Error::Input`] when there is no limit, or it is out of reach.
pub fn least_power_to_locate(instance: &Instance, user: usize) -> Result<f64, Error> {
    needs_radar(instance)?;
    let whole = Search::new(instance);
    let range = whole.model.block(user);
    let model = Normalised {
        points: whole.model.points,
        users: 1,
        gain: whole.model.gain[range.clone()].to_vec(),
        estimate: whole.model.estimate[range.clone()].to_vec(),
        overlap: vec![0.0],
        radar: whole.model.radar[range].to_vec(),
    };
    let mut search = Search::of(model, whole.limit, instance);
    let limit = whole.limit.unwrap_or(f64::INFINITY);
    let start = search.equal();
    let rules = Rules { below: Some(limit), ..Rules::default() };
    let run = search.descend(Goal::WorstCrb, &start, &rules);
    if run.ending != Ending::Reached {
        let found = format!("{limit} m²");
        let allowed = format!("above {:.6e} m²", search.crb_bound().0);
        let what = "one user alone cannot be located that well";
        return Err(InputError::new(what, "crb_limit_m2", found, allowed).into());
    }
    let inside = search.interior.x.clone();
    search.descend(Goal::LeastPower { error: None }, &inside, &Rules::default());
    Ok(search.interior.x.iter().sum())
}
