//! How curves are told apart: by colour, by marker and by dashes, all three at once.
//!
//! Any one of them is lost somewhere — colours on a grey printer or to one man in twelve, markers
//! on a dense curve, dashes on a steep one — so none of them carries the meaning alone.

use super::Line;

/// The colours of Okabe and Ito, which people with every common colour blindness tell apart, in an
/// order that begins with the darkest; their yellow is left out, since it fades on white paper.
pub(super) const COLOURS: [&str; 7] =
    ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];

/// The ink of a kind of curves in a legend, where colours stand for something else.
pub(super) const INK: &str = "#000000";

/// The grey of what is only compared with.
pub(super) const REFERENCE_COLOUR: &str = "#595959";

/// Lengths of dashes and gaps, in points; empty is a solid line.
const DASHES: [&[f64]; 6] = [
    &[],
    &[4.5, 1.8],
    &[5.5, 1.6, 1.2, 1.6],
    &[1.4, 1.5],
    &[8.0, 2.0],
    &[5.5, 1.5, 1.2, 1.5, 1.2, 1.5],
];

/// Dashes of reference lines: none is solid, so that none is mistaken for a result.
const REFERENCE_DASHES: [&[f64]; 3] = [&[3.0, 2.0], &[1.0, 1.6], &[6.0, 1.6, 1.0, 1.6]];

/// Curves with more points than this carry markers only now and then.
const MARK_ALL: usize = 16;

/// About how many markers such a curve carries.
const MARK_SOME: usize = 9;

/// The most points at which intervals are drawn as bars; beyond, as bands.
const BAR_POINTS: usize = 12;

/// The shape at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
    Down,
    Cross,
    Plus,
    Star,
}

const SHAPES: [Shape; 8] = [
    Shape::Circle,
    Shape::Square,
    Shape::Triangle,
    Shape::Diamond,
    Shape::Down,
    Shape::Cross,
    Shape::Plus,
    Shape::Star,
];

/// How one curve looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub(super) colour: &'static str,
    pub(super) dashes: &'static [f64],
    /// Its marker, and whether it is filled with the colour; none for a reference.
    pub(super) marker: Option<(Shape, bool)>,
    /// Whether a line joins its points; printed numbers have none, and a larger marker.
    pub(super) joined: bool,
}

/// The markers of printed numbers: open, so that what they are compared with shows through.
const PRINTED: [Shape; 3] = [Shape::Cross, Shape::Plus, Shape::Star];

/// The looks of all curves of a figure, given which of them are references or printed numbers, and
/// which have a place of their own. Printed numbers have the colour of that place, else black.
pub(super) fn styles<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<Style> {
    let (mut results, mut compared, mut printed) = (0, 0, 0);
    let one = |line: &Line| {
        if line.reference {
            compared += 1;
            let dashes = REFERENCE_DASHES[(compared - 1) % REFERENCE_DASHES.len()];
            return Style { colour: REFERENCE_COLOUR, dashes, marker: None, joined: true };
        }
        if line.printed {
            printed += 1;
            let marker = Some((PRINTED[(printed - 1) % PRINTED.len()], false));
            let colour = line.place.map_or("#000000", |k| COLOURS[k % COLOURS.len()]);
            return Style { colour, dashes: &[], marker, joined: false };
        }
        let k = line.factors.as_ref().map(|of| of.kind.0).or(line.place).unwrap_or(results);
        let coloured = line.factors.as_ref().map_or(k, |of| of.value.0);
        results += 1;
        // 7 colours and 8 shapes have no common divisor: 56 curves before a pair repeats.
        let marker = Some((SHAPES[k % SHAPES.len()], k % 2 == 1));
        let (colour, dashes) = (COLOURS[coloured % COLOURS.len()], DASHES[k % DASHES.len()]);
        Style { colour, dashes, marker, joined: true }
    };
    lines.into_iter().map(one).collect()
}

/// Which points of a curve carry a marker: every `.0`-th, beginning with number `.1`.
///
/// Curves begin at different points, so that markers of curves that lie on each other do not.
pub(super) fn marked(points: usize, curve: usize, curves: usize) -> (usize, usize) {
    if points <= MARK_ALL {
        return (1, 0);
    }
    let every = points.div_ceil(MARK_SOME);
    (every, every * (2 * curve + 1) / (2 * curves.max(1)))
}

/// Whether intervals are bars (few points, each one legible) or bands.
pub(super) fn intervals_are_bars(points: usize) -> bool {
    points <= BAR_POINTS
}
