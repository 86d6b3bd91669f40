//! Rules for stopping, as values.
//!
//! ```
//! use noctule_optim::{StopRule, StopRules};
//! let rules = StopRules::from(StopRule::Residual(1e-8)) | StopRule::Evaluations(500);
//! assert!(rules.indicates_convergence());
//! assert!(!StopRules::from(StopRule::Evaluations(500)).indicates_convergence());
//! ```

use std::ops::BitOr;
use std::time::Duration;

use crate::Stop;

/// One rule. A method stops as soon as any of its rules is met.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum StopRule {
    /// The residual ‖grad‖·‖x‖ / max(1, |f|) is at most this. The only rule that means
    /// convergence: it certifies a stationary point.
    Residual(f64),
    /// Over the last `window` iterations the value has fallen by at most
    /// `tolerance · max(1, |f|)`. Means lack of progress, not convergence.
    Progress {
        /// Relative decrease that still counts as progress.
        tolerance: f64,
        /// Number of iterations looked back.
        window: u32,
    },
    /// This many iterations were made.
    Iterations(u64),
    /// This many evaluations were made. Experiments budget by this rule, so that their results
    /// do not depend on the machine.
    Evaluations(u64),
    /// This much wall time has passed. Makes a run irreproducible; meant for interactive use.
    Time(Duration),
}

impl StopRule {
    /// Whether stopping by this rule means that the point is stationary.
    pub const fn indicates_convergence(&self) -> bool {
        matches!(self, Self::Residual(_))
    }
}

/// Rules of which any one stops.
#[derive(Clone, Debug, PartialEq)]
pub struct StopRules(Vec<StopRule>);

/// The state of an iteration, as the rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Iterations made.
    pub iterations: u64,
    /// Evaluations made.
    pub evaluations: u64,
    /// Current value.
    pub value: f64,
    /// Current residual.
    pub residual: f64,
    /// Values of earlier iterations, the latest last; as many as the longest window needs.
    pub history: &'a History,
    /// Wall time since the start; zero where no rule looks at it.
    pub elapsed: Duration,
}

impl StopRules {
    /// The first rule that is met, as the reason for stopping.
    pub fn met(&self, progress: &Progress<'_>) -> Option<Stop> {
        self.0.iter().find_map(|rule| match *rule {
            StopRule::Residual(tolerance) => {
                (progress.residual <= tolerance).then_some(Stop::Converged)
            }
            StopRule::Progress { tolerance, window } => {
                let before = progress.history.back(window)?;
                let decrease = before - progress.value;
                (decrease <= tolerance * progress.value.abs().max(1.0)).then_some(Stop::Stalled)
            }
            StopRule::Iterations(limit) => {
                (progress.iterations >= limit).then_some(Stop::IterationLimit)
            }
            StopRule::Evaluations(limit) => {
                (progress.evaluations >= limit).then_some(Stop::EvaluationLimit)
            }
            StopRule::Time(limit) => (progress.elapsed >= limit).then_some(Stop::TimeLimit),
        })
    }

    /// Whether some rule means convergence.
    pub fn indicates_convergence(&self) -> bool {
        self.0.iter().any(StopRule::indicates_convergence)
    }

    /// Whether some rule looks at the clock.
    pub(crate) fn asks_for_time(&self) -> bool {
        self.0.iter().any(|rule| matches!(rule, StopRule::Time(_)))
    }

    /// The smallest budget of evaluations among the rules.
    pub fn evaluation_budget(&self) -> u64 {
        self.0
            .iter()
            .filter_map(|rule| match rule {
                StopRule::Evaluations(limit) => Some(*limit),
                _ => None,
            })
            .min()
            .unwrap_or(u64::MAX)
    }

    /// The longest window a rule looks back.
    pub(crate) fn window(&self) -> usize {
        self.0
            .iter()
            .map(|rule| match rule {
                StopRule::Progress { window, .. } => *window as usize,
                _ => 0,
            })
            .max()
            .unwrap_or(0)
    }
}

impl Default for StopRules {
    /// A residual of 10⁻⁶, no progress of 10⁻¹⁵ in 30 iterations, or 5000 evaluations.
    fn default() -> Self {
        StopRules::from(StopRule::Residual(1e-6))
            | StopRule::Progress { tolerance: 1e-15, window: 30 }
            | StopRule::Evaluations(5000)
    }
}

impl From<StopRule> for StopRules {
    fn from(rule: StopRule) -> Self {
        Self(vec![rule])
    }
}

impl BitOr<StopRule> for StopRules {
    type Output = Self;
    fn bitor(mut self, rule: StopRule) -> Self {
        self.0.push(rule);
        self
    }
}

/// The last few values of an iteration, in a ring that is allocated once.
#[derive(Clone, Debug)]
pub struct History {
    ring: Vec<f64>,
    pushed: usize,
}

impl History {
    pub(crate) fn new(window: usize) -> Self {
        Self { ring: vec![0.0; window + 1], pushed: 0 }
    }

    pub(crate) fn push(&mut self, value: f64) {
        let slot = self.pushed % self.ring.len();
        self.ring[slot] = value;
        self.pushed += 1;
    }

    /// The value `n` pushes before the latest, where there were that many.
    fn back(&self, n: u32) -> Option<f64> {
        let n = n as usize;
        (n < self.ring.len() && n < self.pushed)
            .then(|| self.ring[(self.pushed - 1 - n) % self.ring.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_name_their_reason() {
        let mut history = History::new(3);
        for value in [9.0, 5.0, 5.0, 5.0, 5.0] {
            history.push(value);
        }
        let progress = Progress {
            iterations: 4,
            evaluations: 9,
            value: 5.0,
            residual: 1e-3,
            history: &history,
            elapsed: Duration::from_secs(2),
        };
        let reason = |rule: StopRule| StopRules::from(rule).met(&progress);
        assert_eq!(reason(StopRule::Residual(1e-3)), Some(Stop::Converged));
        assert_eq!(reason(StopRule::Residual(1e-4)), None);
        assert_eq!(reason(StopRule::Progress { tolerance: 0.0, window: 3 }), Some(Stop::Stalled));
        assert_eq!(reason(StopRule::Iterations(4)), Some(Stop::IterationLimit));
        assert_eq!(reason(StopRule::Evaluations(9)), Some(Stop::EvaluationLimit));
        assert_eq!(reason(StopRule::Evaluations(10)), None);
        assert_eq!(reason(StopRule::Time(Duration::from_secs(1))), Some(Stop::TimeLimit));
    }

    #[test]
    fn history_looks_back() {
        let mut history = History::new(2);
        assert_eq!(history.back(0), None);
        for value in [1.0, 2.0, 3.0, 4.0] {
            history.push(value);
        }
        assert_eq!((history.back(0), history.back(2)), (Some(4.0), Some(2.0)));
        assert_eq!(history.back(3), None, "longer than the ring");
    }
}
