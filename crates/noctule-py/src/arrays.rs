//! NumPy arrays in and out.
//!
//! An array that is C-ordered, aligned and of type `complex128` (or `float64`) is read where it
//! lies. Anything else numeric is converted by NumPy first; what is not numeric is refused with
//! the sentence that an `.npz` file would get. Only an [`ArraySet`], which owns its entries, copies.

use noctule::data::{Array, ArraySet, Entries};
use noctule_num::{C64, InputError};
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn,
    PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::PyTypeInfo;
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyComplex, PyDict, PyFloat, PyList, PyTuple, PyType};

use crate::errors::{NumericalError, input, refuse};

/// More entries than this in one array are refused, as in files.
const MOST_ENTRIES: usize = 1 << 27;

/// More bytes than this for all results of one call are refused.
const MOST_BYTES: usize = 1 << 30;

/// Lists in lists, dictionaries in dictionaries: no scenario is nested as deep as this.
const MOST_NESTED: usize = 64;

/// More values than this in one scenario or document are refused.
const MOST_VALUES: usize = 1 << 20;

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
fn refuse_masked(value: &Bound<'_, PyAny>, name: &str, depth: usize) -> PyResult<()> {
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
fn laid_out<'py, T: Element>(
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
/// Dataclasses of the package say what they are by a method `to_dict`. What contains itself, is
/// nested beyond reason or has no end is refused.
pub(crate) fn json_of(value: &Bound<'_, PyAny>, place: &str) -> PyResult<serde_json::Value> {
    Writer { left: MOST_VALUES }.value(value, place, MOST_NESTED)
}

/// Writes values down until there are too many of them.
struct Writer {
    left: usize,
}

impl Writer {
    fn value(
        &mut self,
        value: &Bound<'_, PyAny>,
        place: &str,
        depth: usize,
    ) -> PyResult<serde_json::Value> {
        use serde_json::{Map, Value};
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            let allowed = format!("at most {MOST_VALUES} values");
            refuse("there are too many values", place, "more than that", allowed)
        })?;
        let Some(depth) = depth.checked_sub(1) else {
            let found = "lists, dictionaries or objects that hold themselves, or very deep ones";
            let allowed = format!("at most {MOST_NESTED} levels");
            let shortened: String = place.chars().take(60).collect();
            let place = if place.len() > 60 { format!("{shortened}…") } else { shortened };
            return Err(refuse("the value is nested too deep", &place, found, allowed));
        };
        if value.is_none() {
            return Ok(Value::Null);
        }
        if let Ok(flag) = value.extract::<bool>() {
            return Ok(Value::Bool(flag));
        }
        if let Ok(text) = value.extract::<String>() {
            return Ok(Value::String(text));
        }
        if let Ok(class) = value.cast::<PyType>() {
            let name = class.name()?.to_string();
            let allowed = format!("an object of it: {name}()");
            return Err(refuse("this is a class", place, format!("the class {name}"), allowed));
        }
        if let Ok(method) = value.getattr("to_dict") {
            return self.value(&method.call0()?, place, depth);
        }
        if let Ok(dict) = value.cast::<PyDict>() {
            let mut members = Map::new();
            // The items as they are now: a method `to_dict` further down may change the dictionary.
            for item in dict.items().iter() {
                let (key, inner): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
                let key = key.str()?.to_string();
                let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                members.insert(key, self.value(&inner, &path, depth)?);
            }
            return Ok(Value::Object(members));
        }
        if let Ok(array) = value.cast::<PyUntypedArray>() {
            refuse_masked(value, place, 0)?;
            if array.len() > self.left {
                let found = format!("an array of {} entries", array.len());
                let allowed = format!("at most {MOST_VALUES} values");
                return Err(refuse("there are too many values", place, found, allowed));
            }
            return self.value(&value.call_method0("tolist")?, place, depth);
        }
        if let Ok(list) = value.cast::<PyList>() {
            return self.list(list.iter(), place, depth);
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return self.list(tuple.iter(), place, depth);
        }
        number_of(value, place)
    }

    fn list<'py>(
        &mut self,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        place: &str,
        depth: usize,
    ) -> PyResult<serde_json::Value> {
        let item = |(index, item): (usize, Bound<'py, PyAny>)| {
            // Long lists are lists of numbers, whose places nobody asks for.
            if item.is_exact_instance_of::<PyFloat>()
                && let Some(left) = self.left.checked_sub(1)
                && let Some(number) = serde_json::Number::from_f64(item.extract()?)
            {
                self.left = left;
                return Ok(serde_json::Value::Number(number));
            }
            self.value(&item, &format!("{place}[{index}]"), depth)
        };
        items.enumerate().map(item).collect::<PyResult<Vec<_>>>().map(serde_json::Value::Array)
    }
}

/// A number of Python or NumPy as JSON; complex ones are pairs.
fn number_of(value: &Bound<'_, PyAny>, place: &str) -> PyResult<serde_json::Value> {
    use serde_json::{Number, Value};
    let finite = |number: f64| {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| {
            refuse("this value is not finite", place, number.to_string(), "a finite number")
        })
    };
    let kind = value.getattr("dtype").and_then(|dtype| dtype.getattr("kind")?.extract::<char>());
    if value.is_instance_of::<PyComplex>() || kind.is_ok_and(|kind| kind == 'c') {
        let part = |name: &str| finite(value.getattr(name)?.extract()?);
        return Ok(Value::Array(vec![part("real")?, part("imag")?]));
    }
    if value.hasattr("__index__")? {
        let found = value.str()?.to_string();
        return value.extract::<i64>().map(|n| Value::Number(Number::from(n))).map_err(|_| {
            refuse("the integer is too large", place, found, "an integer of 64 bits")
        });
    }
    if value.hasattr("__float__")? {
        return finite(value.extract()?);
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
