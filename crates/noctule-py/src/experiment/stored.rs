//! Failures of functions that are in chunks already, from earlier calls.

use std::collections::BTreeSet;

use noctule_lab::LabError;
use noctule_lab::fold::GroupSummary;
use noctule_lab::plan::Plan;
use noctule_lab::run::{Ending, Shard, Store};
use serde_json::{Map, Value, json};

/// End a run that is to end with the first failure of these schemes, where there is one already.
pub(super) fn refuse(store: &Store, schemes: &BTreeSet<String>) -> Result<(), LabError> {
    if schemes.is_empty() {
        return Ok(());
    }
    let asked = |scheme: &str, ending: Ending| ending == Ending::Failed && schemes.contains(scheme);
    store.stored_failure(Shard::default(), asked)?.map_or(Ok(()), Err)
}

/// How many designs of each scheme failed, in this call or before, with the first reason.
pub(super) fn failed<'a>(
    plan: &Plan,
    groups: &[GroupSummary],
    schemes: impl Iterator<Item = &'a String>,
) -> Value {
    let mut all = Map::new();
    for id in schemes {
        let Some(scheme) = plan.schemes.iter().position(|scheme| scheme.id == *id) else {
            continue;
        };
        // A design that stands for several points of the grid is one.
        let chains = (0..plan.chain_count()).filter(|chain| plan.chain_scheme(*chain) == scheme);
        let points = |chain: usize| {
            (0..plan.chain_len()).filter_map(move |p| plan.grid_points(chain, p).first().copied())
        };
        let points: BTreeSet<usize> = chains.flat_map(points).collect();
        let ours = |group: &&GroupSummary| {
            group.scheme == scheme && group.failed > 0 && points.contains(&group.point)
        };
        let count: u64 = groups.iter().filter(ours).map(|group| group.failed).sum();
        let first = groups.iter().filter(ours).find_map(|group| group.first_failure.as_ref());
        if count > 0 {
            all.insert(id.clone(), json!({ "count": count, "first": first }));
        }
    }
    Value::Object(all)
}
