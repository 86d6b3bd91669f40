//! A cell-free network whose downlink pilots do two things: users learn their effective channel
//! from them, and their echoes locate the users.
//!
//! ```text
//!   AP 1 ▲          ▲ AP 2            uplink pilots:    every AP estimates its channels, γ_mk
//!         ╲ x_11   ╱                  downlink pilots:  AP m spends the fraction x_mk of its pilot
//!          ╲      ╱  echo                               power on the beam towards user k
//!           ▼    ╱                    user k:           estimates its effective gain a_kk
//!         user 1 ◦      user 2 ◦      network:          locates user k from M² delays
//! ```
//!
//! # Model
//!
//! `M` access points, `K` users, single antennas, Rayleigh fading of mean gain `β_mk`. After the
//! uplink, access point `m` knows an estimate of mean square `γ_mk ≤ β_mk`; conjugate beamforming
//! with fractions `x_mk` of the pilot energy `s_d` (over the noise) gives user `k` an effective gain
//! of variance `F_k`, with interference `I_k` from pilots that overlap,
//! ```math
//! F_k = \sum_m \beta_{mk} x_{mk}, \quad
//! I_k = \sum_{j\ne k} |\psi_k^H\psi_j|^2 \sum_m \beta_{mk} x_{mj}, \quad
//! Z_k = \Big(\sum_m \sqrt{\gamma_{mk} x_{mk}}\Big)^2 + F_k .
//! ```
//! The normalised error of the linear estimate is
//! ```math
//! e_k = \frac{1}{Z_k}\,\frac{F_k\,(1+s_d I_k)}{1+s_d (F_k+I_k)} .
//! ```
//! (Where uplink *and* downlink pilots are correlated, moments of different users mix;
//! [`evaluate`] is exact for arbitrary Grams.) Echoes: the Fisher matrix of user `k`'s position is
//! linear in the powers, `J_k = s_d Σ_m x_mk R_mk`, and the bound is `tr J_k⁻¹` in m²
//! ([`noctule_phy::multistatic`]).
//!
//! # What is designed
//!
//! ```math
//! \min_{x \ge 0}\; \max_k e_k \quad\text{subject to}\quad
//! \sum_k x_{mk} \le 1\ \ \forall m, \qquad \mathrm{tr}\, J_k^{-1} \le \Gamma\ \ \forall k
//! ```
//!
//! # Guarantee
//!
//! The bound on positions is convex in `x`, and so is everything about `e_k` but the one map
//! `(a, b) ↦ ab/(a+b)` of `a = s_d F_k` and `b = 1 + s_d I_k`, which is concave. [`design`](design())
//! descends on it ([`interior`]) and returns a stationary point; with `certify` it branches on
//! `θ_k = b/(a+b)`, on whose intervals the convex envelope of that map is *linear and exact at both
//! ends*, until no allocation can be better by more than the gap asked for. Every bound is a dual
//! one in closed form ([`interior::dual`]): it holds whatever the solver did.
//!
//! A limit `Γ` out of reach is answered with a proof, the best `Γ` that is in reach, and the
//! allocation that reaches it; never by falling back to something that ignores the limit.
//!
//! # Cost
//!
//! A Newton step costs `K` Cholesky factors of order `M` and one of order `M + K`. For `M = 8`,
//! `K = 2` about twenty of them take a quarter of a millisecond. Memory is `O(M K (M + K))`.
//!
//! # Limits
//!
//! Known path gains; all echoes separable, no clutter, no self-interference; a local bound that real
//! estimators reach only where the echoes are strong enough (`bound-attained` among the
//! experiments; `docs/errata.md#pilots-e11`).
//!
//! # Example
//!
//! ```
//! use noctule::Certify;
//! use noctule::pilots::{self, Scenario, Settings};
//!
//! let instance = Scenario::default().realize(/* seed */ 1, /* trial */ 0)?;
//! let design = pilots::design(&instance, &Settings { certify: Certify::YES, ..Settings::default() })?;
//! println!(
//!     "worst error {:.3e}, located to {:.2} m, no allocation is better by more than {:.2} %",
//!     design.metrics.worst_error,
//!     design.metrics.worst_position_rcrb_m.expect("everybody can be located"),
//!     100.0 * design.proof.bound.as_ref().map_or(1.0, |bound| bound.gap_rel),
//! );
//! let witness = pilots::verify(&instance, &design.variables)?;
//! assert!(witness.mismatch(design.metrics.worst_error) < 1e-9 && witness.violation <= 0.0);
//! assert!(design.proof.is_global(1e-3));
//! # Ok::<(), noctule::Error>(())
//! ```
//!
//! # References
//!
//! J. Liao, H. Zhu, F. Chen, J. Wang, C. Chen, "Power and Resource Allocation for Downlink Pilot
//! Based Cell-Free Integrated Sensing and Communication Systems", 2025. Its mistakes and how they
//! were found: `docs/errata.md#pilots`.

mod advice;
pub mod again;
mod allocation;
pub mod baselines;
pub mod certificate;
mod claims;
pub mod design;
pub mod instance;
pub mod interior;
mod local;
pub mod locate;
mod metrics;
pub mod model;
pub mod picture;
mod polish;
mod scenario;
mod schemes;
mod story;
mod symbols;
mod system;
mod verify;

pub use advice::advice;
pub use allocation::{ALLOCATION_FIELDS, Allocation, PilotUse};
pub use baselines::FullPower;
pub use claims::{CLAIMS, Claims};
pub use design::{LeastPowerSettings, Settings, best_crb, design, design_from, least_power};
pub use instance::{Instance, Parts, Sensing};
pub use model::{Metrics, evaluate};
pub use scenario::{AccessPoints, CrbLimit, PathLoss, Region, Require, Road, Scenario, Users};
pub use system::Pilots;
pub use verify::{Verification, verify};

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "pilots";

/// A design of this system.
pub type PilotsDesign = crate::Design<Allocation, Metrics>;

// The blocks of the page of this system.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/pilots.md")]
struct Page;
