//! The sensing-only optimum, with its proof.

use noctule_num::input::in_count;
use noctule_num::linalg::{HermitianEigen, orthonormal_basis, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::spectraplex::frank_wolfe_bound;
use noctule_optim::{Bound, Lbfgs, Manifold, Objective, Proof, Sense, StopRule, StopRules, Trace};
use noctule_phy::fisher::target_space;
use serde::{Deserialize, Serialize};

use crate::beamforming::band::sensing_over;
use crate::beamforming::goal::sensing_alone;
use crate::beamforming::instance::checks::MOST_STREAMS;
use crate::beamforming::model::{Model, Space, evaluate};
use crate::beamforming::settings::{STALLED, tolerance};
use crate::beamforming::stationarity::proof_of;
use crate::beamforming::{BeamformingDesign, Beams, Instance, PowerConstraint, advice};
use crate::system::Setting;
use crate::{Design, Error, Run};

/// Phase in radians between directions that share a stream: no small multiple is near a turn.
const APART: f64 = 1.7;
/// Evaluations of the climb: it is convex, and takes some hundred.
const MOST_EVALUATIONS: u64 = 20_000;

/// Settings of [`sensing_only`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SensingSettings {
    /// Number of beams; `null` means three per target, which always suffices.
    pub streams: Option<usize>,
    /// Residual at which the climb stops.
    pub tolerance: f64,
}

impl Default for SensingSettings {
    fn default() -> Self {
        Self { streams: None, tolerance: 1e-8 }
    }
}

impl Setting for SensingSettings {
    fn validate(&self) -> Result<(), InputError> {
        if let Some(streams) = self.streams {
            in_count("streams", streams, 1, MOST_STREAMS)?;
        }
        tolerance("tolerance", self.tolerance)
    }
}

/// The smallest tr F⁻¹ any transmission reaches, users ignored, with a proof.
///
/// In the transmit covariance `R` the problem is convex, and `3M` streams in the target space
/// reach every `R` that matters; so the factored problem is climbed and its answer certified by
/// the Frank–Wolfe gap (one eigenvalue). With `streams` below `3M` the bound still holds, but
/// need not be met (`docs/errata.md#beamforming-e16`).
///
/// The design's objective is that of `instance`, rates included (they are zero: no beam carries
/// data); the bound in `proof` is on `−δ_s tr F⁻¹`, which is all that is maximised here. Where the
/// instance weighs rates too, that is another problem: the bound is labelled so
/// ([`Bound::problem`]), and the point is called feasible, no more.
///
/// # Errors
/// [`Error::Input`] when the bound has no weight, there are no targets, or power is limited per
/// antenna.
pub fn sensing_only(
    instance: &Instance,
    settings: &SensingSettings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    settings.validate()?;
    if let Some(band) = instance.band() {
        return sensing_over(instance, band, settings.streams, run);
    }
    if let Some(problem) = instance.problem() {
        return sensing_alone(instance, problem, run);
    }
    can_be_proven(instance)?;
    let streams = settings.streams.unwrap_or(3 * instance.targets().len());
    let sensing = instance.with_weights(0.0, instance.parts().crb_weight)?;
    let mut model = Model::with_streams(&sensing, Space::Reduced, streams)?;
    let mut point = model.point(&spread(instance, streams)?);
    let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
    solver.manifold().normalise(&mut point);
    let rules = StopRules::from(StopRule::Residual(settings.tolerance))
        | STALLED
        | StopRule::Evaluations(MOST_EVALUATIONS);
    let mut trace = Trace::off();
    let found = solver.minimise(&mut model, &mut point, &rules, &run.interrupt, &mut trace);
    let energy = instance.information() * instance.parts().power_w;
    let bound = certify_sensing(&mut model, &point, energy)?;
    let sensing_beams = model.beams(&point, 0).matrix;
    let silent = CMat::zeros(instance.antennas(), instance.users());
    let beams = Beams {
        matrix: CMat::hstack(&[&silent, &sensing_beams])?,
        users: instance.users(),
        subcarriers: 1,
    };
    let metrics = evaluate(instance, &beams)?;
    let mut work = found.work;
    work.factorisations += 1;
    let mut warnings = advice(instance, &metrics);
    let (proof, bound, partly) = said_of(instance, found.residual, bound);
    warnings.extend(partly);
    Ok(Design {
        warnings,
        variables: beams,
        metrics,
        stop: found.stop,
        proof: proof.with_bound(bound),
        trace,
        work,
        starts: vec![Some(-found.value * model.unit()).filter(|value| value.is_finite())],
    })
}

