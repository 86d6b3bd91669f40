//! `[[figure]]`: what is drawn from the results.
//!
//! Five kinds: `lines` draws a statistic of a metric along a sweep, or of one metric against
//! another; `paired-difference` draws how much a metric is above that of another scheme in the same
//! trials; `cdf` draws how a metric is distributed over the trials; `heat` draws a surface, either
//! over two sweeps or from a series with two indices; `beampattern` draws power against direction.

use std::collections::BTreeMap;

use noctule_num::InputError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Item, Keys};
use super::grammar::tables::FIGURE;
use super::names::{Names, reference};
use super::printed::Printed;
use super::stat::{ScaleWord, Stat};
use super::{hint, is_file_name};
use crate::system::BEAMPATTERN;

/// What kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FigureKind {
    /// A statistic along a sweep, or of one metric against another.
    Lines,
    /// The mean of a difference to another scheme in the same trials.
    PairedDifference,
    /// Distribution over the trials.
    Cdf,
    /// A surface.
    Heat,
    /// Power against direction.
    Beampattern,
}

/// What is drawn around a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// One standard error of the mean to both sides.
    #[default]
    StandardError,
    /// From the lower to the upper quartile.
    Quartiles,
    /// From the 5 % to the 95 % quantile.
    Spread,
    /// Nothing.
    None,
}

/// One figure, as the file asks for it. References have been checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigureSpec {
    /// File name of the figure.
    pub id: String,
    /// One line for a caption.
    pub title: String,
    /// What kind.
    pub kind: FigureKind,
    /// A sweep, a metric, `series.<name>`, or an index (`x`, `i`) of a series.
    pub x: String,
    /// A metric, a sweep (`heat`), `series.<name>`, or an index (`j`) of a series.
    pub y: String,
    /// `heat`: the metric or series that colours the surface.
    pub value: String,
    /// The statistic over the trials.
    pub stat: Stat,
    /// What tells lines apart: `scheme` and paths of sweeps.
    pub series: Vec<String>,
    /// The schemes that are drawn; empty for all.
    pub schemes: Vec<String>,
    /// The scheme that others are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_to: Option<String>,
    /// Values at which other sweeps are held.
    pub at: BTreeMap<String, Value>,
    /// The horizontal axis.
    pub x_scale: ScaleWord,
    /// The vertical axis.
    pub y_scale: ScaleWord,
    /// The colour bar.
    pub value_scale: ScaleWord,
    /// Words instead of the metric's or sweep's own.
    pub x_label: Option<String>,
    /// Words instead of the metric's own.
    pub y_label: Option<String>,
    /// Words at the places 0, 1, 2, … of the horizontal axis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub x_names: Vec<String>,
    /// Words at the places 0, 1, 2, … of the vertical axis.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub y_names: Vec<String>,
    /// What is drawn around lines.
    pub band: Band,
    /// A metric to whose statistic bars go, in the place of a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// Whether only points are drawn at which every trial has a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub complete: bool,
    /// `beampattern`: names of the patterns that are drawn; empty for all, numbered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<String>,
    /// Numbers that somebody else printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<Printed>,
}

impl FigureSpec {
    pub(super) fn read(item: &Item, names: &Names<'_>) -> Result<Self, InputError> {
        let keys = Keys::of(item, &FIGURE)?;
        let id_item = keys.need("id", "a file name such as \"rate\"")?;
        let id = id_item.text("`id`")?.to_owned();
        if !is_file_name(&id) {
            return Err(id_item.refuse("this id is not a name for a file", super::FILE_NAME));
        }
        let kind = match keys.word("kind")? {
            Some("cdf") => FigureKind::Cdf,
            Some("heat") => FigureKind::Heat,
            Some("paired-difference") => FigureKind::PairedDifference,
            Some("beampattern") => FigureKind::Beampattern,
            _ => FigureKind::Lines,
        };
        let scale = |key| keys.word(key).map(|word| word.map(scale_of));
        let both = scale("scale")?.unwrap_or(match kind {
            FigureKind::Beampattern => ScaleWord::Log,
            _ => ScaleWord::Linear,
        });
        let mut figure = Self {
            title: keys.text("title")?.unwrap_or_default(),
            id,
            kind,
            x: String::new(),
            y: String::new(),
            value: String::new(),
            stat: keys.word("stat")?.map_or(Stat::Mean, Stat::of_word),
            series: Vec::new(),
            schemes: names.schemes_of(&keys)?,
            relative_to: None,
            at: names.at(keys.get("at"))?,
            x_scale: scale("x_scale")?.unwrap_or_default(),
            y_scale: scale("y_scale")?.unwrap_or(both),
            value_scale: scale("value_scale")?.unwrap_or(both),
            x_label: keys.text("x_label")?,
            y_label: keys.text("y_label")?,
            band: match keys.word("band")? {
                Some("quartiles") => Band::Quartiles,
                Some("spread") => Band::Spread,
                Some("none") => Band::None,
                _ => Band::StandardError,
            },
            bound: None,
            complete: keys.get("complete").map_or(Ok(false), |item| item.flag("`complete`"))?,
            x_names: texts(&keys, "x_names")?,
            y_names: texts(&keys, "y_names")?,
            curves: texts(&keys, "curves")?,
            printed: Vec::new(),
        };
        figure.read_axes(&keys, names)?;
        figure.check_scales(&keys, names)?;
        figure.read_reference(&keys, names)?;
        figure.read_bound(&keys, names)?;
        figure.series = figure.read_series(&keys, names)?;
        figure.check_names(&keys)?;
        let scales = (figure.x_scale, figure.y_scale);
        for item in keys.tables("printed")? {
            if kind != FigureKind::Lines || figure.relative_to.is_some() {
                let what = "printed numbers stand among lines that are drawn as they are";
                return Err(item.refuse(what, "nothing"));
            }
            figure.printed.push(Printed::read(item, names, scales)?);
        }
        Ok(figure)
    }

