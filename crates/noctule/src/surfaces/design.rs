//! Our methods: the best sites, phases and covariance for the highest rate under a limit on the
//! bound.

use noctule_num::linalg::dot;
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Bound, Certificate, Interrupt, PointProof, Proof, Sense, Stop, Trace, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;
use noctule_phy::units::nats_to_bits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::certify::{self, Certified};
use super::covariance::{CovarianceSolver, Reduced};
use super::curve::{Curve, CurvePoint};
use super::interval;
use super::model::{self, Link, Metrics, evaluate, need_orthogonal};
use super::power::{Allocator, ROUNDING};
use super::quantise::quantised;
use super::search::{Inner, Scorer, search};
use super::select::{self, Select, coherent_score};
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
    let stop = plan.stop(settings);
    if plan.score < 0.0 && plan.relaxed.is_none() {
        return out_of_reach(instance, &chosen.sites, &cascade, &link, settings, plan.work);
    }
    let bound = plan.bound(instance, &cascade, &link, signal, settings, interrupt)?;
    let mut warnings = Vec::new();
    let built = settle(instance, &chosen.sites, &cascade, &link, signal, &plan)?;
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

/// Phases for all surfaces of a deployment, and what is known about them.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// One set of phases for each surface.
    pub(super) phases: Vec<Vec<C64>>,
    /// The rate in nats by the formulas for orthogonal paths, negative where the requirement is out
    /// of reach.
    pub(super) score: f64,
    /// The points on the trade-off curves, where the phases came from there.
    pub(super) points: Vec<CurvePoint>,
    /// The illumination that was asked for, where it is not the required one.
    pub(super) relaxed: Option<f64>,
    pub(super) starts: Vec<f64>,
    pub(super) work: Work,
}

type ProvenBound = (Option<(f64, String)>, Stop, Work);

impl Plan {
    const fn stop(&self, settings: &Settings) -> Stop {
        match (self.points.is_empty(), settings.certify) {
            (true, _) => Stop::Computed,
            (false, _) => Stop::Stalled,
        }
    }

    /// Aligned to user and target alike.
    fn aligned(cascade: &Cascade, score: f64) -> Self {
        Self {
            phases: cascade.paths.iter().map(SurfacePath::user_vector).collect(),
            score,
            points: Vec::new(),
            relaxed: None,
            starts: vec![score],
            work: Work { evaluations: 1, ..Work::default() },
        }
    }

    /// An upper bound on the rate in bit/s/Hz with its method; improves the plan on the way.
    fn bound(
        &mut self,
        instance: &Instance,
        cascade: &Cascade,
        link: &Link,
        signal: Signal,
        settings: &Settings,
        interrupt: &Interrupt,
    ) -> Result<Option<ProvenBound>, Error> {
        // The bounds below ask for the full illumination: they do not hold where less was needed.
        let exact = settings.requirement == Requirement::ExactBound;
        let margin = |nats: f64| nats_to_bits(nats) * (1.0 + 1e-11);
        if link.is_co_located() {
            let bound = match signal {
                Signal::Dedicated => (margin(self.score), "theorem-2".to_owned()),
                Signal::Covariance => {
                    let (value, exact) = interval::aligned_bound(cascade, link);
                    let method = if exact { "lagrangian-dual" } else { "lagrangian-dual-coherent" };
                    (margin(value), method.to_owned())
                }
            };
            return Ok(Some((Some(bound), Stop::Computed, Work::default())));
        }
        if !settings.certify || exact {
            return Ok(None);
        }
        if signal == Signal::Dedicated {
            let found = certify::certify(link, &self.points, self.score, settings, interrupt);
            let Certified { bound, points, score, stop, work } = found;
            if score > self.score {
                self.score = score;
                self.phases = phases_of(cascade, link, &points);
                self.points = points;
            }
            let method = "branch-and-bound".to_owned();
            return Ok(Some((Some((margin(bound), method)), stop, work)));
        }
        let _ = instance;
        let found = interval::interval(cascade, link, self.score, settings, interrupt);
        Ok(Some((Some((margin(found.bound), found.method)), found.stop, found.work)))
    }
}

