//! FP-SGDA: fractional programming and smoothed gradient ascent.

use noctule_num::input::setting;
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

/// Settings of [`fp_sgda`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct FpSgdaSettings {
    /// Work in the reduced space.
    pub reduced: bool,
    /// Step along the gradient of the normalised problem.
    pub step: f64,
    /// Weight of the proximal term that holds the beams near their average.
    pub proximal: f64,
    /// Share by which the average follows the beams, 0 to 1.
    pub averaging: f64,
    /// Stop when the residual is at most this.
    pub tolerance: f64,
    /// Iterations at most.
    pub max_iterations: u64,
}

impl Default for FpSgdaSettings {
    fn default() -> Self {
        Self {
            reduced: true,
            step: 1e-2,
            proximal: 1.0,
            averaging: 0.5,
            tolerance: 1e-6,
            max_iterations: 1500,
        }
    }
}

impl Setting for FpSgdaSettings {
    fn validate(&self) -> Result<(), InputError> {
        positive("step", self.step)?;
        not_negative("proximal", self.proximal)?;
        if !(0.0..=1.0).contains(&self.averaging) {
            return Err(setting("averaging", self.averaging, "a number from 0 to 1"));
        }
        not_negative("tolerance", self.tolerance)
    }
}

/// Smoothed gradient ascent with a fixed step, after the idea of M. Zhu, L. Li, S. Xia and
/// T.-H. Chang (EURASIP J. Adv. Signal Process. 2023, 15):
/// ```math
/// W \leftarrow \Pi\bigl(W + \gamma\,(\nabla f - p\,(W - \hat W))\bigr), \qquad
/// \hat W \leftarrow \hat W + \beta\,(W - \hat W)
/// ```
/// The auxiliary variables of fractional programming are renewed in every iteration, which makes
/// the gradient of the surrogate that of the objective itself. The published constants are not in
/// the paper that compares with it, and are tied to one power; here the problem is normalised
/// first, so that one step serves every unit (`docs/errata.md#beamforming-e25`).
///
/// No guarantee: with a fixed step nothing forces ascent. The best point on the way is kept.
///
/// # Errors
/// [`Error::Input`] under per-antenna power or for settings out of range.
pub fn fp_sgda(
    instance: &Instance,
    settings: &FromStart<FpSgdaSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let own = &settings.own;
    total_power_only(instance)?;
    own.validate()?;
    let start = settings.beams(instance)?;
    let mut model = Model::new(instance, space(own.reduced))?;
    let sphere = Manifold::sphere(model.dim());
    let mut point = start_point(&model, &start);
    let mut average = point.clone();
    let mut gradient = vec![C64::ZERO; point.len()];
    let mut tangent = gradient.clone();
    let mut best = (f64::INFINITY, f64::INFINITY, point.clone());
    let mut trace = trace(settings.trace, own.max_iterations);
    let mut work = Work::default();
    let stop = loop {
        let value = model.eval(&point, &mut gradient);
        work.evaluations += 1;
        let residual = residual(&point, &gradient, value, &mut tangent);
        trace.push(TraceRow::at(&work, value, residual, own.step));
        if value < best.0 {
            best = (value, residual, point.clone());
        }
        if run.interrupt.is_raised() {
            break Stop::Interrupted;
        }
        if residual <= own.tolerance {
            break Stop::Converged;
        }
        if !value.is_finite() {
            break Stop::Stalled;
        }
        if work.iterations >= own.max_iterations {
            break Stop::IterationLimit;
        }
        // The model minimises: its gradient points away from where we want to go.
        for ((v, g), a) in point.iter_mut().zip(&gradient).zip(&average) {
            *v -= (g + (*v - a) * own.proximal) * own.step;
        }
        sphere.normalise(&mut point);
        for (a, v) in average.iter_mut().zip(&point) {
            *a += (v - *a) * own.averaging;
        }
        work.iterations += 1;
    };
    let (_, residual, point) = best;
    finish(instance, &model, Reached { point, stop, residual, trace, work })
}
