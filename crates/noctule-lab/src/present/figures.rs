//! The figures of a run, as plain data.

mod beampatterns;
mod drawn;
mod heats;
mod labels;
mod lines;

use std::collections::BTreeSet;

use noctule_num::stats::Summary;
use serde_json::Value;

use crate::claim::measure;
use crate::experiment::{FigureKind, FigureSpec, ScaleWord};
use crate::fold::Folded;
use crate::plan::Plan;
use crate::presentation::Presentation;
use noctule_figure::{Axis, Factors, Figure, Kind, Line, PlotPoint, Scale};

/// Whether a figure is drawn from the summary alone, and needs no samples.
pub fn from_summary(spec: &FigureSpec) -> bool {
    let named = [&spec.x, &spec.y, &spec.value];
    let series = named.iter().any(|name| name.starts_with("series."));
    let samples = matches!(
        spec.kind,
        FigureKind::Cdf | FigureKind::PairedDifference | FigureKind::Beampattern
    );
    !series && !samples
}

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

/// The scheme that others are compared with, by index.
pub(super) fn reference(plan: &Plan, spec: &FigureSpec) -> Option<usize> {
    let id = spec.relative_to.as_ref()?;
    plan.schemes.iter().position(|scheme| scheme.id == *id)
}

struct Builder<'a> {
    plan: &'a Plan,
    presentation: &'a Presentation,
    folded: &'a Folded,
    spec: &'a FigureSpec,
}

/// The points of one line, in order, and its name.
struct Track {
    /// What tells it from others, in words: its scheme, then values of sweeps.
    parts: Vec<String>,
    /// Whether the first of them is the scheme.
    of_scheme: bool,
    scheme: usize,
    points: Vec<usize>,
}

impl Track {
    /// Its name.
    fn label(&self) -> String {
        self.parts.join(", ")
    }
}

/// From so many lines on pairs are named by their two parts.
const MANY: usize = 6;
/// More colours than this are not told apart.
const COLOURS: usize = 7;

/// The two parts of every line, where lines are all pairs of few: of schemes and values, or of values of
/// two sweeps.
fn factors(tracks: &[Track]) -> Vec<Option<Factors>> {
    let (mut kinds, mut values) = (Vec::new(), Vec::new());
    let mut pairs = Vec::new();
    for track in tracks {
        let Some((kind, value)) = track.parts.split_first() else { break };
        let index = |known: &mut Vec<String>, name: String| {
            known.iter().position(|known| *known == name).unwrap_or_else(|| {
                known.push(name);
                known.len() - 1
            })
        };
        let value = value.join(", ");
        let (k, v) = (index(&mut kinds, kind.clone()), index(&mut values, value.clone()));
        let look = if track.of_scheme { track.scheme } else { k };
        pairs.push(Some(Factors { kind: (look, kind.clone()), value: (v, value) }));
    }
    let all = pairs.len() == tracks.len() && kinds.len() * values.len() == tracks.len();
    let few = kinds.len() > 1 && (2..=COLOURS).contains(&values.len());
    if all && few && tracks.len() >= MANY { pairs } else { vec![None; tracks.len()] }
}

impl Builder<'_> {
    fn build(&self) -> Vec<Figure> {
        let spec = self.spec;
        let figure = |x, y, kind| Figure { id: spec.id.clone(), title: self.title(), x, y, kind };
        let across = || self.axis(&spec.x, spec.x_scale, spec.x_label.as_ref());
        let up = || self.axis(&spec.y, spec.y_scale, spec.y_label.as_ref());
        match spec.kind {
            FigureKind::Lines if spec.y.starts_with("series.") => {
                vec![figure(self.index_axis(), up(), self.with_printed(self.series_lines()))]
            }
            FigureKind::Lines => vec![figure(across(), up(), self.with_printed(self.lines()))],
            FigureKind::PairedDifference => {
                vec![figure(across(), up(), Kind::Lines(self.differences()))]
            }
            FigureKind::Cdf => {
                let label = spec.y_label.clone().unwrap_or_else(|| "Share of trials".into());
                let y = scaled(Axis::linear(label, ""), spec.y_scale);
                vec![figure(across(), y, Kind::Cdf(self.distributions()))]
            }
            FigureKind::Heat => self.heats(),
            FigureKind::Beampattern => {
                let (x, y, lines) = self.beampattern();
                vec![figure(x, y, Kind::Lines(lines))]
            }
        }
    }

    /// The caption, with the source of numbers that are not ours.
    fn title(&self) -> String {
        let own =
            if self.spec.title.is_empty() { &self.presentation.title } else { &self.spec.title };
        let sources = self
            .spec
            .printed
            .iter()
            .map(|printed| format!(". Marks: {}, {}", printed.label, printed.source));
        std::iter::once(own.clone()).chain(sources).chain([self.not_drawn()]).collect()
    }

    /// Curves, and the marks of printed numbers over them.
    fn with_printed(&self, mut lines: Vec<Line>) -> Kind {
        let marks = self.spec.printed.iter().map(|printed| {
            let points = printed.x.iter().copied().zip(printed.y.iter().copied());
            let scheme = |id: &String| self.plan.schemes.iter().position(|s| s.id == *id);
            Line::printed(printed.label.clone(), points.map(PlotPoint::from))
                .at(printed.scheme.as_ref().and_then(scheme))
        });
        lines.extend(marks);
        Kind::Lines(lines)
    }

    /// The value of a sweep at a point, as a place on an axis.
    fn place(&self, path: &str, point: usize) -> Option<f64> {
        let sweep = self.plan.sweeps.iter().position(|sweep| sweep.path == path)?;
        let value = self.plan.grid_values(point)[sweep];
        let index = || self.plan.sweeps[sweep].values.iter().position(|known| known == value);
        match value.as_f64().filter(|_| !self.is_named(path)) {
            Some(value) => Some(self.presentation.sweeps[sweep].times.unwrap_or(1.0) * value),
            None => index().map(|index| index as f64),
        }
    }

    /// One track for each scheme and each combination of the sweeps in `series`.
    fn tracks(&self) -> Vec<Track> {
        let reference = reference(self.plan, self.spec);
        let mut schemes = schemes(self.plan, self.spec);
        // Its own difference is zero, and its own ratio one.
        schemes.retain(|scheme| Some(*scheme) != reference);
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
                tracks.push(Track { parts, of_scheme: many, scheme, points });
            }
        }
        tracks
    }

    fn summary(&self, metric: &str, scheme: usize, point: usize) -> Option<&Summary> {
        let metric = self.plan.metrics.iter().position(|name| name == metric)?;
        self.folded.groups[scheme * self.plan.grid_len() + point].metrics.get(metric)?.as_ref()
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
