//! Values of Python as JSON, and back.

use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyDict, PyFloat, PyList, PyTuple, PyType};

use super::held::refuse_masked;
use crate::errors::{input, refuse};

/// Lists in lists, dictionaries in dictionaries: no scenario is nested as deep as this.
const MOST_NESTED: usize = 64;

/// More values than this in one scenario or document are refused.
const MOST_VALUES: usize = 1 << 20;

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
        use serde_json::Value;
        let depth = self.step(place, depth)?;
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
            return self.members(dict, place, depth);
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

    /// Count one more value, and one level less below it.
    fn step(&mut self, place: &str, depth: usize) -> PyResult<usize> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            let allowed = format!("at most {MOST_VALUES} values");
            refuse("there are too many values", place, "more than that", allowed)
        })?;
        depth.checked_sub(1).ok_or_else(|| {
            let found = "lists, dictionaries or objects that hold themselves, or very deep ones";
            let allowed = format!("at most {MOST_NESTED} levels");
            let shortened: String = place.chars().take(60).collect();
            let place = if place.len() > 60 { format!("{shortened}…") } else { shortened };
            refuse("the value is nested too deep", &place, found, allowed)
        })
    }

    fn members(
        &mut self,
        dict: &Bound<'_, PyDict>,
        place: &str,
        depth: usize,
    ) -> PyResult<serde_json::Value> {
        let mut members = serde_json::Map::new();
        // The items as they are now: a method `to_dict` further down may change the dictionary.
        for item in dict.items().iter() {
            let (key, inner): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            let key = key.str()?.to_string();
            let path = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            members.insert(key, self.value(&inner, &path, depth)?);
        }
        Ok(serde_json::Value::Object(members))
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
