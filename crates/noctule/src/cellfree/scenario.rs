//! Parameters of a cell-free network, its users and its targets.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range};
use serde::{Deserialize, Serialize};

use super::instance::Instance;
use super::instance::checks::{MOST_ANTENNAS, MOST_APS, MOST_POINTS, MOST_TARGETS, MOST_USERS};
use crate::links::Links;

mod draw;
mod fading;
mod require;

pub use require::Require;

/// Access points, users and targets in a square, pilots, and what is required.
///
/// The default is Table I of W. Mao et al. with what it leaves open: antennas half a wavelength
/// apart along the first axis, distances of at least ten metres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Side of the square service area in kilometres.
    pub area_km: f64,
    /// Number of access points M.
    pub aps: usize,
    /// Antennas of every access point, N.
    pub antennas: usize,
    /// Antennas of all access points together, shared evenly; `null` leaves `antennas` as it is.
    pub total_antennas: Option<usize>,
    /// Number of users K.
    pub users: usize,
    /// Number of targets T.
    pub targets: usize,
    /// Where everything is.
    pub places: Places,
    /// Cell-free, or one station that senses all targets.
    pub layout: Layout,
    /// How arrays are turned.
    pub orientation: Orientation,
    /// Transmit power of an access point over the noise power of a user, dB.
    pub power_over_noise_db: f64,
    /// How transmit power is shared.
    pub power_rule: PowerRule,
    /// Power of a pilot symbol over the noise power of an antenna, dB.
    pub pilot_over_noise_db: f64,
    /// Symbols of a pilot τ_p: that many users can be told apart.
    pub pilot_symbols: usize,
    /// Symbols of a coherence interval τ_c.
    pub coherence_symbols: usize,
    /// How users share pilots.
    pub clustering: Clustering,
    /// Whether access points estimate channels separately or together.
    pub estimator: EstimatorKind,
    /// Reflection coefficient α of every target.
    pub reflection: f64,
    /// Gain of every reflection beyond α, dB of power: the radar cross-section, which the model of
    /// the paper leaves out.
    pub reflection_gain_db: f64,
    /// Variance of the path gain between targets and access points, dB; in units of β².
    pub target_ap_variance_db: f64,
    /// Variance of the path gain between users and targets, dB; in units of β².
    pub user_target_variance_db: f64,
    /// Variance χ² of the entries of steering vectors, dB.
    pub steering_variance_db: f64,
    /// Full width Δθ of the ideal beam in degrees.
    pub window_deg: f64,
    /// Directions of the grid.
    pub grid_points: usize,
    /// Distance of neighbouring antennas in wavelengths.
    pub spacing_wavelengths: f64,
    /// Smallest distance of the path loss model in metres; shorter ones count as this.
    pub min_distance_m: f64,
    /// How the links between users and access points fade; `null` means independent Rayleigh fading.
    #[serde(skip_serializing_if = "Links::is_usual")]
    pub channel: Option<Links>,
    /// What is required of a design.
    pub requirement: RequirementSpec,
    /// The same in the words of every system; left out, `requirement` is what counts.
    #[serde(skip_serializing_if = "Require::is_nothing")]
    pub require: Require,
}

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Places {
    /// Everything uniform in the square, drawn anew in every trial.
    #[default]
    Drawn,
    /// Coordinates that are known; their numbers overrule `aps`, `users` and `targets`.
    Fixed(FixedPlaces),
}

/// Coordinates in kilometres, `[x, y]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FixedPlaces {
    /// Access points.
    pub aps_km: Vec<[f64; 2]>,
    /// Users.
    pub users_km: Vec<[f64; 2]>,
    /// Targets, as far as they are known. Instances and designs number them by the access points that sense
    /// them, and not in this order.
    pub targets_km: Vec<[f64; 2]>,
}

/// Who senses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Every target has an access point of its own, the sum of distances being smallest.
    #[default]
    CellFree,
    /// One station in the middle of the square, with the antennas of all access points in one
    /// array, serves and senses everything.
    Cellular,
}

