//! Curves: statistics along a sweep, differences, series, distributions.

use std::collections::BTreeMap;

use noctule_figure::{Absent, Factors, Line, PlotPoint};
use noctule_num::stats::Summary;

use super::drawn::{Missing, in_order};
use super::{Builder, Track, factors, reference};
use crate::experiment::{Band, FigureSpec, Stat};

impl Builder<'_> {
    pub(super) fn lines(&self) -> Vec<Line> {
        let spec = self.spec;
        let parametric = self.plan.metrics.contains(&spec.x);
        let tracks = self.tracks();
        let (place, factors) = (Self::places(&tracks), factors(&tracks));
        let line = |(track, factors): (Track, Option<Factors>)| {
            let point = |&point: &usize| {
                let drawn = self.is_drawn(self.missing_of_point(track.scheme, point));
                self.point(track.scheme, point, parametric).filter(|_| drawn)
            };
            let mut line = Line::new(track.label(), []).at(place(track.scheme));
            line.factors = factors;
            if parametric {
                line.points = track.points.iter().filter_map(point).collect();
                // A scheme that the sweep does not touch is one point, not a stack of them.
                line.points.dedup_by(|a, b| a == b);
            } else {
                let at = |index: &usize| Some((self.place(&spec.x, *index)?, point(index)));
                line.points = in_order(track.points.iter().filter_map(at).collect());
                line.absent = self.absent(&track);
            }
            line
        };
        tracks.into_iter().zip(factors).map(line).collect()
    }

    /// The statistic of a scheme at a point, divided by the reference's where there is one.
    fn point(&self, scheme: usize, point: usize, parametric: bool) -> Option<PlotPoint> {
        let spec = self.spec;
        let summary = self.summary(&spec.y, scheme, point)?;
        let x = if parametric {
            spec.stat.of(self.summary(&spec.x, scheme, point)?)?
        } else {
            self.place(&spec.x, point)?
        };
        let y = spec.stat.of(summary)?;
        if let Some(other) = reference(self.plan, spec) {
            let over = spec.stat.of(self.summary(&spec.y, other, point)?)?;
            return Some(PlotPoint::from((x, y / over)));
        }
        let around = match &spec.bound {
            Some(bound) => {
                let proven = spec.stat.of(self.summary(bound, scheme, point)?);
                proven.map(|proven| (y.min(proven), y.max(proven)))
            }
            None => band(spec, summary, y),
        };
        let (low, high) = around.map_or((None, None), |(low, high)| (Some(low), Some(high)));
        Some(PlotPoint { x, y, low, high })
    }

    /// How much a metric is above that of the reference, over the trials in which both have one.
    pub(super) fn differences(&self) -> Vec<Line> {
        let Some(other) = reference(self.plan, self.spec) else { return Vec::new() };
        let metric = self.plan.metrics.iter().position(|name| *name == self.spec.y);
        let Some(metric) = metric else { return Vec::new() };
        let tracks = self.tracks();
        let (place, factors) = (Self::places(&tracks), factors(&tracks));
        let line = |(track, factors): (Track, Option<Factors>)| {
            let mut line = Line::new(track.label(), []).at(place(track.scheme));
            line.factors = factors;
            let mut points = Vec::new();
            for &point in &track.points {
                let Some(x) = self.place(&self.spec.x, point) else { continue };
                let of = |scheme: usize| self.folded.kept.metric(metric, scheme, point);
                let pairs = paired(&of(track.scheme), &of(other));
                let again = self.plan.repetition(point, self.plan.trials).sqrt();
                let of = self.missing(&self.spec.y, track.scheme, point).of;
                let count = of.saturating_sub(pairs.len() as u64);
                let mean = mean_point(x, &pairs, self.spec.band, again);
                points.push((x, mean.filter(|_| self.is_drawn(Missing { count, of }))));
                if count > 0 && self.are_marked() {
                    line.absent.push(Absent { x, count, of });
                }
            }
            line.points = in_order(points);
            line.absent.sort_by(|a, b| a.x.total_cmp(&b.x));
            line
        };
        tracks.into_iter().zip(factors).map(line).collect()
    }

    /// Means of a series along its first index; one line for each second index.
    pub(super) fn series_lines(&self) -> Vec<Line> {
        let Some(series) = self.series_index(&self.spec.y) else { return Vec::new() };
        let held = self.presentation.series[series].steps;
        let mut lines = Vec::new();
        for track in self.tracks() {
            for &point in &track.points {
                let kept = &self.folded.kept;
                let again = self.plan.repetition(point, self.plan.trials).sqrt();
                let cells: Vec<_> = if held {
                    kept.held(series, track.scheme, point).collect()
                } else {
                    kept.cells(series, track.scheme, point).map(|(i, j, c)| (i, j, *c)).collect()
                };
                let mut by_second: BTreeMap<u32, Vec<PlotPoint>> = BTreeMap::new();
                for (i, j, cell) in cells {
                    let Some(y) = cell.value.mean() else { continue };
                    let index = || f64::from(i);
                    let x = cell.x.mean().filter(|_| self.spec.x == "x").unwrap_or_else(index);
                    let wanted = self.spec.band == Band::StandardError;
                    let error = cell.value.standard_error().filter(|_| wanted);
                    let error = error.map(|error| error * again);
                    let (low, high) = (error.map(|e| y - e), error.map(|e| y + e));
                    by_second.entry(j).or_default().push(PlotPoint { x, y, low, high });
                }
                let many = by_second.len() > 1;
                for (j, points) in by_second {
                    let label = track.label();
                    let label = if many { format!("{label} {j}") } else { label };
                    lines.push(Line::new(label, points));
                }
            }
        }
        lines
    }

    pub(super) fn distributions(&self) -> Vec<Line> {
        let series = self.series_index(&self.spec.x);
        let metric = self.plan.metrics.iter().position(|name| *name == self.spec.x);
        let tracks = self.tracks();
        let (place, factors) = (Self::places(&tracks), factors(&tracks));
        let line = |(track, factors): (Track, Option<Factors>)| {
            let kept = &self.folded.kept;
            let points = kept.distribution(metric, series, track.scheme, &track.points);
            Line { factors, ..Line::new(track.label(), points).at(place(track.scheme)) }
        };
        tracks.into_iter().zip(factors).map(line).collect()
    }
}

