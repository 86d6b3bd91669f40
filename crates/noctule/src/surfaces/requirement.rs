//! What is required of a deployment, by how much it is missed, and whether any could meet it.

use noctule_optim::{PointProof, Proof, Stop};
use noctule_phy::cascade::Cascade;
use noctule_phy::centred_array::CentredArray;
use noctule_phy::units::linear_from_db;

use super::bounds::aligned::factors;
use super::bounds::overlap::Overlap;
use super::chosen::{considered, no_deployment};
use super::model::{Link, ORTHOGONAL};
use super::settings::{Requirement, Select};
use super::{Instance, Metrics};
use crate::{Error, FEASIBLE};

/// Whether a design that aims at the requirement misses it, and nothing proves that it must: its rate
/// is then not the rate of what was asked for.
///
/// Closed forms that do not look at the requirement are [`Stop::Computed`].
pub fn misses_requirement(stop: Stop, proof: &Proof) -> bool {
    let PointProof::Feasible { violation } = proof.point else { return false };
    stop != Stop::Computed && violation > FEASIBLE && proof.infeasible.is_none()
}

/// How far the limit on the bound that a deployment is meant to keep is exceeded, relative.
pub(super) fn violation(instance: &Instance, metrics: &Metrics, requirement: Requirement) -> f64 {
    let Some(limit) = instance.parts().crb_limit else { return 0.0 };
    let bound = match requirement {
        Requirement::ExactBound => metrics.crb,
        Requirement::Illumination => metrics.crb_aligned_db.map(linear_from_db),
    };
    bound.map_or(f64::MAX, |bound| (bound / limit - 1.0).max(0.0))
}

/// What is required over a deployment, and what illumination (or information worth it) no design
/// exceeds there.
fn ceiling(instance: &Instance, sites: &[usize], exact: bool) -> (f64, f64) {
    let cascade = instance.cascade(sites);
    let link = Link::new(instance, &cascade);
    let (base, _) = cascade.coherence();
    let mut reachable = link.reachable();
    if base > ORTHOGONAL {
        // Paths that overlap can light the target more than orthogonal ones would.
        let (_, weights) = link.aligned();
        let light = Overlap::new(&cascade, false).map(|overlap| overlap.most_light(&weights));
        let coarse = reachable * factors(&cascade).1;
        reachable = light.map_or(coarse, |light| (link.power * light).min(coarse));
    }
    if exact {
        reachable += link.power * slope_reserve(&cascade);
    }
    (link.required, reachable)
}

/// What is required, and the most that any design among the deployments of `select` reaches of it:
/// over the deployment that comes nearest. A requirement beyond it is infeasible.
///
/// # Errors
/// Too many sites to try all deployments.
pub fn within_reach(
    instance: &Instance,
    select: Select,
    requirement: Requirement,
) -> Result<(f64, f64), Error> {
    let exact = requirement == Requirement::ExactBound;
    let all = considered(instance, select)?;
    let ratio = |pair: &(f64, f64)| pair.1 / pair.0;
    let nearest = all
        .iter()
        .map(|sites| ceiling(instance, sites, exact))
        .reduce(|best, other| if ratio(&other) > ratio(&best) { other } else { best });
    nearest.ok_or_else(no_deployment)
}

/// What the derivative of the surface with sensors can add to the illumination, for each watt:
/// `N_r/‖ȧ_s‖² · M_t ρ²_BI r² (Σ π|n|)²`. A single surface adds nothing: what it lights and how that changes come
/// from one direction, so that a beam that tells the one tells nothing of the other.
fn slope_reserve(cascade: &Cascade) -> f64 {
    let [first, _, ..] = &cascade.paths[..] else { return 0.0 };
    let n = first.elements;
    let reach: f64 =
        (0..n).map(|i| std::f64::consts::PI * (i as f64 - (n as f64 - 1.0) / 2.0).abs()).sum();
    let sensors = cascade.sensors as f64 / CentredArray::new(cascade.sensors).slope_energy();
    sensors * cascade.sensing_weight(0) * reach * reach
}
