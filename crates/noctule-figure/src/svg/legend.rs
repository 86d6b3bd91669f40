//! The legend: a box of names in columns, and where within the frame it covers nothing.

use super::canvas::{Anchor, Canvas, num};
use super::frame::MARGIN;
use super::lines::{marker, stroke};
use super::text::{width, wrap};
use super::{Box2, LEADING, Naming, SMALL, WIDTH};
use crate::clean::Curve;
use crate::scale::Label;
use crate::style::Style;

/// Length of the piece of line beside a name.
const SWATCH: f64 = 16.0;

/// Between line and name, and around the entries.
const PAD: f64 = 2.5;

/// Between the box and the frame.
const INSET: f64 = 4.0;

/// How near a curve may come to the box: a marker's half, and some air.
const CLEAR: f64 = 2.6;

/// Places along each side of the frame that are tried besides its corners.
const TRIED: usize = 9;

/// What stands within the frame may take this much of its height and no more.
const MOST_HEIGHT: f64 = 0.62;

/// The names of the curves.
#[derive(Debug)]
pub(super) struct Legend<'a> {
    entries: Vec<Entry<'a>>,
    /// The widest it may be above the frame.
    widest: f64,
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
    pub(super) fn new(curves: &'a [Curve<'a>], widest: f64) -> Self {
        let room = widest - SWATCH - 4.0 * PAD;
        let entry = |curve: &'a Curve<'a>| Entry {
            style: &curve.style,
            line: curve.points.len() != 1 && curve.style.joined,
            words: wrap(curve.label, SMALL, room),
        };
        let entries = curves.iter().filter(|c| !c.label.trim().is_empty()).map(entry).collect();
        Self { entries, widest }
    }

    /// The legend of things that are marks and no lines.
    pub(super) fn of_marks(curves: &'a [Curve<'a>], widest: f64) -> Self {
        let mut legend = Self::new(curves, widest);
        legend.entries.iter_mut().for_each(|entry| entry.line = false);
        legend
    }

    /// Draws it above the frame, over what is `taken` there.
    pub(super) fn paint_above(&self, canvas: &mut Canvas, frame: Box2, taken: f64) {
        let columns = self.columns();
        let (width, height) = self.size(columns);
        let middle = frame.x + (frame.width - width) / 2.0;
        let x = middle.min(WIDTH - MARGIN - width).max(MARGIN);
        let y = frame.y - taken - self.height_above();
        self.paint(canvas, Box2 { x, y, width, height }, columns);
    }

    /// A box nothing drawn comes near to: corners first, then the middles of the upper and lower
    /// edges, then anywhere; in one column, or in two or three.
    pub(super) fn find_room(&self, samples: &[(f64, f64)], frame: Box2) -> Option<Naming> {
        (1..=3.min(self.entries.len())).find_map(|columns| self.room(samples, frame, columns))
    }

    fn room(&self, samples: &[(f64, f64)], frame: Box2, columns: usize) -> Option<Naming> {
        let (width, height) = self.size(columns);
        let inner = frame.grown(-INSET);
        if width > inner.width || height > MOST_HEIGHT * inner.height {
            return None;
        }
        let covered = |x: f64, y: f64| {
            let near = Box2 { x, y, width, height }.grown(CLEAR);
            samples.iter().any(|point| near.holds(*point))
        };
        let (left, right) = (inner.x, inner.right() - width);
        let (top, bottom) = (inner.y, inner.bottom() - height);
        let middle = (left + right) / 2.0;
        let places = [
            ("north east", (right, top), (right + width, top)),
            ("north west", (left, top), (left, top)),
            ("south east", (right, bottom), (right + width, bottom + height)),
            ("south west", (left, bottom), (left, bottom + height)),
            ("north", (middle, top), (middle + width / 2.0, top)),
            ("south", (middle, bottom), (middle + width / 2.0, bottom + height)),
        ];
        let step = |k: usize| k as f64 / (TRIED - 1) as f64;
        let grid = (0..TRIED * TRIED).map(|k| (step(k % TRIED), step(k / TRIED)));
        let grid = grid.map(|(a, b)| (left + a * (right - left), top + b * (bottom - top)));
        let anywhere = grid.map(|at| ("north west", at, at));
        let mut all = places.into_iter().chain(anywhere);
        let (anchor, _, (x, y)) = all.find(|(_, (x, y), _)| !covered(*x, *y))?;
        let at = ((x - frame.x) / frame.width, (frame.bottom() - y) / frame.height);
        Some(Naming::Inside { at, anchor, columns })
    }

    /// Width and height of the box with so many columns.
    pub(super) fn size(&self, columns: usize) -> (f64, f64) {
        (self.total_width(columns), self.rows_height(columns))
    }

    /// The room it takes above the frame.
    pub(super) fn height_above(&self) -> f64 {
        if self.entries.is_empty() { 0.0 } else { self.rows_height(self.columns()) + INSET }
    }

    /// Draws the legend in its box.
    pub(super) fn paint(&self, canvas: &mut Canvas, at: Box2, columns: usize) {
        if self.entries.is_empty() {
            return;
        }
        canvas.rect(at, &[("fill", "#fff"), ("stroke", "#000"), ("stroke-width", "0.4")]);
        self.paint_entries(canvas, (at.x, at.y), columns);
    }

    /// Entries run down the first column, then down the next.
    fn paint_entries(&self, canvas: &mut Canvas, (left, top): (f64, f64), columns: usize) {
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
        let fits = |columns: &usize| self.total_width(*columns) <= self.widest;
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
        super::text::height(self.words.len(), SMALL) + 0.3
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
