//! One concrete problem: channels and targets as numbers, drawn or handed in.

use noctule_num::{C64, CMat};
use noctule_phy::arrays::{Normalisation, PlanarArray, Steering};
use noctule_phy::elements::ElementArray;
use serde::{Deserialize, Serialize};

mod arrays;
pub(super) mod checks;
mod scene;

pub use arrays::FIELDS;

use super::band::{Band, check_goal};
use super::goal::{Problem, check, fits, planar};
use crate::Error;

/// What limits the transmit power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PowerConstraint {
    /// The power of all antennas together.
    #[default]
    Total,
    /// Every antenna sends the same share.
    PerAntenna,
}

/// A point target in SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// Azimuth θ in radians.
    pub azimuth_rad: f64,
    /// Polar angle φ in radians.
    pub polar_rad: f64,
    /// Complex reflection coefficient α.
    pub reflection: C64,
}

/// What an instance is made of; see [`Instance::new`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Transmit array.
    pub transmit_array: PlanarArray,
    /// Receive array.
    pub receive_array: PlanarArray,
    /// Channels h_k in columns, transmit antennas × users; the users receive `h_kᴴ x`.
    pub channels: CMat,
    /// Targets.
    pub targets: Vec<Target>,
    /// Total transmit power in watts.
    pub power_w: f64,
    /// Noise power of each user in watts.
    pub user_noise_w: Vec<f64>,
    /// Noise power of each receive antenna in watts.
    pub sensing_noise_w: f64,
    /// Snapshots L.
    pub snapshots: u32,
    /// Beams that carry no data.
    pub sensing_streams: usize,
    /// Weight δ_c of the sum rate, per nat/s/Hz.
    pub rate_weight_per_nat: f64,
    /// Weight δ_s of the trace of the Cramér–Rao bound.
    pub crb_weight: f64,
    /// What limits the transmit power.
    pub power_constraint: PowerConstraint,
}

/// Arrays of another shape than a planar one, where there are such; scaled as those of the [`Parts`],
/// which give the number of their elements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes {
    /// The transmit array.
    pub transmit: Option<ElementArray>,
    /// The receive array.
    pub receive: Option<ElementArray>,
}

/// A problem whose data have passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    parts: Parts,
    shapes: Shapes,
    problem: Option<Problem>,
    band: Option<Band>,
    transmit: Steering,
    receive: Steering,
    warnings: Vec<String>,
    draw: Option<(u64, u64)>,
    echo_draws: u64,
    limits_move: bool,
}

