//! Parameters of a cell-free network with downlink pilots.

mod draw;
mod require;

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use noctule_phy::path_loss::three_slope::ThreeSlope;
use serde::{Deserialize, Serialize};

use super::instance::{MOST_POINTS, MOST_USERS};
use crate::links::CellKind;

pub use require::Require;

/// Access points along a road (or anywhere), users on it, pilots in both directions, echoes.
///
/// The default is a scene whose bounds real estimators reach: eight access points, four on each
/// side of a road of 300 m × 100 m, two users anywhere on it, 200 mW for each pilot symbol, a flat
/// spectrum of 20 MHz at 2.4 GHz, two hundred pilot symbols in each direction, and half a metre of
/// error in each coordinate. Users are located to about four decimetres there. The paper has 20
/// pilot symbols, an effective bandwidth of 20 MHz and a limit of 1 m² (`Scenario::paper` in Rust).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Where the access points are.
    pub access_points: AccessPoints,
    /// Where the users are.
    pub users: Users,
    /// Path loss.
    pub path_loss: PathLoss,
    /// Carrier frequency in MHz.
    pub carrier_mhz: f64,
    /// Bandwidth in MHz.
    pub bandwidth_mhz: f64,
    /// Root-mean-square bandwidth of the pilots in MHz, which the radar's delay resolution depends
    /// on. A flat spectrum of 20 MHz has 5.77; the published numbers need 20
    /// (`docs/errata.md#pilots-e10`).
    pub effective_bandwidth_mhz: f64,
    /// Power of a pilot symbol in milliwatts, of users and of access points.
    pub pilot_power_mw: f64,
    /// Noise density at every receiver in dBm/Hz.
    pub noise_dbm_hz: f64,
    /// Pilot symbols of both directions together, τ_u + τ_d.
    pub pilot_symbols: f64,
    /// Share of them that is sent downlink; the rest is uplink.
    pub downlink_share: f64,
    /// Correlation |φ_kᴴφ_j| between any two uplink pilots, from 0 to 1.
    pub uplink_correlation: f64,
    /// Correlation |ψ_kᴴψ_j| between any two downlink pilots, from 0 to 1.
    pub downlink_correlation: f64,
    /// Radar cross-section of a user in m².
    pub cross_section_m2: f64,
    /// How well every user must be located.
    pub crb_limit: CrbLimit,
    /// The same in the words of every system; left out, `crb_limit` is what counts.
    #[serde(skip_serializing_if = "Require::is_nothing")]
    pub require: Require,
    /// Array gain κ in the rate; `null` means access points over users.
    pub array_gain: Option<f64>,
    /// Power of the data over the noise P_d, in the rate.
    pub data_power: f64,
}

/// Where access points are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AccessPoints {
    /// On both sides of a road, equally far from each other.
    Road(Road),
    /// Coordinates `[x, y]` in metres.
    Fixed(Vec<[f64; 2]>),
}

/// A road along x, from the origin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Road {
    /// Access points on each side.
    pub per_side: usize,
    /// Length in metres.
    pub length_m: f64,
    /// Width in metres.
    pub width_m: f64,
}

impl Default for Road {
    fn default() -> Self {
        Self { per_side: 4, length_m: 300.0, width_m: 100.0 }
    }
}

/// Where users are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Users {
    /// Uniform in a rectangle, anew in every trial.
    Drawn(Region),
    /// Coordinates `[x, y]` in metres.
    Fixed(Vec<[f64; 2]>),
}

/// A rectangle and how many users are in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Region {
    /// Number of users K.
    pub count: usize,
    /// From and to along x, in metres.
    pub x_m: [f64; 2],
    /// From and to along y, in metres.
    pub y_m: [f64; 2],
}

impl Default for Region {
    fn default() -> Self {
        Self { count: 2, x_m: [0.0, 300.0], y_m: [0.0, 100.0] }
    }
}

/// Three slopes with COST-Hata constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PathLoss {
    /// Height of an access point in metres.
    pub access_point_height_m: f64,
    /// Height of a user in metres.
    pub user_height_m: f64,
    /// Distance below which the gain is constant, in metres.
    pub near_m: f64,
    /// Distance beyond which the slope is 35 dB a decade, in metres.
    pub far_m: f64,
    /// Standard deviation of log-normal shadowing beyond that distance, in dB; 0 for none.
    pub shadowing_db: f64,
    /// Formulas of 3GPP TR 38.901 in place of the three slopes, `near_m`, `far_m` and `shadowing_db`: path
    /// loss, line of sight by its probability, and shadowing of every path, at `carrier_mhz`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell: Option<CellKind>,
    /// Loss on top of it for each user in order, in dB; users beyond the list have none.
    pub extra_loss_db: Vec<f64>,
}

impl Default for PathLoss {
    fn default() -> Self {
        let ThreeSlope { access_point_height_m, user_height_m, near_m, far_m, .. } =
            ThreeSlope::default();
        Self {
            access_point_height_m,
            user_height_m,
            near_m,
            far_m,
            shadowing_db: 0.0,
            cell: None,
            extra_loss_db: Vec::new(),
        }
    }
}

/// How well every user must be located: the largest bound on the sum of both squared errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CrbLimit {
    /// No limit.
    None,
    /// In m².
    M2(f64),
    /// Relative to the best that is reachable for all users at once: 1 is the best.
    OverBest(f64),
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            access_points: AccessPoints::Road(Road::default()),
            users: Users::Drawn(Region::default()),
            path_loss: PathLoss::default(),
            carrier_mhz: 2400.0,
            bandwidth_mhz: 20.0,
            // A flat spectrum of 20 MHz: the root of its mean square is 20/√12 MHz.
            effective_bandwidth_mhz: 5.773_502_691_896_258,
            pilot_power_mw: 200.0,
            noise_dbm_hz: -164.0,
            pilot_symbols: 400.0,
            downlink_share: 0.5,
            uplink_correlation: 0.0,
            downlink_correlation: 0.0,
            cross_section_m2: 0.85,
            crb_limit: CrbLimit::M2(0.5),
            require: Require::default(),
            array_gain: None,
            data_power: 1.0,
        }
    }
}

