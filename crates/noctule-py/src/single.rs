//! One instance, one design: the verbs `design`, `evaluate` and `verify`, for every system at once.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use noctule::data::{ArraySet, FieldInfo};
use noctule_lab::experiment::complete;
use noctule_lab::single::{Arrays, Claim, Single, SingleError, Source, afford};
use noctule_lab::system::no_such_scheme;
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::arrays::{accept, dict_of, json_of, set_of, whole};
use crate::document::{document_of, system_named, system_of};
use crate::errors;
use crate::interrupt::leavable;
use crate::told::{Keep, Told};

/// The default scenario of a system, and the schema of scenarios: made once.
fn described(system: &dyn Single) -> &'static (Value, Value) {
    static ALL: OnceLock<BTreeMap<&'static str, (Value, Value)>> = OnceLock::new();
    static NONE: (Value, Value) = (Value::Null, Value::Null);
    let make = || {
        let describe = |system: &&'static dyn Single| {
            (system.id(), (system.default_scenario(), system.scenario_schema()))
        };
        systems::singles().iter().map(describe).collect()
    };
    ALL.get_or_init(make).get(system.id()).unwrap_or(&NONE)
}

/// Complete settings of a scheme: its defaults with `given` written over them.
pub(crate) fn settings(
    system: &dyn Single,
    scheme: &str,
    given: Option<&Bound<'_, PyAny>>,
    certify: bool,
) -> PyResult<Value> {
    let mut all = system
        .default_settings(scheme)
        .ok_or_else(|| errors::input(&no_such_scheme(system, "scheme", scheme)))?;
    if certify {
        afford(&mut all);
    }
    match given {
        None => Ok(all),
        Some(given) => {
            let given = json_of(given, "scheme")?;
            accept(complete(&all, &Value::Null, &given, "scheme"))
        }
    }
}

/// A concrete problem: a scenario to draw from, arrays, or both.
#[pyclass(frozen, module = "noctule._noctule")]
pub(crate) struct Problem {
    pub(crate) system: &'static dyn Single,
    /// Shared by all trials of a scenario.
    source: Arc<Source>,
    trial: u64,
    /// The instance as arrays, once somebody asked for them.
    realised: OnceLock<ArraySet>,
}

impl Problem {
    fn of(system: &'static dyn Single, source: Source) -> Self {
        let trial = source.trial;
        Self { system, source: Arc::new(source), trial, realised: OnceLock::new() }
    }

    /// What is to be designed, for work on another thread.
    pub(crate) fn order(&self) -> Order {
        Order { system: self.system, source: Arc::clone(&self.source), trial: self.trial }
    }

    fn realise(&self, py: Python<'_>) -> PyResult<&ArraySet> {
        if let Some(set) = self.realised.get() {
            return Ok(set);
        }
        let order = self.order();
        let set = leavable(py, move |_| order.system.instance(&order.source()), |_| Ok(()))?;
        let set = set.map_err(errors::single)?;
        Ok(self.realised.get_or_init(|| set))
    }
}

/// A problem without anything of Python.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) system: &'static dyn Single,
    source: Arc<Source>,
    trial: u64,
}

impl Order {
    /// The problem as the library takes it.
    pub(crate) fn source(&self) -> Source {
        Source { trial: self.trial, ..(*self.source).clone() }
    }
}

#[pymethods]
impl Problem {
    #[new]
    #[pyo3(signature = (system, scenario=None, arrays=None, seed=None, trial=None))]
    fn new(
        system: &str,
        scenario: Option<&Bound<'_, PyAny>>,
        arrays: Option<&Bound<'_, PyDict>>,
        seed: Option<&Bound<'_, PyAny>>,
        trial: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let seed = seed.map_or(Ok(1), |seed| whole(seed, "seed"))?;
        let trial = trial.map_or(Ok(0), |trial| whole(trial, "trial"))?;
        let system = system_named(system)?;
        let scenario = match scenario {
            None => None,
            Some(given) => {
                let given = json_of(given, "scenario")?;
                let (default, schema) = described(system);
                Some(accept(complete(default, schema, &given, "scenario"))?)
            }
        };
        let arrays = match arrays {
            None => None,
            Some(arrays) => {
                let set = set_of(arrays)?;
                Some(Arrays::Set(accept(set.only(system.instance_fields()))?))
            }
        };
        Ok(Self::of(system, Source { scenario, arrays, seed, trial }))
    }

    /// The system's name.
    #[getter]
    fn system(&self) -> &'static str {
        self.system.id()
    }

    /// The same problem in another trial.
    fn with_trial(&self, trial: &Bound<'_, PyAny>) -> PyResult<Self> {
        let trial = whole(trial, "trial")?;
        let source = Arc::clone(&self.source);
        Ok(Self { system: self.system, source, trial, realised: OnceLock::new() })
    }

    /// The instance as arrays.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict_of(py, self.realise(py)?)
    }

    /// The instance as the bytes of an `.npz` archive.
    fn npz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.realise(py)?.to_npz()?))
    }

    /// The instance as the bytes of a MATLAB file.
    fn mat<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.realise(py)?.to_mat(self.system.id())))
    }

    /// The instance as the text of a `noctule-instance/1` document.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        let set = self.realise(py)?;
        Ok(format!("{:#}\n", set.to_json("instance", self.system.id())))
    }

    /// Design with a scheme.
    #[pyo3(signature = (scheme, settings=None, certify=false))]
    fn design(
        &self,
        py: Python<'_>,
        scheme: &str,
        settings: Option<&Bound<'_, PyAny>>,
        certify: bool,
    ) -> PyResult<Told> {
        let settings = self::settings(self.system, scheme, settings, certify)?;
        let (order, scheme) = (self.order(), scheme.to_owned());
        let work = move |interrupt: &noctule::Interrupt| {
            order.system.design(&order.source(), &scheme, &settings, interrupt)
        };
        let story = leavable(py, work, |_| Ok(()))?;
        story.map(|story| Told::new(story, Keep::All)).map_err(errors::single)
    }

    /// Evaluate variables.
    fn evaluate(&self, py: Python<'_>, variables: &Bound<'_, PyDict>) -> PyResult<Told> {
        let variables = Arrays::Set(set_of(variables)?);
        let order = self.order();
        let work = move |_: &noctule::Interrupt| order.system.evaluate(&order.source(), &variables);
        let story = leavable(py, work, |_| Ok(()))?;
        story.map(|story| Told::new(story, Keep::All)).map_err(errors::single)
    }
}

