//! Non-negative least squares of a few unknowns (Lawson and Hanson), from the normal equations.

use super::uplink::solved;

/// `x ≥ 0` with the least `‖Σ x_i a_i − b‖`, from the products `a_iᵀa_j` (row by row) and `a_iᵀb`. Columns
/// are scaled to unit norm, so that their units do not matter.
pub(super) fn nnls(gram: &[f64], right: &[f64]) -> Vec<f64> {
    let n = right.len();
    let scale: Vec<f64> = (0..n)
        .map(|i| {
            let norm = gram[i * n + i].max(0.0).sqrt();
            if norm > 0.0 { 1.0 / norm } else { 0.0 }
        })
        .collect();
    let g = |i: usize, j: usize| gram[i * n + j] * scale[i] * scale[j];
    let b: Vec<f64> = (0..n).map(|i| right[i] * scale[i]).collect();
    let size = b.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let mut x = vec![0.0; n];
    let mut free = vec![false; n];
    for _ in 0..10 * n + 10 {
        let slope = |i: usize| b[i] - (0..n).map(|j| g(i, j) * x[j]).sum::<f64>();
        let next = (0..n)
            .filter(|i| !free[*i] && scale[*i] > 0.0)
            .map(|i| (i, slope(i)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, slope)| *slope > 1e-13 * size);
        let Some((enter, _)) = next else { break };
        free[enter] = true;
        loop {
            let kept: Vec<usize> = (0..n).filter(|i| free[*i]).collect();
            let m = kept.len();
            let mut matrix: Vec<f64> = (0..m * m).map(|k| g(kept[k / m], kept[k % m])).collect();
            let Some(wanted) = solved(&mut matrix, kept.iter().map(|i| b[*i]).collect()) else {
                free[enter] = false;
                break;
            };
            if wanted.iter().all(|v| *v > 0.0) {
                for (i, v) in kept.iter().zip(&wanted) {
                    x[*i] = *v;
                }
                break;
            }
            // as far as the first that reaches zero
            let mut step = 1.0_f64;
            for (i, v) in kept.iter().zip(&wanted).filter(|(_, v)| **v <= 0.0) {
                step = step.min(x[*i] / (x[*i] - v));
            }
            for (i, v) in kept.iter().zip(&wanted) {
                x[*i] += step * (v - x[*i]);
                if x[*i] <= 1e-300 || (*v <= 0.0 && x[*i] <= 1e-15) {
                    x[*i] = 0.0;
                    free[*i] = false;
                }
            }
            if !free.iter().any(|f| *f) {
                break;
            }
        }
    }
    x.iter().zip(&scale).map(|(x, s)| x * s).collect()
}
