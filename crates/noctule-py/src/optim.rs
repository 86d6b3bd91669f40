//! The manifold solver for objectives written in Python.

use noctule::{C64, Interrupt, Stop};
use noctule_optim::augmented_lagrangian::AugmentedSettings;
use noctule_optim::{
    AugmentedLagrangian, Constrained, Lbfgs, Manifold, Objective, StopRule, StopRules, Trace, Work,
    check_gradient as taylor,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Range, complex, not_negative, number, real, refuse_count, result, shaped};
use crate::errors::refuse;

/// `f_and_grad(x) -> (value, gradient)` as an objective.
///
/// Each call copies the point into an array of its own, which the function may keep.
struct Called<'py> {
    function: Bound<'py, PyAny>,
    name: String,
    shape: Vec<usize>,
    interrupt: Interrupt,
    error: Option<PyErr>,
}

impl Called<'_> {
    fn call(&self, x: &[C64], gradient: &mut [C64]) -> PyResult<f64> {
        let py = self.function.py();
        py.check_signals()?;
        let found = self.function.call1((shaped(py, x.to_vec(), &self.shape)?,))?;
        let pair: (Bound<'_, PyAny>, Bound<'_, PyAny>) = found.extract().map_err(|_| {
            let what = "the function does not return a value and a gradient";
            let found = found.get_type().to_string();
            refuse(what, &self.name, found, "a pair (value, gradient)")
        })?;
        let value: f64 = pair.0.extract().map_err(|_| {
            let found = pair.0.get_type().to_string();
            refuse("the value is not a real number", &self.name, found, "a real number")
        })?;
        if !value.is_finite() {
            // Outside the domain: there is no gradient to look at.
            return Ok(f64::INFINITY);
        }
        let dimensions = vec!["length"; self.shape.len()];
        let place = format!("{}: gradient", self.name);
        let held = complex(&pair.1, &place, &dimensions)?;
        if held.shape() != self.shape {
            let (found, allowed) = (held.shape(), &self.shape);
            return Err(refuse(
                "the gradient has another shape than the point",
                &place,
                format!("shape {found:?}"),
                format!("shape {allowed:?}"),
            ));
        }
        gradient.copy_from_slice(held.slice()?);
        Ok(value)
    }
}

impl Objective for Called<'_> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        if self.error.is_some() {
            return f64::INFINITY;
        }
        self.call(x, gradient).unwrap_or_else(|error| {
            self.interrupt.raise();
            self.error = Some(error);
            f64::INFINITY
        })
    }
}

/// An objective with constraints, all of them functions in Python.
struct Bounded<'py> {
    objective: Called<'py>,
    constraints: Vec<Called<'py>>,
    /// Gradients at the point of the last call: that of the objective, then of each constraint.
    gradients: Vec<Vec<C64>>,
}

impl Constrained for Bounded<'_> {
    fn constraints(&self) -> usize {
        self.constraints.len()
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        let (own, others) = self.gradients.split_at_mut(1);
        let mut value = self.objective.eval(x, &mut own[0]);
        let all = self.constraints.iter_mut().zip(others).zip(constraints);
        for ((constraint, gradient), found) in all {
            if !value.is_finite() {
                return f64::INFINITY;
            }
            *found = constraint.eval(x, gradient);
            if !found.is_finite() {
                // Where a constraint is not defined the point is outside the domain.
                value = f64::INFINITY;
            }
        }
        value
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        gradient.copy_from_slice(&self.gradients[0]);
        for (weight, own) in weights.iter().zip(&self.gradients[1..]) {
            gradient.iter_mut().zip(own).for_each(|(sum, entry)| *sum += entry * *weight);
        }
    }
}

/// How a minimisation ended, with or without constraints.
struct Ended {
    value: f64,
    residual: f64,
    stop: Stop,
    work: Work,
    constraints: Vec<f64>,
    prices: Vec<f64>,
    violation: f64,
}

