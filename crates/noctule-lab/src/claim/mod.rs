//! Judging what a paper says by what we have measured.
//!
//! A claim gives a number and a tolerance. Ours comes from the samples of the run, and so does its
//! standard error: all trials are cut into blocks, the number is computed again with each block
//! left out, and the spread of those values is the error (the delete-a-block jackknife). Since all
//! schemes and points share their draws, leaving a block out leaves it out everywhere: the errors
//! of differences and ratios are paired without further ado, and crossings and slopes have errors
//! too. For a plain mean of up to 200 trials this is exactly the textbook standard error.
//!
//! | verdict | when |
//! |---|---|
//! | agrees | the difference is within the tolerance, and the standard error below a third of it |
//! | inconclusive | the standard error is larger, and does not exclude agreement |
//! | trend only | outside the tolerance, but on the paper's side of equality by two standard errors |
//! | disagrees | outside the tolerance otherwise |
//! | not run | the run lacks a point or has no design there |
//!
//! A claim with a range in place of a number agrees inside by two standard errors, disagrees outside by
//! two, and is inconclusive in between.
//!
//! A decided verdict that is not the expected one *contradicts*: either way something has to be
//! written down, a result or an erratum.

mod again;
mod beamforming;
mod compared;
mod critical_points;
mod frame;
mod growth;
pub(crate) mod measure;
mod pilots;
mod surfaces;

use serde::Serialize;
use serde_json::{Value, json};

pub use again::{is_same_number, judge_again, number_of_summary};
pub use measure::{View, points};

use crate::canonical;
use crate::experiment::{ClaimKind, ClaimSpec, Expect, Said, Stat};
use crate::fold::{Folded, Samples};
use crate::plan::Plan;
use crate::present::format::short;
use crate::presentation::Presentation;
use measure::Measured;

/// A named function of a system, for claims that the vocabulary cannot say.
///
/// It is called once with all trials and once for every block left out, and must not remember.
pub type Function = fn(&View<'_>) -> Option<f64>;

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Within the tolerance, and known well enough to say so.
    Agrees,
    /// Outside the tolerance, on the paper's side.
    TrendOnly,
    /// Outside the tolerance.
    Disagrees,
    /// Too few trials to say.
    Inconclusive,
    /// Not computed in this run.
    NotRun,
}

impl Verdict {
    /// The words used in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::TrendOnly => "trend only",
            Self::Disagrees => "disagrees",
            Self::Inconclusive => "inconclusive",
            Self::NotRun => "not run",
        }
    }
}

/// A claim and its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The claim.
    pub spec: ClaimSpec,
    /// Our number.
    pub ours: Option<f64>,
    /// Its standard error; zero for a deterministic study.
    pub standard_error: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it was not run, where it was not.
    pub note: String,
}

impl Judged {
    /// The verdict that the experiment's author expects.
    pub const fn expected(&self) -> Verdict {
        match self.spec.expect {
            Expect::Agrees => Verdict::Agrees,
            Expect::TrendOnly => Verdict::TrendOnly,
            Expect::Disagrees => Verdict::Disagrees,
        }
    }

    /// Whether the verdict is decided, and is another than the expected one.
    pub fn contradicts(&self) -> bool {
        !matches!(self.verdict, Verdict::Inconclusive | Verdict::NotRun)
            && self.verdict != self.expected()
    }
}

/// The function of that name for claims on a system.
fn named(system: &str, name: &str) -> Option<Function> {
    let own = match system {
        "beamforming" => beamforming::find(name),
        "cellfree" => critical_points::find(name),
        "frame" => frame::find(name),
        "pilots" => pilots::find(name).or_else(|| growth::find(name)),
        "surfaces" => surfaces::find(name),
        _ => None,
    };
    own.or_else(|| compared::find(name))
}

/// Judge all claims of a run.
pub fn judge_all(plan: &Plan, presentation: &Presentation, folded: &Folded) -> Vec<Judged> {
    let judge = |spec: &ClaimSpec| {
        let function = spec.ours.function.as_deref();
        let function = function.map(|name| named(&plan.system, name).ok_or(name));
        let measured = match function.transpose() {
            Err(name) => Measured::not_run(format!("there is no function `{name}`")),
            Ok(function) => {
                measure::measure(plan, &folded.kept, folded.trials, &spec.ours, function)
            }
        };
        judge(spec, measured, plan.deterministic)
    };
    presentation.claims.iter().map(judge).collect()
}

fn judge(spec: &ClaimSpec, measured: Measured, deterministic: bool) -> Judged {
    let standard_error = if deterministic { Some(0.0) } else { measured.standard_error };
    let verdict = match measured.value {
        None => Verdict::NotRun,
        Some(ours) => verdict(spec, ours, standard_error),
    };
    Judged {
        spec: spec.clone(),
        ours: measured.value,
        standard_error,
        verdict,
        note: measured.note,
    }
}

