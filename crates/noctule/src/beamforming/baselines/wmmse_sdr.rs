//! WMMSE-SDR in a form that ascends, without a conic solver.

use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::scalar::bisect;
use noctule_optim::{Lbfgs, Manifold, Objective, Stop, StopRule, StopRules, Trace, TraceRow, Work};
use serde::{Deserialize, Serialize};

use super::FromStart;
use super::climbs::{residual, total_power_only, trace};
use crate::beamforming::model::{Minorant, Model, Space, evaluate};
use crate::beamforming::settings::{STALLED, positive};
use crate::beamforming::stationarity::proof_of;
use crate::beamforming::{BeamformingDesign, Beams, Instance, advice};
use crate::system::Setting;
use crate::{Design, Error, Run};

/// Eigenvalues of the sensing covariance below this share of the power are no stream.
const NO_STREAM: f64 = 1e-14;

/// Streams beyond those that an instance has room for are cut off where they carry more than this
/// share of the power together; less is what a limit leaves of a stream that vanishes.
const A_STREAM: f64 = 1e-6;

/// Amplitude that every sensing stream of a start has at least, beside all of it.
const SEED: f64 = 1e-3;
/// The multiplier of the power lies no nearer to the largest eigenvalue than this share of the size
/// of the problem: nearer, rounding decides. Any multiplier gives a bound.
const NEAREST: f64 = 1e-15;

/// Settings of [`wmmse_sdr`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WmmseSdrSettings {
    /// Stop when the residual of the original problem is at most this.
    pub tolerance: f64,
    /// Convex programs at most.
    pub max_programs: u64,
    /// Residual to which every convex program is solved.
    pub inner_tolerance: f64,
    /// Evaluations that one convex program may take.
    pub inner_evaluations: u64,
}

impl Default for WmmseSdrSettings {
    fn default() -> Self {
        Self { tolerance: 1e-6, max_programs: 500, inner_tolerance: 1e-8, inner_evaluations: 2000 }
    }
}

impl Setting for WmmseSdrSettings {
    fn validate(&self) -> Result<(), InputError> {
        positive("tolerance", self.tolerance)?;
        positive("inner_tolerance", self.inner_tolerance)
    }
}

/// A design by [`wmmse_sdr_with_gaps`].
#[derive(Clone, Debug, PartialEq)]
pub struct WmmseSdr {
    /// The design.
    pub design: BeamformingDesign,
    /// For every convex program in order, how far its solution is from its optimum at most, in
    /// units of the objective.
    pub gaps: Vec<f64>,
}

/// WMMSE-SDR in its corrected, monotone form (`docs/errata.md#beamforming-e22`).
///
/// The rates are replaced by a minorant that is tight at the current beams, which leaves a convex
/// program in the data beams `W_c` and the covariance `R`:
/// ```math
/// \max\; \delta_c \sum_k \bigl[2\,\mathrm{Re}(\eta_k h_k^H w_k) - \beta_k(h_k^H R h_k + \sigma_k^2)\bigr]
///        - \delta_s\, \mathrm{tr}F(R)^{-1}
/// \quad\text{s.t.}\quad R \succeq W_c W_c^H,\; \mathrm{tr} R = P
/// ```
/// and its solution the next beams, with `W_s = (R - W_cW_c^H)^{1/2}`. Here the program is solved in
/// the factored form `R = W_cW_cᴴ + W_sW_sᴴ` with as many sensing streams as the reduced space has
/// dimensions, which loses nothing, and every solution is certified by duality: the gradient
/// `(C₁, C₀)` of the concave objective bounds it by
/// `min_ν ν P + tr C₁ᴴ(νI − C₀)⁻¹C₁` over `ν > λmax(C₀)`, one eigendecomposition and a bisection.
///
/// Guarantee: monotone up to the certified gaps; a stationary point when `stop` says it converged and
/// nothing was cut. The program knows no number of streams: where `R − W_cW_cᴴ` has more of them than
/// the instance has room for, only the strongest are kept and all is scaled to full power, which no
/// program has optimised; the residual is that of what is left, and a warning says so. `work` counts a convex program as a conic solve and their evaluations together.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) under per-antenna power or for settings out of range.
pub fn wmmse_sdr(
    instance: &Instance,
    settings: &FromStart<WmmseSdrSettings>,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    wmmse_sdr_with_gaps(instance, settings, run).map(|found| found.design)
}