/// The differences of two lists of samples in the trials that both have.
fn paired(of: &[(u64, f64)], other: &[(u64, f64)]) -> Vec<f64> {
    let other: BTreeMap<u64, f64> = other.iter().copied().collect();
    of.iter().filter_map(|(trial, value)| Some(value - other.get(trial)?)).collect()
}

/// The mean of samples, with its standard error if that is wanted, times what repeated data cost.
fn mean_point(x: f64, samples: &[f64], band: Band, again: f64) -> Option<PlotPoint> {
    let summary = Summary::of(samples)?;
    let y = summary.mean;
    let interval = match band {
        Band::None => None,
        Band::Quartiles => Some((summary.q25, summary.q75)),
        Band::Spread => Some((summary.q05, summary.q95)),
        Band::StandardError => {
            summary.standard_error.map(|error| (y - error * again, y + error * again))
        }
    };
    let (low, high) = interval.map_or((None, None), |(low, high)| (Some(low), Some(high)));
    Some(PlotPoint { x, y, low, high })
}

/// The interval around a point. The standard error belongs to the mean; for roots it is carried
/// through the derivative.
fn band(spec: &FigureSpec, summary: &Summary, y: f64) -> Option<(f64, f64)> {
    match spec.band {
        Band::None => None,
        Band::Quartiles => Some((summary.q25, summary.q75)),
        Band::Spread => Some((summary.q05, summary.q95)),
        Band::StandardError => {
            let error = summary.standard_error?;
            let error = match spec.stat {
                Stat::Mean => error,
                Stat::RootMean if y > 0.0 => error / (2.0 * y),
                _ => return None,
            };
            Some((y - error, y + error))
        }
    }
}
