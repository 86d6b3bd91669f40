//! The schemes of `cellfree`: a row each, and the settings that only a row needs.

use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::{
    BlockSettings, LinearSettings, MajorisationSettings, block_ascent, majorisation, mrt,
    rate_only, sensing_only, zero_forcing,
};
use super::{Beams, CellFree, Instance, Settings, design_from};
use crate::system::{Method, Run, Scheme, Setting};

/// The schemes; `balanced` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<CellFree>] = &[
    Scheme::new(
        "balanced",
        "Balanced",
        "beams on spheres, the requirement by an augmented Lagrangian, several starts: a \
                  stationary point, with `certify_nodes` an upper bound by branch and bound",
        &Method::new(|x, s: &Settings, run| design_from(x, s, neighbour(x, run), &run.interrupt)),
    ),
    Scheme::new(
        "rate-only",
        "Rate only",
        "the same without sensing (P2), whatever is required: a stationary point of P2, no \
                  claim where the requirement is missed",
        &Method::new(|x, s: &Settings, run| rate_only(x, s, neighbour(x, run), &run.interrupt)),
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no \
                  claim where a requirement is missed",
        &Method::new(|x, s: &SensingSettings, run| sensing_only(x, &s.whole(), &run.interrupt)),
    ),
    Scheme::new(
        "majorisation",
        "Majorisation",
        "the convex step of the corrected Algorithm 3 in factored form, repeated, or with the \
                  split of the paper (`split`): feasible, no claim beyond",
        &Method::new(|x, s: &MajorisationSettings, run| majorisation(x, s, &run.interrupt)),
    ),
    Scheme::new(
        "block-ascent",
        "Algorithm 2",
        "P2 by block-coordinate ascent on the quadratic transform, one access point after \
                  the other or all at once as printed: no claim",
        &Method::new(|x, s: &BlockSettings, run| block_ascent(x, s, &run.interrupt)),
    ),
    Scheme::new(
        "zero-forcing",
        "ZF",
        "zero forcing over all access points together, one scale for all: closed form",
        &Method::new(|x, s: &LinearSettings, _| zero_forcing(x, s)),
    ),
    Scheme::new(
        "mrt",
        "MRT",
        "matched filters, one scale for all: closed form",
        &Method::new(|x, s: &LinearSettings, _| mrt(x, s)),
    ),
];

/// The beams to start from. A neighbour of another shape cannot warm a point; it then starts cold.
fn neighbour<'a>(instance: &Instance, run: &Run<'a, Beams>) -> Option<&'a Beams> {
    run.warm.filter(|beams| beams.check(instance).is_ok())
}

/// Settings of `sensing-only`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SensingSettings {
    /// Relative gap to which the beampatterns are proven.
    pub pattern_gap: f64,
}

impl Default for SensingSettings {
    fn default() -> Self {
        Self { pattern_gap: Settings::default().pattern_gap }
    }
}

impl SensingSettings {
    fn whole(&self) -> Settings {
        Settings { pattern_gap: self.pattern_gap, ..Settings::default() }
    }
}

impl Setting for SensingSettings {
    fn validate(&self) -> Result<(), InputError> {
        self.whole().validate()
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for MajorisationSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for BlockSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for LinearSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}