/// [`wmmse_sdr`] with the certified gap of every convex program.
///
/// # Errors
/// As [`wmmse_sdr`].
pub fn wmmse_sdr_with_gaps(
    instance: &Instance,
    settings: &FromStart<WmmseSdrSettings>,
    run: &Run<'_, Beams>,
) -> Result<WmmseSdr, Error> {
    let mut solver: Option<Lbfgs> = None;
    let rules = StopRules::from(StopRule::Residual(settings.own.inner_tolerance))
        | STALLED
        | StopRule::Evaluations(settings.own.inner_evaluations.max(1));
    ascend(instance, settings, run, |model, minorant, point| {
        let solver = solver.get_or_insert_with(|| Lbfgs::new(Manifold::sphere(model.dim())));
        let mut program = Program { model, minorant };
        let (interrupt, mut off) = (&run.interrupt, Trace::off());
        let ran = solver.minimise(&mut program, point, &rules, interrupt, &mut off);
        Ok(ran.work.evaluations)
    })
}

/// The ascent; `solve` moves the point to the optimum of the convex program of the minorant, and
/// says how many evaluations that took.
pub(super) fn ascend(
    instance: &Instance,
    settings: &FromStart<WmmseSdrSettings>,
    run: &Run<'_, Beams>,
    mut solve: impl FnMut(&mut Model, &Minorant, &mut [C64]) -> Result<u64, Error>,
) -> Result<WmmseSdr, Error> {
    let own = &settings.own;
    total_power_only(instance)?;
    own.validate()?;
    let start = settings.beams(instance)?;
    let users = instance.users();
    let rank = Model::new(instance, Space::Reduced)?.rank();
    let mut model = Model::with_streams(instance, Space::Reduced, users + rank)?;
    let mut point = lifted(&model, &start, users);
    let mut gradient = vec![C64::ZERO; point.len()];
    let mut tangent = gradient.clone();
    let mut trace = trace(settings.trace, own.max_programs);
    let mut work = Work::default();
    let mut gaps = Vec::new();
    let (stop, residual) = loop {
        let value = model.eval(&point, &mut gradient);
        work.evaluations += 1;
        let residual = residual(&point, &gradient, value, &mut tangent);
        trace.push(TraceRow::at(&work, value, residual, 0.0));
        if run.interrupt.is_raised() {
            break (Stop::Interrupted, residual);
        }
        if residual <= own.tolerance {
            break (Stop::Converged, residual);
        }
        if !value.is_finite() {
            break (Stop::Stalled, residual);
        }
        if work.conic_solves >= own.max_programs {
            break (Stop::IterationLimit, residual);
        }
        let minorant = model.minorant();
        work.evaluations += solve(&mut model, &minorant, &mut point)? + 1;
        gaps.push(certify(&mut model, &minorant, &point)? * model.unit());
        work.conic_solves += 1;
        work.factorisations += 1;
        work.iterations += 1;
    };
    let (all, cut) = compressed(&model, &point, instance)?;
    let residual = if cut > 0.0 {
        // The streams that are gone stay where they are, at zero.
        point.fill(C64::ZERO);
        point[..all.as_slice().len()].copy_from_slice(all.as_slice());
        let value = model.eval(&point, &mut gradient);
        work.evaluations += 1;
        self::residual(&point, &gradient, value, &mut tangent)
    } else {
        residual
    };
    let beams = model.full_size(&all, users);
    let metrics = evaluate(instance, &beams)?;
    let mut warnings = advice(instance, &metrics);
    warnings.extend(certified(&gaps));
    if cut > 0.0 {
        warnings.push(format!(
            "{:.2} % of the power was in more sensing streams than the {} there are: they were cut \
             off, and the rest was scaled to full power",
            100.0 * cut,
            instance.parts().sensing_streams
        ));
    }
    let design = Design {
        warnings,
        starts: vec![metrics.objective],
        variables: beams,
        metrics,
        stop,
        proof: proof_of(residual),
        trace,
        work,
    };
    Ok(WmmseSdr { design, gaps })
}

/// How well the convex programs were solved, in words.
fn certified(gaps: &[f64]) -> Option<String> {
    let worst = gaps.iter().copied().fold(0.0, f64::max);
    (!gaps.is_empty()).then(|| {
        format!(
            "{} convex programs, each solved to a certified gap of at most {worst:.1e}",
            gaps.len()
        )
    })
}

/// One convex program.
struct Program<'a> {
    model: &'a mut Model,
    minorant: &'a Minorant,
}

impl Objective for Program<'_> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.model.eval_minorised(self.minorant, x, gradient)
    }
}

/// The start with its sensing beams spread over all the streams, none of which is empty: an empty
/// stream would be stationary without being optimal.
fn lifted(model: &Model, start: &CMat, users: usize) -> Vec<C64> {
    let rank = model.rank();
    let mut point = vec![C64::ZERO; model.dim()];
    // The reduced start has its own number of streams; what exceeds ours is folded onto them.
    let wide = model.coordinates(start);
    for stream in 0..wide.cols() {
        let to = if stream < users { stream } else { users + (stream - users) % rank };
        for (i, value) in wide.col(stream).iter().enumerate() {
            point[to * rank + i] += value;
        }
    }
    let floor = SEED * real_dot(&point, &point).sqrt().max(f64::MIN_POSITIVE);
    for i in 0..rank {
        point[(users + i) * rank + i] += C64::from(floor);
    }
    Manifold::sphere(point.len()).normalise(&mut point);
    point
}

