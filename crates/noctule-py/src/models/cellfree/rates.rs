//! Signal terms, ratios and the quadratic transform of an instance.

use noctule::cellfree::baselines::block_update as update;
use noctule::cellfree::{Beams, Instance, evaluate, model};
use noctule::data::ArraySet;
use noctule_num::CMat;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{complex, positive, result, result_number, same_length, set_of};
use crate::errors::core;
use crate::models::{hermitian, instance_arrays, rows_of};

/// An instance, and beams for it.
fn situation(
    instance: &Bound<'_, PyAny>,
    data: &Bound<'_, PyAny>,
    sensing: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Instance, Beams)> {
    let set = instance_arrays(instance, "cellfree")?;
    let instance = Instance::from_arrays(set, None).map_err(core)?;
    let arrays = PyDict::new(data.py());
    arrays.set_item("data_beams", data)?;
    if let Some(sensing) = sensing {
        arrays.set_item("sensing_beams", sensing)?;
    }
    let set: ArraySet = set_of(&arrays)?;
    let beams = Beams::from_arrays(&set).map_err(core)?;
    beams.check(&instance).map_err(core)?;
    Ok((instance, beams))
}

/// Signal power and everything else that users receive, over the noise.
///
/// ``|ĥᴴw|²`` and ``A_k`` with estimation errors and sensing signals (Mao et al., Eq. (18),
/// corrected in docs/errata.md#cellfree-e2).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``cellfree``, or a dictionary of its arrays.
/// data_beams : ArrayLike
///     Beams of the users as shares of power, shape [user, ap, antenna].
/// sensing_beams : ArrayLike | None
///     Beams of the sensing signals, shape [stream, ap, antenna].
///
/// Returns
/// -------
/// tuple[FloatArray, FloatArray]
///     Signal and interference with noise, each of shape [user].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.cellfree.Scenario().realize()
/// >>> signal, rest = signal_terms(instance, np.zeros_like(instance["channels"]))
/// >>> bool((signal == 0).all() and (rest == 1).all())
/// True
#[pyfunction]
#[pyo3(signature = (instance, data_beams, sensing_beams=None))]
pub(crate) fn signal_terms<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    data_beams: &Bound<'py, PyAny>,
    sensing_beams: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let (instance, beams) = situation(instance, data_beams, sensing_beams)?;
    let (signal, rest): (Vec<f64>, Vec<f64>) =
        model::signal_terms(&instance, &beams).into_iter().unzip();
    let users = [signal.len()];
    Ok((result(py, signal, &users)?, result(py, rest, &users)?))
}

/// Signal-to-interference-plus-noise ratios of the users, estimation errors included.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``cellfree``, or a dictionary of its arrays.
/// data_beams : ArrayLike
///     Beams of the users as shares of power, shape [user, ap, antenna].
/// sensing_beams : ArrayLike | None
///     Beams of the sensing signals, shape [stream, ap, antenna].
///
/// Returns
/// -------
/// FloatArray
///     Linear ratios, shape [user]; the rate of a user is log₂(1 + ratio) in bit/s/Hz.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.design(noctule.cellfree.Scenario(), "mrt")
/// >>> ratios = sinr(design.instance, design.data_beams, design.variables.get("sensing_beams"))
/// >>> bool(np.isclose(np.log2(1 + ratios).sum(), design.metrics.sum_rate_bps_hz))
/// True
#[pyfunction]
#[pyo3(signature = (instance, data_beams, sensing_beams=None))]
pub(crate) fn sinr<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    data_beams: &Bound<'py, PyAny>,
    sensing_beams: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (instance, beams) = situation(instance, data_beams, sensing_beams)?;
    let metrics = evaluate(&instance, &beams).map_err(core)?;
    let users = [metrics.sinr.len()];
    result(py, metrics.sinr, &users)
}

/// Auxiliary variables of the quadratic transform at given beams.
///
/// ``γ_k`` and ``g_k`` with which the surrogate ``Σ ln(1+γ) − γ + 2√(1+γ) Re(g* s) − |g|²(A + |s|²)`` in nats
/// touches the sum rate (Mao et al., Eqs. (38) to (40)).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``cellfree``, or a dictionary of its arrays.
/// data_beams : ArrayLike
///     Beams of the users as shares of power, shape [user, ap, antenna].
/// sensing_beams : ArrayLike | None
///     Beams of the sensing signals, shape [stream, ap, antenna].
///
/// Returns
/// -------
/// tuple[FloatArray, ComplexArray]
///     γ and g, each of shape [user].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.design(noctule.cellfree.Scenario(), "mrt")
/// >>> gamma, g = quadratic_transform(design.instance, design.data_beams)
/// >>> signal, rest = signal_terms(design.instance, design.data_beams)
/// >>> bool(np.allclose(gamma, signal / rest)), bool(np.allclose(
/// ...     abs(g) ** 2, (1 + gamma) * signal / (signal + rest) ** 2))
/// (True, True)
#[pyfunction]
#[pyo3(signature = (instance, data_beams, sensing_beams=None))]
pub(crate) fn quadratic_transform<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    data_beams: &Bound<'py, PyAny>,
    sensing_beams: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let (instance, beams) = situation(instance, data_beams, sensing_beams)?;
    let found = model::quadratic_transform(&instance, &beams).map_err(core)?;
    let users = [found.gamma.len()];
    Ok((result(py, found.gamma, &users)?, result(py, found.g, &users)?))
}

/// The minimum of ``tr WᴴQW − 2 Re tr CᴴW`` over ``‖W‖² ≤ power``: one step of block ascent.
///
/// Parameters
/// ----------
/// quadratic : ArrayLike
///     Q, Hermitian and positive semidefinite, shape [antenna, antenna].
/// linear : ArrayLike
///     C, shape [antenna, user].
/// power : float
///     Largest squared Frobenius norm.
///
/// Returns
/// -------
/// tuple[ComplexArray, float]
///     W of shape [antenna, user], and the price μ of power.
///
/// Examples
/// --------
/// >>> W, price = block_update(np.eye(2), [[3.0], [4.0]], 1.0)
/// >>> np.round(W.real.T, 9), round(price, 9)
/// (array([[0.6, 0.8]]), 4.0)
#[pyfunction]
pub(crate) fn block_update<'py>(
    py: Python<'py>,
    quadratic: &Bound<'py, PyAny>,
    linear: &Bound<'py, PyAny>,
    power: f64,
) -> PyResult<(Bound<'py, PyAny>, f64)> {
    let q = hermitian(quadratic, "quadratic", "antenna")?;
    let held = complex(linear, "linear", &["antenna", "user"])?;
    same_length("linear", "antenna", held.shape()[0], q.rows(), "quadratic")?;
    positive(power, "power")?;
    let (entries, users) = (held.slice()?, held.shape()[1]);
    let c = CMat::from_fn(q.rows(), users, |i, k| entries[i * users + k]);
    let (w, price) = update(&q, &c, power).map_err(core)?;
    Ok((result(py, rows_of(&w), held.shape())?, result_number(price)?))
}
