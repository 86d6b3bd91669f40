//! Named arrays as JSON: nested lists, a complex number as `[re, im]`.
//!
//! Numbers go from the text straight into their array: a tree of values would take thirty times
//! the room of the text.

use std::collections::BTreeSet;
use std::fmt;

use noctule_num::{C64, InputError};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value, json};

use super::{Array, ArraySet, Entries, FieldInfo, MOST_ENTRIES, strict};

pub(super) fn parse(text: &[u8], kind: &str, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let head = head(text)?;
    check_format(&head, kind)?;
    let mut set = ArraySet::new();
    let mut problem = None;
    let members = Members { set: &mut set, problem: &mut problem, kind, fields };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = members.deserialize(&mut reader);
    match (problem, read) {
        (Some(problem), _) => Err(problem),
        (None, Err(error)) => Err(strict::refusal(&error)),
        (None, Ok(())) => Ok(set),
    }
}

/// What a document says of itself.
#[derive(Debug, Default)]
pub(super) struct Head {
    format: Option<Result<String, String>>,
    pub(super) system: Option<String>,
    /// What the document is instead of an object.
    other: Option<String>,
}

/// The tags of a document, whose syntax is checked to the end on the way.
pub(super) fn head(text: &[u8]) -> Result<Head, InputError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = HeadSeed.deserialize(&mut reader).and_then(|head| reader.end().map(|()| head));
    let head = read.map_err(|error| strict::refusal(&error))?;
    if let Some(found) = head.other {
        let what = "the document is not an object";
        return Err(InputError::new(what, "1:1", found, "a JSON object"));
    }
    Ok(head)
}

struct HeadSeed;

impl<'de> DeserializeSeed<'de> for HeadSeed {
    type Value = Head;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Head, D::Error> {
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
        reader.deserialize_any(Object)
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

/// Nested lists as they come in: equal lengths at every level.
#[derive(Default)]
struct Lists {
    /// The length of the lists of each level, once the first of it has ended.
    lengths: Vec<Option<usize>>,
    /// The level of the numbers, once there was one.
    leaves: Option<usize>,
    numbers: Vec<f64>,
    /// Where we are.
    index: Vec<usize>,
    problem: Option<InputError>,
}

impl Lists {
    fn refuse<E: serde::de::Error>(&mut self, what: &str, found: String, allowed: String) -> E {
        let place: String = self.index.iter().map(|i| format!("[{i}]")).collect();
        self.problem = Some(InputError::new(what, place, found, allowed));
        E::custom(what)
    }

    fn number<E: serde::de::Error>(&mut self, number: f64, depth: usize) -> Result<(), E> {
        let leaves = *self.leaves.get_or_insert(depth);
        if leaves != depth || self.lengths.len() > depth {
            let found = number.to_string();
            return Err(self.refuse("a list is missing", found, "a list".to_owned()));
        }
        if self.numbers.len() >= MOST_ENTRIES {
            let found = format!("more than {MOST_ENTRIES} numbers");
            let allowed = format!("at most {MOST_ENTRIES} numbers in one array");
            return Err(self.refuse("the array is too large", found, allowed));
        }
        self.numbers.push(number);
        Ok(())
    }

    fn close<E: serde::de::Error>(&mut self, depth: usize, length: usize) -> Result<(), E> {
        match self.lengths[depth] {
            Some(expected) if expected != length => {
                let allowed = format!("{expected} entries, as in the first row");
                let found = format!("{length} entries");
                Err(self.refuse("the rows have different lengths", found, allowed))
            }
            _ => {
                self.lengths[depth] = Some(length);
                Ok(())
            }
        }
    }

    fn array(self, complex: bool) -> Result<Array, InputError> {
        let mut shape: Vec<usize> = self.lengths.into_iter().map(|n| n.unwrap_or(0)).collect();
        let numbers = self.numbers;
        if !complex {
            return Ok(Array { shape, entries: Entries::Real(numbers) });
        }
        // An empty list has no innermost pairs to strip.
        if numbers.is_empty() {
            return Ok(Array::complex(shape, Vec::new()));
        }
        match shape.pop() {
            Some(2) => {
                let pairs = numbers.as_chunks::<2>().0;
                Ok(Array::complex(shape, pairs.iter().map(|[re, im]| C64::new(*re, *im)).collect()))
            }
            last => Err(InputError::new(
                "complex numbers are written [re, im]",
                "",
                last.map_or_else(
                    || "a single number".to_owned(),
                    |n| format!("lists of {n} numbers"),
                ),
                "innermost lists of two numbers",
            )),
        }
    }
}

/// What comes next at some level of nested lists.
struct List<'a> {
    lists: &'a mut Lists,
    depth: usize,
}

impl List<'_> {
    fn wrong<E: serde::de::Error>(self, found: &str) -> E {
        let missing = self.lists.lengths.len() > self.depth;
        let (what, allowed) = match missing {
            true => ("a list is missing", "a list"),
            false => ("not a number", "a number"),
        };
        self.lists.refuse(what, found.to_owned(), allowed.to_owned())
    }
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lists of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { lists, depth } = self;
        if lists.leaves == Some(depth) {
            return Err(lists.refuse("not a number", "a list".to_owned(), "a number".to_owned()));
        }
        if lists.lengths.len() <= depth {
            lists.lengths.push(None);
        }
        lists.index.push(0);
        let mut length = 0;
        while seq.next_element_seed(List { lists: &mut *lists, depth: depth + 1 })?.is_some() {
            length += 1;
            if let Some(last) = lists.index.last_mut() {
                *last = length;
            }
        }
        lists.index.pop();
        lists.close(depth, length)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        self.lists.number(number, self.depth)
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.lists.number(number as f64, self.depth)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.lists.number(number as f64, self.depth)
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<(), E> {
        Err(self.wrong(&flag.to_string()))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        Err(self.wrong(&format!("the text {text:?}")))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Err(self.wrong("null (JSON has no NaN or infinity; some writers put null)"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.wrong("an object"))
    }
}

/// The array of one member, or `None` where there is no such member.
pub(super) fn member(text: &[u8], name: &str, complex: bool) -> Result<Option<Array>, InputError> {
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
        for &length in array.shape.iter().rev() {
            leaves = if length == 0 {
                vec![Value::Array(Vec::new())]
            } else {
                leaves.chunks(length).map(|row| Value::Array(row.to_vec())).collect()
            };
        }
        members.insert(name.to_owned(), leaves.into_iter().next().unwrap_or(json!([])));
    }
    Value::Object(members)
}
