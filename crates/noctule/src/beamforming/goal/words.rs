//! What a scenario says of the goal and of what is required, in the units of people.

use serde::{Deserialize, Serialize};

use super::scene::PowerGroup;

/// What is designed for.
///
/// Every goal but `weighted` is the goal under the requirements of `require`; with users and targets
/// whose proof of optimality needs eigenvalues only, where the table says *proven*.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Goal {
    /// The largest rate weight · sum rate − bound weight · tr F⁻¹, with nothing required.
    #[default]
    Weighted,
    /// The largest sum rate: local, with an interval where a bound is asked for.
    SumRate {
        /// Weights of the users' rates, one a user; `null` gives every user one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_weights: Option<Vec<f64>>,
    },
    /// The largest worst rate, each over its weight: proven.
    MaxMinRate {
        /// Weights of the users, one a user: twice the weight, twice the rate. `null` gives every
        /// user one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_weights: Option<Vec<f64>>,
    },
    /// The largest sum of the logarithms of the rates: local.
    ProportionalFair {
        /// Weights of the users, one a user; `null` gives every user one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_weights: Option<Vec<f64>>,
    },
    /// The smallest metric of those that are wanted small: bounds, a beampattern error. Proven.
    MinCrb {
        /// The metric.
        #[serde(default)]
        metric: Measure,
    },
    /// The largest metric of those that are wanted large: sensing power, mutual information. Proven.
    MaxSensing {
        /// The metric.
        #[serde(default = "weakest")]
        metric: Measure,
    },
    /// The least power that meets what is required; `power_dbm` is what there is. Proven.
    MinPower,
}

impl Goal {
    /// Whether it is the weighted sum.
    pub const fn is_weighted(&self) -> bool {
        matches!(self, Self::Weighted)
    }

    /// Its name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Weighted => "weighted",
            Self::SumRate { .. } => "sum-rate",
            Self::MaxMinRate { .. } => "max-min-rate",
            Self::ProportionalFair { .. } => "proportional-fair",
            Self::MinCrb { .. } => "min-crb",
            Self::MaxSensing { .. } => "max-sensing",
            Self::MinPower => "min-power",
        }
    }
}

/// A kind of parameter of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Parameter {
    /// The azimuth.
    #[default]
    Azimuth,
    /// The polar angle.
    Polar,
    /// Both parts of the reflection.
    Reflection,
    /// The range, of a scenario with `ofdm`.
    Range,
    /// The velocity, of a scenario with `ofdm`.
    Velocity,
}

/// A metric of sensing. Reflections that are unknown and have no weight are a nuisance: they widen
/// the bounds of the angles, and are not counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Measure {
    /// The sum of the bounds of all unknown angles; its root in degrees.
    #[default]
    Angles,
    /// A weighted sum of bounds. Of angles alone its root in degrees, of ranges alone in metres, of
    /// velocities alone in m/s, else mixed units as they are.
    Trace {
        /// Weight of azimuths.
        #[serde(default = "one")]
        azimuth: f64,
        /// Weight of polar angles.
        #[serde(default = "one")]
        polar: f64,
        /// Weight of reflections.
        #[serde(default)]
        reflection: f64,
        /// Weight of ranges, of a scenario with `ofdm`.
        #[serde(default, skip_serializing_if = "is_nought")]
        range: f64,
        /// Weight of velocities, of a scenario with `ofdm`.
        #[serde(default, skip_serializing_if = "is_nought")]
        velocity: f64,
        /// Weights of the targets, by which the others are multiplied; `null` gives each one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        targets: Option<Vec<f64>>,
    },
    /// The bound of one parameter of one target; the root of it, in degrees of an angle, metres of a range,
    /// m/s of a velocity.
    Parameter {
        /// The target, counted from zero.
        target: usize,
        /// The parameter.
        #[serde(default)]
        parameter: Parameter,
    },
    /// The largest over targets of the sum of the bounds of a target's angles; its root in degrees.
    WorstTarget,
    /// The largest bound of an angle; its root in degrees.
    WorstAngle,
    /// The largest bound of a range, of a scenario with `ofdm`; its root in metres.
    WorstRange,
    /// The largest bound of a velocity, of a scenario with `ofdm`; its root in m/s.
    WorstVelocity,
    /// The largest eigenvalue of the bound of all unknown angles; its root in degrees.
    LargestEigenvalue,
    /// log det of the bound of all unknown angles, in nats: the volume of their ellipsoid.
    LogDet,
    /// `σ_s² N_r/L · tr R⁻¹`, the bound of the whole response of an extended target: its root.
    Extended,
    /// Mean square of a beampattern's distance from the scenario's `template`, `min_η mean_n (η d_n −
    /// a_nᴴRa_n/tr R)²` with unit-norm a: its root.
    Beampattern,
    /// Power towards a target `aᴴRa` in dBm: what is required at least. a has unit norm, or entries of unit modulus
    /// where the scenario says `unit_modulus_steering` (of stations always, whose powers add up).
    Illumination {
        /// The target, counted from zero; `null` is the one that is lit worst.
        #[serde(default)]
        target: Option<usize>,
    },
    /// `(L/σ_s²)|α|²‖b‖² aᴴRa` of a target in dB: what is required at least.
    SensingSnr {
        /// The target, counted from zero; `null` is the worst.
        #[serde(default)]
        target: Option<usize>,
    },
    /// `L|α|² bᴴC⁻¹b · aᴴRa` of a target in dB, with the covariance `C = σ_s²1 + Σ p bbᴴ` of noise and the
    /// scenario's `clutter` and the receive beam that is best for it: what is required at least.
    Scnr {
        /// The target, counted from zero; `null` is the worst.
        #[serde(default)]
        target: Option<usize>,
    },
    /// Probability that a target is detected by the energy of its matched filter, `Q₁(√(2ρ), √(−2 ln
    /// false_alarm))` of the sensing SNR ρ (of the SCNR, where there is clutter): what is required at least.
    Detection {
        /// The target, counted from zero; `null` is the worst.
        #[serde(default)]
        target: Option<usize>,
        /// The probability of a false alarm.
        #[serde(default = "millionth")]
        false_alarm: f64,
    },
    /// Mutual information in bits between the echoes and a response whose rows are independent with
    /// the covariance `Σ_m |α_m|² (‖b_m‖²/N_r) a_m a_mᴴ`: what is required at least.
    MutualInformation,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
