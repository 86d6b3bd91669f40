//! What a claim selects beside what it compares with, trial by trial: of any system.

use super::{Function, View, points};

/// A scheme is at an optimum when its objective is behind by no more than this, relative to max(1, |optimum|).
const AT_OPTIMUM: f64 = 1e-3;

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    (name == "share_at_optimum").then_some(share_at_optimum)
}

/// The share of trials, at the points of the claim, in which its scheme is at the optimum that `versus` names.
fn share_at_optimum(view: &View<'_>) -> Option<f64> {
    let behind = |(of, best): (f64, f64)| (best - of) / best.abs().max(1.0);
    let all: Vec<f64> = pairs(view)?.into_iter().map(behind).collect();
    let there = all.iter().filter(|shortfall| **shortfall <= AT_OPTIMUM).count();
    (!all.is_empty()).then(|| there as f64 / all.len() as f64)
}

/// What a claim selects beside what it compares with, in the trials that have both.
fn pairs(view: &View<'_>) -> Option<Vec<(f64, f64)>> {
    let ours = view.selected();
    let versus = ours.versus.as_ref()?;
    let both = |point: usize| {
        let (of, other) = view.paired((&ours.of, point), (versus, point));
        of.into_iter().zip(other)
    };
    Some(points(view.plan(), &ours.of.at).into_iter().flat_map(both).collect())
}
