//! Integrals over an interval.

use std::f64::consts::PI;

/// A Gauss–Legendre rule: exact for polynomials of degree `2n − 1`.
///
/// ```
/// use noctule_num::quadrature::GaussLegendre;
/// let rule = GaussLegendre::new(12);
/// let value = rule.integrate(0.0, 1.0, f64::exp);
/// assert!((value - (std::f64::consts::E - 1.0)).abs() < 1e-15);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GaussLegendre {
    /// Nodes in (−1, 1) with their weights, ascending.
    nodes: Vec<(f64, f64)>,
}

impl GaussLegendre {
    /// The rule with `n` nodes (at least one).
    ///
    /// Nodes are the zeros of the Legendre polynomial, found by Newton's method from the usual
    /// asymptotic start; `O(n²)`, and to the last digits for the few hundred nodes used here.
    pub fn new(n: usize) -> Self {
        let n = n.max(1);
        let mut nodes = vec![(0.0, 0.0); n];
        for i in 0..n.div_ceil(2) {
            let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (value, derivative) = legendre(n, x);
                slope = derivative;
                let step = value / derivative;
                x -= step;
                if step.abs() <= 1e-15 {
                    slope = legendre(n, x).1;
                    break;
                }
            }
            // The middle node of an odd rule is zero by symmetry.
            if 2 * i + 1 == n {
                x = 0.0;
                slope = legendre(n, x).1;
            }
            let weight = 2.0 / ((1.0 - x * x) * slope * slope);
            nodes[i] = (-x, weight);
            nodes[n - 1 - i] = (x, weight);
        }
        Self { nodes }
    }

    /// Number of nodes.
    #[allow(clippy::len_without_is_empty, reason = "there is at least one")]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Nodes with their weights, moved to `[low, high]`.
    pub fn on(&self, low: f64, high: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        self.nodes.iter().map(move |&(x, w)| (middle + half * x, half * w))
    }

    /// ∫ f over `[low, high]`.
    pub fn integrate(&self, low: f64, high: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
        self.on(low, high).map(|(x, w)| w * f(x)).sum()
    }
}

/// The Legendre polynomial of degree `n` and its derivative, by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_for_polynomials_up_to_its_degree() {
        for n in [1, 2, 3, 7, 16, 64, 201] {
            let rule = GaussLegendre::new(n);
            for degree in [0, 1, n - 1, 2 * n - 2, 2 * n - 1] {
                let exact = if degree % 2 == 0 { 2.0 / (degree as f64 + 1.0) } else { 0.0 };
                let value = rule.integrate(-1.0, 1.0, |x| x.powi(degree as i32));
                assert!((value - exact).abs() < 2e-14, "n {n}, degree {degree}: {value} {exact}");
            }
        }
    }

    #[test]
    fn oscillations_are_resolved() {
        // ∫ cos(40 x) over [0, 1]
        let value = GaussLegendre::new(40).integrate(0.0, 1.0, |x| (40.0 * x).cos());
        assert!((value - 40.0_f64.sin() / 40.0).abs() < 1e-14, "{value}");
    }
}
