//! Points of the trade-off curves, scored by the exact optimum of powers or covariance for them.

use super::curve::CurvePoint;
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::Link;
use crate::surfaces::power::{Allocator, ROUNDING};
use crate::surfaces::reach::Reach;

/// What is designed for given phases.
#[derive(Clone, Debug)]
pub(in crate::surfaces) enum Inner {
    /// Independent streams and a dedicated sensing signal (Theorem 2).
    Powers(Allocator),
    /// Any covariance.
    Covariance(CovarianceSolver),
}

/// Scores designs by the exact optimum for their phases.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Scorer<'a> {
    link: &'a Link,
    inner: Inner,
    gains: Vec<f64>,
    weights: Vec<f64>,
    overlaps: Vec<f64>,
    pub(in crate::surfaces) evaluations: u64,
}

impl<'a> Scorer<'a> {
    pub(in crate::surfaces) fn new(link: &'a Link, inner: Inner) -> Self {
        let k = link.gains.len();
        Self {
            link,
            inner,
            gains: vec![0.0; k],
            weights: vec![0.0; k],
            overlaps: vec![0.0; k],
            evaluations: 0,
        }
    }

    pub(in crate::surfaces) fn score(&mut self, points: &[CurvePoint]) -> Reach {
        for (k, point) in points.iter().enumerate() {
            self.gains[k] = self.link.gains[k] * point.user * point.user;
            self.weights[k] = self.link.weights[k] * point.target * point.target;
        }
        self.value()
    }

    fn value(&mut self) -> Reach {
        self.evaluations += 1;
        let (power, required) = (self.link.power, self.link.required);
        let total: f64 = self.weights.iter().sum();
        if required > power * total * (1.0 + ROUNDING) {
            return Reach::Short(power * total / required);
        }
        match &mut self.inner {
            Inner::Powers(allocator) => allocator
                .allocate(&self.gains, &self.weights, power, required)
                .map_or(Reach::Short(0.0), |allocation| Reach::Rate(allocation.rate_nats)),
            Inner::Covariance(solver) => {
                let total = total.max(f64::MIN_POSITIVE);
                for k in 0..self.gains.len() {
                    self.overlaps[k] = self.gains[k] * self.weights[k] / total;
                }
                let share = (required / (power * total)).min(1.0);
                Reach::Rate(solver.solve(&self.gains, &self.overlaps, power, share).rate_nats)
            }
        }
    }
}
