//! The schemes of `pilots`.

use noctule::pilots::baselines::{
    Algorithm1Settings, Share, algorithm1_with, dedicated_sensing_with, full_power, no_downlink,
    theta_conic_with,
};
use noctule::pilots::locate::{LocateSettings, locate};
use noctule::pilots::{
    Allocation, Instance, LeastPowerSettings, PilotsDesign, Settings, best_crb, design_from,
    least_power,
};
use noctule::{Design, Error, Interrupt};
use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::told::Told;
use crate::system::SchemeInfo;
use crate::systems::{typed, unread};

pub(super) const SCHEMES: &[SchemeInfo] = &[
    SchemeInfo {
        name: "optimal",
        label: "Optimal",
        summary: "interior point on the exact problem: stationary; with `certify` proven within \
                  `gap` of the global optimum; unreachable limits are proven infeasible",
    },
    SchemeInfo {
        name: "least-power",
        label: "Least power",
        summary: "the least pilot power for a target error (that of equal shares by default): \
                  stationary; with `certify` a lower bound on the power",
    },
    SchemeInfo {
        name: "best-crb",
        label: "Best localisation",
        summary: "the smallest worst bound on positions, errors ignored: proven by a dual bound",
    },
    SchemeInfo {
        name: "full-power",
        label: "Full power",
        summary: "all power in equal shares (or equal coefficients): closed form, limits not \
                  looked at",
    },
    SchemeInfo {
        name: "algorithm-1",
        label: "Algorithm 1",
        summary: "bisection over a linearised feasibility problem, of J. Liao et al.: feasible \
                  where it finds a point, else full power",
    },
    SchemeInfo {
        name: "no-downlink",
        label: "No downlink pilots",
        summary: "all pilots uplink; users know the mean of their gain; nobody is located",
    },
    SchemeInfo {
        name: "dedicated-sensing",
        label: "Dedicated sensing",
        summary: "sensing symbols instead of downlink pilots, same echo power as Algorithm 1 \
                  (our definition)",
    },
    SchemeInfo {
        name: "theta-conic",
        label: "θ-iteration by cones",
        summary: "our problem through a general conic solver: the cross-check of `optimal`",
    },
    SchemeInfo {
        name: "located",
        label: "Estimated positions",
        summary: "an allocation of full power and what estimators make of its echoes",
    },
];

/// Settings of `full-power`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FullPower {
    /// How the power is shared.
    share: Share,
}

/// Settings of schemes that have none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// A scheme with its settings.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// `optimal`
    Optimal(Settings),
    /// `least-power`
    LeastPower(LeastPowerSettings),
    /// `best-crb`
    BestCrb,
    /// `full-power`
    FullPower(Share),
    /// `algorithm-1`
    Algorithm1(Algorithm1Settings),
    /// `no-downlink`
    NoDownlink,
    /// `dedicated-sensing`
    DedicatedSensing,
    /// `theta-conic`
    ThetaConic,
    /// `located`
    Located(LocateSettings),
}

pub(super) fn default_settings(scheme: &str) -> Option<Value> {
    match scheme {
        "optimal" => Some(json!(Settings::default())),
        "least-power" => Some(json!(LeastPowerSettings::default())),
        "full-power" => Some(json!(FullPower::default())),
        "algorithm-1" => Some(json!(Algorithm1Settings::default())),
        "located" => Some(json!(LocateSettings::default())),
        "best-crb" | "no-downlink" | "dedicated-sensing" | "theta-conic" => Some(json!({})),
        _ => None,
    }
}

impl Scheme {
    pub(super) fn new(name: &str, settings: &Value) -> Result<Self, InputError> {
        Ok(match name {
            "optimal" => {
                let settings: Settings = typed(settings, "")?;
                settings.validate()?;
                Self::Optimal(settings)
            }
            "least-power" => {
                let settings: LeastPowerSettings = typed(settings, "")?;
                settings.validate()?;
                Self::LeastPower(settings)
            }
            "full-power" => Self::FullPower(typed::<FullPower>(settings, "")?.share),
            "algorithm-1" => {
                let settings: Algorithm1Settings = typed(settings, "")?;
                settings.validate()?;
                Self::Algorithm1(settings)
            }
            "located" => {
                let settings: LocateSettings = typed(settings, "")?;
                settings.validate()?;
                Self::Located(settings)
            }
            other => {
                let plain = match other {
                    "best-crb" => Self::BestCrb,
                    "no-downlink" => Self::NoDownlink,
                    "dedicated-sensing" => Self::DedicatedSensing,
                    "theta-conic" => Self::ThetaConic,
                    _ => return Err(unread(other)),
                };
                typed::<Nothing>(settings, "")?;
                plain
            }
        })
    }

    pub(super) fn design(
        &self,
        instance: &Instance,
        warm: Option<&Allocation>,
        interrupt: &Interrupt,
    ) -> Result<Design<Allocation, Told>, Error> {
        let plain = match self {
            Self::Optimal(settings) => design_from(instance, settings, warm, interrupt),
            Self::LeastPower(settings) => least_power(instance, settings, interrupt),
            Self::BestCrb => best_crb(instance),
            Self::FullPower(share) => full_power(instance, *share),
            Self::Algorithm1(settings) => algorithm1_with(instance, settings, interrupt),
            Self::NoDownlink => no_downlink(instance),
            Self::DedicatedSensing => dedicated_sensing_with(instance, interrupt),
            Self::ThetaConic => theta_conic_with(instance, interrupt),
            Self::Located(settings) => {
                let design = full_power(instance, Share::Equal)?;
                let attained = locate(instance, &design.variables, settings)?;
                let mut told = tell(design);
                told.metrics.attained = Some(attained);
                return Ok(told);
            }
        };
        plain.map(tell)
    }
}

/// The same design with room for what estimators add.
fn tell(design: PilotsDesign) -> Design<Allocation, Told> {
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
