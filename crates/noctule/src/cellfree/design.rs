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
//!    boundary. Each round is climbed by L-BFGS with exact gradients, scaled by the curvature of the rates at
//!    every access point.
//! 4. **Several starts**, roughly; the best of them to the tolerance. Without sensing starts climb in the
//!    uplink, by duality, and what that finds is where other problems start first.
//!
//! The paper's own route (auxiliary variables, a difference of convex functions, penalties, a conic
//! program a step) is neither needed — `A_k` is convex, `docs/errata.md#cellfree-e3` — nor does it
//! survive its own dynamic range (`docs/errata.md#cellfree-e4`).

use noctule_optim::{Certificate, Proof};

use super::patterns::{best_patterns, sensing_only};
use super::requirement::{ignored, missed};
use super::{Beams, CellFreeDesign, Instance, Requirement, SensingSettings, Settings, evaluate};
use crate::system::Run;
use crate::{Error, FEASIBLE};

mod free;
mod limited;

use free::communication;
pub(super) use limited::{Warm, constrained};

/// Design beams for `instance`, by what it requires ([`Requirement`]).
///
/// Guarantee: when `stop` is `Converged`, a stationary point of the problem (residual in `proof`)
/// whose powers hold to rounding and whose requirement holds to 10⁻⁶ relative; with `certify`,
/// what no design can exceed in `proof.bound`. A limit on the error below the certified minimum gives
/// the sensing-only design with `proof.infeasible`. The problem is not convex: the objective from
/// every start is in `starts` (none where it does not meet the requirement to 10⁻⁶; one more where
/// branch and bound met better beams), and a local optimum is not called anything more.
///
/// # Errors
/// [`Error::Input`] for settings out of range.
pub fn design(instance: &Instance, settings: &Settings) -> Result<CellFreeDesign, Error> {
    design_from(instance, settings, &Run::default())
}

/// [`design()`], with the beams of a neighbouring design as one more start, and a token to stop. Beams
/// of another shape cannot warm a point; the search then starts cold.
///
/// # Errors
/// As [`design()`].
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    if let Some(patterns_alone) = without_data(instance, settings, run)? {
        return Ok(patterns_alone);
    }
    let warm = run.warm.filter(|beams| beams.check(instance).is_ok());
    match instance.requirement() {
        Requirement::None => communication(instance, settings, warm, &run.interrupt),
        Requirement::MaxError(_) | Requirement::MinRate(_) => {
            let patterns = best_patterns(instance, settings.pattern_gap, &run.interrupt)?;
            let warm = warm.into_iter().map(|beams| Warm { beams, slope: None });
            let fresh = settings.starts;
            constrained(instance, settings, &patterns, warm, fresh, &run.interrupt)
        }
    }
}

/// The sum rate alone (P2), whatever is required: a stationary point of P2 when the requirement is met
/// by chance, and a point of which nothing is claimed, with a warning, when it is missed, be it by power
/// that is left unused. Of a required rate only that it is met is said. The upper bound that `certify` asks
/// for holds with the requirement too. The metrics are those of `instance`: under a required rate the
/// objective is the error. `starts` has rates.
///
/// # Errors
/// As [`design_from`].
pub fn rate_only(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<CellFreeDesign, Error> {
    let free = instance.with_requirement(Requirement::None)?;
    let mut design = design_from(&free, settings, run)?;
    design.metrics = evaluate(instance, &design.variables)?;
    let violation = missed(instance, &design.metrics);
    if violation > FEASIBLE {
        design.proof.point = Proof::NONE.point;
        design.warnings.push(ignored(violation));
    } else if matches!(instance.requirement(), Requirement::MinRate(_)) {
        // The error is the objective there, and these beams are stationary of the rate.
        design.proof.point = Proof::feasible(violation).point;
    }
    Ok(design)
}

/// Requirements that leave nothing but P1: no rate is required, or nobody is there to be served.
fn without_data(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<Option<CellFreeDesign>, Error> {
    let silent = instance.users() == 0;
    let patterns = SensingSettings { pattern_gap: settings.pattern_gap };
    let required = match instance.requirement() {
        Requirement::MaxError(_) if silent && !instance.sensing_aps().is_empty() => {
            // Limits below the smallest error need the certificate of `constrained`.
            let design = sensing_only(instance, &patterns, run)?;
            return Ok((missed(instance, &design.metrics) <= FEASIBLE).then_some(design));
        }
        Requirement::MinRate(rate) if silent || rate <= 0.0 => rate,
        _ => return Ok(None),
    };
    if instance.sensing_aps().is_empty() {
        return Ok(None);
    }
    let mut design = sensing_only(instance, &patterns, run)?;
    if required > 0.0 {
        design.proof = Proof::NONE;
        let statement =
            format!("a sum rate of {required:.6} bit/s/Hz is required, and there are no users");
        let certificate = Certificate::new("closed-form", statement, required, 0.0);
        design.proof.infeasible = Some(certificate);
    }
    Ok(Some(design))
}
