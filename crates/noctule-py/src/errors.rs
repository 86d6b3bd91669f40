//! What is raised, and what the engine's errors become.

use noctule_lab::LabError;
use noctule_lab::single::SingleError;
use noctule_num::InputError;
use pyo3::create_exception;
use pyo3::exceptions::{PyArithmeticError, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    noctule,
    InvalidInput,
    PyValueError,
    "Something handed in cannot be used.\n\nThe message is the one the command line prints. \
     Attributes: `what`, `where`, `found`, `allowed` and `hint` (or None)."
);
create_exception!(
    noctule,
    NumericalError,
    PyArithmeticError,
    "Numerics broke on input that had passed every check."
);
create_exception!(
    noctule,
    NotSolved,
    PyRuntimeError,
    "A design that does not do what was asked: proven infeasible, or stopped by a limit.\n\n\
     Attribute: `design`, the design all the same. `on_failure=\"return\"` returns it instead."
);

/// Bad input, with its parts as attributes.
pub(crate) fn input(error: &InputError) -> PyErr {
    Python::attach(|py| {
        let raised = InvalidInput::new_err(error.to_string());
        let value = raised.value(py);
        for (name, text) in [
            ("what", Some(&error.what)),
            ("where", Some(&error.place)),
            ("found", Some(&error.found)),
            ("allowed", Some(&error.allowed)),
            ("hint", error.hint.as_ref()),
        ] {
            // An exception has a dictionary; were it full of something else, the text stays.
            let _ = value.setattr(name, text);
        }
        raised
    })
}

/// Bad input about one thing.
pub(crate) fn refuse(
    what: &str,
    place: &str,
    found: impl Into<String>,
    allowed: impl Into<String>,
) -> PyErr {
    input(&InputError::new(what, place, found, allowed))
}

/// An error of the single-design verbs.
pub(crate) fn single(error: SingleError) -> PyErr {
    match error {
        SingleError::Input(error) => input(&error),
        SingleError::Numerics(text) => NumericalError::new_err(text),
    }
}

/// An error of a system.
pub(crate) fn core(error: noctule::Error) -> PyErr {
    single(SingleError::from(error))
}

/// Linear algebra that broke on input that had passed every check.
pub(crate) fn numerics(error: impl std::fmt::Display) -> PyErr {
    NumericalError::new_err(error.to_string())
}

/// An error of the engine.
pub(crate) fn lab(error: LabError) -> PyErr {
    match error {
        LabError::Input(error) => input(&error),
        LabError::Io { .. } => PyOSError::new_err(error.to_string()),
        LabError::Foreign { .. } | LabError::OtherPlan { .. } => refuse(
            &error.to_string(),
            "out",
            "the results of something else",
            "another folder, or fresh=True, which moves the old results aside",
        ),
        other => PyRuntimeError::new_err(other.to_string()),
    }
}
