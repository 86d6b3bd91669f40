//! Curves: bands, bars, lines and markers.

use super::canvas::{Canvas, num, polyline};
use super::{Box2, Place};
use crate::clean::Curve;
use crate::style::{Shape, Style, intervals_are_bars, marked};
use crate::{Figure, Kind, PlotPoint};

/// Half the width of a marker.
const MARKER: f64 = 2.3;

/// How much larger the marker of a printed number is, so that it is seen around that of a curve.
const PRINTED: f64 = 1.6;

/// Half the width of the cap of an error bar.
const CAP: f64 = 1.6;

/// How far apart samples of the drawn curves are, where a legend looks for room.
const SAMPLE: f64 = 2.0;

/// The curves of a figure, placed on paper.
#[derive(Debug)]
pub(super) struct Drawn<'a> {
    curves: Vec<OnPaper<'a>>,
    bars: bool,
}

/// One curve, placed on paper.
#[derive(Debug)]
struct OnPaper<'a> {
    style: &'a Style,
    /// Joined points, stretch by stretch.
    lines: Vec<Vec<(f64, f64)>>,
    /// Where markers are.
    markers: Vec<(f64, f64)>,
    /// Lower and upper ends of intervals, stretch by stretch.
    intervals: Vec<Vec<[(f64, f64); 2]>>,
}

impl<'a> Drawn<'a> {
    /// Places the curves; as steps, if they are distribution functions.
    pub(super) fn new(figure: &Figure, curves: &'a [Curve<'a>], place: &Place) -> Self {
        let most = curves.iter().map(|c| c.points.len()).max().unwrap_or(0);
        let count = curves.len();
        let way = match figure.kind {
            Kind::Cdf(_) => Way::Steps,
            _ if !figure.x.names.is_empty() => Way::Apart,
            _ => Way::Joined,
        };
        let one = |(k, curve)| on_paper(curve, (k, count), place, way);
        let curves = curves.iter().enumerate().map(one).collect();
        Self { curves, bars: intervals_are_bars(most) }
    }

    /// Points all along everything drawn within the frame.
    pub(super) fn samples(&self, place: &Place) -> Vec<(f64, f64)> {
        let mut samples = Vec::new();
        for curve in &self.curves {
            for line in &curve.lines {
                samples.extend(along(line));
            }
            samples.extend(curve.markers.iter().copied());
            for run in &curve.intervals {
                for side in [0, 1] {
                    let edge: Vec<(f64, f64)> = run.iter().map(|ends| ends[side]).collect();
                    samples.extend(if self.bars { edge } else { along(&edge) });
                }
            }
        }
        let frame = place.frame.grown(0.1);
        samples.retain(|point| frame.holds(*point));
        samples
    }

    /// Draws everything: bands lowest, markers highest and over the frame's edge.
    pub(super) fn paint(&self, canvas: &mut Canvas, place: &Place) {
        canvas.open_clip(place.frame);
        for curve in self.curves.iter().filter(|_| !self.bars) {
            curve.paint_bands(canvas);
        }
        for curve in &self.curves {
            curve.paint_lines(canvas);
        }
        canvas.close("svg");
        let edge = place.frame.grown(0.1);
        for curve in self.curves.iter().filter(|_| self.bars) {
            curve.paint_bars(canvas, edge);
        }
        for curve in &self.curves {
            curve.paint_markers(canvas, edge);
        }
    }
}

/// How points are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Joined,
    Steps,
    /// Not at all, and the curves stand side by side: the axis has kinds and not numbers.
    Apart,
}

