//! Scenario files: the scenario of one instance, in the grammar of an experiment's `[scenario]`.
//!
//! ```toml
//! format = "noctule-scenario/1"
//! system = "beamforming"
//!
//! [scenario]
//! users = 6
//! power_dbm = 20
//! ```

use noctule_num::{InputError, hint};
use serde_json::Value;

use super::document::{self, Item, Keys, Place};
use super::grammar::tables::SCENARIO_FILE;
use super::overlay::{self, Schema};
use super::read::remember;
use crate::registry::Registry;

/// The format of scenario files.
const FORMAT: &str = "noctule-scenario/1";

/// A scenario, read, checked and completed with the system's defaults.
#[derive(Clone, Debug)]
pub struct ScenarioFile {
    /// The system's name.
    pub system: String,
    /// The complete scenario.
    pub scenario: Value,
    places: Vec<(String, Place)>,
}

impl ScenarioFile {
    /// Read a scenario; `file` is the name that complaints use.
    ///
    /// # Errors
    /// [`InputError`] with file, line and column.
    pub fn parse(text: &str, file: &str, registry: &Registry<'_>) -> Result<Self, InputError> {
        let root = document::read(text, file)?;
        let keys = Keys::of(&root, &SCENARIO_FILE)?;
        check_format(keys.need("format", &format!("\"{FORMAT}\""))?)?;
        keys.text("title")?;
        let ids = registry.ids();
        let item = keys.need("system", &hint::list(&ids))?;
        let id = item.text("`system`")?;
        let Some(system) = registry.get(id) else {
            let error = item.refuse("there is no such system", hint::list(&ids));
            return Err(hint::with_guess(error, id, &ids));
        };
        let mut places = vec![("scenario".to_owned(), root.place.clone())];
        let schema = system.scenario_schema();
        let scenario = match keys.get("scenario") {
            None => system.default_scenario(),
            Some(item) => {
                item.table("`scenario`")?;
                remember(&mut places, item, "scenario");
                overlay::overlay(&system.default_scenario(), Schema::root(&schema), item)?
            }
        };
        Ok(Self { system: id.to_owned(), scenario, places })
    }

    /// The same complaint at the place in the file that caused it.
    pub fn locate(&self, error: InputError) -> InputError {
        let written = self
            .places
            .iter()
            .filter(|(path, _)| error.place.starts_with(path.as_str()))
            .max_by_key(|(path, _)| path.len());
        match written {
            Some((_, place)) => {
                InputError { place: format!("{} {}", place.position, error.place), ..error }
            }
            None => error,
        }
    }
}

fn check_format(item: &Item) -> Result<(), InputError> {
    let found = item.text("`format`")?;
    if found == FORMAT {
        return Ok(());
    }
    let error = item.refuse("this is another kind of file", format!("\"{FORMAT}\""));
    Err(if found.starts_with("noctule-experiment/") {
        error.hint("experiments are run with `noctule run`")
    } else if found.starts_with("noctule-scenario/") {
        error.hint("the file was written for a newer noctule")
    } else {
        error
    })
}

/// Values given one by one, as `scenario.users = 6` or `scheme.starts = 8`, written over
/// `defaults`, an object of complete values.
///
/// # Errors
/// [`InputError`] that counts the values: `--set:2:1` is the second.
pub fn overrides(defaults: &Value, schema: &Value, values: &[String]) -> Result<Value, InputError> {
    let lines: Vec<String> = values.iter().map(|value| quoted_word(value)).collect();
    let item = document::read(&lines.join("\n"), "--set")?;
    let entries = item.table("`--set`")?;
    let mut all = defaults.clone();
    for (key, place, inner) in entries {
        let names = ["scenario", "scheme"];
        let default = defaults.get(key).filter(|default| !default.is_null());
        let Some(default) = default else {
            let error = place.refuse(
                "there is nothing of this name to set",
                format!("`{key}`"),
                hint::list(&names),
            );
            return Err(hint::with_guess(error, key, &names));
        };
        let schema = if key == "scenario" { schema } else { &Value::Null };
        all[key.as_str()] = overlay::overlay(default, Schema::root(schema), inner)?;
    }
    Ok(all)
}

/// `path=word` with the quotes around the word that TOML wants and a shell takes away.
fn quoted_word(value: &str) -> String {
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            && !["true", "false", "nan", "inf"].contains(&text)
    };
    match value.split_once('=') {
        Some((path, text)) if word(text.trim()) => format!("{path}=\"{}\"", text.trim()),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted_word;

    #[test]
    fn only_bare_words_are_quoted() {
        assert_eq!(quoted_word("a.b = per-antenna"), "a.b =\"per-antenna\"");
        for as_it_is in ["a=1e3", "a=true", "a=[1, 2]", "a={ b = 1 }", "a=\"x\"", "a=nan", "a"] {
            assert_eq!(quoted_word(as_it_is), as_it_is);
        }
    }
}
