//! What an allocation achieves: exact errors, bounds and rates.

use noctule_phy::multistatic::Information;
use noctule_phy::pilot_estimation::Uplink;
use serde::Serialize;

use super::interior::Normalised;
use super::locate::Attained;
use super::{Allocation, Instance, PilotUse};
use crate::Error;

/// What an allocation achieves. Lists are user by user.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// The largest normalised error: what is minimised.
    pub worst_error: f64,
    /// Error variance of the effective gain over its power, estimated from the own pilot.
    pub error: Vec<f64>,
    /// The same when users correlate with all pilots and combine them linearly.
    pub error_all_pilots: Vec<f64>,
    /// The largest error by the printed Eq. (18), for comparison: the printed formula *falls* with
    /// pilot contamination (`docs/errata.md#pilots-e1`).
    pub worst_error_printed: Option<f64>,
    /// Bound on a position, tr J⁻¹ in m²; absent where there is no radar, nothing is sent, or
    /// the information is singular.
    pub crb_m2: Vec<Option<f64>>,
    /// The largest of them, when all exist.
    pub worst_crb_m2: Option<f64>,
    /// Their mean over users, when all exist.
    pub mean_crb_m2: Option<f64>,
    /// Root of the largest, in metres.
    pub worst_position_rcrb_m: Option<f64>,
    /// Bounds if every beam illuminates every user and all echoes can be told apart.
    pub crb_total_illumination_m2: Vec<Option<f64>>,
    /// Sum of the signal-to-noise ratios of all echoes, where positions are known.
    pub echo_snr: Vec<Option<f64>>,
    /// B log₂(1 + (1 − error) κ P/(P + 1)).
    pub rate_bps: Vec<f64>,
    /// Mean of the rates over users.
    pub mean_rate_bps: f64,
    /// Pilot power spent, over what all access points have.
    pub power_fraction: f64,
    /// By how much the largest error rises where the limit on positions is a metre larger: minus what a metre
    /// less costs, from the multipliers of a design under a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<f64>,
    /// What estimators make of the echoes; [`located`](super::locate::located) fills it in, where
    /// they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attained: Option<Attained>,
}

/// Evaluate an allocation.
///
/// # Errors
/// [`Error::Input`] for an allocation that does not fit; [`Error::Numerics`] when a kernel fails.
pub fn evaluate(instance: &Instance, allocation: &Allocation) -> Result<Metrics, Error> {
    allocation.check(instance)?;
    let parts = instance.parts();
    let (users, x) = (instance.users(), &allocation.fractions);
    let pilots = allocation.pilots == PilotUse::Downlink;
    let (uplink, energy) = match allocation.pilots {
        PilotUse::Downlink => (instance.uplink(), parts.downlink_energy),
        PilotUse::DedicatedSensing => (instance.uplink(), 0.0),
        PilotUse::UplinkOnly => (uplink_only(instance), 0.0),
    };
    let mut error = Vec::with_capacity(users);
    let mut error_all_pilots = Vec::with_capacity(users);
    for k in 0..users {
        let gains = uplink.effective_gains(k, x);
        let power = gains.own_power();
        if power > 0.0 {
            let scalar = gains.scalar_error(energy, &parts.downlink_gram);
            error.push(scalar / power);
            error_all_pilots.push(if pilots && users > 1 {
                gains.vector_error(energy, &parts.downlink_gram)? / power
            } else {
                scalar / power
            });
        } else {
            // Nothing is sent to this user: nothing is known of a gain that is zero.
            error.push(1.0);
            error_all_pilots.push(1.0);
        }
    }
    let sensed = allocation.pilots != PilotUse::UplinkOnly;
    let crb_m2 = bounds(instance, sensed, |m, k| x[m * users + k]);
    let total = |m: usize, _: usize| x[m * users..(m + 1) * users].iter().sum();
    let crb_total_illumination_m2 = bounds(instance, sensed, total);
    let worst_crb_m2 = fold(&crb_m2, f64::max);
    let kappa = parts.array_gain * parts.data_power / (parts.data_power + 1.0);
    let rate_bps: Vec<f64> = error
        .iter()
        .map(|e| parts.bandwidth_hz * ((1.0 - e).max(0.0) * kappa).ln_1p() / std::f64::consts::LN_2)
        .collect();
    Ok(Metrics {
        worst_error: error.iter().copied().fold(0.0, f64::max),
        error,
        error_all_pilots,
        worst_error_printed: pilots.then(|| as_printed(instance, allocation)),
        worst_crb_m2,
        mean_crb_m2: fold(&crb_m2, |a, b| a + b).map(|sum| sum / users as f64),
        worst_position_rcrb_m: worst_crb_m2.map(f64::sqrt),
        crb_m2,
        crb_total_illumination_m2,
        echo_snr: echoes(instance, sensed, x),
        mean_rate_bps: rate_bps.iter().sum::<f64>() / users as f64,
        rate_bps,
        power_fraction: x.iter().sum::<f64>() / instance.points() as f64,
        limit_price: None,
        attained: None,
    })
}

