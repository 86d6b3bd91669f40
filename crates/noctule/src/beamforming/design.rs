//! Our method: Riemannian L-BFGS on the reduced, normalised problem, from several starts.
//!
//! # Steps
//!
//! 1. **Reduce.** By the stationarity condition every stationary point has its columns in
//!    `range [H, A, Ȧ_θ, Ȧ_φ]`. With an orthonormal basis `Q` of that space, `W = √P Q V` and `V`
//!    on the unit sphere, the problem keeps its form and its optima, and its size becomes
//!    `(K + 3M) × (K + N_s)` whatever the arrays. (The paper's own reduction needs the inverse of
//!    a Gram matrix that is singular when `K + 3M > Nt`: `docs/errata.md#beamforming-e9`.)
//! 2. **Normalise.** Channels by `√P/σ_k`, information by `P`, the objective by its
//!    [unit](super::model::objective_unit): the same problem in watts or milliwatts, or with both
//!    weights times a thousand, is the same problem, to the last digits.
//! 3. **Climb** with [`Lbfgs`](noctule_optim::Lbfgs) from every start until the residual is below the tolerance.
//!    Near an optimum it is preconditioned by what all streams share of the Hessian; a climb that leads to
//!    where an earlier one has ended is ended, and counts with the objective of that end.
//! 4. **Keep the best**, report the objective from every start and what is proven.
//!
//! Under per-antenna power the reduction does not hold (`docs/errata.md#beamforming-e10`); the
//! problem is then solved at full size on a product of spheres, one an antenna.

use noctule_num::{CMat, InputError};
use noctule_optim::{Bound, Interrupt, MultiStart, Stop};

use super::ascent::{Climbed, ascend, staircase};
use super::band;
use super::basins::Ends;
use super::beams::check_start;
use super::bound::separate_optima;
use super::cooperation::sato;
use super::fewest::{fewest_streams, refuse_band};
use super::global::{NOTEWORTHY, enclose};
use super::goal;
use super::model::{evaluate, objective_unit};
use super::starts::{Plan, Starts};
pub use super::starts::{Start, default_count, default_starts, fitted, start_beams};
use super::stationarity::proof_of;
use super::{BeamformingDesign, Beams, Instance, PowerConstraint, Settings, advice};
use crate::{Certify, Design, Error, Run};

/// Why a bound that was computed is not shown.
const LOST: &str = "rounding leaves nothing of it at these ratios of signal to noise";

/// Design beams for `instance`.
///
/// Guarantee: a stationary point of `δ_c Σ ln(1+γ_k) − δ_s tr F⁻¹` under the power constraint
/// when `stop` is `Converged` (residual in `proof`); with `certify`, an upper bound on what any
/// beams can reach in `proof.bound`. The problem is not convex: the objective from every start is
/// in `starts`, and a local optimum is not called anything more.
///
/// # Errors
/// [`Error::Input`] for settings out of range.
pub fn design(instance: &Instance, settings: &Settings) -> Result<BeamformingDesign, Error> {
    design_from(instance, settings, &Run::default())
}

/// [`design`], with the beams of a neighbouring design as one more start, and a token to stop.
/// Beams of another shape cannot be a start and are left out.
///
/// # Errors
/// As [`design`].
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    settings.validate()?;
    if !settings.fewest_sensing_streams {
        return designed(instance, settings, run);
    }
    super::whole::part("fewest_sensing_streams", "true", "false")?;
    refuse_band(instance)?;
    fewest_streams(instance, designed(instance, settings, run)?)
}

fn designed(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    if let (Some(problem), Some(band)) = (instance.problem(), instance.band()) {
        return band::design_goal(instance, band, problem, settings, run);
    }
    if let Some(problem) = instance.problem() {
        return goal::design_for(instance, problem, settings, run);
    }
    if let Some(band) = instance.band() {
        return band::design_over(instance, band, settings, run);
    }
    let fits =
        |beams: &&Beams| beams.check(instance).is_ok() && beams.matrix.cols() == instance.streams();
    let (warm, interrupt) = (run.warm.filter(fits), &run.interrupt);
    let mut skipped = Vec::new();
    let climbed = every_climb(instance, settings, warm, &mut skipped, interrupt)?;
    let mut design = concluded(instance, settings, climbed, interrupt)?;
    design.warnings.extend(skipped);
    Ok(design)
}

