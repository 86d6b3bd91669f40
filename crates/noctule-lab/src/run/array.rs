//! Which part of a run an element of a Slurm job array is.
//!
//! Slurm says an element's number, and the smallest, the step and the count of the array *that was
//! submitted*. When single elements are submitted again these are others than of the first array,
//! and an element cannot tell from them which part it is. The first numbering for each number of parts
//! is therefore kept in the folder of the run, and stays; what cannot be told, or contradicts it, is
//! refused, never guessed.

use std::path::{Path, PathBuf};

use noctule_num::InputError;
use serde::{Deserialize, Serialize};

use super::Shard;
use crate::error::LabError;
use crate::files;

/// The format of the file that keeps a numbering.
const FORMAT: &str = "noctule-array/1";
/// Largest file of a numbering.
const MAX_BYTES: u64 = 4096;

/// The part of a run that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// This one.
    Is(Shard),
    /// The one of this element of a Slurm array, of so many, or of as many as the folder says.
    Slurm(Option<u64>),
}

impl Default for Part {
    fn default() -> Self {
        Self::Is(Shard::default())
    }
}

impl std::str::FromStr for Part {
    type Err = InputError;

    /// `0/4` to `3/4`, `slurm/4`, `slurm`.
    fn from_str(text: &str) -> Result<Self, InputError> {
        if text == "slurm" {
            return Ok(Self::Slurm(None));
        }
        match text.strip_prefix("slurm/") {
            None => text.parse().map(Self::Is),
            Some(count) => match count.parse() {
                Ok(count) if count > 0 => Ok(Self::Slurm(Some(count))),
                _ => {
                    let what = "this is not a number of shards";
                    Err(InputError::new(what, "--shard", text, "slurm/N with N ≥ 1, or slurm"))
                }
            },
        }
    }
}

impl Part {
    /// The shard, by the variables of the environment and what the folder of the run has kept. Nothing
    /// is written: what is refused changes nothing.
    ///
    /// # Errors
    /// When there is no array, or when its element cannot be told; when the folder cannot be read.
    pub fn resolve(
        self,
        dir: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Resolved, LabError> {
        let resolved = |shard, keep| Ok(Resolved { shard, keep });
        let wanted = match self {
            Self::Is(shard) => return resolved(shard, None),
            Self::Slurm(wanted) => wanted,
        };
        let element = Element::of(variable)?;
        let prepared = Numbering::read(&Numbering::path(dir))?;
        let Some(count) = wanted.or_else(|| prepared.map(|kept| kept.count)) else {
            return Err(element.untold(wanted).into());
        };
        let own = Numbering::path_of(dir, count);
        let kept = match prepared.filter(|kept| kept.count == count) {
            Some(kept) => Some(kept),
            None => Numbering::read(&own)?.filter(|kept| kept.count == count),
        };
        match (element.numbering().filter(|found| found.count == count), kept) {
            (Some(found), Some(kept)) if found != kept => Err(kept.contradicted(found).into()),
            (Some(found), None) => {
                // What `noctule slurm` has prepared for another number of parts stays.
                let path = if prepared.is_none() { Numbering::path(dir) } else { own };
                resolved(found.shard(element.id)?, Some((path, found)))
            }
            (_, Some(kept)) => resolved(kept.shard(element.id)?, None),
            (None, None) => Err(element.untold(wanted).into()),
        }
    }
}

/// A part that could be told.
#[derive(Debug)]
pub struct Resolved {
    /// Which it is.
    pub shard: Shard,
    /// What the folder of the run is to keep, for single elements that are submitted again.
    keep: Option<(PathBuf, Numbering)>,
}

impl Resolved {
    /// Keep the numbering, if it is new, in the folder of the run, which exists by now.
    ///
    /// # Errors
    /// When the folder does not take files.
    pub fn keep(&self) -> Result<(), LabError> {
        self.keep.as_ref().map_or(Ok(()), |(path, numbering)| numbering.write(path))
    }
}

/// How the parts of a run are numbered in an array: `first`, `first + step`, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// Number of parts.
    pub count: u64,
    /// The element that is part 0.
    pub first: u64,
    /// The distance of neighbours.
    pub step: u64,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    format: String,
    count: u64,
    first: u64,
    step: u64,
}

