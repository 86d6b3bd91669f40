//! Sweeps: which value varies, and over what.

use std::collections::BTreeSet;

use noctule_num::InputError;
use serde_json::{Value, json};

use super::document::{Item, Keys, Kind, Place};
use super::grammar::tables::{LINSPACE, LOGSPACE, SWEEP};
use super::overlay::{self, Hop, Schema, Step};
use super::{MAX_POINTS, Scheme, rooted};
use crate::system::Point;

/// One value of a sweep, and where it was written.
#[derive(Clone, Debug)]
pub struct SweepValue {
    /// The value, of the kind the default has.
    pub value: Value,
    /// What figures call it.
    pub name: Option<String>,
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
    /// Symbol for axes and curves.
    pub symbol: Option<String>,
    /// How many times the value the number is that is shown.
    pub times: Option<f64>,
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
    Scenario(Vec<Hop>),
    /// A setting of one scheme, or of every scheme that has it.
    Setting {
        schemes: Vec<String>,
        way: Vec<Hop>,
        tail: String,
    },
}

/// What a sweep may refer to.
pub(super) struct World<'a> {
    pub(super) scenario: &'a Value,
    pub(super) schema: &'a Value,
    pub(super) schemes: &'a [Scheme],
    /// The schemas of their settings.
    pub(super) settings: &'a [Value],
}

/// A number other than zero under a key, if it was written.
fn not_zero(keys: &Keys<'_>, key: &str) -> Result<Option<f64>, InputError> {
    match (keys.number(key)?, keys.get(key)) {
        (Some(0.0), Some(item)) => {
            Err(item.refuse(format!("`{key}` is zero"), "a number other than zero"))
        }
        (value, _) => Ok(value),
    }
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
            Target::Scenario(way) => overlay::replace(&mut point.scenario, way, value),
            Target::Setting { schemes, way, .. } => {
                if schemes.iter().any(|id| id == scheme) {
                    overlay::replace(&mut point.settings, way, value);
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

    /// Whether the values of one sweep would undo those of the other.
    pub(super) fn undoes(&self, other: &Self) -> bool {
        match (&self.target, &other.target) {
            (Target::Scenario(a), Target::Scenario(b)) => overlay::undo(a, b),
            // of one scheme and of all that have it: they meet where a scheme has both
            (
                Target::Setting { schemes: of_a, way: a, .. },
                Target::Setting { schemes: of_b, way: b, .. },
            ) => of_a.iter().any(|id| of_b.contains(id)) && overlay::undo(a, b),
            _ => false,
        }
    }

    /// The schemes whose settings it changes, by their index in `ids`, or `None` for the scenario;
    /// and the way within.
    pub(crate) fn aim(&self, ids: &[&str]) -> (Option<Vec<usize>>, Vec<Hop>) {
        match &self.target {
            Target::Scenario(way) => (None, way.clone()),
            Target::Setting { schemes, way, .. } => {
                let index = |id: &String| ids.iter().position(|known| known == id);
                (Some(schemes.iter().filter_map(index).collect()), way.clone())
            }
        }
    }

    /// Read one `[[sweep]]`.
    pub(super) fn read(item: &Item, world: &World<'_>) -> Result<Self, InputError> {
        let keys = Keys::of(item, &SWEEP)?;
        let path_item = keys.need("path", "a path such as \"scenario.power_dbm\"")?;
        let path = path_item.text("`path`")?.to_owned();
        let (target, default, schema) = target(path_item, &path, world)?;
        let values = values(item, &keys)?;
        let mut sweep = Self {
            path,
            label: keys.text("label")?,
            unit: keys.text("unit")?,
            symbol: keys.text("symbol")?,
            times: not_zero(&keys, "times")?,
            chain: keys.get("chain").map_or(Ok(false), |item| item.flag("`chain`"))?,
            values: Vec::with_capacity(values.len()),
            target,
            place: path_item.place.clone(),
        };
        let mut seen = BTreeSet::new();
        for value in values {
            // The value as the default at its path wants it.
            let resolved = overlay::overlay(default, schema, &value)?;
            if !seen.insert(plain(&numbers(&resolved))) {
                return Err(value.refuse("this value occurs twice in the sweep", "distinct values"));
            }
            sweep.values.push(SweepValue {
                value: resolved,
                name: None,
                place: value.place.clone(),
            });
        }
        sweep.name(&keys)?;
        Ok(sweep)
    }

    /// What figures call the values, if the file says so: a name for each.
    fn name(&mut self, keys: &Keys<'_>) -> Result<(), InputError> {
        let Some(item) = keys.get("names") else { return Ok(()) };
        let names = item.list("`names`")?;
        if names.len() != self.values.len() {
            let what = format!("these are {} names", names.len());
            return Err(item.refuse(what, format!("{}, one for each value", self.values.len())));
        }
        for (value, name) in self.values.iter_mut().zip(names) {
            value.name = Some(name.text("a name")?.to_owned());
        }
        Ok(())
    }
}

/// Where a path leads, and the default there with its schema.
type Led<'a> = (Target, &'a Value, Schema<'a>);

fn target<'a>(item: &Item, path: &str, world: &World<'a>) -> Result<Led<'a>, InputError> {
    let allowed = "\"scenario.…\", \"scheme.<setting>\" or \"scheme.<id>.<setting>\"";
    let (root, tail) = path.split_once('.').unwrap_or((path, ""));
    let known_root = matches!(root, "scenario" | "scheme");
    let Some(steps) = overlay::steps(if known_root { tail } else { path }) else {
        return Err(item.refuse("this is not a path", allowed));
    };
    match root {
        "scenario" => {
            let schema = Schema::root(world.schema);
            let (default, schema, way) = overlay::find(world.scenario, schema, &steps)
                .map_err(|missing| nowhere(item, "the scenario has no such value", missing))?;
            Ok((Target::Scenario(way), default, schema))
        }
        "scheme" => setting(item, &steps, tail, world),
        _ => {
            let error = item.refuse("a path starts with `scenario` or `scheme`", allowed);
            Err(match rooted(path, world.scenario) {
                Some(meant) => error.hint(format!("did you mean \"{meant}\"?")),
                None => error,
            })
        }
    }
}

