//! What given beams achieve, with gradients; and bounds from given multipliers.

use noctule_num::input::in_range;
use noctule_num::{CMat, InputError};

use super::certificate::{largest, shifted};
use super::fisher::{Parameter, parameters};
use super::groups::{Groups, PowerLimit};
use super::link::Heard;
use super::metric::Metric;
use super::minorant::{Minorant, Pull};
use super::node_bound::node_bound;
use super::required::Requirements;
use super::sensed::Sensed;
use super::world::{Space, World};
use crate::Error;

/// What beams achieve.
#[derive(Debug)]
pub struct Evaluation {
    space: Space,
    w: CMat,
    heard: Heard,
    sensed: Sensed,
    parameters: Vec<Parameter>,
    world: World,
}

impl Evaluation {
    /// Of beams, antennas × streams, those of the users first.
    ///
    /// # Errors
    /// Broken numerics.
    pub fn of(world: &World, beams: &CMat) -> Result<Self, Error> {
        world.check()?;
        if beams.rows() != world.transmit.elements() || beams.cols() < world.noise_w.len() {
            let found = format!("{} × {}", beams.rows(), beams.cols());
            let (n, k) = (world.transmit.elements(), world.noise_w.len());
            let allowed = format!("{n} × {k} or more: antennas × streams, users first");
            return Err(InputError::new("beams do not fit", "beams", found, allowed).into());
        }
        let space = Space::new(world, true)?;
        let heard = Heard::of(&space, beams);
        let sensed = Sensed::of(&space, beams, true);
        let parameters = parameters(&world.targets);
        Ok(Self { space, w: beams.clone(), heard, sensed, parameters, world: world.clone() })
    }

    /// The parameters, in the order of the Fisher matrix.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The Fisher matrix of the targets, row by row.
    pub fn fisher(&self) -> Vec<f64> {
        let n = self.parameters.len();
        let mut out = vec![0.0; n * n];
        self.sensed.fisher(&self.space, &mut out);
        out
    }

    /// Its inverse: the Cramér–Rao bounds on the diagonal.
    pub fn bounds(&self) -> Option<&[f64]> {
        self.sensed.inverse(0)
    }

    /// A metric; none where it does not fit the world, or has no value.
    pub fn metric(&self, metric: &Metric) -> Option<f64> {
        metric.check(&self.world).ok()?;
        self.sensed.value(&self.space, metric)
    }

    /// The gradient of a metric by the beams: `dm = Re⟨G, dW⟩`.
    pub fn metric_gradient(&self, metric: &Metric) -> Option<CMat> {
        metric.check(&self.world).ok()?;
        let mut pull = Pull::new(&self.space);
        // so sharp that only the largest eigenvalue is left
        let sharp = 1 << 20;
        let sign = if metric.is_gain() { -1.0 } else { 1.0 };
        self.sensed.add_pull(&self.space, metric, sign, sharp, &mut pull)?;
        let mut out = CMat::zeros(self.w.rows(), self.w.cols());
        pull.add_gradient(&self.space, self.sensed.seen(), &self.w, &mut out);
        Some(out)
    }

    /// Signal over noise of user k.
    pub fn signal(&self, k: usize) -> f64 {
        self.heard.signal[k]
    }

    /// Interference and noise over noise of user k.
    pub fn interference(&self, k: usize) -> f64 {
        self.heard.interference[k]
    }

    /// SINR of user k.
    pub fn sinr(&self, k: usize) -> f64 {
        self.heard.sinr(k)
    }

    /// The gradient of `Σ v_k ln(1 + SINR_k)`.
    ///
    /// # Panics
    /// Where there are fewer weights than users.
    pub fn rate_gradient(&self, weights: &[f64]) -> CMat {
        let users = self.space.users();
        let total = |k: usize| self.signal(k) + self.interference(k);
        let by_signal: Vec<f64> = (0..users).map(|k| weights[k] / total(k)).collect();
        let by_interference: Vec<f64> =
            (0..users).map(|k| -weights[k] * self.sinr(k) / total(k)).collect();
        let mut out = CMat::zeros(self.w.rows(), self.w.cols());
        self.heard.add_gradient(&self.space, &self.w, &by_signal, &by_interference, &mut out);
        out
    }
}

/// Multipliers that somebody claims to prove something.
#[derive(Clone, Debug, PartialEq)]
pub struct Multipliers {
    /// Y, parameters × columns, row by row, of a trace metric's minorant.
    pub y: Vec<Vec<f64>>,
    /// λ of the SINR floors.
    pub lambda: Vec<f64>,
    /// ν of the antennas' limits; empty for a total power.
    pub nu: Vec<f64>,
}

/// What multipliers prove of a trace metric, before rounding is allowed for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proven {
    /// β of the minorant.
    pub beta: f64,
    /// ‖B‖.
    pub norm: f64,
    /// μ (with limits per antenna: τ).
    pub multiplier: f64,
    /// β + Σλ − Pμ.
    pub plain: f64,
    /// (β/2)²/(Pμ − Σλ).
    pub scaled: f64,
}

