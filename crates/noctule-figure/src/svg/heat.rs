//! A surface: cells of colour, the bar that explains them, and marked places.

use std::collections::BTreeMap;

use super::canvas::{Anchor, Canvas, num};
use super::frame::{Axes, GAP, Sides, labelled, upright, widest};
use super::text::{self, width, wrap};
use super::{Box2, Place, SMALL, TYPE, fitting, no_data};
use crate::clean::{cell, surface_spans};
use crate::scale::{Fit, Label, Span, Ticks, cell_edges, is_even, minus};
use crate::{Axis, Figure, Heat, Kind, Scale};

/// Anchors of the colour map viridis: as bright as the value is large, to every eye and on paper.
const VIRIDIS: [[u8; 3]; 10] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 73, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
    [253, 231, 37],
];

/// Shades told apart. More cannot be seen, and cells of one shade share an element.
const SHADES: usize = 128;

/// Width of the colour bar, and its distance from the frame.
const BAR: f64 = 8.0;
const BAR_GAP: f64 = 5.0;

/// The bar is about this tall: what is beside it must be known before the frame is.
const BAR_HEIGHT: f64 = 140.0;

/// Ticks stand at the centres of so many cells or fewer.
const FEW: usize = 12;

/// Rows or columns so few that halves between them would be numbered.
const VERY_FEW: usize = 3;

/// A surface over few and uneven values, or over very few, has cells of one size, and the values
/// below them.
fn evened(figure: &Figure, heat: &Heat) -> (Figure, Heat) {
    let (mut figure, mut heat) =
        (Figure { kind: Kind::Lines(Vec::new()), ..figure.clone() }, heat.clone());
    for (axis, centres) in [(&mut figure.x, &mut heat.x), (&mut figure.y, &mut heat.y)] {
        let uneven = !is_even(centres) || centres.len() <= VERY_FEW;
        let named = uneven && centres.len() <= FEW && axis.range.is_none() && axis.names.is_empty();
        if named && heat.marks.is_empty() && centres.iter().all(|v| axis.scale.admits(*v)) {
            let names = centres.iter().map(|v| minus(format!("{v}"))).collect();
            *axis = Axis { names, scale: Scale::Linear, ..axis.clone() };
            *centres = (0..centres.len()).map(|k| k as f64).collect();
        }
    }
    (figure, heat)
}

/// Draws the figure; returns it with its height.
pub(super) fn draw(figure: &Figure, heat: &Heat) -> (Canvas, f64) {
    let (original, (figure, heat)) = (figure, &evened(figure, heat));
    let columns = cell_edges(&heat.x, figure.x.scale);
    let rows = cell_edges(&heat.y, figure.y.scale);
    let present: Vec<f64> = cells(heat).filter_map(|(i, j)| cell(heat, i, j)).collect();
    let shown =
        Axis { scale: heat.scale, range: heat.range, ..Axis::linear(&heat.label, &heat.unit) };
    let colours = Span::new(&shown, present.iter().copied(), Fit::Tight);
    let ticks = fitting(&colours, BAR_HEIGHT, &[], |_| 2.2 * TYPE);
    let caption = wrap(&heat.caption(), TYPE, BAR_HEIGHT);
    let words = text::height(caption.len(), TYPE);
    let right = BAR_GAP + BAR + GAP + widest(&ticks) + GAP + words;

    // Ticks would not show on dark colours: they point outward.
    let factor = ticks.factor.is_some();
    let sides = Sides { right, outward: true, factor, ..Sides::default() };
    let few = |centres: &'_ [f64]| {
        if centres.len() <= FEW { centres.to_vec() } else { Vec::new() }
    };
    let centres = (few(&heat.x), few(&heat.y));
    let spans = surface_spans(figure, heat);
    let axes = Axes::new(figure, spans, (&centres.0, &centres.1), sides);
    let mut canvas = Canvas::default();
    if present.is_empty() || columns.is_empty() || rows.is_empty() {
        axes.outline(&mut canvas);
        no_data(&mut canvas, axes.place.frame, original);
        return (canvas, axes.height);
    }
    canvas.open_clip(axes.place.frame);
    paint_cells(&mut canvas, heat, &axes.place, (&columns, &rows), &colours);
    canvas.close("svg");
    axes.outline(&mut canvas);
    paint_marks(&mut canvas, heat, &axes.place);
    paint_bar(&mut canvas, axes.place.frame, &colours, &ticks, &caption);
    (canvas, axes.height)
}

/// Columns and rows of all cells.
fn cells(heat: &Heat) -> impl Iterator<Item = (usize, usize)> + '_ {
    (0..heat.y.len()).flat_map(|j| (0..heat.x.len()).map(move |i| (i, j)))
}

/// The shade of a value.
fn shade(value: f64, colours: &Span) -> usize {
    let place = colours.place(value).clamp(0.0, 1.0);
    (place * (SHADES - 1) as f64).round() as usize
}

