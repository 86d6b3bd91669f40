//! The schemes of `surfaces`, a row each: ours here, those of the baselines beside their functions.

use noctule_num::InputError;

use super::baselines::{self, alternating};
use super::claims::Claims;
use super::{Settings, Signal, Surfaces, dedicated_signal, design_from};
use crate::system::{Method, Scheme, Setting, count, joined};

/// The schemes; `full-covariance` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Surfaces>] = &joined::<_, { count(TABLES) }>(TABLES);

const TABLES: &[&[Scheme<Surfaces>]] = &[OURS, alternating::SCHEMES, baselines::SCHEMES];

const OURS: &[Scheme<Surfaces>] = &[
    Scheme::new(
        "full-covariance",
        "Full covariance",
        "the best covariance, no dedicated sensing signal: global optimum with user and \
                  target in one place, a search (with `certify` an interval) apart",
        &Method::new(design_from),
        Claims::proven(Signal::Covariance),
    ),
    Scheme::new(
        "dedicated-signal",
        "Dedicated signal",
        "independent streams and a sensing signal: Theorem 2 in one place, a search (with \
                  `certify` branch and bound) apart; optimal for this form only",
        &Method::new(dedicated_signal),
        Claims::proven(Signal::Dedicated),
    ),
];

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}
