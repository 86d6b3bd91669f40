//! A scene: a map of one scale, with things, their names, and beams.

use super::canvas::{Anchor, Canvas, num};
use super::frame::{Axes, MARGIN, Sides};
use super::legend::Legend;
use super::lines::marker;
use super::text::width;
use super::{Box2, Place, SMALL, WIDTH, no_data};
use crate::clean::Curve;
use crate::scale::{Label, Span};
use crate::scene::{Scene, linear};
use crate::style::styles;
use crate::{Figure, Line, PlotPoint, Scale};

/// From the outermost thing to the frame, as a share of the whole.
const AIR: f64 = 0.09;

/// From a thing to its name, and half the size of a thing.
const BESIDE: f64 = 4.2;
const HALF: f64 = 3.2;

/// Length of the head of an arrow.
const HEAD: f64 = 3.4;

/// Draws the figure; returns it with its height.
pub(super) fn draw(figure: &Figure, scene: &Scene) -> (Canvas, f64) {
    let (scene, _) = scene.usable();
    let curves = curves(&scene);
    let axes = axes(figure, &scene, &curves);
    let mut canvas = Canvas::default();
    axes.grid(&mut canvas);
    canvas.open_clip(axes.place.frame);
    let mut taken: Vec<Box2> = Vec::new();
    for beam in &scene.beams {
        let colour =
            beam.group.and_then(|group| curves.get(group)).map_or("#595959", |c| c.style.colour);
        let [from, to] = scene.ends(beam).map(|(x, y)| axes.place.point(x, y));
        arrow(&mut canvas, from, to, colour);
        taken.extend(along(from, to));
    }
    canvas.close("svg");
    axes.outline(&mut canvas);
    for curve in &curves {
        for point in curve.present() {
            let (x, y) = axes.place.point(point.x, point.y);
            marker(&mut canvas, &curve.style, (x, y));
            taken.push(Box2 { x: x - HALF, y: y - HALF, width: 2.0 * HALF, height: 2.0 * HALF });
        }
    }
    names(&mut canvas, &scene, &axes.place, &mut taken);
    let legend = Legend::of_marks(&curves, WIDTH - 2.0 * MARGIN);
    legend.paint_above(&mut canvas, axes.place.frame, axes.factor_height());
    if scene.extent().is_none() {
        no_data(&mut canvas, axes.place.frame, figure);
    }
    (canvas, axes.height)
}

/// The kinds as curves of markers alone, for the legend and the looks.
fn curves(scene: &Scene) -> Vec<Curve<'_>> {
    let looks = styles(&vec![Line::default(); scene.groups.len()]);
    let one = |(group, style): (&'_ crate::scene::Group, _)| -> (Vec<Option<PlotPoint>>, _) {
        (group.spots.iter().map(|s| Some(PlotPoint::from((s.x, s.y)))).collect(), style)
    };
    let groups = scene.groups.iter();
    let all = groups.clone().zip(looks).map(one);
    all.zip(groups)
        .map(|((points, style), group)| Curve {
            label: &group.label,
            style,
            points,
            absent: Vec::new(),
            factors: None,
        })
        .collect()
}

