//! A deployment whose phase shifters have a few bits.

use noctule_num::C64;
use noctule_phy::cascade::Cascade;

use super::exact::search::best_of;
use super::model::{Link, measured};
use super::phases::plan::Plan;
use super::phases::quantise::round_phases;
use super::settings::{Requirement, Settings, Signal};
use super::settle::covariances;
use super::{Deployment, Instance};
use crate::Error;

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
    let before = measured(instance, &built)?;
    let link = Link::new(instance, cascade);
    let rounded: Vec<Vec<C64>> = plan.phases.iter().map(|v| round_phases(v, bits)).collect();
    // When the rounded phases cannot light the target enough, those aligned to it might.
    let aligned: Vec<Vec<C64>> =
        cascade.paths.iter().map(|path| round_phases(&path.target_vector(), bits)).collect();
    let limit = instance.parts().crb_limit;
    let mut deployment = match (built.requirement, limit) {
        (Requirement::ExactBound, Some(limit)) => {
            best_of(built.sites, cascade, &link, signal, limit, &[rounded, aligned])?
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
    let after = measured(instance, &deployment)?;
    let sentence = format!(
        "phases of {bits} bits cost {:.4} of {:.4} bit/s/Hz",
        before.rate_bps_hz - after.rate_bps_hz,
        before.rate_bps_hz
    );
    Ok((deployment, Some(sentence)))
}
