//! What our method is compared with: closed-form beams, and block-coordinate ascent as the paper has
//! it and as it should be.
//!
//! The paper names "ZF" and "MRT" without saying how powers are set or what the sensing signal is
//! (`docs/errata.md#cellfree-e20`). Both choices are settings here: columns of unit norm with **one
//! common scale** so that the strongest access point has power one, which keeps the nulls of zero
//! forcing, or every access point scaled **to its own** full power, which breaks them; and the power
//! left goes either to the best beampattern or isotropically to all directions.

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::scalar::bisect_log;
use noctule_optim::{Interrupt, Proof, Stop, Trace, TraceRow, Work};
use noctule_phy::units::nats_to_bits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::design::{advice, best_patterns, design_from, error_bound, error_floor, sensing_beams};
use super::model::{evaluate, quadratic_transform};
use super::starts::{Start, data_beams, normalise_each};
use super::{Beams, CellFreeDesign, Instance, Metrics, Requirement, Settings};
use crate::{Design, Error, FEASIBLE};

pub use super::majorisation::{MajorisationSettings, Split, majorisation};

/// How closed-form beams are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// Beams of unit norm, then one scale for all access points: the strongest has power one.
    #[default]
    Common,
    /// Every access point at full power, its beams in proportion as they come.
    PerAccessPoint,
}

/// What access points that sense do with the power that data leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Leftover {
    /// The best beampattern.
    #[default]
    BestPattern,
    /// The same in all directions of the signal space, `I/N`.
    Isotropic,
    /// Nothing: powers stay below one.
    Unused,
}

/// Settings of closed-form beams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinearSettings {
    /// How beams are scaled.
    pub scaling: Scaling,
    /// What happens to the power that is left.
    pub leftover: Leftover,
}

/// P1: nobody served, every access point that senses at its best pattern. Proven optimal, unless the
/// instance requires what this misses (any rate, as nobody is served): then a warning says so, and
/// nothing is claimed.
///
/// # Errors
/// [`Error::Input`] when no access point senses.
pub fn sensing_only(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    if instance.sensing_aps().is_empty() {
        let allowed = "an access point with a target";
        return Err(
            InputError::new("no access point senses", "target_rad", "nothing", allowed).into()
        );
    }
    let patterns = best_patterns(instance, settings.pattern_gap, interrupt)?;
    let beams = sensing_beams(instance, &patterns);
    let metrics = evaluate(instance, &beams)?;
    let (reached, certified) = error_floor(&patterns);
    let bound = error_bound(&patterns, reached, certified);
    let residual = patterns.iter().flatten().map(|p| p.residual).fold(0.0, f64::max);
    let mut stops = patterns.iter().flatten().map(|p| p.stop);
    let stop = stops.find(|stop| *stop != Stop::Converged).unwrap_or(Stop::Converged);
    let mut work = Work::default();
    patterns.iter().flatten().for_each(|p| work += p.work);
    let violation = missed(instance, &metrics);
    let mut warnings = advice(instance, &metrics);
    let proof = if violation <= FEASIBLE {
        Proof::stationary(residual).with_bound(bound)
    } else {
        warnings.push(ignored(violation));
        Proof::NONE
    };
    Ok(Design {
        variables: beams,
        metrics,
        stop,
        proof,
        trace: Trace::off(),
        work,
        starts: vec![Some(reached)],
        warnings,
    })
}

/// Matched filters, `w_k ∝ ĥ_k`.
///
/// # Errors
/// [`Error::Numerics`] when the best pattern cannot be found.
pub fn mrt(instance: &Instance, settings: &LinearSettings) -> Result<CellFreeDesign, Error> {
    closed_form(instance, instance.scaled_channels(), settings, Vec::new())
}

