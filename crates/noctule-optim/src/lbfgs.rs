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
//!   [`Stop::Converged`]; nothing about global optimality.

use std::time::Instant;

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use serde::{Deserialize, Serialize};

use crate::stop::{History, Progress};
use crate::{Interrupt, Manifold, Objective, Stop, StopRules, Trace, TraceRow, Work};

/// Sufficient decrease.
const C1: f64 = 1e-4;
/// Curvature.
const C2: f64 = 0.9;
/// Decreases below this relative size are rounding: the approximate Wolfe condition applies.
const ROUNDING: f64 = 1e-14;
/// Evaluations one line search may spend.
const SEARCH_LIMIT: u32 = 40;
/// Length of the very first step on a manifold of norm one: a tenth of a radian.
const FIRST_STEP: f64 = 0.1;

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Final value.
    pub value: f64,
    /// Final residual ‖grad‖·‖x‖ / max(1, |f|).
    pub residual: f64,
    /// Why it stopped.
    pub stop: Stop,
    /// What it cost.
    pub work: Work,
}

/// Workspace of the method for one manifold.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    manifold: Manifold,
    memory: usize,
    /// Steps and gradient differences, newest at `head − 1`, in rings of `memory` vectors.
    steps: Vec<C64>,
    changes: Vec<C64>,
    rho: Vec<f64>,
    alpha: Vec<f64>,
    head: usize,
    stored: usize,
    gradient: Vec<C64>,
    trial_gradient: Vec<C64>,
    direction: Vec<C64>,
    trial: Vec<C64>,
    velocity: Vec<C64>,
}

/// The point a line search accepted; its coordinates and gradient are in `trial*`.
struct Accepted {
    step: f64,
    value: f64,
}

impl Lbfgs {
    /// A workspace with a memory of ten pairs.
    pub fn new(manifold: Manifold) -> Self {
        Self::with_memory(manifold, 10)
    }

    /// A workspace with a memory of `memory` pairs, at least one.
    pub fn with_memory(manifold: Manifold, memory: usize) -> Self {
        let n = manifold.dim();
        let memory = memory.max(1);
        let vector = || vec![C64::ZERO; n];
        Self {
            manifold,
            memory,
            steps: vec![C64::ZERO; memory * n],
            changes: vec![C64::ZERO; memory * n],
            rho: vec![0.0; memory],
            alpha: vec![0.0; memory],
            head: 0,
            stored: 0,
            gradient: vector(),
            trial_gradient: vector(),
            direction: vector(),
            trial: vector(),
            velocity: vector(),
        }
    }

    /// The manifold of this workspace.
    pub const fn manifold(&self) -> &Manifold {
        &self.manifold
    }

    /// Minimise `objective` from the point `x`, which is replaced by the point found.
    ///
    /// `x` must lie on the manifold ([`Manifold::normalise`]). A start outside the domain of the
    /// objective is returned unchanged with an infinite value and [`Stop::Stalled`].
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
        assert_eq!(x.len(), self.manifold.dim(), "length of the start");
        let started = Instant::now();
        let budget = stop.evaluation_budget();
        let mut history = History::new(stop.window());
        let mut work = Work { evaluations: 1, ..Work::default() };
        self.stored = 0;
        self.head = 0;

        let mut value = objective.eval(x, &mut self.gradient);
        if !value.is_finite() {
            return Run {
                value: f64::INFINITY,
                residual: f64::INFINITY,
                stop: Stop::Stalled,
                work,
            };
        }
        self.manifold.project(x, &mut self.gradient);
        let mut residual = self.residual(value);
        let mut step_length = 0.0;

