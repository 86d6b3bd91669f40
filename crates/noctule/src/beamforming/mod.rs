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
//! beams can reach ([`bound`], [`cooperation`]); with `certify_nodes` as well, branch and bound
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
//! Far field, half-wavelength planar arrays, known angles and channels, no clutter, independent
//! Gaussian symbols. The bound is local: where a root-CRB reaches the width of a beam, it says
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

mod ascent;
pub mod baselines;
pub mod best_known;
pub mod bound;
pub mod certificate;
mod claims;
pub mod cooperation;
pub mod design;
pub mod global;
pub mod instance;
mod metrics;
pub mod model;
mod rate_term;
mod scenario;
mod schemes;
mod starts;
mod stationarity;
mod story;
mod system;
mod table;
mod verify;

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{CMat, InputError};
use noctule_optim::Proof;
use schemars::JsonSchema;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

pub use claims::CLAIMS;
pub use design::{Settings, design, design_from};
pub use instance::{Instance, Parts, Target};
pub use metrics::objective_unit;
pub use model::{Metrics, TargetMetrics, evaluate};
pub use scenario::{ArrayShape, DrawnTargets, Scenario, TargetSpec, Targets};
pub use schemes::{FromStart, SensingSettings, StartName};
pub use stationarity::residual;
pub use system::Beamforming;
pub use verify::{Verification, verify};

use crate::data::{Array, ArraySet, FieldInfo, Taker};
use crate::{Design, Error};

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "beamforming";

/// What limits the transmit power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PowerConstraint {
    /// The power of all antennas together.
    #[default]
    Total,
    /// Every antenna sends the same share.
    PerAntenna,
}

/// Beams that send more than this times the power of their instance are a mistake of units, and
/// what they achieve may leave double precision.
const MOST_POWER: f64 = 1e12;

/// A design of this system.
pub type BeamformingDesign = Design<Beams, Metrics>;

/// Beams, the first `users` of which carry data.
#[derive(Clone, Debug, PartialEq)]
pub struct Beams {
    /// Antennas × streams, in √W.
    pub matrix: CMat,
    /// Number of data beams.
    pub users: usize,
}

/// The array beams travel as.
pub const BEAM_FIELDS: &[FieldInfo] = &[FieldInfo {
    name: "beams",
    dimensions: &["stream", "antenna"],
    complex: true,
    summary: "beams in √W, data streams first; antenna n sends Σ beams[stream][n] · symbol[stream]",
}];

impl Beams {
    /// Refuse beams that do not fit an instance. The number of sensing beams is free, and so is
    /// the power, up to 10¹² times that of the instance.
    ///
    /// # Errors
    /// [`Error::Input`] with what was found and what is needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let (found, limit) = (self.matrix.norm_sqr(), instance.parts().power_w);
        check_fit(&self.matrix, self.users, instance)?;
        if found <= MOST_POWER * limit {
            return Ok(());
        }
        let allowed = format!("at most {MOST_POWER:e} times power_w = {limit:e} W");
        let what = "the beams send more power than can be meant";
        let error = InputError::new(what, "beams", format!("{found:e} W"), allowed);
        Err(error.hint("entries are in √W: scale the beams to the power of the instance").into())
    }

    /// Rank of the transmit covariance `WWᴴ`: eigenvalues above 10⁻⁵ of the power.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn rank(&self) -> Result<usize, Error> {
        rank_of(&self.matrix, self.matrix.norm_sqr())
    }

    /// Sensing streams in use: eigenvalues of the covariance of the beams without data above 10⁻⁵
    /// of the total power. Their number does not depend on how the beams are mixed among
    /// themselves, which changes nothing.
    ///
    /// # Errors
    /// When an entry is not finite.
    pub fn sensing_streams_in_use(&self) -> Result<usize, Error> {
        rank_of(&self.matrix.columns(self.users..self.matrix.cols()), self.matrix.norm_sqr())
    }

    /// Beams of `users` data streams from a file of shape `[stream, antenna]`: `.npz` with an
    /// array `beams`, `.npy`, or a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &std::path::Path, users: usize) -> Result<Self, Error> {
        let place = path.display().to_string();
        let set = ArraySet::read(path, "design", BEAM_FIELDS)?;
        Self::from_arrays(&set, users).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&place)),
            other => other,
        })
    }

    /// Beams of `users` data streams from a set with an array `beams` ([`BEAM_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is damaged.
    pub fn from_arrays(set: &ArraySet, users: usize) -> Result<Self, Error> {
        let mut taker = Taker::new(set, BEAM_FIELDS);
        let entries = taker.complex("beams")?;
        let length = |dimension| taker.length(dimension).unwrap_or(0);
        let matrix = CMat::from_columns(length("antenna"), length("stream"), entries)?;
        Ok(Self { matrix, users })
    }

    /// The beams as a named array of shape `[stream, antenna]`.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        let shape = vec![self.matrix.cols(), self.matrix.rows()];
        set.insert("beams", Array::complex(shape, self.matrix.as_slice().to_vec()));
        set
    }
}

