//! Metrics by their names as metrics of a world, with their units.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat, InputError};

use super::words::{Measure, Parameter};
use crate::beamforming::requirements::fisher::ParameterKind;
use crate::beamforming::requirements::{Metric, Part, World, parameters};

/// How people say the value of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The root, in degrees.
    RootDegrees,
    /// The root.
    Root,
    /// As it is.
    Plain,
    /// Nats, as it is.
    Nats,
    /// Nats, in bits.
    Bits,
    /// A ratio, in dB.
    Decibels,
    /// Watts, in dBm.
    Dbm,
}

impl Unit {
    /// As people say it.
    pub fn shown(self, value: f64) -> f64 {
        match self {
            Self::RootDegrees => value.sqrt().to_degrees(),
            Self::Root => value.sqrt(),
            Self::Plain | Self::Nats => value,
            Self::Bits => value / std::f64::consts::LN_2,
            Self::Decibels => 10.0 * value.log10(),
            Self::Dbm => 10.0 * value.log10() + 30.0,
        }
    }

    /// From how people say it.
    pub fn meant(self, shown: f64) -> f64 {
        match self {
            Self::RootDegrees => shown.to_radians().powi(2),
            Self::Root => shown * shown,
            Self::Plain | Self::Nats => shown,
            Self::Bits => shown * std::f64::consts::LN_2,
            Self::Decibels => 10.0_f64.powf(shown / 10.0),
            Self::Dbm => 10.0_f64.powf((shown - 30.0) / 10.0),
        }
    }

    /// d shown / d value.
    pub fn slope(self, value: f64) -> f64 {
        match self {
            Self::RootDegrees => 1.0_f64.to_degrees() / (2.0 * value.sqrt()),
            Self::Root => 0.5 / value.sqrt(),
            Self::Plain | Self::Nats => 1.0,
            Self::Bits => 1.0 / std::f64::consts::LN_2,
            Self::Decibels | Self::Dbm => 10.0 / (std::f64::consts::LN_10 * value),
        }
    }

    /// Its symbol, after a space where it has one.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::RootDegrees => "°",
            Self::Root | Self::Plain => "",
            Self::Nats => " nat",
            Self::Bits => " bit",
            Self::Decibels => " dB",
            Self::Dbm => " dBm",
        }
    }

    /// Its name for one step of it.
    pub const fn step(self) -> &'static str {
        match self {
            Self::RootDegrees => "degree",
            Self::Root | Self::Plain => "unit",
            Self::Nats => "nat",
            Self::Bits => "bit",
            Self::Decibels | Self::Dbm => "dB",
        }
    }
}

impl Measure {
    /// How people say its value.
    pub fn unit(&self) -> Unit {
        match self {
            Self::Trace { reflection, .. } if *reflection > 0.0 => Unit::Plain,
            Self::Parameter { parameter: Parameter::Reflection, .. } | Self::Extended => Unit::Root,
            Self::Angles
            | Self::Trace { .. }
            | Self::Parameter { .. }
            | Self::WorstTarget
            | Self::WorstAngle
            | Self::LargestEigenvalue => Unit::RootDegrees,
            Self::LogDet => Unit::Nats,
            Self::Illumination { .. } => Unit::Dbm,
            Self::SensingSnr { .. } => Unit::Decibels,
            Self::MutualInformation => Unit::Bits,
        }
    }

    /// Whether it is asked to be large.
    pub const fn is_gain(&self) -> bool {
        matches!(
            self,
            Self::Illumination { .. } | Self::SensingSnr { .. } | Self::MutualInformation
        )
    }

