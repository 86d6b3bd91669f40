//! What an answer cost.

use serde::{Deserialize, Serialize};

/// What an answer cost, in units that do not depend on the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Iterations of the outermost loop, summed over starts.
    pub iterations: u64,
    /// Evaluations of the objective (each with or without its gradient), summed over starts.
    pub evaluations: u64,
    /// Factorisations and eigendecompositions outside the objective.
    pub factorisations: u64,
    /// Conic programs solved.
    pub conic_solves: u64,
}

impl std::ops::AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.iterations += other.iterations;
        self.evaluations += other.evaluations;
        self.factorisations += other.factorisations;
        self.conic_solves += other.conic_solves;
    }
}