/// Zero forcing over all access points together, `W ∝ H (Hᴴ H)⁻¹`. Zero forcing at each access point
/// by itself does not exist here: users that share a pilot have parallel estimates at every access
/// point. (The paper names zero forcing and says no more: `docs/errata.md#cellfree-e15`.)
///
/// # Errors
/// [`Error::Input`] when the channel estimates are linearly dependent (more users than antennas, or
/// equal estimates).
pub fn zero_forcing(
    instance: &Instance,
    settings: &LinearSettings,
) -> Result<CellFreeDesign, Error> {
    let h = instance.scaled_channels();
    let dependent = |found: String| -> Error {
        InputError::new(
            "the channel estimates are linearly dependent: zero forcing does not exist",
            "channels",
            found,
            "independent estimates, at most as many users as antennas in all",
        )
        .hint("users that share a pilot have parallel estimates at every access point")
        .into()
    };
    if h.cols() > h.rows() {
        return Err(dependent(format!("{} users for {} antennas", h.cols(), h.rows())));
    }
    let norms: Vec<f64> =
        (0..h.cols()).map(|k| h.col(k).iter().map(C64::norm_sqr).sum::<f64>().sqrt()).collect();
    let unit =
        CMat::from_fn(h.rows(), h.cols(), |i, k| h[(i, k)] / norms[k].max(f64::MIN_POSITIVE));
    let gram = product(&unit, Op::Adjoint, &unit, Op::Plain);
    let mut eigen = HermitianEigen::new(h.cols());
    eigen.compute(&gram)?;
    if h.cols() > 0 && eigen.min() <= 1e-13 * eigen.max() {
        return Err(dependent(format!(
            "smallest over largest eigenvalue {:.1e}",
            eigen.min() / eigen.max()
        )));
    }
    let mut cholesky = Cholesky::new(h.cols());
    cholesky.factor(&gram, "Gram matrix of the channels")?;
    let mut right = CMat::identity(h.cols());
    cholesky.solve_in_place(&mut right);
    let mut w = product(&unit, Op::Plain, &right, Op::Plain);
    // One step of refinement: nulls to rounding also when the Gram matrix is badly conditioned.
    let off = product(&unit, Op::Adjoint, &w, Op::Plain);
    let mut rest = CMat::from_fn(h.cols(), h.cols(), |i, j| {
        C64::from(if i == j { 1.0 } else { 0.0 }) - off[(i, j)]
    });
    cholesky.solve_in_place(&mut rest);
    let correction = product(&unit, Op::Plain, &rest, Op::Plain);
    w.as_mut_slice().iter_mut().zip(correction.as_slice()).for_each(|(w, c)| *w += c);
    closed_form(instance, w, settings, Vec::new())
}

fn closed_form(
    instance: &Instance,
    mut w: CMat,
    settings: &LinearSettings,
    mut warnings: Vec<String>,
) -> Result<CellFreeDesign, Error> {
    let n = instance.antennas();
    match settings.scaling {
        Scaling::PerAccessPoint => normalise_each(&mut w, n, 1.0),
        Scaling::Common => {
            for k in 0..w.cols() {
                let norm = w.col(k).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
                if norm > 0.0 {
                    w.col_mut(k).iter_mut().for_each(|z| *z /= norm);
                }
            }
            let strongest = (0..instance.aps())
                .map(|ap| {
                    (0..w.cols())
                        .flat_map(|k| &w.col(k)[ap * n..(ap + 1) * n])
                        .map(C64::norm_sqr)
                        .sum::<f64>()
                })
                .fold(0.0, f64::max);
            if strongest > 0.0 {
                w.scale(1.0 / strongest.sqrt());
            }
        }
    }
    let mut beams = Beams { data: w, ..Beams::silent(instance) };
    let patterns = match settings.leftover {
        Leftover::BestPattern => best_patterns(instance, 1e-6, &Interrupt::new())?,
        _ => vec![None; instance.aps()],
    };
    for ap in instance.sensing_aps() {
        let left = (1.0 - beams.data_power(ap)).max(0.0);
        beams.sensing[ap] = match (settings.leftover, &patterns[ap]) {
            (Leftover::BestPattern, Some(pattern)) => {
                let mut factor = pattern.factor.clone();
                factor.scale(left.sqrt());
                factor
            }
            (Leftover::Isotropic, _) => {
                let mut factor = CMat::identity(n);
                factor.scale((left / n as f64).sqrt());
                factor
            }
            _ => CMat::zeros(n, 0),
        };
    }
    let metrics = evaluate(instance, &beams)?;
    let violation = missed(instance, &metrics);
    if violation > FEASIBLE {
        warnings.push(ignored(violation));
    }
    warnings.extend(advice(instance, &metrics));
    let starts = vec![Some(metrics.objective)];
    Ok(Design {
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof: judged_by(violation),
        trace: Trace::off(),
        work: Work::default(),
        starts,
        warnings,
    })
}

