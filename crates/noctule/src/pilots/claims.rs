//! What a document claims of an allocation, checked again.

use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};

use serde_json::Value;

use super::again::{self, Goal};
use super::design::{TARGET, design};
use super::{Allocation, Instance, Metrics, Settings};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Ends, Residual, Said, Verdict, same_certificate,
    stored_member,
};

/// Two worst errors that differ by no more than this, relative, are those of one design.
const SAME: f64 = 1e-6;

type Document<'a> = Said<'a, Instance, Allocation, Metrics, Claims>;

/// What a scheme of this system claims.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    ends: Ends,
    about: About,
}

/// What bounds and certificates of a scheme are about.
#[derive(Clone, Copy, Debug)]
enum About {
    /// The worst error.
    Error,
    /// The worst bound on a position.
    Positions,
    /// The power that a target of the worst error takes; the target, from instance and settings.
    Power(Target),
}

type Target = fn(&Instance, &Value) -> Result<Option<f64>, Error>;

impl Claims {
    /// It ends so; what it bounds, if anything, is the worst error.
    pub const fn new(ends: Ends) -> Self {
        Self { ends, about: About::Error }
    }

    /// The same of one that bounds the worst bound on a position.
    pub const fn of_positions(ends: Ends) -> Self {
        Self { ends, about: About::Positions }
    }

    /// The same of one that bounds the power which a target of the worst error takes; `target` finds
    /// it again from the instance and the settings.
    pub const fn of_power(ends: Ends, target: Target) -> Self {
        Self { ends, about: About::Power(target) }
    }
}

/// What is taken to be claimed by a scheme that has no row.
const UNKNOWN: Claims = Claims::new(Ends::OwnRule);

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Allocation, Metrics, Claims> = Checks {
    added: &["attained", "limit_price"],
    restored: |metrics, stored| {
        metrics.attained = stored_member(stored, "attained");
        metrics.limit_price = stored_member(stored, "limit_price");
    },
    bounded,
    bound: bound_again,
    residual,
    infeasible: infeasible_again,
    stop: stop_again,
};

fn about(said: &Document<'_>) -> About {
    said.claims.unwrap_or(UNKNOWN).about
}

fn bounded(said: &Document<'_>, bound: &Bound) -> Option<Bounded> {
    let metrics = said.metrics;
    match (about(said), bound.sense) {
        (_, Sense::Upper) => None,
        (About::Positions, _) => metrics.worst_crb_m2.map(Bounded::below),
        (About::Power(_), _) if bound.problem.is_none() => {
            Some(Bounded::below(metrics.power_fraction))
        }
        _ => Some(Bounded::below(metrics.worst_error)),
    }
}

fn bound_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    let instance = said.instance;
    let goal = match about(said) {
        About::Positions => {
            return again::worst_crb_m2(instance, &bound.numbers).map(Again::Proven);
        }
        About::Power(target) if bound.problem.is_none() => {
            let Some(target) = target(instance, said.settings)? else {
                return Ok(Again::not_checkable("its target is not in the document"));
            };
            Goal::LeastPower { target }
        }
        _ => Goal::WorstError,
    };
    if !instance.is_modelled_exactly() {
        return Ok(Again::not_checkable("correlated pilots: nothing is proven of exact errors"));
    }
    let stake = match goal {
        Goal::WorstError => bound.value,
        Goal::LeastPower { target } => target,
    };
    Ok(match again::by_intervals(instance, &bound.numbers, goal, stake)? {
        // No power is below zero.
        Some(value) if goal != Goal::WorstError => Again::Proven(value.max(0.0)),
        Some(value) => Again::Proven(value),
        None => Again::not_checkable("its regions were too many to be kept"),
    })
}

/// The target of the worst error, where a scheme has one.
fn target(said: &Document<'_>) -> Result<Option<f64>, Error> {
    match about(said) {
        About::Power(target) => target(said.instance, said.settings),
        _ => Ok(None),
    }
}

fn infeasible_again(
    said: &Document<'_>,
    certificate: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let metrics = said.metrics;
    if let (Some(limit), Some(reached)) = (said.instance.parts().crb_limit_m2, metrics.worst_crb_m2)
        && reached > limit
    {
        let found = Certificate::new("", "", limit, reached);
        let verdict = same_certificate(certificate, Some(&found), out);
        if verdict != Verdict::Confirmed {
            return Ok(verdict);
        }
        return Ok(match again::worst_crb_m2(said.instance, &certificate.numbers) {
            Ok(floor) if floor > limit => Verdict::Confirmed,
            Ok(floor) => Verdict::Refuted(format!("only {floor:.6e} m² are out of reach")),
            Err(error) => Verdict::of(error)?,
        });
    }
    let Some(target) = target(said)? else {
        return Ok(Verdict::Refuted("every requirement is met".to_owned()));
    };
    let found = Certificate::new("", "", target, metrics.worst_error).about_setting(TARGET);
    Ok(match same_certificate(certificate, Some(&found), out) {
        Verdict::Confirmed if metrics.worst_error <= target => {
            Verdict::Refuted("the target is met".to_owned())
        }
        Verdict::Confirmed => {
            let (instance, numbers) = (said.instance, &certificate.numbers);
            match again::by_intervals(instance, numbers, Goal::WorstError, target) {
                Ok(Some(level)) if level > target => Verdict::Confirmed,
                Ok(Some(level)) => {
                    Verdict::Refuted(format!("only {level:.6e} is proven to be out of reach"))
                }
                Ok(None) => {
                    Verdict::NotCheckable("its regions were too many to be kept".to_owned())
                }
                Err(error) => Verdict::of(error)?,
            }
        }
        other => other,
    })
}

fn residual(_: &Document<'_>) -> Result<Option<Residual>, Error> {
    Ok(None)
}

/// Whether a document states another price of its limit than the design that is found again, where that is
/// the same.
fn another_price(said: &Document<'_>) -> bool {
    let stored = said.stored.get("limit_price").and_then(Value::as_f64);
    let (Some(stored), Some(limit)) = (stored, said.instance.parts().crb_limit_m2) else {
        return stored.is_some();
    };
    let Ok(again) = design(said.instance, &Settings::default()) else { return false };
    let (mine, theirs) = (again.metrics.worst_error, said.metrics.worst_error);
    let Some(price) = again.metrics.limit_price.filter(|_| (mine - theirs).abs() <= SAME * theirs)
    else {
        return false;
    };
    (price - stored).abs() > 1e-4 * price.abs() + SAME * theirs / limit.sqrt()
}

fn stop_again(said: &Document<'_>, stop: Stop, proof: &Proof) -> Verdict {
    if another_price(said) {
        return Verdict::Refuted("the limit has another price than it states".to_owned());
    }
    said.ended(said.claims.unwrap_or(UNKNOWN).ends, stop, proof)
}
