//! Of `noctule.pilots`: positions from the delays of echoes.

use noctule::estimate::bistatic_position;
use noctule::pilots::baselines::least_power_printed;
use noctule::pilots::design::least_power_to_locate as least_to_locate;
use noctule_phy::multistatic::{
    Information, Paths, Radar, common_offset, synchronised, transmitter_offsets,
};
use pyo3::prelude::*;

use crate::arrays::{
    count_from, not_negative, positive, real, refuse_size, result, result_number, same_length,
};
use crate::errors::{NumericalError, core, refuse};
use crate::models::pilots_of;
use crate::models::{point, points, word};

/// The paths over a target.
fn paths_of(
    positions_m: &Bound<'_, PyAny>,
    target_m: &Bound<'_, PyAny>,
    radar: &Radar,
) -> PyResult<(usize, Paths)> {
    let (places, target) = (points(positions_m, "positions_m")?, point(target_m, "target_m")?);
    for (name, value) in [
        ("frequency_hz", radar.frequency_hz),
        ("effective_bandwidth_hz", radar.effective_bandwidth_hz),
        ("cross_section_m2", radar.cross_section_m2),
    ] {
        positive(value, name)?;
    }
    // All pairs of access points.
    refuse_size("positions_m", &[places.len(), places.len(), 4])?;
    let paths = Paths::new(&places, target, radar).ok_or_else(|| {
        let found = "the position of an access point";
        refuse("the target has no direction", "target_m", found, "another position")
    })?;
    Ok((places.len(), paths))
}

fn bound_of(information: Information) -> PyResult<f64> {
    let bound = information.crb().ok_or_else(|| {
        NumericalError::new_err("the information is singular: the position cannot be told")
    })?;
    result_number(bound)
}

/// What each access point's echoes know of a target's position, per unit of power.
///
/// ``R_m = Σ_n w_mn u_mn u_mnᵀ`` in 1/m²; the information of powers p is ``Σ_m p_m R_m``.
///
/// Parameters
/// ----------
/// positions_m : ArrayLike
///     Access points, shape [ap, 2], in metres.
/// target_m : ArrayLike
///     Target, shape [2], in metres; not at an access point.
/// frequency_hz : float
///     Carrier frequency in hertz.
/// effective_bandwidth_hz : float
///     Root-mean-square bandwidth in hertz.
/// cross_section_m2 : float
///     Radar cross-section in m².
///
/// Returns
/// -------
/// FloatArray
///     Shape [ap, 2, 2].
///
/// Examples
/// --------
/// >>> R = delay_information([[0, 0], [100, 0]], [30, 40], 2.4e9, 1e6)
/// >>> R.shape, bool(np.allclose(R, R.transpose(0, 2, 1)))
/// ((2, 2, 2), True)
#[pyfunction]
#[pyo3(signature = (positions_m, target_m, frequency_hz, effective_bandwidth_hz,
                    cross_section_m2=1.0))]
pub(crate) fn delay_information<'py>(
    py: Python<'py>,
    positions_m: &Bound<'py, PyAny>,
    target_m: &Bound<'py, PyAny>,
    frequency_hz: f64,
    effective_bandwidth_hz: f64,
    cross_section_m2: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let radar = Radar { frequency_hz, effective_bandwidth_hz, cross_section_m2 };
    let (aps, paths) = paths_of(positions_m, target_m, &radar)?;
    let found: Vec<f64> =
        paths.information().iter().flat_map(|r| [r.xx, r.xy, r.xy, r.yy]).collect();
    result(py, found, &[aps, 2, 2])
}

