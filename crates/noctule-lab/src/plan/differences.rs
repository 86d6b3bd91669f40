//! What differs between two plans, in words that a person wrote.

use serde_json::{Map, Value};

use super::{Plan, PlanSweep};
use crate::experiment::plain;

/// Most differences that are named.
const NAMED: usize = 8;
/// Most letters of a value.
const SHOWN: usize = 40;

/// `trials 400 → 300`, `scenario.power_dbm 20 → 30`: what `old` says, and what `new` does.
pub(super) fn between(old: &Plan, new: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |name: &str, a: String, b: String| {
        if a != b {
            found.push(format!("{name} {} → {}", shown(&a), shown(&b)));
        }
    };
    let trials = |plan: &Plan| match plan.deterministic {
        true => "none (deterministic)".to_owned(),
        false => plan.trials.to_string(),
    };
    say("system", old.system.clone(), new.system.clone());
    say("seed", old.seed.to_string(), new.seed.to_string());
    say("trials", trials(old), trials(new));
    say("precision", precision(old), precision(new));
    say("noctule", old.version.clone(), new.version.clone());
    say("metrics", old.metrics.join(", "), new.metrics.join(", "));
    say("series", old.series.join(", "), new.series.join(", "));
    let ids = |plan: &Plan| {
        let ids: Vec<&str> = plan.schemes.iter().map(|scheme| scheme.id.as_str()).collect();
        ids.join(", ")
    };
    say("schemes", ids(old), ids(new));
    values("scenario", &old.scenario, &new.scenario, &mut found);
    for scheme in &new.schemes {
        let Some(before) = old.schemes.iter().find(|before| before.id == scheme.id) else {
            continue;
        };
        let path = format!("scheme.{}", scheme.id);
        if before.name != scheme.name {
            found.push(format!("{path} {} → {}", before.name, scheme.name));
        } else {
            values(&path, &before.settings, &scheme.settings, &mut found);
        }
    }
    sweeps(old, new, &mut found);
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found
}

fn precision(plan: &Plan) -> String {
    plan.precision.as_ref().map_or_else(
        || "none".to_owned(),
        |precision| {
            let metric = plan.metrics.get(precision.metric).map_or("?", String::as_str);
            let (error, round) = (precision.standard_error, precision.round_trials);
            format!("{metric} to {error} every {round}")
        },
    )
}

/// The leaves in which two values differ, by their paths.
fn values(path: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    let absent = Value::Null;
    match (old, new) {
        _ if old == new => {}
        (Value::Object(a), Value::Object(b)) => {
            let keys = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            let mut all = [keys(a), keys(b)].concat();
            all.sort_unstable();
            all.dedup();
            for key in all {
                let of = |map: &'_ Map<String, Value>| map.get(&key).cloned();
                let (a, b) = (of(a), of(b));
                let inner = format!("{path}.{key}");
                values(&inner, a.as_ref().unwrap_or(&absent), b.as_ref().unwrap_or(&absent), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                values(&format!("{path}[{index}]"), a, b, found);
            }
        }
        _ => found.push(format!("{path} {} → {}", shown(&word(old)), shown(&word(new)))),
    }
}

fn word(value: &Value) -> String {
    if value.is_null() { "none".to_owned() } else { plain(value) }
}

fn sweeps(old: &Plan, new: &Plan, found: &mut Vec<String>) {
    let one = |sweep: Option<&PlanSweep>| {
        sweep.map_or_else(
            || "not swept".to_owned(),
            |sweep| {
                let values: Vec<String> = sweep.values.iter().take(12).map(plain).collect();
                let chain = if sweep.chain { ", chained" } else { "" };
                format!("{} values ({}{chain})", sweep.values.len(), values.join(", "))
            },
        )
    };
    let of = |plan: &'_ Plan, path: &str| plan.sweeps.iter().position(|s| s.path == path);
    let paths = old.sweeps.iter().chain(&new.sweeps).map(|sweep| &sweep.path);
    let mut seen: Vec<&String> = Vec::new();
    for path in paths {
        if seen.contains(&path) {
            continue;
        }
        seen.push(path);
        let a = of(old, path).map(|index| &old.sweeps[index]);
        let b = of(new, path).map(|index| &new.sweeps[index]);
        if a == b {
            continue;
        }
        let (before, after) = (one(a), one(b));
        let differ =
            if shown(&before) == shown(&after) { "other values".to_owned() } else { shown(&after) };
        found.push(format!("{path} {} → {differ}", shown(&before)));
    }
    let order = |plan: &Plan| plan.sweeps.iter().map(|s| s.path.clone()).collect::<Vec<_>>();
    if found.is_empty() && order(old) != order(new) {
        found.push(format!(
            "order of sweeps {} → {}",
            order(old).join(", "),
            order(new).join(", ")
        ));
    }
}

/// A text of a modest length.
fn shown(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}
