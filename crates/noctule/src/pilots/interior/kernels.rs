//! Dense kernels for the small symmetric systems of an interior point: rows are contiguous, so
//! that every inner loop is a dot product of two slices.

/// Σ a_i b_i.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a4.zip(b4) {
        for i in 0..4 {
            lanes[i] += x[i] * y[i];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// Replace the lower triangle of `a` (order `n`, row by row) by its Cholesky factor. `false` when
/// a pivot is not positive.
pub(super) fn factor(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (above, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..=i];
        for j in 0..i {
            let other = &above[j * n..=j * n + j];
            let sum = row[j] - dot(&row[..j], &other[..j]);
            row[j] = sum / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// Replace `b`, whose first `from` entries are zero, by L⁻¹ b.
pub(super) fn forward(l: &[f64], n: usize, b: &mut [f64], from: usize) {
    for i in from..n {
        let row = &l[i * n..=i * n + i];
        b[i] = (b[i] - dot(&row[from..i], &b[from..i])) / row[i];
    }
}

/// Replace `b` by L⁻ᵀ b.
pub(super) fn backward(l: &[f64], n: usize, b: &mut [f64]) {
    for i in (0..n).rev() {
        let row = &l[i * n..=i * n + i];
        let value = b[i] / row[i];
        b[i] = value;
        for (b, l) in b[..i].iter_mut().zip(&row[..i]) {
            *b -= l * value;
        }
    }
}
