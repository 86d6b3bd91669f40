//! Phases where paths overlap: nothing is in closed form there.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::ops::Range;
use std::rc::Rc;

use noctule_num::C64;
use noctule_optim::Work;
use noctule_phy::cascade::{Cascade, SurfacePath};

use super::curve::CurvePoint;
use super::light::{align_light, align_nearby};
use super::plan::{Plan, coherent_score, phases_of};
use super::scorer::{Inner, Scorer};
use super::search::Climber;
use crate::Error;
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::Link;

/// Blends that all surfaces share, tried from all for the target to all for the user.
const BLENDS: u32 = 12;
/// Directions in which a surface is turned at first.
const TURNS: u32 = 8;
/// Rounds over one surface: the first on the grid of [`TURNS`], the others two steps each.
const ROUNDS: i32 = 8;
/// The first finer step, a third of the grid's, and how the others shrink: together they reach 1.67
/// of it, past the middle between two directions of the grid.
const FINER: f64 = TAU / 24.0;
const SHRINK: f64 = 0.4;
/// Sweeps over all surfaces at most.
const SWEEPS: usize = 4;
/// Of the starts so many are turned further; of large surfaces, whose evaluations cost milliseconds, one.
const TURNED: usize = 3;
const LARGE: usize = 20_000;
/// Parts of all surfaces together, and sweeps over them at most.
const MOST_PARTS: usize = 48;
const SWEEPS_OF_PARTS: usize = 8;
/// The relative gain below which another sweep is not worth it.
const GAIN: f64 = 1e-6;

/// Phases where paths overlap: the best of those that a search for orthogonal paths finds, of blends
/// that all surfaces share and of those aligned to user or target, each as it is and with its paths in
/// phase at the target, and each with the exact inner optimum. The best few are turned further.
pub(super) fn plan_overlapping(
    cascade: &Cascade,
    link: &Link,
    climber: Option<Rc<Climber>>,
) -> Result<Plan, Error> {
    let searched =
        (!link.user_decides()).then(|| climber.unwrap_or_else(|| Rc::new(Climber::new(link))));
    let mut work = Work::default();
    let mut starts = Vec::new();
    let mut offer = |phases: Vec<Vec<C64>>, points: Vec<CurvePoint>| -> Result<(), Error> {
        work.evaluations += 1;
        let reach = coherent_score(cascade, link, &phases)?;
        starts.push(Plan { phases, reach, points, ..Plan::unknown() });
        Ok(())
    };
    offer(cascade.paths.iter().map(SurfacePath::user_vector).collect(), Vec::new())?;
    let mut lit: Vec<Vec<C64>> = cascade.paths.iter().map(SurfacePath::target_vector).collect();
    align_light(cascade, &mut lit);
    offer(lit, Vec::new())?;
    for points in searched.as_ref().map_or_else(Vec::new, |climber| blends(link, climber)) {
        let Some(climber) = searched.as_ref().filter(|_| !points.is_empty()) else { continue };
        let phases = phases_of(cascade, climber, &points);
        let mut lit = phases.clone();
        align_nearby(cascade, &mut lit);
        offer(phases, points.clone())?;
        offer(lit, points)?;
    }
    let mut best = turned_further(cascade, link, starts, &mut work)?;
    best.work = work;
    best.climber = searched;
    Ok(best)
}

/// The best after whole surfaces of the best few are turned.
fn turned_further(
    cascade: &Cascade,
    link: &Link,
    mut starts: Vec<Plan>,
    work: &mut Work,
) -> Result<Plan, Error> {
    starts.sort_by(|a, b| b.reach.order(a.reach));
    starts
        .dedup_by(|a, b| (a.reach.merit() - b.reach.merit()).abs() <= GAIN * b.reach.merit().abs());
    let large = starts.first().is_some_and(|plan| elements(plan) > LARGE);
    starts.truncate(if large { 1 } else { TURNED });
    for plan in &mut starts {
        work.evaluations += turn_together(cascade, link, plan)?;
        if is_small(plan) {
            turn_parts(cascade, link, plan)?;
            work.evaluations += plan.work.evaluations;
        }
    }
    let reached = starts.iter().map(|plan| plan.reach).collect();
    let best = starts.into_iter().reduce(
        |best, other| {
            if other.reach > best.reach { other } else { best }
        },
    );
    Ok(Plan { starts: reached, searched: true, ..best.unwrap_or_else(Plan::unknown) })
}

