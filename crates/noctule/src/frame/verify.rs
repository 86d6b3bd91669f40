//! An independent witness: objective and violations from dense definitions.
//!
//! Nothing here is shared with the model: the ring is integrated by Simpson's rule, the prior
//! and the estimator made of eigenvectors from Jacobi rotations, the bound on the angle taken from the
//! traces of its definition, and random divisions counted one by one. It is slow and meant to be.

use std::f64::consts::{LN_2, PI};

use noctule_num::{C64, CMat};
use noctule_phy::one_ring::{PhaseReference, PowerAngleSpectrum};
use serde::Serialize;

use super::{ErrorShape, Instance, Placement, Plan, SinrForm};
use crate::Error;

/// What the witness found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// Bits per hertz of the frame, recomputed.
    pub frame_bits_per_hz: f64,
    /// The same over the duration of the frame, in bit/s/Hz.
    pub sum_rate_bps_hz: f64,
    /// Cramér–Rao bound of every user's angle in rad², recomputed.
    pub crb_rad2: Vec<f64>,
    /// Largest of those bounds over its limit.
    pub worst_crb_ratio: f64,
    /// Largest relative violation: of a requirement, of the frame's length, of a pilot's room.
    pub violation: f64,
}

impl Verification {
    /// |rate − recomputed| relative to the larger of the rate and a millionth of a bit/s/Hz.
    pub fn mismatch(&self, sum_rate_bps_hz: f64) -> f64 {
        (self.sum_rate_bps_hz - sum_rate_bps_hz).abs() / sum_rate_bps_hz.abs().max(1e-6)
    }
}

/// Recompute what `plan` achieves in `instance`.
///
/// # Errors
/// When the plan does not fit the frame.
pub fn verify(instance: &Instance, plan: &Plan) -> Result<Verification, Error> {
    plan.check(instance)?;
    let parts = instance.parts();
    let block = parts.block_symbols as f64 * parts.symbol_time_s;
    let pilot = parts.pilot_symbols as f64 * parts.symbol_time_s;
    let whole = (plan.sensing_time_s / block + 1e-9).floor();
    let rest = (plan.sensing_time_s - whole * block).max(0.0);
    let crb_rad2: Vec<f64> =
        (0..parts.users.len()).map(|k| crb(instance, k, plan.sensing_time_s)).collect();
    let sinr = first_sinr(instance, &crb_rad2);
    let rate = |n: usize| -> f64 {
        sinr.iter().zip(&parts.aging).map(|(c, rho)| (rho[n] * rho[n] * c).ln_1p() / LN_2).sum()
    };
    let data = parts.blocks() - whole as usize;
    let (carried, updates) = match &plan.placement {
        Placement::Blocks(counts) => {
            let sum: f64 = counts.iter().flat_map(|&count| (0..count).map(rate)).sum();
            (sum, counts.len())
        }
        Placement::Random { updates } => (random_mean(data, *updates, &rate), *updates),
    };
    let lost = updates as f64 * pilot + rest;
    let ratios = crb_rad2.iter().zip(&parts.users).map(|(crb, user)| crb / user.crb_limit_rad2);
    let worst_crb_ratio = ratios.fold(0.0, f64::max);
    let mut violation = (worst_crb_ratio - 1.0).max(0.0);
    violation = violation.max(plan.sensing_time_s / (block * parts.blocks() as f64) - 1.0);
    if parts.whole_pilots {
        violation = violation.max((rest + pilot) / block - 1.0);
    }
    // Rounding of a requirement met with equality is no violation.
    let violation = if violation < 1e-12 { 0.0 } else { violation };
    // A frame whose sensing and pilots take more than it carries, carries nothing.
    let frame_bits_per_hz = (block * carried - lost * rate(0)).max(0.0);
    let sum_rate_bps_hz = frame_bits_per_hz / (block * parts.blocks() as f64);
    Ok(Verification { frame_bits_per_hz, sum_rate_bps_hz, crb_rad2, worst_crb_ratio, violation })
}

/// Steering vector and derivative, written out.
fn steering(elements: usize, reference: PhaseReference, angle: f64) -> (Vec<C64>, Vec<C64>) {
    let shift = match reference {
        PhaseReference::First => 0.0,
        PhaseReference::Centre => (elements as f64 - 1.0) / 2.0,
    };
    let mut a = Vec::new();
    let mut slope = Vec::new();
    for i in 0..elements {
        let position = i as f64 - shift;
        let entry =
            (C64::new(0.0, -1.0) * PI * position * angle.sin()).exp() / (elements as f64).sqrt();
        a.push(entry);
        slope.push(entry * C64::new(0.0, -1.0) * PI * position * angle.cos());
    }
    (a, slope)
}

fn inner(x: &[C64], y: &[C64]) -> C64 {
    x.iter().zip(y).map(|(x, y)| x.conj() * y).sum()
}

