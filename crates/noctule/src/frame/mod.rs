//! A base station that senses where its users are, estimates their channels now and then, and
//! serves them in between: how long, how often, and when.
//!
//! ```text
//!  frame of N blocks
//! ┌───────────────────┬──┬────────┬────────┬────────┬──┬────────┬────────┬ ─ ─ ┐
//! │ sensing, T_l      │▒▒│ data   │ data   │ data   │▒▒│ data   │ data   │     │
//! └───────────────────┴──┴────────┴────────┴────────┴──┴────────┴────────┴ ─ ─ ┘
//!                      ↑ pilot: update 1, N₁ = 3     ↑ update 2, N₂ = …
//!                        Φ₁       Φ₂       Φ₃          Φ₁       Φ₂          bit/s/Hz
//! ```
//!
//! # Model
//!
//! *Sensing.* User `k` stands at angle `θ_k`; its scatterers spread its power over a ring of ±Δ
//! ([`noctule_phy::one_ring`]), so its channel has covariance `β_k R_k` with `tr R_k = 1`. A radar
//! that listens for `T_l` seconds knows the angle up to the Cramér–Rao bound `κ_k / T_l`
//! ([`noctule_phy::angle_crb`]), which must not exceed `Γ_k`. The error leaves the prior
//! `R̂_k = (R_k − (κ_k/T_l) D_k)₊`, with one of three shapes `D` ([`ErrorShape`]).
//!
//! *Estimation.* A pilot of signal-to-noise ratio γ meets the filter `W = R̂ (R̂ + I/γ)⁻¹`
//! ([`noctule_phy::mmse`]); the estimate has covariance `C = W R̂`.
//!
//! *Aging.* `n − 1` blocks later the channel is `ρ_n` times what it was, plus something new
//! ([`noctule_phy::aging`]: geometric, Jakes, or a sequence of your own for every user).
//!
//! *Transmission.* Beams are matched to the estimates. A user that knows only the mean of its gain
//! has the use-and-forget SINR `ρ_n² c_k` with
//! ```math
//! c_k = \frac{p_k\, \mathrm{tr}\, C_k}{\sum_i p_i\, \mathrm{tr}(R_k C_i)/\mathrm{tr}\,C_i + \sigma_k^2/\beta_k},
//! \qquad \Phi_n = \sum_k \log_2(1+\rho_{k,n}^2\, c_k)
//! ```
//! or one of two other forms ([`SinrForm`]).
//!
//! # What is designed
//!
//! The sensing time `T_l`, the number `M` of updates and their blocks `N_1, …, N_M`:
//! ```math
//! \max\; T_b \sum_{m=1}^M \sum_{n=1}^{N_m} \Phi_n - \big(M T_m + T_l - h T_b\big)\, \Phi_1,
//! \qquad h = \lfloor T_l/T_b \rfloor,\; \sum_m N_m = N - h,\; \mathrm{CRB}_k \le \Gamma_k
//! ```
//! and a pilot must find room in the block it is sent in. The objective that designs and bounds
//! report is this over the duration of the frame, the average sum rate in bit/s/Hz.
//!
//! # Guarantee
//!
//! [`design`](design()) is globally optimal up to the gap in its proof: a branch and bound over the
//! sensing time whose bounds hold for all placements and all times of an interval ([`mod@search`]),
//! with exact placement by an even split where blocks only get worse with age and by dynamic
//! programming where they do not ([`placement`]). For the two use-and-forget forms the gap closes
//! to 10⁻⁹ within a few intervals. For the physical form bounds are of first order across
//! eigenvalues that change sign; where sensing errors exceed the ring, the search may spend its
//! nodes and report the gap that is left. Requirements that no frame meets give a design with a
//! closed-form certificate. Baselines ([`baselines`]) are optimal among their own kind.
//!
//! # Cost
//!
//! A user lives in the range of `R + D`, a handful of directions for a narrow ring, which a pivoted Cholesky
//! factor finds without an eigenproblem of the size of the array. A sample of the SINRs is then one small
//! eigenproblem a user; a bound is two placement problems, `O(N)` while blocks only get worse, else `O(N L)`
//! for the `L` lengths of an update that no division into shorter ones replaces. Twenty users, 64 antennas
//! and 560 blocks cost 2 600 complex products of 16 × 16.
//!
//! # Limits
//!
//! One frame, known angles and gains, matched beams, independent users. The sensing error is a
//! first-order expansion: it means something while the root-CRB is below Δ/√3, and designs beyond
//! that carry a warning. The bound is that of a matched filter which the echo reaches
//! unambiguously; a real estimator departs from it at low signal-to-noise ratios. Use-and-forget is
//! a weak bound on what users decode when channels do not harden ([`simulate`]).
//!
//! # Example
//!
//! ```
//! use noctule::frame::{self, Aging, Scenario, Settings};
//!
//! let aging = Aging::Jakes { speed_kmh: 30.0, carrier_ghz: 28.0 };
//! let instance = Scenario { aging, ..Scenario::default() }.realize(/* seed */ 1, /* trial */ 0)?;
//! let design = frame::design(&instance, &Settings::default())?;
//! let (metrics, bound) = (&design.metrics, design.proof.bound.as_ref().expect("a bound"));
//! println!(
//!     "{:.1} blocks of sensing, {} updates: {:.4} bit/s/Hz of at most {:.4}",
//!     metrics.sensing_blocks, metrics.updates, metrics.sum_rate_bps_hz, bound.value,
//! );
//! assert!(design.proof.is_global(1e-8));
//! let witness = frame::verify(&instance, &design.variables)?;
//! assert!(witness.mismatch(metrics.sum_rate_bps_hz) < 1e-9 && witness.violation < 1e-9);
//! # Ok::<(), noctule::Error>(())
//! ```
//!
//! # References
//!
//! Z. Bai, F. Hou, H. Shan, L. X. Cai, "Optimal Design to Dual-Scale Channel Estimation for
//! Sensing-Assisted Communication Systems". Its mistakes and how they were found:
//! `docs/errata.md#frame`.