/// Bound on the mean squared error of a position, ``tr (Σ_m p_m R_m)⁻¹`` in m².
///
/// Parameters
/// ----------
/// information : ArrayLike
///     R, shape [ap, 2, 2], from :func:`delay_information`.
/// powers : ArrayLike
///     Energies over the noise density, shape [ap].
///
/// Returns
/// -------
/// float
///     Bound in m².
///
/// Raises
/// ------
/// NumericalError
///     Where the position cannot be told.
///
/// Examples
/// --------
/// >>> position_crb([[[2, 0], [0, 4]]], [1.0])
/// 0.75
#[pyfunction]
pub(crate) fn position_crb(
    information: &Bound<'_, PyAny>,
    powers: &Bound<'_, PyAny>,
) -> PyResult<f64> {
    let r = real(information, "information", &["ap", "row", "column"])?;
    let p = real(powers, "powers", &["ap"])?;
    same_length("powers", "ap", p.shape()[0], r.shape()[0], "information")?;
    same_length("information", "row", r.shape()[1], 2, "the plane")?;
    same_length("information", "column", r.shape()[2], 2, "the plane")?;
    not_negative(p.slice()?, "powers")?;
    let total =
        r.slice()?.chunks_exact(4).zip(p.slice()?).fold(Information::default(), |sum, (r, p)| {
            sum.plus(*p, Information { xx: r[0], yy: r[3], xy: 0.5 * (r[1] + r[2]) })
        });
    bound_of(total)
}

/// Signal-to-noise ratio of the echo over each pair of access points, per unit of power.
///
/// Parameters
/// ----------
/// positions_m : ArrayLike
///     Access points, shape [ap, 2], in metres.
/// target_m : ArrayLike
///     Target, shape [2], in metres; not at an access point.
/// frequency_hz : float
///     Carrier frequency in hertz.
/// cross_section_m2 : float
///     Radar cross-section in m².
///
/// Returns
/// -------
/// FloatArray
///     Shape [transmitter, receiver]; times the energy of the transmitter over the noise density.
///
/// Examples
/// --------
/// >>> echo_gains([[0, 0], [100, 0]], [30, 40], 2.4e9).shape
/// (2, 2)
#[pyfunction]
#[pyo3(signature = (positions_m, target_m, frequency_hz, cross_section_m2=1.0))]
pub(crate) fn echo_gains<'py>(
    py: Python<'py>,
    positions_m: &Bound<'py, PyAny>,
    target_m: &Bound<'py, PyAny>,
    frequency_hz: f64,
    cross_section_m2: f64,
) -> PyResult<Bound<'py, PyAny>> {
    // The bandwidth has no part in it.
    let radar = Radar { frequency_hz, effective_bandwidth_hz: 1.0, cross_section_m2 };
    let (aps, paths) = paths_of(positions_m, target_m, &radar)?;
    result(py, paths.gains().to_vec(), &[aps, aps])
}

/// Bound on a position from the lengths of paths, with clocks that agree or do not.
///
/// Parameters
/// ----------
/// positions_m : ArrayLike
///     Access points, shape [ap, 2], in metres.
/// target_m : ArrayLike
///     Target, shape [2], in metres; not at an access point.
/// weights : ArrayLike
///     One over the variance of each path's length in 1/m², shape [transmitter, receiver].
/// clocks : str
///     ``synchronised``; ``common-offset``: transmitters against receivers;
///     ``transmitter-offsets``: every transmitter against the receivers (time differences).
///
/// Returns
/// -------
/// float
///     Bound on the mean squared error in m².
///
/// Raises
/// ------
/// NumericalError
///     Where the position cannot be told.
///
/// Examples
/// --------
/// >>> scene = ([[0, 0], [100, 0], [0, 100]], [30, 40], np.ones((3, 3)))
/// >>> clock_bound(*scene) < clock_bound(*scene, "common-offset")
/// True
#[pyfunction]
#[pyo3(signature = (positions_m, target_m, weights, clocks="synchronised"))]
pub(crate) fn clock_bound(
    positions_m: &Bound<'_, PyAny>,
    target_m: &Bound<'_, PyAny>,
    weights: &Bound<'_, PyAny>,
    clocks: &str,
) -> PyResult<f64> {
    // Directions do not depend on the radar.
    let radar = Radar { frequency_hz: 1e9, effective_bandwidth_hz: 1e6, cross_section_m2: 1.0 };
    let (aps, paths) = paths_of(positions_m, target_m, &radar)?;
    let held = real(weights, "weights", &["transmitter", "receiver"])?;
    same_length("weights", "transmitter", held.shape()[0], aps, "positions_m")?;
    same_length("weights", "receiver", held.shape()[1], aps, "positions_m")?;
    not_negative(held.slice()?, "weights")?;
    let models = [("synchronised", 0), ("common-offset", 1), ("transmitter-offsets", 2)];
    let (weights, directions) = (held.slice()?, paths.directions());
    bound_of(match word("clocks", clocks, &models)? {
        0 => synchronised(weights, directions),
        1 => common_offset(weights, directions),
        _ => transmitter_offsets(weights, directions, aps),
    })
}