/// Phases of points on the curves.
pub(super) fn phases_of(cascade: &Cascade, link: &Link, points: &[CurvePoint]) -> Vec<Vec<C64>> {
    cascade
        .paths
        .iter()
        .zip(points)
        .enumerate()
        .map(|(k, (path, point))| {
            let curve = Curve::new(link.elements[k], link.steps[k]);
            curve.phases(&path.user_vector(), point.blend, point.phase)
        })
        .collect()
}

/// Phases for a deployment: aligned where user and target are in one place, else searched.
pub(super) fn plan_phases(cascade: &Cascade, link: &Link, signal: Signal) -> Result<Plan, Error> {
    if signal == Signal::Dedicated {
        need_orthogonal(cascade)?;
    }
    let (base, user) = cascade.coherence();
    if base.max(user) > model::ORTHOGONAL {
        return plan_overlapping(cascade, link);
    }
    let short = link.required > link.reachable() * (1.0 + ROUNDING);
    if link.is_co_located() || short {
        let (gains, weights) = link.aligned();
        let score = if short {
            link.reachable() / link.required - 1.0
        } else {
            aligned_score(signal, &gains, &weights, link)
        };
        return Ok(Plan::aligned(cascade, score));
    }
    let curves: Vec<Curve> =
        link.elements.iter().zip(&link.steps).map(|(&n, &step)| Curve::new(n, step)).collect();
    let inner = match signal {
        Signal::Dedicated => Inner::Powers(Allocator::new(link.gains.len())),
        Signal::Covariance => Inner::Covariance(CovarianceSolver::new()),
    };
    let mut scorer = Scorer::new(link, inner);
    let found = search(&curves, &mut scorer);
    Ok(Plan {
        phases: phases_of(cascade, link, &found.points),
        score: found.score,
        points: found.points,
        relaxed: None,
        starts: found.starts,
        work: Work { evaluations: scorer.evaluations, ..Work::default() },
    })
}

/// Phases where paths overlap: the best of those that a search for orthogonal paths finds and of
/// blends that all surfaces share, each with the exact inner optimum.
fn plan_overlapping(cascade: &Cascade, link: &Link) -> Result<Plan, Error> {
    let mut candidates: Vec<Vec<CurvePoint>> = Vec::new();
    if !link.is_co_located() {
        let curves: Vec<Curve> =
            link.elements.iter().zip(&link.steps).map(|(&n, &step)| Curve::new(n, step)).collect();
        let mut scorer = Scorer::new(link, Inner::Covariance(CovarianceSolver::new()));
        candidates.push(search(&curves, &mut scorer).points);
        for i in 0..=12 {
            for phase in [0.0, std::f64::consts::PI] {
                let blend = std::f64::consts::FRAC_PI_2 * f64::from(i) / 12.0;
                candidates.push(curves.iter().map(|c| c.point(blend, phase)).collect());
            }
        }
    }
    let mut best = Plan::aligned(cascade, 0.0);
    best.score = coherent_score(cascade, link, &best.phases)?;
    best.work.evaluations += candidates.len() as u64;
    for points in candidates.into_iter().filter(|points| !points.is_empty()) {
        let phases = phases_of(cascade, link, &points);
        let score = coherent_score(cascade, link, &phases)?;
        if score > best.score {
            best = Plan { phases, score, points, ..best };
        }
    }
    best.starts = vec![best.score];
    Ok(best)
}

/// The rate in nats of aligned surfaces.
pub(super) fn aligned_score(signal: Signal, gains: &[f64], weights: &[f64], link: &Link) -> f64 {
    match signal {
        Signal::Dedicated => Allocator::new(gains.len())
            .allocate(gains, weights, link.power, link.required)
            .map_or(-1.0, |found| found.rate_nats),
        Signal::Covariance => {
            let total: f64 = weights.iter().sum();
            let overlaps: Vec<f64> =
                gains.iter().zip(weights).map(|(g, w)| g * w / total).collect();
            let share = link.required / (link.power * total);
            CovarianceSolver::new().solve(gains, &overlaps, link.power, share).rate_nats
        }
    }
}

