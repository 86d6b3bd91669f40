//! Correlation in a ring of scatterers, and the bound on a sensed angle.

use std::f64::consts::{PI, TAU};

use noctule_num::C64;
use noctule_phy::angle_crb::{angle_crb_rad2, matched_bracket};
use noctule_phy::one_ring::{OneRing, PhaseReference, PowerAngleSpectrum, Spread, UniformLine};
use pyo3::prelude::*;

use crate::arrays::{
    Range, count_from, number, positive, real, refuse_count, refuse_size, result, result_number,
};
use crate::models::{rows_of, word};

const SPECTRA: &[(&str, PowerAngleSpectrum)] = &[
    ("uniform", PowerAngleSpectrum::Uniform),
    ("gaussian", PowerAngleSpectrum::Gaussian),
    ("laplacian", PowerAngleSpectrum::Laplacian),
    ("raised-cosine", PowerAngleSpectrum::RaisedCosine),
];

const REFERENCES: &[(&str, PhaseReference)] =
    &[("first", PhaseReference::First), ("centre", PhaseReference::Centre)];

/// Correlation and its derivative.
fn spread_of(
    elements: f64,
    angle_rad: f64,
    spread_rad: f64,
    spectrum: &str,
    reference: PhaseReference,
) -> PyResult<(usize, Spread)> {
    let elements = refuse_count(elements, "elements", 4096)?;
    refuse_size("elements", &[elements, elements, 6])?;
    number(angle_rad, "angle_rad", Range::Within(-TAU, TAU))?;
    number(spread_rad, "spread_rad", Range::Within(0.0, PI))?;
    let line = UniformLine::new(elements, reference);
    let ring =
        OneRing { line, angle_rad, spread_rad, spectrum: word("spectrum", spectrum, SPECTRA)? };
    Ok((elements, ring.integrate()))
}

/// Spatial correlation of a user in a ring of scatterers, ``R = ∫ S(ϑ) a(ϑ) aᴴ(ϑ) dϑ``, tr R = 1.
///
/// ``a[i] = exp(−jπ ι_i sin ϑ)/√L`` on a half-wavelength line (the one-ring model of the frame
/// paper, Eq. (2), normalised to unit trace).
///
/// Parameters
/// ----------
/// elements : int
///     Number of antennas L.
/// angle_rad : float
///     Angle of the user from broadside in radians.
/// spread_rad : float
///     Single-sided angular spread in radians; zero is a line of sight.
/// spectrum : str
///     ``uniform``, ``gaussian``, ``laplacian`` or ``raised-cosine``.
///
/// Returns
/// -------
/// ComplexArray
///     Shape [antenna, antenna].
///
/// Examples
/// --------
/// >>> R = one_ring(8, 0.3, 0.1)
/// >>> bool(np.isclose(np.trace(R).real, 1)), bool(np.allclose(R, R.conj().T))
/// (True, True)
#[pyfunction]
#[pyo3(signature = (elements, angle_rad, spread_rad, spectrum="uniform"))]
pub(crate) fn one_ring<'py>(
    py: Python<'py>,
    elements: f64,
    angle_rad: f64,
    spread_rad: f64,
    spectrum: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let first = PhaseReference::First;
    let (n, found) = spread_of(elements, angle_rad, spread_rad, spectrum, first)?;
    result(py, rows_of(&found.correlation), &[n, n])
}

