//! How papers write the parameters of this system: the words of figures.

use crate::system::Symbol;

/// Path, symbol, label, unit.
pub(super) const SYMBOLS: &[Symbol] = &[
    Symbol::new("scenario.elements", "N", "Elements", ""),
    Symbol::new("scenario.first_sites", "K", "Surfaces", ""),
    Symbol::new("scenario.sensors", "N_r", "Sensors", ""),
    Symbol::new("scenario.transmit_antennas", "M_t", "Transmit antennas", ""),
    Symbol::new("scenario.user_antennas", "M_r", "Antennas of the user", ""),
    Symbol::new("scenario.power_dbm", "P", "Transmit power", "dBm"),
    Symbol::new("scenario.crb_limit_db", "ε", "Limit on the CRB", "dB"),
    Symbol::new("scenario.sensing_noise_dbm", "σ_s^2", "Noise of the sensors", "dBm"),
    Symbol::new("scenario.user_noise_dbm", "σ^2", "Noise of the user", "dBm"),
    Symbol::new("scenario.snapshots", "L", "Snapshots", ""),
];
