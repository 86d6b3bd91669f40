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

use noctule_num::linalg::dot;
use noctule_num::{C64, CMat};
use noctule_optim::{Interrupt, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};

use super::covariance::{CovarianceSolver, Reduced};
use super::design::Signal;
use super::interval::aligned_bound;
use super::model::{Link, ORTHOGONAL, rate};
use super::plan::{Plan, covariances, plan_phases, relax};
use super::power::ROUNDING;
use super::select::{Chosen, Select, considered};
use super::{Deployment, Instance};
use crate::Error;

/// Phases with their covariances.
#[derive(Clone)]
struct Trial {
    /// The rate in nats, or minus the relative shortfall of the bound.
    score: f64,
    phases: Vec<Vec<C64>>,
    information: CMat,
    sensing: CMat,
    required: f64,
}

struct Judge<'a> {
    cascade: &'a Cascade,
    link: &'a Link,
    signal: Signal,
    limit: f64,
    /// Requirements tried between none and all, and halvings after that.
    effort: (u32, u32),
    evaluations: u64,
}

impl Judge<'_> {
    /// The best covariances found for given phases.
    fn judge(&mut self, phases: &[Vec<C64>]) -> Result<Trial, Error> {
        let free = self.lit(phases, 0.0)?;
        if free.score >= 0.0 {
            return Ok(free);
        }
        let light = self.cascade.illumination(phases);
        let norm: f64 = light.response.iter().map(C64::norm_sqr).sum();
        let top = self.link.required.min(self.link.power * norm);
        let mut best = self.scan(&free, |this, share| this.lit(phases, share * top))?;
        if self.signal == Signal::Covariance && norm > 0.0 {
            let c = dot(&light.response, &light.slope) / norm;
            let bend: Vec<C64> =
                light.slope.iter().zip(&light.response).map(|(s, g)| s - g * c).collect();
            let change: f64 = bend.iter().map(C64::norm_sqr).sum();
            if change > 1e-12 * norm {
                let other = self.scan(&free, |this, share| this.bent(phases, &bend, share))?;
                if other.score > best.score {
                    best = other;
                }
            }
        }
        Ok(best)
    }

    /// The least share with which the bound is kept, as far as a grid and halving tell.
    fn scan(
        &mut self,
        free: &Trial,
        mut at: impl FnMut(&mut Self, f64) -> Result<Trial, Error>,
    ) -> Result<Trial, Error> {
        let (grid, halvings) = self.effort;
        let mut best = free.clone();
        for i in 1..=grid {
            let high = f64::from(i) / f64::from(grid);
            let trial = at(self, high)?;
            let met = trial.score >= 0.0;
            if trial.score > best.score {
                best = trial;
            }
            if !met {
                continue;
            }
            let (mut low, mut high) = (f64::from(i - 1) / f64::from(grid), high);
            for _ in 0..halvings {
                let middle = 0.5 * (low + high);
                let trial = at(self, middle)?;
                if trial.score >= 0.0 {
                    high = middle;
                    if trial.score > best.score {
                        best = trial;
                    }
                } else {
                    low = middle;
                }
            }
            break;
        }
        Ok(best)
    }

    fn lit(&mut self, phases: &[Vec<C64>], required: f64) -> Result<Trial, Error> {
        let (information, sensing) =
            covariances(self.cascade, self.signal, phases, self.link.power, required)?;
        self.rated(phases, information, sensing, required)
    }

    fn bent(&mut self, phases: &[Vec<C64>], bend: &[C64], share: f64) -> Result<Trial, Error> {
        let channel = self.cascade.channel(phases);
        let reduced = Reduced::new(&channel, self.cascade.user_noise_w, bend)?;
        let (spectrum, power) = (&reduced.spectrum, self.link.power);
        let dual = CovarianceSolver::new().solve(&spectrum.gains, &spectrum.overlaps, power, share);
        let information = reduced.covariance(&dual, power, share * power * reduced.illumination)?;
        let nothing = CMat::zeros(bend.len(), bend.len());
        self.rated(phases, information, nothing, 0.0)
    }

    fn rated(
        &mut self,
        phases: &[Vec<C64>],
        information: CMat,
        sensing: CMat,
        required: f64,
    ) -> Result<Trial, Error> {
        self.evaluations += 1;
        let n = information.rows();
        let total = CMat::from_fn(n, n, |i, j| information[(i, j)] + sensing[(i, j)]);
        let crb = self.cascade.crb(self.cascade.illumination(phases).powers(&total));
        let score = if crb <= self.limit * (1.0 + ROUNDING) {
            rate(&self.cascade.channel(phases), &information, self.cascade.user_noise_w)?
        } else {
            self.limit / crb - 1.0
        };
        Ok(Trial { score, phases: phases.to_vec(), information, sensing, required })
    }
}

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

