//! The bounds: what multipliers prove.

use noctule_num::linalg::{Cholesky, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_phy::fisher::{MultiTargetFisher, parameters, unpack_hermitian};

use super::lists::length;
use super::range::Range;
use crate::Error;
use crate::beamforming::Instance;

/// What no beams with interference levels in the box `low ≤ I_k/σ_k² ≤ high` exceed, by the
/// multipliers `t` (one a user, at best `σ_k²/T_k`) and `y` (`4M × 4M`, row by row, at best
/// `F⁻¹`), and the chords of `−ln I`. A union of boxes that covers `[1, 1 + P‖h_k‖²/σ_k²]^K` proves the
/// largest of their values for all beams.
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
    let lines = chords(instance, low, high)?;
    of_lines(&Range::new(instance)?, instance, t, &lines, y)
}

/// As [`of_box`], with any slopes λ in place of those of the chords, and the joint concave envelope of
/// `ln T − ln I` over the levels of the box and `T ≥ I`: never more than with the same slopes alone.
///
/// # Errors
/// As [`of_box`].
pub fn of_envelopes(
    instance: &Instance,
    (low, high): (&[f64], &[f64]),
    t: &[f64],
    slope: &[f64],
    y: &[f64],
) -> Result<f64, Error> {
    let lines = envelopes(instance, (low, high), t, slope)?;
    of_lines(&Range::new(instance)?, instance, t, &lines, y)
}

/// A line `o − λI` of each user, as `(λ, o)`.
pub(super) type Lines = Vec<(f64, f64)>;

/// The chords of `−ln I` over a box.
pub(super) fn chords(instance: &Instance, low: &[f64], high: &[f64]) -> Result<Lines, Error> {
    check(instance, &[("low", low), ("high", high)])?;
    let chord = |(&low, &high): (&f64, &f64)| {
        let slope = if high > low { (high / low).ln() / (high - low) } else { low.recip() };
        (slope, slope * low - low.ln())
    };
    Ok(low.iter().zip(high).map(chord).collect())
}

/// The lowest lines of given slopes with `ln T − ln I ≤ tT − ln t − 1 + o − λI` over a box and `T ≥ I`.
pub(super) fn envelopes(
    instance: &Instance,
    (low, high): (&[f64], &[f64]),
    t: &[f64],
    slope: &[f64],
) -> Result<Lines, Error> {
    check(instance, &[("low", low), ("high", high), ("t", t), ("slope", slope)])?;
    let line = |k: usize| {
        let (t, slope) = (t[k], slope[k]);
        // Of T ≥ I, ln T − tT + ln t + 1 is at most 0, and with I beyond 1/t at most its value at T = I:
        // together with −ln I that is convex in I, so that the ends decide what lies above.
        let fallen = |x: f64| if t * x > 1.0 { 1.0 + t.ln() - t * x } else { -x.ln() };
        (slope, (slope * low[k] + fallen(low[k])).max(slope * high[k] + fallen(high[k])))
    };
    Ok((0..instance.users()).map(line).collect())
}

/// Refuse lists that are not a positive number for every user.
fn check(instance: &Instance, lists: &[(&str, &[f64])]) -> Result<(), Error> {
    for (name, list) in lists {
        length(name, list.len(), instance.users())?;
        if let Some(bad) = list.iter().find(|x| !(**x > 0.0 && x.is_finite())) {
            let error =
                InputError::new("not a positive number", *name, bad.to_string(), "finite, > 0");
            return Err(error.into());
        }
    }
    Ok(())
}

