//! The least power for SINR floors alone: the uplink fixed point.
//!
//! `λ_k ← 1/((1 + 1/γ_k) h_kᴴ Σ(λ)⁻¹ h_k)` with `Σ = 1 + Σ_j λ_j(Q_j + C_j)`, from λ = 0, increases towards the
//! multipliers of the least power, and Σλ bounds it from below at every step. The beams are
//! `Σ⁻¹h_k` with powers from a linear system.

use noctule_num::linalg::{Cholesky, Op, dot, orthonormal_basis, product, real_dot};
use noctule_num::{C64, CMat};

use super::link::add_outer;
use super::world::Space;

/// What SINR floors cost.
#[derive(Clone, Debug)]
pub(super) struct LeastPower {
    /// λ.
    pub(super) lambda: Vec<f64>,
    /// Σλ, which no beams that meet the floors fall below.
    pub(super) bound: f64,
    /// Beams of the users, r × K, which meet the floors exactly; none where no power does.
    pub(super) beams: Option<CMat>,
}

/// Why no power meets the floors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hopeless {
    /// Σ γ/(1+γ).
    pub(super) asked: f64,
    /// The rank of the channels with floors, which must be larger.
    pub(super) rank: usize,
}

/// Whether floors can be met at any power: `Σ γ_k/(1 + γ_k)` must stay below the rank of the channels.
pub(super) fn hopeless(space: &Space, floors: &[f64]) -> Option<Hopeless> {
    let kept: Vec<usize> = (0..floors.len()).filter(|k| floors[*k] > 0.0).collect();
    let h = CMat::from_fn(space.dim(), kept.len(), |i, k| space.h[(i, kept[k])]);
    let rank = orthonormal_basis(&h, 1e-10).map_or(0, |basis| basis.cols());
    let asked: f64 = kept.iter().map(|k| floors[*k] / (1.0 + floors[*k])).sum();
    // Σ γ/(1+γ) ≥ rank in the form that does not round γ/(1+γ) to one
    let left: f64 = kept.iter().map(|k| 1.0 / (1.0 + floors[*k])).sum();
    let beyond = (kept.len() - rank) as f64;
    (beyond > 0.0 && left <= beyond * (1.0 + 1e-12)).then_some(Hopeless { asked, rank })
}

/// The fixed point; stopped where Σλ exceeds `enough`.
pub(super) fn least_power(space: &Space, floors: &[f64], enough: f64) -> LeastPower {
    let (r, users) = (space.dim(), space.users());
    let mut lambda = vec![0.0; users];
    let mut iterations = 0;
    let mut uplink = CMat::zeros(r, users);
    loop {
        iterations += 1;
        let mut sigma = CMat::identity(r);
        for (k, lambda) in lambda.iter().enumerate() {
            add_outer(&mut sigma, *lambda, space.h.col(k));
        }
        for (error, lambda) in space.errors.iter().zip(&lambda) {
            for (out, e) in sigma.as_mut_slice().iter_mut().zip(error.as_slice()) {
                *out += e * *lambda;
            }
        }
        let mut cholesky = Cholesky::new(r);
        uplink.as_mut_slice().copy_from_slice(space.h.as_slice());
        if cholesky.factor(&sigma, "uplink covariance").is_err() {
            break;
        }
        cholesky.solve_in_place(&mut uplink);
        let (mut change, mut most) = (0.0_f64, 0.0_f64);
        for k in (0..users).filter(|k| floors[*k] > 0.0) {
            let gain = dot(space.h.col(k), uplink.col(k)).re;
            let next = 1.0 / ((1.0 + 1.0 / floors[k]) * gain);
            change = change.max((next - lambda[k]).abs());
            most = most.max(next);
            lambda[k] = next;
        }
        let sum: f64 = lambda.iter().sum();
        if change <= 1e-13 * most || sum > enough || sum.is_nan() || iterations > 200_000 {
            break;
        }
    }
    let bound: f64 = lambda.iter().sum();
    let beams = (bound <= enough).then(|| downlink(space, floors, &uplink)).flatten();
    LeastPower { lambda, bound, beams }
}

/// Beams along the columns of `directions` with the powers that meet the floors exactly.
fn downlink(space: &Space, floors: &[f64], directions: &CMat) -> Option<CMat> {
    let users = floors.len();
    let kept: Vec<usize> = (0..users).filter(|k| floors[*k] > 0.0).collect();
    let mut beams = CMat::zeros(space.dim(), users);
    for &k in &kept {
        let column = directions.col(k);
        let norm = real_dot(column, column).sqrt();
        for (out, z) in beams.col_mut(k).iter_mut().zip(column) {
            *out = z / norm;
        }
    }
    let cross = product(&space.h, Op::Adjoint, &beams, Op::Plain);
    let error = |k: usize, j: usize| {
        space.errors.get(k).map_or(0.0, |error| {
            let bent = product(error, Op::Plain, &beams, Op::Plain);
            real_dot(bent.col(j), beams.col(j))
        })
    };
    let n = kept.len();
    let mut matrix = vec![0.0; n * n];
    for (a, &k) in kept.iter().enumerate() {
        for (b, &j) in kept.iter().enumerate() {
            let power = cross[(k, j)].norm_sqr();
            matrix[a * n + b] =
                if k == j { power / floors[k] - error(k, k) } else { -power - error(k, j) };
        }
    }
    let powers = solved(&mut matrix, vec![1.0; n])?;
    if powers.iter().any(|p| !(*p >= 0.0 && p.is_finite())) {
        return None;
    }
    for (power, &k) in powers.iter().zip(&kept) {
        beams.col_mut(k).iter_mut().for_each(|z| *z *= C64::from(power.sqrt()));
    }
    Some(beams)
}

/// Gaussian elimination with row pivots, for a handful of unknowns.
pub(super) fn solved(matrix: &mut [f64], mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        let pivot =
            (i..n).max_by(|a, b| matrix[a * n + i].abs().total_cmp(&matrix[b * n + i].abs()))?;
        if matrix[pivot * n + i] == 0.0 || matrix[pivot * n + i].is_nan() {
            return None;
        }
        for j in 0..n {
            matrix.swap(i * n + j, pivot * n + j);
        }
        right.swap(i, pivot);
        for k in i + 1..n {
            let factor = matrix[k * n + i] / matrix[i * n + i];
            for j in i..n {
                matrix[k * n + j] -= factor * matrix[i * n + j];
            }
            right[k] -= factor * right[i];
        }
    }
    for i in (0..n).rev() {
        let rest: f64 = (i + 1..n).map(|j| matrix[i * n + j] * right[j]).sum();
        right[i] = (right[i] - rest) / matrix[i * n + i];
    }
    Some(right)
}
