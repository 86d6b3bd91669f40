//! Named arrays: how instances and designs travel in files and to other languages.
//!
//! An [`ArraySet`] is a list of named, C-ordered arrays of real or complex numbers. Everything a
//! person may hand in as data — a channel matrix, positions, beams — and everything we hand back
//! goes through one, so that JSON, NumPy's `.npz`, MATLAB's `.mat`, tables as text and (through the
//! Python package) NumPy arrays need no code per system. What a system expects in its set is a
//! table of [`FieldInfo`].
//!
//! JSON is always there; the other formats come with the feature `files`.

mod array;
pub mod file;
#[cfg(feature = "files")]
mod formats;
mod json;
mod set;
mod strict;
mod taker;
mod travel;

pub use array::{Array, Entries, FieldInfo, MOST_ENTRIES};
#[cfg(feature = "files")]
pub use formats::{
    Imported, Members, Node, Reading, Rows, Source, TOOLS, Tool, array, check_order, companions,
    design_document, digest, import, members, system_of, text_beside, whole,
};
pub use set::ArraySet;
pub use strict::read as json_document;
pub use taker::Taker;
pub(crate) use taker::as_count;

#[cfg(test)]
mod tests;

#[cfg(test)]
fn npz_array_for_tests(array: &Array, out: &mut std::io::Cursor<Vec<u8>>) {
    formats::write_array(array, out).unwrap();
}
