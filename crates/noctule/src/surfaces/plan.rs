//! Phases for a deployment, and the covariances that go with them.

use std::f64::consts::TAU;
use std::rc::Rc;

use noctule_num::linalg::dot;
use noctule_num::{C64, CMat};
use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;

use super::covariance::{CovarianceSolver, Reduced};
use super::curve::{Curve, CurvePoint};
use super::design::Signal;
use super::model::{self, Link, evaluate, need_orthogonal};
use super::power::{Allocator, ROUNDING};
use super::search::{Climber, Inner, Scorer};
use super::select::coherent_score;
use super::summit::{MOST, Summit};
use super::{Deployment, Instance};
use crate::Error;

/// Phases for all surfaces of a deployment, and what is known about them.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// One set of phases for each surface.
    pub(super) phases: Vec<Vec<C64>>,
    /// The rate in nats by the formulas for orthogonal paths, negative where the requirement is out
    /// of reach.
    pub(super) score: f64,
    /// The points on the trade-off curves, where the phases came from there.
    pub(super) points: Vec<CurvePoint>,
    /// The illumination that was asked for, where it is not the required one.
    pub(super) relaxed: Option<f64>,
    /// The deployment itself, where the search made it.
    pub(super) built: Option<Deployment>,
    /// The curves, where they were searched.
    pub(super) climber: Option<Rc<Climber>>,
    pub(super) starts: Vec<f64>,
    pub(super) work: Work,
}

impl Plan {
    /// A closed form is computed; a search stops when its smallest steps no longer help.
    pub(super) const fn stop(&self) -> Stop {
        if self.points.is_empty() && self.built.is_none() { Stop::Computed } else { Stop::Stalled }
    }

    /// No phases yet.
    pub(super) fn unknown() -> Self {
        Self {
            phases: Vec::new(),
            score: f64::NEG_INFINITY,
            points: Vec::new(),
            relaxed: None,
            built: None,
            climber: None,
            starts: Vec::new(),
            work: Work::default(),
        }
    }

    /// Aligned to user and target alike.
    fn aligned(cascade: &Cascade, score: f64) -> Self {
        Self {
            phases: cascade.paths.iter().map(SurfacePath::user_vector).collect(),
            score,
            starts: vec![score],
            work: Work { evaluations: 1, ..Work::default() },
            ..Self::unknown()
        }
    }
}

/// Phases of points on the curves.
pub(super) fn phases_of(
    cascade: &Cascade,
    climber: &Climber,
    points: &[CurvePoint],
) -> Vec<Vec<C64>> {
    turned(cascade, climber.curves(), points)
}

/// The same from the curves themselves.
pub(super) fn turned(cascade: &Cascade, curves: &[Curve], points: &[CurvePoint]) -> Vec<Vec<C64>> {
    let surfaces = cascade.paths.iter().zip(curves).zip(points);
    surfaces
        .map(|((path, curve), point)| curve.phases(&path.user_vector(), point.blend, point.phase))
        .collect()
}

/// Phases for a deployment: aligned where the user decides, else searched.
pub(super) fn plan_phases(cascade: &Cascade, link: &Link, signal: Signal) -> Result<Plan, Error> {
    plan_on(cascade, link, signal, None)
}

/// The same with the curves of an earlier search over the same surfaces.
fn plan_on(
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    climber: Option<Rc<Climber>>,
) -> Result<Plan, Error> {
    if signal == Signal::Dedicated {
        need_orthogonal(cascade)?;
    }
    let (base, user) = cascade.coherence();
    if base.max(user) > model::ORTHOGONAL {
        return plan_overlapping(cascade, link, climber);
    }
    let short = link.required > link.reachable() * (1.0 + ROUNDING);
    if link.user_decides() || short {
        let (gains, weights) = link.aligned();
        let score = if short {
            link.reachable() / link.required - 1.0
        } else {
            aligned_score(signal, &gains, &weights, link)
        };
        return Ok(Plan::aligned(cascade, score));
    }
    let inner = match signal {
        Signal::Dedicated => Inner::Powers(Allocator::new(link.gains.len())),
        Signal::Covariance => Inner::Covariance(CovarianceSolver::new()),
    };
    let mut scorer = Scorer::new(link, inner);
    if let Some(plan) = alone(cascade, link, &mut scorer) {
        return Ok(plan);
    }
    let climber = climber.unwrap_or_else(|| Rc::new(Climber::new(link)));
    let found = climber.search(&mut scorer);
    Ok(Plan {
        phases: phases_of(cascade, &climber, &found.points),
        score: found.score,
        points: found.points,
        relaxed: None,
        built: None,
        climber: Some(climber),
        starts: found.starts,
        work: Work { evaluations: scorer.evaluations, ..Work::default() },
    })
}

