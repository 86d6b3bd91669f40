//! Estimates of all access points together.
//!
//! With pilots of energy `E`, what is received has the covariance `R = I + E Σ Φ' = B + E V S Vᴴ`:
//! `B` block-diagonal, `V` the directions of the low-rank parts, `S ≥ 0` their weights summed over
//! the users of the group. Woodbury's identity with `G = Vᴴ B⁻¹ V` is
//! ```math
//! R^{-1} = B^{-1} - B^{-1} V K V^H B^{-1},\qquad
//! K = ((E S)^{-1} + G)^{-1} = T (I + T G T)^{-1} T,\quad T = (E S)^{1/2}
//! ```
//! (the second form needs no inverse of a weight that may be zero). The error `Θ = Φ − E Φ R⁻¹ Φ` is
//! never computed as that difference, which strong pilots would cancel to nothing: it is a sum of
//! positive semidefinite terms. Let `Φ = D + V s Vᴴ`, `s' = S − s` the weights of the others,
//! `N = B − E D` and `Y = D B⁻¹ V`, so that `V − E Y = N B⁻¹ V`. Along a direction `v_t` the pilots
//! tell the user's coefficient and the others' only in one combination, of variance `S_t`; the other
//! one, independent of it, stays as unknown as it was. With `P = (I + T G T)⁻¹`, the covariance of
//! the first ones after the pilots,
//! ```math
//! \Theta = N B^{-1} D\, B^{-1} N + E\, D B^{-1} N B^{-1} D
//!   + \sum_t \frac{s_t s'_t}{S_t}\, v_t v_t^H + A P A^H ,\qquad
//! a_t = \frac{s_t\, N B^{-1} v_t - E\, s'_t\, D B^{-1} v_t}{\sqrt{S_t}} .
//! ```
//!
//! Covariances that were split from dense matrices have directions of negative weight (what lies
//! beside the blocks has no trace), where neither `T` nor the reasoning about signs exists. They are
//! small enough to be dense: [`dense_joint`].

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, dot, product};
use noctule_num::{C64, CMat, NumError};

use super::{Covariance, Estimate, Filter, add, apply_blocks, contaminating, sandwich};

/// What a Cholesky factor that fails was of.
const RECEIVED: &str = "covariance of the received pilots";

/// What is known of what is received: `B⁻¹`, `V`, the diagonal of `S` and `P`.
#[derive(Clone, Debug)]
pub(super) struct Received {
    inverse: Vec<CMat>,
    factors: CMat,
    weights: Vec<f64>,
    told: Told,
}

impl Received {
    /// `√E Φ R⁻¹ y` of the user with the covariance Φ: first the coefficients of the directions, then
    /// the blocks from what they leave of `y`.
    pub(super) fn estimate(&self, own: &Covariance, energy: f64, y: &[C64]) -> Vec<C64> {
        let solved = apply_blocks(&self.inverse, y);
        let along: Vec<C64> =
            (0..self.factors.cols()).map(|t| dot(self.factors.col(t), &solved)).collect();
        let mut left = y.to_vec();
        let mut out = vec![C64::ZERO; y.len()];
        for (t, mean) in self.told.mean(&along).into_iter().enumerate() {
            let (v, all) = (self.factors.col(t), self.weights[t]);
            let mine = own.weights.get(t).copied().unwrap_or(0.0);
            let root = if all > 0.0 { all.sqrt() } else { 1.0 };
            out.iter_mut().zip(v).for_each(|(o, v)| *o += v * mean * (mine / root));
            left.iter_mut().zip(v).for_each(|(y, v)| *y -= v * mean * (energy * all).sqrt());
        }
        let blocks = apply_blocks(&own.blocks, &apply_blocks(&self.inverse, &left));
        out.iter_mut().zip(blocks).for_each(|(o, b)| *o += b * energy.sqrt());
        out
    }
}

