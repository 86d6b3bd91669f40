//! Fewer sensing streams that do the same: rank reduction of their covariance.
//!
//! Sensing streams enter every number of a design through a few linear functions of their covariance
//! `R_s`: the entries of the Fisher matrix, the interference `h_kᴴ R_s h_k` of every user, the power (of
//! every antenna, where each has a limit), and what reaches every target. With `R_s = V Vᴴ` of rank r, a
//! Hermitian `Δ ≠ 0` of order r that none of these functions sees exists as long as r² exceeds the number ℓ
//! of them that are linearly independent; moving from `V Vᴴ` to `V (I + tΔ) Vᴴ` until an eigenvalue
//! vanishes keeps them all and takes one stream away. What is left has `r² ≤ ℓ` (G. Pataki, Math. Oper.
//! Res. 23, 1998; Y. Huang and D. P. Palomar, IEEE Trans. Signal Process. 58, 2010).
//!
//! Nothing is approximated, so that the design stays what it is: its metrics agree to 10⁻⁹, or it is left
//! as it was and says why.

use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat, InputError};

use super::metrics::fisher;
pub use super::saved::FewestStreams;
use super::stationarity::proof_of;
use super::{BeamformingDesign, Beams, Instance, Metrics, evaluate, residual};
use crate::Error;

/// Streams below this share of the power are rounding.
const NOTHING: f64 = 1e-14;
/// A function that adds less than this to those before it, of its own size, adds nothing.
const DEPENDENT: f64 = 1e-11;
/// How far numbers of a design may move, relative.
const SAME: f64 = 1e-9;

/// The same design with as few sensing streams as the theorem promises; its beams keep their number,
/// those that are not needed are zero.
///
/// # Errors
/// A band, which shares its Fisher matrix among subcarriers; broken numerics.
pub fn fewest_streams(
    instance: &Instance,
    mut design: BeamformingDesign,
) -> Result<BeamformingDesign, Error> {
    refuse_band(instance)?;
    let infeasible = design.proof.infeasible.is_some();
    if infeasible || design.variables.matrix.cols() <= design.variables.users {
        return Ok(design);
    }
    let Some((beams, found)) = reduced(instance, &design.variables)? else { return Ok(design) };
    let metrics = evaluate(instance, &beams)?;
    if let Some(name) = moved(&design.metrics, &metrics) {
        design.warnings.push(format!(
            "sensing streams stay as they are: with {} in place of {} {name} would not be the same",
            found.after, found.before
        ));
        return Ok(design);
    }
    if design.proof.residual().is_some() && instance.problem().is_none() {
        let Some(found) = residual(instance, &beams)? else { return Ok(design) };
        design.proof.point = proof_of(found).point;
    }
    let prices = design.metrics.prices.take();
    design.metrics = Metrics { prices, fewest: Some(found), ..metrics };
    design.variables = beams;
    Ok(design)
}

/// Refuse a band.
pub(super) fn refuse_band(instance: &Instance) -> Result<(), Error> {
    if instance.band().is_none() {
        return Ok(());
    }
    let what = "fewest sensing streams are those of one frequency";
    let allowed = "false, or a scenario without `ofdm`";
    Err(InputError::new(what, "fewest_sensing_streams", "true, and a band", allowed).into())
}

/// Beams with fewer sensing streams and what was saved; `None` where they carry no power.
fn reduced(instance: &Instance, beams: &Beams) -> Result<Option<(Beams, FewestStreams)>, Error> {
    let sensing = beams.matrix.columns(beams.users..beams.matrix.cols());
    let functions = Functions { instance, scales: Functions::scales(instance, &beams.matrix) };
    let mut factor = principal(&sensing, NOTHING * beams.matrix.norm_sqr())?;
    let before = factor.cols();
    if before == 0 {
        return Ok(None);
    }
    let kept = loop {
        let (unseen, kept) = functions.unseen(&factor);
        match unseen {
            Some(unseen) => factor = stepped(&factor, &unseen)?,
            None => break kept,
        }
    };
    let after = factor.cols();
    let users = beams.users;
    let matrix = CMat::from_fn(beams.matrix.rows(), beams.matrix.cols(), |n, s| {
        if s < users {
            return beams.matrix[(n, s)];
        }
        if s - users < after { factor[(n, s - users)] } else { C64::ZERO }
    });
    let found = FewestStreams { before, after, kept, at_most: kept.isqrt() };
    Ok(Some((Beams { matrix, ..beams.clone() }, found)))
}

