//! Upper bounds on the rate over all deployments among which was chosen.

use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::cascade::Cascade;
use noctule_phy::units::nats_to_bits;

use super::Instance;
use super::certify::certify;
use super::curve::Curve;
use super::design::{Requirement, Settings, Signal};
use super::interval::{aligned_bound, interval};
use super::model::{Link, ORTHOGONAL};
use super::plan::{Plan, phases_of, plan_phases, summit, turned};
use super::power::{Allocator, ROUNDING, dual_bound};
use super::select::{Chosen, Select, considered};
use crate::Error;

/// A deployment with its phases: the chosen one, until a proof finds a better.
pub(super) struct Candidate {
    pub(super) sites: Vec<usize>,
    pub(super) cascade: Cascade,
    pub(super) link: Link,
    pub(super) plan: Plan,
}

impl Candidate {
    /// What was chosen, with phases where choosing did not find them.
    pub(super) fn new(
        instance: &Instance,
        chosen: &mut Chosen,
        signal: Signal,
    ) -> Result<Self, Error> {
        let sites = chosen.sites.clone();
        let cascade = instance.cascade(&sites);
        let link = Link::new(instance, &cascade);
        let mut plan = match chosen.plan.take() {
            Some(plan) => plan,
            None => plan_phases(&cascade, &link, signal)?,
        };
        plan.work += chosen.work;
        Ok(Self { sites, cascade, link, plan })
    }
}

/// What is proven.
pub(super) struct Proven {
    /// No design has a higher rate than this many bit/s/Hz; and how that is known.
    pub(super) upper: Option<(f64, String)>,
    pub(super) stop: Stop,
    pub(super) work: Work,
}

/// A bound in nats over all phases of a deployment, from surfaces aligned to user and target at once,
/// its name, and whether it is the optimum where the user decides.
pub(super) fn ideal_bound(cascade: &Cascade, link: &Link, signal: Signal) -> (f64, &'static str) {
    if signal == Signal::Covariance {
        let (value, exact) = aligned_bound(cascade, link);
        return (value, if exact { "lagrangian-dual" } else { "lagrangian-dual-coherent" });
    }
    let (gains, weights) = link.aligned();
    let (power, required) = (link.power, link.required);
    let bound = Allocator::new(gains.len())
        .allocate(&gains, &weights, power, required)
        .map_or(0.0, |found| dual_bound(&gains, &weights, power, required, found.prices));
    (bound, "theorem-2")
}

