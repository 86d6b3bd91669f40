//! Chunks that others compute: what is open, the work itself, and what comes back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use noctule::Interrupt;
use noctule_lab::plan::Plan;
use noctule_lab::run::{Store, chunk_text};
use noctule_lab::{LabError, Study};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use super::functions::{Functions, extended, failures_of, functions_of};
use super::{Order, registry, stored, system_named};
use crate::arrays::accept;
use crate::errors;
use crate::interrupt::interruptible;

/// The folder of a run, for chunks that come from elsewhere.
#[pyclass(frozen)]
pub(crate) struct Inbox {
    store: Store,
    open: Vec<(u64, u64)>,
}

#[pymethods]
impl Inbox {
    /// Where it is.
    #[getter]
    fn folder(&self) -> PathBuf {
        self.store.dir().to_owned()
    }

    /// The plan, as it is shipped.
    #[getter]
    fn plan(&self) -> String {
        self.store.plan().text()
    }

    /// Chunks that are not there yet, with how many units each has.
    #[getter]
    fn open(&self) -> Vec<(u64, u64)> {
        self.open.clone()
    }

    /// Units of all chunks.
    #[getter]
    fn units(&self) -> u64 {
        self.store.plan().units()
    }

    /// Take a chunk in: checked, and published.
    fn put(&self, py: Python<'_>, chunk: u64, content: &[u8]) -> PyResult<u64> {
        py.detach(|| self.store.put(chunk, content)).map_err(|error| match error {
            LabError::Foreign { what: "build", found, expected, .. } => errors::refuse(
                "a worker has another build of noctule, whose numbers may differ in the last bits",
                "executor",
                format!("build {found}"),
                format!("build {expected}, as here: install the same wheel on all machines"),
            ),
            error => errors::lab(error),
        })
    }
}

/// Open the folder of a run whose chunks others are to compute.
#[pyfunction]
pub(crate) fn inbox(
    py: Python<'_>,
    order: Order<'_>,
    schemes: BTreeMap<String, (Py<PyAny>, String)>,
) -> PyResult<Inbox> {
    let functions = functions_of(schemes, order.strict);
    let named = order.named(&functions)?;
    let system = system_named(&named.text);
    let extended = with(&functions, system.as_deref())?;
    let request = order.request(&functions)?;
    let opened = accept(Study::open(&named, request, &registry(extended.as_ref())))?;
    if opened.study.plan.precision.is_some() {
        let what = "an experiment that stops at a precision cannot be split";
        let allowed = "none: whether to go on is decided from all chunks together";
        return Err(errors::refuse(what, "executor", "an executor", allowed));
    }
    let strict = functions.keys().filter(|_| order.strict).cloned().collect();
    let work = |_: &Interrupt| {
        let store = opened.store(|_| ())?;
        stored::refuse(&store, &strict)?;
        let known = opened.study.answer(&store).is_some();
        let open = if known { Vec::new() } else { store.open_chunks()? };
        Ok(Inbox { store, open })
    };
    interruptible(py, work, |_| Ok(()))?.map_err(errors::lab)
}

fn with(
    functions: &Functions,
    system: Option<&str>,
) -> PyResult<Option<super::functions::Extended>> {
    match system {
        Some(system) if !functions.is_empty() => Ok(Some(extended(system, functions.clone())?)),
        _ => Ok(None),
    }
}

/// A chunk that was computed: its number, the text of its file, seconds.
type Computed<'py> = (u64, Bound<'py, PyBytes>, f64);

/// Compute chunks of a plan on this thread: their files and how long each took, and what went wrong
/// with functions of the caller's as a JSON object.
#[pyfunction]
pub(crate) fn compute<'py>(
    py: Python<'py>,
    plan: &str,
    chunks: Vec<u64>,
    schemes: BTreeMap<String, (Py<PyAny>, String)>,
    strict: bool,
) -> PyResult<(Vec<Computed<'py>>, String)> {
    let plan = Plan::parse(plan.as_bytes(), Path::new("the plan")).map_err(errors::lab)?;
    if let Some(chunk) = chunks.iter().find(|chunk| **chunk >= plan.chunks()) {
        let allowed = format!("less than {}", plan.chunks());
        return Err(errors::refuse(
            "the plan has no such chunk",
            "chunk",
            chunk.to_string(),
            allowed,
        ));
    }
    let functions = functions_of(schemes, strict);
    let extended = with(&functions, Some(&plan.system))?;
    let registry = registry(extended.as_ref());
    let chains = plan.prepare(&registry).map_err(|refused| errors::input(&refused.error))?;
    let core = plan.core_hash();
    let work = |interrupt: &Interrupt| {
        let mut done = Vec::with_capacity(chunks.len());
        for &chunk in &chunks {
            let begun = Instant::now();
            match chunk_text(&plan, &core, &chains, chunk, interrupt)? {
                Some(text) => done.push((chunk, text, begun.elapsed().as_secs_f64())),
                None => return Ok(None),
            }
        }
        Ok(Some(done))
    };
    let done = interruptible(py, work, |_| Ok(()))?.map_err(errors::lab)?;
    let failures = failures_of(py, &functions)?;
    let Some(done) = done else {
        return Err(PyKeyboardInterrupt::new_err("a function was interrupted"));
    };
    let bytes = |(chunk, text, seconds): (u64, String, f64)| {
        (chunk, PyBytes::new(py, text.as_bytes()), seconds)
    };
    Ok((done.into_iter().map(bytes).collect(), json!(failures).to_string()))
}