/// The sum rate alone (P2), whatever is required: a stationary point of P2 when the requirement is met
/// by chance, and a point of which nothing is claimed, with a warning, when it is missed. The upper
/// bound that `certify_nodes` asks for holds with the requirement too.
///
/// # Errors
/// As [`design_from`].
pub fn rate_only(
    instance: &Instance,
    settings: &Settings,
    warm: Option<&Beams>,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    let free = instance.with_requirement(Requirement::None)?;
    let mut design = design_from(&free, settings, warm, interrupt)?;
    let violation = missed(instance, &evaluate(instance, &design.variables)?);
    if violation > FEASIBLE {
        design.proof.point = Proof::NONE.point;
        design.warnings.push(ignored(violation));
    }
    Ok(design)
}

fn ignored(violation: f64) -> String {
    format!("the requirement is missed by {violation:.1e}: this scheme ignores it")
}

/// What is said of a point of which nothing but its violation is known.
pub(super) fn judged_by(violation: f64) -> Proof {
    if violation <= FEASIBLE { Proof::feasible(violation) } else { Proof::NONE }
}

/// By how much metrics miss what is required: relative to it, or absolute where it is zero.
pub(super) fn missed(instance: &Instance, metrics: &Metrics) -> f64 {
    match (instance.requirement(), metrics.error) {
        (Requirement::MaxError(limit), Some(error)) if limit > 0.0 => {
            (error / limit - 1.0).max(0.0)
        }
        (Requirement::MaxError(_), Some(error)) => error.max(0.0),
        (Requirement::MinRate(rate), _) if rate > 0.0 => {
            (1.0 - metrics.sum_rate_bps_hz / rate).max(0.0)
        }
        _ => 0.0,
    }
}

/// In which order the access points are updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// One after the other, each with the newest beams of the others: the sum rate never falls.
    #[default]
    GaussSeidel,
    /// All at once with the old beams of the others, as Algorithm 2 of the paper is printed: nothing
    /// keeps the sum rate from falling (`docs/errata.md#cellfree-e11`).
    Jacobi,
}

/// Settings of [`block_ascent`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BlockSettings {
    /// In which order the access points are updated.
    pub order: Order,
    /// Sweeps over all access points, at most.
    pub max_sweeps: u64,
    /// Stops when a sweep raises the sum rate by less than this, relative.
    pub tolerance: f64,
    /// Rows of the trace to keep; zero keeps none.
    pub trace_rows: usize,
}

impl BlockSettings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        creeping("max_sweeps", self.max_sweeps, self.tolerance, self.trace_rows)
    }
}

/// Refuse a tolerance outside `[0, 1)`, and numbers of iterations or rows that make no sense.
pub(super) fn creeping(
    name: &str,
    iterations: u64,
    tolerance: f64,
    rows: usize,
) -> Result<(), InputError> {
    let refuse = |place: &str, found: String, allowed: &str| {
        Err(InputError::new("the setting is out of range", place, found, allowed))
    };
    if !(1..=1_000_000_000).contains(&iterations) {
        return refuse(name, iterations.to_string(), "1 to 1000000000");
    }
    if !(0.0..1.0).contains(&tolerance) {
        return refuse("tolerance", tolerance.to_string(), "at least 0 and below 1, e.g. 1e-6");
    }
    if rows > 10_000_000 {
        return refuse("trace_rows", rows.to_string(), "0 to 10000000");
    }
    Ok(())
}