/// Orthogonal columns with the same covariance, without those of a power below `least`.
fn principal(streams: &CMat, least: f64) -> Result<CMat, Error> {
    let mut eigen = HermitianEigen::new(streams.cols());
    eigen.compute(&product(streams, Op::Adjoint, streams, Op::Plain))?;
    let first = eigen.values().iter().take_while(|value| **value <= least).count();
    let vectors = eigen.vectors().columns(first..streams.cols());
    Ok(product(streams, Op::Plain, &vectors, Op::Plain))
}

/// `V (I + tΔ)^{1/2}` without its null space, for the t of the smallest size at which there is one.
fn stepped(factor: &CMat, direction: &CMat) -> Result<CMat, Error> {
    let mut eigen = HermitianEigen::new(direction.rows());
    eigen.compute(direction)?;
    let (low, high) = (eigen.min(), eigen.max());
    let most = if high.abs() >= low.abs() { high } else { low };
    let mut turned = product(factor, Op::Plain, eigen.vectors(), Op::Plain);
    let mut left = Vec::new();
    for (i, value) in eigen.values().iter().enumerate() {
        let share = 1.0 - value / most;
        if share > NOTHING {
            turned.col_mut(i).iter_mut().for_each(|z| *z *= share.sqrt());
            left.push(i);
        }
    }
    Ok(CMat::from_fn(factor.rows(), left.len(), |n, s| turned[(n, left[s])]))
}

/// What of a design is linear in the covariance of its sensing streams.
struct Functions<'a> {
    instance: &'a Instance,
    /// Size of each function at the whole design, by which it is divided.
    scales: Vec<f64>,
}

impl Functions<'_> {
    /// The functions of `W Wᴴ`.
    fn of(instance: &Instance, beams: &CMat) -> Vec<f64> {
        let mut out = Vec::new();
        let own = Beams { matrix: beams.clone(), users: 0, subcarriers: 1 };
        let parameters = 4 * instance.targets().len();
        if let Some(fisher) = fisher(instance, &own) {
            for i in 0..parameters {
                out.extend_from_slice(&fisher[i * parameters..=i * parameters + i]);
            }
        }
        let mut heard = |vectors: &CMat| {
            let amplitudes = product(beams, Op::Adjoint, vectors, Op::Plain);
            out.extend((0..vectors.cols()).map(|k| {
                let column = amplitudes.col(k);
                real_dot(column, column)
            }));
        };
        heard(instance.channels());
        heard(&instance.transmit_steering().response);
        let antenna = |n: usize| (0..beams.cols()).map(|s| beams[(n, s)].norm_sqr()).sum::<f64>();
        let antennas = (0..beams.rows()).map(antenna);
        match Self::by_antenna(instance) {
            true => out.extend(antennas),
            false => out.push(antennas.sum()),
        }
        out
    }

    /// Whether every antenna has a power of its own, or groups of them.
    fn by_antenna(instance: &Instance) -> bool {
        instance.parts().power_constraint == super::PowerConstraint::PerAntenna
            || instance.problem().is_some_and(|problem| problem.around.groups.is_some())
    }

    /// Sizes: of entries of the Fisher matrix by its diagonal, so that one near zero is no large one.
    fn scales(instance: &Instance, beams: &CMat) -> Vec<f64> {
        let mut sizes = Self::of(instance, beams);
        let parameters = 4 * instance.targets().len();
        let diagonal: Vec<f64> =
            (0..parameters).map(|i| sizes[i * (i + 1) / 2 + i].abs().sqrt()).collect();
        for i in 0..parameters {
            for j in 0..=i {
                sizes[i * (i + 1) / 2 + j] = diagonal[i] * diagonal[j];
            }
        }
        sizes.iter().map(|size| size.max(f64::MIN_POSITIVE)).collect()
    }

    /// A Hermitian direction that no function sees, and the number of independent functions.
    fn unseen(&self, factor: &CMat) -> (Option<CMat>, usize) {
        let rank = factor.cols();
        let rows = self.rows(factor);
        let basis = orthonormal(&rows, rank * rank);
        if basis.len() >= rank * rank {
            return (None, basis.len());
        }
        // the coordinate that the functions see least of, less what they see
        let seen = |i: usize| basis.iter().map(|q| q[i] * q[i]).sum::<f64>();
        let least = (0..rank * rank).min_by(|a, b| seen(*a).total_cmp(&seen(*b))).unwrap_or(0);
        let mut direction = vec![0.0; rank * rank];
        direction[least] = 1.0;
        for _ in 0..3 {
            take_out(&mut direction, &basis);
        }
        (Some(hermitian(&direction, rank)), basis.len())
    }

    /// A row a function: its values on an orthonormal basis of Hermitian matrices, each by
    /// polarisation.
    fn rows(&self, factor: &CMat) -> Vec<Vec<f64>> {
        let rank = factor.cols();
        let column = |weights: &[(usize, C64)]| {
            let sum = |n: usize| weights.iter().map(|(s, w)| factor[(n, *s)] * w).sum::<C64>();
            let mixed = CMat::from_fn(factor.rows(), 1, |n, _| sum(n));
            Self::of(self.instance, &mixed)
        };
        let alone: Vec<Vec<f64>> = (0..rank).map(|i| column(&[(i, C64::ONE)])).collect();
        let mut rows = vec![vec![0.0; rank * rank]; self.scales.len()];
        let half = std::f64::consts::FRAC_1_SQRT_2;
        for i in 0..rank {
            for j in 0..=i {
                let both = |w: C64| column(&[(i, C64::ONE), (j, w)]);
                let (real, imaginary) = (both(C64::ONE), both(C64::new(0.0, 1.0)));
                for (f, row) in rows.iter_mut().enumerate() {
                    let scale = self.scales[f];
                    if i == j {
                        row[i * rank + i] = alone[i][f] / scale;
                        continue;
                    }
                    let single = alone[i][f] + alone[j][f];
                    row[i * rank + j] = half * (real[f] - single) / scale;
                    row[j * rank + i] = half * (imaginary[f] - single) / scale;
                }
            }
        }
        rows
    }
}

