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
        let users = space.users();
        let amplitudes = product(&space.h, Op::Adjoint, w, Op::Plain);
        let (mut signal, mut interference) = (vec![0.0; users], vec![1.0; users]);
        for stream in 0..w.cols() {
            let share = if stream < users { 1.0 } else { space.heard };
            for user in 0..users {
                let power = amplitudes[(user, stream)].norm_sqr();
                if user == stream {
                    signal[user] = power;
                } else {
                    interference[user] += share * power;
                }
            }
        }
        for (user, error) in space.errors.iter().enumerate() {
            let bent = product(error, Op::Plain, w, Op::Plain);
            interference[user] += real_dot(bent.as_slice(), w.as_slice());
        }
        Self { amplitudes, signal, interference }
    }

    /// SINR of user k.
    pub(super) fn sinr(&self, k: usize) -> f64 {
        self.signal[k] / self.interference[k]
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
        let weight = |user: usize, stream: usize| {
            if user == stream {
                by_signal[user]
            } else if stream < users {
                by_interference[user]
            } else {
                by_interference[user] * space.heard
            }
        };
        let pull =
            CMat::from_fn(users, w.cols(), |k, s| self.amplitudes[(k, s)] * (2.0 * weight(k, s)));
        mul(gradient, true, 1.0, &space.h, Op::Plain, &pull, Op::Plain);
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
        for (i, left) in h.iter().enumerate() {
            out[(i, j)] += left * right;
        }
    }
}
