//! What is asked of an instance: goal and requirements in SI units, beside channels and targets.

use noctule_num::input::in_range;
use noctule_num::{CMat, InputError};

use super::asked::{angle_limits, floors, one_a_user, shown};
use super::built::Builder;
use super::surroundings::{Node, Surroundings};
use super::words::{Goal, Limit, Measure, Require, Unknown};
use crate::Error;
use crate::beamforming::requirements::{
    Cap, Metric, PowerLimit, Requirements, SensingStreams, Target, Unknown as UnknownParts, World,
};
use crate::beamforming::{Instance, PowerConstraint};

/// A goal under requirements.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The goal; not the weighted sum.
    pub goal: Goal,
    /// SINR floors, linear, one a user; zero for none. Over a band on every subcarrier.
    pub sinr_floor: Vec<f64>,
    /// Floors on rates over a band in nats, means of its subcarriers, one a user; zero for none. Empty
    /// where there is one frequency: a rate then is an SINR.
    pub rate_floor: Vec<f64>,
    /// Limits on metrics, in SI units.
    pub limits: Vec<Limit>,
    /// What is unknown of each target.
    pub unknown: Vec<Unknown>,
    /// Whether users know the sensing streams and take them out.
    pub streams_cancelled: bool,
    /// The scene beside users and targets.
    pub around: Surroundings,
}

impl Problem {
    /// The metric that is made small, where the goal is one.
    pub const fn measure(&self) -> Option<&Measure> {
        match &self.goal {
            Goal::MinCrb { metric } | Goal::MaxSensing { metric } => Some(metric),
            _ => None,
        }
    }

    /// Weights of the users' rates.
    pub fn user_weights(&self) -> Vec<f64> {
        match &self.goal {
            Goal::SumRate { user_weights: Some(weights) }
            | Goal::MaxMinRate { user_weights: Some(weights) }
            | Goal::ProportionalFair { user_weights: Some(weights) } => weights.clone(),
            _ => vec![1.0; self.sinr_floor.len()],
        }
    }

    /// Whether bounds of angles are the goal, or limited.
    pub fn counts_angles(&self) -> bool {
        let angle = |metric: &Measure| metric.unit() == super::measure::Unit::RootDegrees;
        self.measure().is_some_and(angle) || self.limits.iter().any(|limit| angle(&limit.metric))
    }

    /// Floors on rates as floors on SINRs, which on one subcarrier they are.
    pub(in crate::beamforming) fn rates_as_sinrs(&mut self) {
        let floors = self.sinr_floor.iter_mut().zip(std::mem::take(&mut self.rate_floor));
        floors.for_each(|(floor, rate)| *floor = floor.max(rate.exp_m1()));
    }

    /// Whether a metric is the goal, or limited.
    pub(in crate::beamforming) fn asks_for_bounds(&self) -> bool {
        self.measure().is_some() || !self.limits.is_empty()
    }

    /// Number of requirements beside the power.
    pub fn asked(&self) -> usize {
        let floors = self.sinr_floor.iter().chain(&self.rate_floor);
        floors.filter(|floor| **floor > 0.0).count() + self.limits.len()
    }
}

/// What a scenario requires, for so many users and targets; rates of one frequency are SINRs.
///
/// # Errors
/// Numbers out of range, lists of another length; places are fields of `require`.
pub(in crate::beamforming) fn asked(
    goal: &Goal,
    require: &Require,
    (users, over_band): (usize, bool),
    unknown: Vec<Unknown>,
    streams_cancelled: bool,
) -> Result<Problem, InputError> {
    let inside = |error: InputError| error.inside("require");
    let (mut sinr_floor, sinr_of_rates) = floors(require, users).map_err(inside)?;
    let mut rate_floor = Vec::new();
    if over_band {
        rate_floor = sinr_of_rates.iter().map(|sinr| sinr.ln_1p()).collect();
    } else {
        sinr_floor.iter_mut().zip(&sinr_of_rates).for_each(|(f, rate)| *f = f.max(*rate));
    }
    let mut limits = angle_limits(require, &unknown).map_err(|error| error.inside("require"))?;
    for (i, limit) in require.limits.iter().enumerate() {
        let place = format!("require.limits[{i}]");
        shown(limit).map_err(|error| error.inside(&place))?;
        let meant = limit.metric.unit().meant(limit.limit);
        limits.push(Limit { metric: limit.metric.clone(), limit: meant });
    }
    for (i, relative) in require.over_best.iter().enumerate() {
        // what it comes to is known beside the arrays: `Scenario::asked_of`
        relative.check().map_err(|error| error.inside(&format!("require.over_best[{i}]")))?;
    }
    let around = Surroundings::default();
    let goal = goal.clone();
    Ok(Problem { goal, sinr_floor, rate_floor, limits, unknown, streams_cancelled, around })
}

