//! Why nothing meets the requirements, where that can be proven.

use noctule_num::{CMat, NumError};
use noctule_optim::Interrupt;

use super::convex::searched;
use super::least::{least_factor_within, least_power_within};
use super::metric::Metric;
use super::program::Cap;
use super::required::{Infeasible, Requirements};
use super::starts::Begin;
use super::uplink::{Hopeless, LeastPower, hopeless, least_power};
use super::world::{Space, World};

/// What the SINR floors alone rule out.
pub(super) fn without_caps(space: &Space, required: &Requirements) -> Option<Infeasible> {
    if let Some(Hopeless { asked, rank }) = hopeless(space, &required.sinr) {
        return Some(Infeasible::Rank { asked, rank });
    }
    let LeastPower { bound, .. } = least_power(space, &required.sinr, f64::INFINITY);
    (bound > required.most_power() * (1.0 + 1e-12)).then_some(Infeasible::Floors { power_w: bound })
}

/// Why nothing meets the requirements, where that can be proven.
pub(super) fn impossible(
    world: &World,
    space: &Space,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Option<Infeasible>, NumError> {
    match without_caps(space, required) {
        Some(reason) => Ok(Some(reason)),
        None => with_caps(world, required, interrupt),
    }
}

/// What caps, alone and with the floors, rule out.
pub(super) fn with_caps(
    world: &World,
    required: &Requirements,
    interrupt: &Interrupt,
) -> Result<Option<Infeasible>, NumError> {
    let alone = World {
        channels: CMat::zeros(world.transmit.elements(), 0),
        noise_w: Vec::new(),
        error_covariances: Vec::new(),
        ..world.clone()
    };
    let sensed = |(_, cap): &(usize, &Cap)| !matches!(cap.metric, Metric::Power(_));
    for (i, cap) in required.caps.iter().enumerate().filter(sensed) {
        let metric = &cap.metric;
        let free = Requirements { sinr: Vec::new(), ..required.without_metrics() };
        let space = Space::new(&alone, free.whole(Some(metric)))?;
        let found = searched(&space, metric, &free, &Begin::default(), interrupt)?;
        let limit = metric.made_small(cap.limit);
        if let Some(bound) = found.bound.filter(|bound| *bound > limit) {
            let [reachable, bound] = [found.value, bound].map(|value| metric.made_small(value));
            return Ok(Some(Infeasible::Cap { cap: i, reachable, bound }));
        }
    }
    if required.shapes_pattern(None) {
        // a pattern is for all of a power: its least power is not asked for
        return Ok(None);
    }
    if required.power.groups().is_some() {
        let least = least_factor_within(world, required, interrupt)?;
        let factor = least.bound.unwrap_or(0.0);
        return Ok((factor > 1.0).then_some(Infeasible::Groups { factor }));
    }
    let least = least_power_within(world, required, interrupt)?;
    let power_w = least.bound.unwrap_or(0.0);
    Ok((power_w > required.power.total()).then_some(Infeasible::Together { power_w }))
}
