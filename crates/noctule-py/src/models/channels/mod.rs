//! `noctule.channels`: models of channels as functions, for every system.

mod large_scale;

use noctule::beamforming::Channel;
use noctule_phy::channels::array::UniformArray;
use noctule_phy::channels::cdl::{AngleTarget, DelayLine, Profile, RAYS};
use noctule_phy::channels::scattering::{Scattering, Spectrum};
use pyo3::prelude::*;

use crate::arrays::{
    Range, accept, count_from, json_of, number, refuse_size, result, shaped, whole,
};
use crate::errors::refuse;
use crate::models::{Directions, planar, rows_of, word};

/// A planar array of any spacing.
fn array_of(
    shape: &Bound<'_, PyAny>,
    spacings: (f64, f64),
    centred: bool,
) -> PyResult<UniformArray> {
    let sides = planar(shape, "shape", false)?;
    let mut both = [spacings.0, spacings.1];
    for spacing in &mut both {
        *spacing = number(*spacing, "spacings", Range::Positive)?;
    }
    let array = UniformArray::new(sides.horizontal, sides.vertical).spaced(both);
    Ok(if centred { array.centred() } else { array })
}

/// Powers, azimuths and polar angles of rays, delays, and the line of sight.
type Line<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, f64);

#[pymodule]
pub(crate) mod channels {
    #[pymodule_export]
    use super::large_scale::{
        echo_amplitude, element_gain_db, line_of_sight_probability, noise_w, path_loss_db,
    };
    #[allow(clippy::wildcard_imports)]
    use super::*;