/// With one surface all power goes to its one path, and the requirement is one on |y| alone: the
/// best phases are the [`Summit`] of its curve, whatever the kind of signal.
pub(super) fn summit(link: &Link) -> Option<Summit> {
    let (&[elements], &[step]) = (link.elements.as_slice(), link.steps.as_slice()) else {
        return None;
    };
    let target = (link.required / (link.power * link.weights[0])).sqrt();
    (elements <= MOST && target.is_finite())
        .then(|| Summit::of(&Curve::new(elements, step), target))
}

/// The plan of a single surface, where rounding does not make it miss the requirement.
fn alone(cascade: &Cascade, link: &Link, scorer: &mut Scorer<'_>) -> Option<Plan> {
    let found = summit(link)?;
    let points = vec![found.point];
    let score = scorer.score(&points);
    (score >= 0.0).then(|| Plan {
        phases: turned(cascade, &[Curve::new(link.elements[0], link.steps[0])], &points),
        score,
        points,
        starts: vec![score],
        work: Work { evaluations: found.examined, ..Work::default() },
        ..Plan::unknown()
    })
}

/// Phases where paths overlap: the best of those that a search for orthogonal paths finds and of
/// blends that all surfaces share, each with the exact inner optimum.
fn plan_overlapping(
    cascade: &Cascade,
    link: &Link,
    climber: Option<Rc<Climber>>,
) -> Result<Plan, Error> {
    let mut candidates: Vec<Vec<CurvePoint>> = Vec::new();
    let searched =
        (!link.user_decides()).then(|| climber.unwrap_or_else(|| Rc::new(Climber::new(link))));
    if let Some(climber) = &searched {
        let mut scorer = Scorer::new(link, Inner::Covariance(CovarianceSolver::new()));
        candidates.push(climber.search(&mut scorer).points);
        for i in 0..=12 {
            for phase in [0.0, std::f64::consts::PI] {
                let blend = std::f64::consts::FRAC_PI_2 * f64::from(i) / 12.0;
                candidates.push(climber.curves().iter().map(|c| c.point(blend, phase)).collect());
            }
        }
    }
    let mut best = Plan::aligned(cascade, 0.0);
    best.score = coherent_score(cascade, link, &best.phases)?;
    best.work.evaluations += candidates.len() as u64;
    for points in candidates.into_iter().filter(|points| !points.is_empty()) {
        let Some(climber) = &searched else { break };
        let phases = phases_of(cascade, climber, &points);
        let score = coherent_score(cascade, link, &phases)?;
        if score > best.score {
            best = Plan { phases, score, points, ..best };
        }
    }
    let mut lit = best.phases.clone();
    align_light(cascade, &mut lit);
    let score = coherent_score(cascade, link, &lit)?;
    if score > best.score {
        (best.phases, best.score) = (lit, score);
    }
    best.work.evaluations += turn_together(cascade, link, &mut best)?;
    best.starts = vec![best.score];
    best.climber = searched;
    Ok(best)
}

