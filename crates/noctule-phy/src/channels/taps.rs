//! Delay profiles: powers over delays, in seconds.

use std::f64::consts::TAU;

use noctule_num::C64;

/// Taps of a channel; the powers sum to one.
#[derive(Clone, Debug, PartialEq)]
pub struct TapProfile {
    /// τ_l in seconds.
    pub delays_s: Vec<f64>,
    /// p_l.
    pub powers: Vec<f64>,
}

impl TapProfile {
    /// One tap at delay zero: a flat channel.
    pub fn flat() -> Self {
        Self { delays_s: vec![0.0], powers: vec![1.0] }
    }

    /// Taps at `delays_s`; the powers are divided by their sum.
    ///
    /// # Panics
    /// When there is not one power for every delay.
    pub fn new(delays_s: Vec<f64>, powers: &[f64]) -> Self {
        assert_eq!(delays_s.len(), powers.len(), "one power for every delay");
        Self { powers: normalised(powers), delays_s }
    }

    /// `count` taps one over the total bandwidth apart, with powers that fall with `e^{−τ/σ_τ}`;
    /// a zero decay leaves the first tap.
    pub fn exponential(count: usize, bandwidth_hz: f64, decay_s: f64) -> Self {
        let delays_s: Vec<f64> = (0..count).map(|l| l as f64 / bandwidth_hz).collect();
        let power = |tau: f64| if tau > 0.0 { (-tau / decay_s).exp() } else { 1.0 };
        let powers: Vec<f64> = delays_s.iter().map(|&tau| power(tau)).collect();
        Self::new(delays_s, &powers)
    }

    /// Mean delay Σ pτ in seconds.
    pub fn mean_delay_s(&self) -> f64 {
        self.delays_s.iter().zip(&self.powers).map(|(tau, p)| p * tau).sum()
    }

    /// Root mean square delay spread `√(Σpτ² − (Σpτ)²)` in seconds, about the mean, so that nothing
    /// cancels.
    pub fn rms_delay_s(&self) -> f64 {
        let mean = self.mean_delay_s();
        let square = |tau: f64| (tau - mean) * (tau - mean);
        self.delays_s.iter().zip(&self.powers).map(|(&t, p)| p * square(t)).sum::<f64>().sqrt()
    }

    /// `Σ p_l e^{j2πτ_l x}`: the correlation of the channel with itself `x` hertz away.
    pub fn correlation(&self, offset_hz: f64) -> C64 {
        let terms = self.delays_s.iter().zip(&self.powers);
        terms.map(|(tau, p)| C64::from_polar(*p, TAU * offset_hz * tau)).sum()
    }
}

/// Numbers divided by their sum.
pub(super) fn normalised(powers: &[f64]) -> Vec<f64> {
    let total: f64 = powers.iter().sum();
    powers.iter().map(|p| p / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exponential_profile_has_its_decay_as_spread() {
        // Fine taps over many decays: a continuous exponential, of rms spread σ_τ.
        let profile = TapProfile::exponential(40_000, 1e11, 10e-9);
        assert!((profile.rms_delay_s() / 10e-9 - 1.0).abs() < 1e-5);
        assert!((profile.mean_delay_s() / 10e-9 - 1.0).abs() < 1e-3);
        assert!((profile.correlation(0.0) - 1.0).norm() < 1e-12);
        // 1/√2 at the offset 1/(2π σ_τ)
        let half = profile.correlation(1.0 / (TAU * 10e-9)).norm();
        assert!((half - 0.5_f64.sqrt()).abs() < 1e-3);
    }

    #[test]
    fn one_tap_is_flat() {
        for profile in [TapProfile::flat(), TapProfile::exponential(1, 1e6, 0.0)] {
            assert_eq!(profile, TapProfile::flat());
            assert!((profile.correlation(1e9) - 1.0).norm() < 1e-15);
            assert!(profile.rms_delay_s() < 1e-300);
        }
    }
}