/// Ask for less illumination, as long as the Cramér–Rao bound itself stays below the limit.
fn relax(
    instance: &Instance,
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    plan: Plan,
) -> Result<Plan, Error> {
    let Some(limit) = instance.parts().crb_limit else { return Ok(plan) };
    let highest = (link.reachable() / link.required).min(1.0) * (1.0 - 1e-9);
    let mut best = if plan.score >= 0.0 { Some(plan.clone()) } else { None };
    let mut work = plan.work;
    let (mut low, mut high) = (0.0, highest);
    for round in 0..14 {
        let share = if round == 0 { high } else { 0.5 * (low + high) };
        let eased = Link { required: share * link.required, ..link.clone() };
        let mut trial = plan_phases(cascade, &eased, signal)?;
        work += trial.work;
        trial.relaxed = Some(eased.required);
        let built = settle(instance, sites, cascade, &eased, signal, &trial)?;
        let crb = evaluate(instance, &built)?.crb;
        let meets = trial.score >= 0.0 && crb.is_some_and(|crb| crb <= limit * (1.0 + ROUNDING));
        if meets {
            high = share;
            if best.as_ref().is_none_or(|best| trial.score > best.score) {
                best = Some(trial);
            }
        } else if round == 0 && best.is_none() {
            // not even the strongest illumination meets the bound
            break;
        } else {
            low = share;
        }
    }
    let mut best = best.unwrap_or(plan);
    best.work = work;
    Ok(best)
}

/// Covariances for the phases of a plan.
pub(super) fn settle(
    instance: &Instance,
    sites: &[usize],
    cascade: &Cascade,
    link: &Link,
    signal: Signal,
    plan: &Plan,
) -> Result<Deployment, Error> {
    let required = plan.relaxed.unwrap_or(link.required);
    let (information, sensing) = covariances(cascade, signal, &plan.phases, link.power, required)?;
    let _ = instance;
    Ok(Deployment::steady(sites.to_vec(), plan.phases.clone(), information, sensing))
}

/// The best covariances of a kind for given phases. Where the requirement is out of reach of these
/// phases, all power lights the target.
pub(super) fn covariances(
    cascade: &Cascade,
    signal: Signal,
    phases: &[Vec<C64>],
    power: f64,
    required: f64,
) -> Result<(CMat, CMat), Error> {
    let n = cascade.transmit_antennas;
    let light = cascade.illumination(phases).response;
    let norm: f64 = light.iter().map(C64::norm_sqr).sum();
    let nothing = CMat::zeros(n, n);
    match signal {
        Signal::Covariance => {
            let channel = cascade.channel(phases);
            let reduced = Reduced::new(&channel, cascade.user_noise_w, &light)?;
            let share = if norm > 0.0 { (required / (power * norm)).clamp(0.0, 1.0) } else { 0.0 };
            let spectrum = &reduced.spectrum;
            let dual =
                CovarianceSolver::new().solve(&spectrum.gains, &spectrum.overlaps, power, share);
            Ok((reduced.covariance(&dual, power, required)?, nothing))
        }
        Signal::Dedicated => {
            let gains: Vec<f64> = cascade
                .paths
                .iter()
                .zip(phases)
                .enumerate()
                .map(|(k, (path, v))| cascade.stream_gain(k) * path.user_amplitude(v).norm_sqr())
                .collect();
            let weights: Vec<f64> = cascade
                .paths
                .iter()
                .zip(phases)
                .enumerate()
                .map(|(k, (path, v))| cascade.sensing_weight(k) * path.illumination(v).0.norm_sqr())
                .collect();
            let mut allocator = Allocator::new(gains.len());
            let Some(found) = allocator.allocate(&gains, &weights, power, required) else {
                return Ok((nothing, beam(&light, power)));
            };
            let mut information = nothing;
            for (path, p) in cascade.paths.iter().zip(allocator.powers()) {
                let a = CentredArray::new(n).response(path.base_departure);
                add_outer(&mut information, &a, p / n as f64);
            }
            Ok((information, beam(&light, found.sensing_power)))
        }
    }
}

/// `power · x xᴴ / ‖x‖²`; zero for a vector of zeros.
pub(super) fn beam(x: &[C64], power: f64) -> CMat {
    let norm = dot(x, x).re;
    let mut out = CMat::zeros(x.len(), x.len());
    if norm > 0.0 {
        add_outer(&mut out, x, power / norm);
    }
    out
}

fn add_outer(out: &mut CMat, x: &[C64], scale: f64) {
    for (j, b) in x.iter().enumerate() {
        let factor = b.conj() * scale;
        for (entry, a) in out.col_mut(j).iter_mut().zip(x) {
            *entry += a * factor;
        }
    }
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