fn on_paper<'a>(
    curve: &'a Curve<'_>,
    (k, count): (usize, usize),
    place: &Place,
    way: Way,
) -> OnPaper<'a> {
    let aside = match way {
        Way::Apart => 0.5 * ((k as f64 + 0.5) / count as f64 - 0.5),
        _ => 0.0,
    };
    let at = |p: &PlotPoint| place.point(p.x + aside, p.y);
    let way = if curve.style.joined { way } else { Way::Apart };
    let line = |run: Vec<PlotPoint>| match way {
        Way::Joined => vec![run.iter().map(at).collect()],
        Way::Steps => vec![staircase(&run, place)],
        Way::Apart => run.iter().map(|p| vec![at(p)]).collect(),
    };
    let lines: Vec<Vec<(f64, f64)>> = curve.runs().flat_map(line).collect();
    let (every, first) =
        if curve.style.joined { marked(curve.points.len(), k, count) } else { (1, 0) };
    let chosen = |(i, _): &(usize, &Option<PlotPoint>)| i % every == first % every;
    let mut markers: Vec<(f64, f64)> = curve
        .points
        .iter()
        .enumerate()
        .filter(chosen)
        .filter_map(|(_, p)| p.as_ref().map(at))
        .collect();
    if every > 1 || curve.style.marker.is_none() {
        // A point between two holes has no line: its marker is all there is of it.
        markers.extend(lines.iter().filter(|line| line.len() == 1).map(|line| line[0]));
    }
    if curve.style.marker.is_none() {
        markers.retain(|m| lines.iter().any(|line| line.len() == 1 && line[0] == *m));
        markers.dedup();
    }
    let ends = |p: &PlotPoint| {
        let x = p.x + aside;
        Some([place.point(x, p.low?.max(place.y.low)), place.point(x, p.high?)])
    };
    let intervals = curve.runs().flat_map(|run| {
        let ends: Vec<_> = run.iter().map(ends).collect();
        ends.split(Option::is_none)
            .map(|run| run.iter().flatten().copied().collect())
            .collect::<Vec<_>>()
    });
    let intervals = intervals.filter(|run: &Vec<_>| !run.is_empty()).collect();
    OnPaper { style: &curve.style, lines, markers, intervals }
}

/// A distribution function: from zero, up at each point, level between them, and on to the frame.
fn staircase(run: &[PlotPoint], place: &Place) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return Vec::new();
    };
    let mut points = vec![place.point(place.x.low, 0.0), place.point(first.x, 0.0)];
    let mut level = 0.0;
    for p in run {
        points.push(place.point(p.x, level));
        points.push(place.point(p.x, p.y));
        level = p.y;
    }
    points.push(place.point(place.x.high.max(last.x), level));
    points.dedup();
    points
}

/// Points a short way apart along a line.
fn along(line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut samples: Vec<(f64, f64)> = line.iter().copied().take(1).collect();
    for pair in line.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let parts = (dx.hypot(dy) / SAMPLE).ceil().clamp(1.0, 5000.0) as usize;
        let step = |k: usize| k as f64 / parts as f64;
        samples.extend((1..=parts).map(|k| (from.0 + step(k) * dx, from.1 + step(k) * dy)));
    }
    samples
}

impl OnPaper<'_> {
    fn paint_bands(&self, canvas: &mut Canvas) {
        for run in &self.intervals {
            let there = run.iter().map(|ends| ends[0]);
            let back = run.iter().rev().map(|ends| ends[1]);
            let outline: Vec<(f64, f64)> = there.chain(back).collect();
            let d = format!("{}Z", polyline(&outline));
            canvas.path(&d, &[("fill", self.style.colour), ("fill-opacity", "0.16")]);
        }
    }

    /// Bars, cut at the upper and lower edge of the frame; one on its side keeps its whole cap.
    fn paint_bars(&self, canvas: &mut Canvas, edge: Box2) {
        let mut d = String::new();
        for [(x, low), (_, high)] in self.intervals.iter().flatten().copied() {
            // Bars that would hide within their own marker are left out: they would be a blot.
            let hidden = (low - high).abs() < 2.0 * MARKER;
            let outside = high > edge.bottom() || low < edge.y || !edge.holds((x, edge.y));
            if hidden || outside {
                continue;
            }
            let (from, to) = (low.min(edge.bottom()), high.max(edge.y));
            d.push_str(&format!("M{} {}V{}", num(x), num(from), num(to)));
            for end in [low, high].into_iter().filter(|end| edge.holds((x, *end))) {
                d.push_str(&format!("M{} {}h{}", num(x - CAP), num(end), num(2.0 * CAP)));
            }
        }
        if !d.is_empty() {
            canvas.path(
                &d,
                &[("fill", "none"), ("stroke", self.style.colour), ("stroke-width", "0.6")],
            );
        }
    }

    fn paint_lines(&self, canvas: &mut Canvas) {
        let joined: Vec<String> =
            self.lines.iter().filter(|line| line.len() > 1).map(|line| polyline(line)).collect();
        if !joined.is_empty() {
            stroke(canvas, self.style, &joined.concat());
        }
    }

    fn paint_markers(&self, canvas: &mut Canvas, edge: Box2) {
        for point in self.markers.iter().filter(|point| edge.holds(**point)) {
            marker(canvas, self.style, *point);
        }
    }
}

