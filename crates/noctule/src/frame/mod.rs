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
//! sensing time whose bounds hold for all placements and all times of an interval ([`mod@design`]),
//! with exact placement by an even split where blocks only get worse with age and by dynamic
//! programming where they do not ([`placement`]). For the two use-and-forget forms the gap closes
//! to 10⁻⁹ within a few intervals. For the physical form bounds are of first order across
//! eigenvalues that change sign; where sensing errors exceed the ring, the search may spend its
//! nodes and report the gap that is left. Requirements that no frame meets give a design with a
//! closed-form certificate. Baselines ([`baselines`]) are optimal among their own kind.
//!
//! # Cost
//!
//! A sample of the SINRs is one small eigenproblem a user; a bound is two placement problems, `O(N)`
//! while blocks only get worse, else `O(N²)`. Five users, 8 antennas and 35 blocks take about 1.5 ms
//! with six samples, twenty users, 64 antennas and 560 blocks about 0.2 s.
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

pub mod baselines;
mod claims;
pub mod design;
mod feasibility;
pub mod instance;
mod metrics;
pub mod model;
pub mod placement;
mod reduced;
mod scenario;
mod schemes;
pub mod simulate;
mod story;
mod system;
mod verify;

use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use claims::CLAIMS;
pub use design::{Settings, design};
pub use feasibility::unreachable;
pub use instance::{Instance, Parts, User};
pub use model::{Metrics, SimulatedBlock, evaluate};
pub use scenario::{Aging, CrbLimit, DrawnUsers, Reference, Scenario, Spectrum, UserSpec, Users};
pub use schemes::{GridSettings, SimulationSettings};
pub use system::Frame;
pub use verify::{Verification, verify};

use crate::data::{Array, ArraySet, FieldInfo, Taker};
use crate::{Design, Error};

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "frame";

/// Shape of the covariance of the channel error that a sensing error of one radian leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// A frame: how long to sense, and which blocks belong to which channel update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Sensing time T_l in seconds.
    pub sensing_time_s: f64,
    /// The updates. Their order does not change the rate.
    pub placement: Placement,
}

/// Which blocks belong to which channel update.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Number of blocks of every update; each starts with a pilot.
    Blocks(Vec<usize>),
    /// So many updates, blocks divided among them by a draw that gives every division the same
    /// chance. Its metrics are expectations.
    Random {
        /// Number of updates M.
        updates: usize,
    },
}

impl Placement {
    /// Number of updates M.
    pub const fn updates(&self) -> usize {
        match self {
            Self::Blocks(counts) => counts.len(),
            Self::Random { updates } => *updates,
        }
    }
}

/// The arrays a plan travels as: `blocks_per_update`, or `random_updates` instead of it.
pub const PLAN_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "sensing_time_s",
        dimensions: &[],
        complex: false,
        summary: "sensing time in seconds",
    },
    FieldInfo {
        name: "blocks_per_update",
        dimensions: &["update"],
        complex: false,
        summary: "number of blocks of every channel update",
    },
    FieldInfo {
        name: "random_updates",
        dimensions: &[],
        complex: false,
        summary: "number of updates of a random division, instead of `blocks_per_update`",
    },
];

impl Plan {
    /// Refuse a plan that does not fill the frame exactly.
    ///
    /// # Errors
    /// [`Error::Input`] with what was found and what the frame has room for.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let refuse = |what: &str, place: &str, found: String, allowed: String| {
            Err(Error::Input(InputError::new(what, place, found, allowed)))
        };
        let frame = instance.blocks() as f64 * instance.block_time_s();
        let time = self.sensing_time_s;
        if !(time.is_finite() && time > 0.0 && instance.split_sensing(time).0 < instance.blocks()) {
            return refuse(
                "the sensing time does not fit the frame",
                "sensing_time_s",
                format!("{time} s"),
                format!("more than zero, less than {frame} s"),
            );
        }
        let data = instance.blocks() - instance.split_sensing(time).0;
        match &self.placement {
            Placement::Blocks(counts) => {
                let total = counts.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n));
                if total == Some(data) && counts.iter().all(|&count| count >= 1) {
                    return Ok(());
                }
                refuse(
                    "the updates do not fill the frame",
                    "blocks_per_update",
                    format!("{counts:?}"),
                    format!("counts of at least 1 with sum {data}, the blocks sensing leaves"),
                )
            }
            Placement::Random { updates } if (1..=data).contains(updates) => Ok(()),
            Placement::Random { updates } => refuse(
                "the updates do not fit the frame",
                "random_updates",
                updates.to_string(),
                format!("1 to {data}, the blocks sensing leaves"),
            ),
        }
    }

    /// A plan from a file: `.npz`, or a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &std::path::Path) -> Result<Self, Error> {
        let place = path.display().to_string();
        let set = ArraySet::read(path, "design", PLAN_FIELDS)?;
        Self::from_arrays(&set).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&place)),
            other => other,
        })
    }

    /// The plan of a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is damaged.
    pub fn from_document(document: &serde_json::Value) -> Result<Self, Error> {
        let set = ArraySet::from_json(document.to_string().as_bytes(), "design", PLAN_FIELDS)?;
        Self::from_arrays(&set)
    }

    /// A plan from named arrays ([`PLAN_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] for arrays that are missing, misshapen, or no counts.
    pub fn from_arrays(set: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(set, PLAN_FIELDS);
        let sensing_time_s = taker.number("sensing_time_s")?;
        let placement = if taker.has("random_updates") {
            Placement::Random { updates: taker.count("random_updates")? }
        } else {
            let counts = taker.real("blocks_per_update")?;
            let whole = |&value: &f64| {
                crate::data::as_count(value).ok_or_else(|| {
                    let found = value.to_string();
                    InputError::new("not a whole number", "blocks_per_update", found, "1, 2, …")
                })
            };
            Placement::Blocks(counts.iter().map(whole).collect::<Result<_, _>>()?)
        };
        Ok(Self { sensing_time_s, placement })
    }

    /// The plan as named arrays.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        set.insert("sensing_time_s", Array::number(self.sensing_time_s));
        match &self.placement {
            Placement::Blocks(counts) => {
                let counts = counts.iter().map(|&count| count as f64).collect();
                set.insert("blocks_per_update", Array::list(counts));
            }
            Placement::Random { updates } => {
                set.insert("random_updates", Array::number(*updates as f64));
            }
        }
        set
    }
}

/// Sentences that a careful colleague would add to a plan.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut out = Vec::new();
    let parts = instance.parts();
    if parts.error_shape == ErrorShape::OneRing {
        // The first-order expansion needs an error small against the ring (docs/errata.md#frame-e4).
        let outside: Vec<String> = metrics
            .angle_rcrb_deg
            .iter()
            .zip(instance.users())
            .enumerate()
            .filter(|(_, (rcrb, user))| rcrb.to_radians() > user.spread_rad / 3_f64.sqrt())
            .map(|(k, _)| k.to_string())
            .collect();
        if !outside.is_empty() {
            out.push(format!(
                "user {}: the root-CRB exceeds Δ/√3, beyond which a first-order sensing error \
                 is larger than the channel's own spread",
                outside.join(", ")
            ));
        }
    }
    if metrics.frame_bits_per_hz <= 0.0 {
        out.push("sensing and pilots take all that the frame carries".to_owned());
    }
    out
}