/// Common phases of the surfaces beyond the first, one at a time while that helps: with paths that
/// overlap they decide how paths add up. Returns the number of evaluations.
fn turn_together(cascade: &Cascade, link: &Link, plan: &mut Plan) -> Result<u64, Error> {
    let mut evaluations = 0;
    for _ in 0..4 {
        let before = plan.score;
        for k in 1..cascade.paths.len() {
            let start = plan.phases[k].clone();
            let mut at = 0.0;
            let mut steps: Vec<f64> = (1..8).map(|i| TAU * f64::from(i) / 8.0).collect();
            for round in 0..8 {
                let centre = at;
                for step in &steps {
                    let turn = C64::from_polar(1.0, centre + step);
                    let kept = std::mem::replace(
                        &mut plan.phases[k],
                        start.iter().map(|v| v * turn).collect(),
                    );
                    evaluations += 1;
                    let score = coherent_score(cascade, link, &plan.phases)?;
                    if score > plan.score {
                        (plan.score, at) = (score, centre + step);
                    } else {
                        plan.phases[k] = kept;
                    }
                }
                let finer = TAU / 24.0 * 0.4_f64.powi(round);
                steps = vec![finer, -finer];
            }
        }
        if plan.score - before <= 1e-6 * plan.score.abs() {
            break;
        }
    }
    Ok(evaluations)
}

/// Turn whole surfaces so that their paths add up at the target, one at a time: nothing to do where
/// paths are orthogonal.
pub(super) fn align_light(cascade: &Cascade, phases: &mut [Vec<C64>]) {
    let (base, _) = cascade.coherence();
    if base <= model::ORTHOGONAL {
        return;
    }
    let array = CentredArray::new(cascade.transmit_antennas);
    // contributions to g
    let mut parts: Vec<Vec<C64>> = cascade
        .paths
        .iter()
        .zip(phases.iter())
        .enumerate()
        .map(|(k, (path, v))| {
            let amplitude = path.base_gain.sqrt() * cascade.relative_amplitude(k);
            let factor = path.illumination(v).0.conj() * amplitude;
            array.response(path.base_departure).iter().map(|b| b * factor).collect()
        })
        .collect();
    for _ in 0..200 {
        let mut change = 0.0_f64;
        for k in 1..parts.len() {
            let mut rest = vec![C64::ZERO; cascade.transmit_antennas];
            for (_, part) in parts.iter().enumerate().filter(|(i, _)| *i != k) {
                for (sum, x) in rest.iter_mut().zip(part) {
                    *sum += x;
                }
            }
            let along = dot(&parts[k], &rest);
            if along.norm() <= 1e-300 {
                continue;
            }
            let turn = along / along.norm();
            change = change.max((turn - C64::ONE).norm());
            parts[k].iter_mut().for_each(|x| *x *= turn);
            phases[k].iter_mut().for_each(|v| *v *= turn.conj());
        }
        if change < 1e-12 {
            break;
        }
    }
}

/// The rate in nats of aligned surfaces.
pub(super) fn aligned_score(signal: Signal, gains: &[f64], weights: &[f64], link: &Link) -> f64 {
    match signal {
        Signal::Dedicated => Allocator::new(gains.len())
            .allocate(gains, weights, link.power, link.required)
            .map_or(-1.0, |found| found.rate_nats),
        Signal::Covariance => {
            let total: f64 = weights.iter().sum();
            let overlaps: Vec<f64> =
                gains.iter().zip(weights).map(|(g, w)| g * w / total).collect();
            let share = link.required / (link.power * total);
            CovarianceSolver::new().solve(gains, &overlaps, link.power, share).rate_nats
        }
    }
}

