//! One concrete problem: path gains, pilots and the radar as numbers, drawn or handed in.

mod arrays;
mod checks;

use std::path::Path;

use noctule_num::{C64, CMat, InputError};
use noctule_phy::geometry::Point;
use noctule_phy::multistatic::{Information, Paths, Radar};
use noctule_phy::pilot_estimation::{Uplink, estimate_gains};

pub use arrays::FIELDS;
pub(super) use checks::{MOST_POINTS, MOST_USERS};

use super::interior::Normalised;
use crate::Error;
use crate::data::ArraySet;

/// What the echoes are worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Sensing {
    /// From positions: what paths and directions make of them.
    Placed {
        /// Access points.
        points: Vec<Point>,
        /// Users.
        users: Vec<Point>,
        /// Carrier, bandwidth, cross-section.
        radar: Radar,
    },
    /// Information for each unit of energy over noise, access point by access point: entry
    /// `(m, k)` at `m K + k`, in 1/m².
    Known(Vec<Information>),
}

/// What an instance is made of; see [`Instance::new`]. Real arrays are access point by access
/// point: entry `(m, k)` at `m K + k`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Number of users K.
    pub users: usize,
    /// β: mean power gain of every channel.
    pub channel_gain: Vec<f64>,
    /// γ: mean square of every estimated channel, where it is known from elsewhere; otherwise it
    /// follows from the uplink. Only with orthogonal uplink pilots.
    pub estimate_gain: Option<Vec<f64>>,
    /// s_u: energy of an uplink pilot over the noise density.
    pub uplink_energy: f64,
    /// s_d: energy of the downlink pilots of one access point over the noise density.
    pub downlink_energy: f64,
    /// φ_kᴴ φ_j.
    pub uplink_gram: CMat,
    /// ψ_kᴴ ψ_j.
    pub downlink_gram: CMat,
    /// What the echoes are worth, where there is a radar.
    pub sensing: Option<Sensing>,
    /// Γ: the largest bound on a position allowed, tr J⁻¹ in m², where there is a limit.
    pub crb_limit_m2: Option<f64>,
    /// Bandwidth in hertz, for rates.
    pub bandwidth_hz: f64,
    /// κ of the rate: effective array gain.
    pub array_gain: f64,
    /// P_d of the rate: power of the data over the noise.
    pub data_power: f64,
}

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    points: usize,
    estimate_gain: Vec<f64>,
    information: Vec<Information>,
    path_gain: Vec<f64>,
    draw: Option<(u64, u64)>,
    /// What the scenario knows and the arrays do not, for people.
    notes: Vec<String>,
}

