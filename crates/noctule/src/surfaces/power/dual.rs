//! The proof of an allocation: the value of the Lagrangian dual at its prices.

use super::Prices;
use super::levels::{largest, others, strongest};

/// An upper bound in nats on the rate of every allocation that meets the requirement: the value of
/// the Lagrangian dual at some prices, whatever they are. Powers are at most P, which every
/// allocation satisfies, so that any prices give a bound:
/// ```math
/// \lambda P - \mu\Gamma + P(\mu W-\lambda)^+ + \sum_k \max_{0\le p\le P}
///   \big[\ln(1+g_kp) - (\lambda-\mu w_k)p\big],\qquad W = \sum_k w_k .
/// ```
///
/// # Panics
/// When the slices differ in length.
pub fn dual_bound(
    gains: &[f64],
    weights: &[f64],
    power: f64,
    required: f64,
    prices: Prices,
) -> f64 {
    assert_eq!(gains.len(), weights.len(), "one weight for every gain");
    let reduced = prices.reduced.clamp(0.0, prices.power.max(0.0));
    let price = prices.power.max(0.0);
    let (largest, top) = (largest(weights), strongest(weights));
    let relative = |w: f64| if largest > 0.0 { w / largest } else { 0.0 };
    // μ max w, and what is left of λP − μΓ
    let sensing = price - reduced;
    let mut value = price * power - sensing * relative(required);
    let rest = if weights.is_empty() { 0.0 } else { relative(others(weights, top)) };
    value += power * (sensing * rest - reduced).max(0.0);
    for (&gain, &weight) in gains.iter().zip(weights) {
        let cost = price * (1.0 - relative(weight)) + reduced * relative(weight);
        let p = if gain <= cost {
            0.0
        } else if cost > 0.0 {
            (1.0 / cost - 1.0 / gain).min(power)
        } else {
            power
        };
        value += (gain * p).ln_1p() - cost * p;
    }
    value
}
