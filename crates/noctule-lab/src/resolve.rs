//! What is meant: by the one argument of the command line, by a dictionary of Python.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use noctule::data::{self, ArraySet};
use noctule_num::InputError;
use serde_json::{Value, json};

use crate::experiment::{MAX_BYTES, ScenarioFile, complete, overrides, settable};
use crate::single::{Arrays, Single, SingleError, Source, afford};
use crate::system::no_such_scheme;
use crate::{files, named_arrays, systems};

/// The endings of files of arrays.
const ARRAYS: [&str; 5] = ["json", "npz", "npy", "mat", "csv"];

/// How the one argument is called in complaints.
const GIVEN: &str = "SCENARIO|ARRAYS";

/// What a command line says of one instance.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// A scenario file, a file of arrays, or the name of a system for its default scenario. What it
    /// is its ending tells.
    pub given: Option<&'a str>,
    /// Where everything comes from that a file of arrays does not have: a scenario file, or
    /// `default`.
    pub scenario: Option<&'a str>,
    /// The system that arrays belong to, where they do not say.
    pub system: Option<&'a str>,
    /// Arrays one by one, as [`named_arrays::read`] takes them.
    pub arrays: &'a [String],
    /// Values one by one, as [`overrides`] takes them.
    pub set: &'a [String],
    /// Seed of what is drawn.
    pub seed: u64,
    /// Trial of what is drawn.
    pub trial: u64,
}

/// With what the instance is designed.
#[derive(Clone, Copy, Debug)]
pub enum Method<'a> {
    /// With nothing: variables are there already.
    Given,
    /// With the first scheme of the system.
    First,
    /// With the scheme of this name.
    Named(&'a str),
}

/// What was asked for.
#[derive(Debug)]
pub struct Resolved {
    /// The system.
    pub system: &'static dyn Single,
    /// The instance.
    pub source: Source,
    /// The scheme; empty where nothing is designed.
    pub scheme: String,
    /// Its complete settings.
    pub settings: Value,
    /// What the readers of arrays decided.
    pub notes: Vec<String>,
    file: Option<ScenarioFile>,
}

impl Resolved {
    /// The same complaint at the line of the scenario file that caused it, where there is one.
    pub fn locate(&self, error: SingleError) -> SingleError {
        match (error, &self.file) {
            (SingleError::Input(error), Some(file)) => SingleError::Input(file.locate(error)),
            (error, _) => error,
        }
    }
}

/// A scenario that a name leads to.
#[derive(Debug)]
pub struct Meant {
    /// Its system.
    pub system: &'static dyn Single,
    /// The scenario, complete.
    pub scenario: Value,
    file: Option<ScenarioFile>,
}

impl Meant {
    /// The scenario in a file that ends in `.toml`, or else the default of the system of this name;
    /// `place` is where that is named.
    ///
    /// # Errors
    /// [`InputError`] when there is no such file or system, or the file is none of scenarios.
    pub fn by(name: &str, place: &str) -> Result<Self, InputError> {
        if !name.ends_with(".toml") {
            let system = systems::need(name, place)?;
            return Ok(Self { system, scenario: system.default_scenario(), file: None });
        }
        let text = files::read_text(Path::new(name), MAX_BYTES as u64, "a scenario file")?;
        let registry = systems::registry();
        let file = ScenarioFile::parse(&text, name, &registry)?.attached(name, &registry)?;
        let system = systems::need(&file.system, name)?;
        Ok(Self { system, scenario: file.scenario.clone(), file: Some(file) })
    }
}

impl Source {
    /// What a command line means: the instance, the scheme, and values changed in both.
    ///
    /// A single design can afford its bound, so that settings ask for it ([`afford`]) unless a
    /// value that is set says otherwise.
    ///
    /// # Errors
    /// [`InputError`] with the argument, or the place in a file, that cannot be used.
    pub fn resolve(asked: &Asked<'_>, method: Method<'_>) -> Result<Resolved, InputError> {
        let asked = &asked.alone();
        // `--system` alone is its default scenario
        let given = asked.given.or(asked.system).unwrap_or(systems::DEFAULT);
        let files = data::Source::parse(given)?;
        let ending = ending_of(&files.file);
        let arrays = ARRAYS.contains(&ending.to_ascii_lowercase().as_str()).then_some(&files);
        let (system, scenario, file) = match asked.scenario_named(given, ending, arrays)? {
            None => (asked.system_of(&files)?, None, None),
            Some(name) => {
                let meant = asked.meant(name, arrays)?;
                (meant.system, Some(meant.scenario), meant.file)
            }
        };
        asked.check_system(system)?;
        let (scheme, settings) = match method {
            Method::Given => (String::new(), json!({})),
            Method::First => chosen(system, system.schemes().first().map_or("", |s| s.name))?,
            Method::Named(name) => chosen(system, name)?,
        };
        let (scenario, settings) = asked.changed(system, scenario, &scheme, settings)?;
        let (arrays, notes) = asked.handed_in(system, arrays)?;
        let source = Self { scenario, arrays, seed: asked.seed, trial: asked.trial };
        Ok(Resolved { system, source, scheme, settings, notes, file })
    }

