//! The search for the best metric, with the bound that proves it and the price of every requirement.

use noctule_num::linalg::{Op, orthonormal_basis, product, real_dot};
use noctule_num::{CMat, NumError};
use noctule_optim::Interrupt;

use super::descent::Descent;
use super::groups::PowerLimit;
use super::interior::{self, Common, Known, Objective, Problem, Solved};
use super::matrices::root_of;
use super::metric::Metric;
use super::multipliers::Columns;
use super::program::Cap;
use super::refined::{Case, Refined};
use super::required::{DualValues, Found, Requirements, Standing};
use super::starts::{Begin, sensing_streams, start, tilt, tolerance_for, widened};
use super::uplink::least_power;
use super::world::Space;

/// A gap beyond which another start is tried,
const GAP: f64 = 5e-6;
/// and one of what is easily solved more exactly,
const LINEAR_GAP: f64 = 1e-7;
/// by this.
const LINEAR: f64 = 0.05;
/// By how much a limit has to be met for nothing to be owed to it.
const SLACK: f64 = 1e-6;
/// The first try is less exact by this: where it does not close the gap, the next goes on from there.
const QUICK: f64 = 15.0;
/// The share of the power beyond which floors leave little to sensing streams.
const FEW: f64 = 0.15;

/// The best metric with limits left out, where that meets every one of them: then it is the best with them too, no
/// limit has a price, and what proves it takes a hundredth of the steps. No design where a limit costs something; how
/// many evaluations that took in either case.
pub(super) fn unlimited(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<(Option<Found>, u64), NumError> {
    if required.caps.is_empty() || required.shapes_pattern(Some(metric)) {
        return Ok((None, 0));
    }
    let bare = Requirements { caps: Vec::new(), ..required.clone() };
    let found = searched(space, metric, &bare, begin, interrupt)?;
    let at = Standing::of(space, &found.beams);
    // a limit that binds at the optimum without it is met by rounding alone, and may have a price
    let slack = |cap: &Cap| at.excess(space, cap) < -SLACK;
    if open(&found, f64::MIN_POSITIVE) > GAP || !required.caps.iter().all(slack) {
        return Ok((None, found.evaluations));
    }
    let none = vec![0.0; required.caps.len()];
    let value = |cap: &Cap| at.sensed.value(space, &cap.metric).unwrap_or(f64::INFINITY);
    let dual = DualValues { rho: vec![0.0; required.member_limits().len()], ..found.dual };
    let evaluations = found.evaluations;
    let found = Found {
        capped: required.caps.iter().map(value).collect(),
        price_per_cap: none.clone(),
        rho: none,
        dual,
        ..found
    };
    Ok((Some(found), evaluations))
}

/// The best metric of several starts, in the space's coordinates, and a gain as minus itself: it ends
/// where the gap to the bound closes. Requirements that nothing meets are missed by what it returns.
pub(super) fn searched(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    let power = required.power.total();
    let useful = begin.most_sensing(sensing_streams(space, Some(metric), required));
    // an error that may be zero is judged by its usual size
    let unit = match metric {
        Metric::Pattern(..) => 1e-3 * metric.usual(power),
        _ => f64::MIN_POSITIVE,
    };
    let mut best: Option<Found> = None;
    let mut evaluations = 0;
    let (mut strict, mut gap) = (tolerance_for(space, required), GAP);
    if matches!(metric, Metric::Gain { .. } | Metric::Weakest(_) | Metric::Illumination { .. }) {
        (strict, gap) = (LINEAR * strict, LINEAR_GAP);
    }
    let streams = space.users() + useful;
    if let Some(found) = by_steps(space, metric, required, begin, useful, interrupt)? {
        evaluations += found.evaluations;
        if open(&found, unit) <= gap {
            return Ok(found);
        }
        best = Some(found).filter(|found| found.violation <= 1e-8);
    }
    let mut tries = Vec::new();
    let quick = metric.members().len() == 1
        && matches!(metric, Metric::Trace(_))
        && required.caps.iter().all(|cap| matches!(cap.metric, Metric::Trace(_)));
    if quick {
        // where floors take much of the power, one stream a target is nearly always enough
        let few = space.maps.first().map_or(0, super::fisher::FisherMap::targets).min(useful);
        let least = least_power(space, &required.sinr, power).bound;
        let first = if least > FEW * power { space.users() + few } else { streams };
        let begun = begin.inside(space, first);
        tries.push((begun.map_or(From::Start(0.2, 0), From::Beams), first, QUICK));
        tries.push((From::Best, streams, 1.0));
    } else if let Some(w) = begin.inside(space, streams) {
        tries.push((From::Beams(w), streams, 1.0));
    }
    for (turn, share) in [0.2, 0.5, 0.02].into_iter().enumerate() {
        tries.push((From::Start(share, turn), streams, 1.0));
    }
    for (from, streams, factor) in tries {
        let w = match (from, &best) {
            (From::Beams(w), _) => w,
            (From::Best, Some(best)) => widened(space, &best.beams, streams),
            (From::Best, None) => start(space, streams, power, 0.2, 0),
            (From::Start(share, turn), _) => {
                let mut w = start(space, streams, power, share, turn);
                if turn > 0 {
                    tilt(&mut w, turn);
                }
                w
            }
        };
        let found = metric_from(space, metric, required, &w, factor * strict, interrupt)?;
        evaluations += found.evaluations;
        if best.as_ref().is_none_or(|best| open(&found, unit) < open(best, unit)) {
            best = Some(found);
        }
        if best.as_ref().is_some_and(|best| open(best, unit) <= gap) || interrupt.is_raised() {
            break;
        }
    }
    let mut found = best.unwrap_or_else(|| Found::none_inside(space, required));
    if open(&found, unit) > gap && found.violation <= 1e-8 {
        let lit = lit(space, metric, required, &found, useful);
        let all = lit.into_iter().chain([found]);
        found = all
            .min_by(|a, b| open(a, unit).total_cmp(&open(b, unit)))
            .unwrap_or_else(|| Found::none_inside(space, required));
    }
    Ok(Found { evaluations, ..found })
}

/// Shares of the power by which [`lit`] tries.
const LIT: [f64; 5] = [1e-9, 1e-8, 1e-7, 1e-6, 1e-5];

/// The same beams with a small share of the power everywhere: an optimum that leaves a parameter without weight
/// unseen has a singular Fisher matrix, whose inverse is rounding and proves nothing.
fn lit(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    found: &Found,
    useful: usize,
) -> Vec<Found> {
    let power = required.power.total();
    let basis = orthonormal_basis(&space.t, 1e-10).ok();
    let basis = basis.filter(|basis| (1..=useful).contains(&basis.cols()));
    let (Some(basis), Metric::Trace(_), true) = (basis, metric, required.power.is_total()) else {
        return Vec::new();
    };
    let (members, caps) = (metric.members(), required.strict_caps(STRICT));
    let users = space.users();
    let one = |share: f64| {
        let mut w = found.beams.clone();
        w.scale((1.0 - share).sqrt());
        let mut everywhere = basis.clone();
        everywhere.scale((share * power / basis.cols() as f64).sqrt());
        let streams = CMat::hstack(&[&w.columns(users..w.cols()), &everywhere]).ok()?;
        let root = root_of(&product(&streams, Op::Plain, &streams, Op::Adjoint))?;
        let size = |i: &usize| real_dot(root.col(*i), root.col(*i));
        let mut order: Vec<usize> = (0..root.cols()).collect();
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let kept = useful.min(root.cols());
        let sensing = CMat::from_fn(root.rows(), kept, |i, j| root[(i, order[j])]);
        let w = CMat::hstack(&[&w.columns(0..users), &sensing]).ok()?;
        let at = Standing::of(space, &w);
        let value = at.sensed.value(space, metric)?;
        let (caps, sharpness) = (&caps[..], 256);
        let case = Case { space, metric, members: &members, required, caps, sharpness, at: &at };
        let refined = case.refined(&w, &[1.0]);
        Some(case.best(&w, value, refined.into_iter().collect()))
    };
    LIT.into_iter().filter_map(one).collect()
}

/// Where a try begins.
enum From {
    /// At a start of ours: a share of the power for sensing streams, and a turn of them.
    Start(f64, usize),
    /// At beams that are known.
    Beams(CMat),
    /// Where the best try so far ended.
    Best,
}

/// The gap, infinite where something is missed.
fn open(found: &Found, unit: f64) -> f64 {
    match found.bound {
        Some(bound) if found.violation <= 1e-8 => {
            (found.value - bound).abs() / found.value.abs().max(unit)
        }
        _ => f64::INFINITY,
    }
}

/// What is asked beyond every requirement of the interior method, which leaves less than that of them.
const STRICT: f64 = 3e-10;

/// The relative gap at which its steps end.
const CLOSED: f64 = 1e-7;

/// By the interior method, where the problem is of its kind: the steps are few whatever the array is.
fn by_steps(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    begin: &Begin<'_>,
    useful: usize,
    interrupt: &Interrupt,
) -> Result<Option<Found>, NumError> {
    let Metric::Trace(parts) = metric else { return Ok(None) };
    let objective = Objective::Trace(parts);
    let caps = required.strict_caps(STRICT);
    let floors = required.strict_floors(STRICT);
    let groups = required.power.groups();
    let unit = required.power.total();
    let power = match &groups {
        None => vec![(Common::Identity, unit)],
        Some(groups) => (0..groups.count())
            .map(|g| (Common::Dense(groups.projector(g)), groups.limits[g]))
            .collect(),
    };
    let problem =
        Problem { space, objective, floors: &floors, caps: &caps, power, unit, closed: CLOSED };
    let known = begin
        .inside(space, space.users() + useful)
        .and_then(|beams| known(space, metric, required, &caps, beams));
    let (solved, evaluations) = interior::solved(&problem, known.as_ref(), useful, interrupt);
    let Some(Solved { beams, lambda, rho, of_power }) = solved else { return Ok(None) };
    let at = Standing::of(space, &beams);
    let value = at.sensed.value(space, metric);
    let value = value.map_or(f64::INFINITY, |value| metric.made_small(value));
    let members = metric.members();
    let sharpness = 256;
    let case = Case { space, metric, members: &members, required, caps: &caps, sharpness, at: &at };
    let nu = if groups.is_some() { of_power } else { Vec::new() };
    let first = case.dual(&[1.0], &lambda, &rho);
    let first = first.map(|dual| Refined { dual, shares: vec![1.0], nu });
    let found = case.best(&beams, value, first.into_iter().collect());
    Ok(Some(Found { evaluations, ..found }))
}

/// Multipliers of a total power beside beams of a neighbour, by stationarity.
fn known(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    caps: &[Cap],
    beams: CMat,
) -> Option<Known> {
    if !required.power.is_total() || !matches!(metric, Metric::Trace(_)) {
        return None;
    }
    let at = Standing::of(space, &beams);
    let mut columns = Columns::new();
    columns.push_pull(space, &at, &beams, metric, 256);
    for cap in caps {
        columns.push_pull(space, &at, &beams, &cap.metric, 256);
    }
    for k in 0..space.users() {
        columns.push_floor(space, &at, &beams, k, required.sinr[k]);
    }
    let x = columns.solve(&beams);
    let mu = 1.0 / x[0];
    if !(mu.is_finite() && mu > 0.0) {
        return None;
    }
    let (rho, lambda) = x[1..].split_at(caps.len());
    let scaled = |list: &[f64]| list.iter().map(|x| x * mu).collect();
    Some(Known { lambda: scaled(lambda), rho: scaled(rho), of_power: vec![mu], beams })
}

/// From one start.
fn metric_from(
    space: &Space,
    metric: &Metric,
    required: &Requirements,
    w: &CMat,
    tolerance: f64,
    interrupt: &Interrupt,
) -> Result<Found, NumError> {
    let descent = Descent::of(space, metric, required, w, tolerance, interrupt);
    let at = Standing::of(space, &descent.beams);
    let value = at.sensed.value(space, metric);
    let value = value.map_or(f64::INFINITY, |value| metric.made_small(value));
    let members = metric.members();
    let (shares, unit) = descent.shares(space, &at, value.abs());
    let (lambda, rho) = descent.multipliers(space, &at, unit);
    let (caps, sharpness) = (&descent.caps, descent.sharpness);
    let case = Case { space, metric, members: &members, required, caps, sharpness, at: &at };
    let first = matches!(required.power, PowerLimit::Total(_))
        .then(|| case.dual(&shares, &lambda, &rho))
        .flatten()
        .map(|dual| Refined { dual, shares: shares.clone(), nu: Vec::new() });
    let refined = case.refined(&descent.beams, &shares);
    let mut found = case.best(&descent.beams, value, first.into_iter().chain(refined).collect());
    found.evaluations = descent.evaluations;
    Ok(found)
}
