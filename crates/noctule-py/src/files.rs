//! Files by the readers of the library: one for Rust, the command line and Python.

use std::path::PathBuf;

use noctule::data::{self, Array, ArraySet, FieldInfo, Node, Reading};
use noctule_lab::files;
use noctule_num::{InputError, hint};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arrays::{accept, array_of, dict_of, set_of};
use crate::errors;
use crate::systems::system;

/// The arrays in a file: `kind` is `instance` or `design`. With `array`, `member` or `reading` one
/// array, read as they say. Also what the reader decided.
#[pyfunction]
#[pyo3(signature = (path, system, kind, array=None, member=None, reading=""))]
pub(crate) fn read<'py>(
    py: Python<'py>,
    path: PathBuf,
    system: &str,
    kind: &str,
    array: Option<&str>,
    member: Option<String>,
    reading: &str,
) -> PyResult<(Bound<'py, PyDict>, Vec<String>)> {
    let system = self::system(system)?;
    let fields = if kind == "design" { system.variable_fields() } else { system.instance_fields() };
    let reading: Reading = accept(reading.parse())?;
    let one = array.is_some() || member.is_some() || reading != Reading::default();
    let set = if one {
        let field = accept(field(fields, array))?;
        let source = data::Source { file: path, member, reading };
        let (array, notes) = accept(data::array(&source, field))?;
        let mut set = ArraySet::new();
        set.insert(field.name, array);
        set.note(notes);
        set
    } else {
        accept(ArraySet::read(&path, kind, fields))?
    };
    Ok((dict_of(py, &set)?, set.notes().to_vec()))
}

/// The field of that name; the first complex one where none is named.
fn field<'a>(fields: &'a [FieldInfo], name: Option<&str>) -> Result<&'a FieldInfo, InputError> {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let found = match name {
        Some(name) => fields.iter().find(|field| field.name == name),
        None => fields.iter().find(|field| field.complex).or(fields.first()),
    };
    found.ok_or_else(|| {
        let name = name.unwrap_or("");
        let what = "there is no array of that name";
        let error = InputError::new(what, "array", format!("`{name}`"), hint::list(&names));
        hint::with_guess(error, name, &names)
    })
}

/// Everything in a file by name, and what the reader decided.
#[pyfunction]
pub(crate) fn members<'py>(
    py: Python<'py>,
    path: PathBuf,
) -> PyResult<(Bound<'py, PyDict>, Vec<String>)> {
    let (all, notes) = accept(data::members(&path))?;
    let dict = PyDict::new(py);
    for (name, node) in &all {
        dict.set_item(name, value(py, node)?)?;
    }
    Ok((dict, notes))
}

/// Structures as dictionaries, cells as lists (first index fastest), what is not read as `None`.
fn value<'py>(py: Python<'py>, node: &Node) -> PyResult<Bound<'py, PyAny>> {
    Ok(match node {
        Node::Array(array) => array_of(py, array)?,
        Node::Text(text) => text.into_pyobject(py)?.into_any(),
        Node::Struct(fields) => {
            let dict = PyDict::new(py);
            for (name, inner) in fields {
                dict.set_item(name, value(py, inner)?)?;
            }
            dict.into_any()
        }
        Node::Cells(_, items) => {
            let items: PyResult<Vec<_>> = items.iter().map(|item| value(py, item)).collect();
            PyList::new(py, items?)?.into_any()
        }
        Node::Other(_) => py.None().into_bound(py),
    })
}

/// The system that a file names.
#[pyfunction]
pub(crate) fn system_in(path: PathBuf) -> Option<String> {
    data::system_of(&path)
}

/// The text of the design document in a file.
#[pyfunction]
pub(crate) fn design_document(path: PathBuf) -> PyResult<String> {
    accept(data::design_document(&path))
}

/// Channels of another program as `[trial, user, antenna, subcarrier]`, and what was left out.
#[pyfunction]
pub(crate) fn imported<'py>(
    py: Python<'py>,
    channels: Bound<'py, PyAny>,
    reading: &str,
) -> PyResult<(Bound<'py, PyAny>, Vec<String>)> {
    let reading: Reading = accept(reading.parse())?;
    let found = accept(data::import(&one(channels)?, &reading))?;
    Ok((array_of(py, &found.array)?, found.notes))
}

/// The elements along the last axis in the order of this program.
#[pyfunction]
pub(crate) fn reordered<'py>(
    py: Python<'py>,
    channels: Bound<'py, PyAny>,
    reading: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let reading: Reading = accept(reading.parse())?;
    let array = one(channels)?;
    let last = array.shape.len().saturating_sub(1);
    array_of(py, &accept(reading.reorder(&array, last))?)
}

fn one(value: Bound<'_, PyAny>) -> PyResult<Array> {
    let dict = PyDict::new(value.py());
    dict.set_item("channels", value)?;
    let missing = InputError::new("there is no array", "channels", "nothing", "an array");
    accept(set_of(&dict)?.remove("channels").ok_or(missing))
}

/// Write a file whole or not at all; one that noctule did not write is replaced only by `force`.
#[pyfunction]
#[pyo3(signature = (path, content, force=false))]
pub(crate) fn write(py: Python<'_>, path: PathBuf, content: &[u8], force: bool) -> PyResult<()> {
    if !force {
        accept(files::check_replaceable(&path, "force=True"))?;
    }
    py.detach(|| files::write(&path, content)).map_err(errors::lab)
}
