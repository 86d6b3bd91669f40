//! Upper bounds on the rate over all deployments among which was chosen.

use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::units::nats_to_bits;

use super::aligned::{aligned_bound, ideal_bound};
use super::certify::certify;
use super::interval::{Upper, interval};
use crate::Certify;
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
    pub(in crate::surfaces) stop: Stop,
    pub(in crate::surfaces) work: Work,
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
) -> Proven {
    let settings = question.settings;
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
    let allowance = settings.allowance();
    let mut deployments = vec![(f64::INFINITY, best.sites.clone())];
    deployments.extend(chosen.rivals.iter().cloned());
    let usual = Allowance { gap: allowance.gap.max(Certify::YES.gap()), ..allowance };
    let Some(mut first) = pass(question, chosen, best, &mut deployments, usual) else {
        return none;
    };
    let nodes = allowance.nodes.saturating_sub(first.work.iterations);
    let open = first.value - best.plan.nats() > allowance.gap * first.value;
    if allowance.gap >= usual.gap || !open || first.stop == Stop::Interrupted {
        return first.proven();
    }
    if nodes == 0 {
        let spent = if allowance.nodes > 0 { Stop::EvaluationLimit } else { first.stop };
        first.stop = weaker(first.stop, spent);
        return first.proven();
    }
    // Only what the usual gap leaves of the budget goes to a smaller one: spent on the first
    // deployment at once, it would leave the others with their ideals.
    let finer = Allowance { nodes, ..allowance };
    let Some(second) = pass(question, chosen, best, &mut deployments, finer) else {
        return first.proven();
    };
    let mut work = first.work;
    work += second.work;
    Own { work, ..second }.proven()
}

/// Bound every deployment once, to a gap. `deployments` holds what no design of each exceeds, and
/// keeps what is found; the one that was chosen need not be the first.
fn pass(
    question: Question<'_>,
    chosen: &Chosen,
    best: &mut Candidate,
    deployments: &mut [(f64, Vec<usize>)],
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
    for (known, _) in deployments.iter_mut().filter(|(_, of)| *of == sites) {
        *known = known.min(own.value);
        own.value = *known;
    }
    let mut rivals: Vec<_> = deployments.iter_mut().filter(|(_, of)| *of != sites).collect();
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
    Own { value, method: method.to_owned(), stop: best.plan.stop(), work: Work::default() }
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

impl Own {
    fn proven(self) -> Proven {
        let Self { value, method, stop, work } = self;
        Proven { upper: Some((margin(value), method)), stop, work }
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
        };
    }
    if question.signal == Signal::Covariance {
        let Upper { bound: value, method, stop, work } =
            interval(cascade, link, plan.nats(), allowance, question.interrupt);
        return Own { value, method, stop, work };
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
    }
}

/// All power over one surface with this |z|, in nats.
fn rate_alone(link: &Link, amplitude: f64) -> f64 {
    (link.gains[0] * link.power * amplitude * amplitude).ln_1p()
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
    })
}

/// The bound over the deployments that were not chosen too: those whose ideal is below are done with;
/// the others count with their ideals, or with `certify` are bounded themselves.
fn over_rivals(
    question: Question<'_>,
    rivals: &mut [&mut (f64, Vec<usize>)],
    best: &mut Candidate,
    own: Own,
    allowance: Allowance,
) -> Own {
    let Own { mut value, mut method, mut stop, mut work } = own;
    let Question { instance, settings, interrupt, .. } = question;
    let asked = settings.certify.is_asked();
    for (known, sites) in rivals.iter_mut().map(|rival| (&mut rival.0, &rival.1)) {
        if *known <= value {
            continue;
        }
        let cascade = instance.cascade(sites);
        let link = Link::new(instance, &cascade);
        let nodes = allowance.nodes.saturating_sub(work.iterations);
        if !asked || link.user_decides() || nodes == 0 || interrupt.is_raised() {
            value = *known;
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
            sites: sites.clone(),
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
        *known = found.value.min(*known);
        value = value.max(*known);
        found.method.clone_into(&mut method);
        stop = weaker(stop, found.stop);
        work += found.work;
    }
    Own { value, method, stop, work }
}
