//! How a design is asked for a bound on the optimum: the same words in every system.

use std::fmt;

use noctule_num::InputError;
use noctule_num::input::{in_count, within};
use noctule_optim::Bound;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Whether a bound on the optimum is attached to a design, and how hard the gap is worked on.
///
/// Files say `certify = true`, `certify = false`, or name what they mean:
/// `certify = { nodes = 50, gap = 1e-4 }`.
///
/// ```
/// use noctule::Certify;
/// assert_eq!(Certify::YES.within(1e-4).nodes_or(500), 500);
/// assert_eq!(Certify::from(true), Certify::YES);
/// let written: Certify = serde_json::from_str("{\"nodes\": 50}").unwrap();
/// assert_eq!(written, Certify::YES.with_nodes(50));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Certify {
    /// No bound.
    #[default]
    No,
    /// A bound, and a search that closes the gap.
    To {
        /// Regions that branch and bound may examine; `None` takes what the method affords. With
        /// zero the bound is the one that costs no search.
        nodes: Option<u64>,
        /// The relative gap at which the search stops.
        gap: f64,
    },
}

/// The gap that counts as closed unless one is named.
const GAP: f64 = 1e-3;
/// Regions at most: each is kept.
const MOST_NODES: u64 = 100_000_000;

impl Certify {
    /// A bound, with what the method affords.
    pub const YES: Self = Self::To { nodes: None, gap: GAP };

    /// The same with a number of regions that may be examined.
    #[must_use]
    pub const fn with_nodes(self, nodes: u64) -> Self {
        Self::To { nodes: Some(nodes), gap: self.gap() }
    }

    /// The same with the relative gap at which the search stops.
    #[must_use]
    pub const fn within(self, gap: f64) -> Self {
        match self {
            Self::No => Self::To { nodes: None, gap },
            Self::To { nodes, .. } => Self::To { nodes, gap },
        }
    }

    /// Whether a bound is asked for.
    pub const fn is_asked(&self) -> bool {
        matches!(self, Self::To { .. })
    }

    /// The relative gap at which the search stops.
    pub const fn gap(&self) -> f64 {
        match self {
            Self::No => GAP,
            Self::To { gap, .. } => *gap,
        }
    }

    /// Regions that may be examined, where the method affords `usual`; none where no bound is asked
    /// for.
    pub fn nodes_or(&self, usual: u64) -> u64 {
        match self {
            Self::No => 0,
            Self::To { nodes, .. } => nodes.unwrap_or(usual),
        }
    }

    /// What to say of a bound that is not as near as was asked; nothing where none was asked for.
    pub fn left_open(&self, bound: Option<&Bound>) -> Option<String> {
        if !self.is_asked() {
            return None;
        }
        let Some(bound) = bound else {
            let text = "a bound was asked for, and there is none: nothing is proven of the optimum";
            return Some(text.to_owned());
        };
        // What rounding leaves of a gap that is just closed is no gap.
        (bound.gap_rel > self.gap() * (1.0 + 1e-9)).then(|| {
            format!(
                "the proof leaves a gap of {}, more than the {} asked for: the bound holds, but the \
                 design may not be the best",
                percent(bound.gap_rel),
                percent(self.gap())
            )
        })
    }

    /// Refuse a gap below `least` (what rounding leaves of the method's bounds) or of one and more,
    /// and more regions than can be kept.
    ///
    /// # Errors
    /// [`InputError`] with a place inside the setting `certify`.
    pub fn validate(&self, least: f64) -> Result<(), InputError> {
        let Self::To { nodes, gap } = *self else { return Ok(()) };
        within("certify.gap", gap, least, 1.0)?;
        nodes.map_or(Ok(()), |nodes| in_count("certify.nodes", nodes, 0, MOST_NODES))
    }
}

/// A share in percent, small ones as powers of ten.
fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        _ if !percent.is_finite() => "more than any share of the objective".to_owned(),
        _ if percent >= 1e-3 => format!("{percent:.3} %"),
        _ => format!("{percent:.1e} %"),
    }
}

impl From<bool> for Certify {
    fn from(asked: bool) -> Self {
        if asked { Self::YES } else { Self::No }
    }
}

/// What is read where more than yes or no is meant; a gap that is not named is the usual one.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Read {
    nodes: Option<u64>,
    gap: Option<f64>,
}