    /// What it is called in a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Angles => "the root of the sum of the bounds of all angles".to_owned(),
            Self::Trace { reflection, .. } if *reflection > 0.0 => {
                "the weighted sum of bounds (mixed units)".to_owned()
            }
            Self::Trace { .. } => "the root of the weighted sum of bounds".to_owned(),
            Self::Parameter { target, parameter } => {
                let name = match parameter {
                    Parameter::Azimuth => "azimuth",
                    Parameter::Polar => "polar angle",
                    Parameter::Reflection => "reflection",
                };
                format!("the root-CRB of the {name} of target {target}")
            }
            Self::WorstTarget => "the root of the bound of the worst target's angles".to_owned(),
            Self::WorstAngle => "the largest root-CRB of an angle".to_owned(),
            Self::LargestEigenvalue => {
                "the longest half axis of the ellipsoid of all angles".to_owned()
            }
            Self::LogDet => "log det of the bound of all angles".to_owned(),
            Self::Extended => "the root-CRB of the whole response".to_owned(),
            Self::Illumination { target } => format!("the power towards target {target}"),
            Self::SensingSnr { target } => format!("the sensing SNR of target {target}"),
            Self::MutualInformation => "the mutual information of sensing".to_owned(),
        }
    }

    /// The metric of a world.
    ///
    /// # Errors
    /// A target that is not there, a parameter that is known, nothing that has a weight.
    pub fn metric(&self, world: &World) -> Result<Metric, InputError> {
        if let Self::Parameter { target, .. }
        | Self::Illumination { target }
        | Self::SensingSnr { target } = self
            && *target >= world.targets.len()
        {
            let count = world.targets.len();
            let allowed = if count == 0 {
                "no target: there is none".to_owned()
            } else {
                format!("below {count}")
            };
            return Err(InputError::new("no such target", "target", target.to_string(), allowed));
        }
        if let Self::Trace { targets: Some(weights), .. } = self
            && weights.len() != world.targets.len()
        {
            let found = format!("{} weights", weights.len());
            let allowed = format!("{}, one a target", world.targets.len());
            return Err(InputError::new("not one weight a target", "targets", found, allowed));
        }
        let metric = self.unchecked(world);
        metric.check(world).map_err(|error| match error.what.as_str() {
            "nothing is weighted" | "the largest of nothing" => {
                let what = "none of the parameters that it counts is unknown";
                InputError::new(what, "", "known parameters", "`unknown` parameters of targets")
            }
            _ => error,
        })?;
        Ok(metric)
    }

    fn unchecked(&self, world: &World) -> Metric {
        let all = parameters(&world.targets);
        let angle = |kind| matches!(kind, ParameterKind::Azimuth | ParameterKind::Polar);
        let flag = |yes: bool| f64::from(u8::from(yes));
        let angles: Vec<f64> = all.iter().map(|p| flag(angle(p.kind))).collect();
        let part = |weights: Vec<f64>| vec![Part { scene: 0, share: 1.0, weights }];
        match self {
            Self::Angles => Metric::trace(angles),
            Self::Trace { azimuth, polar, reflection, targets } => {
                let of = |m: usize| {
                    targets.as_ref().map_or(1.0, |all| all.get(m).copied().unwrap_or(0.0))
                };
                let weight = |kind| match kind {
                    ParameterKind::Azimuth => *azimuth,
                    ParameterKind::Polar => *polar,
                    ParameterKind::ReflectionRe | ParameterKind::ReflectionIm => *reflection,
                };
                Metric::trace(all.iter().map(|p| weight(p.kind) * of(p.target)).collect::<Vec<_>>())
            }
            Self::Parameter { target, parameter } => {
                let meant = |kind| match parameter {
                    Parameter::Azimuth => kind == ParameterKind::Azimuth,
                    Parameter::Polar => kind == ParameterKind::Polar,
                    Parameter::Reflection => !angle(kind),
                };
                let weight = |p: &crate::beamforming::requirements::fisher::Parameter| {
                    flag(p.target == *target && meant(p.kind))
                };
                Metric::trace(all.iter().map(weight).collect::<Vec<_>>())
            }
            Self::WorstTarget => {
                let of = |m: usize| -> Vec<f64> {
                    all.iter().map(|p| flag(angle(p.kind) && p.target == m)).collect()
                };
                let members = (0..world.targets.len()).map(of);
                let seen = members.filter(|w: &Vec<f64>| w.iter().any(|w| *w > 0.0));
                Metric::Largest(seen.map(part).collect())
            }
            Self::WorstAngle => {
                let one = |i: usize| (0..all.len()).map(|j| flag(i == j)).collect();
                let kept = (0..all.len()).filter(|i| angle(all[*i].kind));
                Metric::Largest(kept.map(|i| part(one(i))).collect())
            }
            Self::LargestEigenvalue => Metric::LargestEigenvalue(angles),
            Self::LogDet => Metric::LogDet(angles),
            Self::Extended => {
                let receivers = world.receive.elements() as f64;
                Metric::Extended { factor: world.sensing_noise_w * receivers / world.snapshots }
            }
            Self::Illumination { target } => Metric::Illumination { target: *target, factor: 1.0 },
            Self::SensingSnr { target } => {
                let one = &world.targets[*target];
                let seen = world.receive.steering([(one.azimuth_rad, one.polar_rad)]).response;
                let gain = one.reflection.norm_sqr() * real_dot(seen.as_slice(), seen.as_slice());
                let factor = world.snapshots / world.sensing_noise_w * gain;
                Metric::Illumination { target: *target, factor }
            }
            Self::MutualInformation => Metric::MutualInformation {
                receivers: world.receive.elements() as f64,
                snr: world.snapshots / world.sensing_noise_w,
                covariance: response_covariance(world),
            },
        }
    }
}

/// `Σ_m |α_m|² (‖b_m‖²/N_r) a_m a_mᴴ`.
fn response_covariance(world: &World) -> CMat {
    let n = world.transmit.elements();
    let towards = world.targets.iter().map(|target| (target.azimuth_rad, target.polar_rad));
    let sent = world.transmit.steering(towards.clone()).response;
    let seen = world.receive.steering(towards).response;
    let mut out = CMat::zeros(n, n);
    for (m, target) in world.targets.iter().enumerate() {
        let b = real_dot(seen.col(m), seen.col(m)) / seen.rows() as f64;
        let share = target.reflection.norm_sqr() * b;
        for j in 0..n {
            let right: C64 = sent[(j, m)].conj() * share;
            for i in 0..n {
                out[(i, j)] += sent[(i, m)] * right;
            }
        }
    }
    out
}
