//! Detection of a target by the energy of its matched filter.
//!
//! The filter's output is `√ρ e^{jφ} + n` with noise of power one, an unknown phase, and the
//! signal-to-noise ratio ρ of all snapshots together. Its energy is exponential without a target,
//! and noncentral χ² with two degrees of freedom with one:
//! ```math
//! P_{fa} = e^{-t},\qquad P_d = Q_1(\sqrt{2\rho}, \sqrt{2t})
//! = \sum_{k\ge 0} \frac{e^{-\rho}\rho^k}{k!}\sum_{j=0}^{k}\frac{e^{-t}t^j}{j!}
//! ```
//! with Marcum's Q (S. M. Kay, *Fundamentals of Statistical Signal Processing: Detection Theory*).

use noctule_num::special::ln_gamma;

/// Beyond this distance of the roots of ρ and t a tail is below 10⁻³⁵.
const FAR: f64 = 9.0;
/// What is left of a sum is lost in it from here on, relative.
const ROUNDING: f64 = 1e-17;

/// Probability of detection at the signal-to-noise ratio `snr` and a false-alarm probability.
///
/// ```
/// use noctule_phy::detection::detection_probability;
/// assert!((detection_probability(0.0, 1e-3) - 1e-3).abs() < 1e-15);
/// assert!(detection_probability(20.0, 1e-3) > 0.99);
/// ```
pub fn detection_probability(snr: f64, false_alarm: f64) -> f64 {
    let threshold = -false_alarm.ln();
    let (mut tail, mut terms) = (0.0, Poisson::new(threshold));
    summed(snr, threshold, || {
        tail += terms.next_term();
        tail
    })
}

/// `½(1 − Q₁(√2t, √2ρ) + Q₁(√2ρ, √2t))` for `ρ ≤ t`: the probability that the weaker of two signals in noise has the
/// larger energy (S. Stein, IEEE Trans. Inf. Theory 10, 1964).
///
/// Since `Q₁(a, b) + Q₁(b, a) = 1 + e^{−(a²+b²)/2} I₀(ab)`, it is `Q₁(√2ρ, √2t) − ½ e^{−ρ−t} I₀(2√ρt)`: one sum in
/// the place of two, and no difference of numbers close to one.
pub fn overtaking(snr: f64, threshold: f64) -> f64 {
    let (mut tail, mut terms) = (0.0, Poisson::new(threshold));
    // Both Q and e^{−ρ−t} I₀ = Σ_k e^{−ρ}ρ^k/k! · e^{−t}t^k/k! are sums over the same terms.
    summed(snr, threshold, || {
        let term = terms.next_term();
        tail += term;
        tail - 0.5 * term
    })
}

/// dP_d/dρ.
pub fn detection_slope(snr: f64, false_alarm: f64) -> f64 {
    let threshold = -false_alarm.ln();
    if snr.sqrt() - threshold.sqrt() > FAR {
        return 0.0;
    }
    let mut terms = Poisson::new(threshold);
    terms.next_term();
    summed(snr, threshold, || terms.next_term())
}

