//! The radio world of noctule in closed form: nothing here iterates.
//!
//! * [`units`] — decibels, degrees, nats, converted once at the edge;
//! * [`arrays`] — steering vectors of linear and planar arrays with their derivatives; [`elements`] —
//!   those of elements anywhere;
//! * [`fading`] — random channels; [`aging`] — how they change over the blocks of a frame;
//! * [`one_ring`] — spatial correlation of a user seen under a small angular spread;
//! * [`angle_crb`] — the bound on a user's angle from a matched sensing beam;
//! * [`mmse`] — statistics of channel estimates whose prior was sensed;
//! * [`centred_array`] — linear arrays in spatial frequency, reference in the middle;
//! * [`cascade`] — base station, reflecting surfaces, user and target;
//! * [`aggregated`] — statistics of channels with reflections off roughly known targets, and of
//!   their estimates: block-diagonal plus low rank over all access points;
//! * [`beampattern`] — patterns of linear arrays and their distance from an ideal one, in lags;
//! * [`geometry`], [`path_loss`] — places in the plane, mean gains over distance;
//! * [`channels`] — channel models of one base station, from local scattering to the delay lines of
//!   3GPP, and Fisher matrices of wideband and near-field radar;
//! * [`rates`] — signal-to-interference-plus-noise ratios and rates of linear precoding;
//! * [`gradients`] — rates and bounds of full-size beams with their gradients, for objectives of
//!   one's own;
//! * [`fisher`] — Fisher information of several targets seen by a monostatic array, and the
//!   Cramér–Rao bounds of their named parameters;
//! * [`multistatic`] — what the delays of a multistatic radar know of a position;
//! * [`pilot_estimation`] — channel estimates from uplink pilots, effective gains from downlink
//!   pilots, for arbitrary pilot Grams.
//!
//! Inside, every quantity is linear and in SI units; names carry the unit where there is one.
//! The received signal of a user with channel `h` is `y = hᴴ x`.

pub mod aggregated;
pub mod aging;
pub mod angle_crb;
pub mod arrays;
pub mod beampattern;
pub mod cascade;
pub mod centred_array;
pub mod channels;
pub mod detection;
pub mod elements;
pub mod fading;
pub mod fisher;
pub mod geometry;
pub mod gradients;
pub mod mmse;
pub mod multistatic;
pub mod one_ring;
pub mod path_loss;
pub mod pilot_estimation;
pub mod rates;
pub mod units;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
