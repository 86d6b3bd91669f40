//! Targets by direction and reflection: a list, or a law.

use noctule_num::input::{in_count, in_range};
use noctule_num::rng::{StreamKey, normal, uniform};
use noctule_num::{C64, InputError};
use noctule_phy::arrays::canonical_direction;
use serde::{Deserialize, Serialize};

use super::PlacedTarget;
use crate::beamforming::SYSTEM;
use crate::beamforming::goal::Unknown;
use crate::beamforming::instance::Target;
use crate::beamforming::instance::checks::MOST_TARGETS;

/// Where targets come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Targets {
    /// Known positions, the same in every trial.
    Fixed(Vec<TargetSpec>),
    /// Drawn anew in every trial.
    Drawn(DrawnTargets),
    /// By position and radar cross-section, in the world of a geometry; the noise of the radar is then
    /// that of the geometry's bandwidth.
    Placed(Vec<PlacedTarget>),
}

/// One point target.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// Azimuth θ in degrees.
    pub azimuth_deg: f64,
    /// Polar angle φ in degrees from the array's vertical axis; a negative one is flipped
    /// together with the azimuth, which gives the same response.
    pub polar_deg: f64,
    /// Complex reflection coefficient α as `[re, im]`.
    pub reflection: [f64; 2],
    /// What of it is unknown; `null` is what the scenario says for all targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Unknown>,
    /// Its distance in metres, which only a scenario with `ofdm` knows of; `null` is 30 m there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range_m: Option<f64>,
    /// Its velocity towards the array in m/s, likewise; `null` is 0 there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub velocity_m_s: Option<f64>,
}

/// A law for targets: angles uniform in a range, reflection
/// `magnitude · (1 + spread · N(0,1)) · e^{j2πU}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DrawnTargets {
    /// Number of targets M.
    pub count: usize,
    /// Range of the azimuth in degrees.
    pub azimuth_deg: [f64; 2],
    /// Range of the polar angle in degrees.
    pub polar_deg: [f64; 2],
    /// Mean magnitude of the reflection coefficient.
    pub reflection_magnitude: f64,
    /// Relative standard deviation of the magnitude.
    pub reflection_spread: f64,
    /// Range of the distance in metres, which only a scenario with `ofdm` knows of; `null` is 30 m there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_m: Option<[f64; 2]>,
    /// Range of the velocity towards the array in m/s, likewise; `null` is 0 there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub velocity_m_s: Option<[f64; 2]>,
}

impl Default for DrawnTargets {
    /// Two targets in ±60°, reflections of magnitude 0.1 give or take a fifth.
    fn default() -> Self {
        Self {
            count: 2,
            azimuth_deg: [-60.0, 60.0],
            polar_deg: [-60.0, 60.0],
            reflection_magnitude: 0.1,
            reflection_spread: 0.2,
            range_m: None,
            velocity_m_s: None,
        }
    }
}

impl TargetSpec {
    pub(in crate::beamforming) fn si(&self) -> Target {
        let (azimuth_rad, polar_rad) =
            canonical_direction(self.azimuth_deg.to_radians(), self.polar_deg.to_radians());
        let [re, im] = self.reflection;
        Target { azimuth_rad, polar_rad, reflection: C64::new(re, im) }
    }
}

impl DrawnTargets {
    pub(super) fn validate(&self) -> Result<(), InputError> {
        in_count("targets.drawn.count", self.count, 0, MOST_TARGETS)?;
        for (name, [low, high]) in
            [("azimuth_deg", self.azimuth_deg), ("polar_deg", self.polar_deg)]
        {
            let place = format!("targets.drawn.{name}");
            in_range(&place, low, -360.0, 360.0, "degrees")?;
            in_range(&place, high, low, 360.0, "degrees, not below the lower end")?;
        }
        in_range("targets.drawn.reflection_magnitude", self.reflection_magnitude, 0.0, 1e12, "")?;
        in_range("targets.drawn.reflection_spread", self.reflection_spread, 0.0, 1e3, "")
    }

    pub(in crate::beamforming) fn draw(&self, seed: u64, trial: u64) -> Vec<Target> {
        (0..self.count)
            .map(|index| {
                let mut rng = StreamKey::new(seed, SYSTEM, "target", index as u64).trial(trial);
                let azimuth = uniform(&mut rng, self.azimuth_deg[0], self.azimuth_deg[1]);
                let polar = uniform(&mut rng, self.polar_deg[0], self.polar_deg[1]);
                let spread = 1.0 + self.reflection_spread * normal(&mut rng);
                let phase = uniform(&mut rng, 0.0, std::f64::consts::TAU);
                let (azimuth_rad, polar_rad) =
                    canonical_direction(azimuth.to_radians(), polar.to_radians());
                // `from_polar` of a negative magnitude is the opposite phase, as in the law.
                let reflection = C64::from_polar(1.0, phase) * (self.reflection_magnitude * spread);
                Target { azimuth_rad, polar_rad, reflection }
            })
            .collect()
    }
}
