//! Riemannian L-BFGS.
//!
//! The limited-memory BFGS method on a [`Manifold`]: the search direction is the negative gradient
//! multiplied by an inverse Hessian approximation built from the last few pairs of steps and
//! gradient differences, projected onto the tangent space. Stored pairs stay vectors of the
//! surrounding space: projecting all of them at every step costs more than most objectives here
//! and saves no evaluation.
//!
//! * **Step.** `s` is the velocity of the retraction at the accepted step times the step, `y` the
//!   change of the projected gradient; with these the curvature `⟨s, y⟩` is positive whenever the
//!   line search met the Wolfe condition. Pairs without positive curvature are not stored.
//! * **Line search.** Bracketing with safeguarded cubic interpolation, for the weak Wolfe
//!   conditions with `c₁ = 10⁻⁴`, `c₂ = 0.9`. Close to a solution, where the decrease drowns in
//!   rounding, the approximate Wolfe condition of Hager and Zhang (SIAM J. Optim. 16, 2005) takes
//!   over. A value of +∞ (outside the domain) only shortens the bracket.
//! * **Cost.** One evaluation in most iterations, plus `O(m n)` for `m` pairs (default 10).
//!   [`Lbfgs::minimise`] allocates nothing per iteration: all memory is in the workspace.
//! * **Guarantee.** Monotone decrease up to rounding, and a stationary point when it reports
//!   [`Stop::Converged`](crate::Stop::Converged); nothing about global optimality.

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use noctule_num::vector::{axpy, axpy_dot, wide};

use crate::descent::{Acceptance, Descends, Descent, Directions, Made, by_descent, steepest};
use crate::{Interrupt, Manifold, Objective, Run, StopRules, Trace};

/// Workspace of the method for one manifold.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    descent: Descent,
    pairs: Pairs,
}

impl Lbfgs {
    /// A workspace with a memory of ten pairs.
    pub fn new(manifold: Manifold) -> Self {
        Self::with_memory(manifold, 10)
    }

    /// A workspace with a memory of `memory` pairs, at least one.
    pub fn with_memory(manifold: Manifold, memory: usize) -> Self {
        Self { descent: Descent::new(manifold), pairs: Pairs::new(manifold.dim(), memory.max(1)) }
    }
}

impl Lbfgs {
    /// The manifold of this workspace.
    pub const fn manifold(&self) -> &Manifold {
        self.descent.manifold()
    }

    /// Start the next minimisation with the pairs of the last one: for an objective that differs little, from
    /// where the last one ended.
    pub const fn remember(&mut self) {
        self.pairs.kept = true;
    }

    /// Minimise `objective` from the point `x`; see [`Method::minimise`](crate::Method::minimise).
    ///
    /// # Panics
    /// When `x` has another length than the manifold.
    pub fn minimise(
        &mut self,
        objective: &mut impl Objective,
        x: &mut [C64],
        stop: &StopRules,
        interrupt: &Interrupt,
        trace: &mut Trace,
    ) -> Run {
        self.descent.minimise(&mut self.pairs, objective, x, stop, interrupt, trace)
    }
}

by_descent!(Lbfgs, pairs);

/// Steps and gradient differences, newest at `head − 1`, in rings of `memory` vectors.
#[derive(Clone, Debug)]
struct Pairs {
    memory: usize,
    steps: Vec<C64>,
    changes: Vec<C64>,
    rho: Vec<f64>,
    alpha: Vec<f64>,
    head: usize,
    stored: usize,
    /// The next minimisation begins with what is stored.
    kept: bool,
}

impl Pairs {
    fn new(n: usize, memory: usize) -> Self {
        Self {
            memory,
            steps: vec![C64::ZERO; memory * n],
            changes: vec![C64::ZERO; memory * n],
            rho: vec![0.0; memory],
            alpha: vec![0.0; memory],
            head: 0,
            stored: 0,
            kept: false,
        }
    }

    /// Slot of the pair stored `age` pairs ago.
    const fn slot(&self, age: usize) -> usize {
        (self.head + self.memory - 1 - age) % self.memory
    }

