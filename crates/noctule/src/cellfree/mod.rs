//! Many access points that serve the same users and sense targets whose places are roughly known.
//!
//! ```text
//!        ◦ user k            AP 1 ))) x₁      AP m: x_m = √p_m (Σ_k w_mk s_k + z_m)
//!          ╲  ╲___ ▲ target ___╱                power Σ_k ‖w_mk‖² + tr Z_m ≤ 1
//!           ╲_____________ AP 2 ))) x₂        ‖
//!                            ╲________________╩══ central unit
//! ```
//!
//! # Model
//!
//! `M` access points of `N` antennas hear pilots of `K` users, directly and off the targets, and
//! estimate the channels `h_k = ĥ_k + e_k` (stacked over access points; [`noctule_phy::aggregated`]).
//! Pilots are shared, so the errors `e_k` have a covariance `Θ_k` that cannot be neglected. Downlink,
//! user `k` reaches at least the rate `log₂(1 + γ_k)`,
//! ```math
//! \gamma_k = \frac{|\hat h_k^H w_k|^2}{A_k},\qquad
//! A_k = \sum_{j\ne k}|\hat h_k^H w_j|^2 + \sum_j w_j^H\Theta_k w_j
//!     + \sum_m \mathrm{tr}\,(\hat h_{mk}\hat h_{mk}^H+\Theta_{k,mm}) Z_m + 1
//! ```
//! (channels and covariances times the transmit powers `p_m`, over noise of power one). An access
//! point that senses sends its beams and a signal of covariance `Z_m` without data, and is judged by
//! the mean squared distance of its beampattern from a window around the target
//! ([`noctule_phy::beampattern`]). `S` is the mean of these errors over the access points that sense,
//! at power one: it does not depend on `p_m`.
//!
//! # What is designed
//!
//! | | problem | by |
//! |---|---|---|
//! | P1 | smallest `S` when nobody is served | [`sensing_only()`] |
//! | P2 | largest sum rate, nothing is sensed | [`design()`] with [`Requirement::None`] |
//! | P3 | largest sum rate with `S ≤ δ` | [`design()`] with [`Requirement::MaxError`] |
//! | P4 | smallest `S` with a sum rate `≥ ζ` | [`design()`] with [`Requirement::MinRate`] |
//!
//! Powers are at most one; in P1, P3 and P4 exactly one where an access point senses. The pairs
//! `(S, R)` that can be had form the communication–sensing region; [`boundary`](boundary()) walks along
//! its edge, with the slope `dR/dS` — what a unit of sensing costs in rate — at every point.
//!
//! # Guarantee
//!
//! P1 is convex and proven optimal by its Frank–Wolfe gap, one eigenvalue long. P2, P3 and P4 are
//! not: a design is a stationary point with its residual, feasible to 10⁻⁶, and no more is claimed.
//! With `certify` branch and bound over the users' interference levels ([`bound`]) adds what no
//! design can exceed. A limit `δ` below the certified minimum of P1 is answered with that certificate.
//!
//! # Cost
//!
//! Beams of every access point lie on a sphere, so that powers hold by construction, and `Θ_k` is
//! used as block-diagonal plus low rank: one value and gradient take `O(M N² K)` operations, or
//! `O(M N K²)` where the blocks are multiples of the identity, as they are when reflections are weak.
//! Memory is linear in the stored covariances.
//!
//! # Limits
//!
//! Linear arrays, far field, point targets, one grid for all access points; the rate is a lower bound
//! that treats the estimation error as noise ([`ergodic_rate`] simulates what it gives away), and with estimates made separately at each access point
//! it neglects a correlation between error and estimate (`docs/errata.md#cellfree-e8`).
//!
//! # Example
//!
//! ```
//! use noctule::Run;
//! use noctule::cellfree::{self, Requirement, Scenario, SensingSettings, Settings};
//!
//! let scenario = Scenario { aps: 3, antennas: 4, users: 3, targets: 2, ..Scenario::default() };
//! let instance = scenario.realize(/* seed */ 1, /* trial */ 0)?;
//! let best = cellfree::sensing_only(&instance, &SensingSettings::default(), &Run::default())?;
//! let limit = 1.3 * best.metrics.error.unwrap_or(0.0);
//! let instance = instance.with_requirement(Requirement::MaxError(limit))?;
//! let design = cellfree::design(&instance, &Settings::default())?;
//! assert!(design.metrics.error.unwrap_or(0.0) <= limit);
//! println!("{:.2} bit/s/Hz", design.metrics.sum_rate_bps_hz);
//! let witness = cellfree::verify(&instance, &design.variables)?;
//! assert!(witness.mismatch(&design.metrics) < 1e-9);
//! # Ok::<(), noctule::Error>(())
//! ```
//!
//! # References
//!
//! W. Mao, Y. Lu, C.-Y. Chi, B. Ai, Z. Zhong, Z. Ding, "Communication-Sensing Region for Cell-Free
//! Massive MIMO ISAC Systems". Its mistakes and how they were found: `docs/errata.md#cellfree`.

pub mod again;
pub mod association;
pub mod baselines;
mod beams;
pub mod bound;
pub mod boundary;
mod claims;
pub mod design;
pub mod ergodic;
pub mod instance;
mod metrics;
pub mod model;
pub mod patterns;
pub mod picture;
mod requirement;
mod scenario;
mod schemes;
pub mod sensing;
mod settings;
mod starts;
mod story;
mod symbols;
mod system;
mod uplink;
mod verify;

pub use beams::{BEAM_FIELDS, Beams};
pub use boundary::{BoundaryPoint, boundary, critical_points};
pub use claims::{CLAIMS, Claims};
pub use design::{design, design_from, rate_only};
pub use ergodic::{ErgodicRate, ergodic_rate};
pub use instance::{Instance, Parts, Requirement};
pub use model::{ApMetrics, Metrics, evaluate};
pub use patterns::sensing_only;
pub use requirement::advice;
pub use scenario::{
    Clustering, EstimatorKind, FixedPlaces, Layout, Orientation, Places, PowerRule, Require,
    RequirementSpec, Scenario,
};
pub use settings::{SensingSettings, Settings};
pub use system::CellFree;
pub use verify::{Verification, verify};

use crate::Design;

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "cellfree";

/// A design of this system.
pub type CellFreeDesign = Design<Beams, Metrics>;

// The blocks of the page of this system.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/cellfree.md")]
struct Page;
