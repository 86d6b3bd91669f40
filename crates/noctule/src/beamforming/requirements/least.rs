//! The least power under floors and caps.

use noctule_num::{CMat, InputError, NumError};
use noctule_optim::Interrupt;

use super::chart::Chart;
use super::least_steps::by_steps;
use super::priced::Priced;
use super::program::{Aim, Program};
use super::reach::{feasible, met_by, met_once};
use super::required::{DualValues, Found, Infeasible, Requirements, Standing, Told, told};
use super::spend::{PowerDual, Spend, told_power};
use super::starts::{Begin, TOLERANCE, climbed, sensing_streams};
use super::uplink::{Hopeless, hopeless, least_power};
use super::world::{Space, World};
use crate::Error;

/// A gap beyond which another start is tried.
const GAP: f64 = 1e-6;

/// The least power under floors and caps, in watts, where limits of antennas or groups are kept, and a
/// total power is not looked at.
///
/// Proven as [`best_metric`](super::best_metric()) is. Floors that ask for more than the rank of the
/// channels are infeasible at any power; what was not met and not proven to be out of reach has an
/// infinite value.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn least_power_for(
    world: &World,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    least_power_from(world, required, &Begin::default(), interrupt)
}

/// [`least_power_for`] with beams to start from, or with few sensing streams.
///
/// # Errors
/// As [`least_power_for`].
pub fn least_power_from(
    world: &World,
    required: &Requirements,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    no_pattern(required)?;
    Ok(least_within(world, required, Spend::within(required), begin, interrupt)?)
}

/// What the limits of all groups of antennas have to be multiplied by for floors and caps to be met, at
/// least: `value` and `bound` are factors.
///
/// # Errors
/// As [`least_power_for`]; when the power is not limited by groups.
pub fn least_factor_for(
    world: &World,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    no_pattern(required)?;
    if required.power.groups().is_none() {
        let allowed = "limits of antennas or groups";
        return Err(InputError::new("no groups are limited", "power", "a total", allowed).into());
    }
    Ok(least_factor_within(world, required, interrupt)?)
}

/// Refuse a beampattern where less power than there is may be spent.
pub(super) fn no_pattern(required: &Requirements) -> Result<(), InputError> {
    if !required.shapes_pattern(None) {
        return Ok(());
    }
    let what = "a beampattern error shrinks with the power";
    let allowed = "a goal that spends all power: a metric, or a sum of rates";
    Err(InputError::new(what, "caps", "a limit on a beampattern error", allowed))
}

/// [`least_factor_for`] of what has been checked.
pub(super) fn least_factor_within(
    world: &World,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    least_within(world, required, Spend::Factor, &Begin::default(), interrupt)
}

/// [`least_power_for`] of what has been checked.
pub(super) fn least_power_within(
    world: &World,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    least_within(world, required, Spend::within(required), &Begin::default(), interrupt)
}

