//! What is required, in the words that all systems share.

use noctule_num::InputError;
use noctule_num::input::in_range;
use serde::{Deserialize, Serialize};

use super::{CrbLimit, Scenario};

/// What is required of a frame, in the words of every system: in the place of `crb_limit`, which says
/// the same of a square. A user's own `crb_limit_deg2` comes before both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Root-CRB of every user's angle in degrees, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azimuth_deg: Option<f64>,
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
        let Some(root) = self.require.azimuth_deg else { return Ok(self.crb_limit) };
        in_range("require.azimuth_deg", root, 1e-9, 1e4, "degrees")?;
        if self.crb_limit == Self::default().crb_limit {
            return Ok(CrbLimit::Deg2(root * root));
        }
        let what = "one requirement is said twice";
        Err(InputError::new(what, "require", "`crb_limit` beside it", "one of the two"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(azimuth_deg: f64) -> Scenario {
        Scenario { require: Require { azimuth_deg: Some(azimuth_deg) }, ..Scenario::default() }
    }

    #[test]
    fn both_words_mean_the_same_instance() {
        let squares = Scenario { crb_limit: CrbLimit::Deg2(0.3 * 0.3), ..Scenario::default() };
        let limit = |s: &Scenario| s.realize(1, 0).unwrap().users()[0].crb_limit_rad2;
        assert_eq!(limit(&with(0.3)).to_bits(), limit(&squares).to_bits());
        let text = serde_json::to_value(Scenario::default()).unwrap();
        assert!(text.get("require").is_none());
    }

    #[test]
    fn what_is_said_twice_or_makes_no_sense_is_refused_at_its_place() {
        let place = |s: &Scenario| s.realize(1, 0).unwrap_err().as_input().unwrap().place.clone();
        let both = Scenario { crb_limit: CrbLimit::Rad2(1e-4), ..with(0.3) };
        assert_eq!(place(&both), "require");
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(place(&with(bad)), "require.azimuth_deg");
        }
    }
}
