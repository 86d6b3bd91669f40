//! Estimators that real receivers would run: they show where the bounds that designs are made for
//! are reached, and where not.
//!
//! * [`multilateration`] — positions from bistatic ranges by weighted least squares, and from
//!   sampled echoes by maximum likelihood;
//! * [`music`] — the spatial frequency of a single source from its covariance, waveforms unknown;
//! * [`targets`] — directions and reflections of several targets, by maximum likelihood and MUSIC;
//! * [`waveform_ml`] — the spatial frequency of a target lit over a reflecting surface, waveforms
//!   known.

pub mod multilateration;
pub mod music;
mod spectrum;
pub mod targets;
pub mod waveform_ml;

pub use multilateration::{
    Echoes, Located, Locator, Window, bistatic_position, flat_tones, rms_bandwidth,
};
