//! The settings of the search.

use noctule_num::InputError;
use noctule_num::input::setting;
use serde::{Deserialize, Deserializer, Serialize};

use super::placement::Pattern;
use crate::Certify;
use crate::system::Setting;

/// The gap that counts as closed, and the smallest that can be asked for: bounds carry a margin of a
/// tenth of it for rounding.
const GAP: f64 = 1e-9;
/// Intervals that a search affords unless it is told otherwise.
const AFFORDED_NODES: u64 = 5000;

/// Settings of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of channel updates; `null` lets the search choose it.
    pub updates: Option<usize>,
    /// Sensing time in blocks; `null` lets the search choose it.
    pub sensing_blocks: Option<f64>,
    /// The relative gap between plan and bound at which the search stops, and the intervals it may
    /// examine: 10⁻⁹ and 5000 where none are named. When they are spent, the design keeps the bound
    /// reached. The search always proves: `false` is refused.
    #[serde(deserialize_with = "to_the_usual_gap")]
    pub certify: Certify,
}

/// Who says `true` asks for what the search does anyway.
pub(super) fn to_the_usual_gap<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Certify, D::Error> {
    Certify::read(deserializer, GAP)
}

impl Default for Settings {
    fn default() -> Self {
        Self { updates: None, sensing_blocks: None, certify: Certify::YES.within(GAP) }
    }
}

impl Settings {
    /// Refuse settings out of range.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        if !self.certify.is_asked() {
            return Err(setting("certify", false, "a gap, and perhaps a number of intervals")
                .hint("the search always proves; `certify = { gap = 1e-2 }` proves roughly"));
        }
        self.certify.validate(GAP)?;
        positive("updates", self.updates)?;
        if let Some(blocks) = self.sensing_blocks
            && !(1e-9..=1e9).contains(&blocks)
        {
            return Err(setting("sensing_blocks", blocks, "a positive number, or null"));
        }
        Ok(())
    }

    /// Plans with the updates that are asked for, placed anywhere.
    pub(super) fn pattern(&self) -> Pattern {
        self.updates.map_or(Pattern::Free, Pattern::Updates)
    }

    /// Plans with the updates that are asked for, blocks divided evenly.
    pub(super) fn even_pattern(&self) -> Pattern {
        self.updates.map_or(Pattern::Even, Pattern::EvenUpdates)
    }

    /// Intervals the search may examine: at least the first.
    pub(super) fn nodes(&self) -> u64 {
        self.certify.nodes_or(AFFORDED_NODES).max(1)
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

/// Refuse a count of zero.
pub(super) fn positive(place: &str, count: Option<usize>) -> Result<(), InputError> {
    match count {
        Some(0) => Err(setting(place, 0, "1 or more, or null")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_a_proof_asks_for_no_less_than_the_default() {
        let read = |text: &str| serde_json::from_str::<Settings>(text).unwrap().certify;
        let usual = Settings::default().certify;
        assert_eq!(read("{\"certify\": true}"), usual);
        assert_eq!(read("{\"certify\": {\"nodes\": 7}}"), usual.with_nodes(7));
        assert_eq!(read("{\"certify\": {\"gap\": 0.01}}"), usual.within(0.01));
    }
}