impl Scenario {
    /// The setting of J. Liao et al. with what the paper leaves open filled in
    /// (`docs/errata.md#pilots-e16`): the default's road, ten pilot symbols in each direction, a
    /// root-mean-square error of one metre, and the effective bandwidth of 20 MHz that its numbers
    /// need (`docs/errata.md#pilots-e10`).
    ///
    /// Echoes are too weak there for an estimator to reach the bound
    /// (`docs/errata.md#pilots-e11`): designs carry a warning.
    pub fn paper() -> Self {
        Self {
            effective_bandwidth_mhz: 20.0,
            pilot_symbols: 20.0,
            crb_limit: CrbLimit::M2(1.0),
            ..Self::default()
        }
    }

    /// Refuse parameters that make no sense; [`Scenario::realize`] calls it.
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn validate(&self) -> Result<(), InputError> {
        self.validate_places()?;
        self.validate_numbers()?;
        for (k, extra) in self.path_loss.extra_loss_db.iter().enumerate() {
            let place = format!("path_loss.extra_loss_db[{k}]");
            in_range(&place, *extra, -100.0, 300.0, "dB")?;
        }
        match self.meant_limit()? {
            CrbLimit::None => Ok(()),
            CrbLimit::M2(limit) => in_range("crb_limit.m2", limit, 1e-12, 1e12, "m²"),
            CrbLimit::OverBest(factor) => in_range("crb_limit.over_best", factor, 1e-6, 1e12, ""),
        }
    }

    fn validate_places(&self) -> Result<(), InputError> {
        match &self.access_points {
            AccessPoints::Road(road) => {
                in_count("access_points.road.per_side", road.per_side, 1, MOST_POINTS / 2)?;
                in_range("access_points.road.length_m", road.length_m, 1e-3, 1e6, "m")?;
                in_range("access_points.road.width_m", road.width_m, 0.0, 1e6, "m")?;
            }
            AccessPoints::Fixed(list) => positions("access_points.fixed", list, MOST_POINTS)?,
        }
        match &self.users {
            Users::Drawn(region) => {
                in_count("users.drawn.count", region.count, 1, MOST_USERS)?;
                for (name, [low, high]) in [("x_m", region.x_m), ("y_m", region.y_m)] {
                    let place = format!("users.drawn.{name}");
                    in_range(&place, low, -1e6, 1e6, "m")?;
                    in_range(&place, high, low, 1e6, "m, not below the lower end")?;
                }
            }
            Users::Fixed(list) => positions("users.fixed", list, MOST_USERS)?,
        }
        Ok(())
    }

    fn validate_numbers(&self) -> Result<(), InputError> {
        let loss = &self.path_loss;
        for (name, value, low, high, unit) in [
            ("path_loss.access_point_height_m", loss.access_point_height_m, 1e-3, 1e4, "m"),
            ("path_loss.user_height_m", loss.user_height_m, 0.0, 100.0, "m"),
            ("path_loss.near_m", loss.near_m, 1e-3, 1e5, "m"),
            ("path_loss.far_m", loss.far_m, loss.near_m, 1e6, "m, not below near_m"),
            ("path_loss.shadowing_db", loss.shadowing_db, 0.0, 30.0, "dB"),
            ("carrier_mhz", self.carrier_mhz, 1.0, 1e6, "MHz"),
            ("bandwidth_mhz", self.bandwidth_mhz, 1e-6, 1e6, "MHz"),
            ("effective_bandwidth_mhz", self.effective_bandwidth_mhz, 1e-6, 1e6, "MHz"),
            ("pilot_power_mw", self.pilot_power_mw, 1e-12, 1e12, "mW"),
            ("noise_dbm_hz", self.noise_dbm_hz, -300.0, 100.0, "dBm/Hz"),
            ("pilot_symbols", self.pilot_symbols, 1e-3, 1e9, ""),
            ("downlink_share", self.downlink_share, 1e-6, 1.0 - 1e-6, ""),
            ("uplink_correlation", self.uplink_correlation, 0.0, 1.0, ""),
            ("downlink_correlation", self.downlink_correlation, 0.0, 1.0, ""),
            ("cross_section_m2", self.cross_section_m2, 1e-12, 1e12, "m²"),
            ("array_gain", self.array_gain.unwrap_or(1.0), 0.0, 1e9, ""),
            ("data_power", self.data_power, 0.0, 1e12, ""),
        ] {
            in_range(name, value, low, high, unit)?;
        }
        // what the formulas of a cell refuse they refuse at any distance
        self.cell_gain_db(100.0, 0.0, 0.0)
            .map(drop)
            .map_err(|error| match error.place.starts_with("clutter") {
                true => InputError { place: "user_height_m".to_owned(), ..error },
                false => error,
            })
            .map_err(|error| error.inside("path_loss"))
    }
}

fn positions(place: &str, list: &[[f64; 2]], most: usize) -> Result<(), InputError> {
    in_count(place, list.len(), 1, most)?;
    for (i, position) in list.iter().enumerate() {
        for value in position {
            in_range(&format!("{place}[{i}]"), *value, -1e6, 1e6, "m")?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "scenario_tests.rs"]
mod tests;
