//! Special functions.

/// The Bessel function J₀ of the first kind.
///
/// ```
/// use noctule_num::special::bessel_j0;
/// assert!(bessel_j0(2.404825557695773).abs() < 1e-15); // its first zero
/// ```
pub fn bessel_j0(x: f64) -> f64 {
    libm::j0(x)
}

/// The logarithm of the gamma function of a positive number.
///
/// ```
/// use noctule_num::special::ln_gamma;
/// assert!((ln_gamma(5.0) - 24.0_f64.ln()).abs() < 1e-14);
/// ```
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// J₀(x), …, J_n(x) of the first kind, to some 10⁻¹⁵.
///
/// Miller's method: the recurrence is stable downwards, so it starts well above n and |x| with
/// arbitrary numbers, and is scaled by `J₀ + 2 Σ J_{2k} = 1`.
///
/// ```
/// use noctule_num::special::bessel_j_orders;
/// let j = bessel_j_orders(1.0, 2);
/// assert!((j[1] - 0.44005058574493355).abs() < 1e-15);
/// assert!((bessel_j_orders(-1.0, 2)[1] + j[1]).abs() < 1e-300); // odd orders are odd
/// ```
pub fn bessel_j_orders(x: f64, n: usize) -> Vec<f64> {
    let size = x.abs();
    let mut out = vec![0.0; n + 1];
    // Below, the second term of the series is under the last digit of the first.
    if size < 1e-9 {
        let mut term = 1.0;
        for (k, value) in out.iter_mut().enumerate() {
            *value = term;
            term *= x / (2.0 * (k as f64 + 1.0));
        }
        return out;
    }
    let turning = (n as f64).max(size);
    let start = (turning + 40.0 + 16.0 * turning.cbrt()) as usize / 2 * 2;
    let (mut above, mut value, mut sum) = (0.0, 1e-290, 0.0);
    for k in (0..start).rev() {
        let below = 2.0 * (k as f64 + 1.0) / size * value - above;
        (above, value) = (value, below);
        if k <= n {
            out[k] = value;
        }
        if k % 2 == 0 {
            sum += if k == 0 { value } else { 2.0 * value };
        }
        if value.abs() > 1e250 {
            for number in [&mut above, &mut value, &mut sum].into_iter().chain(&mut out) {
                *number *= 1e-250;
            }
        }
    }
    for (k, value) in out.iter_mut().enumerate() {
        *value /= if x < 0.0 && k % 2 == 1 { -sum } else { sum };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{bessel_j_orders, bessel_j0};
    use crate::quadrature::GaussLegendre;
    use std::f64::consts::PI;

    #[test]
    fn agrees_with_its_integral() {
        // J₀(x) = 1/π ∫₀^π cos(x sin t) dt
        let rule = GaussLegendre::new(80);
        for x in [0.0, 1e-6, 0.2, 1.0, 2.4, 5.5, 17.0, 60.0] {
            let exact = rule.integrate(0.0, PI, |t| (x * t.sin()).cos()) / PI;
            assert!((bessel_j0(x) - exact).abs() < 1e-14, "{x}: {} {exact}", bessel_j0(x));
        }
    }

    #[test]
    fn all_orders_agree_with_their_integrals() {
        // J_k(x) = 1/π ∫₀^π cos(kt − x sin t) dt
        let rule = GaussLegendre::new(200);
        for x in [0.0, 1e-12, -1e-9, 1e-3, 0.7, -2.0, 8.5, 40.0, -100.0] {
            let found = bessel_j_orders(x, 130);
            for (k, j) in found.iter().enumerate() {
                let exact = rule.integrate(0.0, PI, |t| (k as f64 * t - x * t.sin()).cos()) / PI;
                assert!((j - exact).abs() < 2e-14, "J_{k}({x}): {j} {exact}");
            }
            assert!((found[0] - bessel_j0(x)).abs() < 1e-14);
        }
    }
}