/// The frame, its limits such that a unit is as long across as up.
fn axes(figure: &Figure, scene: &Scene, curves: &[Curve<'_>]) -> Axes {
    let legend = Legend::of_marks(curves, WIDTH - 2.0 * MARGIN);
    let sides = Sides { above: legend.height_above(), ..Sides::default() };
    let figure = Figure { x: linear(&figure.x), y: linear(&figure.y), ..figure.clone() };
    let mut spans = limits(scene, (1.0, 1.0));
    let mut axes = Axes::new(&figure, spans, (&[], &[]), sides);
    // The numbers beside the frame decide its width, and its width the limits: soon still.
    for _ in 0..3 {
        spans = limits(scene, (axes.place.frame.width, axes.place.frame.height));
        axes = Axes::new(&figure, spans, (&[], &[]), sides);
    }
    axes
}

/// Limits around a scene for a frame of this size.
fn limits(scene: &Scene, (wide, tall): (f64, f64)) -> (Span, Span) {
    let [(left, right), (low, high)] = scene.extent().unwrap_or([(0.0, 1.0), (0.0, 1.0)]);
    let (across, up) = (right - left, high - low);
    let unit = (across / wide).max(up / tall).max(scene.reach() / wide) * (1.0 + 2.0 * AIR);
    let around = |(a, b): (f64, f64), length: f64| {
        let (middle, half) = (a + (b - a) / 2.0, 0.5 * unit * length);
        Span { scale: Scale::Linear, low: middle - half, high: middle + half, whole: false }
    };
    (around((left, right), wide), around((low, high), tall))
}

/// An arrow; a very short one is its head alone.
fn arrow(canvas: &mut Canvas, (x, y): (f64, f64), (to_x, to_y): (f64, f64), colour: &str) {
    let (dx, dy) = (to_x - x, to_y - y);
    let long = dx.hypot(dy);
    if long < 0.5 {
        return;
    }
    let (ux, uy) = (dx / long, dy / long);
    let head = HEAD.min(long);
    let (base_x, base_y) = (to_x - head * ux, to_y - head * uy);
    let shaft = format!("M{} {}L{} {}", num(x), num(y), num(base_x), num(base_y));
    canvas.path(&shaft, &[("fill", "none"), ("stroke", colour), ("stroke-width", "0.9")]);
    let side = 0.42 * head;
    let corner = |sign: f64| (num(base_x - sign * side * uy), num(base_y + sign * side * ux));
    let ((ax, ay), (bx, by)) = (corner(1.0), corner(-1.0));
    let head = format!("M{} {}L{ax} {ay}L{bx} {by}Z", num(to_x), num(to_y));
    canvas.path(&head, &[("fill", colour)]);
}

/// Small boxes along a line, which names keep away from.
fn along((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> Vec<Box2> {
    let parts = ((to_x - x).hypot(to_y - y) / 2.0).ceil().clamp(1.0, 500.0);
    let at = |k: f64| (x + k / parts * (to_x - x), y + k / parts * (to_y - y));
    let places = (0..=parts as usize).map(|k| at(k as f64));
    places.map(|(x, y)| Box2 { x: x - 0.5, y: y - 0.5, width: 1.0, height: 1.0 }).collect()
}

/// The names of things, each beside its own where it covers nothing; one without such a place is
/// left to the description.
fn names(canvas: &mut Canvas, scene: &Scene, place: &Place, taken: &mut Vec<Box2>) {
    for spot in scene.groups.iter().flat_map(|group| &group.spots) {
        if spot.name.trim().is_empty() {
            continue;
        }
        let (x, y) = place.point(spot.x, spot.y);
        let wide = width(&spot.name, SMALL);
        let tall = 0.86 * SMALL;
        let tried = [
            (x + BESIDE, y, Anchor::Start, x + BESIDE),
            (x - BESIDE, y, Anchor::End, x - BESIDE - wide),
            (x, y - BESIDE - tall / 2.0, Anchor::Middle, x - wide / 2.0),
            (x, y + BESIDE + tall / 2.0, Anchor::Middle, x - wide / 2.0),
        ];
        let free = tried.into_iter().find_map(|(at, line, anchor, left)| {
            let area = Box2 { x: left, y: line - tall / 2.0, width: wide, height: tall };
            let inner = place.frame.grown(-1.0);
            let within =
                inner.holds((area.x, area.y)) && inner.holds((area.right(), area.bottom()));
            (within && !taken.iter().any(|other| area.meets(other)))
                .then_some((at, line, anchor, area))
        });
        if let Some((at, line, anchor, area)) = free {
            canvas.text((at, line), SMALL, anchor, &Label::plain(&spot.name));
            taken.push(area);
        }
    }
}
