//! Parameters of a base station, its users and its targets.

use noctule_num::input::{in_count, in_range};
use noctule_num::{CMat, InputError};
use noctule_phy::arrays::{Normalisation, PlanarArray, canonical_direction};
use noctule_phy::elements::ElementArray;
use noctule_phy::units;
use serde::{Deserialize, Serialize};

use super::goal::{ClutterSource, Elements, Goal, Require, Stations, Template, Uncertain, Unknown};
use super::instance::checks::{MOST_ELEMENTS, MOST_STREAMS, MOST_TARGETS};
use super::instance::{Instance, Parts};
use super::{Channel, Knowledge, Ofdm, PowerConstraint};
use crate::Error;

mod placed;
mod targets;

/// Simulated echoes at most.
const MOST_DRAWS: usize = 10_000;

pub use placed::PlacedTarget;
pub use targets::{DrawnTargets, TargetSpec, Targets};

/// A base station with planar transmit and receive arrays, single-antenna users, and point targets.
///
/// The default is a scene in which both halves of the trade-off mean something: 16 transmit and 20
/// receive antennas, 4 users, 2 targets well apart, 10 dBm over a noise of 0 dBm at the users and
/// of −20 dBm, the gain of coherent processing, at the radar. Its root-CRBs are about a degree, a
/// tenth of half a beam. [`Scenario::paper`] is the setting of the published results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Transmit array.
    pub transmit_array: ArrayShape,
    /// Receive array of the radar.
    pub receive_array: ArrayShape,
    /// Whether the receive array has as many elements in a column as the transmit array, whatever
    /// it says itself; so it was behind the published results (`docs/errata.md#beamforming-e3`).
    pub receive_follows_transmit: bool,
    /// Number of single-antenna users K.
    pub users: usize,
    /// The targets: a fixed list, or a law they are drawn from.
    pub targets: Targets,
    /// Number of beams that carry no data. `null` means three per target, which always suffices; on every
    /// subcarrier of several one per target, as the band has many together.
    pub sensing_streams: Option<usize>,
    /// Number of snapshots L the radar observes.
    pub snapshots: u32,
    /// Total transmit power in dBm.
    pub power_dbm: f64,
    /// Noise power at every user in dBm.
    pub user_noise_dbm: f64,
    /// Noise power at every receive antenna of the radar in dBm.
    pub sensing_noise_dbm: f64,
    /// Weight of the sum rate, per nat/s/Hz.
    pub rate_weight_per_nat: f64,
    /// Weight of the trace of the Cramér–Rao bound (rad² and squared reflection added up).
    pub crb_weight: f64,
    /// What limits the transmit power.
    pub power_constraint: PowerConstraint,
    /// Where the users' channels come from; `null` means independent Rayleigh fading.
    #[serde(skip_serializing_if = "Channel::is_usual")]
    pub channel: Option<Channel>,
    /// What is designed for; left out it is the weighted sum.
    #[serde(skip_serializing_if = "Goal::is_weighted")]
    pub goal: Goal,
    /// What is required beside the power, where the goal is another one than the weighted sum.
    #[serde(skip_serializing_if = "Require::is_nothing")]
    pub require: Require,
    /// What is unknown of targets that do not say it themselves.
    #[serde(skip_serializing_if = "Unknown::is_all")]
    pub unknown: Unknown,
    /// Whether users know the sensing streams and take them out: they then do not interfere.
    #[serde(skip_serializing_if = "is_no")]
    pub streams_cancelled: bool,
    /// The transmit array where it is not planar, in place of `transmit_array`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transmit_elements: Option<Elements>,
    /// The receive array where it is not planar, in place of `receive_array`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receive_elements: Option<Elements>,
    /// The beampattern that the metric `beampattern` asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// Clutter that the metrics `scnr` and `detection` count beside the noise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clutter: Vec<ClutterSource>,
    /// Angles of the targets that are not known exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertain: Option<Uncertain>,
    /// Power of the error of the channels' estimates over that of the channels, in dB; `null` is none. SINRs
    /// then are those of the usual lower bound on rates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_error_db: Option<f64>,
    /// Simulated echoes on which estimators are tried, in every trial; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub echo_draws: u64,
    /// Stations that send together, in place of arrays, channels and targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stations: Option<Stations>,
    /// An OFDM frame: beams on every subcarrier, echoes that tell ranges and velocities. `null` is one
    /// frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ofdm: Option<Ofdm>,
    /// What the station knows of channels, from pilots; `null` is everything. Without `ofdm` of one
    /// frequency, as of a band of one subcarrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knowledge: Option<Knowledge>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
