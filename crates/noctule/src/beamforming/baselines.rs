//! What our method is measured against: closed forms, the sensing-only optimum, the paper's
//! algorithm. All return the same [`BeamformingDesign`].

use noctule_num::linalg::{HermitianEigen, Op, orthonormal_basis, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::spectraplex::frank_wolfe_bound;
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Objective, Proof, Sense, Stop, StopRule, StopRules, Trace,
    TraceRow, Work,
};
use noctule_phy::fisher::target_space;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{Model, Space, evaluate};
use super::starts::{matched_filters, regularised_zero_forcing, scaled_to_power};
use super::{BeamformingDesign, Beams, Instance, PowerConstraint, advice, check_start, proof_of};
use crate::{Design, Error};

/// Matched filters with equal power for every user, no sensing beams.
///
/// # Errors
/// When the instance has no users.
pub fn mrt(instance: &Instance) -> Result<BeamformingDesign, Error> {
    closed_form(instance, matched_filters(instance))
}

/// Regularised zero forcing with equal power for every user, no sensing beams: the standard
/// precoder of multi-user communication.
///
/// # Errors
/// When the instance has no users.
pub fn rzf(instance: &Instance) -> Result<BeamformingDesign, Error> {
    closed_form(instance, regularised_zero_forcing(instance)?)
}

fn closed_form(instance: &Instance, data: CMat) -> Result<BeamformingDesign, Error> {
    if instance.users() == 0 {
        return Err(
            InputError::new("there are no users", "channels", "0 users", "1 or more").into()
        );
    }
    if data.norm_sqr() <= 0.0 {
        let what = "no user has a channel";
        return Err(InputError::new(what, "channels", "zeros", "a channel that is not zero").into());
    }
    let silent = CMat::zeros(instance.antennas(), instance.parts().sensing_streams);
    let matrix = CMat::hstack(&[&data, &silent])?;
    let beams = Beams { matrix: project_power(instance, matrix), users: instance.users() };
    let metrics = evaluate(instance, &beams)?;
    let violation = (metrics.power_w / instance.parts().power_w - 1.0).max(0.0);
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof: Proof::feasible(violation),
        trace: Trace::off(),
        work: Work::default(),
    })
}

/// The nearest beams that meet the power constraint with equality: scaled as a whole, or antenna
/// by antenna to `√(P/Nt)` (with the exponent −1/2 that Eq. (31) of the paper gets wrong:
/// `docs/errata.md#beamforming-e10`). An antenna whose entries are all zero, or under total power
/// beams that are all zero, send equally on all streams.
pub fn project_power(instance: &Instance, mut matrix: CMat) -> CMat {
    let power = instance.parts().power_w;
    match instance.parts().power_constraint {
        PowerConstraint::Total => return scaled_to_power(matrix, power),
        PowerConstraint::PerAntenna => {
            let share = power / matrix.rows() as f64;
            for n in 0..matrix.rows() {
                let row: f64 = (0..matrix.cols()).map(|j| matrix[(n, j)].norm_sqr()).sum();
                for j in 0..matrix.cols() {
                    if row > 0.0 {
                        matrix[(n, j)] *= (share / row).sqrt();
                    } else {
                        matrix[(n, j)] = C64::from((share / matrix.cols() as f64).sqrt());
                    }
                }
            }
        }
    }
    matrix
}

/// The smallest tr F⁻¹ any transmission reaches, users ignored, with a proof.
///
/// In the transmit covariance `R` the problem is convex, and `3M` streams in the target space
/// reach every `R` that matters; so the factored problem is climbed and its answer certified by
/// the Frank–Wolfe gap (one eigenvalue). With `streams` below `3M` the bound still holds, but
/// need not be met (`docs/errata.md#beamforming-e16`).
///
/// The design's objective is that of `instance`, rates included (they are zero: no beam carries
/// data); the bound in `proof` is on `−δ_s tr F⁻¹`, which is all that is maximised here.
///
/// # Errors
/// [`Error::Input`] when the bound has no weight, there are no targets, or power is limited per
/// antenna.
pub fn sensing_only(
    instance: &Instance,
    streams: Option<usize>,
    tolerance: f64,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    let refuse = |what: &str, place: &str, found: &str, allowed: &str| {
        Err(Error::Input(InputError::new(what, place, found, allowed)))
    };
    if instance.parts().crb_weight <= 0.0 || instance.targets().is_empty() {
        return refuse(
            "there is nothing to sense",
            "crb_weight",
            "no weight or no targets",
            "both",
        );
    }
    if instance.parts().power_constraint != PowerConstraint::Total {
        return refuse(
            "the sensing-only optimum is proven under total power only",
            "power_constraint",
            "per-antenna",
            "total",
        );
    }
    let streams = streams.unwrap_or(3 * instance.targets().len());
    if !(1..=4096).contains(&streams) {
        let found = streams.to_string();
        return refuse("not a number of beams", "streams", &found, "1 to 4096");
    }
    let sensing = instance.with_weights(0.0, instance.parts().crb_weight)?;
    let mut model = Model::with_streams(&sensing, Space::Reduced, streams)?;
    let basis = orthonormal_basis(&target_space(instance.transmit_steering()), 1e-10)?;
    // Equal power in every direction of the target space; with fewer streams than directions,
    // each stream takes several with phases that keep them apart.
    let start = CMat::from_fn(instance.antennas(), streams, |i, j| {
        (0..basis.cols())
            .filter(|d| d % streams == j || basis.cols() <= j)
            .map(|d| basis[(i, d)] * C64::from_polar(1.0, 1.7 * (d * (j + 1)) as f64))
            .sum()
    });
    let mut point = model.point(&start);
    let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
    solver.manifold().normalise(&mut point);
    let rules = StopRules::from(StopRule::Residual(tolerance))
        | StopRule::Progress { tolerance: 1e-15, window: 40 }
        | StopRule::Evaluations(20_000);
    let mut trace = Trace::with_room(1000);
    let run = solver.minimise(&mut model, &mut point, &rules, interrupt, &mut trace);
    let bound = certify_sensing(&mut model, &point)?;
    let sensing_beams = model.beams(&point, 0).matrix;
    let silent = CMat::zeros(instance.antennas(), instance.users());
    let beams =
        Beams { matrix: CMat::hstack(&[&silent, &sensing_beams])?, users: instance.users() };
    let metrics = evaluate(instance, &beams)?;
    let mut work = run.work;
    work.factorisations += 1;
    Ok(Design {
        warnings: advice(instance, &metrics),
        variables: beams,
        metrics,
        stop: run.stop,
        proof: proof_of(run.residual).with_bound(bound),
        trace,
        work,
        starts: vec![Some(-run.value * model.unit()).filter(|value| value.is_finite())],
    })
}

