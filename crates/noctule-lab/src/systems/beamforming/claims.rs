//! Claims that the closed vocabulary cannot say.

use crate::claim::{Function, View};

/// A scheme is behind another when its objective is smaller by more than this, relative.
const BEHIND: f64 = 1e-4;

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "share_behind_best_known" => share_behind_best_known,
        "worst_behind_best_known" => worst_behind_best_known,
        _ => return None,
    })
}

/// By how much `balanced` stays behind `best-known`, relative, over all points and trials.
fn shortfalls(view: &View<'_>) -> Vec<f64> {
    let mut found = Vec::new();
    for point in 0..view.plan().grid_len() {
        let ours = view.samples("objective", "balanced", point);
        let best = view.samples("objective", "best-known", point);
        for ((trial, ours), (other, best)) in ours.into_iter().zip(best) {
            if trial == other {
                found.push(((best - ours) / best.abs().max(1.0)).max(0.0));
            }
        }
    }
    found
}

/// The share of instances on which `balanced` is behind, over all points of the sweeps.
fn share_behind_best_known(view: &View<'_>) -> Option<f64> {
    let all = shortfalls(view);
    let behind = all.iter().filter(|shortfall| **shortfall > BEHIND).count();
    (!all.is_empty()).then(|| behind as f64 / all.len() as f64)
}

/// The largest relative shortfall of `balanced`, over all points of the sweeps.
fn worst_behind_best_known(view: &View<'_>) -> Option<f64> {
    shortfalls(view).into_iter().reduce(f64::max)
}
