//! What beams achieve of a goal, and how they stand to what is required.

use noctule_num::CMat;
use noctule_num::linalg::real_dot;
use noctule_phy::units::nats_to_bits;
use serde::{Deserialize, Serialize};

use super::measure::Unit;
use super::problem::{Case, Problem};
use super::words::{Goal, Measure};
use crate::Error;
use crate::beamforming::requirements::fisher::ParameterKind;
use crate::beamforming::requirements::{Judged, World, judged, parameters};
use crate::beamforming::{Beams, Instance, Metrics, TargetMetrics};

/// A requirement that is missed by no more than this, relative, is met.
const MET: f64 = crate::FEASIBLE;

/// How beams stand to a goal and to what is required.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoalMetrics {
    /// The goal, as files say it.
    pub kind: &'static str,
    /// Its value in SI units: nats, squared radians, watts. Absent where it has none.
    pub value: Option<f64>,
    /// The same as people say it: bit/s/Hz, degrees, dBm.
    pub shown: Option<f64>,
    /// The metrics that are limited, as people say them; absent where they have no value.
    pub limited: Vec<Option<f64>>,
    /// Requirements beside the power that are met.
    pub met: usize,
    /// Requirements beside the power.
    pub asked: usize,
    /// The largest relative miss of a requirement or of the power; absent where one is missed by more
    /// than a number can say.
    pub violation: Option<f64>,
}

/// What one step more asked costs, in the goal's unit as people say it: multipliers of the design.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Of one dB more SINR of each user; zero without a floor.
    pub per_sinr_db: Vec<f64>,
    /// Of one step more of each limit: a degree, a dB, a bit.
    pub per_limit: Vec<f64>,
    /// Of one dB more of the power that there is, limits of groups as they are.
    pub per_power_db: Option<f64>,
    /// Of one dB more of the limit of each group of antennas, in the instance's order; empty without groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_group_db: Vec<f64>,
}

impl Prices {
    /// Without those of power where limits are relative to the best that there is, which moves with it.
    pub(in crate::beamforming) fn beside(self, instance: &Instance) -> Self {
        if !instance.limits_move() {
            return self;
        }
        Self { per_power_db: None, per_group_db: Vec::new(), ..self }
    }
}

impl Problem {
    /// Whether the value is made large.
    pub const fn maximises(&self) -> bool {
        matches!(
            self.goal,
            Goal::SumRate { .. }
                | Goal::MaxMinRate { .. }
                | Goal::ProportionalFair { .. }
                | Goal::MaxSensing { .. }
        )
    }

    /// How people say the value.
    pub fn unit(&self) -> Unit {
        match &self.goal {
            Goal::MinCrb { metric } | Goal::MaxSensing { metric } => metric.unit(),
            Goal::MinPower => Unit::Dbm,
            Goal::SumRate { .. } | Goal::MaxMinRate { .. } => Unit::Bits,
            Goal::Weighted | Goal::ProportionalFair { .. } => Unit::Plain,
        }
    }

    /// The value as the objective that is maximised.
    pub const fn objective(&self, value: f64) -> f64 {
        if self.maximises() { value } else { -value }
    }

    /// The value of what was judged.
    fn value(&self, judged: &Judged, power_w: f64) -> Option<f64> {
        let rates = || judged.sinr.iter().map(|sinr| sinr.ln_1p()).zip(self.user_weights());
        let weighted = |(_, weight): &(f64, f64)| *weight > 0.0;
        let value = match &self.goal {
            Goal::Weighted => None,
            Goal::SumRate { .. } => Some(rates().map(|(rate, weight)| weight * rate).sum()),
            Goal::MaxMinRate { .. } => {
                rates().filter(weighted).map(|(rate, weight)| rate / weight).reduce(f64::min)
            }
            Goal::ProportionalFair { .. } => {
                Some(rates().filter(weighted).map(|(rate, weight)| weight * rate.ln()).sum())
            }
            Goal::MinCrb { .. } | Goal::MaxSensing { .. } => judged.value,
            Goal::MinPower => Some(power_w),
        };
        value.filter(|value: &f64| value.is_finite())
    }
}

