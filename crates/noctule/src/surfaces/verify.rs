//! An independent witness: rate, bound and violations from dense definitions.
//!
//! Nothing here is shared with the model: geometry, responses, channels, echoes, their derivatives
//! and determinants are written out again from the definitions in the [module page](super). It is
//! slow and meant to be.

use std::f64::consts::PI;

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};
use serde::Serialize;

use super::{Deployment, Elements, Instance, Mode, Requirement};
use crate::Error;

/// What the witness found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// The rate in nat/s/Hz, recomputed.
    pub rate_nats: f64,
    /// The Cramér–Rao bound (16), recomputed; absent where the target is not lit.
    pub crb: Option<f64>,
    /// Its upper bound (21), recomputed.
    pub crb_aligned: Option<f64>,
    /// Largest relative violation of power, unit modulus, positive semidefiniteness and the limit
    /// on the bound that the deployment is meant to keep: (21), or (16) itself.
    pub violation: f64,
    /// The violation without the limit on the bound: of what any deployment must satisfy.
    pub physical_violation: f64,
    /// By how much rounding may move (21), relative: where hardly anything lights the target itself, what does is
    /// what rounding leaves of fields that cancel.
    #[serde(skip)]
    pub crb_aligned_blur: f64,
}

impl Verification {
    /// |rate − rate found| / max(1, |rate|).
    pub fn mismatch(&self, rate_nats: f64) -> f64 {
        (self.rate_nats - rate_nats).abs() / rate_nats.abs().max(1.0)
    }
}

type Rows = Vec<Vec<C64>>;

/// Check a deployment against the definitions.
///
/// # Errors
/// [`Error::Input`] when its shapes do not fit the instance.
pub fn verify(instance: &Instance, deployment: &Deployment) -> Result<Verification, Error> {
    deployment.check(instance)?;
    let parts = instance.parts();
    let mut rate_nats = 0.0;
    let mut violation = 0.0_f64;
    let mut fisher = Fisher { own: 0.0, mixed: C64::ZERO, reflection: 0.0, most: 0.0 };
    let scale = 2.0 * f64::from(parts.snapshots) / parts.sensing_noise_w;
    for mode in &deployment.modes {
        let scene = Scene::new(instance, deployment, &mode.phases);
        let information = rows(&mode.information);
        rate_nats += mode.share * log_det(&scene.channel, &information, parts.user_noise_w);
        let total = total(mode);
        if mode.sensed {
            fisher.add(scale * mode.share, &scene, &total);
        }
        violation = violation.max(excess(mode, &total, parts.power_w)?);
    }
    let (crb, crb_aligned) = (fisher.crb(), fisher.crb_aligned(parts.sensors));
    let physical_violation = violation.max(0.0);
    if let Some(limit) = parts.crb_limit {
        let bound = match deployment.requirement {
            Requirement::Illumination => crb_aligned,
            Requirement::ExactBound => crb,
        };
        violation = violation.max(bound.map_or(f64::MAX, |bound| bound / limit - 1.0));
    }
    Ok(Verification {
        rate_nats,
        crb,
        crb_aligned,
        violation: violation.max(0.0),
        physical_violation,
        crb_aligned_blur: ROUNDING * fisher.most / fisher.reflection,
    })
}

/// What sums of fields round off, of the sum of their sizes squared.
const ROUNDING: f64 = 64.0 * f64::EPSILON;

/// R_c + R_s.
fn total(mode: &Mode) -> Rows {
    let n = mode.information.rows();
    (0..n)
        .map(|i| (0..n).map(|j| mode.information[(i, j)] + mode.sensing[(i, j)]).collect())
        .collect()
}

/// The largest relative violation of power, unit modulus and positive semidefiniteness.
fn excess(mode: &Mode, total: &Rows, power_w: f64) -> Result<f64, Error> {
    let spent: f64 = (0..total.len()).map(|i| total[i][i].re).sum();
    let mut violation = (spent - power_w) / power_w;
    for v in mode.phases.iter().flatten() {
        violation = violation.max((v.norm() - 1.0).abs());
    }
    for covariance in [&mode.information, &mode.sensing] {
        violation = violation.max(indefiniteness(covariance)? / power_w);
    }
    Ok(violation)
}

/// Fisher matrix of frequency and complex reflection, as its three distinct entries.
struct Fisher {
    own: f64,
    mixed: C64,
    reflection: f64,
    /// What the last would be if all fields added up.
    most: f64,
}