/// The colour of a shade.
fn colour(shade: usize) -> String {
    let place = shade as f64 / (SHADES - 1) as f64 * (VIRIDIS.len() - 1) as f64;
    let from = (place.floor() as usize).min(VIRIDIS.len() - 2);
    let part = place - from as f64;
    let mix = |c: usize| {
        let (a, b) = (f64::from(VIRIDIS[from][c]), f64::from(VIRIDIS[from + 1][c]));
        (a + part * (b - a)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

/// All cells: one path per shade, neighbours of one shade in a row joined.
fn paint_cells(
    canvas: &mut Canvas,
    heat: &Heat,
    place: &Place,
    (columns, rows): (&[f64], &[f64]),
    colours: &Span,
) {
    let mut paths: BTreeMap<Option<usize>, String> = BTreeMap::new();
    let of = |i: usize, j: usize| cell(heat, i, j).map(|v| shade(v, colours));
    for j in 0..heat.y.len() {
        let mut i = 0;
        while i < heat.x.len() {
            let this = of(i, j);
            // A hatched cell keeps its own diagonal.
            let differs = |k: &usize| this.is_none() || of(*k, j) != this;
            let end = (i + 1..heat.x.len()).find(differs).unwrap_or(heat.x.len());
            let (left, bottom) = place.point(columns[i], rows[j]);
            let (right, top) = place.point(columns[end], rows[j + 1]);
            let d = paths.entry(this).or_default();
            let (l, t, w, h) = (num(left), num(top), num(right - left), num(bottom - top));
            match this {
                Some(_) => d.push_str(&format!("M{l} {t}h{w}v{h}h-{w}z")),
                None => d.push_str(&format!("M{l} {t}h{w}v{h}h-{w}zM{l} {}l{w} -{h}", num(bottom))),
            }
            i = end;
        }
    }
    for (shade, d) in &paths {
        match shade {
            // A thin edge of the same colour, and crisp: otherwise the paper shines through
            // between neighbours, on some screens and in most PDFs.
            Some(s) => {
                let ink = colour(*s);
                let edge = [("fill", &*ink), ("stroke", &*ink), ("stroke-width", "0.3")];
                let crisp = [("shape-rendering", "crispEdges")];
                canvas.path(d, &[edge.as_slice(), crisp.as_slice()].concat());
            }
            None => {
                canvas.path(d, &[("fill", "#f4f4f4"), ("stroke", "#aaa"), ("stroke-width", "0.3")]);
            }
        }
    }
}

/// Marked places: a cross and a name, white around so that they show on every colour.
fn paint_marks(canvas: &mut Canvas, heat: &Heat, place: &Place) {
    for (x, y, name) in &heat.marks {
        if !place.x.contains(*x) || !place.y.contains(*y) {
            continue;
        }
        let (px, py) = place.point(*x, *y);
        let d = format!("M{} {}l5 5m0 -5l-5 5", num(px - 2.5), num(py - 2.5));
        for (ink, thick) in [("#fff", "2.2"), ("#000", "0.9")] {
            canvas.path(&d, &[("fill", "none"), ("stroke", ink), ("stroke-width", thick)]);
        }
        let fits = px + 5.0 + width(name, SMALL) < place.frame.right();
        let (at, anchor) = if fits { (px + 4.5, Anchor::Start) } else { (px - 4.5, Anchor::End) };
        let halo = [
            ("paint-order", "stroke"),
            ("stroke", "#fff"),
            ("stroke-width", "1.6"),
            ("stroke-linejoin", "round"),
        ];
        canvas.text_with((at, py), SMALL, anchor, &Label::plain(name), &halo);
    }
}

/// The bar that says which colour is which value.
fn paint_bar(canvas: &mut Canvas, frame: Box2, colours: &Span, ticks: &Ticks, caption: &[String]) {
    let bar = Box2 { x: frame.right() + BAR_GAP, y: frame.y, width: BAR, height: frame.height };
    let step = bar.height / SHADES as f64;
    for shade in 0..SHADES {
        let y = bar.bottom() - (shade + 1) as f64 * step;
        // A little taller than its share, so that no paper shows between two shades.
        let height = if shade == 0 { step } else { step + 0.3 };
        canvas.rect(Box2 { y, height, ..bar }, &[("fill", &colour(shade))]);
    }
    let ink = [("fill", "none"), ("stroke", "#000"), ("stroke-width", "0.6")];
    canvas.rect(bar, &ink);
    let mut d = String::new();
    for (tick, label) in labelled(ticks) {
        let y = bar.bottom() - colours.place(tick.at) * bar.height;
        d.push_str(&format!("M{} {}h-2", num(bar.right()), num(y)));
        canvas.text((bar.right() + GAP, y), TYPE, Anchor::Start, label);
    }
    canvas.path(&d, &ink);
    if let Some(exponent) = ticks.factor {
        let label = Label { text: "×10".into(), ..Label::power("", exponent) };
        canvas.text((bar.x, bar.y - 0.7 * TYPE), TYPE, Anchor::Start, &label);
    }
    let x = bar.right() + GAP + widest(ticks) + GAP + 0.5 * TYPE;
    upright(canvas, caption, (x, frame.y + frame.height / 2.0));
}
