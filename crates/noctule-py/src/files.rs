//! Files, by the rules of the command line.

use std::path::PathBuf;

use noctule_lab::files;
use pyo3::prelude::*;

use crate::arrays::accept;
use crate::errors;

/// Write a file whole or not at all; one that noctule did not write is replaced only by `force`.
#[pyfunction]
#[pyo3(signature = (path, content, force=false))]
pub(crate) fn write(py: Python<'_>, path: PathBuf, content: &[u8], force: bool) -> PyResult<()> {
    if !force {
        accept(files::check_replaceable(&path, "force=True"))?;
    }
    py.detach(|| files::write(&path, content)).map_err(errors::lab)
}
