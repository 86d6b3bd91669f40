//! Settings of our methods.

use noctule_num::InputError;
use noctule_num::input::{in_count, in_range, setting};
use noctule_optim::branch_bound::Budget;
use serde::{Deserialize, Serialize};

use crate::Certify;
use crate::pilots::interior::Rules;

/// Regions that a proof may examine unless a number is named: seconds for eight access points.
const AFFORDED: u64 = 2000;
/// The least gap that can be asked for: multipliers of the interior point are exact to about this.
const LEAST_GAP: f64 = 1e-9;

/// Settings of [`design`](super::design()).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Converged when complementarity and scaled gradient are below this.
    pub tolerance: f64,
    /// Newton steps at most.
    pub max_steps: u32,
    /// Prove how far from the global optimum the design can be; 2000 regions unless a number is
    /// named, and one at least.
    pub certify: Certify,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tolerance: 1e-9, max_steps: 150, certify: Certify::No }
    }
}

impl Settings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        in_range("tolerance", self.tolerance, 1e-12, 1e-2, "")?;
        in_count("max_steps", self.max_steps, 1, 100_000)?;
        self.certify.validate(LEAST_GAP)
    }

    pub(super) const fn rules(&self) -> Rules {
        Rules { tolerance: self.tolerance, steps: self.max_steps, below: None }
    }

    pub(super) fn budget(&self) -> Budget {
        let nodes = self.certify.nodes_or(AFFORDED).max(1);
        Budget { nodes, absolute: 0.0, relative: self.certify.gap() }
    }
}

/// Settings of [`least_power`](super::least_power()).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LeastPowerSettings {
    /// Largest error allowed; `null` means what full power in equal shares has.
    pub target_error: Option<f64>,
    /// The rest.
    pub search: Settings,
}

impl LeastPowerSettings {
    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        match self.target_error {
            Some(target) if !(target > 0.0 && target <= 1.0) => {
                Err(setting("target_error", target, "above 0, up to 1"))
            }
            _ => self.search.validate().map_err(|error| error.inside("search")),
        }
    }
}