    /// What values in memory mean: `scenario` is written over the system's default, `arrays` hold
    /// what is known.
    ///
    /// # Errors
    /// [`InputError`] with the path of a value, or the name of an array, that does not fit.
    pub fn of(
        system: &dyn Single,
        scenario: Option<&Value>,
        arrays: Option<ArraySet>,
        (seed, trial): (u64, u64),
    ) -> Result<Self, InputError> {
        let Described { scenario: default, schema, .. } = described(system);
        let scenario = scenario.map(|given| complete(default, schema, given, "scenario"));
        let arrays = arrays.map(|set| set.only(system.instance_fields()).map(Arrays::Set));
        Ok(Self { scenario: scenario.transpose()?, arrays: arrays.transpose()?, seed, trial })
    }
}

/// The ending of a file's name.
fn ending_of(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or("")
}

/// A scheme, and its settings for a single design.
fn chosen(system: &dyn Single, scheme: &str) -> Result<(String, Value), InputError> {
    Ok((scheme.to_owned(), default_settings(system, scheme, "--scheme", true)?))
}

/// The default settings of a scheme, which ask for a bound where `certify` is said.
fn default_settings(
    system: &dyn Single,
    scheme: &str,
    place: &str,
    certify: bool,
) -> Result<Value, InputError> {
    let settings = system.default_settings(scheme);
    let mut settings = settings.ok_or_else(|| no_such_scheme(system, place, scheme))?;
    if certify {
        afford(&mut settings);
    }
    Ok(settings)
}

/// Complete settings of a scheme: its defaults, which ask for a bound where `certify` is said, with
/// `given` written over them.
///
/// # Errors
/// [`InputError`] with the path of a value that does not fit, or the scheme that there is not.
pub fn settings(
    system: &dyn Single,
    scheme: &str,
    given: Option<&Value>,
    certify: bool,
) -> Result<Value, InputError> {
    let all = default_settings(system, scheme, "scheme", certify)?;
    match given {
        None => Ok(all),
        Some(given) => {
            let schema = described(system).settings.get(scheme).unwrap_or(&Value::Null);
            complete(&all, schema, given, "scheme")
        }
    }
}

/// What a system says of its values: made once.
#[derive(Default)]
struct Described {
    /// The default scenario.
    scenario: Value,
    /// The schema of scenarios.
    schema: Value,
    /// The schemas of settings by scheme.
    settings: BTreeMap<&'static str, Value>,
}

impl Described {
    fn of(system: &dyn Single) -> Self {
        let names = system.schemes().into_iter().map(|scheme| scheme.name);
        let settings = names.filter_map(|name| Some((name, system.settings_schema(name)?)));
        Self {
            scenario: system.default_scenario(),
            schema: system.scenario_schema(),
            settings: settings.collect(),
        }
    }
}

fn described(system: &dyn Single) -> &'static Described {
    static ALL: OnceLock<BTreeMap<&'static str, Described>> = OnceLock::new();
    static NONE: OnceLock<Described> = OnceLock::new();
    let describe = |system: &&'static dyn Single| (system.id(), Described::of(*system));
    let all = ALL.get_or_init(|| systems::singles().iter().map(describe).collect());
    all.get(system.id()).unwrap_or_else(|| NONE.get_or_init(Described::default))
}

/// A scenario and settings.
type Values = (Option<Value>, Value);

impl<'a> Asked<'a> {
    /// The same, with `--scenario` as the one argument where there is none: arrays may come one by one.
    fn alone(self) -> Self {
        let is_scenario =
            |name: &&str| name.ends_with(".toml") || ending_of(Path::new(name)).is_empty();
        match self.scenario.filter(is_scenario) {
            Some(scenario) if self.given.is_none() => {
                Self { given: Some(scenario), scenario: None, ..self }
            }
            _ => self,
        }
    }

