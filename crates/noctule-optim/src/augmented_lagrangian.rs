//! Inequality constraints on a manifold, by the augmented Lagrangian method.
//!
//! Minimises `f(x)` over a [`Manifold`] subject to `c_i(x) ≤ 0`. Each round minimises
//! ```math
//! f(x) + \frac1{2\rho}\sum_i \left(\max(0,\lambda_i+\rho c_i(x))^2 - \lambda_i^2\right)
//! ```
//! with [`Lbfgs`] and then sets `λ_i ← max(0, λ_i + ρ c_i)`; ρ grows when a round did not bring the
//! constraints down to a quarter. The multipliers are the **prices** of the constraints: to first
//! order, allowing `c_i ≤ ε` instead of zero lowers the optimal value by `λ_i ε`.
//!
//! * **Guarantee.** When it reports [`Stop::Converged`]: a stationary point of the Lagrangian with
//!   the residual given, every `c_i` at most the feasibility, and complementarity
//!   `max_i |max(c_i, −λ_i/ρ)|` at most the same: a constraint with a price is active.
//! * A failure to reach feasibility proves nothing: the method is local.

use noctule_num::C64;
use serde::{Deserialize, Serialize};

use crate::{Interrupt, Lbfgs, Manifold, Objective, Shape, Stop, StopRule, StopRules, Trace, Work};

/// A problem with constraints. A constraint should be of the order of one where it is violated
/// badly: violations are compared with each other and with the tolerance as they are.
pub trait Constrained {
    /// Number of constraints.
    fn constraints(&self) -> usize;

    /// The objective at `x`; the constraints, feasible where they are at most zero, go to
    /// `constraints`. Outside the domain: `f64::INFINITY`.
    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64;

    /// As [`Objective::shape`], of `f + Σ weights_i c_i` at `x`, the point of the last call of
    /// [`Constrained::values`]; steps count from the beginning of a round.
    fn shape(&mut self, _x: &[C64], _weights: &[f64], _steps: u64) -> Option<Shape> {
        None
    }

    /// As [`Objective::precondition`].
    fn precondition(&mut self, _v: &mut [C64]) {}

    /// The Euclidean gradient of `f + Σ weights_i c_i` at the point of the last call of
    /// [`Constrained::values`]; conventions of [`Objective::eval`].
    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]);
}

/// Settings of the method.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AugmentedSettings {
    /// Residual of the Lagrangian at which the last round stops.
    pub tolerance: f64,
    /// Largest constraint, and largest failure of complementarity, that is accepted.
    pub feasibility: f64,
    /// First penalty ρ.
    pub penalty: f64,
    /// Factor by which ρ grows when a round brought too little.
    pub growth: f64,
    /// Rounds at most.
    pub rounds: u32,
    /// Evaluations in all rounds together.
    pub evaluations: u64,
}

impl Default for AugmentedSettings {
    fn default() -> Self {
        Self {
            tolerance: 1e-6,
            feasibility: 1e-7,
            penalty: 10.0,
            growth: 10.0,
            rounds: 40,
            evaluations: 20_000,
        }
    }
}

/// Residual of the first round: it need not be exact, as its multipliers are not.
const FIRST_TOLERANCE: f64 = 1e-3;
/// From round to round the tolerance shrinks by this.
const SHARPER: f64 = 0.1;
/// Multipliers that bring the constraints to this share of what they were do their work; else the
/// penalty grows.
const ENOUGH: f64 = 0.25;
/// Ratios of a constraint to that of the round before, from which it is not extrapolated.
const STEADY: f64 = 0.7;

/// How a constrained minimisation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstrainedRun {
    /// The objective, without penalties.
    pub value: f64,
    /// The constraints.
    pub constraints: Vec<f64>,
    /// The multipliers, never negative.
    pub multipliers: Vec<f64>,
    /// Largest constraint above zero.
    pub violation: f64,
    /// `max_i |max(c_i, −λ_i/ρ)|`.
    pub complementarity: f64,
    /// Residual of the Lagrangian: ‖grad‖·‖x‖ / max(1, |L|).
    pub residual: f64,
    /// The last penalty.
    pub penalty: f64,
    /// Why it stopped.
    pub stop: Stop,
    /// What it cost.
    pub work: Work,
}

impl ConstrainedRun {
    /// Before the first round.
    fn nowhere(multipliers: &[f64], penalty: f64) -> Self {
        Self {
            value: f64::INFINITY,
            constraints: vec![0.0; multipliers.len()],
            multipliers: multipliers.to_vec(),
            violation: f64::INFINITY,
            complementarity: f64::INFINITY,
            residual: f64::INFINITY,
            penalty,
            stop: Stop::IterationLimit,
            work: Work::default(),
        }
    }

    /// Multipliers from the constraints found at those before, `λ ← max(0, λ + ρ c)`; returns how far
    /// constraints and multipliers are from fitting each other.
    fn reprice(&mut self, lambda: &mut [f64]) -> f64 {
        let mut measure = 0.0_f64;
        self.violation = 0.0;
        for (lambda, &c) in lambda.iter_mut().zip(&self.constraints) {
            measure = measure.max(c.max(-*lambda / self.penalty).abs());
            self.violation = self.violation.max(c);
            *lambda = (*lambda + self.penalty * c).max(0.0);
        }
        self.complementarity = measure;
        self.multipliers.copy_from_slice(lambda);
        measure
    }
}

/// Workspace of the method for one manifold.
#[derive(Clone, Debug)]
pub struct AugmentedLagrangian {
    solver: Lbfgs,
    settings: AugmentedSettings,
    remembers: bool,
    secants: bool,
}