const fn is_no(flag: &bool) -> bool {
    !*flag
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Elements of a planar array, half a wavelength apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArrayShape {
    /// Elements in a row.
    pub horizontal: usize,
    /// Elements in a column.
    pub vertical: usize,
}

impl Default for Scenario {
    fn default() -> Self {
        let target = |azimuth_deg, polar_deg, reflection| TargetSpec {
            azimuth_deg,
            polar_deg,
            reflection,
            unknown: None,
            range_m: None,
            velocity_m_s: None,
        };
        Self {
            targets: Targets::Fixed(vec![
                target(-30.0, 75.0, [0.1, 0.0]),
                target(40.0, 100.0, [0.06, 0.08]),
            ]),
            sensing_noise_dbm: -20.0,
            rate_weight_per_nat: 1.0,
            crb_weight: 1000.0,
            ..Self::paper()
        }
    }
}

impl Scenario {
    /// The setting behind the published results of T. Fang et al., corrected where the paper and
    /// its data disagree (`docs/errata.md#beamforming-e1` to `#beamforming-e5`): 16 transmit and 20
    /// receive antennas, 4 users, 2 targets at one fixed geometry, 30 snapshots, 10 dBm over a
    /// noise of 0 dBm everywhere.
    ///
    /// At that noise the bound on an azimuth is some 76°: the targets are *not* localised, and the
    /// trade-off is one of numbers. The built-in experiments state these values themselves.
    pub fn paper() -> Self {
        let target = |azimuth: f64, polar: f64, reflection: [f64; 2]| {
            let (azimuth, polar) = canonical_direction(azimuth, polar);
            TargetSpec {
                azimuth_deg: azimuth.to_degrees(),
                polar_deg: polar.to_degrees(),
                reflection,
                unknown: None,
                range_m: None,
                velocity_m_s: None,
            }
        };
        Self {
            transmit_array: ArrayShape { horizontal: 4, vertical: 4 },
            receive_array: ArrayShape { horizontal: 5, vertical: 4 },
            receive_follows_transmit: false,
            users: 4,
            targets: Targets::Fixed(vec![
                target(
                    -0.739832732221886,
                    -0.657095076716482,
                    [0.087019702225907, 6.253569048812e-5],
                ),
                target(
                    -0.853804050550958,
                    -0.323456856898207,
                    [-0.039920687408772, 0.117000274239637],
                ),
            ]),
            sensing_streams: None,
            snapshots: 30,
            power_dbm: 10.0,
            user_noise_dbm: 0.0,
            sensing_noise_dbm: 0.0,
            rate_weight_per_nat: 0.25,
            crb_weight: 1.0,
            power_constraint: PowerConstraint::Total,
            channel: None,
            goal: Goal::Weighted,
            require: Require::default(),
            unknown: Unknown::ALL,
            streams_cancelled: false,
            transmit_elements: None,
            receive_elements: None,
            template: None,
            clutter: Vec::new(),
            uncertain: None,
            channel_error_db: None,
            echo_draws: 0,
            stations: None,
            ofdm: None,
            knowledge: None,
        }
    }

    /// Refuse parameters that make no sense; [`Scenario::realize`] calls it.
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn validate(&self) -> Result<(), InputError> {
        for (name, shape) in
            [("transmit_array", self.transmit_array), ("receive_array", self.receive_array)]
        {
            for (side, length) in [("horizontal", shape.horizontal), ("vertical", shape.vertical)] {
                in_count(&format!("{name}.{side}"), length, 1, 4096)?;
            }
            in_count(name, shape.horizontal.saturating_mul(shape.vertical), 1, MOST_ELEMENTS)?;
        }
        in_count("users", self.users, 0, MOST_STREAMS)?;
        in_count("snapshots", self.snapshots, 1, u32::MAX)?;
        if let Some(streams) = self.sensing_streams {
            in_count("sensing_streams", streams, 0, MOST_STREAMS)?;
        }
        for (name, value) in [
            ("power_dbm", self.power_dbm),
            ("user_noise_dbm", self.user_noise_dbm),
            ("sensing_noise_dbm", self.sensing_noise_dbm),
        ] {
            in_range(name, value, -300.0, 300.0, "dBm")?;
        }
        in_range("rate_weight_per_nat", self.rate_weight_per_nat, 0.0, 1e12, "per nat/s/Hz")?;
        in_range("crb_weight", self.crb_weight, 0.0, 1e12, "")?;
        self.check_channel()?;
        self.validate_goal()?;
        self.check_echoes()?;
        if self.is_band() {
            super::whole::bands()?;
        }
        self.validate_band()?;
        match &self.targets {
            Targets::Fixed(targets) => {
                in_count("targets.fixed", targets.len(), 0, MOST_TARGETS)?;
                for (index, target) in targets.iter().enumerate() {
                    let place = |field: &str| format!("targets.fixed[{index}].{field}");
                    in_range(&place("azimuth_deg"), target.azimuth_deg, -360.0, 360.0, "degrees")?;
                    in_range(&place("polar_deg"), target.polar_deg, -360.0, 360.0, "degrees")?;
                    for part in target.reflection {
                        in_range(&place("reflection"), part, -1e12, 1e12, "")?;
                    }
                }
                Ok(())
            }
            Targets::Drawn(law) => law.validate(),
            Targets::Placed(targets) => self.check_placed(targets),
        }
    }

    /// Echoes are simulated of one station on one carrier, with arrays in the plane x = 0.
    fn check_echoes(&self) -> Result<(), InputError> {
        let draws = usize::try_from(self.echo_draws).unwrap_or(usize::MAX);
        in_count("echo_draws", draws, 0, MOST_DRAWS)?;
        if draws == 0 {
            return Ok(());
        }
        super::whole::part("echo_draws", &draws.to_string(), "0")?;
        let deep = |array: &ElementArray| array.positions.iter().any(|p| p[0] != 0.0);
        let shapes = self.shapes();
        let what = if self.is_band() || self.stations.is_some() {
            "echoes are simulated of one station on one carrier"
        } else if shapes.transmit.iter().chain(&shapes.receive).any(deep) {
            "echoes are simulated for arrays in the plane x = 0"
        } else {
            return Ok(());
        };
        Err(InputError::new(what, "echo_draws", draws.to_string(), "0"))
    }

    /// The concrete problem of one trial: channels, and targets where they are drawn.
    ///
    /// Depends on `(seed, trial)` and on the fields that shape the draw (array, users, channel,
    /// targets); power, noise and weights do not enter: points of a sweep share their channels.
    ///
    /// # Errors
    /// [`Error::Input`] when a field makes no sense, [`Error::Unobservable`] when the targets
    /// cannot be sensed.
    pub fn realize(&self, seed: u64, trial: u64) -> Result<Instance, Error> {
        self.validate()?;
        if let Some(stations) = &self.stations {
            return self.realize_stations(stations, seed, trial);
        }
        let channel = self.channel_model();
        let antennas = self.channel_array().elements();
        let targets = match &self.targets {
            Targets::Fixed(targets) => targets.iter().map(TargetSpec::si).collect(),
            Targets::Drawn(law) => law.draw(seed, trial),
            Targets::Placed(targets) => self.placed(targets, (antennas, self.receivers()))?,
        };
        let receive_array = self.receive_shape();
        let useful = if self.needs_all() { antennas } else { 3 * targets.len() };
        let streams = self.sensing_streams.unwrap_or(useful);
        let mut problem = self.problem(targets.len())?;
        let frame = self.frame();
        if frame.is_some() {
            super::whole::bands()?;
        }
        let parts = Parts {
            transmit_array: self.transmit_array.array(),
            receive_array: receive_array.array(),
            // those of a band are drawn with it
            channels: match &frame {
                Some(_) => CMat::zeros(antennas, self.users),
                None => self.channels(seed, trial)?,
            },
            targets,
            power_w: units::w_from_dbm(self.power_dbm),
            user_noise_w: vec![self.user_noise_w(); self.users],
            sensing_noise_w: self.sensing_noise_w(),
            snapshots: self.snapshots,
            sensing_streams: streams,
            rate_weight_per_nat: self.rate_weight_per_nat,
            crb_weight: self.crb_weight,
            power_constraint: self.power_constraint,
        };
        if let Some(problem) = &mut problem {
            problem.around = self.surroundings(&parts)?;
        }
        let instance = match &frame {
            Some(ofdm) => self.over_band(ofdm, (parts, problem), (seed, trial))?,
            None => self.asked_of(parts, self.shapes(), problem)?,
        };
        let instance = instance.with_echoes(self.echo_draws);
        let mut warnings = channel.warnings(self.channel_array());
        warnings.extend(self.word_notes());
        Ok(instance.drawn_as(seed, trial).warned(warnings))
    }
}

impl ArrayShape {
    pub(super) const fn array(self) -> PlanarArray {
        PlanarArray {
            horizontal: self.horizontal,
            vertical: self.vertical,
            normalisation: Normalisation::UnitNorm,
        }
    }
}

#[cfg(test)]
mod tests;
