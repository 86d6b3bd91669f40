//! The files of other programs (feature `files`): NumPy's `.npy` and `.npz`, MATLAB's `.mat`, tables
//! as text; and how the arrays in them are to be understood.

mod apply;
mod axes;
mod budget;
mod csv;
mod import;
mod load;
mod mat;
mod node;
mod npy_head;
mod npz;
mod order;
mod raw;
mod reading;
mod rows;

pub use import::{Imported, import};
pub(super) use load::set;
pub use load::{Members, Source, array, design_document, members, system_of};
pub use node::Node;
#[cfg(test)]
pub(super) use npz::write_array;
pub use order::check_order;
pub use reading::{Reading, TOOLS, Tool};
pub use rows::{Rows, companions, digest, text_beside, whole};

use super::ArraySet;

impl ArraySet {
    /// The set as the bytes of an uncompressed `.npz` archive.
    ///
    /// # Errors
    /// When the archive writer fails, which in memory it does not.
    pub fn to_npz(&self) -> std::io::Result<Vec<u8>> {
        npz::write(self)
    }

    /// The set as the bytes of a MATLAB file, the word `system` beside the arrays.
    pub fn to_mat(&self, system: &str) -> Vec<u8> {
        mat::set(self, system)
    }

    /// A design as the bytes of a MATLAB file: this set are its variables, `instance` the arrays
    /// of its instance, `document` the whole `noctule-design/1`, which [`design_document`](crate::data::design_document) reads.
    pub fn to_mat_design(&self, instance: &Self, document: &serde_json::Value) -> Vec<u8> {
        mat::document(self, instance, document)
    }
}
