//! The frame: grid, ticks on all four sides, numbers and captions.

use super::canvas::{Anchor, Canvas, num};
use super::text::{self, label_width, wrap};
use super::{Box2, HEIGHT, LEADING, LEAST_FRAME, Place, TYPE, WIDTH, fitting};
use crate::scale::{Label, Span, Tick, Ticks};
use crate::{Axis, Figure};

/// Between numbers, captions and the frame.
pub(super) const GAP: f64 = 3.0;

/// Around everything.
pub(super) const MARGIN: f64 = 3.0;

/// Length of a labelled tick; an unlabelled one has half of it.
const TICK: f64 = 3.2;

/// From the frame to the numbers beside it: a marker on the frame must not touch them.
const NUMBER_GAP: f64 = 4.2;

/// Room for the power of ten of the horizontal axis beside its caption.
const FACTOR: f64 = 24.0;

/// Between the words of two kinds side by side.
const KIND_GAP: f64 = 5.0;

/// More unlabelled ticks than this have no grid lines: they would be a grey wash.
const MOST_WEAK: usize = 36;

/// What is outside the frame besides its own numbers and captions.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sides {
    /// Room to leave at the right.
    pub(super) right: f64,
    /// Room to leave above, and how much of it is right above the frame.
    pub(super) above: f64,
    pub(super) taken: f64,
    /// Whether ticks point outward, because what is inside would hide them.
    pub(super) outward: bool,
    /// Whether something beside the frame has a power of ten above it, as an axis may.
    pub(super) factor: bool,
}

/// Both axes of a figure, laid out.
#[derive(Debug)]
pub(super) struct Axes {
    pub(super) place: Place,
    /// The height of the document.
    pub(super) height: f64,
    outward: bool,
    x_ticks: Ticks,
    y_ticks: Ticks,
    x_caption: Vec<String>,
    y_caption: Vec<String>,
    /// Height of what stands between the frame and its power of ten.
    taken: f64,
}

impl Axes {
    /// Lays out the frame for the limits of both axes; `sweep` are the values that make good ticks
    /// along them.
    pub(super) fn new(
        figure: &Figure,
        (x, y): (Span, Span),
        sweep: (&[f64], &[f64]),
        sides: Sides,
    ) -> Self {
        // What is below the frame takes two lines at least: numbers and a caption.
        let below = |lines: usize| NUMBER_GAP + text::height(1 + lines, TYPE) + 1.5 * MARGIN;
        let tall = (HEIGHT - sides.above - below(1) - MARGIN - LEADING * TYPE).max(LEAST_FRAME);
        let y_ticks = if figure.y.names.is_empty() {
            fitting(&y, tall, sweep.1, |_| 2.0 * TYPE)
        } else {
            kinds(&figure.y.names)
        };
        let y_caption = wrap(&figure.y.caption(), TYPE, tall - TYPE);
        let numbers = widest(&y_ticks);
        let left = MARGIN + text::height(y_caption.len(), TYPE) + GAP + numbers + NUMBER_GAP;

        // The last number may stand out beyond the frame: room for half of the widest.
        let guess = WIDTH - left - MARGIN - sides.right;
        let (x_ticks, x_words) = across(&figure.x, &x, guess, sweep.0);
        let room = MARGIN + (widest(&x_ticks) / 2.0).max(sides.right);
        let width = (WIDTH - left - room).max(WIDTH / 4.0);

        let factor = y_ticks.factor.is_some() || sides.factor;
        let factor_above = if factor { LEADING * TYPE } else { TYPE / 2.0 };
        let top = MARGIN + factor_above + sides.above;
        let aside = if x_ticks.factor.is_some() { 2.0 * FACTOR } else { 0.0 };
        let x_caption = wrap(&x_words, TYPE, width - aside);
        let below = below(x_caption.len());
        let frame =
            Box2 { x: left, y: top, width, height: (HEIGHT - top - below).max(LEAST_FRAME) };
        let height = frame.bottom() + below;
        let (place, outward) = (Place { frame, x, y }, sides.outward);
        Self { place, height, outward, x_ticks, y_ticks, x_caption, y_caption, taken: sides.taken }
    }

