//! Designs that keep the Cramér–Rao bound (16) itself below the limit.
//!
//! Beside the illumination `gᴴRg` that (21) counts, (16) counts how the illumination changes with the
//! place of the target, `min_c (g'−cg)ᴴR(g'−cg)`: a beam of the surface with sensors that misses the
//! target by a little tells much about its direction, as long as another path lights it. Aligned
//! surfaces have `g' = 0` and use nothing of that. The search here starts from designs for (21), from
//! surfaces aligned to user and target, tilts the first surface and moves all of them towards user,
//! target and a split beam. For given phases it asks for as little illumination (or change of it) as
//! the bound allows. It proves nothing; what no phases exceed is the capacity without requirement.

use std::f64::consts::TAU;

use noctule_num::C64;
use noctule_num::rng::{StreamKey, uniform};
use noctule_optim::Work;
use noctule_phy::cascade::{Cascade, SurfacePath};

use super::Asked;
use super::judge::{Candidate, Effort, Judge, Trial};
use super::moves::{ALL_OF_IT, FEW, Found, Search};
use super::relax::relax;
use crate::Error;
use crate::surfaces::bounds::aligned::{aligned_bound, coarse_bound, highest};
use crate::surfaces::chosen::{Chosen, considered, no_deployment};
use crate::surfaces::model::{Link, ORTHOGONAL};
use crate::surfaces::phases::find::plan_phases;
use crate::surfaces::phases::light::align_light;
use crate::surfaces::phases::plan::Plan;
use crate::surfaces::reach::Reach;
use crate::surfaces::settings::{Select, Signal};
use crate::surfaces::{Deployment, SYSTEM};

/// Starts of small surfaces beside those that follow from user and target.
const STARTS: u64 = 24;

/// Phases drawn for a start, the same in every run.
fn random_phases(elements: &[usize], start: u64) -> Vec<Vec<C64>> {
    let mut rng = StreamKey::new(0, SYSTEM, "exact-starts", start).trial(0);
    let mut phase = || C64::from_polar(1.0, uniform(&mut rng, 0.0, TAU));
    elements.iter().map(|&n| (0..n).map(|_| phase()).collect()).collect()
}

/// What a choice costs and whether it was cut short.
#[derive(Default)]
struct Course {
    work: Work,
    interrupted: bool,
}

/// The deployments with what no design of each exceeds without requirement, in nats, the best first.
struct Ideals {
    ideals: Vec<(f64, Vec<usize>)>,
    passed_over: usize,
}

/// The best deployment and design under the bound itself, as far as the search tells.
pub(in crate::surfaces) fn choose_exact(asked: Asked<'_>) -> Result<Chosen, Error> {
    let several = asked.select == Select::Best && asked.instance.sites() > 1;
    let Ideals { ideals, passed_over } = ideals(asked, several)?;
    let capacity = highest(ideals.clone(), |sites| {
        let cascade = asked.instance.cascade(sites);
        let free = Link { required: 0.0, ..Link::new(asked.instance, &cascade) };
        aligned_bound(&cascade, &free).0
    });
    let mut course = Course::default();
    let (sites, mut found) = best_deployment(asked, several, ideals, &mut course)?;
    let short = found.trial.reach.merit() < capacity * (1.0 - ALL_OF_IT);
    if several && !course.interrupted && short {
        let from = Some(found.candidate.phases());
        let at = Over { asked, sites: &sites, thorough: true, enough: capacity };
        let finer = at.search(from, &mut course)?;
        if finer.trial.reach > found.trial.reach {
            found = finer;
        }
    }
    Ok(Chosen {
        plan: Some(plan(&sites, &found, course.work)),
        ceiling: Some((capacity, false)),
        passed_over,
        interrupted: course.interrupted,
        ..Chosen::of(sites)
    })
}

fn ideals(asked: Asked<'_>, several: bool) -> Result<Ideals, Error> {
    let mut passed_over = 0;
    let mut ideals: Vec<(f64, Vec<usize>)> = Vec::new();
    for sites in considered(asked.instance, asked.select)? {
        let cascade = asked.instance.cascade(&sites);
        let (base, user) = cascade.coherence();
        if several && asked.signal == Signal::Dedicated && base.max(user) > ORTHOGONAL {
            passed_over += 1;
            continue;
        }
        let free = Link { required: 0.0, ..Link::new(asked.instance, &cascade) };
        ideals.push((coarse_bound(&cascade, &free).0, sites));
    }
    // the best ideal first; among equals the fewest and nearest sites
    ideals.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.len().cmp(&b.1.len())).then(a.1.cmp(&b.1)));
    Ok(Ideals { ideals, passed_over })
}

