//! A base station that talks to several users and senses several targets with the same beams.
//!
//! ```text
//!            planar array, Nt elements                    user 1 ◦  y₁ = h₁ᴴ x + n
//!           ┌───────────────┐   x = Σ_k w_k s_k           user 2 ◦
//!   data ──▶│  W = [Wc, Ws] │~~~~~~~~~~~~~~~~~~~~~~~▶       …
//!           └───────────────┘        │                    target m ▲ (θ_m, φ_m, α_m)
//!           ┌───────────────┐        ▼                         │
//!   echo ◀──│  Nr elements  │◀~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~┘
//!           └───────────────┘
//! ```
//!
//! # Model
//!
//! `K` single-antenna users with channels `h_k` and `M` point targets in the far field. The
//! station sends `K` data streams and `N_s` streams that carry no data, through the beams
//! `W = [W_c, W_s]` (`Nt × (K+N_s)`). Users treat everything but their own stream as noise:
//! ```math
//! \gamma_k = \frac{|h_k^H w_k|^2}{\sum_{j \ne k} |h_k^H w_j|^2 + \sigma_k^2}, \qquad
//! R_k = \ln(1+\gamma_k)\ \text{nat/s/Hz}
//! ```
//! The radar knows what was sent, sees `L` snapshots of the echoes `B U Aᴴ x`, and estimates of
//! every target the azimuth θ, the polar angle φ and the complex reflection coefficient α. Its
//! Fisher matrix `F` ([`noctule_phy::fisher`]) bounds the covariance of any unbiased estimator by
//! `F⁻¹`, the Cramér–Rao bound.
//!
//! # What is designed
//!
//! ```math
//! \max_W\; \delta_c \sum_k R_k \;-\; \delta_s\, \mathrm{tr}\, F^{-1}(WW^H)
//! \qquad\text{subject to}\qquad \mathrm{tr}\, WW^H \le P
//! ```
//! or with every antenna at `P/Nt`. The whole power is always used: both terms grow with it. The
//! two weights trace the trade-off; `tr F⁻¹` adds squared radians to squared reflection
//! coefficients, as the literature does, so results also give each bound by itself, in degrees.
//!
//! # Guarantee
//!
//! [`design`](design()) returns a stationary point, the objective from every start, and no claim
//! beyond that: the problem is not convex, and with more than three users for eight antennas it has
//! many local optima. More sensing streams never make a design worse: climbs begin with as few as
//! the targets need and add them one at a time (`starts` of two and more).
//! [`sensing_only`](baselines::sensing_only) *is* convex in `WWᴴ` and comes with a proof of global
//! optimality, one eigenvalue long. With `certify` every design carries an upper bound on what any
//! beams can reach ([`bound`], [`cooperation`]); and branch and bound, unless its `nodes` are zero,
//! closes the gap ([`global`]) to 1e-3, for up to four users in at most some fifty boxes. The
//! multipliers behind a bound travel with it, and [`certificate`] computes it again. Scenes that
//! cannot be sensed whatever is sent — a target on the array's axis, two targets at mirrored
//! azimuths — are refused with the names of the targets.
//!
//! # Cost
//!
//! Every stationary `W` lies in `range [H, A, Ȧ_θ, Ȧ_φ]`, so the climb happens in
//! `r = K + 3M` dimensions whatever the size of the arrays: one value and gradient take about five
//! microseconds for `K = 4, M = 2`. Larger arrays are harder, not dearer: the number of evaluations
//! grows (at 10 dBm a median of 50, 110, 210 to a relative 10⁻⁶ for 16, 64, 256 antennas). A design
//! with four starts of each kind takes between ten and fifty milliseconds there. Memory is
//! `O(Nt (K + N_s + 3M))`.
//!
//! # Limits
//!
//! Far field, one frequency, known angles and channels — but where there is a [`band`] —, no clutter,
//! independent Gaussian symbols; arrays are planar
//! and half a wavelength apart, or of [any shape](Shapes). Problems with requirements instead of weights
//! are [goals](goal). The bound is local: where a root-CRB reaches the width of a beam, it says
//! little about a real estimator, and designs then carry a warning. Linear arrays see one angle
//! only and are refused for two.
//!
//! # Example
//!
//! ```
//! use noctule::beamforming::{self, Scenario, Settings};
//!
//! let instance = Scenario::default().realize(/* seed */ 1, /* trial */ 0)?;
//! let design = beamforming::design(&instance, &Settings::default())?;
//! let targets = design.metrics.targets.as_ref().expect("the Fisher matrix is regular");
//! println!(
//!     "{:.1} bit/s/Hz, azimuth of target 0 to {:.2}°, residual {:.0e}",
//!     design.metrics.sum_rate_bps_hz,
//!     targets[0].azimuth_rcrb_deg,
//!     design.proof.residual().unwrap_or(f64::NAN),
//! );
//! let witness = beamforming::verify(&instance, &design.variables)?;
//! assert!(witness.mismatch(design.metrics.objective) < 1e-9 && witness.violation < 1e-12);
//! # Ok::<(), noctule::Error>(())
//! ```
//!
//! # References
//!
//! T. Fang, M. Ma, M. Juntti, N. Shlezinger, A. L. Swindlehurst, N. T. Nguyen, "Optimal ISAC
//! Beamforming Structure and Efficient Algorithms for Sum Rate and CRLB Balancing". Its mistakes
//! and how they were found: `docs/errata.md#beamforming`.

mod advice;
mod ascent;
pub mod band;
pub mod baselines;
mod basins;
mod batch;
mod beams;
pub mod best_known;
pub mod bound;
pub mod certificate;
mod channel;
mod claims;
pub mod cooperation;
mod covariances;
pub mod design;
mod details;
pub mod echo;
pub mod extended;
pub mod extended_scheme;
pub mod fewest;
pub mod global;
pub mod goal;
pub mod instance;
mod metrics;
pub mod model;
pub mod picture;
mod rate_term;
pub mod requirements;
mod saved;
mod scenario;
mod schemes;
mod settings;
mod starts;
mod stationarity;
mod story;
mod symbols;
mod system;
mod table;
pub mod threshold;
mod verify;
mod whole;

pub use advice::advice;
pub use band::{
    Band, BandMetrics, BandModel, BandSpace, Estimates, Knowledge, Near, NearField, NearUser, Ofdm,
};
pub use batch::design_batch;
pub use beams::{BEAM_FIELDS, Beams};
pub use channel::{
    CdlProfile, CellKind, Channel, ChannelScale, ChannelTool, DirectionCheck, NoSight,
    ReceiveAntennas, Spread, TrialsBeyond, ZeroChannels,
};
pub use claims::CLAIMS;
pub use design::{design, design_from};
pub use instance::{Instance, Parts, PowerConstraint, Shapes, Target};
pub use metrics::objective_unit;
pub use model::{Metrics, TargetMetrics, evaluate};
pub use scenario::{ArrayShape, DrawnTargets, PlacedTarget, Scenario, TargetSpec, Targets};
pub use settings::Settings;
pub use stationarity::residual;
pub use system::Beamforming;
pub use verify::{Verification, verify};

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "beamforming";

/// A design of this system.
pub type BeamformingDesign = crate::Design<Beams, Metrics>;

// The blocks of the page of this system.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/beamforming.md")]
struct Page;