/// Refuse a problem whose sensing part is none, or has no proof.
fn can_be_proven(instance: &Instance) -> Result<(), InputError> {
    if instance.parts().crb_weight <= 0.0 || instance.targets().is_empty() {
        let found = "no weight or no targets";
        return Err(InputError::new("there is nothing to sense", "crb_weight", found, "both"));
    }
    if instance.parts().power_constraint != PowerConstraint::Total {
        let what = "the sensing-only optimum is proven under total power only";
        return Err(InputError::new(what, "power_constraint", "per-antenna", "total"));
    }
    Ok(())
}

/// Equal power in every direction of the target space; with fewer streams than directions, each
/// stream takes several with phases that keep them apart.
fn spread(instance: &Instance, streams: usize) -> Result<CMat, Error> {
    let basis = orthonormal_basis(&target_space(instance.transmit_steering()), 1e-10)?;
    Ok(CMat::from_fn(instance.antennas(), streams, |i, j| {
        (0..basis.cols())
            .filter(|d| d % streams == j || basis.cols() <= j)
            .map(|d| basis[(i, d)] * C64::from_polar(1.0, APART * (d * (j + 1)) as f64))
            .sum()
    }))
}

/// What is proven of the instance: all of it where rates have no weight, else of a part, in words.
fn said_of(
    instance: &Instance,
    residual: f64,
    bound: Option<Bound>,
) -> (Proof, Option<Bound>, Option<String>) {
    let whole = instance.users() == 0 || instance.parts().rate_weight_per_nat <= 0.0;
    if whole || !residual.is_finite() {
        return (proof_of(residual), bound, None);
    }
    let partly = format!(
        "optimal for the bound alone, to a residual of {residual:.1e}; the rates were not looked at"
    );
    let bound = bound.map(|bound| bound.of_problem("sensing only, users ignored"));
    (Proof::feasible(0.0), bound, Some(partly))
}

/// The Frank–Wolfe bound at a point of a model without users, as an upper bound on the maximised
/// objective.
fn certify_sensing(model: &mut Model, point: &[C64], energy: f64) -> Result<Option<Bound>, Error> {
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(point, &mut gradient);
    if !value.is_finite() {
        return Ok(None);
    }
    // With R = V Vᴴ the chain rule gives ∇_V f = 2 ∇_R f V, so that ⟨∇_R f, R⟩ = Re tr(∇_R f V Vᴴ)
    // = Re⟨∇_V f, V⟩ / 2.
    let inner = real_dot(&gradient, point) / 2.0;
    // Back from the normalised problem: what `certificate::of_sensing` needs.
    let y: Vec<f64> = model.fisher_inverse().iter().map(|y| y / energy).collect();
    // ∇_R of what is minimised is −C₀, as there are no data beams.
    let mut descent = model.curvature();
    descent.scale(-1.0);
    let mut eigen = HermitianEigen::new(model.rank());
    let error = model.relative_error();
    let Some(lower) = frank_wolfe_bound(value, &descent, inner, 1.0, error, &mut eigen)? else {
        return Ok(None);
    };
    // Of one sign, so the gap is relative to the objective itself.
    let unit = model.unit();
    let bound = Bound::new(-value * unit, -lower.value * unit, Sense::Upper, lower.method, 0.0);
    Ok(bound.map(|bound| bound.with_numbers([("y".to_owned(), y)].into())))
}
