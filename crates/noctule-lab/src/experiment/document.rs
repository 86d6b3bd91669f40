//! A TOML document in which every value remembers where it was written.
//!
//! Experiments are written by people, and people are helped by a line and a column. The document is
//! therefore read into a tree of [`Item`]s before anything is interpreted, and every complaint is
//! made through the item it is about: `mine.toml:12:9 scenario.power_dbm`.

use std::ops::Range;

use noctule_num::InputError;
use serde_json::{Number, Value};
use toml::de::{DeTable, DeValue};

use super::grammar::{self, Table};
use super::hint;

/// Where something was written: file, line and column (both counted from one), and the path of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `file:line:column`, or the file alone when there is no position.
    pub position: String,
    /// The path of keys, such as `scheme[1].settings.starts`.
    pub path: String,
}

impl Place {
    /// Position and path in one phrase.
    pub fn text(&self) -> String {
        if self.path.is_empty() {
            self.position.clone()
        } else {
            format!("{} {}", self.position, self.path)
        }
    }

    /// A complaint about what was written here.
    pub fn refuse(
        &self,
        what: impl Into<String>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> InputError {
        InputError::new(what, self.text(), found, allowed)
    }
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// What kind of value it is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Keys in the order in which they were written.
    Table(Vec<(String, Place, Item)>),
    Array(Vec<Item>),
    Text(String),
    /// `None` for an integer beyond 64 bits.
    Integer(Option<i64>, String),
    Float(f64),
    Bool(bool),
    Date(String),
}

/// Turns byte offsets into lines and columns.
struct Lines<'a> {
    file: &'a str,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(file: &'a str, text: &'a str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Self { file, text, starts }
    }

    fn position(&self, offset: usize) -> String {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|&start| start <= offset).max(1);
        let bytes = &self.text.as_bytes()[self.starts[line - 1]..offset];
        // Characters, not bytes: a column is what an editor shows.
        let column = String::from_utf8_lossy(bytes).chars().count() + 1;
        format!("{}:{line}:{column}", self.file)
    }

    fn place(&self, span: &Range<usize>, path: &str) -> Place {
        Place { position: self.position(span.start), path: path.to_owned() }
    }
}

/// Read a document; `file` is the name that complaints use.
pub(crate) fn read(text: &str, file: &str) -> Result<Item, InputError> {
    let lines = Lines::new(file, text);
    let table = DeTable::parse(text).map_err(|error| {
        let position =
            error.span().map_or_else(|| file.to_owned(), |span| lines.position(span.start));
        let found = error.span().map(|span| excerpt(text, &span)).filter(|found| !found.is_empty());
        InputError::new(
            format!("this is not TOML: {}", error.message().replace('\n', ", ")),
            position,
            found.unwrap_or_else(|| "the end of the line or file".to_owned()),
            "a TOML document",
        )
    })?;
    let span = table.span();
    Ok(table_item(&lines, table.get_ref(), &span, ""))
}

fn table_item(lines: &Lines<'_>, table: &DeTable<'_>, span: &Range<usize>, path: &str) -> Item {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter().map(|(key, value)| {
        let inner = join(path, key.get_ref());
        let item = value_item(lines, value.get_ref(), &value.span(), &inner);
        (key.get_ref().to_string(), lines.place(&key.span(), &inner), item)
    });
    Item { kind: Kind::Table(entries.collect()), place: lines.place(span, path) }
}

fn value_item(lines: &Lines<'_>, value: &DeValue<'_>, span: &Range<usize>, path: &str) -> Item {
    let kind = match value {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(integer) => {
            let parsed = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
            Kind::Integer(parsed, integer.to_string())
        }
        DeValue::Float(float) => Kind::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Kind::Bool(*flag),
        DeValue::Datetime(date) => Kind::Date(date.to_string()),
        DeValue::Array(array) => {
            let items = array.iter().enumerate().map(|(index, item)| {
                value_item(lines, item.get_ref(), &item.span(), &format!("{path}[{index}]"))
            });
            Kind::Array(items.collect())
        }
        DeValue::Table(table) => return table_item(lines, table, span, path),
    };
    Item { place: lines.place(span, path), kind }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The first line of what a span covers, shortened.
fn excerpt(text: &str, span: &Range<usize>) -> String {
    let found = text.get(span.clone()).unwrap_or("");
    shorten(found.lines().next().unwrap_or("").trim())
}

/// At most forty characters.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.to_owned();
    }
    text.chars().take(39).chain(std::iter::once('…')).collect()
}

