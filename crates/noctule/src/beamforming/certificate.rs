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
//!
//! The bounds of [`global`](super::global) and [`cooperation`](super::cooperation) carry their
//! numbers ([`Bound::numbers`](noctule_optim::Bound)), those of the [separate optima](super::bound)
//! and of sensing alone too, and so do documents; [`again`] computes the bound from them, which is
//! what `noctule verify` does.

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::Bound;
use noctule_optim::branch_bound::covers;
use noctule_phy::fisher::{MultiTargetFisher, parameters, target_space, unpack_hermitian};

use super::Instance;
use crate::Error;

/// The bound that the multipliers of a document prove, without an optimiser; `None` when there were
/// too many to be kept (`left_out`). Lists hold one box after the other, users in order.
///
/// | name | of every box |
/// |---|---|
/// | `low`, `high` | its interference levels; the boxes together cover what any beams reach |
/// | `chord_low`, `chord_high` | a box around it, whose chords the multipliers belong to |
/// | `t`, `y` | the multipliers of [`of_box`] |
///
/// | name | for cooperating users |
/// |---|---|
/// | `z`, `q`, `y` | as in [`of_cooperation`]; matrices by columns, real and imaginary parts in turn |
///
/// | name | for the two ends alone |
/// |---|---|
/// | `capacity` | the users' shares of power in the dual channel, as in [`of_capacity`] |
/// | `y` | as in [`of_sensing`]; without `capacity`, of a design for sensing alone |
///
/// # Errors
/// [`Error::Input`] when lists do not fit the instance, a box is outside its chords, or the boxes
/// leave something uncovered.
pub fn again(instance: &Instance, bound: &Bound) -> Result<Option<f64>, Error> {
    let numbers = &bound.numbers;
    let list = |name: &str| {
        numbers.get(name).map(Vec::as_slice).ok_or_else(|| {
            let what = "the proof is incomplete";
            Error::Input(InputError::new(what, name, "nothing", "a list of numbers"))
        })
    };
    if numbers.contains_key("left_out") {
        return Ok(None);
    }
    if let Some(shares) = numbers.get("capacity") {
        return Ok(Some(of_capacity(instance, shares)? + of_sensing(instance, list("y")?)?));
    }
    let rates = instance.parts().rate_weight_per_nat > 0.0 && instance.users() > 0;
    if numbers.len() == 1 && (bound.problem.is_some() || !rates) {
        return of_sensing(instance, list("y")?).map(Some);
    }
    if numbers.contains_key("z") {
        let users = instance.users();
        let matrix = |name: &str| -> Result<CMat, Error> {
            let entries = list(name)?;
            length(name, entries.len(), 2 * users * users)?;
            let entries = entries.chunks_exact(2).map(|z| C64::new(z[0], z[1])).collect();
            Ok(CMat::from_columns(users, users, entries)?)
        };
        return of_cooperation(instance, &matrix("z")?, &matrix("q")?, list("y")?).map(Some);
    }
    let users = instance.users();
    let [low, high, chord_low, chord_high, t, y] = [
        list("low")?,
        list("high")?,
        list("chord_low")?,
        list("chord_high")?,
        list("t")?,
        list("y")?,
    ];
    let n = parameters(instance.targets().len());
    let sensed = instance.parts().crb_weight > 0.0 && n > 0;
    let count = match (users, sensed) {
        (0, false) => 0,
        (0, true) => y.len() / (n * n),
        (users, _) => low.len() / users,
    };
    for (name, list) in [
        ("low", low),
        ("high", high),
        ("chord_low", chord_low),
        ("chord_high", chord_high),
        ("t", t),
    ] {
        length(name, list.len(), count * users)?;
    }
    length("y", y.len(), if sensed { count * n * n } else { 0 })?;
    let of = |list: &'_ [f64], leaf: usize| list[leaf * users..(leaf + 1) * users].to_vec();
    let mut bound = f64::NEG_INFINITY;
    let mut boxes = Vec::with_capacity(count);
    for leaf in 0..count {
        let (low, high) = (of(low, leaf), of(high, leaf));
        let (outer_low, outer_high) = (of(chord_low, leaf), of(chord_high, leaf));
        let inside = (0..users).all(|k| outer_low[k] <= low[k] && high[k] <= outer_high[k]);
        if !inside {
            let found = format!("box {leaf}");
            let what = "a box is not inside the one whose chords prove it";
            return Err(InputError::new(what, "chord_low", found, "a box around it").into());
        }
        let y = if sensed { &y[leaf * n * n..(leaf + 1) * n * n] } else { &[] };
        bound = bound.max(of_box(instance, &outer_low, &outer_high, &of(t, leaf), y)?);
        boxes.push((low, high));
    }
    let whole = (vec![1.0; users], most_interference(instance));
    let weighed = instance.parts().rate_weight_per_nat > 0.0;
    if count == 0 || weighed && !covers(&boxes, &whole) {
        let what = "the boxes leave something uncovered";
        let allowed = "boxes that cover all interference levels";
        return Err(InputError::new(what, "low, high", format!("{count} boxes"), allowed).into());
    }
    Ok(Some(bound))
}