/// The estimate of one user by all access points together.
//
// Why it is right: given the coefficients z of the low-rank parts, the blocks are estimated by
// √E D B⁻¹ and leave D − E D B⁻¹ D, the first two terms. An error δz of the coefficients moves the
// estimate by V s^{1/2} δz − E D B⁻¹ (V s^{1/2} δz + V s'^{1/2} δz'). Turned by
// w = (s^{1/2} z + s'^{1/2} z')/S^{1/2} and n = (s'^{1/2} z − s^{1/2} z')/S^{1/2}, what is received
// depends on w alone: n keeps its variance of one and moves the estimate by V (s s'/S)^{1/2}, and w
// has the covariance P and moves it by A.
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
    let told = Told::of(&weights, &gram, energy)?;
    let others: Vec<usize> = group.iter().copied().filter(|&other| other != user).collect();
    let beside = received_blocks(covariances, &others, own, energy);
    let mut error = Covariance::block_diagonal(remaining_blocks(own, &beside, &inverse, energy));
    let moved = moved(own, &beside, &solved, &weights, energy)?;
    let mut columns = product(&moved, Op::Plain, &told.directions, Op::Plain).as_slice().to_vec();
    error.weights.clone_from(&told.remaining);
    for (t, (&mine, &all)) in own.weights.iter().zip(&weights).enumerate() {
        let theirs = all - mine;
        if mine > 0.0 && theirs > 0.0 {
            columns.extend_from_slice(factors.col(t));
            error.weights.push(mine * (theirs / all));
        }
    }
    error.factors = CMat::from_columns(own.order(), error.weights.len(), columns)?;
    let received = Box::new(Received { inverse, factors, weights, told });
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

/// `P = (I + T G T)⁻¹` by its eigenvalues: strong pilots lift most of those of `T G T` so high that the
/// one beside the others is lost to rounding, and with it a Cholesky factor.
#[derive(Clone, Debug)]
struct Told {
    /// Eigenvectors.
    directions: CMat,
    /// Eigenvalues of P, between zero and one.
    remaining: Vec<f64>,
    /// The diagonal of T.
    scale: Vec<f64>,
}

impl Told {
    fn of(weights: &[f64], gram: &CMat, energy: f64) -> Result<Self, NumError> {
        let r = weights.len();
        let scale: Vec<f64> = weights.iter().map(|weight| (weight * energy).sqrt()).collect();
        let inner = CMat::from_fn(r, r, |i, j| gram[(i, j)] * (scale[i] * scale[j]));
        let mut eigen = HermitianEigen::new(r);
        if r > 0 {
            eigen.compute(&inner)?;
        }
        let remaining = eigen.values().iter().map(|value| 1.0 / (1.0 + value.max(0.0))).collect();
        Ok(Self { directions: eigen.vectors().clone(), remaining, scale })
    }

    /// `P T x`.
    fn mean(&self, x: &[C64]) -> Vec<C64> {
        let scaled: Vec<C64> = x.iter().zip(&self.scale).map(|(x, t)| x * t).collect();
        let mut out = vec![C64::ZERO; x.len()];
        for (t, remaining) in self.remaining.iter().enumerate() {
            let u = self.directions.col(t);
            let along = dot(u, &scaled) * *remaining;
            out.iter_mut().zip(u).for_each(|(o, u)| *o += u * along);
        }
        out
    }
}

/// `D − E D B⁻¹ D`, block by block, as the sum `N B⁻¹ D B⁻¹ N + E D B⁻¹ N B⁻¹ D`.
fn remaining_blocks(own: &Covariance, beside: &[CMat], inverse: &[CMat], energy: f64) -> Vec<CMat> {
    let blocks = own.blocks.iter().zip(beside).zip(inverse);
    blocks
        .map(|((d, n), inverse)| {
            let keep = product(n, Op::Plain, inverse, Op::Plain);
            let filter = product(d, Op::Plain, inverse, Op::Plain);
            let mut block = sandwich(&keep, d, 1.0);
            add(&mut block, &sandwich(&filter, n, energy));
            block
        })
        .collect()
}

/// The columns of `A`, by how much an error of what the pilots tell moves the estimate.
fn moved(
    own: &Covariance,
    beside: &[CMat],
    solved: &[Vec<C64>],
    weights: &[f64],
    energy: f64,
) -> Result<CMat, NumError> {
    let mut columns = Vec::with_capacity(own.order() * solved.len());
    for (t, (solved, &all)) in solved.iter().zip(weights).enumerate() {
        let mine = own.weights.get(t).copied().unwrap_or(0.0);
        // A direction without weight moves nothing.
        let root = if all > 0.0 { all.sqrt() } else { 1.0 };
        let (direct, through) = (mine / root, energy * ((all - mine) / root));
        let (a, b) = (apply_blocks(beside, solved), apply_blocks(&own.blocks, solved));
        columns.extend(a.iter().zip(&b).map(|(a, b)| a * direct - b * through));
    }
    CMat::from_columns(own.order(), solved.len(), columns)
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