impl Item {
    /// A complaint about this value.
    pub(crate) fn refuse(&self, what: impl Into<String>, allowed: impl Into<String>) -> InputError {
        self.place.refuse(what, self.show(), allowed)
    }

    /// The value as a person would quote it.
    pub(crate) fn show(&self) -> String {
        match &self.kind {
            Kind::Table(_) => "a table".to_owned(),
            Kind::Array(items) => format!("a list of {}", items.len()),
            Kind::Text(text) => format!("\"{}\"", shorten(text)),
            Kind::Integer(_, text) => text.clone(),
            Kind::Float(value) => format!("{value:?}"),
            Kind::Bool(flag) => flag.to_string(),
            Kind::Date(text) => format!("the date {text}"),
        }
    }

    /// The entries of a table.
    pub(crate) fn table(&self, what: &str) -> Result<&[(String, Place, Self)], InputError> {
        match &self.kind {
            Kind::Table(entries) => Ok(entries),
            _ => Err(self.refuse(format!("{what} is not a table"), "a table of keys and values")),
        }
    }

    /// The items of a list.
    pub(crate) fn list(&self, what: &str) -> Result<&[Self], InputError> {
        match &self.kind {
            Kind::Array(items) => Ok(items),
            _ => Err(self.refuse(format!("{what} is not a list"), "a list in brackets")),
        }
    }

    /// Text.
    pub(crate) fn text(&self, what: &str) -> Result<&str, InputError> {
        match &self.kind {
            Kind::Text(text) => Ok(text),
            _ => Err(self.refuse(format!("{what} is not text"), "text in quotes")),
        }
    }

    /// A truth value.
    pub(crate) fn flag(&self, what: &str) -> Result<bool, InputError> {
        match self.kind {
            Kind::Bool(flag) => Ok(flag),
            _ => Err(self.refuse(format!("{what} is not a truth value"), "true or false")),
        }
    }

    /// A finite number.
    pub(crate) fn number(&self, what: &str) -> Result<f64, InputError> {
        match self.kind {
            Kind::Float(value) if value.is_finite() => Ok(value),
            Kind::Integer(Some(value), _) => Ok(value as f64),
            Kind::Float(_) => Err(self.refuse(format!("{what} is not finite"), "a finite number")),
            _ => Err(self.refuse(format!("{what} is not a number"), "a finite number")),
        }
    }

    /// Whether this is the integer zero.
    pub(crate) fn is_zero(&self) -> bool {
        matches!(self.kind, Kind::Integer(Some(0), _))
    }

    /// An integer in a range.
    pub(crate) fn count(&self, what: &str, range: (u64, u64)) -> Result<u64, InputError> {
        let allowed = format!("an integer from {} to {}", range.0, range.1);
        match self.kind {
            Kind::Integer(Some(value), _) => match u64::try_from(value) {
                Ok(value) if (range.0..=range.1).contains(&value) => Ok(value),
                _ => Err(self.refuse(format!("{what} is out of range"), allowed)),
            },
            Kind::Integer(None, _) => Err(self.refuse(format!("{what} is out of range"), allowed)),
            _ => Err(self.refuse(format!("{what} is not an integer"), allowed)),
        }
    }

    /// The value as JSON, which the systems read. Dates and numbers that JSON cannot hold are refused.
    pub(crate) fn json(&self) -> Result<Value, InputError> {
        Ok(match &self.kind {
            Kind::Table(entries) => {
                let pairs = entries.iter().map(|(key, _, item)| Ok((key.clone(), item.json()?)));
                Value::Object(pairs.collect::<Result<_, InputError>>()?)
            }
            Kind::Array(items) => {
                Value::Array(items.iter().map(Self::json).collect::<Result<_, _>>()?)
            }
            Kind::Text(text) => Value::String(text.clone()),
            Kind::Integer(Some(value), _) => Value::Number(Number::from(*value)),
            Kind::Integer(None, _) => {
                return Err(self.refuse("the integer needs more than 64 bits", "a smaller integer"));
            }
            Kind::Float(value) => match Number::from_f64(*value) {
                Some(number) => Value::Number(number),
                None => return Err(self.refuse("the number is not finite", "a finite number")),
            },
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Date(_) => {
                return Err(
                    self.refuse("a date has no meaning here", "a number, text, list or table")
                );
            }
        })
    }
}

