//! Ours from its own starts and from where every other scheme ends: what comparisons are held
//! against.

use noctule_num::CMat;
use noctule_optim::Interrupt;

use super::baselines::{
    Algorithm1Settings, FpSgdaSettings, WmmseSdrSettings, WmmseSettings, algorithm1, fp_sgda, mrt,
    rzf, wmmse, wmmse_sdr, zf,
};
use super::design::{Start, climb, default_starts, fitted, start_beams};
use super::{BeamformingDesign, Instance, Settings, design_from, objective_unit};
use crate::Error;

/// Ours from its own starts, from the published start, and from where the other schemes end.
///
/// # Errors
/// As [`super::design()`].
pub fn best_known(
    instance: &Instance,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<BeamformingDesign, Error> {
    let mut starts: Vec<CMat> = default_starts(settings.count(instance))
        .into_iter()
        .map(|start| start_beams(instance, start))
        .collect::<Result<_, _>>()?;
    let mut others: Vec<BeamformingDesign> = Vec::new();
    let mut include = |design: BeamformingDesign| -> Result<(), Error> {
        starts.push(fitted(instance, &design.variables)?);
        others.push(design);
        Ok(())
    };
    let plain = Settings { certify: false, ..settings.clone() };
    include(design_from(instance, &plain, None, interrupt)?)?;
    let programs = WmmseSdrSettings { max_programs: 20, ..WmmseSdrSettings::default() };
    let exact = Algorithm1Settings { tolerance: 1e-6, ..Algorithm1Settings::default() };
    for start in [Start::Rzf, Start::Mrt, Start::Published(0)] {
        let start = start_beams(instance, start)?;
        include(algorithm1(instance, &start, &exact, interrupt)?)?;
        include(fp_sgda(instance, &start, &FpSgdaSettings::default(), interrupt)?)?;
        include(wmmse_sdr(instance, &start, &programs, interrupt)?)?;
    }
    if instance.users() > 0 {
        include(rzf(instance)?)?;
        include(mrt(instance)?)?;
        include(wmmse(instance, &WmmseSettings::default(), interrupt)?)?;
        match zf(instance) {
            Ok(design) => include(design)?,
            // It has no answer for channels that depend linearly on each other.
            Err(Error::Input(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut best = climb(instance, settings, &starts, interrupt)?;
    // What is proven of the optimum holds whoever comes nearest to it.
    let bound = best.proof.bound.take();
    // Folding surplus sensing beams into the streams there are may lose something of an end point:
    // then that is the best known, as it stands.
    let mut work = best.work;
    for other in others {
        work += other.work;
        let ahead = match (other.metrics.objective, best.metrics.objective) {
            (Some(other), Some(best)) => other - best > 1e-9 * best.abs().max(1.0),
            (other, best) => other.is_some() && best.is_none(),
        };
        if ahead {
            let starts = std::mem::take(&mut best.starts);
            best = BeamformingDesign { starts, ..other };
        }
    }
    best.work = work;
    let reached = best.metrics.objective.unwrap_or(f64::NAN);
    best.proof.bound = bound.and_then(|bound| bound.against(reached, objective_unit(instance)));
    Ok(best)
}
