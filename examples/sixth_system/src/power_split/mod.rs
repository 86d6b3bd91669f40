//! One antenna serves one user and watches one target with the same power.
//!
//! ```text
//!   P ─┬─ ρ ────▶ user     R(ρ) = ln(1 + ρ P g / σ²)
//!      └─ 1−ρ ──▶ target   CRB(ρ) = σ² / (2 (1−ρ) P a)
//! ```
//!
//! The highest rate with a bound of at most `L` gives the target just what it needs,
//! `1 − ρ = σ² / (2 P a L)`: both sides are monotone in ρ, so this is the global optimum. Where it
//! exceeds one, no split will do, and the smallest bound that can be reached says so.

mod schemes;
mod system;
mod table;

use noctule::data::FieldInfo;
use noctule::{Design, Error, InputError};
use noctule_num::rng;
use noctule_phy::units::{linear_from_db, nats_to_bits, w_from_dbm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The marker of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PowerSplit;

/// The name in files.
const ID: &str = "power-split";

/// A user behind Rayleigh fading, a target, and how well it must be known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Scenario {
    /// Transmit power in dBm.
    pub(crate) power_dbm: f64,
    /// Noise of user and sensor in dBm.
    pub(crate) noise_dbm: f64,
    /// Mean power gain to the user in dB.
    pub(crate) user_gain_db: f64,
    /// Power gain of the echo in dB.
    pub(crate) echo_gain_db: f64,
    /// Largest Cramér–Rao bound in dB.
    pub(crate) crb_limit_db: f64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            power_dbm: 20.0,
            noise_dbm: 0.0,
            user_gain_db: 0.0,
            echo_gain_db: -10.0,
            crb_limit_db: -10.0,
        }
    }
}

impl Scenario {
    /// Refuse parameters out of range.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub(crate) fn validate(&self) -> Result<(), InputError> {
        let all = [
            ("power_dbm", self.power_dbm),
            ("noise_dbm", self.noise_dbm),
            ("user_gain_db", self.user_gain_db),
            ("echo_gain_db", self.echo_gain_db),
            ("crb_limit_db", self.crb_limit_db),
        ];
        match all.iter().find(|(_, value)| !(-200.0..=200.0).contains(value)) {
            None => Ok(()),
            Some((place, found)) => {
                let what = "the parameter is out of range";
                Err(InputError::new(what, *place, found.to_string(), "-200 to 200"))
            }
        }
    }

    /// Draw the fading of a trial.
    ///
    /// # Errors
    /// As [`Scenario::validate`].
    pub(crate) fn realize(&self, seed: u64, trial: u64) -> Result<Instance, Error> {
        self.validate()?;
        let mut stream = rng::StreamKey::new(seed, ID, "fading", 0).trial(trial);
        let fading = rng::complex_normal(&mut stream, 1.0).norm_sqr();
        Instance::new([
            w_from_dbm(self.power_dbm),
            w_from_dbm(self.noise_dbm),
            linear_from_db(self.user_gain_db) * fading,
            linear_from_db(self.echo_gain_db),
            linear_from_db(self.crb_limit_db),
        ])
    }
}

/// The arrays of an instance, in the order of [`Instance::new`].
const FIELDS: &[FieldInfo] = &[
    number("power_w", "transmit power in watts"),
    number("noise_w", "noise of user and sensor in watts"),
    number("user_gain", "power gain to the user"),
    number("echo_gain", "power gain of the echo"),
    number("crb_limit", "largest Cramér–Rao bound"),
];

const fn number(name: &'static str, summary: &'static str) -> FieldInfo {
    FieldInfo { name, dimensions: &[], complex: false, summary }
}

/// One concrete problem, linear and in SI units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    power_w: f64,
    noise_w: f64,
    user_gain: f64,
    echo_gain: f64,
    crb_limit: f64,
}

impl Instance {
    fn new(numbers: [f64; 5]) -> Result<Self, Error> {
        if let Some(i) = numbers.iter().position(|x| !(*x > 0.0 && x.is_finite())) {
            let what = "not a positive number";
            let found = numbers[i].to_string();
            return Err(InputError::new(what, FIELDS[i].name, found, "a positive number").into());
        }
        let [power_w, noise_w, user_gain, echo_gain, crb_limit] = numbers;
        Ok(Self { power_w, noise_w, user_gain, echo_gain, crb_limit })
    }

    /// The share of the power that the target needs; above one where no split will do.
    fn needed(&self) -> f64 {
        self.noise_w / (2.0 * self.power_w * self.echo_gain * self.crb_limit)
    }
}

/// What is designed: the share of the power that serves the user.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Split {
    /// ρ.
    pub(crate) user_share: f64,
}

/// What a split achieves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Metrics {
    /// ln(1 + SNR).
    pub(crate) rate_nats: f64,
    /// log₂(1 + SNR).
    pub(crate) rate_bps_hz: f64,
    /// The Cramér–Rao bound; absent where the target gets nothing.
    pub(crate) crb: Option<f64>,
}

/// A design of this system.
pub(crate) type PowerSplitDesign = Design<Split, Metrics>;

/// What a split achieves.
fn evaluate(instance: &Instance, split: Split) -> Metrics {
    let snr = split.user_share * instance.power_w * instance.user_gain / instance.noise_w;
    let sensing = (1.0 - split.user_share) * instance.power_w * instance.echo_gain;
    let rate_nats = snr.ln_1p();
    let crb = (sensing > 0.0).then(|| instance.noise_w / (2.0 * sensing));
    Metrics { rate_nats, rate_bps_hz: nats_to_bits(rate_nats), crb }
}