/// The bound of multipliers on a trace metric with the weights given.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn proven(
    world: &World,
    weights: &[f64],
    required: &Requirements,
    multipliers: &Multipliers,
) -> Result<Proven, Error> {
    world.check()?;
    required.check(world)?;
    Metric::trace(weights).check(world)?;
    signed("lambda", &multipliers.lambda, world.noise_w.len())?;
    let n = weights.len();
    let groups = required.power.groups();
    signed("nu", &multipliers.nu, groups.as_ref().map_or(0, Groups::count))?;
    let columns = weights.iter().filter(|w| **w > 0.0).count();
    let fits = |row: &Vec<f64>| row.len() == columns && row.iter().all(|y| y.is_finite());
    if multipliers.y.len() != n || !multipliers.y.iter().all(fits) {
        let allowed = format!("{n} × {columns} numbers");
        return Err(InputError::new("Y does not fit", "y", "another shape", allowed).into());
    }
    let space = Space::new(world, true)?;
    let kept: Vec<usize> = (0..n).filter(|i| weights[*i] > 0.0).collect();
    let beta: f64 = kept
        .iter()
        .enumerate()
        .map(|(column, &i)| 2.0 * weights[i].sqrt() * multipliers.y[i][column])
        .sum();
    let mut phi = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            phi[i * n + j] =
                multipliers.y[i].iter().zip(&multipliers.y[j]).map(|(a, b)| a * b).sum();
        }
    }
    let mut pull = Pull::new(&space);
    space.maps[0].add_adjoint(&phi, 1.0, &mut pull.on_targets);
    let b = pull.matrix(&space);
    let norm = b.norm();
    let mut matrices = shifted(&space, &required.sinr, &multipliers.lambda, &b);
    if let Some(groups) = &groups {
        groups.subtract(&multipliers.nu, &mut matrices);
    }
    let top = largest(&matrices).0;
    let sum: f64 = multipliers.lambda.iter().sum();
    let (multiplier, price) = match &groups {
        None => (top.max(0.0), required.power.total() * top.max(0.0)),
        Some(groups) => {
            let raised: Vec<f64> = multipliers.nu.iter().map(|nu| (nu + top).max(0.0)).collect();
            (top, groups.price(&raised))
        }
    };
    let plain = beta + sum - price;
    let scaled = (0.5 * beta).powi(2) / (price - sum);
    Ok(Proven { beta, norm, multiplier, plain, scaled })
}

/// What λ and ρ prove of the least power, with the caps' minorants at a covariance: s, the
/// numerator, and their ratio.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn power_proven(
    world: &World,
    required: &Requirements,
    lambda: &[f64],
    rho: &[f64],
    at: &CMat,
) -> Result<(f64, f64, f64), Error> {
    world.check()?;
    required.check(world)?;
    signed("lambda", lambda, world.noise_w.len())?;
    signed("rho", rho, required.caps.len())?;
    let space = Space::new(world, true)?;
    let (all, limits) = mixed(&space, required, rho, at);
    let s = largest(&shifted(&space, &required.sinr, lambda, &all.b)).0.max(0.0);
    let numerator = lambda.iter().sum::<f64>() + all.beta - limits;
    Ok((s, numerator, numerator / s))
}

fn mixed(space: &Space, required: &Requirements, rho: &[f64], at: &CMat) -> (Minorant, f64) {
    let sensed = Sensed::of_covariance(space, at, true);
    let mut all = Minorant::nothing(space.dim());
    let mut limits = 0.0;
    for (cap, rho) in required.caps.iter().zip(rho) {
        let Some(minorant) = sensed.minorant(space, &cap.metric, 256) else { continue };
        all.add(*rho, &minorant);
        limits += rho * if cap.metric.is_gain() { -cap.limit } else { cap.limit };
    }
    (all, limits)
}

/// What multipliers t and ρ prove of the weighted sum rate in a box of interferences.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn rate_proven(
    world: &World,
    required: &Requirements,
    weights: &[f64],
    (low, high): (&[f64], &[f64]),
    t: &[f64],
    rho: &[f64],
    at: &CMat,
) -> Result<f64, Error> {
    world.check()?;
    required.check(world)?;
    super::checks::rate_weights(weights, world)?;
    signed("rho", rho, required.caps.len())?;
    for (name, values) in [("t", t), ("low", low), ("high", high)] {
        signed(name, values, world.noise_w.len())?;
    }
    let space = Space::new(world, true)?;
    let (all, limits) = mixed(&space, required, rho, at);
    let power = PowerLimit::Total(required.power.total());
    let caps = (&all, limits);
    Ok(node_bound(&space, weights, (low, high), t, (caps, (&[], &[])), (&power, &[])).0)
}

/// Refuse multipliers that are negative, not finite, or of another number.
fn signed(place: &str, values: &[f64], count: usize) -> Result<(), InputError> {
    if values.len() != count {
        let found = values.len().to_string();
        return Err(InputError::new("another number of them", place, found, count.to_string()));
    }
    for (i, value) in values.iter().enumerate() {
        in_range(&format!("{place}[{i}]"), *value, 0.0, f64::MAX, "")?;
    }
    Ok(())
}
