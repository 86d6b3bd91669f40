//! What a method takes for the inverse of a Hessian before it has learned one.

use noctule_num::linalg::{Op, mul};
use noctule_num::{C64, CMat};

use crate::{Interrupt, Lbfgs, Objective, Run, Stop, StopRule, StopRules, Trace, Work};

/// Evaluations after which the scaling is asked for again.
const SLICE: u64 = 50;

/// Hermitian positive definite matrices, one for each block of a [`Manifold`](crate::Manifold). A block of a
/// point is a matrix of their order, column by column, and is multiplied from the left.
///
/// A guess of the curvature is worth as much as the pairs it spares: beams that meet channels of very different
/// strength have it in the Gram matrices of the channels.
#[derive(Clone, Debug)]
pub struct Scaling {
    /// The matrices, all of one order.
    pub inverses: Vec<CMat>,
    from: CMat,
    to: CMat,
}

impl Scaling {
    /// Identities for `blocks` blocks of `columns` columns of order `order`.
    pub fn identity(blocks: usize, order: usize, columns: usize) -> Self {
        let room = CMat::zeros(order, columns);
        Self { inverses: vec![CMat::identity(order); blocks], from: room.clone(), to: room }
    }

    /// Replace `v` by its product with the matrices.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub(crate) fn apply(&mut self, v: &mut [C64]) {
        let (from, to) = (&mut self.from, &mut self.to);
        let len = from.as_slice().len().max(1);
        for (block, inverse) in v.chunks_exact_mut(len).zip(&self.inverses) {
            from.as_mut_slice().copy_from_slice(block);
            mul(to, false, 1.0, inverse, Op::Plain, from, Op::Plain);
            block.copy_from_slice(to.as_slice());
        }
    }
}

/// An objective whose curvature is known in part.
pub trait Scaled: Objective {
    /// Blocks of an inverse Hessian at `x`, as far as they are known without learning: none where they
    /// are not, else in `room` if there is some.
    fn scaling(&mut self, x: &[C64], room: Option<Scaling>) -> Option<Scaling>;
}

impl Lbfgs {
    /// As [`Lbfgs::minimise`], with the scaling that the objective knows: at the start, and again after every
    /// fifty evaluations, with what was learned kept.
    pub fn minimise_scaled(
        &mut self,
        objective: &mut impl Scaled,
        x: &mut [C64],
        stop: &StopRules,
        interrupt: &Interrupt,
        trace: &mut Trace,
    ) -> Run {
        let budget = stop.evaluation_budget();
        let mut work = Work::default();
        loop {
            let room = self.scaling_mut().take();
            let scaling = objective.scaling(x, room);
            let left = budget - work.evaluations;
            let slice = if scaling.is_some() { SLICE.min(left) } else { left };
            *self.scaling_mut() = scaling;
            if work.evaluations > 0 {
                self.remember();
            }
            let rules = stop.clone() | StopRule::Evaluations(slice);
            let run = self.minimise(objective, x, &rules, interrupt, trace);
            work += run.work;
            if run.stop != Stop::EvaluationLimit || work.evaluations >= budget {
                *self.scaling_mut() = None;
                return Run { work, ..run };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Manifold;

    #[test]
    fn every_block_meets_its_own_matrix() {
        let mut scaling = Scaling::identity(2, 2, 1);
        scaling.inverses[1] = CMat::from_fn(2, 2, |i, j| C64::from((i * 2 + j) as f64));
        let mut v: Vec<C64> = (1..=4).map(|x| C64::from(f64::from(x))).collect();
        scaling.apply(&mut v);
        let wanted = [1.0, 2.0, 4.0, 2.0 * 3.0 + 3.0 * 4.0];
        assert!(v.iter().zip(wanted).all(|(v, w)| (v - w).norm() < 1e-15), "{v:?}");
    }

    /// Σ a_i |x_i|² on a sphere, with a over five decades.
    struct Steep(Vec<f64>);

    impl Objective for Steep {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            let all = gradient.iter_mut().zip(x).zip(&self.0);
            all.map(|((g, x), a)| {
                *g = x * (2.0 * a);
                a * x.norm_sqr()
            })
            .sum()
        }
    }

    impl Scaled for Steep {
        fn scaling(&mut self, _x: &[C64], room: Option<Scaling>) -> Option<Scaling> {
            let n = self.0.len();
            let mut scaling = room.unwrap_or_else(|| Scaling::identity(1, n, 1));
            let entry = |i, j| C64::from(if i == j { 1.0 / self.0[i] } else { 0.0 });
            scaling.inverses[0] = CMat::from_fn(n, n, entry);
            Some(scaling)
        }
    }

    #[test]
    fn a_known_curvature_spares_most_evaluations() {
        let n = 60;
        let steep: Vec<f64> = (0..n).map(|i| 10_f64.powf(5.0 * i as f64 / n as f64)).collect();
        let start: Vec<C64> = (0..n).map(|i| C64::from_polar(1.0, (i * i) as f64)).collect();
        let rules = StopRules::from(StopRule::Residual(1e-7)) | StopRule::Evaluations(20_000);
        let (interrupt, mut off) = (Interrupt::new(), Trace::off());
        let mut solver = Lbfgs::new(Manifold::sphere(n));
        let mut objective = Steep(steep);
        let mut run = |scaled: bool| {
            let mut x = start.clone();
            Manifold::sphere(n).normalise(&mut x);
            let run = match scaled {
                true => {
                    solver.minimise_scaled(&mut objective, &mut x, &rules, &interrupt, &mut off)
                }
                false => solver.minimise(&mut objective, &mut x, &rules, &interrupt, &mut off),
            };
            assert_eq!(run.stop, Stop::Converged);
            assert!((run.value - 1.0).abs() < 1e-12, "{run:?}");
            run.work.evaluations
        };
        let (plain, scaled) = (run(false), run(true));
        assert!(3 * scaled < plain, "{scaled} {plain}");
    }
}
