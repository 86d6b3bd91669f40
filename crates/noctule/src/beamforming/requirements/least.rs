//! The least power under floors and caps.

use noctule_num::{C64, CMat, NumError};
use noctule_optim::Interrupt;

use super::certificate::Dual;
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::{Columns, capped};
use super::program::{Aim, Chart, Program};
use super::required::{DualValues, Found, Infeasible, Requirements, Standing, Told, told};
use super::starts::{TOLERANCE, climbed, sensing_streams, start};
use super::uplink::{Hopeless, LeastPower, hopeless, least_power};
use super::world::{Space, World};
use crate::Error;

/// A gap beyond which another start is tried.
const GAP: f64 = 1e-6;

/// The least power under floors and caps, in watts; limits of antennas are not looked at.
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
    world.check()?;
    required.check(world)?;
    Ok(least_power_within(world, required, interrupt)?)
}

/// The same of what has been checked.
pub(super) fn least_power_within(
    world: &World,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    let space = Space::new(world, required.whole(None))?;
    if let Some(Hopeless { asked, rank }) = hopeless(&space, &required.sinr) {
        let infeasible = Some(Infeasible::Rank { asked, rank });
        return Ok(Found { infeasible, ..Found::none(&space, required, 0) });
    }
    let floors = required.strict_floors(TOLERANCE);
    let alone = least_power(&space, &floors, f64::INFINITY);
    if required.caps.is_empty()
        && let Some(beams) = alone.beams
    {
        let at = Standing::of(&space, &beams);
        let bound = least_power(&space, &required.sinr, f64::INFINITY).bound;
        let value = beams.norm_sqr();
        let told = self::told(
            &space,
            required,
            &at,
            &beams,
            Told {
                value,
                bound: Some(bound),
                lambda: alone.lambda,
                rho: Vec::new(),
                price_per_power: Vec::new(),
            },
        );
        let dual = DualValues { lambda: told.lambda.clone(), ..DualValues::default() };
        return Ok(Found { beams: space.lifted(&told.beams), dual, ..told });
    }
    let all = required.caps.iter().any(|cap| cap.metric.needs_all());
    let streams = space.users() + sensing_streams(&space, all);
    let mut best: Option<Found> = None;
    let mut evaluations = 0;
    // what one run proves holds for the design of another
    let mut proven = 0.0_f64;
    for turn in 0..4 {
        // three starts, then the best of them once more, more exactly
        let again = best.as_ref().filter(|best| turn > 2 && best.violation <= 1e-9);
        let w = match again {
            Some(best) => Some(best.beams.clone()),
            None => feasible(&space, required, &alone, streams, turn),
        };
        let tolerance = if again.is_some() { 1e-3 * TOLERANCE } else { TOLERANCE };
        let Some(w) = w else { break };
        let (found, _) = power_and_dual(&space, required, &w, tolerance, interrupt);
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
    let mut found = best.unwrap_or_else(|| Found::none(&space, required, 0));
    // the floors alone cost as much, those that are asked and not the strict ones
    let floors = least_power(&space, &required.sinr, f64::INFINITY).bound;
    found.bound = Some(proven.max(floors * (1.0 - 1e-12))).filter(|bound| bound.is_finite());
    found.evaluations = evaluations;
    found.beams = space.lifted(&found.beams);
    Ok(found)
}

/// Beams that meet floors and caps, whatever the power: those of the least power for the floors, and
/// sensing streams as far as the floors allow, scaled.
pub(super) fn feasible(
    space: &Space,
    required: &Requirements,
    alone: &LeastPower,
    streams: usize,
    turn: usize,
) -> Option<CMat> {
    let users = space.users();
    let least = alone.beams.as_ref().map_or(0.0, CMat::norm_sqr);
    let unit = if least > 0.0 { 2.0 * least } else { 1.0 };
    for share in [0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4] {
        let mut w = start(space, streams, unit, share, turn);
        if let Some(beams) = &alone.beams {
            for k in 0..users {
                let column: Vec<C64> = beams.col(k).iter().map(|z| z * 2.0_f64.sqrt()).collect();
                w.col_mut(k).copy_from_slice(&column);
            }
        }
        let at = Standing::of(space, &w);
        if let Some(scale) = met_by(space, required, &at) {
            w.scale(scale.sqrt());
            return Some(w);
        }
        if streams == users {
            break;
        }
    }
    None
}

/// The factor by which power has to change so that everything is met, and one thing exactly;
/// nothing where no factor does.
pub(super) fn met_by(space: &Space, required: &Requirements, at: &Standing) -> Option<f64> {
    let mut most = 0.0_f64;
    for (k, floor) in required.sinr.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        let room = at.heard.signal[k] / floor - (at.heard.interference[k] - 1.0);
        if room <= 0.0 || room.is_nan() {
            return None;
        }
        most = most.max(1.0 / room);
    }
    for cap in &required.caps {
        let value = at.sensed.value(space, &cap.metric)?;
        let factor = match &cap.metric {
            // each doubling lowers log det by the number of parameters times log 2
            Metric::LogDet(weights) => {
                let count = weights.iter().filter(|w| **w > 0.0).count() as f64;
                ((value - cap.limit) / count).exp()
            }
            Metric::MutualInformation { .. } => at.sensed.scale_to(&cap.metric, cap.limit)?,
            Metric::Illumination { .. } => cap.limit / value,
            _ => value / cap.limit,
        };
        if !factor.is_finite() {
            return None;
        }
        most = most.max(factor);
    }
    (most > 0.0).then_some(most)
}