/// The signal-to-noise ratio at which a target is detected with `probability`; zero up to the
/// false-alarm probability, infinite from one on.
pub fn snr_for_detection(probability: f64, false_alarm: f64) -> f64 {
    if probability <= false_alarm {
        return 0.0;
    }
    if probability >= 1.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (0.0, ((-false_alarm.ln()).sqrt() + FAR + 1.0).powi(2));
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if detection_probability(middle, false_alarm) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// `Σ_k e^{−ρ}ρ^k/k! · f_k`, with `f` the next number of a sequence between zero and one; one where ρ is far above
/// the threshold. Ends where all that is left is less than the rounding of the sum.
fn summed(snr: f64, threshold: f64, mut f: impl FnMut() -> f64) -> f64 {
    if snr.sqrt() - threshold.sqrt() > FAR {
        return 1.0;
    }
    let last = snr + FAR * (snr.sqrt() + FAR);
    let (mut sum, mut terms) = (0.0, Poisson::new(snr));
    for k in 0..=last as usize {
        let term = terms.next_term();
        sum += term * f();
        // Each of the terms left is less than ρ/(k+1) times the one before it.
        let ratio = snr / (k as f64 + 1.0);
        if ratio < 1.0 && term * ratio < ROUNDING * sum * (1.0 - ratio) {
            break;
        }
    }
    sum.min(1.0)
}

/// `e^{−x} x^k/k!` for `k = 0, 1, …`, each from the one before while the first is a number.
struct Poisson {
    x: f64,
    k: f64,
    term: f64,
}

impl Poisson {
    /// Beyond this the first term is none.
    const SMALLEST: f64 = 700.0;

    fn new(x: f64) -> Self {
        Self { x, k: 0.0, term: if x <= Self::SMALLEST { (-x).exp() } else { 0.0 } }
    }

    fn next_term(&mut self) -> f64 {
        let (k, x) = (self.k, self.x);
        self.k += 1.0;
        if x > Self::SMALLEST {
            return (k * x.ln() - x - ln_gamma(k + 1.0)).exp();
        }
        let term = self.term;
        self.term *= x / self.k;
        term
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With exponential ρ the probability is known: `P_fa^{1/(1+ρ̄)}`.
    #[test]
    fn a_fluctuating_target_is_detected_as_the_textbook_says() {
        for (mean, false_alarm) in [(3.0_f64, 1e-2_f64), (10.0, 1e-4), (0.5, 0.3)] {
            let steps = 200_000;
            let step = 40.0 * mean / f64::from(steps);
            let at = |i: i32| {
                let snr = (f64::from(i) + 0.5) * step;
                (-snr / mean).exp() / mean * detection_probability(snr, false_alarm) * step
            };
            // far fewer points would do for a smooth integrand; a midpoint rule needs some
            let found: f64 = (0..steps).step_by(100).map(|i| at(i + 50) * 100.0).sum();
            let known = false_alarm.powf(1.0 / (1.0 + mean));
            assert!((found - known).abs() < 2e-4, "{found} instead of {known}");
        }
    }

    /// From one term to the next, and each by itself where the first underflows.
    #[test]
    fn terms_follow_from_one_another() {
        for x in [0.0, 1e-3, 4.0, 60.0, 699.0, 701.0] {
            let mut terms = Poisson::new(x);
            for k in 0..1500_u32 {
                let found = terms.next_term();
                let k = f64::from(k);
                let exact = match x > 0.0 {
                    true => (k * x.ln() - x - ln_gamma(k + 1.0)).exp(),
                    false => f64::from(u8::from(k < 0.5)),
                };
                assert!(
                    (found - exact).abs() <= 1e-11 * exact + 1e-300,
                    "{x} {k}: {found} {exact}"
                );
            }
        }
    }

    /// All terms up to the last one that could be of use: what an early end leaves out is below the rounding, even where
    /// probabilities are tiny.
    #[test]
    fn an_early_end_leaves_out_nothing() {
        for threshold in [1e-3, 0.5, 7.0, 60.0, 400.0] {
            for snr in [0.0, 1e-6, 0.3, 4.0, 50.0, 350.0] {
                if f64::sqrt(snr) - f64::sqrt(threshold) > FAR {
                    continue;
                }
                let (mut tail, mut sum, mut half) = (0.0, 0.0, 0.0);
                let (mut by_snr, mut by_threshold) = (Poisson::new(snr), Poisson::new(threshold));
                let last = snr + FAR * (f64::sqrt(snr) + FAR);
                for _ in 0..=last as usize {
                    let (weight, term) = (by_snr.next_term(), by_threshold.next_term());
                    tail += term;
                    sum += weight * tail;
                    half += 0.5 * weight * term;
                }
                let found = detection_probability(snr, (-threshold).exp());
                assert!((found - sum).abs() <= 1e-13 * sum, "{snr} {threshold}: {found} {sum}");
                let found = overtaking(snr, threshold);
                let wanted = sum - half;
                assert!(
                    (found - wanted).abs() <= 1e-13 * sum,
                    "{snr} {threshold}: {found} {wanted}"
                );
            }
        }
    }

    /// By two of Marcum's Q, as Stein writes it.
    #[test]
    fn overtaking_is_steins_formula() {
        let marcum = |a: f64, b: f64| detection_probability(a, (-b).exp());
        for (less, more) in
            [(0.0, 0.0), (0.1, 2.0), (1.0, 4.0), (3.0, 9.0), (6.0, 6.0), (8.0, 30.0)]
        {
            let two = 0.5 * (1.0 - marcum(more, less) + marcum(less, more));
            let one = overtaking(less, more);
            assert!((one - two).abs() < 1e-13, "{less} {more}: {one} {two}");
        }
    }

    #[test]
    fn slope_and_inverse_fit_the_probability() {
        for false_alarm in [0.1, 1e-6, 1e-30] {
            for probability in [0.2, 0.9, 0.999] {
                let snr = snr_for_detection(probability, false_alarm);
                assert!((detection_probability(snr, false_alarm) - probability).abs() < 1e-12);
                let step = 1e-5 * snr;
                let slope = (detection_probability(snr + step, false_alarm)
                    - detection_probability(snr - step, false_alarm))
                    / (2.0 * step);
                let ours = detection_slope(snr, false_alarm);
                assert!((slope - ours).abs() <= 1e-6 * ours, "{slope} {ours}");
            }
        }
        assert!(snr_for_detection(1e-7, 1e-6) <= 0.0 && snr_for_detection(1.0, 0.5).is_infinite());
        assert!((detection_probability(1e9, 1e-6) - 1.0).abs() <= 0.0);
        assert!(detection_slope(1e9, 1e-6) <= 0.0);
    }
}
