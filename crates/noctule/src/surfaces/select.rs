//! Which sites are built.
//!
//! Every deployment contains site 0, where the sensors are. With user and target in one place a
//! deployment costs microseconds, and all of them are tried. Apart, each has an ideal — every surface
//! aligned to both at once — that no phases exceed: deployments are tried in the order of their
//! ideals, until the next ideal is below the best that was found.

use std::cmp::Ordering;

use noctule_optim::{Interrupt, Work};
use noctule_phy::cascade::Cascade;

use super::Instance;
use super::bounds::aligned::{aligned_bound, coarse_bound, ideal_bound};
use super::chosen::{Chosen, deployments, no_deployment};
use super::model::{Link, ORTHOGONAL};
use super::phases::find::plan_phases;
use super::phases::plan::{Plan, aligned_score};
use super::power::ROUNDING;
use super::reach::Reach;
use super::settings::{Select, Signal};
use crate::Error;

/// The deployment to design, as far as can be told without proofs.
pub(super) fn choose(
    instance: &Instance,
    signal: Signal,
    select: Select,
    interrupt: &Interrupt,
) -> Result<Chosen, Error> {
    let fixed = |sites: Vec<usize>| Ok(Chosen::of(sites));
    match select {
        Select::All => fixed(instance.all_sites()?),
        Select::Best if instance.sites() > 1 => best(instance, signal, interrupt),
        Select::Single | Select::Best => fixed(vec![0]),
    }
}

/// What is known of a deployment before phases are searched.
struct Ideal {
    /// What it is ordered by.
    reach: Reach,
    /// What no design of it exceeds, in nats, with its own proof.
    bound: f64,
    /// Whether a closer look would give a smaller bound.
    coarse: bool,
    sites: Vec<usize>,
}

impl Ideal {
    /// The best first; among equals the fewest and nearest sites.
    fn order(&self, other: &Self) -> Ordering {
        let order = other.reach.order(self.reach);
        order.then(self.sites.len().cmp(&other.sites.len())).then(self.sites.cmp(&other.sites))
    }

    /// The closer look.
    fn refine(&mut self, cascade: &Cascade, link: &Link) {
        self.coarse = false;
        self.bound = aligned_bound(cascade, link).0;
        self.reach = Reach::Rate(self.bound);
    }
}

/// A deployment with its phases.
type Planned = (Vec<usize>, Plan);

/// The ideals of all deployments, the best first.
#[derive(Default)]
struct Survey {
    ideals: Vec<Ideal>,
    apart: bool,
    overlapping: bool,
    passed_over: usize,
    unseen: bool,
}

impl Survey {
    /// The choice of some sites, with what no design of any deployment exceeds where that follows.
    fn chosen(&self, sites: Vec<usize>, plan: Option<Plan>) -> Chosen {
        let highest = self.ideals.iter().map(|ideal| ideal.bound).reduce(f64::max);
        let told = !self.apart && !self.unseen;
        Chosen {
            plan,
            ceiling: highest.filter(|_| told).map(|bound| (bound, !self.overlapping)),
            passed_over: self.passed_over,
            interrupted: self.unseen,
            unseen: self.unseen,
            ..Chosen::of(sites)
        }
    }
}

/// The ideals of all deployments, the best first; among equals the fewest and nearest sites.
fn survey(instance: &Instance, signal: Signal, interrupt: &Interrupt) -> Result<Survey, Error> {
    let mut found = Survey::default();
    for sites in deployments(instance)? {
        if interrupt.is_raised() && !found.ideals.is_empty() {
            found.unseen = true;
            break;
        }
        let cascade = instance.cascade(&sites);
        let link = Link::new(instance, &cascade);
        let (base, user) = cascade.coherence();
        let orthogonal = base.max(user) <= ORTHOGONAL;
        if !orthogonal && signal == Signal::Dedicated {
            // these schemes need orthogonal paths; deployments without them are passed over
            found.passed_over += 1;
            continue;
        }
        let (reach, bound) = ideal(&cascade, &link, signal, orthogonal);
        found.apart |= !link.user_decides();
        found.overlapping |= !orthogonal;
        found.ideals.push(Ideal { reach, bound, coarse: !orthogonal, sites });
    }
    found.ideals.sort_by(Ideal::order);
    Ok(found)
}

/// The rate of aligned surfaces, and a bound in nats with its own proof: the two differ by rounding
/// where paths are orthogonal, and are the same quick bound where they overlap.
fn ideal(cascade: &Cascade, link: &Link, signal: Signal, orthogonal: bool) -> (Reach, f64) {
    if !orthogonal {
        let bound = coarse_bound(cascade, link).0;
        return (Reach::Rate(bound), bound);
    }
    if link.required > link.reachable() * (1.0 + ROUNDING) {
        // no design meets the requirement: there is nothing to exceed
        return (Reach::Short(link.reachable() / link.required), 0.0);
    }
    let (gains, weights) = link.aligned();
    (aligned_score(signal, &gains, &weights, link), ideal_bound(cascade, link, signal).0)
}

fn best(instance: &Instance, signal: Signal, interrupt: &Interrupt) -> Result<Chosen, Error> {
    let mut survey = survey(instance, signal, interrupt)?;
    let mut work = Work { evaluations: survey.ideals.len() as u64, ..Work::default() };
    let searched = survey.apart || survey.overlapping;
    let reachable = survey.ideals.first().is_some_and(|ideal| ideal.reach.is_met());
    if !(searched && reachable) {
        let first = survey.ideals.first().map_or_else(|| vec![0], |ideal| ideal.sites.clone());
        return Ok(Chosen { work, ..survey.chosen(first, None) });
    }
    let (found, interrupted) = search(instance, signal, interrupt, &mut survey.ideals, &mut work)?;
    let Some((sites, plan)) = found else { return Err(no_deployment()) };
    let plan = Plan { work: Work::default(), ..plan };
    let interrupted = interrupted || survey.unseen;
    let others = survey.ideals.iter().filter(|other| survey.apart && other.sites != sites);
    let rivals = others.map(|other| (other.bound, other.sites.clone())).collect();
    Ok(Chosen { work, rivals, interrupted, ..survey.chosen(sites, Some(plan)) })
}

/// The best deployment with its phases, trying them in the order of their ideals until the next is
/// not above what was found; and whether that was interrupted. Ideals are looked at closely where they
/// come first.
fn search(
    instance: &Instance,
    signal: Signal,
    interrupt: &Interrupt,
    ideals: &mut [Ideal],
    work: &mut Work,
) -> Result<(Option<Planned>, bool), Error> {
    let mut found: Option<Planned> = None;
    let mut next = 0;
    while next < ideals.len() {
        let reached = found.as_ref().map_or(Reach::UNKNOWN, |(_, plan)| plan.reach);
        if ideals[next].reach <= reached {
            break;
        }
        if found.is_some() && interrupt.is_raised() {
            return Ok((found, true));
        }
        let ideal = &mut ideals[next];
        let cascade = instance.cascade(&ideal.sites);
        let link = Link::new(instance, &cascade);
        if ideal.coarse {
            ideal.refine(&cascade, &link);
            ideals[next..].sort_by(Ideal::order);
            continue;
        }
        let plan = plan_phases(&cascade, &link, signal)?;
        *work += plan.work;
        if plan.reach > reached {
            found = Some((ideal.sites.clone(), plan));
        }
        next += 1;
    }
    Ok((found, false))
}