/// How arrays are turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Orientation {
    /// All axes along the first coordinate.
    #[default]
    Parallel,
    /// All axes at this angle from the first coordinate, degrees counter-clockwise.
    #[serde(rename = "turned_deg", alias = "turned-deg")]
    TurnedDeg(f64),
    /// Every array that senses one target is turned broadside to it, as the paper's comparison of
    /// cell-free with cellular sensing silently assumes.
    TowardsTarget,
}

/// How transmit power is shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PowerRule {
    /// `power_over_noise_db` at every access point.
    #[default]
    Each,
    /// `power_over_noise_db` at those that sense; the others share evenly what is left of six times
    /// that (Table I), and get no less than a thousandth of it each.
    SharedRest,
}

/// How users share pilots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Clustering {
    /// Users far from each other (Algorithm 1 of the paper); groups may differ much in size.
    #[default]
    Farthest,
    /// The same with groups kept about equal.
    Balanced,
    /// Users in turn, wherever they are: what the others are compared with.
    InTurn,
}

/// How channels are estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EstimatorKind {
    /// Every access point from its own observations, as in the paper.
    #[default]
    PerAccessPoint,
    /// All access points together.
    Joint,
}

/// What is required of a design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequirementSpec {
    /// Nothing.
    #[default]
    None,
    /// A largest mean beampattern error, at power one.
    #[serde(alias = "max-error")]
    MaxError(f64),
    /// The same, as a multiple of the smallest error of the instance.
    #[serde(alias = "error-over-best")]
    ErrorOverBest(f64),
    /// A smallest sum rate in bit/s/Hz.
    #[serde(alias = "min-rate-bps-hz")]
    MinRateBpsHz(f64),
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            area_km: 2.0,
            aps: 6,
            antennas: 12,
            total_antennas: None,
            users: 9,
            targets: 3,
            places: Places::Drawn,
            layout: Layout::CellFree,
            orientation: Orientation::Parallel,
            power_over_noise_db: 125.0,
            power_rule: PowerRule::Each,
            pilot_over_noise_db: 150.0,
            pilot_symbols: 5,
            coherence_symbols: 40,
            clustering: Clustering::Farthest,
            estimator: EstimatorKind::PerAccessPoint,
            reflection: 0.8,
            reflection_gain_db: 0.0,
            target_ap_variance_db: -160.0,
            user_target_variance_db: -160.0,
            steering_variance_db: -30.0,
            window_deg: 10.0,
            grid_points: 181,
            spacing_wavelengths: 0.5,
            min_distance_m: 10.0,
            channel: None,
            requirement: RequirementSpec::None,
            require: Require::default(),
        }
    }
}

impl Scenario {
    /// Pilots fit into the block; of the two numbers the one that is not the default is named,
    /// since that one was written.
    fn check_pilots(&self) -> Result<(), InputError> {
        let (pilots, block) = (self.pilot_symbols, self.coherence_symbols);
        if pilots <= block {
            return Ok(());
        }
        let (place, allowed) = match pilots == Self::default().pilot_symbols {
            true => ("coherence_symbols", format!("at least `pilot_symbols`, {pilots}")),
            false => ("pilot_symbols", format!("at most `coherence_symbols`, {block}")),
        };
        let found = format!("{pilots} pilot symbols in a block of {block}");
        Err(InputError::new("the pilots do not fit the block", place, found, allowed))
    }

