//! Groups — a scheme at a point — and what is said about each.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use noctule_num::stats::Summary;

use super::sorted::{PIECE, Sorter};
use super::spool::{HELD, Spool};
use super::tables::{Table, count_cell, header, keys, number_cell, text_cell};
use crate::error::LabError;
use crate::plan::Plan;
use crate::run::{Ending, PointKind, Record, Store};

/// What is said about one scheme at one grid point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupSummary {
    /// Index of the scheme.
    pub scheme: usize,
    /// The grid point.
    pub point: usize,
    /// Trials with a design.
    pub designed: u64,
    /// Trials proven infeasible.
    pub infeasible: u64,
    /// Trials whose design the independent witness does not confirm.
    pub unsound: u64,
    /// Trials that failed.
    pub failed: u64,
    /// Trials that were not run.
    pub not_run: u64,
    /// Designs at a stationary point.
    pub stationary: u64,
    /// Designs with a proven bound, by how it was obtained.
    pub bounded: BTreeMap<String, u64>,
    /// Largest stationarity residual.
    pub worst_residual: Option<f64>,
    /// Largest relative gap.
    pub worst_gap_rel: Option<f64>,
    /// Largest violation, by the independent verifier.
    pub worst_violation: Option<f64>,
    /// Largest mismatch of the objective, by the independent verifier.
    pub worst_objective_mismatch: Option<f64>,
    /// Evaluations of the objective, over all trials.
    pub evaluations: u64,
    /// The first reason given for a failure.
    pub first_failure: Option<String>,
    /// One for each metric; absent where no design has it.
    pub metrics: Vec<Option<Summary>>,
}

impl GroupSummary {
    fn push(&mut self, record: &Record) {
        let counter = match record.ending {
            Ending::Designed => &mut self.designed,
            Ending::Infeasible => &mut self.infeasible,
            Ending::Unsound => &mut self.unsound,
            Ending::Failed => &mut self.failed,
            Ending::NotRun => &mut self.not_run,
        };
        *counter += 1;
        self.evaluations += record.evaluations;
        let without = matches!(record.ending, Ending::Unsound | Ending::Failed | Ending::NotRun);
        if without && self.first_failure.is_none() {
            self.first_failure.clone_from(&record.reason);
        }
        if record.ending != Ending::Designed {
            return;
        }
        self.stationary += u64::from(record.proof == PointKind::Stationary);
        if let Some(gap) = &record.gap {
            *self.bounded.entry(gap.method.clone()).or_default() += 1;
        }
        worst(&mut self.worst_residual, record.residual);
        worst(&mut self.worst_gap_rel, record.gap.as_ref().map(|gap| gap.gap_rel));
        worst(&mut self.worst_violation, record.violation);
        worst(&mut self.worst_objective_mismatch, record.objective_mismatch);
    }
}

fn worst(so_far: &mut Option<f64>, value: Option<f64>) {
    if let Some(value) = value {
        *so_far = Some(so_far.map_or(value, |so_far: f64| so_far.max(value)));
    }
}

/// Some of the groups, with their samples.
pub(super) struct Groups<'a> {
    plan: &'a Plan,
    points: usize,
    range: Range<usize>,
    groups: Vec<GroupSummary>,
    /// A column for each metric of each group.
    samples: Spool,
    dir: PathBuf,
}

impl<'a> Groups<'a> {
    pub(super) fn new(plan: &'a Plan, range: Range<usize>, dir: &Path) -> Self {
        let points = plan.grid_len();
        let group = |index: usize| GroupSummary {
            scheme: index / points,
            point: index % points,
            ..Default::default()
        };
        let samples = Spool::new(dir, range.len() * plan.metrics.len(), HELD);
        let groups = range.clone().map(group).collect();
        Self { plan, points, groups, range, samples, dir: dir.to_owned() }
    }

