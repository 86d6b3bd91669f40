//! Links, phases, channels and bounds of an instance.

use noctule::surfaces::{Instance, Link};
use noctule_num::C64;
use noctule_phy::cascade::{Cascade, SurfacePath};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{complex, count_from, real, refuse_size, result, result_number, same_length};
use crate::errors::{NumericalError, core, refuse};
use crate::models::{hermitian, instance_arrays, rows_of, word};

/// An instance with surfaces at some of its sites, all by default.
fn built(
    instance: &Bound<'_, PyAny>,
    sites: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Instance, Cascade)> {
    let set = instance_arrays(instance, "surfaces")?;
    let instance = Instance::from_arrays(set, None).map_err(core)?;
    let all = instance.sites();
    let chosen: Vec<usize> = match sites {
        None => (0..all).collect(),
        Some(sites) => {
            let held = real(sites, "sites", &["surface"])?;
            let entries = held.slice()?.iter();
            entries
                .map(|s| count_from(*s, "sites", 0, all.saturating_sub(1)))
                .collect::<PyResult<_>>()?
        }
    };
    if chosen.first() != Some(&0) || chosen.windows(2).any(|pair| pair[0] >= pair[1]) {
        let allowed = "ascending site numbers, beginning with 0, where the sensors are";
        return Err(refuse("these sites cannot be built", "sites", format!("{chosen:?}"), allowed));
    }
    let cascade = instance.cascade(&chosen);
    Ok((instance, cascade))
}

/// Phases surface by surface, from the entries of all one after the other.
fn phases_of(phases: &Bound<'_, PyAny>, cascade: &Cascade) -> PyResult<Vec<Vec<C64>>> {
    let held = complex(phases, "phases", &["element"])?;
    let lengths: Vec<usize> = cascade.paths.iter().map(|path| path.elements).collect();
    let total = lengths.iter().sum();
    same_length("phases", "element", held.shape()[0], total, "the surfaces that are built")?;
    let mut rest = held.slice()?;
    Ok(lengths
        .iter()
        .map(|length| {
            let (own, others) = rest.split_at(*length);
            rest = others;
            own.to_vec()
        })
        .collect())
}

/// The few numbers of a deployment with orthogonal paths that decide about it.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``surfaces``, or a dictionary of its arrays.
/// sites : ArrayLike | None
///     Sites that are built, ascending from 0; all where absent.
///
/// Returns
/// -------
/// dict[str, Any]
///     ``gains`` a_k of the streams for each unit of |qᴴv|², ``weights`` b_k of sensing for each
///     unit of |sᴴv|², ``elements``, phase ``steps`` δ_k between the two alignments, each of shape
///     [surface]; ``required`` illumination Γ = c₀/ε, 0 without a limit; ``bound_constant`` c₀;
///     ``coherence`` at the base station and at the user, zero where paths are orthogonal.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> found = link(noctule.surfaces.Scenario().realize())
/// >>> bool((found["gains"] > 0).all())
/// True
#[pyfunction]
#[pyo3(signature = (instance, sites=None))]
pub(crate) fn link<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    sites: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let (instance, cascade) = built(instance, sites)?;
    let link = Link::new(&instance, &cascade);
    let surfaces = [cascade.paths.len()];
    let elements: Vec<f64> = link.elements.iter().map(|n| *n as f64).collect();
    let dict = PyDict::new(py);
    for (name, column) in [
        ("gains", link.gains),
        ("weights", link.weights),
        ("elements", elements),
        ("steps", link.steps),
    ] {
        dict.set_item(name, result(py, column, &surfaces)?)?;
    }
    dict.set_item("required", result_number(link.required)?)?;
    dict.set_item("bound_constant", result_number(cascade.bound_constant())?)?;
    dict.set_item("coherence", cascade.coherence())?;
    Ok(dict)
}

/// Phases that align all surfaces to the user or to the target, Eqs. (31) and (34).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``surfaces``, or a dictionary of its arrays.
/// towards : str
///     ``user`` or ``target``.
/// sites : ArrayLike | None
///     Sites that are built, ascending from 0; all where absent.
///
/// Returns
/// -------
/// ComplexArray
///     Reflection coefficients of the surfaces one after the other, shape [element].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> phases = aligned_phases(noctule.surfaces.Scenario().realize(), "target")
/// >>> bool(np.allclose(abs(phases), 1))
/// True
#[pyfunction]
#[pyo3(signature = (instance, towards, sites=None))]
pub(crate) fn aligned_phases<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    towards: &str,
    sites: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (_, cascade) = built(instance, sites)?;
    let of: fn(&SurfacePath) -> Vec<C64> =
        match word("towards", towards, &[("user", true), ("target", false)])? {
            true => SurfacePath::user_vector,
            false => SurfacePath::target_vector,
        };
    let found: Vec<C64> = cascade.paths.iter().flat_map(of).collect();
    let elements = [found.len()];
    result(py, found, &elements)
}

