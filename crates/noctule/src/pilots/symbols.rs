//! How papers write the parameters of this system: the words of figures.

use crate::system::Symbol;

/// Path, symbol, label, unit.
pub(super) const SYMBOLS: &[Symbol] = &[
    Symbol::new("scenario.users.drawn.count", "K", "Users", ""),
    Symbol::new("scenario.pilot_symbols", "τ", "Pilot symbols", ""),
    Symbol::new("scenario.downlink_share", "", "Downlink share of the pilots", ""),
    Symbol::new("scenario.downlink_correlation", "", "Correlation of the downlink pilots", ""),
    Symbol::new("scenario.uplink_correlation", "", "Correlation of the uplink pilots", ""),
    Symbol::new("scenario.effective_bandwidth_mhz", "B_m", "Effective bandwidth", "MHz"),
    Symbol::new("scenario.pilot_power_mw", "", "Pilot power", "mW"),
];
