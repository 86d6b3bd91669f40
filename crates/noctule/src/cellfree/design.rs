//! Our method: beams of every access point on a sphere, and the requirement by its price.
//!
//! # Steps
//!
//! 1. **Normalise.** Channels and covariances times `√p_m`, noise one: the same problem in other
//!    units is the same problem.
//! 2. **Powers by construction.** `[W_m, V_m]` of an access point that senses has norm one; where
//!    nothing is sensed, slack takes the place of `V_m`, and the power is at most one.
//! 3. **Requirement by its price.** `S ≤ δ` (or `R ≥ ζ`) through an augmented Lagrangian
//!    ([`noctule_optim::augmented_lagrangian`]), whose multiplier is the slope of the region's
//!    boundary. Each round is climbed by L-BFGS with exact gradients.
//! 4. **Several starts**, roughly; the best of them to the tolerance.
//!
//! The paper's own route (auxiliary variables, a difference of convex functions, penalties, a conic
//! program a step) is neither needed — `A_k` is convex, `docs/errata.md#cellfree-e3` — nor does it
//! survive its own dynamic range (`docs/errata.md#cellfree-e4`).

use noctule_num::{C64, CMat, InputError};
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{
    AugmentedLagrangian, Bound, Certificate, Constrained, Interrupt, Lbfgs, Manifold, Objective,
    Proof, Sense, Stop, StopRule, StopRules, Trace, Work, multi_start,
};
use noctule_phy::units::{bits_to_nats, nats_to_bits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::missed;
use super::bound::{Certified, rate_bound};
use super::model::{Link, Model, Roles, evaluate};
use super::sensing::{BestPattern, best_pattern};
use super::starts::{data_beams, default_starts, shared};
use super::{Beams, CellFreeDesign, Instance, Requirement};
use crate::{Design, Error};

/// A design that violates its requirement by less, relative, is feasible.
pub(super) const FEASIBLE: f64 = 1e-6;
/// Residual to which every start is climbed before the best is polished.
const ROUGH: f64 = 1e-4;

/// Settings of [`design()`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of starts, taken in this order: regularised zero forcing, matched filters, then
    /// randomly perturbed regularised zero forcing.
    pub starts: usize,
    /// Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    pub tolerance: f64,
    /// Constraints hold to this, relative to the requirement.
    pub feasibility: f64,
    /// Evaluations each start, and the final polish, may spend.
    pub max_evaluations: u64,
    /// Sensing beams of each access point that senses.
    pub sensing_beams: usize,
    /// Relative gap to which the best beampatterns are proven.
    pub pattern_gap: f64,
    /// Nodes of branch and bound for an upper bound on the rate; zero asks for none.
    pub certify_nodes: u64,
    /// Relative gap at which branch and bound stops.
    pub certify_gap: f64,
    /// Rows of the trace to keep; zero keeps none.
    pub trace_rows: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            starts: 3,
            tolerance: 1e-6,
            feasibility: 1e-7,
            max_evaluations: 20_000,
            sensing_beams: 3,
            pattern_gap: 1e-6,
            certify_nodes: 0,
            certify_gap: 1e-2,
            trace_rows: 0,
        }
    }
}

impl Settings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        let refuse = |place: &str, found: String, allowed: &str| {
            Err(InputError::new("the setting is out of range", place, found, allowed))
        };
        for (place, value, low, high) in [
            ("starts", self.starts, 1, 10_000),
            ("sensing_beams", self.sensing_beams, 1, 512),
            ("trace_rows", self.trace_rows, 0, 10_000_000),
        ] {
            if !(low..=high).contains(&value) {
                return refuse(place, value.to_string(), &format!("{low} to {high}"));
            }
        }
        for (place, value) in [
            ("tolerance", self.tolerance),
            ("feasibility", self.feasibility),
            ("pattern_gap", self.pattern_gap),
            ("certify_gap", self.certify_gap),
        ] {
            if !(value > 0.0 && value < 1.0) {
                return refuse(place, value.to_string(), "between 0 and 1, e.g. 1e-6");
            }
        }
        if self.max_evaluations == 0 {
            return refuse("max_evaluations", "0".to_owned(), "at least 1");
        }
        Ok(())
    }
}

