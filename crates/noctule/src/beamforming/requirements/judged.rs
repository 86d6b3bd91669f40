//! What beams achieve beside what is required of them.

use noctule_num::CMat;
use noctule_num::linalg::real_dot;

use super::again::standing;
use super::groups::PowerLimit;
use super::metric::Metric;
use super::required::Requirements;
use super::world::{Space, World};
use crate::Error;

/// What beams achieve beside what is required of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// SINRs, linear.
    pub sinr: Vec<f64>,
    /// The metric asked for; none where it has no value.
    pub value: Option<f64>,
    /// The caps' metrics; none where they have no value.
    pub capped: Vec<Option<f64>>,
    /// Cramér–Rao bounds of the unknown parameters, in their order; none where F is singular.
    pub bounds: Option<Vec<f64>>,
    /// By how much each floor is missed, relative to it.
    pub floor_missed: Vec<f64>,
    /// By how much each cap is missed, relative to its limit (log det: in nats).
    pub cap_missed: Vec<f64>,
    /// By how much the power passes its limit, relative to it.
    pub power_missed: f64,
}

impl Judged {
    /// The largest miss.
    pub fn violation(&self) -> f64 {
        let all = self.floor_missed.iter().chain(&self.cap_missed);
        all.copied().fold(self.power_missed, f64::max)
    }
}

/// Judge beams, antennas × streams, those of the users first.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn judged(
    world: &World,
    metric: Option<&Metric>,
    required: &Requirements,
    beams: &CMat,
) -> Result<Judged, Error> {
    world.check()?;
    required.check(world)?;
    if let Some(metric) = metric {
        metric.check(world)?;
    }
    let space = Space::of_any_beams(world, required.whole(metric))?;
    let at = standing(world, &space, beams)?;
    // what is no number is missed
    let miss = |m: f64| if m.is_nan() { f64::INFINITY } else { m.max(0.0) };
    let sinr: Vec<f64> = (0..space.users()).map(|k| at.heard.sinr(k)).collect();
    let floors = required.sinr.iter().zip(&sinr);
    let inverse = at.sensed.inverse(0);
    Ok(Judged {
        floor_missed: floors
            .map(|(floor, sinr)| if *floor > 0.0 { miss(1.0 - sinr / floor) } else { 0.0 })
            .collect(),
        cap_missed: required.caps.iter().map(|cap| miss(at.excess(&space, cap))).collect(),
        power_missed: miss(over(&required.power, beams)),
        value: metric.and_then(|metric| at.sensed.value(&space, metric)),
        capped: required.caps.iter().map(|cap| at.sensed.value(&space, &cap.metric)).collect(),
        bounds: inverse.map(|inverse| {
            let n = inverse.len().isqrt();
            (0..n).map(|i| inverse[i * n + i]).collect()
        }),
        sinr,
    })
}

/// By how much power passes its limit, relative to it; negative where there is some left.
fn over(limit: &PowerLimit, beams: &CMat) -> f64 {
    match limit {
        PowerLimit::Total(power) => real_dot(beams.as_slice(), beams.as_slice()) / power - 1.0,
        PowerLimit::PerAntenna(_) | PowerLimit::Groups { .. } => {
            limit.groups().map_or(0.0, |groups| groups.factor(beams)) - 1.0
        }
    }
}
