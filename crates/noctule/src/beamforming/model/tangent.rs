//! Linearisations of the concave relaxations, with the margin that rounding asks for: what upper bounds
//! are made of.

use noctule_num::CMat;
use noctule_num::linalg::{Op, mul, product, real_dot};
use noctule_phy::fisher::parameters;

use super::extended::Extended;
use super::{Model, RANK_TOLERANCE};
use crate::beamforming::rate_term::RateTerm;

/// A concave function of covariances lies below `constant + Σ⟨G_b, R_b⟩`, hence over unit power
/// below `constant + max(0, λ_max(G_b))`.
#[derive(Clone, Copy, Debug)]
pub(in crate::beamforming) struct Tangent {
    /// What does not depend on the covariances.
    pub(in crate::beamforming) constant: f64,
    /// The sum of the norms of the terms of the largest `G_b`, which may cancel in it.
    size: f64,
    /// How far constant and eigenvalues may be off together.
    pub(in crate::beamforming) margin: f64,
}

impl Model {
    /// Relative to the sizes of its terms ([`Tangent`]), how far a Hermitian matrix of this space
    /// and its eigenvalues may be off: the rounding of products and decomposition, and what lies
    /// outside the reduced basis.
    fn rounding(&self) -> f64 {
        let (rows, rank) = (self.space.cols() as f64, self.rank() as f64);
        16.0 * f64::EPSILON * rows * rank + 4.0 * RANK_TOLERANCE * rows.sqrt()
    }

    /// The sensing part of the linearisation at the point evaluated last. For *any* Y,
    /// `−tr F⁻¹ ≤ tr YᵀFY − 2 tr Y`, so that the inverse need not be exact.
    fn sensing_tangent(&self) -> Tangent {
        let (m3, n) = (self.sensed(), parameters(self.targets));
        let trace: f64 = match &self.extended {
            Some(extended) => extended.trace(),
            None => (0..n).map(|i| self.inverse[i * n + i]).sum(),
        };
        let size: f64 = (0..m3)
            .map(|a| {
                let column = self.space.col(self.users + a);
                self.dual[(a, a)].re * real_dot(column, column)
            })
            .sum();
        let (constant, size) = (-2.0 * self.crb_weight * trace, self.crb_weight * size * m3 as f64);
        let margin = self.relative_error() * (size + constant.abs());
        Tangent { constant, size, margin }
    }

    /// The constant of the linearisation of a relaxation by envelopes at the point evaluated last, whose
    /// slopes are [`Model::curvature`] and, for a user's own block, `λ_k h_k h_kᴴ` more.
    pub(in crate::beamforming) fn chord_tangent(&self) -> Tangent {
        let mut all = self.sensing_tangent();
        for user in 0..self.users {
            let (Some(chord), Some(plane)) = (self.rate.chord(user), self.plane(user)) else {
                continue;
            };
            let (t, slope) = (plane.received, plane.slope);
            let offset = chord.offset(t, slope);
            let channel = self.space.col(user);
            all.constant += self.rate_weight * (t - slope - t.ln() - 1.0 + offset);
            all.size += self.rate_weight * (t + 2.0 * slope) * real_dot(channel, channel);
            let terms = t + slope + t.ln().abs() + 1.0 + offset.abs();
            all.margin += 64.0 * f64::EPSILON * self.rate_weight * terms;
        }
        all.margin += self.rounding() * all.size;
        all
    }

    /// `F⁻¹` at the point evaluated last, with the information of unit power and κ = 1.
    pub(in crate::beamforming) fn fisher_inverse(&self) -> &[f64] {
        &self.inverse
    }

    /// The power that points of unit norm are short of.
    pub(in crate::beamforming) const fn power_w(&self) -> f64 {
        self.power_w
    }

    /// Y of the inequality for what is sensed, at the point evaluated last: [`Self::fisher_inverse`], or of an extended
    /// target the inverse covariance of unit power, row by row, real and imaginary parts in turn.
    pub(in crate::beamforming) fn sensing_multiplier(&self) -> Vec<f64> {
        self.extended.as_ref().map_or_else(|| self.inverse.clone(), Extended::inverse)
    }

    /// The linearisation for cooperating users at the point evaluated last: its constant and its
    /// matrix. With `Q = (L Lᴴ)⁻¹` for the factor `L` of `Z + S` *as it was computed*,
    /// `ln det A ≤ tr QA − ln det Q − K` holds whatever rounding did to `L`, `ln det Q` is exact
    /// and `H̃ Q H̃ᴴ = (L⁻¹H̃ᴴ)ᴴ(L⁻¹H̃ᴴ)` is off by the condition of `L` only.
    pub(in crate::beamforming) fn cooperative_tangent(&self) -> Option<(Tangent, CMat)> {
        let RateTerm::Together(cooperation) = &self.rate else { return None };
        let (users, weight) = (self.users as f64, self.rate_weight);
        let seen = cooperation.half_solved(self.space.columns(0..self.users).adjoint());
        let noise = cooperation.half_solved(cooperation.noise.clone());
        let inverse = cooperation.half_solved(CMat::identity(self.users));
        let matched = real_dot(inverse.as_slice(), noise.as_slice());
        // ‖L‖‖L⁻¹‖, both in the Frobenius norm.
        let trace: f64 = (0..self.users).map(|k| cooperation.received[(k, k)].re).sum();
        let condition = (trace * inverse.norm_sqr()).sqrt();
        let log_det = cooperation.cholesky.log_det();
        let mut all = self.sensing_tangent();
        all.constant += weight * (log_det - cooperation.log_det + matched - users);
        all.size += weight * seen.norm_sqr();
        let terms = log_det.abs() + cooperation.log_det.abs() + users * inverse.norm_sqr();
        all.margin += 64.0 * f64::EPSILON * users * weight * terms
            + 64.0 * f64::EPSILON * users * condition * weight * seen.norm_sqr()
            + self.rounding() * all.size;
        let mut matrix = self.dressed(self.middle());
        mul(&mut matrix, true, weight, &seen, Op::Adjoint, &seen, Op::Plain);
        Some((all, matrix))
    }

    /// `Z` and `(L Lᴴ)⁻¹` of [`Model::cooperative_tangent`] at the point evaluated last.
    pub(in crate::beamforming) fn cooperative_multipliers(&self) -> Option<(CMat, CMat)> {
        let RateTerm::Together(cooperation) = &self.rate else { return None };
        let half = cooperation.half_solved(CMat::identity(self.users));
        Some((cooperation.noise.clone(), product(&half, Op::Adjoint, &half, Op::Plain)))
    }
}
