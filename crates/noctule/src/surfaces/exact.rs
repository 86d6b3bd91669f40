//! Designs that keep the Cramér–Rao bound (16) itself below the limit.
//!
//! Beside the illumination `gᴴRg` that (21) counts, (16) counts how the illumination changes with the
//! place of the target, `min_c (g'−cg)ᴴR(g'−cg)`: a beam of the surface with sensors that misses the
//! target by a little tells much about its direction, as long as another path lights it. Aligned
//! surfaces have `g' = 0` and use nothing of that. The search here starts from designs for (21), from
//! surfaces aligned to user and target, tilts the first surface and moves all of them towards user,
//! target and a split beam. For given phases it asks for as little illumination (or change of it) as
//! the bound allows. It proves nothing; what no phases exceed is the capacity without requirement.

use std::f64::consts::PI;

use noctule_num::C64;
use noctule_num::linalg::dot;
use noctule_optim::{Interrupt, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};

use super::design::Signal;
use super::interval::aligned_bound;
use super::judge::{Candidate, Judge, Trial};
use super::model::{Link, ORTHOGONAL};
use super::plan::{Plan, plan_phases, relax};
use super::select::{Chosen, Select, considered, no_deployment};
use super::{Deployment, Instance};
use crate::Error;

fn tilted(phases: &[C64], turns: f64) -> Vec<C64> {
    let n = phases.len() as f64;
    let at = |i: usize| 2.0 * PI * turns * (i as f64 - (n - 1.0) / 2.0) / n;
    phases.iter().enumerate().map(|(i, v)| v * C64::from_polar(1.0, at(i))).collect()
}

/// `v` moved towards a direction, after the common rotation that brings them together.
fn towards(v: &[C64], direction: &[C64], step: f64) -> Vec<C64> {
    let turn = dot(direction, v);
    let turn = if turn.norm() > 0.0 { turn / turn.norm() } else { C64::ONE };
    let moved = v.iter().zip(direction).map(|(v, d)| {
        let sum = v + d * turn * step;
        if sum.norm() > 1e-9 { sum / sum.norm() } else { *v }
    });
    moved.collect()
}

/// Opposite signs on the two halves: what the derivative of the illumination sees most of.
fn split(v: &[C64]) -> Vec<C64> {
    let half = v.len() / 2;
    v.iter().enumerate().map(|(i, v)| if i < half { -*v } else { *v }).collect()
}

const TILTS: [f64; 10] = [0.0, 0.01, 0.03, 0.07, 0.13, 0.22, 0.35, 0.5, 0.7, 0.95];

/// The best phases so far with their covariances.
struct Found {
    trial: Trial,
    candidate: Candidate,
}

/// A search over one deployment.
struct Search<'a> {
    judge: Judge<'a>,
    interrupt: &'a Interrupt,
    best: Option<Found>,
    interrupted: bool,
}

