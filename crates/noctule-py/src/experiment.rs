//! Experiments, with methods of one's own beside ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use noctule::Interrupt;
use noctule_figure::{Axis, Figure, Kind, Line, PlotPoint, Scale};
use noctule_lab::experiment::{Changes, Experiment};
use noctule_lab::run::{Progress, RunOptions, Step, Store};
use noctule_lab::single::{Arrays, Single, Source};
use noctule_lab::system::{
    Chain, MetricInfo, Outcome, Point, Refused, Row, SchemeInfo, SeriesInfo, System,
};
use noctule_lab::{
    Registry, Study, builtin, claim, default_folder, finish, fold, present, systems,
};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Value, json};

use crate::arrays::{accept, dict_of, loads, set_of, whole};
use crate::batch::threads_of;
use crate::errors;
use crate::interrupt::interruptible;

/// A scheme that is a function in Python.
struct Function {
    /// `call(system, arrays, scenario, seed, trial)` returns the arrays of the variables.
    call: Py<PyAny>,
    /// What tells this function from another of the same name, part of the run's identity.
    digest: String,
    /// Whether the first failure ends the run.
    strict: bool,
    failures: Mutex<Failures>,
}

/// What went wrong with the designs of a function in this run.
#[derive(Default)]
struct Failures {
    count: u64,
    first: Option<PyErr>,
}

/// A system with further schemes.
struct Extended {
    inner: &'static dyn Single,
    schemes: Vec<SchemeInfo>,
    functions: Functions,
}

/// Functions by the names of their schemes.
type Functions = BTreeMap<String, Arc<Function>>;

impl System for Extended {
    fn id(&self) -> &'static str {
        self.inner.id()
    }

    fn title(&self) -> &'static str {
        self.inner.title()
    }

    fn default_scenario(&self) -> Value {
        self.inner.default_scenario()
    }

    fn scenario_schema(&self) -> Value {
        self.inner.scenario_schema()
    }

    fn metrics(&self) -> Vec<MetricInfo> {
        self.inner.metrics()
    }

    fn series(&self) -> Vec<SeriesInfo> {
        self.inner.series()
    }

    fn schemes(&self) -> Vec<SchemeInfo> {
        self.schemes.clone()
    }

    fn default_settings(&self, scheme: &str) -> Option<Value> {
        match self.functions.get(scheme) {
            // The plan holds complete settings: another function makes another plan.
            Some(function) => Some(json!({ "function": function.digest })),
            None => self.inner.default_settings(scheme),
        }
    }

    fn settings_schema(&self, scheme: &str) -> Option<Value> {
        self.inner.settings_schema(scheme)
    }

    fn prepare(&self, scheme: &str, chain: &[Point]) -> Result<Box<dyn Chain>, Refused> {
        let Some(function) = self.functions.get(scheme) else {
            return self.inner.prepare(scheme, chain);
        };
        // A scheme of the system's own judges the scenarios.
        if let Some(judge) = self.inner.schemes().first()
            && let Some(settings) = self.inner.default_settings(judge.name)
        {
            let points: Vec<Point> = chain
                .iter()
                .map(|p| Point { scenario: p.scenario.clone(), settings: settings.clone() })
                .collect();
            self.inner.prepare(judge.name, &points)?;
        }
        Ok(Box::new(Calls {
            system: self.inner,
            scenarios: chain.iter().map(|point| point.scenario.clone()).collect(),
            function: function.clone(),
        }))
    }
}

/// A chain of points of a function.
struct Calls {
    system: &'static dyn Single,
    scenarios: Vec<Value>,
    function: Arc<Function>,
}

impl Chain for Calls {
    fn run(&self, seed: u64, trial: u64, interrupt: &Interrupt) -> Vec<Row> {
        self.scenarios
            .iter()
            .map(|scenario| {
                let source = Source { scenario: Some(scenario.clone()), arrays: None, seed, trial };
                self.row(&source, interrupt).unwrap_or_else(|reason| {
                    let metrics = self.system.metrics().len();
                    let reason = reason.lines().next().unwrap_or("no reason given").to_owned();
                    Row::without_design(Outcome::Failed(reason), metrics)
                })
            })
            .collect()
    }
}

