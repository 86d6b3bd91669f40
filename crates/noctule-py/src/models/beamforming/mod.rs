//! `noctule.beamforming`: Fisher information and bounds of a monostatic station.

mod band;
mod threshold;

use noctule::C64;
use noctule_phy::gradients::CrbTrace;
use pyo3::prelude::*;

use super::{Directions, planar};
use crate::arrays::{
    Held, Range, complex, not_negative, number, real, result, result_number, same_length,
};
use crate::errors::{NumericalError, refuse};

/// A scene and beams that fit together.
struct Scene<'py> {
    crb: CrbTrace,
    targets: usize,
    beams: Held<'py, C64>,
}

/// What describes a scene, as Python hands it over.
struct Given<'a, 'py> {
    beams: &'a Bound<'py, PyAny>,
    transmit_shape: &'a Bound<'py, PyAny>,
    receive_shape: &'a Bound<'py, PyAny>,
    azimuth_rad: &'a Bound<'py, PyAny>,
    polar_rad: &'a Bound<'py, PyAny>,
    reflection: &'a Bound<'py, PyAny>,
    information: f64,
    unit_modulus: bool,
}

impl<'py> Scene<'py> {
    fn new(given: &Given<'_, 'py>) -> PyResult<Self> {
        let transmit = planar(given.transmit_shape, "transmit_shape", given.unit_modulus)?;
        let receive = planar(given.receive_shape, "receive_shape", given.unit_modulus)?;
        let directions = Directions::new(given.azimuth_rad, given.polar_rad)?;
        let reflection = complex(given.reflection, "reflection", &["target"])?;
        let targets = directions.len();
        same_length("reflection", "target", reflection.shape()[0], targets, "azimuth_rad")?;
        let beams = complex(given.beams, "beams", &["stream", "antenna"])?;
        let elements = transmit.elements();
        same_length("beams", "antenna", beams.shape()[1], elements, "transmit_shape")?;
        let information = number(given.information, "information", Range::Positive)?;
        if !(1..=64).contains(&targets) {
            let (what, found) = ("the count is out of range", targets.to_string());
            return Err(refuse(what, "azimuth_rad", found, "1 to 64 targets"));
        }
        let (sent, seen) = (
            directions.steering(transmit, "transmit_shape")?,
            directions.steering(receive, "receive_shape")?,
        );
        let crb = CrbTrace::new(&sent, &seen, reflection.slice()?, information);
        Ok(Self { crb, targets, beams })
    }
}

fn singular() -> PyErr {
    NumericalError::new_err(
        "the Fisher matrix is singular: the beams are too few, some target is not illuminated, or \
         the directions cannot be told apart (on the array's axis, in its plane, mirrored, equal)",
    )
}

#[pymodule]
#[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
pub(crate) mod beamforming {
    #[allow(clippy::wildcard_imports)]
    use super::*;
    #[pymodule_export]
    use crate::models::beamforming::band::band_crb;
    #[pymodule_export]
    use crate::models::beamforming::band::band_fisher_matrix;
    #[pymodule_export]
    use crate::models::beamforming::band::band_parameters;
    #[pymodule_export]
    use crate::models::beamforming::band::band_rates;
    #[pymodule_export]
    use crate::models::beamforming::threshold::barankin_bound_deg;
    #[pymodule_export]
    use crate::models::beamforming::threshold::predicted_error_deg;
    #[pymodule_export]
    use crate::models::beamforming::threshold::threshold_margin_db;

