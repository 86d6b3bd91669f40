//! Phases for a deployment: aligned where one set of them is best for user and target alike, at the
//! summit of its curve for a single surface, else searched.

use std::rc::Rc;

use noctule_optim::Work;
use noctule_phy::cascade::Cascade;

use super::curve::{Curve, CurvePoint};
use super::overlapping::plan_overlapping;
use super::plan::{Plan, aligned_score, phases_of, turned};
use super::scorer::{Inner, Scorer};
use super::search::Climber;
use super::summit::{MOST, Summit};
use crate::Error;
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::{self, Link, need_orthogonal};
use crate::surfaces::power::{Allocator, ROUNDING};
use crate::surfaces::reach::Reach;
use crate::surfaces::settings::Signal;

/// Phases for a deployment: aligned where the user decides, else searched.
pub(in crate::surfaces) fn plan_phases(
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
) -> Result<Plan, Error> {
    plan_on(cascade, link, signal, None)
}

/// The same with the curves of an earlier search over the same surfaces.
pub(in crate::surfaces) fn plan_on(
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
    if link.required > link.reachable() * (1.0 + ROUNDING) {
        return Ok(Plan::aligned(cascade, Reach::Short(link.reachable() / link.required)));
    }
    if link.user_decides() {
        let (gains, weights) = link.aligned();
        return Ok(Plan::aligned(cascade, aligned_score(signal, &gains, &weights, link)));
    }
    Ok(searched(cascade, link, signal, climber))
}

/// Phases where user and target are apart.
fn searched(cascade: &Cascade, link: &Link, signal: Signal, climber: Option<Rc<Climber>>) -> Plan {
    let inner = match signal {
        Signal::Dedicated => Inner::Powers(Allocator::new(link.gains.len())),
        Signal::Covariance => Inner::Covariance(CovarianceSolver::new()),
    };
    let mut scorer = Scorer::new(link, inner);
    if let Some(plan) = alone(cascade, link, &mut scorer) {
        return plan;
    }
    let climber = climber.unwrap_or_else(|| Rc::new(Climber::new(link)));
    let found = climber.search(&mut scorer);
    Plan {
        phases: phases_of(cascade, &climber, &found.points),
        reach: found.reach,
        points: found.points,
        climber: Some(climber),
        starts: found.starts,
        work: Work { evaluations: scorer.evaluations, ..Work::default() },
        ..Plan::unknown()
    }
}

/// What a single surface can do, exactly.
pub(in crate::surfaces) struct OneSurface {
    /// The best point of its curve that meets the requirement, up to rounding.
    pub(in crate::surfaces) point: CurvePoint,
    /// No phases that meet the requirement have a larger |z|.
    pub(in crate::surfaces) bound: f64,
    /// Relative phases that were examined.
    pub(in crate::surfaces) examined: u64,
}

/// With one surface all power goes to its one path, and the requirement is one on |y| alone: the
/// best phases are the [`Summit`] of its curve, whatever the kind of signal.
pub(in crate::surfaces) fn summit(link: &Link) -> Option<OneSurface> {
    let (&[elements], &[step]) = (link.elements.as_slice(), link.steps.as_slice()) else {
        return None;
    };
    // P b₀|y|² ≥ Γ
    let target = (link.required / (link.power * link.weights[0])).sqrt();
    (elements <= MOST && target.is_finite()).then(|| {
        let found = Summit::of(&Curve::new(elements, step), target);
        OneSurface { point: found.point, bound: found.bound, examined: found.examined }
    })
}

/// The plan of a single surface, where rounding does not make it miss the requirement.
fn alone(cascade: &Cascade, link: &Link, scorer: &mut Scorer<'_>) -> Option<Plan> {
    let found = summit(link)?;
    let points = vec![found.point];
    let reach = scorer.score(&points);
    reach.is_met().then(|| Plan {
        phases: turned(cascade, &[Curve::new(link.elements[0], link.steps[0])], &points),
        reach,
        points,
        starts: vec![reach],
        work: Work { evaluations: found.examined, ..Work::default() },
        ..Plan::unknown()
    })
}
