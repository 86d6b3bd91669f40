//! A JSON value as a type, and where in the value something does not fit.
//!
//! serde's own reader of values does not say where it stopped, and wrapping it to find out compiles every
//! type once more. This reader keeps the way down itself; the words of an error are `serde_json`'s. A type says what it
//! wants, and is asked for nothing else: half of the code that a browser loads for it. A list is therefore no object,
//! where `serde_json` takes its entries for members in the order of the source.

use std::cell::OnceCell;

use noctule_num::InputError;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value, map};

/// A value as a type; complaints are placed inside `place`.
///
/// # Errors
/// [`InputError`] with serde's own words about what it found and expected.
pub fn typed<T: DeserializeOwned>(value: &Value, place: &str) -> Result<T, InputError> {
    let stopped = Stopped::default();
    T::deserialize(Reader { value, way: &Way::Root, stopped: &stopped })
        .map_err(|error| misfit(&error, stopped).inside(place))
}

/// Where reading stopped.
#[derive(Default)]
struct Stopped {
    place: OnceCell<String>,
    /// The keys of the table that lacks one.
    keys: OnceCell<&'static [&'static str]>,
}

impl Stopped {
    /// Keep the keys of the innermost table, which an error passes first.
    fn among(&self, keys: &'static [&'static str]) {
        let _ = self.keys.get_or_init(|| keys);
    }
}

/// The sentence about a value that does not fit.
fn misfit(error: &Error, stopped: Stopped) -> InputError {
    let found = error.to_string().replace("usize", "a count").replace("u32", "a count");
    let allowed = match stopped.keys.get() {
        Some(keys) if found.starts_with("missing field") => {
            format!("the keys {}; `noctule schema` describes them", keys.join(", "))
        }
        _ => "what `noctule schema` describes".to_owned(),
    };
    let place = stopped.place.into_inner().unwrap_or_default();
    InputError::new("the value does not fit", place, found, allowed)
}

/// The way from the whole value to a part of it.
enum Way<'a> {
    Root,
    Entry(&'a Way<'a>, usize),
    Member(&'a Way<'a>, &'a str),
}

impl Way<'_> {
    fn text(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Entry(before, index) => format!("{}[{index}]", before.text()),
            Self::Member(Way::Root, name) => (*name).to_owned(),
            Self::Member(before, name) => format!("{}.{name}", before.text()),
        }
    }

    /// Keep the deepest place of an error, which passes first.
    fn stopped(&self, stopped: &Stopped) {
        let _ = stopped.place.get_or_init(|| self.text());
    }
}

/// A part of the value with the way to it.
#[derive(Clone, Copy)]
struct Reader<'de, 'a> {
    value: &'de Value,
    way: &'a Way<'a>,
    stopped: &'a Stopped,
}

