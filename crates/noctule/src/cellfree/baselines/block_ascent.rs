//! P2 by block-coordinate ascent on the quadratic transform (Algorithm 2 of the paper).

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat, InputError};
use noctule_optim::scalar::bisect_log;
use noctule_optim::{Stop, Trace, TraceRow, Work};
use noctule_phy::units::nats_to_bits;
use serde::{Deserialize, Serialize};

use super::creeping::{check_creeping, has_stalled};
use crate::cellfree::model::{QuadraticTransform, evaluate, quadratic_transform};
use crate::cellfree::requirement::{advice, ignored, judged_by, missed};
use crate::cellfree::starts::{Start, data_beams};
use crate::cellfree::{Beams, CellFreeDesign, Instance};
use crate::system::{Run, Setting};
use crate::{Design, Error, FEASIBLE};

/// A sum rate that is lower by less than this, relative, has not fallen: that is rounding.
const ROUNDING: f64 = 1e-12;
/// Eigenvalues of Q below this share of the largest are zero to rounding,
const DEAD: f64 = 1e-13;
/// and so is a part of C below this share of its squared norm.
const DEAD_PART: f64 = 1e-24;

/// In which order the access points are updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
        check_creeping("max_sweeps", self.max_sweeps, self.tolerance, self.trace_rows)
    }
}

impl Setting for BlockSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
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
    run: &Run<'_, Beams>,
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
        falls += u64::from(now < rate * (1.0 - ROUNDING));
        let gain = now - rate;
        rate = now;
        if run.interrupt.is_raised() {
            break Stop::Interrupted;
        }
        if has_stalled(gain, rate, settings.tolerance) {
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
    warnings.push(format!("started at {:.4} bit/s/Hz", nats_to_bits(first)));
    Ok(Design {
        variables: beams,
        proof: judged_by(violation),
        stop,
        trace,
        work: Work { iterations: sweeps, evaluations: sweeps, ..Work::default() },
        starts: vec![Some(metrics.sum_rate_bps_hz)],
        metrics,
        warnings,
    })
}

/// One sweep over all access points, with γ and g computed at its beginning.
///
/// # Errors
/// As [`evaluate`].
pub fn sweep(instance: &Instance, beams: &mut Beams, order: Order) -> Result<(), Error> {
    let mut sweep = Sweep::new(instance, beams)?;
    for ap in 0..instance.aps() {
        sweep.update(ap, &mut beams.data, order)?;
    }
    Ok(())
}

/// What a sweep knows of the problem and of the beams so far.
struct Sweep<'a> {
    instance: &'a Instance,
    transform: QuadraticTransform,
    channels: CMat,
    /// Directions as in the model: channels and factors, with |g_k|² of their user as weight.
    directions: CMat,
    weights: Vec<f64>,
    /// What arrives through each direction of each user's beam.
    amplitudes: CMat,
    /// The beams at the beginning.
    before: CMat,
}

impl<'a> Sweep<'a> {
    fn new(instance: &'a Instance, beams: &Beams) -> Result<Self, Error> {
        let transform = quadratic_transform(instance, beams)?;
        let channels = instance.scaled_channels();
        let mut columns = channels.as_slice().to_vec();
        let mut weights: Vec<f64> = transform.g.iter().map(C64::norm_sqr).collect();
        for k in 0..instance.users() {
            let covariance = &instance.parts().error[k];
            columns.extend_from_slice(instance.scaled(&covariance.factors).as_slice());
            let own = transform.g[k].norm_sqr();
            weights.extend(covariance.weights.iter().map(|w| w * own));
        }
        let rows = instance.aps() * instance.antennas();
        let directions = CMat::from_columns(rows, weights.len(), columns)?;
        let amplitudes = product(&directions, Op::Adjoint, &beams.data, Op::Plain);
        let before = beams.data.clone();
        Ok(Self { instance, transform, channels, directions, weights, amplitudes, before })
    }

    /// The best beams of one access point for those of the others.
    fn update(&mut self, ap: usize, data: &mut CMat, order: Order) -> Result<(), Error> {
        let (n, users) = (self.instance.antennas(), self.instance.users());
        let count = self.weights.len();
        let local = CMat::from_fn(n, count, |i, c| self.directions[(ap * n + i, c)]);
        let weighted = CMat::from_fn(n, count, |i, c| local[(i, c)] * self.weights[c]);
        let coherent = product(&weighted, Op::Plain, &local, Op::Adjoint);
        let q = self.with_blocks(ap, coherent.clone());
        let from = if order == Order::Jacobi { &self.before } else { &*data };
        let own = CMat::from_fn(n, users, |i, k| from[(ap * n + i, k)]);
        // C = b_m − Σ_{m' ≠ m} Q_mm' W_m': all access points together, less this one.
        let others = product(&weighted, Op::Plain, &self.amplitudes, Op::Plain);
        let back = product(&coherent, Op::Plain, &own, Op::Plain);
        let transform = &self.transform;
        let right = CMat::from_fn(n, users, |i, k| {
            let scale = transform.g[k] * (1.0 + transform.gamma[k]).sqrt();
            scale * self.channels[(ap * n + i, k)] - others[(i, k)] + back[(i, k)]
        });
        let (updated, _) = block_update(&q, &right, 1.0)?;
        for k in 0..users {
            data.col_mut(k)[ap * n..(ap + 1) * n].copy_from_slice(updated.col(k));
        }
        if order == Order::GaussSeidel {
            let change = CMat::from_fn(n, users, |i, k| updated[(i, k)] - own[(i, k)]);
            let moved = product(&local, Op::Adjoint, &change, Op::Plain);
            let amplitudes = self.amplitudes.as_mut_slice().iter_mut();
            amplitudes.zip(moved.as_slice()).for_each(|(a, m)| *a += m);
        }
        Ok(())
    }

    /// Q_mm: what directions make of it, and the blocks of the error covariances.
    fn with_blocks(&self, ap: usize, mut q: CMat) -> CMat {
        let power = self.instance.parts().power_over_noise[ap];
        for (g, error) in self.transform.g.iter().zip(&self.instance.parts().error) {
            let scale = g.norm_sqr() * power;
            let block = error.blocks[ap].as_slice();
            q.as_mut_slice().iter_mut().zip(block).for_each(|(q, b)| *q += b * scale);
        }
        q
    }
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
    let floor = DEAD * eigen.max();
    let noise = DEAD_PART * weight.iter().sum::<f64>();
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
        // The length falls with μ, and is at most ‖C‖/μ: the bracket reaches from there to as close to
        // zero as doubles do.
        let least = most * 1e-300_f64.max(f64::MIN_POSITIVE / most.max(f64::MIN_POSITIVE));
        bisect_log(least.max(f64::MIN_POSITIVE), most, |mu| length(mu) <= power).unwrap_or(most)
    };
    let scaled = CMat::from_fn(n, c.cols(), |i, k| {
        if dead(i) { C64::ZERO } else { turned[(i, k)] / (eigen.values()[i].max(0.0) + mu) }
    });
    Ok((product(eigen.vectors(), Op::Plain, &scaled, Op::Plain), mu))
}
