//! An independent witness: rate, bound and violations from dense definitions.
//!
//! Nothing here is shared with the model: geometry, responses, channels, echoes, their derivatives
//! and determinants are written out again from the definitions in the [module page](super). It is
//! slow and meant to be.

use std::f64::consts::PI;

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};
use serde::Serialize;

use super::{Deployment, Elements, Instance, Requirement};
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
    let antennas = parts.transmit_antennas;
    let scale = 2.0 * f64::from(parts.snapshots) / parts.sensing_noise_w;
    let mut rate_nats = 0.0;
    let mut violation = 0.0_f64;
    // Fisher matrix of frequency and complex reflection, as its three distinct entries
    let (mut own, mut mixed, mut reflection) = (0.0, C64::ZERO, 0.0);
    for mode in &deployment.modes {
        let scene = Scene::new(instance, deployment, &mode.phases);
        let information = rows(&mode.information);
        rate_nats += mode.share * log_det(&scene.channel, &information, parts.user_noise_w);
        let total: Rows = (0..antennas)
            .map(|i| {
                (0..antennas).map(|j| mode.information[(i, j)] + mode.sensing[(i, j)]).collect()
            })
            .collect();
        if mode.sensed {
            let weight = scale * mode.share;
            own += weight * trace(&scene.slope, &total, &scene.slope).re;
            mixed += trace(&scene.echo, &total, &scene.slope) * weight;
            reflection += weight * trace(&scene.echo, &total, &scene.echo).re;
        }
        let spent: f64 = (0..antennas).map(|i| total[i][i].re).sum();
        violation = violation.max((spent - parts.power_w) / parts.power_w);
        for v in mode.phases.iter().flatten() {
            violation = violation.max((v.norm() - 1.0).abs());
        }
        for covariance in [&mode.information, &mode.sensing] {
            violation = violation.max(indefiniteness(covariance)? / parts.power_w);
        }
    }
    let known = if reflection > 0.0 { own - mixed.norm_sqr() / reflection } else { 0.0 };
    let crb = (known > 0.0).then(|| 1.0 / known).filter(|crb| crb.is_finite());
    // (21) knows the frequency by the sensors alone, their phase reference in the middle
    let sensors = parts.sensors as f64;
    let spread: f64 =
        (0..parts.sensors).map(|i| (PI * (i as f64 - (sensors - 1.0) / 2.0)).powi(2)).sum();
    let aligned = reflection * spread / sensors;
    let crb_aligned = (aligned > 0.0).then(|| 1.0 / aligned).filter(|crb| crb.is_finite());
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
    })
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
}

/// e^{jπ x (i − (M−1)/2)}.
fn response(count: usize, i: usize, x: f64) -> C64 {
    C64::new(0.0, PI * x * (i as f64 - (count as f64 - 1.0) / 2.0)).exp()
}

impl Scene {
    fn new(instance: &Instance, deployment: &Deployment, phases: &[Vec<C64>]) -> Self {
        let parts = instance.parts();
        let (mt, mr, nr) = (parts.transmit_antennas, parts.user_antennas, parts.sensors);
        let point = |p: noctule_phy::geometry::Point| [p.x_m, p.y_m];
        let distance =
            |a: [f64; 2], b: [f64; 2]| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt();
        let along = |axis: [f64; 2], a: [f64; 2], b: [f64; 2]| {
            ((b[0] - a[0]) * axis[0] + (b[1] - a[1]) * axis[1]) / distance(a, b)
        };
        let amplitude = |d: f64| (parts.loss.reference_gain / d.powf(parts.loss.exponent)).sqrt();
        let (base, user) = (point(parts.base.position), point(parts.user.position));
        let target = point(parts.target);
        let site = |k: usize| point(parts.sites[deployment.sites[k]].position);
        let count = deployment.sites.len();
        let to_target: Vec<f64> =
            (0..count).map(|k| amplitude(distance(site(k), target))).collect();
        let strongest = to_target.iter().copied().fold(0.0, f64::max);
        let exact = parts.weights == noctule_phy::cascade::PathWeights::Exact;

        let mut channel = vec![vec![C64::ZERO; mt]; mr];
        let mut light = vec![C64::ZERO; mt];
        let mut bent = vec![C64::ZERO; mt];
        for k in 0..count {
            let place = &parts.sites[deployment.sites[k]];
            let n = match &parts.elements {
                Elements::Each(each) => each[deployment.sites[k]],
                Elements::Shared(total) => total / count,
            };
            let arrival = along(place.axis, base, site(k));
            let to_user = along(place.axis, site(k), user);
            let towards = along(place.axis, site(k), target);
            let (mut z, mut y, mut dy) = (C64::ZERO, C64::ZERO, C64::ZERO);
            for (i, v) in phases[k].iter().enumerate() {
                let incident = v * response(n, i, arrival);
                z += response(n, i, to_user).conj() * incident;
                let b = response(n, i, towards).conj() * incident;
                y += b;
                dy += b * C64::new(0.0, -PI * (i as f64 - (n as f64 - 1.0) / 2.0));
            }
            let from_base = amplitude(distance(base, site(k)));
            let reach = if exact { to_target[k] } else { strongest };
            let departure = along(parts.base.axis, base, site(k));
            let at_user = along(parts.user.axis, user, site(k));
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
        // the way back to the sensors, and the reflection
        let back = to_target[0] * parts.reflection_gain.sqrt();
        let x = along(parts.sites[deployment.sites[0]].axis, site(0), target);
        let mut echo = vec![vec![C64::ZERO; mt]; nr];
        let mut slope = echo.clone();
        for i in 0..nr {
            let a = response(nr, i, x) * back;
            let da = a * C64::new(0.0, PI * (i as f64 - (nr as f64 - 1.0) / 2.0));
            for j in 0..mt {
                echo[i][j] = a * light[j];
                slope[i][j] = da * light[j] + a * bent[j];
            }
        }
        Self { channel, echo, slope }
    }
}
