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

use super::attach;
use super::document::{self, Item, Keys, Place};
use super::grammar::tables::SCENARIO_FILE;
use super::overlay::{self, Schema};
use super::read::{remember, system_of};
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

    /// The same with what the data are that it refers to, whose paths are relative to `file`.
    ///
    /// # Errors
    /// Data that cannot be read.
    pub fn attached(mut self, file: &str, registry: &Registry<'_>) -> Result<Self, InputError> {
        let system = registry.need(&self.system, "system")?;
        let base = attach::base_of(file);
        attach::scenario(&mut self.scenario, system, base).map_err(|error| self.locate(error))?;
        Ok(self)
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
