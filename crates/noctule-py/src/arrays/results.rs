//! Results as NumPy arrays.

use noctule_num::C64;
use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::prelude::*;

use crate::errors::NumericalError;

/// Entries in C order as a NumPy array; they are moved, not copied.
pub(crate) fn shaped<'py, T: Element>(
    py: Python<'py>,
    entries: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyArray1::from_vec(py, entries).reshape(shape.to_vec())?.into_any())
}

/// What may be infinite or not a number.
pub(crate) trait Numeric: Element {
    /// Whether it is neither.
    fn is_number(&self) -> bool;
}

impl Numeric for f64 {
    fn is_number(&self) -> bool {
        self.is_finite()
    }
}

impl Numeric for C64 {
    fn is_number(&self) -> bool {
        self.is_finite()
    }
}

/// Results of finite entries as a NumPy array; others are an error of numerics.
pub(crate) fn result<'py, T: Numeric>(
    py: Python<'py>,
    entries: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    if entries.iter().all(Numeric::is_number) {
        shaped(py, entries, shape)
    } else {
        Err(overflow())
    }
}

/// A finite result; others are an error of numerics.
pub(crate) fn result_number(value: f64) -> PyResult<f64> {
    if value.is_finite() { Ok(value) } else { Err(overflow()) }
}

fn overflow() -> PyErr {
    NumericalError::new_err(
        "the result is not finite: the numbers handed in leave the range of double precision",
    )
}