/// The position that explains bistatic ranges best, by weighted least squares.
///
/// Parameters
/// ----------
/// positions_m : ArrayLike
///     Access points, shape [ap, 2], in metres.
/// ranges_m : ArrayLike
///     Lengths of the paths in metres, shape [transmitter, receiver].
/// weights : ArrayLike
///     One over the variance of each length in 1/m², shape [transmitter, receiver].
///
/// Returns
/// -------
/// tuple[FloatArray, float]
///     The position of shape [2] in metres, and the weighted sum of squares.
///
/// Examples
/// --------
/// >>> places, at = np.array([[0, 0], [100, 0], [0, 100]]), np.array([30, 40])
/// >>> d = np.linalg.norm(places - at, axis=1)
/// >>> position, _ = locate(places, d[:, None] + d, np.ones((3, 3)))
/// >>> bool(np.allclose(position, at, atol=1e-6))
/// True
#[pyfunction]
pub(crate) fn locate<'py>(
    py: Python<'py>,
    positions_m: &Bound<'py, PyAny>,
    ranges_m: &Bound<'py, PyAny>,
    weights: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyAny>, f64)> {
    let places = points(positions_m, "positions_m")?;
    let mut lists = Vec::new();
    for (value, name) in [(ranges_m, "ranges_m"), (weights, "weights")] {
        let held = real(value, name, &["transmitter", "receiver"])?;
        same_length(name, "transmitter", held.shape()[0], places.len(), "positions_m")?;
        same_length(name, "receiver", held.shape()[1], places.len(), "positions_m")?;
        lists.push(held);
    }
    let (ranges, weights) = (lists[0].slice()?, lists[1].slice()?);
    let found = bistatic_position(&places, ranges, weights).map_err(core)?;
    let position = vec![found.position.x_m, found.position.y_m];
    Ok((result(py, position, &[2])?, result_number(found.objective)?))
}

/// The sum of powers with which one user alone is located within the limit.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``pilots`` with a limit, or a dictionary of its arrays.
/// user : int
///     The user, counted from zero.
/// printed : bool
///     By the element-wise constraint (30) of the paper instead of the exact one
///     (docs/errata.md#pilots-e6).
///
/// Returns
/// -------
/// float | None
///     In units of the power of one access point; None where the printed constraint cannot be
///     met.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.pilots.Scenario().realize()
/// >>> least_power_to_locate(instance, 0) > 0
/// True
#[pyfunction]
#[pyo3(signature = (instance, user, printed=false))]
pub(crate) fn least_power_to_locate(
    instance: &Bound<'_, PyAny>,
    user: f64,
    printed: bool,
) -> PyResult<Option<f64>> {
    let instance = pilots_of(instance)?;
    let user = count_from(user, "user", 0, instance.users().saturating_sub(1))?;
    match printed {
        true => least_power_printed(&instance, user).map_err(core),
        false => least_to_locate(&instance, user).map(Some).map_err(core),
    }
}
