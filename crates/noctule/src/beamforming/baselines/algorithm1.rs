//! Algorithm 1 of T. Fang et al.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, InputError};
use noctule_optim::{Manifold, Objective, Stop, TraceRow, Work};
use serde::{Deserialize, Serialize};

use super::FromStart;
use super::climbs::{Reached, finish, residual, space, start_point, total_power_only, trace};
use crate::beamforming::model::Model;
use crate::beamforming::settings::{not_negative, positive};
use crate::beamforming::{BeamformingDesign, Beams, Instance};
use crate::system::Setting;
use crate::{Error, Run};

/// Settings of [`algorithm1`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Algorithm1Settings {
    /// Work in the reduced space (same iterates when the start lies in it).
    pub reduced: bool,
    /// Factor on the shift λ = max |eig C₀|. The paper's is 1, which has no proof of monotonicity
    /// and zig-zags; 1.5 or 2 is faster near the end (`docs/errata.md#beamforming-e13`).
    pub shift_factor: f64,
    /// Stop when the objective changes by at most this between iterations. The paper's 10⁻⁴ stops
    /// well short of the limit (`docs/errata.md#beamforming-e11`).
    pub tolerance: f64,
    /// Iterations at most.
    pub max_iterations: u64,
}

impl Default for Algorithm1Settings {
    fn default() -> Self {
        Self { reduced: true, shift_factor: 1.0, tolerance: 1e-4, max_iterations: 10_000 }
    }
}

impl Setting for Algorithm1Settings {
    fn validate(&self) -> Result<(), InputError> {
        positive("shift_factor", self.shift_factor)?;
        not_negative("tolerance", self.tolerance)
    }
}

/// Algorithm 1 of T. Fang et al.: successive convex approximation with a quadratic shift, which is
/// projected gradient ascent with step `1/(2λ)`.
///
/// `W ← √P X/‖X‖` with `X = C₁ + (λI + C₀) W`. One evaluation
/// and one eigendecomposition an iteration (of a matrix allocated anew, with eigenvectors that are not
/// needed: compare its evaluations rather than its seconds); trace rows hold the negative objective over its unit,
/// as for all methods.
///
/// # Errors
/// [`Error::Input`] under per-antenna power or for settings out of range.
pub fn algorithm1(
    instance: &Instance,
    settings: &FromStart<Algorithm1Settings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let own = &settings.own;
    total_power_only(instance)?;
    own.validate()?;
    let start = settings.beams(instance)?;
    let mut model = Model::new(instance, space(own.reduced))?;
    let sphere = Manifold::sphere(model.dim());
    let mut point = start_point(&model, &start);
    let mut eigen = HermitianEigen::new(model.rank());
    let mut gradient = vec![C64::ZERO; point.len()];
    let mut tangent = gradient.clone();
    let mut trace = trace(settings.trace, own.max_iterations);
    let mut work = Work::default();
    let mut previous = f64::INFINITY;
    let mut step = 0.0;
    let mut before = point.clone();
    let (stop, residual) = loop {
        let value = model.eval(&point, &mut gradient);
        work.evaluations += 1;
        let residual = residual(&point, &gradient, value, &mut tangent);
        trace.push(TraceRow::at(&work, value, residual, step));
        if run.interrupt.is_raised() {
            break (Stop::Interrupted, residual);
        }
        let change = (previous - value).abs() * model.unit();
        if change <= own.tolerance || !value.is_finite() {
            break (Stop::Stalled, residual);
        }
        if work.iterations >= own.max_iterations {
            break (Stop::IterationLimit, residual);
        }
        previous = value;
        eigen.compute(&model.curvature())?;
        work.factorisations += 1;
        let shift = own.shift_factor * eigen.max().abs().max(eigen.min().abs());
        before.copy_from_slice(&point);
        // The model minimises, so its gradient is −2 (C₁ + C₀ V).
        for (v, g) in point.iter_mut().zip(&gradient) {
            *v = *v * shift - g * 0.5;
        }
        sphere.normalise(&mut point);
        step = before.iter().zip(&point).map(|(a, b)| (a - b).norm_sqr()).sum::<f64>().sqrt();
        work.iterations += 1;
    };
    finish(instance, &model, Reached { point, stop, residual, trace, work })
}
