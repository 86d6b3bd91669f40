//! The command line, for the script that comes with the wheel.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;

/// Do what the arguments of a command line ask for; its exit code.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, program: Option<PathBuf>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| noctule_cli::command(program, arguments))
}
