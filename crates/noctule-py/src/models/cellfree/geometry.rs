//! Directions, pilots and targets of access points.

use noctule::cellfree::association::{Clustering, pair_targets as pairs, pilot_groups as grouped};
use noctule_num::C64;
use noctule_phy::beampattern::{angle_from_broadside as from_broadside, steering as steered};
use pyo3::prelude::*;

use crate::arrays::{Range, number, positive, real, refuse_count, refuse_size, result};
use crate::errors::refuse;
use crate::models::{points, word};

/// Angles from the broadside of each access point's array towards each target.
///
/// The arcsine of the share of the distance that lies along the array (Mao et al., Eq. (4),
/// corrected in docs/errata.md#cellfree-e1); front and back cannot be told apart.
///
/// Parameters
/// ----------
/// aps_m : ArrayLike
///     Access points, shape [ap, 2], in metres.
/// targets_m : ArrayLike
///     Targets, shape [target, 2], in metres.
/// axis_rad : float
///     Direction of all arrays, in radians from the first axis.
///
/// Returns
/// -------
/// FloatArray
///     Radians, shape [target, ap].
///
/// Examples
/// --------
/// >>> angles = angle_from_broadside([[0, 0]], [[0, 10], [10, 10]])
/// >>> np.round(np.degrees(angles[:, 0]), 9)
/// array([ 0., 45.])
#[pyfunction]
#[pyo3(signature = (aps_m, targets_m, axis_rad=0.0))]
pub(crate) fn angle_from_broadside<'py>(
    py: Python<'py>,
    aps_m: &Bound<'py, PyAny>,
    targets_m: &Bound<'py, PyAny>,
    axis_rad: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let (aps, targets) = (points(aps_m, "aps_m")?, points(targets_m, "targets_m")?);
    number(axis_rad, "axis_rad", Range::Finite)?;
    refuse_size("aps_m, targets_m", &[aps.len(), targets.len()])?;
    let angle = |t: &noctule_phy::geometry::Point, m: &noctule_phy::geometry::Point| {
        from_broadside([t.x_m - m.x_m, t.y_m - m.y_m], axis_rad)
    };
    let found: Vec<f64> =
        targets.iter().flat_map(|t| aps.iter().map(move |m| angle(t, m))).collect();
    result(py, found, &[targets.len(), aps.len()])
}

/// Steering vectors ``a[n] = exp(j2π · spacing · n sin θ)`` of a linear array.
///
/// Parameters
/// ----------
/// elements : int
///     Number of antennas.
/// angle_rad : ArrayLike
///     Angles from broadside in radians, shape [direction].
/// spacing : float
///     Distance of elements in wavelengths.
///
/// Returns
/// -------
/// ComplexArray
///     Entries of magnitude one, shape [direction, antenna].
///
/// Examples
/// --------
/// >>> np.round(steering(3, [np.pi / 6]), 12)
/// array([[ 1.+0.j,  0.+1.j, -1.+0.j]])
#[pyfunction]
#[pyo3(signature = (elements, angle_rad, spacing=0.5))]
pub(crate) fn steering<'py>(
    py: Python<'py>,
    elements: f64,
    angle_rad: &Bound<'py, PyAny>,
    spacing: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let elements = refuse_count(elements, "elements", 1 << 20)?;
    positive(spacing, "spacing")?;
    let angles = real(angle_rad, "angle_rad", &["direction"])?;
    refuse_size("elements", &[elements, angles.shape()[0], 2])?;
    let found: Vec<C64> =
        angles.slice()?.iter().flat_map(|angle| steered(elements, spacing, *angle)).collect();
    result(py, found, &[angles.shape()[0], elements])
}

/// Groups of users that share a pilot: users far from each other (Mao et al., Algorithm 1).
///
/// Parameters
/// ----------
/// users_m : ArrayLike
///     Users, shape [user, 2], in metres.
/// pilots : int
///     Number of pilots.
/// rule : str
///     ``farthest`` merges the pair farthest apart, ``balanced`` keeps groups of equal size, and
///     ``in-turn`` hands pilots out in turn.
///
/// Returns
/// -------
/// list[list[int]]
///     Users of each group, counted from zero.
///
/// Examples
/// --------
/// >>> pilot_groups([[0, 0], [1, 0], [100, 0]], 2)
/// [[0, 2], [1]]
#[pyfunction]
#[pyo3(signature = (users_m, pilots, rule="farthest"))]
pub(crate) fn pilot_groups(
    users_m: &Bound<'_, PyAny>,
    pilots: f64,
    rule: &str,
) -> PyResult<Vec<Vec<usize>>> {
    let users = points(users_m, "users_m")?;
    let pilots = refuse_count(pilots, "pilots", 1 << 20)?;
    refuse_size("users_m", &[users.len(), users.len()])?;
    let rules = [
        ("farthest", Clustering::Farthest),
        ("balanced", Clustering::Balanced),
        ("in-turn", Clustering::InTurn),
    ];
    Ok(grouped(&users, pilots, word("rule", rule, &rules)?))
}

/// The access point that senses each target: at most one target each, smallest total distance.
///
/// Parameters
/// ----------
/// targets_m : ArrayLike
///     Targets, shape [target, 2], in metres.
/// aps_m : ArrayLike
///     Access points, shape [ap, 2], in metres.
///
/// Returns
/// -------
/// list[int]
///     An access point for each target, counted from zero.
///
/// Examples
/// --------
/// >>> pair_targets([[90, 0], [10, 0]], [[0, 0], [100, 0]])
/// [1, 0]
#[pyfunction]
pub(crate) fn pair_targets(
    targets_m: &Bound<'_, PyAny>,
    aps_m: &Bound<'_, PyAny>,
) -> PyResult<Vec<usize>> {
    let (targets, aps) = (points(targets_m, "targets_m")?, points(aps_m, "aps_m")?);
    refuse_size("targets_m, aps_m", &[targets.len(), aps.len()])?;
    pairs(&targets, &aps).ok_or_else(|| {
        let found = format!("{} targets", targets.len());
        let allowed = format!("{} at most, one for each access point", aps.len());
        refuse("there are more targets than access points", "targets_m", found, allowed)
    })
}