/// As a list of beams, each a list of `[re, im]` for every antenna.
impl Serialize for Beams {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.matrix.cols()))?;
        for stream in 0..self.matrix.cols() {
            let beam: Vec<[f64; 2]> =
                self.matrix.col(stream).iter().map(|z| [z.re, z.im]).collect();
            list.serialize_element(&beam)?;
        }
        list.end()
    }
}

/// Eigenvalues of `WᴴW` above 10⁻⁵ of `power`.
fn rank_of(beams: &CMat, power: f64) -> Result<usize, Error> {
    if beams.cols() == 0 {
        return Ok(0);
    }
    let gram = product(beams, Op::Adjoint, beams, Op::Plain);
    let mut eigen = HermitianEigen::new(gram.rows());
    eigen.compute(&gram)?;
    Ok(eigen.values().iter().filter(|value| **value > 1e-5 * power).count())
}

/// Refuse beams of another shape, or with an entry that is not finite.
fn check_fit(beams: &CMat, users: usize, instance: &Instance) -> Result<(), Error> {
    let fits =
        beams.rows() == instance.antennas() && users == instance.users() && beams.cols() >= users;
    if fits && beams.as_slice().iter().all(|z| z.is_finite()) {
        return Ok(());
    }
    let allowed = format!(
        "finite entries, shape [streams ≥ {}, {}]: a beam for each user, then sensing beams",
        instance.users(),
        instance.antennas()
    );
    let found = format!(
        "shape [{}, {}] for {users} users{}",
        beams.cols(),
        beams.rows(),
        if fits { ", with an entry that is not finite" } else { "" }
    );
    Err(InputError::new("the beams do not fit the instance", "beams", found, allowed).into())
}

/// Refuse a start whose shape is not antennas × streams of the instance, or with an entry that is
/// not finite. Its power is free: starts are scaled.
fn check_start(instance: &Instance, start: &CMat) -> Result<(), Error> {
    check_fit(start, instance.users(), instance)?;
    if start.cols() == instance.streams() {
        return Ok(());
    }
    let found = format!("{} streams", start.cols());
    let allowed = format!("{} streams, users first", instance.streams());
    Err(InputError::new("the start does not fit the instance", "start", found, allowed).into())
}

/// A climb that never entered the domain has proven nothing, not even feasibility.
const fn proof_of(residual: f64) -> Proof {
    if residual.is_finite() { Proof::stationary(residual) } else { Proof::NONE }
}

/// What a careful colleague would add to these numbers.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.warnings().to_vec();
    if instance.parts().crb_weight > 0.0 {
        let array = instance.parts().receive_array;
        // Half the half-power width of the array's beam, 0.886 · 2/N radians: past it, an
        // estimator confuses the main lobe with its neighbours.
        let half_width = |elements: usize| (0.886 / elements as f64).to_degrees();
        let limit = half_width(array.horizontal.max(array.vertical));
        match metrics.worst_angle_rcrb_deg() {
            None => sentences.push(
                "the Fisher matrix is singular at these beams: they are too few, or some target is \
                 not illuminated"
                    .to_owned(),
            ),
            Some(worst) if worst > limit => sentences.push(format!(
                "the largest root-CRB of an angle is {worst:.1}°, wider than half a beam \
                 ({limit:.1}°): a local bound of that size says little about a real estimator"
            )),
            Some(_) => {}
        }
    }
    let off = metrics.users_shut_off();
    if off > 0 && instance.parts().rate_weight_per_nat > 0.0 {
        sentences.push(format!("{off} of {} users are shut off", instance.users()));
    }
    sentences
}
