//! The least power for an error, or for locating one user.

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Interrupt, Proof, Sense, Stop};

use super::search::{Entry, Search, proof_of, stop_of};
use super::{LeastPowerSettings, Settings, design_from, stop_after};
use crate::pilots::certificate::Envelopes;
use crate::pilots::instance::needs_radar;
use crate::pilots::interior::{Ending, Goal, Normalised, Rules};
use crate::pilots::polish::Exact;
use crate::pilots::{Allocation, Instance, PilotsDesign};
use crate::{Certify, Error, Run};

/// The setting that may be out of reach.
pub(in crate::pilots) const TARGET: &str = "target_error";

/// Less than this share of the power that there is counts as none: rounding alone ends a descent below it.
const NOTHING: f64 = 1e-8;

/// The least total power with which no error exceeds a target, within all limits.
///
/// Guarantee: a stationary point; with `certify`, a lower bound on the power fraction. A target
/// that no allocation reaches is infeasible, and the design is then the one with the smallest
/// worst error. A target that next to no power meets has no least power but zero, which is never enough, as users
/// know the means of their gains without any pilot: what is designed then spends less than 10⁻⁸ of what there is. The
/// bound in `proof` is on `power_fraction`. Where pilots are correlated in both
/// directions the target is judged by the exact error, and nothing is proven.
///
/// # Errors
/// As [`design`](super::design()); [`Error::Input`] for a target that is not positive.
pub fn least_power(
    instance: &Instance,
    settings: &LeastPowerSettings,
    run: &Run<'_, Allocation>,
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
        return search.finish_local(x, &inside, Some(target), &run.interrupt);
    }
    let rules = Rules { below: Some(target), ..limits.rules() };
    let entered = search.descend(Goal::WorstError, &inside, &rules);
    let reached = search.model.worst_error(&search.interior.x);
    if entered.ending != Ending::Reached && reached >= target {
        return match search.next_to_full_power(target, &run.interrupt)? {
            Some(design) => Ok(design),
            None => unreached(instance, limits, target, run),
        };
    }
    let inside = search.interior.x.clone();
    let goal = Goal::LeastPower { error: Some(target) };
    let descent = search.descend(goal, &inside, &limits.rules());
    let x = search.interior.x.clone();
    let value = x.iter().sum::<f64>() / instance.points() as f64;
    let (mut bound, mut open, mut stop) = (None, None, stop_of(&descent));
    if value <= NOTHING {
        return search.next_to_nothing(x, proof_of(&descent), value);
    }
    if limits.certify.is_asked() {
        let branching;
        (bound, branching) = search.least_power_bound(target, &inside, limits, &run.interrupt);
        open = limits.certify.left_open(bound.as_ref());
        stop = stop_after(stop, branching, open.is_some());
    }
    let mut design = search.finish_errors(x, stop, proof_of(&descent).with_bound(bound), value)?;
    design.warnings.extend(open);
    Ok(design)
}

impl Search<'_> {
    /// Full power may meet exactly what a point inside the limits only approaches: the best next to
    /// it that meets the target, if any does.
    fn next_to_full_power(
        &mut self,
        target: f64,
        interrupt: &Interrupt,
    ) -> Result<Option<PilotsDesign>, Error> {
        let rounded = target * (1.0 + 1e-12);
        let mut exact = Exact::new(self.instance, &self.model);
        let score = |exact: &mut Exact<'_>, x: &[f64]| exact.power_within(x, rounded);
        let found = exact.improve([self.full()], score, interrupt);
        self.work.evaluations += exact.evaluations;
        let Some((power, x)) = found else { return Ok(None) };
        let value = power / self.model.points as f64;
        let mut design = self.finish(&x, Stop::Stalled, Proof::feasible(0.0), vec![value])?;
        design.warnings.push(
            "only allocations at or next to full power were found to meet the target: a local \
             search, nothing is proven of the least power"
                .to_owned(),
        );
        Ok(Some(design))
    }

    /// A target that any power meets, however small: no power is below zero, and none is needed to speak of.
    fn next_to_nothing(
        &self,
        x: Vec<f64>,
        proof: Proof,
        value: f64,
    ) -> Result<PilotsDesign, Error> {
        let mut design = self.finish_errors(x, Stop::Converged, proof, value)?;
        design.warnings.push(format!(
            "the target is met with next to no power, here with {value:.1e} of what there is: the least power is zero, \
             or next to it"
        ));
        Ok(design)
    }

    /// A lower bound on the power fraction by branching on θ, from the power at the current point;
    /// and how the branching ended.
    fn least_power_bound(
        &mut self,
        target: f64,
        inside: &[f64],
        settings: &Settings,
        interrupt: &Interrupt,
    ) -> (Option<Bound>, Stop) {
        let goal = Goal::LeastPower { error: Some(target) };
        let (x, points) = (self.interior.x.clone(), self.model.points as f64);
        let power: f64 = x.iter().sum();
        let mut envelopes = Envelopes::new(&self.model, goal, self.limit, inside);
        let found = envelopes.close(target, (power, x), settings.budget(), interrupt);
        let numbers = envelopes.numbers();
        self.work += envelopes.work;
        self.note_proof(&found, 1.0 / points);
        let method = format!("branch-and-bound on θ, {} nodes", found.nodes);
        // No power is below zero, whatever the multipliers prove.
        let lower = found.bound.max(0.0) / points;
        let bound = Bound::new(power / points, lower, Sense::Lower, method, 0.0)
            .map(|bound| bound.with_numbers(numbers));
        (bound, found.stop)
    }
}

/// The answer to a target that the descent did not reach: infeasible if the bound says so.
fn unreached(
    instance: &Instance,
    settings: &Settings,
    target: f64,
    run: &Run<'_, Allocation>,
) -> Result<PilotsDesign, Error> {
    let certify = if settings.certify.is_asked() { settings.certify } else { Certify::YES };
    let settings = Settings { certify, ..settings.clone() };
    let mut design = design_from(instance, &settings, &Run::new(&run.interrupt))?;
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
            .with_numbers(numbers.unwrap_or_default())
            .about_setting(TARGET);
        design.proof.infeasible = Some(certificate);
    } else {
        design.stop = Stop::Stalled;
        design.warnings.push(format!(
            "the target {target:.6e} lies between what was reached ({reached:.6e}) and what is \
             proven to be out of reach ({bound:.6e}): a smaller `certify.gap` may tell"
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