/// The Hermitian matrix of coordinates in the basis of [`Functions::rows`].
fn hermitian(coordinates: &[f64], rank: usize) -> CMat {
    let half = std::f64::consts::FRAC_1_SQRT_2;
    CMat::from_fn(rank, rank, |i, j| {
        let (low, high) = (i.min(j), i.max(j));
        if i == j {
            return C64::from(coordinates[i * rank + i]);
        }
        // the column x_i + w x_j has the covariance with w* at (i, j): w = 1 is real, w = j is −j there
        let (re, im) = (coordinates[high * rank + low], coordinates[low * rank + high]);
        C64::new(half * re, if i > j { -half * im } else { half * im })
    })
}

/// Orthonormal rows with the same span, by Gram–Schmidt twice over.
fn orthonormal(rows: &[Vec<f64>], dimension: usize) -> Vec<Vec<f64>> {
    let size = |row: &[f64]| row.iter().map(|x| x * x).sum::<f64>().sqrt();
    let largest = rows.iter().map(|row| size(row)).fold(0.0, f64::max);
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let (mut rest, whole) = (row.clone(), size(row));
        if basis.len() == dimension || whole <= DEPENDENT * largest {
            continue;
        }
        take_out(&mut rest, &basis);
        take_out(&mut rest, &basis);
        let left = size(&rest);
        if left > DEPENDENT * whole {
            rest.iter_mut().for_each(|x| *x /= left);
            take_out(&mut rest, &basis);
            let left = size(&rest);
            rest.iter_mut().for_each(|x| *x /= left);
            basis.push(rest);
        }
    }
    basis
}

/// Take the components along orthonormal vectors out of one.
fn take_out(vector: &mut [f64], basis: &[Vec<f64>]) {
    for q in basis {
        let along: f64 = vector.iter().zip(q).map(|(x, y)| x * y).sum();
        vector.iter_mut().zip(q).for_each(|(x, y)| *x -= along * y);
    }
}

/// The first metric that is not the same, by name.
fn moved(one: &Metrics, other: &Metrics) -> Option<&'static str> {
    let same = |a: f64, b: f64| (a - b).abs() <= SAME * a.abs().max(b.abs()).max(1e-30);
    let lists =
        |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(*a, *b));
    let options = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let angles = |m: &Metrics| -> Vec<f64> {
        let all =
            |t: &super::TargetMetrics| [t.azimuth_rcrb_deg, t.polar_rcrb_deg, t.reflection_rcrb];
        m.targets.iter().flatten().flat_map(all).collect()
    };
    let limited = |m: &Metrics| -> Vec<f64> {
        let values = m.goal.iter().flat_map(|goal| goal.limited.iter());
        values.map(|value| value.unwrap_or(f64::INFINITY)).collect()
    };
    let rate = one.sum_rate_nats.abs().max(1e-12);
    let rates = one.rate_bps_hz.iter().zip(&other.rate_bps_hz);
    [
        ("the objective", options(one.objective, other.objective)),
        ("a rate", rates.into_iter().all(|(a, b)| (a - b).abs() <= SAME * rate)),
        ("a bound", lists(&angles(one), &angles(other))),
        ("the trace of the bound", options(one.crb_trace_mixed, other.crb_trace_mixed)),
        ("the power", same(one.power_w, other.power_w)),
        (
            "a limited metric",
            limited(one) == limited(other) || lists(&limited(one), &limited(other)),
        ),
    ]
    .into_iter()
    .find(|(_, same)| !same)
    .map(|(name, _)| name)
}

#[cfg(test)]
#[path = "fewest_tests.rs"]
mod tests;