impl Calls {
    fn row(&self, source: &Source, interrupt: &Interrupt) -> Result<Row, String> {
        if interrupt.is_raised() {
            return Err("interrupted".to_owned());
        }
        let instance = self.system.instance(source).map_err(|error| error.to_string())?;
        let variables = Python::attach(|py| {
            let call = || -> PyResult<_> {
                let scenario = loads(py, source.scenario.as_ref().unwrap_or(&Value::Null))?;
                let arrays = dict_of(py, &instance)?;
                let arguments = (self.system.id(), arrays, scenario, source.seed, source.trial);
                let found = self.function.call.bind(py).call1(arguments)?;
                set_of(found.cast::<PyDict>()?)
            };
            call().map_err(|error| self.failed(py, error, interrupt))
        })?;
        self.system
            .row(source, &Arrays::Set(variables))
            .map_err(|error| Python::attach(|py| self.failed(py, errors::single(error), interrupt)))
    }

    /// Keep a failure of the function, and say it in words.
    fn failed(&self, py: Python<'_>, error: PyErr, interrupt: &Interrupt) -> String {
        let text = error.to_string();
        if error.is_instance_of::<PyKeyboardInterrupt>(py) {
            interrupt.raise();
            return text;
        }
        if self.function.strict {
            interrupt.raise();
        }
        let mut failures = self.function.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.count += 1;
        failures.first.get_or_insert(error);
        text
    }
}

/// The name for the rest of the process: schemes are described by static text. Equal names are
/// kept once, so that a session costs a few bytes per new name.
fn lasting(text: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.get(text) {
        return found;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    known.insert(kept);
    kept
}

/// The systems, `name` with further schemes.
fn extended(name: &str, functions: Functions) -> PyResult<Extended> {
    let inner = crate::document::system_named(name)?;
    let mut schemes = inner.schemes();
    for id in functions.keys() {
        if schemes.iter().any(|scheme| scheme.name == id) {
            let what = "a scheme of this name comes with the system";
            return Err(errors::refuse(what, "schemes", id, "another name"));
        }
        let name = lasting(id);
        schemes.push(SchemeInfo { name, label: name, summary: "a function in Python" });
    }
    Ok(Extended { inner, schemes, functions })
}

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
    let threads = threads_of(order.threads.as_ref())?;
    let count = |value: Option<&Bound<'_, PyAny>>, name| value.map(|v| whole(v, name)).transpose();
    let changes = Changes {
        trials: count(order.trials.as_ref(), "trials")?,
        seed: count(order.seed.as_ref(), "seed")?,
        ci: order.ci,
    };
    if changes.trials == Some(0) {
        return Err(errors::refuse("there are no trials", "trials", "0", "1 or more"));
    }
    let named = match order.text {
        Some(text) => builtin::Named { text, file: order.experiment.clone(), id: order.experiment },
        None => accept(builtin::open(&order.experiment))?,
    };
    let (text, extra) = with_schemes(named.text, &schemes);
    let strict = order.strict;
    let functions: Functions = schemes
        .into_iter()
        .map(|(id, (call, digest))| {
            let failures = Mutex::default();
            (id, Arc::new(Function { call, digest, strict, failures }))
        })
        .collect();
    let extended = match (extra.is_empty(), system_named(&text)) {
        (false, Some(system)) => Some(extended(&system, functions.clone())?),
        _ => None,
    };
    let registry = Registry::new(systems::singles().into_iter().map(|system| match &extended {
        Some(extended) if extended.id() == system.id() => extended as &dyn System,
        _ => system as &dyn System,
    }));
    let experiment = accept(Experiment::parse(&text, &named.file, &named.id, &registry))?;
    let mut experiment = accept(experiment.changed(&changes))?;
    for figure in &mut experiment.figures {
        // A figure that names its schemes shows those of the caller as well.
        if !figure.schemes.is_empty() {
            figure.schemes.extend(extra.iter().cloned());
        }
    }
    let mut study = accept(Study::new(&experiment, &text, &registry))?;
    study.presentation.changes = changes.in_words();
    let dir = order.out.unwrap_or_else(|| default_folder(&experiment, &changes));
    if order.fresh {
        noctule_lab::run::move_aside(&dir, order.force).map_err(errors::lab)?;
    }
    let counts = Counts::default();
    let options = RunOptions { threads, ..RunOptions::default() };
    let work = |interrupt: &Interrupt| {
        let store = study.store(&dir, order.force)?;
        let report = study.run(&store, &options, &counts, interrupt)?;
        if report.interrupted {
            return Ok((report, None));
        }
        let results = finish(&store, &study.presentation)?;
        Ok((report, Some(results)))
    };
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let tick = |py: Python<'_>| match &progress {
        Some(progress) => {
            progress.call1(py, (count(&counts.done), count(&counts.total))).map(|_| ())
        }
        None => Ok(()),
    };
    let outcome = interruptible(py, work, tick)?;
    let failures = failures_of(py, &functions)?;
    let (report, results) = outcome.map_err(errors::lab)?;
    let Some(results) = results else {
        // Only a function that saw Ctrl-C first gets here.
        return Err(PyKeyboardInterrupt::new_err("run the same call again to resume"));
    };
    if let Some(progress) = &progress {
        progress.call1(py, (count(&counts.total), count(&counts.total)))?;
    }
    let claims: Value = serde_json::from_str(&claim::json(&results.claims)).unwrap_or(Value::Null);
    Ok(json!({
        "folder": dir,
        "plan": study.plan.hash(),
        "trials": results.folded.trials,
        "computed": report.computed,
        "reused": report.reused,
        "precise": report.precise,
        "claims": claims["claims"],
        "failures": failures,
        "files": results.files,
    })
    .to_string())
}

