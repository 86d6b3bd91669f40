//! The best metric under requirements.

use noctule_num::InputError;
use noctule_optim::Interrupt;

use super::border::eased;
use super::checks::observable;
use super::convex::{searched, unlimited};
use super::impossible::{with_caps, without_caps};
use super::metric::Metric;
use super::required::{Found, Requirements};
use super::starts::Begin;
use super::world::{Space, World};
use crate::Error;

/// The best metric under floors and caps, proven: a bound or a beampattern error made small, a gain
/// made large.
///
/// The problem is convex ([module](super)): `value` and `bound` agree to 10⁻⁵ as a rule, and the bound
/// holds whatever the search did. Where the power does not suffice, `infeasible` says why and names
/// what is to blame.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn best_metric(
    world: &World,
    metric: &Metric,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    best_metric_from(world, metric, required, &Begin::default(), interrupt)
}

/// [`best_metric`] with beams to start from, or with few sensing streams.
///
/// # Errors
/// As [`best_metric`].
pub fn best_metric_from(
    world: &World,
    metric: &Metric,
    required: &Requirements,
    begin: &Begin<'_>,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    metric.check(world)?;
    if let Metric::Power(_) = metric {
        let what = "a power is not a metric of sensing";
        let allowed = "the least power has a function of its own";
        return Err(InputError::new(what, "metric", "a power", allowed).into());
    }
    if required.shapes_pattern(Some(metric)) && required.power.groups().is_some() {
        let what = "a beampattern asks for a total power, all of which is spent";
        return Err(InputError::new(what, "power", "limits of groups", "a total power").into());
    }
    let space = Space::new(world, required.whole(Some(metric)))?;
    observable(&space, metric)?;
    if let Some(reason) = without_caps(&space, required) {
        return Ok(Found { infeasible: Some(reason), ..Found::none(&space, required, 0) });
    }
    let mut found = match unlimited(&space, metric, required, begin, interrupt)? {
        (Some(found), _) => found,
        (None, spent) => {
            let found = searched(&space, metric, required, begin, interrupt)?;
            Found { evaluations: found.evaluations + spent, ..found }
        }
    };
    if found.violation > 1e-6 {
        found.infeasible = with_caps(world, required, interrupt)?;
        if found.infeasible.is_none() {
            found = eased(world, &space, metric, required, begin, found, interrupt)?;
        }
    }
    let mut found = found.of_gain(metric);
    found.beams = space.lifted(&found.beams);
    Ok(found)
}