    /// Refuse parameters that make no sense; [`Scenario::realize`] calls it.
    ///
    /// # Errors
    /// [`InputError`] naming the field.
    pub fn validate(&self) -> Result<(), InputError> {
        in_count("aps", self.aps, 1, MOST_APS)?;
        in_count("antennas", self.antennas, 1, MOST_ANTENNAS)?;
        in_count("users", self.users, 0, MOST_USERS)?;
        in_count("targets", self.targets, 0, MOST_TARGETS)?;
        in_count("pilot_symbols", self.pilot_symbols, 1, 1_000_000)?;
        in_count("coherence_symbols", self.coherence_symbols, 1, 1_000_000_000)?;
        self.check_pilots()?;
        in_count("grid_points", self.grid_points, 2, MOST_POINTS)?;
        in_range("area_km", self.area_km, 1e-6, 1e6, "km")?;
        for (name, value) in [
            ("power_over_noise_db", self.power_over_noise_db),
            ("pilot_over_noise_db", self.pilot_over_noise_db),
            ("reflection_gain_db", self.reflection_gain_db),
            ("target_ap_variance_db", self.target_ap_variance_db),
            ("user_target_variance_db", self.user_target_variance_db),
            ("steering_variance_db", self.steering_variance_db),
        ] {
            in_range(name, value, -1000.0, 1000.0, "dB")?;
        }
        in_range("reflection", self.reflection, 0.0, 1e6, "")?;
        in_range("window_deg", self.window_deg, 1e-3, 180.0, "degrees")?;
        in_range("spacing_wavelengths", self.spacing_wavelengths, 1e-3, 100.0, "wavelengths")?;
        in_range("min_distance_m", self.min_distance_m, 1e-3, 1e6, "m")?;
        self.channel.as_ref().map_or(Ok(()), Links::validate)?;
        if let Orientation::TurnedDeg(angle) = self.orientation {
            in_range("orientation.turned_deg", angle, -3600.0, 3600.0, "degrees")?;
        }
        // numbers are named by the word that says them
        let place = |older: &'static str, word: &'static str| {
            if self.require.is_nothing() { older } else { word }
        };
        match self.meant()? {
            RequirementSpec::None => {}
            RequirementSpec::MaxError(limit) => {
                let place = place("requirement.max_error", "require.pattern_error");
                in_range(place, limit, 0.0, 1e12, "(at power one)")?;
            }
            RequirementSpec::ErrorOverBest(factor) => {
                let place = place("requirement.error_over_best", "require.over_best");
                in_range(place, factor, 0.0, 1e12, "")?;
            }
            RequirementSpec::MinRateBpsHz(rate) => {
                let place = place("requirement.min_rate_bps_hz", "require.sum_rate_bps_hz");
                in_range(place, rate, 0.0, 1e9, "bit/s/Hz")?;
            }
        }
        self.validate_places()
    }

    fn validate_places(&self) -> Result<(), InputError> {
        let (mut aps, mut targets) = (self.aps, self.targets);
        if let Places::Fixed(fixed) = &self.places {
            in_count("places.fixed.aps_km", fixed.aps_km.len(), 1, MOST_APS)?;
            in_count("places.fixed.users_km", fixed.users_km.len(), 0, MOST_USERS)?;
            in_count("places.fixed.targets_km", fixed.targets_km.len(), 0, MOST_TARGETS)?;
            for (name, list) in [
                ("aps_km", &fixed.aps_km),
                ("users_km", &fixed.users_km),
                ("targets_km", &fixed.targets_km),
            ] {
                for (index, point) in list.iter().enumerate() {
                    for part in point {
                        let place = format!("places.fixed.{name}[{index}]");
                        in_range(&place, *part, -1e6, 1e6, "km")?;
                    }
                }
            }
            (aps, targets) = (fixed.aps_km.len(), fixed.targets_km.len());
        }
        if let Some(total) = self.total_antennas {
            in_count("total_antennas", total, aps, MOST_ANTENNAS * aps)?;
        }
        if self.layout == Layout::CellFree && targets > aps {
            return Err(Instance::refuse_targets(targets, aps));
        }
        if self.layout == Layout::Cellular {
            in_count("antennas", self.antennas_each(), 1, MOST_ANTENNAS)?;
        }
        let sensing = !matches!(self.meant()?, RequirementSpec::None);
        if sensing && targets == 0 {
            return Err(InputError::new(
                "there is nothing to sense",
                "targets",
                "0",
                "at least 1 where the requirement concerns sensing",
            ));
        }
        if targets > 0 && self.grid_points < 2 * self.antennas_each() - 1 {
            return Err(InputError::new(
                "the grid is too coarse for the arrays",
                "grid_points",
                self.grid_points.to_string(),
                format!("at least {}", 2 * self.antennas_each() - 1),
            ));
        }
        Ok(())
    }

    /// Antennas of every access point.
    fn antennas_each(&self) -> usize {
        let aps = match &self.places {
            Places::Fixed(fixed) => fixed.aps_km.len(),
            Places::Drawn => self.aps,
        };
        match self.layout {
            Layout::CellFree => self.total_antennas.map_or(self.antennas, |total| total / aps),
            Layout::Cellular => self.total_antennas.unwrap_or(self.antennas * aps),
        }
    }
}
