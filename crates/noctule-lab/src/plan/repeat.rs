//! Data of one's own that are used again: what that costs in certainty.

use super::Plan;
use crate::experiment::replace;
use crate::system::System;

/// Where scenarios of a plan say how many trials their data have; nothing where all is drawn.
pub(super) fn told(plan: &Plan, system: &dyn System) -> Option<String> {
    let rows = format!("{}/rows", system.data()?);
    let mut values = plan.sweeps.iter().flat_map(|sweep| &sweep.values);
    let any = plan.scenario.pointer(&rows).is_some() || values.any(|v| v.get("rows").is_some());
    any.then_some(rows)
}

impl Plan {
    /// How many times the data of a grid point are used in so many trials, on average: one where
    /// they suffice. Standard errors grow by its root.
    pub fn repetition(&self, grid: usize, trials: u64) -> f64 {
        let rows = self.data.as_ref().and_then(|rows| {
            let mut scenario = self.scenario.clone();
            let scenario_sweeps = self.sweeps.iter().zip(self.grid_values(grid));
            for (sweep, value) in scenario_sweeps.filter(|(sweep, _)| sweep.schemes.is_none()) {
                replace(&mut scenario, &sweep.way, value.clone());
            }
            scenario.pointer(rows)?.as_u64()
        });
        rows.map_or(1.0, |rows| (trials as f64 / rows.max(1) as f64).max(1.0))
    }

    /// The most times that data of any point are used, in words; `None` where they suffice.
    pub(crate) fn repeated(&self, trials: u64) -> Option<String> {
        let most = (0..self.grid_len()).map(|grid| self.repetition(grid, trials));
        let most = most.fold(1.0, f64::max);
        (most > 1.0).then(|| {
            format!(
                "rows of a file are used {most:.3} times on average; counts and standard errors are \
                 those of its distinct rows"
            )
        })
    }
}
