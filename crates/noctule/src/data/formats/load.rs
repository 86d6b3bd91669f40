//! From a file to arrays: whichever format it has, one array of it or all.

use std::path::{Path, PathBuf};

use noctule_num::{InputError, hint};

use super::axes::fitted;
use super::node::{self, Node};
use super::reading::Reading;
use super::{csv, mat, npz};
use crate::data::{Array, ArraySet, Entries, FieldInfo, file, json, travel};

const ENDINGS: &str = ".json, .npz, .npy, .mat or .csv";

/// What can go wrong with the ending of a file is said before the file is looked at.
fn ending(path: &Path) -> Result<String, InputError> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    if ["json", "npz", "npy", "mat", "csv", "txt", "tsv"].contains(&ending.as_str()) {
        return Ok(ending);
    }
    Err(InputError::new(
        "the file's ending does not tell its format",
        path.display().to_string(),
        if ending.is_empty() { "no ending".to_owned() } else { format!(".{ending}") },
        ENDINGS,
    ))
}

/// Where one array comes from, and how it is to be read: `FILE`, `FILE:MEMBER`, `FILE; OPTIONS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// Which of its arrays: `H`, `chan.H`, `cell{2}`.
    pub member: Option<String>,
    /// How its numbers are to be understood.
    pub reading: Reading,
}

impl Source {
    /// Whether a member or an option is named, so that one array is meant.
    pub fn is_one_array(&self) -> bool {
        self.member.is_some() || self.reading != Reading::default()
    }

    /// Read `FILE[:MEMBER][; OPTION]…`; a file whose own name has a colon or a semicolon is taken
    /// as it is, where it exists.
    ///
    /// # Errors
    /// Options that are not clear.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        let whole = |name: &str| Path::new(name).is_file();
        let (name, options) = match text.split_once(';') {
            Some(_) if whole(text) => (text, ""),
            Some((name, options)) => (name.trim(), options),
            None => (text, ""),
        };
        let reading = options.parse::<Reading>()?;
        let source = |file: &str, member: Option<&str>| Self {
            file: file.into(),
            member: member.map(str::to_owned),
            reading: reading.clone(),
        };
        if whole(name) {
            return Ok(source(name, None));
        }
        // The colon behind the ending, so that `C:\H.mat` is no member of `C`.
        let lower = name.to_ascii_lowercase();
        let split = [".json:", ".npz:", ".mat:"]
            .iter()
            .filter_map(|mark| lower.find(mark).map(|at| at + mark.len() - 1))
            .min();
        Ok(match split {
            Some(at) if name.is_char_boundary(at) => source(&name[..at], Some(&name[at + 1..])),
            _ => source(name, None),
        })
    }
}

/// One array of a file as `field` wants it, and what was decided on the way.
///
/// # Errors
/// [`InputError`] naming the file, and the member where there is one.
pub fn array(source: &Source, field: &FieldInfo) -> Result<(Array, Vec<String>), InputError> {
    let path = &source.file;
    let place = path.display().to_string();
    let ending = ending(path)?;
    let reading = &source.reading;
    let table = matches!(ending.as_str(), "csv" | "txt" | "tsv");
    if (reading.heading || reading.decimal_comma) && !table {
        let what = "this option is for tables of text";
        return Err(InputError::new(what, place, format!(".{ending}"), "a .csv file"));
    }
    let read = || -> Result<(Array, Vec<String>), InputError> {
        let (array, mut notes) = match (ending.as_str(), &source.member) {
            ("npy", None) => (npz::single(path)?, Vec::new()),
            ("npy", Some(_)) => return Err(no_members(&source.member)),
            (_, Some(_)) if table => return Err(no_members(&source.member)),
            (_, None) if table => {
                let dialect =
                    csv::Dialect { heading: reading.heading, decimal_comma: reading.decimal_comma };
                csv::parse(&file::text(path, file::MOST_TEXT_BYTES)?, Some(field), dialect)?
            }
            (_, member) => {
                let member = member.as_deref().unwrap_or(field.name);
                (named(path, &ending, member, field)?, Vec::new())
            }
        };
        let (array, more) = reading.apply(array, field)?;
        notes.extend(more);
        Ok((array, notes))
    };
    let (array, notes) = read().map_err(|error| told(error, &place))?;
    Ok((array, notes.into_iter().map(|note| format!("{place}: {note}")).collect()))
}

/// The file in front, unless the complaint has it already.
pub(super) fn told(error: InputError, place: &str) -> InputError {
    if error.place.starts_with(place) { error } else { error.in_file(place) }
}

fn no_members(member: &Option<String>) -> InputError {
    let found = format!("`:{}`", member.as_deref().unwrap_or(""));
    InputError::new("the file holds one array, which has no name", "", found, "the file alone")
}

