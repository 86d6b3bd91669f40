//! The figures of a run, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use noctule_num::stats::Summary;
use serde_json::Value;

use super::format::short;
use crate::claim::measure;
use crate::experiment::{Band, FigureKind, FigureSpec, ScaleWord, Stat, plain};
use crate::fold::Folded;
use crate::plan::Plan;
use crate::presentation::{Presentation, Words};
use noctule_figure::{Axis, Figure, Heat, Kind, Line, PlotPoint, Scale, empirical_cdf};

/// Build all figures. A heat map shows one scheme at one point, so there may be more figures than
/// the experiment names.
pub fn figures(plan: &Plan, presentation: &Presentation, folded: &Folded) -> Vec<Figure> {
    let builder = |spec| Builder { plan, presentation, folded, spec };
    presentation.figures.iter().flat_map(|spec| builder(spec).build()).collect()
}

/// The schemes a figure draws, by index.
pub(super) fn schemes(plan: &Plan, spec: &FigureSpec) -> Vec<usize> {
    let drawn = |scheme: &usize| {
        spec.schemes.is_empty() || spec.schemes.contains(&plan.schemes[*scheme].id)
    };
    (0..plan.schemes.len()).filter(drawn).collect()
}

struct Builder<'a> {
    plan: &'a Plan,
    presentation: &'a Presentation,
    folded: &'a Folded,
    spec: &'a FigureSpec,
}

/// The points of one line, in order, and its name.
struct Track {
    label: String,
    scheme: usize,
    points: Vec<usize>,
}

