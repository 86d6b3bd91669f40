//! Our methods: the best sites, phases and covariance for the highest rate under a limit on the
//! bound.

use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Bound, Certificate, Interrupt, PointProof, Proof, Sense, Stop, Trace};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;
use noctule_phy::units::nats_to_bits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bound::{Candidate, Proven, bound};
use super::model::{self, Link, Metrics, evaluate};
use super::plan::{align_light, beam, settle};
use super::power::ROUNDING;
use super::quantise::quantised;
use super::select::{self, Chosen, Select};
use super::{Deployment, Instance, SurfacesDesign};
use super::{exact, interval};
use crate::{Design, Error, FEASIBLE};

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
    /// The Cramér–Rao bound (16) itself, with its derivative term, by a search.
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
/// others. Apart, phases come from a search and the proof, with `certify`, is an
/// interval.
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
/// search, and `certify` closes the gap by branch and bound. A
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
    let limit = instance.parts().crb_limit;
    let mut chosen = match limit.filter(|_| settings.requirement == Requirement::ExactBound) {
        Some(limit) => {
            exact::choose_exact(instance, signal, settings.select, limit, interrupt)?.chosen()
        }
        None => select::choose(instance, signal, settings.select, interrupt)?,
    };
    let mut best = Candidate::new(instance, &mut chosen, signal)?;
    if best.plan.score < 0.0 {
        return out_of_reach(instance, &chosen, &best, settings);
    }
    let Proven { upper, mut stop, work } =
        bound(instance, &chosen, &mut best, signal, settings, interrupt);
    let Candidate { sites, cascade, link, plan } = &best;
    let mut warnings: Vec<String> = chosen.advice().into_iter().collect();
    let mut built = settle(sites, cascade, link, signal, plan)?;
    built.requirement = settings.requirement;
    let (deployment, quantisation) = quantised(instance, cascade, signal, settings, built, plan)?;
    let metrics = evaluate(instance, &deployment)?;
    warnings.extend(quantisation);
    warnings.extend(advice(instance, &metrics));
    if !plan.points.is_empty() && metrics.streams == 0 {
        warnings.push("no stream carries data".to_owned());
    }
    let violation = violation(instance, &metrics, deployment.requirement);
    if chosen.interrupted {
        stop = Stop::Interrupted;
    }
    if violation > FEASIBLE {
        if stop != Stop::Interrupted {
            stop = Stop::Stalled;
        }
        warnings.push(format!(
            "the requirement is missed by {:.2} %, and it is not proven that it must be",
            100.0 * violation
        ));
    }
    let bound = upper.and_then(|(value, method)| {
        Bound::new(metrics.rate_bps_hz, value, Sense::Upper, method, 0.0)
    });
    let mut total = plan.work;
    total += work;
    // a start that misses the requirement has no rate
    let rate = |&score: &f64| (score >= 0.0).then(|| nats_to_bits(score));
    Ok(Design {
        starts: plan.starts.iter().map(rate).collect(),
        variables: deployment,
        metrics,
        stop,
        proof: Proof { point: PointProof::Feasible { violation }, bound, infeasible: None },
        trace: Trace::off(),
        work: total,
        warnings,
    })
}

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
        Requirement::Illumination => metrics.crb_aligned_db.map(noctule_phy::units::linear_from_db),
    };
    bound.map_or(f64::MAX, |bound| (bound / limit - 1.0).max(0.0))
}

/// What is required over a deployment, and what illumination (or information worth it) no design
/// exceeds there.
fn ceiling(instance: &Instance, sites: &[usize], exact: bool) -> (f64, f64) {
    let cascade = instance.cascade(sites);
    let link = Link::new(instance, &cascade);
    let (base, _) = cascade.coherence();
    // Paths that overlap can light the target more than orthogonal ones would.
    let overlap = if base > model::ORTHOGONAL { interval::factors(&cascade).1 } else { 1.0 };
    let mut reachable = link.reachable() * overlap;
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
    let all = select::considered(instance, select)?;
    let ratio = |pair: &(f64, f64)| pair.1 / pair.0;
    let nearest = all
        .iter()
        .map(|sites| ceiling(instance, sites, exact))
        .reduce(|best, other| if ratio(&other) > ratio(&best) { other } else { best });
    nearest.ok_or_else(select::no_deployment)
}

