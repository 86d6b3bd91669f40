//! The least power for SINR floors alone: the uplink fixed point.
//!
//! `λ_k ← 1/((1 + 1/γ_k) h_kᴴ Σ(λ)⁻¹ h_k)` with `Σ = 1 + Σ_j λ_j(Q_j + C_j)`, from λ = 0, increases towards the
//! multipliers of the least power, and Σλ bounds it from below at every step; Newton's method on the same
//! equations ends it. The beams are `Σ⁻¹h_k` with powers from a linear system.
//!
//! Where channels are known, the map is `λ_k ← γ_k/(h_kᴴ(Σ − λ_kQ_k)⁻¹h_k)`: it has the same fixed point, increases
//! towards it as well, and no slower, and with `M = 1 + Λ^½HᴴHΛ^½` it is `λ_k ← λ_kγ_k/SINR_k`,
//! `(M⁻¹)_kk = 1/(1 + SINR_k)`. At high ratios the first form creeps (a step leaves γ/(1 + γ) of what is missing), and rounding
//! hides what it is after: 1/γ beside one.

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

/// Steps of Newton's method in one attempt: five are usual.
const NEWTON: u32 = 12;
/// The relative change at which the multipliers have settled.
const SETTLED: f64 = 1e-13;
/// What channels that are nearly alike leave of it: there steps of Newton's method no longer shrink.
const ROUNDING: f64 = 1e-9;

/// The fixed point; stopped where Σλ exceeds `enough`. Newton's method is tried between runs of the
/// fixed point, which alone takes thousands of steps at 20 dB; what it ends in is certified as every λ with
/// `λ ≤ T(λ)` is, T the map of the fixed point.
pub(super) fn least_power(space: &Space, floors: &[f64], enough: f64) -> LeastPower {
    let mut uplink = Uplink::new(space, floors);
    let mut lambda = vec![0.0; space.users()];
    let (mut iterations, mut run) = (0, 4);
    loop {
        for _ in 0..run {
            iterations += 1;
            let Some(next) = uplink.step(&lambda) else {
                return LeastPower { bound: lambda.iter().sum(), lambda, beams: None };
            };
            let settled = apart(&next, &lambda) <= SETTLED;
            lambda = next;
            let sum: f64 = lambda.iter().sum();
            if settled || sum > enough || sum.is_nan() || iterations > 200_000 {
                return uplink.told(lambda, sum, enough);
            }
        }
        if let Some((next, bound)) = uplink.newton(&lambda) {
            return uplink.told(next, bound, enough);
        }
        run = (2 * run).min(1000);
    }
}

/// The largest change over the largest entry.
fn apart(next: &[f64], before: &[f64]) -> f64 {
    let most = next.iter().fold(0.0_f64, |most, x| most.max(*x));
    let change = next.iter().zip(before).fold(0.0_f64, |most, (x, y)| most.max((x - y).abs()));
    if most > 0.0 { change / most } else { change }
}

/// The map of the fixed point.
struct Uplink<'a> {
    space: &'a Space,
    floors: &'a [f64],
    /// Users with a floor.
    kept: Vec<usize>,
    cholesky: Cholesky,
    /// Σ⁻¹H of the λ looked at last.
    solved: CMat,
    /// Where channels are known.
    known: Option<Known>,
}

/// What the users with a floor hear of each other.
struct Known {
    /// H, r × K.
    channels: CMat,
    /// HᴴH.
    gram: CMat,
    /// M⁻¹ of the λ looked at last.
    inverse: CMat,
}

impl<'a> Uplink<'a> {
    fn new(space: &'a Space, floors: &'a [f64]) -> Self {
        let (r, users) = (space.dim(), space.users());
        let kept: Vec<usize> = (0..users).filter(|k| floors[*k] > 0.0).collect();
        let known = space.errors.is_empty().then(|| {
            let channels = CMat::from_fn(r, kept.len(), |i, k| space.h[(i, kept[k])]);
            let gram = product(&channels, Op::Adjoint, &channels, Op::Plain);
            Known { channels, gram, inverse: CMat::identity(kept.len()) }
        });
        let order = if known.is_some() { kept.len() } else { r };
        let (cholesky, solved) = (Cholesky::new(order), CMat::zeros(r, users));
        Self { space, floors, kept, cholesky, solved, known }
    }

    fn told(&self, lambda: Vec<f64>, bound: f64, enough: f64) -> LeastPower {
        let within = bound <= enough;
        let beams = within.then(|| downlink(self.space, self.floors, &self.solved)).flatten();
        LeastPower { lambda, bound, beams }
    }

