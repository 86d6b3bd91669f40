//! Sweeps: which value varies, and over what.

use std::collections::BTreeSet;

use noctule_num::InputError;
use serde_json::Value;

use super::document::{Item, Keys, Kind, Place};
use super::grammar::tables::{LINSPACE, LOGSPACE, SWEEP};
use super::overlay::{self, Schema, Step};
use super::{MAX_POINTS, Scheme, hint};
use crate::system::Point;

/// One value of a sweep, and where it was written.
#[derive(Clone, Debug)]
pub struct SweepValue {
    /// The value, of the kind the default has.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// A value of the scenario or of a scheme that varies.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// `scenario.power_dbm`, `scheme.starts` or `scheme.<id>.starts`.
    pub path: String,
    /// Words for an axis.
    pub label: Option<String>,
    /// Unit for an axis.
    pub unit: Option<String>,
    /// Whether its points run in order, each starting from the one before.
    pub chain: bool,
    /// The values.
    pub values: Vec<SweepValue>,
    target: Target,
    pub(super) place: Place,
}

/// What a path leads to.
#[derive(Clone, Debug)]
enum Target {
    Scenario(Vec<Step>),
    /// A setting of one scheme, or of every scheme that has it.
    Setting {
        schemes: Vec<String>,
        steps: Vec<Step>,
        tail: String,
    },
}

/// What a sweep may refer to.
pub(super) struct World<'a> {
    pub(super) scenario: &'a Value,
    pub(super) schema: &'a Value,
    pub(super) schemes: &'a [Scheme],
}

impl Sweep {
    /// The value as text, for tables and legends.
    pub fn value_text(&self, index: usize) -> String {
        plain(&self.values[index].value)
    }

    /// Keep at most so many values, evenly spread, ends included.
    pub(super) fn thin(&mut self, keep: usize) {
        let count = self.values.len();
        let keep = keep.max(1);
        if keep >= count {
            return;
        }
        let last = (keep - 1).max(1);
        let kept = (0..keep).map(|k| self.values[k * (count - 1) / last].clone()).collect();
        self.values = kept;
    }

    pub(super) fn apply(&self, point: &mut Point, scheme: &str, index: usize) {
        let value = self.values[index].value.clone();
        match &self.target {
            Target::Scenario(steps) => overlay::replace(&mut point.scenario, steps, value),
            Target::Setting { schemes, steps, .. } => {
                if schemes.iter().any(|id| id == scheme) {
                    overlay::replace(&mut point.settings, steps, value);
                }
            }
        }
    }

    /// The path as the system calls it for one scheme; `None` if that scheme is not touched.
    pub(super) fn path_for(&self, scheme: &str) -> Option<String> {
        match &self.target {
            Target::Scenario(_) => Some(self.path.clone()),
            Target::Setting { schemes, tail, .. } => {
                schemes.iter().any(|id| id == scheme).then(|| format!("scheme.{tail}"))
            }
        }
    }

    /// Read one `[[sweep]]`.
    pub(super) fn read(item: &Item, world: &World<'_>) -> Result<Self, InputError> {
        let keys = Keys::of(item, &SWEEP)?;
        let path_item = keys.need("path", "a path such as \"scenario.power_dbm\"")?;
        let path = path_item.text("`path`")?.to_owned();
        let target = target(path_item, &path, world)?;
        let values = values(item, &keys)?;
        let mut sweep = Self {
            path,
            label: keys.text("label")?,
            unit: keys.text("unit")?,
            chain: keys.get("chain").map_or(Ok(false), |item| item.flag("`chain`"))?,
            values: Vec::with_capacity(values.len()),
            target,
            place: path_item.place.clone(),
        };
        let mut seen = BTreeSet::new();
        for value in values {
            let resolved = sweep.conform(&value, world)?;
            if !seen.insert(plain(&resolved)) {
                return Err(value.refuse("this value occurs twice in the sweep", "distinct values"));
            }
            sweep.values.push(SweepValue { value: resolved, place: value.place.clone() });
        }
        Ok(sweep)
    }

    /// The value as the default at its path wants it.
    fn conform(&self, value: &Item, world: &World<'_>) -> Result<Value, InputError> {
        let none = Value::Null;
        match &self.target {
            Target::Scenario(steps) => {
                let schema = Schema::root(world.schema);
                let found = overlay::find(world.scenario, schema, steps);
                found.map_or_else(
                    |_| value.json(),
                    |(default, schema)| overlay::overlay(default, schema, value),
                )
            }
            Target::Setting { schemes, steps, .. } => {
                let first = world.schemes.iter().find(|scheme| schemes.contains(&scheme.id));
                let settings = first.map_or(&none, |scheme| &scheme.settings);
                let found = overlay::find(settings, Schema::root(&none), steps);
                found.map_or_else(
                    |_| value.json(),
                    |(default, schema)| overlay::overlay(default, schema, value),
                )
            }
        }
    }
}

