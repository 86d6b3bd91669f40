//! Estimates of all access points together.
//!
//! With pilots of energy `E`, what is received has the covariance `R = I + E Σ Φ' = B + E V S Vᴴ`:
//! `B` block-diagonal, `V` the directions of the low-rank parts, `S ≥ 0` their weights summed over
//! the users of the group. Woodbury's identity with `G = Vᴴ B⁻¹ V` is
//! ```math
//! R^{-1} = B^{-1} - B^{-1} V K V^H B^{-1},\qquad
//! K = ((E S)^{-1} + G)^{-1} = T (I + T G T)^{-1} T,\quad T = (E S)^{1/2}
//! ```
//! (the second form needs no inverse of a weight that may be zero, and is Hermitian with a matrix
//! under the inverse that is at least the identity). The error is `Θ = Φ − E Φ R⁻¹ Φ`; with
//! `Φ = D + V s Vᴴ` and `Y = D B⁻¹ V` it is again block-diagonal plus low rank, in the span of `V`
//! and `Y`:
//! ```math
//! \begin{aligned}
//! D\,\text{part:}\quad & D - E\, D B^{-1} D \\
//! V\cdot V^H:\quad & s - E\,(s G s - s G K G s) \\
//! V\cdot Y^H:\quad & -E\,(s - s G K) \\
//! Y\cdot Y^H:\quad & +E\, K
//! \end{aligned}
//! ```
//! The last sign is plus: Woodbury takes `B⁻¹VKVᴴB⁻¹` away from `R⁻¹`, and `R⁻¹` is taken away
//! from `Φ`.
//!
//! Covariances that were split from dense matrices have directions of negative weight (what lies
//! beside the blocks has no trace), where neither `T` nor the reasoning about signs exists. They are
//! small enough to be dense: [`dense_joint`].

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, dot, product};
use noctule_num::{C64, CMat, NumError};

use super::{Covariance, Estimate, Filter, add, apply_blocks, contaminating, sandwich};

/// What a Cholesky factor that fails was of.
const RECEIVED: &str = "covariance of the received pilots";

/// `B⁻¹` of the covariance of what is received, `V` and the core `K` of Woodbury's formula.
#[derive(Clone, Debug)]
pub(super) struct Received {
    inverse: Vec<CMat>,
    factors: CMat,
    core: CMat,
}

impl Received {
    /// `R⁻¹ y`.
    pub(super) fn solve(&self, y: &[C64]) -> Vec<C64> {
        let mut out = apply_blocks(&self.inverse, y);
        let along: Vec<C64> =
            (0..self.factors.cols()).map(|t| dot(self.factors.col(t), &out)).collect();
        let pulled: Vec<C64> = (0..along.len())
            .map(|i| (0..along.len()).map(|j| self.core[(i, j)] * along[j]).sum())
            .collect();
        let mut through = vec![C64::ZERO; y.len()];
        for (t, p) in pulled.iter().enumerate() {
            through.iter_mut().zip(self.factors.col(t)).for_each(|(x, v)| *x += v * p);
        }
        for (x, y) in out.iter_mut().zip(apply_blocks(&self.inverse, &through)) {
            *x -= y;
        }
        out
    }
}

/// The estimate of one user by all access points together.
//
// Why the table of the page is right, sign by sign. With X = B⁻¹V, so that G = VᴴX and Y = DX:
//
//   R⁻¹ = B⁻¹ − X K Xᴴ                                 Woodbury
//   Φ R⁻¹ Φ = Φ B⁻¹ Φ − (Φ X) K (Φ X)ᴴ,                 Φ = D + V s Vᴴ
//
//   Φ B⁻¹ Φ = D B⁻¹ D + Y s Vᴴ + V s Yᴴ + V sGs Vᴴ      as D B⁻¹ V = Y and Vᴴ B⁻¹ V = G
//   Φ X     = Y + V sG                                 as D X = Y and Vᴴ X = G
//   (ΦX) K (ΦX)ᴴ = Y K Yᴴ + V sGK Yᴴ + Y KGs Vᴴ + V sGKGs Vᴴ
//
// Θ = Φ − E Φ R⁻¹ Φ takes the first line away and gives the last one back:
//
//   D part   D − E D B⁻¹ D
//   V · Vᴴ   s − E (sGs − sGKGs)
//   V · Yᴴ   −E (s − sGK)              Y · Vᴴ is its adjoint, as s, G and K are Hermitian
//   Y · Yᴴ   +E K
//
// A check: without contamination E s = T², so that K = E s − E s G K makes the second line K/E and the
// third −K, and the low-rank part E (Y − V/E) K (Y − V/E)ᴴ, positive semidefinite as it must be.
pub(super) fn joint(
    covariances: &[Covariance],
    group: &[usize],
    user: usize,
    energy: f64,
) -> Result<Estimate, NumError> {
    let signed = |&other: &usize| covariances[other].weights.iter().any(|weight| *weight < 0.0);
    if group.iter().any(signed) {
        return dense_joint(covariances, group, user, energy);
    }
    let own = &covariances[user];
    let inverse = inverted(&received_blocks(covariances, group, own, energy))?;
    let (factors, weights) = directions(covariances, group, user)?;
    let solved: Vec<Vec<C64>> =
        (0..factors.cols()).map(|t| apply_blocks(&inverse, factors.col(t))).collect();
    let gram = CMat::from_fn(solved.len(), solved.len(), |i, j| dot(factors.col(i), &solved[j]));
    let core = woodbury_core(&weights, &gram, energy)?;
    let blocks = remaining_blocks(own, &inverse, energy);
    let mut error = Covariance::block_diagonal(blocks);
    let basis = spanned(own, &factors, &solved)?;
    let whole = remaining_core(own, &gram, &core, energy);
    (error.factors, error.weights) = diagonalised(&basis, &whole)?;
    let received = Received { inverse, factors, core };
    Ok(Estimate { error, filter: Filter::Joint { energy, covariance: own.clone(), received } })
}

