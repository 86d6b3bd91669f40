//! The names that figures and claims may refer to.

use std::collections::BTreeMap;

use noctule_num::InputError;
use serde_json::Value;

use super::document::{Item, Keys, Kind};
use super::sweeps::Sweep;
use super::{Scheme, hint};
use crate::system::System;

/// The names that figures and claims may refer to.
pub(super) struct Names<'a> {
    pub(super) system: &'a dyn System,
    pub(super) sweeps: &'a [Sweep],
    pub(super) schemes: &'a [Scheme],
    pub(super) keep: &'a [String],
}

impl<'a> Names<'a> {
    pub(super) fn metrics(&self) -> Vec<&'a str> {
        self.system.metrics().iter().map(|metric| metric.name).collect()
    }

    /// `series.<name>` for each.
    pub(super) fn series(&self) -> Vec<String> {
        let always = self.system.series();
        let names =
            always.iter().map(|series| series.name).chain(self.keep.iter().map(String::as_str));
        names.map(|name| format!("series.{name}")).collect()
    }

    /// Whether a series is recorded because the file asks for it.
    pub(super) fn keeps(&self, name: &str) -> bool {
        self.keep.iter().any(|kept| kept == name)
    }

    pub(super) fn sweeps(&self) -> Vec<&'a str> {
        self.sweeps.iter().map(|sweep| sweep.path.as_str()).collect()
    }

    /// The first value of a sweep that is a number and not positive.
    pub(super) fn not_positive(&self, path: &str) -> Option<f64> {
        let sweep = self.sweeps.iter().find(|sweep| sweep.path == path)?;
        sweep.values.iter().filter_map(|value| value.value.as_f64()).find(|value| *value <= 0.0)
    }

    pub(super) fn scheme_ids(&self) -> Vec<&'a str> {
        self.schemes.iter().map(|scheme| scheme.id.as_str()).collect()
    }

    /// The schemes a figure draws.
    pub(super) fn schemes_of(&self, keys: &Keys<'_>) -> Result<Vec<String>, InputError> {
        let Some(item) = keys.get("schemes") else { return Ok(Vec::new()) };
        let ids = self.scheme_ids();
        let items = item.list("`schemes`")?;
        items.iter().map(|item| reference(item, "schemes", &ids).map(str::to_owned)).collect()
    }

    /// `at = { "scenario.power_dbm" = 10 }`: sweeps and values they really take.
    pub(super) fn at(&self, item: Option<&Item>) -> Result<BTreeMap<String, Value>, InputError> {
        let Some(item) = item else { return Ok(BTreeMap::new()) };
        let mut at = BTreeMap::new();
        flatten(item, "", &self.sweeps(), &mut at)?;
        let mut resolved = BTreeMap::new();
        for (path, item) in at {
            let sweep = self.sweeps.iter().find(|sweep| sweep.path == path);
            let value = item.json()?;
            let found =
                sweep.and_then(|sweep| sweep.values.iter().find(|v| same(&v.value, &value)));
            match (sweep, found) {
                (_, Some(found)) => resolved.insert(path, found.value.clone()),
                (sweep, None) => {
                    let texts: Vec<String> = sweep.map_or(Vec::new(), |sweep| {
                        (0..sweep.values.len()).map(|index| sweep.value_text(index)).collect()
                    });
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    return Err(
                        item.refuse("the sweep does not take this value", hint::list(&texts))
                    );
                }
            };
        }
        Ok(resolved)
    }

    /// The sweep that a parametric line (metric against metric) or a claim follows: the only one
    /// that is not held, or the one that is a chain.
    pub(super) fn only_sweep(&self, at: &BTreeMap<String, Value>) -> Option<&'a str> {
        let free: Vec<&Sweep> =
            self.sweeps.iter().filter(|sweep| !at.contains_key(&sweep.path)).collect();
        match free[..] {
            [only] => Some(&only.path),
            _ => free.into_iter().find(|sweep| sweep.chain).map(|sweep| sweep.path.as_str()),
        }
    }
}

/// Equal values; numbers compare as numbers, so that `10` finds `10.0`.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    }
}

/// Accept both `"scenario.power_dbm" = 1` and the dotted key `scenario.power_dbm = 1`.
fn flatten<'i>(
    item: &'i Item,
    prefix: &str,
    sweeps: &[&str],
    out: &mut BTreeMap<String, &'i Item>,
) -> Result<(), InputError> {
    for (key, place, inner) in item.table("`at`")? {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        if sweeps.contains(&path.as_str()) {
            out.insert(path, inner);
        } else if matches!(inner.kind, Kind::Table(_)) {
            flatten(inner, &path, sweeps, out)?;
        } else {
            let error = place.refuse("this is not swept", format!("`{path}`"), hint::list(sweeps));
            return Err(hint::with_guess(error, &path, sweeps));
        }
    }
    Ok(())
}

/// One of the names that exist.
pub(super) fn reference<'a>(
    item: &'a Item,
    key: &str,
    words: &[&str],
) -> Result<&'a str, InputError> {
    let found = item.text(&format!("`{key}`"))?;
    if words.contains(&found) {
        return Ok(found);
    }
    let error =
        item.refuse(format!("`{key}` names nothing that exists here"), hint::nearest(found, words));
    // A bare key is the commonest slip: `power_dbm` for `scenario.power_dbm`.
    match words.iter().find(|word| word.rsplit('.').next() == Some(found)) {
        Some(word) => Err(error.hint(format!("did you mean \"{word}\"?"))),
        None => Err(hint::with_guess(error, found, words)),
    }
}
