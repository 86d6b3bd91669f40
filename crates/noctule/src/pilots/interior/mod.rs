//! A feasible interior point for the programs of this system.
//!
//! All of them — smallest worst error, smallest worst bound, least power, and the relaxations that
//! certify them — minimise a linear function of `x` (the fractions, user by user) and of one level
//! τ under
//!
//! ```text
//! log error_k(x)  ≤ τ (or a target)        error_k = envelope of ab/(a+b) over s_d E|a_kk|²
//! log CRB_k(x)    ≤ log Γ (or τ)           −log of a concave function: convex
//! Σ_k x_mk ≤ 1,   x ≥ 0
//! ```
//!
//! `s_d E|a_kk|²` is concave (a quasi-norm of order ½ plus a linear function), so minus its
//! logarithm is convex with an exact Hessian. The numerator is a concave function, linear in the
//! relaxations; its logarithm enters by its tangent, renewed at every Newton step — the
//! θ-iteration, with inner and outer loop in one. The Newton matrix is therefore always positive
//! definite and every step descends.
//!
//! One step costs one Cholesky factor of order M for each user and one of order M + K, because users
//! meet only in the power limits and in the interference: nothing grows with (M K)³.
//!
//! The multipliers are what proofs are made of ([`dual`]); whether a bound holds does not depend
//! on how well this converged.

mod blocks;
pub mod dual;
mod gradient;
mod kernels;
mod model;
mod newton;
mod slacks;
mod space;
mod step;

pub use model::{Normalised, Reception};
use slacks::Slacks;

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The largest error.
    WorstError,
    /// The largest bound on a position.
    WorstCrb,
    /// The sum of all fractions, with no error above a target where there is one.
    LeastPower {
        /// Largest error allowed.
        error: Option<f64>,
    },
}

/// A program.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// The normalised problem.
    pub model: &'a Normalised,
    /// What is minimised.
    pub goal: Goal,
    /// For each user an interval of θ over which the numerator of the error is replaced by its
    /// convex envelope `l u a + (1−l)(1−u) b`; absent for the error itself.
    pub envelope: Option<&'a [[f64; 2]]>,
    /// Largest bound on a position, in m², where there is one.
    pub crb_limit: Option<f64>,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Complementarity and scaled gradient that count as converged.
    pub tolerance: f64,
    /// Newton steps at most.
    pub steps: u32,
    /// Stop as soon as the largest error (or bound) is well below this.
    pub below: Option<f64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { tolerance: 1e-9, steps: 150, below: None }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The tolerance was met.
    Converged,
    /// The level asked for was reached.
    Reached,
    /// No step made progress.
    Stalled,
    /// The steps were spent.
    Limit,
    /// The start does not meet the constraints strictly.
    Outside,
}

/// The end of a run; point and multipliers stay in the [`Interior`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// How it ended.
    pub ending: Ending,
    /// Newton steps made.
    pub steps: u32,
    /// Evaluations of all constraints.
    pub evaluations: u32,
    /// Largest of scaled gradient and complementarity.
    pub residual: f64,
}

/// A step below this share of the direction is short.
const SHORT: f64 = 0.1;
/// So many short steps in a row call for a fresh barrier.
const FEW: u32 = 2;

/// Point, multipliers and work space of programs of one size. Nothing is allocated in a run.
#[derive(Clone, Debug)]
pub struct Interior {
    users: usize,
    /// The point, user by user.
    pub x: Vec<f64>,
    /// The level τ.
    pub level: f64,
    /// Multipliers of x ≥ 0.
    pub(super) y_bound: Vec<f64>,
    /// Multipliers of the power limits.
    pub(super) y_power: Vec<f64>,
    /// Multipliers of the errors.
    pub(super) y_error: Vec<f64>,
    /// Multipliers of the bounds on positions.
    pub(super) y_crb: Vec<f64>,
    slack: Slacks,
    trial: Slacks,
    trial_x: Vec<f64>,
    scale: f64,
    space: space::Space,
}

