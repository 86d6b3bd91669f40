//! Metrics by their names: what people call them, and their units.

use noctule_phy::detection::{detection_probability, detection_slope, snr_for_detection};

use super::words::{Measure, Parameter};

/// How people say the value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// The root, in degrees.
    RootDegrees,
    /// The root.
    Root,
    /// The root, in metres.
    RootMetres,
    /// The root, in metres per second.
    RootSpeed,
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
    /// A signal-to-noise ratio, as the probability of detection at a rate of false alarms.
    Detection(f64),
}

impl Unit {
    /// As people say it.
    pub fn shown(self, value: f64) -> f64 {
        match self {
            // a bound of what is a square may lie below zero, where it says nothing
            Self::RootDegrees => value.max(0.0).sqrt().to_degrees(),
            Self::Root | Self::RootMetres | Self::RootSpeed => value.max(0.0).sqrt(),
            Self::Plain | Self::Nats => value,
            Self::Bits => value / std::f64::consts::LN_2,
            Self::Decibels => 10.0 * value.log10(),
            Self::Dbm => 10.0 * value.log10() + 30.0,
            Self::Detection(false_alarm) => detection_probability(value, false_alarm),
        }
    }

    /// From how people say it.
    pub fn meant(self, shown: f64) -> f64 {
        match self {
            Self::RootDegrees => shown.to_radians().powi(2),
            Self::Root | Self::RootMetres | Self::RootSpeed => shown * shown,
            Self::Plain | Self::Nats => shown,
            Self::Bits => shown * std::f64::consts::LN_2,
            Self::Decibels => 10.0_f64.powf(shown / 10.0),
            Self::Dbm => 10.0_f64.powf((shown - 30.0) / 10.0),
            Self::Detection(false_alarm) => snr_for_detection(shown, false_alarm),
        }
    }

    /// d shown / d value.
    pub fn slope(self, value: f64) -> f64 {
        match self {
            Self::RootDegrees => 1.0_f64.to_degrees() / (2.0 * value.sqrt()),
            Self::Root | Self::RootMetres | Self::RootSpeed => 0.5 / value.sqrt(),
            Self::Plain | Self::Nats => 1.0,
            Self::Bits => 1.0 / std::f64::consts::LN_2,
            Self::Decibels | Self::Dbm => 10.0 / (std::f64::consts::LN_10 * value),
            Self::Detection(false_alarm) => detection_slope(value, false_alarm),
        }
    }

    /// Its symbol, after a space where it has one.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::RootDegrees => "°",
            Self::RootMetres => " m",
            Self::RootSpeed => " m/s",
            Self::Root | Self::Plain | Self::Detection(_) => "",
            Self::Nats => " nat",
            Self::Bits => " bit",
            Self::Decibels => " dB",
            Self::Dbm => " dBm",
        }
    }

    /// The symbol of the number before it is said so, after a space where it has one.
    pub const fn of_value(self) -> &'static str {
        match self {
            Self::RootDegrees => " rad²",
            Self::RootMetres => " m²",
            Self::RootSpeed => " m²/s²",
            Self::Nats | Self::Bits => " nat",
            Self::Dbm => " W",
            Self::Root | Self::Plain | Self::Decibels | Self::Detection(_) => "",
        }
    }

    /// Its name for one step of it.
    pub const fn step(self) -> &'static str {
        match self {
            Self::RootDegrees => "degree",
            Self::RootMetres => "metre",
            Self::RootSpeed => "m/s",
            Self::Root | Self::Plain | Self::Detection(_) => "unit",
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
            Self::Trace { azimuth, polar, reflection, range, velocity, .. } => {
                match [azimuth + polar, *reflection, *range, *velocity].map(|weight| weight > 0.0) {
                    [_, false, false, false] => Unit::RootDegrees,
                    [false, false, true, false] => Unit::RootMetres,
                    [false, false, false, true] => Unit::RootSpeed,
                    _ => Unit::Plain,
                }
            }
            Self::Parameter { parameter: Parameter::Range, .. } | Self::WorstRange => {
                Unit::RootMetres
            }
            Self::Parameter { parameter: Parameter::Velocity, .. } | Self::WorstVelocity => {
                Unit::RootSpeed
            }
            Self::Parameter { parameter: Parameter::Reflection, .. }
            | Self::Extended
            | Self::Beampattern => Unit::Root,
            Self::Angles
            | Self::Parameter { .. }
            | Self::WorstTarget
            | Self::WorstAngle
            | Self::LargestEigenvalue => Unit::RootDegrees,
            Self::LogDet => Unit::Nats,
            Self::Illumination { .. } => Unit::Dbm,
            Self::SensingSnr { .. } | Self::Scnr { .. } => Unit::Decibels,
            Self::Detection { false_alarm, .. } => Unit::Detection(*false_alarm),
            Self::MutualInformation => Unit::Bits,
        }
    }

    /// Whether it is asked to be large.
    pub const fn is_gain(&self) -> bool {
        self.towards().is_some() || matches!(self, Self::MutualInformation)
    }

    /// The target that it lights, or the worst of them, where it is a sensing power.
    pub const fn towards(&self) -> Option<Option<usize>> {
        match self {
            Self::Illumination { target }
            | Self::SensingSnr { target }
            | Self::Scnr { target }
            | Self::Detection { target, .. } => Some(*target),
            _ => None,
        }
    }

    /// What it is called in a sentence.
    pub fn words(&self) -> String {
        let of = |target: Option<usize>| {
            target.map_or_else(|| "the worst target".to_owned(), |m| format!("target {m}"))
        };
        match self {
            Self::Angles => "the root of the sum of the bounds of all angles".to_owned(),
            Self::Trace { .. } if self.unit() == Unit::Plain => {
                "the weighted sum of bounds (mixed units)".to_owned()
            }
            Self::Trace { .. } => "the root of the weighted sum of bounds".to_owned(),
            Self::Parameter { target, parameter } => {
                let name = match parameter {
                    Parameter::Azimuth => "azimuth",
                    Parameter::Polar => "polar angle",
                    Parameter::Reflection => "reflection",
                    Parameter::Range => "range",
                    Parameter::Velocity => "velocity",
                };
                format!("the root-CRB of the {name} of target {target}")
            }
            Self::WorstTarget => "the root of the bound of the worst target's angles".to_owned(),
            Self::WorstAngle => "the largest root-CRB of an angle".to_owned(),
            Self::WorstRange => "the largest root-CRB of a range".to_owned(),
            Self::WorstVelocity => "the largest root-CRB of a velocity".to_owned(),
            Self::LargestEigenvalue => {
                "the longest half axis of the ellipsoid of all angles".to_owned()
            }
            Self::LogDet => "log det of the bound of all angles".to_owned(),
            Self::Extended => "the root-CRB of the whole response".to_owned(),
            Self::Beampattern => {
                "the root mean square distance of the beampattern from the template".to_owned()
            }
            Self::Illumination { target } => format!("the power towards {}", of(*target)),
            Self::SensingSnr { target } => format!("the sensing SNR of {}", of(*target)),
            Self::Scnr { target } => {
                format!("the signal-to-clutter-and-noise ratio of {}", of(*target))
            }
            Self::Detection { target, false_alarm } => {
                format!("the probability to detect {} (false alarms {false_alarm:e})", of(*target))
            }
            Self::MutualInformation => "the mutual information of sensing".to_owned(),
        }
    }
}
