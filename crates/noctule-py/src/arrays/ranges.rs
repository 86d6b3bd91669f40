//! Numbers, counts and sizes within their ranges.

use noctule_num::C64;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors::refuse;

/// More bytes than this for all results of one call are refused.
const MOST_BYTES: usize = 1 << 30;

/// A whole number from 1 to `most`.
pub(crate) fn refuse_count(value: f64, name: &str, most: usize) -> PyResult<usize> {
    count_from(value, name, 1, most)
}

/// A whole number from `least` to `most`.
pub(crate) fn count_from(value: f64, name: &str, least: usize, most: usize) -> PyResult<usize> {
    if value.fract() == 0.0 && value >= least as f64 && value <= most as f64 {
        return Ok(value as usize);
    }
    let allowed = format!("a whole number from {least} to {most}");
    Err(refuse("the count is out of range", name, value.to_string(), allowed))
}

/// A whole number of 64 bits: seeds and trials, which a float cannot hold.
pub(crate) fn whole(value: &Bound<'_, PyAny>, name: &str) -> PyResult<u64> {
    // In Python a truth value is an integer.
    let flag = value.is_instance_of::<PyBool>();
    let wrong = || {
        let found: String = value.repr().map(|text| text.to_string()).unwrap_or_default();
        let found = found.chars().take(80).collect::<String>();
        let allowed = "a whole number from 0 to 18446744073709551615";
        refuse("the count is out of range", name, found, allowed)
    };
    if flag {
        return Err(wrong());
    }
    if value.hasattr("__index__")? {
        return value.extract().map_err(|_| wrong());
    }
    let exact = |number: f64| number.fract() == 0.0 && (0.0..9.0e15).contains(&number);
    let number = value.extract::<f64>().ok().filter(|number| exact(*number));
    number.map(|number| number as u64).ok_or_else(wrong)
}

/// Where a number may lie.
#[derive(Clone, Copy)]
pub(crate) enum Range {
    /// Any finite number.
    Finite,
    /// Above zero.
    Positive,
    /// Zero or more.
    NotNegative,
    /// From the first to the second.
    Within(f64, f64),
}

/// A finite number of that range.
pub(crate) fn number(value: f64, name: &str, range: Range) -> PyResult<f64> {
    let (what, allowed) = match range {
        _ if !value.is_finite() => ("the value is not finite", "a finite number".to_owned()),
        Range::Positive if value <= 0.0 => {
            ("the value is not positive", "a positive number".to_owned())
        }
        Range::NotNegative if value < 0.0 => ("the value is negative", "0 or more".to_owned()),
        Range::Within(low, high) if !(low..=high).contains(&value) => {
            ("the value is out of range", format!("from {low} to {high}"))
        }
        _ => return Ok(value),
    };
    Err(refuse(what, name, value.to_string(), allowed))
}

/// Refuse a number that is not positive.
pub(crate) fn positive(value: f64, name: &str) -> PyResult<()> {
    number(value, name, Range::Positive).map(|_| ())
}

/// Refuse an entry below zero.
pub(crate) fn not_negative(entries: &[f64], name: &str) -> PyResult<()> {
    entries.iter().try_for_each(|entry| number(*entry, name, Range::NotNegative).map(|_| ()))
}

/// Refuse results that would not fit into memory, before anything is allocated.
///
/// `entries` are factors of the number of complex entries of all results and intermediate arrays.
pub(crate) fn refuse_size(name: &str, entries: &[usize]) -> PyResult<()> {
    let bytes = entries
        .iter()
        .try_fold(size_of::<C64>(), |product, factor| product.checked_mul(*factor))
        .filter(|bytes| *bytes <= MOST_BYTES);
    let Some(bytes) = bytes else {
        let found = entries.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
        let allowed = format!("at most {} complex entries", MOST_BYTES / size_of::<C64>());
        return Err(refuse("the result is too large", name, found, allowed));
    };
    // An allocation that fails later would end the process.
    Vec::<u8>::new()
        .try_reserve_exact(bytes)
        .map_err(|_| PyMemoryError::new_err(format!("no room for {bytes} bytes of results")))
}