/// The first `count` starts with a number of sensing streams; what cannot be made goes to `skipped`.
fn starts_at(
    all: &mut Starts<'_>,
    count: usize,
    sensing: usize,
    skipped: &mut Vec<String>,
    interrupt: &Interrupt,
) -> Result<Vec<CMat>, Error> {
    let mut starts = Vec::new();
    for start in default_starts(count) {
        if interrupt.is_raised() && !starts.is_empty() {
            break;
        }
        match all.beams(start, sensing) {
            Ok(beams) => starts.push(beams),
            // Once, though it may be missing with many and with few streams.
            Err(error) => {
                let sentence = format!("the start {start:?} is left out: {error}");
                skipped.retain(|earlier| *earlier != sentence);
                skipped.push(sentence);
            }
        }
    }
    if starts.is_empty() {
        // Matched filters cannot fail.
        starts.push(all.beams(Start::Mrt, sensing)?);
    }
    Ok(starts)
}

/// Climb from every start that [`Plan`] names; what was left out goes to `skipped`.
fn every_climb(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Beams>,
    skipped: &mut Vec<String>,
    interrupt: &Interrupt,
) -> Result<Option<Climbed>, Error> {
    let plan = Plan::of(instance, settings.count(instance));
    let allowed = instance.parts().sensing_streams;
    let mut all = Starts::of(instance)?;
    let mut starts_with = |sensing| starts_at(&mut all, plan.count, sensing, skipped, interrupt);
    let mut many = plan.many.map(&mut starts_with).transpose()?.unwrap_or_default();
    let (mut climbed, mut ends) = (None, Ends::default());
    match warm.map(|warm| warm.matrix.clone()) {
        Some(warm) if plan.many == Some(allowed) => many.insert(0, warm),
        Some(warm) => climbed = ascend(instance, settings, &[warm], &mut ends, interrupt)?,
        None => {}
    }
    let join = |climbed: Option<Climbed>, more: Option<Climbed>| match (climbed, more) {
        (Some(one), Some(other)) => Some(one.joined(other)),
        (one, other) => one.or(other),
    };
    climbed = join(climbed, ascend(instance, settings, &many, &mut ends, interrupt)?);
    let interrupted = climbed.is_some() && interrupt.is_raised();
    if let Some((few, most)) = plan.few.filter(|_| !interrupted) {
        let larger = ends.clone();
        let found = ascend(instance, settings, &starts_with(few)?, &mut ends, interrupt)?;
        let up = |found| staircase(instance, settings, found, most, &larger, interrupt);
        climbed = join(climbed, found.map(up).transpose()?);
    }
    let by_antenna = instance.parts().power_constraint == PowerConstraint::PerAntenna;
    // With a limit for every antenna, three streams per target are not known to suffice.
    match climbed {
        Some(found) if plan.count > 1 && by_antenna => {
            staircase(instance, settings, found, allowed, &Ends::default(), interrupt).map(Some)
        }
        other => Ok(other),
    }
}

/// Climb from the given full-size beams, in place of those that the settings name, and keep the
/// best. What [`design_from`] is made of; beams to start from in `run` are not looked at.
///
/// # Errors
/// As [`design`]; also when there is no start, or one has another shape.
pub fn climb(
    instance: &Instance,
    settings: &Settings,
    starts: &[CMat],
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    for start in starts {
        check_start(instance, start)?;
    }
    let climbed = ascend(instance, settings, starts, &mut Ends::default(), &run.interrupt)?;
    concluded(instance, settings, climbed, &run.interrupt)
}

/// The design that climbs led to, with its bound where that is asked for.
fn concluded(
    instance: &Instance,
    settings: &Settings,
    climbed: Option<Climbed>,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    let Some(climbed) = climbed else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let Climbed { beams, mut found, .. } = climbed.padded(instance.streams())?;
    if interrupt.is_raised() {
        found.run.stop = Stop::Interrupted;
    }
    let mut design = finish(instance, beams, found)?;
    if settings.certify.is_asked() && !interrupt.is_raised() {
        certify(instance, settings, &mut design, interrupt);
    }
    Ok(design)
}

