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

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Interrupt, Proof, Sense};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::{missed, sensing_only};
use super::sensing::{BestPattern, best_pattern};
use super::{Beams, CellFreeDesign, Instance, Requirement};
use crate::{Error, FEASIBLE};

mod free;
mod limited;

use free::communication;
pub(super) use limited::{constrained, lively};

/// Sensing beams of an access point, at most.
pub(super) const MOST_SENSING_BEAMS: usize = 512;
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
            ("sensing_beams", self.sensing_beams, 1, MOST_SENSING_BEAMS),
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
/// every start is in `starts` (none where it does not meet the requirement to 10⁻⁶; one more where
/// branch and bound met better beams), and a local optimum is not called anything more.
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
    if let Some(patterns_alone) = without_data(instance, settings, interrupt)? {
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
fn without_data(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Option<CellFreeDesign>, Error> {
    let silent = instance.users() == 0;
    let required = match instance.requirement() {
        Requirement::MaxError(_) if silent && !instance.sensing_aps().is_empty() => {
            // Limits below the smallest error need the certificate of `constrained`.
            let design = sensing_only(instance, settings, interrupt)?;
            return Ok((missed(instance, &design.metrics) <= FEASIBLE).then_some(design));
        }
        Requirement::MinRate(rate) if silent || rate <= 0.0 => rate,
        _ => return Ok(None),
    };
    if instance.sensing_aps().is_empty() {
        return Ok(None);
    }
    let mut design = sensing_only(instance, settings, interrupt)?;
    if required > 0.0 {
        design.proof = Proof::NONE;
        let statement =
            format!("a sum rate of {required:.6} bit/s/Hz is required, and there are no users");
        let certificate = Certificate::new("closed-form", statement, required, 0.0);
        design.proof.infeasible = Some(certificate);
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

/// The bound that the best patterns prove on the mean error, with the lags of each.
pub(super) fn error_bound(
    patterns: &[Option<BestPattern>],
    reached: f64,
    certified: f64,
) -> Option<Bound> {
    let bound = Bound::new(reached, certified, Sense::Lower, "frank-wolfe", 0.0)?;
    let lags = patterns.iter().flatten().flat_map(|pattern| pattern.lags.iter().copied());
    Some(bound.with_numbers([("lags".to_owned(), lags.collect())].into()))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
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
pub fn advice(instance: &Instance, metrics: &super::Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    let off = metrics.users_shut_off();
    if off > 0 && metrics.sum_rate_nats > 0.0 {
        sentences.push(format!("{off} of {} users are shut off", instance.users()));
    }
    sentences
}
