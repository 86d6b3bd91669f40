//! An independent witness: errors and bounds from dense definitions.
//!
//! Nothing here is shared with the model. Channel and estimates of one access point are jointly
//! Gaussian, with covariances written as matrix products; moments of their products follow from
//! Isserlis' theorem; the radar is summed path by path from positions. It is slow and meant to be.

use std::f64::consts::PI;

use noctule_num::{C64, CMat};
use serde::Serialize;

use super::instance::Sensing;
use super::{Allocation, Instance, PilotUse};
use crate::Error;

/// What the witness found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// The largest normalised error, recomputed.
    pub worst_error: f64,
    /// Bounds on positions in m², recomputed; absent where singular or not sensed.
    pub crb_m2: Vec<Option<f64>>,
    /// Largest relative violation of power limits, signs and the limit on positions.
    pub violation: f64,
}

impl Verification {
    /// |error − recomputed| over the error: errors are far below one, so that an absolute difference
    /// would say nothing.
    pub fn mismatch(&self, worst_error: f64) -> f64 {
        (self.worst_error - worst_error).abs() / worst_error.abs().max(f64::MIN_POSITIVE)
    }
}

/// Recompute what `allocation` achieves in `instance`.
///
/// # Errors
/// When the allocation has another shape than the instance asks for.
pub fn verify(instance: &Instance, allocation: &Allocation) -> Result<Verification, Error> {
    allocation.check(instance)?;
    let (m, k) = (instance.points(), instance.users());
    let x = |i: usize, j: usize| allocation.fractions[i * k + j];
    let worst_error = worst_error(instance, allocation);
    let crb_m2: Vec<Option<f64>> = (0..k).map(|user| crb(instance, allocation, user)).collect();
    let mut violation: f64 = 0.0;
    for i in 0..m {
        let spent: f64 = (0..k).map(|j| x(i, j)).sum();
        violation = violation.max(spent - 1.0);
        for j in 0..k {
            violation = violation.max(-x(i, j));
        }
    }
    if let Some(limit) = instance.parts().crb_limit_m2 {
        for bound in &crb_m2 {
            // An allocation that locates nobody violates the limit completely.
            violation = violation.max(bound.map_or(1.0, |bound| bound / limit - 1.0));
        }
    }
    Ok(Verification { worst_error, crb_m2, violation })
}

fn times(a: &CMat, b: &CMat) -> CMat {
    CMat::from_fn(a.rows(), b.cols(), |i, j| (0..a.cols()).map(|l| a[(i, l)] * b[(l, j)]).sum())
}

/// E ĝ ĝᴴ and E g ĝᴴ of one access point.
fn covariances(instance: &Instance, allocation: &Allocation, point: usize) -> (CMat, CMat) {
    let (parts, k) = (instance.parts(), instance.users());
    let beta = |j: usize| parts.channel_gain[point * k + j];
    let diagonal = |of: &dyn Fn(usize) -> f64| {
        CMat::from_fn(k, k, |i, j| if i == j { C64::from(of(i)) } else { C64::ZERO })
    };
    if let Some(gamma) = &parts.estimate_gain {
        let gamma = diagonal(&|j| gamma[point * k + j]);
        return (gamma.clone(), gamma);
    }
    let energy = match allocation.pilots {
        PilotUse::UplinkOnly => parts.uplink_energy + parts.downlink_energy,
        _ => parts.uplink_energy,
    };
    let gram = &parts.uplink_gram;
    let channel = diagonal(&beta);
    // Correlator outputs: y = √s G g + n with E n nᴴ = G.
    let mut heard = times(&times(gram, &channel), &gram.adjoint());
    heard.scale(energy);
    let heard = CMat::from_fn(k, k, |i, j| heard[(i, j)] + gram[(i, j)]);
    let scale = diagonal(&|j| energy.sqrt() * beta(j) / heard[(j, j)].re);
    let estimates = times(&times(&scale, &heard), &scale);
    let mut cross = times(&times(&channel, &gram.adjoint()), &scale);
    cross.scale(energy.sqrt());
    (estimates, cross)
}

/// What the access points add up to for one user: mean and variance of its own gain, covariance of it
/// with the gains of all other pilots as the user's correlator hears them, and their variance.
#[derive(Clone, Copy, Default)]
struct Sums {
    mean: C64,
    own: f64,
    shared: C64,
    others: f64,
}

