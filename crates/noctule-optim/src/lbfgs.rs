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
//! * **Preconditioner.** Where the objective models its Hessian ([`Objective::shape`]), that model
//!   stands in the place of the identity from which pairs are built up, and gives the first direction too.
//!   What is known up to its size gets that of the newest pair, as the identity does, and a first step as short
//!   as any method's ([`Shape`]).
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

use crate::descent::{
    Acceptance, Descends, Descent, Directions, FIRST_STEP, Made, by_descent, steepest,
};
use crate::{Interrupt, Manifold, Objective, Run, Shape, StopRules, Trace};

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
    /// A change of the gradient, preconditioned.
    scaled: Vec<C64>,
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
            scaled: Vec::new(),
        }
    }

    /// Slot of the pair stored `age` pairs ago.
    const fn slot(&self, age: usize) -> usize {
        (self.head + self.memory - 1 - age) % self.memory
    }

    /// The inverse Hessian approximation times `gradient`, by the two-loop recursion: every step of a loop
    /// adds to the vector and forms the product that the next step begins with, in one pass.
    fn apply<O: Objective>(
        &mut self,
        gradient: &[C64],
        out: &mut [C64],
        shaped: Option<(&mut O, Shape)>,
    ) {
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
        match shaped {
            Some((objective, Shape::Whole)) => objective.precondition(out),
            Some((objective, Shape::UpToScale)) => self.scale(newest, out, Some(objective)),
            None => self.scale(newest, out, None::<&mut O>),
        }
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

impl Pairs {
    /// What pairs are built up from where the size of the Hessian is not known: a model up to its scale, or the
    /// identity, of the size that the newest pair has.
    fn scale<O: Objective>(&mut self, newest: usize, out: &mut [C64], shaped: Option<&mut O>) {
        let n = out.len();
        let y = &self.changes[newest * n..(newest + 1) * n];
        let mut squared = real_dot(y, y);
        if let Some(objective) = shaped {
            self.scaled.clear();
            self.scaled.extend_from_slice(y);
            objective.precondition(&mut self.scaled);
            squared = real_dot(y, &self.scaled);
            objective.precondition(out);
        }
        let scale = 1.0 / (self.rho[newest] * squared);
        wide(
            #[inline(always)]
            || out.iter_mut().for_each(|z| *z *= scale),
        );
    }

    /// The direction where nothing is learned and the size of the Hessian is not known: no longer than the very
    /// first step of any method.
    fn first(
        manifold: &Manifold,
        x: &[C64],
        gradient: &[C64],
        direction: &mut [C64],
        objective: &mut impl Objective,
    ) -> Descends {
        direction.copy_from_slice(gradient);
        objective.precondition(direction);
        manifold.project(x, direction);
        let length = real_dot(direction, direction).sqrt();
        let shrink = -(FIRST_STEP * manifold.norm() / length.max(f64::MIN_POSITIVE)).min(1.0);
        direction.iter_mut().for_each(|z| *z *= shrink);
        let slope = real_dot(gradient, direction);
        if slope < 0.0 {
            return Descends { slope, first: 1.0 };
        }
        steepest(manifold, gradient, direction)
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

    fn find<O: Objective>(
        &mut self,
        manifold: &Manifold,
        x: &[C64],
        gradient: &[C64],
        direction: &mut [C64],
        shaped: Option<(&mut O, Shape)>,
    ) -> Descends {
        let sized = matches!(shaped, Some((_, Shape::Whole)));
        match shaped {
            shaped if self.stored > 0 => self.apply(gradient, direction, shaped),
            Some((objective, Shape::Whole)) => {
                direction.copy_from_slice(gradient);
                objective.precondition(direction);
            }
            Some((objective, Shape::UpToScale)) => {
                return Self::first(manifold, x, gradient, direction, objective);
            }
            None => return steepest(manifold, gradient, direction),
        }
        direction.iter_mut().for_each(|z| *z = -*z);
        manifold.project(x, direction);
        let slope = real_dot(gradient, direction);
        if slope < 0.0 {
            // A model may point far beyond the sphere.
            let longest = manifold.norm() / real_dot(direction, direction).sqrt();
            return Descends { slope, first: if sized { longest.min(1.0) } else { 1.0 } };
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
mod tests;
