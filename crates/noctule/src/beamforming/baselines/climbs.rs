//! First-order methods on the same problem, from one start.

use noctule_num::linalg::real_dot;
use noctule_num::{C64, CMat, InputError};
use noctule_optim::{
    BarzilaiBorwein, ConjugateGradient, Manifold, Method, SteepestDescent, Stop, StopRule,
    StopRules, Trace, Work,
};
use serde::{Deserialize, Serialize};

use super::FromStart;
use crate::beamforming::model::{Model, Space, evaluate};
use crate::beamforming::settings::positive;
use crate::beamforming::stationarity::proof_of;
use crate::beamforming::{BeamformingDesign, Beams, Instance, PowerConstraint, advice};
use crate::system::Setting;
use crate::{Design, Error, Run};

/// Rows of a trace that a baseline keeps at most.
const MOST_ROWS: u64 = 100_000;

/// Settings of the first-order methods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ClimbSettings {
    /// Work in the reduced space.
    pub reduced: bool,
    /// Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    pub tolerance: f64,
    /// Evaluations at most.
    pub max_evaluations: u64,
}

impl Default for ClimbSettings {
    fn default() -> Self {
        Self { reduced: true, tolerance: 1e-6, max_evaluations: 20_000 }
    }
}

impl Setting for ClimbSettings {
    fn validate(&self) -> Result<(), InputError> {
        positive("tolerance", self.tolerance)
    }
}

/// Projected gradient ascent on the sphere of total power, with a line search that first tries
/// twice the last step.
///
/// Guarantee: monotone; a stationary point when `stop` says it converged.
///
/// # Errors
/// [`Error::Input`] under per-antenna power or for settings out of range.
pub fn projected_gradient(
    instance: &Instance,
    settings: &FromStart<ClimbSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    climb(instance, settings, run, SteepestDescent::new)
}

/// Projected gradient ascent with the step of Barzilai and Borwein, not monotone.
///
/// Guarantee: a stationary point when `stop` says it converged.
///
/// # Errors
/// As [`projected_gradient`].
pub fn barzilai_borwein(
    instance: &Instance,
    settings: &FromStart<ClimbSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    climb(instance, settings, run, BarzilaiBorwein::new)
}

/// Riemannian conjugate gradients.
///
/// Guarantee: monotone; a stationary point when `stop` says it converged.
///
/// # Errors
/// As [`projected_gradient`].
pub fn conjugate_gradient(
    instance: &Instance,
    settings: &FromStart<ClimbSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    climb(instance, settings, run, ConjugateGradient::new)
}

fn climb<M: Method>(
    instance: &Instance,
    settings: &FromStart<ClimbSettings>,
    run: &Run<'_, Beams>,
    method: impl Fn(Manifold) -> M,
) -> Result<BeamformingDesign, Error> {
    let own = &settings.own;
    total_power_only(instance)?;
    own.validate()?;
    let start = settings.beams(instance)?;
    let mut model = Model::new(instance, space(own.reduced))?;
    let mut point = start_point(&model, &start);
    let rules = StopRules::from(StopRule::Residual(own.tolerance))
        | StopRule::Progress { tolerance: 1e-15, window: 100 }
        | StopRule::Evaluations(own.max_evaluations.max(1));
    let mut trace = trace(settings.trace, own.max_evaluations);
    let mut method = method(Manifold::sphere(model.dim()));
    let ran = method.minimise(&mut model, &mut point, &rules, &run.interrupt, &mut trace);
    let reached = Reached { point, stop: ran.stop, residual: ran.residual, trace, work: ran.work };
    finish(instance, &model, reached)
}

/// Where a baseline ended.
pub(super) struct Reached {
    pub(super) point: Vec<C64>,
    pub(super) stop: Stop,
    pub(super) residual: f64,
    pub(super) trace: Trace,
    pub(super) work: Work,
}

/// The design at the point reached.
pub(super) fn finish(
    instance: &Instance,
    model: &Model,
    reached: Reached,
) -> Result<BeamformingDesign, Error> {
    let beams = model.beams(&reached.point, instance.users());
    let metrics = evaluate(instance, &beams)?;
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: reached.stop,
        proof: proof_of(reached.residual),
        trace: reached.trace,
        work: reached.work,
    })
}

pub(super) const fn space(reduced: bool) -> Space {
    if reduced { Space::Reduced } else { Space::Full }
}

/// Room for the rows of `limit` iterations, where the trace is kept.
pub(super) fn trace(kept: bool, limit: u64) -> Trace {
    if kept { Trace::with_room(limit.min(MOST_ROWS) as usize + 1) } else { Trace::off() }
}

/// The normalised point of full-size beams, scaled to the sphere.
pub(super) fn start_point(model: &Model, start: &CMat) -> Vec<C64> {
    let mut point = model.point(start);
    Manifold::sphere(model.dim()).normalise(&mut point);
    point
}

/// ‖grad‖ / max(1, |f|) at a point of the unit sphere, from the Euclidean gradient.
pub(super) fn residual(point: &[C64], gradient: &[C64], value: f64, tangent: &mut [C64]) -> f64 {
    if !value.is_finite() {
        return f64::INFINITY;
    }
    tangent.copy_from_slice(gradient);
    Manifold::sphere(point.len()).project(point, tangent);
    real_dot(tangent, tangent).sqrt() / value.abs().max(1.0)
}

/// Refuse per-antenna power.
pub(super) fn total_power_only(instance: &Instance) -> Result<(), Error> {
    if instance.parts().power_constraint == PowerConstraint::Total {
        return Ok(());
    }
    let what = "this method knows total power only";
    Err(InputError::new(what, "power_constraint", "per-antenna", "total").into())
}
