//! Moments, rates and divisions of an instance.

use noctule::frame::model::Statistics;
use noctule::frame::placement::{Pattern, Placer};
use noctule::frame::{Instance, Placement, Plan, SinrForm, evaluate};
use noctule_phy::mmse::SensedEstimate;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Range, number, positive, real, refuse_count, result, result_number};
use crate::errors::core;
use crate::models::{instance_arrays, word};

const FORMS: &[(&str, SinrForm)] = &[
    ("use-and-forget", SinrForm::UseAndForget),
    ("lower-bound", SinrForm::LowerBound),
    ("physical", SinrForm::Physical),
];

/// An instance, and a sensing time that is positive.
fn frame_of(instance: &Bound<'_, PyAny>) -> PyResult<Instance> {
    Instance::from_arrays(instance_arrays(instance, "frame")?, None).map_err(core)
}

fn statistics_of(instance: &Instance, sensing_time_s: f64) -> PyResult<Statistics> {
    positive(sensing_time_s, "sensing_time_s")?;
    Statistics::new(instance, sensing_time_s).map_err(core)
}

/// Statistics of all users' estimates after some sensing time, relative to their gains.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``frame``, or a dictionary of its arrays.
/// sensing_time_s : float
///     Sensing time in seconds.
///
/// Returns
/// -------
/// dict[str, FloatArray]
///     ``crb_rad2`` (bounds of the angles), ``estimate_trace``, ``error_trace``,
///     ``smallest_eigenvalue`` (of the priors before they are projected), each of shape [user].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.frame.Scenario().realize()
/// >>> short, long = (statistics(instance, time)["crb_rad2"] for time in (1e-4, 2e-4))
/// >>> bool(np.allclose(short, 2 * long))
/// True
#[pyfunction]
pub(crate) fn statistics<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    sensing_time_s: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let found = statistics_of(&frame_of(instance)?, sensing_time_s)?;
    let users = [found.estimates.len()];
    let of = |value: fn(&SensedEstimate) -> f64| found.estimates.iter().map(value).collect();
    let dict = PyDict::new(py);
    let columns: [(&str, Vec<f64>); 4] = [
        ("crb_rad2", found.crb_rad2.clone()),
        ("estimate_trace", of(|e| e.estimate_trace)),
        ("error_trace", of(|e| e.error_trace)),
        ("smallest_eigenvalue", of(|e| e.smallest_eigenvalue)),
    ];
    for (name, column) in columns {
        dict.set_item(name, result(py, column, &users)?)?;
    }
    Ok(dict)
}

/// Signal-to-interference-plus-noise ratio of every user in the block of its estimate.
///
/// A block whose channel has correlation ρ with the estimate has ρ² times as much.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``frame``, or a dictionary of its arrays.
/// sensing_time_s : float
///     Sensing time in seconds.
/// form : str
///     ``use-and-forget`` (22), ``lower-bound`` (28) or ``physical`` (a filter made for another
///     channel than the pilot travels through).
///
/// Returns
/// -------
/// FloatArray
///     Linear ratios, shape [user].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.frame.Scenario().realize()
/// >>> bool((sinr(instance, 1e-3, "lower-bound") <= sinr(instance, 1e-3)).all())
/// True
#[pyfunction]
#[pyo3(signature = (instance, sensing_time_s, form="use-and-forget"))]
pub(crate) fn sinr<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    sensing_time_s: f64,
    form: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let instance = frame_of(instance)?;
    let form = word("form", form, FORMS)?;
    let statistics = statistics_of(&instance, sensing_time_s)?;
    let found = statistics.sinr(&instance, form).map_err(core)?;
    let users = [found.len()];
    result(py, found, &users)
}

/// What a frame carries, Eq. (24).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``frame``, or a dictionary of its arrays.
/// sensing_time_s : float
///     Sensing time in seconds.
/// blocks_per_update : ArrayLike
///     Blocks of every channel update, shape [update]; each starts with a pilot.
///
/// Returns
/// -------
/// tuple[float, FloatArray]
///     Bits per hertz that one frame carries to all users, and the average rate of every user
///     in bit/s/Hz, shape [user].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> design = noctule.design(noctule.frame.Scenario())
/// >>> bits, rates = throughput(design.instance, design.sensing_time_s,
/// ...                          design.blocks_per_update)
/// >>> bool(np.isclose(bits, design.metrics.frame_bits_per_hz))
/// True
#[pyfunction]
pub(crate) fn throughput<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    sensing_time_s: f64,
    blocks_per_update: &Bound<'py, PyAny>,
) -> PyResult<(f64, Bound<'py, PyAny>)> {
    let instance = frame_of(instance)?;
    let held = real(blocks_per_update, "blocks_per_update", &["update"])?;
    let counts = held.slice()?.iter();
    let counts = counts.map(|count| refuse_count(*count, "blocks_per_update", 1 << 20));
    let plan = Plan {
        sensing_time_s: number(sensing_time_s, "sensing_time_s", Range::Positive)?,
        placement: Placement::Blocks(counts.collect::<PyResult<_>>()?),
    };
    let found = evaluate(&instance, &plan).map_err(core)?;
    let users = [found.rate_bps_hz.len()];
    Ok((result_number(found.frame_bits_per_hz)?, result(py, found.rate_bps_hz, &users)?))
}

/// The shortest sensing time that meets all limits on angles.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``frame``, or a dictionary of its arrays.
///
/// Returns
/// -------
/// float
///     Seconds, whether the frame has room for them or not.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.frame.Scenario().realize()
/// >>> time = shortest_sensing_s(instance)
/// >>> worst = (statistics(instance, time)["crb_rad2"] / instance["crb_limit_rad2"]).max()
/// >>> bool(np.isclose(worst, 1))
/// True
#[pyfunction]
pub(crate) fn shortest_sensing_s(instance: &Bound<'_, PyAny>) -> PyResult<f64> {
    result_number(frame_of(instance)?.shortest_sensing_s())
}

/// The best division of blocks among channel updates, exactly.
///
/// Maximises ``Σ_m Σ_{n ≤ N_m} Φ_n`` over divisions ``Σ_m N_m = blocks`` into so many updates.
///
/// Parameters
/// ----------
/// efficiency : ArrayLike
///     Φ_n, the worth of the n-th block of an update, shape [block].
/// blocks : int
///     Blocks to divide, at most as many as there are efficiencies, and 1024.
/// updates : int
///     Number of updates.
///
/// Returns
/// -------
/// tuple[float, list[int]]
///     The worth, and the blocks of each update, longest first.
///
/// Examples
/// --------
/// >>> best_division([3.0, 2.0, 1.0, 0.5], 4, 2)
/// (10.0, [2, 2])
#[pyfunction]
pub(crate) fn best_division(
    efficiency: &Bound<'_, PyAny>,
    blocks: f64,
    updates: f64,
) -> PyResult<(f64, Vec<usize>)> {
    let held = real(efficiency, "efficiency", &["block"])?;
    let blocks = refuse_count(blocks, "blocks", held.shape()[0].min(1 << 10))?;
    let updates = refuse_count(updates, "updates", blocks)?;
    let mut placer = Placer::new(blocks);
    let pattern = Pattern::Updates(updates);
    let value = placer.value(held.slice()?, 0.0, blocks, pattern);
    Ok((result_number(value)?, placer.division(held.slice()?, 0.0, blocks, pattern)))
}
