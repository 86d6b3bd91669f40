//! `[[claim]]`: what a paper says, and which of our numbers speaks to it.
//!
//! The vocabulary is closed on purpose. A claim is a value of a metric, a comparison of two, or a
//! feature of a curve; anything else is a named function beside the system's experiments. How claims
//! are judged is written in [`crate::claim`].

use std::collections::BTreeMap;

use noctule_num::InputError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Item, Keys, Kind as ItemKind};
use super::grammar::tables::{CLAIM, CLAIM_KINDS, OURS, RANGE, VERSUS};
use super::names::{Names, reference};
use super::stat::Stat;
use super::{hint, is_file_name};

/// What is computed from the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A statistic of a metric.
    Value,
    /// A − B, trial by trial where the statistic is a mean.
    Difference,
    /// A / B.
    Ratio,
    /// 100 · (A / B − 1).
    Percent,
    /// Where along a sweep the curves of A and B cross, or A crosses a level.
    Crossing,
    /// Where along a sweep A is largest.
    Argmax,
    /// The first value of a sweep at which A is above, or below, a level.
    FirstWhere,
    /// The share of trials (0 to 1) in which A exceeds B, or a level.
    Share,
    /// Least-squares slope of A along a sweep.
    Slope,
    /// A named function of the system.
    Function,
}

impl Kind {
    /// All of them, in the order of the words of the grammar.
    const ALL: [Self; 10] = [
        Self::Value,
        Self::Difference,
        Self::Ratio,
        Self::Percent,
        Self::Crossing,
        Self::Argmax,
        Self::FirstWhere,
        Self::Share,
        Self::Slope,
        Self::Function,
    ];
}

/// What we expect to find, knowing the errata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// The paper's number, within the tolerance.
    #[default]
    Agrees,
    /// The paper's sign, but not its number.
    TrendOnly,
    /// Something else; an erratum says why.
    Disagrees,
}

/// Which numbers: one metric of one scheme at one point, or along one sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    /// The metric.
    pub metric: String,
    /// The statistic over the trials.
    pub stat: Stat,
    /// The scheme.
    pub scheme: String,
    /// Values of the sweeps.
    pub at: BTreeMap<String, Value>,
}

/// How our number is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ours {
    /// What is computed.
    pub kind: Kind,
    /// A.
    pub of: Selection,
    /// B, for kinds that compare.
    pub versus: Option<Selection>,
    /// The sweep along which a feature is sought.
    pub along: Option<String>,
    /// The level A is compared with: above it.
    pub above: Option<f64>,
    /// The level A is compared with: below it.
    pub below: Option<f64>,
    /// The function of the system.
    pub function: Option<String>,
}

/// What is claimed of our number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// A number that the paper prints.
    Number {
        /// The paper's number.
        paper: f64,
        /// Largest difference that still counts as agreement.
        tol: f64,
    },
    /// A sign or an order that the paper shows without a number, or a claim of our own.
    Range {
        /// Not below this.
        from: Option<f64>,
        /// Not above this.
        to: Option<f64>,
    },
}

impl Said {
    fn read(item: &Item, keys: &Keys<'_>) -> Result<Self, InputError> {
        if let Some(item) = keys.get("range") {
            let inner = Keys::of(item, &RANGE)?;
            let (from, to) = (inner.number("from")?, inner.number("to")?);
            let ordered = from.zip(to).is_none_or(|(from, to)| from < to);
            if keys.get("paper").is_some() || keys.get("tol").is_some() {
                return Err(item.refuse("a claim has a number or a range", "`range` alone"));
            }
            if !ordered || (from.is_none() && to.is_none()) {
                return Err(item.refuse("nothing is in this range", "`from`, or `to`, or both"));
            }
            return Ok(Self::Range { from, to });
        }
        if keys.get("paper").is_none() {
            let what = "a claim needs what is claimed";
            return Err(item.refuse(what, "`paper`, the number the paper gives, or `range`"));
        }
        let paper = keys.need("paper", "the number the paper gives")?.number("`paper`")?;
        let tol_item = keys.need("tol", "the largest difference that still agrees")?;
        let tol = tol_item.number("`tol`")?;
        if tol < 0.0 {
            return Err(tol_item.refuse("the tolerance is negative", "zero or more"));
        }
        Ok(Self::Number { paper, tol })
    }
}

/// One claim of a paper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimSpec {
    /// Unique in the experiment.
    pub id: String,
    /// The claim in words, with where it stands in the paper.
    pub text: String,
    /// What is claimed.
    pub said: Said,
    /// The unit of the numbers.
    pub unit: String,
    /// What we expect.
    pub expect: Expect,
    /// Anchor in docs/errata.md.
    pub erratum: Option<String>,
    /// How our number is computed.
    pub ours: Ours,
}

impl ClaimSpec {
    /// Whether it is about our own numbers and no verdict on a paper: its words say so.
    pub fn is_ours(&self) -> bool {
        self.text.starts_with("Ours")
    }

    pub(super) fn read(item: &Item, index: usize, names: &Names<'_>) -> Result<Self, InputError> {
        let keys = Keys::of(item, &CLAIM)?;
        let id = keys.text("id")?.unwrap_or_else(|| format!("claim-{}", index + 1));
        if !is_file_name(&id) {
            return Err(
                item.refuse("the id of this claim is not a name for a file", super::FILE_NAME)
            );
        }
        let expect = match keys.word("expect")? {
            Some("trend_only") => Expect::TrendOnly,
            Some("disagrees") => Expect::Disagrees,
            _ => Expect::Agrees,
        };
        let erratum = keys.text("erratum")?;
        if expect != Expect::Agrees && erratum.is_none() {
            return Err(item.place.refuse(
                "a claim that is not expected to agree must say why",
                "no `erratum`",
                "the anchor of an entry of docs/errata.md, such as \"beamforming-e8\"",
            ));
        }
        Ok(Self {
            id,
            text: keys.need("text", "the claim in words")?.text("`text`")?.to_owned(),
            said: Said::read(item, &keys)?,
            unit: keys.text("unit")?.unwrap_or_default(),
            expect,
            erratum,
            ours: Ours::read(keys.need("ours", "how our number is computed")?, names)?,
        })
    }
}

