//! Fisher information of several point targets seen by a monostatic multi-antenna radar.
//!
//! # Model
//!
//! Over `L` slots the array transmits `x[l]` with covariance `R = WWᴴ` and receives
//! ```math
//! y[l] = B\,U\,A^H x[l] + n[l],\qquad U = \mathrm{diag}(\alpha_1,\dots,\alpha_M),\quad n\sim\mathcal{CN}(0,\sigma^2 I)
//! ```
//! with transmit and receive steering vectors in the columns of `A` (Nt × M) and `B` (Nr × M).
//! The parameters are, in this order, `[θ₁…θ_M, φ₁…φ_M, Re α₁…, Im α₁…]`: `4M` real numbers, in
//! radians and units of the reflection coefficient. For a Gaussian mean `μ = BUAᴴx`,
//! ```math
//! F_{ij} = \kappa\,\mathrm{Re}\,\mathrm{tr}\!\left(D_i^H D_j R\right),\qquad D_i = \frac{\partial (BUA^H)}{\partial\omega_i},\quad \kappa = \frac{2L}{\sigma^2}.
//! ```
//!
//! # What is computed
//!
//! With `S = [B, Ḃ_θ, Ḃ_φ]`, `T = [A, Ȧ_θ, Ȧ_φ]` each derivative is `D_i = S C_i Tᴴ` with a
//! `3M × 3M` matrix `C_i` of one or two entries, so that
//! ```math
//! F_{ij} = \kappa\,\mathrm{Re}\,\mathrm{tr}(E_{ij} Z),\qquad E_{ij} = C_i^H S^H S\, C_j,\quad Z = T^H R\, T .
//! ```
//! The Hermitian parts of `E_ij` are computed once. `Z` is Hermitian of order `3M`, i.e. `9M²`
//! real numbers, so the whole Fisher matrix is one real matrix–vector product of `2M(4M+1)` rows
//! and `9M²` columns, and its adjoint gives the gradient: nothing depends on the number of
//! antennas any more. The block formulas of the literature (T. Fang et al., "Optimal ISAC
//! Beamforming Structure and Efficient Algorithms for Sum Rate and CRLB Balancing", Eq. (9)) are
//! kept as an independent witness in the tests of this module.

use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat};

use crate::arrays::Steering;

/// The linear map from the target-space covariance `Z = Tᴴ R T` to the Fisher matrix.
#[derive(Clone, Debug)]
pub struct MultiTargetFisher {
    targets: usize,
    /// One row for each pair i ≤ j of parameters, `κ Re tr(E_ij Z)` as a real inner product with
    /// [`pack_hermitian`]`(Z)`.
    weights: Vec<f64>,
}

/// Number of parameters of `targets` targets.
pub const fn parameters(targets: usize) -> usize {
    4 * targets
}

/// `T = [A, Ȧ_θ, Ȧ_φ]`, elements × 3M.
pub fn target_space(steering: &Steering) -> CMat {
    let parts = [&steering.response, &steering.by_azimuth, &steering.by_polar];
    // The three parts have the same shape by construction of `Steering`.
    CMat::hstack(&parts).unwrap_or_default()
}

impl MultiTargetFisher {
    /// The map for targets with receive steering `receive`, reflection coefficients
    /// `reflections` and `κ = 2L/σ²` (`information`).
    ///
    /// # Panics
    /// When the number of reflections differs from the number of directions.
    pub fn new(receive: &Steering, reflections: &[C64], information: f64) -> Self {
        let m = reflections.len();
        assert_eq!(receive.response.cols(), m, "one reflection per direction");
        let space = target_space(receive);
        let gram = product(&space, Op::Adjoint, &space, Op::Plain);
        let factors: Vec<Vec<(usize, usize, C64)>> =
            (0..4 * m).map(|i| factor(i, reflections)).collect();
        let mut weights = Vec::with_capacity(parameters(m) * (parameters(m) + 1) / 2 * 9 * m * m);
        let mut e = CMat::zeros(3 * m, 3 * m);
        for i in 0..4 * m {
            for j in i..4 * m {
                // E_ij = C_iᴴ G C_j, entry by entry of the sparse factors.
                e.as_mut_slice().fill(C64::ZERO);
                for &(row_i, col_i, c_i) in &factors[i] {
                    for &(row_j, col_j, c_j) in &factors[j] {
                        e[(col_i, col_j)] += c_i.conj() * gram[(row_i, row_j)] * c_j;
                    }
                }
                push_weights(&e, information, &mut weights);
            }
        }
        Self { targets: m, weights }
    }

    /// Number of targets M.
    pub const fn targets(&self) -> usize {
        self.targets
    }

    /// The Fisher matrix for packed `z` (see [`pack_hermitian`]), into `out[i * 4M + j]`.
    pub fn fisher(&self, z: &[f64], out: &mut [f64]) {
        let n = parameters(self.targets);
        let mut rows = self.weights.chunks_exact(z.len());
        for i in 0..n {
            for j in i..n {
                let Some(row) = rows.next() else { return };
                let value = real_inner(row, z);
                out[i * n + j] = value;
                out[j * n + i] = value;
            }
        }
    }