/// Whether every element can be a part of its own: cheap enough for every deployment.
pub(in crate::surfaces) fn is_small(plan: &Plan) -> bool {
    elements(plan) <= MOST_PARTS
}

fn elements(plan: &Plan) -> usize {
    plan.phases.iter().map(Vec::len).sum()
}

/// Parts of surfaces turned one at a time: where paths overlap, the best phases of a surface need not be
/// among those that are best for user and target alone. Small surfaces are turned element by element.
pub(in crate::surfaces) fn turn_parts(
    cascade: &Cascade,
    link: &Link,
    plan: &mut Plan,
) -> Result<(), Error> {
    if elements(plan) > LARGE {
        return Ok(());
    }
    let share = (MOST_PARTS / plan.phases.len().max(1)).max(1);
    let parts: Vec<(usize, Range<usize>)> = plan
        .phases
        .iter()
        .enumerate()
        .flat_map(|(k, v)| {
            let length = v.len().div_ceil(share).max(1);
            let n = v.len();
            (0..n).step_by(length).map(move |from| (k, from..(from + length).min(n)))
        })
        .collect();
    for _ in 0..SWEEPS_OF_PARTS {
        let before = plan.reach.merit();
        for (k, part) in &parts {
            plan.work.evaluations += turn(cascade, link, plan, *k, part.clone())?;
        }
        let now = plan.reach.merit();
        if now - before <= GAIN * now.abs() {
            break;
        }
    }
    Ok(())
}

/// What a search for orthogonal paths finds, and blends that all surfaces share, in phase and in
/// opposition.
fn blends(link: &Link, climber: &Climber) -> Vec<Vec<CurvePoint>> {
    let mut scorer = Scorer::new(link, Inner::Covariance(CovarianceSolver::new()));
    let mut candidates = vec![climber.search(&mut scorer).points];
    for i in 0..=BLENDS {
        for phase in [0.0, PI] {
            let blend = FRAC_PI_2 * f64::from(i) / f64::from(BLENDS);
            candidates.push(climber.curves().iter().map(|c| c.point(blend, phase)).collect());
        }
    }
    candidates
}

/// Common phases of the surfaces beyond the first, one at a time while that helps: with paths that
/// overlap they decide how paths add up. Returns the number of evaluations.
fn turn_together(cascade: &Cascade, link: &Link, plan: &mut Plan) -> Result<u64, Error> {
    let mut evaluations = 0;
    for _ in 0..SWEEPS {
        let before = plan.reach.merit();
        for k in 1..cascade.paths.len() {
            let whole = 0..plan.phases[k].len();
            evaluations += turn(cascade, link, plan, k, whole)?;
        }
        let now = plan.reach.merit();
        if now - before <= GAIN * now.abs() {
            break;
        }
    }
    Ok(evaluations)
}

/// The common phase of a part of one surface, all round and then by finer steps about the best.
fn turn(
    cascade: &Cascade,
    link: &Link,
    plan: &mut Plan,
    k: usize,
    part: Range<usize>,
) -> Result<u64, Error> {
    let mut evaluations = 0;
    let start = plan.phases[k].clone();
    let mut at = 0.0;
    let mut steps: Vec<f64> = (1..TURNS).map(|i| TAU * f64::from(i) / f64::from(TURNS)).collect();
    for round in 0..ROUNDS {
        let centre = at;
        for step in &steps {
            let turn = C64::from_polar(1.0, centre + step);
            let mut turned = start.clone();
            turned[part.clone()].iter_mut().for_each(|v| *v *= turn);
            let kept = std::mem::replace(&mut plan.phases[k], turned);
            evaluations += 1;
            let reach = coherent_score(cascade, link, &plan.phases)?;
            if reach > plan.reach {
                (plan.reach, at) = (reach, centre + step);
            } else {
                plan.phases[k] = kept;
            }
        }
        let finer = FINER * SHRINK.powi(round);
        steps = vec![finer, -finer];
    }
    Ok(evaluations)
}