/// What lines in place of `−ln I` prove, in the range of the instance.
pub(super) fn of_lines(
    range: &Range,
    instance: &Instance,
    t: &[f64],
    lines: &[(f64, f64)],
    y: &[f64],
) -> Result<f64, Error> {
    let parts = instance.parts();
    check(instance, &[("t", t)])?;
    let weight = parts.rate_weight_per_nat;
    let (sensing, mut shared) = sensing_part(instance, y)?;
    let mut constant = -sensing;
    for (k, (t, (slope, offset))) in t.iter().zip(lines).enumerate() {
        // ln T ≤ tT − ln t − 1 and −ln I ≤ o − λI, with T and I one more than what R makes of them:
        // the ones give t − λ, everything received counts t − λ, the own stream λ more.
        constant += weight * (t - slope - t.ln() - 1.0 + offset);
        shared[(k, k)] += C64::from(weight * (t - slope));
    }
    let mut top = range.largest(&shared)?;
    for (k, (slope, _)) in lines.iter().enumerate() {
        let mut own = shared.clone();
        own[(k, k)] += C64::from(weight * slope);
        top = top.max(range.largest(&own)?);
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
    // A factor sees one triangle, a trace both: what is proven is proven of the Hermitian parts.
    let (z, q) = (hermitian(z), hermitian(q));
    let mut cholesky = Cholesky::new(users);
    cholesky.factor(&z, "noise covariance")?;
    let mut constant = -cholesky.log_det();
    cholesky.factor(&q, "q")?;
    constant -= cholesky.log_det() + users as f64;
    let qz = product(&q, Op::Plain, &z, Op::Plain);
    constant += (0..users).map(|k| qz[(k, k)].re).sum::<f64>();
    let (sensing, mut slope) = sensing_part(instance, y)?;
    for j in 0..users {
        for i in 0..users {
            slope[(i, j)] = q[(i, j)] * parts.rate_weight_per_nat;
        }
    }
    let top = Range::new(instance)?.largest(&slope)?;
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
    let range = Range::new(instance)?;
    let h = range.channels();
    let mut inner = CMat::identity(h.rows());
    let mut alone = 0.0;
    for (k, q) in shares.iter().enumerate() {
        add_outer(&mut inner, h.col(k), parts.power_w * q / total);
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
    let top = Range::new(instance)?.largest(&slope)?;
    Ok(instance.parts().power_w * top.max(0.0) - constant)
}

/// `2 δ_s tr Y`, and the middle `M` of a slope ([`Range::largest`]) with `δ_s B(Y)` in it, where
/// `tr YFY = ⟨B(Y), R⟩`; users first, who have no part in it.
fn sensing_part(instance: &Instance, y: &[f64]) -> Result<(f64, CMat), Error> {
    let parts = instance.parts();
    let (targets, users) = (instance.targets().len(), instance.users());
    let mut middle = CMat::zeros(users + 3 * targets, users + 3 * targets);
    if parts.crb_weight <= 0.0 || targets == 0 {
        return Ok((0.0, middle));
    }
    let n = parameters(targets);
    length("y", y.len(), n * n)?;
    // The inequality asks for a symmetric Y.
    let y: Vec<f64> = (0..n * n).map(|at| 0.5 * (y[at] + y[at % n * n + at / n])).collect();
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
    let mut dual = CMat::zeros(3 * targets, 3 * targets);
    unpack_hermitian(&packed, &mut dual);
    for j in 0..3 * targets {
        for i in 0..3 * targets {
            middle[(users + i, users + j)] = dual[(i, j)] * parts.crb_weight;
        }
    }
    let trace: f64 = (0..n).map(|i| y[i * n + i]).sum();
    Ok((2.0 * parts.crb_weight * trace, middle))
}

/// `(A + Aᴴ)/2`.
fn hermitian(a: &CMat) -> CMat {
    CMat::from_fn(a.rows(), a.cols(), |i, j| (a[(i, j)] + a[(j, i)].conj()) * 0.5)
}

/// `weight · v vᴴ` added to a matrix.
fn add_outer(matrix: &mut CMat, v: &[C64], weight: f64) {
    for j in 0..matrix.cols() {
        let right = v[j].conj() * weight;
        for (entry, left) in matrix.col_mut(j).iter_mut().zip(v) {
            *entry += left * right;
        }
    }
}
