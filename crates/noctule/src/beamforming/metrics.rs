//! What beams achieve, at full size.

use noctule_num::C64;
use noctule_num::linalg::{Op, product, real_dot};
use noctule_phy::fisher::{
    FisherInverse, MultiTargetFisher, TargetCrb, pack_hermitian, parameters, target_crbs,
    target_space,
};
use noctule_phy::rates::Reception;
use noctule_phy::units::nats_to_bits;
use serde::Serialize;

use super::band::{BandMetrics, evaluate_goal, evaluate_over};
use super::echo::{self, EchoReport};
use super::goal::{self, GoalMetrics, Prices};
use super::saved::FewestStreams;
use super::threshold::{self, BelowThreshold};
use super::{Beams, Instance};
use crate::Error;

/// A user with a smaller rate in bit/s/Hz is not served: climbs that shut it off end at the rounding
/// of zero, those that serve it far above.
const SHUT_OFF: f64 = 1e-3;

/// What beams achieve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// δ_c · (sum rate in nat/s/Hz) − δ_s · tr F⁻¹, the number that is maximised. Absent where
    /// the bound has a weight but the Fisher matrix is singular.
    pub objective: Option<f64>,
    /// Sum rate in bit/s/Hz (log₂).
    pub sum_rate_bps_hz: f64,
    /// Sum rate in nat/s/Hz (natural logarithm).
    pub sum_rate_nats: f64,
    /// Signal-to-interference-plus-noise ratio of every user, linear.
    pub sinr: Vec<f64>,
    /// Rate of every user in bit/s/Hz.
    pub rate_bps_hz: Vec<f64>,
    /// tr F⁻¹: squared radians and squared reflection coefficients added up, as the literature
    /// does; mixed units, so only good for comparison. Absent where F is singular.
    pub crb_trace_mixed: Option<f64>,
    /// Cramér–Rao bounds of every target; absent where F is singular.
    pub targets: Option<Vec<TargetMetrics>>,
    /// Total transmit power in watts.
    pub power_w: f64,
    /// Power of every beam in watts, users first.
    pub stream_power_w: Vec<f64>,
    /// How the beams stand to a goal and to what is required; absent for the weighted sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalMetrics>,
    /// What they achieve subcarrier by subcarrier; absent where there is one frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<BandMetrics>,
    /// What one step more asked costs: told by the method, where it has multipliers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// How many sensing streams were found to do the same as more, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fewest: Option<FewestStreams>,
    /// Targets whose echoes are so weak that maximum likelihood is predicted to sit on other lobes; absent
    /// where there is none, and where angles are not looked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub below_threshold: Vec<BelowThreshold>,
    /// What estimators made of simulated echoes, where the scenario asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo: Option<EchoReport>,
}

/// Root-Cramér–Rao bounds of one target: no unbiased estimator has a smaller standard deviation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TargetMetrics {
    /// Of the azimuth, in degrees.
    pub azimuth_rcrb_deg: f64,
    /// Of the polar angle, in degrees.
    pub polar_rcrb_deg: f64,
    /// Of the complex reflection coefficient: root of the sum of the bounds of both parts.
    pub reflection_rcrb: f64,
    /// Of the range by delay, in metres; absent where it is known, or there is one frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_rcrb_m: Option<f64>,
    /// Of the range by the curvature of waves alone, in metres, where it is not linked to the delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curvature_rcrb_m: Option<f64>,
    /// Of the velocity, in m/s; absent where it is known, or there is no frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub velocity_rcrb_m_s: Option<f64>,
}

impl From<TargetCrb> for TargetMetrics {
    fn from(crb: TargetCrb) -> Self {
        Self {
            azimuth_rcrb_deg: crb.azimuth_rad2.sqrt().to_degrees(),
            polar_rcrb_deg: crb.polar_rad2.sqrt().to_degrees(),
            reflection_rcrb: (crb.reflection_re + crb.reflection_im).sqrt(),
            range_rcrb_m: None,
            curvature_rcrb_m: None,
            velocity_rcrb_m_s: None,
        }
    }
}

