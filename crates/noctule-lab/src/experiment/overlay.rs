//! What an experiment writes over a default.
//!
//! A system states its defaults as JSON, and those defaults are the grammar of what may be
//! overridden: an unknown key is refused with the nearest known one, a number where the default has
//! text is refused, and numbers are converted to the kind the default has. What a default cannot
//! show — an optional value that is absent, an enum whose other variants look different — is taken
//! as written and left to the system's own validation, which reports at the same place.

use noctule_num::InputError;
use serde_json::{Map, Number, Value};

use super::document::{Item, Kind};
use super::hint;

/// The JSON schema of the value at hand, as far as there is one.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'a> {
    root: &'a Value,
    node: Option<&'a Value>,
    /// A number or a flag that may be left out.
    optional: bool,
}

impl<'a> Schema<'a> {
    /// The schema of a whole document.
    pub(crate) fn root(root: &'a Value) -> Self {
        Self { root, node: Some(root), optional: false }.resolved()
    }

    /// Follow `$ref`, and an optional value to the value itself.
    fn resolved(mut self) -> Self {
        // A chain of references is short; the limit only stops a cycle.
        for _ in 0..8 {
            let Some(node) = self.node else { break };
            if let Some(target) = node.get("$ref").and_then(Value::as_str) {
                self.node = target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                continue;
            }
            let options = node.get("anyOf").and_then(Value::as_array);
            let real: Vec<&Value> = options
                .into_iter()
                .flatten()
                .filter(|option| option.get("type").and_then(Value::as_str) != Some("null"))
                .collect();
            match real[..] {
                [only] => self.node = Some(only),
                _ => break,
            }
        }
        let kinds = self.node.and_then(|node| node.get("type")?.as_array());
        let has = |kind: &str| {
            kinds.is_some_and(|kinds| kinds.iter().any(|found| found.as_str() == Some(kind)))
        };
        self.optional = has("null") && !has("string");
        self
    }

    fn key(self, key: &str) -> Self {
        let node = self.node.and_then(|node| node.get("properties")?.get(key));
        Self { node, ..self }.resolved()
    }

    fn element(self) -> Self {
        Self { node: self.node.and_then(|node| node.get("items")), ..self }.resolved()
    }

    /// Keys the schema knows; a default leaves out the optional ones.
    fn keys(self) -> Vec<&'a str> {
        let properties = self.node.and_then(|node| node.get("properties")?.as_object());
        properties.into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    fn has_alternatives(self) -> bool {
        let has = |key| self.node.is_some_and(|node| node.get(key).is_some());
        has("oneOf") || has("anyOf")
    }
}

/// The word for an optional number that is left out.
const NONE: &str = "none";

/// Write `item` over `default`.
pub(crate) fn overlay(
    default: &Value,
    schema: Schema<'_>,
    item: &Item,
) -> Result<Value, InputError> {
    match (default, &item.kind) {
        // TOML has no null: an optional number is left out by a word.
        (_, Kind::Text(text)) if schema.optional && text == NONE => Ok(Value::Null),
        (Value::Object(default), Kind::Table(_)) => overlay_table(default, schema, item),
        (Value::Array(default), Kind::Array(items)) => {
            let shape = default.first();
            let elements = items.iter().map(|item| match shape {
                Some(shape) => like(shape, schema.element(), item),
                None => item.json(),
            });
            Ok(Value::Array(elements.collect::<Result<_, _>>()?))
        }
        (Value::Number(default), Kind::Integer(..) | Kind::Float(_)) => number(default, item),
        (Value::Bool(_), Kind::Bool(_)) | (Value::String(_), Kind::Text(_)) => item.json(),
        // Absent by default: nothing is known about its shape.
        (Value::Null, _) => item.json(),
        // A unit variant of an enum may become one that carries values, and the other way round.
        (Value::String(_), Kind::Table(_)) => item.json(),
        (Value::Object(default), Kind::Text(_)) if is_tagged(default) => item.json(),
        _ if schema.has_alternatives() => item.json(),
        _ => {
            let mut allowed = describe(default);
            if schema.optional {
                allowed.push_str(", or \"none\"");
            }
            Err(item.refuse("this is another kind of value than the default", allowed))
        }
    }
}

