//! `noctule.frame`: correlation, aging, angle bounds, estimates from a sensed prior.

use noctule_num::CMat;
use noctule_phy::angle_crb::{angle_crb_rad2, matched_bracket};
use noctule_phy::mmse::SensedEstimate;
use noctule_phy::one_ring::{OneRing, PhaseReference, PowerAngleSpectrum, UniformLine};
use pyo3::prelude::*;

use crate::arrays::{complex, positive, refuse_count, same_length, shaped};
use crate::errors::{NumericalError, refuse};

fn spectrum_of(name: &str) -> PyResult<PowerAngleSpectrum> {
    match name {
        "uniform" => Ok(PowerAngleSpectrum::Uniform),
        "gaussian" => Ok(PowerAngleSpectrum::Gaussian),
        "laplacian" => Ok(PowerAngleSpectrum::Laplacian),
        "raised-cosine" => Ok(PowerAngleSpectrum::RaisedCosine),
        other => {
            let allowed = "uniform, gaussian, laplacian, raised-cosine";
            Err(refuse("there is no such spectrum", "spectrum", other, allowed))
        }
    }
}

/// A square matrix.
fn square(value: &Bound<'_, PyAny>, name: &str) -> PyResult<CMat> {
    let held = complex(value, name, &["antenna", "antenna"])?;
    let (rows, cols) = (held.shape()[0], held.shape()[1]);
    same_length(name, "antenna", cols, rows, name)?;
    // C order is row after row.
    let entries = held.slice()?;
    Ok(CMat::from_fn(rows, cols, |i, j| entries[i * cols + j]))
}

#[pymodule]
pub(crate) mod frame {
    #[allow(clippy::wildcard_imports)]
    use super::*;

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
    fn one_ring<'py>(
        py: Python<'py>,
        elements: f64,
        angle_rad: f64,
        spread_rad: f64,
        spectrum: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let elements = refuse_count(elements, "elements", 4096)?;
        for (name, value) in [("angle_rad", angle_rad), ("spread_rad", spread_rad)] {
            let limit = std::f64::consts::TAU;
            if value.is_nan() || value.abs() > limit {
                let allowed = "an angle within ±2π radians";
                return Err(refuse("the angle is out of range", name, value.to_string(), allowed));
            }
        }
        let line = UniformLine::new(elements, PhaseReference::First);
        let ring = OneRing { line, angle_rad, spread_rad, spectrum: spectrum_of(spectrum)? };
        let r = ring.integrate().correlation;
        // Column after column of R is row after row of its transpose.
        let transposed = CMat::from_fn(elements, elements, |i, j| r[(j, i)]);
        shaped(py, transposed.into_vec(), &[elements, elements])
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
    fn angle_crb(
        samples: f64,
        echo_snr: f64,
        angle_rad: f64,
        receive_elements: f64,
    ) -> PyResult<f64> {
        positive(samples, "samples")?;
        positive(echo_snr, "echo_snr")?;
        let elements = refuse_count(receive_elements, "receive_elements", 1 << 20)?;
        Ok(angle_crb_rad2(samples, echo_snr, matched_bracket(angle_rad, elements)))
    }

    /// Correlation of a channel with itself some blocks later.
    ///
    /// Parameters
    /// ----------
    /// blocks : int
    ///     Number of blocks, the first is that of the estimate.
    /// base : float | None
    ///     Geometric aging ``base^lag``.
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
    #[pyo3(signature = (blocks, base=None, doppler_blocks=None, offset=0))]
    fn aging<'py>(
        py: Python<'py>,
        blocks: f64,
        base: Option<f64>,
        doppler_blocks: Option<f64>,
        offset: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let blocks = refuse_count(blocks, "blocks", 1 << 20)?;
        let found = match (base, doppler_blocks) {
            (Some(base), None) if base.is_finite() => {
                noctule_phy::aging::geometric(base, blocks, offset)
            }
            (None, Some(doppler)) if doppler.is_finite() => {
                noctule_phy::aging::jakes(doppler, blocks, offset)
            }
            _ => {
                let allowed = "one of the two, a finite number";
                let found = "none, both, or a number that is not finite";
                return Err(refuse(
                    "the law of aging is not clear",
                    "base, doppler_blocks",
                    found,
                    allowed,
                ));
            }
        };
        shaped(py, found, &[blocks])
    }

    /// Trace of the covariance of a channel estimate whose prior was sensed, relative to the gain.
    ///
    /// Prior ``(R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance ``W R̂`` (docs/errata.md#frame-e3).
    ///
    /// Parameters
    /// ----------
    /// correlation : ArrayLike
    ///     R of unit trace, shape [antenna, antenna].
    /// sensing_error : ArrayLike
    ///     Covariance E of what sensing leaves unknown, shape [antenna, antenna].
    /// pilot_snr : float
    ///     Signal-to-noise ratio γ of the pilot per unit of gain, linear.
    /// project : bool
    ///     Whether negative eigenvalues of R − E are set to zero.
    ///
    /// Returns
    /// -------
    /// float
    ///     tr C, between 0 and 1.
    ///
    /// Examples
    /// --------
    /// >>> round(estimate_trace(np.eye(4) / 4, np.zeros((4, 4)), 4.0), 12)
    /// 0.5
    #[pyfunction]
    #[pyo3(signature = (correlation, sensing_error, pilot_snr, project=true))]
    fn estimate_trace(
        correlation: &Bound<'_, PyAny>,
        sensing_error: &Bound<'_, PyAny>,
        pilot_snr: f64,
        project: bool,
    ) -> PyResult<f64> {
        let correlation = square(correlation, "correlation")?;
        let error = square(sensing_error, "sensing_error")?;
        same_length("sensing_error", "antenna", error.rows(), correlation.rows(), "correlation")?;
        positive(pilot_snr, "pilot_snr")?;
        let estimate = SensedEstimate::new(&correlation, &error, pilot_snr, project);
        let estimate = estimate.map_err(|error| NumericalError::new_err(error.to_string()))?;
        Ok(estimate.estimate_trace)
    }
}