impl Default for BlockSettings {
    fn default() -> Self {
        Self { order: Order::GaussSeidel, max_sweeps: 2000, tolerance: 1e-9, trace_rows: 0 }
    }
}

/// P2 by block-coordinate ascent on the quadratic transform (Algorithm 2), from matched filters with
/// every access point at full power. Sensing and requirements are ignored.
///
/// γ and g are computed once at the beginning of a sweep. A stationary point at best; it creeps near
/// the end, and stops when it does.
///
/// # Errors
/// As [`evaluate`]; [`Error::Input`] for settings out of range.
pub fn block_ascent(
    instance: &Instance,
    settings: &BlockSettings,
    interrupt: &Interrupt,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    let data = data_beams(instance, Start::Matched, 1.0)?;
    let mut beams = Beams { data, ..Beams::silent(instance) };
    let mut trace = Trace::with_room(settings.trace_rows);
    let mut rate = evaluate(instance, &beams)?.sum_rate_nats;
    let first = rate;
    let mut falls = 0_u64;
    let mut sweeps = 0;
    let stop = loop {
        trace.push(TraceRow {
            iteration: sweeps,
            evaluations: sweeps,
            value: -rate,
            residual: f64::NAN,
            step: 0.0,
        });
        if sweeps >= settings.max_sweeps {
            break Stop::IterationLimit;
        }
        sweep(instance, &mut beams, settings.order)?;
        sweeps += 1;
        let now = evaluate(instance, &beams)?.sum_rate_nats;
        falls += u64::from(now < rate * (1.0 - 1e-12));
        let gain = now - rate;
        rate = now;
        if interrupt.is_raised() {
            break Stop::Interrupted;
        }
        if gain.abs() <= settings.tolerance * rate.abs().max(1.0) {
            break Stop::Stalled;
        }
    };
    let metrics = evaluate(instance, &beams)?;
    let violation = missed(instance, &metrics);
    let mut warnings = advice(instance, &metrics);
    if violation > FEASIBLE {
        warnings.push(ignored(violation));
    }
    if falls > 0 {
        warnings.push(format!("the sum rate fell in {falls} of {sweeps} sweeps"));
    }
    Ok(Design {
        variables: beams,
        proof: judged_by(violation),
        stop,
        trace,
        work: Work { iterations: sweeps, evaluations: sweeps, ..Work::default() },
        starts: vec![Some(metrics.sum_rate_bps_hz)],
        metrics,
        warnings: {
            warnings.push(format!("started at {:.4} bit/s/Hz", nats_to_bits(first)));
            warnings
        },
    })
}