/// What `beams` achieve in an instance that asks for `problem`.
///
/// # Errors
/// When the beams have another shape than the instance asks for.
pub(in crate::beamforming) fn evaluate(
    instance: &Instance,
    problem: &Problem,
    beams: &Beams,
) -> Result<Metrics, Error> {
    beams.check(instance)?;
    let case = Case::of(instance, problem)?;
    let judged = judged(&case.world, case.metric.as_ref(), &case.required, &beams.matrix)?;
    let judged = per_power(problem, judged, instance.parts().power_w, &beams.matrix);
    let stream_power_w: Vec<f64> = (0..beams.matrix.cols())
        .map(|stream| real_dot(beams.matrix.col(stream), beams.matrix.col(stream)))
        .collect();
    let power_w = stream_power_w.iter().fold(0.0, |sum, power| sum + power);
    let rates: Vec<f64> = judged.sinr.iter().map(|sinr| sinr.ln_1p()).collect();
    let sum_rate_nats = rates.iter().fold(0.0, |sum, rate| sum + rate);
    let value = problem.value(&judged, power_w);
    let goal = standing(problem, &judged, value);
    Ok(Metrics {
        objective: value.map(|value| problem.objective(value)),
        sum_rate_bps_hz: nats_to_bits(sum_rate_nats),
        sum_rate_nats,
        rate_bps_hz: rates.iter().map(|rate| nats_to_bits(*rate)).collect(),
        crb_trace_mixed: known(&judged).map(|bounds| bounds.iter().sum()),
        targets: known(&judged).map(|bounds| targets(&case.world, bounds)),
        sinr: judged.sinr,
        power_w,
        stream_power_w,
        goal: Some(goal),
        band: None,
        prices: None,
        fewest: None,
        below_threshold: Vec::new(),
        echo: None,
    })
}

/// Beampattern errors are those of the power that is sent, not of what there is.
fn per_power(problem: &Problem, judged: Judged, there_w: f64, beams: &CMat) -> Judged {
    let share = (there_w / beams.norm_sqr()).powi(2);
    let mut out = judged;
    if problem.measure() == Some(&Measure::Beampattern) {
        out.value = out.value.map(|value| value * share);
    }
    for (i, limit) in problem.limits.iter().enumerate() {
        if limit.metric == Measure::Beampattern {
            out.capped[i] = out.capped[i].map(|value| value * share);
            let miss = out.capped[i].map_or(f64::INFINITY, |value| value / limit.limit - 1.0);
            out.cap_missed[i] = if miss.is_nan() { f64::INFINITY } else { miss.max(0.0) };
        }
    }
    out
}

fn known(judged: &Judged) -> Option<&[f64]> {
    judged.bounds.as_deref().filter(|bounds| !bounds.is_empty())
}

fn standing(problem: &Problem, judged: &Judged, value: Option<f64>) -> GoalMetrics {
    let floors = problem.sinr_floor.iter().zip(&judged.floor_missed);
    let floors = floors.filter(|(floor, _)| **floor > 0.0).map(|(_, missed)| missed);
    let met = floors
        .chain(judged.cap_missed.iter().take(problem.limits.len()))
        .filter(|missed| **missed <= MET)
        .count();
    let limits = problem.limits.iter().zip(&judged.capped);
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    GoalMetrics {
        kind: problem.goal.name(),
        shown: value.and_then(|value| finite(problem.unit().shown(value))),
        value,
        limited: limits
            .map(|(limit, value)| value.and_then(|v| finite(limit.metric.unit().shown(v))))
            .collect(),
        met,
        asked: problem.asked(),
        violation: finite(judged.violation()),
    }
}

/// Bounds of every target; what is known has none.
fn targets(world: &World, bounds: &[f64]) -> Vec<TargetMetrics> {
    let mut out = vec![[0.0_f64; 3]; world.targets.len()];
    for (parameter, bound) in parameters(&world.targets).iter().zip(bounds) {
        let place = match parameter.kind {
            ParameterKind::Azimuth => 0,
            ParameterKind::Polar => 1,
            ParameterKind::ReflectionRe | ParameterKind::ReflectionIm => 2,
        };
        out[parameter.target][place] += bound;
    }
    let target = |[azimuth, polar, reflection]: [f64; 3]| TargetMetrics {
        azimuth_rcrb_deg: azimuth.sqrt().to_degrees(),
        polar_rcrb_deg: polar.sqrt().to_degrees(),
        reflection_rcrb: reflection.sqrt(),
        range_rcrb_m: None,
        curvature_rcrb_m: None,
        velocity_rcrb_m_s: None,
    };
    out.into_iter().map(target).collect()
}