/// Attach the tightest bound there is; better beams that the search meets replace the design. A
/// bound that cannot be had leaves a warning and never costs the design.
fn certify(
    instance: &Instance,
    settings: &Settings,
    design: &mut BeamformingDesign,
    interrupt: &Interrupt,
) {
    let Some(objective) = design.metrics.objective else { return };
    let mut bounds: Vec<Bound> = Vec::new();
    let rates = instance.users() > 0 && instance.parts().rate_weight_per_nat > 0.0;
    let whole = separate_optima(instance, objective, interrupt);
    let mut found = vec![("the bound from the separate optima", whole)];
    if rates && !interrupt.is_raised() {
        found.push(("Sato's bound", sato(instance, objective, interrupt)));
    }
    for (name, bound) in found {
        match bound {
            Ok((bound, work)) => {
                design.work += work;
                if bound.is_none() && !interrupt.is_raised() {
                    design.warnings.push(format!("{name} is left out: {LOST}"));
                }
                bounds.extend(bound);
            }
            Err(error) => design.warnings.push(format!("{name} is left out: {error}")),
        }
    }
    if settings.nodes() > 0 && !interrupt.is_raised() {
        match search(instance, settings, design, interrupt) {
            Ok(Some(bound)) => bounds.push(bound),
            Ok(None) => design.warnings.push(format!("branch and bound proves nothing: {LOST}")),
            Err(error) => design.warnings.push(format!("branch and bound failed: {error}")),
        }
    }
    let tightest = bounds.into_iter().min_by(|a, b| a.value.total_cmp(&b.value));
    let reached = design.metrics.objective.unwrap_or(objective);
    design.proof.bound =
        tightest.and_then(|bound| bound.against(reached, objective_unit(instance)));
    // Without a box nobody asked for more than the bounds that cost no search.
    if settings.nodes() > 0 && !interrupt.is_raised() {
        design.warnings.extend(settings.certify.left_open(design.proof.bound.as_ref()));
    }
}

/// Branch and bound from a design that is known, which it replaces by a better one that it meets.
fn search(
    instance: &Instance,
    settings: &Settings,
    design: &mut BeamformingDesign,
    interrupt: &Interrupt,
) -> Result<Option<Bound>, Error> {
    let (nodes, gap) = (settings.nodes(), settings.certify.gap());
    let found = enclose(instance, &design.variables, nodes, gap, interrupt)?;
    design.work += found.work;
    if let (Some(better), PowerConstraint::Total) =
        (found.better, instance.parts().power_constraint)
    {
        let plain = Settings { certify: Certify::No, ..settings.clone() };
        let again = climb(instance, &plain, &[better.matrix], &Run::new(interrupt))?;
        design.work += again.work;
        let before = design.metrics.objective.unwrap_or(f64::NEG_INFINITY);
        let reached = again.metrics.objective.unwrap_or(f64::NEG_INFINITY);
        if reached > before + NOTEWORTHY * before.abs().max(objective_unit(instance)) {
            let (mut starts, work) = (std::mem::take(&mut design.starts), design.work);
            starts.extend(again.starts.iter().copied());
            let spread = spread(&starts, objective_unit(instance));
            *design = Design { starts, work, ..again };
            design.warnings.extend(spread);
            design.warnings.push(
                "branch and bound met better beams than every start; they are the design, and the \
                 last of the starts"
                    .to_owned(),
            );
        }
    }
    Ok(found.bound)
}

/// Whether the design hangs on its start, in words: fewer than half of the starts reached the best.
fn spread(starts: &[Option<f64>], unit: f64) -> Option<String> {
    let best = starts.iter().copied().flatten().fold(f64::NEG_INFINITY, f64::max);
    let limit = best - NOTEWORTHY * best.abs().max(unit);
    let agreeing = starts.iter().flatten().filter(|value| **value >= limit).count() as f64;
    let share = agreeing / starts.len() as f64;
    (starts.len() > 1 && share < 0.5).then(|| {
        format!(
            "only {:.0} % of {} starts reached the best objective: more starts may find a better \
             one",
            100.0 * share,
            starts.len()
        )
    })
}

fn finish(
    instance: &Instance,
    beams: Beams,
    found: MultiStart,
) -> Result<BeamformingDesign, Error> {
    let metrics = evaluate(instance, &beams)?;
    let unit = objective_unit(instance);
    let proof = proof_of(found.run.residual);
    let mut warnings = advice(instance, &metrics);
    let starts: Vec<Option<f64>> = found
        .values
        .iter()
        .map(|value| Some(-value * unit).filter(|objective| objective.is_finite()))
        .collect();
    warnings.extend(spread(&starts, unit));
    Ok(Design {
        proof,
        stop: found.run.stop,
        variables: beams,
        metrics,
        trace: found.trace,
        work: found.work,
        starts,
        warnings,
    })
}