impl Interior {
    /// Work space for `points` access points and `users` users.
    pub fn new(points: usize, users: usize) -> Self {
        let n = points * users;
        Self {
            users,
            x: vec![0.0; n],
            level: 0.0,
            y_bound: vec![0.0; n],
            y_power: vec![0.0; points],
            y_error: vec![0.0; users],
            y_crb: vec![0.0; users],
            slack: Slacks::new(points, users),
            trial: Slacks::new(points, users),
            trial_x: vec![0.0; n],
            scale: 0.0,
            space: space::Space::new(points, users),
        }
    }

    /// Start from `x`, drawn a little towards equal shares so that every entry is positive and no
    /// power limit is met with equality.
    pub fn start_near(&mut self, x: &[f64], towards: f64) {
        let value = 1.0 / self.users as f64;
        for (own, given) in self.x.iter_mut().zip(x) {
            *own = ((1.0 - towards) * given + towards * value) * (1.0 - 1e-3 * towards);
        }
    }

    /// Solve `program` from the current point, which must meet all its constraints strictly.
    pub fn solve(&mut self, program: &Program<'_>, rules: &Rules) -> Descent {
        let mut run =
            Descent { ending: Ending::Outside, steps: 0, evaluations: 1, residual: f64::INFINITY };
        if !self.slack.evaluate(program, &self.x) || !self.slack.open(program, &mut self.level) {
            return run;
        }
        let scale = slacks::objective_scale(program, &self.x);
        let count = self.slack.count(program) as f64;
        let mut mu = 0.3 / count;
        self.slack.settle(program, &mut self.level, mu);
        self.start_multipliers(program, mu);
        self.space.prepare(program, &self.x, &self.slack);
        let mut short = 0;
        loop {
            let gap = self.complementarity(program);
            // Deep enough inside: by more than what there is left to gain, or by a fifth.
            if let Some(below) = rules.below
                && below.ln() - self.slack.worst(program) > gap.min(0.2)
            {
                run.ending = Ending::Reached;
                return run;
            }
            // Objectives are second order in the gradient, and rounding hides it below 1e-8.
            let gradient = self.gradient(program, scale);
            self.space.proximal = gradient.clamp(1e-4, 1.0);
            run.residual = (1e-2 * gradient).max(gap);
            if run.residual <= rules.tolerance {
                run.ending = Ending::Converged;
                return run;
            }
            if run.steps >= rules.steps {
                run.ending = Ending::Limit;
                return run;
            }
            if !self.direction(program, scale, mu) {
                run.ending = Ending::Stalled;
                return run;
            }
            let Some(length) = self.advance(program, scale, mu, &mut run.evaluations) else {
                run.ending = Ending::Stalled;
                return run;
            };
            run.steps += 1;
            short = if length < SHORT { short + 1 } else { 0 };
            if short == FEW {
                // Jammed against a limit, with multipliers that do not say so: back to the barrier.
                short = 0;
                mu *= 10.0;
                self.slack.settle(program, &mut self.level, mu);
                self.start_multipliers(program, mu);
                self.space.prepare(program, &self.x, &self.slack);
                continue;
            }
            // The next barrier: an order of magnitude below what is left, unless the gradient lags
            // behind or the step was short.
            let left = self.complementarity(program) / count;
            self.space.prepare(program, &self.x, &self.slack);
            let lags = self.gradient(program, scale) > 10.0 * left * count;
            let shrink = if lags || length < 0.2 {
                1.0
            } else if length > 0.7 {
                0.1
            } else {
                0.3
            };
            mu = (shrink * left).min(mu).max(0.05 * rules.tolerance / count);
        }
    }

    /// Weight of the error of user `k` in the optimality conditions.
    pub fn error_weight(&self, k: usize) -> f64 {
        self.y_error[k]
    }

    /// Σ of the multipliers of the limits on positions: by so much the logarithm of the largest error falls
    /// as that of the common limit rises.
    pub fn limit_weight(&self) -> f64 {
        self.y_crb.iter().sum()
    }

    /// The largest error (or bound) at the current point, as the program has it.
    pub fn worst(&self, program: &Program<'_>) -> f64 {
        self.slack.worst(program).exp()
    }
}
