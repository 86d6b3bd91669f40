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
//! use noctule::pilots::{self, Scenario, Settings};
//!
//! let instance = Scenario::default().realize(/* seed */ 1, /* trial */ 0)?;
//! let design = pilots::design(&instance, &Settings { certify: true, ..Settings::default() })?;
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

pub mod again;
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
mod polish;
mod scenario;
mod schemes;
mod story;
mod system;
mod told;
mod verify;

use noctule_num::InputError;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

pub use claims::CLAIMS;
pub use design::{LeastPowerSettings, Settings, best_crb, design, design_from, least_power};
pub use instance::{Instance, Parts, Sensing};
pub use model::{Metrics, evaluate};
pub use scenario::{AccessPoints, CrbLimit, PathLoss, Region, Road, Scenario, Users};
pub use schemes::FullPower;
pub use system::Pilots;
pub use told::{Told, ToldDesign};
pub use verify::{Verification, verify};

use crate::data::{Array, ArraySet, Entries, FieldInfo, Taker};
use crate::{Design, Error};

/// The name of this system in files and random streams.
pub const SYSTEM: &str = "pilots";

/// A design of this system.
pub type PilotsDesign = Design<Allocation, Metrics>;

/// What the symbols that an allocation distributes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PilotUse {
    /// Downlink pilots: they estimate and locate.
    #[default]
    Downlink,
    /// Symbols that locate only; users know the mean of their gain and no more.
    DedicatedSensing,
    /// There are none: all pilot symbols are spent on the uplink, nobody is located. The fractions
    /// are those of the data.
    UplinkOnly,
}

impl PilotUse {
    const ALL: [Self; 3] = [Self::Downlink, Self::DedicatedSensing, Self::UplinkOnly];
}

/// Fractions x_mk of the pilot power of each access point.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// Entry `(m, k)` at `m K + k`: what access point m spends on user k, from 0 to 1.
    pub fractions: Vec<f64>,
    /// Number of users K.
    pub users: usize,
    /// What is sent.
    pub pilots: PilotUse,
}

/// The arrays an allocation travels as.
pub const ALLOCATION_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "fractions",
        dimensions: &["point", "user"],
        complex: false,
        summary: "fractions of the pilot power of each access point",
    },
    FieldInfo {
        name: "pilot_use",
        dimensions: &[],
        complex: false,
        summary: "0 downlink pilots, 1 dedicated sensing, 2 uplink only; 0 when absent",
    },
];

impl Allocation {
    /// Refuse an allocation that does not fit an instance. Powers above the limit are legal here:
    /// they are counted as violations.
    ///
    /// # Errors
    /// [`Error::Input`] with the shape found and the shape needed.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let (m, k) = (instance.points(), instance.users());
        let fits = self.users == k && self.fractions.len() == m * k;
        let wrong = self.fractions.iter().position(|x| !(0.0..=1e6).contains(x));
        match (fits, wrong) {
            (true, None) => return Ok(()),
            (true, Some(i)) => {
                return Err(InputError::new(
                    "not a fraction of the pilot power",
                    format!("fractions[{}][{}]", i / k, i % k),
                    self.fractions[i].to_string(),
                    "from 0 on (1 is the power of one access point)",
                )
                .into());
            }
            (false, _) => {}
        }
        let found = format!("{} fractions for {} users", self.fractions.len(), self.users);
        let allowed = format!("shape [{m}, {k}], entries from 0 on (1 is the power of one point)");
        let what = "the allocation does not fit the instance";
        Err(InputError::new(what, "fractions", found, allowed).into())
    }

    /// From fractions that are user by user.
    fn from_blocks(x: &[f64], points: usize, users: usize) -> Self {
        let fractions = (0..points * users).map(|i| x[(i % users) * points + i / users]).collect();
        Self { fractions, users, pilots: PilotUse::Downlink }
    }

    /// The fractions user by user.
    fn blocks(&self) -> Vec<f64> {
        let points = self.fractions.len() / self.users.max(1);
        (0..self.fractions.len())
            .map(|i| self.fractions[(i % points) * self.users + i / points])
            .collect()
    }

    /// An allocation from named arrays ([`ALLOCATION_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] for arrays that are missing or misshapen.
    pub fn from_arrays(set: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(set, ALLOCATION_FIELDS);
        let fractions = taker.real("fractions")?;
        let users = taker.length("user").unwrap_or(0);
        let number = if taker.has("pilot_use") { taker.count("pilot_use")? } else { 0 };
        let pilots = PilotUse::ALL.get(number).copied().ok_or_else(|| {
            InputError::new("not a use of pilots", "pilot_use", number.to_string(), "0, 1 or 2")
        })?;
        Ok(Self { fractions, users, pilots })
    }

    /// The allocation as named arrays.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        let points = self.fractions.len() / self.users.max(1);
        let entries = Entries::Real(self.fractions.clone());
        set.insert("fractions", Array { shape: vec![points, self.users], entries });
        set.insert("pilot_use", Array::number(f64::from(self.pilots as u8)));
        set
    }
}

/// As a list of access points, each a list of fractions by user.
struct Rows<'a>(&'a Allocation);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.0.fractions.chunks(self.0.users.max(1));
        let mut list = serializer.serialize_seq(Some(rows.len()))?;
        for row in rows {
            list.serialize_element(row)?;
        }
        list.end()
    }
}

impl Serialize for Allocation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("fractions", &Rows(self))?;
        map.serialize_entry("pilot_use", &(self.pilots as u8))?;
        map.end()
    }
}

/// What is worth saying about a design.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut sentences = instance.notes().to_vec();
    if !instance.is_decoupled() {
        sentences.push(
            "pilots are correlated in both directions: the errors shown are exact, the design is \
             the best that a local search on them found, and nothing is proven of the optimum"
                .to_owned(),
        );
    } else if !instance.is_modelled_exactly() {
        sentences.push(
            "downlink pilots overlap and some channels have no estimate: the errors shown are \
             exact, the design is the best that a local search on them found, and nothing is \
             proven of the optimum"
                .to_owned(),
        );
    }
    // Below about 17 dB in all, delays of different paths cannot be told from noise.
    let weak = metrics.echo_snr.iter().flatten().filter(|snr| **snr > 0.0 && **snr < 50.0).count();
    if weak > 0 {
        sentences.push(format!(
            "the echoes of {weak} of {} users sum to less than 17 dB: without a prior on the \
             position real estimators do not reach the bound there",
            instance.users()
        ));
    }
    sentences
}