/// Eq. (9): σ²/(2 T |α|² (tr ȦWȦᴴ − |tr AWȦᴴ|²/tr AWAᴴ)), A = b aᵀ, W = w wᴴ, w = a*.
fn crb(instance: &Instance, k: usize, time: f64) -> f64 {
    let parts = instance.parts();
    let angle = parts.users[k].angle_rad;
    let (b, db) = steering(parts.receive_antennas, PhaseReference::First, angle);
    let (a, da) = steering(parts.transmit_antennas, PhaseReference::First, angle);
    let w: Vec<C64> = a.iter().map(C64::conj).collect();
    let through = |x: &[C64]| -> C64 { x.iter().zip(&w).map(|(x, w)| x * w).sum() };
    let (lit, turned) = (through(&a), through(&da));
    let aw: Vec<C64> = b.iter().map(|b| b * lit).collect();
    let daw: Vec<C64> = b.iter().zip(&db).map(|(b, db)| db * lit + b * turned).collect();
    let bracket = inner(&daw, &daw).re - inner(&aw, &daw).norm_sqr() / inner(&aw, &aw).re;
    let samples = time / parts.symbol_time_s;
    parts.crb_scale / (2.0 * samples * parts.users[k].echo_snr * bracket)
}

/// ∫ S a aᴴ and ∫ S a' a'ᴴ by Simpson's rule on each half of the ring.
fn ring(instance: &Instance, k: usize) -> (CMat, CMat) {
    let parts = instance.parts();
    let n = parts.transmit_antennas;
    let user = &parts.users[k];
    let phase = PI * n as f64 * user.spread_rad;
    let steps = 2 * (200 + (250.0 * phase) as usize);
    let weight = |t: f64| match parts.spectrum {
        PowerAngleSpectrum::Uniform => 1.0,
        PowerAngleSpectrum::Gaussian => (-(t * t) / (2.0 * 0.25)).exp(),
        PowerAngleSpectrum::Laplacian => (-t.abs() / 0.5).exp(),
        PowerAngleSpectrum::RaisedCosine => 1.0 + (PI * t).cos(),
    };
    // Both matrices are the position-weighted Toeplitz matrix of one sequence of lags.
    let (mut plain, mut sloped) = (vec![C64::ZERO; n], vec![C64::ZERO; n]);
    let mut total = 0.0;
    for side in [-1.0, 1.0] {
        for i in 0..=steps {
            let t = side * i as f64 / steps as f64;
            let simpson = match i {
                0 => 1.0,
                i if i == steps => 1.0,
                i if i % 2 == 1 => 4.0,
                _ => 2.0,
            };
            let w = simpson * weight(t);
            total += w;
            let angle = user.angle_rad + t * user.spread_rad;
            let step = (C64::new(0.0, -PI) * angle.sin()).exp();
            let cos = PI * angle.cos();
            let mut phasor = C64::ONE;
            for lag in 0..n {
                plain[lag] += phasor * w;
                sloped[lag] += phasor * (w * cos * cos);
                phasor *= step;
            }
        }
    }
    let shift = match parts.reference {
        PhaseReference::First => 0.0,
        PhaseReference::Centre => (n as f64 - 1.0) / 2.0,
    };
    let lag = |values: &[C64], i: usize, j: usize| {
        let value = if i >= j { values[i - j] } else { values[j - i].conj() };
        value / (total * n as f64)
    };
    let r = CMat::from_fn(n, n, |i, j| lag(&plain, i, j));
    let d =
        CMat::from_fn(n, n, |i, j| lag(&sloped, i, j) * ((i as f64 - shift) * (j as f64 - shift)));
    (r, d)
}

/// SINR of every user in a block that is not aged.
fn first_sinr(instance: &Instance, crb: &[f64]) -> Vec<f64> {
    let parts = instance.parts();
    let n = parts.transmit_antennas;
    let (mut rs, mut covariances, mut signals) = (Vec::new(), Vec::new(), Vec::new());
    for (k, user) in parts.users.iter().enumerate() {
        let (r, ring_slope) = ring(instance, k);
        let slope = steering(n, parts.reference, user.angle_rad).1;
        let length = inner(&slope, &slope).re;
        let shape = match parts.error_shape {
            ErrorShape::OneRing => ring_slope,
            ErrorShape::Los => outer(&slope, 1.0),
            ErrorShape::LosUnit => outer(&slope, if length > 0.0 { 1.0 / length } else { 1.0 }),
        };
        let prior = CMat::from_fn(n, n, |i, j| r[(i, j)] - shape[(i, j)] * crb[k]);
        let noise = 1.0 / (user.gain * user.pilot_snr);
        let (covariance, signal) = estimate(&r, &prior, noise, instance);
        rs.push(r);
        covariances.push(covariance);
        signals.push(signal);
    }
    parts
        .users
        .iter()
        .enumerate()
        .map(|(k, user)| {
            let strongest = jacobi(&rs[k]).0.into_iter().fold(0.0, f64::max);
            let received: f64 = parts
                .users
                .iter()
                .zip(&covariances)
                .map(|(other, c)| {
                    let power = trace(c);
                    let use_limit = parts.sinr == SinrForm::LowerBound || power <= 0.0;
                    let towards =
                        if use_limit { strongest } else { trace(&times(&rs[k], c)) / power };
                    other.power_w * user.gain * towards
                })
                .sum();
            user.power_w * user.gain * signals[k] / (received + user.noise_w)
        })
        .collect()
}

