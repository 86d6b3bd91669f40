//! How a set comes out of a file and goes into one: JSON always, the formats of other programs with
//! the feature `files`.

use std::path::Path;

use noctule_num::InputError;

#[cfg(feature = "files")]
use super::formats::set;
use super::{ArraySet, FieldInfo, file, json};

impl ArraySet {
    /// Read a set from a file; the ending decides: `.json`, and with the feature `files` also
    /// `.npz`, `.mat`, or `.npy` and `.csv` for a single array, which gets the name of the first
    /// complex field (`channels` of an instance), or of the first where none is complex. Of a `.mat`
    /// file only variables with the name of a field are read.
    ///
    /// `kind` is the word in the format tag of JSON files (`noctule-<kind>/1`); `fields` tells
    /// which arrays are known and complex.
    ///
    /// # Errors
    /// [`InputError`] naming the file, and the array inside it where there is one; also a format
    /// that is not part of this build.
    pub fn read(path: &Path, kind: &str, fields: &[FieldInfo]) -> Result<Self, InputError> {
        set(path, kind, fields)
    }

    /// The set as a JSON document with its format tag.
    pub fn to_json(&self, kind: &str, system: &str) -> serde_json::Value {
        json::write(self, kind, system)
    }

    /// Parse a JSON document as written by [`ArraySet::to_json`].
    ///
    /// # Errors
    /// [`InputError`] naming the array and the entry.
    pub fn from_json(text: &[u8], kind: &str, fields: &[FieldInfo]) -> Result<Self, InputError> {
        json::parse(text, kind, fields).and_then(|set| set.only(fields))
    }

    /// The set in a JSON document that has been read already, as [`ArraySet::from_json`].
    ///
    /// # Errors
    /// As [`ArraySet::from_json`].
    pub fn from_value(
        document: &serde_json::Value,
        kind: &str,
        fields: &[FieldInfo],
    ) -> Result<Self, InputError> {
        json::of_value(document, kind, fields).and_then(|set| set.only(fields))
    }
}

/// The arrays of a JSON file, whatever their names.
pub(super) fn document(
    path: &Path,
    kind: &str,
    fields: &[FieldInfo],
) -> Result<ArraySet, InputError> {
    json::parse(&file::bytes(path, file::MOST_TEXT_BYTES)?, kind, fields)
}

#[cfg(not(feature = "files"))]
use json_alone as set;

/// What is read where the formats of other programs are not part of the build.
#[cfg(any(test, not(feature = "files")))]
fn json_alone(path: &Path, kind: &str, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
    let place = path.display().to_string();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
    if !ending.eq_ignore_ascii_case("json") {
        let what = "this format is not part of this build";
        let found = if ending.is_empty() { "no ending".to_owned() } else { format!(".{ending}") };
        return Err(InputError::new(what, place, found, ".json")
            .hint("a build with the feature `files` reads .npz, .npy, .mat and .csv too"));
    }
    let read = document(path, kind, fields).and_then(|set| set.only(fields));
    read.map_err(
        |error| {
            if error.place.starts_with(&place) { error } else { error.in_file(&place) }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Array;

    const FIELDS: &[FieldInfo] = &[FieldInfo {
        name: "power_w",
        dimensions: &[],
        complex: false,
        summary: "power in watts",
    }];

    #[test]
    fn without_the_other_formats_json_is_read_and_they_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut set = ArraySet::new();
        set.insert("power_w", Array::number(0.5));
        let path = folder.path().join("set.json");
        std::fs::write(&path, set.to_json("instance", "test").to_string()).unwrap();
        assert_eq!(json_alone(&path, "instance", FIELDS), Ok(set));
        let wrong = json_alone(&path, "design", FIELDS).unwrap_err();
        assert!(wrong.place.starts_with(&path.display().to_string()), "{wrong}");
        let other = json_alone(&folder.path().join("set.npz"), "instance", FIELDS).unwrap_err();
        assert_eq!((other.found.as_str(), other.allowed.as_str()), (".npz", ".json"));
        assert!(other.hint.is_some_and(|hint| hint.contains("`files`")));
    }
}
