//! Steering, patterns of surfaces and paths over them.

use noctule_phy::cascade::{PathLoss, Place, SurfacePath};
use noctule_phy::centred_array::CentredArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{Range, number, real, refuse_count, refuse_size, result, result_number};
use crate::errors::refuse;
use crate::models::point;

/// Responses of a linear array to spatial frequencies, and their derivatives.
///
/// ``a[i] = exp(jπ x (i − (M−1)/2))``, entries of magnitude one, reference in the middle; the
/// spatial frequency is the sine of the angle from broadside.
///
/// Parameters
/// ----------
/// elements : int
///     Number of elements M.
/// frequency : ArrayLike
///     Spatial frequencies x in [−1, 1], shape [direction].
///
/// Returns
/// -------
/// tuple[ComplexArray, ComplexArray]
///     ``a`` and ``da/dx``, each of shape [direction, antenna].
///
/// Examples
/// --------
/// >>> a, slope = centred_steering(4, [0.2])
/// >>> bool(np.allclose(abs(a), 1)), bool(abs(np.vdot(a, slope)) < 1e-12)
/// (True, True)
#[pyfunction]
pub(crate) fn centred_steering<'py>(
    py: Python<'py>,
    elements: f64,
    frequency: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let elements = refuse_count(elements, "elements", 1 << 20)?;
    let array = CentredArray::new(elements);
    let held = real(frequency, "frequency", &["direction"])?;
    refuse_size("elements", &[elements, held.shape()[0], 4])?;
    let (mut response, mut slope) = (Vec::new(), Vec::new());
    for &x in held.slice()? {
        response.extend(array.response(x));
        slope.extend(array.derivative(x));
    }
    let shape = [held.shape()[0], elements];
    Ok((result(py, response, &shape)?, result(py, slope, &shape)?))
}

/// The pattern ``aᴴ(x) a(y)`` of a centred array as a function of ``y − x``, real.
///
/// Parameters
/// ----------
/// elements : int
///     Number of elements M.
/// difference : ArrayLike
///     Differences of spatial frequencies, shape [difference].
///
/// Returns
/// -------
/// FloatArray
///     Shape [difference]; M at zero.
///
/// Examples
/// --------
/// >>> array_pattern(8, [0.0])
/// array([8.])
#[pyfunction]
pub(crate) fn array_pattern<'py>(
    py: Python<'py>,
    elements: f64,
    difference: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let array = CentredArray::new(refuse_count(elements, "elements", 1 << 20)?);
    let held = real(difference, "difference", &["difference"])?;
    let found: Vec<f64> = held.slice()?.iter().map(|x| array.pattern(*x)).collect();
    result(py, found, held.shape())
}

/// The links of one surface: power gains, and spatial frequencies at all ends.
///
/// Arrays of base station and user lie along their axes, measured from the x axis; a surface
/// measures the direction of travel, so that a mirror has equal frequencies.
///
/// Parameters
/// ----------
/// base_m : ArrayLike
///     Base station, shape [2], in metres.
/// surface_m : ArrayLike
///     Surface, shape [2], in metres.
/// user_m : ArrayLike
///     User, shape [2], in metres.
/// target_m : ArrayLike
///     Target, shape [2], in metres.
/// base_axis_deg : float
///     Direction of the base station's array in degrees.
/// surface_axis_deg : float
///     Direction of the surface in degrees.
/// user_axis_deg : float
///     Direction of the user's array in degrees.
/// reference_gain : float
///     Power gain at one metre.
/// exponent : float
///     Path-loss exponent.
///
/// Returns
/// -------
/// dict[str, float]
///     ``base_gain``, ``user_gain``, ``target_gain`` (power gains), ``base_departure``,
///     ``surface_arrival``, ``user_departure``, ``user_arrival``, ``target_departure`` (spatial
///     frequencies).
///
/// Examples
/// --------
/// >>> path = surface_path([0, 0], [50, 10], [100, 0], [100, 20])
/// >>> bool(np.isclose(path["surface_arrival"], path["user_departure"]))
/// True
#[pyfunction]
#[pyo3(signature = (base_m, surface_m, user_m, target_m, base_axis_deg=90.0,
                    surface_axis_deg=0.0, user_axis_deg=90.0, reference_gain=1e-4,
                    exponent=2.0))]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) fn surface_path<'py>(
    py: Python<'py>,
    base_m: &Bound<'py, PyAny>,
    surface_m: &Bound<'py, PyAny>,
    user_m: &Bound<'py, PyAny>,
    target_m: &Bound<'py, PyAny>,
    base_axis_deg: f64,
    surface_axis_deg: f64,
    user_axis_deg: f64,
    reference_gain: f64,
    exponent: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let (base, surface) = (point(base_m, "base_m")?, point(surface_m, "surface_m")?);
    let (user, target) = (point(user_m, "user_m")?, point(target_m, "target_m")?);
    number(reference_gain, "reference_gain", Range::Positive)?;
    number(exponent, "exponent", Range::NotNegative)?;
    for (name, value) in [
        ("base_axis_deg", base_axis_deg),
        ("surface_axis_deg", surface_axis_deg),
        ("user_axis_deg", user_axis_deg),
    ] {
        number(value, name, Range::Within(-3600.0, 3600.0))?;
    }
    for (name, place) in [("base_m", base), ("user_m", user), ("target_m", target)] {
        if place.distance_m(surface) <= 0.0 {
            let what = "two places coincide";
            return Err(refuse(what, name, "the place of the surface", "another place"));
        }
    }
    let path = SurfacePath::between(
        Place::new(base, base_axis_deg),
        Place::new(surface, surface_axis_deg),
        Place::new(user, user_axis_deg),
        target,
        1,
        PathLoss { reference_gain, exponent },
    );
    let found = PyDict::new(py);
    for (name, value) in [
        ("base_gain", path.base_gain),
        ("user_gain", path.user_gain),
        ("target_gain", path.target_gain),
        ("base_departure", path.base_departure),
        ("surface_arrival", path.surface_arrival),
        ("user_departure", path.user_departure),
        ("user_arrival", path.user_arrival),
        ("target_departure", path.target_departure),
    ] {
        found.set_item(name, result_number(value)?)?;
    }
    Ok(found)
}