/// An element of a list: its keys and kinds follow the first default element, but what is not
/// written is not filled in, since one element is no default for another.
fn like(shape: &Value, schema: Schema<'_>, item: &Item) -> Result<Value, InputError> {
    match (shape, &item.kind) {
        (Value::Object(default), Kind::Table(entries))
            if !replaces_whole(default, schema, item) =>
        {
            check_keys(default, schema, item)?;
            let pairs = entries.iter().map(|(key, _, inner)| {
                let value = match default.get(key) {
                    Some(default) => like(default, schema.key(key), inner)?,
                    None => inner.json()?,
                };
                Ok((key.clone(), value))
            });
            Ok(Value::Object(pairs.collect::<Result<_, InputError>>()?))
        }
        _ => overlay(shape, schema, item),
    }
}

fn overlay_table(
    default: &Map<String, Value>,
    schema: Schema<'_>,
    item: &Item,
) -> Result<Value, InputError> {
    if replaces_whole(default, schema, item) {
        return item.json();
    }
    check_keys(default, schema, item)?;
    let mut merged = default.clone();
    for (key, _, inner) in item.table("this value")? {
        let value = match default.get(key) {
            Some(default) => overlay(default, schema.key(key), inner)?,
            None => inner.json()?,
        };
        merged.insert(key.clone(), value);
    }
    Ok(Value::Object(merged))
}

fn check_keys(
    default: &Map<String, Value>,
    schema: Schema<'_>,
    item: &Item,
) -> Result<(), InputError> {
    let mut known: Vec<&str> = default.keys().map(String::as_str).collect();
    for key in schema.keys() {
        if !known.contains(&key) {
            known.push(key);
        }
    }
    for (key, place, _) in item.table("this value")? {
        if !known.contains(&key.as_str()) {
            let error =
                place.refuse("there is no such key", format!("`{key}`"), hint::list(&known));
            return Err(hint::with_guess(error, key, &known));
        }
    }
    Ok(())
}

/// Whether a table stands for another variant of an enum, and so replaces the default whole.
fn replaces_whole(default: &Map<String, Value>, schema: Schema<'_>, item: &Item) -> bool {
    let Kind::Table(entries) = &item.kind else { return false };
    let text =
        |name: &str| entries.iter().find(|(key, _, _)| key == name).map(|(_, _, item)| item.show());
    // Internally tagged: `{ kind = "…", … }` with another tag than the default's.
    let tag = TAGS.iter().find(|tag| default.get(**tag).is_some_and(Value::is_string));
    if let Some(tag) = tag {
        let same =
            |found: String| default[*tag].as_str().map(|tag| format!("\"{tag}\"")) == Some(found);
        return text(tag).is_some_and(|found| !same(found));
    }
    let unknown =
        |key: &String| !default.contains_key(key) && !schema.keys().contains(&key.as_str());
    // Untagged or externally tagged, where the schema says that there are alternatives.
    schema.has_alternatives() && entries.iter().any(|(key, _, _)| unknown(key))
}

const TAGS: [&str; 3] = ["kind", "type", "model"];

fn is_tagged(default: &Map<String, Value>) -> bool {
    default.len() == 1 || TAGS.iter().any(|tag| default.get(*tag).is_some_and(Value::is_string))
}

/// A number of the kind the default has: `30` is as good as `30.0`, but `2.5` users are not.
fn number(default: &Number, item: &Item) -> Result<Value, InputError> {
    if default.is_f64() {
        let value = item.number("this value")?;
        return Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| item.refuse("this value is not finite", "a finite number"));
    }
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

/// One step of a path such as `targets[1].polar_deg`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// Split a path into steps; `None` if it is not a path.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Key(name.to_owned()));
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

/// The value at the end of a path, with its schema; otherwise the step that is missing, what is
/// there instead, and the key that was probably meant.
pub(crate) fn find<'a>(
    mut value: &'a Value,
    mut schema: Schema<'a>,
    path: &[Step],
) -> Result<(&'a Value, Schema<'a>), Missing> {
    for step in path {
        match step {
            Step::Key(key) => {
                let object = value.as_object();
                let known: Vec<&str> =
                    object.into_iter().flat_map(Map::keys).map(String::as_str).collect();
                schema = schema.key(key);
                // A key that the schema knows and the default leaves out is absent, not unknown.
                let absent = schema.node.is_some() && object.is_some();
                value = match object.and_then(|object| object.get(key)) {
                    Some(value) => value,
                    None if absent => &Value::Null,
                    None => return Err(Missing::key(key, &known)),
                };
            }
            Step::Index(index) => {
                let length = value.as_array().map_or(0, Vec::len);
                value = value.get(*index).ok_or_else(|| Missing {
                    step: format!("[{index}]"),
                    known: format!("an index below {length}"),
                    guess: None,
                })?;
                schema = schema.element();
            }
        }
    }
    Ok((value, schema))
}

