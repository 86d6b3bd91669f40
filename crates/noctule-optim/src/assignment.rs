//! Who serves whom at the smallest total cost.

use pathfinding::kuhn_munkres::kuhn_munkres_min;
use pathfinding::matrix::Matrix;

/// Costs are compared in this many steps between zero and the largest of them: the method works on
/// whole numbers.
const STEPS: f64 = (1_u64 << 52) as f64;

/// Give every row a column of its own so that the sum of `cost(row, column)` is smallest
/// (Kuhn and Munkres, by the crate `pathfinding`). Costs must be finite and not negative.
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
    let matrix = Matrix::from_vec(rows, columns, whole).ok()?;
    Some(kuhn_munkres_min(&matrix).1)
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

    #[test]
    fn what_has_no_answer_has_none() {
        assert_eq!(smallest_total(3, 2, |_, _| 1.0), None);
        assert_eq!(smallest_total(1, 2, |_, _| f64::NAN), None);
        assert_eq!(smallest_total(1, 2, |_, _| -1.0), None);
        assert_eq!(smallest_total(0, 2, |_, _| 1.0), Some(Vec::new()));
        assert_eq!(smallest_total(1, 1, |_, _| 0.0), Some(vec![0]));
    }
}
