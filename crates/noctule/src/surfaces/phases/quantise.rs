//! Phase shifters of a few bits.

use std::f64::consts::TAU;

use noctule_num::C64;

/// The nearest of `2^bits` phases `2πi/2^bits`.
pub fn nearest(phase: C64, bits: u32) -> C64 {
    let step = TAU / f64::from(2_u32.pow(bits.min(24)));
    C64::from_polar(1.0, (phase.arg() / step).round() * step)
}

/// Phases rounded to the grid, after the common rotation (of eight) that keeps most of a linear
/// measure, `|vᴴ v'|`: a common rotation of a surface changes neither |z| nor |y|.
pub fn round_phases(phases: &[C64], bits: u32) -> Vec<C64> {
    let step = TAU / f64::from(2_u32.pow(bits.min(24)));
    let candidates = (0..8).map(|turn| {
        let rotation = C64::from_polar(1.0, step * f64::from(turn) / 8.0);
        let rounded: Vec<C64> = phases.iter().map(|v| nearest(v * rotation, bits)).collect();
        let kept: C64 = phases.iter().zip(&rounded).map(|(v, r)| v.conj() * r).sum();
        (kept.norm(), rounded)
    });
    candidates.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, rounded)| rounded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_loses_what_the_law_of_large_numbers_says() {
        // E|sinc| for uniform errors: (2^b/π) sin(π/2^b)
        for bits in 1..=4 {
            let phases: Vec<C64> =
                (0..5000).map(|i| C64::from_polar(1.0, 0.377 * f64::from(i))).collect();
            let rounded = round_phases(&phases, bits);
            let kept: C64 = phases.iter().zip(&rounded).map(|(v, r)| v.conj() * r).sum();
            let half = std::f64::consts::PI / f64::from(2_u32.pow(bits));
            let expected = half.sin() / half;
            assert!((kept.norm() / 5000.0 - expected).abs() < 2e-3, "{bits}");
            assert!(rounded.iter().all(|v| (v.norm() - 1.0).abs() < 1e-15));
        }
    }
}
