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
//! | P1 | smallest `S` when nobody is served | [`sensing_only`](baselines::sensing_only) |
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
//! With `certify_nodes` branch and bound over the users' interference levels ([`bound`]) adds what no
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
//! use noctule::Interrupt;
//! use noctule::cellfree::{self, Requirement, Scenario, Settings};
//!
//! let scenario = Scenario { aps: 3, antennas: 4, users: 3, targets: 2, ..Scenario::default() };
//! let instance = scenario.realize(/* seed */ 1, /* trial */ 0)?;
//! let best = cellfree::baselines::sensing_only(&instance, &Settings::default(), &Interrupt::new())?;
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
pub mod bound;
pub mod boundary;
mod claims;
pub mod design;
pub mod ergodic;
pub mod instance;
pub mod majorisation;
mod metrics;
pub mod model;
mod scenario;
mod schemes;
pub mod sensing;
mod starts;
mod story;
mod system;
mod verify;

use noctule_num::{C64, CMat, InputError};
use serde::Serialize;
use serde::ser::Serializer;

pub use boundary::{BoundaryPoint, boundary, critical_points};
pub use claims::CLAIMS;
pub use design::{Settings, advice, design, design_from};
pub use ergodic::{ErgodicRate, ergodic_rate};
pub use instance::{Instance, Parts, Requirement};
pub use model::{ApMetrics, Metrics, evaluate};
pub use scenario::{
    Clustering, EstimatorKind, FixedPlaces, Layout, Orientation, Places, PowerRule,
    RequirementSpec, Scenario,
};
pub use schemes::SensingSettings;
pub use system::CellFree;
pub use verify::{Verification, verify};

use crate::data::{Array, ArraySet, FieldInfo, Taker};
use crate::{Design, Error};

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "cellfree";

/// A design of this system.
pub type CellFreeDesign = Design<Beams, Metrics>;

/// Beams of all access points, as shares of their power: access point `m` sends
/// `√p_m (Σ_k w_mk s_k + V_m z)` with independent symbols of power one.
#[derive(Clone, Debug, PartialEq)]
pub struct Beams {
    /// Beams w_k in columns, stacked over access points, `M N × K`.
    pub data: CMat,
    /// A factor `V_m` of the covariance `Z_m = V_m V_mᴴ` of each access point's own sensing signal,
    /// `N × streams`; no columns where there is none.
    pub sensing: Vec<CMat>,
}

/// The arrays beams travel as.
pub const BEAM_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "data_beams",
        dimensions: &["user", "ap", "antenna"],
        complex: true,
        summary: "beams w, as shares of each access point's power (Σ |w|² ≤ 1)",
    },
    FieldInfo {
        name: "sensing_beams",
        dimensions: &["stream", "ap", "antenna"],
        complex: true,
        summary: "beams of the sensing signals, independent between access points",
    },
];

impl Beams {
    /// No power anywhere.
    pub fn silent(instance: &Instance) -> Self {
        let n = instance.antennas();
        Self {
            data: CMat::zeros(instance.aps() * n, instance.users()),
            sensing: vec![CMat::zeros(n, 0); instance.aps()],
        }
    }

    /// Refuse beams that do not fit an instance. The number of sensing streams is free.
    ///
    /// # Errors
    /// [`Error::Input`] with the shape found and the shape needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let (aps, n, users) = (instance.aps(), instance.antennas(), instance.users());
        let fits = self.data.rows() == aps * n
            && self.data.cols() == users
            && self.sensing.len() == aps
            && self.sensing.iter().all(|v| v.rows() == n);
        let finite = |m: &CMat| m.as_slice().iter().all(|z| z.is_finite());
        if fits && finite(&self.data) && self.sensing.iter().all(finite) {
            return Ok(());
        }
        let allowed = format!("finite entries, shape [{users}, {aps}, {n}]");
        let found = format!(
            "{} entries for {} users and {} sensing matrices{}",
            self.data.as_slice().len(),
            self.data.cols(),
            self.sensing.len(),
            if fits { ", with an entry that is not finite" } else { "" }
        );
        Err(InputError::new("the beams do not fit the instance", "data_beams", found, allowed)
            .into())
    }

    /// Power of the data beams of an access point, as a share.
    pub fn data_power(&self, ap: usize) -> f64 {
        let n = self.sensing[ap].rows();
        (0..self.data.cols())
            .flat_map(|k| &self.data.col(k)[ap * n..(ap + 1) * n])
            .map(C64::norm_sqr)
            .sum()
    }

    /// Power of an access point, as a share.
    pub fn power(&self, ap: usize) -> f64 {
        self.data_power(ap) + self.sensing[ap].norm_sqr()
    }

    /// Beams from a file: `.npz` with `data_beams` and perhaps `sensing_beams`, `.npy`, or a
    /// `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &std::path::Path) -> Result<Self, Error> {
        let place = path.display().to_string();
        let set = ArraySet::read(path, "design", BEAM_FIELDS)?;
        Self::from_arrays(&set).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&place)),
            other => other,
        })
    }

    /// The beams of a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] when there are none, or they are damaged.
    pub fn from_document(document: &serde_json::Value) -> Result<Self, Error> {
        let set = ArraySet::from_json(document.to_string().as_bytes(), "design", BEAM_FIELDS)?;
        Self::from_arrays(&set)
    }

    /// The beams of named arrays ([`BEAM_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] naming the array.
    pub fn from_arrays(set: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(set, BEAM_FIELDS);
        let data = taker.complex("data_beams")?;
        let length = |taker: &Taker<'_>, name: &str| taker.length(name).unwrap_or(0);
        let users = length(&taker, "user");
        let sensing = match taker.has("sensing_beams") {
            true => taker.complex("sensing_beams")?,
            false => Vec::new(),
        };
        let (aps, n) = (length(&taker, "ap"), length(&taker, "antenna"));
        let streams = length(&taker, "stream");
        let data = CMat::from_columns(aps * n, users, data)?;
        let sensing = (0..aps)
            .map(|ap| CMat::from_fn(n, streams, |i, s| sensing[s * aps * n + ap * n + i]))
            .collect();
        Ok(Self { data, sensing })
    }

    /// The beams as named arrays.
    pub fn to_arrays(&self) -> ArraySet {
        let aps = self.sensing.len();
        let n = self.data.rows() / aps.max(1);
        let mut set = ArraySet::new();
        let data = self.data.as_slice().to_vec();
        set.insert("data_beams", Array::complex(vec![self.data.cols(), aps, n], data));
        let streams = self.sensing.iter().map(CMat::cols).max().unwrap_or(0);
        if streams > 0 {
            let mut values = Vec::with_capacity(streams * aps * n);
            for stream in 0..streams {
                for v in &self.sensing {
                    match stream < v.cols() {
                        true => values.extend_from_slice(v.col(stream)),
                        false => values.extend(std::iter::repeat_n(C64::ZERO, n)),
                    }
                }
            }
            set.insert("sensing_beams", Array::complex(vec![streams, aps, n], values));
        }
        set
    }

    /// A beam for each user (`Σ_m` stacked) as nested lists `[ap][antenna]` of `[re, im]`.
    pub fn to_json(&self) -> serde_json::Value {
        self.to_arrays().to_json("design", SYSTEM)
    }
}

/// As the arrays of [`Beams::to_arrays`].
impl Serialize for Beams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}
