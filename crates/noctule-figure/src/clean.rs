//! What of a figure can be drawn, and the words for what cannot.

use std::collections::BTreeMap;

use super::scale::{Fit, Span, cell_edges};
use super::style::{INK, Style, styles};
use super::symbols::plain;
use super::{Absent, Axis, Factors, Figure, Heat, Kind, Line, PlotPoint, Scale};

/// A curve of which every point has a place; a hole where one had not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Curve<'a> {
    pub(super) label: &'a str,
    pub(super) style: Style,
    pub(super) points: Vec<Option<PlotPoint>>,
    /// Where trials are without a value.
    pub(super) absent: Vec<Absent>,
    /// The two things it is one of.
    pub(super) factors: Option<&'a Factors>,
}

impl Curve<'_> {
    /// The points that are there.
    pub(super) fn present(&self) -> impl Iterator<Item = PlotPoint> + '_ {
        self.points.iter().flatten().copied()
    }

    /// The stretches between holes.
    pub(super) fn runs(&self) -> impl Iterator<Item = Vec<PlotPoint>> + '_ {
        let filled = self.points.split(Option::is_none).filter(|run| !run.is_empty());
        filled.map(|run| run.iter().flatten().copied().collect())
    }
}

/// One name of a legend, and how what it names looks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named<'a> {
    pub(super) words: &'a str,
    pub(super) style: Style,
    /// Whether it is a line, or only a single point.
    pub(super) line: bool,
}

/// The names of curves, and how many of them are kinds: where curves are pairs, kinds in ink and then
/// values as colours, each once and in the order of its number; then all others by themselves.
pub(super) fn named<'a>(curves: &'a [Curve<'a>]) -> (Vec<Named<'a>>, usize) {
    let (mut kinds, mut values) = (BTreeMap::new(), BTreeMap::new());
    let mut others = Vec::new();
    for curve in curves {
        let line = curve.points.len() != 1 && curve.style.joined;
        let Some(Factors { kind, value }) = curve.factors else {
            if !curve.label.trim().is_empty() {
                others.push(Named { words: curve.label, style: curve.style, line });
            }
            continue;
        };
        let style = Style { colour: INK, ..curve.style };
        kinds.entry(kind.0).or_insert(Named { words: &kind.1, style, line });
        let style = Style { dashes: &[], marker: None, ..curve.style };
        values.entry(value.0).or_insert(Named { words: &value.1, style, line: true });
    }
    let first = kinds.len();
    (kinds.into_values().chain(values.into_values()).chain(others).collect(), first)
}

/// The curves of a figure that have a point to draw, and how many points have no place.
pub(super) fn curves<'a>(figure: &Figure, lines: &'a [Line]) -> (Vec<Curve<'a>>, usize) {
    let looks = styles(lines);
    let mut dropped = 0;
    let mut kept = Vec::new();
    for (line, style) in lines.iter().zip(looks) {
        let points: Vec<_> = line.points.iter().map(|p| place(figure, p)).collect();
        // A point without an x is no value: it breaks the line.
        let lost =
            |(point, kept): &(&PlotPoint, &Option<PlotPoint>)| kept.is_none() && !point.x.is_nan();
        dropped += line.points.iter().zip(&points).filter(lost).count();
        let shown = |a: &&Absent| a.count > 0 && figure.x.scale.admits(a.x);
        let absent: Vec<Absent> = line.absent.iter().filter(shown).copied().collect();
        let (label, factors) = (&*line.label, line.factors.as_ref());
        let curve = Curve { label, style, points: without_ends(points), absent, factors };
        if !curve.points.is_empty() || !curve.absent.is_empty() {
            kept.push(curve);
        }
    }
    (kept, dropped)
}

/// A point, if it has a place; its interval as far as it has one.
fn place(figure: &Figure, point: &PlotPoint) -> Option<PlotPoint> {
    if !figure.x.scale.admits(point.x) || !figure.y.scale.admits(point.y) {
        return None;
    }
    // An interval that reaches zero on a logarithmic axis is open below: it goes down to the frame.
    let open = |v: f64| figure.y.scale == Scale::Log && v <= 0.0;
    let low = point.low.filter(|v| figure.y.scale.admits(*v) || open(*v));
    let high = point.high.filter(|v| figure.y.scale.admits(*v));
    let (low, high) = if low.is_some() && high.is_some() { (low, high) } else { (None, None) };
    Some(PlotPoint { low, high, ..*point })
}