    pub(super) fn push(&mut self, record: &Record) -> Result<(), LabError> {
        let chain = self.plan.unit(record.unit).1;
        let first = self.plan.chain_scheme(chain) * self.points;
        for grid in self.plan.grid_points(chain, record.point as usize) {
            let index = first + grid;
            if !self.range.contains(&index) {
                continue;
            }
            let index = index - self.range.start;
            self.groups[index].push(record);
            for (metric, value) in record.metrics.iter().enumerate() {
                if let Some(value) = value {
                    let column = index * self.plan.metrics.len() + metric;
                    self.samples.push(column, value.to_bits())?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<GroupSummary>, LabError> {
        let Self { plan, mut groups, mut samples, dir, .. } = self;
        let metrics = plan.metrics.len();
        for (index, group) in groups.iter_mut().enumerate() {
            let columns = index * metrics..(index + 1) * metrics;
            group.metrics = columns
                .map(|column| {
                    let summary = summarised(&samples, column, &dir);
                    samples.forget(column);
                    summary
                })
                .collect::<Result<_, _>>()?;
            // Rows of a file that are used again say nothing new.
            let again = plan.repetition(group.point, plan.trials);
            if again > 1.0 {
                for metric in group.metrics.iter_mut().flatten() {
                    metric.count = (metric.count as f64 / again).round() as u64;
                    metric.standard_error = metric.standard_error.map(|error| error * again.sqrt());
                }
            }
        }
        Ok(groups)
    }
}

/// What is said about a column: sorted in memory where it fits, and on the disk where it does not.
fn summarised(samples: &Spool, column: usize, dir: &Path) -> Result<Option<Summary>, LabError> {
    if samples.len(column) <= PIECE {
        let bits = samples.column(column)?;
        return Ok(Summary::of_owned(bits.into_iter().map(f64::from_bits).collect()));
    }
    let mut sorter = Sorter::new(dir, PIECE);
    samples
        .each(column, |part| part.iter().try_for_each(|bits| sorter.push(f64::from_bits(*bits))))?;
    sorter.summary()
}

/// Write `summary.csv`, one line for each scheme, point and metric; its digest is returned.
pub(super) fn write(store: &Store, groups: &[GroupSummary]) -> Result<String, LabError> {
    let plan = store.plan();
    let mut table = Table::of(store, "summary.csv")?;
    let after = [
        "metric",
        "n",
        "mean",
        "standard_error",
        "median",
        "q05",
        "q25",
        "q75",
        "q95",
        "min",
        "max",
        "designed",
        "infeasible",
        "unsound",
        "failed",
        "not_run",
        "worst_residual",
        "worst_gap_rel",
        "worst_violation",
        "worst_objective_mismatch",
        "evaluations",
    ];
    header(&mut table.line, plan, &["scheme"], &after);
    table.end_line()?;
    let keys = keys(plan);
    for group in groups {
        for (name, summary) in plan.metrics.iter().zip(&group.metrics) {
            let out = &mut table.line;
            text_cell(out, &plan.schemes[group.scheme].id);
            out.push_str(&keys[group.point]);
            text_cell(out, name);
            cells(out, group, summary.as_ref());
            table.end_line()?;
        }
    }
    table.finish()
}

fn cells(out: &mut String, group: &GroupSummary, summary: Option<&Summary>) {
    count_cell(out, summary.map_or(0, |summary| summary.count));
    number_cell(out, summary.map(|summary| summary.mean));
    number_cell(out, summary.and_then(|summary| summary.standard_error));
    let order = summary.map(|s| [s.median, s.q05, s.q25, s.q75, s.q95, s.min, s.max]);
    for index in 0..7 {
        number_cell(out, order.map(|order| order[index]));
    }
    let counts = [group.designed, group.infeasible, group.unsound, group.failed, group.not_run];
    counts.into_iter().for_each(|count| count_cell(out, count));
    for value in [
        group.worst_residual,
        group.worst_gap_rel,
        group.worst_violation,
        group.worst_objective_mismatch,
    ] {
        number_cell(out, value);
    }
    count_cell(out, group.evaluations);
}
