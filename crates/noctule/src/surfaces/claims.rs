//! What a document claims of a deployment, checked again.

use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};

use super::baselines::{AlternatingSettings, TimeSwitchingSettings};
use super::{
    Deployment, Instance, Metrics, Requirement, Select, Settings, Signal, closed_form_bound,
    misses_requirement, within_reach,
};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Said, Verdict, closed_form, same_certificate,
};

type Document<'a> = Said<'a, Instance, Deployment, Metrics>;

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Deployment, Metrics> = Checks {
    added: &["echo"],
    bounded,
    bound: bound_again,
    residual,
    infeasible: infeasible_again,
    stop: stop_again,
};

fn bounded(said: &Document<'_>, bound: &Bound) -> Option<Bounded> {
    let about = bound.problem.is_none() && bound.sense == Sense::Upper;
    about.then(|| Bounded::above(said.metrics.rate_bps_hz))
}

/// The signal and the settings of a scheme that proves something.
fn proving(said: &Document<'_>) -> Option<(Signal, Settings)> {
    let signal = match said.scheme {
        "full-covariance" => Signal::Covariance,
        "dedicated-signal" => Signal::Dedicated,
        _ => return None,
    };
    said.settings().map(|settings| (signal, settings))
}

/// By the formulas for aligned surfaces and the curve of a single one, which need nothing but the
/// instance. What is tighter comes from a search over phases.
fn bound_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    let Some((signal, settings)) = proving(said) else {
        return Ok(Again::not_checkable("this scheme proves no bounds"));
    };
    let Settings { select, requirement, .. } = settings;
    let (value, apart) = closed_form_bound(said.instance, signal, select, requirement)?;
    let searched = apart && settings.certify.is_asked() && requirement == Requirement::Illumination;
    if searched && bound.value < value * (1.0 - 1e-9) {
        let why = "the regions of its branch and bound are not in the document";
        return Ok(Again::not_checkable(why));
    }
    Ok(Again::Proven(value))
}

fn residual(_: &Document<'_>) -> Result<Option<f64>, Error> {
    Ok(None)
}

fn infeasible_again(
    said: &Document<'_>,
    certificate: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let lit = |select| (select, Requirement::Illumination);
    let asked = match said.scheme {
        "time-switching" => said.settings().map(|s: TimeSwitchingSettings| lit(s.select)),
        "sweep-and-majorise" | "alternating-sca" => {
            said.settings().map(|s: AlternatingSettings| lit(s.select))
        }
        _ => said.settings().map(|s: Settings| (s.select, s.requirement)),
    };
    let (select, requirement) = asked.unwrap_or(lit(Select::All));
    let (required, reachable) = within_reach(said.instance, select, requirement)?;
    if required <= reachable || said.violation <= crate::FEASIBLE {
        return Ok(Verdict::Refuted("the requirement is within reach".to_owned()));
    }
    let found = Certificate::new("", "", required, reachable);
    Ok(same_certificate(certificate, Some(&found), out))
}

fn stop_again(said: &Document<'_>, stop: Stop, proof: &Proof) -> Verdict {
    if proof.infeasible.is_some() {
        return closed_form(stop);
    }
    if stop == Stop::Converged && misses_requirement(stop, proof) {
        return Verdict::Refuted("the requirement is missed".to_owned());
    }
    match said.scheme {
        "communication-only" | "sensing-only" | "max-eigenmode" | "time-switching" => {
            closed_form(stop)
        }
        _ => Verdict::NotCheckable(format!("that its search ended by `{stop}`")),
    }
}
