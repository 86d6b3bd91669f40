//! The driver: open regions in a heap, the smallest bound first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Budget, Found, Interval, Relaxation};
use crate::{Interrupt, Stop};

/// A region that may still be divided, with its bound and when it was made.
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
        if let Some(stop) = search.stop(spent, interrupt) {
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

    /// Why the search ends here, where it does.
    fn stop(&self, spent: bool, interrupt: &Interrupt) -> Option<Stop> {
        if self.is_closed() {
            Some(Stop::Converged)
        } else if interrupt.is_raised() {
            Some(Stop::Interrupted)
        } else if spent || self.nodes >= self.budget.nodes {
            Some(Stop::EvaluationLimit)
        } else {
            None
        }
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
