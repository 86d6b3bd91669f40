//! What a document claims of an allocation, checked again.

use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};

use super::again::{self, Goal};
use super::baselines::{FullPower, full_power};
use super::design::TARGET;
use super::{Allocation, Instance, LeastPowerSettings, Metrics};
use crate::claims::{
    Again, Bounded, Checks, Compared, Said, Verdict, closed_form, own_rule, same_certificate,
};
use crate::{Error, Run};

type Document<'a> = Said<'a, Instance, Allocation, Metrics>;

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Allocation, Metrics> = Checks {
    added: &["attained"],
    bounded,
    bound: bound_again,
    residual,
    infeasible: infeasible_again,
    stop: stop_again,
};

/// `least-power` is about the power, `best-crb` about positions, all else about the worst error.
fn bounded(said: &Document<'_>, bound: &Bound) -> Option<Bounded> {
    let metrics = said.metrics;
    match (said.scheme, bound.sense) {
        (_, Sense::Upper) => None,
        ("best-crb", _) => metrics.worst_crb_m2.map(Bounded::below),
        ("least-power", _) if bound.problem.is_none() => {
            Some(Bounded::below(metrics.power_fraction))
        }
        _ => Some(Bounded::below(metrics.worst_error)),
    }
}

fn bound_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    let instance = said.instance;
    let goal = match said.scheme {
        "best-crb" => return again::worst_crb_m2(instance, &bound.numbers).map(Again::Proven),
        "least-power" if bound.problem.is_none() => {
            let Some(target) = target(said)? else {
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

/// The target of `least-power`.
fn target(said: &Document<'_>) -> Result<Option<f64>, Error> {
    let settings = said.settings::<LeastPowerSettings>().filter(|_| said.scheme == "least-power");
    let Some(settings) = settings else { return Ok(None) };
    Ok(Some(match settings.target_error {
        Some(target) => target,
        None => {
            let full = full_power(said.instance, &FullPower::default(), &Run::default())?;
            full.metrics.worst_error
        }
    }))
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

fn residual(_: &Document<'_>) -> Result<Option<f64>, Error> {
    Ok(None)
}

fn stop_again(said: &Document<'_>, stop: Stop, _: &Proof) -> Verdict {
    match said.scheme {
        "full-power" | "no-downlink" | "located" => closed_form(stop),
        _ => own_rule(stop),
    }
}
