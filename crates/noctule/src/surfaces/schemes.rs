//! The schemes of `surfaces`: a row each, and the settings that only a row needs.

use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::{
    AlternatingSettings, TimeSwitchingSettings, alternating, communication_only, max_eigenmode,
    sensing_only, time_switching,
};
use super::report::told;
use super::{Select, Settings, Start, Surfaces, dedicated_signal, full_covariance};
use crate::system::{Method, Scheme, Setting};

/// The schemes; `full-covariance` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Surfaces>] = &[
    Scheme::new(
        "full-covariance",
        "Full covariance",
        "the best covariance, no dedicated sensing signal: global optimum with user and \
                  target in one place, a search (with `certify` an interval) apart",
        &Method::new(|x, s: &Settings, run| told(x, full_covariance(x, s, &run.interrupt)?)),
    ),
    Scheme::new(
        "dedicated-signal",
        "Dedicated signal",
        "independent streams and a sensing signal: Theorem 2 in one place, a search (with \
                  `certify` branch and bound) apart; optimal for this form only",
        &Method::new(|x, s: &Settings, run| told(x, dedicated_signal(x, s, &run.interrupt)?)),
    ),
    Scheme::new(
        "sweep-and-majorise",
        "Sweep and majorise",
        "the best common blend, then alternation of powers and phases: no proof",
        &SWEEP,
    ),
    Scheme::new(
        "alternating-sca",
        "Alternating SCA",
        "the paper's alternation of powers and phases: where it ends depends on its start, no proof",
        &ALTERNATE,
    ),
    Scheme::new(
        "communication-only",
        "Communication only",
        "the highest rate, the target ignored: closed form",
        &Method::new(|x, s: &SiteSettings, _| told(x, communication_only(x, s.select)?)),
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the smallest bound (21), the user ignored: closed form",
        &Method::new(|x, s: &SiteSettings, _| told(x, sensing_only(x, s.select)?)),
    ),
    Scheme::new(
        "max-eigenmode",
        "Maximum eigenmode",
        "all power on the path that lights the target most: closed form",
        &Method::new(|x, s: &SiteSettings, _| told(x, max_eigenmode(x, s.select)?)),
    ),
    Scheme::new(
        "time-switching",
        "Time switching",
        "the designs for communication and for sensing in turn: closed form",
        &Method::new(|x, s: &TimeSwitchingSettings, run| {
            told(x, time_switching(x, s, &run.interrupt)?)
        }),
    ),
];

const SWEEP: Method<Surfaces, AlternatingSettings> =
    Method::new(|x, s: &AlternatingSettings, run| told(x, alternating(x, s, &run.interrupt)?))
        .by_default(|| AlternatingSettings { start: Start::Sweep, ..Default::default() });

const ALTERNATE: Method<Surfaces, AlternatingSettings> =
    SWEEP.by_default(|| AlternatingSettings { start: Start::Sensing, ..Default::default() });

/// Settings of the closed forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SiteSettings {
    /// Which sites: `all` or `single`.
    pub select: Select,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self { select: Select::All }
    }
}

impl Setting for SiteSettings {
    fn validate(&self) -> Result<(), InputError> {
        if self.select == Select::Best {
            let what = "this scheme does not choose sites";
            return Err(InputError::new(what, "select", "best", "all or single"));
        }
        Ok(())
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for AlternatingSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for TimeSwitchingSettings {
    fn validate(&self) -> Result<(), InputError> {
        Ok(())
    }
}