impl Fisher {
    fn add(&mut self, weight: f64, scene: &Scene, total: &Rows) {
        let power: f64 = (0..total.len()).map(|i| total[i][i].re).sum();
        self.most += weight * scene.most * power;
        self.own += weight * trace(&scene.slope, total, &scene.slope).re;
        self.mixed += trace(&scene.echo, total, &scene.slope) * weight;
        self.reflection += weight * trace(&scene.echo, total, &scene.echo).re;
    }

    /// Fields that cancel leave rounding.
    fn lit(&self) -> bool {
        self.reflection > 1e-16 * self.most
    }

    /// (16): what is known of the frequency once the reflection is not.
    fn crb(&self) -> Option<f64> {
        let Self { own, mixed, reflection, .. } = *self;
        let known = if self.lit() { own - mixed.norm_sqr() / reflection } else { 0.0 };
        (known > 0.0).then(|| 1.0 / known).filter(|crb| crb.is_finite())
    }

    /// (21) knows the frequency by the sensors alone, their phase reference in the middle.
    fn crb_aligned(&self, count: usize) -> Option<f64> {
        let sensors = count as f64;
        let spread: f64 =
            (0..count).map(|i| (PI * (i as f64 - (sensors - 1.0) / 2.0)).powi(2)).sum();
        let aligned = self.reflection * spread / sensors;
        (self.lit() && aligned > 0.0).then(|| 1.0 / aligned).filter(|crb| crb.is_finite())
    }
}

fn rows(matrix: &CMat) -> Rows {
    (0..matrix.rows()).map(|i| (0..matrix.cols()).map(|j| matrix[(i, j)]).collect()).collect()
}

/// How far a matrix is from Hermitian and positive semidefinite, absolute.
fn indefiniteness(matrix: &CMat) -> Result<f64, Error> {
    let n = matrix.rows();
    let mut skew = 0.0_f64;
    for i in 0..n {
        for j in 0..=i {
            skew = skew.max((matrix[(i, j)] - matrix[(j, i)].conj()).norm());
        }
    }
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(matrix)?;
    Ok(skew.max(-eigen.min()))
}

/// tr(A R Bᴴ).
fn trace(a: &Rows, r: &Rows, b: &Rows) -> C64 {
    let n = r.len();
    let mut sum = C64::ZERO;
    for (left, right) in a.iter().zip(b) {
        for i in 0..n {
            let through: C64 = (0..n).map(|j| r[i][j] * right[j].conj()).sum();
            sum += left[i] * through;
        }
    }
    sum
}

/// ln det(I + H R Hᴴ/σ²) by Gaussian elimination on the diagonal. The identity stays apart: a pivot
/// 1 + ξ gives ln(1 + ξ), so that a small rate is not lost beside it.
fn log_det(h: &Rows, r: &Rows, noise: f64) -> f64 {
    let (m, n) = (h.len(), r.len());
    let hr: Rows = h
        .iter()
        .map(|row| (0..n).map(|j| (0..n).map(|i| row[i] * r[i][j]).sum()).collect())
        .collect();
    let mut a: Rows = (0..m)
        .map(|i| {
            (0..m)
                .map(|k| {
                    let sum: C64 = (0..n).map(|j| hr[i][j] * h[k][j].conj()).sum();
                    sum / noise
                })
                .collect()
        })
        .collect();
    let mut total = 0.0;
    for p in 0..m {
        total += a[p][p].re.ln_1p();
        let pivot = a[p][p] + 1.0;
        let (above, below) = a.split_at_mut(p + 1);
        for row in below {
            let factor = row[p] / pivot;
            for (entry, top) in row.iter_mut().zip(&above[p]).skip(p) {
                *entry -= factor * top;
            }
        }
    }
    total
}

/// Channel, echo matrix A (the reflection taken out) and its derivative.
struct Scene {
    channel: Rows,
    echo: Rows,
    slope: Rows,
    /// The energy of the echo if all fields added up, for a watt.
    most: f64,
}

/// e^{jπ x (i − (M−1)/2)}.
fn response(count: usize, i: usize, x: f64) -> C64 {
    C64::new(0.0, PI * x * (i as f64 - (count as f64 - 1.0) / 2.0)).exp()
}

/// A place on the plane.
type Spot = [f64; 2];

fn distance(a: Spot, b: Spot) -> f64 {
    ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt()
}

/// The spatial frequency of the way from `a` to `b` along an axis.
fn along(axis: Spot, a: Spot, b: Spot) -> f64 {
    ((b[0] - a[0]) * axis[0] + (b[1] - a[1]) * axis[1]) / distance(a, b)
}

