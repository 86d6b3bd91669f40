//! Parameters of a frame, its users and their sensing.

use serde::{Deserialize, Serialize};

use super::{ErrorShape, SinrForm};

mod checks;
mod draw;
mod require;

pub use require::Require;

/// A base station with linear arrays that senses its users' angles and then serves them in a
/// frame of blocks.
///
/// The default is the setting of Z. Bai et al. — 8 antennas, five users, 35 blocks of 70 symbols
/// of 1 µs, pilots of 9, 23 dBm, ρ = 0.98 — with what the paper leaves out filled in
/// (`docs/errata.md#frame-e14`) and corrected: requirements in squared degrees
/// (`docs/errata.md#frame-e4`), the sound shape of the sensing error, whole pilots
/// (`docs/errata.md#frame-e11`), and no aging within the block of the estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// Transmit antennas of a half-wavelength linear array.
    pub transmit_antennas: usize,
    /// Receive antennas of the radar's half-wavelength linear array.
    pub receive_antennas: usize,
    /// Blocks N of a frame.
    pub blocks: usize,
    /// Symbols of a block.
    pub block_symbols: usize,
    /// Symbols of a pilot.
    pub pilot_symbols: usize,
    /// Duration of a symbol in microseconds.
    pub symbol_time_us: f64,
    /// The users: a fixed list, or a law they are drawn from.
    pub users: Users,
    /// Total downlink power in dBm, shared equally.
    pub power_dbm: f64,
    /// Noise power at every user in dBm.
    pub noise_dbm: f64,
    /// Average channel gain of a user in dB, where a user has none of its own.
    pub path_gain_db: f64,
    /// Signal-to-noise ratio of a pilot in dB, for a user with that average gain.
    pub pilot_snr_db: f64,
    /// Signal-to-noise ratio of one echo sample in dB, array and processing gains included.
    pub echo_snr_db: f64,
    /// Largest allowed Cramér–Rao bound of every user's angle, with its unit.
    pub crb_limit: CrbLimit,
    /// The same in the words of every system; left out, `crb_limit` is what counts.
    #[serde(skip_serializing_if = "Require::is_nothing")]
    pub require: Require,
    /// Single-sided angular spread in degrees.
    pub angular_spread_deg: f64,
    /// How the power is spread over it.
    pub spectrum: Spectrum,
    /// How channels age from block to block.
    pub aging: Aging,
    /// Blocks by which a channel is already aged in the block of its estimate: 0, or 1 as the
    /// paper writes.
    pub aging_offset: usize,
    /// Shape of the sensing-error covariance.
    pub error_shape: ErrorShape,
    /// Form of the signal-to-interference-plus-noise ratio.
    pub sinr: SinrForm,
    /// Element with phase zero.
    pub phase_reference: Reference,
    /// Whether a pilot must fit whole into its block.
    pub whole_pilots: bool,
}

/// A limit on the Cramér–Rao bound of an angle (a variance), in one of two units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CrbLimit {
    /// In squared degrees.
    Deg2(f64),
    /// In squared radians.
    Rad2(f64),
}

impl CrbLimit {
    pub(super) fn rad2(self) -> f64 {
        match self {
            Self::Deg2(limit) => limit * 1_f64.to_radians().powi(2),
            Self::Rad2(limit) => limit,
        }
    }
}

/// Where users come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Users {
    /// Known users, the same in every trial.
    Fixed(Vec<UserSpec>),
    /// Drawn anew in every trial.
    Drawn(DrawnUsers),
}

/// One user. What is left out is taken from the scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct UserSpec {
    /// Angle from broadside in degrees.
    pub angle_deg: f64,
    /// Average channel gain in dB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_gain_db: Option<f64>,
    /// Largest allowed Cramér–Rao bound of the angle in squared degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crb_limit_deg2: Option<f64>,
    /// Speed in km/h, under Jakes' law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_kmh: Option<f64>,
    /// Correlation from one block to the next, under the geometric law.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
}

/// A law for users: everything uniform in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct DrawnUsers {
    /// Number of users K.
    pub count: usize,
    /// Range of the angle in degrees.
    pub angle_deg: [f64; 2],
    /// Range of the average channel gain around `path_gain_db`, in dB.
    pub gain_offset_db: [f64; 2],
    /// Range of a factor on the speed, under Jakes' law.
    pub speed_factor: [f64; 2],
}

impl Default for DrawnUsers {
    /// Five users in ±60°, all alike.
    fn default() -> Self {
        Self {
            count: 5,
            angle_deg: [-60.0, 60.0],
            gain_offset_db: [0.0, 0.0],
            speed_factor: [1.0, 1.0],
        }
    }
}