/// A problem as the solvers see it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Station, users, targets.
    pub world: World,
    /// The metric of the goal, where it is one.
    pub metric: Option<Metric>,
    /// Floors, caps, power.
    pub required: Requirements,
}

impl Case {
    /// The case of an instance that asks for `problem`.
    ///
    /// # Errors
    /// Metrics that do not fit the targets.
    pub fn of(instance: &Instance, problem: &Problem) -> Result<Self, Error> {
        let parts = instance.parts();
        let around = &problem.around;
        let (antennas, receivers) = (instance.antennas(), instance.receive_elements().elements());
        around.check((antennas, receivers), instance.users(), &parts.targets)?;
        let world = world(instance, problem);
        let build = Builder { world: &world, around, power_w: parts.power_w };
        let metric = problem.measure().map(|measure| build.metric(measure)).transpose();
        let metric = metric.map_err(|error| error.inside("goal.metric"))?;
        let cap = |(i, limit): (usize, &Limit)| {
            let metric = build.metric(&limit.metric);
            let metric = metric.map_err(|error| error.inside(&format!("require.limits[{i}]")))?;
            Ok(Cap { metric, limit: limit.limit })
        };
        let caps = problem.limits.iter().enumerate().map(cap).collect::<Result<_, InputError>>()?;
        let mut caps: Vec<Cap> = caps;
        let power = match (around.power(parts.power_w), parts.power_constraint) {
            (Some((power, total)), PowerConstraint::Total) => {
                // what the groups may send together is more than there is
                let whole = Metric::Power(vec![1.0; antennas]);
                caps.extend(total.map(|limit| Cap { metric: whole, limit }));
                power
            }
            (Some(_), PowerConstraint::PerAntenna) => {
                let what = "antennas and groups of them have limits";
                let allowed = "power_constraint = \"total\", or no groups";
                let found = "per-antenna, and groups";
                return Err(InputError::new(what, "power_constraint", found, allowed).into());
            }
            (None, PowerConstraint::Total) => PowerLimit::Total(parts.power_w),
            (None, PowerConstraint::PerAntenna) => {
                PowerLimit::PerAntenna(vec![parts.power_w / antennas as f64; antennas])
            }
        };
        let required = Requirements { sinr: problem.sinr_floor.clone(), caps, power };
        required.check(&world).map_err(|error| error.inside("require"))?;
        Ok(Self { world, metric, required })
    }
}

fn world(instance: &Instance, problem: &Problem) -> World {
    let parts = instance.parts();
    let target = |(m, target): (usize, &crate::beamforming::Target)| {
        let unknown = problem.unknown.get(m).copied().unwrap_or_default();
        Target {
            azimuth_rad: target.azimuth_rad,
            polar_rad: target.polar_rad,
            reflection: target.reflection,
            unknown: UnknownParts {
                azimuth: unknown.azimuth,
                polar: unknown.polar,
                re: unknown.reflection,
                im: unknown.reflection,
            },
        }
    };
    let targets: Vec<Target> = parts.targets.iter().enumerate().map(target).collect();
    let moved = |target: &Target, node: &Node| Target {
        azimuth_rad: target.azimuth_rad + node.azimuth_rad,
        polar_rad: target.polar_rad + node.polar_rad,
        ..*target
    };
    let error = |variance: &f64| {
        let mut error = CMat::identity(instance.antennas());
        error.scale(*variance);
        error
    };
    World {
        transmit: instance.transmit_elements(),
        receive: instance.receive_elements(),
        alternatives: problem.around.moved(&targets, moved),
        targets,
        snapshots: f64::from(parts.snapshots),
        sensing_noise_w: parts.sensing_noise_w,
        channels: parts.channels.clone(),
        noise_w: parts.user_noise_w.clone(),
        error_covariances: problem.around.channel_error.iter().map(error).collect(),
        streams: if problem.streams_cancelled {
            SensingStreams::Cancelled
        } else {
            SensingStreams::Interfering
        },
    }
}