    /// What the power of ten of the vertical axis takes above the frame.
    pub(super) fn factor_height(&self) -> f64 {
        if self.y_ticks.factor.is_some() { LEADING * TYPE } else { 0.0 }
    }

    /// The grid, to be drawn below everything else.
    pub(super) fn grid(&self, canvas: &mut Canvas) {
        let frame = self.place.frame;
        let (mut strong, mut weak) = (String::new(), String::new());
        for tick in &self.x_ticks.ticks {
            let x = num(self.place.point(tick.at, self.place.y.low).0);
            let d = if tick.label.is_some() { &mut strong } else { &mut weak };
            d.push_str(&format!("M{x} {}v{}", num(frame.y), num(frame.height)));
        }
        for tick in &self.y_ticks.ticks {
            let y = num(self.place.point(self.place.x.low, tick.at).1);
            let d = if tick.label.is_some() { &mut strong } else { &mut weak };
            d.push_str(&format!("M{} {y}h{}", num(frame.x), num(frame.width)));
        }
        let unlabelled = |ticks: &Ticks| ticks.ticks.iter().filter(|t| t.label.is_none()).count();
        if unlabelled(&self.x_ticks).max(unlabelled(&self.y_ticks)) > MOST_WEAK {
            weak.clear();
        }
        for (d, colour) in [(weak, "#efefef"), (strong, "#dadada")] {
            if !d.is_empty() {
                canvas.path(&d, &[("stroke", colour), ("stroke-width", "0.4"), ("fill", "none")]);
            }
        }
    }

    /// Frame, ticks, numbers and captions, to be drawn above the curves.
    pub(super) fn outline(&self, canvas: &mut Canvas) {
        let ink = [("fill", "none"), ("stroke", "#000"), ("stroke-width", "0.6")];
        canvas.rect(self.place.frame, &ink);
        canvas.path(&self.tick_marks(), &ink);
        canvas.open("g", &[("fill", "#000")]);
        self.x_numbers(canvas);
        self.y_numbers(canvas);
        self.captions(canvas);
        canvas.close("g");
    }

    /// Ticks inward from all four sides, or outward at the two that have numbers.
    fn tick_marks(&self) -> String {
        let frame = self.place.frame;
        let mut d = String::new();
        let length = |tick: &Tick| {
            if tick.label.is_some() { TICK } else { TICK / 2.0 }
        };
        for tick in &self.x_ticks.ticks {
            let x = num(self.place.point(tick.at, self.place.y.low).0);
            let long = length(tick);
            if self.outward {
                d.push_str(&format!("M{x} {}v{}", num(frame.bottom()), num(long)));
                continue;
            }
            d.push_str(&format!("M{x} {}v{}", num(frame.bottom()), num(-long)));
            d.push_str(&format!("M{x} {}v{}", num(frame.y), num(long)));
        }
        for tick in &self.y_ticks.ticks {
            let y = num(self.place.point(self.place.x.low, tick.at).1);
            let long = length(tick);
            if self.outward {
                d.push_str(&format!("M{} {y}h{}", num(frame.x), num(-long)));
                continue;
            }
            d.push_str(&format!("M{} {y}h{}", num(frame.x), num(long)));
            d.push_str(&format!("M{} {y}h{}", num(frame.right()), num(-long)));
        }
        d
    }