/// Which step of a path leads nowhere.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) step: String,
    pub(crate) known: String,
    pub(crate) guess: Option<String>,
}

impl Missing {
    fn key(key: &str, known: &[&str]) -> Self {
        let guess = hint::guess(key, known).map(str::to_owned);
        Self { step: key.to_owned(), known: hint::list(known), guess }
    }
}

/// Replace the value at the end of a path that [`find`] has found.
pub(crate) fn replace(value: &mut Value, path: &[Step], new: Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = new;
        return;
    };
    let inner = match (first, value) {
        (Step::Key(key), Value::Object(map)) => map.entry(key.clone()).or_insert(Value::Null),
        (Step::Index(index), Value::Array(items)) if *index < items.len() => &mut items[*index],
        _ => return,
    };
    replace(inner, rest, new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::document;
    use serde_json::json;

    fn over(default: &Value, text: &str) -> Result<Value, String> {
        let item = document::read(text, "f").unwrap();
        overlay(default, Schema::root(&Value::Null), &item).map_err(|error| error.to_string())
    }

    #[test]
    fn an_optional_number_is_left_out_by_a_word() {
        let default = json!({"limit_db": -32.0, "name": "x", "bits": null, "power": 1.0});
        let number = |kind: &str| json!({"type": [kind, "null"]});
        let schema = json!({"properties": {
            "limit_db": number("number"), "name": number("string"), "bits": number("integer"),
            "power": {"type": "number"},
        }});
        let over = |text: &str| {
            let item = document::read(text, "f").unwrap();
            overlay(&default, Schema::root(&schema), &item).map_err(|error| error.to_string())
        };
        let all = over("limit_db = \"none\"\nname = \"none\"\nbits = \"none\"").unwrap();
        assert_eq!(all, json!({"limit_db": null, "name": "none", "bits": null, "power": 1.0}));
        assert!(over("limit_db = \"no\"").unwrap_err().contains("or \"none\""));
        assert!(over("power = \"none\"").unwrap_err().contains("another kind"));
    }

    #[test]
    fn numbers_take_the_kind_of_the_default() {
        let default = json!({"power_dbm": 30.0, "users": 4});
        assert_eq!(
            over(&default, "power_dbm = 20\nusers = 8.0").unwrap(),
            json!({"power_dbm": 20.0, "users": 8})
        );
        assert!(over(&default, "users = 2.5").unwrap_err().contains("not an integer"));
        assert!(over(&default, "power_dbm = \"high\"").unwrap_err().contains("another kind"));
        assert!(over(&default, "power = 1").unwrap_err().contains("did you mean `power_dbm`"));
    }

    #[test]
    fn variants_replace_and_tables_merge() {
        let default =
            json!({"fading": {"kind": "rayleigh", "scale": 1.0}, "area": {"x_m": 1.0, "y_m": 2.0}});
        let value =
            over(&default, "area = {y_m = 5}\nfading = {kind = \"rice\", factor_db = 3}").unwrap();
        assert_eq!(
            value,
            json!({"fading": {"kind": "rice", "factor_db": 3}, "area": {"x_m": 1.0, "y_m": 5.0}})
        );
        assert!(over(&default, "fading = {scael = 2}").unwrap_err().contains("`scale`"));
    }

    #[test]
    fn lists_follow_their_first_element() {
        let default = json!({"targets": [{"polar_deg": 10.0, "note": "a"}]});
        let value =
            over(&default, "targets = [{polar_deg = 5}, {polar_deg = 6, note = \"b\"}]").unwrap();
        assert_eq!(
            value,
            json!({"targets": [{"polar_deg": 5.0}, {"polar_deg": 6.0, "note": "b"}]})
        );
        assert!(over(&default, "targets = [{polar = 5}]").unwrap_err().contains("polar_deg"));
    }

    #[test]
    fn paths() {
        let path = steps("targets[1].polar_deg").unwrap();
        assert_eq!(path[1], Step::Index(1));
        assert_eq!(
            (steps("a..b"), steps(""), steps("a[x]"), steps("a[1]b")),
            (None, None, None, None)
        );
        let mut value = json!({"targets": [{}, {"polar_deg": 1.0}]});
        assert!(find(&value, Schema::root(&Value::Null), &path).is_ok());
        replace(&mut value, &path, json!(2.0));
        assert_eq!(value, json!({"targets": [{}, {"polar_deg": 2.0}]}));
    }
}