    /// The inverse Hessian approximation times `gradient`, by the two-loop recursion: every step of a loop
    /// adds to the vector and forms the product that the next step begins with, in one pass.
    fn apply(&mut self, gradient: &[C64], out: &mut [C64]) {
        let n = gradient.len();
        let of = |k: usize| k * n..(k + 1) * n;
        out.copy_from_slice(gradient);
        let (newest, oldest) = (self.slot(0), self.slot(self.stored - 1));
        let mut along = real_dot(&self.steps[of(newest)], out);
        for age in 0..self.stored {
            let k = self.slot(age);
            self.alpha[k] = self.rho[k] * along;
            let change = &self.changes[of(k)];
            if k == oldest {
                axpy(-self.alpha[k], change, out);
            } else {
                let next = &self.steps[of(self.slot(age + 1))];
                along = axpy_dot(-self.alpha[k], change, out, next);
            }
        }
        let y = &self.changes[of(newest)];
        let scale = 1.0 / (self.rho[newest] * real_dot(y, y));
        wide(
            #[inline(always)]
            || out.iter_mut().for_each(|z| *z *= scale),
        );
        along = real_dot(&self.changes[of(oldest)], out);
        for age in (0..self.stored).rev() {
            let k = self.slot(age);
            let beta = self.rho[k] * along;
            let step = &self.steps[of(k)];
            if k == newest {
                axpy(self.alpha[k] - beta, step, out);
            } else {
                let next = &self.changes[of(self.slot(age - 1))];
                along = axpy_dot(self.alpha[k] - beta, step, out, next);
            }
        }
    }
}

impl Directions for Pairs {
    const ACCEPTANCE: Acceptance = Acceptance { share: 0.9, two_sided: false, window: 1 };

    fn begin(&mut self) {
        if !std::mem::take(&mut self.kept) {
            self.forget();
        }
    }

    fn forget(&mut self) -> bool {
        self.head = 0;
        std::mem::take(&mut self.stored) > 0
    }

    fn find(
        &mut self,
        manifold: &Manifold,
        x: &[C64],
        gradient: &[C64],
        direction: &mut [C64],
    ) -> Descends {
        if self.stored == 0 {
            return steepest(manifold, gradient, direction);
        }
        self.apply(gradient, direction);
        direction.iter_mut().for_each(|z| *z = -*z);
        manifold.project(x, direction);
        let slope = real_dot(gradient, direction);
        if slope < 0.0 {
            return Descends { slope, first: 1.0 };
        }
        // Rounding destroyed the descent property: start over from the gradient.
        self.stored = 0;
        steepest(manifold, gradient, direction)
    }

    fn learn(&mut self, made: &Made<'_>) {
        let n = made.velocity.len();
        let k = self.head;
        let (s, y) = (&mut self.steps[k * n..(k + 1) * n], &mut self.changes[k * n..(k + 1) * n]);
        let differ = |((y, new), old): ((&mut C64, &C64), &C64)| *y = new - old;
        wide(
            #[inline(always)]
            || {
                s.iter_mut().zip(made.velocity).for_each(|(s, v)| *s = v * made.step);
                y.iter_mut().zip(made.gradient).zip(made.gradient_before).for_each(differ);
            },
        );
        let curvature = real_dot(s, y);
        // Without positive curvature the pair would make the model indefinite.
        if curvature > 1e-12 * (real_dot(s, s) * real_dot(y, y)).sqrt() {
            self.rho[k] = 1.0 / curvature;
            self.head = (self.head + 1) % self.memory;
            self.stored = (self.stored + 1).min(self.memory);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stop, StopRule};
    use noctule_num::CMat;
    use noctule_num::linalg::HermitianEigen;
    use noctule_num::rng::{StreamKey, complex_normal};

    struct Rayleigh(CMat);

    impl Objective for Rayleigh {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            for (i, g) in gradient.iter_mut().enumerate() {
                *g = (0..x.len()).map(|j| self.0[(i, j)] * x[j]).sum::<C64>() * 2.0;
            }
            real_dot(x, gradient) / 2.0
        }
    }

    /// Σ 1/(|x_i|² − floor), outside its domain where an entry is too small.
    struct Barrier {
        floor: f64,
        evaluations: u64,
    }

