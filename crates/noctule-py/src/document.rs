//! A design document, and the system that it names.

use noctule_lab::single::Single;
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use pyo3::prelude::*;
use serde_json::Value;

use crate::arrays::accept;
use crate::errors;

/// A `noctule-design/1` document.
pub(crate) fn document_of(text: &str) -> PyResult<Value> {
    let refuse = |what: &str, found: String| {
        errors::refuse(what, "design", found, "a noctule-design/1 document")
    };
    let document = accept(noctule::data::json_document(text.as_bytes()))?;
    let format = document.get("format").and_then(Value::as_str).unwrap_or("no `format`");
    if format != "noctule-design/1" {
        let newer = format.starts_with("noctule-design/");
        let kind = "this is another kind of file";
        let what = if newer { "the file was written by a newer noctule" } else { kind };
        return Err(refuse(what, format.to_owned()));
    }
    Ok(document)
}

/// The system of a document.
pub(crate) fn system_of(document: &Value) -> PyResult<&'static dyn Single> {
    system_named(document.get("system").and_then(Value::as_str).unwrap_or("nothing"))
}

/// The system of that name.
pub(crate) fn system_named(name: &str) -> PyResult<&'static dyn Single> {
    let all = systems::singles();
    let names: Vec<&str> = all.iter().map(|system| system.id()).collect();
    all.iter().copied().find(|system| system.id() == name).ok_or_else(|| {
        let error = InputError::new("there is no such system", "system", name, hint::list(&names));
        errors::input(&hint::with_guess(error, name, &names))
    })
}
