//! Where the channels of users come from: `[scenario.channel]`.
//!
//! The models, their formulas and sources are those of [`noctule_phy::channels`]; here are their
//! parameters with the units people use. Each trial and user draws from streams of its own, so that
//! powers, weights and the number of users change no channel, and `rayleigh` draws what it always
//! did.

mod around;
#[cfg(feature = "files")]
mod beside;
mod draw;
#[cfg(feature = "files")]
mod import;
#[cfg(feature = "files")]
mod opened;
#[cfg(feature = "files")]
mod own;
mod ranges;
#[cfg(feature = "files")]
mod reading;
mod rows;
mod words;

use noctule_num::InputError;
use serde::{Deserialize, Serialize};

use super::Scenario;
pub use crate::links::{CellKind, Spread};
pub use words::{
    CdlProfile, ChannelScale, ChannelTool, DirectionCheck, NoSight, ReceiveAntennas, TrialsBeyond,
    ZeroChannels,
};

/// A model of the users' channels. Unless a path loss is drawn, E‖h‖² is the number of antennas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Channel {
    /// Independent Rayleigh fading.
    Rayleigh {},
    /// Rayleigh fading with the covariance of scatterers around a direction.
    Correlated {
        /// Range of the users' azimuth in degrees.
        #[serde(default = "sector")]
        azimuth_deg: [f64; 2],
        /// Range of the users' polar angle in degrees.
        #[serde(default = "horizon")]
        polar_deg: [f64; 2],
        /// Standard deviation of the azimuth of scatterers in degrees.
        #[serde(default = "ten")]
        azimuth_std_deg: f64,
        /// Standard deviation of their polar angle in degrees.
        #[serde(default)]
        polar_std_deg: f64,
        /// Family of both deviations.
        #[serde(default)]
        spectrum: Spread,
    },
    /// A line of sight and scatter.
    Rician {
        /// Line of sight over scatter in dB: from 300 dB on it is alone, from −300 dB down the scatter.
        #[serde(default = "six")]
        k_factor_db: f64,
        /// Directions of the users, azimuth and polar angle in degrees, one a user, where they are
        /// known: the ranges are then of no account.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        users_deg: Vec<[f64; 2]>,
        /// Range of the users' azimuth in degrees.
        #[serde(default = "sector")]
        azimuth_deg: [f64; 2],
        /// Range of the users' polar angle in degrees.
        #[serde(default = "horizon")]
        polar_deg: [f64; 2],
        /// Standard deviation of the azimuth of scatterers around the line of sight in degrees;
        /// `null` means scatter that is independent from antenna to antenna.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        azimuth_std_deg: Option<f64>,
        /// Standard deviation of their polar angle in degrees.
        #[serde(default)]
        polar_std_deg: f64,
        /// Family of both deviations.
        #[serde(default)]
        spectrum: Spread,
    },
    /// Clusters of rays with Laplacian spreads.
    Clustered {
        /// Number of clusters.
        #[serde(default = "three")]
        clusters: usize,
        /// Rays of a cluster.
        #[serde(default = "eight")]
        rays: usize,
        /// Range of the azimuth of clusters in degrees.
        #[serde(default = "sector")]
        azimuth_deg: [f64; 2],
        /// Range of the polar angle of clusters in degrees.
        #[serde(default = "around_horizon")]
        polar_deg: [f64; 2],
        /// Standard deviation of the azimuth within a cluster in degrees.
        #[serde(default = "five")]
        azimuth_std_deg: f64,
        /// Standard deviation of the polar angle within a cluster in degrees.
        #[serde(default = "polar_width")]
        polar_std_deg: f64,
        /// Whether powers fall with drawn delays and have a shadowing of 3 dB each; else all
        /// clusters are alike.
        #[serde(default)]
        decaying: bool,
        /// Powers of the clusters in any unit, one for each, where they are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        powers: Option<Vec<f64>>,
        /// Line of sight over the clusters in dB, from where centres of clusters may be; `null` means
        /// no line of sight.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        k_factor_db: Option<f64>,
    },
    /// A clustered delay line of 3GPP TR 38.901 on one frequency.
    Cdl {
        /// Its profile.
        #[serde(default)]
        profile: CdlProfile,
        /// Line of sight over all clusters in dB, for the profiles D and E; `null` keeps the profile's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        k_factor_db: Option<f64>,
        /// Range of the mean azimuth, the users', in degrees.
        #[serde(default = "sector")]
        azimuth_deg: [f64; 2],
        /// Spread of the azimuth in degrees; `null` keeps the profile's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        azimuth_spread_deg: Option<f64>,
        /// Range of the mean polar angle, the users', in degrees; `null` keeps the profile's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        polar_deg: Option<[f64; 2]>,
        /// Spread of the polar angle in degrees, beside `polar_deg`; `null` keeps the profile's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        polar_spread_deg: Option<f64>,
        /// Whether elements have the pattern of the report; the mean power is then no longer the
        /// number of antennas.
        #[serde(default)]
        element_pattern: bool,
    },
    /// Users in a sector of a cell: path loss, line of sight, shadowing and Rician factor of 3GPP
    /// TR 38.901, and the noise of a bandwidth.
    Geometry {
        /// Its formulas.
        #[serde(default)]
        scenario: CellKind,
        /// Carrier frequency in GHz.
        #[serde(default = "carrier")]
        carrier_ghz: f64,
        /// Height of the base station in metres.
        #[serde(default = "ten")]
        base_height_m: f64,
        /// Where its broadside looks, counter-clockwise from the x axis of the world, in degrees.
        #[serde(default, skip_serializing_if = "is_zero")]
        bearing_deg: f64,
        /// How far its broadside looks below the horizon, in degrees.
        #[serde(default)]
        downtilt_deg: f64,
        /// Whether its elements have the pattern of the report: users and placed targets are seen
        /// with its gain in their direction.
        #[serde(default, skip_serializing_if = "is_no")]
        element_pattern: bool,
        /// Height of the users in metres.
        #[serde(default = "hand")]
        user_height_m: f64,
        /// Smallest and largest distance in the plane, in metres.
        #[serde(default = "annulus")]
        radius_m: [f64; 2],
        /// Range of the bearing from broadside in degrees.
        #[serde(default = "sector")]
        sector_deg: [f64; 2],
        /// Standard deviation of the azimuth of scatterers in degrees; `null` means scatter that is
        /// independent from antenna to antenna.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        azimuth_std_deg: Option<f64>,
        /// Standard deviation of their polar angle in degrees, beside `azimuth_std_deg`.
        #[serde(default, skip_serializing_if = "is_zero")]
        polar_std_deg: f64,
        /// Family of both deviations.
        #[serde(default, skip_serializing_if = "is_default")]
        spectrum: Spread,
        /// What a user receives that has no line of sight.
        #[serde(default, skip_serializing_if = "is_default")]
        nlos: NoSight,
        /// Bandwidth in MHz: its thermal noise takes the place of `user_noise_dbm`. `null` is that of `ofdm`, and
        /// 100 without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bandwidth_mhz: Option<f64>,
        /// Noise figure of the users in dB.
        #[serde(default = "seven")]
        noise_figure_db: f64,
    },
    /// Channels of one's own, trial by trial: an array `[trial, user, antenna]` or
    /// `[trial, user, antenna, subcarrier]` in a file, or `[user, antenna]` for one trial.
    File {
        /// The file, `.npz`, `.npy`, `.mat` or `.h5`; a path is relative to the file that names it.
        path: String,
        /// The array in it; left empty it is `channels`, or the only one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        variable: String,
        /// The order of its axes, such as `"user,antenna,trial"`; left empty it is the order above.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        axes: String,
        /// Whether phases have the other sign, as where users receive `hᵀx`; channels of a known
        /// `tool` are turned without it.
        #[serde(default, skip_serializing_if = "is_no")]
        conjugate: bool,
        /// Which subcarrier is taken of several, from zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subcarrier: Option<usize>,
        /// What is done with more trials than rows.
        #[serde(default, skip_serializing_if = "is_default")]
        trials_beyond_file: TrialsBeyond,
        /// In which unit the channels are.
        #[serde(default, skip_serializing_if = "is_default")]
        channel_scale: ChannelScale,
        /// What is done with users whose channel is zero.
        #[serde(default, skip_serializing_if = "is_default")]
        zero_users: ZeroChannels,
        /// The program that wrote it, whose axes, signs and order of elements are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool: Option<ChannelTool>,
        /// Number of subcarriers of DeepMIMO's OFDM symbol, by whose root it divides amplitudes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total_subcarriers: Option<usize>,
        /// Which element of the file is ours, element by element, where its order is another one; ours
        /// have the vertical index fastest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        element_order: Option<Vec<usize>>,
        /// What becomes of several receive antennas of a user of the program.
        #[serde(default, skip_serializing_if = "is_default")]
        receive_antennas: ReceiveAntennas,
        /// Which of several transmitters of Sionna is ours, from zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transmitter: Option<usize>,
        /// Which OFDM symbol, or sample in time, is taken of several, from zero.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        symbol: Option<usize>,
        /// A line of sight whose direction is known: refused where it lies elsewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        direction_check: Option<DirectionCheck>,
        /// SHA-256 of the file; filled in, and compared where it is said.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        sha256: String,
        /// Number of its trials; filled in, and compared where it is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
const fn is_no(flag: &bool) -> bool {
    !*flag
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the form that serde asks for
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

const fn sector() -> [f64; 2] {
    [-60.0, 60.0]
}
const fn horizon() -> [f64; 2] {
    [90.0, 90.0]
}
const fn around_horizon() -> [f64; 2] {
    [75.0, 105.0]
}
const fn annulus() -> [f64; 2] {
    [20.0, 150.0]
}
const fn three() -> usize {
    3
}
const fn eight() -> usize {
    8
}
const fn polar_width() -> f64 {
    3.0
}
const fn five() -> f64 {
    5.0
}
const fn six() -> f64 {
    6.0
}
const fn seven() -> f64 {
    7.0
}
const fn ten() -> f64 {
    10.0
}
const fn carrier() -> f64 {
    28.0
}
const fn hand() -> f64 {
    1.5
}
impl Default for Channel {
    fn default() -> Self {
        Self::Rayleigh {}
    }
}

impl Scenario {
    /// The model of the users' channels.
    pub fn channel_model(&self) -> &Channel {
        self.channel.as_ref().unwrap_or(&Channel::Rayleigh {})
    }

    /// Refuse parameters that make no sense. That the array is planar is judged with the array.
    pub(super) fn check_channel(&self) -> Result<(), InputError> {
        self.channel_model().validate()?;
        let Channel::Rician { users_deg, .. } = self.channel_model() else { return Ok(()) };
        let (known, users) = (users_deg.len(), self.users);
        let refused = |what: &str, found: String, allowed: String| {
            Err(InputError::new(what, "channel.users_deg", found, allowed))
        };
        if known > 0 && known != users {
            let what = "every user has one direction";
            return refused(what, format!("{known} directions"), format!("{users}, as `users`"));
        }
        if known > 0 && self.knowledge.is_some() {
            let what = "what a station knows of channels is that of users anywhere";
            return refused(what, "directions of users".to_owned(), "no `knowledge`".to_owned());
        }
        Ok(())
    }
}

impl Channel {
    /// Whether it is the default.
    pub const fn is_rayleigh(&self) -> bool {
        matches!(self, Self::Rayleigh {})
    }

    /// Whether documents leave it out, as they did before there was a choice.
    #[allow(clippy::ref_option, reason = "as serde hands it")]
    pub(super) fn is_usual(own: &Option<Self>) -> bool {
        own.as_ref().is_none_or(Self::is_rayleigh)
    }
}

#[cfg(test)]
mod tests;