    /// The adjoint: the packed Hermitian `K` with `tr(Φ dF) = Re tr(K dZ)` for a symmetric `Φ`
    /// (`phi[i * 4M + j]`); unpack it with [`unpack_hermitian`].
    pub fn adjoint(&self, phi: &[f64], out: &mut [f64]) {
        let n = parameters(self.targets);
        out.fill(0.0);
        let mut rows = self.weights.chunks_exact(out.len());
        for i in 0..n {
            for j in i..n {
                let Some(row) = rows.next() else { return };
                let weight = if i == j { phi[i * n + i] } else { 2.0 * phi[i * n + j] };
                for (out, w) in out.iter_mut().zip(row) {
                    *out += weight * w;
                }
            }
        }
    }
}

/// The entries (row, column, value) of `C_i`, where `D_i = S C_i Tᴴ`.
fn factor(i: usize, reflections: &[C64]) -> Vec<(usize, usize, C64)> {
    let m = reflections.len();
    let target = i % m;
    match i / m {
        // ∂/∂θ: α (ḃ_θ aᴴ + b ȧ_θᴴ)
        0 => vec![
            (m + target, target, reflections[target]),
            (target, m + target, reflections[target]),
        ],
        // ∂/∂φ: α (ḃ_φ aᴴ + b ȧ_φᴴ)
        1 => vec![
            (2 * m + target, target, reflections[target]),
            (target, 2 * m + target, reflections[target]),
        ],
        // ∂/∂Re α: b aᴴ
        2 => vec![(target, target, C64::ONE)],
        // ∂/∂Im α: j b aᴴ
        _ => vec![(target, target, C64::I)],
    }
}

/// `κ Re tr(E Z)` for Hermitian Z as a row of weights on `pack_hermitian(Z)`.
fn push_weights(e: &CMat, information: f64, weights: &mut Vec<f64>) {
    let n = e.rows();
    // Re tr(E Z) = Re tr(H Z) with H = (E + Eᴴ)/2, and Σ_ab Re(H_ab conj(Z_ab)).
    for a in 0..n {
        weights.push(information * e[(a, a)].re);
    }
    for b in 0..n {
        for a in 0..b {
            let h = (e[(a, b)] + e[(b, a)].conj()) * 0.5;
            weights.push(2.0 * information * h.re);
            weights.push(2.0 * information * h.im);
        }
    }
}

/// A Hermitian matrix of order n as n² real numbers: the diagonal, then the real and imaginary
/// part of each entry above it, column by column.
pub fn pack_hermitian(matrix: &CMat, out: &mut [f64]) {
    let n = matrix.rows();
    for a in 0..n {
        out[a] = matrix[(a, a)].re;
    }
    let mut k = n;
    for b in 0..n {
        for a in 0..b {
            out[k] = matrix[(a, b)].re;
            out[k + 1] = matrix[(a, b)].im;
            k += 2;
        }
    }
}

/// The Hermitian matrix `K` for which `Re tr(K Z)` is the inner product of `packed` with
/// `pack_hermitian(Z)`.
///
/// Off-diagonal weights are halved on the way: an entry above the diagonal meets its mirror.
pub fn unpack_hermitian(packed: &[f64], out: &mut CMat) {
    let n = out.rows();
    for a in 0..n {
        out[(a, a)] = C64::from(packed[a]);
    }
    let mut k = n;
    for b in 0..n {
        for a in 0..b {
            let value = C64::new(0.5 * packed[k], 0.5 * packed[k + 1]);
            out[(a, b)] = value;
            out[(b, a)] = value.conj();
            k += 2;
        }
    }
}

fn real_inner(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 4];
    let (mut left, mut right) = (a.chunks_exact(4), b.chunks_exact(4));
    for (x, y) in (&mut left).zip(&mut right) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Cramér–Rao bounds of one target: lower bounds on the variance of any unbiased estimator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetCrb {
    /// Of the azimuth θ, in rad².
    pub azimuth_rad2: f64,
    /// Of the polar angle φ, in rad².
    pub polar_rad2: f64,
    /// Of the real part of the reflection coefficient.
    pub reflection_re: f64,
    /// Of the imaginary part of the reflection coefficient.
    pub reflection_im: f64,
}

/// The bounds of all targets, from the inverse Fisher matrix `inverse[i * 4M + j]`.
pub fn target_crbs(inverse: &[f64], targets: usize) -> Vec<TargetCrb> {
    let n = parameters(targets);
    let diagonal = |i: usize| inverse[i * n + i];
    (0..targets)
        .map(|m| TargetCrb {
            azimuth_rad2: diagonal(m),
            polar_rad2: diagonal(targets + m),
            reflection_re: diagonal(2 * targets + m),
            reflection_im: diagonal(3 * targets + m),
        })
        .collect()
}

#[cfg(test)]
mod tests;