/// Design beams for `instance`, by what it requires ([`Requirement`]).
///
/// Guarantee: when `stop` is `Converged`, a stationary point of the problem (residual in `proof`)
/// whose powers hold to rounding and whose requirement holds to 10⁻⁶ relative; with `certify_nodes`,
/// what no design can exceed in `proof.bound`. A limit on the error below the certified minimum gives
/// the sensing-only design with `proof.infeasible`. The problem is not convex: the objective from
/// every start is in `starts`, and a local optimum is not called anything more.
///
/// # Errors
/// [`Error::Input`] for settings out of range.
pub fn design(instance: &Instance, settings: &Settings) -> Result<CellFreeDesign, Error> {
    design_from(instance, settings, None, &Interrupt::new())
}

/// [`design()`], with the beams of a neighbouring design as one more start, and a token to stop.
///
/// # Errors
/// As [`design()`]; also when the warm start has another shape.
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Beams>,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    if let Some(warm) = warm {
        warm.check(instance)?;
    }
    if let Some(patterns_alone) = without_data(instance, settings)? {
        return Ok(patterns_alone);
    }
    match instance.requirement() {
        Requirement::None => communication(instance, settings, warm, interrupt),
        Requirement::MaxError(_) | Requirement::MinRate(_) => {
            let patterns = best_patterns(instance, settings.pattern_gap, interrupt)?;
            constrained(instance, settings, &patterns, warm.into_iter(), settings.starts, interrupt)
        }
    }
}

/// Requirements that leave nothing but P1: no rate is required, or nobody is there to be served.
fn without_data(instance: &Instance, settings: &Settings) -> Result<Option<CellFreeDesign>, Error> {
    let silent = instance.users() == 0;
    let required = match instance.requirement() {
        Requirement::MaxError(_) if silent && !instance.sensing_aps().is_empty() => {
            // Limits below the smallest error need the certificate of `constrained`.
            let design = super::baselines::sensing_only(instance, settings)?;
            return Ok((missed(instance, &design.metrics) <= FEASIBLE).then_some(design));
        }
        Requirement::MinRate(rate) if silent || rate <= 0.0 => rate,
        _ => return Ok(None),
    };
    if instance.sensing_aps().is_empty() {
        return Ok(None);
    }
    let mut design = super::baselines::sensing_only(instance, settings)?;
    if required > 0.0 {
        design.proof = Proof::NONE;
        design.proof.infeasible = Some(Certificate {
            method: "closed-form".to_owned(),
            statement: format!(
                "a sum rate of {required:.6} bit/s/Hz is required, and there are no users"
            ),
            required,
            reachable: 0.0,
        });
    }
    Ok(Some(design))
}

/// The best pattern of every access point that senses.
///
/// # Errors
/// As [`best_pattern`].
pub fn best_patterns(
    instance: &Instance,
    gap: f64,
    interrupt: &Interrupt,
) -> Result<Vec<Option<BestPattern>>, Error> {
    let targets = &instance.parts().targets_rad;
    let mut out: Vec<Option<BestPattern>> = Vec::with_capacity(instance.aps());
    for ap in 0..instance.aps() {
        let twin = (0..ap).find(|&other| targets[other] == targets[ap]);
        out.push(match (instance.pattern(ap), twin) {
            (None, _) => None,
            (Some(_), Some(twin)) => out[twin].clone(),
            (Some(pattern), None) => {
                let spacing = instance.parts().spacing;
                Some(best_pattern(pattern, spacing, &targets[ap], gap, interrupt)?)
            }
        });
    }
    Ok(out)
}

/// Mean error and mean certified error of the best patterns.
pub(super) fn error_floor(patterns: &[Option<BestPattern>]) -> (f64, f64) {
    let all: Vec<&BestPattern> = patterns.iter().flatten().collect();
    let mean = |of: fn(&BestPattern) -> f64| {
        all.iter().map(|p| of(p)).sum::<f64>() / all.len().max(1) as f64
    };
    (mean(|p| p.error), mean(BestPattern::certified))
}

/// Minus the sum rate in nats, over data beams and slack.
struct Rate {
    model: Model,
}

impl Objective for Rate {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.model.forward(x);
        let value = self.model.value(Link::Rate);
        self.model.backward(x, -1.0, 0.0, gradient);
        -value
    }
}

