//! Which points of a line are drawn, and what is said of the others.
//!
//! A mean over the few trials that have a value is one over those that happened to succeed: where less
//! than half of them do, nothing is drawn. Crosses above the frame count the trials without a value. In a
//! study of one trial, and where a figure asks for complete points only, the line ends or is broken
//! instead, and the caption says where.

use noctule_figure::{Absent, PlotPoint, plain};

use super::{Builder, Track, reference};
use crate::experiment::FigureKind;
use crate::present::format::short;

/// Trials without a value, and all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) count: u64,
    pub(super) of: u64,
}

impl Builder<'_> {
    /// How many trials of a group have no value of a metric.
    pub(super) fn missing(&self, metric: &str, scheme: usize, point: usize) -> Missing {
        let group = &self.folded.groups[scheme * self.plan.grid_len() + point];
        let of = group.designed + group.infeasible + group.unsound + group.failed + group.not_run;
        let with = self.summary(metric, scheme, point).map_or(0, |summary| summary.count);
        Missing { count: of.saturating_sub(with), of }
    }

    /// The same of a point of a line: its own metrics, and what it is compared with.
    pub(super) fn missing_of_point(&self, scheme: usize, point: usize) -> Missing {
        let spec = self.spec;
        let parametric = self.plan.metrics.contains(&spec.x).then_some((&spec.x, scheme));
        let other = reference(self.plan, spec).map(|other| (&spec.y, other));
        let all = [Some((&spec.y, scheme)), parametric, other];
        let all = all.into_iter().flatten().map(|(name, scheme)| self.missing(name, scheme, point));
        all.max_by_key(|missing| missing.count).unwrap_or_default()
    }

    /// Whether a point has enough trials to be drawn.
    pub(super) fn is_drawn(&self, missing: Missing) -> bool {
        if self.spec.complete { missing.count == 0 } else { 2 * missing.count <= missing.of }
    }

    /// Whether trials without a value are marked above the frame; otherwise the caption speaks of them.
    pub(super) fn are_marked(&self) -> bool {
        !self.spec.complete && self.plan.trials > 1
    }

    /// What the caption says of points that are not drawn.
    pub(super) fn not_drawn(&self) -> String {
        let spec = self.spec;
        let along = matches!(spec.kind, FigureKind::Lines | FigureKind::PairedDifference)
            && self.plan.sweeps.iter().any(|sweep| sweep.path == spec.x);
        if self.are_marked() || !along {
            return String::new();
        }
        let all: Vec<String> =
            self.tracks().iter().filter_map(|track| self.ends_of(track)).collect();
        let unit = self.words(&spec.x).unit;
        let unit = if unit.is_empty() { unit } else { format!(" {unit}") };
        match (all.is_empty(), self.plan.trials) {
            (true, _) => String::new(),
            (_, 0 | 1) => format!(". No value: {}{unit}", all.join("; ")),
            _ => format!(". Nothing is drawn where trials have no value: {}{unit}", all.join("; ")),
        }
    }

    /// Where a line has points that are not drawn, in words.
    fn ends_of(&self, track: &Track) -> Option<String> {
        let place = |&point: &usize| {
            let drawn = self.is_drawn(self.missing_of_point(track.scheme, point));
            Some((self.place(&self.spec.x, point)?, drawn))
        };
        let mut places: Vec<(f64, bool)> = track.points.iter().filter_map(place).collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        let named = self.axis_names(&self.spec.x);
        let word = |x: f64| named.get(x as usize).cloned().unwrap_or_else(|| short(x));
        let runs = places.split(|(_, drawn)| *drawn).filter(|run| !run.is_empty());
        let words = |run: &[(f64, bool)]| match run {
            [first, _, .., last] if named.is_empty() => {
                format!("{} to {}", short(first.0), short(last.0))
            }
            run => run.iter().map(|(x, _)| word(*x)).collect::<Vec<_>>().join(", "),
        };
        let runs: Vec<String> = runs.map(words).collect();
        let label = plain(&track.label());
        let label = if label.is_empty() { label } else { format!("{label} ") };
        (!runs.is_empty()).then(|| format!("{label}at {}", runs.join(", ")))
    }

    /// Trials without a value along a line, to be marked above the frame.
    pub(super) fn absent(&self, track: &Track) -> Vec<Absent> {
        if !self.are_marked() {
            return Vec::new();
        }
        let one = |&point: &usize| {
            let Missing { count, of } = self.missing(&self.spec.y, track.scheme, point);
            Some(Absent { x: self.place(&self.spec.x, point)?, count, of })
        };
        let mut absent: Vec<Absent> =
            track.points.iter().filter_map(one).filter(|absent| absent.count > 0).collect();
        absent.sort_by(|a, b| a.x.total_cmp(&b.x));
        absent
    }
}

/// Points in the order of their places; a line is broken where one between others is not drawn.
pub(super) fn in_order(mut points: Vec<(f64, Option<PlotPoint>)>) -> Vec<PlotPoint> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let hole = PlotPoint { x: f64::NAN, ..PlotPoint::default() };
    let first = points.iter().position(|(_, point)| point.is_some()).unwrap_or(0);
    let last = points.iter().rposition(|(_, point)| point.is_some()).map_or(0, |last| last + 1);
    points[first..last.max(first)].iter().map(|(_, point)| point.unwrap_or(hole)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_inside_and_ends_outside() {
        let at = |x: f64, there: bool| (x, there.then(|| PlotPoint::from((x, 2.0 * x))));
        let line = in_order(vec![
            at(4.0, false),
            at(3.0, true),
            at(0.0, false),
            at(1.0, true),
            at(2.0, false),
        ]);
        let xs: Vec<String> = line.iter().map(|point| point.x.to_string()).collect();
        assert_eq!(xs, ["1", "NaN", "3"]);
        assert!(in_order(vec![at(1.0, false)]).is_empty() && in_order(Vec::new()).is_empty());
    }
}
