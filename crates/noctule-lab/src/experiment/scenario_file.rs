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

use super::document::{self, Item, Keys, Kind, Place};
use super::grammar::tables::SCENARIO_FILE;
use super::overlay::{self, Hop, Schema, Step};
use super::read::{remember, system_of};
use super::rooted;
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
        let item = keys.need("system", &hint::list(&registry.ids()))?;
        let system = system_of(item, registry)?;
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
        Ok(Self { system: system.id().to_owned(), scenario, places })
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

/// Values given one by one, as `scenario.users = 6`, `scenario.targets.fixed[0].polar_deg = 40` or
/// `scheme.starts = 8`, written one after the other over `defaults`, an object of complete values.
///
/// # Errors
/// [`InputError`] that counts the values: `--set:2:1` is the second.
pub fn overrides(defaults: &Value, schema: &Value, values: &[String]) -> Result<Value, InputError> {
    let mut written = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let one = Override::read(value, index)?;
        if written.iter().any(|other: &Override| other.path == one.path) {
            let found = format!("`{}` again", one.path);
            return Err(one.place.refuse("this value is set twice", found, "every value once"));
        }
        written.push(one);
    }
    // What says a variant goes before what the variant carries, in whatever order they come.
    written.sort_by_key(|one| !matches!(one.steps.last(), Some(Step::Key(key)) if key == "kind"));
    let mut all = defaults.clone();
    for one in written {
        one.apply(&mut all, schema)?;
    }
    Ok(all)
}

/// One `path = value`.
struct Override {
    path: String,
    steps: Vec<Step>,
    place: Place,
    item: Item,
}

impl Override {
    fn read(text: &str, index: usize) -> Result<Self, InputError> {
        let position = format!("--set:{}:1", index + 1);
        let refuse = |what: &str, found: &str| {
            let allowed =
                "path=value, such as scenario.users=6 or scenario.targets.fixed[0].polar_deg=40";
            let line = found.lines().next().unwrap_or("");
            let found = format!("`{}`", document::shorten(line));
            Err(InputError::new(what, &position, found, allowed))
        };
        let text = quoted_word(text);
        let Some((left, right)) = text.split_once('=') else {
            return refuse("this sets no value", &text);
        };
        let path = left.trim().to_owned();
        let key = |c: char| c.is_ascii_alphanumeric() || "-_.[]".contains(c);
        let Some(steps) = overlay::steps(&path).filter(|_| path.chars().all(key)) else {
            return refuse("this is not a path", &path);
        };
        // Line and column of the value are those of the option as it was written.
        let filler = "v".repeat(path.chars().count());
        let document = format!("{}{}={right}", "\n".repeat(index), left.replace(&path, &filler));
        let root = document::read(&document, "--set").map_err(|error| InputError {
            what: error.what.replace("this is not TOML", "this is no value"),
            allowed: "a number, true, a word or \"text\", [a list], { key = value }".to_owned(),
            ..error
        })?;
        let [(_, _, item)] = root.table("`--set`")? else {
            return refuse("this sets more than one value", &text);
        };
        let place = Place { position, path: path.clone() };
        let mut item = item.clone();
        rename(&mut item, filler.len(), &path);
        Ok(Self { path, steps, place, item })
    }

    fn apply(&self, all: &mut Value, schema: &Value) -> Result<(), InputError> {
        let names = ["scenario", "scheme"];
        let [Step::Key(root), inside @ ..] = &self.steps[..] else { return Ok(()) };
        let default = all.get(root).filter(|default| !default.is_null());
        let Some(default) = default else {
            let what = "there is nothing of this name to set";
            let error = self.place.refuse(what, format!("`{root}`"), hint::list(&names));
            return Err(match rooted(&self.path, &all["scenario"]) {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => hint::with_guess(error, root, &names),
            });
        };
        let schema = if root == "scenario" { schema } else { &Value::Null };
        let found = overlay::find(default, Schema::root(schema), inside);
        let (default, schema, mut way) = found.map_err(|missing| {
            let found = format!("`{}`", missing.step);
            let error = self.place.refuse("there is no such key", found, missing.known);
            match missing.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
        let value = overlay::overlay(default, schema, &self.item)?;
        way.insert(0, Hop::Key(root.clone(), Value::Null));
        overlay::replace(all, &way, value);
        Ok(())
    }
}

/// The path as it was written, in place of its first `filler` bytes, in everything inside a value.
fn rename(item: &mut Item, filler: usize, path: &str) {
    let rest = item.place.path.get(filler..).unwrap_or_default();
    item.place.path = format!("{path}{rest}");
    match &mut item.kind {
        Kind::Table(entries) => {
            for (_, place, inner) in entries {
                place.path = format!("{path}{}", place.path.get(filler..).unwrap_or_default());
                rename(inner, filler, path);
            }
        }
        Kind::Array(items) => items.iter_mut().for_each(|inner| rename(inner, filler, path)),
        _ => {}
    }
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
