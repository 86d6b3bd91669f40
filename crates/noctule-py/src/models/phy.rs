//! `noctule.phy`: arrays, rates, channels, path loss, for every system.

use noctule_phy::arrays::{LinearArray, Normalisation};
use noctule_phy::gradients::{receptions, weighted_rate as rate_with_gradient};
use noctule_phy::rates::Reception;
use noctule_phy::{fading, path_loss};
use pyo3::prelude::*;

use super::{Directions, planar};
use crate::arrays::{
    Held, Range, complex, count_from, number, real, refuse_count, refuse_size, result,
    result_number, same_length, shaped, whole,
};
use crate::errors::refuse;

/// Channels, beams and noise powers that fit together.
pub(crate) struct Link<'py> {
    channels: Held<'py, noctule::C64>,
    beams: Held<'py, noctule::C64>,
    noise_w: Held<'py, f64>,
}

impl<'py> Link<'py> {
    fn new(
        channels: &Bound<'py, PyAny>,
        beams: &Bound<'py, PyAny>,
        noise_w: &Bound<'py, PyAny>,
    ) -> PyResult<Self> {
        let channels = complex(channels, "channels", &["user", "antenna"])?;
        let beams = complex(beams, "beams", &["stream", "antenna"])?;
        let noise_w = real(noise_w, "noise_w", &["user"])?;
        let (users, antennas) = (channels.shape()[0], channels.shape()[1]);
        same_length("beams", "antenna", beams.shape()[1], antennas, "channels")?;
        same_length("noise_w", "user", noise_w.shape()[0], users, "channels")?;
        if antennas == 0 {
            let allowed = "one antenna or more";
            return Err(refuse("there are no antennas", "channels", "0 antennas", allowed));
        }
        if beams.shape()[0] < users {
            let found = format!("{} streams for {users} users", beams.shape()[0]);
            let allowed = "a beam for each user, then others";
            return Err(refuse("there are too few beams", "beams", found, allowed));
        }
        if let Some(noise) = noise_w.slice()?.iter().find(|noise| **noise <= 0.0) {
            let allowed = "positive numbers of watts";
            return Err(refuse("a noise is not positive", "noise_w", noise.to_string(), allowed));
        }
        Ok(Self { channels, beams, noise_w })
    }

    fn antennas(&self) -> usize {
        self.channels.shape()[1]
    }
}

/// Three arrays: a response and its derivatives.
type Steered<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

#[pymodule]
pub(crate) mod phy {
    #[allow(clippy::wildcard_imports)]
    use super::*;

