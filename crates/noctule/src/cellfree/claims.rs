//! What a document claims of beams, checked again.

use std::collections::BTreeMap;

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};
use noctule_phy::units::bits_to_nats;

use super::{Beams, Instance, Metrics, Requirement, again};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Ends, Residual, Said, Verdict, move_last_digits, own_rule,
    residual_with_rounding, same, same_certificate, stored_member,
};

type Document<'a> = Said<'a, Instance, Beams, Metrics, Claims>;

/// What a scheme of this system claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    ends: Ends,
    sensing: bool,
}

impl Claims {
    /// It ends so; bounds hold where the requirement of the instance is met. A residual that ends it
    /// is that of the sum rate under the requirement.
    pub const fn new(ends: Ends) -> Self {
        Self { ends, sensing: true }
    }

    /// The same for a scheme that looks at no requirement: bounds hold for all beams.
    #[must_use]
    pub const fn without_sensing(mut self) -> Self {
        self.sensing = false;
        self
    }
}

/// What is taken to be claimed by a scheme that has no row.
const UNKNOWN: Claims = Claims::new(Ends::OwnRule);

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Beams, Metrics, Claims> = Checks {
    added: &["slope"],
    restored: |metrics, stored| metrics.slope = stored_member(stored, "slope"),
    bounded,
    bound: bound_again,
    residual,
    infeasible: infeasible_again,
    stop: stop_again,
};

/// From below it is the error that is bounded, from above the rate.
fn bounded(said: &Document<'_>, bound: &Bound) -> Option<Bounded> {
    match (&bound.problem, bound.sense) {
        (Some(_), _) => None,
        (None, Sense::Lower) => said.metrics.error.map(Bounded::below),
        (None, Sense::Upper) => Some(Bounded::above(said.metrics.sum_rate_bps_hz)),
    }
}

fn bound_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    match bound.sense {
        Sense::Lower if bound.numbers.contains_key("t") => error_again(said, bound),
        Sense::Lower => again::error_floor(said.instance, &bound.numbers).map(Again::Proven),
        Sense::Upper => {
            let sensing = said.claims.unwrap_or(UNKNOWN).sensing;
            let sensed = sensing && said.instance.requirement() != Requirement::None;
            ceiling(said, &bound.numbers, sensed)
        }
    }
}

/// Under a required rate ζ: a price μ of the error and a rate U that no beams with an error of S₀ exceed
/// leave an error of at least `S₀ − (U − ζ)/μ`.
fn error_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    let Requirement::MinRate(rate) = said.instance.requirement() else {
        return Ok(Again::not_checkable("no rate is required"));
    };
    let price = bound.numbers.get("error_price").and_then(|list| list.first()).copied();
    let Some(price) = price.filter(|price| *price > 0.0) else {
        let what = "the error has no price";
        return Err(InputError::new(what, "error_price", "none", "a positive number").into());
    };
    let at = bound.value.max(f64::MIN_POSITIVE);
    let limited = said.instance.with_requirement(Requirement::MaxError(at))?;
    Ok(match again::rate_ceiling(&limited, &bound.numbers, true)? {
        Some(most) => Again::Proven(at - bits_to_nats(most - rate) / price),
        None => Again::not_checkable("its regions were too many to be kept"),
    })
}

fn ceiling(
    said: &Document<'_>,
    numbers: &BTreeMap<String, Vec<f64>>,
    sensed: bool,
) -> Result<Again, Error> {
    Ok(match again::rate_ceiling(said.instance, numbers, sensed)? {
        Some(value) => Again::Proven(value),
        None => Again::not_checkable("its regions were too many to be kept"),
    })
}

/// Where the methods state one: not that of the patterns alone, each climbed in a unit of its own.
fn residual(said: &Document<'_>) -> Result<Option<Residual>, Error> {
    let slope = said.stored.get("slope").and_then(serde_json::Value::as_f64);
    let stated = said.claims.is_some_and(|claims| claims.ends == Ends::ByResidual);
    if !stated || said.metrics.sum_rate_nats <= 0.0 {
        return Ok(None);
    }
    // A required rate is priced by the inverse of a slope, which is small near the largest rate.
    let moved = |beams: &mut Beams, pattern| {
        let matrices = std::iter::once(&mut beams.data).chain(&mut beams.sensing);
        matrices.for_each(|matrix| move_last_digits(matrix.as_mut_slice(), pattern));
    };
    let of = |beams: &Beams| again::residual(said.instance, beams, slope);
    residual_with_rounding(said.variables, of, moved).map(Some)
}

fn infeasible_again(
    said: &Document<'_>,
    certificate: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let instance = said.instance;
    let (required, reachable) = match instance.requirement() {
        Requirement::None => (None, None),
        Requirement::MaxError(limit) => (Some(limit), said.metrics.error),
        Requirement::MinRate(rate) if instance.users() == 0 => (Some(rate), Some(0.0)),
        Requirement::MinRate(rate) => (Some(rate), None),
    };
    let Some(required) = required else {
        return Ok(Verdict::Refuted("nothing is required".to_owned()));
    };
    let found = Certificate::new("", "", required, reachable.unwrap_or(certificate.reachable));
    let verdict = same_certificate(certificate, Some(&found), out);
    let beyond = match instance.requirement() {
        Requirement::MaxError(limit) => limit < said.metrics.error.unwrap_or(0.0),
        _ => required > certificate.reachable,
    };
    Ok(match verdict {
        Verdict::Confirmed if !beyond || said.violation <= 0.0 => {
            Verdict::Refuted("the requirement is within reach".to_owned())
        }
        Verdict::Confirmed if reachable.is_none() => unreachable_rate(said, certificate)?,
        Verdict::Confirmed => floor(said, certificate)?,
        other => other,
    })
}

/// Whether a rate is beyond what any beams reach without sensing.
fn unreachable_rate(said: &Document<'_>, certificate: &Certificate) -> Result<Verdict, Error> {
    Ok(match ceiling(said, &certificate.numbers, false) {
        Ok(Again::Proven(found)) if found <= certificate.reachable * (1.0 + 1e-9) => {
            Verdict::Confirmed
        }
        Ok(Again::Proven(found)) => {
            Verdict::Refuted(format!("no more than {found:.6e} is proven to be out of reach"))
        }
        Ok(Again::NotCheckable(why)) => Verdict::NotCheckable(why),
        Err(error) => Verdict::of(error)?,
    })
}

/// Whether a limit on the error is below what any signals reach.
fn floor(said: &Document<'_>, certificate: &Certificate) -> Result<Verdict, Error> {
    let Requirement::MaxError(limit) = said.instance.requirement() else {
        return Ok(Verdict::Confirmed);
    };
    Ok(match again::error_floor(said.instance, &certificate.numbers) {
        Ok(floor) if floor > limit => Verdict::Confirmed,
        Ok(floor) => Verdict::Refuted(format!("only {floor:.6e} is proven to be out of reach")),
        Err(error) => Verdict::of(error)?,
    })
}

fn stop_again(said: &Document<'_>, stop: Stop, proof: &Proof) -> Verdict {
    if proof.infeasible.is_some() && same(said.metrics.sum_rate_nats, 0.0) {
        return match stop {
            Stop::Computed => Verdict::Confirmed,
            other => own_rule(other),
        };
    }
    match said.claims.unwrap_or(UNKNOWN).ends {
        Ends::ByResidual if said.metrics.sum_rate_nats <= 0.0 => own_rule(stop),
        ends => said.ended(ends, stop, proof),
    }
}
