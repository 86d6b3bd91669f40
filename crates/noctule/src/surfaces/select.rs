//! Which sites are built.
//!
//! Every deployment contains site 0, where the sensors are. With user and target in one place a
//! deployment costs microseconds, and all of them are tried. Apart, each has an ideal — every surface
//! aligned to both at once — that no phases exceed: deployments are tried in the order of their
//! ideals, until the next ideal is below the best that was found.

use noctule_num::{C64, InputError};
use noctule_optim::{Interrupt, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Instance;
use super::bound::ideal_bound;
use super::covariance::{CovarianceSolver, Reduced};
use super::design::Signal;
use super::interval::aligned_bound;
use super::model::{Link, ORTHOGONAL};
use super::plan::{Plan, aligned_score, plan_phases};
use super::power::ROUNDING;
use crate::Error;

/// Which sites are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The deployment with the highest rate, of all that contain the first site.
    #[default]
    Best,
    /// All sites.
    All,
    /// The first site alone.
    Single,
}

/// Sites beyond which deployments are not enumerated.
pub const MOST_ENUMERATED: usize = 16;

/// What was chosen.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) sites: Vec<usize>,
    /// The phases, where choosing found them.
    pub(super) plan: Option<Plan>,
    pub(super) work: Work,
    /// What no design of any deployment exceeds, in nats, where choosing tells; whether it is attained
    /// by orthogonal paths.
    pub(super) ceiling: Option<(f64, bool)>,
    /// The other deployments with what no design of each exceeds, in nats, where there is no
    /// ceiling over all of them.
    pub(super) rivals: Vec<(f64, Vec<usize>)>,
    /// Deployments whose paths overlap, which the scheme cannot use.
    pub(super) passed_over: usize,
    /// Choosing was interrupted: there may be better deployments.
    pub(super) interrupted: bool,
    /// Deployments nobody looked at, for the same reason: nothing is known about all of them.
    pub(super) unseen: bool,
}

impl Chosen {
    /// What the user should know about the choice.
    pub(super) fn advice(&self) -> Option<String> {
        (self.passed_over > 0).then(|| {
            format!(
                "{} deployments whose paths overlap were passed over: this scheme needs orthogonal \
                 paths, `full-covariance` does not",
                self.passed_over
            )
        })
    }
}

/// Never: the first site alone is always a deployment.
pub(super) fn no_deployment() -> Error {
    InputError::new("there is no deployment to choose", "sites", "none", "at least one site").into()
}

/// The deployments among which is chosen.
pub(super) fn considered(instance: &Instance, select: Select) -> Result<Vec<Vec<usize>>, Error> {
    match select {
        Select::All => Ok(vec![instance.all_sites()?]),
        Select::Single => Ok(vec![vec![0]]),
        Select::Best => deployments(instance),
    }
}

pub(super) fn choose(
    instance: &Instance,
    signal: Signal,
    select: Select,
    interrupt: &Interrupt,
) -> Result<Chosen, Error> {
    let fixed = |sites: Vec<usize>| {
        Ok(Chosen {
            sites,
            plan: None,
            work: Work::default(),
            ceiling: None,
            rivals: Vec::new(),
            passed_over: 0,
            interrupted: false,
            unseen: false,
        })
    };
    match select {
        Select::All => fixed(instance.all_sites()?),
        Select::Best if instance.sites() > 1 => best(instance, signal, interrupt),
        Select::Single | Select::Best => fixed(vec![0]),
    }
}

/// All deployments that contain site 0 and have an element for each surface.
fn deployments(instance: &Instance) -> Result<Vec<Vec<usize>>, Error> {
    let others = instance.sites() - 1;
    if others >= MOST_ENUMERATED {
        let error = InputError::new(
            "there are too many sites to try all deployments",
            "sites",
            instance.sites().to_string(),
            format!("at most {MOST_ENUMERATED}"),
        )
        .hint("`select = \"all\"`, or fewer candidate sites");
        return Err(error.into());
    }
    let of = |mask: usize| {
        std::iter::once(0)
            .chain((0..others).filter(move |i| mask >> i & 1 == 1).map(|i| i + 1))
            .collect()
    };
    let all = (0..1_usize << others).map(of);
    Ok(all.filter(|sites: &Vec<usize>| instance.suffices_for(sites.len())).collect())
}

