//! Best-first branch and bound: an interval around a global optimum that only ever shrinks.
//!
//! The driver knows nothing of the problem. A [`Relaxation`] says what a region of the search
//! space cannot go below, may hand in a feasible point on the way, and says how to divide a
//! region. The driver keeps the open regions in a heap, always divides the one with the smallest
//! bound, and can stop at any time: the value of the best point and the smallest bound that is
//! left enclose the optimum.
//!
//! *Everything is minimised;* a maximisation hands in negative values. The order of the work
//! depends on bounds and on the order in which regions were made, never on time or threads, and
//! the budget is counted in nodes, so that the same call returns the same bits everywhere.
//!
//! ```
//! use noctule_optim::branch_bound::{Budget, Examined, Relaxation, branch_and_bound};
//! use noctule_optim::{Interrupt, Stop};
//!
//! /// x⁴ − 3x² + x on an interval, bounded below by its value at the middle and a slope of 20.
//! struct Quartic;
//! fn f(x: f64) -> f64 { x.powi(4) - 3.0 * x * x + x }
//! impl Relaxation for Quartic {
//!     type Region = (f64, f64);
//!     type Point = f64;
//!     fn examine(&mut self, &mut (a, b): &mut (f64, f64), _cutoff: f64) -> Examined<f64> {
//!         let middle = 0.5 * (a + b);
//!         Examined::new(f(middle) - 10.0 * (b - a)).with_point(f(middle), middle)
//!     }
//!     fn divide(&mut self, (a, b): (f64, f64), into: &mut Vec<(f64, f64)>) {
//!         let middle = 0.5 * (a + b);
//!         into.extend([(a, middle), (middle, b)]);
//!     }
//! }
//!
//! let budget = Budget { nodes: 100_000, absolute: 1e-3, relative: 0.0 };
//! let found = branch_and_bound(&mut Quartic, [(-2.0, 2.0)], None, budget, &Interrupt::new());
//! assert_eq!(found.stop, Stop::Converged);
//! let (value, x) = found.best.unwrap();
//! assert!(found.bound <= value && value - found.bound <= 1e-3);
//! assert!((x + 1.3008).abs() < 0.02);
//! ```

mod cover;
mod search;

pub use cover::{Corners, covers};
pub use search::branch_and_bound;

use crate::Stop;

/// What was found out about a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined<P> {
    /// No feasible point of the region has a smaller value; `+∞` when it has no feasible point.
    /// A bound that is not a number counts as `−∞`: nothing is known.
    pub bound: f64,
    /// A feasible point, not necessarily of this region, with its value.
    pub point: Option<(f64, P)>,
}

impl<P> Examined<P> {
    /// A bound without a point.
    pub const fn new(bound: f64) -> Self {
        Self { bound, point: None }
    }

    /// A region without feasible points.
    pub const fn empty() -> Self {
        Self::new(f64::INFINITY)
    }

    /// The same with a feasible point.
    #[must_use]
    pub fn with_point(mut self, value: f64, point: P) -> Self {
        self.point = Some((value, point));
        self
    }
}

/// A problem as branch and bound sees it; everything is minimised.
pub trait Relaxation {
    /// A part of the search space. It may carry what its children can start from.
    type Region;
    /// A feasible point.
    type Point;

    /// Bound a region from below. `cutoff` is the bound from which on the region is of no more
    /// interest: a method whose bound rises as it works may stop there. `+∞` while there is no
    /// feasible point.
    fn examine(&mut self, region: &mut Self::Region, cutoff: f64) -> Examined<Self::Point>;

    /// Divide a region into parts that cover it. Nothing is pushed when it cannot be divided any
    /// further (a limit of resolution): it then keeps its bound, and the interval stays open there.
    fn divide(&mut self, region: Self::Region, into: &mut Vec<Self::Region>);

    /// A region that the search is done with and that was not divided: its bound was enough, or the
    /// budget was spent. Together with those that [`Relaxation::divide`] could not divide these cover
    /// the roots: a problem that keeps what proves them has a proof that needs no search.
    fn settle(&mut self, _region: Self::Region) {}
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Regions that may be examined.
    pub nodes: u64,
    /// A gap that is closed, in the unit of the objective.
    pub absolute: f64,
    /// A gap that is closed, relative to the best value.
    pub relative: f64,
}

/// The interval after some number of nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Regions examined so far.
    pub nodes: u64,
    /// No feasible point has a smaller value.
    pub bound: f64,
    /// The best value so far; `+∞` while there is none.
    pub best: f64,
}

/// What branch and bound found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<P> {
    /// The best feasible point with its value, where one was found or handed in.
    pub best: Option<(f64, P)>,
    /// No feasible point has a smaller value. `+∞` proves that there is none.
    pub bound: f64,
    /// The smallest bound of all regions, without regard to the best value. Above the best value
    /// by more than rounding, it says that no region holds that point: regions were called empty
    /// on purpose, or their bounds are wrong.
    pub covered: f64,
    /// Regions examined.
    pub nodes: u64,
    /// [`Stop::Converged`] when the gap is closed or infeasibility is proven,
    /// [`Stop::EvaluationLimit`] when the nodes were spent, [`Stop::Stalled`] when only regions
    /// are left that cannot be divided, [`Stop::Interrupted`].
    pub stop: Stop,
    /// How the interval shrank: an entry whenever one of its ends moved.
    pub log: Vec<Interval>,
}

impl<P> Found<P> {
    /// Whether it is proven that there is no feasible point.
    pub fn is_infeasible(&self) -> bool {
        self.best.is_none() && self.bound == f64::INFINITY
    }
}

#[cfg(test)]
mod tests;
