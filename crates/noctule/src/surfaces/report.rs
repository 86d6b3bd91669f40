//! What a deployment achieves, with its echoes where the scenario asks for them.

use serde::Serialize;

use super::echo::{EchoReport, report};
use super::{Deployment, Instance, Metrics, SurfacesDesign};
use crate::{Design, Error};

/// A design with its echoes.
pub type ReportedDesign = Design<Deployment, Report>;

/// What a deployment achieves, with its echoes where the scenario asks for them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The metrics of the library.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// What estimators made of simulated echoes.
    pub echo: Option<EchoReport>,
}

/// The echoes of a deployment beside its metrics.
///
/// # Errors
/// As [`report`].
pub(super) fn reported(
    instance: &Instance,
    variables: &Deployment,
    metrics: Metrics,
) -> Result<Report, Error> {
    let echo = report(instance, variables, metrics.crb)?;
    Ok(Report { metrics, echo })
}

/// A design with the echoes of its deployment.
///
/// # Errors
/// As [`report`].
pub(super) fn told(instance: &Instance, design: SurfacesDesign) -> Result<ReportedDesign, Error> {
    Ok(Design {
        metrics: reported(instance, &design.variables, design.metrics)?,
        variables: design.variables,
        stop: design.stop,
        proof: design.proof,
        trace: design.trace,
        work: design.work,
        starts: design.starts,
        warnings: design.warnings,
    })
}