/// How often each function failed in this run, with the first exception and its traceback; a
/// strict function raises it.
fn failures_of(py: Python<'_>, functions: &Functions) -> PyResult<Value> {
    let mut all = serde_json::Map::new();
    for (id, function) in functions {
        let mut failures = function.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = failures.first.take() else { continue };
        if function.strict {
            return Err(first);
        }
        let parts = (first.get_type(py), first.value(py), first.traceback(py));
        let lines = py.import("traceback")?.call_method1("format_exception", parts)?;
        let lines: Vec<String> = lines.extract()?;
        all.insert(id.clone(), json!({ "count": failures.count, "first": lines.concat() }));
    }
    Ok(Value::Object(all))
}

/// The experiment with a scheme for each function, and their names.
fn with_schemes(
    mut text: String,
    schemes: &BTreeMap<String, (Py<PyAny>, String)>,
) -> (String, Vec<String>) {
    for id in schemes.keys() {
        // JSON's quotes and escapes are those of TOML.
        let word = json!(id).to_string();
        text.push_str(&format!("\n[[scheme]]\nid = {word}\nname = {word}\n"));
    }
    (text, schemes.keys().cloned().collect())
}

/// The system an experiment file names: a line `system = "…"` before its first table.
fn system_named(text: &str) -> Option<String> {
    let head = text.lines().take_while(|line| !line.trim_start().starts_with('['));
    head.filter_map(|line| line.trim().strip_prefix("system")?.trim_start().strip_prefix('='))
        .map(|value| value.split('#').next().unwrap_or("").trim().trim_matches(['"', '\'']))
        .map(str::to_owned)
        .next()
}

/// The figures of a complete run as data, in the words of the report: the text of a JSON list.
#[pyfunction]
pub(crate) fn figures(py: Python<'_>, folder: PathBuf) -> PyResult<String> {
    let built = py.detach(|| {
        let (store, presentation) = Store::open(&folder)?;
        let wanted = present::wanted(store.plan(), &presentation);
        let folded = fold::fold(&store, &wanted)?;
        Ok(present::figures(store.plan(), &presentation, &folded))
    });
    let figures: Vec<Figure> = built.map_err(errors::lab)?;
    Ok(json!(figures.iter().map(figure_json).collect::<Vec<_>>()).to_string())
}

fn figure_json(figure: &Figure) -> Value {
    let axis = |axis: &Axis| json!({ "label": axis.label, "unit": axis.unit, "log": axis.scale == Scale::Log });
    let lines = |lines: &[Line]| -> Value {
        lines
            .iter()
            .map(|line| {
                let column = |of: fn(&PlotPoint) -> Option<f64>| -> Vec<Option<f64>> {
                    line.points.iter().map(of).collect()
                };
                json!({
                    "label": line.label,
                    "x": column(|point| Some(point.x)),
                    "y": column(|point| Some(point.y)),
                    "low": column(|point| point.low),
                    "high": column(|point| point.high),
                    "reference": line.reference,
                    "place": line.place,
                })
            })
            .collect()
    };
    let (kind, lines, heat) = match &figure.kind {
        Kind::Lines(found) => ("lines", lines(found), Value::Null),
        Kind::Cdf(found) => ("cdf", lines(found), Value::Null),
        Kind::Heat(heat) => (
            "heat",
            json!([]),
            json!({ "x": heat.x, "y": heat.y, "values": heat.value, "marks": heat.marks, "label": heat.label,
                "unit": heat.unit, "log": heat.scale == Scale::Log }),
        ),
    };
    json!({ "id": figure.id, "title": figure.title, "x": axis(&figure.x), "y": axis(&figure.y),
        "kind": kind, "lines": lines, "heat": heat })
}

/// The names of the experiments that come with noctule, with their texts.
#[pyfunction]
pub(crate) fn experiments() -> Vec<(&'static str, &'static str)> {
    builtin::ALL.iter().map(|built_in| (built_in.id, built_in.text)).collect()
}