/// Deployments in the order of their ideals, until the next ideal is not above what was found.
fn best_deployment(
    asked: Asked<'_>,
    several: bool,
    ideals: Vec<(f64, Vec<usize>)>,
    course: &mut Course,
) -> Result<(Vec<usize>, Found), Error> {
    let mut found: Option<(Vec<usize>, Found)> = None;
    for (ideal, sites) in ideals {
        let reached = found.as_ref().map_or(Reach::UNKNOWN, |(_, found)| found.trial.reach);
        if ideal <= reached.merit() * (1.0 + ALL_OF_IT) {
            break;
        }
        if found.is_some() && asked.interrupt.is_raised() {
            course.interrupted = true;
            break;
        }
        let at = Over { asked, sites: &sites, thorough: !several, enough: ideal };
        let other = at.search(None, course)?;
        if other.trial.reach > reached {
            found = Some((sites, other));
        }
    }
    found.ok_or_else(no_deployment)
}

/// What was found, written out.
fn plan(sites: &[usize], found: &Found, work: Work) -> Plan {
    let Found { trial, candidate } = found;
    let (information, sensing) = trial.covariances();
    let phases = candidate.phases();
    let built = Deployment::steady(sites.to_vec(), phases.clone(), information, sensing);
    Plan {
        built: Some(built),
        phases,
        reach: trial.reach,
        relaxed: Some(trial.required),
        starts: vec![trial.reach],
        work,
        ..Plan::unknown()
    }
}

/// The best of several sets of phases, as a deployment.
pub(in crate::surfaces) fn best_of(
    sites: Vec<usize>,
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    limit: f64,
    candidates: &[Vec<Vec<C64>>],
) -> Result<Deployment, Error> {
    let mut judge = Judge::new(cascade, link, signal, limit, Effort::WHOLE);
    let mut best: Option<(Trial, &Vec<Vec<C64>>)> = None;
    for phases in candidates {
        let trial = judge.judge(&judge.candidate(phases))?;
        if best.as_ref().is_none_or(|(best, _)| trial.reach > best.reach) {
            best = Some((trial, phases));
        }
    }
    let Some((trial, phases)) = best else { return Err(no_deployment()) };
    let (information, sensing) = trial.covariances();
    Ok(Deployment::steady(sites, phases.clone(), information, sensing))
}

/// A deployment to search over.
struct Over<'a> {
    asked: Asked<'a>,
    sites: &'a [usize],
    /// Whether what the tilts find is refined.
    thorough: bool,
    /// A rate in nats that cannot be exceeded.
    enough: f64,
}

impl Over<'_> {
    /// The search over one deployment, with phases to start from.
    fn search(&self, from: Option<Vec<Vec<C64>>>, course: &mut Course) -> Result<Found, Error> {
        let Asked { instance, signal, limit, interrupt, .. } = self.asked;
        let cascade = instance.cascade(self.sites);
        let link = Link::new(instance, &cascade);
        let mut bases = self.bases(&cascade, &link, course)?;
        bases.extend(from);
        let elements: usize = link.elements.iter().sum();
        if self.thorough && elements <= FEW {
            bases.extend((0..STARTS).map(|start| random_phases(&link.elements, start)));
        }
        let effort = if self.thorough { Effort::SEARCH } else { Effort::QUICK };
        let judge = Judge::new(&cascade, &link, signal, limit, effort);
        let bases: Vec<Candidate> = bases.iter().map(|phases| judge.candidate(phases)).collect();
        let (base, user) = cascade.coherence();
        let mut search = Search::new(judge, interrupt, base.max(user) > ORTHOGONAL);
        let enough = search.tilt(&bases, self.enough)?;
        if self.thorough && !enough {
            search.refine()?;
        }
        let Search { mut judge, best, interrupted, .. } = search;
        course.interrupted |= interrupted;
        let Some(mut found) = best else { return Err(no_deployment()) };
        if self.thorough {
            judge.effort = Effort::FINAL;
            let finer = judge.judge(&found.candidate)?;
            if finer.reach > found.trial.reach {
                found.trial = finer;
            }
        }
        course.work.evaluations += judge.evaluations;
        Ok(found)
    }

    /// Phases to start from: those for (21), those aligned to the user, where paths overlap those whose
    /// paths add up at the target, and with thoroughness those for as little illumination as (16) allows.
    fn bases(
        &self,
        cascade: &Cascade,
        link: &Link,
        course: &mut Course,
    ) -> Result<Vec<Vec<Vec<C64>>>, Error> {
        let mut plan = plan_phases(cascade, link, self.asked.signal)?;
        let mut bases = vec![plan.phases.clone()];
        if !link.user_decides() {
            bases.push(cascade.paths.iter().map(SurfacePath::user_vector).collect());
            let (base, _) = cascade.coherence();
            if base > ORTHOGONAL {
                let mut lit: Vec<Vec<C64>> =
                    cascade.paths.iter().map(SurfacePath::target_vector).collect();
                align_light(cascade, &mut lit);
                bases.push(lit);
            }
            if self.thorough {
                plan = relax(self.asked, self.sites, cascade, link, plan)?;
                bases.push(plan.phases.clone());
            }
        }
        course.work += plan.work;
        Ok(bases)
    }
}
