//! `noctule.beamforming`: where bounds of angles end.

use noctule::beamforming::threshold::{TargetThreshold, barankin, threshold};
use noctule::beamforming::{Beams, Instance, SYSTEM};
use noctule_num::CMat;
use pyo3::prelude::*;

use crate::arrays::{complex, result, same_length};
use crate::errors::{NumericalError, core};
use crate::models::instance_arrays;

fn given(instance: &Bound<'_, PyAny>, beams: &Bound<'_, PyAny>) -> PyResult<(Instance, Beams)> {
    let arrays = instance_arrays(instance, SYSTEM)?;
    let instance = Instance::from_arrays(arrays, None).map_err(core)?;
    let held = complex(beams, "beams", &["stream", "antenna"])?;
    let (streams, antennas) = (held.shape()[0], held.shape()[1]);
    same_length("beams", "antenna", antennas, instance.antennas(), "the instance")?;
    let matrix = CMat::from_columns(antennas, streams, held.slice()?.to_vec());
    let matrix = matrix.map_err(|error| core(error.into()))?;
    let beams = Beams { matrix, users: instance.users(), subcarriers: 1 };
    beams.check(&instance).map_err(core)?;
    Ok((instance, beams))
}

fn none() -> PyErr {
    NumericalError::new_err(
        "there is no threshold: no target, a band, arrays that are not flat, or a singular Fisher matrix",
    )
}

fn predicted(
    instance: &Bound<'_, PyAny>,
    beams: &Bound<'_, PyAny>,
) -> PyResult<Vec<TargetThreshold>> {
    let (instance, beams) = given(instance, beams)?;
    threshold(&instance, &beams).map_err(core)?.ok_or_else(none)
}

/// Errors of maximum likelihood that are predicted for every target, by the method of interval errors.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` of one frequency, or a dictionary of its arrays.
/// beams : ArrayLike
///     Complex beams in √W, shape [stream, antenna], users first.
///
/// Returns
/// -------
/// FloatArray
///     Shape [target, 2]: root-mean-square errors of azimuth and polar angle in degrees.
///
/// Raises
/// ------
/// NumericalError
///     Where the Fisher matrix is singular, and without targets.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.Instance(scenario={}).design()
/// >>> predicted_error_deg(design.instance, design["beams"]).shape
/// (2, 2)
#[pyfunction]
pub(crate) fn predicted_error_deg<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    beams: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = predicted(instance, beams)?;
    let errors = all.iter().flat_map(|t| [t.azimuth_error_deg, t.polar_error_deg]).collect();
    result(py, errors, &[all.len(), 2])
}

/// How many decibels of power there are above the threshold of maximum likelihood, at which squared errors
/// are predicted to be twice the Cramér–Rao bound.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` of one frequency, or a dictionary of its arrays.
/// beams : ArrayLike
///     Complex beams in √W, shape [stream, antenna], users first.
///
/// Returns
/// -------
/// FloatArray
///     Shape [target], in dB; negative below the threshold.
///
/// Raises
/// ------
/// NumericalError
///     Where the Fisher matrix is singular, and without targets.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.Instance(scenario={}).design()
/// >>> bool((threshold_margin_db(design.instance, design["beams"]) > 0).all())
/// True
#[pyfunction]
pub(crate) fn threshold_margin_db<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    beams: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = predicted(instance, beams)?;
    result(py, all.iter().map(|t| t.margin_db).collect(), &[all.len()])
}

/// Lower bounds on errors of unbiased estimators with other lobes as test points (McAulay and Hofstetter).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``beamforming`` of one frequency, or a dictionary of its arrays.
/// beams : ArrayLike
///     Complex beams in √W, shape [stream, antenna], users first.
///
/// Returns
/// -------
/// FloatArray
///     Shape [target, 2]: of azimuth and polar angle in degrees, never below the root-CRB.
///
/// Raises
/// ------
/// NumericalError
///     Where the Fisher matrix is singular, and without targets.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.Instance(scenario={}).design()
/// >>> bool((barankin_bound_deg(design.instance, design["beams"]) > 0).all())
/// True
#[pyfunction]
pub(crate) fn barankin_bound_deg<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    beams: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (instance, beams) = given(instance, beams)?;
    let all = barankin(&instance, &beams).map_err(core)?.ok_or_else(none)?;
    let count = all.len();
    result(py, all.into_iter().flatten().collect(), &[count, 2])
}
