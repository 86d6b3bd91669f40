//! Path loss, line of sight, noise, echoes and the pattern of an element.

use noctule_phy::channels::element_pattern;
use noctule_phy::channels::large_scale::{self, Link, Scenario as Formulas};
use pyo3::prelude::*;

use crate::arrays::{Range, accept, number, real, result, result_number, shaped};
use crate::models::{Directions, word};

fn formulas(name: &str) -> PyResult<Formulas> {
    let known: Vec<(&str, Formulas)> = Formulas::ALL.iter().map(|one| (one.name(), *one)).collect();
    word("scenario", name, &known)
}

/// One link for every distance.
fn links(
    distance_m: &Bound<'_, PyAny>,
    frequency_ghz: f64,
    base_height_m: f64,
    user_height_m: f64,
) -> PyResult<Vec<Link>> {
    let held = real(distance_m, "distance_m", &["place"])?;
    let frequency_ghz = number(frequency_ghz, "frequency_ghz", Range::Positive)?;
    let base_height_m = number(base_height_m, "base_height_m", Range::NotNegative)?;
    let user_height_m = number(user_height_m, "user_height_m", Range::NotNegative)?;
    let link = |distance: &f64| {
        let distance_2d_m = number(*distance, "distance_m", Range::Positive)?;
        Ok(Link { distance_2d_m, base_height_m, user_height_m, frequency_ghz })
    };
    held.slice()?.iter().map(link).collect()
}

/// Path loss of 3GPP TR 38.901, Table 7.4.1-1, in dB.
///
/// Parameters
/// ----------
/// scenario : str
///     ``umi``, ``uma``, ``inf-sl``, ``inf-dl``, ``inf-sh``, ``inf-dh`` or ``inf-hh``.
/// distance_m : ArrayLike
///     Distances in the plane in metres, shape [place].
/// frequency_ghz : float
///     Carrier in GHz.
/// line_of_sight : bool
///     Whether there is one.
/// base_height_m : float
///     Height of the base station in metres.
/// user_height_m : float
///     Height of the users in metres.
///
/// Returns
/// -------
/// FloatArray
///     Losses in dB, shape [place].
///
/// Raises
/// ------
/// InvalidInput
///     For a scenario that there is not, users of ``uma`` above 13 m, ``inf-hh`` without line of sight.
///
/// Examples
/// --------
/// >>> [round(float(x), 3) for x in path_loss_db("umi", [100.0], 28.0, True)]
/// [103.376]
#[pyfunction]
#[pyo3(signature = (
    scenario, distance_m, frequency_ghz, line_of_sight, base_height_m=10.0, user_height_m=1.5
))]
pub(crate) fn path_loss_db<'py>(
    py: Python<'py>,
    scenario: &str,
    distance_m: &Bound<'py, PyAny>,
    frequency_ghz: f64,
    line_of_sight: bool,
    base_height_m: f64,
    user_height_m: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let formulas = formulas(scenario)?;
    let links = links(distance_m, frequency_ghz, base_height_m, user_height_m)?;
    let loss = |link: &Link| accept(formulas.path_loss_db(link, line_of_sight));
    let out: Vec<f64> = links.iter().map(loss).collect::<PyResult<_>>()?;
    let count = out.len();
    result(py, out, &[count])
}

/// Probability of a line of sight of 3GPP TR 38.901, Table 7.4.2-1; factories have the clutter of the
/// report's calibration.
///
/// Parameters
/// ----------
/// scenario : str
///     As in ``path_loss_db``.
/// distance_m : ArrayLike
///     Distances in the plane in metres, shape [place].
/// base_height_m : float
///     Height of the base station in metres.
/// user_height_m : float
///     Height of the users in metres.
///
/// Returns
/// -------
/// FloatArray
///     Probabilities, shape [place].
///
/// Examples
/// --------
/// >>> [round(float(p), 4) for p in line_of_sight_probability("umi", [10.0, 100.0])]
/// [1.0, 0.231]
#[pyfunction]
#[pyo3(signature = (scenario, distance_m, base_height_m=10.0, user_height_m=1.5))]
pub(crate) fn line_of_sight_probability<'py>(
    py: Python<'py>,
    scenario: &str,
    distance_m: &Bound<'py, PyAny>,
    base_height_m: f64,
    user_height_m: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let formulas = formulas(scenario)?;
    let links = links(distance_m, 1.0, base_height_m, user_height_m)?;
    let one = |link: &Link| accept(formulas.line_of_sight_probability(link, None));
    let out: Vec<f64> = links.iter().map(one).collect::<PyResult<_>>()?;
    let count = out.len();
    result(py, out, &[count])
}

