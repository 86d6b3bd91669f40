//! Channel models of a base station with many antennas and single-antenna users, and the scenes of
//! a wideband radar: what a scenario draws, as functions.
//!
//! * [`mod@array`] — planar arrays of any spacing, near and far; [`frame`] — where an array stands and
//!   looks; [`element_pattern`] — what one of its elements sees;
//! * [`scattering`] — spatial covariances of local scattering, and their roots;
//! * [`taps`] — delay profiles; [`rician`] — a line of sight and scatter, flat and over a band;
//! * [`clustered`] — clusters of rays; [`cdl`] — the clustered delay lines of 3GPP TR 38.901;
//! * [`large_scale`] — path loss, line-of-sight probability, noise; [`cell`] — users in a cell;
//! * [`near_user`] — the line of sight of a spherical wave;
//! * [`model`] — all of these as what a scenario names; [`draws`] — which random number is drawn
//!   when: one stream a user and purpose;
//! * [`estimation`] — what pilots leave unknown; [`design_rate`] — rates of beams designed on
//!   estimates;
//! * [`ofdm`] — subcarriers and symbols; [`radar`] — Fisher matrices of targets seen by an OFDM
//!   radar; [`objective`] — rates and bounds of beams per subcarrier, with their gradient;
//! * [`table`] — channels of one's own, trial by trial.
//!
//! # Conventions
//!
//! A user receives `y = hᴴx + n`; the antenna is the last index, the vertical one runs fastest.
//! The array stands in the plane x = 0 of its frame with its broadside along +x and its vertical
//! axis along z; the direction of azimuth θ and polar angle φ is
//! ```math
//! u(\theta,\phi) = (\cos\theta\sin\phi,\ \sin\theta\sin\phi,\ \cos\phi)
//! ```
//! Because a channel is conjugated in `hᴴx`, it carries `e^{+j2πδτ}` for a delay τ at the offset δ
//! from the carrier, where an echo carries `e^{−j2πδτ}`. Every channel has `E‖h‖² = N β` for N
//! antennas and a power gain β, unless its documentation says otherwise. Spreads are standard
//! deviations.

pub mod antennas;
pub mod array;
pub mod cdl;
pub mod cell;
pub mod clustered;
pub mod design_rate;
pub mod draws;
pub mod element_pattern;
pub mod estimation;
pub mod frame;
pub mod large_scale;
pub mod model;
pub mod near_user;
pub mod objective;
pub mod ofdm;
pub mod radar;
pub mod rician;
pub mod scattering;
pub mod table;
pub mod taps;

use noctule_num::InputError;

/// Refuse what is not a finite number above zero.
fn positive(place: &str, value: f64, unit: &str) -> Result<(), InputError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    let allowed = format!("a positive number of {unit}");
    Err(InputError::new("the value is out of range", place, value.to_string(), allowed))
}