/// Ask for less illumination, as long as the Cramér–Rao bound itself stays below the limit.
pub(super) fn relax(
    instance: &Instance,
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    plan: Plan,
    interrupt: &Interrupt,
) -> Result<Plan, Error> {
    let Some(limit) = instance.parts().crb_limit else { return Ok(plan) };
    let highest = (link.reachable() / link.required).min(1.0) * (1.0 - 1e-9);
    let mut best = if plan.score >= 0.0 { Some(plan.clone()) } else { None };
    let mut work = plan.work;
    let (mut low, mut high) = (0.0, highest);
    // large surfaces cost more: fewer halvings
    let rounds = if link.elements.iter().sum::<usize>() > 20_000 { 6 } else { 14 };
    for round in 0..rounds {
        if interrupt.is_raised() {
            break;
        }
        let share = if round == 0 { high } else { 0.5 * (low + high) };
        let eased = Link { required: share * link.required, ..link.clone() };
        let mut trial = plan_on(cascade, &eased, signal, plan.climber.clone())?;
        work += trial.work;
        trial.relaxed = Some(eased.required);
        let built = settle(sites, cascade, &eased, signal, &trial)?;
        let crb = evaluate(instance, &built)?.crb;
        let meets = trial.score >= 0.0 && crb.is_some_and(|crb| crb <= limit * (1.0 + ROUNDING));
        if meets {
            high = share;
            if best.as_ref().is_none_or(|best| trial.score > best.score) {
                best = Some(trial);
            }
        } else if round == 0 && best.is_none() {
            // not even the strongest illumination meets the bound
            break;
        } else {
            low = share;
        }
    }
    let mut best = best.unwrap_or(plan);
    best.work = work;
    Ok(best)
}

/// Covariances for the phases of a plan.
pub(super) fn settle(
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    plan: &Plan,
) -> Result<Deployment, Error> {
    if let Some(built) = &plan.built {
        return Ok(built.clone());
    }
    let required = plan.relaxed.unwrap_or(link.required);
    let (information, sensing) = covariances(cascade, signal, &plan.phases, link.power, required)?;
    Ok(Deployment::steady(sites.to_vec(), plan.phases.clone(), information, sensing))
}

/// The best covariances of a kind for given phases. Where the requirement is out of reach of these
/// phases, all power lights the target.
pub(super) fn covariances(
    cascade: &Cascade,
    signal: Signal,
    phases: &[Vec<C64>],
    power: f64,
    required: f64,
) -> Result<(CMat, CMat), Error> {
    let n = cascade.transmit_antennas;
    let light = cascade.illumination(phases).response;
    let norm: f64 = light.iter().map(C64::norm_sqr).sum();
    let nothing = CMat::zeros(n, n);
    match signal {
        Signal::Covariance => {
            let channel = cascade.channel(phases);
            let reduced = Reduced::new(&channel, cascade.user_noise_w, &light)?;
            let share = if norm > 0.0 { (required / (power * norm)).clamp(0.0, 1.0) } else { 0.0 };
            let spectrum = &reduced.spectrum;
            let dual =
                CovarianceSolver::new().solve(&spectrum.gains, &spectrum.overlaps, power, share);
            Ok((reduced.covariance(&dual, power, required)?, nothing))
        }
        Signal::Dedicated => {
            let gains: Vec<f64> = cascade
                .paths
                .iter()
                .zip(phases)
                .enumerate()
                .map(|(k, (path, v))| cascade.stream_gain(k) * path.user_amplitude(v).norm_sqr())
                .collect();
            let weights: Vec<f64> = cascade
                .paths
                .iter()
                .zip(phases)
                .enumerate()
                .map(|(k, (path, v))| cascade.sensing_weight(k) * path.illumination(v).0.norm_sqr())
                .collect();
            let mut allocator = Allocator::new(gains.len());
            let Some(found) = allocator.allocate(&gains, &weights, power, required) else {
                return Ok((nothing, beam(&light, power)));
            };
            let mut information = nothing;
            for (path, p) in cascade.paths.iter().zip(allocator.powers()) {
                let a = CentredArray::new(n).response(path.base_departure);
                add_outer(&mut information, &a, p / n as f64);
            }
            Ok((information, beam(&light, found.sensing_power)))
        }
    }
}

/// `power · x xᴴ / ‖x‖²`; zero for a vector of zeros.
pub(super) fn beam(x: &[C64], power: f64) -> CMat {
    let norm = dot(x, x).re;
    let mut out = CMat::zeros(x.len(), x.len());
    if norm > 0.0 {
        add_outer(&mut out, x, power / norm);
    }
    out
}

fn add_outer(out: &mut CMat, x: &[C64], scale: f64) {
    for (j, b) in x.iter().enumerate() {
        let factor = b.conj() * scale;
        for (entry, a) in out.col_mut(j).iter_mut().zip(x) {
            *entry += a * factor;
        }
    }
}