/// Thermal noise ``k_B T B 10^{NF/10}`` in watts (Johnson and Nyquist), with the Boltzmann constant of the SI.
///
/// Parameters
/// ----------
/// bandwidth_hz : float
///     B in hertz.
/// noise_figure_db : float
///     NF in dB.
/// temperature_k : float
///     T in kelvin.
///
/// Returns
/// -------
/// float
///     Noise power in watts.
///
/// Examples
/// --------
/// >>> round(float(10 * np.log10(noise_w(100e6, 7.0)) + 30), 3)
/// -86.975
#[pyfunction]
#[pyo3(signature = (bandwidth_hz, noise_figure_db, temperature_k=290.0))]
pub(crate) fn noise_w(
    bandwidth_hz: f64,
    noise_figure_db: f64,
    temperature_k: f64,
) -> PyResult<f64> {
    let bandwidth_hz = number(bandwidth_hz, "bandwidth_hz", Range::Positive)?;
    let noise_figure_db = number(noise_figure_db, "noise_figure_db", Range::Finite)?;
    let temperature_k = number(temperature_k, "temperature_k", Range::Positive)?;
    result_number(large_scale::noise_w(bandwidth_hz, noise_figure_db, temperature_k))
}

/// Amplitude of an echo, ``√(λ²σ/((4π)³r⁴))`` (the radar equation), for responses of magnitude one;
/// times √(N_t N_r) for responses of norm one.
///
/// Parameters
/// ----------
/// wavelength_m : float
///     λ in metres.
/// cross_section_m2 : float
///     Radar cross-section σ in m².
/// range_m : float
///     r in metres.
///
/// Returns
/// -------
/// float
///     |α|.
///
/// Examples
/// --------
/// >>> bool(np.isclose(echo_amplitude(0.1, 1.0, 100.0) ** 2, 0.01 / (4 * np.pi) ** 3 / 1e8))
/// True
#[pyfunction]
pub(crate) fn echo_amplitude(
    wavelength_m: f64,
    cross_section_m2: f64,
    range_m: f64,
) -> PyResult<f64> {
    let wavelength_m = number(wavelength_m, "wavelength_m", Range::Positive)?;
    let cross_section_m2 = number(cross_section_m2, "cross_section_m2", Range::NotNegative)?;
    let range_m = number(range_m, "range_m", Range::Positive)?;
    result_number(large_scale::echo_amplitude(wavelength_m, cross_section_m2, range_m))
}

/// Gain of an antenna element of 3GPP TR 38.901, Table 7.3-1, in dB over isotropic.
///
/// Parameters
/// ----------
/// azimuth_rad : ArrayLike
///     Azimuths from broadside in radians, shape [direction].
/// polar_rad : ArrayLike
///     Polar angles in radians, shape [direction].
///
/// Returns
/// -------
/// FloatArray
///     Gains in dB, shape [direction].
///
/// Examples
/// --------
/// >>> [float(g) for g in element_gain_db([0.0, np.pi], [np.pi / 2, np.pi / 2])]
/// [8.0, -22.0]
#[pyfunction]
pub(crate) fn element_gain_db<'py>(
    py: Python<'py>,
    azimuth_rad: &Bound<'py, PyAny>,
    polar_rad: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let directions = Directions::new(azimuth_rad, polar_rad)?;
    let gain = |(azimuth, polar)| element_pattern::gain_db(azimuth, polar);
    let out: Vec<f64> = directions.pairs()?.into_iter().map(gain).collect();
    shaped(py, out, &[directions.len()])
}