impl Instance {
    /// Check the parts and make an instance of them.
    ///
    /// # Errors
    /// [`Error::Input`] for shapes that do not fit, entries that are not finite, powers that are
    /// not positive; [`Error::Unobservable`] when the bound has a weight and the targets cannot
    /// be sensed.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        Self::asking(parts, Shapes::default(), None)
    }

    /// The same with arrays of any shape, and with another goal than the weighted sum: its weights are
    /// then one, and targets may have parameters that are known.
    ///
    /// # Errors
    /// As [`Instance::new`]; a goal or requirements that do not fit users and targets.
    pub fn asking(parts: Parts, shapes: Shapes, problem: Option<Problem>) -> Result<Self, Error> {
        Self::made(parts, shapes, problem, None)
    }

    /// The weighted sum over a band: beams on every subcarrier under one power. The `channels` of the
    /// parts are taken from the middle of the band.
    ///
    /// # Errors
    /// As [`Instance::new`]; what the frame does not show of targets, by name.
    pub fn over_band(mut parts: Parts, band: Band) -> Result<Self, Error> {
        super::whole::bands()?;
        if let Some(channels) = band.channels.get(band.middle()) {
            parts.channels = channels.clone();
        }
        Self::made(parts, Shapes::default(), None, Some(band))
    }

    /// The same for another goal than the weighted sum: its weights are then one.
    ///
    /// # Errors
    /// As [`Instance::over_band`]; a goal or requirements that a band does not have.
    pub fn asking_over_band(
        mut parts: Parts,
        band: Band,
        mut problem: Problem,
    ) -> Result<Self, Error> {
        super::whole::bands()?;
        if let Some(channels) = band.channels.get(band.middle()) {
            parts.channels = channels.clone();
        }
        problem.unknown.clone_from(&band.unknown);
        Self::made(parts, Shapes::default(), Some(problem), Some(band))
    }

    fn made(
        mut parts: Parts,
        mut shapes: Shapes,
        problem: Option<Problem>,
        band: Option<Band>,
    ) -> Result<Self, Error> {
        if problem.is_some() {
            (parts.rate_weight_per_nat, parts.crb_weight) = (1.0, 1.0);
        }
        for (own, array) in [
            (&mut shapes.transmit, &mut parts.transmit_array),
            (&mut shapes.receive, &mut parts.receive_array),
        ] {
            if let Some(own) = own {
                own.normalisation = array.normalisation;
                (array.horizontal, array.vertical) = (own.elements(), 1);
            }
        }
        checks::check(&parts)?;
        let directions = || parts.targets.iter().map(|t| (t.azimuth_rad, t.polar_rad));
        let steering = |own: &Option<ElementArray>, array: PlanarArray| match own {
            Some(own) => own.steering(directions()),
            None => array.steering(directions()),
        };
        let transmit = steering(&shapes.transmit, parts.transmit_array);
        let receive = steering(&shapes.receive, parts.receive_array);
        let warnings = Vec::new();
        let mut instance = Self {
            parts,
            shapes,
            problem,
            band,
            transmit,
            receive,
            warnings,
            draw: None,
            echo_draws: 0,
            limits_move: false,
        };
        if let Some(band) = instance.band.as_ref().filter(|_| super::whole::WHOLE) {
            band.check(&instance.parts, instance.problem.is_none())?;
            if let Some(problem) = &instance.problem {
                fits(&instance, problem)?;
                check_goal(&instance, band, problem)?;
            }
            instance.warnings = band.warnings(&instance.parts);
            if let (1, Some(problem)) = (band.subcarriers(), &mut instance.problem) {
                problem.rates_as_sinrs();
            }
        } else if let Some(problem) = &instance.problem {
            check(&instance, problem)?;
        } else if instance.parts.crb_weight > 0.0 {
            instance.check_scene()?;
        }
        Ok(instance)
    }

    /// The same problem with other parts.
    fn again(&self, parts: Parts) -> Result<Self, Error> {
        let (shapes, problem) = (self.shapes.clone(), self.problem.clone());
        let again = Self::made(parts, shapes, problem, self.band().cloned());
        let Self { draw, echo_draws, limits_move, .. } = *self;
        again.map(|instance| Self { draw, echo_draws, limits_move, ..instance })
    }

    /// The same problem with other weights on rate and bound.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_weights(&self, rate_weight_per_nat: f64, crb_weight: f64) -> Result<Self, Error> {
        let parts = Parts { rate_weight_per_nat, crb_weight, ..self.parts.clone() };
        self.again(parts)
    }

    /// The same problem under another power constraint.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn with_power_constraint(&self, constraint: PowerConstraint) -> Result<Self, Error> {
        let parts = Parts { power_constraint: constraint, ..self.parts.clone() };
        self.again(parts)
    }

    /// The same instance with the seed and trial that methods draw from, for arrays that were kept.
    #[must_use]
    pub const fn drawn_as(mut self, seed: u64, trial: u64) -> Self {
        self.draw = Some((seed, trial));
        self
    }

    /// The same instance with so many [simulated echoes](super::echo).
    #[must_use]
    pub const fn with_echoes(mut self, draws: u64) -> Self {
        self.echo_draws = draws;
        self
    }

    /// Number of [simulated echoes](super::echo).
    pub const fn echo_draws(&self) -> u64 {
        if super::whole::WHOLE { self.echo_draws } else { 0 }
    }

    /// The same instance with more to say about its data.
    #[must_use]
    pub(super) fn warned(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
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

    /// Goal and requirements; `None` where the weighted sum is the goal.
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The band; `None` where there is one frequency.
    pub const fn band(&self) -> Option<&Band> {
        if super::whole::WHOLE { self.band.as_ref() } else { None }
    }

    /// Refuse a band, for a method that has one frequency.
    pub(super) fn one_frequency(&self) -> Result<(), Error> {
        if self.band().is_none() {
            return Ok(());
        }
        let what = "this method is for one frequency, and the instance has a band";
        let allowed =
            "balanced, sensing-only, same-beams, each-alone, wmmse, sharing, rzf, zf or mrt";
        Err(noctule_num::InputError::new(what, "ofdm", "a band", allowed).into())
    }

    /// One subcarrier with its share of the power, as what the beams of a start are made for: a problem
    /// that nobody has checked.
    pub(super) fn subcarrier(&self, n: usize) -> Self {
        // without the channels of all the others
        let mut own = Self {
            parts: self.parts.clone(),
            shapes: self.shapes.clone(),
            problem: None,
            band: None,
            transmit: self.transmit.clone(),
            receive: self.receive.clone(),
            warnings: Vec::new(),
            draw: self.draw,
            echo_draws: 0,
            limits_move: false,
        };
        if let Some(band) = self.band() {
            own.parts.channels = band.known_channels()[n].clone();
            own.parts.power_w /= band.subcarriers() as f64;
        }
        own
    }

    /// The same problem for a station that knows the channels.
    ///
    /// # Errors
    /// As [`Instance::over_band`].
    pub(super) fn with_perfect_knowledge(&self) -> Result<Self, Error> {
        let band = self.band().cloned().map(|band| Band { estimates: None, ..band });
        let (shapes, problem) = (self.shapes.clone(), self.problem.clone());
        let own = Self::made(self.parts.clone(), shapes, problem, band)?;
        Ok(Self { draw: self.draw, ..own })
    }

    /// One subcarrier as a problem of its own: its share of the power and of the weight of the bound, and
    /// every parameter but range and velocity unknown.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub(super) fn alone(&self, n: usize) -> Result<Self, Error> {
        let count = self.band().map_or(1, Band::subcarriers) as f64;
        let parts = self.subcarrier(n).parts;
        let alone = Self::new(Parts { crb_weight: parts.crb_weight / count, ..parts })?;
        Ok(Self { draw: self.draw, ..alone })
    }

    /// Arrays that are not planar.
    pub const fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The transmit array, element by element.
    pub fn transmit_elements(&self) -> ElementArray {
        self.shapes.transmit.clone().unwrap_or_else(|| planar(self.parts.transmit_array))
    }

    /// The receive array, element by element.
    pub fn receive_elements(&self) -> ElementArray {
        self.shapes.receive.clone().unwrap_or_else(|| planar(self.parts.receive_array))
    }

    /// Channels, transmit antennas × users.
    pub const fn channels(&self) -> &CMat {
        &self.parts.channels
    }

    /// Targets.
    pub fn targets(&self) -> &[Target] {
        &self.parts.targets
    }

    /// Number of users K.
    pub const fn users(&self) -> usize {
        self.parts.channels.cols()
    }

    /// Number of transmit antennas Nt.
    pub const fn antennas(&self) -> usize {
        self.parts.channels.rows()
    }

    /// Number of beams, K plus the sensing streams.
    pub const fn streams(&self) -> usize {
        self.users() + self.parts.sensing_streams
    }

    /// Steering vectors of the transmit array towards the targets.
    pub const fn transmit_steering(&self) -> &Steering {
        &self.transmit
    }

    /// Steering vectors of the receive array towards the targets.
    pub const fn receive_steering(&self) -> &Steering {
        &self.receive
    }

    /// Whether steering entries have magnitude one instead of the vectors norm one.
    pub fn unit_modulus_steering(&self) -> bool {
        self.parts.transmit_array.normalisation == Normalisation::UnitModulus
    }

    /// κ = 2L/σ_s², the factor from energy to information.
    pub fn information(&self) -> f64 {
        2.0 * f64::from(self.parts.snapshots) / self.parts.sensing_noise_w
    }

    /// Sentences about the data that a careful colleague would add.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