impl Metrics {
    /// The largest root-CRB of an angle of any target in degrees, where F is regular.
    pub fn worst_angle_rcrb_deg(&self) -> Option<f64> {
        let angles = |t: &TargetMetrics| t.azimuth_rcrb_deg.max(t.polar_rcrb_deg);
        self.targets.as_ref()?.iter().map(angles).reduce(f64::max)
    }

    /// The largest root-CRB of a range in metres, where one is unknown and F regular.
    pub fn worst_range_rcrb_m(&self) -> Option<f64> {
        self.targets.as_ref()?.iter().filter_map(|t| t.range_rcrb_m).reduce(f64::max)
    }

    /// The largest root-CRB of a range by curvature alone in metres, where it is not linked and F regular.
    pub fn worst_curvature_rcrb_m(&self) -> Option<f64> {
        self.targets.as_ref()?.iter().filter_map(|t| t.curvature_rcrb_m).reduce(f64::max)
    }

    /// The largest root-CRB of a velocity in m/s, where one is unknown and F regular.
    pub fn worst_velocity_rcrb_m_s(&self) -> Option<f64> {
        self.targets.as_ref()?.iter().filter_map(|t| t.velocity_rcrb_m_s).reduce(f64::max)
    }

    /// Users whose rate is below a thousandth of a bit/s/Hz.
    pub fn users_shut_off(&self) -> usize {
        self.rate_bps_hz.iter().filter(|rate| **rate < SHUT_OFF).count()
    }
}

/// What `beams` achieve in `instance`, at full size.
///
/// # Errors
/// When the beams have another shape than the instance asks for.
pub fn evaluate(instance: &Instance, beams: &Beams) -> Result<Metrics, Error> {
    let mut metrics = without_echoes(instance, beams)?;
    metrics.below_threshold = threshold::below(instance, beams, metrics.targets.as_deref());
    metrics.echo = echo::report(instance, beams, metrics.targets.as_deref())?;
    Ok(metrics)
}

fn without_echoes(instance: &Instance, beams: &Beams) -> Result<Metrics, Error> {
    match (instance.problem(), instance.band()) {
        (Some(problem), Some(band)) => return evaluate_goal(instance, band, problem, beams),
        (Some(problem), None) => return goal::evaluate(instance, problem, beams),
        (None, Some(band)) => return evaluate_over(instance, band, beams).map(|found| found.0),
        (None, None) => {}
    }
    beams.check(instance)?;
    let parts = instance.parts();
    let amplitudes = product(instance.channels(), Op::Adjoint, &beams.matrix, Op::Plain);
    let receptions: Vec<Reception> = (0..instance.users())
        .map(|user| Reception::of(user, &amplitudes, parts.user_noise_w[user]))
        .collect();
    let rates: Vec<f64> = receptions.iter().map(Reception::rate_nats).collect();
    // From zero: the sum of nothing is −0 in floating point, and would be printed so.
    let sum_rate_nats = rates.iter().fold(0.0, |sum, rate| sum + rate);
    let inverse = fisher(instance, beams).and_then(|fisher| invert(&fisher));
    let n = parameters(instance.targets().len());
    let trace = inverse.as_ref().map(|inverse| (0..n).map(|i| inverse[i * n + i]).sum::<f64>());
    let sensing =
        if parts.crb_weight > 0.0 { trace.map(|t| t * parts.crb_weight) } else { Some(0.0) };
    let stream_power_w: Vec<f64> = (0..beams.matrix.cols())
        .map(|stream| real_dot(beams.matrix.col(stream), beams.matrix.col(stream)))
        .collect();
    Ok(Metrics {
        objective: sensing.map(|sensing| parts.rate_weight_per_nat * sum_rate_nats - sensing),
        sum_rate_bps_hz: nats_to_bits(sum_rate_nats),
        sum_rate_nats,
        sinr: receptions.iter().map(Reception::sinr).collect(),
        rate_bps_hz: rates.iter().map(|rate| nats_to_bits(*rate)).collect(),
        crb_trace_mixed: trace,
        targets: inverse.map(|inverse| {
            target_crbs(&inverse, instance.targets().len()).into_iter().map(Into::into).collect()
        }),
        power_w: stream_power_w.iter().sum(),
        stream_power_w,
        goal: None,
        band: None,
        prices: None,
        fewest: None,
        below_threshold: Vec::new(),
        echo: None,
    })
}