/// What is known of a deployment before phases are searched.
struct Ideal {
    /// The rate that it is ordered by, in nats; negative where the requirement is out of reach.
    score: f64,
    /// What no design of it exceeds, with its own proof.
    bound: f64,
    sites: Vec<usize>,
}

/// The ideals of all deployments, the best first.
#[derive(Default)]
struct Survey {
    ideals: Vec<Ideal>,
    apart: bool,
    overlapping: bool,
    passed_over: usize,
    unseen: bool,
}

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
        let (score, bound) = if link.required > link.reachable() * (1.0 + ROUNDING) && orthogonal {
            let short = link.reachable() / link.required - 1.0;
            (short, short)
        } else if orthogonal {
            let (gains, weights) = link.aligned();
            let score = aligned_score(signal, &gains, &weights, &link);
            (score, ideal_bound(&cascade, &link, signal).0)
        } else {
            let bound = aligned_bound(&cascade, &link).0;
            (bound, bound)
        };
        found.apart |= !link.user_decides();
        found.overlapping |= !orthogonal;
        found.ideals.push(Ideal { score, bound, sites });
    }
    // The best ideal first; among equals the fewest and nearest sites.
    found.ideals.sort_by(|a, b| {
        let order = b.score.total_cmp(&a.score);
        order.then(a.sites.len().cmp(&b.sites.len())).then(a.sites.cmp(&b.sites))
    });
    Ok(found)
}

fn best(instance: &Instance, signal: Signal, interrupt: &Interrupt) -> Result<Chosen, Error> {
    let Survey { ideals, apart, overlapping, passed_over, unseen } =
        survey(instance, signal, interrupt)?;
    let mut work = Work { evaluations: ideals.len() as u64, ..Work::default() };
    let highest = ideals.iter().map(|ideal| ideal.bound).reduce(f64::max);
    let ceiling = highest.filter(|_| !apart && !unseen).map(|bound| (bound, !overlapping));
    let chosen = |sites, plan, work, rivals, interrupted| Chosen {
        sites,
        plan,
        work,
        ceiling,
        rivals,
        passed_over,
        interrupted,
        unseen,
    };
    if !(apart || overlapping) || ideals.first().is_none_or(|ideal| ideal.score < 0.0) {
        let sites = ideals.into_iter().next().map_or_else(|| vec![0], |ideal| ideal.sites);
        return Ok(chosen(sites, None, work, Vec::new(), unseen));
    }
    let mut found: Option<(Vec<usize>, Plan)> = None;
    let mut interrupted = unseen;
    for ideal in &ideals {
        let reached = found.as_ref().map_or(f64::NEG_INFINITY, |(_, plan)| plan.score);
        if ideal.score <= reached {
            break;
        }
        if found.is_some() && interrupt.is_raised() {
            interrupted = true;
            break;
        }
        let cascade = instance.cascade(&ideal.sites);
        let plan = plan_phases(&cascade, &Link::new(instance, &cascade), signal)?;
        work += plan.work;
        if plan.score > reached {
            found = Some((ideal.sites.clone(), plan));
        }
    }
    let Some((sites, plan)) = found else { return Err(no_deployment()) };
    let plan = Plan { work: Work::default(), ..plan };
    let others = ideals.into_iter().filter(|other| apart && other.sites != sites);
    let rivals = others.map(|other| (other.bound, other.sites)).collect();
    Ok(chosen(sites, Some(plan), work, rivals, interrupted))
}

/// The rate with paths that overlap, for given phases; negative where they cannot light the target
/// enough.
pub(super) fn coherent_score(
    cascade: &noctule_phy::cascade::Cascade,
    link: &Link,
    phases: &[Vec<C64>],
) -> Result<f64, Error> {
    let light = cascade.illumination(phases).response;
    let reduced = Reduced::new(&cascade.channel(phases), cascade.user_noise_w, &light)?;
    let reachable = link.power * reduced.illumination;
    if link.required > reachable * (1.0 + ROUNDING) {
        return Ok(reachable / link.required - 1.0);
    }
    let share = if reachable > 0.0 { link.required / reachable } else { 0.0 };
    let spectrum = &reduced.spectrum;
    let mut solver = CovarianceSolver::new();
    Ok(solver.solve(&spectrum.gains, &spectrum.overlaps, link.power, share).rate_nats)
}