impl Search<'_> {
    /// Whether to stop: there is something, and nobody waits any longer.
    fn stopped(&mut self) -> bool {
        self.interrupted |= self.best.is_some() && self.interrupt.is_raised();
        self.interrupted
    }

    /// Judge a candidate; whether it is the best so far.
    fn offer(&mut self, candidate: Candidate) -> Result<bool, Error> {
        let trial = self.judge.judge(&candidate)?;
        let better = self.best.as_ref().is_none_or(|best| trial.score > best.trial.score);
        if better {
            self.best = Some(Found { trial, candidate });
        }
        Ok(better)
    }

    /// The first surface tilted, from several starts; whether `enough` was reached.
    fn tilt(&mut self, bases: &[Candidate], enough: f64) -> Result<bool, Error> {
        let aligned = [self.judge.user[0].clone(), self.judge.target[0].clone()];
        for base in bases {
            for first in [base.surface(0), &aligned[0], &aligned[1]] {
                for size in TILTS {
                    let signs: &[f64] = if size > 0.0 { &[1.0, -1.0] } else { &[1.0] };
                    for sign in signs {
                        if self.stopped() {
                            return Ok(true);
                        }
                        self.offer(self.judge.moved(base, 0, tilted(first, sign * size)))?;
                    }
                    let reached = |best: &Found| best.trial.score >= enough * (1.0 - 1e-9);
                    if self.best.as_ref().is_some_and(reached) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Moves of one surface at a time with shrinking steps.
    fn refine(&mut self) -> Result<(), Error> {
        let surfaces = self.judge.user.len();
        let elements: usize = self.judge.user.iter().map(Vec::len).sum();
        let apart = split(&self.judge.target[0]);
        let limit = self.judge.evaluations + if elements > 20_000 { 300 } else { 6000 };
        for step in [0.4, 0.15, 0.06, 0.02, 0.007] {
            for _ in 0..6 {
                let mut moved = false;
                for k in 0..surfaces {
                    for kind in 0..if k == 0 { 5 } else { 2 } {
                        if self.stopped() || self.judge.evaluations > limit {
                            return Ok(());
                        }
                        let Some(now) = self.best.as_ref() else { return Ok(()) };
                        let v = now.candidate.surface(k);
                        let phases = match kind {
                            0 => towards(v, &self.judge.user[k], step),
                            1 => towards(v, &self.judge.target[k], step),
                            2 => towards(v, &apart, step),
                            3 => tilted(v, 0.3 * step),
                            _ => tilted(v, -0.3 * step),
                        };
                        moved |= self.offer(self.judge.moved(&now.candidate, k, phases))?;
                    }
                }
                if !moved {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What was found under the bound itself.
pub(super) struct Exact {
    sites: Vec<usize>,
    plan: Plan,
    /// No design over any of the deployments has a higher rate, in nats.
    capacity: f64,
    passed_over: usize,
    interrupted: bool,
}

/// The best deployment and design under the bound itself, as far as the search tells.
pub(super) fn choose_exact(
    instance: &Instance,
    signal: Signal,
    select: Select,
    limit: f64,
    interrupt: &Interrupt,
) -> Result<Exact, Error> {
    let mut passed_over = 0;
    let mut ideals: Vec<(f64, Vec<usize>)> = Vec::new();
    let several = select == Select::Best && instance.sites() > 1;
    for sites in considered(instance, select)? {
        let cascade = instance.cascade(&sites);
        let (base, user) = cascade.coherence();
        if several && signal == Signal::Dedicated && base.max(user) > ORTHOGONAL {
            passed_over += 1;
            continue;
        }
        let free = Link { required: 0.0, ..Link::new(instance, &cascade) };
        ideals.push((aligned_bound(&cascade, &free).0, sites));
    }
    ideals.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.len().cmp(&b.1.len())).then(a.1.cmp(&b.1)));
    let capacity = ideals.first().map_or(0.0, |(ideal, _)| *ideal);
    let mut found: Option<(Vec<usize>, Found)> = None;
    let mut work = Work::default();
    let mut interrupted = false;
    for (ideal, sites) in ideals {
        let reached = found.as_ref().map_or(f64::NEG_INFINITY, |(_, found)| found.trial.score);
        if ideal <= reached * (1.0 + 1e-9) {
            break;
        }
        if found.is_some() && interrupt.is_raised() {
            interrupted = true;
            break;
        }
        let effort = if several { (3, 2) } else { (6, 6) };
        let at = Over { instance, sites: &sites, signal, limit, effort, enough: ideal };
        let other = at.search(None, interrupt, &mut interrupted, &mut work)?;
        if other.trial.score > reached {
            found = Some((sites, other));
        }
    }
    let Some((sites, mut found)) = found else { return Err(no_deployment()) };
    if several && !interrupted && found.trial.score < capacity * (1.0 - 1e-9) {
        let from = Some(found.candidate.phases());
        let at = Over { instance, sites: &sites, signal, limit, effort: (6, 6), enough: capacity };
        let finer = at.search(from, interrupt, &mut interrupted, &mut work)?;
        if finer.trial.score > found.trial.score {
            found = finer;
        }
    }
    let Found { trial, candidate } = found;
    let (information, sensing) = trial.covariances();
    let phases = candidate.phases();
    let built = Deployment::steady(sites.clone(), phases.clone(), information, sensing);
    let plan = Plan {
        built: Some(built),
        phases,
        score: trial.score,
        relaxed: Some(trial.required),
        starts: vec![trial.score],
        work,
        ..Plan::unknown()
    };
    Ok(Exact { sites, plan, capacity, passed_over, interrupted })
}

/// The best of several sets of phases, as a deployment.
pub(super) fn best_of(
    sites: Vec<usize>,
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    limit: f64,
    candidates: &[Vec<Vec<C64>>],
) -> Result<Deployment, Error> {
    let mut judge = Judge::new(cascade, link, signal, limit, (24, 40));
    let mut best: Option<(Trial, &Vec<Vec<C64>>)> = None;
    for phases in candidates {
        let trial = judge.judge(&judge.candidate(phases))?;
        if best.as_ref().is_none_or(|(best, _)| trial.score > best.score) {
            best = Some((trial, phases));
        }
    }
    let Some((trial, phases)) = best else { return Err(no_deployment()) };
    let (information, sensing) = trial.covariances();
    Ok(Deployment::steady(sites, phases.clone(), information, sensing))
}

/// A deployment to search over.
struct Over<'a> {
    instance: &'a Instance,
    sites: &'a [usize],
    signal: Signal,
    limit: f64,
    effort: (u32, u32),
    /// A rate that cannot be exceeded.
    enough: f64,
}

impl Over<'_> {
    /// The search over one deployment; some effort refines it. With phases to start from.
    fn search(
        &self,
        from: Option<Vec<Vec<C64>>>,
        interrupt: &Interrupt,
        interrupted: &mut bool,
        work: &mut Work,
    ) -> Result<Found, Error> {
        let Self { instance, sites, signal, limit, effort, enough } = *self;
        let cascade = instance.cascade(sites);
        let link = Link::new(instance, &cascade);
        let refine = effort.0 > 3;
        let mut plan = plan_phases(&cascade, &link, signal)?;
        let mut bases = vec![plan.phases.clone()];
        if !link.user_decides() {
            bases.push(cascade.paths.iter().map(SurfacePath::user_vector).collect());
            if refine {
                plan = relax(instance, sites, &cascade, &link, signal, plan, interrupt)?;
                bases.push(plan.phases.clone());
            }
        }
        *work += plan.work;
        bases.extend(from);
        let judge = Judge::new(&cascade, &link, signal, limit, effort);
        let bases: Vec<Candidate> = bases.iter().map(|phases| judge.candidate(phases)).collect();
        let mut search = Search { judge, interrupt, best: None, interrupted: false };
        let enough = search.tilt(&bases, enough)?;
        if refine && !enough {
            search.refine()?;
        }
        let Search { mut judge, best, interrupted: stopped, .. } = search;
        *interrupted |= stopped;
        let Some(mut found) = best else { return Err(no_deployment()) };
        if refine {
            judge.effort = (24, 30);
            let finer = judge.judge(&found.candidate)?;
            if finer.score > found.trial.score {
                found.trial = finer;
            }
        }
        work.evaluations += judge.evaluations;
        Ok(found)
    }
}

impl Exact {
    /// As what was chosen.
    pub(super) fn chosen(self) -> Chosen {
        Chosen {
            sites: self.sites,
            plan: Some(self.plan),
            work: Work::default(),
            ceiling: Some((self.capacity, false)),
            rivals: Vec::new(),
            passed_over: self.passed_over,
            interrupted: self.interrupted,
            unseen: false,
        }
    }
}
