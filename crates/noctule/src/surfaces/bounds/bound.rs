//! Upper bounds on the rate over all deployments among which was chosen.

use std::collections::BTreeMap;

use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::units::nats_to_bits;

use super::aligned::{aligned_bound, coarse_bound, highest, ideal_bound};
use super::certify::certify;
use super::interval::{Leaf, Upper, interval};
use super::known::{Known, rate_alone};
use super::proof::numbers;
use super::regions::regions;
use crate::Error;
use crate::surfaces::Instance;
use crate::surfaces::chosen::{Candidate, Chosen, considered};
use crate::surfaces::model::{Link, ORTHOGONAL};
use crate::surfaces::phases::curve::Curve;
use crate::surfaces::phases::find::summit;
use crate::surfaces::phases::plan::{Plan, phases_of, turned};
use crate::surfaces::power::ROUNDING;
use crate::surfaces::reach::Reach;
use crate::surfaces::settings::{Allowance, Requirement, Select, Settings, Signal};

/// What is proven.
pub(in crate::surfaces) struct Proven {
    /// No design has a higher rate than this many bit/s/Hz; and how that is known.
    pub(in crate::surfaces) upper: Option<(f64, String)>,
    /// What that follows from, where it is a matter of few numbers.
    pub(in crate::surfaces) numbers: BTreeMap<String, Vec<f64>>,
    pub(in crate::surfaces) stop: Stop,
    pub(in crate::surfaces) work: Work,
}

/// Gaps that are closed over all deployments before a smaller one is, relative.
const WIDER: [f64; 2] = [1e-2, 1e-3];

/// What two ways to compute a bound may be apart by, relative.
const SAME: f64 = 1e-10;

/// Rounding of a dual value.
pub(in crate::surfaces) fn margin(nats: f64) -> f64 {
    nats_to_bits(nats) * (1.0 + 1e-11)
}