fn target(item: &Item, path: &str, world: &World<'_>) -> Result<Target, InputError> {
    let allowed = "\"scenario.…\", \"scheme.<setting>\" or \"scheme.<id>.<setting>\"";
    let (root, tail) = path.split_once('.').unwrap_or((path, ""));
    let known_root = matches!(root, "scenario" | "scheme");
    let Some(steps) = overlay::steps(if known_root { tail } else { path }) else {
        return Err(item.refuse("this is not a path", allowed));
    };
    match root {
        "scenario" => {
            let schema = Schema::root(world.schema);
            overlay::find(world.scenario, schema, &steps)
                .map_err(|missing| nowhere(item, "the scenario has no such value", missing))?;
            Ok(Target::Scenario(steps))
        }
        "scheme" => setting(item, steps, tail, world),
        _ => {
            let error = item.refuse("a path starts with `scenario` or `scheme`", allowed);
            let known: Vec<&str> = world
                .scenario
                .as_object()
                .into_iter()
                .flat_map(|map| map.keys())
                .map(String::as_str)
                .collect();
            Err(match hint::guess(root, &known) {
                _ if known.contains(&root) => {
                    error.hint(format!("did you mean \"scenario.{path}\"?"))
                }
                Some(key) => error.hint(format!("did you mean \"scenario.{key}\"?")),
                None => error,
            })
        }
    }
}

fn setting(
    item: &Item,
    steps: Vec<Step>,
    tail: &str,
    world: &World<'_>,
) -> Result<Target, InputError> {
    let none = Value::Null;
    let schema = Schema::root(&none);
    // `scheme.<id>.<setting>` wins over a setting that happens to be called like a scheme.
    if let [Step::Key(id), rest @ ..] = &steps[..]
        && !rest.is_empty()
        && let Some(scheme) = world.schemes.iter().find(|scheme| scheme.id == *id)
    {
        overlay::find(&scheme.settings, schema, rest)
            .map_err(|missing| nowhere(item, "this scheme has no such setting", missing))?;
        let tail = tail[id.len() + 1..].to_owned();
        return Ok(Target::Setting { schemes: vec![id.clone()], steps: rest.to_vec(), tail });
    }
    let mut schemes = Vec::new();
    let mut missing = None;
    for scheme in world.schemes {
        match overlay::find(&scheme.settings, schema, &steps) {
            Ok(_) => schemes.push(scheme.id.clone()),
            Err(error) => {
                if missing.as_ref().is_none_or(|before: &overlay::Missing| before.guess.is_none()) {
                    missing = Some(error);
                }
            }
        }
    }
    match missing {
        Some(missing) if schemes.is_empty() => {
            Err(nowhere(item, "no scheme has such a setting", missing))
        }
        _ => Ok(Target::Setting { schemes, steps, tail: tail.to_owned() }),
    }
}

fn nowhere(item: &Item, what: &str, missing: overlay::Missing) -> InputError {
    let error = item.refuse(format!("{what}: `{}` is unknown", missing.step), missing.known);
    match missing.guess {
        Some(guess) => error.hint(format!("did you mean `{guess}`?")),
        None => error,
    }
}

fn values(item: &Item, keys: &Keys<'_>) -> Result<Vec<Item>, InputError> {
    let given: Vec<&str> =
        SWEEP.one_of.iter().copied().filter(|key| keys.get(key).is_some()).collect();
    let &[form] = &given[..] else {
        return Err(item.place.refuse(
            "a sweep says its values in one way",
            if given.is_empty() { "none".to_owned() } else { given.join(" and ") },
            "one of values, linspace, logspace",
        ));
    };
    let value = keys.need(form, "values")?;
    if form != "values" {
        return spaced(value, form == "logspace");
    }
    let items = value.list("`values`")?;
    if items.is_empty() || items.len() > MAX_POINTS {
        return Err(
            value.refuse("this is no useful number of values", format!("1 to {MAX_POINTS} values"))
        );
    }
    Ok(items.to_vec())
}

/// `{ start, stop, count }`, in equal steps or equal factors.
fn spaced(item: &Item, logarithmic: bool) -> Result<Vec<Item>, InputError> {
    let keys = Keys::of(item, if logarithmic { &LOGSPACE } else { &LINSPACE })?;
    let mut ends = [0.0; 2];
    for (end, key) in ends.iter_mut().zip(["start", "stop"]) {
        let item = keys.need(key, "a finite number")?;
        *end = item.number(&format!("`{key}`"))?;
        if logarithmic && *end <= 0.0 {
            return Err(item.refuse(
                "a logspace runs between positive values",
                "a positive number (the value itself, not its exponent)",
            ));
        }
    }
    keys.need("count", "an integer")?;
    let count = keys.count("count")?.unwrap_or(2);
    let value = |k: u64| {
        let t = k as f64 / (count - 1) as f64;
        let [start, stop] = ends;
        if k == 0 || k == count - 1 {
            return if k == 0 { start } else { stop };
        }
        // Twelve digits: 0.001, not 0.0009999999999999998, and the same with every libm.
        round12(if logarithmic {
            start * (stop / start).powf(t)
        } else {
            start + t * (stop - start)
        })
    };
    Ok((0..count)
        .map(|k| Item { place: item.place.clone(), kind: Kind::Float(value(k)) })
        .collect())
}

fn round12(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// A JSON value in one line, text without its quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
        other => crate::canonical::text(other),
    }
}
