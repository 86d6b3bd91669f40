//! An independent witness: objective and violations from dense definitions.
//!
//! Nothing here is shared with the model: steering vectors, derivatives, Fisher matrix, inverse
//! and rates are written out again, entry by entry, from the definitions in the
//! [module page](super). It is slow and meant to be.

use std::f64::consts::PI;

use noctule_num::interrupt::poll;
use noctule_num::{C64, CMat};
use serde::Serialize;

use super::{Beams, Instance, PowerConstraint};
use crate::Error;

/// What the witness found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// The objective, recomputed; absent where the Fisher matrix is singular.
    pub objective: Option<f64>,
    /// The sum rate in nat/s/Hz, recomputed.
    pub sum_rate_nats: f64,
    /// tr F⁻¹, recomputed; absent where F is singular.
    pub crb_trace_mixed: Option<f64>,
    /// Largest relative violation of the power constraint.
    pub violation: f64,
}

impl Verification {
    /// |objective − recomputed| / max(1, |objective|), where both exist; infinite where one does.
    pub fn mismatch(&self, objective: Option<f64>) -> f64 {
        match (self.objective, objective) {
            (Some(mine), Some(theirs)) => (mine - theirs).abs() / theirs.abs().max(1.0),
            (None, None) => 0.0,
            _ => f64::INFINITY,
        }
    }
}

/// Recompute what `beams` achieve in `instance`.
///
/// # Errors
/// When the beams have another shape than the instance asks for, or an entry is not finite.
pub fn verify(instance: &Instance, beams: &Beams) -> Result<Verification, Error> {
    beams.check(instance)?;
    let parts = instance.parts();
    let w = &beams.matrix;
    let sum_rate_nats = sum_rate(instance, w)?;
    let crb_trace_mixed = crb_trace(instance, w)?;
    let weighted = if parts.crb_weight > 0.0 {
        crb_trace_mixed.map(|trace| parts.crb_weight * trace)
    } else {
        Some(0.0)
    };
    Ok(Verification {
        objective: weighted.map(|sensing| parts.rate_weight_per_nat * sum_rate_nats - sensing),
        sum_rate_nats,
        crb_trace_mixed,
        violation: violation(instance, w),
    })
}

fn sum_rate(instance: &Instance, w: &CMat) -> Result<f64, Error> {
    let h = instance.channels();
    let mut total = 0.0;
    for k in 0..h.cols() {
        poll()?;
        let power = |j: usize| -> f64 {
            let mut amplitude = C64::ZERO;
            for n in 0..h.rows() {
                amplitude += h[(n, k)].conj() * w[(n, j)];
            }
            amplitude.norm_sqr()
        };
        let others: f64 = (0..w.cols()).filter(|&j| j != k).map(power).sum();
        total += (power(k) / (others + instance.parts().user_noise_w[k])).ln_1p();
    }
    Ok(total)
}

/// Element positions times π: the phase of element n is its row · (sin θ sin φ, cos φ).
fn element_phases(shape: (usize, usize)) -> Vec<(f64, f64)> {
    let mut out = Vec::new();
    for h in 0..shape.0 {
        for v in 0..shape.1 {
            out.push((PI * h as f64, PI * v as f64));
        }
    }
    out
}

/// Steering vector and its derivatives by θ and φ, each by the product rule on the phase.
fn steering(phases: &[(f64, f64)], norm: f64, azimuth: f64, polar: f64) -> [Vec<C64>; 3] {
    let j = C64::new(0.0, 1.0);
    let mut out = [Vec::new(), Vec::new(), Vec::new()];
    for &(h, v) in phases {
        let phase = h * azimuth.sin() * polar.sin() + v * polar.cos();
        let by_azimuth = h * azimuth.cos() * polar.sin();
        let by_polar = h * azimuth.sin() * polar.cos() - v * polar.sin();
        let a = (j * phase).exp() * norm;
        out[0].push(a);
        out[1].push(a * j * by_azimuth);
        out[2].push(a * j * by_polar);
    }
    out
}

