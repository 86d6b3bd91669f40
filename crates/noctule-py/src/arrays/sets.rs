//! Arrays by name, as dictionaries of Python.

use noctule::data::{Array, ArraySet, Entries};
use noctule_num::C64;
use numpy::PyUntypedArrayMethods;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat};

use super::held::{laid_out, numeric};
use super::results::shaped;
use crate::errors::refuse;

/// A dictionary of arrays, lists and numbers as a set. The entries are copied: a set owns them.
pub(crate) fn set_of(arrays: &Bound<'_, PyDict>) -> PyResult<ArraySet> {
    let mut set = ArraySet::new();
    // The items as they are now: turning an object into an array may run code of its own.
    for item in arrays.items().iter() {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        let name: String = name.extract().map_err(|_| {
            let found = name.str().map(|text| text.to_string()).unwrap_or_default();
            refuse("the name of an array is not text", "arrays", found, "names as text")
        })?;
        if value.is_exact_instance_of::<PyFloat>() {
            set.insert(name, Array::number(value.extract()?));
            continue;
        }
        let (array, kind) = numeric(&value, &name)?;
        let array = if kind == 'c' {
            let held = laid_out::<C64>(&array, "complex128")?;
            Array::complex(held.shape().to_vec(), held.as_slice()?.to_vec())
        } else {
            let held = laid_out::<f64>(&array, "float64")?;
            Array {
                shape: held.shape().to_vec(),
                entries: Entries::Real(held.as_slice()?.to_vec()),
            }
        };
        set.insert(name, array);
    }
    Ok(set)
}

/// A set as a dictionary: arrays as NumPy arrays, single numbers as they are.
pub(crate) fn dict_of<'py>(py: Python<'py>, set: &ArraySet) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, array) in set.iter() {
        dict.set_item(name, array_of(py, array)?)?;
    }
    Ok(dict)
}

/// An array as a NumPy array; a single real number as it is.
pub(crate) fn array_of<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    match &array.entries {
        Entries::Real(values) if array.shape.is_empty() => {
            Ok(PyFloat::new(py, values[0]).into_any())
        }
        Entries::Real(values) => shaped(py, values.clone(), &array.shape),
        Entries::Complex(values) => shaped(py, values.clone(), &array.shape),
    }
}
