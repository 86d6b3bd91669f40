//! Groups of things that are far apart.

/// Merge `count` things into at most `groups` groups, each time the two groups with the **largest**
/// smallest distance between their members (single linkage upside down): things far from each
/// other end up together. Ties go to the pair with the lowest indices. Groups are ordered by their
/// smallest member, members ascending.
///
/// This is Algorithm 1 of W. Mao et al. for users that share a pilot. Nothing keeps the groups
/// equal; see [`merge_farthest_balanced`].
///
/// ```
/// let x = [0.0_f64, 1.0, 10.0];
/// let groups = noctule_optim::clustering::merge_farthest(3, 2, |i, j| (x[i] - x[j]).abs());
/// assert_eq!(groups, vec![vec![0, 2], vec![1]]);
/// ```
pub fn merge_farthest(
    count: usize,
    groups: usize,
    distance: impl Fn(usize, usize) -> f64,
) -> Vec<Vec<usize>> {
    merge(count, groups, usize::MAX, distance)
}

/// [`merge_farthest`] where no group grows beyond `⌈count / groups⌉` members, as long as a pair
/// fits; when none does, the limit is raised by one.
pub fn merge_farthest_balanced(
    count: usize,
    groups: usize,
    distance: impl Fn(usize, usize) -> f64,
) -> Vec<Vec<usize>> {
    merge(count, groups, count.div_ceil(groups.max(1)), distance)
}

fn merge(
    count: usize,
    groups: usize,
    mut limit: usize,
    distance: impl Fn(usize, usize) -> f64,
) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = (0..count).map(|i| vec![i]).collect();
    // Smallest distance between clusters, kept up to date as they merge.
    let mut between: Vec<Vec<f64>> =
        (0..count).map(|i| (0..count).map(|j| distance(i, j)).collect()).collect();
    while clusters.len() > groups.max(1) {
        let mut best: Option<(f64, usize, usize)> = None;
        for i in 0..clusters.len() {
            for j in i + 1..clusters.len() {
                let fits = clusters[i].len() + clusters[j].len() <= limit;
                if fits && best.is_none_or(|(d, _, _)| between[i][j] > d) {
                    best = Some((between[i][j], i, j));
                }
            }
        }
        let Some((_, i, j)) = best else {
            limit += 1;
            continue;
        };
        let moved = clusters.remove(j);
        clusters[i].extend(moved);
        clusters[i].sort_unstable();
        let row = between.remove(j);
        for (other, distances) in between.iter_mut().enumerate() {
            let removed = distances.remove(j);
            if other != i {
                distances[i] = distances[i].min(removed);
            }
        }
        for (other, distance) in row.into_iter().enumerate() {
            if other != j {
                let index = if other > j { other - 1 } else { other };
                if index != i {
                    between[i][index] = between[i][index].min(distance);
                }
            }
        }
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, uniform};

    /// The same by recomputing every linkage from its definition.
    fn naive(points: &[f64], groups: usize) -> Vec<Vec<usize>> {
        let mut clusters: Vec<Vec<usize>> = (0..points.len()).map(|i| vec![i]).collect();
        while clusters.len() > groups {
            let link = |a: &[usize], b: &[usize]| {
                a.iter()
                    .flat_map(|i| b.iter().map(move |j| (points[*i] - points[*j]).abs()))
                    .fold(f64::INFINITY, f64::min)
            };
            let mut best = (f64::NEG_INFINITY, 0, 0);
            for i in 0..clusters.len() {
                for j in i + 1..clusters.len() {
                    let d = link(&clusters[i], &clusters[j]);
                    if d > best.0 {
                        best = (d, i, j);
                    }
                }
            }
            let moved = clusters.remove(best.2);
            clusters[best.1].extend(moved);
            clusters[best.1].sort_unstable();
        }
        clusters
    }

    #[test]
    fn linkages_are_kept_right() {
        let mut rng = StreamKey::new(1, "test", "clustering", 0).trial(0);
        for count in 1..12 {
            let x: Vec<f64> = (0..count).map(|_| uniform(&mut rng, 0.0, 1.0)).collect();
            for groups in 1..=count {
                let found = merge_farthest(count, groups, |i, j| (x[i] - x[j]).abs());
                assert_eq!(found, naive(&x, groups));
            }
        }
    }

    #[test]
    fn balanced_groups_differ_by_little() {
        let x: Vec<f64> = (0..9).map(|i| f64::from(i * i)).collect();
        let groups = merge_farthest_balanced(9, 5, |i, j| (x[i] - x[j]).abs());
        assert_eq!(groups.len(), 5);
        assert!(groups.iter().all(|g| g.len() <= 2));
        // Four pairs cannot become three groups of at most three: the limit gives way.
        assert_eq!(merge_farthest_balanced(8, 3, |i, j| (x[i] - x[j]).abs()).len(), 3);
        assert_eq!(merge_farthest(2, 5, |_, _| 1.0), vec![vec![0], vec![1]]);
        assert!(merge_farthest(0, 2, |_, _| 1.0).is_empty());
    }
}
