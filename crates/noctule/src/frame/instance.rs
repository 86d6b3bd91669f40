//! One concrete frame to design: users, arrays, timing and aging as numbers.

pub(super) mod checks;

use std::path::Path;

use noctule_num::InputError;
use noctule_phy::angle_crb::{angle_crb_rad2, matched_bracket};
use noctule_phy::one_ring::{OneRing, PhaseReference, PowerAngleSpectrum, UniformLine};

use super::{ErrorShape, SYSTEM, SinrForm};
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker};

/// A user in SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct User {
    /// Angle θ from broadside in radians.
    pub angle_rad: f64,
    /// Single-sided angular spread Δ in radians.
    pub spread_rad: f64,
    /// Average channel gain β, linear.
    pub gain: f64,
    /// Downlink power p in watts.
    pub power_w: f64,
    /// Noise power σ² in watts.
    pub noise_w: f64,
    /// Pilot signal-to-noise ratio γ for a channel of gain one; `gain · pilot_snr` is what a pilot
    /// really has.
    pub pilot_snr: f64,
    /// Signal-to-noise ratio η of one echo sample, array and matched-filter gains included.
    pub echo_snr: f64,
    /// Largest allowed Cramér–Rao bound Γ of the angle in rad².
    pub crb_limit_rad2: f64,
}

/// What an instance is made of; see [`Instance::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The users.
    pub users: Vec<User>,
    /// Correlation ρ of every user's channel with its last estimate, users × blocks since then;
    /// its length is the number of blocks N of a frame.
    pub aging: Vec<Vec<f64>>,
    /// Transmit antennas.
    pub transmit_antennas: usize,
    /// Receive antennas of the radar.
    pub receive_antennas: usize,
    /// Duration of a symbol in seconds.
    pub symbol_time_s: f64,
    /// Symbols of a block.
    pub block_symbols: usize,
    /// Symbols of a pilot.
    pub pilot_symbols: usize,
    /// Factor on the Cramér–Rao bound: a receiver that does not attain it.
    pub crb_scale: f64,
    /// How a user's power is spread in angle.
    pub spectrum: PowerAngleSpectrum,
    /// Element whose phase is zero; only matters for [`ErrorShape`].
    pub reference: PhaseReference,
    /// Shape of the sensing-error covariance.
    pub error_shape: ErrorShape,
    /// Form of the signal-to-interference-plus-noise ratio.
    pub sinr: SinrForm,
    /// Whether the sensed prior is made positive semidefinite.
    pub project_prior: bool,
    /// Whether a pilot must fit whole into its block.
    pub whole_pilots: bool,
}

impl Parts {
    /// Number of blocks N.
    pub fn blocks(&self) -> usize {
        self.aging.first().map_or(0, Vec::len)
    }
}

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    draw: Option<(u64, u64)>,
}

const fn field(
    name: &'static str,
    dimensions: &'static [&'static str],
    summary: &'static str,
) -> FieldInfo {
    FieldInfo { name, dimensions, complex: false, summary }
}

/// A column of the table of users.
type Column = fn(&User) -> f64;

/// The arrays an instance travels as.
pub const FIELDS: &[FieldInfo] = &[
    field("angle_rad", &["user"], "angles from broadside in radians"),
    field("spread_rad", &["user"], "single-sided angular spreads in radians"),
    field("gain", &["user"], "average channel gains, linear"),
    field("power_w", &["user"], "downlink powers in watts"),
    field("noise_w", &["user"], "noise powers in watts"),
    field("pilot_snr", &["user"], "pilot signal-to-noise ratios for a channel of gain one"),
    field("echo_snr", &["user"], "signal-to-noise ratios of one echo sample"),
    field("crb_limit_rad2", &["user"], "largest allowed Cramér–Rao bounds of the angles in rad²"),
    field("aging", &["user", "block"], "correlation with the last estimate, by blocks since then"),
    field("transmit_antennas", &[], "number of transmit antennas"),
    field("receive_antennas", &[], "number of receive antennas"),
    field("symbol_time_s", &[], "duration of a symbol in seconds"),
    field("block_symbols", &[], "symbols of a block"),
    field("pilot_symbols", &[], "symbols of a pilot"),
    field("crb_scale", &[], "factor on the Cramér–Rao bound; 1 for an efficient receiver"),
    field("spectrum", &[], "power-angle spectrum: 0 uniform, 1 Gaussian, 2 Laplacian, 3 cosine"),
    field("reference", &[], "element of phase zero: 0 first, 1 centre"),
    field("error_shape", &[], "sensing error: 0 los, 1 los-unit, 2 one-ring"),
    field("sinr", &[], "SINR: 0 use-and-forget, 1 lower bound, 2 physical"),
    field("project_prior", &[], "1 when the sensed prior is made positive semidefinite"),
    field("whole_pilots", &[], "1 when a pilot must fit whole into its block"),
];

