//! Channel aging: the correlation of a channel with itself some blocks later.
//!
//! A channel that was estimated in block 1 is `h_n = ρ_n h_1 + e_n` in block `n`, with `e_n`
//! independent of `h_1` and of covariance `(1 − ρ_n²) R`. Sequences here start with the block of
//! the estimate, index 0; `offset` blocks are added to the lag (`0`: the block of the estimate is
//! not aged, `1`: it is already one step old — see `docs/errata.md#frame-e8`).

use std::f64::consts::PI;

use noctule_num::special::bessel_j0;

use crate::multistatic::LIGHT_M_S;

/// `ρ_n = r^(n−1+offset)` for `n = 1, …, blocks`.
pub fn geometric(base: f64, blocks: usize, offset: usize) -> Vec<f64> {
    (0..blocks).map(|lag| base.powi((lag + offset).min(i32::MAX as usize) as i32)).collect()
}

/// `ρ_n = J₀(2π f_d T (n−1+offset))`, the law of Clarke and Jakes for scatterers all around, with
/// the Doppler frequency times block duration `doppler_blocks = f_d T`.
pub fn jakes(doppler_blocks: f64, blocks: usize, offset: usize) -> Vec<f64> {
    let step = 2.0 * PI * doppler_blocks;
    (0..blocks).map(|lag| bessel_j0(step * (lag + offset) as f64)).collect()
}

/// The largest Doppler frequency `v f_c / c` in hertz.
///
/// ```
/// // 30 km/h at 28 GHz
/// let doppler = noctule_phy::aging::doppler_hz(30.0 / 3.6, 28e9);
/// assert!((doppler - 778.3).abs() < 0.1);
/// ```
pub fn doppler_hz(speed_m_s: f64, carrier_hz: f64) -> f64 {
    speed_m_s * carrier_hz / LIGHT_M_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laws_part_ways_after_a_few_blocks() {
        // J₀ = 0.98 at one block: after five more lags 0.31 of the power is left, not 0.82.
        let mut step = 0.2;
        for _ in 0..60 {
            step += (bessel_j0(step) - 0.98) * 2.0 / step;
        }
        let doppler = step / (2.0 * PI);
        let (slow, fast) = (geometric(0.98, 6, 0), jakes(doppler, 6, 0));
        assert!((fast[1] - 0.98).abs() < 1e-12 && (slow[1] - 0.98).abs() < 1e-15);
        assert!((fast[5].powi(2) - 0.3105).abs() < 1e-3, "{}", fast[5].powi(2));
        assert!((slow[5].powi(2) - 0.817).abs() < 1e-3);
        // With the printed offset the sixth block has the seventh lag's value.
        assert!((jakes(doppler, 6, 1)[5].powi(2) - 0.158).abs() < 2e-3);
    }

    #[test]
    fn jakes_is_the_average_over_directions() {
        // E cos(2π f_d T n cos φ) over uniform φ, by a plain sum.
        let rho = jakes(0.07, 9, 0);
        for (lag, rho) in rho.iter().enumerate() {
            let n = 20_000;
            let mean = (0..n)
                .map(|i| {
                    let phi = 2.0 * PI * (f64::from(i) + 0.5) / f64::from(n);
                    (2.0 * PI * 0.07 * lag as f64 * phi.cos()).cos()
                })
                .sum::<f64>()
                / f64::from(n);
            assert!((rho - mean).abs() < 1e-12, "{lag}: {rho} {mean}");
        }
    }
}