/// The points from the first to the last that is there.
fn without_ends(points: Vec<Option<PlotPoint>>) -> Vec<Option<PlotPoint>> {
    let Some(first) = points.iter().position(Option::is_some) else {
        return Vec::new();
    };
    let last = points.iter().rposition(Option::is_some).unwrap_or(first);
    points[first..=last].to_vec()
}

/// The shares a distribution function is drawn over: neither none nor all lies on the frame.
const CDF_RANGE: (f64, f64) = (-0.04, 1.04);

/// Limits of both axes for curves.
pub(super) fn spans(figure: &Figure, curves: &[Curve<'_>]) -> (Span, Span) {
    let points = || curves.iter().flat_map(Curve::present);
    let xs = points().map(|p| p.x);
    if matches!(figure.kind, Kind::Cdf(_)) {
        let unit = Axis { range: Some(figure.y.range.unwrap_or(CDF_RANGE)), ..figure.y.clone() };
        return (Span::new(&figure.x, xs, Fit::Clear), Span::new(&unit, [], Fit::Clear));
    }
    // On a logarithmic axis an interval that nearly reaches zero would open decades that hold
    // nothing else: it moves the limit by a factor of three at most.
    let floor = points().map(|p| p.y).fold(f64::INFINITY, f64::min) / 3.0;
    let log = figure.y.scale == Scale::Log;
    let lows = points().filter_map(|p| p.low).map(|v| if log { v.max(floor) } else { v });
    let ys = points().map(|p| p.y).chain(lows).chain(points().filter_map(|p| p.high));
    let absent = curves.iter().flat_map(|curve| &curve.absent).map(|absent| absent.x);
    let across = match figure.x.names.len() {
        0 => Span::new(&figure.x, xs.chain(absent), Fit::Clear),
        n => Span { scale: Scale::Linear, low: -0.5, high: n as f64 - 0.5, whole: true },
    };
    (across, Span::new(&figure.y, ys, Fit::Clear))
}

/// The values a figure was swept over: every x of every curve once, increasing.
pub(super) fn sweep(figure: &Figure, curves: &[Curve<'_>]) -> Vec<f64> {
    if !matches!(figure.kind, Kind::Lines(_)) || figure.x.measured {
        return Vec::new();
    }
    let ours = curves.iter().filter(|curve| curve.style.joined);
    let mut xs: Vec<f64> = ours.flat_map(Curve::present).map(|p| p.x).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    xs
}

/// Limits of both axes for a surface: its cells fill the frame.
pub(super) fn surface_spans(figure: &Figure, heat: &Heat) -> (Span, Span) {
    let span =
        |axis: &Axis, centres: &[f64]| Span::new(axis, cell_edges(centres, axis.scale), Fit::Tight);
    (span(&figure.x, &heat.x), span(&figure.y, &heat.y))
}

/// The value of a cell, if it is there and has a place on the colour scale.
pub(super) fn cell(heat: &Heat, column: usize, row: usize) -> Option<f64> {
    let value = heat.value.get(row * heat.x.len() + column).copied().flatten();
    value.filter(|v| heat.scale.admits(*v))
}

/// The description of a figure for those who do not see it, and of what is not drawn in it.
pub(super) fn describe(figure: &Figure) -> String {
    plain(&describe_marked(figure))
}

fn describe_marked(figure: &Figure) -> String {
    let (x, y) = (figure.x.caption(), figure.y.caption());
    match &figure.kind {
        Kind::Lines(lines) => format!("{y} against {x}. {}", describe_lines(figure, lines)),
        Kind::Cdf(lines) => format!("Distribution of {x}. {}", describe_lines(figure, lines)),
        Kind::Scene(scene) => {
            let (scene, lost) = scene.usable();
            format!("Map over {x} and {y}. {}", scene.describe(lost))
        }
        Kind::Heat(heat) => {
            let what = heat.caption();
            format!("{what} over {x} and {y}. {}", describe_heat(figure, heat))
        }
    }
}

fn describe_lines(figure: &Figure, lines: &[Line]) -> String {
    let (curves, dropped) = curves(figure, lines);
    if curves.iter().all(|curve| curve.points.is_empty() && curve.absent.is_empty()) {
        return format!("No data.{}", missing(dropped, "points", figure));
    }
    let one = |c: &Curve<'_>| {
        let n = c.present().count();
        format!("{} ({n} {})", c.label, if n == 1 { "point" } else { "points" })
    };
    let names: Vec<String> = curves.iter().map(one).collect();
    let plural = if curves.len() == 1 { "curve" } else { "curves" };
    let missing = missing(dropped, "points", figure);
    let without: Vec<String> = curves.iter().filter_map(without_value).collect();
    let without = if without.is_empty() {
        String::new()
    } else {
        format!(" Trials without a value: {}.", without.join("; "))
    };
    format!("{} {plural}: {}.{missing}{without}", curves.len(), names.join(", "))
}

/// How many trials of a curve have no value, and where the most of them are.
fn without_value(curve: &Curve<'_>) -> Option<String> {
    let worst = curve.absent.iter().max_by_key(|absent| absent.count)?;
    let places = match curve.absent.len() {
        1 => "at",
        _ => "at several places, most at",
    };
    Some(format!("{} {} of {} {places} {}", curve.label, worst.count, worst.of, worst.x))
}

/// What stands in a frame in which nothing is drawn: whether there are data all the same.
pub(super) fn empty_words(figure: &Figure) -> &'static str {
    let log = |axis: &Axis| axis.scale == Scale::Log;
    let told = |there: bool| {
        if there { "nothing positive for a log axis" } else { "no data" }
    };
    match &figure.kind {
        Kind::Lines(lines) | Kind::Cdf(lines) => {
            let mut points = lines.iter().flat_map(|line| &line.points);
            told(
                (log(&figure.x) || log(&figure.y))
                    && points.any(|p| p.x.is_finite() && p.y.is_finite()),
            )
        }
        Kind::Scene(_) => told(false),
        Kind::Heat(heat) => {
            let mut values = heat.value.iter().flatten();
            told(heat.scale == Scale::Log && values.any(|value| value.is_finite()))
        }
    }
}