/// `1 + P‖h_k‖²/σ_k²`, more than which no beams make a user receive.
fn most_interference(instance: &Instance) -> Vec<f64> {
    let channels = normalised_channels(instance);
    let gain = |k: usize| channels.col(k).iter().map(C64::norm_sqr).sum::<f64>();
    (0..instance.users()).map(|k| 1.0 + instance.parts().power_w * gain(k)).collect()
}

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

/// What no precoding exceeds in `δ_c Σ_k R_k`: the dual of the broadcast channel at `shares` of the
/// power (their sum is scaled to one), `ln det(I + Σ q_k g_k g_kᴴ)` plus its Frank–Wolfe gap, or the
/// rates without any interference where those are smaller. Zero where rates have no weight.
///
/// # Errors
/// [`Error::Input`] for shares that do not fit the instance.
pub fn of_capacity(instance: &Instance, shares: &[f64]) -> Result<f64, Error> {
    let (parts, users) = (instance.parts(), instance.users());
    if parts.rate_weight_per_nat <= 0.0 || users == 0 {
        length("capacity", shares.len(), 0)?;
        return Ok(0.0);
    }
    length("capacity", shares.len(), users)?;
    let total: f64 = shares.iter().sum();
    if shares.iter().any(|q| q.is_nan() || *q < 0.0) || !(total > 0.0 && total.is_finite()) {
        let what = "not shares of the power";
        return Err(InputError::new(what, "capacity", total.to_string(), "from 0").into());
    }
    let h = normalised_channels(instance);
    let mut inner = CMat::identity(h.rows());
    let mut alone = 0.0;
    for (k, q) in shares.iter().enumerate() {
        add_outer(&mut inner, &h, k, parts.power_w * q / total);
        let gain: f64 = h.col(k).iter().map(C64::norm_sqr).sum();
        alone += (parts.power_w * gain).ln_1p();
    }
    let mut cholesky = Cholesky::new(h.rows());
    if cholesky.factor(&inner, "dual channel").is_err() {
        return Ok(parts.rate_weight_per_nat * alone);
    }
    let mut solved = h.clone();
    cholesky.solve_in_place(&mut solved);
    let slopes: Vec<f64> = (0..users)
        .map(|k| {
            let inner = solved.col(k).iter().zip(h.col(k)).map(|(s, h)| (s.conj() * h).re);
            parts.power_w * inner.sum::<f64>()
        })
        .collect();
    let steepest = slopes.iter().copied().fold(0.0, f64::max);
    let mean: f64 = slopes.iter().zip(shares).map(|(s, q)| s * q / total).sum();
    let bound = cholesky.log_det() + (steepest - mean).max(0.0);
    Ok(parts.rate_weight_per_nat * if bound.is_finite() { bound.min(alone) } else { alone })
}

/// What no signals exceed in `−δ_s tr F⁻¹`, by a symmetric `y` (at best `F⁻¹`). Zero where the bound
/// has no weight.
///
/// # Errors
/// [`Error::Input`] for a `y` that does not fit the instance.
pub fn of_sensing(instance: &Instance, y: &[f64]) -> Result<f64, Error> {
    if instance.parts().crb_weight <= 0.0 {
        length("y", y.len(), 0)?;
        return Ok(0.0);
    }
    let (constant, slope) = sensing_part(instance, y)?;
    Ok(instance.parts().power_w * largest_eigenvalue(&slope)?.max(0.0) - constant)
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