impl Instance {
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, numbers out of range, Grams that are none, and
    /// for users that no powers can locate where a limit on the bound is set.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        checks::check(&parts)?;
        let points = parts.channel_gain.len() / parts.users;
        let estimate_gain = parts.estimate_gain.clone().unwrap_or_else(|| {
            estimate_gains(
                &parts.channel_gain,
                parts.users,
                parts.uplink_energy,
                &parts.uplink_gram,
            )
        });
        let (information, path_gain) = sensing_terms(&parts, points);
        let (draw, notes) = (None, Vec::new());
        let instance = Self { parts, points, estimate_gain, information, path_gain, draw, notes };
        checks::check_locatable(&instance)?;
        Ok(instance)
    }

    /// Read an instance from `.json` or `.npz` arrays ([`FIELDS`]). Arrays the file does not have are
    /// taken from `base`, so that path gains alone are enough where a scenario gives the rest.
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
        arrays::parts(set, base).and_then(Self::new)
    }

    /// The named arrays of this instance; [`Instance::from_arrays`] inverts it to the bit.
    pub fn to_arrays(&self) -> ArraySet {
        arrays::write(self)
    }

    /// The instance as a JSON document, `noctule-instance/1`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("instance", super::SYSTEM)
    }

    /// The same problem with another limit on the bounds of positions.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_crb_limit(&self, crb_limit_m2: Option<f64>) -> Result<Self, Error> {
        let parts = Parts { crb_limit_m2, ..self.parts.clone() };
        let notes = self.notes.clone();
        Self::new(parts).map(|instance| Self { draw: self.draw, notes, ..instance })
    }

    /// The same instance with sentences that every design of it carries.
    pub(super) fn noted(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    /// Sentences that every design of this instance carries.
    pub fn notes(&self) -> &[String] {
        &self.notes
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

    /// Number of access points M.
    pub const fn points(&self) -> usize {
        self.points
    }

    /// Number of users K.
    pub const fn users(&self) -> usize {
        self.parts.users
    }

    /// γ, access point by access point.
    pub fn estimate_gain(&self) -> &[f64] {
        &self.estimate_gain
    }

    /// Information for each unit of energy over noise, access point by access point; empty without
    /// a radar.
    pub fn information(&self) -> &[Information] {
        &self.information
    }

    /// Sum over receivers of the signal-to-noise ratio of the echoes for each unit of energy over
    /// noise; empty where positions are not known.
    pub fn path_gain(&self) -> &[f64] {
        &self.path_gain
    }

    /// What the access points know after the uplink.
    pub fn uplink(&self) -> Uplink {
        match &self.parts.estimate_gain {
            Some(gamma) => Uplink::orthogonal(&self.parts.channel_gain, gamma, self.users()),
            None => Uplink::new(
                &self.parts.channel_gain,
                self.users(),
                self.parts.uplink_energy,
                &self.parts.uplink_gram,
            ),
        }
    }

    /// Whether the model of the design is exact: effective gains of different pilots are
    /// uncorrelated where the downlink pilots overlap.
    pub fn is_decoupled(&self) -> bool {
        is_diagonal(&self.parts.uplink_gram) || is_diagonal(&self.parts.downlink_gram)
    }

    /// Whether errors of the [normalised](Self::normalised) problem are the exact ones, so that bounds
    /// on it are proofs. They are not where pilots are correlated in both directions, nor where
    /// downlink pilots overlap and a channel of positive gain has no estimate: one number cannot be
    /// both the silence of its own beam and what the other beams leak into it.
    pub fn is_modelled_exactly(&self) -> bool {
        let unknown = self
            .parts
            .channel_gain
            .iter()
            .zip(&self.estimate_gain)
            .any(|(b, g)| *b > 0.0 && *g <= 0.0);
        self.is_decoupled() && (!unknown || is_diagonal(&self.parts.downlink_gram))
    }

    /// The dimensionless numbers that designs work with.
    pub fn normalised(&self) -> Normalised {
        let (m, k) = (self.points, self.users());
        let energy = self.parts.downlink_energy;
        let by_user = |values: &[f64]| -> Vec<f64> {
            (0..m * k).map(|i| energy * values[(i % m) * k + i / m]).collect()
        };
        let estimate = by_user(&self.estimate_gain);
        // An access point that knows nothing of a channel sends nothing towards that user: the power
        // given to it does not arrive.
        let mut gain = by_user(&self.parts.channel_gain);
        for (gain, estimate) in gain.iter_mut().zip(&estimate) {
            if *estimate <= 0.0 {
                *gain = 0.0;
            }
        }
        let overlap = (0..k * k)
            .map(|i| match (i / k, i % k) {
                (a, b) if a == b => 0.0,
                (a, b) => self.parts.downlink_gram[(a, b)].norm_sqr(),
            })
            .collect();
        let radar = if self.information.is_empty() {
            Vec::new()
        } else {
            (0..m * k)
                .map(|i| Information::default().plus(energy, self.information[(i % m) * k + i / m]))
                .collect()
        };
        Normalised { points: m, users: k, gain, estimate, overlap, radar }
    }
}

/// Whether no two pilots overlap.
fn is_diagonal(gram: &CMat) -> bool {
    (0..gram.cols()).all(|j| (0..gram.rows()).all(|i| i == j || gram[(i, j)] == C64::ZERO))
}

/// Information and summed path gains, access point by access point. A user who stands on an
/// access point has neither.
fn sensing_terms(parts: &Parts, count: usize) -> (Vec<Information>, Vec<f64>) {
    match &parts.sensing {
        None => (Vec::new(), Vec::new()),
        Some(Sensing::Known(information)) => (information.clone(), Vec::new()),
        Some(Sensing::Placed { points, users, radar }) => {
            let mut information = vec![Information::default(); count * parts.users];
            let mut gains = vec![0.0; count * parts.users];
            for (k, user) in users.iter().enumerate() {
                let Some(paths) = Paths::new(points, *user, radar) else { continue };
                for (m, value) in paths.information().into_iter().enumerate() {
                    information[m * parts.users + k] = value;
                    gains[m * parts.users + k] =
                        paths.gains()[m * count..(m + 1) * count].iter().sum();
                }
            }
            (information, gains)
        }
    }
}

/// Refuse a problem that asks for something of a scene that has no radar.
pub(super) fn needs_radar(instance: &Instance) -> Result<(), Error> {
    if instance.information().is_empty() {
        return Err(InputError::new(
            "there is no radar",
            "information",
            "no positions and no information",
            "`point_m` and `user_m`, or `information`",
        )
        .into());
    }
    Ok(())
}