/// Reads a table key by key, and refuses what nobody asked for.
pub(crate) struct Keys<'a> {
    table: &'static Table,
    place: &'a Place,
    entries: &'a [(String, Place, Item)],
}

impl<'a> Keys<'a> {
    /// The keys of a table, all of which must be in its grammar.
    pub(crate) fn of(item: &'a Item, table: &'static Table) -> Result<Self, InputError> {
        let what = table.what;
        let allowed = &table.names()[..];
        let entries = item.table(what)?;
        for (key, place, _) in entries {
            if !allowed.contains(&key.as_str()) {
                let error = place.refuse(
                    format!("{what} has no key of this name"),
                    format!("`{}`", shorten(key)),
                    hint::list(allowed),
                );
                return Err(hint::with_guess(error, key, allowed));
            }
        }
        Ok(Self { table, place: &item.place, entries })
    }

    /// The value of a key, if it was written.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Item> {
        debug_assert!(self.table.key(key).is_some(), "`{key}` is not in the grammar");
        self.entries.iter().find(|(name, _, _)| name == key).map(|(_, _, item)| item)
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &str, allowed: &str) -> Result<&'a Item, InputError> {
        self.get(key).ok_or_else(|| {
            self.place.refuse(format!("{} has no `{key}`", self.table.what), "nothing", allowed)
        })
    }

    /// Text under a key, if it was written.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, InputError> {
        self.get(key).map(|item| item.text(&format!("`{key}`")).map(str::to_owned)).transpose()
    }

    /// A finite number under a key, if it was written.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>, InputError> {
        self.get(key).map(|item| item.number(&format!("`{key}`"))).transpose()
    }

    /// One of the words of the grammar under a key, if it was written.
    pub(crate) fn word(&self, key: &str) -> Result<Option<&'static str>, InputError> {
        let words = match self.table.key(key).map(|key| &key.kind) {
            Some(grammar::Kind::Word(words)) => *words,
            _ => &[],
        };
        self.get(key).map(|item| choose(item, key, words)).transpose()
    }

    /// An integer in the range of the grammar under a key, if it was written.
    pub(crate) fn count(&self, key: &str) -> Result<Option<u64>, InputError> {
        let range = match self.table.key(key).map(|key| &key.kind) {
            Some(grammar::Kind::Count(from, to)) => (*from, *to),
            _ => (0, 0),
        };
        self.get(key).map(|item| item.count(&format!("`{key}`"), range)).transpose()
    }

    /// The items of a list of tables; an absent one is empty.
    pub(crate) fn tables(&self, key: &str) -> Result<&'a [Item], InputError> {
        match self.get(key) {
            None => Ok(&[]),
            Some(item) => match &item.kind {
                Kind::Array(items) => Ok(items),
                _ => Err(item.refuse(
                    format!("`{key}` is not a list of tables"),
                    format!("one or several [[{key}]]"),
                )),
            },
        }
    }
}

/// One word out of several.
pub(crate) fn choose(
    item: &Item,
    key: &str,
    words: &[&'static str],
) -> Result<&'static str, InputError> {
    let found = item.text(&format!("`{key}`"))?;
    words.iter().find(|word| **word == found).copied().ok_or_else(|| {
        let error = item.refuse(format!("`{key}` does not know this word"), hint::list(words));
        hint::with_guess(error, found, words)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let item = read("a = 1\nµ-is-refused = \"é\"", "f.toml");
        assert_eq!(item.unwrap_err().place, "f.toml:2:1");
        let item = read("text = \"éé\"\nx = { µ = 1 }", "f.toml").unwrap_err();
        assert_eq!(item.place, "f.toml:2:7");
        let item = read("x = [\"éé\", inf]", "f.toml").unwrap();
        let entries = item.table("x").unwrap();
        assert_eq!(entries[0].2.json().unwrap_err().place, "f.toml:1:12 x[1]");
    }

    #[test]
    fn keeps_the_order_of_keys() {
        let item = read("b = 1\na = 2", "f").unwrap();
        let keys: Vec<_> =
            item.table("x").unwrap().iter().map(|(key, _, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "a"]);
    }
}
