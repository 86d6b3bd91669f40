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

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::{Interrupt, Stop};

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

/// A box: its lower and its upper corner.
pub type Corners = (Vec<f64>, Vec<f64>);

/// Whether boxes cover a box. Boxes that come from dividing one again and again can be taken apart
/// by cuts that no box straddles; where there is no such cut, nothing is claimed.
pub fn covers(boxes: &[Corners], whole: &Corners) -> bool {
    let mut open: Vec<(Vec<&Corners>, Corners)> = vec![(boxes.iter().collect(), whole.clone())];
    while let Some((boxes, (low, high))) = open.pop() {
        let sides = low.len();
        if boxes.iter().any(|b| (0..sides).all(|k| b.0[k] <= low[k] && high[k] <= b.1[k])) {
            continue;
        }
        let clean = |k: usize, cut: f64| {
            low[k] < cut && cut < high[k] && boxes.iter().all(|b| b.1[k] <= cut || cut <= b.0[k])
        };
        let found = boxes
            .iter()
            .flat_map(|b| (0..sides).map(|k| (k, b.1[k])))
            .find(|&(k, cut)| clean(k, cut));
        let Some((k, cut)) = found else { return false };
        let (mut below, mut above) = (high.clone(), low.clone());
        below[k] = cut;
        above[k] = cut;
        let (left, right) = boxes.into_iter().partition(|b| b.1[k] <= cut);
        open.push((left, (low, below)));
        open.push((right, (above, high)));
    }
    true
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

struct Open<R> {
    bound: f64,
    sequence: u64,
    region: R,
}

impl<R> PartialEq for Open<R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl<R> Eq for Open<R> {}
impl<R> PartialOrd for Open<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<R> Ord for Open<R> {
    /// The heap gives out the largest: the smallest bound, among equals the oldest region.
    fn cmp(&self, other: &Self) -> Ordering {
        other.bound.total_cmp(&self.bound).then(other.sequence.cmp(&self.sequence))
    }
}

/// Search the union of `roots` for its smallest value; `start` is a feasible point known before.
pub fn branch_and_bound<X: Relaxation>(
    problem: &mut X,
    roots: impl IntoIterator<Item = X::Region>,
    start: Option<(f64, X::Point)>,
    budget: Budget,
    interrupt: &Interrupt,
) -> Found<X::Point> {
    let mut search = Search {
        heap: BinaryHeap::new(),
        best: start.filter(|(value, _)| value.is_finite()),
        settled: f64::INFINITY,
        stuck: false,
        nodes: 0,
        sequence: 0,
        log: Vec::new(),
        budget,
    };
    let mut parts: Vec<X::Region> = roots.into_iter().collect();
    let mut parent = f64::NEG_INFINITY;
    loop {
        let mut spent = false;
        for region in parts.drain(..) {
            // A region that was not examined still has the bound of the one it was cut from.
            spent |= search.nodes >= budget.nodes || interrupt.is_raised();
            if spent {
                search.push(parent, region);
            } else {
                search.examine(problem, region, parent);
            }
        }
        search.note();
        let stop = if search.is_closed() {
            Some(Stop::Converged)
        } else if interrupt.is_raised() {
            Some(Stop::Interrupted)
        } else if spent || search.nodes >= budget.nodes {
            Some(Stop::EvaluationLimit)
        } else {
            None
        };
        if let Some(stop) = stop {
            return search.finish(stop, problem);
        }
        let Some(open) = search.heap.pop() else {
            let stop = if search.stuck { Stop::Stalled } else { Stop::Converged };
            return search.finish(stop, problem);
        };
        parent = open.bound;
        problem.divide(open.region, &mut parts);
        if parts.is_empty() {
            search.settled = search.settled.min(parent);
            search.stuck = true;
        }
    }
}

struct Search<R, P> {
    heap: BinaryHeap<Open<R>>,
    best: Option<(f64, P)>,
    /// Smallest bound of the regions that were put aside: too good to matter, or not divisible.
    settled: f64,
    stuck: bool,
    nodes: u64,
    sequence: u64,
    log: Vec<Interval>,
    budget: Budget,
}

impl<R, P> Search<R, P> {
    fn value(&self) -> f64 {
        self.best.as_ref().map_or(f64::INFINITY, |(value, _)| *value)
    }

    /// From this bound on a region is of no more interest.
    fn cutoff(&self) -> f64 {
        let value = self.value();
        if value.is_finite() {
            value - self.budget.absolute.max(self.budget.relative * value.abs())
        } else {
            f64::INFINITY
        }
    }

    fn push(&mut self, bound: f64, region: R) {
        self.heap.push(Open { bound, sequence: self.sequence, region });
        self.sequence += 1;
    }

    fn examine<X>(&mut self, problem: &mut X, mut region: R, parent: f64)
    where
        X: Relaxation<Region = R, Point = P>,
    {
        self.nodes += 1;
        let examined = problem.examine(&mut region, self.cutoff());
        if let Some((value, point)) = examined.point
            && value < self.value()
        {
            self.best = Some((value, point));
        }
        // `max` ignores a NaN; a part is never worse bounded than the whole.
        let bound = examined.bound.max(parent);
        if bound >= self.cutoff() {
            self.settled = self.settled.min(bound);
            problem.settle(region);
        } else {
            self.push(bound, region);
        }
    }

    fn covered(&self) -> f64 {
        self.heap.peek().map_or(f64::INFINITY, |open| open.bound).min(self.settled)
    }

    fn bound(&self) -> f64 {
        self.covered().min(self.value())
    }

    fn is_closed(&self) -> bool {
        self.heap.peek().is_none_or(|open| open.bound >= self.cutoff()) && !self.stuck
            || self.value().is_finite() && self.bound() >= self.cutoff()
    }

    fn note(&mut self) {
        let now = Interval { nodes: self.nodes, bound: self.bound(), best: self.value() };
        let moved =
            self.log.last().is_none_or(|last| last.bound < now.bound || last.best > now.best);
        if moved {
            self.log.push(now);
        }
    }

    fn finish<X>(mut self, stop: Stop, problem: &mut X) -> Found<P>
    where
        X: Relaxation<Region = R, Point = P>,
    {
        self.note();
        let (bound, covered) = (self.bound(), self.covered());
        while let Some(open) = self.heap.pop() {
            problem.settle(open.region);
        }
        Found { bound, covered, best: self.best, nodes: self.nodes, stop, log: self.log }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;

    /// f(x) = Σ cos(3 x_i) + 0.1 x_i over a box, bounded with its Lipschitz constant.
    struct Waves {
        smallest: f64,
        examined: usize,
    }

    type Box2 = [(f64, f64); 2];

    fn waves(x: [f64; 2]) -> f64 {
        x.iter().map(|x| (3.0 * x).cos() + 0.1 * x).sum()
    }

    impl Relaxation for Waves {
        type Region = Box2;
        type Point = [f64; 2];

        fn examine(&mut self, region: &mut Box2, _cutoff: f64) -> Examined<[f64; 2]> {
            self.examined += 1;
            let middle = region.map(|(a, b)| 0.5 * (a + b));
            let reach: f64 = region.iter().map(|(a, b)| 3.1 * 0.5 * (b - a)).sum();
            Examined::new(waves(middle) - reach).with_point(waves(middle), middle)
        }

        fn divide(&mut self, region: Box2, into: &mut Vec<Box2>) {
            let axis = usize::from(region[1].1 - region[1].0 > region[0].1 - region[0].0);
            let (a, b) = region[axis];
            if b - a < self.smallest {
                return;
            }
            for part in [(a, 0.5 * (a + b)), (0.5 * (a + b), b)] {
                let mut child = region;
                child[axis] = part;
                into.push(child);
            }
        }
    }

    const ROOT: Box2 = [(-2.0, 3.0), (-2.5, 2.5)];
    const TIGHT: Budget = Budget { nodes: 1_000_000, absolute: 1e-3, relative: 0.0 };

    fn grid_minimum() -> f64 {
        let step = 1e-3;
        let line = |(a, b): (f64, f64)| {
            let count = ((b - a) / step) as usize;
            (0..=count)
                .map(|i| a + i as f64 * step)
                .map(|x| (3.0 * x).cos() + 0.1 * x)
                .fold(f64::INFINITY, f64::min)
        };
        line(ROOT[0]) + line(ROOT[1])
    }

    fn solve(smallest: f64, budget: Budget) -> Found<[f64; 2]> {
        branch_and_bound(
            &mut Waves { smallest, examined: 0 },
            [ROOT],
            None,
            budget,
            &Interrupt::new(),
        )
    }

    #[test]
    fn encloses_the_minimum_of_a_grid() {
        let found = solve(0.0, TIGHT);
        let (value, point) = found.best.unwrap();
        let exact = grid_minimum();
        assert_eq!(found.stop, Stop::Converged);
        assert!(found.bound <= exact + 1e-6 && exact <= value + 1e-6);
        assert!(value - found.bound <= 1e-3 && waves(point).to_bits() == value.to_bits());
    }

    #[test]
    fn is_an_interval_at_any_time_and_only_shrinks() {
        let exact = grid_minimum();
        for nodes in [0, 1, 2, 5, 50, 500] {
            let found = solve(0.0, Budget { nodes, ..TIGHT });
            assert!(found.nodes <= nodes && found.bound <= exact);
            assert_eq!(found.stop, Stop::EvaluationLimit);
            assert!(
                found.log.windows(2).all(|w| w[0].bound <= w[1].bound && w[0].best >= w[1].best)
            );
        }
    }

    #[test]
    fn what_cannot_be_divided_keeps_its_bound() {
        let found = solve(0.1, TIGHT);
        assert_eq!(found.stop, Stop::Stalled);
        assert!(found.bound <= grid_minimum() && found.best.unwrap().0 - found.bound > 1e-3);
    }

    #[test]
    fn a_start_saves_nodes_and_is_never_lost() {
        let cold = solve(0.0, TIGHT);
        let start = cold.best.unwrap();
        let mut problem = Waves { smallest: 0.0, examined: 0 };
        let warm = branch_and_bound(&mut problem, [ROOT], Some(start), TIGHT, &Interrupt::new());
        assert!(warm.nodes <= cold.nodes && warm.nodes == problem.examined as u64);
        assert!(warm.best.unwrap().0 <= start.0);
    }

    struct Nothing;
    impl Relaxation for Nothing {
        type Region = u8;
        type Point = ();
        fn examine(&mut self, region: &mut u8, _: f64) -> Examined<()> {
            if *region > 3 { Examined::empty() } else { Examined::new(f64::NAN) }
        }
        fn divide(&mut self, region: u8, into: &mut Vec<u8>) {
            into.extend([region + 1, region + 2]);
        }
    }

    #[test]
    fn infeasible_is_proven_by_exhaustion_and_only_then() {
        let all = branch_and_bound(&mut Nothing, [0], None, TIGHT, &Interrupt::new());
        assert!(all.is_infeasible() && all.stop == Stop::Converged);
        let budget = Budget { nodes: 4, ..TIGHT };
        let some = branch_and_bound(&mut Nothing, [0], None, budget, &Interrupt::new());
        assert!(!some.is_infeasible() && some.bound == f64::NEG_INFINITY);
    }

    #[test]
    fn an_interrupt_leaves_an_interval() {
        let interrupt = Interrupt::new();
        interrupt.raise();
        let mut problem = Waves { smallest: 0.0, examined: 0 };
        let found = branch_and_bound(&mut problem, [ROOT], None, TIGHT, &interrupt);
        assert_eq!((found.stop, found.nodes), (Stop::Interrupted, 0));
        assert!(found.bound == f64::NEG_INFINITY && found.best.is_none());
    }
}
