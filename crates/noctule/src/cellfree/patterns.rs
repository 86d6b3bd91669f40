//! P1: the best beampatterns of all access points, nobody served, and what they prove.
//!
//! Half of every method: they bound the error from below, are where trade-offs start, and answer
//! limits that nothing meets.

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Interrupt, Proof, Sense, Stop, Trace, Work};

use super::model::evaluate;
use super::requirement::{advice, ignored, missed};
use super::sensing::{BestPattern, best_pattern};
use super::{Beams, CellFreeDesign, Instance, SensingSettings};
use crate::system::{Run, Setting as _};
use crate::{Design, Error, FEASIBLE};

/// P1: nobody served, every access point that senses at its best pattern. Proven optimal, unless the
/// instance requires what this misses (any rate, as nobody is served): then a warning says so, and
/// nothing is claimed.
///
/// # Errors
/// [`Error::Input`] when no access point senses.
pub fn sensing_only(
    instance: &Instance,
    settings: &SensingSettings,
    run: &Run<'_, Beams>,
) -> Result<CellFreeDesign, Error> {
    settings.validate()?;
    if instance.sensing_aps().is_empty() {
        let allowed = "an access point with a target";
        return Err(
            InputError::new("no access point senses", "target_rad", "nothing", allowed).into()
        );
    }
    let patterns = best_patterns(instance, settings.pattern_gap, &run.interrupt)?;
    let beams = sensing_beams(instance, &patterns);
    let metrics = evaluate(instance, &beams)?;
    let (reached, certified) = error_floor(&patterns);
    let bound = error_bound(&patterns, reached, certified);
    let residual = patterns.iter().flatten().map(|p| p.residual).fold(0.0, f64::max);
    let mut stops = patterns.iter().flatten().map(|p| p.stop);
    let stop = stops.find(|stop| *stop != Stop::Converged).unwrap_or(Stop::Converged);
    let violation = missed(instance, &metrics);
    let mut warnings = advice(instance, &metrics);
    let proof = if violation <= FEASIBLE {
        Proof::stationary(residual).with_bound(bound)
    } else {
        warnings.push(ignored(violation));
        Proof::NONE
    };
    Ok(Design {
        variables: beams,
        metrics,
        stop,
        proof,
        trace: Trace::off(),
        work: work(&patterns),
        starts: vec![Some(reached)],
        warnings,
    })
}

/// The best pattern of every access point that senses.
///
/// # Errors
/// As [`best_pattern`].
pub fn best_patterns(
    instance: &Instance,
    gap: f64,
    interrupt: &Interrupt,
) -> Result<Vec<Option<BestPattern>>, Error> {
    let targets = &instance.parts().targets_rad;
    let mut out: Vec<Option<BestPattern>> = Vec::with_capacity(instance.aps());
    for ap in 0..instance.aps() {
        let twin = (0..ap).find(|&other| targets[other] == targets[ap]);
        out.push(match (instance.pattern(ap), twin) {
            (None, _) => None,
            (Some(_), Some(twin)) => out[twin].clone(),
            (Some(pattern), None) => {
                let spacing = instance.parts().spacing;
                Some(best_pattern(pattern, spacing, &targets[ap], gap, interrupt)?)
            }
        });
    }
    Ok(out)
}

/// Mean error and mean certified error of the best patterns.
pub(super) fn error_floor(patterns: &[Option<BestPattern>]) -> (f64, f64) {
    let all: Vec<&BestPattern> = patterns.iter().flatten().collect();
    let mean = |of: fn(&BestPattern) -> f64| {
        all.iter().map(|p| of(p)).sum::<f64>() / all.len().max(1) as f64
    };
    (mean(|p| p.error), mean(BestPattern::certified))
}

/// The bound that the best patterns prove on the mean error, with the lags of each.
pub(super) fn error_bound(
    patterns: &[Option<BestPattern>],
    reached: f64,
    certified: f64,
) -> Option<Bound> {
    let bound = Bound::new(reached, certified, Sense::Lower, "frank-wolfe", 0.0)?;
    let lags = patterns.iter().flatten().flat_map(|pattern| pattern.lags.iter().copied());
    Some(bound.with_numbers([("lags".to_owned(), lags.collect())].into()))
}

/// No data; every access point that senses sends its best pattern at full power.
pub(super) fn sensing_beams(instance: &Instance, patterns: &[Option<BestPattern>]) -> Beams {
    let mut beams = Beams::silent(instance);
    for (ap, pattern) in patterns.iter().enumerate() {
        if let Some(pattern) = pattern {
            beams.sensing[ap] = pattern.factor.clone();
        }
    }
    beams
}

/// The answer to a limit on the error that no signals meet: the best patterns, and what proves it.
///
/// # Errors
/// As [`evaluate`].
pub(super) fn unreachable(
    instance: &Instance,
    patterns: &[Option<BestPattern>],
    limit: f64,
    reached: f64,
    certified: f64,
) -> Result<CellFreeDesign, Error> {
    let beams = sensing_beams(instance, patterns);
    let metrics = evaluate(instance, &beams)?;
    let bound = error_bound(patterns, reached, certified);
    let numbers = bound.as_ref().map_or_else(Default::default, |bound| bound.numbers.clone());
    let mut proof = Proof::NONE.with_bound(bound);
    let statement = format!(
        "a mean beampattern error of {limit:.6e} is required; no signals reach less than \
         {certified:.6e}, those given reach {reached:.6e}"
    );
    let certificate = Certificate::new("frank-wolfe", statement, limit, reached);
    proof.infeasible = Some(certificate.with_numbers(numbers));
    let warnings = advice(instance, &metrics);
    Ok(Design {
        variables: beams,
        metrics,
        stop: Stop::Computed,
        proof,
        trace: Trace::off(),
        work: work(patterns),
        starts: vec![Some(reached)],
        warnings,
    })
}

fn work(patterns: &[Option<BestPattern>]) -> Work {
    let mut work = Work::default();
    patterns.iter().flatten().for_each(|pattern| work += pattern.work);
    work
}