const SPECTRA: [PowerAngleSpectrum; 4] = [
    PowerAngleSpectrum::Uniform,
    PowerAngleSpectrum::Gaussian,
    PowerAngleSpectrum::Laplacian,
    PowerAngleSpectrum::RaisedCosine,
];
const REFERENCES: [PhaseReference; 2] = [PhaseReference::First, PhaseReference::Centre];

impl Instance {
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, values out of range, and users on the axis of
    /// the array, whose angle cannot be sensed.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        checks::check(&parts)?;
        Ok(Self { parts, draw: None })
    }

    /// Read an instance from `.json` or `.npz`. Arrays the file does not have are taken from
    /// `base`; without a base they must all be there.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file and the array; errors of [`Instance::new`].
    pub fn read(path: &Path, base: Option<&Self>) -> Result<Self, Error> {
        let set = ArraySet::read(path, "instance", FIELDS)?;
        Self::from_arrays(set, base).map_err(|error| error.in_file(path))
    }

    /// An instance from named arrays ([`FIELDS`]); see [`Instance::read`] for `base`.
    ///
    /// # Errors
    /// As [`Instance::read`].
    pub fn from_arrays(set: ArraySet, base: Option<&Self>) -> Result<Self, Error> {
        let mut all = base.map(Self::to_arrays).unwrap_or_default();
        all.extend(set);
        let mut taker = Taker::new(&all, FIELDS);
        let angles = taker.real("angle_rad")?;
        let mut column = |name: &str| taker.real(name);
        let (spread, gain, power) = (column("spread_rad")?, column("gain")?, column("power_w")?);
        let (noise, pilot, echo) = (column("noise_w")?, column("pilot_snr")?, column("echo_snr")?);
        let limit = column("crb_limit_rad2")?;
        let users = (0..angles.len())
            .map(|k| User {
                angle_rad: angles[k],
                spread_rad: spread[k],
                gain: gain[k],
                power_w: power[k],
                noise_w: noise[k],
                pilot_snr: pilot[k],
                echo_snr: echo[k],
                crb_limit_rad2: limit[k],
            })
            .collect();
        let flat = taker.real("aging")?;
        let blocks = taker.length("block").unwrap_or(0).max(1);
        Self::new(Parts {
            users,
            aging: flat.chunks(blocks).map(<[f64]>::to_vec).collect(),
            transmit_antennas: taker.count("transmit_antennas")?,
            receive_antennas: taker.count("receive_antennas")?,
            symbol_time_s: taker.number("symbol_time_s")?,
            block_symbols: taker.count("block_symbols")?,
            pilot_symbols: taker.count("pilot_symbols")?,
            crb_scale: taker.number("crb_scale")?,
            spectrum: chosen(&mut taker, "spectrum", &SPECTRA)?,
            reference: chosen(&mut taker, "reference", &REFERENCES)?,
            error_shape: chosen(&mut taker, "error_shape", &ErrorShape::ALL)?,
            sinr: chosen(&mut taker, "sinr", &SinrForm::ALL)?,
            project_prior: chosen(&mut taker, "project_prior", &[false, true])?,
            whole_pilots: chosen(&mut taker, "whole_pilots", &[false, true])?,
        })
    }

    /// The named arrays of this instance; [`Instance::from_arrays`] inverts it to the bit.
    pub fn to_arrays(&self) -> ArraySet {
        let parts = &self.parts;
        let mut set = ArraySet::new();
        let columns: [(&str, Column); 8] = [
            ("angle_rad", |u| u.angle_rad),
            ("spread_rad", |u| u.spread_rad),
            ("gain", |u| u.gain),
            ("power_w", |u| u.power_w),
            ("noise_w", |u| u.noise_w),
            ("pilot_snr", |u| u.pilot_snr),
            ("echo_snr", |u| u.echo_snr),
            ("crb_limit_rad2", |u| u.crb_limit_rad2),
        ];
        for (name, of) in columns {
            set.insert(name, Array::list(parts.users.iter().map(of).collect()));
        }
        let aging = Array {
            shape: vec![parts.aging.len(), parts.blocks()],
            entries: crate::data::Entries::Real(parts.aging.concat()),
        };
        set.insert("aging", aging);
        let numbers = [
            ("transmit_antennas", parts.transmit_antennas as f64),
            ("receive_antennas", parts.receive_antennas as f64),
            ("symbol_time_s", parts.symbol_time_s),
            ("block_symbols", parts.block_symbols as f64),
            ("pilot_symbols", parts.pilot_symbols as f64),
            ("crb_scale", parts.crb_scale),
            ("spectrum", code(&SPECTRA, parts.spectrum)),
            ("reference", code(&REFERENCES, parts.reference)),
            ("error_shape", code(&ErrorShape::ALL, parts.error_shape)),
            ("sinr", code(&SinrForm::ALL, parts.sinr)),
            ("project_prior", f64::from(u8::from(parts.project_prior))),
            ("whole_pilots", f64::from(u8::from(parts.whole_pilots))),
        ];
        for (name, value) in numbers {
            set.insert(name, Array::number(value));
        }
        set
    }

    /// The instance as a JSON document, `noctule-instance/1`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("instance", SYSTEM)
    }

    /// The same instance with the seed and trial that methods draw from, for arrays that were kept.
    #[must_use]
    pub const fn drawn_as(mut self, seed: u64, trial: u64) -> Self {
        self.draw = Some((seed, trial));
        self
    }

    /// The seed and trial this instance was drawn with, where it was drawn.
    pub const fn draw(&self) -> Option<(u64, u64)> {
        self.draw
    }

    /// Everything the instance is made of.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The users.
    pub fn users(&self) -> &[User] {
        &self.parts.users
    }

    /// Number of blocks N of a frame.
    pub fn blocks(&self) -> usize {
        self.parts.blocks()
    }

    /// Duration of a block in seconds.
    pub fn block_time_s(&self) -> f64 {
        self.parts.block_symbols as f64 * self.parts.symbol_time_s
    }

    /// Duration of a pilot in seconds.
    pub fn pilot_time_s(&self) -> f64 {
        self.parts.pilot_symbols as f64 * self.parts.symbol_time_s
    }

    /// The one-ring model of a user.
    pub fn ring(&self, user: usize) -> OneRing {
        OneRing {
            line: UniformLine::new(self.parts.transmit_antennas, self.parts.reference),
            angle_rad: self.users()[user].angle_rad,
            spread_rad: self.users()[user].spread_rad,
            spectrum: self.parts.spectrum,
        }
    }

    /// CRB · T_l of a user in rad²·s: the bound falls as one over the sensing time.
    pub fn crb_seconds(&self, user: usize) -> f64 {
        let parts = &self.parts;
        let bracket = matched_bracket(self.users()[user].angle_rad, parts.receive_antennas);
        let samples = 1.0 / parts.symbol_time_s;
        parts.crb_scale * angle_crb_rad2(samples, self.users()[user].echo_snr, bracket)
    }

    /// The sensing time that every user's requirement needs, in seconds.
    pub fn shortest_sensing_s(&self) -> f64 {
        self.users()
            .iter()
            .enumerate()
            .map(|(k, user)| self.crb_seconds(k) / user.crb_limit_rad2)
            .fold(0.0, f64::max)
    }

    /// The longest sensing time a frame has room for, in seconds: one block must be left, and
    /// with whole pilots the rest of that block must hold its pilot.
    pub fn longest_sensing_s(&self) -> f64 {
        let frame = self.blocks() as f64 * self.block_time_s();
        if self.parts.whole_pilots { frame - self.pilot_time_s() } else { frame }
    }

    /// Whole blocks that sensing takes, and the time it takes from the next one; a time within
    /// 10⁻⁹ blocks of a boundary is on it (`docs/errata.md#frame-e10`).
    pub fn split_sensing(&self, sensing_time_s: f64) -> (usize, f64) {
        let block = self.block_time_s();
        let whole = (sensing_time_s / block + 1e-9).floor();
        (whole as usize, (sensing_time_s - whole * block).max(0.0))
    }

    /// Whether the first pilot finds room after `rest` seconds of sensing in its block.
    pub fn pilot_fits(&self, rest: f64) -> bool {
        !self.parts.whole_pilots
            || rest + self.pilot_time_s() <= self.block_time_s() * (1.0 + 1e-12)
    }
}

fn code<T: PartialEq>(all: &[T], value: T) -> f64 {
    all.iter().position(|other| *other == value).unwrap_or(0) as f64
}

fn chosen<T: Copy>(taker: &mut Taker<'_>, name: &str, all: &[T]) -> Result<T, InputError> {
    let index = taker.count(name)?;
    all.get(index).copied().ok_or_else(|| {
        let allowed = format!("a whole number from 0 to {}", all.len() - 1);
        InputError::new("there is no such choice", name, index.to_string(), allowed)
    })
}
