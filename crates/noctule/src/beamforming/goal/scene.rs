//! What a scenario says of the scene beside users and targets: a template, clutter, angles and channels
//! that are not known exactly, stations that send together.

use noctule_phy::elements::ElementArray;
use serde::{Deserialize, Serialize};

/// Antennas that share a limit on their power.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PowerGroup {
    /// The antennas, counted from zero; antennas of no group share what is left of `power_dbm`.
    pub antennas: Vec<usize>,
    /// What they may send together in dBm.
    pub power_dbm: f64,
}

/// A beampattern that is wanted: one around some azimuths, zero elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Template {
    /// Middles of what is lit, azimuths in degrees; `null` means those of the targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azimuth_deg: Option<Vec<f64>>,
    /// Width of each in degrees.
    pub width_deg: f64,
    /// Range of azimuths in degrees.
    pub range_deg: [f64; 2],
    /// Distance of azimuths in degrees.
    pub step_deg: f64,
    /// The polar angle of all of them in degrees.
    pub polar_deg: f64,
}

impl Default for Template {
    /// Ten degrees around every target, in the half plane before the array.
    fn default() -> Self {
        Self {
            azimuth_deg: None,
            width_deg: 10.0,
            range_deg: [-90.0, 90.0],
            step_deg: 1.0,
            polar_deg: 90.0,
        }
    }
}

/// A source of clutter: what it sends back does not depend on the beams.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClutterSource {
    /// Azimuth in degrees.
    pub azimuth_deg: f64,
    /// Polar angle in degrees.
    pub polar_deg: f64,
    /// Its power at each receive antenna over the noise there, in dB.
    pub over_noise_db: f64,
}

/// How metrics are judged where angles are not known exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// By their mean over the angles.
    #[default]
    Expected,
    /// By the worst of the angles.
    Worst,
    /// By the Bayesian bound: of the mean Fisher matrix, and of what the law itself tells, 1/spread² of a Gaussian and
    /// nothing of a box: an estimator that knows the box may err less than it.
    Bayesian,
}

/// How angles are spread about those that the targets name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AngleLaw {
    /// Evenly, up to the spread on both sides.
    #[default]
    Box,
    /// Normally, with the spread as standard deviation; cut at twice that.
    Gaussian,
}

/// Angles of the targets that are not known exactly: all targets are off by the same. Metrics are
/// judged on a grid of evenly spaced offsets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Uncertain {
    /// How metrics are judged.
    pub over: Over,
    /// How offsets are spread.
    pub law: AngleLaw,
    /// Spread of the azimuth in degrees.
    pub azimuth_deg: f64,
    /// Spread of the polar angle in degrees.
    pub polar_deg: f64,
    /// Offsets of each angle that is spread, an odd number.
    pub nodes: usize,
}

impl Default for Uncertain {
    /// Two degrees of azimuth on both sides, five offsets, by the mean.
    fn default() -> Self {
        Self {
            over: Over::Expected,
            law: AngleLaw::Box,
            azimuth_deg: 2.0,
            polar_deg: 0.0,
            nodes: 5,
        }
    }
}

/// Stations that send together in a plane, each a line of elements half a wavelength apart along x. They take
/// the place of the transmit array, of channels and of targets: all of them see line of sight,
/// `e^{jπ n cos θ}` with the direction θ of a place as its own station sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Stations {
    /// Places of the stations in metres.
    pub places_m: Vec<[f64; 2]>,
    /// Elements of each.
    pub elements: usize,
    /// What each may send, in dBm.
    pub power_dbm: f64,
    /// Places of the users in metres.
    pub users_m: Vec<[f64; 2]>,
    /// Places of the targets in metres.
    pub targets_m: Vec<[f64; 2]>,
    /// `(L/σ_s²)|α|²‖b‖²` of every target in dB: its sensing SNR is that times the power `Σ_s |a_sᴴw|²` of the
    /// stations' signals, which add up in power.
    pub echo_db: f64,
}

/// The array of an instance without one of its own.
pub(in crate::beamforming) fn planar(array: noctule_phy::arrays::PlanarArray) -> ElementArray {
    let (h, v) = (array.horizontal, array.vertical);
    ElementArray::planar(h, v, 0.5).scaled(array.normalisation)
}
