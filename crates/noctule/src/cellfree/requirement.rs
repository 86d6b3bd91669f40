//! What is required of beams, by how much they miss it, and what is then said of them.

use noctule_optim::Proof;

use super::{Instance, Metrics, Requirement};
use crate::FEASIBLE;

/// By how much metrics miss what is required: relative to it, or absolute where it is zero. Under a
/// requirement an access point that senses sends all of its power (its pattern is compared with the
/// ideal one at that power), so that power left unused is missed too: schemes that ignore requirements
/// leave some.
pub(super) fn missed(instance: &Instance, metrics: &Metrics) -> f64 {
    let required = match (instance.requirement(), metrics.error) {
        (Requirement::MaxError(limit), Some(error)) if limit > 0.0 => {
            (error / limit - 1.0).max(0.0)
        }
        (Requirement::MaxError(_), Some(error)) => error.max(0.0),
        (Requirement::MinRate(rate), _) if rate > 0.0 => {
            (1.0 - metrics.sum_rate_bps_hz / rate).max(0.0)
        }
        _ => 0.0,
    };
    required.max(unused(instance, metrics))
}

/// The largest share of a power that has to be used and is not; what rounding leaves is none.
fn unused(instance: &Instance, metrics: &Metrics) -> f64 {
    if instance.requirement() == Requirement::None {
        return 0.0;
    }
    let shares = instance.sensing_aps().into_iter().map(|ap| 1.0 - metrics.aps[ap].power);
    shares.filter(|share| *share > FEASIBLE).fold(0.0, f64::max)
}

/// What is said of a point of which nothing but its violation is known.
pub(super) fn judged_by(violation: f64) -> Proof {
    if violation <= FEASIBLE { Proof::feasible(violation) } else { Proof::NONE }
}

/// What is said where a scheme was not made for what is required.
pub(super) fn ignored(violation: f64) -> String {
    format!("the requirement is missed by {violation:.1e}: this scheme ignores it")
}

/// What a careful colleague would add to these numbers.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    let off = metrics.users_shut_off();
    if off > 0 && metrics.sum_rate_nats > 0.0 {
        sentences.push(format!("{off} of {} users are shut off", instance.users()));
    }
    sentences
}
