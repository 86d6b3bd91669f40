//! Our methods: the best sites, phases and covariance for the highest rate under a limit on the
//! bound.

use super::model::echoed;
use super::optimum::optimum;
use super::settings::{Settings, Signal};
use super::{Deployment, Instance, SurfacesDesign};
use crate::{Error, Run};

/// The highest rate with any covariance: streams may be correlated, which lights the target without
/// a signal of its own.
///
/// With user and target in one place the phases are aligned and the covariance is the optimum of a
/// convex problem ([`super::covariance`]): proven globally optimal for orthogonal sites, bounded for
/// others. Apart, phases come from a search and the proof, with `certify`, is an interval.
///
/// # Errors
/// [`Error::Input`] for settings out of range; broken numerics.
pub fn design(instance: &Instance, settings: &Settings) -> Result<SurfacesDesign, Error> {
    design_from(instance, settings, &Run::default())
}

/// The same as [`design`], with an interrupt. A design to start from is ignored: the search has
/// starts of its own.
///
/// # Errors
/// As [`design`].
pub fn design_from(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    echoed(instance, optimum(instance, Signal::Covariance, settings, &run.interrupt)?)
}

/// The highest rate with independent streams and a dedicated sensing signal, the ansatz (36).
///
/// With user and target in one place this is Theorem 2 ([`super::power`]). Apart, phases come from a
/// search, and `certify` closes the gap by branch and bound. A proof is about this ansatz; other
/// covariances reach higher rates.
///
/// # Errors
/// As [`design`], and for sites whose paths are not orthogonal.
pub fn dedicated_signal(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Deployment>,
) -> Result<SurfacesDesign, Error> {
    echoed(instance, optimum(instance, Signal::Dedicated, settings, &run.interrupt)?)
}
