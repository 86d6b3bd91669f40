//! How wide text is.
//!
//! SVG is laid out by whoever shows it, with whatever fonts they have; but margins and the legend's
//! box must be decided here. The widths are those of Times, which Times New Roman, Liberation Serif,
//! Nimbus Roman and TeX Gyre Termes share by design; the fonts named are these.

use super::LEADING;
use crate::scale::Label;
use crate::symbols::{Level, pieces};

/// The typefaces asked for, in order.
pub(super) const FONTS: &str =
    "'Times New Roman', Times, 'Liberation Serif', 'Nimbus Roman', 'TeX Gyre Termes', serif";

/// Size of a raised exponent, in sizes of its base.
pub(super) const RAISED_SIZE: f64 = 0.7;

/// How far an index is lowered, in sizes of its base.
pub(super) const LOWERED: f64 = 0.2;

/// How far it is raised, in sizes of its base.
pub(super) const RAISED_UP: f64 = 0.36;

/// Widths of the printable ASCII characters in thousandths of the type size.
const ASCII: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250,
    278, // space to /
    500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, // 0 to ?
    921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722, // @ to O
    556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, // P to _
    333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, // ` to o
    500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541, // p to ~
];

/// The width of a text at a size, its symbols as they are set.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    if !text.contains('$') {
        return bare_width(text, size);
    }
    let one = |piece: crate::symbols::Piece| match piece.level {
        Level::Line => bare_width(&piece.text, size),
        _ => bare_width(&piece.text, RAISED_SIZE * size),
    };
    pieces(text).into_iter().map(one).sum()
}

/// The width of letters at a size.
pub(crate) fn bare_width(text: &str, size: f64) -> f64 {
    let one = |c: char| match u32::from(c) {
        code @ 32..=126 => ASCII[(code - 32) as usize],
        0xa0 => ASCII[0],
        code if code >= 0x1100 => {
            if matches!(c, '−' | '×' | '–') {
                564
            } else {
                1000
            }
        }
        _ => 600,
    };
    text.chars().map(|c| f64::from(one(c))).sum::<f64>() * size / 1000.0
}

/// The width of a label at a size.
pub(super) fn label_width(label: &Label, size: f64) -> f64 {
    width(&label.text, size) + bare_width(&label.raised, RAISED_SIZE * size)
}

/// The height of so many lines.
pub(super) fn height(lines: usize, size: f64) -> f64 {
    lines as f64 * size * LEADING
}

/// A text in lines no wider than `room`, broken between words, and within a word only if that word
/// alone is too wide. Lines are about equally long: a unit alone on the last one looks lost.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = filled(text, size, room);
    let longest = text.split_whitespace().map(|word| width(word, size)).fold(0.0, f64::max);
    let mut narrower = 0.95 * room;
    while lines.len() > 1 && narrower >= longest {
        let next = filled(text, size, narrower);
        if next.len() > lines.len() {
            break;
        }
        lines = next;
        narrower *= 0.95;
    }
    lines
}

/// The same with every line as full as it can be.
fn filled(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size) <= room {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            let mut longer = line.clone();
            longer.push(c);
            if width(&longer, size) > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
