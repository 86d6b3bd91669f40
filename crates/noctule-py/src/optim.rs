//! The manifold solver for objectives written in Python.

use noctule::{C64, Interrupt, Stop};
use noctule_optim::{
    Lbfgs, Manifold, Objective, StopRule, StopRules, Trace, check_gradient as taylor,
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
            refuse(what, "f_and_grad", found, "a pair (value, gradient)")
        })?;
        let value: f64 = pair.0.extract().map_err(|_| {
            let found = pair.0.get_type().to_string();
            refuse("the value is not a real number", "f_and_grad", found, "a real number")
        })?;
        if !value.is_finite() {
            // Outside the domain: there is no gradient to look at.
            return Ok(f64::INFINITY);
        }
        let dimensions = vec!["length"; self.shape.len()];
        let held = complex(&pair.1, "gradient", &dimensions)?;
        if held.shape() != self.shape {
            let (found, allowed) = (held.shape(), &self.shape);
            return Err(refuse(
                "the gradient has another shape than the point",
                "gradient",
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

/// Minimise by Riemannian L-BFGS; see `noctule.optim.minimize`.
#[pyfunction]
#[pyo3(signature = (f_and_grad, count, length, radius, x0, tolerance, max_evaluations, memory))]
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
) -> PyResult<Bound<'py, PyDict>> {
    let dimensions: usize = x0.getattr("ndim")?.extract()?;
    let start = complex(&x0, "x0", &vec!["length"; dimensions])?;
    let manifold = manifold(count, length, radius, start.slice()?.len())?;
    if !(tolerance > 0.0 && tolerance < 1.0) {
        let what = "the setting is out of range";
        let allowed = "between 0 and 1, e.g. 1e-6";
        return Err(refuse(what, "tolerance", tolerance.to_string(), allowed));
    }
    let max_evaluations = refuse_count(max_evaluations, "max_evaluations", 1 << 50)?;
    let memory = refuse_count(memory, "memory", 1000)?;
    let mut x = start.slice()?.to_vec();
    manifold.normalise(&mut x);
    let interrupt = Interrupt::new();
    let shape = start.shape().to_vec();
    let mut objective =
        Called { function: f_and_grad, shape, interrupt: interrupt.clone(), error: None };
    let rules = StopRules::from(StopRule::Residual(tolerance))
        | StopRule::Progress { tolerance: 1e-15, window: 40 }
        | StopRule::Evaluations(max_evaluations as u64);
    let mut trace = Trace::with_room(max_evaluations.min(100_000));
    let mut solver = Lbfgs::with_memory(manifold, memory);
    let run = solver.minimise(&mut objective, &mut x, &rules, &interrupt, &mut trace);
    if let Some(error) = objective.error {
        return Err(error);
    }
    let result = PyDict::new(py);
    result.set_item("x", shaped(py, x, start.shape())?)?;
    result.set_item("value", run.value)?;
    result.set_item("residual", run.residual)?;
    result.set_item("stop", run.stop.as_str())?;
    result.set_item("converged", run.stop == Stop::Converged)?;
    result.set_item("iterations", run.work.iterations)?;
    result.set_item("evaluations", run.work.evaluations)?;
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
    let mut objective =
        Called { function: f_and_grad, shape, interrupt: Interrupt::new(), error: None };
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
