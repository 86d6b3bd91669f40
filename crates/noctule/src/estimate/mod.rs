//! Estimators that real receivers would run: they show where the bounds that designs are made for
//! are reached, and where not.
//!
//! * [`multilateration`] — positions from bistatic ranges by weighted least squares, and from sampled
//!   echoes by maximum likelihood.

pub mod multilateration;

pub use multilateration::{
    Echoes, Located, Locator, Window, bistatic_position, flat_tones, rms_bandwidth,
};
