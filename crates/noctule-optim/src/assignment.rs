//! Who serves whom at the smallest total cost.

/// Costs are compared in this many steps between zero and the largest of them: the method works on
/// whole numbers.
const STEPS: f64 = (1_u64 << 52) as f64;

/// Give every row a column of its own so that the sum of `cost(row, column)` is smallest
/// (the Hungarian method of Kuhn and Munkres). Costs must be finite and not negative.
///
/// Returns the column of each row; `None` when there are more rows than columns or a cost is
/// negative or not finite.
///
/// ```
/// let cost = [[4.0, 1.0, 3.0], [2.0, 0.0, 5.0]];
/// let found = noctule_optim::assignment::smallest_total(2, 3, |i, j| cost[i][j]);
/// assert_eq!(found, Some(vec![1, 0]));
/// ```
pub fn smallest_total(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Option<Vec<usize>> {
    if rows > columns {
        return None;
    }
    if rows == 0 {
        return Some(Vec::new());
    }
    let costs: Vec<f64> =
        (0..rows * columns).map(|index| cost(index / columns, index % columns)).collect();
    if costs.iter().any(|c| !(c.is_finite() && *c >= 0.0)) {
        return None;
    }
    let largest = costs.iter().copied().fold(0.0, f64::max);
    // Room for the sum over all rows, so that no total overflows.
    let unit = if largest > 0.0 { STEPS / largest } else { 0.0 };
    let whole: Vec<i64> = costs.iter().map(|c| (c * unit).round() as i64).collect();
    let mut matching = Matching::new(rows, columns, whole);
    (0..rows).for_each(|row| matching.augment(row));
    Some(matching.column_of.into_iter().flatten().collect())
}

/// A matching that grows by one row at a time. Potentials of rows and columns leave every cost with
/// a slack `cost − row − column ≥ 0`, which is zero where they are matched: that is the proof that
/// the matching of the rows so far is a cheapest one.
struct Matching {
    columns: usize,
    cost: Vec<i64>,
    row_potential: Vec<i64>,
    column_potential: Vec<i64>,
    column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
}

impl Matching {
    fn new(rows: usize, columns: usize, cost: Vec<i64>) -> Self {
        let least = |row: &[i64]| row.iter().copied().min().unwrap_or(0);
        Self {
            columns,
            row_potential: cost.chunks(columns).map(least).collect(),
            cost,
            column_potential: vec![0; columns],
            column_of: vec![None; rows],
            row_of: vec![None; columns],
        }
    }

    fn slack(&self, row: usize, column: usize) -> i64 {
        let cost = self.cost[row * self.columns + column];
        cost - self.row_potential[row] - self.column_potential[column]
    }

    /// Match `root` too: grow the tree of rows that could give up their column, always by the
    /// column of least slack (the first of several), until that column is free.
    fn augment(&mut self, root: usize) {
        let mut tree = vec![root];
        // The row by which each column was reached.
        let mut reached: Vec<Option<usize>> = vec![None; self.columns];
        let mut slack: Vec<(i64, usize)> =
            (0..self.columns).map(|column| (self.slack(root, column), root)).collect();
        let free = loop {
            let open = (0..self.columns).filter(|&column| reached[column].is_none());
            // There are more columns than rows in the tree: one is open.
            let Some(column) = open.min_by_key(|&column| slack[column].0) else { return };
            let (step, row) = slack[column];
            if step > 0 {
                tree.iter().for_each(|&row| self.row_potential[row] += step);
                for other in 0..self.columns {
                    match reached[other] {
                        Some(_) => self.column_potential[other] -= step,
                        None => slack[other].0 -= step,
                    }
                }
            }
            reached[column] = Some(row);
            let Some(next) = self.row_of[column] else { break column };
            tree.push(next);
            for other in (0..self.columns).filter(|&other| reached[other].is_none()) {
                let found = self.slack(next, other);
                if slack[other].0 > found {
                    slack[other] = (found, next);
                }
            }
        };
        // Along the path back to the root every row takes the next column.
        let mut column = Some(free);
        while let Some(taken) = column {
            let Some(row) = reached[taken] else { return };
            self.row_of[taken] = Some(row);
            column = self.column_of[row].replace(taken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, uniform};

    fn brute_force(rows: usize, cost: &[Vec<f64>], used: &mut Vec<usize>) -> f64 {
        if used.len() == rows {
            return used.iter().enumerate().map(|(i, &j)| cost[i][j]).sum();
        }
        let mut best = f64::INFINITY;
        for j in 0..cost[0].len() {
            if !used.contains(&j) {
                used.push(j);
                best = best.min(brute_force(rows, cost, used));
                used.pop();
            }
        }
        best
    }

    #[test]
    fn as_good_as_trying_everything() {
        let mut rng = StreamKey::new(1, "test", "assignment", 0).trial(0);
        for (rows, columns) in [(1, 1), (2, 5), (4, 4), (4, 6)] {
            for _ in 0..20 {
                let cost: Vec<Vec<f64>> = (0..rows)
                    .map(|_| (0..columns).map(|_| uniform(&mut rng, 0.0, 3.0)).collect())
                    .collect();
                let found = smallest_total(rows, columns, |i, j| cost[i][j]).unwrap();
                let total: f64 = found.iter().enumerate().map(|(i, &j)| cost[i][j]).sum();
                assert!((total - brute_force(rows, &cost, &mut Vec::new())).abs() < 1e-12);
            }
        }
    }

    /// Also where several are cheapest: which one is taken is part of published results.
    #[test]
    fn the_one_that_the_crate_pathfinding_takes() {
        let mut rng = StreamKey::new(2, "test", "assignment", 0).trial(0);
        for (rows, columns) in [(1, 3), (3, 3), (4, 7), (6, 6), (9, 12)] {
            for levels in [2.0, 4.0, 1e6] {
                for _ in 0..60 {
                    let cost: Vec<f64> = (0..rows * columns)
                        .map(|_| uniform(&mut rng, 0.0, levels).floor())
                        .collect();
                    let largest = cost.iter().copied().fold(0.0, f64::max);
                    let unit = if largest > 0.0 { STEPS / largest } else { 0.0 };
                    let whole = cost.iter().map(|c| (c * unit).round() as i64).collect();
                    let matrix = pathfinding::matrix::Matrix::from_vec(rows, columns, whole);
                    let theirs = pathfinding::kuhn_munkres::kuhn_munkres_min(&matrix.unwrap()).1;
                    let ours = smallest_total(rows, columns, |i, j| cost[i * columns + j]);
                    assert_eq!(ours, Some(theirs), "{cost:?}");
                }
            }
        }
    }

    #[test]
    fn what_has_no_answer_has_none() {
        assert_eq!(smallest_total(3, 2, |_, _| 1.0), None);
        assert_eq!(smallest_total(1, 2, |_, _| f64::NAN), None);
        assert_eq!(smallest_total(1, 2, |_, _| -1.0), None);
        assert_eq!(smallest_total(0, 2, |_, _| 1.0), Some(Vec::new()));
        assert_eq!(smallest_total(1, 1, |_, _| 0.0), Some(vec![0]));
    }
}
