//! The settings of our method, and of P1.

use noctule_num::InputError;
use noctule_num::input::{in_count, setting};
use serde::{Deserialize, Serialize};

use crate::Certify;
use crate::system::Setting;

/// Sensing beams of an access point, at most.
pub(super) const MOST_SENSING_BEAMS: usize = 512;
/// Rows of a trace, at most: some hundred megabytes.
pub(super) const MOST_ROWS: usize = 10_000_000;
/// Residual to which every start is climbed before the best is polished.
pub(super) const ROUGH: f64 = 1e-4;
/// Regions of branch and bound that a design affords unless it is told otherwise.
const AFFORDED_NODES: u64 = 500;
/// The least gap that branch and bound can be asked for: bounds carry margins of rounding, and what
/// models neglect.
const LEAST_GAP: f64 = 1e-9;
/// Relative gap to which the best beampatterns are proven.
pub(super) const PATTERN_GAP: f64 = 1e-6;

/// Settings of [`design()`](super::design()).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of starts, taken in this order: regularised zero forcing, matched filters, then
    /// randomly perturbed regularised zero forcing. Where there are several and something is required, the
    /// beams of the largest rate without sensing come before, as one more.
    pub starts: usize,
    /// Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    pub tolerance: f64,
    /// Constraints hold to this, relative to the requirement.
    pub feasibility: f64,
    /// Evaluations each start, and the final polish, may spend.
    pub max_evaluations: u64,
    /// Sensing beams of each access point that senses.
    pub sensing_beams: usize,
    /// Relative gap to which the best beampatterns are proven.
    pub pattern_gap: f64,
    /// Whether branch and bound adds an upper bound on the rate. It affords 500 regions; zero of them
    /// is one, which is not divided.
    pub certify: Certify,
    /// Rows of the trace to keep; zero keeps none.
    pub trace_rows: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            starts: 3,
            tolerance: 1e-6,
            feasibility: 1e-7,
            max_evaluations: 20_000,
            sensing_beams: 3,
            pattern_gap: PATTERN_GAP,
            certify: Certify::No,
            trace_rows: 0,
        }
    }
}

impl Settings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        in_count("starts", self.starts, 1, 10_000)?;
        in_count("sensing_beams", self.sensing_beams, 1, MOST_SENSING_BEAMS)?;
        in_count("trace_rows", self.trace_rows, 0, MOST_ROWS)?;
        share("tolerance", self.tolerance)?;
        share("feasibility", self.feasibility)?;
        share("pattern_gap", self.pattern_gap)?;
        if self.max_evaluations == 0 {
            return Err(setting("max_evaluations", 0, "at least 1"));
        }
        self.certify.validate(LEAST_GAP)
    }

    /// Regions branch and bound may examine: at least the first, without which there is no bound.
    pub(super) fn nodes(&self) -> u64 {
        self.certify.nodes_or(AFFORDED_NODES).max(1)
    }
}

/// Settings of [`sensing_only`](super::sensing_only()).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SensingSettings {
    /// Relative gap to which the beampatterns are proven.
    pub pattern_gap: f64,
}

impl Default for SensingSettings {
    fn default() -> Self {
        Self { pattern_gap: PATTERN_GAP }
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for SensingSettings {
    fn validate(&self) -> Result<(), InputError> {
        share("pattern_gap", self.pattern_gap)
    }
}

/// Refuse a number outside `(0, 1)`.
fn share(place: &str, value: f64) -> Result<(), InputError> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(setting(place, value, "between 0 and 1, e.g. 1e-6"))
}
