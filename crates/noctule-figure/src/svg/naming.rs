//! How curves are named: at their ends, where they are few and end apart; in a box where nothing is
//! drawn; or, if there is no such place, in columns above the frame.

use super::canvas::{Anchor, Canvas};
use super::frame::{Axes, MARGIN, Sides};
use super::legend::Legend;
use super::text::width;
use super::{Box2, Place, SMALL, WIDTH, axes, lines};
use crate::clean::Curve;
use crate::scale::Label;
use crate::{Figure, Kind};

/// The most curves that are named at their ends.
const FEW: usize = 4;

/// The widest name at the end of a curve.
const WIDEST: f64 = 58.0;

/// From one name to the next.
const APART: f64 = 8.4;

/// From the frame to a marker beside it, and on to its name.
const MARKER: f64 = 5.0;

/// How far along the axis a curve must go to be named at its end.
const NEAR_END: f64 = 0.88;

/// How the curves of a figure are named.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Naming {
    /// Not at all: nothing has a name.
    None,
    /// Beside the frame, each curve at its end.
    Ends,
    /// In a box within the frame.
    Inside {
        /// The place of the box's anchor in shares of the frame, from the lower left.
        at: (f64, f64),
        /// Which corner of the box that is, in the words of pgfplots.
        anchor: &'static str,
        /// In how many columns.
        columns: usize,
    },
    /// In so many columns above the frame.
    Above(usize),
}

/// The best way of naming, and the frame with room for it.
pub(super) fn choose(figure: &Figure, curves: &[Curve<'_>]) -> (Naming, Axes) {
    let plain = axes(figure, curves, Sides::default());
    if curves.iter().all(|curve| curve.label.trim().is_empty()) {
        return (Naming::None, plain);
    }
    if let Some(axes) = ends(figure, curves) {
        return (Naming::Ends, axes);
    }
    let legend = Legend::new(curves, WIDTH - 2.0 * MARGIN);
    let drawn = lines::Drawn::new(figure, curves, &plain.place);
    if let Some(inside) = legend.find_room(&drawn.samples(&plain.place), plain.place.frame) {
        return (inside, plain);
    }
    let sides = Sides { above: legend.height_above(), ..Sides::default() };
    (Naming::Above(legend.columns()), axes(figure, curves, sides))
}

/// The frame with room for the names of the curves at their ends, if that can be.
fn ends(figure: &Figure, curves: &[Curve<'_>]) -> Option<Axes> {
    let along = matches!(figure.kind, Kind::Lines(_)) && !figure.x.measured;
    if !along || !figure.x.names.is_empty() || !(2..=FEW).contains(&curves.len()) {
        return None;
    }
    let widest = curves.iter().map(|curve| width(curve.label, SMALL)).fold(0.0, f64::max);
    if widest > WIDEST {
        return None;
    }
    let axes =
        axes(figure, curves, Sides { right: widest + 2.0 * MARKER + 1.0, ..Sides::default() });
    let place = &axes.place;
    let mut heights = Vec::new();
    for curve in curves {
        let last = curve.present().last()?;
        let beyond = curve.present().any(|p| p.x > last.x);
        if beyond || place.x.place(last.x) < NEAR_END {
            return None;
        }
        heights.push(place.point(last.x, last.y).1);
    }
    heights.sort_by(f64::total_cmp);
    let apart = heights.windows(2).all(|pair| pair[1] - pair[0] >= APART);
    let (first, last) = (heights[0], heights[heights.len() - 1]);
    let within = first >= place.frame.y && last <= place.frame.bottom();
    (apart && within).then_some(axes)
}

impl Naming {
    /// Draws the names, above what is `taken` over the frame.
    pub(super) fn paint(
        &self,
        canvas: &mut Canvas,
        curves: &[Curve<'_>],
        place: &Place,
        taken: f64,
    ) {
        let legend = Legend::new(curves, WIDTH - 2.0 * MARGIN);
        match self {
            Naming::None => {}
            Naming::Ends => paint_ends(canvas, curves, place),
            Naming::Inside { at, anchor, columns } => {
                let (width, height) = legend.size(*columns);
                let frame = place.frame;
                let (x, y) = (frame.x + at.0 * frame.width, frame.bottom() - at.1 * frame.height);
                let x = match *anchor {
                    "north east" | "south east" => x - width,
                    "north" | "south" => x - width / 2.0,
                    _ => x,
                };
                let y = if anchor.starts_with("south") { y - height } else { y };
                legend.paint(canvas, Box2 { x, y, width, height }, *columns);
            }
            Naming::Above(_) => legend.paint_above(canvas, place.frame, taken),
        }
    }
}

/// A marker and a name beside the end of every curve.
fn paint_ends(canvas: &mut Canvas, curves: &[Curve<'_>], place: &Place) {
    let x = place.frame.right() + MARKER;
    for curve in curves {
        let Some(last) = curve.present().last() else {
            continue;
        };
        let y = place.point(last.x, last.y).1;
        lines::marker(canvas, &curve.style, (x, y));
        canvas.text((x + MARKER, y), SMALL, Anchor::Start, &Label::plain(curve.label));
    }
}
