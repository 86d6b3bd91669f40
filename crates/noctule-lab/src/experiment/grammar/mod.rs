//! The grammar of experiment files, as data.
//!
//! Every key of every table is described once, in [`tables`]: its kind, whether it must be there,
//! what it means. The reader takes the keys, words and ranges it allows from here; the JSON schema
//! ([`json_schema`]) and the page `docs/experiment-files.md` ([`page`]) are written from the same
//! description. Nothing can be read that is not documented, and tests see to it that nothing is
//! documented that is not read.

mod page;
mod schema;
mod shown;
pub mod tables;

pub use page::page;
pub use schema::json_schema;

/// A table of a file: `[ci]`, one `[[sweep]]`, `ours` of a claim.
#[derive(Debug)]
pub struct Table {
    /// What a complaint calls it: "a sweep".
    pub what: &'static str,
    /// How it is written: `[[sweep]]`.
    pub header: &'static str,
    /// What it is for, in a few sentences.
    pub summary: &'static str,
    /// Its keys, in the order in which a person writes them.
    pub keys: &'static [Key],
    /// Keys of which exactly one must be there; empty where there is no such choice.
    pub one_of: &'static [&'static str],
}

impl Table {
    /// The description of a key.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of all keys.
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: Kind,
    /// What holds when it is not written.
    pub absent: Absent,
    /// What it means.
    pub meaning: &'static str,
    /// A value, as it is written in a file.
    pub example: &'static str,
}

/// What holds when a key is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The file is refused.
    Refused,
    /// As if this JSON value had been written.
    Default(&'static str),
    /// What the words say.
    Words(&'static str),
}

/// What kind of value a key takes.
#[derive(Debug)]
pub enum Kind {
    /// Text.
    Text,
    /// Text that can be a file name.
    Name,
    /// A finite number.
    Number(Sign),
    /// An integer in a range.
    Count(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A list of text.
    Texts,
    /// Text, or a list of text.
    TextOrTexts,
    /// A list of values of any kind.
    Values,
    /// A table whose keys are not those of this grammar: a system's, or paths of sweeps.
    Open,
    /// A table.
    Table(&'static Table),
    /// Text, or a table.
    TextOrTable(&'static Table),
    /// A list of tables.
    Tables(&'static Table),
}

/// Which numbers are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// All.
    Any,
    /// Above zero.
    Positive,
    /// Zero or above.
    NotNegative,
}

impl Kind {
    /// The table inside, where there is one.
    pub fn table(&self) -> Option<&'static Table> {
        match self {
            Self::Table(table) | Self::TextOrTable(table) | Self::Tables(table) => Some(table),
            _ => None,
        }
    }
}