/// What of the data is not drawn, in one sentence; nothing where all is.
pub(super) fn left_out(figure: &Figure) -> Option<String> {
    let text = match &figure.kind {
        Kind::Lines(lines) | Kind::Cdf(lines) => missing(curves(figure, lines).1, "points", figure),
        Kind::Scene(scene) => match scene.usable().1 {
            0 => String::new(),
            lost => format!("Not drawn: {lost} places or beams (not finite)."),
        },
        Kind::Heat(heat) => {
            let hidden = heat.value.iter().flatten().filter(|value| !heat.scale.admits(**value));
            let log = heat.scale == Scale::Log;
            let why = if log { "not positive on a logarithmic scale" } else { "not finite" };
            match hidden.count() {
                0 => String::new(),
                hidden => format!(" Not drawn: {hidden} cells ({why})."),
            }
        }
    };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// How many points are left out and why, or nothing.
fn missing(dropped: usize, what: &str, figure: &Figure) -> String {
    let log = figure.x.scale == Scale::Log || figure.y.scale == Scale::Log;
    let why = if log { "not finite, or not positive on a logarithmic axis" } else { "not finite" };
    if dropped == 0 { String::new() } else { format!(" Not drawn: {dropped} {what} ({why}).") }
}

fn describe_heat(figure: &Figure, heat: &Heat) -> String {
    let cells = heat.x.len() * heat.y.len();
    let columns = heat.x.len().max(1);
    let present = (0..cells).filter(|k| cell(heat, k % columns, k / columns).is_some()).count();
    if present == 0 {
        return "No data.".to_owned();
    }
    let size = format!("{} × {} cells", heat.x.len(), heat.y.len());
    let absent = if present == cells {
        String::new()
    } else {
        format!(", {} of them without a value", cells - present)
    };
    let (x, y) = surface_spans(figure, heat);
    let inside =
        |mark: &&(f64, f64, String)| x.contains(mark.0) && y.contains(mark.1) && !mark.2.is_empty();
    let names: Vec<&str> = heat.marks.iter().filter(inside).map(|mark| mark.2.as_str()).collect();
    let marks =
        if names.is_empty() { String::new() } else { format!(" Marked: {}.", names.join(", ")) };
    format!("{size}{absent}.{marks}")
}