/// What is written where more than yes or no is meant.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CertifyTo"))]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// Regions that branch and bound may examine; `null` takes what the method affords. With zero
    /// the bound is the one that costs no search.
    nodes: Option<u64>,
    /// The relative gap at which the search stops.
    gap: f64,
}

impl Default for Table {
    fn default() -> Self {
        Self { nodes: None, gap: GAP }
    }
}

impl Serialize for Certify {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::No => serializer.serialize_bool(false),
            Self::To { nodes, gap } => Table { nodes, gap }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Certify {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer, GAP)
    }
}

impl Certify {
    /// Read it for a method whose usual gap is another: what `true` means, and a table that names
    /// none.
    ///
    /// # Errors
    /// What is neither true, false, nor a table of `nodes` and `gap`.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D, gap: f64) -> Result<Self, D::Error> {
        struct Words(f64);

        impl<'de> Visitor<'de> for Words {
            type Value = Certify;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a table of `nodes` and `gap`")
            }

            fn visit_bool<E>(self, asked: bool) -> Result<Certify, E> {
                Ok(if asked { Certify::To { nodes: None, gap: self.0 } } else { Certify::No })
            }

            fn visit_unit<E>(self) -> Result<Certify, E> {
                Ok(Certify::No)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Certify, A::Error> {
                let Read { nodes, gap } = Read::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Certify::To { nodes, gap: gap.unwrap_or(self.0) })
            }
        }

        deserializer.deserialize_any(Words(gap))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Certify {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Certify".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let table = generator.subschema_for::<Table>();
        schemars::json_schema!({ "anyOf": [{ "type": "boolean" }, table] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_say_yes_no_or_a_table() {
        let read = |text: &str| serde_json::from_str::<Certify>(text).map_err(|e| e.to_string());
        assert_eq!(read("true"), Ok(Certify::YES));
        assert_eq!(read("false"), Ok(Certify::No));
        assert_eq!(read("null"), Ok(Certify::No));
        assert_eq!(read("{\"gap\": 0.1}"), Ok(Certify::YES.within(0.1)));
        assert_eq!(read("{\"nodes\": 0}"), Ok(Certify::No.with_nodes(0)));
        assert!(read("3").unwrap_err().contains("true, false, or a table"));
        assert!(read("{\"node\": 3}").unwrap_err().contains("unknown field"));
        for certify in [Certify::No, Certify::YES, Certify::YES.with_nodes(7).within(0.5)] {
            let text = serde_json::to_string(&certify).unwrap();
            assert_eq!(read(&text), Ok(certify), "{text}");
        }
    }

    #[test]
    fn an_open_gap_is_said_and_a_closed_one_is_not() {
        let bound = |value| Bound::new(1.0, value, noctule_optim::Sense::Upper, "test", 0.0);
        let certify = Certify::YES.within(1e-6);
        assert_eq!(certify.left_open(bound(1.0 + 0.9e-6).as_ref()), None);
        let said = certify.left_open(bound(1.02).as_ref()).unwrap();
        assert!(said.contains("2.000 %") && said.contains("1.0e-4 %"), "{said}");
        assert!(certify.left_open(None).unwrap().contains("there is none"));
        assert_eq!(Certify::No.left_open(None), None);
        let nothing = Bound::new(0.0, 1.0, noctule_optim::Sense::Upper, "test", 0.0);
        assert!(!certify.left_open(nothing.as_ref()).unwrap().contains("inf"));
    }

    #[test]
    fn gaps_and_counts_out_of_range_are_refused_by_name() {
        assert_eq!(Certify::No.validate(1e-9), Ok(()));
        assert_eq!(Certify::YES.with_nodes(0).validate(1e-9), Ok(()));
        for (gap, fits) in
            [(1e-9, true), (0.5, true), (1.0, false), (0.0, false), (f64::NAN, false)]
        {
            let found = Certify::YES.within(gap).validate(1e-9);
            assert_eq!(found.is_ok(), fits, "{gap}: {found:?}");
            assert!(found.is_ok() || found.unwrap_err().place == "certify.gap");
        }
        let many = Certify::YES.with_nodes(u64::MAX).validate(1e-9).unwrap_err();
        assert_eq!(many.place, "certify.nodes");
    }
}
