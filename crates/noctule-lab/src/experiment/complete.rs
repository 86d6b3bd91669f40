//! Defaults completed by values that are in memory already.
//!
//! Python hands over dictionaries, not files. They go through the same grammar as an experiment
//! file — unknown keys refused with the nearest known one, kinds compared with the default — and
//! complaints name a path instead of a line.

use noctule_num::InputError;
use serde_json::Value;

use super::document::{Item, Kind, Place};
use super::overlay::{Schema, overlay};

/// Write `given` over `default`; `place` is what complaints call the whole value.
///
/// `null` means "as the default" where the default is absent too, and takes a value away where it
/// is not: whether that may be absent is for the system to say.
///
/// # Errors
/// [`InputError`] with the path of the first value that does not fit.
pub fn complete(
    default: &Value,
    schema: &Value,
    given: &Value,
    place: &str,
) -> Result<Value, InputError> {
    let Some(item) = item(given, place) else { return Ok(default.clone()) };
    let mut merged = overlay(default, Schema::root(schema), &item)?;
    take_away(&mut merged, given);
    Ok(merged)
}

/// The value as if it had been read from a document; nothing for `null`.
fn item(value: &Value, path: &str) -> Option<Item> {
    let place = Place { position: path.to_owned(), path: String::new() };
    let inner = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let kind = match value {
        Value::Null => return None,
        Value::Bool(flag) => Kind::Bool(*flag),
        Value::String(text) => Kind::Text(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Kind::Integer(Some(integer), number.to_string()),
            None if number.is_f64() => Kind::Float(number.as_f64().unwrap_or(f64::NAN)),
            None => Kind::Integer(None, number.to_string()),
        },
        Value::Array(values) => Kind::Array(
            values
                .iter()
                .enumerate()
                .filter_map(|(index, value)| item(value, &format!("{path}[{index}]")))
                .collect(),
        ),
        Value::Object(members) => {
            let entries = members.iter().filter_map(|(key, value)| {
                let path = inner(key);
                let place = Place { position: path.clone(), path: String::new() };
                Some((key.clone(), place, item(value, &path)?))
            });
            Kind::Table(entries.collect())
        }
    };
    Some(Item { place, kind })
}

/// Put `null` where `given` has it and `merged` has something.
fn take_away(merged: &mut Value, given: &Value) {
    let (Value::Object(merged), Value::Object(given)) = (merged, given) else { return };
    for (key, value) in given {
        match (merged.get_mut(key), value) {
            (Some(slot), Value::Null) => *slot = Value::Null,
            (Some(slot), value) => take_away(slot, value),
            (None, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::DEFAULT;
    use serde_json::json;

    fn completed(given: &Value) -> Result<Value, InputError> {
        let registry = crate::systems::registry();
        let system = registry.get(DEFAULT).unwrap();
        complete(&system.default_scenario(), &system.scenario_schema(), given, "scenario")
    }

    #[test]
    fn what_is_not_given_is_the_default() {
        let registry = crate::systems::registry();
        let default = registry.get(DEFAULT).unwrap().default_scenario();
        assert_eq!(completed(&json!({})).unwrap(), default);
        assert_eq!(completed(&json!(null)).unwrap(), default);
        let six = completed(&json!({ "users": 6.0, "sensing_streams": null })).unwrap();
        assert_eq!((&six["users"], &six["power_dbm"]), (&json!(6), &default["power_dbm"]));
        let drawn = completed(&json!({ "targets": { "drawn": { "count": 3 } } })).unwrap();
        assert_eq!(drawn["targets"], json!({ "drawn": { "count": 3 } }));
    }

    #[test]
    fn wrong_values_are_refused_with_their_path() {
        for (given, place) in [
            (json!({ "power_w": 1.0 }), "scenario.power_w"),
            (json!({ "users": "four" }), "scenario.users"),
            (json!({ "users": 2.5 }), "scenario.users"),
            (json!({ "transmit_array": { "rows": 4 } }), "scenario.transmit_array.rows"),
            (json!([1]), "scenario"),
        ] {
            assert_eq!(completed(&given).unwrap_err().place, place, "{given}");
        }
        let hint = completed(&json!({ "power_db": 1.0 })).unwrap_err().hint;
        assert!(hint.unwrap().contains("power_dbm"));
    }
}
