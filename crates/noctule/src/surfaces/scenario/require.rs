//! What is required, in the words that all systems share.

use noctule_num::InputError;
use noctule_num::input::in_range;
use serde::{Deserialize, Serialize};

use super::Scenario;

/// What is required of a deployment, in the words of every system: in the place of `crb_limit_db`, which
/// says the same of a square, in dB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Root-CRB of the target's spatial frequency, which has no unit, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spatial_frequency: Option<f64>,
}

impl Require {
    /// Whether nothing is required.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl Scenario {
    /// The limit that is meant, by either of the words, in dB.
    ///
    /// # Errors
    /// Both are there, or a number makes no sense.
    pub(super) fn meant_limit_db(&self) -> Result<Option<f64>, InputError> {
        let Some(root) = self.require.spatial_frequency else { return Ok(self.crb_limit_db) };
        in_range("require.spatial_frequency", root, 1e-12, 1e12, "")?;
        if self.crb_limit_db == Self::default().crb_limit_db {
            return Ok(Some(20.0 * root.log10()));
        }
        let what = "one requirement is said twice";
        Err(InputError::new(what, "require", "`crb_limit_db` beside it", "one of the two"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(root: f64) -> Scenario {
        Scenario { require: Require { spatial_frequency: Some(root) }, ..Scenario::default() }
    }

    #[test]
    fn both_words_mean_the_same_instance() {
        let squares = Scenario { crb_limit_db: Some(-40.0), ..Scenario::default() };
        let limit = |s: &Scenario| s.realize(1, 0).unwrap().parts().crb_limit.unwrap();
        assert!((limit(&with(1e-2)) / limit(&squares) - 1.0).abs() < 1e-12);
        let text = serde_json::to_value(Scenario::default()).unwrap();
        assert!(text.get("require").is_none());
    }

    #[test]
    fn what_is_said_twice_or_makes_no_sense_is_refused_at_its_place() {
        let place = |s: &Scenario| s.realize(1, 0).unwrap_err().as_input().unwrap().place.clone();
        for other in [None, Some(-20.0)] {
            let both = Scenario { crb_limit_db: other, ..with(1e-2) };
            assert_eq!(place(&both), "require");
        }
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(place(&with(bad)), "require.spatial_frequency");
        }
    }
}