/// Rounding of a dual value.
fn margin(nats: f64) -> f64 {
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

/// An upper bound on the rate over all deployments among which was chosen. Branch and bound may come
/// across a better design on the way, perhaps over other sites, and `best` becomes that.
pub(super) fn bound(
    instance: &Instance,
    chosen: &Chosen,
    best: &mut Candidate,
    signal: Signal,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Proven {
    let stop = best.plan.stop();
    let none = Proven { upper: None, stop, work: Work::default() };
    if chosen.unseen {
        return none;
    }
    if settings.requirement == Requirement::ExactBound && best.link.required > 0.0 {
        // The other bounds ask for the full illumination: they do not hold where less is needed.
        let upper = chosen.ceiling.map(|(nats, _)| (margin(nats), "capacity".to_owned()));
        return Proven { upper, ..none };
    }
    let own = if best.link.user_decides() {
        let (mut value, mut method) = ideal_bound(&best.cascade, &best.link, signal);
        if let Some((ceiling, exact)) = chosen.ceiling {
            value = value.max(ceiling);
            if !exact {
                method = "lagrangian-dual-coherent";
            }
        }
        Own { value, method: method.to_owned(), stop, work: Work::default() }
    } else if settings.certify || best.link.gains.len() == 1 {
        // over one surface the proof costs what the design did
        searched(best, signal, settings, interrupt)
    } else {
        return none;
    };
    over_rivals(instance, chosen, best, own, signal, settings, interrupt)
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
    let (mut highest, mut apart) = (0.0_f64, false);
    for sites in considered(instance, select)? {
        let cascade = instance.cascade(&sites);
        let mut link = Link::new(instance, &cascade);
        if requirement == Requirement::ExactBound {
            link.required = 0.0;
        }
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
            false => aligned_bound(&cascade, &link).0,
        };
        highest = highest.max(value);
    }
    Ok((margin(highest), apart))
}

/// A bound in nats.
struct Own {
    value: f64,
    method: String,
    stop: Stop,
    work: Work,
}

/// Branch and bound over one deployment, improving its plan.
fn searched(
    best: &mut Candidate,
    signal: Signal,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Own {
    if let Some(own) = alone(best, settings) {
        return own;
    }
    let Candidate { cascade, link, plan, .. } = best;
    if !settings.certify {
        return Own {
            value: ideal_bound(cascade, link, signal).0,
            method: "aligned-surfaces".to_owned(),
            stop: plan.stop(),
            work: Work::default(),
        };
    }
    if signal == Signal::Covariance {
        let found = interval(cascade, link, plan.score, settings, interrupt);
        return Own {
            value: found.bound,
            method: found.method,
            stop: found.stop,
            work: found.work,
        };
    }
    let climber = plan.climber.clone();
    let found = certify(link, climber, &plan.points, plan.score, settings, interrupt);
    if found.score > plan.score && !found.points.is_empty() {
        plan.score = found.score;
        plan.phases = phases_of(cascade, &found.climber, &found.points);
        plan.points = found.points;
        plan.climber = Some(found.climber);
    }
    Own {
        value: found.bound,
        method: "branch-and-bound".to_owned(),
        stop: found.stop,
        work: found.work,
    }
}

/// All power over one surface with this |z|, in nats.
fn rate_alone(link: &Link, amplitude: f64) -> f64 {
    (link.gains[0] * link.power * amplitude * amplitude).ln_1p()
}

/// The bound of a single surface: all power on the largest |z| that any phases reach.
fn alone(best: &mut Candidate, settings: &Settings) -> Option<Own> {
    let Candidate { cascade, link, plan, .. } = best;
    let (base, user) = cascade.coherence();
    if base.max(user) > ORTHOGONAL {
        return None;
    }
    let found = summit(link)?;
    let reached = rate_alone(link, found.point.user);
    if reached > plan.score {
        let points = vec![found.point];
        let curve = Curve::new(link.elements[0], link.steps[0]);
        (plan.phases, plan.score) = (turned(cascade, &[curve], &points), reached);
        plan.points = points;
    }
    let value = rate_alone(link, found.bound).max(plan.score);
    let closed = value - plan.score <= settings.gap * value;
    Some(Own {
        value,
        method: "trade-off-curve".to_owned(),
        stop: if closed { Stop::Converged } else { Stop::EvaluationLimit },
        work: Work { evaluations: found.examined, ..Work::default() },
    })
}

/// The bound over the deployments that were not chosen too: those whose ideal is below are done with;
/// the others count with their ideals, or with `certify` are bounded themselves.
fn over_rivals(
    instance: &Instance,
    chosen: &Chosen,
    best: &mut Candidate,
    own: Own,
    signal: Signal,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Proven {
    let Own { mut value, mut method, mut stop, mut work } = own;
    for (ideal, sites) in &chosen.rivals {
        if *ideal <= value {
            continue;
        }
        let cascade = instance.cascade(sites);
        let link = Link::new(instance, &cascade);
        let nodes = settings.nodes.saturating_sub(work.iterations);
        if !settings.certify || link.user_decides() || nodes == 0 || interrupt.is_raised() {
            value = *ideal;
            if !settings.certify {
                "aligned-surfaces".clone_into(&mut method);
            } else if interrupt.is_raised() {
                stop = weaker(stop, Stop::Interrupted);
            } else if nodes == 0 {
                stop = weaker(stop, Stop::EvaluationLimit);
            }
            continue;
        }
        let rest = Settings { nodes, ..settings.clone() };
        // nothing is known of its phases, but what a design of it has to beat is
        let mut rival = Candidate {
            sites: sites.clone(),
            plan: Plan { score: best.plan.score, ..Plan::unknown() },
            cascade,
            link,
        };
        let found = searched(&mut rival, signal, &rest, interrupt);
        if !rival.plan.points.is_empty() {
            let (starts, spent) = (std::mem::take(&mut best.plan.starts), best.plan.work);
            *best = rival;
            (best.plan.starts, best.plan.work) = (starts, spent);
        }
        value = value.max(found.value.min(*ideal));
        found.method.clone_into(&mut method);
        stop = weaker(stop, found.stop);
        work += found.work;
    }
    Proven { upper: Some((margin(value), method)), stop, work }
}
