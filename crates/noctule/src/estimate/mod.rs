//! Estimators: they test whether the bounds that designs promise can be attained.
//!
//! * [`music`] — the spatial frequency of a single source from its covariance, waveforms unknown;
//! * [`waveform_ml`] — the spatial frequency of a target lit over a reflecting surface, waveforms
//!   known.

pub mod music;
pub mod waveform_ml;
