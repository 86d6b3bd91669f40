//! What is required, in the words that all systems share.

use noctule_num::InputError;
use serde::{Deserialize, Serialize};

use super::{RequirementSpec, Scenario};

/// What is required of a design, in the words of every system: in the place of `requirement`, which says
/// the same. One of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Mean beampattern error at power one, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern_error: Option<f64>,
    /// The same as a multiple of the smallest error in reach, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_best: Option<f64>,
    /// Sum rate in bit/s/Hz, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum_rate_bps_hz: Option<f64>,
}

impl Require {
    /// Whether nothing is required.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Scenario {
    /// The requirement that is meant, by either of the words.
    ///
    /// # Errors
    /// More than one is there. Their numbers are checked where those of `requirement` are.
    pub(super) fn meant(&self) -> Result<RequirementSpec, InputError> {
        let Require { pattern_error, over_best, sum_rate_bps_hz } = self.require;
        let asked = [
            pattern_error.map(RequirementSpec::MaxError),
            over_best.map(RequirementSpec::ErrorOverBest),
            sum_rate_bps_hz.map(RequirementSpec::MinRateBpsHz),
        ];
        let mut asked = asked.into_iter().flatten();
        let Some(first) = asked.next() else { return Ok(self.requirement) };
        let (second, older) = (asked.next().is_some(), self.requirement != RequirementSpec::None);
        if !second && !older {
            return Ok(first);
        }
        let found = if older { "`requirement` beside it" } else { "two of its keys" };
        let what = "a design is for one requirement";
        Err(InputError::new(what, "require", found, "one requirement; the other is made best"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(require: Require) -> Scenario {
        Scenario { require, ..Scenario::default() }
    }

    #[test]
    fn both_words_mean_the_same_instance() {
        let pairs = [
            (
                Require { pattern_error: Some(0.3), ..Require::default() },
                RequirementSpec::MaxError(0.3),
            ),
            (
                Require { over_best: Some(1.2), ..Require::default() },
                RequirementSpec::ErrorOverBest(1.2),
            ),
            (
                Require { sum_rate_bps_hz: Some(2.0), ..Require::default() },
                RequirementSpec::MinRateBpsHz(2.0),
            ),
        ];
        for (require, requirement) in pairs {
            let older = Scenario { requirement, ..Scenario::default() };
            let of = |s: &Scenario| s.realize(1, 0).unwrap().requirement();
            assert_eq!(of(&with(require)), of(&older));
        }
        let text = serde_json::to_value(Scenario::default()).unwrap();
        assert!(text.get("require").is_none());
    }

    #[test]
    fn what_is_said_twice_or_makes_no_sense_is_refused_at_its_place() {
        let place = |s: &Scenario| s.realize(1, 0).unwrap_err().as_input().unwrap().place.clone();
        let twice =
            Require { pattern_error: Some(0.3), over_best: Some(1.1), ..Require::default() };
        assert_eq!(place(&with(twice)), "require");
        let error = Require { pattern_error: Some(0.3), ..Require::default() };
        let both = Scenario { requirement: RequirementSpec::MinRateBpsHz(1.0), ..with(error) };
        assert_eq!(place(&both), "require");
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Require { pattern_error: Some(bad), ..Require::default() };
            assert_eq!(place(&with(error)), "require.pattern_error");
            let rate = Require { sum_rate_bps_hz: Some(bad), ..Require::default() };
            assert_eq!(place(&with(rate)), "require.sum_rate_bps_hz");
        }
    }
}
