//! The pair (β, B) of a minorant, and its collection over several metrics.

use noctule_num::linalg::{Op, mul, product};
use noctule_num::{C64, CMat};

use super::world::Space;

/// A minorant.
#[derive(Clone, Debug)]
pub(super) struct Minorant {
    pub(super) beta: f64,
    pub(super) b: CMat,
    /// What rounding may have done to B while it was formed, in norm.
    pub(super) blur: f64,
}

impl Minorant {
    pub(super) fn nothing(r: usize) -> Self {
        Self { beta: 0.0, b: CMat::zeros(r, r), blur: 0.0 }
    }

    /// Add `weight` times another.
    pub(super) fn add(&mut self, weight: f64, other: &Self) {
        if weight == 0.0 {
            return;
        }
        self.beta += weight * other.beta;
        self.blur += weight * other.blur;
        for (sum, one) in self.b.as_mut_slice().iter_mut().zip(other.b.as_slice()) {
            *sum += one * weight;
        }
    }
}

/// `−dm/dR`, collected: a part on the targets' columns and one on the whole space.
#[derive(Clone, Debug)]
pub(super) struct Pull {
    /// M of T M Tᴴ.
    pub(super) on_targets: CMat,
    /// The rest, where there is one.
    pub(super) on_all: Option<CMat>,
}

impl Pull {
    pub(super) fn new(space: &Space) -> Self {
        let t = space.t.cols();
        Self { on_targets: CMat::zeros(t, t), on_all: None }
    }

    pub(super) fn clear(&mut self) {
        self.on_targets.as_mut_slice().fill(C64::ZERO);
        self.on_all = None;
    }

    pub(super) fn all(&mut self, r: usize) -> &mut CMat {
        self.on_all.get_or_insert_with(|| CMat::zeros(r, r))
    }

    /// As a matrix.
    pub(super) fn matrix(&self, space: &Space) -> CMat {
        let half = product(&space.t, Op::Plain, &self.on_targets, Op::Plain);
        let mut out = product(&half, Op::Plain, &space.t, Op::Adjoint);
        if let Some(all) = &self.on_all {
            for (sum, one) in out.as_mut_slice().iter_mut().zip(all.as_slice()) {
                *sum += one;
            }
        }
        out
    }

    /// Write the coefficients −2 M TᴴW of the targets' columns in the gradient, below the first `users`
    /// rows; `inner` is room for TᴴW.
    pub(super) fn coefficients(&self, seen: &CMat, inner: &mut CMat, users: usize, out: &mut CMat) {
        mul(inner, false, -2.0, &self.on_targets, Op::Plain, seen, Op::Plain);
        for stream in 0..inner.cols() {
            out.col_mut(stream)[users..].copy_from_slice(inner.col(stream));
        }
    }

    /// Add `−2 B W` to a gradient; `seen` is TᴴW.
    pub(super) fn add_gradient(&self, space: &Space, seen: &CMat, w: &CMat, out: &mut CMat) {
        let inner = product(&self.on_targets, Op::Plain, seen, Op::Plain);
        mul(out, true, -2.0, &space.t, Op::Plain, &inner, Op::Plain);
        if let Some(all) = &self.on_all {
            mul(out, true, -2.0, all, Op::Plain, w, Op::Plain);
        }
    }
}
