//! Named arrays as JSON: nested lists, a complex number as `[re, im]`.
//!
//! Numbers go from the text straight into their array: a tree of values would take thirty times
//! the room of the text.

mod head;
mod lists;
#[cfg(feature = "files")]
mod member;

use std::fmt;

use noctule_num::InputError;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use self::head::Head;
pub(super) use self::head::head;
use self::lists::{List, Lists};
#[cfg(feature = "files")]
pub(super) use self::member::member;
use super::{ArraySet, Entries, FieldInfo, strict};

pub(super) fn parse(text: &[u8], kind: &str, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    check_format(&head(text)?, kind)?;
    members(&mut serde_json::Deserializer::from_slice(text), kind, fields)
}

/// The same of a document that is a tree already.
pub(super) fn of_value(
    document: &Value,
    kind: &str,
    fields: &[FieldInfo],
) -> Result<ArraySet, InputError> {
    check_format(&head::of_value(document)?, kind)?;
    members(document, kind, fields)
}

fn members<'de>(
    reader: impl Deserializer<'de, Error = serde_json::Error>,
    kind: &str,
    fields: &[FieldInfo],
) -> Result<ArraySet, InputError> {
    let mut set = ArraySet::new();
    let mut problem = None;
    let members = Members { set: &mut set, problem: &mut problem, kind, fields };
    let read = members.deserialize(reader);
    match (problem, read) {
        (Some(problem), _) => Err(problem),
        (None, Err(error)) => Err(strict::refusal(&error)),
        (None, Ok(())) => Ok(set),
    }
}

/// The tag `noctule-<kind>/1` must be there; a newer number is refused by name.
fn check_format(head: &Head, kind: &str) -> Result<(), InputError> {
    let expected = format!("noctule-{kind}/1");
    let refuse = |what: &str, found: String| {
        Err(InputError::new(what, "format", found, format!("\"{expected}\"")))
    };
    match &head.format {
        None => refuse("the file does not say its format", "no `format`".to_owned()),
        Some(Ok(found)) if *found == expected => Ok(()),
        Some(Ok(found)) if found.starts_with(&format!("noctule-{kind}/")) => {
            refuse("the file was written by a newer noctule", found.clone())
        }
        Some(Ok(found)) => refuse("this is another kind of file", format!("\"{found}\"")),
        Some(Err(found)) => refuse("this is another kind of file", found.clone()),
    }
}

/// The members of a document that are arrays.
struct Members<'a> {
    set: &'a mut ArraySet,
    problem: &'a mut Option<InputError>,
    kind: &'a str,
    fields: &'a [FieldInfo],
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            let known = self.fields.iter().find(|field| field.name == name);
            // `system` and `note` are for people and for dispatch; they carry no numbers. A
            // design document tells a story around its variables; only these are read here.
            let tag = ["format", "system", "note"].contains(&name.as_str());
            if tag || (self.kind == "design" && known.is_none()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let mut lists = Lists::default();
            let read = map.next_value_seed(List { lists: &mut lists, depth: 0 });
            if let Some(problem) = lists.problem.take() {
                *self.problem = Some(problem.inside(&name));
            }
            read?;
            let complex = known.is_some_and(|field| field.complex);
            match lists.array(complex) {
                Ok(array) => self.set.insert(name, array),
                Err(error) => {
                    *self.problem = Some(error.inside(&name));
                    return Err(A::Error::custom("not an array"));
                }
            }
        }
        Ok(())
    }
}

pub(super) fn write(set: &ArraySet, kind: &str, system: &str) -> Value {
    let mut members = Map::new();
    members.insert("format".to_owned(), json!(format!("noctule-{kind}/1")));
    members.insert("system".to_owned(), json!(system));
    for (name, array) in set.iter() {
        let mut leaves: Vec<Value> = match &array.entries {
            Entries::Real(values) => values.iter().map(|value| json!(value)).collect(),
            Entries::Complex(values) => values.iter().map(|z| json!([z.re, z.im])).collect(),
        };
        // Fold the flat list from the innermost dimension outwards.
        for (axis, &length) in array.shape.iter().enumerate().rev() {
            leaves = if length == 0 {
                // as many empty lists as the dimensions before have places
                vec![Value::Array(Vec::new()); array.shape[..axis].iter().product()]
            } else {
                leaves.chunks(length).map(|row| Value::Array(row.to_vec())).collect()
            };
        }
        members.insert(name.to_owned(), leaves.into_iter().next().unwrap_or(json!([])));
    }
    Value::Object(members)
}
