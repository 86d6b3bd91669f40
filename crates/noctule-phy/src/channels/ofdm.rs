//! Subcarriers and symbols of a frame, both centred.
//!
//! Subcarrier n of N is at the offset `δ_n = (n − (N−1)/2) Δf` from the carrier, symbol ℓ of L at the
//! time `t_ℓ = (ℓ − (L−1)/2) T`. Centred, a uniform power decouples delay and Doppler from the phase
//! of an echo, whose coefficient is the one at the carrier in the middle of the frame.

use std::f64::consts::TAU;

use noctule_num::C64;

/// Speed of light in m/s.
pub use crate::multistatic::LIGHT_M_S;

/// A frame of OFDM symbols.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// f_c in hertz.
    pub carrier_hz: f64,
    /// N.
    pub subcarriers: usize,
    /// Δf in hertz.
    pub spacing_hz: f64,
    /// L.
    pub symbols: usize,
    /// T in seconds, the cyclic prefix included.
    pub symbol_period_s: f64,
}

/// `n` numbers `step` apart, about zero.
fn centred(n: usize, step: f64) -> Vec<f64> {
    (0..n).map(|k| (k as f64 - (n as f64 - 1.0) / 2.0) * step).collect()
}

impl Grid {
    /// λ in metres.
    pub fn wavelength_m(&self) -> f64 {
        LIGHT_M_S / self.carrier_hz
    }

    /// δ_n in hertz.
    pub fn offsets_hz(&self) -> Vec<f64> {
        centred(self.subcarriers, self.spacing_hz)
    }

    /// t_ℓ in seconds.
    pub fn times_s(&self) -> Vec<f64> {
        centred(self.symbols, self.symbol_period_s)
    }

    /// The part of a symbol that is cyclic prefix, in seconds.
    pub fn cyclic_prefix_s(&self) -> f64 {
        self.symbol_period_s - 1.0 / self.spacing_hz
    }

    /// `Σ_ℓ (2πt_ℓ)^q e^{j2πΔt_ℓ}` for q = 0, 1, 2, at the Doppler difference Δ in hertz.
    pub fn doppler_sums(&self, difference_hz: f64) -> [C64; 3] {
        let mut sums = [C64::ZERO; 3];
        for t in self.times_s() {
            let (turn, value) = (TAU * t, C64::cis(TAU * difference_hz * t));
            for (q, sum) in sums.iter_mut().enumerate() {
                *sum += value * turn.powi(q as i32);
            }
        }
        sums
    }

    /// What an echo with a delay and a Doppler shift does that the model leaves out, in words.
    pub fn warnings(&self, delay_s: f64, doppler_hz: f64) -> Vec<String> {
        let mut out = Vec::new();
        let prefix = self.cyclic_prefix_s();
        if delay_s >= prefix {
            out.push(format!(
                "the delay {delay_s:e} s is not below the cyclic prefix {prefix:e} s: interference \
                 between symbols is not modelled"
            ));
        }
        if doppler_hz.abs() > 0.05 * self.spacing_hz {
            out.push(format!(
                "the Doppler shift {doppler_hz:e} Hz is more than a twentieth of the subcarrier \
                 spacing: interference between subcarriers is not modelled"
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_over_symbols_have_their_closed_forms() {
        let grid = Grid {
            carrier_hz: 28e9,
            subcarriers: 4,
            spacing_hz: 1e6,
            symbols: 7,
            symbol_period_s: 2e-4,
        };
        let l = 7.0;
        let step = TAU * grid.symbol_period_s;
        let rest = grid.doppler_sums(0.0);
        assert!((rest[0] - l).norm() < 1e-14 && rest[1].norm() < 1e-15);
        let square = step * step * l * (l * l - 1.0) / 12.0;
        assert!((rest[2] - square).norm() < 1e-12 * square);
        // Q₀ = sin(Lx/2)/sin(x/2), Q₁ = −jQ₀', Q₂ = −Q₀'' by the difference.
        let q = |d: f64| (l * step * d / 2.0).sin() / (step * d / 2.0).sin();
        let (d, h) = (300.0, 0.01);
        let sums = grid.doppler_sums(d);
        assert!((sums[0] - q(d)).norm() < 1e-13);
        let slope = (q(d + h) - q(d - h)) / (2.0 * h);
        assert!((sums[1] + C64::I * slope).norm() < 1e-9);
        let h = 1.0;
        let bend = (q(d + h) - 2.0 * q(d) + q(d - h)) / (h * h);
        assert!((sums[2] + bend).norm() < 1e-5 * bend.abs());
    }

    #[test]
    fn centred_grids_have_no_mean() {
        let grid = Grid {
            carrier_hz: 28e9,
            subcarriers: 5,
            spacing_hz: 1e6,
            symbols: 4,
            symbol_period_s: 1.25e-6,
        };
        assert_eq!(grid.offsets_hz(), [-2e6, -1e6, 0.0, 1e6, 2e6]);
        assert!(grid.times_s().iter().sum::<f64>().abs() < 1e-20);
        assert!((grid.cyclic_prefix_s() - 2.5e-7).abs() < 1e-20);
        assert_eq!(grid.warnings(2e-7, 1e3).len(), 0);
        assert_eq!(grid.warnings(3e-7, 1e5).len(), 2);
    }
}