/// The augmented Lagrangian as an objective without constraints.
struct Merit<'a, C> {
    problem: &'a mut C,
    multipliers: &'a [f64],
    penalty: f64,
    constraints: Vec<f64>,
    weights: Vec<f64>,
}

impl<C: Constrained> Objective for Merit<'_, C> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        let mut value = self.problem.values(x, &mut self.constraints);
        if !value.is_finite() {
            return f64::INFINITY;
        }
        for ((weight, &lambda), &c) in
            self.weights.iter_mut().zip(self.multipliers).zip(&self.constraints)
        {
            *weight = (lambda + self.penalty * c).max(0.0);
            value += (weight.powi(2) - lambda.powi(2)) / (2.0 * self.penalty);
        }
        self.problem.gradient(&self.weights, gradient);
        value
    }

    fn shape(&mut self, x: &[C64], steps: u64, _residual: f64) -> Option<Shape> {
        self.problem.shape(x, &self.weights, steps)
    }

    fn precondition(&mut self, v: &mut [C64]) {
        self.problem.precondition(v);
    }
}

impl AugmentedLagrangian {
    /// A workspace.
    pub fn new(manifold: Manifold, settings: AugmentedSettings) -> Self {
        Self { solver: Lbfgs::new(manifold), settings, remembers: false, secants: false }
    }

    /// A workspace whose [`Lbfgs`] remembers `memory` pairs: as many as there are variables pay
    /// where high penalties make problems of few variables stiff.
    pub fn with_memory(manifold: Manifold, settings: AugmentedSettings, memory: usize) -> Self {
        let solver = Lbfgs::with_memory(manifold, memory);
        Self { solver, settings, remembers: false, secants: false }
    }

    /// Rounds of the same penalty begin with the curvature that the round before has learned: their
    /// objectives differ by a multiple of the constraints alone.
    #[must_use]
    pub const fn remembering(mut self) -> Self {
        self.remembers = true;
        self
    }

    /// From two rounds of the same penalty the multipliers of active constraints are extrapolated: what rounds
    /// leave of a constraint falls by the same factor from each to the next.
    #[must_use]
    pub const fn with_secants(mut self) -> Self {
        self.secants = true;
        self
    }

    /// The manifold of this workspace.
    pub const fn manifold(&self) -> &Manifold {
        self.solver.manifold()
    }

    /// Minimise from `x`, which is replaced by the point found. `multipliers` are the first
    /// guesses of the prices: zeros, or those of a neighbouring problem.
    ///
    /// # Panics
    /// When `x` or `multipliers` have the wrong length.
    pub fn minimise(
        &mut self,
        problem: &mut impl Constrained,
        x: &mut [C64],
        multipliers: &[f64],
        interrupt: &Interrupt,
        trace: &mut Trace,
    ) -> ConstrainedRun {
        assert_eq!(multipliers.len(), problem.constraints(), "one multiplier a constraint");
        let settings = self.settings;
        let n = multipliers.len();
        let mut lambda = multipliers.to_vec();
        let mut penalty = settings.penalty;
        let mut tolerance = settings.tolerance.max(FIRST_TOLERANCE);
        let mut before = f64::INFINITY;
        let mut last = (f64::NAN, vec![f64::NAN; n]);
        let mut out = ConstrainedRun::nowhere(multipliers, penalty);
        for _ in 0..settings.rounds {
            let left = settings.evaluations.saturating_sub(out.work.evaluations);
            if left == 0 {
                out.stop = Stop::EvaluationLimit;
                break;
            }
            let mut merit = Merit {
                problem,
                multipliers: &lambda,
                penalty,
                constraints: vec![0.0; n],
                weights: vec![0.0; n],
            };
            let rules = StopRules::from(StopRule::Residual(tolerance))
                | StopRule::Progress { tolerance: 1e-15, window: 40 }
                | StopRule::Evaluations(left);
            if self.remembers
                && out.work.evaluations > 0
                && out.penalty.to_bits() == penalty.to_bits()
            {
                self.solver.remember();
            }
            let run = self.solver.minimise(&mut merit, x, &rules, interrupt, trace);
            out.work += run.work;
            out.residual = run.residual;
            out.penalty = penalty;
            out.value = problem.values(x, &mut out.constraints);
            if !out.value.is_finite() {
                out.stop = Stop::Stalled;
                return out;
            }
            let measure = out.reprice(&mut lambda);
            if matches!(run.stop, Stop::Interrupted | Stop::EvaluationLimit) {
                out.stop = run.stop;
                break;
            }
            let exact = tolerance <= settings.tolerance;
            if measure <= settings.feasibility && exact {
                // Out of precision counts as stationary only if the residual says so.
                out.stop = run.stop;
                break;
            }
            if self.secants {
                extrapolate(&mut lambda, &out, &mut last);
            }
            if measure > settings.feasibility && measure > ENOUGH * before {
                penalty *= settings.growth;
            }
            before = measure;
            tolerance = (SHARPER * tolerance).max(settings.tolerance);
        }
        out
    }
}

/// Move multipliers on by what further rounds of the same penalty would add: the constraints fall like a
/// geometric series. `last` has the penalty and the constraints of the round before.
fn extrapolate(lambda: &mut [f64], out: &ConstrainedRun, last: &mut (f64, Vec<f64>)) {
    let same = last.0.to_bits() == out.penalty.to_bits();
    for ((lambda, &c), before) in lambda.iter_mut().zip(&out.constraints).zip(&mut last.1) {
        let ratio = c / *before;
        if same && *lambda > 0.0 && ratio > 0.0 && ratio < STEADY {
            *lambda = (*lambda + out.penalty * c * ratio / (1.0 - ratio)).max(0.0);
        }
        *before = c;
    }
    last.0 = out.penalty;
}

#[cfg(test)]
mod tests;
