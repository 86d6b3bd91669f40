//! Claims that the closed vocabulary cannot say.

use super::{Function, View};

/// A scheme is behind another when its objective is smaller by more than this, relative.
const BEHIND: f64 = 1e-4;
/// Up to so many users are few.
const FEW_USERS: f64 = 4.0;

/// The function of this name.
pub(super) fn find(name: &str) -> Option<Function> {
    Some(match name {
        "worst_behind_best_known_few_users" => |view| worst(shortfalls(view, "balanced", few)),
        "share_behind_best_known_many_users" => share_behind,
        "worst_behind_best_known_many_users" => |view| worst(shortfalls(view, "balanced", many)),
        "worst_behind_best_known_sixteen_starts" => {
            |view| worst(shortfalls(view, "sixteen-starts", |_| true))
        }
        "worst_above_best_known" => worst_above_best_known,
        _ => return None,
    })
}

/// By how much the best known exceeds a scheme, relative to max(1, |best known|), over all trials
/// of the points of a sweep over users that `wanted` keeps; negative where the scheme is ahead.
fn shortfalls(view: &View<'_>, scheme: &str, wanted: fn(f64) -> bool) -> Vec<f64> {
    let users = view.plan().sweeps.iter().position(|sweep| sweep.path == "scenario.users");
    let mut found = Vec::new();
    for point in 0..view.plan().grid_len() {
        let values = view.plan().grid_values(point);
        if !users.and_then(|sweep| values[sweep].as_f64()).is_some_and(wanted) {
            continue;
        }
        let of = view.samples("objective", scheme, point);
        let best = view.samples("objective", "best-known", point);
        let pairs = of.into_iter().zip(best).filter(|((trial, _), (other, _))| trial == other);
        found.extend(pairs.map(|((_, of), (_, best))| (best - of) / best.abs().max(1.0)));
    }
    found
}

fn few(users: f64) -> bool {
    users <= FEW_USERS
}

fn many(users: f64) -> bool {
    users > FEW_USERS
}

fn worst(shortfalls: Vec<f64>) -> Option<f64> {
    shortfalls.into_iter().reduce(f64::max)
}

/// The share of instances with many users on which the best of four starts is behind.
fn share_behind(view: &View<'_>) -> Option<f64> {
    let all = shortfalls(view, "balanced", many);
    let behind = all.iter().filter(|shortfall| **shortfall > BEHIND).count();
    (!all.is_empty()).then(|| behind as f64 / all.len() as f64)
}

/// By how much any other scheme exceeds the best known, at most.
fn worst_above_best_known(view: &View<'_>) -> Option<f64> {
    let schemes = view.plan().schemes.iter().map(|scheme| scheme.id.as_str());
    let ahead = |scheme: &str| shortfalls(view, scheme, |_| true).into_iter().map(|x| -x);
    schemes.filter(|scheme| *scheme != "best-known").flat_map(ahead).reduce(f64::max)
}
