//! The legend: a box of names in columns, and where within the frame it covers nothing.
//!
//! Where curves are all pairs of a kind and a value, kinds and values are named, not pairs: the kinds in
//! rows of their own, then the values, across and not down.

use super::canvas::{Anchor, Canvas, num};
use super::frame::MARGIN;
use super::lines::{marker, stroke};
use super::text::{width, wrap};
use super::{Box2, LEADING, Naming, SMALL, WIDTH};
use crate::clean::{Curve, Named, named};
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
pub(super) struct Legend {
    entries: Vec<Entry>,
    /// How many of the entries begin with a row of their own: kinds, which are not followed by values
    /// in one row.
    first: usize,
    /// The widest it may be above the frame.
    widest: f64,
}

#[derive(Debug)]
struct Entry {
    style: Style,
    /// Whether there is a line, or only a single point.
    line: bool,
    words: Vec<String>,
}

impl Legend {
    /// The legend of all curves that have a name.
    pub(super) fn new(curves: &[Curve<'_>], widest: f64) -> Self {
        let room = widest - SWATCH - 4.0 * PAD;
        let (named, first) = named(curves);
        let entry = |name: &Named<'_>| Entry {
            style: name.style,
            line: name.line,
            words: wrap(name.words, SMALL, room),
        };
        Self { entries: named.iter().map(entry).collect(), first, widest }
    }

    /// The legend of things that are marks and no lines.
    pub(super) fn of_marks(curves: &[Curve<'_>], widest: f64) -> Self {
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

    fn paint_entries(&self, canvas: &mut Canvas, (left, top): (f64, f64), columns: usize) {
        let heights = self.row_heights(columns);
        let mut x = left;
        for column in self.cells(columns) {
            let mut y = top + PAD / 2.0 + 0.5 * SMALL * LEADING + 0.8;
            for (entry, height) in column.iter().zip(&heights) {
                if let Some(entry) = entry {
                    entry.paint(canvas, (x + PAD, y));
                }
                // Columns without gaps need no common rows.
                y += if self.first == 0 { entry.map_or(0.0, Entry::height) } else { *height };
            }
            x += width_of(&column);
        }
    }

    /// The entries in columns: down the first and then down the next; kinds and values across, each in
    /// rows of their own.
    fn cells(&self, columns: usize) -> Vec<Vec<Option<&Entry>>> {
        let columns = columns.max(1);
        if self.first == 0 {
            let rows = self.entries.len().div_ceil(columns).max(1);
            return self.entries.chunks(rows).map(|c| c.iter().map(Some).collect()).collect();
        }
        let (kinds, values) = self.entries.split_at(self.first);
        let rows: Vec<&[Entry]> = kinds.chunks(columns).chain(values.chunks(columns)).collect();
        (0..columns).map(|column| rows.iter().map(|row| row.get(column)).collect()).collect()
    }

    /// The heights of rows that columns have in common.
    fn row_heights(&self, columns: usize) -> Vec<f64> {
        let cells = self.cells(columns);
        let rows = cells.iter().map(Vec::len).max().unwrap_or(0);
        let height = |row: usize| {
            let cells = cells.iter().filter_map(|column| column.get(row).copied().flatten());
            cells.map(Entry::height).fold(0.0, f64::max)
        };
        (0..rows).map(height).collect()
    }

    /// The most columns whose rows are not wider than the frame.
    pub(super) fn columns(&self) -> usize {
        // More columns than the longer of two rows stay empty.
        let longest = self.first.max(self.entries.len() - self.first);
        let most = if self.first == 0 { longest.clamp(1, 4) } else { longest.clamp(1, 5) };
        let fits = |columns: &usize| self.total_width(*columns) <= self.widest;
        (1..=most).rev().find(fits).unwrap_or(1)
    }

    fn total_width(&self, columns: usize) -> f64 {
        self.cells(columns).iter().map(|column| width_of(column)).sum()
    }

    /// The height of the tallest of so many columns.
    fn rows_height(&self, columns: usize) -> f64 {
        if self.first > 0 {
            return self.row_heights(columns).iter().sum::<f64>() + PAD;
        }
        let column = |entries: &Vec<Option<&Entry>>| {
            entries.iter().flatten().map(|entry| entry.height()).sum::<f64>()
        };
        self.cells(columns).iter().map(column).fold(0.0, f64::max) + PAD
    }
}

/// The width of a column.
fn width_of(column: &[Option<&Entry>]) -> f64 {
    let widest = column.iter().flatten().map(|entry| entry.width()).fold(0.0, f64::max);
    if column.iter().all(Option::is_none) { 0.0 } else { widest + 2.0 * PAD }
}

impl Entry {
    fn width(&self) -> f64 {
        let widest = self.words.iter().map(|w| width(w, SMALL)).fold(0.0, f64::max);
        SWATCH + PAD + widest
    }

    fn height(&self) -> f64 {
        super::text::height(self.words.len(), SMALL) + 0.3
    }

    fn paint(&self, canvas: &mut Canvas, (x, y): (f64, f64)) {
        if self.line {
            stroke(canvas, &self.style, &format!("M{} {}h{}", num(x), num(y), num(SWATCH)));
        }
        if self.style.marker.is_some() || !self.line {
            marker(canvas, &self.style, (x + SWATCH / 2.0, y));
        }
        for (k, words) in self.words.iter().enumerate() {
            let at = (x + SWATCH + PAD, y + k as f64 * SMALL * LEADING);
            canvas.text(at, SMALL, Anchor::Start, &Label::plain(words));
        }
    }
}