/// How channels age.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub enum Aging {
    /// ρ_n = correlation^(n−1): a first-order recursion.
    Geometric {
        /// Correlation from one block to the next.
        correlation: f64,
    },
    /// ρ_n = J₀(2π f_d T (n−1)): scatterers all around a moving user.
    Jakes {
        /// Speed in km/h.
        speed_kmh: f64,
        /// Carrier frequency in GHz.
        carrier_ghz: f64,
    },
    /// A sequence of one's own, for all users; the offset does not apply.
    Sequence {
        /// ρ_1, …, ρ_N.
        values: Vec<f64>,
    },
}

/// The power-angle spectrum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Spectrum {
    /// Constant over the spread.
    #[default]
    Uniform,
    /// Normal with a standard deviation of half the spread, cut at the spread.
    Gaussian,
    /// Two-sided exponential with a decay constant of half the spread, cut at the spread.
    Laplacian,
    /// Raised cosine.
    RaisedCosine,
}

/// The element with phase zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// The first element.
    First,
    /// The middle of the array.
    #[default]
    Centre,
}

impl Default for Scenario {
    fn default() -> Self {
        let user = |angle_deg| UserSpec { angle_deg, ..UserSpec::default() };
        Self {
            transmit_antennas: 8,
            receive_antennas: 8,
            blocks: 35,
            block_symbols: 70,
            pilot_symbols: 9,
            symbol_time_us: 1.0,
            users: Users::Fixed([-45.0, -20.0, 5.0, 25.0, 55.0].map(user).to_vec()),
            power_dbm: 23.0,
            noise_dbm: -74.0,
            path_gain_db: -100.0,
            pilot_snr_db: 10.0,
            echo_snr_db: 2.4,
            crb_limit: CrbLimit::Deg2(0.05),
            require: Require::default(),
            angular_spread_deg: 1.0,
            spectrum: Spectrum::Uniform,
            aging: Aging::Geometric { correlation: 0.98 },
            aging_offset: 0,
            error_shape: ErrorShape::OneRing,
            sinr: SinrForm::UseAndForget,
            phase_reference: Reference::Centre,
            whole_pilots: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_valid_and_round_trips() {
        let scenario = Scenario::default();
        scenario.validate().unwrap();
        let text = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
    }

    #[test]
    fn squared_degrees_and_squared_radians_are_the_same_requirement() {
        let with = |limit| {
            let scenario = Scenario { crb_limit: limit, ..Scenario::default() };
            scenario.realize(1, 0).unwrap().users()[0].crb_limit_rad2
        };
        let rad2 = 0.5 * (std::f64::consts::PI / 180.0).powi(2);
        assert!((with(CrbLimit::Deg2(0.5)) / with(CrbLimit::Rad2(rad2)) - 1.0).abs() < 1e-15);
        // 1/3 squared degrees is a third of the squared spread: where the prior stops being sound
        assert!((with(CrbLimit::Deg2(1.0 / 3.0)) - 1.0154e-4).abs() < 1e-8);
    }

    #[test]
    fn fewer_drawn_users_are_the_first_of_more() {
        let drawn = |count| {
            let users = Users::Drawn(DrawnUsers { count, ..DrawnUsers::default() });
            Scenario { users, ..Scenario::default() }.realize(3, 5).unwrap()
        };
        let (few, many) = (drawn(3), drawn(6));
        for (a, b) in few.users().iter().zip(many.users()) {
            assert_eq!(a.angle_rad.to_bits(), b.angle_rad.to_bits());
        }
    }

    #[test]
    fn one_wrong_field_at_a_time() {
        let wrong = |change: fn(&mut Scenario)| {
            let mut scenario = Scenario::default();
            change(&mut scenario);
            scenario.validate().unwrap_err().place
        };
        assert_eq!(wrong(|s| s.pilot_symbols = 70), "pilot_symbols");
        assert_eq!(wrong(|s| s.crb_limit = CrbLimit::Deg2(0.0)), "crb_limit");
        assert_eq!(wrong(|s| s.crb_limit = CrbLimit::Rad2(f64::NAN)), "crb_limit");
        assert_eq!(wrong(|s| s.receive_antennas = 1), "receive_antennas");
        assert_eq!(wrong(|s| s.aging = Aging::Sequence { values: vec![1.0] }), "aging.values");
        assert_eq!(
            wrong(|s| if let Users::Fixed(users) = &mut s.users {
                users[2].speed_kmh = Some(3.0);
            }),
            "users.fixed[2].speed_kmh"
        );
    }
}