    /// Where the scenario comes from: the one argument, unless that is a file of arrays.
    fn scenario_named(
        &self,
        given: &'a str,
        ending: &str,
        arrays: Option<&data::Source>,
    ) -> Result<Option<&'a str>, InputError> {
        match (self.scenario, arrays) {
            (scenario, Some(_)) => Ok(scenario),
            (None, None) => Ok(Some(given)),
            // A file that is neither a scenario nor arrays we read is no second scenario.
            (Some(_), None) if !ending.is_empty() && ending != "toml" => Err(not_told(given)),
            (Some(named), None) if self.given.is_none() => {
                let allowed =
                    "a scenario file (.toml), or `default`; arrays are the argument itself";
                Err(InputError::new("the file is no scenario", "--scenario", named, allowed))
            }
            (Some(_), None) => {
                let (what, found) =
                    ("there are two scenarios", format!("`{given}` is one already"));
                let allowed = "one scenario; --scenario goes with a file of arrays";
                Err(InputError::new(what, "--scenario", found, allowed))
            }
        }
    }

    /// The scenario of that name: a file, a system, or `default`.
    fn meant(&self, name: &str, arrays: Option<&data::Source>) -> Result<Meant, InputError> {
        const PLACE: &str = "the scenario";
        if name.ends_with(".toml") {
            return Meant::by(name, PLACE);
        }
        if Path::new(name).extension().is_some() {
            return Err(not_told(name));
        }
        let name = match (name, arrays) {
            // The default scenario of the system that the arrays are of, where they say it.
            ("default", Some(files)) => self.system_of(files)?.id(),
            ("default", None) => self.system.unwrap_or(systems::DEFAULT),
            (name, _) => name,
        };
        if Path::new(name).is_file() && !systems::registry().ids().contains(&name) {
            return Err(not_told(name));
        }
        Meant::by(name, PLACE)
    }

    /// A JSON instance says its system; archives do not, and are taken for the default one.
    fn system_of(&self, arrays: &data::Source) -> Result<&'static dyn Single, InputError> {
        if let Some(name) = self.system {
            return systems::need(name, "--system");
        }
        let said = data::system_of(&arrays.file);
        let place = arrays.file.display().to_string();
        systems::need(said.as_deref().unwrap_or(systems::DEFAULT), &place)
    }

    fn check_system(&self, system: &dyn Single) -> Result<(), InputError> {
        let Some(named) = self.system.filter(|named| *named != system.id()) else { return Ok(()) };
        let found = format!("`{named}`, and a scenario of `{}`", system.id());
        let allowed = "the system of the scenario";
        Err(InputError::new("there are two systems", "--system", found, allowed))
    }

    /// Scenario and settings with the values that are set.
    fn changed(
        &self,
        system: &dyn Single,
        scenario: Option<Value>,
        scheme: &str,
        settings: Value,
    ) -> Result<Values, InputError> {
        let there = scenario.is_some();
        let defaults = json!({ "scenario": scenario, "scheme": settings });
        let grammar = system.settings_schema(scheme).unwrap_or_default();
        let schema = settable(system.scenario_schema(), grammar);
        let mut all = overrides(&defaults, &schema, self.set)?;
        Ok((there.then(|| all["scenario"].take()), all["scheme"].take()))
    }

    /// The arrays of the file, and over them those handed in one by one; what their readers decided.
    fn handed_in(
        &self,
        system: &dyn Single,
        files: Option<&data::Source>,
    ) -> Result<(Option<Arrays>, Vec<String>), InputError> {
        let fields = system.instance_fields();
        let named = named_arrays::read(self.arrays, fields)?;
        let mut notes = named.notes().to_vec();
        let Some(source) = files else {
            return Ok(((!self.arrays.is_empty()).then_some(Arrays::Set(named)), notes));
        };
        let mut all = named_arrays::whole(source, "instance", fields)?;
        notes.extend(all.notes().iter().cloned());
        if self.arrays.is_empty() {
            return Ok((Some(Arrays::Read(source.file.clone(), all)), notes));
        }
        all.extend(named);
        Ok((Some(Arrays::Set(all)), notes))
    }
}

/// A file of another kind than scenarios and arrays.
fn not_told(name: &str) -> InputError {
    let what = "the file's ending does not tell what it is";
    let allowed =
        "a scenario (.toml), arrays (.json, .npz, .npy, .mat, .csv), or the name of a system";
    let error = InputError::new(what, GIVEN, name, allowed);
    error.hint(format!("one array alone: `--array NAME={name}`, where its format is read"))
}

/// The format of design documents.
const DESIGN: &str = "noctule-design/1";

/// The system of a design document; `place` is what complaints about the whole of it call it.
///
/// # Errors
/// [`InputError`] for another kind of document, one of a newer noctule, and an unknown system.
pub fn system_of(document: &Value, place: &str) -> Result<&'static dyn Single, InputError> {
    let format = document.get("format").and_then(Value::as_str).unwrap_or("no `format`");
    if format != DESIGN {
        let newer = format.starts_with("noctule-design/");
        let kind = "this is another kind of file";
        let what = if newer { "the file was written by a newer noctule" } else { kind };
        return Err(InputError::new(what, place, format, "a noctule-design/1 document"));
    }
    let name = document.get("system").and_then(Value::as_str).unwrap_or("nothing");
    systems::need(name, "system")
}
