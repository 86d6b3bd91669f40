//! What a document claims of a plan, checked again.

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::placement::Pattern;
use super::search::{leaves, search};
use super::{Instance, Metrics, Plan, Settings, unreachable};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Residual, Said, Verdict, closed_form, same_certificate,
    stored_member,
};
use crate::system::Run;

/// The scheme whose bound is about all plans.
const OPTIMAL: &str = "optimal";

type Document<'a> = Said<'a, Instance, Plan, Metrics, Claims>;

/// What a scheme of this system claims.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    among: fn(&Value) -> Option<(Pattern, Settings)>,
    ends: Ended,
}

/// How a scheme of this system ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// By the gap of a search, whose bound is the design's.
    Proven,
    /// At the end of a grid; nothing is bounded.
    Walked,
    /// At once; nothing is bounded.
    Computed,
}

impl Claims {
    /// The best plan among those of a pattern, with the bound of the search over them: what search it
    /// was follows from the settings of the scheme.
    pub const fn proven(among: fn(&Value) -> Option<(Pattern, Settings)>) -> Self {
        Self { among, ends: Ended::Proven }
    }

    /// A plan of a pattern on a grid: no bound, but where no plan of that pattern will do, none does.
    pub const fn walked(among: fn(&Value) -> Option<(Pattern, Settings)>) -> Self {
        Self { among, ends: Ended::Walked }
    }

    /// A plan in closed form: no bound, but where no plan of a pattern will do, none does.
    pub const fn computed(among: fn(&Value) -> Option<(Pattern, Settings)>) -> Self {
        Self { among, ends: Ended::Computed }
    }

    /// A plan in closed form, whatever is required: nothing is bounded and nothing said to be out of
    /// reach.
    pub const NOTHING: Self = Self::computed(|_| None);
}

/// A pattern, and the settings of its search, from those of a scheme.
pub(super) fn among<S: DeserializeOwned>(
    settings: &Value,
    of: fn(S) -> (Pattern, Settings),
) -> Option<(Pattern, Settings)> {
    S::deserialize(settings).ok().map(of)
}

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Plan, Metrics, Claims> = Checks {
    added: &["simulated"],
    restored: |metrics, stored| metrics.simulated = stored_member(stored, "simulated"),
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
    (said.claims?.among)(said.settings)
}

/// The search over intervals of the sensing time costs milliseconds and starts from nothing: what it
/// proves is proven again.
fn bound_again(said: &Document<'_>, _: &Bound) -> Result<Again, Error> {
    if said.claims.is_some_and(|claims| claims.ends != Ended::Proven) {
        let what = "this scheme proves no bounds";
        return Err(InputError::new(what, "proof.bound", said.scheme, "no bound").into());
    }
    let Some((pattern, settings)) = searched(said) else {
        return Ok(Again::not_checkable("there is no such scheme, or its settings are others"));
    };
    let found = search(said.instance, pattern, &settings, &Run::default())?;
    Ok(match found.proof.bound {
        Some(bound) => Again::Proven(bound.value),
        None => Again::Proven(f64::INFINITY),
    })
}

/// Give the bound of our method the intervals that prove it without a search, where there are some.
pub(super) fn prove(
    instance: &Instance,
    proof: &mut Proof,
    scheme: &str,
    settings: &Value,
) -> Result<(), Error> {
    let Some(bound) = proof.bound.as_mut().filter(|_| scheme == OPTIMAL) else { return Ok(()) };
    let Ok(settings) = Settings::deserialize(settings) else { return Ok(()) };
    if settings.sensing_blocks.is_none() {
        bound.numbers = leaves(instance, settings.pattern(), bound.value)?.unwrap_or_default();
    }
    Ok(())
}

fn residual(_: &Document<'_>) -> Result<Option<Residual>, Error> {
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
    let ends = said.claims.map_or(Ended::Proven, |claims| claims.ends);
    if proof.infeasible.is_some() || fixed || ends == Ended::Computed {
        return closed_form(stop);
    }
    let gap = settings.map(|settings| settings.certify.gap());
    match (ends, stop, &proof.bound, gap) {
        (Ended::Walked, Stop::Computed, ..) => Verdict::Confirmed,
        (Ended::Walked, Stop::Interrupted, ..) => {
            Verdict::NotCheckable("that it was interrupted".to_owned())
        }
        (Ended::Walked, ..) => Verdict::Refuted("a grid is walked to its end".to_owned()),
        (_, Stop::Computed, ..) => Verdict::Refuted("the method searches".to_owned()),
        // Twice: the search measures its gap on sums over blocks, within rounding of the rate.
        (_, Stop::Converged, Some(bound), Some(gap)) => match bound.gap_rel <= 2.0 * gap {
            true => Verdict::Confirmed,
            false => Verdict::Refuted(format!("a gap of {:.1e} is open", bound.gap_rel)),
        },
        (_, other, ..) => Verdict::NotCheckable(format!("that its search ended by `{other}`")),
    }
}
