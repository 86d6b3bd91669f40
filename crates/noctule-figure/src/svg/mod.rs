//! The figure as SVG.
//!
//! **Why no plotting library.** plotters was tried first, on the same data, and looked at: its SVG
//! back end rounds every coordinate to whole units, so that at the width of a column straight lines
//! have kinks and markers sit beside their curves; each dash is an element of its own; text cannot
//! raise an exponent; the legend knows neither markers nor dashes and covers the data; labels at the
//! edge are cut; nothing can be said to a screen reader. What a paper needs is lines, text and eight
//! marker shapes: less to write than to work around.
//!
//! **Layout**, in points of 1/72 inch, so that a figure placed at its own size has type of 7 and 8
//! points, as IEEE asks for. The width is one column; the height is the same for all figures, so
//! that they stand side by side, unless the frame would be squeezed; all else is measured from the
//! text (see [`text`]) so that nothing is cut:
//!
//! ```text
//!   ┌ names of curves, if nothing else has room ┐
//!   │   marks of trials without a value         │
//!   c│ tick  ┌──────────────────────────┐        c: captions, wrapped to the frame
//!   a│ labels│          frame           │ bar    bar: colours of a surface, or names of curves
//!   p│       └──────────────────────────┘             at their ends
//!            tick labels
//!            caption
//! ```
//!
//! Nothing has an id and nothing refers to one (clipping is by nested `svg` elements, colour bars
//! are cells), so any number of figures can stand in one page. `title` and `desc` come first, for
//! screen readers.

mod absent;
mod canvas;
mod frame;
mod heat;
mod legend;
mod lines;
mod naming;
mod scene;
pub(super) mod text;

pub use canvas::escape;

use super::clean::{Curve, curves, describe, empty_words, spans, sweep};
use super::scale::{Span, Ticks};
use super::{Figure, Kind, Line};
use canvas::{Anchor, Canvas, num};
pub(super) use naming::Naming;

/// The width of one column of an IEEE journal, 3.5 inch.
const WIDTH: f64 = 252.0;

/// The height of a figure.
const HEIGHT: f64 = 186.0;

/// The least height of a frame: a figure that leaves less is taller than others.
const LEAST_FRAME: f64 = 108.0;

/// The size of numbers and captions.
const TYPE: f64 = 8.0;

/// The size of names in the legend and in the picture.
const SMALL: f64 = 7.0;

/// From one line of text to the next.
const LEADING: f64 = 1.15;

/// A rectangle, its origin at the top left.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Box2 {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Box2 {
    fn right(&self) -> f64 {
        self.x + self.width
    }

    fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The same, larger by `by` on every side.
    fn grown(&self, by: f64) -> Self {
        let (width, height) = (self.width + 2.0 * by, self.height + 2.0 * by);
        Self { x: self.x - by, y: self.y - by, width, height }
    }

    fn meets(&self, other: &Self) -> bool {
        let across = self.x < other.right() && other.x < self.right();
        across && self.y < other.bottom() && other.y < self.bottom()
    }

    fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.x..=self.right()).contains(&x) && (self.y..=self.bottom()).contains(&y)
    }
}

/// Where values are on paper: the frame, and the limits of its two axes.
#[derive(Debug, Clone, Copy)]
struct Place {
    frame: Box2,
    x: Span,
    y: Span,
}

impl Place {
    /// A point on paper. Far outside the frame it is held near, since viewers keep coordinates in
    /// single precision.
    fn point(&self, x: f64, y: f64) -> (f64, f64) {
        let (across, up) = (self.x.place(x), self.y.place(y));
        let near = |v: f64| {
            if v.is_nan() { 0.0 } else { v.clamp(-20.0, 21.0) }
        };
        let down = 1.0 - near(up);
        (self.frame.x + near(across) * self.frame.width, self.frame.y + down * self.frame.height)
    }
}

/// The whole document.
pub(super) fn draw(figure: &Figure) -> String {
    let (content, height) = match &figure.kind {
        Kind::Lines(lines) | Kind::Cdf(lines) => draw_lines(figure, lines),
        Kind::Heat(surface) => heat::draw(figure, surface),
        Kind::Scene(places) => scene::draw(figure, places),
    };
    let (width, height) = (num(WIDTH), num(height));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{}\">\n",
        text::FONTS
    );
    out.push_str(&format!("<title>{}</title>\n", escape(&figure.title)));
    out.push_str(&format!("<desc>{}</desc>\n", escape(&describe(figure))));
    out.push_str(&format!("<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"));
    out.push_str(&content.finish());
    out.push_str("</svg>\n");
    out
}

/// How the curves are named and where. Also asked by the pgfplots writer, so that both figures look
/// alike.
pub(super) fn naming(figure: &Figure, curves: &[Curve<'_>]) -> Naming {
    naming::choose(figure, curves).0
}

/// The frame of curves, with room around it.
fn axes(figure: &Figure, curves: &[Curve<'_>], sides: frame::Sides) -> frame::Axes {
    let sweep = sweep(figure, curves);
    let taken = absent::height(curves);
    let sides = frame::Sides { above: sides.above + taken, taken, ..sides };
    frame::Axes::new(figure, spans(figure, curves), (&sweep, &[]), sides)
}

/// Curves in a frame, with their names; and the height of it all.
fn draw_lines(figure: &Figure, lines: &[Line]) -> (Canvas, f64) {
    let (curves, _) = curves(figure, lines);
    let (naming, axes) = naming::choose(figure, &curves);
    let mut canvas = Canvas::default();
    axes.grid(&mut canvas);
    lines::Drawn::new(figure, &curves, &axes.place).paint(&mut canvas, &axes.place);
    axes.outline(&mut canvas);
    absent::paint(&mut canvas, &curves, &axes.place);
    let taken = absent::height(&curves) + axes.factor_height();
    naming.paint(&mut canvas, &curves, &axes.place, taken);
    if curves.iter().all(|curve| curve.points.is_empty()) {
        no_data(&mut canvas, axes.place.frame, figure);
    }
    (canvas, axes.height)
}

/// The frame of a figure of curves as left, top, width and height, and its limits.
#[cfg(test)]
pub(super) fn frame_of(figure: &Figure, lines: &[Line]) -> ([f64; 4], Span, Span) {
    let (curves, _) = curves(figure, lines);
    let place = naming::choose(figure, &curves).1.place;
    let frame = place.frame;
    ([frame.x, frame.y, frame.width, frame.height], place.x, place.y)
}

/// The words in an empty frame.
fn no_data(canvas: &mut Canvas, frame: Box2, figure: &Figure) {
    let (x, y) = (frame.x + frame.width / 2.0, frame.y + frame.height / 2.0);
    canvas.text((x, y), TYPE, Anchor::Middle, &super::scale::Label::plain(empty_words(figure)));
}

/// Ticks whose labels, at `size` per label along an axis of `length`, do not touch.
fn fitting(span: &Span, length: f64, sweep: &[f64], size: impl Fn(&Ticks) -> f64) -> Ticks {
    let fits = |ticks: &Ticks| {
        let places: Vec<f64> =
            ticks.ticks.iter().filter(|t| t.label.is_some()).map(|t| span.place(t.at)).collect();
        let gaps = places.windows(2).map(|pair| (pair[1] - pair[0]) * length);
        gaps.fold(f64::INFINITY, f64::min) >= size(ticks)
    };
    let tried = (2..=9).rev().map(|most| Ticks::new(span, most, sweep));
    let mut tried = tried.skip_while(|ticks| !fits(ticks));
    tried.next().unwrap_or_else(|| Ticks::new(span, 2, &[]))
}
