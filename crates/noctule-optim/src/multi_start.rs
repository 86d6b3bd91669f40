//! The best of several starts, and how far the local optima lie apart.
//!
//! A single run of a local method on a non-convex problem says nothing about the others it might
//! have ended in. Running several and reporting the spread is not a proof either, but it tells
//! whether the answer hangs on the start.

use noctule_num::C64;

use crate::{Interrupt, Method, Objective, Run, Stop, StopRules, Trace, Work};

/// What several starts led to.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiStart {
    /// The best point.
    pub point: Vec<C64>,
    /// Its run.
    pub run: Run,
    /// Index of the start that led to it.
    pub best: usize,
    /// Final value from each start, in order; infinite where a start lay outside the domain.
    pub values: Vec<f64>,
    /// The trace of the best run.
    pub trace: Trace,
    /// Work summed over all starts.
    pub work: Work,
}

impl MultiStart {
    /// Share of the starts whose final value is within `tolerance · max(1, |best|)` of the best.
    pub fn agreeing(&self, tolerance: f64) -> f64 {
        let limit = self.run.value + tolerance * self.run.value.abs().max(1.0);
        let agreeing = self.values.iter().filter(|value| **value <= limit).count();
        agreeing as f64 / self.values.len() as f64
    }

    /// The worst finite local optimum found.
    pub fn worst(&self) -> f64 {
        self.values.iter().copied().filter(|value| value.is_finite()).fold(self.run.value, f64::max)
    }
}

/// Minimise from every start and keep the best. Starts need not be normalised.
///
/// Returns `None` when there is no start. When the interrupt is raised, the starts that were not
/// reached are missing from `values`.
pub fn multi_start(
    solver: &mut impl Method,
    objective: &mut impl Objective,
    starts: impl IntoIterator<Item = Vec<C64>>,
    stop: &StopRules,
    interrupt: &Interrupt,
    trace_room: usize,
) -> Option<MultiStart> {
    let mut best: Option<MultiStart> = None;
    let mut values = Vec::new();
    let mut work = Work::default();
    for (index, mut point) in starts.into_iter().enumerate() {
        if index > 0 && interrupt.is_raised() {
            break;
        }
        solver.manifold().normalise(&mut point);
        let mut trace = Trace::with_room(trace_room);
        let run = solver.minimise(objective, &mut point, stop, interrupt, &mut trace);
        values.push(run.value);
        work += run.work;
        if best.as_ref().is_none_or(|best| run.value < best.run.value) {
            let (values, work) = (Vec::new(), Work::default());
            best = Some(MultiStart { point, run, best: index, values, trace, work });
        }
    }
    best.map(|best| {
        let mut run = best.run;
        if interrupt.is_raised() {
            run.stop = Stop::Interrupted;
        }
        MultiStart { run, values, work, ..best }
    })
}
