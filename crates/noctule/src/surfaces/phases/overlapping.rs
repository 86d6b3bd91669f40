//! Phases where paths overlap: nothing is in closed form there.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::rc::Rc;

use noctule_num::C64;
use noctule_phy::cascade::Cascade;

use super::curve::CurvePoint;
use super::light::align_light;
use super::plan::{Plan, coherent_score, phases_of};
use super::scorer::{Inner, Scorer};
use super::search::Climber;
use crate::Error;
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::Link;
use crate::surfaces::reach::Reach;

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
/// The relative gain below which another sweep is not worth it.
const GAIN: f64 = 1e-6;

/// Phases where paths overlap: the best of those that a search for orthogonal paths finds and of
/// blends that all surfaces share, each with the exact inner optimum.
pub(super) fn plan_overlapping(
    cascade: &Cascade,
    link: &Link,
    climber: Option<Rc<Climber>>,
) -> Result<Plan, Error> {
    let searched =
        (!link.user_decides()).then(|| climber.unwrap_or_else(|| Rc::new(Climber::new(link))));
    let candidates = searched.as_ref().map_or_else(Vec::new, |climber| blends(link, climber));
    let mut best = Plan::aligned(cascade, Reach::UNKNOWN);
    best.reach = coherent_score(cascade, link, &best.phases)?;
    best.work.evaluations += candidates.len() as u64;
    for points in candidates.into_iter().filter(|points| !points.is_empty()) {
        let Some(climber) = &searched else { break };
        let phases = phases_of(cascade, climber, &points);
        let reach = coherent_score(cascade, link, &phases)?;
        if reach > best.reach {
            best = Plan { phases, reach, points, ..best };
        }
    }
    let mut lit = best.phases.clone();
    align_light(cascade, &mut lit);
    let reach = coherent_score(cascade, link, &lit)?;
    if reach > best.reach {
        (best.phases, best.reach) = (lit, reach);
    }
    best.work.evaluations += turn_together(cascade, link, &mut best)?;
    best.starts = vec![best.reach];
    best.climber = searched;
    Ok(best)
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
            evaluations += turn(cascade, link, plan, k)?;
        }
        let now = plan.reach.merit();
        if now - before <= GAIN * now.abs() {
            break;
        }
    }
    Ok(evaluations)
}

/// The common phase of one surface, all round and then by finer steps about the best.
fn turn(cascade: &Cascade, link: &Link, plan: &mut Plan, k: usize) -> Result<u64, Error> {
    let mut evaluations = 0;
    let start = plan.phases[k].clone();
    let mut at = 0.0;
    let mut steps: Vec<f64> = (1..TURNS).map(|i| TAU * f64::from(i) / f64::from(TURNS)).collect();
    for round in 0..ROUNDS {
        let centre = at;
        for step in &steps {
            let turn = C64::from_polar(1.0, centre + step);
            let turned = start.iter().map(|v| v * turn).collect();
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