/// Minimise without constraints.
fn free(
    objective: &mut Called<'_>,
    manifold: Manifold,
    memory: usize,
    x: &mut [C64],
    (tolerance, evaluations): (f64, u64),
    trace: &mut Trace,
) -> Ended {
    let rules = StopRules::from(StopRule::Residual(tolerance))
        | StopRule::Progress { tolerance: 1e-15, window: 40 }
        | StopRule::Evaluations(evaluations);
    let interrupt = objective.interrupt.clone();
    let mut solver = Lbfgs::with_memory(manifold, memory);
    let run = solver.minimise(objective, x, &rules, &interrupt, trace);
    Ended {
        value: run.value,
        residual: run.residual,
        stop: run.stop,
        work: run.work,
        constraints: Vec::new(),
        prices: Vec::new(),
        violation: 0.0,
    }
}

/// Minimise under constraints.
fn bounded(
    problem: &mut Bounded<'_>,
    manifold: Manifold,
    x: &mut [C64],
    settings: AugmentedSettings,
    trace: &mut Trace,
) -> Ended {
    let zeros = vec![0.0; problem.constraints.len()];
    let interrupt = problem.objective.interrupt.clone();
    let mut solver = AugmentedLagrangian::new(manifold, settings);
    let run = solver.minimise(problem, x, &zeros, &interrupt, trace);
    Ended {
        value: run.value,
        residual: run.residual,
        stop: run.stop,
        work: run.work,
        constraints: run.constraints,
        prices: run.multipliers,
        violation: run.violation,
    }
}

fn manifold(count: f64, length: f64, radius: f64, size: usize) -> PyResult<Manifold> {
    let count = refuse_count(count, "manifold.count", 1 << 40)?;
    let length = refuse_count(length, "manifold.length", 1 << 40)?;
    if count.checked_mul(length) != Some(size) || size == 0 {
        return Err(refuse(
            "the point does not fit the manifold",
            "x0",
            format!("{size} entries"),
            format!("{count} spheres of {length} complex dimensions"),
        ));
    }
    let radius = number(radius, "manifold.radius", Range::Positive)?;
    Ok(Manifold::spheres(count, length, radius))
}

/// Minimise by Riemannian L-BFGS, under constraints by the augmented Lagrangian method; see
/// `noctule.optim.minimize`.
#[pyfunction]
#[pyo3(signature = (f_and_grad, count, length, radius, x0, tolerance, max_evaluations, memory,
                    constraints, feasibility))]
#[allow(clippy::too_many_arguments, reason = "one door for keyword arguments of Python")]
pub(crate) fn minimize<'py>(
    py: Python<'py>,
    f_and_grad: Bound<'py, PyAny>,
    count: f64,
    length: f64,
    radius: f64,
    x0: Bound<'py, PyAny>,
    tolerance: f64,
    max_evaluations: f64,
    memory: f64,
    constraints: Vec<Bound<'py, PyAny>>,
    feasibility: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let dimensions: usize = x0.getattr("ndim")?.extract()?;
    let start = complex(&x0, "x0", &vec!["length"; dimensions])?;
    let manifold = manifold(count, length, radius, start.slice()?.len())?;
    for (name, value) in [("tolerance", tolerance), ("feasibility", feasibility)] {
        if !(value > 0.0 && value < 1.0) {
            let what = "the setting is out of range";
            return Err(refuse(what, name, value.to_string(), "between 0 and 1, e.g. 1e-6"));
        }
    }
    let most = refuse_count(max_evaluations, "max_evaluations", 1 << 50)?;
    let memory = refuse_count(memory, "memory", 1000)?;
    let mut x = start.slice()?.to_vec();
    manifold.normalise(&mut x);
    let interrupt = Interrupt::new();
    let called = |function: Bound<'py, PyAny>, name: String| Called {
        function,
        name,
        shape: start.shape().to_vec(),
        interrupt: interrupt.clone(),
        error: None,
    };
    let mut objective = called(f_and_grad, "f_and_grad".to_owned());
    let mut trace = Trace::with_room(most.min(100_000));
    let (run, error) = if constraints.is_empty() {
        let rules = (tolerance, most as u64);
        let run = free(&mut objective, manifold, memory, &mut x, rules, &mut trace);
        (run, objective.error)
    } else {
        let number = |(i, function)| called(function, format!("constraints[{i}]"));
        let constraints: Vec<_> = constraints.into_iter().enumerate().map(number).collect();
        let gradients = vec![vec![C64::ZERO; x.len()]; constraints.len() + 1];
        let mut problem = Bounded { objective, constraints, gradients };
        let settings = AugmentedSettings {
            tolerance,
            feasibility,
            evaluations: most as u64,
            ..AugmentedSettings::default()
        };
        let run = bounded(&mut problem, manifold, &mut x, settings, &mut trace);
        let errors = problem.constraints.into_iter().map(|one| one.error);
        (run, errors.fold(problem.objective.error, Option::or))
    };
    if let Some(error) = error {
        return Err(error);
    }
    told(py, shaped(py, x, start.shape())?, run, &trace)
}

