//! noctule designs integrated sensing-and-communication (ISAC) systems: one signal talks to users
//! and senses targets, and the design trades the two.
//!
//! # The way of the data
//!
//! ```text
//! Scenario ──realize(seed, trial)──▶ Instance ──scheme──▶ Design ──evaluate, verify──▶ numbers
//! ```
//!
//! A *scenario* holds parameters in everyday units (dBm, degrees); an *instance* is one concrete
//! problem in SI units, drawn from a scenario or made of your own arrays; a *scheme* — ours or a
//! baseline — turns it into a [`Design`], which says why it stopped and what is proven about it.
//! `verify` recomputes what a design achieves from dense definitions, in code of its own.
//!
//! # Systems
//!
//! | module | system |
//! |---|---|
//! | [`beamforming`] | a multi-user, multi-target base station: beams that trade sum rate against the Cramér–Rao bound |
//! | [`cellfree`] | cell-free access points: the region of sum rate against beampattern error |
//! | [`frame`] | a frame of sensing, pilots and data under channel aging: how long to sense, how often to re-estimate |
//! | [`pilots`] | a cell-free network: downlink pilot powers for the smallest estimation error under a limit on positions |
//! | [`surfaces`] | reflecting surfaces between a base station, a user and a target: sites, phases and covariance for the highest rate under a limit on the bound |
//!
//! [`estimate`] has the estimators that show where the bounds are reached.
//!
//! # Example
//!
//! ```
//! use noctule::beamforming::{self, Scenario, Settings};
//!
//! let instance = Scenario::default().realize(1, 0)?;
//! let design = beamforming::design(&instance, &Settings::default())?;
//! assert!(design.is_solved());
//! println!("{:.2} bit/s/Hz", design.metrics.sum_rate_bps_hz);
//! # Ok::<(), noctule::Error>(())
//! ```

pub mod beamforming;
pub mod cellfree;
pub mod claims;
pub mod data;
mod design;
pub mod document;
mod envelope;
mod error;
pub mod estimate;
pub mod frame;
pub mod links;
pub mod pictures;
pub mod pilots;
pub mod surfaces;
pub mod system;

pub use design::{Design, FEASIBLE};
pub use error::Error;
pub use noctule_num::{C64, CMat, InputError};
pub use noctule_optim::{
    Bound, Certificate, Interrupt, PointProof, Proof, Sense, Stop, Trace, TraceRow, Work,
};
pub use pictures::{Picture, PictureKind};
pub use system::{Certify, Run, Scheme, System};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The blocks of the pages.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../README.md")]
    struct Front;
    #[doc = include_str!("../../../docs/which-problem.md")]
    struct WhichProblem;
    #[doc = include_str!("../../../docs/python.md")]
    struct Python;
    #[doc = include_str!("../../../docs/channels.md")]
    struct Channels;
}
