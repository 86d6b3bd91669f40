//! The schemes of `pilots`: a row each, and the settings that only a row needs.

use noctule_num::{InputError, NumError};
use noctule_optim::{Stop, conic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::{
    Algorithm1Settings, Share, algorithm1_with, dedicated_sensing_with, full_power, no_downlink,
    theta_conic_with,
};
use super::locate::{LocateSettings, locate};
use super::told::tell;
use super::{
    Allocation, Instance, LeastPowerSettings, Pilots, Settings, ToldDesign, best_crb, design_from,
    least_power,
};
use crate::Error;
use crate::system::{Method, NoSettings, Run, Scheme, Setting};

/// The schemes; `optimal` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Pilots>] = &[
    Scheme::new(
        "optimal",
        "Optimal",
        "interior point on the exact problem: stationary; with `certify` proven within \
                  `gap` of the global optimum; unreachable limits are proven infeasible",
        &Method::new(optimal),
    ),
    Scheme::new(
        "least-power",
        "Least power",
        "the least pilot power for a target error (that of equal shares by default): \
                  stationary; with `certify` a lower bound on the power",
        &Method::new(|x, s: &LeastPowerSettings, run| least_power(x, s, &run.interrupt).map(tell)),
    ),
    Scheme::new(
        "best-crb",
        "Best localisation",
        "the smallest worst bound on positions, errors ignored: proven by a dual bound",
        &Method::new(|x, _: &NoSettings, _| best_crb(x).map(tell)),
    ),
    Scheme::new(
        "full-power",
        "Full power",
        "all power in equal shares (or equal coefficients): closed form, limits not \
                  looked at",
        &Method::new(|x, s: &FullPower, _| full_power(x, s.share).map(tell)),
    ),
    Scheme::new(
        "algorithm-1",
        "Algorithm 1",
        "bisection over a linearised feasibility problem, of J. Liao et al.: feasible \
                  where it finds a point, else full power",
        &Method::new(|x, s: &Algorithm1Settings, run| {
            algorithm1_with(x, s, &run.interrupt).map(tell)
        }),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "no-downlink",
        "No downlink pilots",
        "all pilots uplink; users know the mean of their gain; nobody is located",
        &Method::new(|x, _: &NoSettings, _| no_downlink(x).map(tell)),
    ),
    Scheme::new(
        "dedicated-sensing",
        "Dedicated sensing",
        "sensing symbols instead of downlink pilots, same echo power as Algorithm 1 \
                  (our definition)",
        &Method::new(|x, _: &NoSettings, run| dedicated_sensing_with(x, &run.interrupt).map(tell)),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "theta-conic",
        "θ-iteration by cones",
        "our problem through a general conic solver: the cross-check of `optimal`",
        &Method::new(|x, _: &NoSettings, run| theta_conic_with(x, &run.interrupt).map(tell)),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "located",
        "Estimated positions",
        "an allocation of full power and what estimators make of its echoes",
        &Method::new(located),
    ),
];

const NO_CONES: &str = "solves conic programs, for which this build lacks the feature `conic`";

fn optimal(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Allocation>,
) -> Result<ToldDesign, Error> {
    // A neighbour of another shape cannot warm a point; it then starts cold.
    let warm = run.warm.filter(|warm| warm.check(instance).is_ok());
    design_from(instance, settings, warm, &run.interrupt).map(tell)
}

/// Full power, and what estimators make of its echoes.
fn located(
    instance: &Instance,
    settings: &LocateSettings,
    _: &Run<'_, Allocation>,
) -> Result<ToldDesign, Error> {
    let design = full_power(instance, Share::Equal)?;
    let attained = locate(instance, &design.variables, settings);
    let mut told = tell(design);
    match attained {
        // Half of the noises is no mean: the allocation stands without one.
        Err(Error::Numerics(NumError::Interrupted)) => told.stop = Stop::Interrupted,
        attained => told.metrics.attained = Some(attained?),
    }
    Ok(told)
}

/// Settings of `full-power`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FullPower {
    /// How the power is shared.
    pub share: Share,
}

impl Setting for FullPower {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
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

impl Setting for Algorithm1Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for LocateSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}
