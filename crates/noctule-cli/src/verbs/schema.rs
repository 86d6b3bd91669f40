//! `noctule schema`: what a system takes and gives, and what a file may say.

use noctule::data::FieldInfo;
use noctule_lab::experiment::grammar::{json_schema, tables};
use noctule_lab::single::Single;
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use serde_json::{Map, Value, json};

use super::print_json;
use crate::exit::{Done, Failure};

/// The file formats with a grammar.
const FORMATS: [&str; 2] = ["experiment", "scenario"];

pub(crate) fn run(name: Option<&str>) -> Result<Done, Failure> {
    let registry = systems::registry();
    let document = match name {
        Some("experiment") => json_schema(&tables::EXPERIMENT, "noctule-experiment/1"),
        Some("scenario") => json_schema(&tables::SCENARIO_FILE, "noctule-scenario/1"),
        Some(name) => {
            let all = systems::singles();
            let found = all.iter().copied().find(|system| system.id() == name);
            let system = found.ok_or_else(|| {
                let names = [&registry.ids()[..], &FORMATS].concat();
                let what = "there is no such system and no such file format";
                let error = InputError::new(what, "schema", name, hint::list(&names));
                hint::with_guess(error, name, &names)
            })?;
            describe(system)
        }
        None => systems::singles()
            .into_iter()
            .map(|system| (system.id().to_owned(), describe(system)))
            .collect(),
    };
    print_json(&document)?;
    Ok(Done::Done)
}

fn describe(system: &dyn Single) -> Value {
    let schemes: Map<String, Value> = system
        .schemes()
        .iter()
        .map(|scheme| {
            let value = json!({
                "label": scheme.label,
                "summary": scheme.summary,
                "settings": system.default_settings(scheme.name),
                "settings_schema": system.settings_schema(scheme.name),
            });
            (scheme.name.to_owned(), value)
        })
        .collect();
    json!({
        "title": system.title(),
        "default": system.default_scenario(),
        "schema": system.scenario_schema(),
        "schemes": schemes,
        "metrics": system.metrics(),
        "series": system.series(),
        "instance_arrays": arrays(system.instance_fields()),
        "variable_arrays": arrays(system.variable_fields()),
    })
}

/// Arrays by name: shape, kind and meaning.
fn arrays(fields: &[FieldInfo]) -> Value {
    let describe = |field: &FieldInfo| {
        let kind = if field.complex { "complex" } else { "real" };
        let value = json!({ "shape": field.dimensions, "kind": kind, "summary": field.summary });
        (field.name.to_owned(), value)
    };
    fields.iter().map(describe).collect()
}
