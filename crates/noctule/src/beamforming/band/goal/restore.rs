//! The last step of a search that ends near what is required, and not in it.

use noctule_num::C64;
use noctule_optim::{Constrained, Interrupt, Lbfgs, Objective, StopRule, StopRules, Trace};

use super::program::Program;

/// Evaluations that may go into keeping what was just missed.
const REPAIRS: u64 = 500;

/// What is missed, squared, over what was missed at first.
struct Short<'a, 'b> {
    program: &'a mut Program<'b>,
    unit: f64,
    constraints: Vec<f64>,
    weights: Vec<f64>,
}

impl Objective for Short<'_, '_> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        if !self.program.values(x, &mut self.constraints).is_finite() {
            return f64::INFINITY;
        }
        let mut sum = 0.0;
        let all = self.weights.iter_mut().zip(&self.constraints).zip(&self.program.wanted);
        for ((weight, c), _) in all.filter(|(_, wanted)| wanted.is_required()) {
            let short = c.max(0.0) / self.unit;
            sum += 0.5 * short * short;
            *weight = short / self.unit;
        }
        self.program.pulled(&self.weights, gradient);
        sum
    }
}

/// Move a point that misses what is asked by little to where it does not: an end of the evaluations leaves a descent within
/// 10⁻³ of its requirements, and what it costs to keep them is of the same size.
pub(super) fn restored(
    program: &mut Program<'_>,
    x: &mut [C64],
    interrupt: &Interrupt,
    evaluations: &mut u64,
) {
    let mut constraints = vec![0.0; program.constraints()];
    let there = program.values(x, &mut constraints).is_finite();
    let required = program.wanted.iter().zip(&constraints).filter(|(w, _)| w.is_required());
    let unit = required.map(|(_, c)| *c).fold(0.0, f64::max);
    // beyond this it is another problem
    if !there || unit - program.margin() <= 5e-7 || unit > 1e-2 {
        return;
    }
    let before = x.to_vec();
    let weights = vec![0.0; constraints.len()];
    let manifold = program.manifold();
    let mut short = Short { program, unit, constraints, weights };
    let rules = StopRules::from(StopRule::Residual(1e-6)) | StopRule::Evaluations(REPAIRS);
    let mut solver = Lbfgs::with_memory(manifold, 30);
    let run = solver.minimise(&mut short, x, &rules, interrupt, &mut Trace::off());
    *evaluations += run.work.evaluations;
    if run.value.is_nan() || run.value >= 0.5 {
        x.copy_from_slice(&before);
    }
}