impl Builder<'_> {
    fn build(&self) -> Vec<Figure> {
        let spec = self.spec;
        let figure = |x, y, kind| Figure { id: spec.id.clone(), title: self.title(), x, y, kind };
        match spec.kind {
            FigureKind::Lines if spec.y.starts_with("series.") => {
                let y = self.axis(&spec.y, spec.y_scale, spec.y_label.as_ref());
                let label = spec.x_label.clone().unwrap_or_else(|| "Index".into());
                let x = scaled(Axis::linear(label, ""), spec.x_scale);
                vec![figure(x, y, Kind::Lines(self.series_lines()))]
            }
            FigureKind::Lines => {
                let x = self.axis(&spec.x, spec.x_scale, spec.x_label.as_ref());
                let y = self.axis(&spec.y, spec.y_scale, spec.y_label.as_ref());
                vec![figure(x, y, Kind::Lines(self.lines()))]
            }
            FigureKind::Cdf => {
                let x = self.axis(&spec.x, spec.x_scale, spec.x_label.as_ref());
                let label = spec.y_label.clone().unwrap_or_else(|| "Share of trials".into());
                vec![figure(
                    x,
                    scaled(Axis::linear(label, ""), spec.y_scale),
                    Kind::Cdf(self.distributions()),
                )]
            }
            FigureKind::Heat => self.surfaces(),
        }
    }

    fn title(&self) -> String {
        if self.spec.title.is_empty() {
            self.presentation.title.clone()
        } else {
            self.spec.title.clone()
        }
    }

    /// The words of a sweep, a metric or a series.
    fn words(&self, name: &str) -> Words {
        let p = self.presentation;
        let series = name.strip_prefix("series.");
        let found = p.sweeps.iter().chain(&p.metrics).find(|words| words.name == name);
        let found =
            found.or_else(|| p.series.iter().find(|words| Some(words.name.as_str()) == series));
        found.cloned().unwrap_or_else(|| Words { label: name.to_owned(), ..Words::default() })
    }

    fn axis(&self, name: &str, scale: ScaleWord, label: Option<&String>) -> Axis {
        let words = self.words(name);
        let mut text = label.cloned().unwrap_or(words.label);
        let is_metric = self.plan.metrics.iter().any(|metric| metric == name);
        if label.is_none()
            && is_metric
            && self.spec.kind != FigureKind::Cdf
            && self.spec.stat != Stat::Mean
        {
            text = format!("{text}, {}", self.spec.stat.word().replace('_', " "));
        }
        if let Some(sweep) = self.plan.sweeps.iter().find(|sweep| sweep.path == name)
            && sweep.values.iter().any(|value| value.as_f64().is_none())
        {
            // Words have no place on an axis; their numbers do, and the label says what they are.
            let named =
                sweep.values.iter().enumerate().map(|(k, value)| format!("{k}: {}", plain(value)));
            text = format!("{text}, {}", named.collect::<Vec<_>>().join(", "));
        }
        Axis { measured: is_metric, ..scaled(Axis::linear(text, words.unit), scale) }
    }

    /// The value of a sweep at a point, as a place on an axis.
    fn place(&self, path: &str, point: usize) -> Option<f64> {
        let sweep = self.plan.sweeps.iter().position(|sweep| sweep.path == path)?;
        let value = self.plan.grid_values(point)[sweep];
        let index = || self.plan.sweeps[sweep].values.iter().position(|known| known == value);
        value.as_f64().or_else(|| index().map(|index| index as f64))
    }

    /// One track for each scheme and each combination of the sweeps in `series`.
    fn tracks(&self) -> Vec<Track> {
        let schemes = schemes(self.plan, self.spec);
        let many = schemes.len() > 1 || self.spec.series == ["scheme"];
        let named: Vec<usize> = (0..self.plan.sweeps.len())
            .filter(|sweep| self.spec.series.contains(&self.plan.sweeps[*sweep].path))
            .collect();
        let mut tracks = Vec::new();
        for scheme in schemes {
            let mut groups: Vec<(Vec<&Value>, Vec<usize>)> = Vec::new();
            for point in measure::points(self.plan, &self.spec.at) {
                let values = self.plan.grid_values(point);
                let key: Vec<&Value> = named.iter().map(|sweep| values[*sweep]).collect();
                match groups.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, points)) => points.push(point),
                    None => groups.push((key, vec![point])),
                }
            }
            for (key, points) in groups {
                let scheme_label = self.presentation.schemes[scheme].clone();
                let mut parts = if many { vec![scheme_label] } else { Vec::new() };
                parts.extend(
                    named.iter().zip(key).map(|(sweep, value)| self.value_label(*sweep, value)),
                );
                tracks.push(Track { label: parts.join(", "), scheme, points });
            }
        }
        tracks
    }

    fn value_label(&self, sweep: usize, value: &Value) -> String {
        let words = &self.presentation.sweeps[sweep];
        let text = match value {
            // `{ rays = […] }`: the kind says enough
            Value::Object(members) if members.len() == 1 => members.keys().next().cloned(),
            _ => value.as_f64().map(short),
        };
        let text = text.unwrap_or_else(|| plain(value));
        let unit = if words.unit.is_empty() || words.unit == "°" {
            words.unit.clone()
        } else {
            format!(" {}", words.unit)
        };
        format!("{} {text}{unit}", words.label)
    }

    fn summary(&self, metric: &str, scheme: usize, point: usize) -> Option<&Summary> {
        let metric = self.plan.metrics.iter().position(|name| name == metric)?;
        self.folded.groups[scheme * self.plan.grid_len() + point].metrics.get(metric)?.as_ref()
    }

    fn lines(&self) -> Vec<Line> {
        let spec = self.spec;
        let parametric = self.plan.metrics.contains(&spec.x);
        let tracks = self.tracks();
        let place = Self::places(&tracks);
        let line = |track: Track| {
            let points = track.points.iter().filter_map(|&point| {
                let summary = self.summary(&spec.y, track.scheme, point)?;
                let x = if parametric {
                    spec.stat.of(self.summary(&spec.x, track.scheme, point)?)?
                } else {
                    self.place(&spec.x, point)?
                };
                let y = spec.stat.of(summary)?;
                let (low, high) = band(spec, summary, y)
                    .map_or((None, None), |(low, high)| (Some(low), Some(high)));
                Some(PlotPoint { x, y, low, high })
            });
            let mut points: Vec<PlotPoint> = points.collect();
            if parametric {
                // A scheme that the sweep does not touch is one point, not a stack of them.
                points.dedup_by(|a, b| a == b);
            } else {
                points.sort_by(|a, b| a.x.total_cmp(&b.x));
            }
            Line::new(track.label, points).at(place(track.scheme))
        };
        tracks.into_iter().map(line).collect()
    }

    /// The place of a scheme's only line; none where a scheme has several, which must differ.
    fn places(tracks: &[Track]) -> impl Fn(usize) -> Option<usize> + use<> {
        let schemes: BTreeSet<usize> = tracks.iter().map(|track| track.scheme).collect();
        let single = schemes.len() == tracks.len();
        move |scheme| single.then_some(scheme)
    }

    fn series_index(&self, name: &str) -> Option<usize> {
        let name = name.strip_prefix("series.")?;
        self.plan.series.iter().position(|known| known == name)
    }

    /// Means of a series along its first index; one line for each second index.
    fn series_lines(&self) -> Vec<Line> {
        let Some(series) = self.series_index(&self.spec.y) else { return Vec::new() };
        let mut lines = Vec::new();
        for track in self.tracks() {
            for &point in &track.points {
                let mut by_second: BTreeMap<u32, Vec<PlotPoint>> = BTreeMap::new();
                for (i, j, cell) in self.folded.kept.cells(series, track.scheme, point) {
                    let Some(y) = cell.value.mean() else { continue };
                    let x = cell
                        .x
                        .mean()
                        .filter(|_| self.spec.x == "x")
                        .unwrap_or_else(|| f64::from(i));
                    let error = cell
                        .value
                        .standard_error()
                        .filter(|_| self.spec.band == Band::StandardError);
                    let point =
                        PlotPoint { x, y, low: error.map(|e| y - e), high: error.map(|e| y + e) };
                    by_second.entry(j).or_default().push(point);
                }
                let many = by_second.len() > 1;
                for (j, points) in by_second {
                    let label =
                        if many { format!("{} {j}", track.label) } else { track.label.clone() };
                    lines.push(Line::new(label, points));
                }
            }
        }
        lines
    }

    fn distributions(&self) -> Vec<Line> {
        let series = self.series_index(&self.spec.x);
        let metric = self.plan.metrics.iter().position(|name| *name == self.spec.x);
        let tracks = self.tracks();
        let place = Self::places(&tracks);
        let line = |track: Track| {
            let mut values: Vec<f64> = Vec::new();
            for &point in &track.points {
                if let Some(series) = series {
                    values.extend(self.folded.kept.values(series, track.scheme, point));
                }
                if let Some(metric) = metric {
                    let samples = self.folded.kept.metric(metric, track.scheme, point);
                    values.extend(samples.iter().map(|(_, value)| *value));
                }
            }
            Line::new(track.label, empirical_cdf(&values)).at(place(track.scheme))
        };
        tracks.into_iter().map(line).collect()
    }

    /// One surface for each track, or for each point of it where the surface is a series.
    fn surfaces(&self) -> Vec<Figure> {
        let mut found: Vec<(String, Heat)> = Vec::new();
        match self.series_index(&self.spec.value) {
            Some(series) => {
                for track in self.tracks() {
                    for &point in &track.points {
                        found.push((
                            track.label.clone(),
                            self.series_surface(series, track.scheme, point),
                        ));
                    }
                }
            }
            None => {
                for track in self.tracks() {
                    let cells = track.points.iter().filter_map(|&point| {
                        let summary = self.summary(&self.spec.value, track.scheme, point);
                        let place =
                            (self.place(&self.spec.x, point)?, self.place(&self.spec.y, point)?);
                        Some((place, summary.and_then(|summary| self.spec.stat.of(summary))))
                    });
                    let heat = self.heat(cells.collect());
                    found.push((track.label, heat));
                }
            }
        }
        let many = found.len() > 1;
        let (x_scale, y_scale) = (self.spec.x_scale, self.spec.y_scale);
        let figure = |(index, (label, heat)): (usize, (String, Heat))| Figure {
            id: if many { format!("{}-{}", self.spec.id, index + 1) } else { self.spec.id.clone() },
            title: if many { format!("{}: {label}", self.title()) } else { self.title() },
            x: self.axis(&self.spec.x, x_scale, self.spec.x_label.as_ref()),
            y: self.axis(&self.spec.y, y_scale, self.spec.y_label.as_ref()),
            kind: Kind::Heat(heat),
        };
        found.into_iter().enumerate().map(figure).collect()
    }

    fn series_surface(&self, series: usize, scheme: usize, point: usize) -> Heat {
        let cells = self.folded.kept.cells(series, scheme, point).map(|(i, j, cell)| {
            let coordinate = |axis: &str| match axis {
                "x" => cell.x.mean().unwrap_or_else(|| f64::from(i)),
                "i" => f64::from(i),
                _ => f64::from(j),
            };
            ((coordinate(&self.spec.x), coordinate(&self.spec.y)), cell.value.mean())
        });
        self.heat(cells.collect())
    }

    fn heat(&self, cells: Vec<((f64, f64), Option<f64>)>) -> Heat {
        let centres = |get: fn(&(f64, f64)) -> f64| {
            let mut centres: Vec<f64> = cells.iter().map(|(place, _)| get(place)).collect();
            centres.sort_by(f64::total_cmp);
            centres.dedup_by(|a, b| a.total_cmp(b).is_eq());
            centres
        };
        let (x, y) = (centres(|place| place.0), centres(|place| place.1));
        let mut value = vec![None; x.len() * y.len()];
        for ((cx, cy), cell) in &cells {
            let column = x.partition_point(|centre| centre < cx);
            let row = y.partition_point(|centre| centre < cy);
            value[row * x.len() + column] = *cell;
        }
        let words = self.words(&self.spec.value);
        let scale = scale(self.spec.value_scale);
        Heat { x, y, value, label: words.label, unit: words.unit, scale, marks: Vec::new() }
    }
}

const fn scale(word: ScaleWord) -> Scale {
    match word {
        ScaleWord::Linear => Scale::Linear,
        ScaleWord::Log => Scale::Log,
    }
}

fn scaled(axis: Axis, word: ScaleWord) -> Axis {
    Axis { scale: scale(word), ..axis }
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