    /// T(λ), of channels that are known.
    fn step(&mut self, lambda: &[f64]) -> Option<Vec<f64>> {
        let Some(Known { channels, gram, inverse }) = &mut self.known else {
            return self.step_with_errors(lambda);
        };
        let (kept, n) = (&self.kept, self.kept.len());
        let root: Vec<f64> = kept.iter().map(|k| lambda[*k].sqrt()).collect();
        let one = |i: usize, j: usize| f64::from(u8::from(i == j));
        let mut matrix = CMat::from_fn(n, n, |i, j| gram[(i, j)] * (root[i] * root[j]) + one(i, j));
        self.cholesky.factor(&matrix, "SINRs of the uplink").ok()?;
        *inverse = CMat::identity(n);
        self.cholesky.solve_in_place(inverse);
        // Σ⁻¹H = H Λ^½ M⁻¹ Λ^-½; without a multiplier yet, h_k − H Λ^½ M⁻¹ Λ^½ Hᴴh_k
        for (k, root_k) in root.iter().enumerate() {
            let column = matrix.col_mut(k);
            if *root_k > 0.0 {
                for (i, out) in column.iter_mut().enumerate() {
                    *out = inverse[(i, k)] * (root[i] / root_k);
                }
                continue;
            }
            for (i, out) in column.iter_mut().enumerate() {
                let rest: C64 = (0..n).map(|j| inverse[(i, j)] * gram[(j, k)] * root[j]).sum();
                *out = one(i, k) - rest * root[i];
            }
        }
        let solved = product(channels, Op::Plain, &matrix, Op::Plain);
        let mut next = vec![0.0; lambda.len()];
        for (at, &k) in kept.iter().enumerate() {
            self.solved.col_mut(k).copy_from_slice(solved.col(at));
            let left = inverse[(at, at)].re;
            // h_kᴴΣ⁻¹h_k = (1 − left)/λ_k, by whichever does not cancel
            let gain = if left < 0.5 {
                (1.0 - left) / lambda[k]
            } else {
                dot(channels.col(at), solved.col(at)).re
            };
            next[k] = self.floors[k] * left / gain;
        }
        Some(next)
    }

    /// T(λ), where channels have errors: their ratios stay low.
    fn step_with_errors(&mut self, lambda: &[f64]) -> Option<Vec<f64>> {
        let space = self.space;
        let mut sigma = CMat::identity(space.dim());
        for (k, lambda) in lambda.iter().enumerate() {
            add_outer(&mut sigma, *lambda, space.h.col(k));
        }
        for (error, lambda) in space.errors.iter().zip(lambda) {
            for (out, e) in sigma.as_mut_slice().iter_mut().zip(error.as_slice()) {
                *out += e * *lambda;
            }
        }
        self.solved.as_mut_slice().copy_from_slice(space.h.as_slice());
        self.cholesky.factor(&sigma, "uplink covariance").ok()?;
        self.cholesky.solve_in_place(&mut self.solved);
        let next = |(k, floor): (usize, &f64)| {
            let gain = dot(space.h.col(k), self.solved.col(k)).re;
            if *floor > 0.0 { 1.0 / ((1.0 + 1.0 / floor) * gain) } else { 0.0 }
        };
        Some(self.floors.iter().enumerate().map(next).collect())
    }

    /// `∂T_k/∂λ_j` at the λ looked at last, for users with a floor.
    fn slopes(&self, lambda: &[f64], next: &[f64]) -> Vec<f64> {
        let (space, u, kept) = (self.space, &self.solved, &self.kept);
        let mut out = Vec::with_capacity(kept.len() * kept.len());
        if let Some(Known { inverse, .. }) = &self.known {
            for (a, &k) in kept.iter().enumerate() {
                let left = inverse[(a, a)].re;
                let factor = next[k] * next[k] / (self.floors[k] * lambda[k] * left * left);
                for (b, &j) in kept.iter().enumerate() {
                    let heard = inverse[(b, a)].norm_sqr() / lambda[j];
                    out.push(if a == b { 0.0 } else { factor * heard });
                }
            }
            return out;
        }
        let cross = product(&space.h, Op::Adjoint, u, Op::Plain);
        let bent: Vec<CMat> =
            space.errors.iter().map(|error| product(error, Op::Plain, u, Op::Plain)).collect();
        for &k in kept {
            let factor = next[k] * next[k] * (1.0 + 1.0 / self.floors[k]);
            for &j in kept {
                let error = bent.get(j).map_or(0.0, |bent| real_dot(bent.col(k), u.col(k)));
                out.push(factor * (cross[(k, j)].norm_sqr() + error));
            }
        }
        out
    }

    /// The fixed point by Newton's method, and what it proves; none where it does not settle.
    fn newton(&mut self, from: &[f64]) -> Option<(Vec<f64>, f64)> {
        let n = self.kept.len();
        let (mut lambda, mut before) = (from.to_vec(), f64::INFINITY);
        for _ in 0..NEWTON {
            let next = self.step(&lambda)?;
            let missing = apart(&next, &lambda);
            let rounding = missing <= ROUNDING && missing > 0.5 * before;
            before = missing;
            if missing <= SETTLED || rounding {
                let bound = self.certified(&lambda)?;
                self.step(&lambda)?;
                return Some((lambda, bound));
            }
            let mut matrix = self.slopes(&lambda, &next);
            for (i, x) in matrix.iter_mut().enumerate() {
                *x = f64::from(u8::from(i / n == i % n)) - *x;
            }
            let right = self.kept.iter().map(|k| next[*k] - lambda[*k]).collect();
            for (k, change) in self.kept.iter().zip(solved(&mut matrix, right)?) {
                lambda[*k] += change;
                if !(lambda[*k] > 0.0 && lambda[*k].is_finite()) {
                    return None;
                }
            }
        }
        None
    }

    /// Σλ of multipliers a little smaller, for which `λ ≤ T(λ)`.
    fn certified(&mut self, lambda: &[f64]) -> Option<f64> {
        let mut less = 1e-14;
        while less < 1e-8 {
            let smaller: Vec<f64> = lambda.iter().map(|l| l * (1.0 - less)).collect();
            let next = self.step(&smaller)?;
            if next.iter().zip(&smaller).all(|(next, l)| next >= l) {
                return Some(smaller.iter().sum());
            }
            less *= 4.0;
        }
        None
    }
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
