//! One instance, one design: the verbs `design`, `evaluate` and `verify`, for every system at once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use noctule::data::{ArraySet, FieldInfo};
use noctule_lab::experiment::complete;
use noctule_lab::report::{Align, Table};
use noctule_lab::single::{Arrays, Claim, Single, SingleError, Source, Story, afford};
use noctule_lab::system::no_such_scheme;
use noctule_lab::systems;
use noctule_num::{InputError, hint};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::arrays::{accept, dict_of, json_of, loads, set_of, whole};
use crate::errors;
use crate::interrupt::interruptible;

/// The system of that name.
pub(crate) fn system(name: &str) -> PyResult<&'static dyn Single> {
    let all = systems::singles();
    let names: Vec<&str> = all.iter().map(|system| system.id()).collect();
    all.iter().copied().find(|system| system.id() == name).ok_or_else(|| {
        let error = InputError::new("there is no such system", "system", name, hint::list(&names));
        errors::input(&hint::with_guess(error, name, &names))
    })
}

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
    pub(crate) source: Source,
    /// The instance as arrays, once somebody asked for them.
    realised: OnceLock<ArraySet>,
}

impl Problem {
    fn of(system: &'static dyn Single, source: Source) -> Self {
        Self { system, source, realised: OnceLock::new() }
    }

    fn realise(&self) -> PyResult<&ArraySet> {
        if let Some(set) = self.realised.get() {
            return Ok(set);
        }
        let set = self.system.instance(&self.source).map_err(errors::single)?;
        Ok(self.realised.get_or_init(|| set))
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
        let system = self::system(system)?;
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
        Ok(Self::of(self.system, Source { trial, ..self.source.clone() }))
    }

    /// The instance as arrays.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict_of(py, self.realise()?)
    }

    /// The instance as the bytes of an `.npz` archive.
    fn npz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.realise()?.to_npz()?))
    }

    /// The instance as the text of a `noctule-instance/1` document.
    fn json(&self) -> PyResult<String> {
        let set = self.realise()?;
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
        let work = |interrupt: &noctule::Interrupt| {
            self.system.design(&self.source, scheme, &settings, interrupt)
        };
        let story = interruptible(py, work, |_| Ok(()))?;
        story.map(Told::new).map_err(errors::single)
    }

    /// Evaluate variables.
    fn evaluate(&self, py: Python<'_>, variables: &Bound<'_, PyDict>) -> PyResult<Told> {
        let variables = Arrays::Set(set_of(variables)?);
        let story = py.detach(|| self.system.evaluate(&self.source, &variables));
        story.map(Told::new).map_err(errors::single)
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
            None => first.source.trial,
        };
        let source = Source { arrays: Some(Arrays::Set(set)), trial, ..first.source.clone() };
        all.push(Problem::of(first.system, source));
    }
    let wrong = py.detach(|| {
        let check =
            |(index, problem): (usize, &Problem)| match problem.system.instance(&problem.source) {
                Ok(set) => problem.realised.set(set).err().and(None),
                Err(SingleError::Input(error)) => {
                    Some(SingleError::Input(error.inside(&format!("instances[{index}]"))))
                }
                Err(error) => Some(error),
            };
        all.par_iter().enumerate().filter_map(check).find_first(|_| true)
    });
    wrong.map_or(Ok(all), |error| Err(errors::single(error)))
}

type TableParts = (String, Vec<String>, Vec<Vec<String>>, usize);

/// A design and everything about it, as Rust keeps it; Python takes what it is asked for.
#[pyclass(frozen, module = "noctule._noctule")]
pub(crate) struct Told {
    story: Story,
}

impl Told {
    pub(crate) fn new(story: Story) -> Self {
        Self { story }
    }
}

