//! The search over intervals of the sensing time, best first.
//!
//! Within an interval the SINRs are enclosed (`reduced.rs`), the rate is bounded by the placement that
//! is best for the enclosure (`search/bounds.rs`), and the interval is dropped when that bound is no
//! better than a plan already found. Intervals begin as runs of blocks and end inside one block.

use noctule_num::InputError;
use noctule_optim::branch_bound::{Budget, Found, Interval, branch_and_bound};
use noctule_optim::{Bound, Proof, Sense, Stop, Trace, TraceRow, Work};

use super::feasibility::{infeasible, missing_room, too_short, window};
use super::model::evaluate_with;
use super::placement::Pattern;
use super::{FrameDesign, Instance, Plan, Settings, advice};
use crate::system::Run;
use crate::{Design, Error, FEASIBLE};

mod bounds;
mod intervals;
mod leaves;
mod surface;

use intervals::{ROUNDING, Search};
pub(super) use leaves::leaves;
pub use surface::{Surface, surface};

/// Steps of dynamic programming for one placement: a tenth of a second.
const MOST_STEPS: usize = 1 << 26;

/// The best plan among those that follow `pattern`.
///
/// # Errors
/// As [`design`](super::design()).
pub fn search(
    instance: &Instance,
    pattern: Pattern,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    settings.validate()?;
    if !instance.parts().project_prior {
        return Err(InputError::new(
            "the search needs a prior that is a covariance",
            "project_prior",
            "0",
            "1",
        )
        .hint("the scheme `grid` evaluates an unprojected prior")
        .into());
    }
    check_work(instance, pattern)?;
    if let Some(blocks) = settings.sensing_blocks {
        return at_fixed_time(instance, pattern, blocks);
    }
    let Some(window) = window(instance, pattern) else {
        return infeasible(instance, pattern);
    };
    let mut problem = Search::new(instance, pattern, window)?;
    let root = problem.root()?;
    let budget =
        Budget { nodes: settings.nodes(), absolute: 0.0, relative: settings.certify.gap() };
    let found = branch_and_bound(&mut problem, [root], None, budget, &run.interrupt);
    if let Some(error) = problem.failed.take() {
        return Err(error);
    }
    problem.finish(found, settings.certify.gap())
}

/// Refuse frames for which one bound would take longer than anybody waits. Where blocks never get
/// better with age a placement is a formula; elsewhere it is dynamic programming over the blocks.
fn check_work(instance: &Instance, pattern: Pattern) -> Result<(), Error> {
    let blocks = instance.blocks();
    let rises = |sequence: &Vec<f64>| sequence.windows(2).any(|two| two[1].abs() > two[0].abs());
    let steps = match pattern {
        Pattern::Free => blocks.pow(2),
        Pattern::Updates(updates) => blocks.pow(2).saturating_mul(updates),
        _ => 0,
    };
    if steps <= MOST_STEPS || !instance.parts().aging.iter().any(rises) {
        return Ok(());
    }
    let found = format!("{blocks} blocks, {steps} steps for every placement");
    let what = "too many blocks for aging that rises again";
    Err(InputError::new(what, "blocks", found, format!("up to {MOST_STEPS} steps"))
        .hint("fewer blocks, fewer `updates`, or the scheme `even-split`")
        .into())
}

/// The best placement for a sensing time that is given: nothing is left to search.
///
/// A time that is too short for the requirements keeps its plan, with the violation. One that leaves
/// no room has none; the plan is then that of the closest time which leaves it.
fn at_fixed_time(instance: &Instance, pattern: Pattern, blocks: f64) -> Result<FrameDesign, Error> {
    let given = blocks * instance.block_time_s();
    let missing = missing_room(instance, pattern, given)?;
    let time = missing.as_ref().map_or(given, |(_, closest)| *closest);
    let certificate = missing.map(|(certificate, _)| certificate);
    let whole = instance.split_sensing(time).0;
    let mut problem = Search::new(instance, pattern, (time, whole))?;
    let sample = problem.reduced.sample(time)?;
    let value = problem.value_at(sample, whole);
    let best = Some((-value, (sample, whole)));
    let bound = -(value + ROUNDING * value.abs());
    let found =
        Found { best, bound, covered: bound, nodes: 1, stop: Stop::Computed, log: Vec::new() };
    let mut design = problem.finish(found, 0.0)?;
    let short = design.metrics.worst_crb_ratio - 1.0;
    if certificate.is_some() || short > FEASIBLE {
        let certificate = certificate.unwrap_or_else(|| too_short(instance, given));
        let proof = Proof::feasible(short.max(0.0));
        design.proof = Proof { infeasible: Some(certificate), ..proof };
        design.starts.clear();
    }
    Ok(design)
}

impl Search<'_> {
    /// The design of the best plan, with the bound that the search proved.
    fn finish(mut self, found: Found<(usize, usize)>, gap: f64) -> Result<FrameDesign, Error> {
        let Some((_, (sample, first))) = found.best else {
            return infeasible(self.instance, self.pattern);
        };
        let plan = self.plan(sample, first);
        let metrics = evaluate_with(self.instance, &self.priors, &plan)?;
        // Values are sums over blocks; the objective is their average over the frame.
        let scale = 1.0 / self.instance.blocks() as f64;
        let upper = (-found.bound * scale).max(0.0);
        let objective = metrics.sum_rate_bps_hz;
        let method = if found.stop == Stop::Computed { "closed-form" } else { "interval-search" };
        let bound = Bound::new(objective, upper, Sense::Upper, method, 0.0);
        // The search measures its gap on sums over blocks. Where the rate is a small difference of large
        // ones, its rounding can be more than that gap.
        let open =
            found.stop == Stop::Converged && bound.as_ref().is_some_and(|b| b.gap_rel > 2.0 * gap);
        let stop = if open { Stop::Stalled } else { found.stop };
        let trace = trace(&found.log, scale);
        Ok(Design {
            warnings: advice(self.instance, &metrics),
            starts: vec![Some(objective)],
            variables: plan,
            proof: Proof::feasible(0.0).with_bound(bound),
            metrics,
            stop,
            trace,
            work: Work {
                iterations: found.nodes,
                evaluations: self.reduced.samples() as u64,
                factorisations: self.reduced.factorisations(),
                conic_solves: 0,
            },
        })
    }
}

/// How bound and plan approached each other.
fn trace(log: &[Interval], scale: f64) -> Trace {
    let mut trace = Trace::with_room(log.len());
    // Branch and bound minimises: both ends are minus a rate, and the bound is the smaller one. While
    // there is no plan or no bound there is no interval.
    for entry in log.iter().filter(|e| e.best.is_finite() && e.bound.is_finite()) {
        trace.push(TraceRow {
            iteration: entry.nodes,
            evaluations: entry.nodes,
            value: -entry.best * scale,
            residual: (entry.best - entry.bound).max(0.0)
                / entry.best.abs().max(f64::MIN_POSITIVE.sqrt()),
            step: 0.0,
        });
    }
    trace
}