fn as_printed(instance: &Instance, allocation: &Allocation) -> f64 {
    let (model, x) = (instance.normalised(), allocation.blocks());
    (0..model.users).map(|k| printed_ratio(&model, k, &x).1).fold(0.0, f64::max)
}

/// W_k and the error of user `k` as Eqs. (15), (18) and (28) print them: without the interference in
/// the numerator, and with the channels of the other users in the denominator.
pub(super) fn printed_ratio(model: &Normalised, k: usize, x: &[f64]) -> (f64, f64) {
    let seen = model.reception(k, x);
    let mut received = 1.0 + seen.a;
    for j in (0..model.users).filter(|&j| j != k) {
        let heard: f64 = model.block(j).map(|i| model.gain[i] * x[i]).sum();
        received += model.overlap[k * model.users + j] * heard;
    }
    let power = seen.power();
    (received, if power > 0.0 { seen.a / (received * power) } else { 1.0 })
}

/// What access points know when all pilot symbols are spent on the uplink.
fn uplink_only(instance: &Instance) -> Uplink {
    let parts = instance.parts();
    match &parts.estimate_gain {
        Some(gamma) => Uplink::orthogonal(&parts.channel_gain, gamma, instance.users()),
        None => Uplink::new(
            &parts.channel_gain,
            instance.users(),
            parts.uplink_energy + parts.downlink_energy,
            &parts.uplink_gram,
        ),
    }
}

fn bounds(
    instance: &Instance,
    sensed: bool,
    power: impl Fn(usize, usize) -> f64,
) -> Vec<Option<f64>> {
    let users = instance.users();
    if instance.information().is_empty() || !sensed {
        return vec![None; users];
    }
    let energy = instance.parts().downlink_energy;
    (0..users)
        .map(|k| {
            (0..instance.points())
                .fold(Information::default(), |sum, m| {
                    sum.plus(energy * power(m, k), instance.information()[m * users + k])
                })
                .crb()
        })
        .collect()
}

fn echoes(instance: &Instance, sensed: bool, x: &[f64]) -> Vec<Option<f64>> {
    let users = instance.users();
    if instance.path_gain().is_empty() || !sensed {
        return vec![None; users];
    }
    let energy = instance.parts().downlink_energy;
    (0..users)
        .map(|k| {
            let sum: f64 = (0..instance.points())
                .map(|m| instance.path_gain()[m * users + k] * x[m * users + k])
                .sum();
            Some(energy * sum)
        })
        .collect()
}

/// All values folded together, where all exist.
fn fold(values: &[Option<f64>], with: impl Fn(f64, f64) -> f64) -> Option<f64> {
    values.iter().copied().reduce(|a, b| Some(with(a?, b?))).flatten()
}