    /// Responses of a planar array of any spacing to plane waves, of norm one.
    ///
    /// ``a = exp(j2πρ[d_h i_h sin θ sin φ + d_v i_v cos φ]) / √N``, vertical index fastest, spacings in
    /// wavelengths of the carrier, ρ the frequency over that of the carrier. Half a wavelength, ρ = 1 and
    /// the reference in the corner are ``phy.planar_steering``. The plane wave of any textbook (Van Trees,
    /// "Optimum Array Processing", Chapter 2).
    ///
    /// Parameters
    /// ----------
    /// shape : ArrayLike
    ///     ``[horizontal, vertical]`` numbers of elements.
    /// azimuth_rad : ArrayLike
    ///     Azimuths θ in radians, shape [direction].
    /// polar_rad : ArrayLike
    ///     Polar angles φ from the vertical axis in radians, shape [direction].
    /// spacings : tuple[float, float]
    ///     Distances of neighbours in a row and in a column, in wavelengths.
    /// centred : bool
    ///     Whether the phase reference is the middle of the array and not its corner.
    /// frequency_ratio : float
    ///     ρ.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     Responses, shape [direction, antenna].
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For counts out of range, lengths that differ, entries that are not finite.
    ///
    /// Examples
    /// --------
    /// >>> a = steering([2, 1], [np.pi / 6], [np.pi / 2], spacings=(1.0, 0.5))
    /// >>> np.allclose(a, [[1 / np.sqrt(2), -1 / np.sqrt(2)]])
    /// True
    #[pyfunction]
    #[pyo3(signature = (
        shape, azimuth_rad, polar_rad, spacings=(0.5, 0.5), centred=false, frequency_ratio=1.0
    ))]
    fn steering<'py>(
        py: Python<'py>,
        shape: &Bound<'py, PyAny>,
        azimuth_rad: &Bound<'py, PyAny>,
        polar_rad: &Bound<'py, PyAny>,
        spacings: (f64, f64),
        centred: bool,
        frequency_ratio: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = array_of(shape, spacings, centred)?;
        let ratio = number(frequency_ratio, "frequency_ratio", Range::Positive)?;
        let directions = Directions::new(azimuth_rad, polar_rad)?;
        refuse_size("shape", &[array.elements(), directions.len()])?;
        let mut out = Vec::with_capacity(array.elements() * directions.len());
        for (azimuth, polar) in directions.pairs()? {
            out.extend(array.far_response(azimuth, polar, ratio));
        }
        shaped(py, out, &[directions.len(), array.elements()])
    }

    /// Covariance of what local scatterers around a direction send, with trace N.
    ///
    /// Directions are (θ + X, φ + Y), X and Y independent with the standard deviations given; exact for
    /// any spread (an expansion in Bessel functions over θ, a quadrature over φ), where a small-angle
    /// form is off by 0.09 at 20°. Half of Björnson, Hoydis, Sanguinetti, "Massive MIMO Networks", Section
    /// 2.6, is its Gaussian case.
    ///
    /// Parameters
    /// ----------
    /// shape : ArrayLike
    ///     ``[horizontal, vertical]`` numbers of elements.
    /// azimuth_rad : float
    ///     θ in radians.
    /// polar_rad : float
    ///     φ in radians.
    /// azimuth_std_rad : float
    ///     Standard deviation of the azimuth in radians.
    /// polar_std_rad : float
    ///     Standard deviation of the polar angle in radians.
    /// spectrum : str
    ///     ``gaussian``, ``laplacian`` or ``uniform``.
    /// spacings : tuple[float, float]
    ///     Distances of neighbours in wavelengths.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     R, shape [antenna, antenna].
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For spreads that are negative, a spectrum that there is not.
    ///
    /// Examples
    /// --------
    /// >>> r = covariance([4, 1], 0.3, np.pi / 2, 0.1)
    /// >>> round(float(np.trace(r).real), 9), bool(abs(r[0, 3]) < abs(r[0, 1]))
    /// (4.0, True)
    #[pyfunction]
    #[pyo3(signature = (
        shape, azimuth_rad, polar_rad, azimuth_std_rad, polar_std_rad=0.0, spectrum="gaussian",
        spacings=(0.5, 0.5)
    ))]
    #[allow(clippy::too_many_arguments, reason = "the keywords of the Python function")]
    fn covariance<'py>(
        py: Python<'py>,
        shape: &Bound<'py, PyAny>,
        azimuth_rad: f64,
        polar_rad: f64,
        azimuth_std_rad: f64,
        polar_std_rad: f64,
        spectrum: &str,
        spacings: (f64, f64),
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = array_of(shape, spacings, false)?;
        let families = [
            ("gaussian", Spectrum::Gaussian),
            ("laplacian", Spectrum::Laplacian),
            ("uniform", Spectrum::Uniform),
        ];
        let around = Scattering {
            azimuth_rad: number(azimuth_rad, "azimuth_rad", Range::Finite)?,
            polar_rad: number(polar_rad, "polar_rad", Range::Finite)?,
            azimuth_std_rad: number(azimuth_std_rad, "azimuth_std_rad", Range::Within(0.0, 7.0))?,
            polar_std_rad: number(polar_std_rad, "polar_std_rad", Range::Within(0.0, 2.0))?,
            spectrum: word("spectrum", spectrum, &families)?,
        };
        refuse_size("shape", &[array.elements(), array.elements(), 2])?;
        let n = array.elements();
        result(py, rows_of(&around.covariance_of(&array)), &[n, n])
    }

    /// Channels as scenarios of ``beamforming`` draw them.
    ///
    /// ``channel`` is the name of a kind or its table: ``rayleigh``, ``correlated`` (local scattering, as
    /// ``covariance``), ``rician`` (Rice, "Mathematical analysis of random noise"; K from −300 dB, scatter
    /// alone, to 300 dB, a line of sight alone), ``clustered`` (extended Saleh–Valenzuela), ``cdl`` and
    /// ``geometry`` (3GPP TR 38.901), with the keys of docs/channels.md. The user receives ``conj(h) · x``. Trial t here is trial t of an experiment with
    /// this seed.
    ///
    /// Parameters
    /// ----------
    /// channel : Any
    ///     Kind, table, or ``beamforming.Channel…``.
    /// shape : ArrayLike
    ///     ``[horizontal, vertical]`` numbers of elements.
    /// users : int
    ///     Number of users.
    /// trials : int
    ///     Number of trials, from 0.
    /// seed : int
    ///     Seed of the draw.
    /// spacings : tuple[float, float]
    ///     Distances of neighbours in wavelengths.
    /// centred : bool
    ///     Whether the phase reference is the middle of the array.
    ///
    /// Returns
    /// -------
    /// ComplexArray
    ///     Channels, shape [trial, user, antenna]: what ``channel.kind = "file"`` reads.
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For a kind or keys that there are not, parameters out of range.
    ///
    /// Examples
    /// --------
    /// >>> h = draw({"kind": "rician", "k_factor_db": 10.0}, [4, 2], 3, trials=5)
    /// >>> h.shape
    /// (5, 3, 8)
    #[pyfunction]
    #[pyo3(signature = (
        channel, shape, users, trials=1.0, seed=None, spacings=(0.5, 0.5), centred=false
    ))]
    #[allow(clippy::too_many_arguments, reason = "the keywords of the Python function")]
    fn draw<'py>(
        py: Python<'py>,
        channel: &Bound<'py, PyAny>,
        shape: &Bound<'py, PyAny>,
        users: f64,
        trials: f64,
        seed: Option<&Bound<'py, PyAny>>,
        spacings: (f64, f64),
        centred: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = array_of(shape, spacings, centred)?;
        let (users, trials) =
            (count_from(users, "users", 0, 4096)?, count_from(trials, "trials", 0, 1 << 24)?);
        let seed = seed.map_or(Ok(1), |seed| whole(seed, "seed"))?;
        refuse_size("trials, users, antennas", &[trials, users, array.elements()])?;
        let value = match json_of(channel, "channel")? {
            serde_json::Value::String(kind) => serde_json::json!({ "kind": kind }),
            other => other,
        };
        let read: Channel = serde_json::from_value(value.clone()).map_err(|error| {
            let allowed = "a kind of channel, or a table with `kind` and its keys";
            refuse(&format!("this is no channel: {error}"), "channel", value.to_string(), allowed)
        })?;
        if matches!(read, Channel::File { .. }) {
            let allowed = "a kind that is drawn; noctule.io reads files";
            return Err(refuse("channels of a file are not drawn", "channel", "file", allowed));
        }
        accept(read.validate())?;
        let mut out = Vec::with_capacity(trials * users * array.elements());
        for trial in 0..trials {
            let drawn = accept(read.draw(seed, trial as u64, &array, users))?;
            out.extend_from_slice(drawn.as_slice());
        }
        result(py, out, &[trials, users, array.elements()])
    }

    /// Rays of a clustered delay line of 3GPP TR 38.901, Section 7.7.1.
    ///
    /// Parameters
    /// ----------
    /// profile : str
    ///     ``A`` to ``E``.
    /// delay_spread_s : float
    ///     Wanted delay spread in seconds.
    /// k_factor_db : float or None
    ///     Line of sight over all clusters in dB, of D and E; None keeps the profile's.
    /// azimuth_rad : float or None
    ///     Where the mean azimuth is moved to; None leaves it.
    /// azimuth_spread_rad : float or None
    ///     Wanted spread of the azimuth; None keeps the profile's.
    ///
    /// Returns
    /// -------
    /// tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]
    ///     Powers [cluster], delays in seconds [cluster], azimuths and polar angles in radians [cluster,
    ///     ray], and the power of the line of sight; powers sum to one.
    ///
    /// Raises
    /// ------
    /// InvalidInput
    ///     For a profile that there is not, a factor K of one without line of sight.
    ///
    /// Examples
    /// --------
    /// >>> powers, delays, azimuths, polars, sight = delay_line("D", 1e-7)
    /// >>> azimuths.shape, round(float(powers.sum()) + sight, 12)
    /// ((13, 20), 1.0)
    #[pyfunction]
    #[pyo3(signature = (
        profile, delay_spread_s=0.0, k_factor_db=None, azimuth_rad=None, azimuth_spread_rad=None
    ))]
    fn delay_line<'py>(
        py: Python<'py>,
        profile: &str,
        delay_spread_s: f64,
        k_factor_db: Option<f64>,
        azimuth_rad: Option<f64>,
        azimuth_spread_rad: Option<f64>,
    ) -> PyResult<Line<'py>> {
        let known: Vec<(&str, Profile)> = Profile::ALL.iter().map(|p| (p.name(), *p)).collect();
        let spread = number(delay_spread_s, "delay_spread_s", Range::NotNegative)?;
        let mut line = DelayLine::new(word("profile", profile, &known)?, spread);
        line.k_factor_db = k_factor_db;
        let finite = |name: &'static str| move |value: f64| number(value, name, Range::Finite);
        let spread_rad = azimuth_spread_rad.map(finite("azimuth_spread_rad")).transpose()?;
        if let Some(mean_rad) = azimuth_rad.map(finite("azimuth_rad")).transpose()? {
            line.azimuth = Some(AngleTarget { mean_rad, spread_rad });
        } else if spread_rad.is_some() {
            let allowed = "azimuth_rad beside it";
            return Err(refuse("a spread needs a mean", "azimuth_spread_rad", "no mean", allowed));
        }
        let rays = accept(line.rays())?;
        let clusters = rays.powers.len();
        let flat = |all: &[[f64; RAYS]]| all.iter().flatten().copied().collect::<Vec<f64>>();
        Ok((
            shaped(py, rays.powers.clone(), &[clusters])?,
            shaped(py, rays.delays_s.clone(), &[clusters])?,
            shaped(py, flat(&rays.azimuths_rad), &[clusters, RAYS])?,
            shaped(py, flat(&rays.polars_rad), &[clusters, RAYS])?,
            rays.line_of_sight_power,
        ))
    }
}