#[pymethods]
impl Told {
    /// The design of a `noctule-design/1` document: what it says, not whether it is true.
    #[staticmethod]
    fn load(document: &str) -> PyResult<Self> {
        let document = document_of(document)?;
        let system = system_of(&document)?;
        let text = document.to_string();
        let fields = system.variable_fields();
        let arrays = accept(ArraySet::from_json(text.as_bytes(), "design", fields))?;
        let embedded = document.get("instance").unwrap_or(&Value::Null).to_string();
        let fields = system.instance_fields();
        let instance = ArraySet::from_json(embedded.as_bytes(), "instance", fields);
        let instance = accept(instance.map_err(|error| error.inside("instance")))?;
        let word = |name: &str| {
            document.get(name).and_then(Value::as_str).unwrap_or("not said").to_owned()
        };
        for name in [
            "metrics",
            "stop",
            "proof",
            "violation",
            "meets_requirements",
            "work",
            "starts",
            "warnings",
            "trace",
        ] {
            if document.get(name).is_none() {
                let allowed = "a noctule-design/1 document";
                return Err(errors::refuse("the document is incomplete", name, "nothing", allowed));
            }
        }
        Ok(Self::new(Story {
            title: format!("{}: {}", word("scheme"), system.id()),
            facts: vec![("stopped".to_owned(), word("stop"))],
            tables: Vec::new(),
            warnings: Vec::new(),
            trace: noctule::Trace::off(),
            infeasible: document.pointer("/proof/infeasible").is_some_and(|c| !c.is_null()),
            violation: document.get("violation").and_then(Value::as_f64).unwrap_or(f64::INFINITY),
            meets_requirements: document["meets_requirements"] == Value::Bool(true),
            document,
            arrays,
            instance,
        }))
    }

    /// What this is, in one line.
    #[getter]
    fn title(&self) -> &str {
        &self.story.title
    }

    /// Facts, name and value.
    #[getter]
    fn facts(&self) -> Vec<(String, String)> {
        self.story.facts.clone()
    }

    /// Tables: caption, headers, rows, and how many columns from the left are text.
    #[getter]
    fn tables(&self) -> Vec<TableParts> {
        let parts = |table: &Table| {
            let text = table.align.iter().take_while(|align| **align == Align::Left).count();
            (table.caption.clone(), table.headers.clone(), table.rows.clone(), text)
        };
        self.story.tables.iter().map(parts).collect()
    }

    /// The text of the `noctule-design/1` document, as the command line writes it.
    fn document(&self) -> String {
        format!("{:#}\n", self.story.document)
    }

    /// One member of the document.
    fn member<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        loads(py, self.story.document.get(name).unwrap_or(&Value::Null))
    }

    /// The variables.
    fn variables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict_of(py, &self.story.arrays)
    }

    /// The instance.
    fn instance<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dict_of(py, &self.story.instance)
    }

    /// The variables as the bytes of an `.npz` archive, as the command line writes them.
    fn npz<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.story.arrays.to_npz()?))
    }
}

/// A `noctule-design/1` document.
fn document_of(text: &str) -> PyResult<Value> {
    let refuse = |what: &str, found: String| {
        errors::refuse(what, "design", found, "a noctule-design/1 document")
    };
    let document = accept(noctule::data::json_document(text.as_bytes()))?;
    let format = document.get("format").and_then(Value::as_str).unwrap_or("no `format`");
    if format != "noctule-design/1" {
        let newer = format.starts_with("noctule-design/");
        let kind = "this is another kind of file";
        let what = if newer { "the file was written by a newer noctule" } else { kind };
        return Err(refuse(what, format.to_owned()));
    }
    Ok(document)
}

fn system_of(document: &Value) -> PyResult<&'static dyn Single> {
    system(document.get("system").and_then(Value::as_str).unwrap_or("nothing"))
}

/// Recompute what a `noctule-design/1` document claims.
#[pyfunction]
pub(crate) fn verify(py: Python<'_>, document: &str) -> PyResult<Found> {
    let document = document_of(document)?;
    let system = system_of(&document)?;
    let finding = py.detach(|| system.verify(&document)).map_err(errors::single)?;
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

/// The arrays in a file, by the rules of the command line: `kind` is `instance` or `design`.
#[pyfunction]
pub(crate) fn read<'py>(
    py: Python<'py>,
    path: std::path::PathBuf,
    system: &str,
    kind: &str,
) -> PyResult<Bound<'py, PyDict>> {
    let system = self::system(system)?;
    let fields = if kind == "design" { system.variable_fields() } else { system.instance_fields() };
    let set = accept(ArraySet::read(&path, kind, fields))?;
    dict_of(py, &set)
}

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
                        "settings": system.default_settings(scheme.name) })
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