fn is_nought(weight: &f64) -> bool {
    *weight == 0.0
}

const fn one() -> f64 {
    1.0
}

const fn millionth() -> f64 {
    1e-6
}

const fn weakest() -> Measure {
    Measure::SensingSnr { target: None }
}

/// A limit on a metric of sensing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The metric.
    pub metric: Measure,
    /// What it may be at most, or must be at least, in the metric's unit.
    pub limit: f64,
}

/// A limit on a metric relative to the smallest that any beams of the same power reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Relative {
    /// The metric, one whose root people say.
    pub metric: Measure,
    /// How many times that smallest root the root may be; 1.0 is what only sensing alone reaches.
    pub factor: f64,
}

/// What is required of beams beside their power. What is left out is not required.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// SINR of every user in dB, at least; over a band on every subcarrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sinr_db: Option<f64>,
    /// SINR of each user in dB, at least; over a band on every subcarrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_sinr_db: Option<Vec<f64>>,
    /// Rate of every user in bit/s/Hz, at least; over a band the mean of its subcarriers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_bps_hz: Option<f64>,
    /// Rate of each user in bit/s/Hz, at least; zero for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_rate_bps_hz: Option<Vec<f64>>,
    /// Root-CRB of every unknown azimuth in degrees, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azimuth_deg: Option<f64>,
    /// Root-CRB of the azimuth of each target in degrees, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_azimuth_deg: Option<Vec<f64>>,
    /// Root-CRB of every unknown polar angle in degrees, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polar_deg: Option<f64>,
    /// Root-CRB of the polar angle of each target in degrees, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_polar_deg: Option<Vec<f64>>,
    /// Root-CRB of every unknown reflection, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reflection: Option<f64>,
    /// Root-CRB of every unknown range in metres, at most, of a scenario with `ofdm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_m: Option<f64>,
    /// Root-CRB of the range of each target in metres, at most, of a scenario with `ofdm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_range_m: Option<Vec<f64>>,
    /// Root-CRB of every unknown velocity in m/s, at most, of a scenario with `ofdm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub velocity_m_s: Option<f64>,
    /// Root-CRB of the velocity of each target in m/s, at most, of a scenario with `ofdm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_velocity_m_s: Option<Vec<f64>>,
    /// Limits on the power of groups of antennas, beside `power_dbm`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<PowerGroup>,
    /// Limits on any other metric.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// Limits that are said relative to the best that any beams reach, users ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub over_best: Vec<Relative>,
}

impl Require {
    /// Whether nothing is required.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Which parameters of a target are unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Unknown {
    /// The azimuth.
    pub azimuth: bool,
    /// The polar angle.
    pub polar: bool,
    /// Both parts of the reflection.
    pub reflection: bool,
    /// The range, of a scenario with `ofdm`.
    #[serde(skip_serializing_if = "is_yes")]
    pub range: bool,
    /// The velocity, of a scenario with `ofdm`.
    #[serde(skip_serializing_if = "is_yes")]
    pub velocity: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
const fn is_yes(flag: &bool) -> bool {
    *flag
}

impl Unknown {
    /// Everything.
    pub const ALL: Self =
        Self { azimuth: true, polar: true, reflection: true, range: true, velocity: true };

    /// Whether everything is unknown.
    pub const fn is_all(&self) -> bool {
        self.azimuth && self.polar && self.reflection && self.range && self.velocity
    }
}

impl Default for Unknown {
    fn default() -> Self {
        Self::ALL
    }
}

/// An array of another shape than a planar one; positions are in wavelengths from the phase
/// reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Elements {
    /// On the y axis: it sees the azimuth of targets whose polar angle is known.
    Linear {
        /// Number of elements.
        elements: usize,
        /// Distance of neighbours in wavelengths.
        #[serde(default = "half")]
        spacing: f64,
        /// Whether the phase reference is the middle of the array and not its first element.
        #[serde(default)]
        centred: bool,
    },
    /// On a circle in the plane z = 0, around the phase reference.
    Circular {
        /// Number of elements.
        elements: usize,
        /// Radius in wavelengths.
        radius: f64,
    },
    /// In the plane x = 0, the vertical index running fastest, at any spacing.
    Planar {
        /// Elements in a row.
        horizontal: usize,
        /// Elements in a column.
        vertical: usize,
        /// Distances of neighbours in a row and in a column, in wavelengths.
        #[serde(default = "halves")]
        spacings: [f64; 2],
        /// Whether the phase reference is the middle of the array and not its corner.
        #[serde(default)]
        centred: bool,
    },
    /// Anywhere.
    Positions {
        /// `[x, y, z]` of every element.
        wavelengths: Vec<[f64; 3]>,
    },
    /// Anywhere, in metres: the same places describe one array that sends and receives.
    Placed {
        /// `[x, y, z]` of every element in metres, in the frame of the array: it looks along x, z is up.
        positions_m: Vec<[f64; 3]>,
        /// Carrier frequency in GHz.
        carrier_ghz: f64,
    },
}

const fn halves() -> [f64; 2] {
    [0.5, 0.5]
}

const fn half() -> f64 {
    0.5
}