/// The array of that name in a file with many.
fn named(path: &Path, ending: &str, member: &str, field: &FieldInfo) -> Result<Array, InputError> {
    let missing = |names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = format!("`{member}`");
        let error = InputError::new(
            "there is no array of that name in the file",
            "",
            found,
            hint::list(&names),
        );
        match names[..] {
            [only] => error.hint(format!(
                "`{}={}:{only}` takes its only array",
                field.name,
                path.display()
            )),
            _ => hint::with_guess(error, member, &names),
        }
    };
    match ending {
        "npz" => match npz::member(path, member)? {
            Some(array) => Ok(array),
            None => Err(missing(&npz::names(path)?)),
        },
        "json" => {
            let text = file::bytes(path, file::MOST_TEXT_BYTES)?;
            json::member(&text, member, field.complex)?.ok_or_else(|| missing(&[]))
        }
        _ => {
            let (variable, rest) = node::head(member);
            let variables = mat::read(path, &|name| name == variable)?;
            let names: Vec<String> = variables.iter().map(|known| known.name.clone()).collect();
            let found = variables.into_iter().find(|known| known.name == variable);
            let value = found.and_then(|known| known.value).ok_or_else(|| missing(&names))?;
            numbers(value.pick(rest).map_err(|error| error.inside(variable))?, member)
        }
    }
}

pub(super) fn numbers(node: &Node, place: &str) -> Result<Array, InputError> {
    match node {
        Node::Array(array) => Ok(array.clone()),
        Node::Struct(fields) => {
            let name = fields.first().map_or("field", |(name, _)| name.as_str());
            let what = "this is not an array of numbers";
            let error = InputError::new(what, place, node.words(), "an array, or a path to one");
            Err(error.hint(format!("such as `{place}.{name}`")))
        }
        Node::Cells(..) => {
            let what = "this is not an array of numbers";
            let error = InputError::new(what, place, node.words(), "an array, or a path to one");
            Err(error.hint(format!("such as `{place}{{1}}`")))
        }
        other => {
            let what = "this is not an array of numbers";
            Err(InputError::new(what, place, other.words(), "an array of numbers"))
        }
    }
}

/// See [`ArraySet::read`].
pub(in crate::data) fn set(
    path: &Path,
    kind: &str,
    fields: &[FieldInfo],
) -> Result<ArraySet, InputError> {
    let place = path.display().to_string();
    let read = || -> Result<ArraySet, InputError> {
        let ending = ending(path)?;
        if std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.len() == 0) {
            let what = "the file is empty";
            return Err(InputError::new(what, &place, "0 bytes", "a file with arrays"));
        }
        match ending.as_str() {
            "json" => travel::document(path, kind, fields),
            "npz" => {
                npz::read(path, fields).map_err(|error| ask_about_only(error, path, kind, fields))
            }
            "mat" => matlab(path, kind, fields),
            _ => {
                let first = fields.iter().find(|field| field.complex).or(fields.first());
                let mut set = ArraySet::new();
                if let Some(field) = first {
                    let source = Source { file: path.to_owned(), ..Source::default() };
                    let (array, notes) = array(&source, field)?;
                    set.insert(field.name, array);
                    set.note(notes);
                }
                Ok(set)
            }
        }
    };
    read().and_then(|set| set.only(fields)).map_err(|error| told(error, &place))
}

/// An array under another name: if it is the only one, whether it is meant.
fn ask_about_only(error: InputError, path: &Path, kind: &str, fields: &[FieldInfo]) -> InputError {
    let strange = error.what == "there is no array of that name";
    let names = npz::names(path).unwrap_or_default();
    match (strange, names.as_slice()) {
        (true, [only]) => ask(error, path, only, (kind, fields)),
        _ => error,
    }
}

fn ask(
    error: InputError,
    path: &Path,
    only: &str,
    (kind, fields): (&str, &[FieldInfo]),
) -> InputError {
    let first = fields.iter().find(|field| field.complex).or(fields.first());
    let name = first.map_or("channels", |field| field.name);
    let option = match kind {
        "design" => format!("--variables {}:{only}", path.display()),
        _ => format!("--array {name}={}:{only}", path.display()),
    };
    let told = format!("`{option}` takes `{only}` for `{name}`");
    match error.hint.clone() {
        Some(hint) => error.hint(format!("{hint}; {told}")),
        None => error.hint(told),
    }
}

