//! Path gains, estimates and energies of symbols.

use noctule::pilots::Scenario;
use noctule_num::CMat;
use noctule_phy::path_loss::three_slope::ThreeSlope;
use noctule_phy::pilot_estimation;
use pyo3::prelude::*;

use crate::arrays::{
    Range, not_negative, number, positive, real, result, result_number, same_length,
};
use crate::models::hermitian;

/// A Gram matrix of pilots; absent, pilots are orthogonal.
pub(super) fn gram_of(
    value: Option<&Bound<'_, PyAny>>,
    name: &str,
    users: usize,
) -> PyResult<CMat> {
    let Some(value) = value else { return Ok(CMat::identity(users)) };
    let gram = hermitian(value, name, "user")?;
    same_length(name, "user", gram.rows(), users, "gains")?;
    Ok(gram)
}

/// Three-slope path gain with COST-Hata constants, in dB (Ngo et al., Eq. (52) and (53)).
///
/// Parameters
/// ----------
/// distance_m : float
///     Distance in metres.
/// frequency_hz : float
///     Carrier frequency in hertz.
/// access_point_height_m : float
///     Height of the access point in metres.
/// user_height_m : float
///     Height of the user in metres.
///
/// Returns
/// -------
/// float
///     Gain in dB, negative.
///
/// Examples
/// --------
/// >>> round(three_slope_gain_db(1000.0, frequency_hz=1.9e9), 1)
/// -140.7
#[pyfunction]
#[pyo3(signature = (distance_m, frequency_hz=2.4e9, access_point_height_m=15.0,
                    user_height_m=1.65))]
pub(crate) fn three_slope_gain_db(
    distance_m: f64,
    frequency_hz: f64,
    access_point_height_m: f64,
    user_height_m: f64,
) -> PyResult<f64> {
    for (name, value) in [
        ("distance_m", distance_m),
        ("frequency_hz", frequency_hz),
        ("access_point_height_m", access_point_height_m),
        ("user_height_m", user_height_m),
    ] {
        positive(value, name)?;
    }
    let model =
        ThreeSlope { frequency_hz, access_point_height_m, user_height_m, ..ThreeSlope::default() };
    result_number(model.gain_db(distance_m))
}

/// Mean power of the channel estimates from uplink pilots, ``γ_mk = c_mk √s β_mk``.
///
/// Parameters
/// ----------
/// gains : ArrayLike
///     Channel gains β, shape [ap, user], relative to the noise.
/// energy : float
///     Pilot energy s over the noise.
/// gram : ArrayLike
///     Gram matrix ``φ_iᴴ φ_j`` of the pilots, shape [user, user].
///
/// Returns
/// -------
/// FloatArray
///     Shape [ap, user].
///
/// Examples
/// --------
/// >>> estimate_gains([[1.0, 3.0]], 1.0, np.eye(2))
/// array([[0.5 , 2.25]])
#[pyfunction]
pub(crate) fn estimate_gains<'py>(
    py: Python<'py>,
    gains: &Bound<'py, PyAny>,
    energy: f64,
    gram: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let gains = real(gains, "gains", &["ap", "user"])?;
    let users = gains.shape()[1];
    let gram = gram_of(Some(gram), "gram", users)?;
    positive(energy, "energy")?;
    not_negative(gains.slice()?, "gains")?;
    let found = pilot_estimation::estimate_gains(gains.slice()?, users, energy, &gram);
    result(py, found, gains.shape())
}

/// Energy of a pilot symbol over the noise density.
///
/// Parameters
/// ----------
/// power_w : float
///     Transmit power in watts.
/// noise_dbm_hz : float
///     Noise power density in dBm/Hz.
/// bandwidth_hz : float
///     Bandwidth in hertz.
///
/// Returns
/// -------
/// float
///     Linear ratio.
///
/// Examples
/// --------
/// >>> round(float(10 * np.log10(symbol_energy(1.0, -174.0, 1e6))), 9)
/// 144.0
#[pyfunction]
pub(crate) fn symbol_energy(power_w: f64, noise_dbm_hz: f64, bandwidth_hz: f64) -> PyResult<f64> {
    let scenario = Scenario {
        pilot_power_mw: 1e3 * number(power_w, "power_w", Range::Positive)?,
        noise_dbm_hz: number(noise_dbm_hz, "noise_dbm_hz", Range::Within(-300.0, 300.0))?,
        bandwidth_mhz: 1e-6 * number(bandwidth_hz, "bandwidth_hz", Range::Positive)?,
        ..Scenario::default()
    };
    result_number(scenario.symbol_energy())
}
