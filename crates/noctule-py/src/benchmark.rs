//! The frozen benchmark for Python: its lines, and the verdict on variables.

use noctule_lab::benchmark::{Frozen, instances, lines};
use pyo3::prelude::*;
use serde_json::Value;

use crate::arrays::accept;
use crate::errors::refuse;

/// The lines of a system's file, each one instance as JSON.
#[pyfunction]
pub(crate) fn benchmark_lines(system: &str) -> PyResult<Vec<&'static str>> {
    accept(lines(system))
}

/// What a program reads of an instance, as JSON.
#[pyfunction]
pub(crate) fn benchmark_question(id: &str) -> PyResult<String> {
    Ok(accept(frozen(id)?.question())?.to_string())
}

/// The verdict on variables (JSON, as a program would write them) of an instance, as JSON.
#[pyfunction]
pub(crate) fn benchmark_judged(py: Python<'_>, id: &str, variables: &str) -> PyResult<String> {
    let frozen = frozen(id)?;
    let answer: Value = serde_json::from_str(variables).map_err(|error| {
        refuse("this is no JSON", "variables", error.to_string(), "arrays by name")
    })?;
    let verdict = py.detach(|| frozen.judge(&answer));
    serde_json::to_string(&verdict)
        .map_err(|error| refuse("no verdict", "variables", error.to_string(), "finite numbers"))
}

fn frozen(id: &str) -> PyResult<Frozen> {
    let system = id.split('/').next().unwrap_or(id);
    let found = accept(instances(Some(system)))?.into_iter().find(|one| one.id == id);
    let what = "there is no such instance";
    found.ok_or_else(|| refuse(what, "id", id.to_owned(), "such as pilots/two-users/000"))
}
