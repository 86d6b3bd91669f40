//! The schemes of `surfaces`: a row each.

use noctule_num::InputError;

use super::baselines::{
    AlternatingSettings, SiteSettings, TimeSwitchingSettings, alternating, communication_only,
    max_eigenmode, sensing_only, time_switching,
};
use super::{Settings, Start, Surfaces, dedicated_signal, design_from};
use crate::system::{Method, Scheme, Setting};

/// The schemes; `full-covariance` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Surfaces>] = &[
    Scheme::new(
        "full-covariance",
        "Full covariance",
        "the best covariance, no dedicated sensing signal: global optimum with user and \
                  target in one place, a search (with `certify` an interval) apart",
        &Method::new(design_from),
    ),
    Scheme::new(
        "dedicated-signal",
        "Dedicated signal",
        "independent streams and a sensing signal: Theorem 2 in one place, a search (with \
                  `certify` branch and bound) apart; optimal for this form only",
        &Method::new(dedicated_signal),
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
        &Method::new(communication_only),
    ),
    Scheme::new(
        "sensing-only",
        "Sensing only",
        "the smallest bound (21), the user ignored: closed form",
        &Method::new(sensing_only),
    ),
    Scheme::new(
        "max-eigenmode",
        "Maximum eigenmode",
        "all power on the path that lights the target most: closed form",
        &Method::new(max_eigenmode),
    ),
    Scheme::new(
        "time-switching",
        "Time switching",
        "the designs for communication and for sensing in turn: closed form",
        &Method::new(time_switching),
    ),
];

const SWEEP: Method<Surfaces, AlternatingSettings> = Method::new(alternating)
    .by_default(|| AlternatingSettings { start: Start::Sweep, ..Default::default() });

const ALTERNATE: Method<Surfaces, AlternatingSettings> =
    SWEEP.by_default(|| AlternatingSettings { start: Start::Sensing, ..Default::default() });

impl Setting for SiteSettings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
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
