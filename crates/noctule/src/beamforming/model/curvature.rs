//! The Hermitian part of the gradient.

use noctule_num::linalg::{Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::rates::Reception;

use super::Model;
use crate::beamforming::rate_term::RateTerm;

impl Model {
    /// `C₀ = δ_s T K Tᴴ − δ_c H̃ diag(β) H̃ᴴ` at the point evaluated last: the Hermitian part of
    /// the gradient, which is `2 (C₁ + C₀ V)` for the (normalised) function to be maximised. With
    /// envelopes, `β_k` is `λ_k − t_k`; with cooperating users `−diag(β)` is `(Z + S)⁻¹`.
    pub fn curvature(&self) -> CMat {
        let mut middle = self.middle();
        self.fill_rate(&mut middle);
        self.dressed(middle)
    }

    /// The users' part of the middle of `C₀ = N · middle · Nᴴ`.
    pub(super) fn fill_rate(&self, middle: &mut CMat) {
        if let RateTerm::Together(cooperation) = &self.rate {
            let inverse = cooperation.inverse();
            for j in 0..self.users {
                for i in 0..self.users {
                    middle[(i, j)] = inverse[(i, j)] * self.rate_weight;
                }
            }
        } else {
            for user in 0..self.users {
                let beta = match self.plane(user) {
                    None => Reception::of(user, &self.amplitudes, 1.0).beta(),
                    Some(plane) => plane.slope - plane.received,
                };
                middle[(user, user)] = C64::from(-self.rate_weight * beta);
            }
        }
    }

    /// The targets' part of the middle.
    pub(super) fn fill_sensing(&self, middle: &mut CMat) {
        for b in 0..self.sensed() {
            for a in 0..self.sensed() {
                middle[(self.users + a, self.users + b)] = self.dual[(a, b)] * self.crb_weight;
            }
        }
    }

    /// Room for the middle of `C₀`, users first.
    pub(super) fn middle(&self) -> CMat {
        let rows = self.users + self.sensed();
        CMat::zeros(rows, rows)
    }

    /// `N · middle · Nᴴ` with the targets' part filled in.
    pub(super) fn dressed(&self, mut middle: CMat) -> CMat {
        self.fill_sensing(&mut middle);
        let left = product(&self.space, Op::Plain, &middle, Op::Plain);
        product(&left, Op::Plain, &self.space, Op::Adjoint)
    }
}
