//! Settings of our method, and the ranges that its settings share with those of the baselines.

use noctule_num::InputError;
use noctule_num::input::{in_count, setting};
use noctule_optim::{StopRule, StopRules};
use serde::{Deserialize, Serialize};

use super::Instance;
use super::starts::default_count;
use crate::Certify;
use crate::system::Setting;

/// No progress beyond rounding in so many iterations.
pub(super) const STALLED: StopRule = StopRule::Progress { tolerance: 1e-15, window: 40 };
/// Boxes that one design affords: a second or two for up to twelve users.
const AFFORDED_BOXES: u64 = 3000;
/// Below this a gap is the rounding of the bounds themselves.
const LEAST_GAP: f64 = 1e-12;
/// Starts at most.
const MOST_STARTS: usize = 10_000;
/// Rows of a trace at most: each has five numbers.
const MOST_ROWS: usize = 10_000_000;

/// Settings of [`design`](super::design()).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of starts, taken in this order: regularised zero forcing, matched filters, then
    /// randomly perturbed regularised zero forcing; each with and without sensing beams. `null`
    /// takes as many as antennas and users like these need. One is a single climb.
    pub starts: Option<usize>,
    /// Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    pub tolerance: f64,
    /// Evaluations each start of the weighted sum may spend. Goals with requirements end where their steps do.
    pub max_evaluations: u64,
    /// Attach an upper bound to the proof: the smallest one of the
    /// [separate optima](super::bound::separate_optima), [Sato's](super::cooperation::sato) (for the
    /// price of a few more starts) and [branch and bound](super::global), which closes the gap. Of
    /// its boxes 3000 may be examined unless `nodes` says otherwise: on the paper's scene some twenty
    /// suffice for four users, a hundred for six, a thousand for eight. The gap is relative to
    /// max(|objective|, its unit).
    pub certify: Certify,
    /// Rows of the trace to keep; zero keeps none.
    pub trace_rows: usize,
    /// Take sensing streams away as long as fewer do exactly the same
    /// ([`fewest`](super::fewest)): every metric stays, and what was saved is told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fewest_sensing_streams: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            starts: None,
            tolerance: 1e-6,
            max_evaluations: 3000,
            certify: Certify::No,
            trace_rows: 0,
            fewest_sensing_streams: false,
        }
    }
}

impl Settings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        if let Some(starts) = self.starts {
            in_count("starts", starts, 1, MOST_STARTS)?;
        }
        tolerance("tolerance", self.tolerance)?;
        if self.max_evaluations == 0 {
            return Err(setting("max_evaluations", 0, "at least 1"));
        }
        self.certify.validate(LEAST_GAP)?;
        in_count("trace_rows", self.trace_rows, 0, MOST_ROWS)
    }

    /// The number of starts for `instance`.
    pub fn count(&self, instance: &Instance) -> usize {
        self.starts.unwrap_or_else(|| default_count(instance))
    }

    /// Boxes that branch and bound may examine.
    pub(super) fn nodes(&self) -> u64 {
        self.certify.nodes_or(AFFORDED_BOXES)
    }

    pub(super) fn rules(&self) -> StopRules {
        StopRules::from(StopRule::Residual(self.tolerance))
            | STALLED
            | StopRule::Evaluations(self.max_evaluations)
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

/// Refuse what is below zero or no number.
pub(super) fn not_negative(name: &str, value: f64) -> Result<(), InputError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(setting(name, value, "zero or a positive number"))
}

/// Refuse a tolerance of nothing, or of one and more.
pub(super) fn tolerance(name: &str, value: f64) -> Result<(), InputError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(setting(name, value, "between 0 and 1, e.g. 1e-6"))
}

/// Refuse what is not a positive number.
pub(super) fn positive(name: &str, value: f64) -> Result<(), InputError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(setting(name, value, "a positive number"))
}