impl<'de, 'a> Reader<'de, 'a> {
    fn entries<V: Visitor<'de>>(self, list: &'de [Value], visitor: V) -> Result<V::Value, Error> {
        let mut entries = Entries { list, next: 0, all: self };
        let made = visitor.visit_seq(&mut entries)?;
        let whole = entries.next == list.len();
        let long = || Error::invalid_length(list.len(), &"fewer elements in array");
        if whole { Ok(made) } else { Err(long()) }
    }

    fn members<V: Visitor<'de>>(
        self,
        object: &'de Map<String, Value>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut members = Members { rest: object.iter(), held: None, all: self };
        let made = visitor.visit_map(&mut members)?;
        let whole = members.rest.len() == 0;
        let long = || Error::invalid_length(object.len(), &"fewer elements in map");
        if whole { Ok(made) } else { Err(long()) }
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.unexpected() {
            Unexpected::Unsigned(value) => visitor.visit_u64(value),
            Unexpected::Signed(value) => visitor.visit_i64(value),
            Unexpected::Float(value) => visitor.visit_f64(value),
            _ => self.misfit(&visitor),
        }
    }

    /// What the visitor says of a kind of value that it does not take.
    fn misfit<T>(self, expected: &dyn Expected) -> Result<T, Error> {
        Err(Error::invalid_type(self.unexpected(), expected))
    }

    fn unexpected(self) -> Unexpected<'de> {
        match self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::String(value) => Unexpected::Str(value),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
            Value::Number(number) => {
                let float = || Unexpected::Float(number.as_f64().unwrap_or(f64::NAN));
                let signed = || number.as_i64().map_or_else(float, Unexpected::Signed);
                number.as_u64().map_or_else(signed, Unexpected::Unsigned)
            }
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::String(value) => visitor.visit_borrowed_str(value),
            Value::Array(list) => self.entries(list, visitor),
            Value::Object(object) => self.members(object, visitor),
            Value::Number(_) => self.number(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor).inspect_err(|_| self.stopped.among(fields))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(object) => self.members(object, visitor),
            _ => self.misfit(&visitor),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Array(list) => self.entries(list, visitor),
            _ => self.misfit(&visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.number(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            _ => self.misfit(&visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::String(value) => visitor.visit_borrowed_str(value),
            _ => self.misfit(&visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, inside) = match self.value {
            Value::String(name) => (name, None),
            Value::Object(object) => match (object.iter().next(), object.len()) {
                (Some((name, value)), 1) => (name, Some(value)),
                _ => {
                    let only = &"map with a single key";
                    return Err(Error::invalid_value(Unexpected::Map, only));
                }
            },
            _ => return Err(Error::invalid_type(self.unexpected(), &"string or map")),
        };
        visitor.visit_enum(Choice { name, inside, all: self })
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 char str bytes byte_buf unit unit_struct tuple_struct
        identifier ignored_any
    }
}

/// The entries of a list.
struct Entries<'de, 'a> {
    list: &'de [Value],
    next: usize,
    all: Reader<'de, 'a>,
}

impl<'de> SeqAccess<'de> for &mut Entries<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.list.get(self.next) else { return Ok(None) };
        let way = Way::Entry(self.all.way, self.next);
        self.next += 1;
        let read = seed.deserialize(Reader { value, way: &way, stopped: self.all.stopped });
        read.map(Some).inspect_err(|_| way.stopped(self.all.stopped))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.list.len() - self.next)
    }
}

/// The members of an object.
struct Members<'de, 'a> {
    rest: map::Iter<'de>,
    held: Option<(&'de str, &'de Value)>,
    all: Reader<'de, 'a>,
}

impl<'de> MapAccess<'de> for &mut Members<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.held = Some((name, value));
        let read = seed.deserialize(BorrowedStrDeserializer::new(name));
        let way = Way::Member(self.all.way, name);
        read.map(Some).inspect_err(|_| way.stopped(self.all.stopped))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let Some((name, value)) = self.held.take() else {
            return Err(Error::custom("value is missing"));
        };
        let way = Way::Member(self.all.way, name);
        let read = seed.deserialize(Reader { value, way: &way, stopped: self.all.stopped });
        read.inspect_err(|_| way.stopped(self.all.stopped))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// One of several variants, with what it holds.
struct Choice<'de, 'a> {
    name: &'de str,
    inside: Option<&'de Value>,
    all: Reader<'de, 'a>,
}

impl<'de> Choice<'de, '_> {
    /// Read what the variant holds, with the variant on the way.
    fn held<T>(
        self,
        expected: &'static str,
        read: impl FnOnce(Reader<'de, '_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let way = Way::Member(self.all.way, self.name);
        let none = || Error::invalid_type(Unexpected::UnitVariant, &expected);
        let read = match self.inside {
            Some(value) => read(Reader { value, way: &way, stopped: self.all.stopped }),
            None => Err(none()),
        };
        read.inspect_err(|_| way.stopped(self.all.stopped))
    }
}

impl<'de> EnumAccess<'de> for Choice<'de, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let variant = seed.deserialize(BorrowedStrDeserializer::new(self.name))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Choice<'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.inside.is_none() {
            return Ok(());
        }
        self.held("unit variant", |inside| serde::Deserialize::deserialize(inside))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.held("newtype variant", |inside| seed.deserialize(inside))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.held("tuple variant", |inside| match inside.value {
            Value::Array(list) => inside.entries(list, visitor),
            _ => Err(Error::invalid_type(inside.unexpected(), &"tuple variant")),
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.held("struct variant", |inside| match inside.value {
            Value::Object(object) => {
                inside.members(object, visitor).inspect_err(|_| inside.stopped.among(fields))
            }
            _ => Err(Error::invalid_type(inside.unexpected(), &"struct variant")),
        })
    }
}

#[cfg(test)]
#[path = "typed_tests.rs"]
mod tests;
