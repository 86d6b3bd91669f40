//! The header of a `.npy` file: the type, the order and the shape of an array, as a dictionary of
//! Python.

use std::io::Read;

use noctule_num::InputError;

/// More bytes than this in a header are refused; NumPy writes 128.
const MOST_HEADER: usize = 1 << 16;

/// What a header says.
#[derive(Debug)]
pub(super) struct Head {
    /// The code of the type, such as `<c16`; what is no plain type as it stands.
    pub(super) descr: String,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
}

pub(super) fn damaged(found: impl Into<String>) -> InputError {
    InputError::new("this is not a readable .npy array", "", found, "a whole array")
        .hint("the file may be truncated")
}

/// Read a header, after which the entries follow.
pub(super) fn read(reader: &mut impl Read) -> Result<Head, InputError> {
    let mut exactly = |count: usize| -> Result<Vec<u8>, InputError> {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).map_err(|error| damaged(error.to_string()))?;
        Ok(bytes)
    };
    let magic = exactly(8)?;
    if &magic[..6] != b"\x93NUMPY" {
        return Err(damaged("no mark of NumPy at the start"));
    }
    let length = match magic[6] {
        1 => exactly(2)?,
        2 | 3 => exactly(4)?,
        other => return Err(damaged(format!("version {other} of the format"))),
    };
    let length = length.iter().rev().fold(0_usize, |n, &byte| n << 8 | usize::from(byte));
    if length > MOST_HEADER {
        return Err(damaged(format!("a header of {length} bytes")));
    }
    let text =
        String::from_utf8(exactly(length)?).map_err(|_| damaged("a header that is no text"))?;
    let value = |key: &str| {
        let at = [format!("'{key}':"), format!("\"{key}\":")]
            .iter()
            .find_map(|quoted| text.find(quoted.as_str()).map(|at| at + quoted.len()));
        let rest = at.map(|at| text[at..].trim_start());
        rest.ok_or_else(|| damaged(format!("a header without `{key}`")))
    };
    let descr = value("descr")?;
    let descr = match descr.chars().next() {
        Some(quote @ ('\'' | '"')) => descr[1..].split(quote).next().unwrap_or(""),
        _ => descr.split('}').next().unwrap_or(""),
    };
    let order = value("fortran_order")?;
    let fortran = match (order.starts_with("True"), order.starts_with("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Err(damaged("an order of entries that is neither True nor False")),
    };
    let sides = value("shape")?.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let sides = sides.map_or("?", |(sides, _)| sides);
    let sides = sides.split(',').map(str::trim).filter(|side| !side.is_empty());
    let shape: Option<Vec<usize>> =
        sides.map(|side| side.trim_end_matches('L').parse().ok()).collect();
    let shape = shape.ok_or_else(|| damaged("a shape that is no list of lengths"))?;
    Ok(Head { descr: descr.to_owned(), fortran, shape })
}
