//! What is to be said of the bounds of a design over a band, beside their size.

use std::f64::consts::TAU;

use noctule_num::C64;
use noctule_phy::channels::ofdm::LIGHT_M_S;

use super::Band;
use crate::beamforming::Metrics;

/// Where the response to a distance counts as another target's: of power all over the band it is 0.22.
const ALIKE: f64 = 0.8;
/// Steps for one over the width of the band, and widths that are looked at.
const STEPS: usize = 16;
const WIDTHS: usize = 4;

/// The distance at which an echo looks most like one of the target itself, beyond the main lobe, and how much.
fn second(powers: &[f64], spacing_hz: f64) -> Option<(f64, f64)> {
    let total: f64 = powers.iter().sum();
    if powers.len() < 3 || total.is_nan() || total <= 0.0 {
        return None;
    }
    let width_hz = (powers.len() - 1) as f64 * spacing_hz;
    let alike = |step: usize| {
        let delay = step as f64 / (STEPS as f64 * width_hz);
        let term = |(n, p): (usize, &f64)| C64::from_polar(*p, TAU * n as f64 * spacing_hz * delay);
        let sum: C64 = powers.iter().enumerate().map(term).sum();
        (LIGHT_M_S * delay / 2.0, sum.norm() / total)
    };
    // not where the spacing itself repeats
    let last = (STEPS * WIDTHS).min(STEPS * (powers.len() - 1) * 3 / 4);
    let all: Vec<_> = (1..=last).map(alike).skip_while(|(_, like)| *like > 0.5).collect();
    let most = all.iter().map(|(_, like)| *like).fold(ALIKE, f64::max);
    // the nearest of those that are as high
    all.into_iter().find(|(_, like)| *like > ALIKE && *like > most - 1e-6)
}

/// Sentences about ranges and velocities.
pub(in crate::beamforming) fn remarks(band: &Band, metrics: &Metrics) -> Vec<String> {
    let (Some(_), Some(own)) = (&metrics.targets, &metrics.band) else { return Vec::new() };
    let mut out = Vec::new();
    if metrics.worst_range_rcrb_m().is_some()
        && band.near.is_none()
        && let Some((distance, like)) = second(&own.power_w, band.grid.spacing_hz)
    {
        out.push(format!(
            "the power is at the ends of the band: echoes {distance:.1} m apart look {:.0} % alike, and the bounds \
             on ranges are those of an estimator that knows which it is",
            100.0 * like
        ));
    }
    let fast = band.reach_m_s();
    if let Some(worst) = metrics.worst_velocity_rcrb_m_s().filter(|worst| *worst > fast) {
        out.push(format!(
            "the largest root-CRB of a velocity is {worst:.1} m/s, more than the unambiguous ±{fast:.1} m/s: a local \
             bound of that size says little about a real estimator"
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_at_the_ends_of_a_band_has_a_second_lobe() {
        let ends = |n: usize, inside: f64| {
            let mut powers = vec![inside; n];
            (powers[0], powers[n - 1]) = (1.0, 1.0);
            second(&powers, 240e3)
        };
        // c/(2·63·240 kHz)
        let (distance, like) = ends(64, 0.0).unwrap();
        assert!((distance / 9.913 - 1.0).abs() < 1e-3 && like > 0.999, "{distance} {like}");
        assert!(ends(64, 1.0).is_none() && ends(64, 0.03).is_none());
        assert!(second(&[1.0, 1.0], 240e3).is_none() && second(&[0.0; 8], 240e3).is_none());
        // Nor is what repeats after one over the spacing one: that is the unambiguous range.
        for n in 3..9 {
            assert!(ends(n, 1.0).is_none(), "{n}");
        }
    }
}