/// The Fisher matrix of the parameters `[θ…, φ…, Re α…, Im α…]` under `beams`, as
/// `out[i * 4M + j]`; `None` without targets.
pub fn fisher(instance: &Instance, beams: &Beams) -> Option<Vec<f64>> {
    let m = instance.targets().len();
    if m == 0 {
        return None;
    }
    let space = target_space(instance.transmit_steering());
    let response = product(&space, Op::Adjoint, &beams.matrix, Op::Plain);
    let z = product(&response, Op::Plain, &response, Op::Adjoint);
    let mut packed = vec![0.0; 9 * m * m];
    pack_hermitian(&z, &mut packed);
    let mut out = vec![0.0; 16 * m * m];
    let reflections: Vec<C64> = instance.targets().iter().map(|t| t.reflection).collect();
    MultiTargetFisher::new(instance.receive_steering(), &reflections, instance.information())
        .fisher(&packed, &mut out);
    Some(out)
}

/// The inverse of a Fisher matrix, where it is regular in double precision.
fn invert(fisher: &[f64]) -> Option<Vec<f64>> {
    let mut inverse = vec![0.0; fisher.len()];
    FisherInverse::new(fisher.len().isqrt()).invert(fisher, &mut inverse)?;
    Some(inverse)
}

/// The size of an objective of `instance` that counts as one:
/// `δ_c · (sum rate without interference at equal power) + δ_s · (tr F⁻¹ with equal power on every
/// steering vector and derivative)`.
///
/// Both terms are closed forms of the data, of the order of what a design reaches, and scale with
/// the weights. A term that is not finite in double precision is left out; the unit is one when
/// nothing is left.
pub fn objective_unit(instance: &Instance) -> f64 {
    if let Some(unit) = instance.band_unit() {
        return unit;
    }
    let parts = instance.parts();
    let mut unit = 0.0;
    let mut add = |term: f64| unit += if term.is_finite() { term } else { 0.0 };
    if parts.rate_weight_per_nat > 0.0 {
        let share = parts.power_w / instance.users().max(1) as f64;
        for (user, noise) in parts.user_noise_w.iter().enumerate() {
            let h = instance.channels().col(user);
            add(parts.rate_weight_per_nat * (real_dot(h, h) * share / noise).ln_1p());
        }
    }
    if parts.crb_weight > 0.0 && !instance.targets().is_empty() {
        let mut beams = target_space(instance.transmit_steering());
        let streams = beams.cols();
        for stream in 0..streams {
            let column = beams.col_mut(stream);
            let norm = real_dot(column, column).sqrt();
            if norm > 0.0 {
                let scale = (parts.power_w / streams as f64).sqrt() / norm;
                column.iter_mut().for_each(|z| *z *= scale);
            }
        }
        let trace = fisher(instance, &Beams { matrix: beams, users: 0, subcarriers: 1 })
            .and_then(|fisher| invert(&fisher))
            .map(|inverse| {
                let n = parameters(instance.targets().len());
                (0..n).map(|i| inverse[i * n + i]).sum::<f64>()
            });
        add(parts.crb_weight * trace.unwrap_or(0.0));
    }
    if unit > 0.0 && unit.is_finite() { unit } else { 1.0 }
}
