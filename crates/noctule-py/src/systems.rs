//! What Python is told of the systems.

use noctule::data::FieldInfo;
use noctule_lab::single::Single;
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::arrays::accept;
use crate::errors;

/// The system of that name.
pub(crate) fn system(name: &str) -> PyResult<&'static dyn Single> {
    accept(systems::need(name, "system"))
}

/// Everything Python needs to know of every system: schemas, defaults, schemes, arrays.
#[pyfunction]
pub(crate) fn systems_json() -> String {
    let fields = |fields: &[FieldInfo]| -> Vec<Value> {
        fields
            .iter()
            .map(|field| {
                json!({ "name": field.name, "dimensions": field.dimensions,
                    "complex": field.complex, "summary": field.summary })
            })
            .collect()
    };
    let all: Vec<Value> = systems::singles()
        .iter()
        .map(|system| {
            let schemes: Vec<Value> = system
                .schemes()
                .iter()
                .map(|scheme| {
                    json!({ "name": scheme.name, "label": scheme.label, "summary": scheme.summary,
                        "settings": system.default_settings(scheme.name),
                        "settings_schema": system.settings_schema(scheme.name) })
                })
                .collect();
            json!({
                "id": system.id(),
                "title": system.title(),
                "scenario": system.default_scenario(),
                "schema": system.scenario_schema(),
                "metrics": system.metrics(),
                "series": system.series(),
                "schemes": schemes,
                "instance_fields": fields(system.instance_fields()),
                "variable_fields": fields(system.variable_fields()),
            })
        })
        .collect();
    json!(all).to_string()
}

/// Refuse a name that is not among those known, with the nearest that is.
#[pyfunction]
pub(crate) fn unknown(name: &str, place: &str, known: Vec<String>) -> PyErr {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let what = "there is no such key";
    let place = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    let error = InputError::new(what, place, format!("`{name}`"), hint::list(&known));
    errors::input(&hint::with_guess(error, name, &known))
}