    /// Steering vectors of a planar array and their derivatives by both angles.
    ///
    /// ``a = a_h ⊗ a_v``, ``a_h[n] = exp(jπ n sin θ sin φ)``, ``a_v[n] = exp(jπ n cos φ)``, vertical
    /// index fastest, phase reference at the corner element, norm one (Fang et al., Eq. (3), with
    /// docs/errata.md#beamforming-e24: φ is a polar angle).
    ///
    /// Parameters
    /// ----------
    /// shape : ArrayLike
    ///     ``[horizontal, vertical]`` numbers of elements.
    /// azimuth_rad : ArrayLike
    ///     Azimuths θ in radians, shape [direction].
    /// polar_rad : ArrayLike
    ///     Polar angles φ in radians, shape [direction].
    /// unit_modulus : bool
    ///     Entries of magnitude one instead of vectors of norm one.
    ///
    /// Returns
    /// -------
    /// tuple[ComplexArray, ComplexArray, ComplexArray]
    ///     ``a``, ``∂a/∂θ`` and ``∂a/∂φ`` per radian, each of shape [direction, antenna].
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For counts out of range, lengths that differ, entries that are not finite.
    ///
    /// Examples
    /// --------
    /// >>> a, by_azimuth, by_polar = planar_steering([2, 1], [np.pi / 6], [np.pi / 2])
    /// >>> np.allclose(a, [[1 / np.sqrt(2), 1j / np.sqrt(2)]])
    /// True
    #[pyfunction]
    #[pyo3(signature = (shape, azimuth_rad, polar_rad, unit_modulus=false))]
    fn planar_steering<'py>(
        py: Python<'py>,
        shape: &Bound<'py, PyAny>,
        azimuth_rad: &Bound<'py, PyAny>,
        polar_rad: &Bound<'py, PyAny>,
        unit_modulus: bool,
    ) -> PyResult<Steered<'py>> {
        let array = planar(shape, "shape", unit_modulus)?;
        let directions = Directions::new(azimuth_rad, polar_rad)?;
        let steering = directions.steering(array, "shape")?;
        let shape = [directions.len(), array.elements()];
        Ok((
            shaped(py, steering.response.into_vec(), &shape)?,
            shaped(py, steering.by_azimuth.into_vec(), &shape)?,
            shaped(py, steering.by_polar.into_vec(), &shape)?,
        ))
    }

    /// Steering vectors of a half-wavelength linear array, ``a[n] = exp(jπ n sin ϑ)/√N``.
    ///
    /// Parameters
    /// ----------
    /// elements : int
    ///     Number of elements N.
    /// angle_rad : ArrayLike
    ///     Angles ϑ from broadside in radians, shape [direction].
    /// unit_modulus : bool
    ///     Entries of magnitude one instead of vectors of norm one.
    ///
    /// Returns
    /// -------
    /// tuple[ComplexArray, ComplexArray]
    ///     ``a`` and ``∂a/∂ϑ`` per radian, each of shape [direction, antenna].
    ///
    /// Examples
    /// --------
    /// >>> a, slope = linear_steering(4, [0.0])
    /// >>> np.allclose(a, 0.5)
    /// True
    #[pyfunction]
    #[pyo3(signature = (elements, angle_rad, unit_modulus=false))]
    fn linear_steering<'py>(
        py: Python<'py>,
        elements: f64,
        angle_rad: &Bound<'py, PyAny>,
        unit_modulus: bool,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let elements = refuse_count(elements, "elements", 1 << 20)?;
        let normalisation =
            if unit_modulus { Normalisation::UnitModulus } else { Normalisation::UnitNorm };
        let array = LinearArray { elements, normalisation };
        let angles = real(angle_rad, "angle_rad", &["direction"])?;
        refuse_size("elements", &[elements, angles.shape()[0], 4])?;
        let (mut response, mut slopes) = (Vec::new(), Vec::new());
        for angle in angles.slice()? {
            let (a, slope) = array.steering(*angle);
            response.extend(a);
            slopes.extend(slope);
        }
        let shape = [angles.shape()[0], elements];
        Ok((shaped(py, response, &shape)?, shaped(py, slopes, &shape)?))
    }

    /// Signal-to-interference-plus-noise ratio of every user under linear beams.
    ///
    /// User k receives ``h_kᴴ x`` and treats every stream but its own as noise:
    /// ``γ_k = |h_kᴴ w_k|² / (Σ_{j≠k} |h_kᴴ w_j|² + σ_k²)`` (Fang et al., Eq. (2)).
    ///
    /// Parameters
    /// ----------
    /// channels : ArrayLike
    ///     Channels, shape [user, antenna]; they are conjugated. Read without copying.
    /// beams : ArrayLike
    ///     Beams in √W, shape [stream, antenna], those of users first. Read without copying.
    /// noise_w : ArrayLike
    ///     Noise power of each user in watts, shape [user].
    ///
    /// Returns
    /// -------
    /// FloatArray
    ///     Linear ratios, shape [user].
    ///
    /// Examples
    /// --------
    /// >>> sinr([[1, 1j]], [[1, 1j]], [2.0])
    /// array([2.])
    #[pyfunction]
    fn sinr<'py>(
        py: Python<'py>,
        channels: &Bound<'py, PyAny>,
        beams: &Bound<'py, PyAny>,
        noise_w: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let link = Link::new(channels, beams, noise_w)?;
        let (h, w, noise) = (link.channels.slice()?, link.beams.slice()?, link.noise_w.slice()?);
        let found: Vec<f64> =
            receptions(link.antennas(), h, w, noise).iter().map(Reception::sinr).collect();
        let shape = [found.len()];
        result(py, found, &shape)
    }

    /// Weighted sum of the users' rates ln(1 + γ) in nat/s/Hz, and its gradient by the beams.
    ///
    /// With ``weights = f'(rate)`` the gradient is that of ``Σ f(rate)``. The gradient g is the
    /// Euclidean one: ``df = Re Σ conj(g) dW``, twice the derivative by the conjugate.
    ///
    /// Parameters
    /// ----------
    /// channels : ArrayLike
    ///     Channels, shape [user, antenna]; they are conjugated. Read without copying.
    /// beams : ArrayLike
    ///     Beams in √W, shape [stream, antenna], those of users first. Read without copying.
    /// noise_w : ArrayLike
    ///     Noise power of each user in watts, shape [user].
    /// weights : ArrayLike | None
    ///     Weight of each user per nat, shape [user]; ones where absent.
    ///
    /// Returns
    /// -------
    /// tuple[float, ComplexArray]
    ///     The weighted sum, and its gradient of shape [stream, antenna].
    ///
    /// Examples
    /// --------
    /// >>> value, gradient = sum_rate([[1.0, 0.0]], [[1.0, 0.0]], [1.0])
    /// >>> bool(np.isclose(value, np.log(2))), gradient.real
    /// (True, array([[1., 0.]]))
    #[pyfunction]
    #[pyo3(signature = (channels, beams, noise_w, weights=None))]
    fn sum_rate<'py>(
        py: Python<'py>,
        channels: &Bound<'py, PyAny>,
        beams: &Bound<'py, PyAny>,
        noise_w: &Bound<'py, PyAny>,
        weights: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(f64, Bound<'py, PyAny>)> {
        let link = Link::new(channels, beams, noise_w)?;
        let users = link.channels.shape()[0];
        let weights = weights.map(|weights| real(weights, "weights", &["user"])).transpose()?;
        let ones = vec![1.0; users];
        let weights = match &weights {
            Some(held) => {
                same_length("weights", "user", held.shape()[0], users, "channels")?;
                held.slice()?
            }
            None => &ones,
        };
        let (h, w, noise) = (link.channels.slice()?, link.beams.slice()?, link.noise_w.slice()?);
        let mut gradient = vec![noctule::C64::ZERO; w.len()];
        let value = rate_with_gradient(link.antennas(), h, w, noise, weights, &mut gradient);
        Ok((result_number(value)?, result(py, gradient, link.beams.shape())?))
    }

    /// Independent Rayleigh fading, the draws that scenarios use: entries CN(0, 1).
    ///
    /// Each user has a random stream of its own, named by seed, system, user and trial.
    ///
    /// Parameters
    /// ----------
    /// seed : int
    ///     Seed of all draws.
    /// trial : int
    ///     Trial.
    /// users : int
    ///     Number of users.
    /// antennas : int
    ///     Number of antennas.
    /// system : str
    ///     The system's name is part of the streams' names.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     Channels, shape [user, antenna].
    ///
    /// Examples
    /// --------
    /// >>> rayleigh(1, 0, 2, 16).shape
    /// (2, 16)
    #[pyfunction]
    #[pyo3(signature = (seed, trial, users, antennas, system="beamforming"))]
    fn rayleigh<'py>(
        py: Python<'py>,
        seed: &Bound<'py, PyAny>,
        trial: &Bound<'py, PyAny>,
        users: f64,
        antennas: f64,
        system: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (seed, trial) = (whole(seed, "seed")?, whole(trial, "trial")?);
        let users = count_from(users, "users", 0, 1 << 27)?;
        let antennas = count_from(antennas, "antennas", 0, 1 << 27)?;
        refuse_size("users, antennas", &[users, antennas])?;
        let channels = fading::rayleigh(seed, system, trial, antennas, users);
        shaped(py, channels.into_vec(), &[users, antennas])
    }

    /// Mean power gain ``reference_gain · (d / 1 m)^(−exponent)`` of a path.
    ///
    /// Parameters
    /// ----------
    /// reference_gain : float
    ///     Linear power gain at one metre.
    /// distance_m : float
    ///     Distance in metres.
    /// exponent : float
    ///     Path-loss exponent.
    ///
    /// Returns
    /// -------
    /// float
    ///     Linear power gain.
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For gains and distances that are not positive, exponents that are negative.
    ///
    /// Examples
    /// --------
    /// >>> round(power_law_gain(1e-4, 10.0, 2.0), 12)
    /// 1e-06
    #[pyfunction]
    fn power_law_gain(reference_gain: f64, distance_m: f64, exponent: f64) -> PyResult<f64> {
        let reference_gain = number(reference_gain, "reference_gain", Range::Positive)?;
        let distance_m = number(distance_m, "distance_m", Range::Positive)?;
        let exponent = number(exponent, "exponent", Range::NotNegative)?;
        result_number(path_loss::power_law(reference_gain, distance_m, exponent))
    }

    /// Mean power gain of the model ``loss = intercept + slope · log₁₀(d / 1 km)`` decibels.
    ///
    /// Parameters
    /// ----------
    /// intercept_db : float
    ///     Loss at one kilometre in dB.
    /// slope_db : float
    ///     Loss per decade in dB.
    /// distance_m : float
    ///     Distance in metres.
    ///
    /// Returns
    /// -------
    /// float
    ///     Linear power gain.
    ///
    /// Examples
    /// --------
    /// >>> round(float(-10 * np.log10(log_distance_gain(128.1, 37.6, 1000.0))), 9)
    /// 128.1
    #[pyfunction]
    fn log_distance_gain(intercept_db: f64, slope_db: f64, distance_m: f64) -> PyResult<f64> {
        let intercept_db = number(intercept_db, "intercept_db", Range::Finite)?;
        let slope_db = number(slope_db, "slope_db", Range::Finite)?;
        let distance_m = number(distance_m, "distance_m", Range::Positive)?;
        result_number(path_loss::log_distance(intercept_db, slope_db, distance_m))
    }
}
