//! Aging, and channel estimates from a sensed prior.

use noctule_num::CMat;
use noctule_phy::mmse::SensedEstimate;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{
    Range, count_from, number, positive, refuse_count, result, result_number, same_length,
};
use crate::errors::{numerics, refuse};
use crate::models::{hermitian, rows_of};

/// What a sensed prior makes of an estimate.
fn sensed(
    correlation: &Bound<'_, PyAny>,
    sensing_error: &Bound<'_, PyAny>,
    pilot_snr: f64,
    project: bool,
) -> PyResult<SensedEstimate> {
    let correlation = hermitian(correlation, "correlation", "antenna")?;
    let error = hermitian(sensing_error, "sensing_error", "antenna")?;
    same_length("sensing_error", "antenna", error.rows(), correlation.rows(), "correlation")?;
    let trace: f64 = (0..correlation.rows()).map(|i| correlation[(i, i)].re).sum();
    if (trace - 1.0).abs() > 1e-6 {
        let (what, allowed) = ("the trace is not one", "a correlation whose trace is one");
        return Err(refuse(what, "correlation", format!("a trace of {trace}"), allowed));
    }
    positive(pilot_snr, "pilot_snr")?;
    SensedEstimate::new(&correlation, &error, pilot_snr, project).map_err(numerics)
}

/// Correlation of a channel with itself some blocks later.
///
/// Parameters
/// ----------
/// blocks : int
///     Number of blocks, the first is that of the estimate.
/// base : float | None
///     Geometric aging ``base^lag``, from 0 to 1.
/// doppler_blocks : float | None
///     Jakes' aging ``J₀(2π · doppler_blocks · lag)``: Doppler frequency times block duration.
/// offset : int
///     Blocks added to the lag (docs/errata.md#frame-e8).
///
/// Returns
/// -------
/// FloatArray
///     Shape [block].
///
/// Examples
/// --------
/// >>> aging(3, base=0.5)
/// array([1.  , 0.5 , 0.25])
#[pyfunction]
#[pyo3(signature = (blocks, base=None, doppler_blocks=None, offset=0.0),
       text_signature = "(blocks, base=None, doppler_blocks=None, offset=0)")]
pub(crate) fn aging<'py>(
    py: Python<'py>,
    blocks: f64,
    base: Option<f64>,
    doppler_blocks: Option<f64>,
    offset: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let blocks = refuse_count(blocks, "blocks", 1 << 20)?;
    let offset = count_from(offset, "offset", 0, 1 << 20)?;
    let found = match (base, doppler_blocks) {
        (Some(base), None) => {
            let base = number(base, "base", Range::Within(0.0, 1.0))?;
            noctule_phy::aging::geometric(base, blocks, offset)
        }
        (None, Some(doppler)) => {
            let doppler = number(doppler, "doppler_blocks", Range::NotNegative)?;
            noctule_phy::aging::jakes(doppler, blocks, offset)
        }
        _ => {
            let (found, allowed) = ("none or both", "one of the two");
            return Err(refuse(
                "the law of aging is not clear",
                "base, doppler_blocks",
                found,
                allowed,
            ));
        }
    };
    result(py, found, &[blocks])
}

/// Trace of the covariance of a channel estimate whose prior was sensed, relative to the gain.
///
/// Prior ``(R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance ``W R̂`` (docs/errata.md#frame-e3).
///
/// Parameters
/// ----------
/// correlation : ArrayLike
///     R, Hermitian and of unit trace, shape [antenna, antenna].
/// sensing_error : ArrayLike
///     Covariance E of what sensing leaves unknown, Hermitian, shape [antenna, antenna].
/// pilot_snr : float
///     Signal-to-noise ratio γ of the pilot per unit of gain, linear.
/// project : bool
///     Whether negative eigenvalues of R − E are set to zero.
///
/// Returns
/// -------
/// float
///     tr C, between 0 and the trace of the prior; that is 1 at most for an E that is a
///     covariance.
///
/// Examples
/// --------
/// >>> round(estimate_trace(np.eye(4) / 4, np.zeros((4, 4)), 4.0), 12)
/// 0.5
#[pyfunction]
#[pyo3(signature = (correlation, sensing_error, pilot_snr, project=true))]
pub(crate) fn estimate_trace(
    correlation: &Bound<'_, PyAny>,
    sensing_error: &Bound<'_, PyAny>,
    pilot_snr: f64,
    project: bool,
) -> PyResult<f64> {
    result_number(sensed(correlation, sensing_error, pilot_snr, project)?.estimate_trace)
}

/// What a sensed prior makes of a channel estimate, relative to the gain.
///
/// Prior ``R̂ = (R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance of the estimate ``W R̂``
/// (docs/errata.md#frame-e3).
///
/// Parameters
/// ----------
/// correlation : ArrayLike
///     R, Hermitian and of unit trace, shape [antenna, antenna].
/// sensing_error : ArrayLike
///     Covariance E of what sensing leaves unknown, Hermitian, shape [antenna, antenna].
/// pilot_snr : float
///     Signal-to-noise ratio γ of the pilot per unit of gain, linear.
/// project : bool
///     Whether negative eigenvalues of R − E are set to zero.
///
/// Returns
/// -------
/// dict[str, Any]
///     ``prior``, ``filter``, ``estimate`` of shape [antenna, antenna]; ``estimate_trace``,
///     ``error_trace``; ``smallest_eigenvalue`` of R − E before it is projected.
///
/// Examples
/// --------
/// >>> found = sensed_estimate(np.eye(4) / 4, np.zeros((4, 4)), 4.0)
/// >>> round(found["estimate_trace"], 12), round(found["error_trace"], 12)
/// (0.5, 0.5)
#[pyfunction]
#[pyo3(signature = (correlation, sensing_error, pilot_snr, project=true))]
pub(crate) fn sensed_estimate<'py>(
    py: Python<'py>,
    correlation: &Bound<'py, PyAny>,
    sensing_error: &Bound<'py, PyAny>,
    pilot_snr: f64,
    project: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let found = sensed(correlation, sensing_error, pilot_snr, project)?;
    let dict = PyDict::new(py);
    let matrices: [(&str, &CMat); 3] =
        [("prior", &found.prior()), ("filter", &found.filter()), ("estimate", &found.estimate)];
    for (name, matrix) in matrices {
        let shape = [matrix.rows(), matrix.cols()];
        dict.set_item(name, result(py, rows_of(matrix), &shape)?)?;
    }
    for (name, value) in [
        ("estimate_trace", found.estimate_trace),
        ("error_trace", found.error_trace),
        ("smallest_eigenvalue", found.smallest_eigenvalue),
    ] {
        dict.set_item(name, result_number(value)?)?;
    }
    Ok(dict)
}
