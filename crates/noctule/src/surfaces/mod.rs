//! Reflecting surfaces between a base station, a user and a target it cannot see.
//!
//! ```text
//!   ▌▌ base station            site 1 ▄▄▄▄        ▄▄▄▄ site 3
//!   ▌▌ M_t antennas ~~~~~~~▶  site 0 ▄▄▄▄┊┊ N_r sensors
//!   ────────── buildings ──────────
//!                              ▌▌ user, M_r antennas      ▲ target
//! ```
//!
//! # Model
//!
//! Candidate sites carry surfaces of reflecting elements whose phases are free; the one at site 0
//! also has sensors, which see the echo of the target and estimate its spatial frequency μ_T. Every
//! link is a line of sight ([`noctule_phy::cascade`]). With phases v_k, `z_k = q_kᴴv_k` reaches the
//! user and `y_k = s_kᴴv_k` the target:
//! ```math
//! H = \sum_k \rho_{c,k} z_k\, a_U a_B^H,\qquad g^H = \sum_k \rho_{BI,k} r_k y_k\, a_B^H,\qquad
//! \mathrm{CRB}(\mu_T) \le \frac{c_0}{g^HRg}.
//! ```
//! Sites at spatial frequencies `2m/M` apart give orthogonal paths (Proposition 1): then only
//! `|z_k|` and `|y_k|` matter, and each lies between 0 and N_k.
//!
//! # What is designed
//!
//! Which sites are built, the phases of every element, and the transmit covariance R:
//! ```math
//! \max\ \log_2\det(I + HRH^H/\sigma^2)\quad\text{s.t.}\quad \mathrm{CRB}(\mu_T)\le\varepsilon,\quad
//! \mathrm{tr}\,R\le P .
//! ```
//! The literature gives a part of the power to a dedicated sensing signal. That is never better: the
//! same covariance could carry data. [`design`](fn@design) designs R without it; [`dedicated_signal`]
//! is the literature's form, for comparison.
//!
//! # Guarantee
//!
//! | | user and target in one place | apart |
//! |---|---|---|
//! | [`design`](fn@design) | global optimum, proven by its dual value; overlapping paths: a dual bound over all phases, mostly equal to it | search; an interval with `certify` |
//! | [`dedicated_signal`] | Theorem 2, the optimum of its form | search; global within the gap with `certify` |
//! | [`baselines`] | closed forms | closed forms; alternation proves nothing |
//!
//! A requirement that no design meets is proven to be so by a closed form. Proofs are about the
//! illumination `gᴴRg`, which the requirement of (29b) limits; the Cramér–Rao bound itself, never
//! larger than (21), is always evaluated, and can be what is required ([`Requirement::ExactBound`]):
//! then phases are searched for that use its derivative term, also in one place, and the bound on
//! the rate is the capacity without requirement.
//! "Best" deployments are best of all that contain site 0: by enumeration for orthogonal sites with
//! user and target in one place; else, of designs that the search found. Bounds and certificates hold
//! for every deployment among which a scheme chooses.
//!
//! # Cost
//!
//! A covariance or an allocation takes microseconds and does not depend on the number of elements;
//! phases take time proportional to it. Choosing among 128 deployments takes milliseconds in one
//! place; apart, a search on eight surfaces tens of milliseconds.
//!
//! # Limits
//!
//! Lines of sight without scattering, far field, reflections of unit modulus and no coupling; the
//! direct echoes over other ways are known and removed; the frequencies at which the other surfaces
//! see the target are taken as known (`docs/errata.md#surfaces-e11`); the bound is for a given
//! reflection |β|²: its average over a random one does not exist.
//!
//! # Example
//!
//! ```
//! use noctule::surfaces::{self, Scenario, Settings};
//!
//! let instance = Scenario { elements: 840, crb_limit_db: Some(-32.0), ..Scenario::default() }.realize(1, 0)?;
//! let design = surfaces::design(&instance, &Settings::default())?;
//! println!("{} surfaces, {:.2} bit/s/Hz", design.metrics.surfaces, design.metrics.rate_bps_hz);
//! assert!(design.metrics.crb_db.expect("the target is lit") <= -32.0 + 1e-9);
//! assert!(design.proof.is_global(1e-9));
//! let witness = surfaces::verify(&instance, &design.variables)?;
//! assert!(witness.mismatch(design.metrics.rate_nats) < 1e-9 && witness.violation < 1e-9);
//! # Ok::<(), noctule::Error>(())
//! ```
//!
//! # References
//!
//! G. Chen, Q. Wu, S. Lu, M. Hua, W. Chen, "Multi-IRS Aided ISAC System: Multi-Path Exploitation
//! Versus Reduction". Its mistakes and how they were found: `docs/errata.md#surfaces`.

mod advice;
pub mod baselines;
mod bounds;
mod chosen;
mod claims;
pub mod covariance;
mod deployment;
pub mod design;
pub mod echo;
mod exact;
pub mod instance;
mod metrics;
pub mod model;
mod optimum;
mod phases;
pub mod picture;
pub mod power;
mod price;
mod reach;
mod requirement;
mod root;
mod scenario;
mod schemes;
mod select;
mod settings;
mod settle;
mod shifters;
mod story;
mod symbols;
mod system;
mod verify;

pub use advice::advice;
pub use bounds::bound::closed_form_bound;
pub use chosen::MOST_ENUMERATED;
pub use claims::{CLAIMS, Claims};
pub use deployment::{Deployment, FIELDS as DEPLOYMENT_FIELDS, Mode};
pub use design::{dedicated_signal, design, design_from};
pub use instance::{Elements, Instance, Parts};
pub use model::{Link, Metrics, evaluate};
pub use phases::majorise::Start;
pub use phases::{curve, quantise};
pub use requirement::{misses_requirement, within_reach};
pub use scenario::{Layout, PathModel, Require, Scenario};
pub use settings::{Requirement, Select, Settings, Signal};
pub use system::Surfaces;
pub use verify::{Verification, verify};

use crate::Design;

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "surfaces";

/// A design of this system.
pub type SurfacesDesign = Design<Deployment, Metrics>;

// The blocks of the page of this system.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/surfaces.md")]
struct Page;
