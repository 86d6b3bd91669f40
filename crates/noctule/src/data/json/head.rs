//! The tags of a document, read before anything else.

use std::collections::BTreeSet;
use std::fmt;

use noctule_num::InputError;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::data::strict;

/// What a document says of itself.
#[derive(Debug, Default)]
pub(in crate::data) struct Head {
    pub(super) format: Option<Result<String, String>>,
    pub(in crate::data) system: Option<String>,
    /// What the document is instead of an object.
    other: Option<String>,
}

/// The tags of a document, whose syntax is checked to the end on the way.
pub(in crate::data) fn head(text: &[u8]) -> Result<Head, InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = HeadSeed.deserialize(&mut reader).and_then(|head| reader.end().map(|()| head));
    object(read.map_err(|error| strict::refusal(&error))?, "1:1")
}

/// The tags of a document that is a tree already.
pub(super) fn of_value(document: &Value) -> Result<Head, InputError> {
    object(HeadSeed.deserialize(document).map_err(|error| strict::refusal(&error))?, "")
}

/// The head of what is an object; `place` is where the document begins.
fn object(head: Head, place: &str) -> Result<Head, InputError> {
    match head.other {
        None => Ok(head),
        Some(found) => {
            let what = "the document is not an object";
            Err(InputError::new(what, place, found, "a JSON object"))
        }
    }
}

struct HeadSeed;

impl<'de> DeserializeSeed<'de> for HeadSeed {
    type Value = Head;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Head, D::Error> {
        reader.deserialize_any(Object)
    }
}

/// The members of the head, or words for what is there instead.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Head;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        let mut head = Head::default();
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "format" => head.format = Some(map.next_value_seed(Word)?),
                "system" => head.system = map.next_value_seed(Word)?.ok(),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            if let Some(name) = names.replace(name) {
                return Err(strict::twice(&name));
            }
        }
        Ok(head)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Head, A::Error> {
        Word.visit_seq(seq).map(other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Head, E> {
        Ok(other(Err(format!("the text {text:?}"))))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Head, E> {
        Ok(other(Err(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Head, E> {
        Ok(other(Err(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Head, E> {
        Ok(other(Err(number.to_string())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Head, E> {
        Ok(other(Err(flag.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Head, E> {
        Ok(other(Err("null".to_owned())))
    }
}

fn other(found: Result<String, String>) -> Head {
    Head { other: Some(found.unwrap_or_else(|found| found)), ..Head::default() }
}

/// A text, or words for what is there instead.
struct Word;

impl<'de> DeserializeSeed<'de> for Word {
    type Value = Result<String, String>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Word {
    type Value = Result<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Ok(text.to_owned()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Err(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Err(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Err(number.to_string()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Err(flag.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Err("null (JSON has no NaN or infinity; some writers put null)".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err("a list".to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Err("an object".to_owned()))
    }
}
