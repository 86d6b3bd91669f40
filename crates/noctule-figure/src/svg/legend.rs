//! The legend: a box in the emptiest corner, or, if every corner is crossed by a curve, columns
//! above the frame. (Not beside it: a legend of usual names would take a third of the column.)

use super::canvas::{Anchor, Canvas, num};
use super::lines::{marker, stroke};
use super::text::{width, wrap};
use super::{Box2, LEADING, SMALL};
use crate::clean::Curve;
use crate::scale::Label;
use crate::style::Style;

/// Length of the piece of line beside a name.
const SWATCH: f64 = 19.0;

/// Between line and name, and around the entries.
const PAD: f64 = 3.0;

/// Between the box and the frame.
const INSET: f64 = 4.0;

/// How near a curve may come to the box: a marker's half, and some air.
const CLEAR: f64 = 2.6;

/// A place for the legend within the frame, in the shares of its width and height and in the words
/// of pgfplots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Corner {
    pub(crate) at: (f64, f64),
    pub(crate) name: &'static str,
}

/// The names of the curves.
#[derive(Debug)]
pub(super) struct Legend<'a> {
    entries: Vec<Entry<'a>>,
    frame_width: f64,
}

#[derive(Debug)]
struct Entry<'a> {
    style: &'a Style,
    /// Whether there is a line, or only a single point.
    line: bool,
    words: Vec<String>,
}

impl<'a> Legend<'a> {
    /// The legend of all curves that have a name.
    pub(super) fn new(curves: &'a [Curve<'a>], frame_width: f64) -> Self {
        let room = frame_width - SWATCH - 4.0 * PAD;
        let entry = |curve: &'a Curve<'a>| Entry {
            style: &curve.style,
            line: curve.points.len() > 1,
            words: wrap(curve.label, SMALL, room),
        };
        let entries = curves.iter().filter(|c| !c.label.trim().is_empty()).map(entry).collect();
        Self { entries, frame_width }
    }

    /// A box no curve comes near to: corners first, then the middles of the upper and lower edges.
    /// An empty legend has room everywhere.
    pub(super) fn find_room(&self, samples: &[(f64, f64)], frame: Box2) -> Option<(Corner, Box2)> {
        let (width, height) = (self.column_width(0, 1), self.rows_height(1));
        let inner = frame.grown(-INSET);
        if width > inner.width || height > inner.height {
            return None;
        }
        let (left, right) = (inner.x, inner.right() - width);
        let (top, bottom) = (inner.y, inner.bottom() - height);
        let middle = (left + right) / 2.0;
        let places = [
            (Corner { at: (1.0, 1.0), name: "north east" }, (right, top)),
            (Corner { at: (0.0, 1.0), name: "north west" }, (left, top)),
            (Corner { at: (1.0, 0.0), name: "south east" }, (right, bottom)),
            (Corner { at: (0.0, 0.0), name: "south west" }, (left, bottom)),
            (Corner { at: (0.5, 1.0), name: "north" }, (middle, top)),
            (Corner { at: (0.5, 0.0), name: "south" }, (middle, bottom)),
        ];
        let boxes = places.map(|(corner, (x, y))| (corner, Box2 { x, y, width, height }));
        let covered = |at: &Box2| {
            let near = at.grown(CLEAR);
            samples.iter().any(|point| near.holds(*point))
        };
        boxes.into_iter().find(|(_, at)| !covered(at))
    }

    /// Draws the legend in its box.
    pub(super) fn paint_inside(&self, canvas: &mut Canvas, at: Box2) {
        if self.entries.is_empty() {
            return;
        }
        let ink = [("fill", "#fff"), ("stroke", "#000"), ("stroke-width", "0.4")];
        canvas.rect(at, &ink);
        self.paint(canvas, (at.x, at.y), 1);
    }

    /// The room it takes above the frame.
    pub(super) fn height_above(&self) -> f64 {
        if self.entries.is_empty() { 0.0 } else { self.rows_height(self.columns()) + INSET }
    }

    /// Draws the legend above the frame, in as many columns as it has room for, and above what
    /// stands there already.
    pub(super) fn paint_above(&self, canvas: &mut Canvas, frame: Box2, taken: f64) {
        if self.entries.is_empty() {
            return;
        }
        let columns = self.columns();
        let width = self.total_width(columns);
        let at = Box2 {
            x: frame.x + (frame.width - width) / 2.0,
            y: frame.y - taken - self.height_above(),
            width,
            height: self.rows_height(columns),
        };
        canvas.rect(at, &[("fill", "#fff"), ("stroke", "#000"), ("stroke-width", "0.4")]);
        self.paint(canvas, (at.x, at.y), columns);
    }

    /// Entries run down the first column, then down the next.
    fn paint(&self, canvas: &mut Canvas, (left, top): (f64, f64), columns: usize) {
        let rows = self.entries.len().div_ceil(columns);
        let mut x = left;
        for (column, entries) in self.entries.chunks(rows).enumerate() {
            let mut y = top + PAD / 2.0 + 0.5 * SMALL * LEADING + 0.8;
            for entry in entries {
                entry.paint(canvas, (x + PAD, y));
                y += entry.height();
            }
            x += self.column_width(column, columns);
        }
    }

    /// The most columns whose rows are not wider than the frame.
    pub(super) fn columns(&self) -> usize {
        let most = self.entries.len().clamp(1, 4);
        let fits = |columns: &usize| self.total_width(*columns) <= self.frame_width;
        (1..=most).rev().find(fits).unwrap_or(1)
    }

    fn total_width(&self, columns: usize) -> f64 {
        (0..columns).map(|column| self.column_width(column, columns)).sum()
    }

    /// The width of one of so many columns.
    fn column_width(&self, column: usize, columns: usize) -> f64 {
        let rows = self.entries.len().div_ceil(columns.max(1)).max(1);
        let entries = self.entries.chunks(rows).nth(column).unwrap_or(&[]);
        let widest = entries.iter().map(Entry::width).fold(0.0, f64::max);
        if entries.is_empty() { 0.0 } else { widest + 2.0 * PAD }
    }

    /// The height of the tallest of so many columns.
    fn rows_height(&self, columns: usize) -> f64 {
        let rows = self.entries.len().div_ceil(columns.max(1)).max(1);
        let column = |entries: &[Entry<'_>]| entries.iter().map(Entry::height).sum::<f64>();
        self.entries.chunks(rows).map(column).fold(0.0, f64::max) + PAD
    }
}

impl Entry<'_> {
    fn width(&self) -> f64 {
        let widest = self.words.iter().map(|w| width(w, SMALL)).fold(0.0, f64::max);
        SWATCH + PAD + widest
    }

    fn height(&self) -> f64 {
        super::text::height(self.words.len(), SMALL) + 0.6
    }

    fn paint(&self, canvas: &mut Canvas, (x, y): (f64, f64)) {
        if self.line {
            stroke(canvas, self.style, &format!("M{} {}h{}", num(x), num(y), num(SWATCH)));
        }
        if self.style.marker.is_some() || !self.line {
            marker(canvas, self.style, (x + SWATCH / 2.0, y));
        }
        for (k, words) in self.words.iter().enumerate() {
            let at = (x + SWATCH + PAD, y + k as f64 * SMALL * LEADING);
            canvas.text(at, SMALL, Anchor::Start, &Label::plain(words));
        }
    }
}
