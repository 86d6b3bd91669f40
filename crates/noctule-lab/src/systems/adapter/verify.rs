//! Whether the numbers of a document are those of its variables.

use noctule::data::ArraySet;
use noctule::{Bound, Sense};
use noctule_num::InputError;
use serde_json::{Value, json};

use super::Typed;
use crate::single::{Finding, SingleError};

/// Numbers of a document must agree with their recomputation to this, relative.
const AGREEMENT: f64 = 1e-6;
/// Residuals agree to this: that of an objective of order one in another basis.
const RESIDUAL_ROUNDING: f64 = 1e-10;

/// Every number of a document against the independent witness and a fresh evaluation.
pub(super) fn verified<T: Typed>(document: &Value) -> Result<Finding, SingleError> {
    let member = |name: &str| {
        document.get(name).ok_or_else(|| {
            let what = "the document is incomplete";
            InputError::new(what, name, "nothing", "a noctule-design/1 file")
        })
    };
    let embedded = member("instance")?.to_string();
    let set = ArraySet::from_json(embedded.as_bytes(), "instance", T::INSTANCE_FIELDS)?;
    let instance = T::instance(set, None)?;
    let text = document.to_string();
    let set = ArraySet::from_json(text.as_bytes(), "design", T::VARIABLE_FIELDS)?;
    let variables = T::variables(&set, &instance)?;
    let witness = T::check(&instance, &variables)?;
    let metrics = member("metrics")?;
    let stored = |name: &str| metrics.get(name).and_then(Value::as_f64);
    let mut compared: Vec<(String, Option<f64>, Option<f64>)> = witness
        .numbers
        .iter()
        .map(|(name, found)| ((*name).to_owned(), stored(name), *found))
        .collect();
    let same = |(_, a, b): &(String, Option<f64>, Option<f64>)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= AGREEMENT * b.abs().max(f64::MIN_POSITIVE),
        (None, None) => true,
        _ => false,
    };
    let mut agrees = compared.iter().all(same);
    // Every other number of the metrics, evaluated again; only what differs is shown.
    let fresh = json!(T::evaluate(&instance, &variables)?);
    let before = compared.len();
    differences("metrics", metrics, &fresh, &mut compared);
    agrees &= compared.len() == before;
    let infeasible = document.pointer("/proof/infeasible").is_some_and(|c| !c.is_null());
    agrees &= proven_again::<T>(document, &instance, &variables, &mut compared)?;
    // Whether it was proven again or not, a bound must not contradict the design beside it. That of
    // an infeasible design says what can be reached, not what was.
    let scheme = document.get("scheme").and_then(Value::as_str).unwrap_or_default();
    let reached = match T::bounded(scheme) {
        None => witness.objective,
        Some(name) => witness
            .numbers
            .iter()
            .find_map(|(known, found)| (*known == name).then_some(*found))
            .unwrap_or_else(|| fresh.get(name).and_then(Value::as_f64)),
    };
    if let (Some(bound), Some(reached), false) =
        (document.pointer("/proof/bound"), reached, infeasible)
        && bound.get("problem").is_none_or(Value::is_null)
        && let Some(value) = bound.get("value").and_then(Value::as_f64)
    {
        let beyond = match bound.get("sense").and_then(Value::as_str) {
            Some("upper") => reached - value,
            _ => value - reached,
        };
        if beyond > AGREEMENT * reached.abs().max(value.abs()) {
            compared.push(("proof.bound.value".to_owned(), Some(value), Some(reached)));
            agrees = false;
        }
    }
    // A document that says "infeasible" carries the nearest there is, which must violate.
    agrees &= infeasible || witness.violation <= T::FEASIBILITY;
    Ok(Finding { compared, violation: witness.violation, agrees })
}

/// What a document says is proven, computed again where there is something to compute it from: the
/// bound from its multipliers, the residual from the variables. Both may be smaller than stored.
fn proven_again<T: Typed>(
    document: &Value,
    instance: &T::Instance,
    variables: &T::Variables,
    out: &mut Vec<(String, Option<f64>, Option<f64>)>,
) -> Result<bool, SingleError> {
    let mut agrees = true;
    if let Some(bound) = document.pointer("/proof/bound").filter(|bound| !bound.is_null()) {
        let bound: Bound = serde_json::from_value(bound.clone()).map_err(|error| {
            let what = "the bound of the document is damaged";
            InputError::new(what, "proof.bound", error.to_string(), "a bound as `design` writes it")
        })?;
        if let Some(found) = T::bound_again(instance, &bound.numbers)? {
            // a looser bound proves the same
            let beyond = match bound.sense {
                Sense::Upper => found - bound.value,
                Sense::Lower => bound.value - found,
            };
            agrees &= beyond <= AGREEMENT * bound.value.abs().max(found.abs());
            out.push(("proof.bound.value".to_owned(), Some(bound.value), Some(found)));
        }
    }
    let stored = document.pointer("/proof/point/residual").and_then(Value::as_f64);
    if let (Some(stored), Some(found)) = (stored, T::residual(instance, variables)?) {
        agrees &= found <= 1.01 * stored + RESIDUAL_ROUNDING;
        out.push(("proof.point.residual".to_owned(), Some(stored), Some(found)));
    }
    Ok(agrees)
}

/// Numbers of `stored` that differ from those of `fresh`, with their places. What `evaluate` leaves
/// open (null) is a scheme's own addition and is not compared.
fn differences(
    place: &str,
    stored: &Value,
    fresh: &Value,
    out: &mut Vec<(String, Option<f64>, Option<f64>)>,
) {
    match (stored, fresh) {
        (_, Value::Null) => {}
        (Value::Object(_) | Value::Null, Value::Object(members)) => {
            for (name, value) in members {
                let inner = stored.get(name).unwrap_or(&Value::Null);
                differences(&format!("{place}.{name}"), inner, value, out);
            }
        }
        (_, Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                let inner = stored.get(index).unwrap_or(&Value::Null);
                differences(&format!("{place}[{index}]"), inner, value, out);
            }
        }
        (_, Value::Number(number)) => {
            let (a, b) = (stored.as_f64(), number.as_f64());
            let same = match (a, b) {
                // rounding leaves numbers that should be zero near it
                (Some(a), Some(b)) => (a - b).abs() <= AGREEMENT * a.abs().max(b.abs()) + 1e-9,
                _ => false,
            };
            if !same {
                out.push((place.to_owned(), a, b));
            }
        }
        _ => {}
    }
}
