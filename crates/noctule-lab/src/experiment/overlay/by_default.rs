//! Where there is no schema the default is the grammar.
//!
//! An unknown key is refused with the nearest known one, a number where the default has text is
//! refused, and numbers are converted to the kind the default has. What a default cannot show — an
//! optional value that is absent, an enum whose other variants look different — is taken as written
//! and left to the system's own validation, which reports at the same place.

use noctule_num::{InputError, hint};
use serde_json::{Map, Number, Value};

use super::super::document::{Item, Kind};

/// Write `item` over `default`.
pub(super) fn overlay(default: &Value, item: &Item) -> Result<Value, InputError> {
    match (default, &item.kind) {
        (Value::Object(default), Kind::Table(_)) => table(default, item),
        (Value::Array(default), Kind::Array(items)) => {
            let shape = default.first();
            let elements = items.iter().map(|item| match shape {
                Some(shape) => like(shape, item),
                None => item.json(),
            });
            Ok(Value::Array(elements.collect::<Result<_, _>>()?))
        }
        (Value::Number(default), Kind::Integer(..) | Kind::Float(_)) => number(default, item),
        (Value::Bool(_), Kind::Bool(_)) | (Value::String(_), Kind::Text(_)) => item.json(),
        // Absent by default: nothing is known about its shape.
        (Value::Null, _) => item.json(),
        // A flag may become the table of what it means, and the other way round.
        (Value::Bool(_), Kind::Table(_)) | (Value::Object(_), Kind::Bool(_)) => item.json(),
        // A unit variant of an enum may become one that carries values, and the other way round.
        (Value::String(_), Kind::Table(_)) => item.json(),
        (Value::Object(default), Kind::Text(_)) if is_tagged(default) => item.json(),
        _ => Err(item.refuse("this is another kind of value than the default", describe(default))),
    }
}

/// An element of a list: its keys and kinds follow the first default element, but what is not
/// written is not filled in, since one element is no default for another.
fn like(shape: &Value, item: &Item) -> Result<Value, InputError> {
    match (shape, &item.kind) {
        (Value::Object(default), Kind::Table(entries)) if !replaces_whole(default, item) => {
            check_keys(default, item)?;
            let pairs = entries.iter().map(|(key, _, inner)| {
                let value = match default.get(key) {
                    Some(default) => like(default, inner)?,
                    None => inner.json()?,
                };
                Ok((key.clone(), value))
            });
            Ok(Value::Object(pairs.collect::<Result<_, InputError>>()?))
        }
        _ => overlay(shape, item),
    }
}

fn table(default: &Map<String, Value>, item: &Item) -> Result<Value, InputError> {
    if replaces_whole(default, item) {
        return item.json();
    }
    check_keys(default, item)?;
    let mut merged = default.clone();
    for (key, _, inner) in item.table("this value")? {
        let value = match default.get(key) {
            Some(default) => overlay(default, inner)?,
            None => inner.json()?,
        };
        merged.insert(key.clone(), value);
    }
    Ok(Value::Object(merged))
}

fn check_keys(default: &Map<String, Value>, item: &Item) -> Result<(), InputError> {
    let known: Vec<&str> = default.keys().map(String::as_str).collect();
    for (key, place, _) in item.table("this value")? {
        if !known.contains(&key.as_str()) {
            let error =
                place.refuse("there is no such key", format!("`{key}`"), hint::list(&known));
            return Err(hint::with_guess(error, key, &known));
        }
    }
    Ok(())
}

/// Whether a table stands for another variant of an enum, and so replaces the default whole:
/// `{ kind = "…", … }` with another tag than the default's.
fn replaces_whole(default: &Map<String, Value>, item: &Item) -> bool {
    let Kind::Table(entries) = &item.kind else { return false };
    let text =
        |name: &str| entries.iter().find(|(key, _, _)| key == name).map(|(_, _, item)| item.show());
    let Some(tag) = TAGS.iter().find(|tag| default.get(**tag).is_some_and(Value::is_string)) else {
        return false;
    };
    let same =
        |found: String| default[*tag].as_str().map(|tag| format!("\"{tag}\"")) == Some(found);
    text(tag).is_some_and(|found| !same(found))
}

const TAGS: [&str; 3] = ["kind", "type", "model"];

fn is_tagged(default: &Map<String, Value>) -> bool {
    default.len() == 1 || TAGS.iter().any(|tag| default.get(*tag).is_some_and(Value::is_string))
}

/// A number of the kind the default has: `30` is as good as `30.0`, but `2.5` users are not.
fn number(default: &Number, item: &Item) -> Result<Value, InputError> {
    if !default.is_f64() {
        return integer(item);
    }
    let value = item.number("this value")?;
    Number::from_f64(value)
        .map(Value::Number)
        .ok_or_else(|| item.refuse("this value is not finite", "a finite number"))
}

/// A whole number, however it is written.
pub(super) fn integer(item: &Item) -> Result<Value, InputError> {
    if let Kind::Float(value) = item.kind {
        if value.fract() == 0.0 && value.abs() < 9e15 {
            return Ok(Value::Number(Number::from(value as i64)));
        }
        return Err(item.refuse("this value is not an integer", "an integer"));
    }
    item.json()
}

fn describe(default: &Value) -> String {
    match default {
        Value::Null => "any value".to_owned(),
        Value::Bool(flag) => format!("true or false (default {flag})"),
        Value::Number(number) if number.is_f64() => format!("a number (default {number})"),
        Value::Number(number) => format!("an integer (default {number})"),
        Value::String(text) => format!("text (default \"{text}\")"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(map) => {
            let keys: Vec<&str> = map.keys().map(String::as_str).collect();
            format!("a table with {}", hint::list(&keys))
        }
    }
}
