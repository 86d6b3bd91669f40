//! About the inverse of the Fisher matrix of some beams: a multiplier as any other, of which nothing is trusted.

use crate::beamforming::Scene;

/// `F⁻¹` row by row of beams, streams × antennas, real and imaginary parts; none where it has none.
pub(crate) fn inverse(scene: &Scene, beams: &[f64]) -> Option<Vec<f64>> {
    let (n, c, antennas) = (scene.order(), scene.space.cols, scene.space.rows);
    if antennas == 0 || beams.is_empty() || !beams.len().is_multiple_of(2 * antennas) {
        return None;
    }
    // Z = TᴴRT
    let mut z = vec![(0.0, 0.0); c * c];
    for beam in beams.chunks(2 * antennas) {
        let through = |column: usize| {
            (0..antennas).fold((0.0, 0.0), |(re, im), a| {
                let (t, x) = (scene.space.at(a, column), (beam[2 * a], beam[2 * a + 1]));
                (re + t.re * x.0 + t.im * x.1, im + t.re * x.1 - t.im * x.0)
            })
        };
        let seen: Vec<(f64, f64)> = (0..c).map(through).collect();
        for i in 0..c {
            for j in 0..c {
                let (x, y) = (seen[i], seen[j]);
                z[i * c + j].0 += x.0 * y.0 + x.1 * y.1;
                z[i * c + j].1 += x.1 * y.0 - x.0 * y.1;
            }
        }
    }
    let kappa = scene.sensing.0.re / scene.sensing.1;
    let entry = |at: usize| {
        let gram = &scene.grams[at];
        let pairs = (0..c * c).map(|k| (gram.entries[k], z[(k % c) * c + k / c]));
        kappa * pairs.map(|(g, z)| g.re * z.0 - g.im * z.1).sum::<f64>()
    };
    invert((0..n * n).map(entry).collect(), n)
}

/// By elimination, with ones on the diagonal first; none of what is singular.
fn invert(f: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    let scale: Vec<f64> = (0..n).map(|i| f[i * n + i].sqrt()).collect();
    if !scale.iter().all(|s| *s > 0.0 && s.is_finite()) {
        return None;
    }
    let mut left: Vec<f64> = (0..n * n).map(|k| f[k] / scale[k / n] / scale[k % n]).collect();
    let mut right: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k / n == k % n))).collect();
    for p in 0..n {
        let pivot = left[p * n + p];
        if pivot.is_nan() || pivot <= 1e-14 {
            return None;
        }
        for i in (0..n).filter(|i| *i != p) {
            let factor = left[i * n + p] / pivot;
            for j in 0..n {
                left[i * n + j] -= factor * left[p * n + j];
                right[i * n + j] -= factor * right[p * n + j];
            }
        }
    }
    let inverse = |k: usize| right[k] / left[(k / n) * (n + 1)] / scale[k / n] / scale[k % n];
    Some((0..n * n).map(inverse).collect())
}
