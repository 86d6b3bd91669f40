//! Schemes that are functions in Python.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use noctule::Interrupt;
use noctule_lab::single::{Arrays, Single, Source};
use noctule_lab::system::{
    Chain, MetricInfo, Outcome, Point, Refused, Row, SchemeInfo, SeriesInfo, System,
};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde_json::{Value, json};

use crate::arrays::{dict_of, loads, set_of};
use crate::errors;

/// A scheme that is a function in Python.
pub(super) struct Function {
    /// `call(system, arrays, scenario, seed, trial)` returns the arrays of the variables.
    call: Py<PyAny>,
    /// What tells this function from another of the same name, part of the run's identity.
    digest: String,
    /// Whether the first failure ends the run.
    strict: bool,
    failures: Mutex<Failures>,
}

/// Functions by the names of their schemes, out of pairs of a function and a digest.
pub(super) fn functions_of(
    schemes: BTreeMap<String, (Py<PyAny>, String)>,
    strict: bool,
) -> Functions {
    let function = |(id, (call, digest))| {
        let failures = Mutex::default();
        (id, Arc::new(Function { call, digest, strict, failures }))
    };
    schemes.into_iter().map(function).collect()
}

/// What went wrong with the designs of a function in this run.
#[derive(Default)]
struct Failures {
    count: u64,
    first: Option<PyErr>,
}

/// A system with further schemes.
pub(super) struct Extended {
    inner: &'static dyn Single,
    schemes: Vec<SchemeInfo>,
    functions: Functions,
}

/// Functions by the names of their schemes.
pub(super) type Functions = BTreeMap<String, Arc<Function>>;

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

    fn on_demand(&self) -> Vec<SeriesInfo> {
        self.inner.on_demand()
    }

    fn condition(&self, name: &str) -> Option<&'static str> {
        self.inner.condition(name)
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

    fn data(&self) -> Option<&'static str> {
        self.inner.data()
    }

    fn attached(
        &self,
        scenario: &Value,
        base: &std::path::Path,
    ) -> Result<Vec<(&'static str, Value)>, noctule_num::InputError> {
        self.inner.attached(scenario, base)
    }

    fn notes(&self, scenario: &Value) -> Vec<String> {
        self.inner.notes(scenario)
    }

    fn check_trials(&self, scenario: &Value, trials: u64) -> Result<(), noctule_num::InputError> {
        self.inner.check_trials(scenario, trials)
    }

    fn prepare(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
    ) -> Result<Box<dyn Chain>, Refused> {
        let Some(function) = self.functions.get(scheme) else {
            return self.inner.prepare(scheme, chain);
        };
        let scenarios: Vec<Value> = chain.map(|point| point.scenario).collect();
        // A scheme of the system's own judges the scenarios.
        if let Some(judge) = self.inner.schemes().first()
            && let Some(settings) = self.inner.default_settings(judge.name)
        {
            let mut points = scenarios
                .iter()
                .map(|scenario| Point { scenario: scenario.clone(), settings: settings.clone() });
            self.inner.prepare(judge.name, &mut points)?;
        }
        Ok(Box::new(Calls { system: self.inner, scenarios, function: function.clone() }))
    }

    fn prepare_keeping(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
        keep: &[&str],
    ) -> Result<Box<dyn Chain>, Refused> {
        if self.functions.contains_key(scheme) {
            return self.prepare(scheme, chain);
        }
        self.inner.prepare_keeping(scheme, chain, keep)
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
        let mut text = error.to_string();
        if let Some((end, _)) = text.char_indices().nth(LONGEST_REASON) {
            text.truncate(end);
            text.push('…');
        }
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

/// Characters of an exception's text that go into a table: readers of CSV have limits for a cell. The whole of it is in
/// the warning.
const LONGEST_REASON: usize = 2000;

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
pub(super) fn extended(name: &str, functions: Functions) -> PyResult<Extended> {
    let inner = crate::systems::system(name)?;
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

/// How often each function failed in this run, with the first exception and its traceback; a
/// strict function raises it.
pub(super) fn failures_of(py: Python<'_>, functions: &Functions) -> PyResult<Value> {
    let mut all = serde_json::Map::new();
    for (id, function) in functions {
        let mut failures = function.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = failures.first.take() else { continue };
        if function.strict {
            return Err(first);
        }
        let parts = (first.get_type(py), first.value(py), first.traceback(py));
        let lines = py.import("traceback")?.call_method1("format_exception", parts)?;
        let lines: Vec<Bound<'_, PyString>> = lines.extract()?;
        // half of a surrogate pair is no text elsewhere
        let first: String = lines.iter().map(|line| line.to_string_lossy()).collect();
        all.insert(id.clone(), json!({ "count": failures.count, "first": first }));
    }
    Ok(Value::Object(all))
}
