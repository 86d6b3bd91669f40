//! Whether every point is known well enough.

use std::collections::BTreeMap;

use noctule_num::stats::Running;

use super::Record;
use crate::plan::Plan;

/// Follows the standard errors of one metric over the records, in chunk order.
pub(crate) struct Decider<'a> {
    plan: &'a Plan,
    /// By chain and point within it.
    running: BTreeMap<(usize, u32), Running>,
}

impl<'a> Decider<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self { plan, running: BTreeMap::new() }
    }

    pub(crate) fn push(&mut self, record: &Record) {
        let Some(precision) = &self.plan.precision else { return };
        if let Some(value) = record.metrics.get(precision.metric).copied().flatten() {
            let chain = self.plan.unit(record.unit).1;
            self.running.entry((chain, record.point)).or_default().push(value);
        }
    }

    /// Whether the standard error is small enough wherever there are designs at all. A point that
    /// never has one (always infeasible) cannot be known better by more trials.
    pub(crate) fn is_precise(&self) -> bool {
        let Some(precision) = &self.plan.precision else { return false };
        let precise = |(&(chain, point), running): (&(usize, u32), &Running)| {
            let grid = self.plan.grid_points(chain, point as usize).first().copied().unwrap_or(0);
            let again = self.plan.repetition(grid, running.count());
            let error = running.standard_error().map(|error| error * again.sqrt());
            error.is_some_and(|error| error <= precision.standard_error)
        };
        !self.running.is_empty() && self.running.iter().all(precise)
    }
}