/// The blocks of `B = I + E Σ D'`.
fn received_blocks(
    covariances: &[Covariance],
    group: &[usize],
    own: &Covariance,
    energy: f64,
) -> Vec<CMat> {
    let mut received: Vec<CMat> =
        own.blocks.iter().map(|block| CMat::identity(block.rows())).collect();
    for &other in group {
        for (sum, block) in received.iter_mut().zip(&covariances[other].blocks) {
            sum.as_mut_slice().iter_mut().zip(block.as_slice()).for_each(|(r, b)| {
                *r += b * energy;
            });
        }
    }
    received
}

fn inverted(blocks: &[CMat]) -> Result<Vec<CMat>, NumError> {
    let n = blocks.first().map_or(0, CMat::rows);
    let mut cholesky = Cholesky::new(n);
    blocks
        .iter()
        .map(|block| {
            let mut inverse = CMat::identity(n);
            cholesky.factor(block, RECEIVED)?;
            cholesky.solve_in_place(&mut inverse);
            Ok(inverse)
        })
        .collect()
}

/// `V` and the diagonal of `S`: the user's own factors in their order, then those only others have.
fn directions(
    covariances: &[Covariance],
    group: &[usize],
    user: usize,
) -> Result<(CMat, Vec<f64>), NumError> {
    let own = &covariances[user];
    let mut directions: Vec<(f64, Vec<C64>)> = own
        .weights
        .iter()
        .enumerate()
        .map(|(t, &weight)| (weight, own.factors.col(t).to_vec()))
        .collect();
    for (weight, u) in contaminating(covariances, group, user) {
        match directions.iter_mut().find(|(_, v)| *v == u) {
            Some((sum, _)) => *sum += weight,
            None => directions.push((weight, u)),
        }
    }
    let columns: Vec<C64> = directions.iter().flat_map(|(_, v)| v.iter().copied()).collect();
    let factors = CMat::from_columns(own.order(), directions.len(), columns)?;
    Ok((factors, directions.into_iter().map(|(weight, _)| weight).collect()))
}

/// `K = T (I + T G T)⁻¹ T`.
fn woodbury_core(weights: &[f64], gram: &CMat, energy: f64) -> Result<CMat, NumError> {
    let r = weights.len();
    let half: Vec<f64> = weights.iter().map(|weight| (weight * energy).sqrt()).collect();
    let inner = CMat::from_fn(r, r, |i, j| {
        let one = if i == j { 1.0 } else { 0.0 };
        C64::from(one) + gram[(i, j)] * (half[i] * half[j])
    });
    let mut inverse = CMat::identity(r);
    let mut cholesky = Cholesky::new(r);
    cholesky.factor(&inner, "core of the received pilots")?;
    cholesky.solve_in_place(&mut inverse);
    Ok(CMat::from_fn(r, r, |i, j| inverse[(i, j)] * (half[i] * half[j])))
}

/// `D − E D B⁻¹ D`, block by block.
fn remaining_blocks(own: &Covariance, inverse: &[CMat], energy: f64) -> Vec<CMat> {
    let pairs = own.blocks.iter().zip(inverse);
    pairs
        .map(|(d, inverse)| {
            let mut block = d.clone();
            let through = sandwich(d, inverse, energy);
            block.as_mut_slice().iter_mut().zip(through.as_slice()).for_each(|(b, t)| *b -= t);
            block
        })
        .collect()
}