    /// Refuse names and choices where nothing has them.
    fn check_names(&self, keys: &Keys<'_>) -> Result<(), InputError> {
        let index = |axis: &str| matches!(axis, "i" | "j");
        for (key, needless, why) in [
            ("curves", self.kind != FigureKind::Beampattern, "only a design has several patterns"),
            (
                "complete",
                !matches!(self.kind, FigureKind::Lines | FigureKind::PairedDifference)
                    || self.y.starts_with("series."),
                "only lines of a metric are drawn point by point",
            ),
            ("x_names", !index(&self.x), "only an index of a series has numbers for names"),
            ("y_names", !index(&self.y), "only an index of a series has numbers for names"),
        ] {
            if let (true, Some(item)) = (needless, keys.get(key)) {
                let what = format!("`{key}` has no meaning here: {why}");
                return Err(item.refuse(what, "nothing"));
            }
        }
        Ok(())
    }

    /// The metric to which bars go: of lines of a metric, which have no other band then.
    fn read_bound(&mut self, keys: &Keys<'_>, names: &Names<'_>) -> Result<(), InputError> {
        let Some(item) = keys.get("bound") else { return Ok(()) };
        let lines = self.kind == FigureKind::Lines && names.metrics().contains(&self.y.as_str());
        let refused = match (keys.get("band"), &self.relative_to) {
            _ if !lines => "only points of lines of a metric have a bound",
            (Some(_), _) => "a bar takes the place of the band",
            (_, Some(_)) => "what is drawn relative to a scheme has no bound",
            _ => {
                self.bound = Some(reference(item, "bound", &names.metrics())?.to_owned());
                return Ok(());
            }
        };
        Err(item.refuse(format!("`bound` has no meaning here: {refused}"), "nothing"))
    }

    /// The scheme that others are compared with: needed for a difference, possible for lines along a
    /// sweep.
    fn read_reference(&mut self, keys: &Keys<'_>, names: &Names<'_>) -> Result<(), InputError> {
        let item = match (self.kind, keys.get("relative_to")) {
            (FigureKind::PairedDifference, None) => {
                keys.need("relative_to", "the id of the scheme that others are compared with")?
            }
            (_, None) => return Ok(()),
            (_, Some(item)) => item,
        };
        let along_sweep = names.sweeps().contains(&self.x.as_str())
            && matches!(self.kind, FigureKind::Lines | FigureKind::PairedDifference);
        if !along_sweep {
            let what = "only lines along a sweep are drawn relative to a scheme";
            return Err(item.refuse(what, "nothing"));
        }
        self.relative_to = Some(reference(item, "relative_to", &names.scheme_ids())?.to_owned());
        for (key, why) in [("stat", "it is the mean"), ("y_scale", "a difference has two signs")] {
            let (true, Some(item)) = (self.kind == FigureKind::PairedDifference, keys.get(key))
            else {
                continue;
            };
            let mean = item.text(key).is_ok_and(|word| word == "mean" || word == "linear");
            if !mean {
                return Err(item.refuse(format!("`{key}` has no meaning here: {why}"), "nothing"));
            }
        }
        Ok(())
    }

    /// A sweep along a logarithmic axis takes values that have a place on it.
    fn check_scales(&self, keys: &Keys<'_>, names: &Names<'_>) -> Result<(), InputError> {
        for (axis, scale, key) in
            [(&self.x, self.x_scale, "x_scale"), (&self.y, self.y_scale, "y_scale")]
        {
            let (ScaleWord::Log, Some(value)) = (scale, names.not_positive(axis)) else { continue };
            let item = keys.get(key).or_else(|| keys.get("scale"));
            if let Some(item) = item {
                let what = format!("a logarithmic axis has no place for {value} of {axis}");
                return Err(item.refuse(what, "\"linear\", or a sweep of positive values"));
            }
        }
        Ok(())
    }

