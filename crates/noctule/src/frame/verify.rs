//! An independent witness: objective and violations from dense definitions.
//!
//! Nothing here is shared with the model: the ring is integrated by the double-exponential rule,
//! covariances are taken apart by pivoted Cholesky factors and everything is computed in the space
//! that these span, the estimator is made on eigenvectors, what beams send towards a user is summed
//! along diagonals, the bound on the angle taken from the traces of its definition, and random
//! divisions counted one by one. The one kernel it has in common with the model, the eigenvalues of
//! a Hermitian matrix, is checked here and not trusted.

use std::f64::consts::{LN_2, PI};

use noctule_num::interrupt::poll;
use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::one_ring::{PhaseReference, PowerAngleSpectrum};
use serde::Serialize;

use super::{ErrorShape, Instance, Placement, Plan, SinrForm};
use crate::Error;

mod dense;

use dense::{basis, cholesky_root, diagonal_sums, eigen, inner, strongest, toeplitz_trace, trace};

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
    let sinr = first_sinr(instance, &crb_rad2)?;
    let rate = |n: usize| -> f64 {
        sinr.iter().zip(&parts.aging).map(|(c, rho)| (rho[n] * rho[n] * c).ln_1p() / LN_2).sum()
    };
    let data = parts.blocks() - whole as usize;
    let (carried, updates) = match &plan.placement {
        Placement::Blocks(counts) => {
            let sum: f64 = counts.iter().flat_map(|&count| (0..count).map(rate)).sum();
            (sum, counts.len())
        }
        Placement::Random { updates } => (random_mean(data, *updates, &rate)?, *updates),
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

/// The first columns of the Toeplitz matrices ∫ S a aᴴ and ∫ S a' a'ᴴ (the latter before its
/// weights by position), by the double-exponential rule on each half of the ring.
fn ring(instance: &Instance, k: usize) -> (Vec<C64>, Vec<C64>) {
    let parts = instance.parts();
    let n = parts.transmit_antennas;
    let user = &parts.users[k];
    let phase = PI * n as f64 * user.spread_rad;
    let steps = 300 + (3.0 * phase) as usize;
    let weight = |t: f64| match parts.spectrum {
        PowerAngleSpectrum::Uniform => 1.0,
        PowerAngleSpectrum::Gaussian => (-(t * t) / (2.0 * 0.25)).exp(),
        PowerAngleSpectrum::Laplacian => (-t.abs() / 0.5).exp(),
        PowerAngleSpectrum::RaisedCosine => 1.0 + (PI * t).cos(),
    };
    let (mut plain, mut sloped) = (vec![C64::ZERO; n], vec![C64::ZERO; n]);
    let mut total = 0.0;
    for side in [-1.0, 1.0] {
        for i in 0..=steps {
            // t = (1 + tanh s)/2, s = π/2 sinh u; beyond |u| = 3.3 the weights are below 1e-17.
            let u: f64 = 3.3 * (2.0 * i as f64 / steps as f64 - 1.0);
            let s = 0.5 * PI * u.sinh();
            let t = side / (1.0 + (-2.0 * s).exp());
            let w = weight(t) * u.cosh() / s.cosh().powi(2);
            total += w;
            let angle = user.angle_rad + t * user.spread_rad;
            let step = (C64::new(0.0, -PI) * angle.sin()).exp();
            let cos = PI * angle.cos();
            let mut phasor = C64::ONE;
            for (plain, sloped) in plain.iter_mut().zip(&mut sloped) {
                *plain += phasor * w;
                *sloped += phasor * (w * cos * cos);
                phasor *= step;
            }
        }
    }
    let scale = 1.0 / (total * n as f64);
    for value in plain.iter_mut().chain(&mut sloped) {
        *value *= scale;
    }
    (plain, sloped)
}

/// What the witness knows of a user.
struct User {
    /// First column of R.
    lags: Vec<C64>,
    /// R = root rootᴴ.
    root: CMat,
    /// Sums along the diagonals of the covariance of its beam.
    beam: Vec<C64>,
    /// tr of that covariance.
    power: f64,
    /// Power of the signal through its beam.
    signal: f64,
}

/// Estimate and beam of a user, in the space that R and the error of sensing span.
fn user(instance: &Instance, k: usize, crb: f64) -> Result<User, Error> {
    let parts = instance.parts();
    let n = parts.transmit_antennas;
    let user = &parts.users[k];
    let (lags, sloped) = ring(instance, k);
    let root = cholesky_root(n, |i, j| toeplitz(&lags, i, j))?;
    let error = error_root(instance, user.angle_rad, &sloped)?;
    let basis = basis(&[&root, &error])?;
    let inside = |root: &CMat| {
        let seen = product(&basis, Op::Adjoint, root, Op::Plain);
        product(&seen, Op::Plain, &seen, Op::Adjoint)
    };
    let (r, shape) = (inside(&root), inside(&error));
    let rank = basis.cols();
    let prior = CMat::from_fn(rank, rank, |i, j| r[(i, j)] - shape[(i, j)] * crb);
    let noise = 1.0 / (user.gain * user.pilot_snr);
    let (covariance, amplitude) = estimate(&r, &prior, noise, instance)?;
    let power = trace(&covariance);
    let signal = match amplitude {
        Some(amplitude) if power > 0.0 => amplitude * amplitude / power,
        Some(_) => 0.0,
        None => power,
    };
    let outside = product(&basis, Op::Plain, &covariance, Op::Plain);
    let beam = diagonal_sums(&product(&outside, Op::Plain, &basis, Op::Adjoint));
    Ok(User { lags, root, beam, power, signal })
}

fn toeplitz(column: &[C64], i: usize, j: usize) -> C64 {
    if i >= j { column[i - j] } else { column[j - i].conj() }
}

/// A root of the covariance that an error of one radian leaves.
fn error_root(instance: &Instance, angle: f64, sloped: &[C64]) -> Result<CMat, Error> {
    let parts = instance.parts();
    let n = parts.transmit_antennas;
    if parts.error_shape == ErrorShape::OneRing {
        let shift = match parts.reference {
            PhaseReference::First => 0.0,
            PhaseReference::Centre => (n as f64 - 1.0) / 2.0,
        };
        let position = |i: usize| i as f64 - shift;
        return cholesky_root(n, |i, j| toeplitz(sloped, i, j) * (position(i) * position(j)));
    }
    let slope = steering(n, parts.reference, angle).1;
    let length = inner(&slope, &slope).re;
    let unit = parts.error_shape == ErrorShape::LosUnit && length > 0.0;
    let size = if unit { 1.0 / length.sqrt() } else { 1.0 };
    Ok(CMat::from_fn(n, 1, |i, _| slope[i] * size))
}

/// Covariance of the estimate that W = R̂ (R̂ + I/γ)⁻¹ makes, and tr R W where that is another signal
/// than its power. W is formed on each eigenvector of R̂: without pilot noise R̂ + I/γ is singular, and
/// nothing may divide by it.
fn estimate(
    r: &CMat,
    prior: &CMat,
    noise: f64,
    instance: &Instance,
) -> Result<(CMat, Option<f64>), Error> {
    let rank = r.rows();
    let eigen = eigen(prior)?;
    let project = instance.parts().project_prior;
    let values: Vec<f64> =
        eigen.values().iter().map(|&value| if project { value.max(0.0) } else { value }).collect();
    let made_of = |of: &dyn Fn(f64) -> f64| {
        let mut scaled = eigen.vectors().clone();
        for (j, &value) in values.iter().enumerate() {
            let factor = of(value);
            scaled.col_mut(j).iter_mut().for_each(|x| *x *= factor);
        }
        product(&scaled, Op::Plain, eigen.vectors(), Op::Adjoint)
    };
    if instance.parts().sinr == SinrForm::Physical {
        let filter = made_of(&|value| value / (value + noise));
        let heard =
            CMat::from_fn(rank, rank, |i, j| if i == j { r[(i, j)] + noise } else { r[(i, j)] });
        let received = product(&filter, Op::Plain, &heard, Op::Plain);
        let covariance = product(&received, Op::Plain, &filter, Op::Adjoint);
        return Ok((covariance, Some(trace(&product(r, Op::Plain, &filter, Op::Plain)))));
    }
    Ok((made_of(&|value| value / (value + noise) * value), None))
}

/// SINR of every user in a block that is not aged.
fn first_sinr(instance: &Instance, crb: &[f64]) -> Result<Vec<f64>, Error> {
    let parts = instance.parts();
    let mut known = Vec::with_capacity(crb.len());
    for (k, crb) in crb.iter().enumerate() {
        known.push(user(instance, k, *crb)?);
    }
    let mut out = Vec::with_capacity(crb.len());
    for (user, mine) in parts.users.iter().zip(&known) {
        let limited = |other: &User| parts.sinr == SinrForm::LowerBound || other.power <= 0.0;
        let strongest = match known.iter().any(limited) {
            true => strongest(&mine.root)?,
            false => 0.0,
        };
        let received: f64 = parts
            .users
            .iter()
            .zip(&known)
            .map(|(other, theirs)| {
                let towards = if limited(theirs) {
                    strongest
                } else {
                    toeplitz_trace(&mine.lags, &theirs.beam) / theirs.power
                };
                other.power_w * user.gain * towards
            })
            .sum();
        out.push(user.power_w * user.gain * mine.signal / (received + user.noise_w));
    }
    Ok(out)
}

/// Mean of Σ_m S(N_m) over all divisions of `data` blocks into `updates` parts, by counting.
fn random_mean(data: usize, updates: usize, rate: &dyn Fn(usize) -> f64) -> Result<f64, Error> {
    let sums: Vec<f64> = (0..=data).map(|n| (0..n).map(rate).sum()).collect();
    let mut ways = vec![0.0; data + 1];
    let mut worth = vec![0.0; data + 1];
    ways[0] = 1.0;
    for _ in 0..updates {
        poll()?;
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
    Ok(worth[data] / ways[data])
}