/// Multipliers of a least power, with the minorants of the caps.
pub(super) struct PowerDual {
    pub(super) dual: Dual,
    pub(super) interference: Vec<f64>,
}

/// From beams that meet everything; with the multipliers of the bound.
pub(super) fn power_and_dual(
    space: &Space,
    required: &Requirements,
    w: &CMat,
    tolerance: f64,
    interrupt: &Interrupt,
) -> (Found, PowerDual) {
    let caps = required.strict_caps(tolerance);
    let chart = Chart::Within(4.0 * w.norm_sqr());
    let mut program = Program::new(
        space,
        w.cols(),
        Aim::Power,
        required.strict_floors(tolerance),
        caps.clone(),
        chart,
    );
    program.tolerance = tolerance;
    let (mut beams, run) = climbed(&mut program, w, interrupt);
    let sharpness = program.sharpness;
    let mut at = Standing::of(space, &beams);
    if let Some(scale) = met_by(space, required, &at) {
        beams.scale(scale.sqrt());
        at = Standing::of(space, &beams);
    }
    let value = beams.norm_sqr();
    let floored: Vec<usize> = (0..space.users()).filter(|k| required.sinr[*k] > 0.0).collect();
    let mut lambda = vec![0.0; space.users()];
    for (nu, &k) in run.multipliers.iter().zip(&floored) {
        lambda[k] = value * nu / at.heard.interference[k];
    }
    let rho: Vec<f64> = caps
        .iter()
        .zip(&run.multipliers[floored.len()..])
        .map(|(cap, nu)| match &cap.metric {
            Metric::LogDet(_) => value * nu,
            other => value * nu / at.sensed.value(space, other).unwrap_or(1.0),
        })
        .collect();
    let minorant = |metric: &Metric| at.sensed.minorant(space, metric, sharpness);
    let dual = |lambda: Vec<f64>, rho: &[f64]| Dual {
        lambda,
        metric: Minorant::nothing(space.dim()),
        caps: capped(&caps, rho, required, minorant),
    };
    let mut columns = Columns::new();
    columns.push_caps(space, &at, &beams, &caps, sharpness);
    for &k in &floored {
        columns.push_floor(space, &at, &beams, k, required.sinr[k]);
    }
    let x = columns.solve(&beams);
    let mut refined = vec![0.0; space.users()];
    for (k, l) in floored.iter().zip(&x[caps.len()..]) {
        refined[*k] = *l;
    }
    let candidates = [dual(lambda, &rho), dual(refined, &x[..caps.len()])];
    let bounds = candidates.map(|dual| (dual.power_bound(space, &required.sinr), dual));
    let [first, second] = bounds;
    let (bound, dual) = if second.0 > first.0 { second } else { first };
    let rho = dual.caps.iter().map(|(rho, ..)| *rho).collect();
    let told = Told {
        value,
        bound: Some(bound),
        lambda: dual.lambda.clone(),
        rho,
        price_per_power: Vec::new(),
    };
    let values = DualValues {
        lambda: dual.lambda.clone(),
        rho: dual.caps.iter().map(|(rho, ..)| *rho).collect(),
        sharpness: sharpness.unsigned_abs(),
        ..DualValues::default()
    };
    let found = Found { dual: values, ..self::told(space, required, &at, &beams, told) };
    let interference = at.heard.interference;
    let found = Found { evaluations: run.work.evaluations, ..found };
    (found, PowerDual { dual, interference })
}