/// Problems of one scenario with arrays of their own, checked on all cores.
///
/// `arrays` holds a dictionary for each; `trials` is one trial for all or one for each. The first
/// problem that cannot be used is raised.
#[pyfunction]
#[pyo3(signature = (system, scenario, arrays, seed, trials))]
pub(crate) fn problems(
    py: Python<'_>,
    system: &str,
    scenario: Option<&Bound<'_, PyAny>>,
    arrays: Vec<Bound<'_, PyDict>>,
    seed: &Bound<'_, PyAny>,
    trials: Vec<Bound<'_, PyAny>>,
) -> PyResult<Vec<Problem>> {
    let first = Problem::new(system, scenario, None, Some(seed), trials.first())?;
    let mut all = Vec::with_capacity(arrays.len());
    for (index, given) in arrays.iter().enumerate() {
        let set = accept(set_of(given)?.only(first.system.instance_fields()))?;
        let trial = match trials.get(index) {
            Some(trial) => whole(trial, "trial")?,
            None => first.trial,
        };
        let source = Source { arrays: Some(Arrays::Set(set)), trial, ..(*first.source).clone() };
        all.push(Problem::of(first.system, source));
    }
    let orders: Vec<Order> = all.iter().map(Problem::order).collect();
    let work = move |interrupt: &noctule::Interrupt| {
        let check = |(index, order): (usize, &Order)| {
            let made = interrupt.during(|| order.system.instance(&order.source()));
            made.map_err(|error| match error {
                SingleError::Input(error) => {
                    SingleError::Input(error.inside(&format!("instances[{index}]")))
                }
                other => other,
            })
        };
        let made: Vec<_> = orders.par_iter().enumerate().map(check).collect();
        // In their order: the first that is wrong is the one that is named.
        made.into_iter().collect::<Result<Vec<ArraySet>, _>>()
    };
    let made = leavable(py, work, |_| Ok(()))?.map_err(errors::single)?;
    for (problem, set) in all.iter().zip(made) {
        problem.realised.get_or_init(|| set);
    }
    Ok(all)
}

/// Recompute what a `noctule-design/1` document claims.
#[pyfunction]
pub(crate) fn verify(py: Python<'_>, document: &str) -> PyResult<Found> {
    let document = document_of(document)?;
    let system = system_of(&document)?;
    let finding = leavable(py, move |_| system.verify(&document), |_| Ok(()))?;
    let finding = finding.map_err(errors::single)?;
    let summary = finding.summary();
    let claim = |Claim { name, verdict }: Claim| {
        let reason = verdict.reason().map(str::to_owned);
        (name, verdict.as_str(), reason)
    };
    let claims = finding.claims.into_iter().map(claim).collect();
    Ok((finding.agrees, finding.violation, finding.compared, claims, summary))
}

/// Whether all agrees, the largest violation, the numbers compared, the claims (name, verdict,
/// reason), and the claims in one line.
type Found = (bool, f64, Vec<Compared>, Vec<(String, &'static str, Option<String>)>, String);

/// Name, value stored, value recomputed.
type Compared = (String, Option<f64>, Option<f64>);

/// Everything Python needs to know of every system: schemas, defaults, schemes, arrays.
#[pyfunction]
pub(crate) fn systems_json() -> String {
    let fields = |fields: &[FieldInfo]| -> Vec<Value> {
        fields
            .iter()
            .map(|field| {
                json!({ "name": field.name, "dimensions": field.dimensions,
                    "complex": field.complex, "summary": field.summary })
            })
            .collect()
    };
    let all: Vec<Value> = systems::singles()
        .iter()
        .map(|system| {
            let schemes: Vec<Value> = system
                .schemes()
                .iter()
                .map(|scheme| {
                    json!({ "name": scheme.name, "label": scheme.label, "summary": scheme.summary,
                        "settings": system.default_settings(scheme.name),
                        "settings_schema": system.settings_schema(scheme.name) })
                })
                .collect();
            json!({
                "id": system.id(),
                "title": system.title(),
                "scenario": system.default_scenario(),
                "schema": system.scenario_schema(),
                "metrics": system.metrics(),
                "series": system.series(),
                "schemes": schemes,
                "instance_fields": fields(system.instance_fields()),
                "variable_fields": fields(system.variable_fields()),
            })
        })
        .collect();
    json!(all).to_string()
}

/// Refuse a name that is not among those known, with the nearest that is.
#[pyfunction]
pub(crate) fn unknown(name: &str, place: &str, known: Vec<String>) -> PyErr {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let what = "there is no such key";
    let place = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    let error = InputError::new(what, place, format!("`{name}`"), hint::list(&known));
    errors::input(&hint::with_guess(error, name, &known))
}

/// A failure of one problem of a batch, as it would be raised.
pub(crate) fn raised(error: SingleError) -> PyErr {
    errors::single(error)
}
