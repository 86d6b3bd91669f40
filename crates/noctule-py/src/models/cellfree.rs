//! `noctule.cellfree`: beampatterns and their error.

use noctule_num::CMat;
use noctule_phy::beampattern::{PatternError, lags_of, pattern as pattern_at};
use pyo3::prelude::*;

use crate::arrays::{complex, positive, real, refuse_count, same_length, shaped};
use crate::errors::refuse;

/// A covariance, from C order.
fn covariance_of(value: &Bound<'_, PyAny>) -> PyResult<CMat> {
    let held = complex(value, "covariance", &["antenna", "antenna"])?;
    let n = held.shape()[0];
    same_length("covariance", "antenna", held.shape()[1], n, "covariance")?;
    if n == 0 {
        let allowed = "one antenna or more";
        return Err(refuse("there are no antennas", "covariance", "0 antennas", allowed));
    }
    let entries = held.slice()?;
    Ok(CMat::from_fn(n, n, |i, j| entries[i * n + j]))
}

#[pymodule]
pub(crate) mod cellfree {
    #[allow(clippy::wildcard_imports)]
    use super::*;

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
    fn beampattern<'py>(
        py: Python<'py>,
        covariance: &Bound<'py, PyAny>,
        angle_rad: &Bound<'py, PyAny>,
        spacing: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let lags = lags_of(&covariance_of(covariance)?);
        let angles = real(angle_rad, "angle_rad", &["direction"])?;
        positive(spacing, "spacing")?;
        let found: Vec<f64> =
            angles.slice()?.iter().map(|angle| pattern_at(&lags, spacing, *angle)).collect();
        shaped(py, found, angles.shape())
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
    #[pyo3(signature = (covariance, targets_rad, width_rad, points=181, spacing=0.5))]
    fn pattern_error(
        covariance: &Bound<'_, PyAny>,
        targets_rad: &Bound<'_, PyAny>,
        width_rad: f64,
        points: usize,
        spacing: f64,
    ) -> PyResult<(f64, f64)> {
        let covariance = covariance_of(covariance)?;
        let targets = real(targets_rad, "targets_rad", &["target"])?;
        positive(width_rad, "width_rad")?;
        positive(spacing, "spacing")?;
        let points = refuse_count(points as f64, "points", 1 << 20)?;
        let elements = covariance.rows();
        let form = PatternError::new(elements, spacing, targets.slice()?, width_rad, points);
        let lags = lags_of(&covariance);
        Ok((form.error(&lags), form.scale(&lags)))
    }
}
