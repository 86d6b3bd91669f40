//! Ours from its own starts and from where every other scheme ends: what comparisons are held
//! against.

use noctule_num::CMat;

use super::baselines::{
    Algorithm1Settings, FpSgdaSettings, FromStart, StartName, WmmseSdrSettings, WmmseSettings,
    algorithm1, fp_sgda, mrt, rzf, wmmse, wmmse_sdr, zf,
};
use super::design::{climb, default_starts, fitted, start_beams};
use super::{BeamformingDesign, Beams, Instance, Settings, design_from, objective_unit};
use crate::system::NoSettings;
use crate::{Certify, Error, Run};

/// Convex programs of one `wmmse-sdr`: where it ends is climbed on from.
const PROGRAMS: u64 = 20;
/// Another design is ahead by more than this, relative to max(1, |objective|): less is the rounding
/// of the same optimum.
const AHEAD: f64 = 1e-9;

/// Ours from its own starts, from the published start, and from where the other schemes end.
///
/// # Errors
/// As [`super::design()`].
pub fn best_known(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<BeamformingDesign, Error> {
    let run = &Run::new(&run.interrupt);
    let mut starts: Vec<CMat> = default_starts(settings.count(instance))
        .into_iter()
        .map(|start| start_beams(instance, start))
        .collect::<Result<_, _>>()?;
    let others = rivals(instance, settings, run)?;
    for other in &others {
        starts.push(fitted(instance, &other.variables)?);
    }
    let mut best = climb(instance, settings, &starts, run)?;
    // What is proven of the optimum holds whoever comes nearest to it.
    let bound = best.proof.bound.take();
    // Folding surplus sensing beams into the streams there are may lose something of an end point:
    // then that is the best known, as it stands.
    let mut work = best.work;
    for other in others {
        work += other.work;
        let ahead = match (other.metrics.objective, best.metrics.objective) {
            (Some(other), Some(best)) => other - best > AHEAD * best.abs().max(1.0),
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

/// Every other design, ours first.
fn rivals(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Beams>,
) -> Result<Vec<BeamformingDesign>, Error> {
    let plain = Settings { certify: Certify::No, ..settings.clone() };
    let mut others = vec![design_from(instance, &plain, run)?];
    let programs = WmmseSdrSettings { max_programs: PROGRAMS, ..WmmseSdrSettings::default() };
    let exact = Algorithm1Settings { tolerance: 1e-6, ..Algorithm1Settings::default() };
    for start in [StartName::Rzf, StartName::Mrt, StartName::Published] {
        let exact = FromStart { start, ..FromStart::from(exact.clone()) };
        others.push(algorithm1(instance, &exact, run)?);
        let smoothed = FromStart { start, ..FromStart::from(FpSgdaSettings::default()) };
        others.push(fp_sgda(instance, &smoothed, run)?);
        let programs = FromStart { start, ..FromStart::from(programs.clone()) };
        others.push(wmmse_sdr(instance, &programs, run)?);
    }
    if instance.users() > 0 {
        let none = &NoSettings {};
        others.push(rzf(instance, none, run)?);
        others.push(mrt(instance, none, run)?);
        others.push(wmmse(instance, &WmmseSettings::default(), run)?);
        match zf(instance, none, run) {
            Ok(design) => others.push(design),
            // It has no answer for channels that depend linearly on each other.
            Err(Error::Input(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(others)
}
