//! The closed forms: what beams achieve, and the objective with its gradient.
//!
//! [`evaluate`] gives the metrics of any beams at full size. [`Model`] is the objective that
//! methods climb: the same numbers in a normalised, reduced form whose cost does not depend on the
//! number of antennas.

mod curvature;
mod extended;
mod metric;
mod minorant;
mod rate;
mod sensing;
mod tangent;

use noctule_num::linalg::{Op, mul, orthonormal_basis, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Objective, Shape};
use noctule_phy::fisher::{FisherInverse, MultiTargetFisher, parameters, target_space};

pub use super::metrics::{Metrics, TargetMetrics, evaluate, fisher, objective_unit};
pub(super) use minorant::Minorant;

use extended::Extended;
use metric::Metric;

use super::rate_term::RateTerm;
use super::{Beams, Instance};
use crate::Error;

/// Singular values below this share of the largest span no direction of the reduced basis. What a
/// user receives from outside the basis is below `√(K + 3M)` times this, in amplitude: less than
/// the rounding of what it receives at all. [`Model::rounding`] counts it in.
const RANK_TOLERANCE: f64 = 1e-14;

/// In which space a [`Model`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// An orthonormal basis of `range [H, A, Ȧ_θ, Ȧ_φ]`, of at most `K + 3M` dimensions. Every
    /// stationary point of the total-power problem lies in it (the gradient does).
    Reduced,
    /// All antennas.
    Full,
}

/// The normalised objective over `V` with `W = √P · Q V`: to be minimised, so the negative of
/// `δ_c · (sum rate) − δ_s · tr F⁻¹`, divided by its unit ([`objective_unit`]), so that weights,
/// like powers, can be scaled without changing a design or the meaning of a tolerance.
///
/// With `N = Qᴴ [H̃, T]`, channels scaled by `√P/σ_k` and `κ` by `P`, one evaluation forms the
/// amplitudes `N ᴴ V` (users, then target space), the rates from the first `K` rows, the Fisher
/// matrix from the last `3M`, and the gradient `2 N · C` from coefficients `C` of the same shape.
/// Two products of order `K + 3M`, one small Cholesky, nothing of the order of the arrays. Points
/// are vectors in column order, `rank × streams`.
#[derive(Clone, Debug)]
pub struct Model {
    users: usize,
    targets: usize,
    streams: usize,
    power_w: f64,
    unit: f64,
    /// δ_c over the unit.
    rate_weight: f64,
    /// δ_s over the unit and over κP, which the Fisher matrix here leaves out: its inverse squared
    /// must not overflow because somebody counts in picowatts.
    crb_weight: f64,
    /// Q; absent at full size.
    basis: Option<CMat>,
    /// N.
    space: CMat,
    map: Option<MultiTargetFisher>,
    unit_noise: Vec<f64>,
    rate: RateTerm,
    point: CMat,
    amplitudes: CMat,
    coefficients: CMat,
    gradient: CMat,
    packed: Vec<f64>,
    fisher: Vec<f64>,
    inverse: Vec<f64>,
    squared: Vec<f64>,
    packed_dual: Vec<f64>,
    dual: CMat,
    inverter: FisherInverse,
    /// In place of point targets, one that is extended.
    extended: Option<Extended>,
    /// In the reduced space, what preconditions climbs.
    metric: Option<Box<Metric>>,
    /// Largest scaled bound at the point evaluated last.
    conditioning: f64,
}

impl Model {
    /// The objective of `instance` with its own number of streams.
    ///
    /// # Errors
    /// When the decomposition of the basis fails, which finite data do not make it.
    pub fn new(instance: &Instance, space: Space) -> Result<Self, Error> {
        Self::with_streams(instance, space, instance.streams())
    }

    /// The objective with another number of streams; the first K carry data when the rate has a
    /// weight.
    ///
    /// # Errors
    /// As [`Model::new`].
    pub fn with_streams(instance: &Instance, space: Space, streams: usize) -> Result<Self, Error> {
        let parts = instance.parts();
        if let Some(problem) = instance.problem() {
            let what = "this method is for the weighted sum, and the instance has another goal";
            let allowed = "balanced, sensing-only, rzf, zf or mrt";
            return Err(InputError::new(what, "goal", problem.goal.name(), allowed).into());
        }
        instance.one_frequency()?;
        // What has no weight is left out: it costs nothing and constrains nothing.
        let users = if parts.rate_weight_per_nat > 0.0 { instance.users() } else { 0 };
        let targets = if parts.crb_weight > 0.0 { instance.targets().len() } else { 0 };
        let full = columns(instance, users, targets)?;
        let (basis, space) = match space {
            Space::Full => (None, full),
            Space::Reduced => {
                let basis = orthonormal_basis(&full, RANK_TOLERANCE)?;
                let space = product(&basis, Op::Adjoint, &full, Op::Plain);
                (Some(basis), space)
            }
        };
        let map = (targets > 0).then(|| {
            let reflections: Vec<C64> = instance.targets().iter().map(|t| t.reflection).collect();
            MultiTargetFisher::new(instance.receive_steering(), &reflections, 1.0)
        });
        let n = parameters(targets);
        let rows = users + 3 * targets;
        let unit = objective_unit(instance);
        let metric = basis.is_some().then(|| Box::new(Metric::new(space.rows(), rows, streams)));
        Ok(Self {
            users,
            targets,
            streams,
            power_w: parts.power_w,
            unit,
            rate_weight: parts.rate_weight_per_nat / unit,
            crb_weight: parts.crb_weight / unit / (instance.information() * parts.power_w),
            point: CMat::zeros(space.rows(), streams),
            gradient: CMat::zeros(space.rows(), streams),
            amplitudes: CMat::zeros(rows, streams),
            coefficients: CMat::zeros(rows, streams),
            basis,
            space,
            map,
            unit_noise: vec![1.0; users],
            rate: RateTerm::Separate,
            packed: vec![0.0; 9 * targets * targets],
            fisher: vec![0.0; n * n],
            inverse: vec![0.0; n * n],
            squared: vec![0.0; n * n],
            packed_dual: vec![0.0; 9 * targets * targets],
            dual: CMat::zeros(3 * targets, 3 * targets),
            inverter: FisherInverse::new(n),
            extended: None,
            metric,
            conditioning: 1.0,
        })
    }

