//! Our method: the best sensing time, number of updates and placement, with a proof.
//!
//! It is the [search](super::search) over intervals of the sensing time, among all placements.

use super::search::search;
use super::{FrameDesign, Instance, Plan, Settings};
use crate::Error;
use crate::system::Run;

/// The best plan for `instance`: exact up to the gap asked for, with the bound that proves it.
///
/// Where the requirements cannot be met, the design carries a certificate and the plan that comes
/// nearest.
///
/// # Errors
/// [`Error::Input`] for settings out of range, and for an instance without projection of the
/// prior, whose rate has poles: use [`grid`](super::baselines::grid()) there.
pub fn design(instance: &Instance, settings: &Settings) -> Result<FrameDesign, Error> {
    design_from(instance, settings, &Run::default())
}

/// As [`design`], and stops soon after the interrupt of `run` is raised. Nothing can warm a search that
/// proves: the design to start from is not used.
///
/// # Errors
/// As [`design`].
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    search(instance, settings.pattern(), settings, run)
}