fn least_within(
    world: &World,
    required: &Requirements,
    spend: Spend,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    let space = Space::new(world, required.whole(None))?;
    if let Some(Hopeless { asked, rank }) = hopeless(&space, &required.sinr) {
        let infeasible = Some(Infeasible::Rank { asked, rank });
        return Ok(Found { infeasible, ..Found::none(&space, required, 0) });
    }
    let floors = required.strict_floors(TOLERANCE);
    let alone = least_power(&space, &floors, f64::INFINITY);
    if spend == Spend::Power
        && required.caps.is_empty()
        && let Some(beams) = alone.beams
    {
        let at = Standing::of(&space, &beams);
        // of the floors that are asked: multipliers of the strict ones prove a little less of these
        let asked = least_power(&space, &required.sinr, f64::INFINITY);
        let value = beams.norm_sqr();
        let told = self::told(
            &space,
            required,
            &at,
            &beams,
            Told {
                value,
                bound: Some(asked.bound),
                lambda: alone.lambda,
                rho: Vec::new(),
                price_per_power: Vec::new(),
            },
        );
        let dual = DualValues { lambda: asked.lambda, ..DualValues::default() };
        return Ok(Found { beams: space.lifted(&told.beams), dual, ..told });
    }
    let streams = space.users() + begin.most_sensing(sensing_streams(&space, None, required));
    let mut warm = begin.inside(&space, streams).and_then(|w| met_once(&space, required, w));
    let mut best: Option<Found> = None;
    let mut evaluations = 0;
    // what one run proves holds for the design of another
    let mut proven = 0.0_f64;
    for turn in 0..4 {
        // three starts, then the best of them once more, more exactly
        let again = best.as_ref().filter(|best| turn > 2 && best.violation <= 1e-9);
        let near = again.is_some() || warm.is_some();
        let w = match again {
            Some(best) => Some(best.beams.clone()),
            None if warm.is_some() => warm.take(),
            None => feasible(&space, required, &alone, streams, turn),
        };
        let tolerance = if again.is_some() { 1e-3 * TOLERANCE } else { TOLERANCE };
        let Some(w) = w else { break };
        let by_steps = (spend == Spend::Power)
            .then(|| by_steps(&space, required, (&w, near), tolerance, interrupt))
            .flatten();
        let (found, _) = by_steps
            .unwrap_or_else(|| power_and_dual(&space, required, spend, &w, tolerance, interrupt));
        evaluations += found.evaluations;
        proven = proven.max(found.bound.unwrap_or(0.0));
        let better = best.as_ref().is_none_or(|best| {
            found.violation <= 1e-9 && (found.value < best.value || best.violation > 1e-9)
        });
        if better {
            best = Some(found);
        }
        let closed = best.as_ref().is_some_and(|best| best.value <= proven * (1.0 + GAP));
        if closed || interrupt.is_raised() {
            break;
        }
    }
    let mut found = best.unwrap_or_else(|| Found::none_inside(&space, required));
    // the floors alone cost as much, those that are asked and not the strict ones
    let floors = least_power(&space, &required.sinr, f64::INFINITY).bound;
    let floors = if spend == Spend::Factor { floors / required.power.total() } else { floors };
    found.bound = Some(proven.max(floors * (1.0 - 1e-12))).filter(|bound| bound.is_finite());
    found.evaluations = evaluations;
    found.beams = space.lifted(&found.beams);
    Ok(found)
}

/// From beams that meet everything; with the multipliers of the bound.
pub(super) fn power_and_dual(
    space: &Space,
    required: &Requirements,
    spend: Spend,
    w: &CMat,
    tolerance: f64,
    interrupt: &Interrupt,
) -> (Found, PowerDual) {
    let caps = required.strict_caps(tolerance);
    let groups = required.power.groups();
    let (aim, chart) = match (spend, &groups) {
        (Spend::Limited, Some(groups)) => (Aim::Power, Chart::Groups(groups.clone())),
        (Spend::Factor, Some(groups)) => {
            (Aim::Factor, Chart::Scaled(groups.clone(), 4.4 * required.factor(groups, w)))
        }
        _ => (Aim::Power, Chart::Within(4.0 * w.norm_sqr())),
    };
    let floors = required.strict_floors(tolerance);
    let mut program = Program::new(space, w.cols(), aim, floors, caps.clone(), chart);
    program.tolerance = tolerance;
    let (mut beams, run) = climbed(&mut program, w, interrupt);
    let sharpness = program.sharpness;
    let mut at = Standing::of(space, &beams);
    if let Some(scale) = met_by(space, required, &at) {
        // within limits that hold to rounding there is the room that more was asked for
        let most = match (spend, &groups) {
            (Spend::Limited, Some(groups)) => 1.0 / required.factor(groups, &beams),
            _ => f64::INFINITY,
        };
        beams.scale(scale.min(most).sqrt());
        at = Standing::of(space, &beams);
    }
    let value = spend.of(required, &beams);
    let floored: Vec<usize> = (0..space.users()).filter(|k| required.sinr[*k] > 0.0).collect();
    let mut lambda = vec![0.0; space.users()];
    for (nu, &k) in run.multipliers.iter().zip(&floored) {
        lambda[k] = value * nu / at.heard.interference[k];
    }
    let rho: Vec<f64> = caps
        .iter()
        .zip(&run.multipliers[floored.len()..])
        .map(|(cap, nu)| {
            let reached = at.sensed.value(space, &cap.metric).unwrap_or(1.0);
            value * nu * cap.metric.slope(reached, cap.limit)
        })
        .collect();
    let case = Priced { space, required, caps: &caps, at: &at, beams: &beams, sharpness };
    let candidates = match (spend, &groups) {
        (Spend::Factor, Some(groups)) => case.factors(groups, &lambda, &rho),
        _ => case.powers(groups.as_ref(), lambda, rho),
    };
    let (found, dual) = told_power(&case, spend, groups.as_ref(), value, candidates);
    (Found { evaluations: run.work.evaluations, ..found }, dual)
}
