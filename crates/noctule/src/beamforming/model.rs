//! The closed forms: what beams achieve, and the objective with its gradient.
//!
//! [`evaluate`] gives the metrics of any beams at full size. [`Model`] is the objective that
//! methods climb: the same numbers in a normalised, reduced form whose cost does not depend on the
//! number of antennas.

mod minorant;
mod tangent;

use noctule_num::linalg::{Op, mul, orthonormal_basis, product};
use noctule_num::{C64, CMat};
use noctule_optim::Objective;
#[cfg(feature = "sdp")]
use noctule_phy::fisher::pack_hermitian;
use noctule_phy::fisher::{
    FisherInverse, MultiTargetFisher, parameters, target_space, unpack_hermitian,
};
use noctule_phy::rates::{Reception, sum_rate_with_derivative};

pub use super::metrics::{Metrics, TargetMetrics, evaluate, fisher, objective_unit};
pub(super) use minorant::Minorant;

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
        // What has no weight is left out: it costs nothing and constrains nothing.
        let users = if parts.rate_weight_per_nat > 0.0 { instance.users() } else { 0 };
        let targets = if parts.crb_weight > 0.0 { instance.targets().len() } else { 0 };
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
        let full = CMat::hstack(&[&channels, &directions])?;
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

    /// The Fisher matrix, row by row, of a normalised covariance in the coordinates of this space.
    #[cfg(feature = "sdp")]
    pub(super) fn fisher_of(&self, covariance: &CMat) -> Vec<f64> {
        let Some(map) = &self.map else { return Vec::new() };
        let seen = self.space.columns(self.users..self.users + 3 * self.targets);
        let along = product(&seen, Op::Adjoint, covariance, Op::Plain);
        let z = product(&along, Op::Plain, &seen, Op::Plain);
        let n = parameters(self.targets);
        let (mut packed, mut fisher) = (vec![0.0; 9 * self.targets.pow(2)], vec![0.0; n * n]);
        pack_hermitian(&z, &mut packed);
        map.fisher(&packed, &mut fisher);
        fisher
    }

    /// `(Z + S)⁻¹` of cooperating users at the point evaluated last.
    pub(super) fn received_inverse(&self) -> CMat {
        match &self.rate {
            RateTerm::Together(cooperation) => cooperation.inverse(),
            _ => CMat::identity(self.users),
        }
    }

    /// Noise and power of all streams but its own at user `k`, at the point evaluated last.
    pub(super) fn interference(&self, user: usize) -> f64 {
        Reception::of(user, &self.amplitudes, 1.0).interference
    }

    /// δ_c λ_k: what the own stream of user `k` is spared.
    pub(super) fn chord_weight(&self, user: usize) -> f64 {
        self.rate.chord(user).map_or(0.0, |chord| self.rate_weight * chord.slope)
    }

    /// The rate term, and its derivative added to the coefficients; `None` outside the domain.
    fn add_rate(&mut self) -> Option<f64> {
        let (amplitudes, out) = (&self.amplitudes, &mut self.coefficients);
        match &mut self.rate {
            RateTerm::Separate => {
                Some(sum_rate_with_derivative(amplitudes, &self.unit_noise, self.rate_weight, out))
            }
            RateTerm::Together(cooperation) => cooperation.add(amplitudes, self.rate_weight, out),
            RateTerm::Chords(chords) => {
                let mut total = 0.0;
                for (user, chord) in chords.iter().enumerate() {
                    let reception = Reception::of(user, amplitudes, 1.0);
                    let received = reception.signal + reception.interference;
                    total += received.ln() + chord.offset - chord.slope * reception.interference;
                    for stream in 0..self.streams {
                        let spared = if stream == user { 0.0 } else { chord.slope };
                        let weight = self.rate_weight * (received.recip() - spared);
                        out[(user, stream)] += amplitudes[(user, stream)] * weight;
                    }
                }
                Some(total)
            }
        }
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
        Beams { matrix, users }
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

    /// How far value and gradient at the point evaluated last may be off, relative: the rounding of
    /// the inverse, a multiple of ε times the condition of the scaled Fisher matrix.
    pub fn relative_error(&self) -> f64 {
        let n = parameters(self.targets) as f64;
        16.0 * f64::EPSILON * n * n * self.conditioning
    }

    /// `C₀ = δ_s T K Tᴴ − δ_c H̃ diag(β) H̃ᴴ` at the point evaluated last: the Hermitian part of
    /// the gradient, which is `2 (C₁ + C₀ V)` for the (normalised) function to be maximised. With
    /// chords, `β_k` is `λ_k − 1/T_k`; with cooperating users `−diag(β)` is `(Z + S)⁻¹`.
    pub fn curvature(&self) -> CMat {
        let mut middle = self.middle();
        if let RateTerm::Together(cooperation) = &self.rate {
            let inverse = cooperation.inverse();
            for j in 0..self.users {
                for i in 0..self.users {
                    middle[(i, j)] = inverse[(i, j)] * self.rate_weight;
                }
            }
        } else {
            for user in 0..self.users {
                let reception = Reception::of(user, &self.amplitudes, 1.0);
                let received = reception.signal + reception.interference;
                let beta = match self.rate.chord(user) {
                    None => reception.beta(),
                    Some(chord) => chord.slope - received.recip(),
                };
                middle[(user, user)] = C64::from(-self.rate_weight * beta);
            }
        }
        self.dressed(middle)
    }

    /// Room for the middle of `C₀`, users first.
    fn middle(&self) -> CMat {
        let rows = self.users + 3 * self.targets;
        CMat::zeros(rows, rows)
    }

    /// `N · middle · Nᴴ` with the targets' part filled in.
    fn dressed(&self, mut middle: CMat) -> CMat {
        for b in 0..3 * self.targets {
            for a in 0..3 * self.targets {
                middle[(self.users + a, self.users + b)] = self.dual[(a, b)] * self.crb_weight;
            }
        }
        let left = product(&self.space, Op::Plain, &middle, Op::Plain);
        product(&left, Op::Plain, &self.space, Op::Adjoint)
    }

    /// Target part of one evaluation: the bound's value, and its coefficients added. `None`
    /// outside the domain.
    fn add_sensing(&mut self) -> Option<f64> {
        let Some(map) = &self.map else { return Some(0.0) };
        let (m3, n) = (3 * self.targets, parameters(self.targets));
        pack_gram(&self.amplitudes, self.users, m3, &mut self.packed);
        map.fisher(&self.packed, &mut self.fisher);
        self.conditioning = self.inverter.invert(&self.fisher, &mut self.inverse)?;
        let trace: f64 = (0..n).map(|i| self.inverse[i * n + i]).sum();
        if !trace.is_finite() {
            return None;
        }
        // d(−tr F⁻¹) = tr(F⁻² dF) = Re tr(K dZ)
        square_symmetric(&self.inverse, n, &mut self.squared);
        map.adjoint(&self.squared, &mut self.packed_dual);
        unpack_hermitian(&self.packed_dual, &mut self.dual);
        for stream in 0..self.streams {
            let seen = &self.amplitudes.col(stream)[self.users..];
            for a in 0..m3 {
                let mut sum = C64::ZERO;
                for (b, amplitude) in seen.iter().enumerate() {
                    sum += self.dual[(a, b)] * amplitude;
                }
                self.coefficients[(self.users + a, stream)] = sum * self.crb_weight;
            }
        }
        Some(self.crb_weight * trace)
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

impl Objective for Model {
    fn eval(&mut self, v: &[C64], gradient: &mut [C64]) -> f64 {
        self.look(v);
        let Some(rate) = self.add_rate() else { return f64::INFINITY };
        let Some(sensing) = self.add_sensing() else { return f64::INFINITY };
        self.write_gradient(gradient);
        sensing - self.rate_weight * rate
    }
}

/// `Z = Y Yᴴ` of the rows `first .. first + n` of `amplitudes`, packed as by `pack_hermitian`.
fn pack_gram(amplitudes: &CMat, first: usize, n: usize, packed: &mut [f64]) {
    packed.fill(0.0);
    for stream in 0..amplitudes.cols() {
        let y = &amplitudes.col(stream)[first..first + n];
        let mut k = n;
        for b in 0..n {
            packed[b] += y[b].norm_sqr();
            for a in 0..b {
                // y_a conj(y_b)
                packed[k] += y[a].re * y[b].re + y[a].im * y[b].im;
                packed[k + 1] += y[a].im * y[b].re - y[a].re * y[b].im;
                k += 2;
            }
        }
    }
}

/// `out = a · a` for a symmetric matrix of order `n`.
fn square_symmetric(a: &[f64], n: usize, out: &mut [f64]) {
    for i in 0..n {
        for j in 0..=i {
            let (row_i, row_j) = (&a[i * n..(i + 1) * n], &a[j * n..(j + 1) * n]);
            let sum: f64 = row_i.iter().zip(row_j).map(|(x, y)| x * y).sum();
            out[i * n + j] = sum;
            out[j * n + i] = sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::Scenario;
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_optim::{Manifold, check_gradient};

    fn random_point(dim: usize, entity: u64) -> Vec<C64> {
        let mut rng = StreamKey::new(21, "test", "model", entity).trial(0);
        let mut v: Vec<C64> = (0..dim).map(|_| complex_normal(&mut rng, 1.0)).collect();
        Manifold::sphere(dim).normalise(&mut v);
        v
    }

    #[test]
    fn gradient_passes_the_taylor_test() {
        let base = Scenario::paper();
        let scenarios = [
            base.clone(),
            Scenario { users: 1, rate_weight_per_nat: 3.0, ..base.clone() },
            Scenario { crb_weight: 0.0, ..base.clone() },
            Scenario { rate_weight_per_nat: 0.0, ..base.clone() },
            Scenario { power_dbm: 37.0, sensing_noise_dbm: -80.0, ..base },
        ];
        for (index, scenario) in scenarios.iter().enumerate() {
            let instance = scenario.realize(3, 0).unwrap();
            for space in [Space::Reduced, Space::Full] {
                let mut model = Model::new(&instance, space).unwrap();
                let manifold = Manifold::sphere(model.dim());
                let (x, d) = (random_point(model.dim(), 1), random_point(model.dim(), 2));
                let check = check_gradient(&mut model, &manifold, &x, &d);
                assert!(check.passed, "scenario {index}, {space:?}: {check:?}");
            }
        }
    }

    #[test]
    fn model_agrees_with_evaluation_in_both_spaces() {
        let instance = Scenario::paper().realize(5, 2).unwrap();
        let mut reduced = Model::new(&instance, Space::Reduced).unwrap();
        assert_eq!(reduced.rank(), 4 + 3 * 2);
        let v = random_point(reduced.dim(), 3);
        let mut scratch = v.clone();
        let value = reduced.eval(&v, &mut scratch);
        let beams = reduced.beams(&v, instance.users());
        let metrics = evaluate(&instance, &beams).unwrap();
        let objective = metrics.objective.unwrap();
        assert!((objective + value * reduced.unit()).abs() < 1e-12 * objective.abs());
        assert!((metrics.power_w / instance.parts().power_w - 1.0).abs() < 1e-14);
        let mut full = Model::new(&instance, Space::Full).unwrap();
        let w = full.point(&beams.matrix);
        let mut scratch = w.clone();
        assert!((full.eval(&w, &mut scratch) - value).abs() < 1e-12 * value.abs());
        let back = reduced.point(&beams.matrix);
        assert!(back.iter().zip(&v).all(|(a, b)| (a - b).norm() < 1e-14));
    }

    #[test]
    fn curvature_explains_the_gradient_of_sensing_streams() {
        // For a stream without data the gradient is 2 C₀ v exactly.
        let instance = Scenario::paper().realize(5, 3).unwrap();
        let mut model = Model::new(&instance, Space::Reduced).unwrap();
        let v = random_point(model.dim(), 4);
        let mut gradient = v.clone();
        model.eval(&v, &mut gradient);
        let c0 = model.curvature();
        let (r, last) = (model.rank(), model.streams() - 1);
        let stream = CMat::from_columns(r, 1, v[last * r..].to_vec()).unwrap();
        let expected = product(&c0, Op::Plain, &stream, Op::Plain);
        for i in 0..r {
            let found = -gradient[last * r + i] / 2.0;
            assert!((found - expected[(i, 0)]).norm() < 1e-12 * expected.norm());
        }
    }
}
