//! What preconditions climbs: the part of the Hessian that all streams share.
//!
//! On the sphere the Hessian of what is minimised is `2 (μI − C₀)`, the same for every stream, and terms of
//! low rank: what users gain by the own stream, and how the Fisher matrix bends. That matrix of order
//! `K + 3M` alone, made positive definite by a share of the multiplier μ, is the metric. With it a step of
//! one is a step of WMMSE for the data beams, and L-BFGS learns the rest in a few pairs.

use noctule_num::linalg::{Cholesky, Op, mul, real_dot};
use noctule_num::{C64, CMat};

use super::Model;
use crate::beamforming::rate_term::RateTerm;

/// Share of the multiplier that is added to `μI − C₀`, which is singular in the directions of sensing
/// streams. Between a third and one all shares do equally well; smaller ones follow those directions too far.
const ADDED: f64 = 0.5;
/// What is added grows by this factor until the matrix is positive definite.
const GROWTH: f64 = 3.0;
/// Nothing smaller than this share of the size of `C₀` is added.
const LEAST: f64 = 1e-9;
/// Attempts at most; `3⁴⁰` times the least is more than the size of `C₀`.
const ATTEMPTS: usize = 40;
/// Above this residual L-BFGS goes alone: a step of the metric is long there, and leads to other optima than
/// a short one, not always better.
const NEAR: f64 = 0.1;
/// The metric follows every one of the first steps, and every one of so many after them: close to an
/// optimum it hardly changes.
const FIRST_STEPS: u64 = 6;
const EVERY: u64 = 10;

/// The inverse of the metric, and room to make and to apply it.
#[derive(Debug)]
pub(super) struct Metric {
    middle: CMat,
    left: CMat,
    curvature: CMat,
    shifted: CMat,
    inverse: CMat,
    cholesky: Cholesky,
    given: CMat,
    solved: CMat,
    /// Whether `inverse` is that of a place on the way of this descent, and for how many steps it was
    /// asked for.
    there: bool,
    asked: u64,
}

impl Clone for Metric {
    fn clone(&self) -> Self {
        Self::new(self.curvature.rows(), self.middle.rows(), self.given.cols())
    }
}

impl Metric {
    /// Room for a space of `rank` dimensions, of which `seen` are seen, and so many streams.
    pub(super) fn new(rank: usize, seen: usize, streams: usize) -> Self {
        let square = || CMat::zeros(rank, rank);
        Self {
            middle: CMat::zeros(seen, seen),
            left: CMat::zeros(rank, seen),
            curvature: square(),
            shifted: square(),
            inverse: square(),
            cholesky: Cholesky::new(rank),
            given: CMat::zeros(rank, streams),
            solved: CMat::zeros(rank, streams),
            there: false,
            asked: 0,
        }
    }

    /// Invert `(μ + σ)I − C₀` with the smallest σ of those that are tried; whether that succeeded.
    fn invert(&mut self, multiplier: f64) -> bool {
        let size = self.curvature.norm();
        let mut added = (ADDED * multiplier).max(LEAST * size);
        if !(added.is_finite() && multiplier.is_finite() && added > 0.0) {
            return false;
        }
        for _ in 0..ATTEMPTS {
            let diagonal = multiplier + added;
            for (shifted, c) in
                self.shifted.as_mut_slice().iter_mut().zip(self.curvature.as_slice())
            {
                *shifted = -c;
            }
            (0..self.shifted.rows()).for_each(|i| self.shifted[(i, i)] += C64::from(diagonal));
            if self.cholesky.factor(&self.shifted, "metric").is_ok() {
                self.inverse.as_mut_slice().fill(C64::ZERO);
                (0..self.inverse.rows()).for_each(|i| self.inverse[(i, i)] = C64::ONE);
                self.cholesky.solve_in_place(&mut self.inverse);
                return true;
            }
            added *= GROWTH;
        }
        false
    }
}

impl Model {
    /// Make the metric at the point evaluated last, after so many steps of a descent, where it is time to.
    pub(super) fn shape_metric(&mut self, steps: u64, residual: f64) -> bool {
        // Other terms in the place of the rate are bent by more than the streams share.
        if !matches!(self.rate, RateTerm::Separate) || self.rank() == 0 {
            return false;
        }
        let Some(mut metric) = self.metric.take() else { return false };
        if steps == 0 {
            (metric.there, metric.asked) = (false, 0);
        }
        if residual <= NEAR && (metric.asked < FIRST_STEPS || metric.asked.is_multiple_of(EVERY)) {
            self.fill_rate(&mut metric.middle);
            self.fill_sensing(&mut metric.middle);
            let (left, space) = (&mut metric.left, &self.space);
            mul(left, false, 1.0, space, Op::Plain, &metric.middle, Op::Plain);
            mul(&mut metric.curvature, false, 1.0, left, Op::Plain, space, Op::Adjoint);
            // On the unit sphere; the gradient is that of what is minimised.
            let multiplier = -0.5 * real_dot(self.point.as_slice(), self.gradient.as_slice());
            metric.there = metric.invert(multiplier);
        }
        let there = metric.there && residual <= NEAR;
        metric.asked += u64::from(there);
        self.metric = Some(metric);
        there
    }

    /// `v ← B⁻¹ v` with the metric made last.
    pub(super) fn apply_metric(&mut self, v: &mut [C64]) {
        let Some(Metric { inverse, given, solved, .. }) = self.metric.as_deref_mut() else {
            return;
        };
        given.as_mut_slice().copy_from_slice(v);
        // The Hessian of what streams share is twice the matrix that was inverted.
        mul(solved, false, 0.5, inverse, Op::Plain, given, Op::Plain);
        v.copy_from_slice(solved.as_slice());
    }
}