/// The variables of a `.mat` file that have the name of a field; others are no obstacle. Those of
/// an instance may lie in a structure `instance`, as in a design's file.
fn matlab(path: &Path, kind: &str, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let known = |name: &str| fields.iter().any(|field| field.name == name);
    let inner = |name: &str| kind == "instance" && name == "instance";
    let mine = |name: &str| known(name) || inner(name) || name == "system";
    let variables = mat::read(path, &mine)?;
    let foreign = !variables.iter().any(|variable| variable.name == "system");
    let mut found: Vec<(String, Node)> = Vec::new();
    for variable in &variables {
        match (&variable.value, inner(&variable.name)) {
            (Some(Node::Struct(members)), true) => {
                found.extend(members.iter().filter(|(name, _)| known(name)).cloned());
            }
            (Some(node), false) if known(&variable.name) => {
                found.push((variable.name.clone(), node.clone()));
            }
            _ => {}
        }
    }
    if found.is_empty() {
        let arrays = variables.iter().filter(|variable| variable.numbers.is_some());
        let names: Vec<&str> = arrays.map(|variable| variable.name.as_str()).collect();
        let all: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let what = "no variable of the file has the name of an array";
        let error = InputError::new(what, "", hint::list(&names), hint::list(&all));
        return Err(match names[..] {
            [only] => ask(error, path, only, (kind, fields)),
            _ => error.hint("a variable, a field or a cell is picked so: channels=FILE:chan.H"),
        });
    }
    let mut set = ArraySet::new();
    for (name, node) in found {
        let Some(field) = fields.iter().find(|field| field.name == name) else { continue };
        let array = numbers(&node, &name)?;
        // A file that we wrote has its axes right.
        let (array, notes) = match foreign {
            true => Reading::default().apply(array, field)?,
            false => (fitted(array, field.dimensions.len()), Vec::new()),
        };
        set.insert(name, array);
        set.note(notes);
    }
    Ok(set)
}

/// What a file holds by name, and what is to be said of it.
pub type Members = (Vec<(String, Node)>, Vec<String>);

/// Everything in a file by name: variables of a `.mat`, arrays of an `.npz`, or the one array of a
/// `.npy` or `.csv` under an empty name.
///
/// # Errors
/// A file that cannot be read or is damaged.
pub fn members(path: &Path) -> Result<Members, InputError> {
    let place = path.display().to_string();
    let read = || match ending(path)?.as_str() {
        "mat" => {
            let all = mat::read(path, &|_| true)?.into_iter();
            let all = all.filter_map(|variable| Some((variable.name, variable.value?)));
            Ok((all.collect(), Vec::new()))
        }
        "npz" => {
            let mut all = Vec::new();
            for name in npz::names(path)? {
                if let Some(array) = npz::member(path, &name)? {
                    all.push((name, Node::Array(array)));
                }
            }
            Ok((all, Vec::new()))
        }
        "npy" => Ok((vec![(String::new(), Node::Array(npz::single(path)?))], Vec::new())),
        "json" => {
            let what = "arrays of a document are read with their system";
            Err(InputError::new(what, "", ".json", ".mat, .npz, .npy or .csv"))
        }
        _ => {
            let text = file::text(path, file::MOST_TEXT_BYTES)?;
            let (array, notes) = csv::parse(&text, None, csv::Dialect::default())?;
            Ok((vec![(String::new(), Node::Array(array))], notes))
        }
    };
    read().map_err(|error| told(error, &place))
}

/// The system that a file names, where it does.
pub fn system_of(path: &Path) -> Option<String> {
    match ending(path).ok()?.as_str() {
        "json" => json::head(&file::bytes(path, file::MOST_TEXT_BYTES).ok()?).ok()?.system,
        "mat" => {
            let variables = mat::read(path, &|name| name == "system").ok()?;
            variables.into_iter().find_map(|variable| match variable.value {
                Some(Node::Text(name)) if variable.name == "system" => Some(name),
                _ => None,
            })
        }
        _ => None,
    }
}

/// The text of the `noctule-design/1` document in a `.json` or `.mat` file. The variables that
/// stand beside it in a `.mat` file must be those it speaks of.
///
/// # Errors
/// A file without a document, or whose variables were changed after it was written.
pub fn design_document(path: &Path) -> Result<String, InputError> {
    let place = path.display().to_string();
    let read = || -> Result<String, InputError> {
        if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mat")) {
            return file::text(path, file::MOST_DOCUMENT_BYTES);
        }
        let variables = mat::read(path, &|_| true)?;
        let found = variables.iter().find(|variable| variable.name == "document");
        let Some(Node::Text(text)) = found.and_then(|variable| variable.value.as_ref()) else {
            let what = "the file holds no design document";
            let error = InputError::new(what, "", "no text `document`", "what noctule wrote");
            return Err(error.hint("`evaluate` takes beams of your own"));
        };
        let document: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            InputError::new("this is not JSON", "document", error.to_string(), "what noctule wrote")
        })?;
        for variable in &variables {
            if let (Some(told), Some(Node::Array(array))) =
                (document.get(&variable.name), &variable.value)
            {
                same(&variable.name, array, told)?;
            }
        }
        Ok(text.clone())
    };
    read().map_err(|error| told(error, &place))
}

/// Refuse an array that is not the one of the document.
fn same(name: &str, array: &Array, told: &serde_json::Value) -> Result<(), InputError> {
    let complex = matches!(array.entries, Entries::Complex(_));
    let text = serde_json::json!({ "format": "", name: told }).to_string();
    let told = json::member(text.as_bytes(), name, complex)?;
    if told.is_some_and(|told| told.entries == array.entries) {
        return Ok(());
    }
    let what = "the variable is not the one that the file's document speaks of";
    let allowed = "the file as it was written; `evaluate` takes changed variables";
    Err(InputError::new(what, name, "other numbers", allowed))
}
