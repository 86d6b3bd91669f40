//! Proofs that can be checked without an optimiser.
//!
//! An upper bound on the objective is a few numbers and one inequality each: for `t > 0`, `Q ≻ 0`
//! and symmetric `Y`
//! ```math
//! \ln x \le t x - \ln t - 1,\qquad
//! \ln\det A \le \mathrm{tr}\,QA - \ln\det Q - K,\qquad
//! \mathrm{tr}F^{-1} \ge 2\,\mathrm{tr}Y - \mathrm{tr}\,YFY
//! ```
//! turn the objective into something linear in the covariances, and a linear function
//! `⟨G, R⟩` over `tr R ≤ P` is at most `P · max(0, λ_max(G))`. Whoever doubts a bound of
//! [`global`](super::global) or [`cooperation`](super::cooperation) evaluates these two functions
//! at the numbers given: they are dense, at full size, in the units of the instance, and use no
//! part of the solvers. They are valid for *any* numbers; good ones make them tight.

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::fisher::{MultiTargetFisher, parameters, target_space, unpack_hermitian};

use super::Instance;
use crate::Error;

/// What no beams with interference levels in the box `low ≤ I_k/σ_k² ≤ high` exceed, by the
/// multipliers `t` (one a user, at best `σ_k²/T_k`) and `y` (`4M × 4M`, row by row, at best
/// `F⁻¹`). A union of boxes that covers `[1, 1 + P‖h_k‖²/σ_k²]^K` proves the largest of their
/// values for all beams.
///
/// # Errors
/// [`Error::Input`] when a list has another length, or a box or multiplier is not positive.
pub fn of_box(
    instance: &Instance,
    low: &[f64],
    high: &[f64],
    t: &[f64],
    y: &[f64],
) -> Result<f64, Error> {
    let (parts, users) = (instance.parts(), instance.users());
    for (name, list) in [("low", low), ("high", high), ("t", t)] {
        length(name, list.len(), users)?;
        if let Some(bad) = list.iter().find(|x| !(**x > 0.0 && x.is_finite())) {
            let error =
                InputError::new("not a positive number", name, bad.to_string(), "finite, > 0");
            return Err(error.into());
        }
    }
    let (weight, h) = (parts.rate_weight_per_nat, normalised_channels(instance));
    let (sensing, mut shared) = sensing_part(instance, y)?;
    let mut constant = -sensing;
    let mut slopes = Vec::with_capacity(users);
    for k in 0..users {
        let slope = if high[k] > low[k] {
            (high[k] / low[k]).ln() / (high[k] - low[k])
        } else {
            low[k].recip()
        };
        let offset = slope * low[k] - low[k].ln();
        constant += weight * (t[k] - slope - t[k].ln() - 1.0 + offset);
        add_outer(&mut shared, &h, k, weight * (t[k] - slope));
        slopes.push(slope);
    }
    let mut top = largest_eigenvalue(&shared)?;
    for (k, slope) in slopes.iter().enumerate() {
        let mut own = shared.clone();
        add_outer(&mut own, &h, k, weight * slope);
        top = top.max(largest_eigenvalue(&own)?);
    }
    Ok(constant + parts.power_w * top.max(0.0))
}

