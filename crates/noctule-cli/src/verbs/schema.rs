//! `noctule schema`: what a system takes and gives.

use noctule_lab::system::System;
use noctule_lab::systems;
use noctule_num::InputError;
use serde_json::{Map, Value, json};

use super::print_json;
use crate::exit::{Done, Failure};

pub(crate) fn run(name: Option<&str>, _json: bool) -> Result<Done, Failure> {
    let registry = systems::registry();
    match name {
        Some(name) => {
            let system = registry.get(name).ok_or_else(|| {
                InputError::new(
                    "there is no such system",
                    "system",
                    name,
                    registry.ids().join(", "),
                )
            })?;
            print_json(&describe(system))?;
        }
        None => {
            let all: Map<String, Value> =
                registry.iter().map(|system| (system.id().to_owned(), describe(system))).collect();
            print_json(&Value::Object(all))?;
        }
    }
    Ok(Done::Done)
}

fn describe(system: &dyn System) -> Value {
    let schemes: Map<String, Value> = system
        .schemes()
        .iter()
        .map(|scheme| {
            let settings = system.default_settings(scheme.name);
            let value =
                json!({ "label": scheme.label, "summary": scheme.summary, "settings": settings });
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
    })
}