/// What a surface of n elements does to a wave: `z` towards the user, `y` towards the target, and the
/// derivative of `y` by the frequency of the target.
fn reflected(
    n: usize,
    phases: &[C64],
    (arrival, user, target): (f64, f64, f64),
) -> (C64, C64, C64) {
    let (mut z, mut y, mut dy) = (C64::ZERO, C64::ZERO, C64::ZERO);
    for (i, v) in phases.iter().enumerate() {
        let incident = v * response(n, i, arrival);
        z += response(n, i, user).conj() * incident;
        let b = response(n, i, target).conj() * incident;
        y += b;
        dy += b * C64::new(0.0, -PI * (i as f64 - (n as f64 - 1.0) / 2.0));
    }
    (z, y, dy)
}

impl Scene {
    fn new(instance: &Instance, deployment: &Deployment, phases: &[Vec<C64>]) -> Self {
        let parts = instance.parts();
        let (mt, mr) = (parts.transmit_antennas, parts.user_antennas);
        let amplitude = |d: f64| (parts.loss.reference_gain / d.powf(parts.loss.exponent)).sqrt();
        let (base, user) = (spot(parts.base.position), spot(parts.user.position));
        let target = spot(parts.target);
        let site = |k: usize| spot(parts.sites[deployment.sites[k]].position);
        let count = deployment.sites.len();
        let to_target: Vec<f64> =
            (0..count).map(|k| amplitude(distance(site(k), target))).collect();
        let strongest = to_target.iter().copied().fold(0.0, f64::max);
        let exact = parts.weights == noctule_phy::cascade::PathWeights::Exact;

        let mut channel = vec![vec![C64::ZERO; mt]; mr];
        let mut light = vec![C64::ZERO; mt];
        let mut bent = vec![C64::ZERO; mt];
        let mut all = 0.0;
        for k in 0..count {
            let axis = parts.sites[deployment.sites[k]].axis;
            let n = match &parts.elements {
                Elements::Each(each) => each[deployment.sites[k]],
                Elements::Shared(total) => total / count,
            };
            let onwards = (along(axis, site(k), user), along(axis, site(k), target));
            let ways = (along(axis, base, site(k)), onwards.0, onwards.1);
            let (z, y, dy) = reflected(n, &phases[k], ways);
            let from_base = amplitude(distance(base, site(k)));
            let reach = if exact { to_target[k] } else { strongest };
            let departure = along(parts.base.axis, base, site(k));
            let at_user = along(parts.user.axis, user, site(k));
            all += n as f64 * from_base * reach;
            let user_amplitude = from_base * amplitude(distance(site(k), user));
            for j in 0..mt {
                let a = response(mt, j, departure).conj();
                light[j] += y * a * (from_base * reach);
                if k == 0 {
                    bent[j] += dy * a * (from_base * reach);
                }
                for (i, row) in channel.iter_mut().enumerate() {
                    row[j] += response(mr, i, at_user) * z * a * user_amplitude;
                }
            }
        }
        let (echo, slope) = echoes(instance, deployment, &light, &bent, to_target[0]);
        let back = to_target[0].powi(2) * parts.reflection_gain * parts.sensors as f64;
        Self { channel, echo, slope, most: back * mt as f64 * all * all }
    }
}

fn spot(p: noctule_phy::geometry::Point) -> Spot {
    [p.x_m, p.y_m]
}

/// The way back to the sensors, and the reflection: the echo matrix, and its derivative by the frequency
/// that both the sensors and the first surface see.
fn echoes(
    instance: &Instance,
    deployment: &Deployment,
    light: &[C64],
    bent: &[C64],
    to_target: f64,
) -> (Rows, Rows) {
    let parts = instance.parts();
    let first = &parts.sites[deployment.sites[0]];
    let back = to_target * parts.reflection_gain.sqrt();
    let x = along(first.axis, spot(first.position), spot(parts.target));
    let nr = parts.sensors;
    let mut echo = vec![vec![C64::ZERO; light.len()]; nr];
    let mut slope = echo.clone();
    for i in 0..nr {
        let a = response(nr, i, x) * back;
        let da = a * C64::new(0.0, PI * (i as f64 - (nr as f64 - 1.0) / 2.0));
        for j in 0..light.len() {
            echo[i][j] = a * light[j];
            slope[i][j] = da * light[j] + a * bent[j];
        }
    }
    (echo, slope)
}