fn communication(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Beams>,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let model = Model::new(instance, Roles::CommunicationOnly);
    let mut points: Vec<Vec<C64>> = warm.map(|beams| model.point(beams)).into_iter().collect();
    for start in default_starts(settings.starts) {
        let data = data_beams(instance, start, 0.99)?;
        points.push(model.point(&Beams { data, ..Beams::silent(instance) }));
    }
    let manifold = Manifold::spheres(model.aps, model.stride(), 1.0);
    let mut solver = Lbfgs::with_memory(manifold, 20);
    let mut objective = Rate { model };
    let rules = |tolerance: f64| {
        StopRules::from(StopRule::Residual(tolerance))
            | StopRule::Progress { tolerance: 1e-14, window: 60 }
            | StopRule::Evaluations(settings.max_evaluations)
    };
    let rough = rules(settings.tolerance.max(ROUGH));
    let found = multi_start(&mut solver, &mut objective, points, &rough, interrupt, 0);
    let Some(found) = found else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let mut x = found.point;
    let mut trace = Trace::with_room(settings.trace_rows);
    let exact = rules(settings.tolerance);
    let run = solver.minimise(&mut objective, &mut x, &exact, interrupt, &mut trace);
    let mut work = found.work;
    work += run.work;
    let beams = objective.model.beams(&x);
    let metrics = evaluate(instance, &beams)?;
    let mut proof = Proof::stationary(run.residual);
    if settings.certify_nodes > 0 {
        let certified = rate_bound(instance, settings, &x, None, interrupt)?;
        proof = proof.with_bound(certified.bound(metrics.sum_rate_bps_hz));
        work.factorisations += certified.nodes;
        // Branch and bound may find better beams on its way.
        if let Some(better) = certified.better(metrics.sum_rate_bps_hz) {
            let mut x = objective.model.point(&better);
            solver.manifold().normalise(&mut x);
            let run = solver.minimise(&mut objective, &mut x, &exact, interrupt, &mut trace);
            let beams = objective.model.beams(&x);
            let metrics = evaluate(instance, &beams)?;
            let bound = certified.bound(metrics.sum_rate_bps_hz);
            let proof = Proof::stationary(run.residual).with_bound(bound);
            let values = found.values.iter().chain([&run.value]);
            let starts = values.map(|v| Some(nats_to_bits(-v))).collect();
            work += run.work;
            let warnings = advice(instance, &metrics);
            let stop = run.stop;
            return Ok(Design {
                variables: beams,
                metrics,
                stop,
                proof,
                trace,
                work,
                starts,
                warnings,
            });
        }
    }
    let warnings = advice(instance, &metrics);
    Ok(Design {
        variables: beams,
        metrics,
        stop: run.stop,
        proof,
        trace,
        work,
        starts: found.values.iter().map(|v| finite(nats_to_bits(-v))).collect(),
        warnings,
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Rate under an error, or error under a rate.
struct TradeOff {
    model: Model,
    /// The limit that is climbed for: a little inside the one required.
    limit: f64,
    rate_first: bool,
    x: Vec<C64>,
}

impl Constrained for TradeOff {
    fn constraints(&self) -> usize {
        1
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.x.copy_from_slice(x);
        self.model.forward(x);
        let rate = self.model.value(Link::Rate);
        let error = self.model.error();
        if self.rate_first {
            constraints[0] = error / self.limit - 1.0;
            -rate
        } else {
            constraints[0] = 1.0 - rate / self.limit;
            error
        }
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let price = weights[0] / self.limit;
        let (rate, error) = if self.rate_first { (-1.0, price) } else { (-price, 1.0) };
        self.model.backward(&self.x, rate, error, gradient);
    }
}

/// P3 and P4 from the given beams and `fresh` starts of their own.
pub(super) fn constrained<'a>(
    instance: &Instance,
    settings: &Settings,
    patterns: &[Option<BestPattern>],
    warm: impl Iterator<Item = &'a Beams>,
    fresh: usize,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let (reached, certified) = error_floor(patterns);
    let (limit, rate_first) = match instance.requirement() {
        Requirement::MaxError(limit) => {
            if limit < certified {
                return infeasible_error(instance, patterns, limit, reached, certified);
            }
            let inside = (2.0 * settings.feasibility * limit).min(0.1 * (limit - reached).max(0.0));
            (limit - inside, true)
        }
        Requirement::MinRate(rate) => {
            (bits_to_nats(rate) * (1.0 + 2.0 * settings.feasibility), false)
        }
        Requirement::None => (f64::INFINITY, true),
    };
    let model = Model::new(instance, Roles::Sensing(settings.sensing_beams));
    let factors: Vec<Option<CMat>> =
        patterns.iter().map(|p| p.as_ref().map(|p| p.factor.clone())).collect();
    // Close to the smallest error hardly any power is left for data.
    let share = match rate_first {
        true => (0.5 * (limit / reached.max(f64::MIN_POSITIVE) - 1.0)).clamp(0.01, 0.5),
        false => 0.5,
    };
    let awake = |beams: &Beams| model.point(&lively(beams, &factors, settings.sensing_beams));
    let mut points: Vec<Vec<C64>> = warm.map(awake).collect();
    for start in default_starts(fresh) {
        points.push(awake(&shared(instance, start, share, &factors)?));
    }
    let manifold = Manifold::spheres(model.aps, model.stride(), 1.0);
    let dim = model.dim();
    let mut problem = TradeOff { model, limit, rate_first, x: vec![C64::ZERO; dim] };
    let rough = AugmentedSettings {
        tolerance: settings.tolerance.max(ROUGH),
        feasibility: settings.feasibility.max(1e-4),
        evaluations: settings.max_evaluations,
        penalty: 30.0,
        ..AugmentedSettings::default()
    };
    let mut method = AugmentedLagrangian::new(manifold, rough);
    let mut best: Option<(Vec<C64>, ConstrainedRun)> = None;
    // Rough values of points that miss the requirement are none; the start that is polished has its
    // polished value.
    let mut starts = Vec::new();
    let mut chosen = 0;
    let mut work = Work::default();
    for mut x in points {
        if best.is_some() && interrupt.is_raised() {
            break;
        }
        manifold.normalise(&mut x);
        let run = method.minimise(&mut problem, &mut x, &[0.0], interrupt, &mut Trace::off());
        work += run.work;
        starts.push(finite(shown(&run, rate_first)).filter(|_| run.violation <= FEASIBLE));
        if best.as_ref().is_none_or(|(_, best)| is_better(&run, best)) {
            best = Some((x, run));
            chosen = starts.len() - 1;
        }
    }
    let Some((mut x, before)) = best else {
        let error = InputError::new("there is no start", "starts", "0", "at least 1");
        return Err(error.into());
    };
    let exact = AugmentedSettings {
        tolerance: settings.tolerance,
        feasibility: settings.feasibility,
        evaluations: settings.max_evaluations,
        penalty: before.penalty,
        ..AugmentedSettings::default()
    };
    let mut trace = Trace::with_room(settings.trace_rows);
    let mut method = AugmentedLagrangian::new(manifold, exact);
    let run = method.minimise(&mut problem, &mut x, &before.multipliers, interrupt, &mut trace);
    work += run.work;
    let beams = problem.model.beams(&x);
    let mut metrics = evaluate(instance, &beams)?;
    let price = run.multipliers[0];
    metrics.slope = match rate_first {
        true => Some(nats_to_bits(price / limit)),
        false => (price > 0.0).then(|| nats_to_bits(limit / price)),
    };
    let (violation, mut warnings) = judged(instance, &metrics);
    if let Some(start) = starts.get_mut(chosen) {
        *start = Some(metrics.objective).filter(|_| violation <= FEASIBLE);
    }
    let mut proof = if violation <= FEASIBLE {
        Proof::stationary(run.residual)
    } else {
        warnings.push(format!(
            "the requirement is missed by {violation:.1e}: the search is local, and this proves nothing"
        ));
        Proof::NONE
    };
    match instance.requirement() {
        Requirement::MinRate(rate) => {
            let bound = Bound::new(metrics.objective, certified, Sense::Lower, "frank-wolfe", 0.0);
            proof = proof.with_bound(bound);
            if violation > FEASIBLE {
                prove_unreachable(instance, settings, rate, &mut proof, interrupt)?;
            }
        }
        _ if settings.certify_nodes > 0 => {
            let found: Certified =
                rate_bound(instance, settings, &x, Some(price / limit), interrupt)?;
            work.factorisations += found.nodes;
            proof = proof.with_bound(found.bound(metrics.sum_rate_bps_hz));
        }
        _ => {}
    }
    Ok(Design { variables: beams, metrics, stop: run.stop, proof, trace, work, starts, warnings })
}

/// The same beams with some power in every sensing beam: beams of zero never leave zero.
pub(super) fn lively(beams: &Beams, factors: &[Option<CMat>], streams: usize) -> Beams {
    let mut out = beams.clone();
    for (ap, factor) in factors.iter().enumerate() {
        let Some(factor) = factor else { continue };
        let old = &beams.sensing[ap];
        let n = factor.rows();
        out.sensing[ap] = CMat::from_fn(n, streams, |i, s| {
            let held = if s < old.cols() { old[(i, s)] } else { C64::ZERO };
            let silent =
                s >= old.cols() || old.col(s).iter().map(C64::norm_sqr).sum::<f64>() < 1e-6;
            match (silent, s < factor.cols()) {
                (false, _) => held,
                (true, true) => factor[(i, s)] * 0.1,
                // Directions of their own, a hundredth of the amplitude.
                (true, false) => {
                    let phase = 2.4 * (i * (s + 1)) as f64 + (i * i) as f64;
                    C64::from_polar(0.01 / (n as f64).sqrt(), phase)
                }
            }
        });
    }
    out
}

fn shown(run: &ConstrainedRun, rate_first: bool) -> f64 {
    if rate_first { nats_to_bits(-run.value) } else { run.value }
}

/// Feasible before infeasible, then by value.
fn is_better(a: &ConstrainedRun, b: &ConstrainedRun) -> bool {
    match (a.violation <= 1e-3, b.violation <= 1e-3) {
        (true, true) => a.value < b.value,
        (false, false) => a.violation < b.violation,
        (feasible, _) => feasible,
    }
}

/// By how much, relative, metrics miss what is required; and what to say about them.
fn judged(instance: &Instance, metrics: &super::Metrics) -> (f64, Vec<String>) {
    (missed(instance, metrics), advice(instance, metrics))
}

/// A required rate that even branch and bound's upper bound does not reach, with at least its first
/// region whatever the settings ask for. `reachable` of the certificate is that bound: what cannot be
/// exceeded, not what is reached.
fn prove_unreachable(
    instance: &Instance,
    settings: &Settings,
    rate: f64,
    proof: &mut Proof,
    interrupt: &Interrupt,
) -> Result<(), Error> {
    let free = instance.with_requirement(Requirement::None)?;
    let settings = Settings { certify_nodes: settings.certify_nodes.max(1), ..settings.clone() };
    let best = communication(&free, &settings, None, interrupt)?;
    if let Some(bound) = best.proof.bound
        && rate > bound.value
    {
        proof.infeasible = Some(Certificate {
            method: "branch-and-bound".to_owned(),
            statement: format!(
                "a sum rate of {rate:.6} bit/s/Hz is required; without any sensing no beams exceed \
                 {:.6}",
                bound.value
            ),
            required: rate,
            reachable: bound.value,
        });
    }
    Ok(())
}

fn infeasible_error(
    instance: &Instance,
    patterns: &[Option<BestPattern>],
    limit: f64,
    reached: f64,
    certified: f64,
) -> Result<CellFreeDesign, Error> {
    let beams = sensing_beams(instance, patterns);
    let metrics = evaluate(instance, &beams)?;
    let bound = Bound::new(reached, certified, Sense::Lower, "frank-wolfe", 0.0);
    let mut proof = Proof::NONE.with_bound(bound);
    proof.infeasible = Some(Certificate {
        method: "frank-wolfe".to_owned(),
        statement: format!(
            "a mean beampattern error of {limit:.6e} is required; no signals reach less than \
             {certified:.6e}, those given reach {reached:.6e}"
        ),
        required: limit,
        reachable: reached,
    });
    let warnings = advice(instance, &metrics);
    Ok(Design {
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof,
        trace: Trace::off(),
        work: patterns.iter().flatten().fold(Work::default(), |mut work, p| {
            work += p.work;
            work
        }),
        starts: vec![Some(reached)],
        warnings,
    })
}

/// No data; every access point that senses sends its best pattern at full power.
pub(super) fn sensing_beams(instance: &Instance, patterns: &[Option<BestPattern>]) -> Beams {
    let mut beams = Beams::silent(instance);
    for (ap, pattern) in patterns.iter().enumerate() {
        if let Some(pattern) = pattern {
            beams.sensing[ap] = pattern.factor.clone();
        }
    }
    beams
}

/// What a careful colleague would add to these numbers.
pub(super) fn advice(instance: &Instance, metrics: &super::Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    let off = metrics.users_shut_off();
    if off > 0 && metrics.sum_rate_nats > 0.0 {
        sentences.push(format!("{off} of {} users are shut off", instance.users()));
    }
    sentences
}
