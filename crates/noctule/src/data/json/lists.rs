//! Nested lists of numbers as one array.

use std::fmt;

use noctule_num::{C64, InputError};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::data::{Array, Entries, MOST_ENTRIES};

/// Nested lists as they come in: equal lengths at every level.
#[derive(Default)]
pub(super) struct Lists {
    /// The length of the lists of each level, once the first of it has ended.
    lengths: Vec<Option<usize>>,
    /// The level of the numbers, once there was one.
    leaves: Option<usize>,
    numbers: Vec<f64>,
    /// Where we are.
    index: Vec<usize>,
    pub(super) problem: Option<InputError>,
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

    pub(super) fn array(self, complex: bool) -> Result<Array, InputError> {
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
pub(super) struct List<'a> {
    pub(super) lists: &'a mut Lists,
    pub(super) depth: usize,
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