/// What no precoding exceeds, linear or not, by a noise covariance `z` of unit diagonal (in units
/// of the users' noise), a matrix `q` (at best `(Z + HᴴRH)⁻¹`) and `y` as in [`of_box`].
///
/// # Errors
/// [`Error::Input`] when a shape does not fit or the diagonal of `z` is not one;
/// [`Error::Numerics`] when `z` or `q` is not positive definite.
pub fn of_cooperation(instance: &Instance, z: &CMat, q: &CMat, y: &[f64]) -> Result<f64, Error> {
    let (parts, users) = (instance.parts(), instance.users());
    for (name, matrix) in [("z", z), ("q", q)] {
        length(name, matrix.rows(), users)?;
        length(name, matrix.cols(), users)?;
    }
    if let Some(k) = (0..users).find(|&k| (z[(k, k)] - C64::ONE).norm() > 1e-12) {
        let found = z[(k, k)].to_string();
        return Err(
            InputError::new("not a noise covariance", "z", found, "ones on the diagonal").into()
        );
    }
    let mut cholesky = Cholesky::new(users);
    cholesky.factor(z, "noise covariance")?;
    let mut constant = -cholesky.log_det();
    cholesky.factor(q, "q")?;
    constant -= cholesky.log_det() + users as f64;
    let qz = product(q, Op::Plain, z, Op::Plain);
    constant += (0..users).map(|k| qz[(k, k)].re).sum::<f64>();
    let (sensing, shared) = sensing_part(instance, y)?;
    let h = normalised_channels(instance);
    let mut hq = product(&h, Op::Plain, q, Op::Plain);
    hq.scale(parts.rate_weight_per_nat);
    let mut slope = product(&hq, Op::Plain, &h, Op::Adjoint);
    for j in 0..slope.cols() {
        for (s, b) in slope.col_mut(j).iter_mut().zip(shared.col(j)) {
            *s += b;
        }
    }
    let top = largest_eigenvalue(&slope)?;
    Ok(parts.rate_weight_per_nat * constant - sensing + parts.power_w * top.max(0.0))
}

/// `2 δ_s tr Y`, and `δ_s B(Y)` with `tr YFY = ⟨B(Y), R⟩`.
fn sensing_part(instance: &Instance, y: &[f64]) -> Result<(f64, CMat), Error> {
    let parts = instance.parts();
    let (targets, antennas) = (instance.targets().len(), instance.antennas());
    if parts.crb_weight <= 0.0 || targets == 0 {
        return Ok((0.0, CMat::zeros(antennas, antennas)));
    }
    let n = parameters(targets);
    length("y", y.len(), n * n)?;
    let mut squared = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            squared[i * n + j] = (0..n).map(|l| y[i * n + l] * y[l * n + j]).sum();
        }
    }
    let reflections: Vec<C64> = instance.targets().iter().map(|t| t.reflection).collect();
    let map =
        MultiTargetFisher::new(instance.receive_steering(), &reflections, instance.information());
    let mut packed = vec![0.0; 9 * targets * targets];
    map.adjoint(&squared, &mut packed);
    let mut middle = CMat::zeros(3 * targets, 3 * targets);
    unpack_hermitian(&packed, &mut middle);
    middle.scale(parts.crb_weight);
    let space = target_space(instance.transmit_steering());
    let left = product(&space, Op::Plain, &middle, Op::Plain);
    let trace: f64 = (0..n).map(|i| y[i * n + i]).sum();
    Ok((2.0 * parts.crb_weight * trace, product(&left, Op::Plain, &space, Op::Adjoint)))
}

/// `h_k/σ_k`.
fn normalised_channels(instance: &Instance) -> CMat {
    let mut channels = instance.channels().clone();
    for (user, noise) in instance.parts().user_noise_w.iter().enumerate() {
        let scale = noise.sqrt().recip();
        channels.col_mut(user).iter_mut().for_each(|h| *h *= scale);
    }
    channels
}

fn add_outer(matrix: &mut CMat, h: &CMat, user: usize, weight: f64) {
    for j in 0..matrix.cols() {
        let right = h[(j, user)].conj() * weight;
        for (entry, left) in matrix.col_mut(j).iter_mut().zip(h.col(user)) {
            *entry += left * right;
        }
    }
}

fn largest_eigenvalue(matrix: &CMat) -> Result<f64, Error> {
    let mut eigen = HermitianEigen::new(matrix.rows());
    eigen.compute(matrix)?;
    Ok(eigen.max())
}

fn length(name: &str, found: usize, needed: usize) -> Result<(), Error> {
    if found == needed {
        return Ok(());
    }
    let (found, needed) = (found.to_string(), needed.to_string());
    Err(InputError::new("the length does not fit the instance", name, found, needed).into())
}