/// How far a point is from the optimum of the convex program, at most, in normalised units.
fn certify(model: &mut Model, minorant: &Minorant, point: &[C64]) -> Result<f64, Error> {
    let mut gradient = vec![C64::ZERO; point.len()];
    let value = model.eval_minorised(minorant, point, &mut gradient);
    let (c1, c0) = model.minorised_terms(minorant);
    let mut eigen = HermitianEigen::new(model.rank());
    eigen.compute(&c0)?;
    let along = product(eigen.vectors(), Op::Adjoint, &c1, Op::Plain);
    let shares: Vec<f64> = (0..along.rows())
        .map(|i| (0..along.cols()).map(|j| along[(i, j)].norm_sqr()).sum())
        .collect();
    let bound = linear_maximum(eigen.values(), &shares);
    // What is linearised is 2 Re tr(C₁ᴴ W_c) + tr(C₀ R). The gradient is −2 (C₁ + C₀ V), so that
    // −½ Re⟨gradient, V⟩ = Re tr(C₁ᴴ W_c) + tr(C₀ R): the first term is there once, and is added
    // once more.
    let here = -0.5 * real_dot(&gradient, point);
    let data = &point[..c1.as_slice().len()];
    let here = here + real_dot(c1.as_slice(), data);
    // Of eigenvalues and products of this order, and of the kernel; relative to all that is added.
    let rounding = 64.0 * f64::EPSILON * model.rank() as f64 + model.relative_error();
    Ok((bound - here).max(0.0) + rounding * (bound.abs() + here.abs() + value.abs()))
}

/// `max 2 Re tr(C₁ᴴ W_c) + tr(C₀ R)` over `R ⪰ W_cW_cᴴ`, `tr R = 1`, by its dual
/// `min_ν ν + Σ sᵢ/(ν − λᵢ)` over `ν > λmax`, where `sᵢ` is the squared norm of the part of `C₁`
/// along eigenvector `i` of `C₀`. Any ν gives an upper bound.
fn linear_maximum(eigenvalues: &[f64], shares: &[f64]) -> f64 {
    let largest = eigenvalues.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = shares.iter().sum();
    let dual = |offset: f64| {
        let sum: f64 =
            eigenvalues.iter().zip(shares).map(|(l, s)| s / (largest - l + offset)).sum();
        largest + offset + sum
    };
    let far = total.sqrt();
    if far <= 0.0 {
        return largest;
    }
    // Where the derivative 1 − Σ sᵢ/(ν − λᵢ)² turns positive.
    let turned = |offset: f64| {
        let sum: f64 =
            eigenvalues.iter().zip(shares).map(|(l, s)| s / (largest - l + offset).powi(2)).sum();
        sum <= 1.0
    };
    let scale = eigenvalues.iter().map(|l| l.abs()).fold(far, f64::max);
    let offset = bisect(NEAREST * scale, far, turned).unwrap_or(far);
    dual(offset)
}

/// Beams in the reduced space with one sensing stream for each eigenvalue of the sensing covariance
/// that is not nothing, and at least as many streams as the instance has; and the share of the power
/// that was in more of them and is cut off.
fn compressed(model: &Model, point: &[C64], instance: &Instance) -> Result<(CMat, f64), Error> {
    let (rank, users) = (model.rank(), instance.users());
    let data = CMat::from_columns(rank, users, point[..rank * users].to_vec())?;
    let sensing = CMat::from_columns(rank, rank, point[rank * users..].to_vec())?;
    let covariance = product(&sensing, Op::Plain, &sensing, Op::Adjoint);
    let mut eigen = HermitianEigen::new(rank);
    eigen.compute(&covariance)?;
    let mut streams: Vec<usize> =
        (0..rank).rev().filter(|&i| eigen.values()[i] > NO_STREAM).collect();
    let beyond = streams.iter().skip(instance.parts().sensing_streams);
    let beyond: f64 = beyond.map(|&i| eigen.values()[i]).sum();
    let cut = if beyond > A_STREAM { beyond } else { 0.0 };
    if cut > 0.0 {
        streams.truncate(instance.parts().sensing_streams);
    }
    let width = streams.len().max(instance.parts().sensing_streams);
    let sensing = CMat::from_fn(rank, width, |i, j| {
        let column = streams.get(j).copied();
        column.map_or(C64::ZERO, |c| eigen.vectors()[(i, c)] * eigen.values()[c].sqrt())
    });
    let mut all = CMat::hstack(&[&data, &sensing])?;
    let norm = all.norm();
    if norm > 0.0 {
        all.scale(1.0 / norm);
    }
    Ok((all, cut))
}

#[cfg(test)]
mod tests;