/// A line in the style of a curve.
pub(super) fn stroke(canvas: &mut Canvas, style: &Style, d: &str) {
    let dashes: Vec<String> = style.dashes.iter().map(|length| num(*length)).collect();
    let dashes = dashes.join(" ");
    let width = if style.marker.is_some() { "0.9" } else { "0.8" };
    let mut attributes = vec![
        ("fill", "none"),
        ("stroke", style.colour),
        ("stroke-width", width),
        ("stroke-linejoin", "round"),
    ];
    if !dashes.is_empty() {
        attributes.push(("stroke-dasharray", &dashes));
    }
    canvas.path(d, &attributes);
}

/// The marker of a curve at a point; a dot for a reference.
pub(super) fn marker(canvas: &mut Canvas, style: &Style, (x, y): (f64, f64)) {
    let (shape, filled) = style.marker.unwrap_or((Shape::Circle, true));
    let scale = if style.marker.is_some() { 1.0 } else { 0.6 };
    let scale = if style.joined { scale } else { PRINTED };
    let d = outline(shape, (x, y), MARKER * scale);
    let open = matches!(shape, Shape::Cross | Shape::Plus | Shape::Star);
    let fill = match (open, filled) {
        (true, _) => "none",
        (false, true) => style.colour,
        (false, false) => "#fff",
    };
    let width = if style.joined { "0.8" } else { "1.2" };
    canvas.path(&d, &[("fill", fill), ("stroke", style.colour), ("stroke-width", width)]);
}

/// The outline of a marker. Sizes are balanced by area, not by width.
fn outline(shape: Shape, (x, y): (f64, f64), r: f64) -> String {
    let polygon = |corners: &[(f64, f64)]| {
        let points: Vec<(f64, f64)> = corners.iter().map(|(a, b)| (x + a * r, y + b * r)).collect();
        format!("{}Z", polyline(&points))
    };
    let strokes = |ends: &[(f64, f64)]| {
        let one = |(a, b): &(f64, f64)| polyline(&[(x - a * r, y - b * r), (x + a * r, y + b * r)]);
        ends.iter().map(one).collect::<String>()
    };
    match shape {
        Shape::Circle => {
            let (left, width, radius) = (num(x - r), num(2.0 * r), num(r));
            let half = |sign: &str| format!("a{radius} {radius} 0 1 0 {sign}{width} 0");
            format!("M{left} {}{}{}Z", num(y), half(""), half("-"))
        }
        Shape::Square => polygon(&[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]),
        Shape::Triangle => polygon(&[(0.0, -1.25), (1.1, 0.7), (-1.1, 0.7)]),
        Shape::Down => polygon(&[(0.0, 1.25), (1.1, -0.7), (-1.1, -0.7)]),
        Shape::Diamond => polygon(&[(0.0, -1.3), (1.0, 0.0), (0.0, 1.3), (-1.0, 0.0)]),
        Shape::Cross => strokes(&[(0.9, 0.9), (0.9, -0.9)]),
        Shape::Plus => strokes(&[(1.15, 0.0), (0.0, 1.15)]),
        Shape::Star => strokes(&[(0.0, 1.15), (1.0, 0.58), (1.0, -0.58)]),
    }
}
