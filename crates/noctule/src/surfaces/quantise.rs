//! Phase shifters of a few bits.

use std::f64::consts::TAU;

use noctule_num::C64;
use noctule_phy::cascade::Cascade;

use super::design::{Requirement, Settings, Signal};
use super::model::{Link, evaluate};
use super::plan::{Plan, covariances};
use super::{Deployment, Instance, exact};
use crate::Error;

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

/// The deployment with quantised phases and covariances designed again for them and for the same
/// requirement, where bits are set; and a sentence about what it costs.
pub(super) fn quantised(
    instance: &Instance,
    cascade: &Cascade,
    signal: Signal,
    settings: &Settings,
    built: Deployment,
    plan: &Plan,
) -> Result<(Deployment, Option<String>), Error> {
    let Some(bits) = settings.phase_bits else { return Ok((built, None)) };
    let before = evaluate(instance, &built)?;
    let link = Link::new(instance, cascade);
    let rounded: Vec<Vec<C64>> = plan.phases.iter().map(|v| round_phases(v, bits)).collect();
    // When the rounded phases cannot light the target enough, those aligned to it might.
    let aligned: Vec<Vec<C64>> =
        cascade.paths.iter().map(|path| round_phases(&path.target_vector(), bits)).collect();
    let limit = instance.parts().crb_limit;
    let mut deployment = match (built.requirement, limit) {
        (Requirement::ExactBound, Some(limit)) => {
            exact::best_of(built.sites, cascade, &link, signal, limit, &[rounded, aligned])?
        }
        _ => {
            let lit = |phases: &[Vec<C64>]| -> f64 {
                let light = cascade.illumination(phases).response;
                light.iter().map(C64::norm_sqr).sum::<f64>() * link.power
            };
            let enough = lit(&rounded) >= link.required || lit(&aligned) <= lit(&rounded);
            let phases = if enough { rounded } else { aligned };
            let (information, sensing) =
                covariances(cascade, signal, &phases, link.power, link.required)?;
            Deployment::steady(built.sites, phases, information, sensing)
        }
    };
    deployment.requirement = built.requirement;
    let after = evaluate(instance, &deployment)?;
    let sentence = format!(
        "phases of {bits} bits cost {:.4} of {:.4} bit/s/Hz",
        before.rate_bps_hz - after.rate_bps_hz,
        before.rate_bps_hz
    );
    Ok((deployment, Some(sentence)))
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
