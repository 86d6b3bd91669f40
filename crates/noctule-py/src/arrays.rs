//! NumPy arrays in and out.
//!
//! An array that is C-ordered, aligned and of type `complex128` (or `float64`) is read where it
//! lies. Anything else numeric is converted by NumPy first; what is not numeric is refused with
//! the sentence that an `.npz` file would get. Only an [`ArraySet`], which owns its entries, copies.

use noctule::data::{Array, ArraySet, Entries};
use noctule_num::C64;
use numpy::{
    Element, PyArray1, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat};

use crate::errors::{input, refuse};

/// More entries than this in one array are refused, as in files.
const MOST_ENTRIES: usize = 1 << 27;

/// A numeric array that is read in place.
pub(crate) struct Held<'py, T: Element> {
    array: PyReadonlyArrayDyn<'py, T>,
}

impl<T: Element> Held<'_, T> {
    /// Entries in C order.
    pub(crate) fn slice(&self) -> PyResult<&[T]> {
        Ok(self.array.as_slice()?)
    }

    /// Lengths.
    pub(crate) fn shape(&self) -> &[usize] {
        self.array.shape()
    }
}

/// The array as NumPy sees it, and its kind: one of `biufc`.
fn numeric<'py>(value: &Bound<'py, PyAny>, name: &str) -> PyResult<(Bound<'py, PyAny>, char)> {
    let numpy = value.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (value,)).map_err(|error| {
        if error.is_instance_of::<pyo3::exceptions::PyValueError>(value.py()) {
            let found = "nested lists of different lengths, or an object that is no array";
            refuse("the rows have different lengths", name, found, "an array of numbers")
        } else {
            error
        }
    })?;
    let kind: char = array.getattr("dtype")?.getattr("kind")?.extract()?;
    if !"biufc".contains(kind) {
        let found = array.getattr("dtype")?.str()?.to_string();
        let allowed = "float, complex or integer entries";
        return Err(refuse("the array's type is not numeric", name, found, allowed));
    }
    let size: usize = array.getattr("size")?.extract()?;
    if size > MOST_ENTRIES {
        let shape = array.getattr("shape")?.str()?.to_string();
        let allowed = format!("at most {MOST_ENTRIES} entries");
        return Err(refuse("the array is too large", name, format!("shape {shape}"), allowed));
    }
    Ok((array, kind))
}

/// C-ordered, aligned, of the wanted type: the same memory where it is so already.
fn laid_out<'py, T: Element>(
    array: &Bound<'py, PyAny>,
    dtype: &str,
) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
    let numpy = array.py().import("numpy")?;
    let array = numpy.call_method1("require", (array, dtype, ("C", "A", "E")))?;
    Ok(array.cast_into::<PyArrayDyn<T>>()?.try_readonly()?)
}

/// Complex entries of `dimensions` dimensions; real ones are promoted.
pub(crate) fn complex<'py>(
    value: &Bound<'py, PyAny>,
    name: &str,
    dimensions: &[&str],
) -> PyResult<Held<'py, C64>> {
    let (array, _) = numeric(value, name)?;
    let held = Held { array: laid_out(&array, "complex128")? };
    check_dimensions(held.shape(), name, "complex", dimensions)?;
    let finite = held.slice()?.iter().position(|z: &C64| !z.is_finite());
    finite.map_or(Ok(()), |index| Err(not_finite(name, &held.slice()?[index].to_string())))?;
    Ok(held)
}

/// Real entries of `dimensions` dimensions.
pub(crate) fn real<'py>(
    value: &Bound<'py, PyAny>,
    name: &str,
    dimensions: &[&str],
) -> PyResult<Held<'py, f64>> {
    let (array, kind) = numeric(value, name)?;
    if kind == 'c' {
        return Err(refuse("the array is complex", name, "complex entries", "real entries"));
    }
    let held = Held { array: laid_out(&array, "float64")? };
    check_dimensions(held.shape(), name, "real", dimensions)?;
    let finite = held.slice()?.iter().position(|x: &f64| !x.is_finite());
    finite.map_or(Ok(()), |index| Err(not_finite(name, &held.slice()?[index].to_string())))?;
    Ok(held)
}

fn check_dimensions(shape: &[usize], name: &str, kind: &str, wanted: &[&str]) -> PyResult<()> {
    if shape.len() == wanted.len() {
        return Ok(());
    }
    let allowed = format!("a {kind} array of shape [{}]", wanted.join(", "));
    let what = "the array has the wrong number of dimensions";
    Err(refuse(what, name, format!("shape {shape:?}"), allowed))
}

fn not_finite(name: &str, found: &str) -> PyErr {
    refuse("an entry is not a finite number", name, found, "finite numbers")
}

