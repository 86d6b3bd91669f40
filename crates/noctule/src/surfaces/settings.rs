//! What is asked of a design: the signal, the bound that is required, the sites, and how hard to
//! work.

use noctule_num::InputError;
use noctule_num::input::in_count;
use serde::{Deserialize, Serialize};

use crate::Certify;

/// Regions of branch and bound unless a number is named: far more than the scenes of
/// `docs/surfaces.md` took.
const USUAL_NODES: u64 = 4000;
/// The smallest gap that can be asked for: bounds are raised by 10⁻¹¹ for rounding.
const LEAST_GAP: f64 = 1e-11;
/// 2²⁴ phases are those of single precision.
const MOST_BITS: u32 = 24;

/// What is transmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Any covariance of what carries data; no dedicated sensing signal, which never helps.
    Covariance,
    /// Independent streams, one on each path, and a dedicated sensing signal (36).
    Dedicated,
}

/// Which bound has to stay below the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The upper bound (21) of the Cramér–Rao bound. Safe, and equal to it where the surface with
    /// sensors is aligned to the target; elsewhere it asks for more than necessary
    /// (`docs/errata.md#surfaces-e6`).
    #[default]
    Illumination,
    /// The Cramér–Rao bound (16) itself, with its derivative term, by a search.
    ExactBound,
}

/// Which sites are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The deployment with the highest rate, of all that contain the first site.
    #[default]
    Best,
    /// All sites.
    All,
    /// The first site alone.
    Single,
}

/// Settings of `full-covariance` and `dedicated-signal`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which sites are built.
    pub select: Select,
    /// Which bound has to stay below the limit.
    pub requirement: Requirement,
    /// Bits of each phase shifter; `null` for continuous phases. Powers and covariance are designed
    /// again for the quantised phases.
    pub phase_bits: Option<u32>,
    /// Where user and target are apart: bound the optimum over phases by branch and bound, of 4000
    /// regions unless a number is named.
    pub certify: Certify,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            select: Select::Best,
            requirement: Requirement::Illumination,
            phase_bits: None,
            certify: Certify::No,
        }
    }
}

impl Settings {
    /// Refuse settings out of range.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        if let Some(bits) = self.phase_bits {
            in_count("phase_bits", bits, 1, MOST_BITS)?;
        }
        self.certify.validate(LEAST_GAP)
    }

    /// What may be spent on closing the gap: nothing where no bound is asked for.
    pub(super) fn allowance(&self) -> Allowance {
        Allowance { nodes: self.certify.nodes_or(USUAL_NODES), gap: self.certify.gap() }
    }
}

/// What may be spent on closing the gap, and when it counts as closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Allowance {
    /// Regions that branch and bound may examine.
    pub(super) nodes: u64,
    /// The relative gap at which it stops.
    pub(super) gap: f64,
}
