//! The words of channels, in the grammar of scenarios.

use serde::{Deserialize, Serialize};

/// A profile of clustered delay lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CdlProfile {
    /// No line of sight, wide.
    #[default]
    A,
    /// No line of sight.
    B,
    /// No line of sight, narrower.
    C,
    /// With a line of sight.
    D,
    /// With a stronger line of sight.
    E,
}

/// What a user of a cell receives that has no line of sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NoSight {
    /// Scatter around it, as others have beside their line of sight.
    #[default]
    Scatter,
    /// Three clusters of eight rays in ±60° of azimuth and 75° to 105° of polar angle, with drawn powers.
    Clustered,
    /// The delay line A, its mean direction the user's.
    CdlA,
    /// The delay line B.
    CdlB,
    /// The delay line C.
    CdlC,
}

/// What is done with more trials than a file has rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TrialsBeyond {
    /// They are refused before anything runs.
    #[default]
    Refuse,
    /// Trial t uses row t modulo their number; standard errors and counts are those of the distinct
    /// rows.
    Wrap,
}

/// The unit of channels in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChannelScale {
    /// They are amplitudes, and the scenario's powers are theirs.
    #[default]
    AsIs,
    /// One factor for the whole file brings the mean |h|² over all its entries to one.
    UnitMean,
}

/// What is done with users whose channel is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ZeroChannels {
    /// They are refused with their row.
    #[default]
    Refuse,
    /// They stay, and their rate is zero.
    Keep,
}

/// A program that writes channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ChannelTool {
    /// Sionna: `[batch, rx, rx_ant, tx, tx_ant, symbol, subcarrier]`; a batch is a trial.
    #[serde(rename = "sionna")]
    Sionna,
    /// `DeepMIMO` v4: `[user, rx_ant, tx_ant, subcarrier]`, or with `time` behind; one trial.
    #[serde(rename = "deepmimo")]
    Deepmimo,
    /// `QuaDRiGa`'s `fr`: `[rx_ant, tx_ant, carrier, snapshot]`; a snapshot is a trial.
    #[serde(rename = "quadriga")]
    Quadriga,
    /// The 5G Toolbox' `nrPerfectChannelEstimate`: `[subcarrier, symbol, rx_ant, tx_ant]`; one trial.
    #[serde(rename = "5g-toolbox")]
    Toolbox5g,
}

/// What becomes of several receive antennas of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReceiveAntennas {
    /// The first one is the user's.
    #[default]
    First,
    /// Each is a user of its own.
    Users,
}

/// A channel of the file that is a pure line of sight in a known direction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DirectionCheck {
    /// Its row.
    #[serde(default)]
    pub trial: usize,
    /// Its user.
    #[serde(default)]
    pub user: usize,
    /// Its azimuth in degrees.
    pub azimuth_deg: f64,
    /// Its polar angle in degrees.
    #[serde(default = "level")]
    pub polar_deg: f64,
    /// The cosine |aᴴh|/(‖a‖‖h‖) that it must reach.
    #[serde(default = "near_one")]
    pub at_least: f64,
}

const fn level() -> f64 {
    90.0
}
const fn near_one() -> f64 {
    0.99
}
