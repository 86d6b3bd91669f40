//! What is required, in the words that all systems share.

use noctule_num::InputError;
use noctule_num::input::in_range;
use serde::{Deserialize, Serialize};

use super::{CrbLimit, Scenario};

/// What is required of an allocation, in the words of every system: in the place of `crb_limit`, which
/// says the same of squares. At most one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Root-CRB of every user's position in metres, at most: of the sum of both squared errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_m: Option<f64>,
    /// The same as a multiple of the smallest that is in reach of all users at once, 1 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over_best: Option<f64>,
}

impl Require {
    /// Whether nothing is required.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Scenario {
    /// The limit that is meant, by either of the words.
    ///
    /// # Errors
    /// Both are there, or a number makes no sense.
    pub(super) fn meant_limit(&self) -> Result<CrbLimit, InputError> {
        let asked = match (self.require.position_m, self.require.over_best) {
            (None, None) => return Ok(self.crb_limit),
            (Some(root), None) => {
                in_range("require.position_m", root, 1e-6, 1e6, "m")?;
                CrbLimit::M2(root * root)
            }
            (None, Some(factor)) => {
                in_range("require.over_best", factor, 1.0, 1e6, "")?;
                CrbLimit::OverBest(factor * factor)
            }
            (Some(_), Some(_)) => {
                let (what, found) = ("one requirement is said twice", "position_m and over_best");
                return Err(InputError::new(what, "require", found, "one of the two"));
            }
        };
        if self.crb_limit == Self::default().crb_limit {
            return Ok(asked);
        }
        let what = "one requirement is said twice";
        Err(InputError::new(what, "require", "`crb_limit` beside it", "one of the two"))
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
        let metres = with(Require { position_m: Some(0.6), ..Require::default() });
        let squares = Scenario { crb_limit: CrbLimit::M2(0.6 * 0.6), ..Scenario::default() };
        let limit = |s: &Scenario| s.realize(1, 0).unwrap().parts().crb_limit_m2.unwrap();
        assert_eq!(limit(&metres).to_bits(), limit(&squares).to_bits());
        let metres = with(Require { over_best: Some(1.1), ..Require::default() });
        let squares = Scenario { crb_limit: CrbLimit::OverBest(1.1 * 1.1), ..Scenario::default() };
        assert_eq!(limit(&metres).to_bits(), limit(&squares).to_bits());
        // nothing required, nothing written
        let text = serde_json::to_value(Scenario::default()).unwrap();
        assert!(text.get("require").is_none());
    }

    #[test]
    fn what_is_said_twice_or_makes_no_sense_is_refused_at_its_place() {
        let place = |s: &Scenario| s.realize(1, 0).unwrap_err().as_input().unwrap().place.clone();
        let twice = Require { position_m: Some(0.6), over_best: Some(1.1) };
        assert_eq!(place(&with(twice)), "require");
        let metres = Require { position_m: Some(0.6), ..Require::default() };
        let both = Scenario { crb_limit: CrbLimit::M2(0.3), ..with(metres) };
        assert_eq!(place(&both), "require");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let metres = Require { position_m: Some(bad), ..Require::default() };
            assert_eq!(place(&with(metres)), "require.position_m");
        }
        let below = Require { over_best: Some(0.9), ..Require::default() };
        assert_eq!(place(&with(below)), "require.over_best");
    }
}
