//! Arrays that are read where they lie.

use noctule_num::{C64, InputError};
use numpy::{
    Element, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyType};

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
pub(super) fn numeric<'py>(
    value: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<(Bound<'py, PyAny>, char)> {
    // What is an array already, and no more than that, need not be asked to become one.
    if value.get_type().is(PyUntypedArray::type_object(value.py()))
        && let Ok(array) = value.cast::<PyUntypedArray>()
        && let kind = char::from(array.dtype().kind())
        && "biufc".contains(kind)
        && array.len() <= MOST_ENTRIES
    {
        return Ok((value.clone(), kind));
    }
    if value.is_none() {
        let error = InputError::new("there is no array", name, "None", "an array of numbers");
        return Err(input(&error.hint("a function without `return` returns None")));
    }
    refuse_masked(value, name, 2)?;
    let numpy = value.py().import("numpy")?;
    let array = numpy.call_method1("asarray", (value,)).map_err(|error| {
        if error.is_instance_of::<pyo3::exceptions::PyValueError>(value.py()) {
            let found = "nested lists of different lengths, or an object that is no array";
            refuse("the rows have different lengths", name, found, "an array of numbers")
        } else if error.is_instance_of::<pyo3::exceptions::PyRecursionError>(value.py())
            || error.is_instance_of::<pyo3::exceptions::PyOverflowError>(value.py())
        {
            let found = error.value(value.py()).to_string();
            refuse("this is no array", name, found, "an array of numbers")
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

/// Refuse masked entries, which NumPy would silently hand out as data. Lists of masked arrays are
/// looked into `depth` levels deep.
pub(super) fn refuse_masked(value: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<()> {
    static MASKED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = value.py();
    let kind = MASKED.import(py, "numpy.ma", "MaskedArray")?;
    if value.is_instance(kind)? {
        let masked = py.import("numpy.ma")?.call_method1("count_masked", (value,))?;
        let masked: usize = masked.extract()?;
        if masked > 0 {
            let found = format!("{masked} masked");
            let allowed = "an array without masked entries";
            return Err(refuse("entries are masked, they are no data", name, found, allowed));
        }
    } else if depth > 0
        && let Ok(items) = value.cast::<PyList>()
    {
        for item in items.iter() {
            refuse_masked(&item, name, depth - 1)?;
        }
    }
    Ok(())
}

/// C-ordered, aligned, of the wanted type: the same memory where it is so already.
pub(super) fn laid_out<'py, T: Element>(
    array: &Bound<'py, PyAny>,
    dtype: &str,
) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
    if let Ok(found) = array.cast::<PyArrayDyn<T>>()
        && found.is_c_contiguous()
        && found.data().is_aligned()
    {
        return Ok(found.try_readonly()?);
    }
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
