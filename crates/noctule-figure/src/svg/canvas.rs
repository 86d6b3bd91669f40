//! Writing SVG: elements, attributes, text.

use super::text::{LOWERED, RAISED_SIZE, RAISED_UP};
use crate::scale::Label;
use crate::symbols::{Level, pieces};

/// SVG elements, one after another.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

/// Which part of a text is at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

impl Canvas {
    /// An element without content. Values of attributes are ours and need no escaping.
    pub(super) fn element(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.begin(tag, attributes);
        self.body.push_str("/>\n");
    }

    /// Opens an element.
    pub(super) fn open(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.begin(tag, attributes);
        self.body.push_str(">\n");
    }

    /// Closes an element.
    pub(super) fn close(&mut self, tag: &str) {
        self.body.push_str(&format!("</{tag}>\n"));
    }

    fn begin(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.body.push_str(&format!("<{tag}"));
        for (name, value) in attributes {
            self.body.push_str(&format!(" {name}=\"{value}\""));
        }
    }

    /// A path.
    pub(super) fn path(&mut self, d: &str, attributes: &[(&str, &str)]) {
        let all: Vec<(&str, &str)> =
            [("d", d)].into_iter().chain(attributes.iter().copied()).collect();
        self.element("path", &all);
    }

    /// A rectangle.
    pub(super) fn rect(&mut self, at: super::Box2, attributes: &[(&str, &str)]) {
        let [x, y, width, height] = [at.x, at.y, at.width, at.height].map(num);
        let own = [("x", &*x), ("y", &*y), ("width", &*width), ("height", &*height)];
        let all: Vec<(&str, &str)> = own.into_iter().chain(attributes.iter().copied()).collect();
        self.element("rect", &all);
    }

    /// Opens a region outside of which nothing is drawn; to be closed as `svg`.
    pub(super) fn open_clip(&mut self, at: super::Box2) {
        let [x, y, width, height] = [at.x, at.y, at.width, at.height].map(num);
        let view = format!("{x} {y} {width} {height}");
        let own = [("x", &*x), ("y", &*y), ("width", &*width), ("height", &*height)];
        let all: Vec<(&str, &str)> = own.into_iter().chain([("viewBox", &*view)]).collect();
        self.open("svg", &all);
    }

    /// Text whose middle line is at the point.
    pub(super) fn text(&mut self, at: (f64, f64), size: f64, anchor: Anchor, label: &Label) {
        self.text_with(at, size, anchor, label, &[]);
    }

    /// Text with attributes of its own.
    pub(super) fn text_with(
        &mut self,
        (x, y): (f64, f64),
        size: f64,
        anchor: Anchor,
        label: &Label,
        attributes: &[(&str, &str)],
    ) {
        // Centred by arithmetic: viewers disagree about `dominant-baseline`.
        let (x, y, size_text) = (num(x), num(y + 0.33 * size), num(size));
        let own =
            [("x", &*x), ("y", &*y), ("font-size", &*size_text), ("text-anchor", anchor.name())];
        // Some viewers lose the space behind an index, which no break alone keeps.
        let kept = label.text.contains('$').then_some(("xml:space", "preserve"));
        let all = own.into_iter().chain(kept).chain(attributes.iter().copied());
        self.begin("text", &all.collect::<Vec<(&str, &str)>>());
        self.body.push('>');
        self.words(&label.text, size);
        if !label.raised.is_empty() {
            let (up, small) = (num(-RAISED_UP * size), num(RAISED_SIZE * size));
            let raised = escape(&label.raised);
            self.body
                .push_str(&format!("<tspan dy=\"{up}\" font-size=\"{small}\">{raised}</tspan>"));
        }
        self.body.push_str("</text>\n");
    }

    /// Words with their symbols, within a text.
    fn words(&mut self, text: &str, size: f64) {
        let mut lowered = 0.0;
        for piece in pieces(text) {
            let (down, small) = match piece.level {
                Level::Line => (0.0, false),
                Level::Low => (LOWERED * size, true),
                Level::High => (-RAISED_UP * size, true),
            };
            let mut tags = String::new();
            if (down - lowered).abs() > 0.0 {
                tags.push_str(&format!(" dy=\"{}\"", num(down - lowered)));
            }
            if small {
                tags.push_str(&format!(" font-size=\"{}\"", num(RAISED_SIZE * size)));
            }
            if piece.italic {
                tags.push_str(" font-style=\"italic\"");
            }
            // Some viewers lose a space at the beginning of a stretch.
            let words = match piece.text.strip_prefix(' ').filter(|_| !tags.is_empty()) {
                Some(rest) => format!("\u{a0}{}", escape(rest)),
                None => escape(&piece.text),
            };
            self.body.push_str(&match tags.is_empty() {
                true => words,
                false => format!("<tspan{tags}>{words}</tspan>"),
            });
            lowered = down;
        }
    }

    /// Everything drawn.
    pub(super) fn finish(self) -> String {
        self.body
    }
}

/// A length in hundredths of a point, without trailing zeros.
pub(super) fn num(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Straight lines through points, as path data.
pub(super) fn polyline(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (k, (x, y)) in points.iter().enumerate() {
        d.push_str(if k == 0 { "M" } else { "L" });
        d.push_str(&format!("{} {}", num(*x), num(*y)));
    }
    d
}

/// Text as XML and HTML carry it, in content and in quoted attributes. Characters that XML cannot
/// carry at all become U+FFFD.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