impl Numbering {
    /// Elements 0 to `count` − 1.
    pub const fn from_zero(count: u64) -> Self {
        Self { count, first: 0, step: 1 }
    }

    fn path(dir: &Path) -> PathBuf {
        dir.join("slurm").join("array.json")
    }

    /// Where the numbering of an array is kept that has another number of parts than the first.
    fn path_of(dir: &Path, count: u64) -> PathBuf {
        dir.join("slurm").join(format!("array-{count}.json"))
    }

    /// What a file has kept.
    fn read(path: &Path) -> Result<Option<Self>, LabError> {
        let text = match files::read(path, MAX_BYTES) {
            Ok(text) => text,
            Err(files::Unread::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(files::Unread::Io(error)) => return Err(LabError::io("read", path)(error)),
            Err(_) => return Err(LabError::corrupt(path, "it is no file of ours")),
        };
        let kept: Kept = serde_json::from_slice(&text)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        if kept.format != FORMAT || kept.count == 0 || kept.step == 0 {
            return Err(LabError::corrupt(path, "it holds no numbering of an array"));
        }
        Ok(Some(Self { count: kept.count, first: kept.first, step: kept.step }))
    }

    /// Keep it in the folder of a run, in place of an earlier one.
    ///
    /// # Errors
    /// When the folder does not take files.
    pub fn keep(self, dir: &Path) -> Result<(), LabError> {
        self.write(&Self::path(dir))
    }

    fn write(self, path: &Path) -> Result<(), LabError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(LabError::io("create", folder))?;
        }
        let Self { count, first, step } = self;
        let kept = Kept { format: FORMAT.to_owned(), count, first, step };
        let text = serde_json::to_string(&kept).unwrap_or_default() + "\n";
        files::write(path, text.as_bytes())
    }

    /// `0 to 3 in steps of 1`.
    fn in_words(self) -> String {
        let last = self.first.saturating_add((self.count - 1).saturating_mul(self.step));
        format!("{} to {last} in steps of {}", self.first, self.step)
    }

    /// Another array of as many elements is in this folder already.
    fn contradicted(self, found: Self) -> InputError {
        let what = "the run has been numbered for another array of as many elements";
        let allowed = format!("{}, as the run was numbered first", self.in_words());
        InputError::new(what, "SLURM_ARRAY_TASK_*", found.in_words(), allowed)
            .hint("submit it with that numbering, or say which part each is: --shard i/N")
    }

    /// The shard of an element.
    fn shard(self, id: u64) -> Result<Shard, InputError> {
        let Self { count, first, step } = self;
        let above = id.checked_sub(first).filter(|above| above.is_multiple_of(step));
        let index = above.map(|above| above / step).filter(|index| *index < count);
        index.map(|index| Shard { index, count }).ok_or_else(|| {
            InputError::new(
                "the array has no such element",
                "SLURM_ARRAY_TASK_ID",
                id.to_string(),
                format!("{}, as the run was numbered first", self.in_words()),
            )
            .hint("for another number of parts say --shard slurm/N and submit the whole array")
        })
    }
}

/// What Slurm says of one element of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Element {
    id: u64,
    min: u64,
    max: Option<u64>,
    step: u64,
    count: Option<u64>,
}