/// What became of a run, as a dictionary.
fn told<'py>(
    py: Python<'py>,
    x: Bound<'py, PyAny>,
    run: Ended,
    trace: &Trace,
) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    result.set_item("x", x)?;
    result.set_item("value", run.value)?;
    result.set_item("residual", run.residual)?;
    result.set_item("stop", run.stop.as_str())?;
    result.set_item("converged", run.stop == Stop::Converged)?;
    result.set_item("iterations", run.work.iterations)?;
    result.set_item("evaluations", run.work.evaluations)?;
    let many = [run.prices.len()];
    result.set_item("constraints", shaped(py, run.constraints, &many)?)?;
    result.set_item("prices", shaped(py, run.prices, &many)?)?;
    result.set_item("violation", run.violation)?;
    let rows: Vec<f64> = trace
        .rows()
        .iter()
        .flat_map(|r| [r.iteration as f64, r.evaluations as f64, r.value, r.residual, r.step])
        .collect();
    let shape = [rows.len() / 5, 5];
    result.set_item("trace", shaped(py, rows, &shape)?)?;
    Ok(result)
}

/// Whether a gradient is right, by the slope of its Taylor error; see
/// `noctule.optim.check_gradient`.
#[pyfunction]
pub(crate) fn check_gradient<'py>(
    py: Python<'py>,
    f_and_grad: Bound<'py, PyAny>,
    count: f64,
    length: f64,
    radius: f64,
    x: Bound<'py, PyAny>,
    direction: Bound<'py, PyAny>,
) -> PyResult<(bool, f64, Bound<'py, PyAny>)> {
    let dimensions: usize = x.getattr("ndim")?.extract()?;
    let held = complex(&x, "x", &vec!["length"; dimensions])?;
    let along = complex(&direction, "direction", &vec!["length"; dimensions])?;
    let manifold = manifold(count, length, radius, held.slice()?.len())?;
    if held.shape() != along.shape() {
        let found = format!("shape {:?}", along.shape());
        let allowed = format!("shape {:?}, as `x`", held.shape());
        return Err(refuse("the shapes do not fit together", "direction", found, allowed));
    }
    let mut point = held.slice()?.to_vec();
    manifold.normalise(&mut point);
    let shape = held.shape().to_vec();
    let name = "f_and_grad".to_owned();
    let mut objective =
        Called { function: f_and_grad, name, shape, interrupt: Interrupt::new(), error: None };
    let check = taylor(&mut objective, &manifold, &point, along.slice()?);
    if let Some(error) = objective.error {
        return Err(error);
    }
    let errors: Vec<f64> = check.errors.iter().flat_map(|(step, error)| [*step, *error]).collect();
    let shape = [errors.len() / 2, 2];
    Ok((check.passed, check.slope, shaped(py, errors, &shape)?))
}

/// Water-filling: the powers that maximise `Σ ln(1 + gain·p)`; see `noctule.optim.water_filling`.
#[pyfunction]
pub(crate) fn water_filling<'py>(
    gains: &Bound<'py, PyAny>,
    power: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let held = real(gains, "gains", &["channel"])?;
    not_negative(held.slice()?, "gains")?;
    let power = number(power, "power", Range::NotNegative)?;
    let mut filled = vec![0.0; held.slice()?.len()];
    noctule_optim::water_filling(held.slice()?, power, &mut filled);
    result(gains.py(), filled, held.shape())
}
