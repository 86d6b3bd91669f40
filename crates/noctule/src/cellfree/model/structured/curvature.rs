//! What is known of the curvature without learning it.

use noctule_num::linalg::{Cholesky, Op, mul, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::Shape;

use super::Model;
use super::parts::Blocks;

/// The least curvature, as a share of the mean: where no user is met there is next to none.
const LEAST: f64 = 1e-4;
/// Steps of a descent after which it is made anew.
const EVERY: u64 = 50;

/// Of every access point the inverse of `2 (w Σ_k β_k (h_k h_kᴴ + Θ_k) + |μ| I)`, with the slopes β of the
/// rates by interference, their weight `w`, and the price μ of power: the curvature that a beam meets there while
/// the SINRs of the others stay. Access points meet channels of very different strength, and so do beams.
#[derive(Debug)]
pub(in crate::cellfree) struct Curvature {
    inverses: Vec<CMat>,
    /// Whether the inverses are those of a place on the way of this descent.
    known: bool,
    curvature: CMat,
    cholesky: Cholesky,
    from: CMat,
    to: CMat,
    gradient: Vec<C64>,
}

impl Curvature {
    /// Room for that of a model.
    pub(in crate::cellfree) fn of(model: &Model) -> Self {
        let n = model.antennas;
        let room = CMat::zeros(n, model.users + model.streams);
        Self {
            inverses: vec![CMat::zeros(n, n); model.aps],
            known: false,
            curvature: CMat::zeros(n, n),
            cholesky: Cholesky::new(n),
            from: room.clone(),
            to: room,
            gradient: vec![C64::ZERO; model.dim()],
        }
    }

    /// What [`Objective::shape`](noctule_optim::Objective::shape) says at `x`, the point of the last `forward` and
    /// `value`, of `−w · rate + p · error` with these weights `(w, p)`.
    pub(in crate::cellfree) fn shape(
        &mut self,
        model: &mut Model,
        x: &[C64],
        weights: (f64, f64),
        steps: u64,
    ) -> Option<Shape> {
        if steps.is_multiple_of(EVERY) {
            self.known = weights.0 > 0.0 && self.renew(model, x, weights);
        }
        self.known.then_some(Shape::UpToScale)
    }

    /// Invert at `x`; `false` where rounding leaves no inverse.
    fn renew(&mut self, model: &mut Model, x: &[C64], (weight, price): (f64, f64)) -> bool {
        model.backward(x, -weight, price, &mut self.gradient);
        let (n, stride) = (model.antennas, model.stride());
        let curvature = &mut self.curvature;
        for (ap, inverse) in self.inverses.iter_mut().enumerate() {
            model.met(ap, weight, curvature);
            let block = ap * stride..(ap + 1) * stride;
            let price = real_dot(&x[block.clone()], &self.gradient[block]).abs();
            let mean = (0..n).map(|i| curvature[(i, i)].re).sum::<f64>() / n as f64;
            let ridge = price.max(LEAST * mean).max(f64::MIN_POSITIVE);
            (0..n).for_each(|i| curvature[(i, i)] += ridge);
            if self.cholesky.factor(curvature, "curvature of an access point").is_err() {
                return false;
            }
            inverse.as_mut_slice().fill(C64::ZERO);
            (0..n).for_each(|i| inverse[(i, i)] = C64::ONE);
            self.cholesky.solve_in_place(inverse);
        }
        true
    }

    /// Every block of `v`, column by column, multiplied by the inverse of its access point.
    pub(in crate::cellfree) fn precondition(&mut self, v: &mut [C64]) {
        let (from, to) = (&mut self.from, &mut self.to);
        let len = from.as_slice().len().max(1);
        for (block, inverse) in v.chunks_exact_mut(len).zip(&self.inverses) {
            from.as_mut_slice().copy_from_slice(block);
            mul(to, false, 1.0, inverse, Op::Plain, from, Op::Plain);
            block.copy_from_slice(to.as_slice());
        }
    }
}

impl Model {
    /// `2 w Σ_k β_k (h_k h_kᴴ + Θ_k)` of an access point.
    fn met(&self, ap: usize, weight: f64, out: &mut CMat) {
        let (n, count) = (self.antennas, self.directions.cols());
        let slope = |k: usize| -2.0 * weight * self.by_others[k];
        let rows = CMat::from_fn(n, count, |i, c| {
            let root = (slope(self.owner[c]) * self.weight[c]).max(0.0).sqrt();
            self.directions[(ap * n + i, c)] * root
        });
        mul(out, false, 1.0, &rows, Op::Plain, &rows, Op::Adjoint);
        for k in 0..self.users {
            match &self.blocks[ap] {
                Blocks::Scalar(scale) => {
                    (0..n).for_each(|i| out[(i, i)] += slope(k) * scale[k]);
                }
                Blocks::Dense(matrices) => {
                    let sum = out.as_mut_slice().iter_mut();
                    sum.zip(matrices[k].as_slice()).for_each(|(s, d)| *s += d * slope(k));
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cellfree::Scenario;
    use crate::cellfree::model::Roles;

    #[test]
    fn every_block_meets_its_own_matrix() {
        let instance = Scenario::default().realize(1, 0).unwrap();
        let model = Model::new(&instance, Roles::CommunicationOnly);
        let (n, stride, dim) = (model.antennas, model.stride(), model.dim());
        let mut curvature = Curvature::of(&model);
        let entry = |ap: usize, i: usize, j: usize| C64::new((ap + i) as f64, j as f64);
        for (ap, inverse) in curvature.inverses.iter_mut().enumerate() {
            *inverse = CMat::from_fn(n, n, |i, j| entry(ap, i, j));
        }
        let given: Vec<C64> = (0..dim).map(|i| C64::cis(i as f64)).collect();
        let mut v = given.clone();
        curvature.precondition(&mut v);
        for (at, found) in v.iter().enumerate() {
            let (ap, i, column) = (at / stride, at % n, at / n * n);
            let wanted: C64 = (0..n).map(|j| entry(ap, i, j) * given[column + j]).sum();
            assert!((found - wanted).norm() < 1e-12 * dim as f64, "{at}: {found} {wanted}");
        }
    }

    #[test]
    fn without_a_price_of_rates_nothing_is_known() {
        let instance = Scenario::default().realize(1, 0).unwrap();
        let mut model = Model::new(&instance, Roles::CommunicationOnly);
        let mut x = vec![C64::ONE; model.dim()];
        model.manifold().normalise(&mut x);
        model.forward(&x);
        let _ = model.value(super::super::Link::Rate);
        let mut curvature = Curvature::of(&model);
        assert_eq!(curvature.shape(&mut model, &x, (0.0, 1.0), 0), None);
        assert_eq!(curvature.shape(&mut model, &x, (1.0, 0.0), EVERY), Some(Shape::UpToScale));
        assert_eq!(curvature.shape(&mut model, &x, (0.0, 1.0), 1), Some(Shape::UpToScale));
    }
}
