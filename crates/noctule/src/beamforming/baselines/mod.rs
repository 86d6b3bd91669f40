//! What our method is measured against. All take an instance, their settings and a
//! [`Run`](crate::Run), and return the same [`BeamformingDesign`](super::BeamformingDesign). Those
//! that begin somewhere say where in their settings ([`FromStart`]); beams to start from in the run
//! are not looked at.
//!
//! | function | method | what it ignores | what is proven |
//! |---|---|---|---|
//! | [`mrt`], [`rzf`], [`zf`] | closed forms | sensing | feasibility |
//! | [`wmmse`] | weighted MMSE: communication only | sensing | stationary sum rate |
//! | [`sensing_only`](fn@sensing_only) | convex in the covariance | users | globally optimal bound |
//! | [`algorithm1`](fn@algorithm1) | the paper's: surrogate with a quadratic shift | – | residual |
//! | [`projected_gradient`], [`barzilai_borwein`], [`conjugate_gradient`] | first order, on the sphere | – | stationary |
//! | [`fp_sgda`](fn@fp_sgda) | smoothed gradient with a fixed step | – | residual |
//! | [`wmmse_sdr`](fn@wmmse_sdr) | one convex program after the other | – | every program to a certified gap |
//!
//! The last three families climb the same objective as [`design`](super::design()) and end in the
//! same local optima; they differ in what it takes to get there.

mod algorithm1;
mod climbs;
mod closed_form;
mod fp_sgda;
mod from_start;
mod sensing_only;
mod wmmse;
mod wmmse_sdr;
#[cfg(feature = "sdp")]
mod wmmse_sdr_conic;

pub use super::stationarity::{Stationarity, stationarity};
pub use algorithm1::{Algorithm1Settings, algorithm1};
pub use climbs::{ClimbSettings, barzilai_borwein, conjugate_gradient, projected_gradient};
pub use closed_form::{mrt, project_power, rzf, zf};
pub use fp_sgda::{FpSgdaSettings, fp_sgda};
pub use from_start::{FromStart, StartName};
pub use sensing_only::{SensingSettings, sensing_only};
pub use wmmse::{WmmseSettings, wmmse};
pub use wmmse_sdr::{WmmseSdr, WmmseSdrSettings, wmmse_sdr, wmmse_sdr_with_gaps};
#[cfg(feature = "sdp")]
pub use wmmse_sdr_conic::{wmmse_sdr_conic, wmmse_sdr_conic_with_gaps};
