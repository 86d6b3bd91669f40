//! JSON as people hand it in: with or without a byte-order mark, and every key once.

use std::fmt;

use noctule_num::InputError;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// What editors of other systems put in front of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How the refusal of a repeated key begins in serde's words, which carry nothing but text.
const TWICE: &str = "a key occurs twice: ";

/// A JSON document out of the bytes of a file.
///
/// A byte-order mark in front is skipped. An object that has a key twice is refused: of two values
/// that contradict each other neither is the one that was meant.
///
/// # Errors
/// [`InputError`] with line and column.
pub fn read(text: &[u8]) -> Result<Value, InputError> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut source = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut source).and_then(|value| source.end().map(|()| value));
    value.map_err(|error| refusal(&error))
}

/// The refusal of serde in our words, with line and column.
pub(super) fn refusal(error: &serde_json::Error) -> InputError {
    let place = format!("{}:{}", error.line(), error.column());
    let said = error.to_string();
    if let Some(rest) = said.strip_prefix(TWICE) {
        let key = rest.rsplit_once(" at line ").map_or(rest, |(key, _)| key);
        return InputError::new("a key occurs twice", place, key, "every key once");
    }
    let early = error.is_eof();
    let what = if early { "the file ends too early" } else { "this is not JSON" };
    InputError::new(what, place, said, "a JSON document")
}

/// The complaint about a key that is there again.
pub(super) fn twice<E: Error>(key: &str) -> E {
    let shown: String = key.chars().take(40).collect();
    E::custom(format!("{TWICE}`{shown}`"))
}

/// A value whose objects have every key once.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = source.next_element_seed(Self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = source.next_key::<String>()? {
            let value = source.next_value_seed(Self)?;
            if members.contains_key(&key) {
                return Err(twice(&key));
            }
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}