    fn read_axes(&mut self, keys: &Keys<'_>, names: &Names<'_>) -> Result<(), InputError> {
        let metrics = names.metrics();
        let series = names.series();
        let sweeps = names.sweeps();
        let both: Vec<&str> =
            metrics.iter().copied().chain(series.iter().map(String::as_str)).collect();
        let pick = |key: &str, words: &[&str]| -> Result<String, InputError> {
            let item = keys.need(key, &hint::list(words))?;
            reference(item, key, words).map(str::to_owned)
        };
        let forbid = |key: &str, why: &str| match keys.get(key) {
            Some(item) => {
                Err(item.refuse(format!("`{key}` has no meaning here: {why}"), "nothing"))
            }
            None => Ok(()),
        };
        match self.kind {
            FigureKind::Lines => {
                forbid("value", "only a heat map colours by a value")?;
                self.y = pick("y", &both)?;
                let xs: Vec<&str> = if self.y.starts_with("series.") {
                    vec!["x", "i"]
                } else {
                    sweeps.iter().chain(&metrics).copied().collect()
                };
                self.x = pick("x", &xs)?;
            }
            FigureKind::PairedDifference => {
                forbid("value", "only a heat map colours by a value")?;
                self.y = pick("y", &metrics)?;
                self.x = pick("x", &sweeps)?;
            }
            FigureKind::Cdf => {
                forbid("value", "only a heat map colours by a value")?;
                forbid("y", "a cdf draws the share of trials")?;
                self.x = pick("x", &both)?;
            }
            FigureKind::Beampattern => {
                for key in ["x", "y", "value"] {
                    forbid(key, "a beampattern is power against direction")?;
                }
                if !names.keeps(BEAMPATTERN) {
                    let item = keys.need("kind", "")?;
                    let error = item.refuse("no beampatterns are recorded", "another kind");
                    return Err(error.hint("`keep = [\"beampattern\"]` at the top of the file"));
                }
            }
            FigureKind::Heat => {
                self.value = pick("value", &both)?;
                let axes: &[&str] =
                    if self.value.starts_with("series.") { &["x", "i", "j"] } else { &sweeps };
                self.x = pick("x", axes)?;
                self.y = pick("y", axes)?;
            }
        }
        Ok(())
    }

    /// What tells the lines apart. Every sweep must be an axis, held at a value, or a line's name;
    /// unless the file says otherwise, the ones left over name the lines.
    /// The sweep that the line follows where a metric is drawn against another.
    fn along<'n>(&self, names: &Names<'n>) -> Option<&'n str> {
        let parametric =
            self.kind == FigureKind::Lines && names.metrics().contains(&self.x.as_str());
        if parametric { names.only_sweep(&self.at) } else { None }
    }

    fn read_series(&self, keys: &Keys<'_>, names: &Names<'_>) -> Result<Vec<String>, InputError> {
        let along = self.along(names);
        let free = names.sweeps().into_iter().filter(|path| {
            *path != self.x
                && *path != self.y
                && !self.at.contains_key(*path)
                && Some(*path) != along
        });
        let free: Vec<&str> = free.collect();
        let Some(item) = keys.get("series") else {
            return Ok(std::iter::once("scheme").chain(free).map(str::to_owned).collect());
        };
        let items = match &item.kind {
            super::document::Kind::Array(items) => items.as_slice(),
            _ => std::slice::from_ref(item),
        };
        let words: Vec<&str> = std::iter::once("scheme").chain(names.sweeps()).collect();
        let mut series = Vec::new();
        for item in items {
            series.push(reference(item, "series", &words)?.to_owned());
        }
        if let Some(path) = free.iter().find(|path| !series.iter().any(|named| named == *path)) {
            return Err(item.refuse(
                format!("the sweep {path} is neither an axis, nor held, nor part of `series`"),
                format!("`at = {{ \"{path}\" = … }}`, or \"{path}\" in `series`"),
            ));
        }
        Ok(series)
    }
}

/// A list of text, empty where it was not written.
fn texts(keys: &Keys<'_>, key: &str) -> Result<Vec<String>, InputError> {
    let items = keys.get(key).map(|item| item.list(&format!("`{key}`"))).transpose()?;
    let text = |item: &Item| item.text("a name").map(str::to_owned);
    items.unwrap_or_default().iter().map(text).collect()
}

fn scale_of(word: &str) -> ScaleWord {
    if word == "log" { ScaleWord::Log } else { ScaleWord::Linear }
}
