//! What a document claims of a plan, checked again.

use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};

use super::placement::Pattern;
use super::search::search;
use super::{GridSettings, Instance, Metrics, Plan, Settings, SimulationSettings, unreachable};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Said, Verdict, closed_form, same_certificate,
};
use crate::system::Run;

type Document<'a> = Said<'a, Instance, Plan, Metrics>;

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Plan, Metrics> = Checks {
    added: &["simulated"],
    bounded,
    bound: bound_again,
    residual,
    infeasible: infeasible_again,
    stop: stop_again,
};

fn bounded(said: &Document<'_>, bound: &Bound) -> Option<Bounded> {
    let about = bound.problem.is_none() && bound.sense == Sense::Upper;
    about.then(|| Bounded::above(said.metrics.sum_rate_bps_hz))
}

/// What a scheme searches among, and how long.
fn searched(said: &Document<'_>) -> Option<(Pattern, Settings)> {
    let updates = |free: Pattern, exactly: fn(usize) -> Pattern| {
        said.settings().map(|s: Settings| (s.updates.map_or(free, exactly), s))
    };
    match said.scheme {
        "optimal" | "random-blocks" => updates(Pattern::Free, Pattern::Updates),
        "even-split" => updates(Pattern::Even, Pattern::EvenUpdates),
        "single-update" => said.settings().map(|s| (Pattern::Single, s)),
        "every-block" => said.settings().map(|s| (Pattern::Every, s)),
        "grid" => said.settings().map(|s: GridSettings| {
            (s.updates.map_or(Pattern::Free, Pattern::Updates), Settings::default())
        }),
        "simulated" => said.settings().map(|s: SimulationSettings| (Pattern::Free, s.search())),
        _ => None,
    }
}

/// The search over intervals of the sensing time costs milliseconds and starts from nothing: what it
/// proves is proven again.
fn bound_again(said: &Document<'_>, _: &Bound) -> Result<Again, Error> {
    let Some((pattern, settings)) = searched(said) else {
        return Ok(Again::not_checkable("this scheme proves no bounds"));
    };
    let found = search(said.instance, pattern, &settings, &Run::default())?;
    Ok(match found.proof.bound {
        Some(bound) => Again::Proven(bound.value),
        None => Again::Proven(f64::INFINITY),
    })
}

fn residual(_: &Document<'_>) -> Result<Option<f64>, Error> {
    Ok(None)
}

fn infeasible_again(
    said: &Document<'_>,
    certificate: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let Some((pattern, settings)) = searched(said) else {
        return Ok(Verdict::Refuted("this scheme proves nothing".to_owned()));
    };
    let found = unreachable(said.instance, pattern, settings.sensing_blocks)?;
    let told = found.as_ref().is_none_or(|found| found.statement == certificate.statement);
    let verdict = same_certificate(certificate, found.as_ref(), out);
    Ok(match verdict {
        Verdict::Confirmed if !told => Verdict::Refuted("its sentence says otherwise".to_owned()),
        verdict => verdict,
    })
}

fn stop_again(said: &Document<'_>, stop: Stop, proof: &Proof) -> Verdict {
    let settings = searched(said).map(|(_, settings)| settings);
    let fixed = settings.as_ref().is_some_and(|settings| settings.sensing_blocks.is_some());
    if proof.infeasible.is_some() || fixed || said.scheme == "random-blocks" {
        return closed_form(stop);
    }
    let gap = settings.map(|settings| settings.certify.gap());
    match (said.scheme, stop, &proof.bound, gap) {
        ("grid", Stop::Computed, ..) => Verdict::Confirmed,
        ("grid", Stop::Interrupted, ..) => {
            Verdict::NotCheckable("that it was interrupted".to_owned())
        }
        ("grid", ..) => Verdict::Refuted("a grid is walked to its end".to_owned()),
        (_, Stop::Computed, ..) => Verdict::Refuted("the method searches".to_owned()),
        // Twice: the search measures its gap on sums over blocks, within rounding of the rate.
        (_, Stop::Converged, Some(bound), Some(gap)) => match bound.gap_rel <= 2.0 * gap {
            true => Verdict::Confirmed,
            false => Verdict::Refuted(format!("a gap of {:.1e} is open", bound.gap_rel)),
        },
        (_, other, ..) => Verdict::NotCheckable(format!("that its search ended by `{other}`")),
    }
}