    /// The unit of the normalised objective: the objective of the instance is minus this times
    /// the value.
    pub const fn unit(&self) -> f64 {
        self.unit
    }

    /// Number of users with a weight on their rate.
    pub const fn users(&self) -> usize {
        self.users
    }

    /// Number of targets with a weight on their bound.
    pub const fn targets(&self) -> usize {
        self.targets
    }

    /// Rows of the space that sensing sees.
    pub(super) fn sensed(&self) -> usize {
        if self.extended.is_some() { self.rank() } else { 3 * self.targets }
    }

    /// Put something else in the place of the sum rate.
    pub(super) fn set_rate(&mut self, rate: RateTerm) {
        self.rate = rate;
    }

    /// δ_c, normalised.
    pub(super) const fn rate_weight(&self) -> f64 {
        self.rate_weight
    }

    /// δ_s, normalised.
    #[cfg(feature = "sdp")]
    pub(super) const fn crb_weight(&self) -> f64 {
        self.crb_weight
    }

    /// Dimension r of the space (rows of V).
    pub const fn rank(&self) -> usize {
        self.space.rows()
    }

    /// Number of streams (columns of V).
    pub const fn streams(&self) -> usize {
        self.streams
    }

    /// Number of complex variables.
    pub const fn dim(&self) -> usize {
        self.rank() * self.streams
    }

    /// The columns of `[H̃, A, Ȧ_θ, Ȧ_φ]` in the coordinates of this space: users first.
    pub const fn space(&self) -> &CMat {
        &self.space
    }

    /// Full-size beams of the normalised point `v`.
    pub fn beams(&self, v: &[C64], users: usize) -> Beams {
        let mut point = self.point.clone();
        point.as_mut_slice().copy_from_slice(v);
        self.full_size(&point, users)
    }

    /// Full-size beams of normalised coordinates, rank × any number of streams.
    pub(super) fn full_size(&self, coordinates: &CMat, users: usize) -> Beams {
        let mut matrix = match &self.basis {
            Some(basis) => product(basis, Op::Plain, coordinates, Op::Plain),
            None => coordinates.clone(),
        };
        matrix.scale(self.power_w.sqrt());
        Beams { matrix, users, subcarriers: 1 }
    }

    /// The normalised point of full-size beams; the part outside the space is lost.
    pub fn point(&self, beams: &CMat) -> Vec<C64> {
        self.coordinates(beams).into_vec()
    }

    /// Normalised coordinates of full-size beams, of any number of streams.
    pub(super) fn coordinates(&self, beams: &CMat) -> CMat {
        let mut point = match &self.basis {
            Some(basis) => product(basis, Op::Adjoint, beams, Op::Plain),
            None => beams.clone(),
        };
        point.scale(1.0 / self.power_w.sqrt());
        point
    }

    /// Amplitudes at `v`, and no coefficients yet.
    fn look(&mut self, v: &[C64]) {
        self.point.as_mut_slice().copy_from_slice(v);
        mul(&mut self.amplitudes, false, 1.0, &self.space, Op::Adjoint, &self.point, Op::Plain);
        self.coefficients.as_mut_slice().fill(C64::ZERO);
    }

    /// The gradient from the coefficients: that of what is maximised is 2 N C, and we minimise its
    /// negative.
    fn write_gradient(&mut self, gradient: &mut [C64]) {
        let (space, coefficients) = (&self.space, &self.coefficients);
        mul(&mut self.gradient, false, -2.0, space, Op::Plain, coefficients, Op::Plain);
        gradient.copy_from_slice(self.gradient.as_slice());
    }
}

/// `[H̃, A, Ȧ_θ, Ȧ_φ]` at full size, channels by `√P/σ_k`, of what has a weight.
fn columns(instance: &Instance, users: usize, targets: usize) -> Result<CMat, Error> {
    let parts = instance.parts();
    let mut channels = instance.channels().columns(0..users);
    for user in 0..users {
        let scale = (parts.power_w / parts.user_noise_w[user]).sqrt();
        channels.col_mut(user).iter_mut().for_each(|h| *h *= scale);
    }
    let directions = if targets > 0 {
        target_space(instance.transmit_steering())
    } else {
        CMat::zeros(instance.antennas(), 0)
    };
    Ok(CMat::hstack(&[&channels, &directions])?)
}

impl Objective for Model {
    fn eval(&mut self, v: &[C64], gradient: &mut [C64]) -> f64 {
        self.look(v);
        let Some(rate) = self.add_rate() else { return f64::INFINITY };
        let Some(sensing) = self.add_sensing() else { return f64::INFINITY };
        self.write_gradient(gradient);
        sensing - self.rate_weight * rate
    }

    fn shape(&mut self, _x: &[C64], steps: u64, residual: f64) -> Option<Shape> {
        self.shape_metric(steps, residual).then_some(Shape::Whole)
    }

    fn precondition(&mut self, v: &mut [C64]) {
        self.apply_metric(v);
    }
}

#[cfg(test)]
mod tests;
