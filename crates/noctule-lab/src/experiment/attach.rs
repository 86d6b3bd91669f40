//! Data of one's own that a scenario refers to: looked at before an experiment is planned, so that the
//! plan says which data they were and refuses too few of them before anything runs.

use std::path::Path;

use noctule_num::InputError;
use serde_json::Value;

use super::Experiment;
use super::overlay::replace;
use crate::system::System;

/// The folder that paths of a file are relative to.
pub(super) fn base_of(file: &str) -> &Path {
    Path::new(file).parent().unwrap_or(Path::new(""))
}

/// Write what a scenario's data are beside their path.
///
/// # Errors
/// Data that cannot be used.
pub(super) fn scenario(
    scenario: &mut Value,
    system: &dyn System,
    base: &Path,
) -> Result<(), InputError> {
    let (Some(data), added) = (system.data(), system.attached(scenario, base)?) else {
        return Ok(());
    };
    write(scenario.pointer_mut(data), added);
    Ok(())
}

fn write(object: Option<&mut Value>, added: Vec<(&'static str, Value)>) {
    if let Some(Value::Object(members)) = object {
        members.extend(added.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
}

/// The same of an experiment and of the values of its sweeps.
///
/// # Errors
/// As [`scenario`]; a sweep over a part of what refers to data, which would leave the rest behind.
pub(super) fn experiment(
    mut experiment: Experiment,
    system: &dyn System,
) -> Result<Experiment, InputError> {
    let Some(data) = system.data() else { return Ok(experiment) };
    let base = &experiment.base.clone();
    let root = format!("scenario{}", data.replace('/', "."));
    // A value of a sweep is judged without what the scenario's own data are.
    let bare = experiment.scenario.clone();
    let refused = scenario(&mut experiment.scenario, system, base);
    refused.map_err(|error| experiment.locate(0, 0, error))?;
    let known = experiment.scenario.pointer(data).cloned().unwrap_or(Value::Null);
    for sweep in &mut experiment.sweeps {
        let whole = sweep.path == root;
        let inside = sweep.path.strip_prefix(&root).is_some_and(|rest| rest.starts_with('.'));
        let ((None, way), true) = (sweep.aim(&[]), whole || inside) else { continue };
        for value in &mut sweep.values {
            let mut point = bare.clone();
            replace(&mut point, &way, value.value.clone());
            let position = value.place.position.clone();
            let place = |error: InputError| InputError {
                place: format!("{position} {}", error.place),
                ..error
            };
            let added = system.attached(&point, base).map_err(place)?;
            if whole {
                write(Some(&mut value.value), added);
            } else if added.iter().any(|(key, found)| known.get(key) != Some(found)) {
                let what = "a sweep over a part of `channel` would change its file";
                let allowed = format!("a sweep over `{root}` with a whole table for each value");
                let found = sweep.path.clone();
                return Err(place(InputError::new(what, found.clone(), found, allowed)));
            }
        }
    }
    Ok(experiment)
}
