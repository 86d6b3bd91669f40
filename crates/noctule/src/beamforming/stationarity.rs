//! The first-order condition, term by term.

use noctule_num::linalg::{Op, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{Objective, Proof};

use super::band::residual_over;
use super::model::{Model, Space};
use super::{Beams, Instance, PowerConstraint};
use crate::Error;

/// The terms of the stationarity condition `C₁ + C₀ W = μ W` at full size, in the units of the
/// instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Stationarity {
    /// `[δ_c H diag(η*), 0]`, antennas × streams.
    pub c1: CMat,
    /// `δ_s (Q + Qᴴ)/2 − δ_c H diag(β) Hᴴ`, antennas × antennas.
    pub c0: CMat,
    /// The gradient of the objective, `2 (C₁ + C₀ W)`.
    pub gradient: CMat,
    /// The multiplier μ of the power constraint, `Re tr(Wᴴ (C₁ + C₀ W))/P`.
    pub multiplier: f64,
    /// ‖C₁ + C₀W − μW‖ / ‖C₁ + C₀W‖ under total power; with a multiplier for each antenna under
    /// per-antenna power.
    pub residual: f64,
}

/// The residual that designs state, ‖grad‖·‖x‖/max(1, |f|) of the normalised problem, from the
/// beams at full size; `None` where the Fisher matrix is singular, or an antenna that must send
/// is silent.
///
/// # Errors
/// When the beams have another shape.
pub fn residual(instance: &Instance, beams: &Beams) -> Result<Option<f64>, Error> {
    if let Some(band) = instance.band() {
        return residual_over(instance, band, beams);
    }
    beams.check(instance)?;
    let mut model = Model::with_streams(instance, Space::Full, beams.matrix.cols())?;
    let point = model.point(&beams.matrix);
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(&point, &mut gradient);
    let antennas = beams.matrix.rows();
    // What moves along the constraint: entries of one antenna under per-antenna power, all of them
    // under total power, less the radial part.
    let groups: Vec<Vec<usize>> = match instance.parts().power_constraint {
        PowerConstraint::Total => vec![(0..point.len()).collect()],
        PowerConstraint::PerAntenna => {
            (0..antennas).map(|n| (n..point.len()).step_by(antennas).collect()).collect()
        }
    };
    let mut squared = 0.0;
    for group in groups {
        let inner = |a: &[C64], b: &[C64]| -> f64 {
            group.iter().map(|&i| a[i].re * b[i].re + a[i].im * b[i].im).sum()
        };
        let radial = inner(&gradient, &point) / inner(&point, &point);
        squared += group.iter().map(|&i| (gradient[i] - point[i] * radial).norm_sqr()).sum::<f64>();
    }
    let norm = real_dot(&point, &point);
    Ok(Some((squared * norm).sqrt() / value.abs().max(1.0)).filter(|r| r.is_finite()))
}

/// Evaluate the stationarity condition (Theorem 1 of the paper) at any beams.
///
/// # Errors
/// When the beams have another shape, or the Fisher matrix is singular there.
pub fn stationarity(instance: &Instance, beams: &Beams) -> Result<Stationarity, Error> {
    beams.check(instance)?;
    let power = instance.parts().power_w;
    let mut model = Model::with_streams(instance, Space::Full, beams.matrix.cols())?;
    let point = model.point(&beams.matrix);
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(&point, &mut gradient);
    if !value.is_finite() {
        let error = InputError::new(
            "the Fisher matrix is singular at these beams",
            "beams",
            "an infinite bound",
            "beams that illuminate every target",
        );
        return Err(error.into());
    }
    // Back from V = W/√P and the normalised objective: a gradient scales with unit/√P, C₀ with
    // unit/P.
    let mut gradient = CMat::from_columns(beams.matrix.rows(), beams.matrix.cols(), gradient)?;
    let unit = model.unit();
    gradient.scale(-unit / power.sqrt());
    let mut c0 = model.curvature();
    c0.scale(unit / power);
    let c0_w = product(&c0, Op::Plain, &beams.matrix, Op::Plain);
    let half = CMat::from_fn(gradient.rows(), gradient.cols(), |i, j| gradient[(i, j)] * 0.5);
    let c1 = CMat::from_fn(half.rows(), half.cols(), |i, j| half[(i, j)] - c0_w[(i, j)]);
    let w = &beams.matrix;
    let multiplier = real_dot(w.as_slice(), half.as_slice()) / power;
    let left = CMat::from_fn(w.rows(), w.cols(), |n, j| {
        let scale = match instance.parts().power_constraint {
            PowerConstraint::Total => multiplier,
            PowerConstraint::PerAntenna => {
                let along: f64 = (0..w.cols()).map(|s| (half[(n, s)] * w[(n, s)].conj()).re).sum();
                along * w.rows() as f64 / power
            }
        };
        half[(n, j)] - w[(n, j)] * scale
    });
    let residual = left.norm() / half.norm().max(f64::MIN_POSITIVE);
    Ok(Stationarity { c1, c0, gradient, multiplier, residual })
}

/// A climb that never entered the domain has proven nothing, not even feasibility.
pub(super) const fn proof_of(residual: f64) -> Proof {
    if residual.is_finite() { Proof::stationary(residual) } else { Proof::NONE }
}
