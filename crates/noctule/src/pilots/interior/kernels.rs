//! Dense kernels for the small symmetric systems of an interior point: rows are contiguous, so
//! that every inner loop is a dot product of two slices. Loops are ordered so that products that follow
//! one another do not wait for one another, and [`wide`]; neither changes a byte.

use noctule_num::vector::wide;

/// Σ a_i b_i.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    wide(
        #[inline(always)]
        || product(a, b),
    )
}

#[inline(always)]
fn product(a: &[f64], b: &[f64]) -> f64 {
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

/// Add to `out` the products of `left` with the rows of `rights`, `stride` apart, from the entry `from` on.
pub(super) fn add_products(
    out: &mut [f64],
    left: &[f64],
    rights: &[f64],
    stride: usize,
    from: usize,
) {
    wide(
        #[inline(always)]
        || {
            for (out, right) in out.iter_mut().zip(rights.chunks_exact(stride)) {
                *out += product(left, &right[from..]);
            }
        },
    );
}

/// Replace the lower triangle of `a` (order `n`, row by row) by its Cholesky factor. `false` when
/// a pivot is not positive.
pub(super) fn factor(a: &mut [f64], n: usize) -> bool {
    wide(
        #[inline(always)]
        || {
            for j in 0..n {
                let (above, below) = a.split_at_mut((j + 1) * n);
                let row = &mut above[j * n..=j * n + j];
                let pivot = row[j] - product(&row[..j], &row[..j]);
                if !(pivot > 0.0 && pivot.is_finite()) {
                    return false;
                }
                row[j] = pivot.sqrt();
                for other in below.chunks_exact_mut(n) {
                    let sum = other[j] - product(&other[..j], &row[..j]);
                    other[j] = sum / row[j];
                }
            }
            true
        },
    )
}

/// Replace `b`, whose first `from` entries are zero, by L⁻¹ b.
pub(super) fn forward(l: &[f64], n: usize, b: &mut [f64], from: usize) {
    forward_all(l, n, b, |_| from);
}

/// Replace every column of `n` entries in `columns`, of which the first so many are zero, by L⁻¹ times it.
pub(super) fn forward_all(
    l: &[f64],
    n: usize,
    columns: &mut [f64],
    zeros: impl Fn(usize) -> usize,
) {
    wide(
        #[inline(always)]
        || {
            for i in 0..n {
                let row = &l[i * n..=i * n + i];
                for (c, b) in columns.chunks_exact_mut(n).enumerate() {
                    let from = zeros(c);
                    if from <= i {
                        b[i] = (b[i] - product(&row[from..i], &b[from..i])) / row[i];
                    }
                }
            }
        },
    );
}

/// Replace `b` by L⁻ᵀ b.
pub(super) fn backward(l: &[f64], n: usize, b: &mut [f64]) {
    wide(
        #[inline(always)]
        || {
            for i in (0..n).rev() {
                let row = &l[i * n..=i * n + i];
                let value = b[i] / row[i];
                b[i] = value;
                for (b, l) in b[..i].iter_mut().zip(&row[..i]) {
                    *b -= l * value;
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A symmetric matrix that dominates its diagonal, row by row.
    fn matrix(n: usize) -> Vec<f64> {
        let entry = |i: usize, j: usize| {
            if i == j { n as f64 } else { ((i + j) as f64 * 1.7).sin() }
        };
        (0..n * n).map(|k| entry(k / n, k % n)).collect()
    }

    fn naive_factor(a: &mut [f64], n: usize) {
        for i in 0..n {
            for j in 0..=i {
                let sum: f64 = (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum();
                let rest = a[i * n + j] - sum;
                a[i * n + j] = if i == j { rest.sqrt() } else { rest / a[j * n + j] };
            }
        }
    }

    #[test]
    fn kernels_do_what_sums_do() {
        for n in [1, 2, 5, 8, 13, 31] {
            let (mut ours, mut naive) = (matrix(n), matrix(n));
            assert!(factor(&mut ours, n));
            naive_factor(&mut naive, n);
            for i in 0..n {
                for j in 0..=i {
                    assert!((ours[i * n + j] - naive[i * n + j]).abs() < 1e-13 * n as f64);
                }
            }
            // L⁻ᵀ L⁻¹ of a column is its solution
            let zeros = n / 3;
            let right: Vec<f64> =
                (0..n).map(|i| if i < zeros { 0.0 } else { 1.0 + i as f64 }).collect();
            let mut solved = right.clone();
            forward(&ours, n, &mut solved, zeros);
            backward(&ours, n, &mut solved);
            let a = matrix(n);
            for i in 0..n {
                let sum: f64 = (0..n).map(|j| a[i * n + j] * solved[j]).sum();
                assert!((sum - right[i]).abs() < 1e-12 * n as f64, "{n}: {sum} {}", right[i]);
            }
        }
    }

    /// Columns together have the bytes of columns one by one, and rows that of their products.
    #[test]
    fn many_at_once_are_the_same_as_one_by_one() {
        let n = 11;
        let mut l = matrix(n);
        assert!(factor(&mut l, n));
        let zeros = |c: usize| c % 4;
        let column =
            |c: usize| (0..n).map(move |i| if i < zeros(c) { 0.0 } else { (i * 7 + c) as f64 });
        let mut together: Vec<f64> = (0..6).flat_map(column).collect();
        forward_all(&l, n, &mut together, zeros);
        let mut sums = vec![0.5; 6];
        add_products(&mut sums, &l[3..n], &together, n, 3);
        for c in 0..6 {
            let mut alone: Vec<f64> = column(c).collect();
            forward(&l, n, &mut alone, zeros(c));
            assert_eq!(&together[c * n..(c + 1) * n], alone);
            assert_eq!(sums[c].to_bits(), (0.5 + dot(&l[3..n], &alone[3..])).to_bits());
        }
    }

    #[test]
    fn a_pivot_that_is_not_positive_is_said() {
        for wrong in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
            let mut a = matrix(5);
            a[2 * 5 + 2] = wrong;
            assert!(!factor(&mut a, 5), "{wrong}");
        }
    }
}
