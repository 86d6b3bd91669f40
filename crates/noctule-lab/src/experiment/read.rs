//! From a document to an [`Experiment`]: the order in which things are read and checked.

use noctule_num::InputError;
use serde_json::Value;

use super::claims::ClaimSpec;
use super::document::{self, Item, Keys, Kind, Place};
use super::figures::FigureSpec;
use super::grammar::tables::{CI, EXPERIMENT, PRECISION, SCHEME};
use super::names::{Names, reference};
use super::overlay::{self, Schema};
use super::sweeps::{Sweep, World};
use super::{
    CiSize, Experiment, FORMAT, MAX_BYTES, MAX_POINTS, MAX_SCHEMES, MAX_SWEEPS, Precision, Scheme,
    hint, is_file_name,
};
use crate::registry::Registry;
use crate::system::{System, no_such_scheme};

pub(super) fn experiment(
    text: &str,
    file: &str,
    id: &str,
    registry: &Registry<'_>,
) -> Result<Experiment, InputError> {
    if text.len() > MAX_BYTES {
        let found = format!("{} bytes", text.len());
        return Err(InputError::new("the file is too large", file, found, "at most 4 MiB of TOML"));
    }
    let root = document::read(text, file)?;
    let keys = Keys::of(&root, &EXPERIMENT)?;
    check_format(&keys)?;
    let system_item = keys.need("system", &hint::list(&registry.ids()))?;
    let system = system_of(system_item, registry)?;
    let mut places = vec![(String::from("scenario"), system_item.place.clone())];
    let schema = system.scenario_schema();
    let scenario = scenario(&keys, system, &schema, &mut places)?;
    let schemes = schemes(&keys, system, &mut places)?;
    let settings: Vec<Value> =
        schemes.iter().map(|scheme| grammar_of(system, &scheme.name)).collect();
    let world =
        World { scenario: &scenario, schema: &schema, schemes: &schemes, settings: &settings };
    let sweeps = sweeps(&keys, &world)?;
    let mut experiment = Experiment {
        id: id.to_owned(),
        title: keys.text("title")?.unwrap_or_else(|| id.to_owned()),
        text: keys.text("text")?.map(|text| text.trim().to_owned()).unwrap_or_default(),
        system: system.id().to_owned(),
        seed: keys.count("seed")?.unwrap_or(1),
        trials: trials(&keys)?,
        scenario,
        sweeps,
        schemes,
        precision: None,
        keep: keep(&keys, system)?,
        ci: ci(&keys)?,
        figures: Vec::new(),
        claims: Vec::new(),
        base: super::attach::base_of(file).to_owned(),
        places,
    };
    experiment.precision = precision(&keys, system, experiment.trials)?;
    shown(&keys, system, &mut experiment)?;
    Ok(experiment)
}

/// What is drawn and claimed, in the names of an experiment that is read otherwise.
fn shown(
    keys: &Keys<'_>,
    system: &dyn System,
    experiment: &mut Experiment,
) -> Result<(), InputError> {
    let names = Names {
        system,
        sweeps: &experiment.sweeps,
        schemes: &experiment.schemes,
        keep: &experiment.keep,
    };
    let figures = keys.tables("figure")?;
    let figures = unique(figures, "figure", |item, _| FigureSpec::read(item, &names), |f| &f.id)?;
    let claims = keys.tables("claim")?;
    let claims = unique(claims, "claim", |item, k| ClaimSpec::read(item, k, &names), |c| &c.id)?;
    (experiment.figures, experiment.claims) = (figures, claims);
    Ok(())
}

/// The series that are asked for by name.
fn keep(keys: &Keys<'_>, system: &dyn System) -> Result<Vec<String>, InputError> {
    let Some(item) = keys.get("keep") else { return Ok(Vec::new()) };
    let known: Vec<&str> = system.on_demand().iter().map(|series| series.name).collect();
    let mut keep = Vec::new();
    for item in item.list("`keep`")? {
        let name = reference(item, "keep", &known)?;
        if keep.iter().any(|known| known == name) {
            return Err(item.refuse("this is named twice", "every series once"));
        }
        keep.push(name.to_owned());
    }
    Ok(keep)
}

fn trials(keys: &Keys<'_>) -> Result<Option<u64>, InputError> {
    let none = keys.get("trials").is_some_and(Item::is_zero);
    keys.count("trials").map_err(|error| match none {
        true => error.hint("leave `trials` out for a deterministic study"),
        false => error,
    })
}