/// The columns of `[V, Y]`, `Y = D B⁻¹ V`.
fn spanned(own: &Covariance, factors: &CMat, solved: &[Vec<C64>]) -> Result<CMat, NumError> {
    let mut basis = factors.as_slice().to_vec();
    for column in solved {
        basis.extend(apply_blocks(&own.blocks, column));
    }
    CMat::from_columns(own.order(), 2 * solved.len(), basis)
}

/// The core of the low-rank part of Θ in `[V, Y]`: the table of the module's page.
fn remaining_core(own: &Covariance, gram: &CMat, core: &CMat, energy: f64) -> CMat {
    let r = gram.rows();
    // s of this user over all directions; zero for those it has not.
    let s = CMat::from_fn(r, r, |i, j| match own.weights.get(i) {
        Some(&weight) if i == j => C64::from(weight),
        _ => C64::ZERO,
    });
    let sg = product(&s, Op::Plain, gram, Op::Plain);
    let sgk = product(&sg, Op::Plain, core, Op::Plain);
    let sgs = product(&sg, Op::Plain, &s, Op::Plain);
    let sgkgs = product(&sgk, Op::Plain, &sg, Op::Adjoint);
    let vy = |i: usize, j: usize| (s[(i, j)] - sgk[(i, j)]) * -energy;
    CMat::from_fn(2 * r, 2 * r, |i, j| match (i < r, j < r) {
        (true, true) => s[(i, j)] - (sgs[(i, j)] - sgkgs[(i, j)]) * energy,
        (true, false) => vy(i, j - r),
        (false, true) => vy(j, i - r).conj(),
        (false, false) => core[(i - r, j - r)] * energy,
    })
}

/// `P G Pᴴ` as columns and real weights.
fn diagonalised(basis: &CMat, core: &CMat) -> Result<(CMat, Vec<f64>), NumError> {
    let r = core.rows();
    if r == 0 {
        return Ok((CMat::zeros(basis.rows(), 0), Vec::new()));
    }
    let norms: Vec<f64> = (0..r)
        .map(|c| basis.col(c).iter().map(C64::norm_sqr).sum::<f64>().sqrt().max(f64::MIN_POSITIVE))
        .collect();
    let scaled = CMat::from_fn(r, r, |i, j| core[(i, j)] * (norms[i] * norms[j]));
    let mut eigen = HermitianEigen::new(r);
    eigen.compute(&scaled)?;
    let unit = CMat::from_fn(basis.rows(), r, |i, c| basis[(i, c)] / norms[c]);
    let columns = product(&unit, Op::Plain, eigen.vectors(), Op::Plain);
    Ok((columns, eigen.values().to_vec()))
}

/// `C = √E Φ R⁻¹` from dense matrices, for covariances whose low-rank parts have signs. The error is
/// the sum of positive semidefinite terms that [`super::estimate`] tells.
fn dense_joint(
    covariances: &[Covariance],
    group: &[usize],
    user: usize,
    energy: f64,
) -> Result<Estimate, NumError> {
    let (phi, root) = (covariances[user].dense(), energy.sqrt());
    let n = phi.rows();
    let mut others = CMat::zeros(n, n);
    for &other in group.iter().filter(|&&other| other != user) {
        add(&mut others, &covariances[other].dense());
    }
    let received = CMat::from_fn(n, n, |i, j| {
        let one = if i == j { 1.0 } else { 0.0 };
        C64::from(one) + (phi[(i, j)] + others[(i, j)]) * energy
    });
    let mut cholesky = Cholesky::new(n);
    cholesky.factor(&received, RECEIVED)?;
    // C is the adjoint of R⁻¹ √E Φ, both being Hermitian.
    let mut filter = phi.clone();
    filter.scale(root);
    cholesky.solve_in_place(&mut filter);
    let filter = filter.adjoint();
    let keep = CMat::from_fn(n, n, |i, j| {
        let one = if i == j { 1.0 } else { 0.0 };
        C64::from(one) - filter[(i, j)] * root
    });
    let mut error = sandwich(&keep, &phi, 1.0);
    add(&mut error, &product(&filter, Op::Plain, &filter, Op::Adjoint));
    add(&mut error, &sandwich(&filter, &others, energy));
    let antennas = covariances[user].blocks.first().map_or(0, CMat::rows);
    let error = Covariance::from_dense(&error, antennas)?;
    Ok(Estimate { error, filter: Filter::Dense(filter) })
}
