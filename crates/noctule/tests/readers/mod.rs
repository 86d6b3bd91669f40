//! Files of other programs: what is read is what they wrote, or it is refused with a reason.

mod bombs;
mod imports;
mod matlab;
mod mutated;
mod tables;

use std::path::{Path, PathBuf};

use noctule::data::{Array, Entries, FieldInfo, Source, array};
use noctule_num::{C64, InputError};

pub(crate) const CHANNELS: FieldInfo = FieldInfo {
    name: "channels",
    dimensions: &["user", "antenna"],
    complex: true,
    summary: "channels",
};
pub(crate) const GAIN: FieldInfo =
    FieldInfo { name: "gain", dimensions: &["user"], complex: false, summary: "gains" };
pub(crate) const SITES: FieldInfo =
    FieldInfo { name: "site_m", dimensions: &["site", "axis"], complex: false, summary: "sites" };

/// A folder that goes when it is dropped, and a file in it.
pub(crate) fn written(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

/// What `FILE` and the rest of a source (`:member; options`) give.
pub(crate) fn read(
    path: &Path,
    rest: &str,
    field: &FieldInfo,
) -> Result<(Array, Vec<String>), InputError> {
    array(&Source::parse(&format!("{}{rest}", path.display()))?, field)
}

pub(crate) fn reals(array: &Array) -> Vec<f64> {
    match &array.entries {
        Entries::Real(values) => values.clone(),
        Entries::Complex(_) => panic!("real"),
    }
}

pub(crate) fn complexes(array: &Array) -> Vec<C64> {
    match &array.entries {
        Entries::Real(values) => values.iter().map(|x| C64::from(*x)).collect(),
        Entries::Complex(values) => values.clone(),
    }
}