fn check_format(keys: &Keys<'_>) -> Result<(), InputError> {
    let item = keys.need("format", &format!("\"{FORMAT}\""))?;
    let found = item.text("`format`")?;
    if found == FORMAT {
        return Ok(());
    }
    let error = item.refuse("this is another format", format!("\"{FORMAT}\""));
    Err(
        match found
            .strip_prefix("noctule-experiment/")
            .and_then(|version| version.parse::<u64>().ok())
        {
            Some(version) if version > 1 => error.hint("the file was written for a newer noctule"),
            _ => error,
        },
    )
}

/// The system that a file names.
pub(super) fn system_of<'r>(
    item: &Item,
    registry: &Registry<'r>,
) -> Result<&'r dyn System, InputError> {
    let id = item.text("`system`")?;
    let named = registry.need(id, &item.place.text());
    named.map_err(|error| InputError { found: item.show(), ..error })
}

/// Remember where everything inside a table was written.
pub(super) fn remember(places: &mut Vec<(String, Place)>, item: &Item, path: &str) {
    places.push((path.to_owned(), item.place.clone()));
    match &item.kind {
        Kind::Table(entries) => {
            for (key, _, inner) in entries {
                remember(places, inner, &format!("{path}.{key}"));
            }
        }
        Kind::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                remember(places, inner, &format!("{path}[{index}]"));
            }
        }
        _ => {}
    }
}

fn scenario(
    keys: &Keys<'_>,
    system: &dyn System,
    schema: &Value,
    places: &mut Vec<(String, Place)>,
) -> Result<Value, InputError> {
    let default = system.default_scenario();
    let Some(item) = keys.get("scenario") else { return Ok(default) };
    item.table("`scenario`")?;
    remember(places, item, "scenario");
    overlay::overlay(&default, Schema::root(schema), item)
}

fn schemes(
    keys: &Keys<'_>,
    system: &dyn System,
    places: &mut Vec<(String, Place)>,
) -> Result<Vec<Scheme>, InputError> {
    let names: Vec<&str> = system.schemes().iter().map(|scheme| scheme.name).collect();
    keys.need("scheme", &format!("one or several [[scheme]] with a name: {}", hint::list(&names)))?;
    let items = keys.tables("scheme")?;
    if items.is_empty() || items.len() > MAX_SCHEMES {
        let item = keys.need("scheme", "schemes")?;
        return Err(
            item.refuse("this is no useful number of schemes", format!("1 to {MAX_SCHEMES}"))
        );
    }
    let mut index = 0;
    let mut schemes = unique(
        items,
        "scheme",
        |item, _| {
            let scheme = scheme(item, index, system, &names, places);
            index += 1;
            scheme
        },
        |scheme| &scheme.id,
    )?;
    told_apart(&mut schemes);
    Ok(schemes)
}

/// Schemes of one label carry their id in it: otherwise a table or legend does not tell them apart.
fn told_apart(schemes: &mut [Scheme]) {
    let labels: Vec<String> = schemes.iter().map(|scheme| scheme.label.clone()).collect();
    for scheme in schemes {
        if labels.iter().filter(|label| **label == scheme.label).count() > 1 {
            scheme.label = format!("{} ({})", scheme.label, scheme.id);
        }
    }
}

fn scheme(
    item: &Item,
    index: usize,
    system: &dyn System,
    names: &[&str],
    places: &mut Vec<(String, Place)>,
) -> Result<Scheme, InputError> {
    let keys = Keys::of(item, &SCHEME)?;
    let name_item = keys.need("name", &hint::list(names))?;
    let name = name_item.text("`name`")?.to_owned();
    if !names.contains(&name.as_str()) {
        let place = name_item.place.text();
        return Err(InputError {
            found: name_item.show(),
            ..no_such_scheme(system, &place, &name)
        });
    }
    let id = keys.text("id")?.unwrap_or_else(|| name.clone());
    if !is_file_name(&id) || id == "scheme" {
        let at = keys.get("id").unwrap_or(name_item);
        return Err(at.refuse("this id is not a name for a file", super::FILE_NAME));
    }
    let info = system.schemes().into_iter().find(|info| info.name == name);
    let label = keys
        .text("label")?
        .unwrap_or_else(|| info.map_or(name.clone(), |info| info.label.to_owned()));
    let default =
        system.default_settings(&name).unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let path = format!("scheme[{index}]");
    places.push((path.clone(), item.place.clone()));
    let settings = match keys.get("settings") {
        None => default,
        Some(item) => {
            item.table("`settings`")?;
            remember(places, item, &path);
            overlay::overlay(&default, Schema::root(&grammar_of(system, &name)), item)?
        }
    };
    Ok(Scheme { id, name, label, settings })
}