/// tr F⁻¹ from F_ij = 2L/σ² Re Σ_s (D_i w_s)ᴴ (D_j w_s) with dense D_i = ∂(B U Aᴴ)/∂ω_i.
fn crb_trace(instance: &Instance, w: &CMat) -> Result<Option<f64>, Error> {
    let parts = instance.parts();
    let m = parts.targets.len();
    if m == 0 {
        return Ok(None);
    }
    let (tx, rx) = (parts.transmit_array, parts.receive_array);
    let scale = |elements: usize| match instance.unit_modulus_steering() {
        true => 1.0,
        false => 1.0 / (elements as f64).sqrt(),
    };
    let tx_phases = element_phases((tx.horizontal, tx.vertical));
    let rx_phases = element_phases((rx.horizontal, rx.vertical));
    let seen: Vec<_> = parts
        .targets
        .iter()
        .map(|target| {
            let (azimuth, polar) = (target.azimuth_rad, target.polar_rad);
            let a = steering(&tx_phases, scale(tx.elements()), azimuth, polar);
            let b = steering(&rx_phases, scale(rx.elements()), azimuth, polar);
            (a, b, target.reflection)
        })
        .collect();
    let kappa = 2.0 * f64::from(parts.snapshots) / parts.sensing_noise_w;
    let n = 4 * m;
    let mut fisher = vec![vec![0.0; n]; n];
    for s in 0..w.cols() {
        poll()?;
        // The derivative of the echo of this stream: one column for each parameter.
        let mut echoes = vec![Vec::with_capacity(rx.elements()); n];
        for (index, (a, b, alpha)) in seen.iter().enumerate() {
            let through =
                |a: &[C64]| -> C64 { a.iter().zip(w.col(s)).map(|(a, w)| a.conj() * w).sum() };
            let [lit, lit_azimuth, lit_polar] = [through(&a[0]), through(&a[1]), through(&a[2])];
            for ((b, b_azimuth), b_polar) in b[0].iter().zip(&b[1]).zip(&b[2]) {
                echoes[index].push(alpha * (b_azimuth * lit + b * lit_azimuth));
                echoes[m + index].push(alpha * (b_polar * lit + b * lit_polar));
                echoes[2 * m + index].push(b * lit);
                echoes[3 * m + index].push(C64::new(0.0, 1.0) * b * lit);
            }
        }
        for (row, x) in fisher.iter_mut().zip(&echoes) {
            for (entry, y) in row.iter_mut().zip(&echoes) {
                let meet = x.iter().zip(y).map(|(x, y)| x.re * y.re + x.im * y.im);
                *entry += kappa * meet.sum::<f64>();
            }
        }
    }
    Ok(trace_of_inverse(fisher))
}

/// tr A⁻¹ of a positive definite matrix by Gauss–Jordan elimination with the diagonal scaled to
/// one; `None` where it is singular to working precision.
fn trace_of_inverse(mut a: Vec<Vec<f64>>) -> Option<f64> {
    let n = a.len();
    let scale: Vec<f64> = (0..n).map(|i| a[i][i].sqrt()).collect();
    for i in 0..n {
        for j in 0..n {
            a[i][j] /= scale[i] * scale[j];
        }
        let mut unit = vec![0.0; n];
        unit[i] = 1.0;
        a[i].extend(unit);
    }
    for pivot in 0..n {
        let best = (pivot..n).max_by(|&i, &j| a[i][pivot].abs().total_cmp(&a[j][pivot].abs()))?;
        a.swap(pivot, best);
        let value = a[pivot][pivot];
        // Pivots of a unit-diagonal matrix below this mean bounds of 10¹² and more.
        if value.is_nan() || value.abs() < 1e-12 {
            return None;
        }
        a[pivot].iter_mut().for_each(|x| *x /= value);
        let row = a[pivot].clone();
        for (i, other) in a.iter_mut().enumerate() {
            if i != pivot {
                let factor = other[pivot];
                other.iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    let trace: f64 = (0..n).map(|i| a[i][n + i] / (scale[i] * scale[i])).sum();
    trace.is_finite().then_some(trace)
}

fn violation(instance: &Instance, w: &CMat) -> f64 {
    let parts = instance.parts();
    match parts.power_constraint {
        PowerConstraint::Total => {
            let mut power = 0.0;
            for z in w.as_slice() {
                power += z.re * z.re + z.im * z.im;
            }
            (power / parts.power_w - 1.0).max(0.0)
        }
        PowerConstraint::PerAntenna => {
            let share = parts.power_w / w.rows() as f64;
            (0..w.rows())
                .map(|n| {
                    let row: f64 = (0..w.cols()).map(|j| w[(n, j)].norm_sqr()).sum();
                    (row / share - 1.0).abs()
                })
                .fold(0.0, f64::max)
        }
    }
}
