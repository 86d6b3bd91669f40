//! Documents that are opened: evaluated again, not believed.

use noctule::data::ArraySet;
use noctule::document::Made;
use noctule::system::{DesignOf, typed};
use noctule::{Design as Found, Error, Proof, Stop, System, Trace, Work};
use noctule_num::InputError;
use serde_json::{Value, json};

use super::{named, told};
use crate::request::{Open, Want};

/// The answer to a document as text.
///
/// # Errors
/// Text that is no document of a system of this build.
pub(super) fn opened(asked: &Open) -> Result<Value, Error> {
    let document: Value = serde_json::from_str(&asked.text).map_err(|error| {
        let what = "the document is not JSON";
        InputError::new(what, "text", error.to_string(), "a noctule-design/1 file")
    })?;
    let system = document.get("system").and_then(Value::as_str);
    (named(system.unwrap_or_default())?.open)(&document, &asked.want)
}

/// The answer to a document of one system: its variables, evaluated here.
///
/// # Errors
/// What does not fit.
pub(super) fn open<S: System>(document: &Value, want: &Want) -> Result<Value, Error> {
    let embedded = document.get("instance").unwrap_or(&Value::Null);
    let set = ArraySet::from_value(embedded, "instance", S::INSTANCE_FIELDS)
        .map_err(|error| error.inside("instance"))?;
    let instance = S::instance(set, None)?;
    let set = ArraySet::from_value(document, "design", S::VARIABLE_FIELDS)?;
    let variables = S::variables(&set, &instance)?;
    let metrics = S::evaluate(&instance, &variables)?;
    let witness = S::check(&instance, &variables)?.in_numbers();
    // What it cost is nothing that can be evaluated.
    let work = document.get("work").and_then(|work| typed::<Work>(work, "work").ok());
    let work = work.unwrap_or_default();
    let mut design: DesignOf<S> = Found {
        warnings: S::advice(&instance, &metrics),
        starts: vec![S::objective(&metrics)],
        variables,
        metrics,
        stop: Stop::Computed,
        proof: Proof::feasible(witness.violation),
        trace: Trace::off(),
        work,
    };
    let number = |name: &str| document.pointer(&format!("/draw/{name}")).and_then(Value::as_u64);
    let settings = document.get("settings").cloned().unwrap_or_else(|| json!({}));
    let made = Made {
        scheme: document.get("scheme").and_then(Value::as_str).unwrap_or_default(),
        settings: &settings,
        seed: number("seed").unwrap_or(1),
        trial: number("trial").unwrap_or(0),
    };
    told::<S>(&instance, &mut design, made, want)
}
