//! Beampatterns and what the best of them can be.

use noctule::cellfree::sensing::{best_pattern as best, certificate};
use noctule_num::CMat;
use noctule_phy::beampattern::{PatternError, lags_of, pattern as pattern_at};
use pyo3::prelude::*;

use crate::arrays::{
    Range, complex, number, positive, real, refuse_count, refuse_size, result, result_number,
};
use crate::errors::{core, numerics};
use crate::interrupt::interruptible;
use crate::models::hermitian;

/// Most antennas of an array whose best pattern is searched.
const MOST_ELEMENTS: usize = 512;

/// The error of a pattern as a form of the lags.
fn form_of(
    elements: usize,
    targets_rad: &Bound<'_, PyAny>,
    width_rad: f64,
    points: f64,
    spacing: f64,
) -> PyResult<(PatternError, Vec<f64>)> {
    let targets = real(targets_rad, "targets_rad", &["target"])?;
    positive(width_rad, "width_rad")?;
    positive(spacing, "spacing")?;
    let points = refuse_count(points, "points", 1 << 20)?;
    refuse_size("elements", &[2 * elements, 2 * elements, 2])?;
    let targets = targets.slice()?.to_vec();
    Ok((PatternError::new(elements, spacing, &targets, width_rad, points), targets))
}

/// Power ``aᴴ(θ) R a(θ)`` that beams of covariance R send towards each angle.
///
/// ``a[n] = exp(j2π · spacing · n sin θ)``, entries of magnitude one.
///
/// Parameters
/// ----------
/// covariance : ArrayLike
///     Hermitian R in watts, shape [antenna, antenna].
/// angle_rad : ArrayLike
///     Angles from broadside in radians, shape [direction].
/// spacing : float
///     Distance of elements in wavelengths.
///
/// Returns
/// -------
/// FloatArray
///     Watts, shape [direction].
///
/// Examples
/// --------
/// >>> beampattern(np.eye(4) / 4, [0.0, 0.5])
/// array([1., 1.])
#[pyfunction]
#[pyo3(signature = (covariance, angle_rad, spacing=0.5))]
pub(crate) fn beampattern<'py>(
    py: Python<'py>,
    covariance: &Bound<'py, PyAny>,
    angle_rad: &Bound<'py, PyAny>,
    spacing: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let lags = lags_of(&hermitian(covariance, "covariance", "antenna")?);
    let angles = real(angle_rad, "angle_rad", &["direction"])?;
    positive(spacing, "spacing")?;
    let found: Vec<f64> =
        angles.slice()?.iter().map(|angle| pattern_at(&lags, spacing, *angle)).collect();
    result(py, found, angles.shape())
}

/// Mean squared distance of a beampattern from the nearest multiple of an ideal one.
///
/// The ideal pattern is one within half a width of some target and zero elsewhere, on a grid of
/// angles over the half circle; the multiple is the best one.
///
/// Parameters
/// ----------
/// covariance : ArrayLike
///     Hermitian R in watts, shape [antenna, antenna].
/// targets_rad : ArrayLike
///     Angles of the targets from broadside in radians, shape [target].
/// width_rad : float
///     Full width of each window in radians.
/// points : int
///     Angles of the grid.
/// spacing : float
///     Distance of elements in wavelengths.
///
/// Returns
/// -------
/// tuple[float, float]
///     The error in W², and the multiple in watts.
///
/// Examples
/// --------
/// >>> error, scale = pattern_error(np.eye(2) / 2, [0.0], 4.0)
/// >>> round(abs(error), 12), round(scale, 12)
/// (0.0, 1.0)
#[pyfunction]
#[pyo3(signature = (covariance, targets_rad, width_rad, points=181.0, spacing=0.5),
       text_signature = "(covariance, targets_rad, width_rad, points=181, spacing=0.5)")]
pub(crate) fn pattern_error(
    covariance: &Bound<'_, PyAny>,
    targets_rad: &Bound<'_, PyAny>,
    width_rad: f64,
    points: f64,
    spacing: f64,
) -> PyResult<(f64, f64)> {
    let covariance = hermitian(covariance, "covariance", "antenna")?;
    let (form, _) = form_of(covariance.rows(), targets_rad, width_rad, points, spacing)?;
    let lags = lags_of(&covariance);
    Ok((result_number(form.error(&lags))?, result_number(form.scale(&lags))?))
}

