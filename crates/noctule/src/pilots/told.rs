//! An allocation with what estimators made of its echoes.

use serde::Serialize;

use super::locate::Attained;
use super::{Allocation, Metrics, PilotsDesign};
use crate::Design;

/// A design with room for what estimators add.
pub type ToldDesign = Design<Allocation, Told>;

/// The metrics of an allocation, and what estimators made of its echoes where they were asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Told {
    /// The metrics.
    #[serde(flatten)]
    pub of: Metrics,
    /// What estimators achieve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attained: Option<Attained>,
}

impl From<Metrics> for Told {
    fn from(of: Metrics) -> Self {
        Self { of, attained: None }
    }
}

/// The same design with room for what estimators add.
pub(super) fn tell(design: PilotsDesign) -> ToldDesign {
    Design {
        variables: design.variables,
        metrics: Told::from(design.metrics),
        stop: design.stop,
        proof: design.proof,
        trace: design.trace,
        work: design.work,
        starts: design.starts,
        warnings: design.warnings,
    }
}