impl Ours {
    fn read(item: &Item, names: &Names<'_>) -> Result<Self, InputError> {
        let keys = Keys::of(item, &OURS)?;
        keys.need("kind", &hint::list(CLAIM_KINDS))?;
        let word = keys.word("kind")?;
        let index = CLAIM_KINDS.iter().position(|known| Some(*known) == word);
        let kind = index.map_or(Kind::Value, |index| Kind::ALL[index]);
        let of = selection(&keys, names, None)?;
        let ours = Self {
            kind,
            versus: versus(&keys, names, &of)?,
            of,
            along: keys
                .get("along")
                .map(|item| reference(item, "along", &names.sweeps()).map(str::to_owned))
                .transpose()?,
            above: keys.number("above")?,
            below: keys.number("below")?,
            function: keys.text("name")?,
        };
        ours.check(item, names)
    }

    /// Whether the kind has what it needs, and nothing it does not.
    fn check(mut self, item: &Item, names: &Names<'_>) -> Result<Self, InputError> {
        let level = self.above.is_some() || self.below.is_some();
        if self.above.is_some() && self.below.is_some() {
            return Err(item.refuse("a level is either `above` or `below`", "one of them"));
        }
        let compares = matches!(self.kind, Kind::Difference | Kind::Ratio | Kind::Percent);
        let either = matches!(self.kind, Kind::Crossing | Kind::Share);
        if compares && self.versus.is_none() {
            return Err(
                item.refuse("this kind compares with something", "`versus`, a scheme or a table")
            );
        }
        if either && (self.versus.is_some() == level) {
            return Err(item
                .refuse("this kind compares with one thing", "`versus`, or `above`, or `below`"));
        }
        if self.kind == Kind::FirstWhere && !level {
            return Err(item.refuse("this kind compares with a level", "`above` or `below`"));
        }
        if self.kind == Kind::Function && self.function.is_none() {
            return Err(
                item.refuse("this kind needs the `name` of a function", "a function of the system")
            );
        }
        if self.runs_along() {
            if self.along.is_none() {
                self.along = names.only_sweep(&self.of.at).map(str::to_owned);
            }
            if self.along.is_none() {
                return Err(
                    item.refuse("this kind follows a sweep", "`along`, the path of a sweep")
                );
            }
        }
        for selection in std::iter::once(&self.of).chain(&self.versus) {
            let open = names.sweeps().into_iter().find(|path| {
                self.kind != Kind::Function
                    && !selection.at.contains_key(*path)
                    && self.along.as_deref() != Some(*path)
            });
            if let Some(path) = open {
                return Err(item.refuse(
                    format!("the sweep {path} is left open"),
                    format!("`at = {{ \"{path}\" = … }}`"),
                ));
            }
        }
        Ok(self)
    }

    /// Whether the kind follows a curve along a sweep.
    pub fn runs_along(&self) -> bool {
        matches!(self.kind, Kind::Crossing | Kind::Argmax | Kind::FirstWhere | Kind::Slope)
    }
}

/// A selection; what is not written is taken from `other`.
fn selection(
    keys: &Keys<'_>,
    names: &Names<'_>,
    other: Option<&Selection>,
) -> Result<Selection, InputError> {
    let metric = match (keys.get("metric"), other) {
        (None, Some(other)) => other.metric.clone(),
        _ => {
            let metrics = names.metrics();
            let item = keys.need("metric", &hint::list(&metrics))?;
            reference(item, "metric", &metrics)?.to_owned()
        }
    };
    let schemes = names.scheme_ids();
    let scheme = match (keys.get("scheme"), other, &schemes[..]) {
        (None, Some(other), _) => other.scheme.clone(),
        (None, None, [only]) => (*only).to_owned(),
        _ => {
            let item = keys.need("scheme", &hint::list(&schemes))?;
            reference(item, "scheme", &schemes)?.to_owned()
        }
    };
    let mut at = other.map(|other| other.at.clone()).unwrap_or_default();
    at.extend(names.at(keys.get("at"))?);
    let stat = match (keys.get("stat"), other) {
        (None, Some(other)) => other.stat,
        _ => keys.word("stat")?.map_or(Stat::Mean, Stat::of_word),
    };
    Ok(Selection { metric, stat, scheme, at })
}

/// `versus = "rzf"`, or a table with whatever differs.
fn versus(
    keys: &Keys<'_>,
    names: &Names<'_>,
    of: &Selection,
) -> Result<Option<Selection>, InputError> {
    let Some(item) = keys.get("versus") else { return Ok(None) };
    if let ItemKind::Text(_) = item.kind {
        let scheme = reference(item, "versus", &names.scheme_ids())?.to_owned();
        return Ok(Some(Selection { scheme, ..of.clone() }));
    }
    let keys = Keys::of(item, &VERSUS)?;
    let versus = selection(&keys, names, Some(of))?;
    if versus == *of {
        return Err(
            item.refuse("this compares a number with itself", "another scheme, metric or point")
        );
    }
    Ok(Some(versus))
}
