//! One member of a document, the others passed over.

use std::fmt;

use noctule_num::InputError;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::head::head;
use super::lists::{List, Lists};
use crate::data::{Array, strict};

/// The array of one member, or `None` where there is no such member.
pub(in crate::data) fn member(
    text: &[u8],
    name: &str,
    complex: bool,
) -> Result<Option<Array>, InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    head(text)?;
    let (mut found, mut problem) = (None, None);
    let one = One { name, complex, found: &mut found, problem: &mut problem };
    let read = one.deserialize(&mut serde_json::Deserializer::from_slice(text));
    match (problem, read) {
        (Some(problem), _) => Err(problem),
        (None, Err(error)) => Err(strict::refusal(&error)),
        (None, Ok(())) => Ok(found),
    }
}

/// A single member.
struct One<'a> {
    name: &'a str,
    complex: bool,
    found: &'a mut Option<Array>,
    problem: &'a mut Option<InputError>,
}

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name != self.name {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let mut lists = Lists::default();
            let read = map.next_value_seed(List { lists: &mut lists, depth: 0 });
            *self.problem = lists.problem.take().map(|problem| problem.inside(&name));
            read?;
            match lists.array(self.complex) {
                Ok(array) => *self.found = Some(array),
                Err(error) => *self.problem = Some(error.inside(&name)),
            }
        }
        Ok(())
    }
}