/// Covariance of the estimate that W = R̂ (R̂ + I/γ)⁻¹ makes, and the signal it brings. W is formed on
/// each eigenvector of R̂: without pilot noise R̂ + I/γ is singular, and nothing may divide by it.
fn estimate(r: &CMat, prior: &CMat, noise: f64, instance: &Instance) -> (CMat, f64) {
    let n = r.rows();
    let (mut values, vectors) = jacobi(prior);
    if instance.parts().project_prior {
        values.iter_mut().for_each(|value| *value = value.max(0.0));
    }
    let made_of = |of: &dyn Fn(f64) -> f64| {
        CMat::from_fn(n, n, |i, j| {
            let part = |k: usize| vectors[(i, k)] * vectors[(j, k)].conj() * of(values[k]);
            (0..n).map(part).sum()
        })
    };
    if instance.parts().sinr == SinrForm::Physical {
        let filter = made_of(&|value| value / (value + noise));
        let heard = CMat::from_fn(n, n, |i, j| if i == j { r[(i, j)] + noise } else { r[(i, j)] });
        let covariance = times(&times(&filter, &heard), &filter.adjoint());
        let amplitude = trace(&times(r, &filter));
        let power = trace(&covariance);
        return (covariance, if power > 0.0 { amplitude * amplitude / power } else { 0.0 });
    }
    let covariance = made_of(&|value| value / (value + noise) * value);
    let power = trace(&covariance);
    (covariance, power)
}

fn outer(x: &[C64], scale: f64) -> CMat {
    CMat::from_fn(x.len(), x.len(), |i, j| x[i] * x[j].conj() * scale)
}

fn trace(a: &CMat) -> f64 {
    (0..a.rows()).map(|i| a[(i, i)].re).sum()
}

fn times(a: &CMat, b: &CMat) -> CMat {
    let n = a.rows();
    CMat::from_fn(n, n, |i, j| (0..n).map(|k| a[(i, k)] * b[(k, j)]).sum())
}

/// Eigenvalues and eigenvectors of a Hermitian matrix by cyclic Jacobi rotations.
fn jacobi(a: &CMat) -> (Vec<f64>, CMat) {
    let n = a.rows();
    let mut a = a.clone();
    let mut v = CMat::identity(n);
    let size = a.norm();
    for _ in 0..60 {
        let mut off = 0.0;
        for q in 1..n {
            for p in 0..q {
                let x = a[(p, q)];
                off += x.norm_sqr();
                if x.norm() <= 1e-18 * size {
                    continue;
                }
                // Remove the phase of the entry, then rotate in the plane.
                let phase = x / x.norm();
                let theta = 0.5 * (2.0 * x.norm()).atan2(a[(q, q)].re - a[(p, p)].re);
                let (s, c) = theta.sin_cos();
                for i in 0..n {
                    let (x, y) = (a[(i, p)] * phase, a[(i, q)]);
                    (a[(i, p)], a[(i, q)]) = (x * c - y * s, x * s + y * c);
                    let (x, y) = (v[(i, p)] * phase, v[(i, q)]);
                    (v[(i, p)], v[(i, q)]) = (x * c - y * s, x * s + y * c);
                }
                for i in 0..n {
                    let (x, y) = (a[(p, i)] * phase.conj(), a[(q, i)]);
                    (a[(p, i)], a[(q, i)]) = (x * c - y * s, x * s + y * c);
                }
            }
        }
        if off <= 1e-34 * size * size {
            break;
        }
    }
    ((0..n).map(|i| a[(i, i)].re).collect(), v)
}

/// Mean of Σ_m S(N_m) over all divisions of `data` blocks into `updates` parts, by counting.
fn random_mean(data: usize, updates: usize, rate: &dyn Fn(usize) -> f64) -> f64 {
    let sums: Vec<f64> = (0..=data).map(|n| (0..n).map(rate).sum()).collect();
    let mut ways = vec![0.0; data + 1];
    let mut worth = vec![0.0; data + 1];
    ways[0] = 1.0;
    for _ in 0..updates {
        let (mut more_ways, mut more_worth) = (vec![0.0; data + 1], vec![0.0; data + 1]);
        for n in 1..=data {
            for j in 1..=n {
                more_ways[n] += ways[n - j];
                more_worth[n] += worth[n - j] + ways[n - j] * sums[j];
            }
        }
        // Counts of long frames leave double precision: only their ratio matters.
        let scale: f64 = more_ways.iter().copied().fold(1.0, f64::max);
        ways = more_ways.iter().map(|x| x / scale).collect();
        worth = more_worth.iter().map(|x| x / scale).collect();
    }
    worth[data] / ways[data]
}
