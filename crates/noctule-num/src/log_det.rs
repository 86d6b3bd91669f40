//! The logarithm of a determinant near one.

use crate::{C64, CMat, NumError};

/// `ln det(I + X)` of a Hermitian positive semidefinite `X`, of which the lower triangle is read.
///
/// The identity is never added: elimination keeps `X` apart, with `X − x xᴴ/(1 + ξ)` for its Schur
/// complement, and sums `ln(1 + ξ)` over the pivots ξ. So a small determinant keeps its digits, where
/// the Cholesky factor of `I + X` has none left below 10⁻¹⁶.
///
/// # Errors
/// [`NumError::NotPositiveDefinite`] when `I + X` is not; `what` names it.
///
/// # Panics
/// When `X` is not square.
///
/// ```
/// use noctule_num::{C64, CMat, log_det_one_plus};
/// let x = CMat::from_fn(2, 2, |_, _| C64::from(1e-30));
/// assert!((log_det_one_plus(x, "I + X").unwrap() / 2e-30 - 1.0).abs() < 1e-15);
/// ```
pub fn log_det_one_plus(mut x: CMat, what: &'static str) -> Result<f64, NumError> {
    let n = x.rows();
    assert_eq!(n, x.cols(), "a square matrix");
    let mut sum = 0.0;
    for p in 0..n {
        let above = x[(p, p)].re;
        if above.is_nan() || above <= -1.0 {
            return Err(NumError::NotPositiveDefinite { what, pivot: p });
        }
        sum += above.ln_1p();
        let pivot = 1.0 + above;
        for j in p + 1..n {
            let right = x[(j, p)].conj() / pivot;
            for i in j..n {
                let left = x[(i, p)];
                x[(i, j)] -= left * right;
            }
            // Rounding leaves an imaginary part on the diagonal, and may make zero negative.
            x[(j, j)] = C64::from(x[(j, j)].re);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::HermitianEigen;
    use crate::rng::{StreamKey, complex_normal};

    #[test]
    fn the_sum_over_eigenvalues_at_every_size() {
        for exponent in [-150_i32, -20, -8, 0, 8] {
            let mut rng =
                StreamKey::new(1, "test", "log_det", 0).trial(exponent.unsigned_abs().into());
            let scale = 10_f64.powi(exponent).sqrt();
            let y = CMat::from_fn(4, 6, |_, _| complex_normal(&mut rng, 1.0) * scale);
            let x = CMat::from_fn(4, 4, |i, j| (0..6).map(|s| y[(i, s)] * y[(j, s)].conj()).sum());
            let mut eigen = HermitianEigen::new(4);
            eigen.compute(&x).unwrap();
            let exact: f64 = eigen.values().iter().map(|value| value.ln_1p()).sum();
            let found = log_det_one_plus(x, "I + X").unwrap();
            assert!((found / exact - 1.0).abs() < 1e-13, "1e{exponent}: {found} {exact}");
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        let mut x = CMat::identity(2);
        x[(1, 1)] = C64::from(-2.0);
        assert!(log_det_one_plus(x, "I + X").is_err());
        assert!(
            log_det_one_plus(CMat::from_fn(1, 1, |_, _| C64::from(f64::NAN)), "I + X").is_err()
        );
        assert_eq!(log_det_one_plus(CMat::zeros(0, 0), "I + X"), Ok(0.0));
    }
}
