//! Our methods: the best sites, phases and covariance for the highest rate under a limit on the
//! bound.

use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Bound, Certificate, Interrupt, PointProof, Proof, Sense, Stop, Trace, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;
use noctule_phy::units::nats_to_bits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certify::{self, Certified};
use super::interval;
use super::model::{self, Link, Metrics, evaluate};
use super::plan::{Plan, beam, phases_of, plan_phases, relax, settle};
use super::power::ROUNDING;
use super::quantise::quantised;
use super::select::{self, Select};
use super::{Deployment, Instance, SurfacesDesign};
use crate::{Design, Error};

/// What is transmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Any covariance of what carries data; no dedicated sensing signal, which never helps.
    Covariance,
    /// Independent streams, one on each path, and a dedicated sensing signal (36).
    Dedicated,
}

/// Which bound has to stay below the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The upper bound (21) of the Cramér–Rao bound. Safe, and equal to it where the surface with
    /// sensors is aligned to the target; elsewhere it asks for more than necessary
    /// (`docs/errata.md#surfaces-e6`).
    #[default]
    Illumination,
    /// The Cramér–Rao bound (16) itself: the illumination asked for is lowered as far as the limit
    /// allows.
    ExactBound,
}

/// Settings of [`full_covariance`] and [`dedicated_signal`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which sites are built.
    pub select: Select,
    /// Which bound has to stay below the limit.
    pub requirement: Requirement,
    /// Bits of each phase shifter; `null` for continuous phases. Powers and covariance are designed
    /// again for the quantised phases.
    pub phase_bits: Option<u32>,
    /// Where user and target are apart: bound the optimum over phases by branch and bound.
    pub certify: bool,
    /// Relative gap at which branch and bound stops.
    pub gap: f64,
    /// Regions that branch and bound may examine.
    pub nodes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            select: Select::Best,
            requirement: Requirement::Illumination,
            phase_bits: None,
            certify: false,
            gap: 1e-3,
            nodes: 4000,
        }
    }
}

impl Settings {
    /// Refuse settings out of range.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        let what = "the setting is out of range";
        if self.phase_bits.is_some_and(|bits| !(1..=24).contains(&bits)) {
            let found = format!("{:?}", self.phase_bits.unwrap_or(0));
            return Err(InputError::new(what, "phase_bits", found, "1 to 24, or null"));
        }
        if !(self.gap > 0.0 && self.gap < 1.0) {
            return Err(InputError::new(what, "gap", self.gap.to_string(), "between 0 and 1"));
        }
        if !(1..=10_000_000).contains(&self.nodes) {
            return Err(InputError::new(what, "nodes", self.nodes.to_string(), "1 to 10 000 000"));
        }
        Ok(())
    }
}

