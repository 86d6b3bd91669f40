//! The lists of a proof, and their lengths.

use std::collections::BTreeMap;

use noctule_num::InputError;

use crate::Error;

/// The lists of a proof by their names.
pub type Numbers = BTreeMap<String, Vec<f64>>;

/// The numbers of a name.
pub(in crate::beamforming) fn list<'a>(
    numbers: &'a Numbers,
    name: &str,
) -> Result<&'a [f64], InputError> {
    numbers.get(name).map(Vec::as_slice).ok_or_else(|| {
        InputError::new("the proof is incomplete", name, "nothing", "a list of numbers")
    })
}

/// Refuse a list of another length.
pub(in crate::beamforming) fn length(name: &str, found: usize, needed: usize) -> Result<(), Error> {
    if found == needed {
        return Ok(());
    }
    let (found, needed) = (found.to_string(), needed.to_string());
    Err(InputError::new("the length does not fit the instance", name, found, needed).into())
}