/// The requirement is not met: the design that comes nearest and, where no deployment among which
/// was chosen can meet it, the proof.
fn out_of_reach(
    instance: &Instance,
    chosen: &Chosen,
    best: &Candidate,
    settings: &Settings,
) -> Result<SurfacesDesign, Error> {
    let Candidate { sites, cascade, link, plan } = best;
    let exact = settings.requirement == Requirement::ExactBound;
    let mut nearest = match &plan.built {
        Some(built) => built.clone(),
        None => {
            let mut phases: Vec<Vec<C64>> =
                cascade.paths.iter().map(SurfacePath::target_vector).collect();
            align_light(cascade, &mut phases);
            let light = cascade.illumination(&phases).response;
            let zero = CMat::zeros(light.len(), light.len());
            Deployment::steady(sites.clone(), phases, zero, beam(&light, link.power))
        }
    };
    nearest.requirement = settings.requirement;
    let metrics = evaluate(instance, &nearest)?;
    let (required, reachable) = within_reach(instance, settings.select, settings.requirement)?;
    let proven = required > reachable * (1.0 + ROUNDING);
    let limit = instance.parts().crb_limit.map_or(0.0, noctule_phy::units::db_from_linear);
    let decibels = limit + noctule_phy::units::db_from_linear(required / reachable);
    let what = if exact { "Cramér–Rao bound" } else { "bound (21)" };
    let statement = format!(
        "a {what} of {limit:.2} dB is required; whatever is transmitted over these sites, it is at \
         least {decibels:.2} dB"
    );
    let certificate = Certificate::new("closed-form", statement, required, reachable);
    let mut warnings: Vec<String> = chosen.advice().into_iter().collect();
    if !proven {
        warnings
            .push("the requirement was not met, and it is not proven that it cannot be".to_owned());
    }
    warnings.extend(advice(instance, &metrics));
    let violation = violation(instance, &metrics, settings.requirement);
    Ok(Design {
        starts: Vec::new(),
        variables: nearest,
        metrics,
        stop: match (proven, chosen.interrupted) {
            (true, _) => Stop::Computed,
            (false, true) => Stop::Interrupted,
            (false, false) => Stop::Stalled,
        },
        proof: Proof {
            point: PointProof::Feasible { violation },
            bound: None,
            infeasible: proven.then_some(certificate),
        },
        trace: Trace::off(),
        work: plan.work,
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

/// Plane waves need places that are far from a surface; where not even its own length is small
/// against the way, angles and losses differ along it. The length is that of elements half a
/// wavelength apart, the wavelength that of free space at the reference gain, (λ/4π)² at a metre.
fn near_field(instance: &Instance, metrics: &Metrics) -> Option<String> {
    let parts = instance.parts();
    let wavelength = 4.0 * std::f64::consts::PI * parts.loss.reference_gain.sqrt();
    let places = [parts.base.position, parts.user.position, parts.target];
    let near = parts.sites.iter().flat_map(|s| places.map(|p| s.position.distance_m(p)));
    let near = near.fold(f64::INFINITY, f64::min);
    let each = metrics.elements.checked_div(metrics.surfaces)?;
    let length = 0.5 * wavelength * each as f64;
    (length > near && metrics.surfaces > 0).then(|| {
        format!(
            "surfaces of {each} elements are {length:.3} m long (half a wavelength apart, if the \
             reference gain is that of free space) and {near:.3} m from what they serve: waves are \
             not plane there, and this model assumes that they are"
        )
    })
}

/// What a careful colleague would say of these numbers.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = Vec::new();
    if metrics.coherence > model::ORTHOGONAL {
        sentences.push(format!(
            "paths overlap (up to {:.2e}): closed forms for orthogonal paths do not hold here, and \
             designs turn whole surfaces one at a time",
            metrics.coherence
        ));
    }
    sentences.extend(near_field(instance, metrics));
    let beam = 2.0 / instance.parts().sensors as f64;
    if let Some(root) = metrics.root_crb.filter(|root| *root > beam / 4.0) {
        sentences.push(format!(
            "the root of the bound, {root:.2e}, is not small against the beam of the sensors, \
             {beam:.2e}: a local bound of that size says little about a real estimator"
        ));
    }
    sentences
}