/// A claim that was judged before, by its number.
pub(crate) fn again(
    spec: &ClaimSpec,
    value: Option<f64>,
    standard_error: Option<f64>,
    note: String,
    deterministic: bool,
) -> Judged {
    judge(spec, Measured { value, standard_error, note }, deterministic)
}

/// Our number of a claim by samples that need not be those of a run.
pub fn number(plan: &Plan, samples: &Samples, trials: u64, spec: &ClaimSpec) -> Option<f64> {
    let function = spec.ours.function.as_deref().and_then(|name| named(&plan.system, name));
    measure::measure(plan, samples, trials, &spec.ours, function).value
}

/// The verdict on a claim by our number and its standard error; without one there is none to be had.
pub fn verdict(spec: &ClaimSpec, ours: f64, standard_error: Option<f64>) -> Verdict {
    let Some(error) = standard_error else { return Verdict::Inconclusive };
    let (paper, tol) = match spec.said {
        Said::Number { paper, tol } => (paper, tol),
        Said::Range { from, to } => return inside(from, to, ours, error),
    };
    let difference = (ours - paper).abs();
    let known = error <= tol / 3.0;
    if difference <= tol && known {
        return Verdict::Agrees;
    }
    if !known && difference - tol <= 3.0 * error {
        return Verdict::Inconclusive;
    }
    let neutral = match spec.ours.kind {
        ClaimKind::Difference | ClaimKind::Percent | ClaimKind::Slope => Some(0.0),
        ClaimKind::Ratio => Some(1.0),
        // A paper that says never or always has no side to be on.
        ClaimKind::Share if paper > 0.0 && paper < 1.0 => Some(0.5),
        // A value has no side.
        _ => None,
    };
    let same_side = |neutral: f64| {
        let (ours, paper) = (ours - neutral, paper - neutral);
        ours * paper > 0.0 && ours.abs() > 2.0 * error
    };
    if neutral.is_some_and(same_side) { Verdict::TrendOnly } else { Verdict::Disagrees }
}

/// Judge by a range: the distance to the nearer end decides.
fn inside(from: Option<f64>, to: Option<f64>, ours: f64, error: f64) -> Verdict {
    let room = from
        .map_or(f64::INFINITY, |from| ours - from)
        .min(to.map_or(f64::INFINITY, |to| to - ours));
    if room >= 2.0 * error {
        Verdict::Agrees
    } else if room < -2.0 * error {
        Verdict::Disagrees
    } else {
        Verdict::Inconclusive
    }
}

/// What a claim says, in the words of tables: the number or the range, and the tolerance.
pub fn said(spec: &ClaimSpec) -> (String, String) {
    let unit = |text: String| {
        if spec.unit.is_empty() { text } else { format!("{text} {}", spec.unit) }
    };
    match spec.said {
        Said::Number { paper, tol } => (unit(short(paper)), unit(short(tol))),
        Said::Range { from, to } => {
            let range = match (from, to) {
                (Some(from), Some(to)) => format!("{} to {}", short(from), short(to)),
                (Some(from), None) => format!("{} or more", short(from)),
                (None, Some(to)) => format!("{} or less", short(to)),
                (None, None) => String::new(),
            };
            ("no number".to_owned(), unit(range))
        }
    }
}

/// How many blocks to leave out in turn. Quantiles need large blocks: leaving out single trials
/// moves a median by one rank or not at all, and tells nothing about its spread.
fn blocks(trials: u64, stat: Stat) -> u64 {
    match stat {
        Stat::Mean | Stat::Rms | Stat::RootMean => trials.min(200),
        _ => (trials / 2).clamp(1, 20),
    }
}

/// `claims.json`.
pub fn json(claims: &[Judged]) -> String {
    canonical::text(&json!({ "format": "noctule-claims/1", "claims": value(claims) })) + "\n"
}

/// The claims with their verdicts, as `claims.json` lists them.
pub fn value(claims: &[Judged]) -> Value {
    claims
        .iter()
        .map(|claim| {
            let (paper, tol, range) = match claim.spec.said {
                Said::Number { paper, tol } => (Some(paper), Some(tol), None),
                Said::Range { from, to } => (None, None, Some([from, to])),
            };
            json!({
                "id": claim.spec.id,
                "text": claim.spec.text,
                "unit": claim.spec.unit,
                "measured": claim.spec.ours,
                "paper": paper,
                "tol": tol,
                "range": range,
                "ours": claim.ours,
                "standard_error": claim.standard_error,
                "verdict": claim.verdict,
                "expected": claim.expected(),
                "contradicts": claim.contradicts(),
                "erratum": claim.spec.erratum,
                "note": claim.note,
            })
        })
        .collect()
}
