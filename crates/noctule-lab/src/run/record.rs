//! One row as a chunk keeps it: checked, flat, and exact to the last bit.

use noctule_optim::{Bound, PointProof, Stop};
use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::system::{Outcome, Row, SeriesValue};

/// How a design ended, without its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// There is a design.
    Designed,
    /// Proven infeasible.
    Infeasible,
    /// The independent witness does not confirm the numbers, or one is not finite.
    Unsound,
    /// Numerics broke, or the instance was refused.
    Failed,
    /// Not part of this build, or not asked for.
    NotRun,
}

impl Ending {
    /// Whether there should be a design, and is none.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Unsound)
    }

    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Designed => "designed",
            Self::Infeasible => "infeasible",
            Self::Unsound => "unsound",
            Self::Failed => "failed",
            Self::NotRun => "not-run",
        }
    }
}

/// What is proven about the point itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PointKind {
    /// Stationary up to the residual.
    Stationary,
    /// Feasible up to the violation.
    Feasible,
    /// Nothing.
    None,
}

impl PointKind {
    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stationary => "stationary",
            Self::Feasible => "feasible",
            Self::None => "none",
        }
    }
}

/// A proven bound and its distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The bound.
    #[serde(rename = "b")]
    pub bound: f64,
    /// Distance in the unit of the objective.
    #[serde(rename = "a")]
    pub gap_abs: f64,
    /// Distance relative to max(unit, |objective|), with the unit of the normalised problem.
    #[serde(rename = "r")]
    pub gap_rel: f64,
    /// How the bound was obtained, and of which problem where that is not the design's own.
    #[serde(rename = "m")]
    pub method: String,
}

/// One row of a chunk. Short names, since there are many of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The unit of work.
    #[serde(rename = "u")]
    pub unit: u64,
    /// The point within the chain.
    #[serde(rename = "p")]
    pub point: u32,
    /// How it ended.
    #[serde(rename = "o")]
    pub ending: Ending,
    /// Why, where it is not a design.
    #[serde(rename = "y", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why the method stopped.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// What is proven about the point.
    #[serde(rename = "k")]
    pub proof: PointKind,
    /// Stationarity residual.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<f64>,
    /// The bound.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
    /// Largest violation, by the independent verifier.
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<f64>,
    /// Mismatch of the objective, by the independent verifier.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub objective_mismatch: Option<f64>,
    /// Evaluations of the objective.
    #[serde(rename = "e")]
    pub evaluations: u64,
    /// The metrics, in the order of the plan.
    #[serde(rename = "m")]
    pub metrics: Vec<Option<f64>>,
    /// Values of series: series, i, j, x, value.
    #[serde(rename = "z", default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<SeriesRow>,
}

impl Record {
    /// A record without numbers.
    pub(super) fn empty(
        unit: u64,
        point: u32,
        ending: Ending,
        reason: Option<String>,
        metrics: usize,
    ) -> Self {
        Self {
            unit,
            point,
            ending,
            reason,
            stop: None,
            proof: PointKind::None,
            residual: None,
            gap: None,
            violation: None,
            objective_mismatch: None,
            evaluations: 0,
            metrics: vec![None; metrics],
            series: Vec::new(),
        }
    }

    /// A row of a system, checked: what has a number that is not finite is unsound, and has no
    /// number at all.
    pub(super) fn of_row(unit: u64, point: u32, row: Row, plan: &Plan) -> Self {
        let fail = |reason: String| {
            Self::empty(unit, point, Ending::Failed, Some(reason), plan.metrics.len())
        };
        if row.metrics.len() != plan.metrics.len() {
            return fail(format!(
                "the system gave {} metrics instead of {}",
                row.metrics.len(),
                plan.metrics.len()
            ));
        }
        if let Some(reason) = not_finite(&row, plan) {
            return Self { ending: Ending::Unsound, ..fail(reason) };
        }
        let certificate =
            row.proof.infeasible.as_ref().map(|certificate| certificate.statement.clone());
        let (ending, reason) = match row.outcome {
            Outcome::Designed => (Ending::Designed, None),
            Outcome::Infeasible => (Ending::Infeasible, certificate),
            Outcome::Unsound(reason) => {
                return Self {
                    ending: Ending::Unsound,
                    stop: row.stop,
                    violation: row.violation,
                    objective_mismatch: row.objective_mismatch,
                    evaluations: row.evaluations,
                    ..fail(reason)
                };
            }
            Outcome::Failed(reason) => return fail(reason),
            Outcome::NotRun(reason) => (Ending::NotRun, Some(reason)),
        };
        let series = match series_of(&row.series, plan) {
            Ok(series) => series,
            Err(name) => {
                return fail(format!("the system gave a series it did not declare: {name}"));
            }
        };
        Self {
            unit,
            point,
            ending,
            reason,
            stop: row.stop,
            proof: match row.proof.point {
                PointProof::Stationary { .. } => PointKind::Stationary,
                PointProof::Feasible { .. } => PointKind::Feasible,
                PointProof::None => PointKind::None,
            },
            residual: row.proof.residual(),
            gap: row.proof.bound.map(Gap::of),
            violation: row.violation.or(match row.proof.point {
                PointProof::Feasible { violation } => Some(violation),
                _ => None,
            }),
            objective_mismatch: row.objective_mismatch,
            evaluations: row.evaluations,
            metrics: row.metrics,
            series,
        }
    }
}

