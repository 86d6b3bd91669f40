//! Power against direction.

use std::collections::BTreeMap;

use noctule_figure::{Axis, Line, PlotPoint};

use super::{Builder, Track};
use crate::experiment::ScaleWord;
use crate::present::pictures::{cut_frame, decibel, upright};
use crate::system::{BEAMPATTERN, MARKED_DIRECTIONS};

impl Builder<'_> {
    /// Both axes, and the mean patterns over the trials with the directions that are the same in all.
    pub(super) fn beampattern(&self) -> (Axis, Axis, Vec<Line>) {
        let tracks = self.tracks();
        let in_db = self.spec.y_scale == ScaleWord::Log;
        let mut patterns: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
        let mut marked: Vec<f64> = Vec::new();
        for track in &tracks {
            for (name, points) in self.patterns(track) {
                let label = track.label();
                let parts = [label.as_str(), name.as_str()];
                // Of one design the schemes and sweeps say nothing, of one pattern its name.
                let said = parts.into_iter().filter(|part| !part.is_empty());
                patterns.push((said.collect::<Vec<_>>().join(", "), points));
            }
            for angle in self.directions(track) {
                if !marked.iter().any(|known| (known - angle).abs() < 1e-9) {
                    marked.push(angle);
                }
            }
        }
        let all = || patterns.iter().flat_map(|(_, points)| points.iter().map(|(_, gain)| *gain));
        let (bottom, top) = if in_db {
            cut_frame(all())
        } else {
            (0.0, 1.08 * all().fold(0.0, f64::max).max(f64::MIN_POSITIVE))
        };
        let curve = |(label, points): (String, Vec<(f64, f64)>)| {
            let shown = |gain: f64| if in_db { decibel(gain) } else { gain };
            let points = points.into_iter().map(|(x, gain)| PlotPoint::from((x, shown(gain))));
            Line::new(label, points)
        };
        let mut lines: Vec<Line> = patterns.into_iter().map(curve).collect();
        if !marked.is_empty() {
            lines.push(Line::reference("targets", upright(&marked, (bottom, top))));
        }
        let spec = self.spec;
        let x = spec.x_label.clone().unwrap_or_else(|| "Angle".to_owned());
        let y = spec.y_label.clone().unwrap_or_else(|| "Power over isotropic".to_owned());
        let x = Axis { range: Some((-90.0, 90.0)), ..Axis::linear(x, "°") };
        let unit = if in_db { "dB" } else { "" };
        (x, Axis { range: Some((bottom, top)), ..Axis::linear(y, unit) }, lines)
    }

    /// The patterns of a track that are drawn, by name; without one where there is only one.
    fn patterns(&self, track: &Track) -> Vec<(String, Vec<(f64, f64)>)> {
        let Some(series) = self.index_of(BEAMPATTERN) else { return Vec::new() };
        let mut found: BTreeMap<u32, Vec<(f64, f64)>> = BTreeMap::new();
        for &point in &track.points {
            for (_, curve, cell) in self.folded.kept.cells(series, track.scheme, point) {
                if let (Some(x), Some(gain)) = (cell.x.mean(), cell.value.mean()) {
                    found.entry(curve).or_default().push((x, gain));
                }
            }
        }
        let names = &self.spec.curves;
        if !names.is_empty() {
            found
                .retain(|curve, _| names.get(*curve as usize).is_some_and(|name| !name.is_empty()));
        }
        let single = found.len() == 1;
        let name = |curve: u32| match names.get(curve as usize) {
            _ if single => String::new(),
            Some(name) => name.clone(),
            None => (curve + 1).to_string(),
        };
        found.into_iter().map(|(curve, points)| (name(curve), points)).collect()
    }

    /// The directions worth marking that all trials share.
    fn directions(&self, track: &Track) -> Vec<f64> {
        let Some(series) = self.index_of(MARKED_DIRECTIONS) else { return Vec::new() };
        let mut angles = Vec::new();
        for &point in &track.points {
            for (_, _, cell) in self.folded.kept.cells(series, track.scheme, point) {
                let same = cell.value.standard_error().is_none_or(|error| error < 1e-9);
                angles.extend(cell.value.mean().filter(|_| same));
            }
        }
        angles
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        self.plan.series.iter().position(|known| known == name)
    }
}
