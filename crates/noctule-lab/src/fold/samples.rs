//! What figures and claims need beyond the summary: samples of some metrics, means of some series.

use std::collections::{BTreeMap, BTreeSet};

use noctule_num::stats::Running;

use crate::plan::Plan;
use crate::run::Record;

/// What to keep while folding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Metrics whose samples are kept: (metric, scheme, grid point), by index.
    pub metrics: BTreeSet<(usize, usize, usize)>,
    /// Series whose means over the trials are kept, by index.
    pub means: BTreeSet<usize>,
    /// Series whose values are all kept, by index.
    pub values: BTreeSet<usize>,
}

/// One cell of a series, averaged over the trials.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// The values.
    pub value: Running,
    /// The abscissas, where there are any.
    pub x: Running,
}

/// Where the series of one trial ends: the last index that has a value, and that value.
type End = (u32, Option<f64>, f64);

// Where a series of many trials belongs: series, scheme, grid point, j.
type TrialsKey = (usize, usize, usize, u32);

// Where a cell of a series belongs: series, scheme, grid point, i, j.
type CellKey = (usize, usize, usize, u32, u32);

/// What was kept.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    wanted: Wanted,
    metrics: BTreeMap<(usize, usize, usize), Vec<(u64, f64)>>,
    cells: BTreeMap<CellKey, Cell>,
    ends: BTreeMap<TrialsKey, Vec<End>>,
    values: BTreeMap<(usize, usize, usize), Vec<f64>>,
}

impl Samples {
    pub(super) fn new(wanted: &Wanted) -> Self {
        Self { wanted: wanted.clone(), ..Self::default() }
    }

    /// Samples of metrics that were not folded from a run: (metric, scheme, grid point), by index.
    pub fn of(metrics: BTreeMap<(usize, usize, usize), Vec<(u64, f64)>>) -> Self {
        Self { metrics, ..Self::default() }
    }

    pub(super) fn push(&mut self, record: &Record, plan: &Plan) {
        let (trial, chain) = plan.unit(record.unit);
        let scheme = plan.chain_scheme(chain);
        for grid in plan.grid_points(chain, record.point as usize) {
            for (metric, value) in record.metrics.iter().enumerate() {
                let key = (metric, scheme, grid);
                if let Some(value) = value
                    && self.wanted.metrics.contains(&key)
                {
                    self.metrics.entry(key).or_default().push((trial, *value));
                }
            }
            self.push_ends(record, scheme, grid);
            for &(series, i, j, x, value) in &record.series {
                let series = usize::from(series);
                if self.wanted.means.contains(&series) {
                    let cell = self.cells.entry((series, scheme, grid, i, j)).or_default();
                    cell.value.push(value);
                    if let Some(x) = x {
                        cell.x.push(x);
                    }
                }
                if self.wanted.values.contains(&series) {
                    self.values.entry((series, scheme, grid)).or_default().push(value);
                }
            }
        }
    }

    /// The samples of a metric of one scheme at one point, with their trials, in trial order.
    pub fn metric(&self, metric: usize, scheme: usize, point: usize) -> &[(u64, f64)] {
        self.metrics.get(&(metric, scheme, point)).map_or(&[], Vec::as_slice)
    }

    /// The cells of a series of one scheme at one point, in the order of i and j.
    pub fn cells(
        &self,
        series: usize,
        scheme: usize,
        point: usize,
    ) -> impl Iterator<Item = (u32, u32, &Cell)> {
        let range = (series, scheme, point, 0, 0)..=(series, scheme, point, u32::MAX, u32::MAX);
        self.cells.range(range).map(|(key, cell)| (key.3, key.4, cell))
    }

    /// Where the series of this trial end.
    fn push_ends(&mut self, record: &Record, scheme: usize, grid: usize) {
        let mut ends: BTreeMap<(usize, u32), End> = BTreeMap::new();
        for &(series, i, j, x, value) in &record.series {
            let series = usize::from(series);
            if self.wanted.means.contains(&series) {
                let end = ends.entry((series, j)).or_insert((i, x, value));
                if i >= end.0 {
                    *end = (i, x, value);
                }
            }
        }
        for ((series, j), end) in ends {
            self.ends.entry((series, scheme, grid, j)).or_default().push(end);
        }
    }

    /// The cells of a series of one scheme at one point as if every trial had gone on to the end of
    /// the longest, with its last value (and abscissa): what a mean over methods that stop by
    /// themselves must be taken over, since those that still iterate are not a fair sample.
    pub fn held(
        &self,
        series: usize,
        scheme: usize,
        point: usize,
    ) -> impl Iterator<Item = (u32, u32, Cell)> {
        self.cells(series, scheme, point).map(move |(i, j, cell)| {
            let mut cell = *cell;
            let ends = self.ends.get(&(series, scheme, point, j)).map_or(&[][..], Vec::as_slice);
            for (_, x, value) in ends.iter().filter(|(last, _, _)| *last < i) {
                cell.value.push(*value);
                if let Some(x) = x {
                    cell.x.push(*x);
                }
            }
            (i, j, cell)
        })
    }

    /// All values of a series of one scheme at one point.
    pub fn values(&self, series: usize, scheme: usize, point: usize) -> &[f64] {
        self.values.get(&(series, scheme, point)).map_or(&[], Vec::as_slice)
    }
}
