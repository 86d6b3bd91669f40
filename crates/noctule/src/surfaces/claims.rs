//! What a document claims of a deployment, checked again.

use noctule_num::InputError;
use noctule_optim::{Bound, Certificate, Proof, Sense, Stop};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::bounds::bound::margin;
use super::bounds::proof::again;
use super::bounds::regions::regions_again;
use super::model::Link;
use super::price::limit_price;
use super::{
    Deployment, Instance, Metrics, Requirement, Select, Settings, Signal, closed_form_bound,
    misses_requirement, within_reach,
};
use crate::Error;
use crate::claims::{
    Again, Bounded, Checks, Compared, Ends, Residual, Said, Verdict, closed_form, same_certificate,
    stored_member,
};

type Document<'a> = Said<'a, Instance, Deployment, Metrics, Claims>;

/// What a scheme of this system claims.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    /// The signal of which it proves bounds.
    proves: Option<Signal>,
    /// Sites and requirement, from its settings: what it may say to be out of reach.
    asked: fn(&Value) -> Option<(Select, Requirement)>,
    ends: Ends,
}

impl Claims {
    /// A search with a bound on the rate of this signal; its settings are [`Settings`].
    pub const fn proven(signal: Signal) -> Self {
        let asked = |s: &Value| asked(s, |s: Settings| (s.select, s.requirement));
        Self { proves: Some(signal), asked, ends: Ends::OwnRule }
    }

    /// No bound; certificates are about the sites and the requirement that follow from the settings.
    pub const fn unproven(ends: Ends, asked: fn(&Value) -> Option<(Select, Requirement)>) -> Self {
        Self { proves: None, asked, ends }
    }
}

/// Sites and requirement from the settings of a scheme.
pub(super) fn asked<S: DeserializeOwned>(
    settings: &Value,
    of: fn(S) -> (Select, Requirement),
) -> Option<(Select, Requirement)> {
    S::deserialize(settings).ok().map(of)
}

/// Whose light is required, of all sites or of one: what most settings come to.
pub(super) const fn lit(select: Select) -> (Select, Requirement) {
    (select, Requirement::Illumination)
}

/// How claims are checked.
pub const CLAIMS: Checks<Instance, Deployment, Metrics, Claims> = Checks {
    added: &["echo", "limit_price"],
    restored: |metrics, stored| {
        metrics.echo = stored_member(stored, "echo");
        metrics.limit_price = stored_member(stored, "limit_price");
    },
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
    said.claims?.proves.zip(said.settings())
}

/// By its numbers where it has some, else by the formulas for aligned surfaces and the curve of a single one, which need nothing but the
/// instance. What is tighter comes from a search over phases.
fn bound_again(said: &Document<'_>, bound: &Bound) -> Result<Again, Error> {
    if said.claims.is_some_and(|claims| claims.proves.is_none()) {
        let what = "this scheme proves no bounds";
        return Err(InputError::new(what, "proof.bound", said.scheme, "no bound").into());
    }
    let Some((signal, settings)) = proving(said) else {
        return Ok(Again::not_checkable("there is no such scheme, or its settings are others"));
    };
    let Settings { select, requirement, .. } = settings;
    if !bound.numbers.is_empty() {
        let nats = if bound.numbers.contains_key("regions") {
            regions_again(said.instance, select, &bound.numbers)?
        } else {
            again(said.instance, select, requirement, &bound.numbers)?
        };
        return Ok(Again::Proven(margin(nats)));
    }
    let (value, apart) = closed_form_bound(said.instance, signal, select, requirement)?;
    let searched = apart && settings.certify.is_asked() && requirement == Requirement::Illumination;
    if searched && bound.value < value * (1.0 - 1e-9) {
        let why = "the regions of its branch and bound are not in the document";
        return Ok(Again::not_checkable(why));
    }
    Ok(Again::Proven(value))
}

fn residual(_: &Document<'_>) -> Result<Option<Residual>, Error> {
    Ok(None)
}

fn infeasible_again(
    said: &Document<'_>,
    certificate: &Certificate,
    out: &mut Vec<Compared>,
) -> Result<Verdict, Error> {
    let asked = said.claims.and_then(|claims| (claims.asked)(said.settings));
    let (select, requirement) = asked.unwrap_or(lit(Select::All));
    let (required, reachable) = within_reach(said.instance, select, requirement)?;
    if required <= reachable || said.violation <= 0.0 {
        return Ok(Verdict::Refuted("the requirement is within reach".to_owned()));
    }
    let found = Certificate::new("", "", required, reachable);
    Ok(same_certificate(certificate, Some(&found), out))
}

/// Whether a document states another price of its limit than its phases have.
fn another_price(said: &Document<'_>) -> Result<bool, Error> {
    let Some(stored) = said.stored.get("limit_price").and_then(Value::as_f64) else {
        return Ok(false);
    };
    let Some(signal) = said.claims.and_then(|claims| claims.proves) else { return Ok(true) };
    let deployment = said.variables;
    let cascade = said.instance.cascade(&deployment.sites);
    let link = Link::new(said.instance, &cascade);
    let price = limit_price(said.instance, (&cascade, &link), signal, deployment)?;
    Ok(price.is_none_or(|price| (price - stored).abs() > 1e-6 * price.abs()))
}

fn stop_again(said: &Document<'_>, stop: Stop, proof: &Proof) -> Verdict {
    match another_price(said) {
        Ok(false) => {}
        Ok(true) => {
            return Verdict::Refuted("the limit has another price than it states".to_owned());
        }
        Err(error) => return Verdict::NotCheckable(format!("the price of the limit: {error}")),
    }
    if proof.infeasible.is_some() {
        return closed_form(stop);
    }
    if stop == Stop::Converged && misses_requirement(stop, proof) {
        return Verdict::Refuted("the requirement is missed".to_owned());
    }
    match said.claims.map_or(Ends::OwnRule, |claims| claims.ends) {
        Ends::OwnRule => Verdict::NotCheckable(format!("that its search ended by `{stop}`")),
        ends => said.ended(ends, stop, proof),
    }
}