/// One sweep over all access points, with γ and g computed at its beginning.
///
/// # Errors
/// As [`evaluate`].
pub fn sweep(instance: &Instance, beams: &mut Beams, order: Order) -> Result<(), Error> {
    let transform = quadratic_transform(instance, beams)?;
    let (n, users, aps) = (instance.antennas(), instance.users(), instance.aps());
    let h = instance.scaled_channels();
    // Directions as in the model: channels and factors, with |g_k|² of their user as weight.
    let mut columns = h.as_slice().to_vec();
    let mut weights: Vec<f64> = transform.g.iter().map(C64::norm_sqr).collect();
    for k in 0..users {
        let covariance = &instance.parts().error[k];
        columns.extend_from_slice(instance.scaled(&covariance.factors).as_slice());
        let own = transform.g[k].norm_sqr();
        weights.extend(covariance.weights.iter().map(|w| w * own));
    }
    let directions = CMat::from_columns(aps * n, weights.len(), columns)?;
    let mut amplitudes = product(&directions, Op::Adjoint, &beams.data, Op::Plain);
    let before = beams.data.clone();
    for ap in 0..aps {
        let rows = ap * n..(ap + 1) * n;
        let local = CMat::from_fn(n, weights.len(), |i, c| directions[(ap * n + i, c)]);
        let weighted = CMat::from_fn(n, weights.len(), |i, c| local[(i, c)] * weights[c]);
        let mut q = product(&weighted, Op::Plain, &local, Op::Adjoint);
        let coherent = q.clone();
        let power = instance.parts().power_over_noise[ap];
        for k in 0..users {
            let scale = transform.g[k].norm_sqr() * power;
            let block = &instance.parts().error[k].blocks[ap];
            q.as_mut_slice().iter_mut().zip(block.as_slice()).for_each(|(q, b)| *q += b * scale);
        }
        // C = b_m − Σ_{m' ≠ m} Q_mm' W_m': all access points together, less this one.
        let own = CMat::from_fn(n, users, |i, k| before[(ap * n + i, k)]);
        let own = match order {
            Order::Jacobi => own,
            Order::GaussSeidel => CMat::from_fn(n, users, |i, k| beams.data[(ap * n + i, k)]),
        };
        let others = product(&weighted, Op::Plain, &amplitudes, Op::Plain);
        let back = product(&coherent, Op::Plain, &own, Op::Plain);
        let right = CMat::from_fn(n, users, |i, k| {
            let b = transform.g[k] * (1.0 + transform.gamma[k]).sqrt() * h[(ap * n + i, k)];
            b - others[(i, k)] + back[(i, k)]
        });
        let (updated, _) = block_update(&q, &right, 1.0)?;
        for k in 0..users {
            beams.data.col_mut(k)[rows.clone()].copy_from_slice(updated.col(k));
        }
        if order == Order::GaussSeidel {
            let change = CMat::from_fn(n, users, |i, k| updated[(i, k)] - own[(i, k)]);
            let moved = product(&local, Op::Adjoint, &change, Op::Plain);
            amplitudes.as_mut_slice().iter_mut().zip(moved.as_slice()).for_each(|(a, m)| *a += m);
        }
    }
    Ok(())
}

/// The minimum of `tr WᴴQW − 2 Re tr CᴴW` over `‖W‖²_F ≤ power`, and its multiplier μ: `W = (Q + μI)⁻¹ C`
/// with μ = 0 where that is short enough, else by bisection in the eigenbasis of `Q ⪰ 0`.
///
/// A singular `Q` is allowed when `C` lies in its range; otherwise the constraint is active.
///
/// # Errors
/// [`Error::Numerics`] when an entry is not finite.
pub fn block_update(q: &CMat, c: &CMat, power: f64) -> Result<(CMat, f64), Error> {
    let n = q.rows();
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(q)?;
    let turned = product(eigen.vectors(), Op::Adjoint, c, Op::Plain);
    let weight: Vec<f64> =
        (0..n).map(|i| (0..c.cols()).map(|k| turned[(i, k)].norm_sqr()).sum()).collect();
    let floor = 1e-13 * eigen.max();
    let noise = 1e-24 * weight.iter().sum::<f64>();
    // Directions that neither Q nor C has are left out.
    let dead = |i: usize| eigen.values()[i] <= floor && weight[i] <= noise;
    let length = |mu: f64| -> f64 {
        (0..n)
            .filter(|&i| !dead(i))
            .map(|i| weight[i] / (eigen.values()[i].max(0.0) + mu).powi(2))
            .sum()
    };
    let mu = if length(0.0) <= power {
        0.0
    } else {
        let most = (weight.iter().sum::<f64>() / power).sqrt();
        let least = most * 1e-300_f64.max(f64::MIN_POSITIVE / most.max(f64::MIN_POSITIVE));
        bisect_log(least.max(f64::MIN_POSITIVE), most, |mu| length(mu) <= power).unwrap_or(most)
    };
    let scaled = CMat::from_fn(n, c.cols(), |i, k| {
        if dead(i) { C64::ZERO } else { turned[(i, k)] / (eigen.values()[i].max(0.0) + mu) }
    });
    Ok((product(eigen.vectors(), Op::Plain, &scaled, Op::Plain), mu))
}