impl Gap {
    fn of(bound: Bound) -> Self {
        Self {
            bound: bound.value,
            gap_abs: bound.gap_abs,
            // infinite over an objective of zero, which no file can hold
            gap_rel: bound.gap_rel.min(f64::MAX),
            method: match bound.problem {
                Some(problem) => format!("{}, of another problem: {problem}", bound.method),
                None => bound.method,
            },
        }
    }
}

/// A value of a series: which (its place in the plan), i, j, x, the value.
pub(crate) type SeriesRow = (u16, u32, u32, Option<f64>, f64);

/// The series of a row by their place in the plan, or the name of one that has none.
fn series_of(series: &[SeriesValue], plan: &Plan) -> Result<Vec<SeriesRow>, &'static str> {
    let place = |value: &SeriesValue| {
        let index = plan.series.iter().position(|name| name == value.series);
        let index = index.ok_or(value.series)?;
        Ok((index as u16, value.i, value.j, value.x, value.value))
    };
    series.iter().map(place).collect()
}

/// What is wrong with the rows of units, in words: every point of every unit must be there, once and
/// in order, with the plan's metrics.
pub(super) fn misfit(
    records: &[Record],
    units: std::ops::Range<u64>,
    plan: &Plan,
) -> Option<String> {
    let points = plan.chain_len() as u64;
    let rows = (units.end - units.start) * points;
    if records.len() as u64 != rows {
        return Some(format!("it has {} rows where its units have {rows}", records.len()));
    }
    let mut rows = records.iter().zip(0..);
    rows.find_map(|(record, row)| misplaced(record, row, units.start, plan))
}

/// What is wrong with a row of units that begin with this one, in words.
pub(super) fn misplaced(record: &Record, row: u64, first: u64, plan: &Plan) -> Option<String> {
    let points = plan.chain_len() as u64;
    let expected = (first + row / points, row % points);
    if (record.unit, u64::from(record.point)) != expected {
        let ((u, p), (a, b)) = (expected, (record.unit, record.point));
        return Some(format!("row {row} is of unit {a}, point {b}, not of unit {u}, point {p}"));
    }
    if record.metrics.len() != plan.metrics.len() {
        let (found, expected) = (record.metrics.len(), plan.metrics.len());
        return Some(format!("row {row} has {found} metrics instead of {expected}"));
    }
    let known = |series: u16| usize::from(series) < plan.series.len();
    let unknown = record.series.iter().any(|(series, ..)| !known(*series));
    unknown.then(|| format!("row {row} has a series that the plan does not know"))
}

/// The first number of a row that is not finite, in words.
fn not_finite(row: &Row, plan: &Plan) -> Option<String> {
    let bad = |value: Option<f64>| value.is_some_and(|value| !value.is_finite());
    let bound = row.proof.bound.as_ref();
    let checks = [
        ("residual", row.proof.residual()),
        ("violation", row.violation),
        ("objective_mismatch", row.objective_mismatch),
        ("bound", bound.map(|bound| bound.value)),
        ("gap_abs", bound.map(|bound| bound.gap_abs)),
        ("gap_rel", bound.map(|bound| bound.gap_rel.min(f64::MAX))),
    ];
    let metrics = plan.metrics.iter().map(String::as_str).zip(row.metrics.iter().copied());
    let series = row.series.iter().map(|value| {
        let x = value.x.filter(|x| !x.is_finite());
        (value.series, Some(x.unwrap_or(value.value)))
    });
    let found = checks.into_iter().chain(metrics).chain(series).find(|(_, value)| bad(*value));
    found.map(|(name, value)| format!("{name} is {}", value.unwrap_or(f64::NAN)))
}