        // After a failed search the same point is left by another direction: nothing new to record.
        let mut moved = true;
        let stop = loop {
            if moved {
                history.push(value);
                trace.push(TraceRow {
                    iteration: work.iterations,
                    evaluations: work.evaluations,
                    value,
                    residual,
                    step: step_length,
                });
            }
            if interrupt.is_raised() {
                break Stop::Interrupted;
            }
            let progress = Progress {
                iterations: work.iterations,
                evaluations: work.evaluations,
                value,
                residual,
                history: &history,
                elapsed: started.elapsed(),
            };
            if let Some(reason) = stop.met(&progress) {
                break reason;
            }

            let slope = self.find_direction(x);
            let left = budget - work.evaluations;
            let accepted = self.search(objective, x, value, slope, left, &mut work.evaluations);
            let Some(accepted) = accepted else {
                if work.evaluations >= budget {
                    break Stop::EvaluationLimit;
                }
                if self.stored == 0 {
                    break Stop::Stalled;
                }
                // The model misled us; forget it and try the plain gradient once.
                self.stored = 0;
                moved = false;
                continue;
            };
            moved = true;
            work.iterations += 1;
            step_length = accepted.step * real_dot(&self.direction, &self.direction).sqrt();
            value = accepted.value;
            self.advance(x, accepted.step);
            residual = self.residual(value);
        };
        Run { value, residual, stop, work }
    }

    fn residual(&self, value: f64) -> f64 {
        let norm = real_dot(&self.gradient, &self.gradient).sqrt();
        norm * self.manifold.norm() / value.abs().max(1.0)
    }

    /// Slot of the pair stored `age` pairs ago, as a range into the rings.
    const fn slot(&self, age: usize) -> usize {
        (self.head + self.memory - 1 - age) % self.memory
    }

    /// Two-loop recursion into the tangent vector `direction`; returns its slope, which is
    /// negative.
    fn find_direction(&mut self, x: &[C64]) -> f64 {
        let n = self.gradient.len();
        self.direction.copy_from_slice(&self.gradient);
        for age in 0..self.stored {
            let k = self.slot(age);
            let (s, y) = (&self.steps[k * n..(k + 1) * n], &self.changes[k * n..(k + 1) * n]);
            self.alpha[k] = self.rho[k] * real_dot(s, &self.direction);
            axpy(-self.alpha[k], y, &mut self.direction);
        }
        let scale = if self.stored > 0 {
            let k = self.slot(0);
            let y = &self.changes[k * n..(k + 1) * n];
            1.0 / (self.rho[k] * real_dot(y, y))
        } else {
            let norm = real_dot(&self.gradient, &self.gradient).sqrt();
            FIRST_STEP * self.manifold.norm() / norm.max(f64::MIN_POSITIVE)
        };
        self.direction.iter_mut().for_each(|z| *z *= scale);
        for age in (0..self.stored).rev() {
            let k = self.slot(age);
            let (s, y) = (&self.steps[k * n..(k + 1) * n], &self.changes[k * n..(k + 1) * n]);
            let beta = self.rho[k] * real_dot(y, &self.direction);
            axpy(self.alpha[k] - beta, s, &mut self.direction);
        }
        self.direction.iter_mut().for_each(|z| *z = -*z);
        self.manifold.project(x, &mut self.direction);
        let slope = real_dot(&self.gradient, &self.direction);
        if slope < 0.0 {
            return slope;
        }
        // Rounding destroyed the descent property: start over from the gradient.
        self.stored = 0;
        let norm = real_dot(&self.gradient, &self.gradient).sqrt().max(f64::MIN_POSITIVE);
        let scale = FIRST_STEP * self.manifold.norm() / norm;
        for (d, g) in self.direction.iter_mut().zip(&self.gradient) {
            *d = -g * scale;
        }
        -norm * norm * scale
    }

    /// Weak Wolfe line search along `direction` by bracketing. On success `trial` and
    /// `trial_gradient` hold the accepted point and its Euclidean gradient.
    fn search(
        &mut self,
        objective: &mut impl Objective,
        x: &[C64],
        value: f64,
        slope: f64,
        budget: u64,
        evaluations: &mut u64,
    ) -> Option<Accepted> {
        let rounding = ROUNDING * value.abs().max(1.0);
        // Each end of the bracket: step, value, slope. `high` may lie outside the domain.
        let mut low = (0.0, value, slope);
        let mut high: Option<(f64, f64, f64)> = None;
        let mut step = 1.0;
        for _ in 0..u64::from(SEARCH_LIMIT).min(budget) {
            self.manifold.retract(x, &self.direction, step, &mut self.trial);
            let trial = objective.eval(&self.trial, &mut self.trial_gradient);
            *evaluations += 1;
            let mut trial_slope = f64::NAN;
            if trial.is_finite() {
                self.manifold.velocity(x, &self.direction, step, &self.trial, &mut self.velocity);
                trial_slope = real_dot(&self.trial_gradient, &self.velocity);
            }
            let decreased = trial <= value + C1 * step * slope;
            // Hager and Zhang: when the decrease is of the order of rounding, values cannot tell
            // a good step from a bad one, but slopes still can.
            let nearly = trial <= value + rounding && trial_slope <= (2.0 * C1 - 1.0) * slope;
            if !(decreased || nearly) {
                high = Some((step, trial, trial_slope));
            } else if trial_slope < C2 * slope {
                low = (step, trial, trial_slope);
            } else {
                return Some(Accepted { step, value: trial });
            }
            step = match high {
                Some(high) => interpolate(low, high),
                None => extrapolate(low, step, slope),
            };
            if high.is_some_and(|high| (high.0 - low.0).abs() <= 1e-14 * high.0) {
                break;
            }
        }
        None
    }

    /// Move to the accepted point and store the new pair.
    fn advance(&mut self, x: &mut [C64], step: f64) {
        let n = x.len();
        // velocity · step is the step as seen from the new point.
        self.manifold.velocity(x, &self.direction, step, &self.trial, &mut self.velocity);
        x.copy_from_slice(&self.trial);
        self.manifold.project(x, &mut self.trial_gradient);
        self.manifold.project(x, &mut self.gradient);

        let k = self.head;
        let (s, y) = (&mut self.steps[k * n..(k + 1) * n], &mut self.changes[k * n..(k + 1) * n]);
        for (s, v) in s.iter_mut().zip(&self.velocity) {
            *s = v * step;
        }
        for ((y, new), old) in y.iter_mut().zip(&self.trial_gradient).zip(&self.gradient) {
            *y = new - old;
        }
        let curvature = real_dot(s, y);
        // Without positive curvature the pair would make the model indefinite.
        if curvature > 1e-12 * (real_dot(s, s) * real_dot(y, y)).sqrt() {
            self.rho[k] = 1.0 / curvature;
            self.head = (self.head + 1) % self.memory;
            self.stored = (self.stored + 1).min(self.memory);
        }
        std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
    }
}

