//! What the tests of reference cases share: the files, and a reader that insists on every field.
//!
//! Every file under `tests/cases/<system>` must be listed in its `SHA256SUMS`, must be read to its
//! last field, and must pass with its own tolerance. `NOCTULE_CASES=<folder>` runs further files of
//! the same kinds, from its subfolder `<system>` where there is one (without the list).
#![allow(dead_code, clippy::print_stdout)] // each system reads other kinds of fields

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use noctule::{C64, CMat};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

fn folder(system: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(system)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    files
}

/// The files of a system must be those of its list: a lost or changed file must not go unnoticed.
pub(crate) fn the_list_matches_the_files(system: &str, count: usize) {
    let list = std::fs::read_to_string(folder(system).join("SHA256SUMS")).unwrap();
    let listed: BTreeSet<(String, String)> = list
        .lines()
        .map(|line| {
            let (digest, name) = line.split_once("  ").unwrap();
            (name.to_owned(), digest.to_owned())
        })
        .collect();
    let found: BTreeSet<(String, String)> = files(&folder(system))
        .iter()
        .map(|path| {
            let digest = Sha256::digest(std::fs::read(path).unwrap());
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), hex)
        })
        .collect();
    assert_eq!(listed, found);
    assert_eq!(found.len(), count);
}

/// The cases of a system, name and content: those of the repository, and the user's.
pub(crate) fn cases(system: &str) -> Vec<(String, Value)> {
    let extra = std::env::var_os("NOCTULE_CASES").map(|extra| {
        let of_the_system = Path::new(&extra).join(system);
        if of_the_system.is_dir() { of_the_system } else { PathBuf::from(extra) }
    });
    std::iter::once(folder(system))
        .chain(extra)
        .flat_map(|folder| files(&folder))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let content = std::fs::read(&path).unwrap();
            let content = serde_json::from_slice(&content)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (name, content)
        })
        .collect()
}

/// Run every case of a system, and name every file that fails with why: one of an unknown kind
/// among them, whatever its name.
pub(crate) fn every_case(system: &str, least: usize, run: impl Fn(&str, Value)) {
    let all = cases(system);
    let count = all.len();
    let mut failed = Vec::new();
    for (name, document) in all {
        match catch_unwind(AssertUnwindSafe(|| run(&name, document))) {
            Ok(()) => println!("{name} passed"),
            Err(panic) => failed.push(format!("{name}: {}", words(&*panic))),
        }
    }
    assert!(failed.is_empty(), "{} of {count} files:\n{}", failed.len(), failed.join("\n"));
    assert!(count >= least, "{count} files of at least {least}");
}

/// What a panic said.
pub(crate) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// A file whose kind a runner does not know.
pub(crate) fn unknown(found: &str, kinds: &[&str]) -> ! {
    panic!("unknown kind `{found}`; the kinds are {}", kinds.join(", "))
}

/// The fields of an object, taken one by one; what is left at the end is a failure.
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) left: Map<String, Value>,
}

impl Fields {
    pub(crate) fn new(name: &str, value: Value) -> Self {
        let Value::Object(left) = value else { panic!("{name} is not an object") };
        Self { name: name.to_owned(), left }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    pub(crate) fn take(&mut self, key: &str) -> Value {
        self.left.remove(key).unwrap_or_else(|| panic!("{} has no `{key}`", self.name))
    }

    /// A note for people, where there is one.
    pub(crate) fn remark(&mut self, key: &str) {
        self.left.remove(key);
    }

    pub(crate) fn inside(&mut self, key: &str) -> Self {
        let name = format!("{}.{key}", self.name);
        Self::new(&name, self.take(key))
    }

    pub(crate) fn list(&mut self, key: &str) -> Vec<Self> {
        let name = format!("{}.{key}", self.name);
        let Value::Array(items) = self.take(key) else { panic!("{name} is not a list") };
        items.into_iter().enumerate().map(|(i, x)| Self::new(&format!("{name}[{i}]"), x)).collect()
    }

    pub(crate) fn text(&mut self, key: &str) -> String {
        self.take(key).as_str().unwrap_or_else(|| panic!("{}.{key} is no text", self.name)).into()
    }

    pub(crate) fn number(&mut self, key: &str) -> f64 {
        self.take(key).as_f64().unwrap_or_else(|| panic!("{}.{key} is no number", self.name))
    }

    pub(crate) fn count(&mut self, key: &str) -> usize {
        let number = self.number(key);
        assert!(number >= 0.0 && number.fract() == 0.0, "{}.{key}: {number}", self.name);
        number as usize
    }

    pub(crate) fn flag(&mut self, key: &str) -> bool {
        self.take(key).as_bool().unwrap_or_else(|| panic!("{}.{key} is no flag", self.name))
    }

    pub(crate) fn numbers(&mut self, key: &str) -> Vec<f64> {
        numbers(&self.take(key))
    }

    /// A real matrix, row by row.
    pub(crate) fn table(&mut self, key: &str) -> Vec<Vec<f64>> {
        rows(&self.take(key))
    }

    /// Complex numbers as `[re, im]`.
    pub(crate) fn complex(&mut self, key: &str) -> Vec<C64> {
        pairs(&self.take(key))
    }

    /// A matrix given row by row, entries `[re, im]`.
    pub(crate) fn matrix(&mut self, key: &str) -> CMat {
        matrix(&self.take(key))
    }

    pub(crate) fn finish(self) {
        let unread: Vec<&String> = self.left.keys().collect();
        assert!(unread.is_empty(), "{}: unread fields {unread:?}", self.name);
    }
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(crate) fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

pub(crate) fn pairs(value: &Value) -> Vec<C64> {
    rows(value).iter().map(|pair| C64::new(pair[0], pair[1])).collect()
}

pub(crate) fn matrix(value: &Value) -> CMat {
    let rows: Vec<Vec<C64>> = value.as_array().unwrap().iter().map(pairs).collect();
    CMat::from_fn(rows.len(), rows.first().map_or(0, Vec::len), |i, j| rows[i][j])
}