    impl Objective for Barrier {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            self.evaluations += 1;
            if x.iter().any(|z| z.norm_sqr() <= self.floor) {
                return f64::INFINITY;
            }
            let mut value = 0.0;
            for (g, z) in gradient.iter_mut().zip(x) {
                let inside = 1.0 / (z.norm_sqr() - self.floor);
                value += inside;
                *g = z * (-2.0 * inside * inside);
            }
            value
        }
    }

    fn start(n: usize, entity: u64) -> Vec<C64> {
        let mut rng = StreamKey::new(5, "test", "lbfgs", entity).trial(0);
        let mut x: Vec<C64> = (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect();
        Manifold::sphere(n).normalise(&mut x);
        x
    }

    fn run(
        solver: &mut Lbfgs,
        objective: &mut impl Objective,
        x: &mut [C64],
        stop: &StopRules,
    ) -> Run {
        solver.minimise(objective, x, stop, &Interrupt::new(), &mut Trace::off())
    }

    #[test]
    fn finds_the_smallest_eigenvalue() {
        for n in [2, 10, 40] {
            let b = CMat::from_columns(n, n, start(n * n, 1)).unwrap();
            let a = CMat::from_fn(n, n, |i, j| b[(i, j)] + b[(j, i)].conj());
            let mut eigen = HermitianEigen::new(n);
            eigen.compute(&a).unwrap();
            let mut x = start(n, 2);
            let stop = StopRules::from(StopRule::Residual(1e-9)) | StopRule::Evaluations(2000);
            let run = run(&mut Lbfgs::new(Manifold::sphere(n)), &mut Rayleigh(a), &mut x, &stop);
            assert_eq!(run.stop, Stop::Converged);
            assert!((run.value - eigen.min()).abs() < 1e-14, "{} {}", run.value, eigen.min());
            assert!((real_dot(&x, &x) - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn survives_domain_failures_and_counts_evaluations() {
        // Minimum at |x_i|² = 1/n: n / (1/n − floor).
        let n = 5;
        let floor = 0.05;
        let mut x: Vec<C64> =
            (0..n).map(|i| C64::from_polar(1.0 + 1.5 * f64::from(i == 0), i.into())).collect();
        Manifold::sphere(5).normalise(&mut x);
        let mut objective = Barrier { floor, evaluations: 0 };
        let stop = StopRules::from(StopRule::Residual(1e-8)) | StopRule::Evaluations(500);
        let run = run(&mut Lbfgs::new(Manifold::sphere(5)), &mut objective, &mut x, &stop);
        assert_eq!(run.stop, Stop::Converged);
        assert!((run.value - 5.0 / (0.2 - floor)).abs() < 1e-9);
        assert_eq!(run.work.evaluations, objective.evaluations);
    }

    #[test]
    fn a_start_outside_the_domain_is_said() {
        let mut x = vec![C64::ONE, C64::ZERO];
        let mut objective = Barrier { floor: 0.1, evaluations: 0 };
        let run = run(
            &mut Lbfgs::new(Manifold::sphere(2)),
            &mut objective,
            &mut x,
            &StopRules::default(),
        );
        assert!(run.value.is_infinite() && run.stop == Stop::Stalled);
        assert_eq!(x[0], C64::ONE);
    }

    #[test]
    fn products_of_spheres_keep_every_radius() {
        // Each block aligns with its own target vector.
        struct Align(Vec<C64>);
        impl Objective for Align {
            fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
                for (g, t) in gradient.iter_mut().zip(&self.0) {
                    *g = -t;
                }
                real_dot(x, gradient)
            }
        }
        let manifold = Manifold::spheres(4, 3, 0.5);
        let target = start(12, 3);
        let optimum: f64 = -target.chunks(3).map(|t| real_dot(t, t).sqrt() * 0.5).sum::<f64>();
        let mut x = start(12, 4);
        manifold.normalise(&mut x);
        let stop = StopRules::from(StopRule::Residual(1e-9)) | StopRule::Evaluations(500);
        let run = run(&mut Lbfgs::new(manifold), &mut Align(target), &mut x, &stop);
        assert!((run.value - optimum).abs() < 1e-12, "{} {optimum}", run.value);
        assert!(x.chunks(3).all(|b| (real_dot(b, b).sqrt() - 0.5).abs() < 1e-15));
    }

    #[test]
    fn budgets_and_interrupts_stop() {
        let n = 30;
        let b = CMat::from_columns(n, n, start(n * n, 6)).unwrap();
        let a = CMat::from_fn(n, n, |i, j| b[(i, j)] + b[(j, i)].conj());
        let mut solver = Lbfgs::new(Manifold::sphere(n));
        let stop = StopRules::from(StopRule::Residual(0.0)) | StopRule::Evaluations(7);
        let mut x = start(n, 7);
        let limited = run(&mut solver, &mut Rayleigh(a.clone()), &mut x, &stop);
        assert_eq!((limited.stop, limited.work.evaluations), (Stop::EvaluationLimit, 7));
        let interrupt = Interrupt::new();
        interrupt.raise();
        let interrupted =
            solver.minimise(&mut Rayleigh(a), &mut x, &stop, &interrupt, &mut Trace::off());
        assert_eq!((interrupted.stop, interrupted.work.evaluations), (Stop::Interrupted, 1));
    }

    #[test]
    fn the_trace_is_monotone() {
        let mut objective = Barrier { floor: 0.01, evaluations: 0 };
        let mut trace = Trace::with_room(1000);
        let mut x = start(8, 9);
        x.iter_mut().for_each(|z| *z += C64::from(0.3));
        Manifold::sphere(8).normalise(&mut x);
        let mut solver = Lbfgs::new(Manifold::sphere(8));
        let run = solver.minimise(
            &mut objective,
            &mut x,
            &StopRules::default(),
            &Interrupt::new(),
            &mut trace,
        );
        assert_eq!(trace.rows().len() as u64, run.work.iterations + 1);
        assert!(trace.rows().windows(2).all(|w| w[1].value <= w[0].value * (1.0 + 1e-13)));
    }
}