/// Refuse a length that does not fit another array.
pub(crate) fn same_length(
    name: &str,
    dimension: &str,
    found: usize,
    expected: usize,
    owner: &str,
) -> PyResult<()> {
    if found == expected {
        return Ok(());
    }
    Err(refuse(
        "the shapes do not fit together",
        name,
        format!("{found} along `{dimension}`"),
        format!("{expected} along `{dimension}`, as in `{owner}`"),
    ))
}

/// A dictionary of arrays, lists and numbers as a set. The entries are copied: a set owns them.
pub(crate) fn set_of(arrays: &Bound<'_, PyDict>) -> PyResult<ArraySet> {
    let mut set = ArraySet::new();
    for (name, value) in arrays.iter() {
        let name: String = name.extract().map_err(|_| {
            let found = name.str().map(|text| text.to_string()).unwrap_or_default();
            refuse("the name of an array is not text", "arrays", found, "names as text")
        })?;
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
        let value = match &array.entries {
            Entries::Real(values) if array.shape.is_empty() => {
                PyFloat::new(py, values[0]).into_any()
            }
            Entries::Real(values) => shaped(py, values.clone(), &array.shape)?,
            Entries::Complex(values) => shaped(py, values.clone(), &array.shape)?,
        };
        dict.set_item(name, value)?;
    }
    Ok(dict)
}

/// Entries in C order as a NumPy array; they are moved, not copied.
pub(crate) fn shaped<'py, T: Element>(
    py: Python<'py>,
    entries: Vec<T>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyArray1::from_vec(py, entries).reshape(shape.to_vec())?.into_any())
}

/// A Python value as JSON: what scenarios, settings and documents are made of.
///
/// Dataclasses of the package say what they are by a method `to_dict`.
pub(crate) fn json_of(value: &Bound<'_, PyAny>, place: &str) -> PyResult<serde_json::Value> {
    use serde_json::{Map, Number, Value};
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.extract::<bool>() {
        return Ok(Value::Bool(flag));
    }
    if let Ok(text) = value.extract::<String>() {
        return Ok(Value::String(text));
    }
    if let Ok(method) = value.getattr("to_dict") {
        return json_of(&method.call0()?, place);
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        let mut members = Map::new();
        for (key, inner) in dict.iter() {
            let key = key.str()?.to_string();
            let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            members.insert(key, json_of(&inner, &path)?);
        }
        return Ok(Value::Object(members));
    }
    if let Ok(method) = value.getattr("tolist") {
        return json_of(&method.call0()?, place);
    }
    if value.is_instance_of::<pyo3::types::PyComplex>() {
        let (re, im): (f64, f64) =
            (value.getattr("real")?.extract()?, value.getattr("imag")?.extract()?);
        return json_of((re, im).into_pyobject(value.py())?.as_any(), place);
    }
    if value.hasattr("__index__")? {
        let found = value.str()?.to_string();
        return value.extract::<i64>().map(|n| Value::Number(Number::from(n))).map_err(|_| {
            refuse("the integer is too large", place, found, "an integer of 64 bits")
        });
    }
    if value.hasattr("__float__")? {
        let number: f64 = value.extract()?;
        return Number::from_f64(number).map(Value::Number).ok_or_else(|| {
            refuse("this value is not finite", place, number.to_string(), "a finite number")
        });
    }
    if let Ok(items) = value.try_iter() {
        let items = items
            .enumerate()
            .map(|(index, item)| json_of(&item?, &format!("{place}[{index}]")))
            .collect::<PyResult<Vec<Value>>>()?;
        return Ok(Value::Array(items));
    }
    let found = value.get_type().name()?.to_string();
    let allowed = "numbers, text, true or false, lists, dictionaries";
    Err(refuse("the value cannot be written down", place, format!("a {found}"), allowed))
}

/// JSON as Python objects, by way of its text.
pub(crate) fn loads<'py>(
    py: Python<'py>,
    value: &serde_json::Value,
) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (value.to_string(),))
}

/// A result, or bad input.
pub(crate) fn accept<T>(result: Result<T, noctule_num::InputError>) -> PyResult<T> {
    result.map_err(|error| input(&error))
}

/// A whole number from 1 to `most`.
pub(crate) fn refuse_count(value: f64, name: &str, most: usize) -> PyResult<usize> {
    if value.fract() == 0.0 && value >= 1.0 && value <= most as f64 {
        return Ok(value as usize);
    }
    let allowed = format!("a whole number from 1 to {most}");
    Err(refuse("the count is out of range", name, value.to_string(), allowed))
}

/// Refuse a number that is not positive.
pub(crate) fn positive(value: f64, name: &str) -> PyResult<()> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(refuse("the value is not positive", name, value.to_string(), "a positive number"))
}