    fn x_numbers(&self, canvas: &mut Canvas) {
        let frame = self.place.frame;
        let y = frame.bottom() + NUMBER_GAP + 0.5 * TYPE;
        for (tick, label) in labelled(&self.x_ticks) {
            let x = self.place.point(tick.at, self.place.y.low).0;
            canvas.text((x, y), TYPE, Anchor::Middle, label);
        }
        if let Some(exponent) = self.x_ticks.factor {
            let label = Label { text: "×10".into(), ..Label::power("", exponent) };
            let y = y + TYPE * LEADING;
            canvas.text((frame.right(), y), TYPE, Anchor::End, &label);
        }
    }

    fn y_numbers(&self, canvas: &mut Canvas) {
        let frame = self.place.frame;
        for (tick, label) in labelled(&self.y_ticks) {
            let y = self.place.point(self.place.x.low, tick.at).1;
            canvas.text((frame.x - NUMBER_GAP, y), TYPE, Anchor::End, label);
        }
        if let Some(exponent) = self.y_ticks.factor {
            let label = Label { text: "×10".into(), ..Label::power("", exponent) };
            let y = frame.y - self.taken - 0.7 * TYPE;
            canvas.text((frame.x, y), TYPE, Anchor::Start, &label);
        }
    }

    fn captions(&self, canvas: &mut Canvas) {
        let frame = self.place.frame;
        let line = TYPE * LEADING;
        let mut y = frame.bottom() + NUMBER_GAP + line + 0.5 * TYPE + 0.5 * GAP;
        for words in &self.x_caption {
            let middle = frame.x + frame.width / 2.0;
            canvas.text((middle, y), TYPE, Anchor::Middle, &Label::plain(words));
            y += line;
        }
        let middle = frame.y + frame.height / 2.0;
        upright(canvas, &self.y_caption, (MARGIN + 0.5 * line, middle));
    }
}

/// The ticks of a horizontal axis, and its caption. Words of kinds that do not fit side by side are
/// numbered, and the caption says which is which.
fn across(axis: &Axis, span: &Span, length: f64, sweep: &[f64]) -> (Ticks, String) {
    let caption = axis.caption();
    if axis.names.is_empty() {
        return (fitting(span, length, sweep, |ticks| widest(ticks) + 0.8 * TYPE), caption);
    }
    let named = kinds(&axis.names);
    if (widest(&named) + KIND_GAP) * axis.names.len() as f64 <= length {
        return (named, caption);
    }
    let one = |(k, words): (usize, &String)| format!("{k}: {words}");
    let all: Vec<String> = axis.names.iter().enumerate().map(one).collect();
    let number = |k: usize| Tick { at: k as f64, label: Some(Label::plain(k.to_string())) };
    let ticks = (0..axis.names.len()).map(number).collect();
    (Ticks { ticks, factor: None }, format!("{caption}, {}", all.join(", ")))
}

/// A tick for every kind.
fn kinds(names: &[String]) -> Ticks {
    let tick = |(k, words): (usize, &String)| {
        let label = Some(Label::plain(words));
        Tick { at: k as f64, label }
    };
    Ticks { ticks: names.iter().enumerate().map(tick).collect(), factor: None }
}

/// Lines of text that run upwards, the first of them centred at a point.
pub(super) fn upright(canvas: &mut Canvas, lines: &[String], (x, y): (f64, f64)) {
    for (k, words) in lines.iter().enumerate() {
        let turn =
            format!("translate({} {}) rotate(-90)", num(x + k as f64 * TYPE * LEADING), num(y));
        let label = Label::plain(words);
        canvas.text_with((0.0, 0.0), TYPE, Anchor::Middle, &label, &[("transform", &turn)]);
    }
}

/// The ticks that have words.
pub(super) fn labelled(ticks: &Ticks) -> impl Iterator<Item = (&Tick, &Label)> {
    ticks.ticks.iter().filter_map(|tick| Some((tick, tick.label.as_ref()?)))
}

/// The width of the widest number.
pub(super) fn widest(ticks: &Ticks) -> f64 {
    labelled(ticks).map(|(_, label)| label_width(label, TYPE)).fold(0.0, f64::max)
}