fn setting<'a>(
    item: &Item,
    steps: &[Step],
    tail: &str,
    world: &World<'a>,
) -> Result<Led<'a>, InputError> {
    let all = || world.schemes.iter().zip(world.settings.iter().map(Schema::root));
    // `scheme.<id>.<setting>` wins over a setting that happens to be called like a scheme.
    if let [Step::Key(id), rest @ ..] = steps
        && !rest.is_empty()
        && let Some((scheme, schema)) = all().find(|(scheme, _)| scheme.id == *id)
    {
        let (default, schema, way) = overlay::find(&scheme.settings, schema, rest)
            .map_err(|missing| nowhere(item, "this scheme has no such setting", missing))?;
        let tail = tail[id.len() + 1..].to_owned();
        return Ok((Target::Setting { schemes: vec![id.clone()], way, tail }, default, schema));
    }
    let mut schemes = Vec::new();
    let mut first = None;
    let mut missing = None;
    for (scheme, schema) in all() {
        match overlay::find(&scheme.settings, schema, steps) {
            Ok(found) => {
                schemes.push(scheme.id.clone());
                first.get_or_insert(found);
            }
            Err(error) => {
                if missing.as_ref().is_none_or(|before: &overlay::Missing| before.hint.is_none()) {
                    missing = Some(error);
                }
            }
        }
    }
    match (first, missing) {
        (Some((default, schema, way)), _) => {
            Ok((Target::Setting { schemes, way, tail: tail.to_owned() }, default, schema))
        }
        (None, Some(missing)) => Err(nowhere(item, "no scheme has such a setting", missing)),
        (None, None) => Err(item.refuse("there is no scheme", "a [[scheme]]")),
    }
}

fn nowhere(item: &Item, what: &str, missing: overlay::Missing) -> InputError {
    let error = item.refuse(format!("{what}: `{}` is unknown", missing.step), missing.known);
    match missing.hint {
        Some(hint) => error.hint(hint),
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

/// The value with its numbers in one spelling: 1 and 1.0 are one value, as are 0 and -0.
fn numbers(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            // Beyond 53 bits integers differ that have one double.
            Some(double) if double.abs() < 9e15 => json!(double + 0.0),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(numbers).collect(),
        Value::Object(members) => {
            let same = members.iter().map(|(key, inner)| (key.clone(), numbers(inner)));
            Value::Object(same.collect())
        }
        other => other.clone(),
    }
}

/// A value as people read it: a table by its kind and what is said beside it.
pub(crate) fn worded(value: &Value) -> String {
    let Some(members) = value.as_object() else { return plain(value) };
    let Some(kind) = members.get("kind").and_then(Value::as_str) else { return plain(value) };
    let told = members.iter().filter(|(key, value)| {
        !["kind", "sha256", "rows"].contains(&key.as_str()) && !value.is_object()
    });
    told.fold(kind.to_owned(), |words, (key, value)| {
        let value = value.as_f64().map_or_else(|| plain(value), |x| x.to_string());
        format!("{words}, {key} {value}")
    })
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
