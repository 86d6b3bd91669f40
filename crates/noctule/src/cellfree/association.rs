//! Who shares a pilot, and who senses what.

use noctule_optim::{assignment, clustering};
use noctule_phy::geometry::Point;

pub use super::scenario::Clustering;

/// Groups of users that share a pilot: `pilots` groups of users far from each other (Algorithm 1 of
/// the paper; ties go to the pair of lowest indices). One user a group when there are pilots enough.
pub fn pilot_groups(users: &[Point], pilots: usize, rule: Clustering) -> Vec<Vec<usize>> {
    let distance = |i: usize, j: usize| users[i].distance_m(users[j]);
    match rule {
        Clustering::Farthest => clustering::merge_farthest(users.len(), pilots, distance),
        Clustering::Balanced => clustering::merge_farthest_balanced(users.len(), pilots, distance),
        Clustering::InTurn => {
            let groups = pilots.min(users.len());
            let group = |pilot: usize| (pilot..users.len()).step_by(pilots.max(1)).collect();
            (0..groups).map(group).collect()
        }
    }
}

/// The access point of each target, each with at most one target, so that the sum of distances is
/// smallest; `None` when there are more targets than access points.
pub fn pair_targets(targets: &[Point], aps: &[Point]) -> Option<Vec<usize>> {
    assignment::smallest_total(targets.len(), aps.len(), |t, m| targets[t].distance_m(aps[m]))
}
