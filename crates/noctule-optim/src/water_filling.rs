//! Water-filling: power over parallel channels.

/// Maximise `Σ ln(1 + gᵢ pᵢ)` over `pᵢ ≥ 0`, `Σ pᵢ ≤ power`; returns the water level `ν`, with
/// `pᵢ = max(0, ν − 1/gᵢ)` written to `powers`.
///
/// Exact up to rounding in at most as many rounds as there are channels, without sorting or
/// allocating: channels that would get a negative power leave, and the level of the rest is
/// closed form. Gains that are zero, negative or not numbers get nothing. When no channel has a
/// gain, all powers and the level are zero.
///
/// # Panics
/// When the slices differ in length.
///
/// ```
/// let mut powers = [0.0; 3];
/// let level = noctule_optim::water_filling(&[2.0, 1.0, 0.1], 1.0, &mut powers);
/// assert_eq!((level, powers), (1.25, [0.75, 0.25, 0.0]));
/// ```
pub fn water_filling(gains: &[f64], power: f64, powers: &mut [f64]) -> f64 {
    assert_eq!(gains.len(), powers.len(), "one power for every gain");
    powers.fill(0.0);
    let best = gains.iter().copied().fold(0.0, f64::max);
    if best <= 0.0 {
        return 0.0;
    }
    // Depths are measured from the floor of the best channel: the level itself may be so far
    // above the power that the power would be lost in it.
    let floor = 1.0 / best;
    let depth = |gain: f64| if gain > 0.0 { 1.0 / gain - floor } else { f64::INFINITY };
    let mut level = f64::INFINITY;
    loop {
        let (mut count, mut total) = (0_usize, power);
        for &gain in gains {
            if depth(gain) < level {
                count += 1;
                total += depth(gain);
            }
        }
        if count == 0 {
            // only with no power at all: the level is the floor itself
            return floor;
        }
        let next = total / count as f64;
        if gains.iter().all(|&gain| depth(gain) >= level || depth(gain) < next) {
            for (power, &gain) in powers.iter_mut().zip(gains) {
                *power = (next - depth(gain)).max(0.0);
            }
            return floor + next;
        }
        level = next;
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(gains: &[f64], powers: &[f64]) -> f64 {
        gains.iter().zip(powers).map(|(g, p)| (g * p).ln_1p()).sum()
    }

    proptest! {
        #[test]
        fn no_exchange_of_power_helps(
            exponents in prop::collection::vec(-6.0..6.0_f64, 1..9),
            exponent in -4.0..4.0_f64,
        ) {
            let gains: Vec<f64> = exponents.iter().map(|e| 10_f64.powf(*e)).collect();
            let power = 10_f64.powf(exponent);
            let mut powers = vec![0.0; gains.len()];
            let level = water_filling(&gains, power, &mut powers);
            let total: f64 = powers.iter().sum();
            // cancellation against a level that may be far above the power
            prop_assert!((total - power).abs() <= 1e-13 * (power + level * gains.len() as f64));
            prop_assert!(powers.iter().all(|p| *p >= 0.0));
            let best = rate(&gains, &powers);
            for from in 0..gains.len() {
                for to in 0..gains.len() {
                    let mut moved = powers.clone();
                    let amount = 1e-3 * moved[from];
                    moved[from] -= amount;
                    moved[to] += amount;
                    prop_assert!(rate(&gains, &moved) <= best + 1e-12 * best.max(1.0));
                }
            }
        }
    }

    #[test]
    fn nothing_to_fill() {
        let mut powers = [1.0; 2];
        assert_eq!(water_filling(&[0.0, f64::NAN], 1.0, &mut powers).to_bits(), 0);
        assert_eq!(powers, [0.0; 2]);
        let mut one = [0.0];
        water_filling(&[1e-30], 1.0, &mut one);
        assert_eq!(one, [1.0]);
        let mut two = [0.0; 2];
        water_filling(&[1e-30, 1e-30], 1.0, &mut two);
        assert_eq!(two, [0.5; 2]);
        water_filling(&[4.0, 1.0], 0.0, &mut two);
        assert_eq!(two, [0.0; 2]);
    }
}
