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

#[cfg(test)]
mod tests {
    use super::bessel_j0;
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
}
