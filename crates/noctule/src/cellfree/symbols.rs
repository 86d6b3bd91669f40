//! How papers write the parameters of this system: the words of figures.

use crate::system::Symbol;

/// Path, symbol, label, unit.
pub(super) const SYMBOLS: &[Symbol] = &[
    Symbol::new("scenario.aps", "M", "Access points", ""),
    Symbol::new("scenario.antennas", "N", "Antennas of an access point", ""),
    Symbol::new("scenario.users", "K", "Users", ""),
    Symbol::new("scenario.targets", "T", "Targets", ""),
    Symbol::new("scenario.area_km", "", "Side of the area", "km"),
    Symbol::new("scenario.pilot_symbols", "τ_p", "Pilot symbols", ""),
    Symbol::new("scenario.coherence_symbols", "τ_c", "Symbols of a coherence time", ""),
    Symbol::new("scenario.reflection_gain_db", "", "Gain of reflections", "dB"),
    Symbol::new("scenario.window_deg", "", "Width of the window", "°"),
    Symbol::new("scenario.grid_points", "", "Angles of the pattern", ""),
    Symbol::new(
        "scenario.requirement.error-over-best",
        "δ/S_{min}",
        "Error limit over its minimum",
        "",
    ),
];