/// Average over the ring of the outer products of the slopes, ``∫ S(ϑ) a'(ϑ) a'ᴴ(ϑ) dϑ``.
///
/// Times the variance of a sensed angle in rad² it is the covariance of the channel error that
/// sensing leaves, to first order. With the slope of :func:`steering` at the user's angle instead,
/// ``a' a'ᴴ`` is the form the paper prints.
///
/// Parameters
/// ----------
/// elements : int
///     Number of antennas L.
/// angle_rad : float
///     Angle of the user from broadside in radians.
/// spread_rad : float
///     Single-sided angular spread in radians.
/// spectrum : str
///     ``uniform``, ``gaussian``, ``laplacian`` or ``raised-cosine``.
/// reference : str
///     Element of phase zero: ``first`` or ``centre``.
///
/// Returns
/// -------
/// ComplexArray
///     Shape [antenna, antenna].
///
/// Examples
/// --------
/// >>> D = one_ring_slope(8, 0.3, 0.0)
/// >>> _, slope = steering(8, [0.3])
/// >>> bool(np.allclose(D, np.outer(slope[0], slope[0].conj())))
/// True
#[pyfunction]
#[pyo3(signature = (elements, angle_rad, spread_rad, spectrum="uniform", reference="first"))]
pub(crate) fn one_ring_slope<'py>(
    py: Python<'py>,
    elements: f64,
    angle_rad: f64,
    spread_rad: f64,
    spectrum: &str,
    reference: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let reference = word("reference", reference, REFERENCES)?;
    let (n, found) = spread_of(elements, angle_rad, spread_rad, spectrum, reference)?;
    result(py, rows_of(&found.derivative), &[n, n])
}

/// Steering vectors ``a[i] = exp(−jπ ι_i sin ϑ)/√L`` of a half-wavelength line, and their slopes.
///
/// Parameters
/// ----------
/// elements : int
///     Number of antennas L.
/// angle_rad : ArrayLike
///     Angles from broadside in radians, shape [direction].
/// reference : str
///     Element of phase zero: ``first`` or ``centre``.
///
/// Returns
/// -------
/// tuple[ComplexArray, ComplexArray]
///     ``a`` and ``da/dϑ`` per radian, each of shape [direction, antenna].
///
/// Examples
/// --------
/// >>> a, slope = steering(4, [0.0])
/// >>> np.allclose(a, 0.5), slope.shape
/// (True, (1, 4))
#[pyfunction]
#[pyo3(signature = (elements, angle_rad, reference="first"))]
pub(crate) fn steering<'py>(
    py: Python<'py>,
    elements: f64,
    angle_rad: &Bound<'py, PyAny>,
    reference: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let elements = refuse_count(elements, "elements", 1 << 20)?;
    let line = UniformLine::new(elements, word("reference", reference, REFERENCES)?);
    let angles = real(angle_rad, "angle_rad", &["direction"])?;
    refuse_size("elements", &[elements, angles.shape()[0], 4])?;
    let (mut response, mut slopes) = (Vec::<C64>::new(), Vec::<C64>::new());
    for angle in angles.slice()? {
        let (a, slope) = line.steering(*angle);
        response.extend(a);
        slopes.extend(slope);
    }
    let shape = [angles.shape()[0], elements];
    Ok((result(py, response, &shape)?, result(py, slopes, &shape)?))
}

/// Cramér–Rao bound of a user's angle under its own matched beam, in rad².
///
/// ``1 / (2 m η B)`` with ``B = π² cos²θ (L_r² − 1)/12`` (docs/errata.md#frame-e2).
///
/// Parameters
/// ----------
/// samples : float
///     Samples m of the echo.
/// echo_snr : float
///     Signal-to-noise ratio η of one sample, linear.
/// angle_rad : float
///     Angle from broadside in radians.
/// receive_elements : int
///     Receive antennas L_r.
///
/// Returns
/// -------
/// float
///     Bound in rad².
///
/// Examples
/// --------
/// >>> round(angle_crb(100, 1.0, 0.0, 16) * 1e5, 3)
/// 2.384
#[pyfunction]
pub(crate) fn angle_crb(
    samples: f64,
    echo_snr: f64,
    angle_rad: f64,
    receive_elements: f64,
) -> PyResult<f64> {
    positive(samples, "samples")?;
    positive(echo_snr, "echo_snr")?;
    number(angle_rad, "angle_rad", Range::Within(-TAU, TAU))?;
    // One antenna sees no angle.
    let elements = count_from(receive_elements, "receive_elements", 2, 1 << 20)?;
    result_number(angle_crb_rad2(samples, echo_snr, matched_bracket(angle_rad, elements)))
}