/// The weaker of two reasons to stop.
fn weaker(a: Stop, b: Stop) -> Stop {
    let rank = |stop: Stop| match stop {
        Stop::Converged => 0,
        Stop::Computed => 1,
        Stop::Stalled => 2,
        Stop::Interrupted => 4,
        // a budget was spent
        _ => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// What is to be bounded.
#[derive(Clone, Copy)]
pub(in crate::surfaces) struct Question<'a> {
    pub(in crate::surfaces) instance: &'a Instance,
    pub(in crate::surfaces) signal: Signal,
    pub(in crate::surfaces) settings: &'a Settings,
    pub(in crate::surfaces) interrupt: &'a Interrupt,
}

/// An upper bound on the rate over all deployments among which was chosen. Branch and bound may come
/// across a better design on the way, perhaps over other sites, and `best` becomes that.
pub(in crate::surfaces) fn bound(
    question: Question<'_>,
    chosen: &Chosen,
    best: &mut Candidate,
) -> Result<Proven, Error> {
    let (proven, deployments) = searched_bound(question, chosen, best);
    let Question { instance, signal, settings, .. } = question;
    let asked = settings.certify.is_asked() && signal == Signal::Covariance && !chosen.unseen;
    if !asked || proven.upper.is_none() {
        return Ok(proven);
    }
    let (select, requirement) = (settings.select, settings.requirement);
    let searched = deployments.iter().any(|known| !known.leaves.is_empty());
    let found = match searched {
        true => regions(instance, select, deployments)?,
        false => numbers(instance, select, requirement)?,
    };
    let Some((nats, numbers)) = found else { return Ok(proven) };
    let value = proven.upper.as_ref().map_or(0.0, |(value, _)| *value);
    if !searched && margin(nats) > value * (1.0 + SAME) {
        // closed forms prove more, and need no numbers: at rates near nothing
        return Ok(proven);
    }
    // the numbers of a document prove what it says: no less
    let upper = proven.upper.map(|(value, method)| (value.max(margin(nats)), method));
    Ok(Proven { upper, numbers, ..proven })
}

fn searched_bound(
    question: Question<'_>,
    chosen: &Chosen,
    best: &mut Candidate,
) -> (Proven, Vec<Known>) {
    let settings = question.settings;
    let stop = best.plan.stop();
    let none = Proven { upper: None, numbers: BTreeMap::new(), stop, work: Work::default() };
    if chosen.unseen {
        return (none, Vec::new());
    }
    if settings.requirement == Requirement::ExactBound && best.link.required > 0.0 {
        // The other bounds ask for the full illumination: they do not hold where less is needed.
        let upper = chosen.ceiling.map(|(nats, _)| (margin(nats), "capacity".to_owned()));
        return (Proven { upper, ..none }, Vec::new());
    }
    let allowance = settings.allowance();
    let known = |(bound, sites)| Known { bound, sites, leaves: Vec::new() };
    let own = std::iter::once((f64::INFINITY, best.sites.clone()));
    let mut deployments: Vec<Known> = own.chain(chosen.rivals.iter().cloned()).map(known).collect();
    // Only what a wider gap leaves of the budget goes to a smaller one: spent on the first deployment
    // at once, it would leave the others with their ideals.
    let wider = WIDER.into_iter().filter(|gap| *gap > allowance.gap);
    let mut found: Option<Own> = None;
    for gap in wider.chain([allowance.gap]) {
        let spent = found.as_ref().map_or(0, |found| found.work.iterations);
        let nodes = allowance.nodes.saturating_sub(spent);
        if let Some(before) = found.as_mut().filter(|_| nodes == 0) {
            let limit = if allowance.nodes > 0 { Stop::EvaluationLimit } else { before.stop };
            before.stop = weaker(before.stop, limit);
            break;
        }
        let at = Allowance { nodes, gap };
        let Some(mut next) = pass(question, chosen, best, &mut deployments, at) else { break };
        if let Some(before) = found {
            next.work += before.work;
        }
        let open = next.value - best.plan.nats() > allowance.gap * next.value;
        let over = !open || next.stop == Stop::Interrupted;
        found = Some(next);
        if over {
            break;
        }
    }
    (found.map_or(none, Own::proven), deployments)
}

/// Bound every deployment once, to a gap. `deployments` holds what no design of each exceeds, and
/// keeps what is found; the one that was chosen need not be the first.
fn pass(
    question: Question<'_>,
    chosen: &Chosen,
    best: &mut Candidate,
    deployments: &mut [Known],
    allowance: Allowance,
) -> Option<Own> {
    let mut own = if best.link.user_decides() {
        in_one_place(question.signal, chosen, best)
    } else if question.settings.certify.is_asked() || best.link.gains.len() == 1 {
        // over one surface the proof costs what the design did
        searched(question, best, allowance)
    } else {
        return None;
    };
    let sites = best.sites.clone();
    for known in deployments.iter_mut().filter(|known| known.sites == sites) {
        known.learn(own.value, std::mem::take(&mut own.leaves));
        own.value = known.bound;
    }
    let mut rivals: Vec<_> = deployments.iter_mut().filter(|known| known.sites != sites).collect();
    Some(over_rivals(question, &mut rivals, best, own, allowance))
}

/// The bound where the user decides: the optimum of the deployment, or of the best there is.
fn in_one_place(signal: Signal, chosen: &Chosen, best: &Candidate) -> Own {
    let (mut value, mut method) = ideal_bound(&best.cascade, &best.link, signal);
    if let Some((ceiling, exact)) = chosen.ceiling {
        value = value.max(ceiling);
        if !exact {
            method = "lagrangian-dual-coherent";
        }
    }
    Own {
        value,
        method: method.to_owned(),
        stop: best.plan.stop(),
        work: Work::default(),
        leaves: Vec::new(),
    }
}

/// What no design over any deployment of `select` exceeds, in bit/s/Hz, by what needs no regions:
/// every surface aligned to user and target at once, the trade-off curve of a single surface, or the
/// capacity where the Cramér–Rao bound itself is required. Whether more than that takes a search: a user and a target apart leave room between.
///
/// # Errors
/// Too many sites to try all deployments.
pub fn closed_form_bound(
    instance: &Instance,
    signal: Signal,
    select: Select,
    requirement: Requirement,
) -> Result<(f64, bool), Error> {
    let (mut apart, mut coarse) = (false, Vec::new());
    for sites in considered(instance, select)? {
        let cascade = instance.cascade(&sites);
        let link = free_where(requirement, Link::new(instance, &cascade));
        let (base, user) = cascade.coherence();
        let orthogonal = base.max(user) <= ORTHOGONAL;
        let met = !orthogonal || link.required <= link.reachable() * (1.0 + ROUNDING);
        if !met || !orthogonal && signal == Signal::Dedicated {
            continue;
        }
        apart |= !link.user_decides();
        let value = match orthogonal {
            true if link.user_decides() => ideal_bound(&cascade, &link, signal).0,
            true => {
                let ideal = ideal_bound(&cascade, &link, signal).0;
                summit(&link).map_or(ideal, |found| rate_alone(&link, found.bound).min(ideal))
            }
            false => coarse_bound(&cascade, &link).0,
        };
        coarse.push((value, (sites, orthogonal)));
    }
    let highest = highest(coarse, |(sites, orthogonal)| {
        if *orthogonal {
            return f64::INFINITY;
        }
        let cascade = instance.cascade(sites);
        let link = free_where(requirement, Link::new(instance, &cascade));
        aligned_bound(&cascade, &link).0
    });
    Ok((margin(highest), apart))
}

/// No light is required where it is the Cramér–Rao bound itself that is.
fn free_where(requirement: Requirement, link: Link) -> Link {
    match requirement {
        Requirement::ExactBound => Link { required: 0.0, ..link },
        Requirement::Illumination => link,
    }
}

/// A bound in nats.
struct Own {
    value: f64,
    method: String,
    stop: Stop,
    work: Work,
    leaves: Vec<Leaf>,
}

impl Own {
    fn proven(self) -> Proven {
        let Self { value, method, stop, work, .. } = self;
        Proven { upper: Some((margin(value), method)), numbers: BTreeMap::new(), stop, work }
    }
}

/// Branch and bound over one deployment, improving its plan.
fn searched(question: Question<'_>, best: &mut Candidate, allowance: Allowance) -> Own {
    if let Some(own) = alone(best, allowance.gap) {
        return own;
    }
    let Candidate { cascade, link, plan, .. } = best;
    if allowance.nodes == 0 {
        return Own {
            value: ideal_bound(cascade, link, question.signal).0,
            method: "aligned-surfaces".to_owned(),
            stop: plan.stop(),
            work: Work::default(),
            leaves: Vec::new(),
        };
    }
    if question.signal == Signal::Covariance {
        let Upper { bound: value, method, stop, work, leaves } =
            interval(cascade, link, plan.nats(), allowance, question.interrupt);
        return Own { value, method, stop, work, leaves };
    }
    let climber = plan.climber.clone();
    let found = certify(link, climber, &plan.points, plan.nats(), allowance, question.interrupt);
    if found.rate > plan.nats() && !found.points.is_empty() {
        plan.reach = Reach::Rate(found.rate);
        plan.phases = phases_of(cascade, &found.climber, &found.points);
        plan.points = found.points;
        plan.climber = Some(found.climber);
    }
    Own {
        value: found.bound,
        method: "branch-and-bound".to_owned(),
        stop: found.stop,
        work: found.work,
        leaves: Vec::new(),
    }
}

/// The bound of a single surface: all power on the largest |z| that any phases reach.
fn alone(best: &mut Candidate, gap: f64) -> Option<Own> {
    let Candidate { cascade, link, plan, .. } = best;
    let (base, user) = cascade.coherence();
    if base.max(user) > ORTHOGONAL {
        return None;
    }
    let found = summit(link)?;
    let reached = rate_alone(link, found.point.user);
    if reached > plan.nats() {
        let points = vec![found.point];
        let curve = Curve::new(link.elements[0], link.steps[0]);
        plan.phases = turned(cascade, &[curve], &points);
        (plan.points, plan.reach) = (points, Reach::Rate(reached));
    }
    let value = rate_alone(link, found.bound).max(plan.nats());
    let closed = value - plan.nats() <= gap * value;
    Some(Own {
        value,
        method: "trade-off-curve".to_owned(),
        stop: if closed { Stop::Converged } else { Stop::EvaluationLimit },
        work: Work { evaluations: found.examined, ..Work::default() },
        leaves: Vec::new(),
    })
}

/// The bound over the deployments that were not chosen too: those whose ideal is below are done with;
/// the others count with their ideals, or with `certify` are bounded themselves.
fn over_rivals(
    question: Question<'_>,
    rivals: &mut [&mut Known],
    best: &mut Candidate,
    own: Own,
    allowance: Allowance,
) -> Own {
    let Own { mut value, mut method, mut stop, mut work, .. } = own;
    let Question { instance, settings, interrupt, .. } = question;
    let asked = settings.certify.is_asked();
    for known in rivals {
        if known.bound <= value {
            continue;
        }
        let cascade = instance.cascade(&known.sites);
        let link = Link::new(instance, &cascade);
        let nodes = allowance.nodes.saturating_sub(work.iterations);
        if !asked || link.user_decides() || nodes == 0 || interrupt.is_raised() {
            value = known.bound;
            if !asked {
                "aligned-surfaces".clone_into(&mut method);
            } else if interrupt.is_raised() {
                stop = weaker(stop, Stop::Interrupted);
            } else if nodes == 0 {
                stop = weaker(stop, Stop::EvaluationLimit);
            }
            continue;
        }
        // nothing is known of its phases, but what a design of it has to beat is
        let mut rival = Candidate {
            sites: known.sites.clone(),
            plan: Plan { reach: best.plan.reach, ..Plan::unknown() },
            cascade,
            link,
        };
        let found = searched(question, &mut rival, Allowance { nodes, ..allowance });
        if !rival.plan.points.is_empty() {
            let (starts, spent) = (std::mem::take(&mut best.plan.starts), best.plan.work);
            *best = rival;
            (best.plan.starts, best.plan.work) = (starts, spent);
        }
        known.learn(found.value, found.leaves);
        value = value.max(known.bound);
        found.method.clone_into(&mut method);
        stop = weaker(stop, found.stop);
        work += found.work;
    }
    Own { value, method, stop, work, leaves: Vec::new() }
}