fn search(
    judge: &mut Judge<'_>,
    bases: &[Vec<Vec<C64>>],
    enough: f64,
    refine: bool,
) -> Result<Option<Trial>, Error> {
    let paths = &judge.cascade.paths;
    let user: Vec<Vec<C64>> = paths.iter().map(SurfacePath::user_vector).collect();
    let target: Vec<Vec<C64>> = paths.iter().map(SurfacePath::target_vector).collect();
    let mut best: Option<Trial> = None;
    let better = |trial: Trial, best: &mut Option<Trial>| {
        let found = best.as_ref().is_none_or(|best| trial.score > best.score);
        if found {
            *best = Some(trial);
        }
        found
    };
    for base in bases {
        for first in [&base[0], &user[0], &target[0]] {
            for size in TILTS {
                for turns in if size > 0.0 { vec![size, -size] } else { vec![0.0] } {
                    let mut phases = base.clone();
                    phases[0] = tilted(first, turns);
                    let trial = judge.judge(&phases)?;
                    better(trial, &mut best);
                }
                if best.as_ref().is_some_and(|best| best.score >= enough * (1.0 - 1e-9)) {
                    return Ok(best);
                }
            }
        }
    }
    if !refine {
        return Ok(best);
    }
    let apart = split(&target[0]);
    let limit = judge.evaluations
        + if user.iter().map(Vec::len).sum::<usize>() > 20_000 { 300 } else { 6000 };
    for step in [0.4, 0.15, 0.06, 0.02, 0.007] {
        for _ in 0..6 {
            let mut moved = false;
            for k in 0..user.len() {
                for kind in 0..if k == 0 { 5 } else { 2 } {
                    let Some(now) = best.as_ref() else { return Ok(best) };
                    if judge.evaluations > limit {
                        return Ok(best);
                    }
                    let mut phases = now.phases.clone();
                    phases[k] = match kind {
                        0 => towards(&phases[k], &user[k], step),
                        1 => towards(&phases[k], &target[k], step),
                        2 => towards(&phases[k], &apart, step),
                        3 => tilted(&phases[k], 0.3 * step),
                        _ => tilted(&phases[k], -0.3 * step),
                    };
                    let trial = judge.judge(&phases)?;
                    moved |= better(trial, &mut best);
                }
            }
            if !moved {
                break;
            }
        }
    }
    Ok(best)
}

/// What was found under the bound itself.
pub(super) struct Exact {
    pub(super) sites: Vec<usize>,
    pub(super) plan: Plan,
    /// No design over any of the deployments has a higher rate, in nats.
    pub(super) capacity: f64,
    pub(super) passed_over: usize,
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
    let mut found: Option<(Vec<usize>, Trial)> = None;
    let mut work = Work::default();
    for (ideal, sites) in ideals {
        let reached = found.as_ref().map_or(f64::NEG_INFINITY, |(_, trial)| trial.score);
        if ideal <= reached * (1.0 + 1e-9) || (found.is_some() && interrupt.is_raised()) {
            break;
        }
        let effort = if several { (3, 2) } else { (6, 6) };
        let trial = over(instance, &sites, signal, limit, effort, ideal, None, &mut work)?;
        if trial.score > reached {
            found = Some((sites, trial));
        }
    }
    let Some((sites, mut trial)) = found else { return Err(super::select::no_deployment()) };
    if several && trial.score < capacity * (1.0 - 1e-9) {
        let from = Some(trial.phases.clone());
        let finer = over(instance, &sites, signal, limit, (6, 6), capacity, from, &mut work)?;
        if finer.score > trial.score {
            trial = finer;
        }
    }
    let plan = Plan {
        built: Some(Deployment::steady(
            sites.clone(),
            trial.phases.clone(),
            trial.information,
            trial.sensing,
        )),
        phases: trial.phases,
        score: trial.score,
        points: Vec::new(),
        relaxed: Some(trial.required),
        starts: vec![trial.score],
        work,
    };
    Ok(Exact { sites, plan, capacity, passed_over })
}

/// The search over one deployment. With phases to start from it is refined.
#[allow(clippy::too_many_arguments)]
fn over(
    instance: &Instance,
    sites: &[usize],
    signal: Signal,
    limit: f64,
    effort: (u32, u32),
    enough: f64,
    from: Option<Vec<Vec<C64>>>,
    work: &mut Work,
) -> Result<Trial, Error> {
    let cascade = instance.cascade(sites);
    let link = Link::new(instance, &cascade);
    let refine = effort.0 > 3;
    let mut plan = plan_phases(&cascade, &link, signal)?;
    let mut bases = vec![plan.phases.clone()];
    if !link.is_co_located() {
        bases.push(cascade.paths.iter().map(SurfacePath::user_vector).collect());
        if refine {
            plan = relax(instance, sites, &cascade, &link, signal, plan)?;
            bases.push(plan.phases.clone());
        }
    }
    *work += plan.work;
    bases.extend(from);
    let mut judge = Judge { cascade: &cascade, link: &link, signal, limit, effort, evaluations: 0 };
    let found = search(&mut judge, &bases, enough, refine)?;
    work.evaluations += judge.evaluations;
    let Some(mut trial) = found else { return Err(super::select::no_deployment()) };
    if refine {
        judge.effort = (24, 30);
        let finer = judge.judge(&trial.phases)?;
        if finer.score > trial.score {
            trial = finer;
        }
    }
    Ok(trial)
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
        }
    }
}
