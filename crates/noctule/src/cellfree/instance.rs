//! One concrete problem: channel estimates, error covariances and targets as numbers.

use std::path::Path;

use noctule_num::{CMat, InputError};
use noctule_phy::aggregated::Covariance;
use noctule_phy::beampattern::PatternError;
use noctule_phy::geometry::Point;

use super::SYSTEM;
use crate::Error;
use crate::data::ArraySet;

mod arrays;
pub(super) mod checks;

pub use arrays::FIELDS;

/// What is asked of a design beside its powers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Requirement {
    /// Nothing: the largest sum rate, no sensing signals (problem P2 of the paper).
    #[default]
    None,
    /// The largest sum rate with a mean beampattern error of at most this (P3).
    MaxError(f64),
    /// The smallest mean beampattern error with at least this sum rate in bit/s/Hz (P4).
    MinRate(f64),
}

/// What an instance is made of; see [`Instance::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Antennas of every access point, N.
    pub antennas: usize,
    /// Channel estimates ĥ_k in columns, stacked over access points, `M N × K`; what a user
    /// receives is `Σ_m √p_m h_mkᴴ x_m` plus noise of power one.
    pub channels: CMat,
    /// Covariance Θ_k of the error of each estimate: each block positive semidefinite, and the
    /// whole, over all access points, too.
    pub error: Vec<Covariance>,
    /// Transmit power of each access point over the noise power of the users, p_m.
    pub power_over_noise: Vec<f64>,
    /// Directions of the targets that each access point senses, in radians from the broadside of
    /// its array; none for an access point that only communicates.
    pub targets_rad: Vec<Vec<f64>>,
    /// Full width Δθ of the ideal beam, in radians.
    pub window_rad: f64,
    /// Directions of the grid, both ends of ±90° included.
    pub grid_points: usize,
    /// Distance of neighbouring antennas in wavelengths.
    pub spacing: f64,
    /// What is asked of a design.
    pub requirement: Requirement,
    /// Symbols of a coherence interval that carry data, τ_c − τ_p.
    pub payload_symbols: f64,
}

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    patterns: Vec<Option<PatternError>>,
    warnings: Vec<String>,
    draw: Option<(u64, u64)>,
    sites: Option<Sites>,
}

/// Who stands where, of an instance that was drawn. No method knows it: it is for pictures, and does
/// not travel with the arrays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sites {
    /// Access points.
    pub aps: Vec<Point>,
    /// Users.
    pub users: Vec<Point>,
    /// Targets.
    pub targets: Vec<Point>,
    /// The access point that senses each target.
    pub sensed_by: Vec<usize>,
}

impl Instance {
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, entries that are not finite, powers that are
    /// not positive, covariances that are not positive semidefinite.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        checks::check(&parts)?;
        let mut made: Vec<Option<PatternError>> = Vec::with_capacity(parts.targets_rad.len());
        for (ap, targets) in parts.targets_rad.iter().enumerate() {
            // Arrays turned to their targets all have the same form: make it once.
            let same = (0..ap).find(|&other| parts.targets_rad[other] == *targets);
            made.push(match (targets.is_empty(), same) {
                (true, _) => None,
                (false, Some(other)) => made[other].clone(),
                (false, None) => Some(PatternError::new(
                    parts.antennas,
                    parts.spacing,
                    targets,
                    parts.window_rad,
                    parts.grid_points,
                )),
            });
        }
        let mut warnings = Vec::new();
        for (ap, pattern) in made.iter().enumerate() {
            if pattern.as_ref().is_some_and(|pattern| pattern.inside() == 0) {
                warnings.push(format!(
                    "no direction of the grid lies in the window of access point {ap}: its error \
                     asks for no power anywhere"
                ));
            }
        }
        Ok(Self { parts, patterns: made, warnings, draw: None, sites: None })
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

    /// The instance as a JSON document, `noctule-instance/1`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("instance", SYSTEM)
    }

    /// The same problem with another requirement.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_requirement(&self, requirement: Requirement) -> Result<Self, Error> {
        let out = Self { parts: Parts { requirement, ..self.parts.clone() }, ..self.clone() };
        checks::requirement(&out.parts)?;
        Ok(out)
    }

    /// The same instance with the seed and trial that methods draw from, for arrays that were kept.
    #[must_use]
    pub const fn drawn_as(mut self, seed: u64, trial: u64) -> Self {
        self.draw = Some((seed, trial));
        self
    }

    pub(super) fn warn(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    /// The same instance with the places it was drawn with.
    #[must_use]
    pub(super) fn at_sites(mut self, sites: Sites) -> Self {
        self.sites = Some(sites);
        self
    }

    /// Who stands where, where that is known: arrays alone do not say it.
    pub const fn sites(&self) -> Option<&Sites> {
        self.sites.as_ref()
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
    pub const fn aps(&self) -> usize {
        self.parts.power_over_noise.len()
    }

    /// Number of antennas N of every access point.
    pub const fn antennas(&self) -> usize {
        self.parts.antennas
    }

    /// Number of users K.
    pub const fn users(&self) -> usize {
        self.parts.channels.cols()
    }

    /// Access points that sense, ascending.
    pub fn sensing_aps(&self) -> Vec<usize> {
        (0..self.aps()).filter(|&ap| self.patterns[ap].is_some()).collect()
    }

    /// The error of the beampattern of an access point that senses.
    pub fn pattern(&self, ap: usize) -> Option<&PatternError> {
        self.patterns.get(ap).and_then(Option::as_ref)
    }

    /// What is asked of a design.
    pub const fn requirement(&self) -> Requirement {
        self.parts.requirement
    }

    /// Sentences about the data that a careful colleague would add.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Channel estimates times `√p_m`, so that beams of power one and noise of power one remain.
    pub fn scaled_channels(&self) -> CMat {
        self.scaled(&self.parts.channels)
    }

    /// Every row times `√p_m` of its access point.
    pub(super) fn scaled(&self, stacked: &CMat) -> CMat {
        let n = self.parts.antennas;
        CMat::from_fn(stacked.rows(), stacked.cols(), |i, j| {
            stacked[(i, j)] * self.parts.power_over_noise[i / n].sqrt()
        })
    }

    /// Refuse a number of targets that exceeds the access points.
    pub(super) fn refuse_targets(targets: usize, aps: usize) -> InputError {
        InputError::new(
            "there are more targets than access points",
            "targets",
            targets.to_string(),
            format!("at most {aps}: every target has an access point of its own"),
        )
        .hint("`layout = \"cellular\"` senses all targets from one station")
    }
}
