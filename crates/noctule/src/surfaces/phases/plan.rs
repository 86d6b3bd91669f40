//! Phases for all surfaces of a deployment, and what is known about them.

use std::rc::Rc;

use noctule_num::C64;
use noctule_optim::{Stop, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};

use super::curve::{Curve, CurvePoint};
use super::search::Climber;
use crate::Error;
use crate::surfaces::Deployment;
use crate::surfaces::covariance::{CovarianceSolver, Reduced};
use crate::surfaces::model::Link;
use crate::surfaces::power::{Allocator, ROUNDING};
use crate::surfaces::reach::Reach;
use crate::surfaces::settings::Signal;

/// Phases for all surfaces of a deployment, and what is known about them.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Plan {
    /// One set of phases for each surface.
    pub(in crate::surfaces) phases: Vec<Vec<C64>>,
    /// The rate by the formulas for orthogonal paths, or how near the requirement is.
    pub(in crate::surfaces) reach: Reach,
    /// The points on the trade-off curves, where the phases came from there.
    pub(in crate::surfaces) points: Vec<CurvePoint>,
    /// The illumination that was asked for, where it is not the required one.
    pub(in crate::surfaces) relaxed: Option<f64>,
    /// The deployment itself, where the search made it.
    pub(in crate::surfaces) built: Option<Deployment>,
    /// The curves, where they were searched.
    pub(in crate::surfaces) climber: Option<Rc<Climber>>,
    /// Whether phases were searched for where there are no curves.
    pub(in crate::surfaces) searched: bool,
    /// What was reached from each start.
    pub(in crate::surfaces) starts: Vec<Reach>,
    pub(in crate::surfaces) work: Work,
}

impl Plan {
    /// A closed form is computed; a search stops when its smallest steps no longer help.
    pub(in crate::surfaces) const fn stop(&self) -> Stop {
        let closed = self.points.is_empty() && self.built.is_none() && !self.searched;
        if closed { Stop::Computed } else { Stop::Stalled }
    }

    /// The rate in nats; zero where the requirement is out of reach.
    pub(in crate::surfaces) fn nats(&self) -> f64 {
        self.reach.rate().unwrap_or(0.0)
    }

    /// No phases yet.
    pub(in crate::surfaces) fn unknown() -> Self {
        Self {
            phases: Vec::new(),
            reach: Reach::UNKNOWN,
            points: Vec::new(),
            relaxed: None,
            built: None,
            climber: None,
            searched: false,
            starts: Vec::new(),
            work: Work::default(),
        }
    }

    /// Aligned to user and target alike.
    pub(super) fn aligned(cascade: &Cascade, reach: Reach) -> Self {
        Self {
            phases: cascade.paths.iter().map(SurfacePath::user_vector).collect(),
            reach,
            starts: vec![reach],
            work: Work { evaluations: 1, ..Work::default() },
            ..Self::unknown()
        }
    }
}

/// Phases of points on the curves.
pub(in crate::surfaces) fn phases_of(
    cascade: &Cascade,
    climber: &Climber,
    points: &[CurvePoint],
) -> Vec<Vec<C64>> {
    turned(cascade, climber.curves(), points)
}

/// The same from the curves themselves.
pub(in crate::surfaces) fn turned(
    cascade: &Cascade,
    curves: &[Curve],
    points: &[CurvePoint],
) -> Vec<Vec<C64>> {
    let surfaces = cascade.paths.iter().zip(curves).zip(points);
    surfaces
        .map(|((path, curve), point)| curve.phases(&path.user_vector(), point.blend, point.phase))
        .collect()
}

/// The rate of aligned surfaces.
pub(in crate::surfaces) fn aligned_score(
    signal: Signal,
    gains: &[f64],
    weights: &[f64],
    link: &Link,
) -> Reach {
    match signal {
        Signal::Dedicated => Allocator::new(gains.len())
            .allocate(gains, weights, link.power, link.required)
            .map_or(Reach::Short(0.0), |found| Reach::Rate(found.rate_nats)),
        Signal::Covariance => {
            let total: f64 = weights.iter().sum();
            let overlaps: Vec<f64> =
                gains.iter().zip(weights).map(|(g, w)| g * w / total).collect();
            let share = link.required / (link.power * total);
            let found = CovarianceSolver::new().solve(gains, &overlaps, link.power, share);
            Reach::Rate(found.rate_nats)
        }
    }
}

/// The rate with paths that overlap, for given phases.
pub(in crate::surfaces) fn coherent_score(
    cascade: &Cascade,
    link: &Link,
    phases: &[Vec<C64>],
) -> Result<Reach, Error> {
    let light = cascade.illumination(phases).response;
    let reduced = Reduced::new(&cascade.channel(phases), cascade.user_noise_w, &light)?;
    let reachable = link.power * reduced.illumination;
    if link.required > reachable * (1.0 + ROUNDING) {
        return Ok(Reach::Short(reachable / link.required));
    }
    let share = if reachable > 0.0 { link.required / reachable } else { 0.0 };
    let spectrum = &reduced.spectrum;
    let mut solver = CovarianceSolver::new();
    let found = solver.solve(&spectrum.gains, &spectrum.overlaps, link.power, share);
    Ok(Reach::Rate(found.rate_nats))
}
