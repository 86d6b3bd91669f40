//! How papers write the parameters of this system: the words of figures.

use crate::system::Symbol;

/// Path, symbol, label, unit.
pub(super) const SYMBOLS: &[Symbol] = &[
    Symbol::new("scenario.blocks", "N", "Blocks of a frame", ""),
    Symbol::new("scenario.users.drawn.count", "K", "Users", ""),
    Symbol::new("scenario.power_dbm", "p", "Transmit power", "dBm"),
    Symbol::new("scenario.crb_limit.deg2", "Γ", "Limit on the CRB", "deg²"),
    Symbol::new("scenario.crb_limit.rad2", "Γ", "Limit on the CRB", "rad²"),
    Symbol::new("scenario.aging.correlation", "ρ_1", "Correlation of neighbouring blocks", ""),
    Symbol::new("scenario.aging.speed_kmh", "v", "Speed", "km/h"),
    Symbol::new("scheme.updates", "M", "Channel updates", ""),
    Symbol::new("scheme.sensing_blocks", "T_l", "Sensing time", "blocks"),
    Symbol::new("scheme.age", "n", "Blocks since the update", ""),
];