/// The highest rate with any covariance: streams may be correlated, which lights the target without
/// a signal of its own.
///
/// With user and target in one place the phases are aligned and the covariance is the optimum of a
/// convex problem ([`super::covariance`]): proven globally optimal for orthogonal sites, bounded for
/// others. Apart, phases come from a [search](super::search) and the proof, with `certify`, is an
/// interval ([`super::interval`]).
///
/// # Errors
/// [`Error::Input`] for settings out of range; broken numerics.
pub fn full_covariance(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<SurfacesDesign, Error> {
    design(instance, Signal::Covariance, settings, interrupt)
}

/// The highest rate with independent streams and a dedicated sensing signal, the ansatz (36).
///
/// With user and target in one place this is Theorem 2 ([`super::power`]). Apart, phases come from a
/// [search](super::search), and `certify` closes the gap by branch and bound ([`super::certify`]). A
/// proof is about this ansatz; other covariances reach higher rates.
///
/// # Errors
/// As [`full_covariance`], and for sites whose paths are not orthogonal.
pub fn dedicated_signal(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<SurfacesDesign, Error> {
    design(instance, Signal::Dedicated, settings, interrupt)
}

fn design(
    instance: &Instance,
    signal: Signal,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<SurfacesDesign, Error> {
    settings.validate()?;
    let chosen = select::choose(instance, signal, settings.select, interrupt)?;
    let cascade = instance.cascade(&chosen.sites);
    let link = Link::new(instance, &cascade);
    let mut plan = match chosen.plan {
        Some(plan) => plan,
        None => plan_phases(&cascade, &link, signal)?,
    };
    plan.work += chosen.work;
    if settings.requirement == Requirement::ExactBound && !link.is_co_located() {
        plan = relax(instance, &chosen.sites, &cascade, &link, signal, plan)?;
    }
    let stop = plan.stop();
    if plan.score < 0.0 && plan.relaxed.is_none() {
        return out_of_reach(instance, &chosen.sites, &cascade, &link, settings, plan.work);
    }
    let bound = bound(&mut plan, &cascade, &link, signal, settings, interrupt);
    let mut warnings = Vec::new();
    let built = settle(&chosen.sites, &cascade, &link, signal, &plan)?;
    let (deployment, quantisation) = quantised(instance, &cascade, signal, settings, built, &plan)?;
    let metrics = evaluate(instance, &deployment)?;
    if let Some(sentence) = quantisation {
        warnings.push(sentence);
    }
    warnings.extend(advice(&cascade, &metrics, &plan));
    let (bound, stop, work) = bound.unwrap_or((None, stop, Work::default()));
    let optimum = bound.and_then(|(value, method)| {
        Bound::new(metrics.rate_bps_hz, value, Sense::Upper, method, 0.0)
    });
    let violation = violation(instance, &metrics, settings.requirement);
    let mut total = plan.work;
    total += work;
    Ok(Design {
        starts: plan.starts.iter().map(|&score| Some(nats_to_bits(score))).collect(),
        variables: deployment,
        metrics,
        stop,
        proof: Proof {
            point: PointProof::Feasible { violation },
            bound: optimum,
            infeasible: None,
        },
        trace: Trace::off(),
        work: total,
        warnings,
    })
}

/// How far the limit on the bound is exceeded, relative.
fn violation(instance: &Instance, metrics: &Metrics, requirement: Requirement) -> f64 {
    let Some(limit) = instance.parts().crb_limit else { return 0.0 };
    let bound = match requirement {
        Requirement::ExactBound => metrics.crb,
        Requirement::Illumination => metrics.crb_aligned_db.map(noctule_phy::units::linear_from_db),
    };
    bound.map_or(f64::MAX, |bound| (bound / limit - 1.0).max(0.0))
}

type ProvenBound = (Option<(f64, String)>, Stop, Work);

/// An upper bound on the rate in bit/s/Hz with its method; improves the plan on the way.
fn bound(
    plan: &mut Plan,
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Option<ProvenBound> {
    // The bounds below ask for the full illumination: they do not hold where less was needed.
    if settings.requirement == Requirement::ExactBound && link.required > 0.0 {
        return None;
    }
    let margin = |nats: f64| nats_to_bits(nats) * (1.0 + 1e-11);
    if link.is_co_located() {
        let bound = match signal {
            Signal::Dedicated => (margin(plan.score), "theorem-2".to_owned()),
            Signal::Covariance => {
                let (value, exact) = interval::aligned_bound(cascade, link);
                let method = if exact { "lagrangian-dual" } else { "lagrangian-dual-coherent" };
                (margin(value), method.to_owned())
            }
        };
        return Some((Some(bound), Stop::Computed, Work::default()));
    }
    if !settings.certify {
        return None;
    }
    if signal == Signal::Dedicated {
        let found = certify::certify(link, &plan.points, plan.score, settings, interrupt);
        let Certified { bound, points, score, stop, work } = found;
        if score > plan.score {
            plan.score = score;
            plan.phases = phases_of(cascade, link, &points);
            plan.points = points;
        }
        return Some((Some((margin(bound), "branch-and-bound".to_owned())), stop, work));
    }
    let found = interval::interval(cascade, link, plan.score, settings, interrupt);
    Some((Some((margin(found.bound), found.method)), found.stop, found.work))
}

/// The requirement cannot be met: the design that comes nearest, and the proof.
fn out_of_reach(
    instance: &Instance,
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    settings: &Settings,
    work: Work,
) -> Result<SurfacesDesign, Error> {
    let phases: Vec<Vec<C64>> = cascade.paths.iter().map(SurfacePath::target_vector).collect();
    let light = cascade.illumination(&phases).response;
    let zero = CMat::zeros(light.len(), light.len());
    let nearest = Deployment::steady(sites.to_vec(), phases, zero, beam(&light, link.power));
    let metrics = evaluate(instance, &nearest)?;
    // Paths that overlap can light the target more than orthogonal ones would.
    let (base, _) = cascade.coherence();
    let overlap = 1.0 + base * (cascade.paths.len() as f64 - 1.0);
    let mut reachable = link.reachable() * overlap;
    let exact = settings.requirement == Requirement::ExactBound;
    if exact {
        reachable += link.power * slope_reserve(cascade);
    }
    let proven = link.required > reachable * (1.0 + ROUNDING);
    let decibels = noctule_phy::units::db_from_linear(cascade.bound_constant() / reachable);
    let limit = instance.parts().crb_limit.map_or(0.0, noctule_phy::units::db_from_linear);
    let what = if exact { "Cramér–Rao bound" } else { "bound (21)" };
    let statement = format!(
        "a {what} of {limit:.2} dB is required; whatever is transmitted over these sites, it is at \
         least {decibels:.2} dB"
    );
    let certificate = Certificate {
        method: "closed-form".to_owned(),
        statement,
        required: link.required,
        reachable,
    };
    let mut warnings = Vec::new();
    if !proven {
        warnings
            .push("the requirement was not met, and it is not proven that it cannot be".to_owned());
    }
    let violation = violation(instance, &metrics, settings.requirement);
    Ok(Design {
        starts: Vec::new(),
        variables: nearest,
        metrics,
        stop: if proven { Stop::Computed } else { Stop::Stalled },
        proof: Proof {
            point: PointProof::Feasible { violation },
            bound: None,
            infeasible: proven.then_some(certificate),
        },
        trace: Trace::off(),
        work,
        warnings,
    })
}

/// What the derivative of the surface with sensors can add to the illumination, for each watt:
/// `N_r/‖ȧ_s‖² · M_t ρ²_BI r² (Σ π|n|)²`.
fn slope_reserve(cascade: &Cascade) -> f64 {
    let Some(first) = cascade.paths.first() else { return 0.0 };
    let n = first.elements;
    let reach: f64 =
        (0..n).map(|i| std::f64::consts::PI * (i as f64 - (n as f64 - 1.0) / 2.0).abs()).sum();
    let sensors = cascade.sensors as f64 / CentredArray::new(cascade.sensors).slope_energy();
    sensors * cascade.sensing_weight(0) * reach * reach
}

fn advice(cascade: &Cascade, metrics: &Metrics, plan: &Plan) -> Vec<String> {
    let mut sentences = Vec::new();
    if metrics.coherence > model::ORTHOGONAL {
        sentences.push(format!(
            "paths overlap (up to {:.2e}): phases are designed as if they were orthogonal, the \
             covariance is optimal for these phases",
            metrics.coherence
        ));
    }
    let beam = 2.0 / cascade.sensors as f64;
    if let Some(root) = metrics.root_crb.filter(|root| *root > beam / 4.0) {
        sentences.push(format!(
            "the root of the bound, {root:.2e}, is not small against the beam of the sensors, \
             {beam:.2e}: a local bound of that size says little about a real estimator"
        ));
    }
    if !plan.points.is_empty() && metrics.streams == 0 {
        sentences.push("no stream carries data".to_owned());
    }
    sentences
}