/// The Frank–Wolfe bound at a point of a model without users, as an upper bound on the maximised
/// objective.
fn certify_sensing(model: &mut Model, point: &[C64]) -> Result<Option<Bound>, Error> {
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval(point, &mut gradient);
    if !value.is_finite() {
        return Ok(None);
    }
    // ⟨∇_R f, R⟩ = Re tr(∇_R f V Vᴴ) = Re⟨∇_V f, V⟩ / 2
    let inner = real_dot(&gradient, point) / 2.0;
    let mut descent = model.curvature();
    descent.scale(-1.0);
    let mut eigen = HermitianEigen::new(model.rank());
    let error = model.relative_error();
    let Some(lower) = frank_wolfe_bound(value, &descent, inner, 1.0, error, &mut eigen)? else {
        return Ok(None);
    };
    // Of one sign, so the gap is relative to the objective itself.
    let unit = model.unit();
    let method = format!("{}, of the sensing-only problem", lower.method);
    Ok(Bound::new(-value * unit, -lower.value * unit, Sense::Upper, method, 0.0))
}

/// Settings of [`algorithm1`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// Algorithm 1 of T. Fang et al.: successive convex approximation with a quadratic shift, which is
/// projected gradient ascent with step `1/(2λ)`.
///
/// `W ← √P X/‖X‖` with `X = C₁ + (λI + C₀) W`, from the full-size beams `start`. One evaluation
/// and one eigendecomposition an iteration; trace rows hold the negative objective over its unit,
/// as for all methods.
///
/// # Errors
/// [`Error::Input`] under per-antenna power or for settings out of range.
pub fn algorithm1(
    instance: &Instance,
    start: &CMat,
    settings: &Algorithm1Settings,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    let refuse = |place: &str, found: String, allowed: &str| {
        Err(Error::Input(InputError::new("Algorithm 1 cannot do that", place, found, allowed)))
    };
    if instance.parts().power_constraint != PowerConstraint::Total {
        return refuse("power_constraint", "per-antenna".to_owned(), "total");
    }
    if !(settings.shift_factor.is_finite() && settings.shift_factor > 0.0) {
        return refuse("shift_factor", settings.shift_factor.to_string(), "a positive number");
    }
    check_start(instance, start)?;
    let space = if settings.reduced { Space::Reduced } else { Space::Full };
    let mut model = Model::new(instance, space)?;
    let sphere = Manifold::sphere(model.dim());
    let mut point = model.point(start);
    sphere.normalise(&mut point);
    let mut eigen = HermitianEigen::new(model.rank());
    let mut gradient = vec![C64::ZERO; point.len()];
    let mut trace = Trace::with_room(settings.max_iterations.min(100_000) as usize + 1);
    let mut work = Work::default();
    let mut previous = f64::INFINITY;
    let mut step = 0.0;
    let mut before = point.clone();
    let (stop, residual) = loop {
        let value = model.eval(&point, &mut gradient);
        work.evaluations += 1;
        let mut tangent = gradient.clone();
        sphere.project(&point, &mut tangent);
        let residual = if value.is_finite() {
            real_dot(&tangent, &tangent).sqrt() / value.abs().max(1.0)
        } else {
            f64::INFINITY
        };
        trace.push(TraceRow {
            iteration: work.iterations,
            evaluations: work.evaluations,
            value,
            residual,
            step,
        });
        if interrupt.is_raised() {
            break (Stop::Interrupted, residual);
        }
        let change = (previous - value).abs() * model.unit();
        if change <= settings.tolerance || !value.is_finite() {
            break (Stop::Stalled, residual);
        }
        if work.iterations >= settings.max_iterations {
            break (Stop::IterationLimit, residual);
        }
        previous = value;
        eigen.compute(&model.curvature())?;
        work.factorisations += 1;
        let shift = settings.shift_factor * eigen.max().abs().max(eigen.min().abs());
        before.copy_from_slice(&point);
        // The model minimises, so its gradient is −2 (C₁ + C₀ V).
        for (v, g) in point.iter_mut().zip(&gradient) {
            *v = *v * shift - g * 0.5;
        }
        sphere.normalise(&mut point);
        step = before.iter().zip(&point).map(|(a, b)| (a - b).norm_sqr()).sum::<f64>().sqrt();
        work.iterations += 1;
    };
    let beams = model.beams(&point, instance.users());
    let metrics = evaluate(instance, &beams)?;
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop,
        proof: proof_of(residual),
        trace,
        work,
    })
}

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