impl Element {
    fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, InputError> {
        let number = |name: &'static str| match variable(name) {
            None => Ok(None),
            Some(text) => text.trim().parse::<u64>().map(Some).map_err(|_| {
                let what = "a variable of Slurm is not a number";
                InputError::new(what, name, text, "a whole number from 0")
            }),
        };
        let id = number("SLURM_ARRAY_TASK_ID")?.ok_or_else(|| {
            let what = "this is no element of a Slurm job array";
            let allowed = "what Slurm sets in a job submitted with --array";
            InputError::new(what, "SLURM_ARRAY_TASK_ID", "nothing", allowed)
                .hint("outside of Slurm say which part: --shard i/N")
        })?;
        let min = number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(id);
        let step = number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1);
        let (max, count) = (number("SLURM_ARRAY_TASK_MAX")?, number("SLURM_ARRAY_TASK_COUNT")?);
        if step == 0 || id < min || max.is_some_and(|max| id > max) || count == Some(0) {
            let what = "the variables of Slurm contradict each other";
            let word =
                |value: Option<u64>| value.map_or("not set".to_owned(), |value| value.to_string());
            let (max, count) = (word(max), word(count));
            let found = format!("ID {id}, MIN {min}, MAX {max}, STEP {step}, COUNT {count}");
            let allowed = "MIN ≤ ID ≤ MAX, a step and a count from 1";
            return Err(InputError::new(what, "SLURM_ARRAY_TASK_*", found, allowed));
        }
        Ok(Self { id, min, max, step, count })
    }

    /// How the submitted array is numbered, where it is a plain range.
    fn numbering(self) -> Option<Numbering> {
        // No array of Slurm comes near the end of these numbers; what says so is no range.
        let spanned = self.max.map(|max| ((max - self.min) / self.step).saturating_add(1));
        let count = self.count.or(spanned)?;
        let plain = spanned.is_none_or(|spanned| spanned == count);
        plain.then_some(Numbering { count, first: self.min, step: self.step })
    }

    /// Which part this is cannot be told.
    fn untold(self, wanted: Option<u64>) -> InputError {
        let found = match self.count {
            Some(count) => format!("element {} of an array of {count}", self.id),
            None => format!("element {}", self.id),
        };
        let what = "which part of the run this element is cannot be told";
        match wanted {
            Some(count) => InputError::new(
                what,
                "--shard",
                found,
                format!("the whole array of {count} at first; single elements of it afterwards"),
            ),
            None => InputError::new(
                what,
                "--shard slurm",
                found,
                "a run that `noctule slurm` has prepared, or --shard slurm/N",
            ),
        }
        .hint("or say it: --shard i/N")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn resolve(dir: &Path, part: &str, variables: &str) -> Result<Shard, LabError> {
        let all: BTreeMap<&str, &str> =
            variables.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
        let name = |name: &str| name.strip_prefix("SLURM_ARRAY_TASK_").map(str::to_owned);
        let variable = |full: &str| all.get(name(full)?.as_str()).map(|text| (*text).to_owned());
        let resolved = part.parse::<Part>()?.resolve(dir, variable)?;
        resolved.keep()?;
        Ok(resolved.shard)
    }

    fn shard(index: u64, count: u64) -> Shard {
        Shard { index, count }
    }

    #[test]
    fn elements_are_counted_from_the_smallest_in_steps() {
        let dir = tempfile::tempdir().unwrap();
        for (id, index) in [(1, 0), (3, 1), (5, 2), (7, 3)] {
            let variables = format!("ID={id} MIN=1 MAX=7 STEP=2 COUNT=4");
            assert_eq!(resolve(dir.path(), "slurm/4", &variables).unwrap(), shard(index, 4));
        }
        // Submitted again alone: the folder knows which it was.
        let alone = "ID=5 MIN=5 MAX=5 STEP=1 COUNT=1";
        assert_eq!(resolve(dir.path(), "slurm/4", alone).unwrap(), shard(2, 4));
        assert_eq!(resolve(dir.path(), "slurm", alone).unwrap(), shard(2, 4));
        let error = resolve(dir.path(), "slurm", "ID=4 MIN=4 COUNT=1").unwrap_err().to_string();
        assert!(error.contains("1 to 7 in steps of 2"), "{error}");
        // Another number of parts is another array.
        let other = "ID=2 MIN=0 MAX=9 STEP=1 COUNT=10";
        assert_eq!(resolve(dir.path(), "slurm/10", other).unwrap(), shard(2, 10));
        assert_eq!(resolve(dir.path(), "slurm/10", "ID=9 MIN=9 COUNT=1").unwrap(), shard(9, 10));
    }

    /// An array with another numbering in the same folder moves nothing, and is told so.
    #[test]
    fn a_second_array_does_not_move_the_numbering_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        Numbering::from_zero(4).keep(dir).unwrap();
        for part in ["slurm/4", "slurm"] {
            let error = resolve(dir, part, "ID=1 MIN=1 MAX=4 STEP=1 COUNT=4").unwrap_err();
            let text = error.to_string();
            assert!(error.is_input() && text.contains("0 to 3 in steps of 1"), "{text}");
            assert!(text.contains("1 to 4 in steps of 1"), "{text}");
        }
        // Of another size it has a numbering of its own, also for its single elements.
        let other = |id: u64| resolve(dir, "slurm/5", &format!("ID={id} MIN=1 MAX=5 COUNT=5"));
        assert_eq!(other(5).unwrap(), shard(4, 5));
        assert_eq!(resolve(dir, "slurm/5", "ID=3 MIN=3 MAX=3 COUNT=1").unwrap(), shard(2, 5));
        for index in 0..4 {
            for part in ["slurm", "slurm/4"] {
                let whole = format!("ID={index} MIN=0 MAX=3 STEP=1 COUNT=4");
                let alone = format!("ID={index} MIN={index} MAX={index} STEP=1 COUNT=1");
                assert_eq!(resolve(dir, part, &whole).unwrap(), shard(index, 4));
                assert_eq!(resolve(dir, part, &alone).unwrap(), shard(index, 4));
            }
        }
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        for (part, variables, words) in [
            ("slurm/4", "", "no element of a Slurm job array"),
            ("slurm/4", "ID=2 MIN=2 COUNT=1", "cannot be told"),
            ("slurm", "ID=2 MIN=0 COUNT=4", "cannot be told"),
            ("slurm/3", "ID=3 MIN=1 MAX=7 STEP=1 COUNT=3", "cannot be told"),
            ("slurm/4", "ID=x MIN=0 COUNT=4", "not a number"),
            ("slurm/4", "ID=1 MIN=2 COUNT=4", "contradict"),
            ("slurm/4", "ID=1 MIN=1 COUNT=4 STEP=0", "contradict"),
            ("slurm/4", "ID=18446744073709551615 MIN=0 COUNT=4", "no such element"),
            (
                "slurm/5",
                "ID=18446744073709551615 MIN=0 MAX=18446744073709551615 STEP=1",
                "cannot be told",
            ),
            ("slurm/4", "ID=4 MIN=0 MAX=3 COUNT=4", "MAX 3, STEP 1, COUNT 4"),
            ("slurm/0", "ID=0", "not a number of shards"),
            ("slurm/", "ID=0", "not a number of shards"),
            ("4/4", "", "not a shard"),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let error = resolve(dir.path(), part, variables).unwrap_err();
            assert!(error.is_input() && error.to_string().contains(words), "{part}: {error}");
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("slurm")).unwrap();
        let path = Numbering::path(dir.path());
        for damaged in
            ["", "{}", "{\"format\":\"noctule-array/1\",\"count\":0,\"first\":0,\"step\":1}"]
        {
            std::fs::write(&path, damaged).unwrap();
            let error = resolve(dir.path(), "slurm", "ID=0 MIN=0 COUNT=1").unwrap_err();
            assert!(error.is_incomplete(), "{error}");
        }
        Numbering::from_zero(4).keep(dir.path()).unwrap();
        let variables = "ID=3 MIN=3 MAX=3 COUNT=1";
        assert_eq!(resolve(dir.path(), "slurm", variables).unwrap(), shard(3, 4));
    }
}