/// Refuse a goal that an instance of one frequency does not have.
pub(in crate::beamforming) fn check(instance: &Instance, problem: &Problem) -> Result<(), Error> {
    fits(instance, problem)?;
    if problem.rate_floor.iter().any(|floor| *floor > 0.0) {
        let what = "mean rates are those of a band";
        let allowed = "`sinr_floor`, which says the same of one frequency";
        return Err(InputError::new(what, "rate_floor", "one frequency", allowed).into());
    }
    let extended = problem.measure() == Some(&Measure::Extended)
        || problem.limits.iter().any(|limit| limit.metric == Measure::Extended);
    let (antennas, users) = (instance.antennas(), instance.users());
    let streams = instance.parts().sensing_streams;
    if extended && users + streams < antennas {
        let what = "the response of an extended target is seen by as many streams as antennas";
        let allowed = format!("{} or more, or left out", antennas - users);
        let found = streams.to_string();
        return Err(InputError::new(what, "sensing_streams", found, allowed).into());
    }
    Case::of(instance, problem)?;
    Ok(())
}

/// Refuse a goal that does not fit users and power.
pub(in crate::beamforming) fn fits(instance: &Instance, problem: &Problem) -> Result<(), Error> {
    let refuse = |what: &str, place: &str, found: &str, allowed: &str| {
        Err(Error::from(InputError::new(what, place, found, allowed)))
    };
    let users = instance.users();
    let name = problem.goal.name();
    match &problem.goal {
        Goal::SumRate { user_weights }
        | Goal::MaxMinRate { user_weights }
        | Goal::ProportionalFair { user_weights } => {
            if users == 0 {
                return refuse("a goal of rates needs users", "goal", name, "one user or more");
            }
            if let Some(weights) = user_weights {
                one_a_user("goal.user_weights", weights, users)?;
                for (k, weight) in weights.iter().enumerate() {
                    in_range(&format!("goal.user_weights[{k}]"), *weight, 0.0, 1e12, "")?;
                }
                if weights.iter().all(|weight| *weight <= 0.0) {
                    let allowed = "one positive weight or more";
                    return refuse("no rate has a weight", "goal.user_weights", "zeros", allowed);
                }
            }
        }
        Goal::MinCrb { metric } if metric.is_gain() => {
            let allowed = "a bound, or a beampattern; the goal max-sensing is for gains";
            return refuse("this metric is not made small", "goal.metric", name, allowed);
        }
        Goal::MaxSensing { metric } if !metric.is_gain() => {
            let allowed = "a sensing power, or mutual information; the goal min-crb is for bounds";
            return refuse("this metric is not made large", "goal.metric", name, allowed);
        }
        Goal::MinPower if problem.asked() == 0 => {
            let allowed = "a floor on SINRs or rates, or a limit on a metric";
            return refuse(
                "nothing is required, so no power is needed",
                "require",
                "nothing",
                allowed,
            );
        }
        _ => {}
    }
    let shaped = problem.limits.iter().any(|limit| limit.metric == Measure::Beampattern);
    if shaped && matches!(problem.goal, Goal::MinPower | Goal::MaxMinRate { .. }) {
        let what = "a beampattern error is for goals that spend all power";
        let allowed = "min-crb, max-sensing, sum-rate or proportional-fair";
        return refuse(what, "require.limits", name, allowed);
    }
    let limited = problem.around.groups.is_some()
        || instance.parts().power_constraint == PowerConstraint::PerAntenna;
    if limited && (shaped || problem.measure() == Some(&Measure::Beampattern)) {
        let what = "a beampattern error is for a total power";
        let allowed = "power_constraint = \"total\", and no groups";
        return refuse(what, "power_constraint", "limits of antennas", allowed);
    }
    Ok(())
}
