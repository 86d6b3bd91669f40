//! What figures and claims need beyond the summary: samples of some metrics, means of some series.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use noctule_figure::{PlotPoint, empirical_cdf};
use noctule_num::stats::Running;

use super::sorted::{PIECE, Sorter};
use super::spool::Spool;
use crate::error::LabError;
use crate::plan::Plan;
use crate::run::Record;

/// Numbers of samples in memory before they are written out: 8 MB.
const HELD: usize = 1 << 20;

/// What to keep while folding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Metrics whose samples are kept: (metric, scheme, grid point), by index.
    pub metrics: BTreeSet<(usize, usize, usize)>,
    /// Series whose means over the trials are kept, by index.
    pub means: BTreeSet<usize>,
    /// Those among them whose trials are held at their last value ([`Samples::held`]).
    pub ends: BTreeSet<usize>,
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

/// Where samples of a metric, or values of a series, belong: metric or series, scheme, grid point.
type Key = (usize, usize, usize);

/// What was kept: means in memory, samples there or on the disk.
#[derive(Debug, Default)]
pub struct Samples {
    wanted: Wanted,
    given: BTreeMap<Key, Vec<(u64, f64)>>,
    /// Columns of the spool: trial and value in turn.
    metrics: BTreeMap<Key, usize>,
    /// Columns of the spool: values.
    values: BTreeMap<Key, usize>,
    spool: Option<Spool>,
    dir: PathBuf,
    cells: BTreeMap<CellKey, Cell>,
    ends: BTreeMap<TrialsKey, Vec<End>>,
    /// Why samples could not be read back.
    failed: Mutex<Option<LabError>>,
}

impl Samples {
    /// Nothing yet; what does not fit into memory will lie in this folder.
    pub(super) fn new(wanted: &Wanted, dir: &Path) -> Self {
        let spool = Some(Spool::new(dir, 0, HELD));
        Self { wanted: wanted.clone(), spool, dir: dir.to_owned(), ..Self::default() }
    }

    /// Samples of metrics that were not folded from a run: (metric, scheme, grid point), by index.
    pub fn of(metrics: BTreeMap<Key, Vec<(u64, f64)>>) -> Self {
        Self { given: metrics, ..Self::default() }
    }

    /// Whether everything that was asked for could be read.
    ///
    /// # Errors
    /// The first reason why not; what was returned then is not all there is.
    pub fn check(&self) -> Result<(), LabError> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    fn fail<T: Default>(&self, read: Result<T, LabError>) -> T {
        read.unwrap_or_else(|error| {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(error);
            T::default()
        })
    }

    pub(super) fn push(&mut self, record: &Record, plan: &Plan) -> Result<(), LabError> {
        let Some(mut spool) = self.spool.take() else { return Ok(()) };
        let pushed = self.push_to(&mut spool, record, plan);
        self.spool = Some(spool);
        pushed
    }

    fn push_to(&mut self, spool: &mut Spool, record: &Record, plan: &Plan) -> Result<(), LabError> {
        let (trial, chain) = plan.unit(record.unit);
        let scheme = plan.chain_scheme(chain);
        for grid in plan.grid_points(chain, record.point as usize) {
            for (metric, value) in record.metrics.iter().enumerate() {
                let key = (metric, scheme, grid);
                if let Some(value) = value
                    && self.wanted.metrics.contains(&key)
                {
                    let next = self.metrics.len() + self.values.len();
                    let column = *self.metrics.entry(key).or_insert(next);
                    spool.push(column, trial)?;
                    spool.push(column, value.to_bits())?;
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
                    let next = self.metrics.len() + self.values.len();
                    let column = *self.values.entry((series, scheme, grid)).or_insert(next);
                    spool.push(column, value.to_bits())?;
                }
            }
        }
        Ok(())
    }

    /// The samples of a metric of one scheme at one point, with their trials, in trial order.
    ///
    /// They are all in memory then, which is what claims need: 16 bytes a trial.
    pub fn metric(&self, metric: usize, scheme: usize, point: usize) -> Cow<'_, [(u64, f64)]> {
        let key = (metric, scheme, point);
        if let Some(given) = self.given.get(&key) {
            return Cow::Borrowed(given);
        }
        let (Some(column), Some(spool)) = (self.metrics.get(&key), &self.spool) else {
            return Cow::Borrowed(&[]);
        };
        let words = self.fail(spool.column(*column));
        let (pairs, _) = words.as_chunks::<2>();
        pairs.iter().map(|[trial, bits]| (*trial, f64::from_bits(*bits))).collect()
    }

    /// The distribution function of a metric or a series over all trials of some points; memory
    /// does not grow with their number.
    pub fn distribution(
        &self,
        metric: Option<usize>,
        series: Option<usize>,
        scheme: usize,
        points: &[usize],
    ) -> Vec<PlotPoint> {
        let Some(spool) = &self.spool else { return Vec::new() };
        let column = |of: &BTreeMap<Key, usize>, which: Option<usize>, point: usize| {
            of.get(&(which?, scheme, point)).copied()
        };
        let mut columns: Vec<(usize, usize)> = Vec::new();
        for &point in points {
            columns.extend(column(&self.values, series, point).map(|column| (column, 1)));
            columns.extend(column(&self.metrics, metric, point).map(|column| (column, 2)));
        }
        let count: usize = columns.iter().map(|(column, width)| spool.len(*column) / width).sum();
        let take = |push: &mut dyn FnMut(f64) -> Result<(), LabError>| {
            columns.iter().try_for_each(|&(column, width)| {
                let mut place = 0;
                spool.each(column, |words| {
                    for word in words {
                        place += 1;
                        if place % width == 0 {
                            push(f64::from_bits(*word))?;
                        }
                    }
                    Ok(())
                })
            })
        };
        if count <= PIECE {
            let mut all = Vec::with_capacity(count);
            self.fail(take(&mut |value| {
                all.push(value);
                Ok(())
            }));
            return empirical_cdf(&all);
        }
        let mut sorter = Sorter::new(&self.dir, PIECE);
        let sorted = take(&mut |value| sorter.push(value)).and_then(|()| sorter.distribution());
        self.fail(sorted)
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
            if self.wanted.ends.contains(&series) {
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
}
