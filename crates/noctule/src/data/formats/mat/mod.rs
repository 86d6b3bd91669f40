//! Files of MATLAB and Octave: `.mat` of versions 5, 6, 7 (one format, compressed or not) and 7.3
//! (HDF5).
//!
//! Only the variables that are asked for are unpacked; of the others their name, type and shape
//! are read.

mod hdf5;
mod v5;
mod variable;
mod write;

use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;

use noctule_num::InputError;

pub(super) use self::variable::Variable;
use self::variable::fill;
pub(super) use self::write::{document, set};
use crate::data::file;

/// The variables of a file, in its order; the values of those that are `wanted`.
pub(super) fn read(
    path: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Variable>, InputError> {
    let mut file = BufReader::new(file::open(path, file::MOST_ARRAY_BYTES)?);
    let mut start = [0; 128];
    let length = fill(&mut file, &mut start);
    let unreadable = |what: &str, found: String| {
        let allowed = "a file written by save of MATLAB or Octave, version 5 to 7.3";
        InputError::new(what, "", found, allowed)
    };
    if length == 0 {
        return Err(unreadable("the file is empty", "no bytes".to_owned()));
    }
    if let Some(base) = hdf5::base(&mut file) {
        return hdf5::read(file, base, wanted);
    }
    if length < 128 {
        return Err(unreadable("this is not a readable .mat file", format!("{length} bytes")));
    }
    if start[..4].contains(&0) {
        let error = unreadable("this is no .mat file, or one of version 4", "its header".into());
        return Err(error.hint("in MATLAB: save('file.mat', ..., '-v7')"));
    }
    let big_endian = match &start[126..128] {
        b"IM" => false,
        b"MI" => true,
        other => {
            let found = format!("the bytes {other:?} where the order of bytes is said");
            return Err(unreadable("this is not a readable .mat file", found));
        }
    };
    let seek = file.seek(SeekFrom::Start(128));
    seek.map_err(|error| unreadable("the file cannot be read", error.to_string()))?;
    v5::read(file, big_endian, wanted)
}
