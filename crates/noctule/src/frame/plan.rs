//! What is designed: how long to sense, and which blocks belong to which channel update.

use std::path::Path;

use noctule_num::InputError;
use serde::Serialize;

use super::Instance;
use crate::Error;
use crate::data::{Array, ArraySet, FieldInfo, Taker, as_count};

/// A frame: how long to sense, and which blocks belong to which channel update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Sensing time T_l in seconds.
    pub sensing_time_s: f64,
    /// The updates. Their order does not change the rate.
    pub placement: Placement,
}

/// Which blocks belong to which channel update.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Number of blocks of every update; each starts with a pilot.
    Blocks(Vec<usize>),
    /// So many updates, blocks divided among them by a draw that gives every division the same
    /// chance. Its metrics are expectations.
    Random {
        /// Number of updates M.
        updates: usize,
    },
}

impl Placement {
    /// Number of updates M.
    pub const fn updates(&self) -> usize {
        match self {
            Self::Blocks(counts) => counts.len(),
            Self::Random { updates } => *updates,
        }
    }
}

/// The arrays a plan travels as: `blocks_per_update`, or `random_updates` instead of it.
pub const PLAN_FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "sensing_time_s",
        dimensions: &[],
        complex: false,
        summary: "sensing time in seconds",
    },
    FieldInfo {
        name: "blocks_per_update",
        dimensions: &["update"],
        complex: false,
        summary: "number of blocks of every channel update",
    },
    FieldInfo {
        name: "random_updates",
        dimensions: &[],
        complex: false,
        summary: "number of updates of a random division, instead of `blocks_per_update`",
    },
];

impl Plan {
    /// Refuse a plan that does not fill the frame exactly.
    ///
    /// # Errors
    /// [`Error::Input`] with what was found and what the frame has room for.
    pub fn check(&self, instance: &Instance) -> Result<(), Error> {
        let refuse = |what: &str, place: &str, found: String, allowed: String| {
            Err(Error::Input(InputError::new(what, place, found, allowed)))
        };
        let frame = instance.blocks() as f64 * instance.block_time_s();
        let time = self.sensing_time_s;
        if !(time.is_finite() && time > 0.0 && instance.split_sensing(time).0 < instance.blocks()) {
            return refuse(
                "the sensing time does not fit the frame",
                "sensing_time_s",
                format!("{time} s"),
                format!("more than zero, less than {frame} s"),
            );
        }
        let data = instance.blocks() - instance.split_sensing(time).0;
        match &self.placement {
            Placement::Blocks(counts) => {
                let total = counts.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n));
                if total == Some(data) && counts.iter().all(|&count| count >= 1) {
                    return Ok(());
                }
                refuse(
                    "the updates do not fill the frame",
                    "blocks_per_update",
                    format!("{counts:?}"),
                    format!("counts of at least 1 with sum {data}, the blocks sensing leaves"),
                )
            }
            Placement::Random { updates } if (1..=data).contains(updates) => Ok(()),
            Placement::Random { updates } => refuse(
                "the updates do not fit the frame",
                "random_updates",
                updates.to_string(),
                format!("1 to {data}, the blocks sensing leaves"),
            ),
        }
    }

    /// A plan from a file: `.npz`, or a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] naming the file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let place = path.display().to_string();
        let set = ArraySet::read(path, "design", PLAN_FIELDS)?;
        Self::from_arrays(&set).map_err(|error| match error {
            Error::Input(error) => Error::Input(error.in_file(&place)),
            other => other,
        })
    }

    /// The plan of a `noctule-design/1` document.
    ///
    /// # Errors
    /// [`Error::Input`] when there is none, or it is damaged.
    pub fn from_document(document: &serde_json::Value) -> Result<Self, Error> {
        let set = ArraySet::from_value(document, "design", PLAN_FIELDS)?;
        Self::from_arrays(&set)
    }

    /// A plan from named arrays ([`PLAN_FIELDS`]).
    ///
    /// # Errors
    /// [`Error::Input`] for arrays that are missing, misshapen, or no counts.
    pub fn from_arrays(set: &ArraySet) -> Result<Self, Error> {
        let mut taker = Taker::new(set, PLAN_FIELDS);
        let sensing_time_s = taker.number("sensing_time_s")?;
        let placement = if taker.has("random_updates") {
            Placement::Random { updates: taker.count("random_updates")? }
        } else {
            let counts = taker.real("blocks_per_update")?;
            let whole = |&value: &f64| {
                as_count(value).ok_or_else(|| {
                    let found = value.to_string();
                    InputError::new("not a whole number", "blocks_per_update", found, "1, 2, …")
                })
            };
            Placement::Blocks(counts.iter().map(whole).collect::<Result<_, _>>()?)
        };
        Ok(Self { sensing_time_s, placement })
    }

    /// The plan as named arrays.
    pub fn to_arrays(&self) -> ArraySet {
        let mut set = ArraySet::new();
        set.insert("sensing_time_s", Array::number(self.sensing_time_s));
        match &self.placement {
            Placement::Blocks(counts) => {
                let counts = counts.iter().map(|&count| count as f64).collect();
                set.insert("blocks_per_update", Array::list(counts));
            }
            Placement::Random { updates } => {
                set.insert("random_updates", Array::number(*updates as f64));
            }
        }
        set
    }
}
