//! The schemes of `pilots`, a row each: ours here, those of the baselines beside their functions.

use noctule_num::InputError;
use serde::Deserialize;
use serde_json::Value;

use super::baselines::{self, full_power};
use super::claims::Claims;
use super::locate::{LocateSettings, located};
use super::{
    FullPower, Instance, LeastPowerSettings, Pilots, Settings, best_crb, design_from, least_power,
};
use crate::claims::Ends;
use crate::system::{Method, Scheme, Setting, count, joined};
use crate::{Error, Run};

/// The schemes; `optimal` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Pilots>] = &joined::<_, { count(TABLES) }>(TABLES);

const TABLES: &[&[Scheme<Pilots>]] = &[OURS, baselines::SCHEMES, LOCATED];

const OURS: &[Scheme<Pilots>] = &[
    Scheme::new(
        "optimal",
        "Optimal",
        "interior point on the exact problem: stationary; with `certify` proven within \
                  `certify.gap` of the global optimum; unreachable limits are proven infeasible",
        &Method::new(design_from),
        Claims::new(Ends::OwnRule),
    ),
    Scheme::new(
        "least-power",
        "Least power",
        "the least pilot power for a target error (that of equal shares by default): \
                  stationary; with `certify` a lower bound on the power",
        &Method::new(least_power),
        Claims::of_power(Ends::OwnRule, target),
    ),
    Scheme::new(
        "best-crb",
        "Best localisation",
        "the smallest worst bound on positions, errors ignored: proven by a dual bound",
        &Method::new(best_crb),
        Claims::of_positions(Ends::OwnRule),
    ),
];

const LOCATED: &[Scheme<Pilots>] = &[Scheme::new(
    "located",
    "Estimated positions",
    "an allocation of full power and what estimators make of its echoes",
    &Method::new(located),
    Claims::new(Ends::ClosedForm),
)];

/// The target of `least-power`: what its settings name, or the error of equal shares.
fn target(instance: &Instance, settings: &Value) -> Result<Option<f64>, Error> {
    let Ok(settings) = LeastPowerSettings::deserialize(settings) else { return Ok(None) };
    Ok(Some(match settings.target_error {
        Some(target) => target,
        None => {
            let full = full_power(instance, &FullPower::default(), &Run::default())?;
            full.metrics.worst_error
        }
    }))
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for LeastPowerSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for LocateSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}
