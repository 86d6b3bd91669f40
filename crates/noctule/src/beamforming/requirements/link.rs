//! What users receive: signal and interference over noise, with derivatives.

use noctule_num::linalg::{Op, mul, product, real_dot};
use noctule_num::{C64, CMat};

use super::world::Space;

/// Signal, and interference with noise, of every user, over its noise.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// `h_kᴴ w_s`, users × streams.
    pub(super) amplitudes: CMat,
    /// S.
    pub(super) signal: Vec<f64>,
    /// I: one, the other streams, the errors.
    pub(super) interference: Vec<f64>,
}

impl Heard {
    /// What is heard of beams W, r × streams, those of the users first.
    pub(super) fn of(space: &Space, w: &CMat) -> Self {
        let mut out = Self::blank(space, w.cols());
        let both = product(&space.n, Op::Adjoint, w, Op::Plain);
        out.look(space, &both, w);
        out
    }

    /// Room for so many streams.
    pub(super) fn blank(space: &Space, streams: usize) -> Self {
        let users = space.users();
        Self {
            amplitudes: CMat::zeros(users, streams),
            signal: vec![0.0; users],
            interference: vec![1.0; users],
        }
    }

    /// What is heard of other beams, from `[H, T]ᴴW`.
    pub(super) fn look(&mut self, space: &Space, both: &CMat, w: &CMat) {
        let users = space.users();
        self.signal.fill(0.0);
        self.interference.fill(1.0);
        for stream in 0..w.cols() {
            self.amplitudes.col_mut(stream).copy_from_slice(&both.col(stream)[..users]);
            let share = if stream < users { 1.0 } else { space.heard };
            for user in 0..users {
                let power = self.amplitudes[(user, stream)].norm_sqr();
                if user == stream {
                    self.signal[user] = power;
                } else {
                    self.interference[user] += share * power;
                }
            }
        }
        for (user, error) in space.errors.iter().enumerate() {
            let bent = product(error, Op::Plain, w, Op::Plain);
            self.interference[user] += real_dot(bent.as_slice(), w.as_slice());
        }
    }

    /// SINR of user k.
    pub(super) fn sinr(&self, k: usize) -> f64 {
        self.signal[k] / self.interference[k]
    }

    /// `2 (s_k or i_k) h_kᴴw_s`, the coefficients of the channels in the gradient of `Σ_k s_k S_k + i_k I_k`.
    pub(super) fn coefficient(
        &self,
        space: &Space,
        (user, stream): (usize, usize),
        by_signal: &[f64],
        by_interference: &[f64],
    ) -> C64 {
        let weight = if user == stream {
            by_signal[user]
        } else if stream < space.users() {
            by_interference[user]
        } else {
            by_interference[user] * space.heard
        };
        self.amplitudes[(user, stream)] * (2.0 * weight)
    }

    /// Add `Σ_k s_k ∇S_k + i_k ∇I_k` to `gradient`; s and i by user.
    pub(super) fn add_gradient(
        &self,
        space: &Space,
        w: &CMat,
        by_signal: &[f64],
        by_interference: &[f64],
        gradient: &mut CMat,
    ) {
        let users = space.users();
        if users == 0 {
            return;
        }
        let pull = CMat::from_fn(users, w.cols(), |k, s| {
            self.coefficient(space, (k, s), by_signal, by_interference)
        });
        mul(gradient, true, 1.0, &space.h, Op::Plain, &pull, Op::Plain);
        Self::add_errors(space, w, by_interference, gradient);
    }

    /// The part of the gradient that errors of channels make.
    pub(super) fn add_errors(
        space: &Space,
        w: &CMat,
        by_interference: &[f64],
        gradient: &mut CMat,
    ) {
        for (error, by) in space.errors.iter().zip(by_interference) {
            if *by != 0.0 {
                mul(gradient, true, 2.0 * by, error, Op::Plain, w, Op::Plain);
            }
        }
    }
}

/// `a hhᴴ` added to a Hermitian matrix.
pub(super) fn add_outer(out: &mut CMat, a: f64, h: &[C64]) {
    for j in 0..h.len() {
        let right = h[j].conj() * a;
        for (out, left) in out.col_mut(j).iter_mut().zip(h) {
            *out += left * right;
        }
    }
}
