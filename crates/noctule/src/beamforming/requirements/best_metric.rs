//! The best metric under requirements.

use noctule_optim::Interrupt;

use super::convex::searched;
use super::impossible::{with_caps, without_caps};
use super::metric::Metric;
use super::required::{Found, Requirements};
use super::world::{Space, World};
use crate::Error;

/// The best metric under floors and caps, proven.
///
/// The problem is convex ([module](super)): `value` and `bound` agree to 10⁻⁵ or better; the bound holds
/// whatever the search did. Where nothing meets the requirements, `infeasible` says why and names what
/// is to blame.
///
/// # Errors
/// [`Error::Input`] for what does not fit; broken numerics.
pub fn best_metric(
    world: &World,
    metric: &Metric,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Found, Error> {
    world.check()?;
    required.check(world)?;
    metric.check(world)?;
    let space = Space::new(world, required.whole(Some(metric)))?;
    if let Some(reason) = without_caps(&space, required) {
        return Ok(Found { infeasible: Some(reason), ..Found::none(&space, required, 0) });
    }
    let mut found = searched(&space, metric, required, interrupt)?;
    if found.violation > 1e-6 {
        found.infeasible = with_caps(world, required, interrupt)?;
    }
    found.beams = space.lifted(&found.beams);
    Ok(found)
}