/// `y += a x`.
fn axpy(a: f64, x: &[C64], y: &mut [C64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += x * a;
    }
}

/// A step inside the bracket: the minimiser of the cubic through values and slopes of both ends,
/// kept away from them; the middle near the safe end when the far end is outside the domain.
fn interpolate(low: (f64, f64, f64), high: (f64, f64, f64)) -> f64 {
    let width = high.0 - low.0;
    if !high.1.is_finite() {
        return low.0 + 0.2 * width;
    }
    let cubic = cubic_minimiser(low, high);
    let (nearest, farthest) = (low.0 + 0.1 * width, low.0 + 0.9 * width);
    if cubic.is_finite() { cubic.clamp(nearest, farthest) } else { low.0 + 0.5 * width }
}

/// A step beyond `low`, where the slope is still steep: extrapolated from the change of the slope,
/// between twice and ten times as far.
fn extrapolate(low: (f64, f64, f64), step: f64, slope: f64) -> f64 {
    let secant = step * slope / (slope - low.2);
    if secant.is_finite() && secant > 0.0 {
        secant.clamp(2.0 * step, 10.0 * step)
    } else {
        4.0 * step
    }
}

fn cubic_minimiser(a: (f64, f64, f64), b: (f64, f64, f64)) -> f64 {
    let d1 = a.2 + b.2 - 3.0 * (a.1 - b.1) / (a.0 - b.0);
    let d2 = (d1 * d1 - a.2 * b.2).sqrt() * (b.0 - a.0).signum();
    b.0 - (b.0 - a.0) * (b.2 + d2 - d1) / (b.2 - a.2 + 2.0 * d2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StopRule;
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