mod advice;
pub mod baselines;
mod claims;
pub mod design;
mod feasibility;
pub mod instance;
mod metrics;
pub mod model;
pub mod picture;
pub mod placement;
mod plan;
mod prior;
mod reduced;
mod scenario;
mod schemes;
pub mod search;
mod settings;
pub mod simulate;
mod story;
mod symbols;
mod system;
mod verify;

use serde::{Deserialize, Serialize};

pub use advice::advice;
pub use baselines::GridSettings;
pub use claims::{CLAIMS, Claims};
pub use design::{design, design_from};
pub use feasibility::unreachable;
pub use instance::{Instance, Parts, User};
pub use model::{Metrics, SimulatedBlock, evaluate};
pub use plan::{PLAN_FIELDS, Placement, Plan};
pub use scenario::{
    Aging, CrbLimit, DrawnUsers, Reference, Require, Scenario, Spectrum, UserSpec, Users,
};
pub use search::{Surface, surface};
pub use settings::Settings;
pub use simulate::SimulationSettings;
pub use system::Frame;
pub use verify::{Verification, verify};

use crate::Design;

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "frame";

/// Shape of the covariance of the channel error that a sensing error of one radian leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorShape {
    /// `a' a'ᴴ` at the user's angle: as printed, for a channel that is a steering vector.
    Los,
    /// The same of unit norm: the scaling with which the published figures can be approached.
    LosUnit,
    /// `∫ S a' a'ᴴ`, the average over the ring: what a first-order expansion of the one-ring
    /// channel gives.
    #[default]
    OneRing,
}

impl ErrorShape {
    /// All shapes, in the order of their codes in files.
    pub const ALL: [Self; 3] = [Self::Los, Self::LosUnit, Self::OneRing];
}

/// Form of the signal-to-interference-plus-noise ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SinrForm {
    /// Eq. (22): use-and-forget, for a pilot that sees the channel the station believes in.
    #[default]
    UseAndForget,
    /// Eq. (28): a lower bound of it.
    LowerBound,
    /// Use-and-forget for a pilot that travels through the true channel and meets a filter made
    /// for another one.
    Physical,
}

impl SinrForm {
    /// All forms, in the order of their codes in files.
    pub const ALL: [Self; 3] = [Self::UseAndForget, Self::LowerBound, Self::Physical];
}

/// A design of this system.
pub type FrameDesign = Design<Plan, Metrics>;

// The blocks of the page of this system.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/frame.md")]
struct Page;
