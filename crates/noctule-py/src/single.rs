//! One instance, one design: the verbs `design`, `evaluate` and `verify`, for every system at once.

use std::sync::{Arc, OnceLock};

use noctule::data::ArraySet;
use noctule_lab::resolve;
use noctule_lab::single::{Arrays, Single, SingleError, Source};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use rayon::prelude::*;
use serde_json::Value;

use crate::arrays::{accept, dict_of, json_of, set_of, whole};
use crate::errors;
use crate::interrupt::leavable;
use crate::told::{Keep, Told};

/// Complete settings of a scheme: its defaults with `given` written over them.
pub(crate) fn settings(
    system: &dyn Single,
    scheme: &str,
    given: Option<&Bound<'_, PyAny>>,
    certify: bool,
) -> PyResult<Value> {
    let given = given.map(|given| json_of(given, "scheme")).transpose()?;
    accept(resolve::settings(system, scheme, given.as_ref(), certify))
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
        let system = crate::systems::system(system)?;
        let scenario = scenario.map(|given| json_of(given, "scenario")).transpose()?;
        let arrays = arrays.map(set_of).transpose()?;
        let source = Source::of(system, scenario.as_ref(), arrays, (seed, trial));
        Ok(Self::of(system, accept(source)?))
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
        let source = order.source();
        let work = move |interrupt: &noctule::Interrupt| {
            order.system.design(&order.source(), &scheme, &settings, interrupt)
        };
        let story = leavable(py, work, |_| Ok(()))?;
        story.map(|story| Told::new(story, Keep::All, source)).map_err(errors::single)
    }

    /// Evaluate variables.
    fn evaluate(&self, py: Python<'_>, variables: &Bound<'_, PyDict>) -> PyResult<Told> {
        let variables = Arrays::Set(set_of(variables)?);
        let order = self.order();
        let source = order.source();
        let work = move |_: &noctule::Interrupt| order.system.evaluate(&order.source(), &variables);
        let story = leavable(py, work, |_| Ok(()))?;
        story.map(|story| Told::new(story, Keep::All, source)).map_err(errors::single)
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