/// The schema of a scheme's settings; nothing where there is none.
fn grammar_of(system: &dyn System, scheme: &str) -> Value {
    system.settings_schema(scheme).unwrap_or_default()
}

fn sweeps(keys: &Keys<'_>, world: &World<'_>) -> Result<Vec<Sweep>, InputError> {
    let items = keys.tables("sweep")?;
    let mut sweeps: Vec<Sweep> = Vec::new();
    // Every scheme has its own copy of every point in the plan.
    let mut points = world.schemes.len();
    for item in items {
        if sweeps.len() == MAX_SWEEPS {
            return Err(item.refuse("there are too many sweeps", format!("at most {MAX_SWEEPS}")));
        }
        let sweep = Sweep::read(item, world)?;
        let overlaps = |other: &Sweep| {
            super::covers(&other.path, &sweep.path)
                || super::covers(&sweep.path, &other.path)
                || sweep.undoes(other)
        };
        if let Some(other) = sweeps.iter().find(|other| overlaps(other)) {
            return Err(sweep.place.refuse(
                "two sweeps set the same value",
                format!("{} and {}", other.path, sweep.path),
                "one sweep for each value",
            ));
        }
        points = points.saturating_mul(sweep.values.len());
        if points > MAX_POINTS {
            return Err(item.refuse(
                format!("the schemes and sweeps make {points} points"),
                format!("at most {MAX_POINTS} points"),
            ));
        }
        sweeps.push(sweep);
    }
    Ok(sweeps)
}

fn ci(keys: &Keys<'_>) -> Result<CiSize, InputError> {
    let default = CiSize::default();
    let Some(item) = keys.get("ci") else { return Ok(default) };
    let keys = Keys::of(item, &CI)?;
    let max_seconds = keys.number("max_seconds")?.unwrap_or(default.max_seconds);
    if max_seconds <= 0.0 {
        return Err(item.refuse("`max_seconds` is not positive", "a positive number of seconds"));
    }
    Ok(CiSize {
        trials: keys.count("trials")?.unwrap_or(default.trials),
        points: keys.count("points")?.map_or(default.points, |points| points as usize),
        max_seconds,
    })
}

fn precision(
    keys: &Keys<'_>,
    system: &dyn System,
    trials: Option<u64>,
) -> Result<Option<Precision>, InputError> {
    let Some(item) = keys.get("precision") else { return Ok(None) };
    let Some(trials) = trials else {
        return Err(item.refuse(
            "a deterministic study has no standard error",
            "`trials`, the largest number",
        ));
    };
    let keys = Keys::of(item, &PRECISION)?;
    let metrics: Vec<&str> = system.metrics().iter().map(|metric| metric.name).collect();
    let metric =
        reference(keys.need("metric", &hint::list(&metrics))?, "metric", &metrics)?.to_owned();
    let error_item = keys.need("standard_error", "a positive number, in the unit of the metric")?;
    let standard_error = error_item.number("`standard_error`")?;
    if standard_error <= 0.0 {
        return Err(error_item.refuse("the standard error is not positive", "a positive number"));
    }
    let round_trials =
        keys.count("round_trials")?.unwrap_or_else(|| (trials / 20).clamp(20, 100_000));
    Ok(Some(Precision { metric, standard_error, round_trials }))
}

/// Read tables whose ids must differ.
fn unique<T>(
    items: &[Item],
    what: &str,
    mut read: impl FnMut(&Item, usize) -> Result<T, InputError>,
    id: impl Fn(&T) -> &str,
) -> Result<Vec<T>, InputError> {
    let mut all: Vec<T> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let one = read(item, index)?;
        // Ids become file names, and some file systems do not tell case apart.
        if all.iter().any(|other| id(other).eq_ignore_ascii_case(id(&one))) {
            return Err(item
                .place
                .refuse(
                    format!("two {what}s have the same id"),
                    format!("`{}` twice", id(&one)),
                    "distinct ids",
                )
                .hint(format!("give this {what} an `id` of its own")));
        }
        all.push(one);
    }
    Ok(all)
}
