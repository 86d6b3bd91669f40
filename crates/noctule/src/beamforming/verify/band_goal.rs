//! The witness of goals over a band: SINRs on every subcarrier, mean rates, bounds and limits from definitions.

use noctule_num::C64;

use super::Verification;
use super::band::{Bounded, What, bounds, sinrs, trace_blur};
use crate::Error;
use crate::beamforming::goal::{Goal, Measure, Parameter, Problem};
use crate::beamforming::{Band, Beams, Instance};

/// Recompute what beams achieve of a goal over a band, and what of it they miss.
pub(super) fn verify(
    instance: &Instance,
    band: &Band,
    problem: &Problem,
    beams: &Beams,
) -> Result<Verification, Error> {
    let sinrs = sinrs(instance, band, beams)?;
    let count = sinrs.len() as f64;
    let users = instance.users();
    let rate = |k: usize| sinrs.iter().map(|own| (1.0 + own[k]).ln()).sum::<f64>() / count;
    let rates: Vec<f64> = (0..users).map(rate).collect();
    let nothing = instance.targets().is_empty();
    let (all, on_the_edge) = if nothing { (None, false) } else { bounds(instance, band, beams)? };
    let power: f64 = beams.matrix.as_slice().iter().map(C64::norm_sqr).sum();
    let value_of = |all: Option<&[Bounded]>| value(problem, &rates, all, power);
    let value = value_of(all.as_deref()).filter(|value| value.is_finite());
    // values of bounds grow with each of them
    let moved: Option<Vec<Bounded>> = all.as_ref().map(|all| all.iter().map(off).collect());
    let blur = value.zip(value_of(moved.as_deref())).map_or(0.0, |(at, off)| off - at);
    let large = matches!(
        problem.goal,
        Goal::SumRate { .. } | Goal::MaxMinRate { .. } | Goal::ProportionalFair { .. }
    );
    let mut most = 0.0_f64;
    // what is no number is missed
    let mut miss = |by: f64| most = most.max(if by.is_nan() { f64::INFINITY } else { by });
    for (k, floor) in problem.sinr_floor.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        sinrs.iter().for_each(|own| miss((floor - own[k]) / floor));
    }
    for (k, floor) in problem.rate_floor.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        miss((floor - rates[k]) / floor);
    }
    for limit in &problem.limits {
        let own = all.as_deref().and_then(|all| measured(&limit.metric, all));
        miss(own.map_or(f64::NAN, |own| (own - limit.limit) / limit.limit));
    }
    miss((power - instance.parts().power_w) / instance.parts().power_w);
    Ok(Verification {
        objective: value.map(|value| if large { value } else { -value }),
        sum_rate_nats: rates.iter().fold(0.0, |a, b| a + b),
        crb_trace_mixed: all.as_ref().map(|all| all.iter().map(|one| one.bound).sum()),
        violation: most,
        objective_blur: blur,
        crb_trace_blur: trace_blur(all.as_deref()),
        on_the_edge,
    })
}

/// A bound as large as rounding may hide.
fn off(one: &Bounded) -> Bounded {
    Bounded { bound: one.bound + one.blur, ..*one }
}

fn value(problem: &Problem, rates: &[f64], all: Option<&[Bounded]>, power: f64) -> Option<f64> {
    let weight = |given: &Option<Vec<f64>>, k: usize| given.as_ref().map_or(1.0, |all| all[k]);
    let users = 0..rates.len();
    match &problem.goal {
        Goal::Weighted | Goal::MaxSensing { .. } => None,
        Goal::MinPower => Some(power),
        Goal::MinCrb { metric } => measured(metric, all?),
        Goal::SumRate { user_weights: v } => {
            Some(users.map(|k| weight(v, k) * rates[k]).fold(0.0, |a, b| a + b))
        }
        Goal::ProportionalFair { user_weights: v } => {
            let served = users.filter(|k| weight(v, *k) > 0.0);
            Some(served.map(|k| weight(v, k) * rates[k].ln()).fold(0.0, |a, b| a + b))
        }
        Goal::MaxMinRate { user_weights: v } => {
            let served = users.filter(|k| weight(v, *k) > 0.0);
            served.map(|k| rates[k] / weight(v, k)).reduce(f64::min)
        }
    }
}

/// The value of a metric.
fn measured(metric: &Measure, all: &[Bounded]) -> Option<f64> {
    let angle = |what: What| matches!(what, What::Azimuth | What::Polar);
    let range = |what: What| matches!(what, What::Delay | What::Range | What::Curvature);
    let reflection = |what: What| matches!(what, What::Real | What::Imaginary);
    // of two ranges of one target, by delay and by curvature, the delay's is meant
    let own = |m: usize, what: What| {
        let late = all.iter().any(|one| one.target == m && one.what == What::Delay);
        what != What::Curvature || !late
    };
    let sum = |of: &dyn Fn(usize, What) -> f64| -> f64 {
        // what does not count is nothing, however large
        let counted = all.iter().map(|one| (of(one.target, one.what), one.bound));
        counted.filter(|(w, _)| *w > 0.0).map(|(w, bound)| w * bound).sum()
    };
    let most = |of: &dyn Fn(What) -> bool| -> Option<f64> {
        let kept = all.iter().filter(|one| of(one.what) && own(one.target, one.what));
        kept.map(|one| one.bound).reduce(f64::max)
    };
    let flag = |yes: bool| f64::from(u8::from(yes));
    let value = match metric {
        Measure::Angles => sum(&|_, what| flag(angle(what))),
        Measure::Trace { azimuth, polar, reflection, range, velocity, targets } => {
            sum(&|m, what| {
                let weight = match what {
                    What::Azimuth => azimuth,
                    What::Polar => polar,
                    What::Delay | What::Range | What::Curvature => range,
                    What::Velocity => velocity,
                    What::Real | What::Imaginary => reflection,
                };
                weight * targets.as_ref().map_or(1.0, |all| all[m])
            })
        }
        Measure::Parameter { target, parameter } => sum(&|m, what| {
            let meant = match parameter {
                Parameter::Azimuth => what == What::Azimuth,
                Parameter::Polar => what == What::Polar,
                Parameter::Reflection => reflection(what),
                Parameter::Range => range(what) && own(m, what),
                Parameter::Velocity => what == What::Velocity,
            };
            flag(meant && m == *target)
        }),
        Measure::WorstTarget => {
            let count = all.iter().map(|one| one.target + 1).max()?;
            let of = |t: usize| sum(&|m, what| flag(m == t && angle(what)));
            (0..count).map(of).reduce(f64::max)?
        }
        Measure::WorstAngle => most(&angle)?,
        Measure::WorstRange => most(&range)?,
        Measure::WorstVelocity => most(&|what| what == What::Velocity)?,
        _ => return None,
    };
    Some(value).filter(|value| value.is_finite())
}
