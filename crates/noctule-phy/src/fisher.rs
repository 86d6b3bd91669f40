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
//! `Z` is Hermitian of order `3M`, i.e. `9M²` real numbers, and each `E_ij` has at most four
//! entries, computed once: the whole Fisher matrix is a sparse real matrix–vector product of
//! `2M(4M+1)` rows with at most eight terms each, and its adjoint gives the gradient. Nothing
//! depends on the number of antennas any more. The block formulas of the literature (T. Fang et al., "Optimal ISAC
//! Beamforming Structure and Efficient Algorithms for Sum Rate and CRLB Balancing", Eq. (9)) are
//! kept as an independent witness in the tests of this module.

use noctule_num::linalg::{HermitianEigen, Op, RealCholesky, product};
use noctule_num::vector::{Loops, Wide, as_complex_mut, widest};
use noctule_num::{C64, CMat, NumError};

use crate::arrays::Steering;

/// The linear map from the target-space covariance `Z = Tᴴ R T` to the Fisher matrix.
#[derive(Clone, Debug)]
pub struct MultiTargetFisher {
    targets: usize,
    /// For each pair i ≤ j of parameters, where its terms begin; one more entry ends the last.
    rows: Vec<u32>,
    /// `κ Re tr(E_ij Z)` as a real inner product with [`pack_hermitian`]`(Z)`: position and
    /// weight of the few entries that are not zero.
    terms: Vec<(u32, f64)>,
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
        let mut rows = vec![0];
        let mut terms = Vec::new();
        for i in 0..4 * m {
            for j in i..4 * m {
                // E_ij = C_iᴴ G C_j, entry by entry of the sparse factors.
                let begin = terms.len();
                for &(row_i, col_i, c_i) in &factors[i] {
                    for &(row_j, col_j, c_j) in &factors[j] {
                        let e = c_i.conj() * gram[(row_i, row_j)] * c_j * information;
                        push_entry(3 * m, (col_i, col_j), e, &mut terms);
                    }
                }
                merge(&mut terms, begin);
                rows.push(terms.len() as u32);
            }
        }
        Self { targets: m, rows, terms }
    }

    /// Number of targets M.
    pub const fn targets(&self) -> usize {
        self.targets
    }

    /// The terms of each pair i ≤ j, in order.
    fn pairs(&self) -> impl Iterator<Item = &[(u32, f64)]> {
        self.rows.windows(2).map(|ends| &self.terms[ends[0] as usize..ends[1] as usize])
    }

    /// The Fisher matrix for packed `z` (see [`pack_hermitian`]), into `out[i * 4M + j]`.
    pub fn fisher(&self, z: &[f64], out: &mut [f64]) {
        let n = parameters(self.targets);
        let mut pairs = self.pairs();
        for i in 0..n {
            for j in i..n {
                let Some(terms) = pairs.next() else { return };
                let value = terms.iter().map(|&(k, weight)| weight * z[k as usize]).sum();
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
        let mut pairs = self.pairs();
        for i in 0..n {
            for j in i..n {
                let Some(terms) = pairs.next() else { return };
                let scale = if i == j { phi[i * n + i] } else { 2.0 * phi[i * n + j] };
                for &(k, weight) in terms {
                    out[k as usize] += scale * weight;
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

/// The terms of `Re(e Z_ba)` for one entry `e` of E at (a, b), on the packed Hermitian `Z`.
pub(crate) fn push_entry(n: usize, (a, b): (usize, usize), e: C64, terms: &mut Vec<(u32, f64)>) {
    if a == b {
        terms.push((a as u32, e.re));
        return;
    }
    let at = position(n, a.min(b), a.max(b)) as u32;
    terms.push((at, e.re));
    // Z_ba is stored for b < a; for a < b the conjugate is, which turns the sign.
    terms.push((at + 1, if b < a { -e.im } else { e.im }));
}

/// Where the real part of entry (a, b), a < b, is packed.
const fn position(n: usize, a: usize, b: usize) -> usize {
    n + b * (b - 1) + 2 * a
}

/// Sort the terms from `begin` on by position, and add up those at the same one.
pub(crate) fn merge(terms: &mut Vec<(u32, f64)>, begin: usize) {
    terms[begin..].sort_by_key(|term| term.0);
    let mut kept = begin;
    for next in begin..terms.len() {
        if next > begin && kept > begin && terms[kept - 1].0 == terms[next].0 {
            terms[kept - 1].1 += terms[next].1;
        } else {
            terms[kept] = terms[next];
            kept += 1;
        }
    }
    terms.truncate(kept);
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

/// `Y Yᴴ` of the rows `first .. first + n` of `amplitudes`, packed as by [`pack_hermitian`].
///
/// # Panics
/// When there are fewer rows, or the room is not n².
pub fn pack_gram(amplitudes: &CMat, first: usize, n: usize, packed: &mut [f64]) {
    assert_eq!(packed.len(), n * n, "room for n² numbers");
    packed.fill(0.0);
    widest(Gram { amplitudes, first, n, packed });
}

struct Gram<'a> {
    amplitudes: &'a CMat,
    first: usize,
    n: usize,
    packed: &'a mut [f64],
}

impl Wide for Gram<'_> {
    type Output = ();

    #[inline(always)]
    fn with<L: Loops>(self, loops: L) {
        let (diagonal, above) = self.packed.split_at_mut(self.n);
        let above = as_complex_mut(above);
        for stream in 0..self.amplitudes.cols() {
            let y = &self.amplitudes.col(stream)[self.first..self.first + self.n];
            let mut rest = &mut *above;
            for (b, own) in y.iter().enumerate() {
                diagonal[b] += own.norm_sqr();
                let (column, others) = rest.split_at_mut(b);
                // y_a conj(y_b)
                loops.axpy(own.conj(), &y[..b], column);
                rest = others;
            }
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

/// Smallest over largest eigenvalue of [`geometry`] below which no transmission tells the targets
/// apart. Singular scenes reach at most 5·10⁻³³ in double precision, the reference cases at least
/// 10⁻³.
pub const SINGULAR_GEOMETRY: f64 = 1e-12;

/// The conditioning of what is seen, whatever is sent: smallest over largest eigenvalue of the
/// Fisher matrix at `R = I/Nt` with every reflection scaled to magnitude one, a property of arrays
/// and directions alone; and for each target its share in the parameters that are hardest to
/// estimate. Zero without targets.
///
/// # Errors
/// When an entry is not finite.
///
/// # Panics
/// When the number of reflections differs from the number of directions.
pub fn geometry(
    transmit: &Steering,
    receive: &Steering,
    reflections: &[C64],
) -> Result<(f64, Vec<f64>), NumError> {
    let (m, n) = (reflections.len(), parameters(reflections.len()));
    if m == 0 {
        return Ok((0.0, Vec::new()));
    }
    let unit: Vec<C64> = reflections.iter().map(|alpha| alpha / alpha.norm()).collect();
    let space = target_space(transmit);
    let z = product(&space, Op::Adjoint, &space, Op::Plain);
    let (mut packed, mut fisher) = (vec![0.0; 9 * m * m], vec![0.0; n * n]);
    pack_hermitian(&z, &mut packed);
    let per_antenna = 1.0 / transmit.response.rows() as f64;
    MultiTargetFisher::new(receive, &unit, per_antenna).fisher(&packed, &mut fisher);
    let matrix = CMat::from_fn(n, n, |i, j| C64::from(fisher[i * n + j]));
    let mut eigen = HermitianEigen::new(n);
    eigen.compute(&matrix)?;
    let weakest = eigen.vectors().col(0);
    let shares = (0..m)
        .map(|target| (0..4).map(|kind| weakest[kind * m + target].norm_sqr()).sum())
        .collect();
    let ratio = if eigen.max() > 0.0 { eigen.min().max(0.0) / eigen.max() } else { 0.0 };
    Ok((ratio, shares))
}

/// Largest Cramér–Rao bound of a Fisher matrix scaled to a unit diagonal that still counts as
/// regular; the bound is then the factor by which not knowing the other parameters hurts.
const LARGEST_SCALED_BOUND: f64 = 1e12;

/// Workspace for the inverse of Fisher matrices of one order.
///
/// A Cholesky factorisation does not notice a singular matrix (it can succeed with a bound of
/// 10³²). So the matrix is first scaled to a unit diagonal, which also makes the decision
/// independent of units, and refused when a scaled bound exceeds 10¹².
#[derive(Clone, Debug)]
pub struct FisherInverse {
    scale: Vec<f64>,
    scaled: Vec<f64>,
    cholesky: RealCholesky,
}

impl FisherInverse {
    /// A workspace for `parameters` parameters.
    pub fn new(parameters: usize) -> Self {
        Self {
            scale: vec![0.0; parameters],
            scaled: vec![0.0; parameters * parameters],
            cholesky: RealCholesky::new(parameters),
        }
    }

    /// The inverse of `fisher[i * n + j]`, into `out`. Returns the largest scaled bound, a measure
    /// of conditioning, or `None` where the matrix is singular or not finite.
    pub fn invert(&mut self, fisher: &[f64], out: &mut [f64]) -> Option<f64> {
        let n = self.scale.len();
        for i in 0..n {
            self.scale[i] = 1.0 / fisher[i * n + i].sqrt();
        }
        for i in 0..n {
            for j in 0..n {
                self.scaled[i * n + j] = fisher[i * n + j] * self.scale[i] * self.scale[j];
            }
        }
        self.cholesky.factor(&self.scaled)?;
        self.cholesky.inverse(out);
        let mut largest = 0.0;
        for i in 0..n {
            let bound = out[i * n + i];
            if bound.is_nan() || bound > LARGEST_SCALED_BOUND {
                return None;
            }
            largest = f64::max(largest, bound);
        }
        for i in 0..n {
            for j in 0..n {
                out[i * n + j] *= self.scale[i] * self.scale[j];
            }
        }
        Some(largest)
    }
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
