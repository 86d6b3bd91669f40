//! What may stand in the place of the sum rate in the [model](super::model): itself, envelopes of it, or
//! the rate of users that decode together.

pub(super) use crate::envelope::{Chord, Plane};

use noctule_num::CMat;
use noctule_num::linalg::Cholesky;

/// What stands for the sum rate: itself, or something concave that is never below it.
#[derive(Clone, Debug)]
pub(super) enum RateTerm {
    /// Every user decodes alone: the sum rate.
    Separate,
    /// An envelope a user ([`super::global`]).
    Chords(Vec<Chord>),
    /// All users decode together ([`super::cooperation`]).
    Together(Box<Cooperation>),
}

impl RateTerm {
    /// Users that decode together under noise of covariance `noise`.
    pub(super) fn cooperating(noise: CMat, log_det: f64, streams: usize) -> Self {
        let users = noise.rows();
        Self::Together(Box::new(Cooperation {
            received: noise.clone(),
            solved: CMat::zeros(users, streams),
            cholesky: Cholesky::new(users),
            noise,
            log_det,
        }))
    }

    pub(super) fn chord(&self, user: usize) -> Option<&Chord> {
        match self {
            Self::Chords(chords) => chords.get(user),
            _ => None,
        }
    }
}

/// Workspace of the mutual information of cooperating users.
#[derive(Debug)]
pub(super) struct Cooperation {
    pub(super) noise: CMat,
    pub(super) log_det: f64,
    /// `Z + Hᴴ R H`.
    pub(super) received: CMat,
    solved: CMat,
    pub(super) cholesky: Cholesky,
}

impl Clone for Cooperation {
    fn clone(&self) -> Self {
        Self {
            noise: self.noise.clone(),
            log_det: self.log_det,
            received: self.received.clone(),
            solved: self.solved.clone(),
            cholesky: Cholesky::new(self.noise.rows()),
        }
    }
}

impl Cooperation {
    /// `ln det (Z + S) − ln det Z` with `S` from the first rows of `amplitudes`, and its
    /// derivative times `weight` added to `out`; `None` where `Z + S` is not positive definite.
    pub(super) fn add(&mut self, amplitudes: &CMat, weight: f64, out: &mut CMat) -> Option<f64> {
        let users = self.noise.rows();
        self.received.as_mut_slice().copy_from_slice(self.noise.as_slice());
        for stream in 0..amplitudes.cols() {
            let y = &amplitudes.col(stream)[..users];
            self.solved.col_mut(stream).copy_from_slice(y);
            for j in 0..users {
                for i in 0..users {
                    self.received[(i, j)] += y[i] * y[j].conj();
                }
            }
        }
        self.cholesky.factor(&self.received, "Z + S").ok()?;
        self.cholesky.solve_in_place(&mut self.solved);
        for stream in 0..amplitudes.cols() {
            for user in 0..users {
                out[(user, stream)] += self.solved[(user, stream)] * weight;
            }
        }
        Some(self.cholesky.log_det() - self.log_det)
    }

    /// `L⁻¹ x` for the factor `L` of `Z + S` at the point evaluated last.
    pub(super) fn half_solved(&self, mut x: CMat) -> CMat {
        self.cholesky.half_solve_in_place(&mut x);
        x
    }

    /// `(Z + S)⁻¹`.
    pub(super) fn inverse(&self) -> CMat {
        let mut cholesky = Cholesky::new(self.received.rows());
        let mut inverse = CMat::identity(self.received.rows());
        if cholesky.factor(&self.received, "Z + S").is_ok() {
            cholesky.solve_in_place(&mut inverse);
        }
        inverse
    }
}
