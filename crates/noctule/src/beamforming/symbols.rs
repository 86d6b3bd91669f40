//! How papers write the parameters of this system: the words of figures.

use crate::system::Symbol;

/// Path, symbol, label, unit.
pub(super) const SYMBOLS: &[Symbol] = &[
    Symbol::new("scenario.users", "K", "Users", ""),
    Symbol::new("scenario.sensing_streams", "N_s", "Sensing streams", ""),
    Symbol::new("scheme.streams", "N_s", "Sensing streams", ""),
    Symbol::new("scenario.targets.drawn.count", "M", "Targets", ""),
    Symbol::new("scenario.transmit_array.horizontal", "N_{th}", "Transmit antennas in a row", ""),
    Symbol::new("scenario.transmit_array.vertical", "N_{tv}", "Transmit antennas in a column", ""),
    Symbol::new("scenario.receive_array.horizontal", "N_{rh}", "Receive antennas in a row", ""),
    Symbol::new("scenario.receive_array.vertical", "N_{rv}", "Receive antennas in a column", ""),
    Symbol::new("scenario.snapshots", "L", "Snapshots", ""),
    Symbol::new("scenario.power_dbm", "P_t", "Transmit power", "dBm"),
    Symbol::new("scenario.user_noise_dbm", "σ_c^2", "Noise of the users", "dBm"),
    Symbol::new("scenario.sensing_noise_dbm", "σ_s^2", "Noise of the radar", "dBm"),
    Symbol::new("scenario.rate_weight_per_nat", "δ_c", "Weight of the rate", "1/nat"),
    Symbol::new("scenario.require.sinr_db", "γ", "SINR of every user at least", "dB"),
    Symbol::new("scenario.require.azimuth_deg", "", "Root-CRB of every azimuth at most", "°"),
    Symbol::new("scenario.crb_weight", "δ_s", "Weight of the bound", ""),
];
