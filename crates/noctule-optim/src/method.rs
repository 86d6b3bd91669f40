//! What methods on manifolds have in common.

use noctule_num::C64;

use crate::{Interrupt, Manifold, Objective, Run, StopRules, Trace};

/// A method that minimises on a manifold, with its workspace.
pub trait Method {
    /// The manifold of this workspace.
    fn manifold(&self) -> &Manifold;

    /// Minimise `objective` from the point `x`, which is replaced by the point found.
    ///
    /// `x` must lie on the manifold ([`Manifold::normalise`]). A start outside the domain of the
    /// objective is returned unchanged with an infinite value and
    /// [`Stop::Stalled`](crate::Stop::Stalled).
    ///
    /// # Panics
    /// When `x` has another length than the manifold.
    fn minimise(
        &mut self,
        objective: &mut impl Objective,
        x: &mut [C64],
        stop: &StopRules,
        interrupt: &Interrupt,
        trace: &mut Trace,
    ) -> Run;
}