/// A number that no pattern of power one can undercut, proven by any given beams.
///
/// Parameters
/// ----------
/// beams : ArrayLike
///     Beams whose covariance is the point of tangency, shape [stream, antenna].
/// targets_rad : ArrayLike
///     Angles of the targets from broadside in radians, shape [target].
/// width_rad : float
///     Full width of each window in radians.
/// points : int
///     Angles of the grid.
/// spacing : float
///     Distance of elements in wavelengths.
///
/// Returns
/// -------
/// tuple[float, float]
///     The error of the beams, and a lower bound of the error of all patterns of power one.
///
/// Examples
/// --------
/// >>> beams, least, _, _ = best_pattern(8, [0.0], 0.3)
/// >>> error, bound = pattern_bound(beams, [0.0], 0.3)
/// >>> bool(bound <= least and np.isclose(bound, error, rtol=1e-5))
/// True
#[pyfunction]
#[pyo3(signature = (beams, targets_rad, width_rad, points=181.0, spacing=0.5),
       text_signature = "(beams, targets_rad, width_rad, points=181, spacing=0.5)")]
pub(crate) fn pattern_bound(
    beams: &Bound<'_, PyAny>,
    targets_rad: &Bound<'_, PyAny>,
    width_rad: f64,
    points: f64,
    spacing: f64,
) -> PyResult<(f64, f64)> {
    let held = complex(beams, "beams", &["stream", "antenna"])?;
    let (streams, n) = (held.shape()[0], held.shape()[1]);
    let n = refuse_count(n as f64, "beams", MOST_ELEMENTS)?;
    let (form, _) = form_of(n, targets_rad, width_rad, points, spacing)?;
    let factor = CMat::from_columns(n, streams, held.slice()?.to_vec()).map_err(numerics)?;
    let found = certificate(&form, &factor).map_err(core)?;
    let (error, bound) = found.ok_or_else(|| {
        numerics("the bound is not finite: the beams leave the range of double precision")
    })?;
    Ok((result_number(error)?, result_number(bound.value)?))
}

/// The beampattern of power one nearest to an ideal one, with a proof.
///
/// Problem P1 of Mao et al., solved over factors of the covariance to a proven gap.
///
/// Parameters
/// ----------
/// elements : int
///     Number of antennas, at most 512.
/// targets_rad : ArrayLike
///     Angles of the targets from broadside in radians, shape [target].
/// width_rad : float
///     Full width of each window in radians.
/// points : int
///     Angles of the grid.
/// spacing : float
///     Distance of elements in wavelengths.
/// gap : float
///     Relative gap at which it stops.
///
/// Returns
/// -------
/// tuple[ComplexArray, float, float, float]
///     Beams of shape [stream, antenna], their error, the multiple of the ideal pattern, and a
///     lower bound of the error that is proven.
///
/// Examples
/// --------
/// >>> beams, error, scale, bound = best_pattern(8, [0.0], np.radians(10))
/// >>> bool(bound <= error <= bound * (1 + 1e-5)), bool(np.isclose(np.linalg.norm(beams), 1))
/// (True, True)
#[pyfunction]
#[pyo3(signature = (elements, targets_rad, width_rad, points=181.0, spacing=0.5, gap=1e-6),
       text_signature = "(elements, targets_rad, width_rad, points=181, spacing=0.5, gap=1e-06)")]
pub(crate) fn best_pattern<'py>(
    py: Python<'py>,
    elements: f64,
    targets_rad: &Bound<'py, PyAny>,
    width_rad: f64,
    points: f64,
    spacing: f64,
    gap: f64,
) -> PyResult<(Bound<'py, PyAny>, f64, f64, f64)> {
    let elements = refuse_count(elements, "elements", MOST_ELEMENTS)?;
    let gap = number(gap, "gap", Range::Within(1e-9, 1.0))?;
    let (form, targets) = form_of(elements, targets_rad, width_rad, points, spacing)?;
    let work = |interrupt: &noctule::Interrupt| best(&form, spacing, &targets, gap, interrupt);
    let found = interruptible(py, work, |_| Ok(()))?.map_err(core)?;
    let shape = [found.factor.cols(), elements];
    // Columns after each other are beams after each other.
    let beams = result(py, found.factor.as_slice().to_vec(), &shape)?;
    Ok((beams, result_number(found.error)?, result_number(found.scale)?, found.certified()))
}
