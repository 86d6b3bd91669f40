//! An independent witness: objective and violations from dense definitions.
//!
//! Nothing here is shared with the model: steering vectors, derivatives, Fisher matrix, inverse
//! and rates are written out again, entry by entry, from the definitions in the
//! [module page](super). It is slow and meant to be.

mod band;
mod band_goal;
mod dense;
mod goal;
mod lit;
mod scene;

use std::f64::consts::{PI, TAU};

use noctule_num::interrupt::poll;
use noctule_num::{C64, CMat};
use serde::Serialize;

use self::dense::{Matrix, blurred, inverse_of, on_the_edge};
use super::{Beams, Instance, PowerConstraint, Target};
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
    /// Largest relative violation of the power constraint, and of what a goal requires.
    pub violation: f64,
    /// What rounding may have moved the objective by, where bounds are of an ill-conditioned Fisher matrix.
    pub objective_blur: f64,
    /// What it may have moved tr F⁻¹ by.
    pub crb_trace_blur: f64,
    /// Whether F is so close to singular that it may be, or may not be where no bound was found.
    pub on_the_edge: bool,
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
    if let (Some(problem), Some(band)) = (instance.problem(), instance.band()) {
        return band_goal::verify(instance, band, problem, beams);
    }
    if let Some(problem) = instance.problem() {
        return goal::verify(instance, problem, beams);
    }
    if let Some(band) = instance.band() {
        return band::verify(instance, band, beams);
    }
    let parts = instance.parts();
    let w = &beams.matrix;
    let sum_rate_nats = sum_rate(instance, w)?;
    let (crb_trace_mixed, blur, on_the_edge) = crb_trace(instance, w)?;
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
        objective_blur: if parts.crb_weight > 0.0 { parts.crb_weight * blur } else { 0.0 },
        crb_trace_blur: blur,
        on_the_edge,
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

/// tr F⁻¹ of all parameters, what rounding may have moved it by, and whether F may be singular.
fn crb_trace(instance: &Instance, w: &CMat) -> Result<(Option<f64>, f64, bool), Error> {
    if instance.targets().is_empty() {
        return Ok((None, 0.0, false));
    }
    let fisher = fisher_of(instance, instance.targets(), w)?;
    let Some(inverse) = inverse_of(fisher.clone()) else {
        return Ok((None, 0.0, true));
    };
    let trace: f64 = (0..inverse.len()).map(|i| inverse[i][i]).sum();
    let blur = blurred(&fisher, &inverse, unit(instance)).iter().sum();
    let edge = on_the_edge(&fisher, &inverse);
    Ok((Some(trace).filter(|trace| trace.is_finite()), blur, edge))
}

/// To what entry ij of a Fisher matrix is known, relative to √(F_ii F_jj): as many units in the last place as phases of
/// the arrays and parameters have.
fn unit(instance: &Instance) -> f64 {
    let parts = instance.parts();
    let elements = parts.transmit_array.elements() + parts.receive_array.elements();
    f64::EPSILON * (PI * elements as f64 + 4.0 * parts.targets.len() as f64)
}

/// Steering vector and derivatives of an array of any shape, by the product rule on the phase.
fn steering_anywhere(positions: &[[f64; 3]], norm: f64, azimuth: f64, polar: f64) -> [Vec<C64>; 3] {
    let j = C64::new(0.0, 1.0);
    let mut out = [Vec::new(), Vec::new(), Vec::new()];
    for [x, y, z] in positions {
        let across = x * azimuth.cos() + y * azimuth.sin();
        let phase = TAU * (across * polar.sin() + z * polar.cos());
        let by_azimuth = TAU * (y * azimuth.cos() - x * azimuth.sin()) * polar.sin();
        let by_polar = TAU * (across * polar.cos() - z * polar.sin());
        let a = (j * phase).exp() * norm;
        out[0].push(a);
        out[1].push(a * j * by_azimuth);
        out[2].push(a * j * by_polar);
    }
    out
}

/// Steering vectors of one array towards targets.
fn seen_by(instance: &Instance, targets: &[Target], sends: bool) -> Vec<[Vec<C64>; 3]> {
    let parts = instance.parts();
    let (own, planar) = match sends {
        true => (&instance.shapes().transmit, parts.transmit_array),
        false => (&instance.shapes().receive, parts.receive_array),
    };
    let scale = match instance.unit_modulus_steering() {
        true => 1.0,
        false => 1.0 / (planar.elements() as f64).sqrt(),
    };
    let phases = element_phases((planar.horizontal, planar.vertical));
    let towards = |target: &Target| {
        let (azimuth, polar) = (target.azimuth_rad, target.polar_rad);
        match own {
            Some(own) => steering_anywhere(&own.positions, scale, azimuth, polar),
            None => steering(&phases, scale, azimuth, polar),
        }
    };
    targets.iter().map(towards).collect()
}

/// F_ij = 2L/σ² Re Σ_s (D_i w_s)ᴴ (D_j w_s) with dense D_i = ∂(B U Aᴴ)/∂ω_i, of all parameters of targets.
fn fisher_of(instance: &Instance, targets: &[Target], w: &CMat) -> Result<Matrix, Error> {
    let parts = instance.parts();
    let m = targets.len();
    let sent = seen_by(instance, targets, true);
    let received = seen_by(instance, targets, false);
    let seen = || sent.iter().zip(&received).zip(targets);
    let kappa = 2.0 * f64::from(parts.snapshots) / parts.sensing_noise_w;
    let n = 4 * m;
    let mut fisher = vec![vec![0.0; n]; n];
    for s in 0..w.cols() {
        poll()?;
        // The derivative of the echo of this stream: one column for each parameter.
        let mut echoes = vec![Vec::with_capacity(parts.receive_array.elements()); n];
        for (index, ((a, b), target)) in seen().enumerate() {
            let alpha = &target.reflection;
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
    Ok(fisher)
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
