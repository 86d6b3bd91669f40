//! A program in coordinates in which it is less stiff.
//!
//! Along the channel of a user a beam meets the curvature of that user's floor, `1 + λ‖h‖²` against one elsewhere: 10⁵ and
//! more where signals are strong, and the descent needs as many more steps as its root. With `v = Lu/‖Lu‖`,
//! `L_n = (I + Σ_k c_k h_k h_kᴴ)^{-1/2}` on every subcarrier, both are about one. The sphere of u is as good as that of v: what
//! depends on v alone does not change where u is scaled.

use noctule_num::linalg::{HermitianEigen, Op, mul, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::{Constrained, Manifold};

use super::program::Program;
use super::stack::Stack;
use super::task::Task;
use crate::Error;

/// L of all subcarriers, and its inverse.
pub(super) struct Scaling {
    scale: Vec<CMat>,
    inverse: Vec<CMat>,
}

impl Scaling {
    /// Of a convex task, as if every floor cost as much: multipliers over the price of the power are then about one over
    /// their number. Of others nothing.
    ///
    /// # Errors
    /// When an eigenvalue decomposition fails.
    pub(super) fn of_floors(stack: &Stack, task: &Task) -> Result<Self, Error> {
        let (users, n) = (stack.users, stack.subcarriers());
        let own = 1.0 / (n * users.max(1)) as f64;
        let floored = |at: usize| task.is_convex() && task.sinr[at % users] > 0.0;
        let weights: Vec<f64> =
            (0..n * users).map(|at| if floored(at) { own } else { 0.0 }).collect();
        if weights.iter().all(|weight| *weight <= 0.0) {
            return Ok(Self { scale: Vec::new(), inverse: Vec::new() });
        }
        Self::new(stack, &weights)
    }

    /// From weights `[subcarrier][user]` of the channels' outer products.
    ///
    /// # Errors
    /// When an eigenvalue decomposition fails.
    fn new(stack: &Stack, weights: &[f64]) -> Result<Self, Error> {
        let (mut scale, mut inverse) = (Vec::new(), Vec::new());
        for (n, carrier) in stack.carriers.iter().enumerate() {
            let r = carrier.space.rows();
            let mut stiff = CMat::from_fn(r, r, |i, j| C64::from(f64::from(u8::from(i == j))));
            for k in 0..stack.users {
                let h = carrier.space.columns(k..k + 1);
                mul(&mut stiff, true, weights[n * stack.users + k], &h, Op::Plain, &h, Op::Adjoint);
            }
            let mut eigen = HermitianEigen::new(r);
            eigen.compute(&stiff)?;
            let power = |exponent: f64| {
                let own = eigen.vectors();
                let turned = CMat::from_fn(r, r, |i, j| {
                    own[(i, j)] * eigen.values()[j].max(1.0).powf(exponent)
                });
                product(&turned, Op::Plain, own, Op::Adjoint)
            };
            scale.push(power(-0.5));
            inverse.push(power(0.5));
        }
        Ok(Self { scale, inverse })
    }

    /// The blocks of a point, each times its matrix; what comes after the last block stays.
    fn apply(&self, by: &[CMat], stack: &Stack, x: &[C64]) -> Vec<C64> {
        let mut out = x.to_vec();
        for (n, matrix) in by.iter().enumerate() {
            let place = stack.place(n);
            let block = CMat::from_columns(matrix.rows(), stack.streams, x[place.clone()].to_vec());
            if let Ok(block) = block {
                let turned = product(matrix, Op::Plain, &block, Op::Plain);
                out[place].copy_from_slice(turned.as_slice());
            }
        }
        out
    }
}

/// A program of u.
pub(super) struct Scaled<'a, 'b> {
    program: &'a mut Program<'b>,
    scaling: &'a Scaling,
    /// v, and the norm of Lu.
    v: Vec<C64>,
    norm: f64,
    own: Vec<C64>,
}

impl<'a, 'b> Scaled<'a, 'b> {
    pub(super) fn new(program: &'a mut Program<'b>, scaling: &'a Scaling) -> Self {
        Self { program, scaling, v: Vec::new(), norm: 1.0, own: Vec::new() }
    }

    /// Where points live.
    pub(super) fn manifold(&self) -> Manifold {
        self.program.manifold()
    }

    /// The u of a point v.
    pub(super) fn enter(&self, v: &[C64]) -> Vec<C64> {
        let mut u = self.scaling.apply(&self.scaling.inverse, self.program.stack, v);
        self.manifold().normalise(&mut u);
        u
    }

    /// The v of a point u.
    pub(super) fn leave(&self, u: &[C64]) -> Vec<C64> {
        let mut v = self.scaling.apply(&self.scaling.scale, self.program.stack, u);
        self.manifold().normalise(&mut v);
        v
    }
}

impl Constrained for Scaled<'_, '_> {
    fn constraints(&self) -> usize {
        self.program.constraints()
    }

    fn values(&mut self, u: &[C64], constraints: &mut [f64]) -> f64 {
        self.v = self.scaling.apply(&self.scaling.scale, self.program.stack, u);
        self.norm = real_dot(&self.v, &self.v).sqrt();
        let scale = 1.0 / self.norm;
        self.v.iter_mut().for_each(|z| *z *= scale);
        self.program.values(&self.v, constraints)
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        self.own.resize(gradient.len(), C64::ZERO);
        self.program.gradient(weights, &mut self.own);
        // the part along v is lost where v is made as long as one
        let along = real_dot(&self.own, &self.v);
        let scale = 1.0 / self.norm;
        self.own.iter_mut().zip(&self.v).for_each(|(g, v)| *g = (*g - v * along) * scale);
        let turned = self.scaling.apply(&self.scaling.scale, self.program.stack, &self.own);
        gradient.copy_from_slice(&turned);
    }
}
