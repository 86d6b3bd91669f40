//! The grammar as a JSON schema.

use serde_json::{Map, Value, json};

use super::{Absent, Key, Kind, Sign, Table};

/// The JSON schema (draft 2020-12) of a file whose top is `table`.
///
/// TOML and JSON hold the same values, so the schema serves editors of TOML files too. References
/// between parts of a file (a figure's sweep, a claim's scheme) are beyond a schema; the reader
/// checks them.
pub fn json_schema(table: &Table, title: &str) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!(title));
    schema.extend(object(table));
    Value::Object(schema)
}

fn object(table: &Table) -> Map<String, Value> {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> =
        table.keys.iter().filter(|key| key.absent == Absent::Refused).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("description".into(), json!(table.summary));
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    schema.insert("required".into(), json!(required));
    schema.insert("additionalProperties".into(), json!(false));
    if !table.one_of.is_empty() {
        let one = table.one_of.iter().map(|name| json!({ "required": [name] }));
        schema.insert("oneOf".into(), one.collect());
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = match kind(&key.kind) {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    let mut description = key.meaning.to_owned();
    match key.absent {
        Absent::Refused => {}
        Absent::Default(value) => {
            let value = serde_json::from_str(value).unwrap_or(Value::Null);
            schema.insert("default".into(), value);
        }
        Absent::Words(words) => description.push_str(&format!(" Default: {words}.")),
    }
    schema.insert("description".into(), json!(description));
    Value::Object(schema)
}

fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Name => {
            let pattern = "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$";
            json!({ "type": "string", "maxLength": 64, "pattern": pattern })
        }
        Kind::Number(Sign::Any) => json!({ "type": "number" }),
        Kind::Number(Sign::Positive) => json!({ "type": "number", "exclusiveMinimum": 0 }),
        Kind::Number(Sign::NotNegative) => json!({ "type": "number", "minimum": 0 }),
        Kind::Count(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Word([only]) => json!({ "const": only }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::TextOrTexts => json!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
        ] }),
        Kind::Values => json!({ "type": "array", "minItems": 1 }),
        Kind::Open => json!({ "type": "object" }),
        Kind::Table(table) => Value::Object(object(table)),
        Kind::TextOrTable(table) => json!({ "anyOf": [{ "type": "string" }, object(table)] }),
        Kind::Tables(table) => json!({ "type": "array", "items": object(table) }),
    }
}