/// The largest normalised error. The covariances of an access point serve all users.
fn worst_error(instance: &Instance, allocation: &Allocation) -> f64 {
    let (parts, k) = (instance.parts(), instance.users());
    let energy = match allocation.pilots {
        PilotUse::Downlink => parts.downlink_energy,
        _ => 0.0,
    };
    let mut sums = vec![Sums::default(); k];
    for point in 0..instance.points() {
        let (estimates, cross) = covariances(instance, allocation, point);
        let amplitude = |j: usize| {
            let gamma = estimates[(j, j)].re;
            if gamma > 0.0 { (allocation.fractions[point * k + j] / gamma).sqrt() } else { 0.0 }
        };
        let amplitudes: Vec<f64> = (0..k).map(amplitude).collect();
        for (user, sum) in sums.iter_mut().enumerate() {
            let beta = parts.channel_gain[point * k + user];
            let pilot = |j: usize| parts.downlink_gram[(user, j)];
            // E (g ĝ_i*)(g ĝ_j*)* − means = E|g|² E ĝ_j ĝ_i*.
            let covariance =
                |i: usize, j: usize| estimates[(j, i)] * (beta * amplitudes[i] * amplitudes[j]);
            sum.mean += cross[(user, user)] * amplitudes[user];
            sum.own += covariance(user, user).re;
            for i in (0..k).filter(|&i| i != user) {
                sum.shared += covariance(user, i) * pilot(i).conj();
                for j in (0..k).filter(|&j| j != user) {
                    sum.others += (pilot(i) * covariance(i, j) * pilot(j).conj()).re;
                }
            }
        }
    }
    sums.iter().map(|sum| linear_error(sum, energy)).fold(0.0, f64::max)
}

/// `(V a − |Cov(a, y)|²/V y) / E|a|²` for `y = √s (a + b) + n`. What both terms have in common is
/// left out: they may be ten orders above their difference.
fn linear_error(sum: &Sums, energy: f64) -> f64 {
    let power = sum.mean.norm_sqr() + sum.own;
    let seen = 1.0 + energy * (sum.own + 2.0 * sum.shared.re + sum.others);
    let left = sum.own * (1.0 + energy * sum.others) - energy * sum.shared.norm_sqr();
    if power > 0.0 { left.max(0.0) / seen / power } else { 1.0 }
}

fn crb(instance: &Instance, allocation: &Allocation, user: usize) -> Option<f64> {
    let (parts, k) = (instance.parts(), instance.users());
    if allocation.pilots == PilotUse::UplinkOnly {
        return None;
    }
    let p = |m: usize| parts.downlink_energy * allocation.fractions[m * k + user];
    let mut j = [0.0; 3];
    match parts.sensing.as_ref()? {
        Sensing::Known(information) => {
            for m in 0..instance.points() {
                let r = &information[m * k + user];
                j = [j[0] + p(m) * r.xx, j[1] + p(m) * r.yy, j[2] + p(m) * r.xy];
            }
        }
        Sensing::Placed { points, users, radar } => {
            let light = 299_792_458.0;
            let place = users[user];
            let seen = |m: usize| {
                let (dx, dy) = (points[m].x_m - place.x_m, points[m].y_m - place.y_m);
                let distance = (dx * dx + dy * dy).sqrt();
                (distance, dx / distance, dy / distance)
            };
            for m in 0..points.len() {
                for n in 0..points.len() {
                    let ((d, ux, uy), (e, vx, vy)) = (seen(m), seen(n));
                    if d <= 0.0 || e <= 0.0 {
                        return None;
                    }
                    let loss = (light / radar.frequency_hz).powi(2)
                        / ((4.0 * PI).powi(3) * d.max(1.0).powi(2) * e.max(1.0).powi(2));
                    let snr = loss * radar.cross_section_m2 * p(m);
                    let weight =
                        snr * 8.0 * PI * PI * radar.effective_bandwidth_hz.powi(2) / light.powi(2);
                    let (x, y) = (ux + vx, uy + vy);
                    j = [j[0] + weight * x * x, j[1] + weight * y * y, j[2] + weight * x * y];
                }
            }
        }
    }
    // tr J⁻¹ as the sum of the inverse eigenvalues.
    let (half, spread) = (0.5 * (j[0] + j[1]), (0.5 * (j[0] - j[1])).hypot(j[2]));
    let (large, small) = (half + spread, half - spread);
    (small > 1e-13 * large).then(|| 1.0 / large + 1.0 / small)
}