/// The channel from the base station over all surfaces to the user.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``surfaces``, or a dictionary of its arrays.
/// phases : ArrayLike
///     Reflection coefficients of the surfaces one after the other, shape [element].
/// sites : ArrayLike | None
///     Sites that are built, ascending from 0; all where absent.
///
/// Returns
/// -------
/// ComplexArray
///     Shape [user antenna, antenna].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.surfaces.Scenario().realize()
/// >>> H = channel(instance, aligned_phases(instance, "user"))
/// >>> H.shape == (instance["user_antennas"], instance["transmit_antennas"])
/// True
#[pyfunction]
#[pyo3(signature = (instance, phases, sites=None))]
pub(crate) fn channel<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    phases: &Bound<'py, PyAny>,
    sites: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (_, cascade) = built(instance, sites)?;
    refuse_size("instance", &[cascade.user_antennas, cascade.transmit_antennas, 2])?;
    let found = cascade.channel(&phases_of(phases, &cascade)?);
    result(py, rows_of(&found), &[found.rows(), found.cols()])
}

/// How phases light the target: the vector g and its derivative by the spatial frequency.
///
/// A transmit covariance R puts the power ``gᴴ R g`` on the target.
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``surfaces``, or a dictionary of its arrays.
/// phases : ArrayLike
///     Reflection coefficients of the surfaces one after the other, shape [element].
/// sites : ArrayLike | None
///     Sites that are built, ascending from 0; all where absent.
///
/// Returns
/// -------
/// tuple[ComplexArray, ComplexArray]
///     g and g', each of shape [antenna].
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.surfaces.Scenario().realize()
/// >>> g, slope = illumination(instance, aligned_phases(instance, "target"))
/// >>> bool(np.linalg.norm(slope) < 1e-9 * np.linalg.norm(g))  # alignment is a maximum
/// True
#[pyfunction]
#[pyo3(signature = (instance, phases, sites=None))]
pub(crate) fn illumination<'py>(
    py: Python<'py>,
    instance: &Bound<'py, PyAny>,
    phases: &Bound<'py, PyAny>,
    sites: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let (_, cascade) = built(instance, sites)?;
    let found = cascade.illumination(&phases_of(phases, &cascade)?);
    let antennas = [found.response.len()];
    Ok((result(py, found.response, &antennas)?, result(py, found.slope, &antennas)?))
}

/// Cramér–Rao bound of the target's spatial frequency, Eq. (16), and its upper bound (21).
///
/// Parameters
/// ----------
/// instance : Any
///     An instance of ``surfaces``, or a dictionary of its arrays.
/// phases : ArrayLike
///     Reflection coefficients of the surfaces one after the other, shape [element].
/// covariance : ArrayLike
///     Transmit covariance in watts, Hermitian, shape [antenna, antenna].
/// sites : ArrayLike | None
///     Sites that are built, ascending from 0; all where absent.
///
/// Returns
/// -------
/// tuple[float, float]
///     The bound, and what it is at most: equal where the first surface is aligned to the
///     target.
///
/// Raises
/// ------
/// NumericalError
///     Where the target is not lit.
///
/// Examples
/// --------
/// >>> import noctule
/// >>> instance = noctule.surfaces.Scenario().realize()
/// >>> identity = np.eye(int(instance["transmit_antennas"]))
/// >>> bound, most = crb(instance, aligned_phases(instance, "target"), identity)
/// >>> bool(np.isclose(bound, most))
/// True
#[pyfunction]
#[pyo3(signature = (instance, phases, covariance, sites=None))]
pub(crate) fn crb(
    instance: &Bound<'_, PyAny>,
    phases: &Bound<'_, PyAny>,
    covariance: &Bound<'_, PyAny>,
    sites: Option<&Bound<'_, PyAny>>,
) -> PyResult<(f64, f64)> {
    let (_, cascade) = built(instance, sites)?;
    let phases = phases_of(phases, &cascade)?;
    let covariance = hermitian(covariance, "covariance", "antenna")?;
    let antennas = cascade.transmit_antennas;
    same_length("covariance", "antenna", covariance.rows(), antennas, "the base station")?;
    let powers = cascade.illumination(&phases).powers(&covariance);
    if powers.direct <= 0.0 {
        let text = "the target is not lit by these phases and this covariance";
        return Err(NumericalError::new_err(text));
    }
    Ok((result_number(cascade.crb(powers))?, result_number(cascade.crb_aligned(powers))?))
}
