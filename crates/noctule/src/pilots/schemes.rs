//! The schemes of `pilots`: a row each, and the settings that only a row needs.

use noctule_num::InputError;
use noctule_optim::conic;

use super::baselines::{
    Algorithm1Settings, algorithm_1, dedicated_sensing, full_power, no_downlink, theta_conic,
};
use super::locate::{LocateSettings, located};
use super::{FullPower, LeastPowerSettings, Pilots, Settings, best_crb, design_from, least_power};
use crate::system::{Method, Scheme, Setting};

/// The schemes; `optimal` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Pilots>] = &[
    Scheme::new(
        "optimal",
        "Optimal",
        "interior point on the exact problem: stationary; with `certify` proven within \
                  `certify.gap` of the global optimum; unreachable limits are proven infeasible",
        &Method::new(design_from),
    ),
    Scheme::new(
        "least-power",
        "Least power",
        "the least pilot power for a target error (that of equal shares by default): \
                  stationary; with `certify` a lower bound on the power",
        &Method::new(least_power),
    ),
    Scheme::new(
        "best-crb",
        "Best localisation",
        "the smallest worst bound on positions, errors ignored: proven by a dual bound",
        &Method::new(best_crb),
    ),
    Scheme::new(
        "full-power",
        "Full power",
        "all power in equal shares (or equal coefficients): closed form, limits not \
                  looked at",
        &Method::new(full_power),
    ),
    Scheme::new(
        "algorithm-1",
        "Algorithm 1",
        "bisection over a linearised feasibility problem, of J. Liao et al.: feasible \
                  where it finds a point, else full power",
        &Method::new(algorithm_1),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "no-downlink",
        "No downlink pilots",
        "all pilots uplink; users know the mean of their gain; nobody is located",
        &Method::new(no_downlink),
    ),
    Scheme::new(
        "dedicated-sensing",
        "Dedicated sensing",
        "sensing symbols instead of downlink pilots, same echo power as Algorithm 1 \
                  (our definition)",
        &Method::new(dedicated_sensing),
    )
    .unless(conic::AVAILABLE, NO_CONES),
    Scheme::new(
        "theta-conic",
        "θ-iteration by cones",
        "our problem through a general conic solver: the cross-check of `optimal`",
        &Method::new(theta_conic),
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
