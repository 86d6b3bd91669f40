//! What every scheme of every system returns.

use noctule_optim::{Proof, Stop, Trace, Work};
use serde::Serialize;

/// A requirement that is missed by no more than this, relative, is met: one number for designs,
/// witnesses, documents and every system.
pub const FEASIBLE: f64 = 1e-6;

/// A design: the variables chosen, what they achieve, and how far to trust it.
///
/// Baselines return the same type as our own methods, so that a comparison is a loop.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Design<V, M> {
    /// What was designed.
    pub variables: V,
    /// What it achieves, evaluated from the variables by the system's `evaluate`.
    pub metrics: M,
    /// Why the method stopped.
    pub stop: Stop,
    /// What is proven about it.
    pub proof: Proof,
    /// How the best run went.
    pub trace: Trace,
    /// What it cost, over all starts.
    pub work: Work,
    /// Objective reached from each start, in order; absent where a start lay outside the domain.
    pub starts: Vec<Option<f64>>,
    /// Sentences a careful colleague would add.
    pub warnings: Vec<String>,
}

impl<V, M> Design<V, M> {
    /// Evaluations made so far and objective, iteration by iteration, in units of `objective`, that
    /// of this design. Empty where the trace does not cover all the work: a trace is of one run, and
    /// says nothing of the other starts. Methods minimise a normalised objective; the best row is
    /// the design.
    pub fn objective_trace(&self, objective: Option<f64>) -> Vec<(u64, f64)> {
        let rows = self.trace.rows();
        let complete = rows.last().is_some_and(|row| {
            self.trace.dropped() == 0 && row.evaluations + 1 >= self.work.evaluations
        });
        let best = rows.iter().map(|row| row.value).fold(f64::INFINITY, f64::min);
        let unit = objective.map(|x| x / best).filter(|u| complete && u.is_finite());
        let Some(unit) = unit else { return Vec::new() };
        rows.iter().map(|row| (row.evaluations, row.value * unit)).collect()
    }

    /// Whether the method reached what it aims at: a stationary point, by a rule that means it.
    pub fn is_solved(&self) -> bool {
        self.stop == Stop::Converged && self.proof.residual().is_some()
    }
}