    /// Fisher matrix of the angles and reflections of several targets.
    ///
    /// ``F_ij = information · Re tr(D_iᴴ D_j WWᴴ)`` with ``D_i = ∂(B U Aᴴ)/∂ω_i`` and
    /// ``ω = [θ…, φ…, Re α…, Im α…]`` (Fang et al., Eq. (8); W is the
    /// expected covariance's root, docs/errata.md#beamforming-e32).
    ///
    /// Parameters
    /// ----------
    /// beams : ArrayLike
    ///     Beams in √W, shape [stream, antenna]. Read without copying.
    /// transmit_shape : ArrayLike
    ///     ``[horizontal, vertical]`` elements of the transmit array.
    /// receive_shape : ArrayLike
    ///     ``[horizontal, vertical]`` elements of the receive array.
    /// azimuth_rad : ArrayLike
    ///     Azimuths θ in radians, shape [target].
    /// polar_rad : ArrayLike
    ///     Polar angles φ in radians, shape [target].
    /// reflection : ArrayLike
    ///     Complex reflection coefficients α, shape [target].
    /// information : float
    ///     2L/σ² per watt: twice the snapshots over the noise power of a receive antenna.
    /// unit_modulus : bool
    ///     Steering entries of magnitude one instead of steering vectors of norm one.
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Shape [4·target, 4·target].
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For shapes that do not fit, entries that are not finite.
    ///
    /// Examples
    /// --------
    /// >>> F = fisher_matrix(np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], information=60.0)
    /// >>> F.shape, bool(np.allclose(F, F.T))
    /// ((4, 4), True)
    #[pyfunction]
    #[pyo3(signature = (beams, transmit_shape, receive_shape, azimuth_rad, polar_rad, reflection,
                        information, unit_modulus=false))]
    fn fisher_matrix<'py>(
        py: Python<'py>,
        beams: &Bound<'py, PyAny>,
        transmit_shape: &Bound<'py, PyAny>,
        receive_shape: &Bound<'py, PyAny>,
        azimuth_rad: &Bound<'py, PyAny>,
        polar_rad: &Bound<'py, PyAny>,
        reflection: &Bound<'py, PyAny>,
        information: f64,
        unit_modulus: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut scene = Scene::new(&Given {
            beams,
            transmit_shape,
            receive_shape,
            azimuth_rad,
            polar_rad,
            reflection,
            information,
            unit_modulus,
        })?;
        let fisher = scene.crb.fisher(scene.beams.slice()?).to_vec();
        result(py, fisher, &[4 * scene.targets, 4 * scene.targets])
    }

    /// Cramér–Rao bounds of every target: lower bounds of variances, all parameters unknown.
    ///
    /// Parameters
    /// ----------
    /// beams : ArrayLike
    ///     Beams in √W, shape [stream, antenna]. Read without copying.
    /// transmit_shape : ArrayLike
    ///     ``[horizontal, vertical]`` elements of the transmit array.
    /// receive_shape : ArrayLike
    ///     ``[horizontal, vertical]`` elements of the receive array.
    /// azimuth_rad : ArrayLike
    ///     Azimuths θ in radians, shape [target].
    /// polar_rad : ArrayLike
    ///     Polar angles φ in radians, shape [target].
    /// reflection : ArrayLike
    ///     Complex reflection coefficients α, shape [target].
    /// information : float
    ///     2L/σ² per watt.
    /// unit_modulus : bool
    ///     Steering entries of magnitude one instead of steering vectors of norm one.
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Shape [target, 4]: azimuth in rad², polar angle in rad², real and imaginary part of the
    ///     reflection.
    ///
    /// Raises
    /// ------
    /// NumericalError
    ///     Where the Fisher matrix is singular: no beams tell the directions apart (smallest over
    ///     largest eigenvalue below 10⁻¹² under isotropic transmission and reflections of magnitude
    ///     one, the rule that instances are refused by), or these beams do not (a bound above 10¹²
    ///     after scaling to a unit diagonal).
    ///
    /// Examples
    /// --------
    /// >>> bounds = crb(np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], information=60.0)
    /// >>> bounds.shape, bool((bounds > 0).all())
    /// ((1, 4), True)
    #[pyfunction]
    #[pyo3(signature = (beams, transmit_shape, receive_shape, azimuth_rad, polar_rad, reflection,
                        information, unit_modulus=false))]
    fn crb<'py>(
        py: Python<'py>,
        beams: &Bound<'py, PyAny>,
        transmit_shape: &Bound<'py, PyAny>,
        receive_shape: &Bound<'py, PyAny>,
        azimuth_rad: &Bound<'py, PyAny>,
        polar_rad: &Bound<'py, PyAny>,
        reflection: &Bound<'py, PyAny>,
        information: f64,
        unit_modulus: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut scene = Scene::new(&Given {
            beams,
            transmit_shape,
            receive_shape,
            azimuth_rad,
            polar_rad,
            reflection,
            information,
            unit_modulus,
        })?;
        let bounds = scene.crb.bounds(scene.beams.slice()?).ok_or_else(singular)?;
        let entries: Vec<f64> = bounds
            .iter()
            .flat_map(|b| [b.azimuth_rad2, b.polar_rad2, b.reflection_re, b.reflection_im])
            .collect();
        result(py, entries, &[scene.targets, 4])
    }

    /// Weighted trace of the Cramér–Rao bound, and its gradient by the beams.
    ///
    /// ``Σ_i weights[i] · [F⁻¹]_ii``; with weights of one the mixed trace of the literature (Fang et
    /// al., Eq. (10)), which adds squared radians to squared reflections. The gradient g is the
    /// Euclidean one: ``df = Re Σ conj(g) dW``.
    ///
    /// Parameters
    /// ----------
    /// beams : ArrayLike
    ///     Beams in √W, shape [stream, antenna]. Read without copying.
    /// transmit_shape : ArrayLike
    ///     ``[horizontal, vertical]`` elements of the transmit array.
    /// receive_shape : ArrayLike
    ///     ``[horizontal, vertical]`` elements of the receive array.
    /// azimuth_rad : ArrayLike
    ///     Azimuths θ in radians, shape [target].
    /// polar_rad : ArrayLike
    ///     Polar angles φ in radians, shape [target].
    /// reflection : ArrayLike
    ///     Complex reflection coefficients α, shape [target].
    /// information : float
    ///     2L/σ² per watt.
    /// weights : ArrayLike | None
    ///     Weight of each parameter ``[θ…, φ…, Re α…, Im α…]``, shape [4·target]; ones where absent.
    /// unit_modulus : bool
    ///     Steering entries of magnitude one instead of steering vectors of norm one.
    ///
    /// Returns
    /// -------
    /// tuple[float, ComplexArray]
    ///     The trace (infinite where the Fisher matrix is singular as in :func:`crb`, with a
    ///     gradient of zeros), and
    ///     its gradient of shape [stream, antenna].
    ///
    /// Examples
    /// --------
    /// >>> value, gradient = crb_trace(np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], 60.0)
    /// >>> bool(np.isclose(np.vdot(gradient, np.eye(4)).real, -2 * value))  # homogeneous of order −2
    /// True
    #[pyfunction]
    #[pyo3(signature = (beams, transmit_shape, receive_shape, azimuth_rad, polar_rad, reflection,
                        information, weights=None, unit_modulus=false))]
    fn crb_trace<'py>(
        py: Python<'py>,
        beams: &Bound<'py, PyAny>,
        transmit_shape: &Bound<'py, PyAny>,
        receive_shape: &Bound<'py, PyAny>,
        azimuth_rad: &Bound<'py, PyAny>,
        polar_rad: &Bound<'py, PyAny>,
        reflection: &Bound<'py, PyAny>,
        information: f64,
        weights: Option<&Bound<'py, PyAny>>,
        unit_modulus: bool,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let mut scene = Scene::new(&Given {
            beams,
            transmit_shape,
            receive_shape,
            azimuth_rad,
            polar_rad,
            reflection,
            information,
            unit_modulus,
        })?;
        let parameters = 4 * scene.targets;
        let weights =
            weights.map(|weights| real(weights, "weights", &["parameter"])).transpose()?;
        let ones = vec![1.0; parameters];
        let weights = match &weights {
            Some(held) => {
                let found = held.shape()[0];
                same_length("weights", "parameter", found, parameters, "4 · azimuth_rad")?;
                not_negative(held.slice()?, "weights")?;
                held.slice()?
            }
            None => &ones,
        };
        let beams = scene.beams.slice()?;
        let mut gradient = vec![C64::ZERO; beams.len()];
        // Beams that do not tell all parameters apart have an infinite bound, and no gradient.
        let value = match scene.crb.eval(beams, weights, &mut gradient) {
            Some(value) => result_number(value)?,
            None => f64::INFINITY,
        };
        Ok((value, result(py, gradient, scene.beams.shape())?))
    }
}
