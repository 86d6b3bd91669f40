//! Proofs for convex problems over covariance matrices of bounded power.
//!
//! Let `f` be convex on the spectraplex `{R ⪰ 0, tr R = P}` with Hermitian gradient `∇` at `R`.
//! Convexity bounds `f` from below by its tangent, and the tangent is smallest at a rank-one
//! point, so
//! ```math
//! f^\star \ge f(R) - g, \qquad g = \langle \nabla, R\rangle - P\,\lambda_{\min}(\nabla) \ge 0 .
//! ```
//! `g` is the Frank–Wolfe gap. It needs one eigenvalue and no conic solver, holds at *any* `R`
//! however it was found — also through a factor `R = VVᴴ` whose problem is not convex — and goes
//! to zero at an optimum.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{CMat, NumError};

use crate::{Bound, Sense};

/// The bound that the Frank–Wolfe gap proves for a convex function to be minimised.
///
/// `value` is `f(R)`, `gradient` its Hermitian gradient at `R`, `inner` is ⟨∇, R⟩ = Re tr(∇ R),
/// and `power` is `P`. `relative_error` says how far `value` and `gradient` themselves may be off
/// (for a matrix inverse, a multiple of ε times its condition number). The bound is lowered by
/// `(64 n ε + relative_error) (|λ|max P + |⟨∇,R⟩|) + relative_error |f|`, which covers that and the
/// rounding of the eigenvalue and the inner product. Gaps are relative to |f|. `None` when the
/// value is not finite.
///
/// # Errors
/// When an entry of the gradient is not finite or the workspace has another order.
pub fn frank_wolfe_bound(
    value: f64,
    gradient: &CMat,
    inner: f64,
    power: f64,
    relative_error: f64,
    eigen: &mut HermitianEigen,
) -> Result<Option<Bound>, NumError> {
    eigen.compute(gradient)?;
    let spectral = eigen.min().abs().max(eigen.max().abs());
    let rounding = 64.0 * f64::EPSILON * gradient.rows().max(1) as f64 + relative_error;
    let margin = rounding * (spectral * power + inner.abs()) + relative_error * value.abs();
    let gap = inner - power * eigen.min() + margin;
    Ok(Bound::new(value, value - gap, Sense::Lower, "frank-wolfe", 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::C64;

    /// f(R) = Σ 1/R_ii over diagonal R with trace one has its minimum n² at R = I/n.
    fn inverse_diagonal(diagonal: &[f64]) -> Bound {
        let n = diagonal.len();
        let value: f64 = diagonal.iter().map(|r| 1.0 / r).sum();
        let gradient = CMat::from_fn(n, n, |i, j| {
            C64::from(if i == j { -1.0 / diagonal[i].powi(2) } else { 0.0 })
        });
        let inner = -value;
        frank_wolfe_bound(value, &gradient, inner, 1.0, 0.0, &mut HermitianEigen::new(n))
            .unwrap()
            .unwrap()
    }

    #[test]
    fn closed_at_the_optimum_and_valid_elsewhere() {
        let optimum = inverse_diagonal(&[0.25; 4]);
        assert!((optimum.value - 16.0).abs() < 1e-10 && optimum.value <= 16.0);
        assert!(optimum.gap_rel < 1e-12);
        let elsewhere = inverse_diagonal(&[0.4, 0.3, 0.2, 0.1]);
        assert!(elsewhere.value < 16.0 && elsewhere.gap_abs > 1.0);
    }
}
