//! Experiments, with methods of one's own beside ours.

pub(crate) mod drawn;
mod functions;
pub(crate) mod spread;
mod stored;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use noctule::Interrupt;
use noctule_lab::experiment::Changes;
use noctule_lab::run::{Progress, RunOptions, RunReport, Step};
use noctule_lab::system::System;
use noctule_lab::{
    LabError, Opened, Registry, Request, Results, Study, builtin, claim, finish, systems,
};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use serde_json::{Value, json};

use self::functions::{Extended, Functions, extended, failures_of, functions_of};
use crate::arrays::{accept, whole};
use crate::batch::threads_of;
use crate::errors;
use crate::interrupt::interruptible;

/// Units done, for whoever watches.
#[derive(Default)]
struct Counts {
    total: AtomicU64,
    done: AtomicU64,
}

impl Progress for Counts {
    fn begin(&self, total: u64, done: u64) {
        self.total.store(total, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
    }

    fn unit(&self, _: Step) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is to be run, and how.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Order<'py> {
    experiment: String,
    text: Option<String>,
    trials: Option<Bound<'py, PyAny>>,
    seed: Option<Bound<'py, PyAny>>,
    ci: bool,
    out: Option<PathBuf>,
    threads: Option<Bound<'py, PyAny>>,
    fresh: bool,
    force: bool,
    strict: bool,
}

impl Order<'_> {
    fn changes(&self) -> PyResult<Changes> {
        let count = |value: &Option<Bound<'_, PyAny>>, name| value.as_ref().map(|v| whole(v, name));
        let trials = count(&self.trials, "trials").transpose()?;
        if trials == Some(0) {
            return Err(errors::refuse("there are no trials", "trials", "0", "1 or more"));
        }
        Ok(Changes { trials, seed: count(&self.seed, "seed").transpose()?, ci: self.ci })
    }

    /// The experiment, with a scheme for each function.
    fn named(&self, functions: &Functions) -> PyResult<builtin::Named> {
        let id = self.experiment.clone();
        let mut named = match self.text.clone() {
            Some(text) => builtin::Named { text, file: id.clone(), id },
            None => accept(builtin::open(&id))?,
        };
        for id in functions.keys() {
            // JSON's quotes and escapes are those of TOML.
            let word = json!(id).to_string();
            named.text.push_str(&format!("\n[[scheme]]\nid = {word}\nname = {word}\n"));
        }
        Ok(named)
    }

    fn request(&self, functions: &Functions) -> PyResult<Request> {
        Ok(Request {
            changes: self.changes()?,
            out: self.out.clone(),
            fresh: self.fresh,
            force: self.force,
            guests: functions.keys().cloned().collect(),
        })
    }
}

/// Run an experiment; the text of a JSON document says where its results are.
///
/// `schemes` maps names to pairs of a function and a digest; `progress(done, total)` is called
/// from the calling thread.
#[pyfunction]
#[pyo3(signature = (order, schemes, progress=None))]
pub(crate) fn run(
    py: Python<'_>,
    order: Order<'_>,
    schemes: BTreeMap<String, (Py<PyAny>, String)>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let options = RunOptions { threads: threads_of(order.threads.as_ref())?, ..Default::default() };
    let functions = functions_of(schemes, order.strict);
    let request = order.request(&functions)?;
    let named = order.named(&functions)?;
    let extended = match system_named(&named.text) {
        Some(system) if !functions.is_empty() => Some(extended(&system, functions.clone())?),
        _ => None,
    };
    let opened = accept(Study::open(&named, request, &registry(extended.as_ref())))?;
    let strict = if order.strict { functions.keys().cloned().collect() } else { BTreeSet::new() };
    let (outcome, counts) = ran(py, &opened, &options, &strict, progress.as_ref())?;
    let failures = failures_of(py, &functions)?;
    let (report, results) = outcome.map_err(errors::lab)?;
    let Some(results) = results else {
        // Only a function that saw Ctrl-C first gets here.
        return Err(PyKeyboardInterrupt::new_err("run the same call again to resume"));
    };
    if let Some(progress) = &progress {
        let total = counts.total.into_inner();
        progress.call1(py, (total, total))?;
    }
    let mut told = told(&opened, &report, &results, &failures);
    told["failed"] = stored::failed(&opened.study.plan, &results.folded.groups, functions.keys());
    Ok(told.to_string())
}

/// The systems, one of them with further schemes.
fn registry(extended: Option<&Extended>) -> Registry<'_> {
    Registry::new(systems::singles().into_iter().map(|system| match extended {
        Some(extended) if extended.id() == system.id() => extended as &dyn System,
        _ => system as &dyn System,
    }))
}

/// What a run came to; no results where it was interrupted.
type Outcome = Result<(RunReport, Option<Results>), LabError>;

/// The run, on a thread of its own, and how much of it was done.
fn ran(
    py: Python<'_>,
    opened: &Opened<'_>,
    options: &RunOptions,
    strict: &BTreeSet<String>,
    progress: Option<&Py<PyAny>>,
) -> PyResult<(Outcome, Counts)> {
    let counts = Counts::default();
    let study = &opened.study;
    let work = |interrupt: &Interrupt| {
        let store = opened.store(|_| ())?;
        stored::refuse(&store, strict)?;
        if let Some(results) = study.answer(&store) {
            let chunks = study.plan.chunks();
            let report = RunReport { chunks, reused: chunks, ..RunReport::default() };
            return Ok((report, Some(results)));
        }
        let report = study.run(&store, options, &counts, interrupt)?;
        if report.interrupted {
            return Ok((report, None));
        }
        let results = finish(&store, &study.presentation)?;
        Ok((report, Some(results)))
    };
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let tick = |py: Python<'_>| match progress {
        Some(progress) => {
            progress.call1(py, (count(&counts.done), count(&counts.total))).map(|_| ())
        }
        None => Ok(()),
    };
    let outcome = interruptible(py, work, tick)?;
    Ok((outcome, counts))
}

fn told(opened: &Opened<'_>, report: &RunReport, results: &Results, failures: &Value) -> Value {
    json!({
        "folder": opened.dir,
        "plan": opened.study.plan.hash(),
        "trials": results.folded.trials,
        "computed": report.computed,
        "reused": report.reused,
        "precise": report.precise,
        "claims": claim::value(&results.claims),
        "failures": failures,
        "files": results.files,
    })
}

/// The system an experiment file names: a line `system = "…"` before its first table.
fn system_named(text: &str) -> Option<String> {
    let head = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    head.filter_map(|line| line.trim().strip_prefix("system")?.trim_start().strip_prefix('='))
        .map(|value| value.split('#').next().unwrap_or("").trim().trim_matches(['"', '\'']))
        .map(str::to_owned)
        .next()
}

/// The names of the experiments that come with noctule, with their texts.
#[pyfunction]
pub(crate) fn experiments() -> Vec<(&'static str, &'static str)> {
    builtin::ALL.iter().map(|built_in| (built_in.id, built_in.text)).collect()
}
