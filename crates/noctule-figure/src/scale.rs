//! Where values go: the limits of an axis, and its ticks.
//!
//! Limits come in two fits. Cells of a surface are [`Fit::Tight`]: they fill the frame. All else is
//! [`Fit::Clear`]: the data keep a little distance from the frame on every side, so that no marker
//! and no cap of a bar lies on it. Limits are not rounded: ticks are.

use super::{Axis, Scale};

/// Values nearer to each other than this share of their size are drawn as one.
const RESOLUTION: f64 = 1e-9;

/// How far the data stay from the frame, in shares of what they span.
const CLEAR: f64 = 0.05;

/// No axis has more labelled ticks than this.
const MOST_TICKS: usize = 50;

/// Below this a number begins to lose its digits, and counts as zero.
const SMALLEST: f64 = 1e-300;

/// How limits follow the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// They are the smallest and the largest value.
    Tight,
    /// They are a little beyond them.
    Clear,
}

/// An axis with its limits decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether only whole numbers were seen: ticks between them would mean nothing.
    pub(super) whole: bool,
}

impl Span {
    /// The limits for `values`, or those the author asks for.
    pub(super) fn new(axis: &Axis, values: impl IntoIterator<Item = f64>, fit: Fit) -> Self {
        let scale = axis.scale;
        let values: Vec<f64> = values.into_iter().filter(|v| scale.admits(*v)).collect();
        let all_whole = !values.is_empty() && values.iter().all(|v| v.fract() == 0.0);
        let (low, high) = match (wanted(axis), extent(values.into_iter())) {
            (Some(range), _) => range,
            (None, None) if scale == Scale::Log => (0.1, 1.0),
            (None, None) => (0.0, 1.0),
            (None, Some((low, high))) if is_one(low, high) => around(low, scale),
            (None, Some(range)) if fit == Fit::Tight => range,
            (None, Some(range)) => clear(range, scale),
        };
        // Where means of counts lie closer than that, whole ticks would be too few to tell a scale.
        let whole = all_whole || (axis.whole && high - low >= 2.0);
        Self { scale, low, high, whole: whole && scale == Scale::Linear }
    }

    /// The place of a value: 0 at the lower limit, 1 at the upper.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log => (value / self.low).log10() / (self.high / self.low).log10(),
        }
    }

    /// Whether a value lies within the limits (and a hair around them, for rounding).
    pub(super) fn contains(&self, value: f64) -> bool {
        self.scale.admits(value) && (-1e-6..=1.0 + 1e-6).contains(&self.place(value))
    }
}

/// The smallest and the largest value.
pub(super) fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .fold(None, |seen, v| Some(seen.map_or((v, v), |(a, b): (f64, f64)| (a.min(v), b.max(v)))))
}

/// The borders of cells around their centres: half way to the next, on the scale of the axis.
/// Centres without a place have no cells: borders are then empty.
pub(super) fn cell_edges(centres: &[f64], scale: Scale) -> Vec<f64> {
    let increasing = centres.windows(2).all(|pair| pair[0] < pair[1]);
    if centres.is_empty() || !increasing || !centres.iter().all(|c| scale.admits(*c)) {
        return Vec::new();
    }
    let log = scale == Scale::Log;
    let to = |v: f64| if log { v.log10() } else { v };
    let back = |v: f64| if log { 10f64.powf(v) } else { v };
    let at: Vec<f64> = centres.iter().map(|c| to(*c)).collect();
    let (first, last) = (at[0], at[at.len() - 1]);
    let (before, after) = match at.len() {
        1 => (1.0, 1.0),
        n => (at[1] - first, last - at[n - 2]),
    };
    let between = at.windows(2).map(|pair| pair[0] + (pair[1] - pair[0]) / 2.0);
    let all = [first - before / 2.0].into_iter().chain(between).chain([last + after / 2.0]);
    all.map(back).collect()
}

/// The limits an author asks for, if they can be used.
fn wanted(axis: &Axis) -> Option<(f64, f64)> {
    let (a, b) = axis.range?;
    let usable = axis.scale.admits(a) && axis.scale.admits(b) && !is_one(a, b);
    usable.then(|| (a.min(b), a.max(b)))
}

/// Whether two limits are too near for an axis between them.
fn is_one(low: f64, high: f64) -> bool {
    (high - low).abs() <= (RESOLUTION * low.abs().max(high.abs())).max(SMALLEST)
}

/// Limits around a single value.
fn around(value: f64, scale: Scale) -> (f64, f64) {
    match scale {
        Scale::Log => (value / 2.5, value * 2.5),
        Scale::Linear if value.abs() <= SMALLEST => (-1.0, 1.0),
        Scale::Linear => (value - 0.1 * value.abs(), value + 0.1 * value.abs()),
    }
}

/// Limits a little beyond the data.
fn clear((low, high): (f64, f64), scale: Scale) -> (f64, f64) {
    match scale {
        Scale::Linear => (low - CLEAR * (high - low), high + CLEAR * (high - low)),
        Scale::Log => {
            let by = CLEAR * (high / low).log10();
            let power = |exponent: f64| 10f64.powf(exponent.clamp(-305.0, 305.0));
            (power(low.log10() - by), power(high.log10() + by))
        }
    }
}

/// A step of 1, 2, 2.5 or 5 times a power of ten that divides `span` into at most `most` parts; of
/// whole numbers, if asked for.
fn nice_step(span: f64, most: usize, whole: bool) -> f64 {
    let raw = span / most.max(1) as f64;
    let raw = if whole { raw.max(1.0) } else { raw };
    let magnitude = 10f64.powf(raw.log10().floor());
    let enough = |m: &&f64| **m * magnitude >= raw * (1.0 - 1e-9);
    let steps = [1.0, 2.0, 2.5, 5.0];
    let allowed = steps.iter().filter(|m| !whole || (**m * magnitude).fract() == 0.0);
    allowed.clone().find(enough).copied().unwrap_or(10.0) * magnitude
}

/// The words at a tick: a text and what is raised behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) raised: String,
}

impl Label {
    /// A label without an exponent.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), raised: String::new() }
    }

    /// `front × 10^exponent`, or the bare power when `front` is empty.
    pub(super) fn power(front: &str, exponent: i32) -> Self {
        let text = if front.is_empty() { "10".to_owned() } else { format!("{front}×10") };
        Self { text, raised: minus(exponent.to_string()) }
    }
}

/// A tick: where, and its words; a minor tick has none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: Option<Label>,
}

/// The ticks of an axis, and the power of ten taken out of all its labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Ticks {
    pub(super) ticks: Vec<Tick>,
    pub(super) factor: Option<i32>,
}

impl Ticks {
    /// At most about `most` labelled ticks. `sweep` holds the values the axis was swept over: when
    /// they are few and even (in steps or, on a logarithmic axis, in ratios), they are the ticks a
    /// reader looks for.
    pub(super) fn new(span: &Span, most: usize, sweep: &[f64]) -> Self {
        match span.scale {
            Scale::Log => doubling(sweep, most).unwrap_or_else(|| log_ticks(span, most)),
            Scale::Linear => {
                let (at, step) = even(sweep, most).unwrap_or_else(|| rounds(span, most));
                linear_labels(&at, step)
            }
        }
    }
}

/// The sweep itself, when it makes good ticks: few, evenly spaced, and short to write.
fn even(sweep: &[f64], most: usize) -> Option<(Vec<f64>, f64)> {
    let (first, second) = (*sweep.first()?, *sweep.get(1)?);
    let step = second - first;
    let straight = |(k, v): (usize, &f64)| (v - first - k as f64 * step).abs() < 1e-6 * step;
    let short = decimals(step) <= 2 && decimals(first) <= 2;
    let good = step > 0.0 && sweep.len() >= 3 && sweep.len() <= most + 1 && short;
    (good && sweep.iter().enumerate().all(straight)).then(|| (sweep.to_vec(), step))
}

/// Whether values are two or fewer, or in equal steps or equal ratios.
pub(super) fn is_even(values: &[f64]) -> bool {
    let same = |of: fn(f64, f64) -> f64| {
        let steps: Vec<f64> = values.windows(2).map(|pair| of(pair[0], pair[1])).collect();
        steps.windows(2).all(|pair| (pair[1] - pair[0]).abs() <= 1e-6 * pair[0].abs())
    };
    values.len() < 3 || same(|a, b| b - a) || (values[0] > 0.0 && same(|a, b| b / a))
}

/// A logarithmic sweep itself, when it makes good ticks: 16, 32, 64, ... and the like.
fn doubling(sweep: &[f64], most: usize) -> Option<Ticks> {
    let ratio = sweep.get(1)? / sweep.first()?;
    let steady = sweep.windows(2).all(|pair| (pair[1] / pair[0] - ratio).abs() < 1e-6 * ratio);
    let short = sweep.iter().all(|v| decimals(*v) <= 2 && *v < 1e5);
    let good = steady && short && sweep.len() >= 3 && sweep.len() <= most + 1 && ratio < 9.0;
    let word = |v: f64| Label::plain(format!("{v:.digits$}", digits = decimals(v)));
    let tick = |v: &f64| Tick { at: *v, label: Some(word(*v)) };
    good.then(|| Ticks { ticks: sweep.iter().map(tick).collect(), factor: None })
}

/// Round values within the limits.
fn rounds(span: &Span, most: usize) -> (Vec<f64>, f64) {
    let step = nice_step(span.high - span.low, most, span.whole);
    let (first, last) = ((span.low / step - 1e-9).ceil(), (span.high / step + 1e-9).floor());
    // The bound holds by construction, but not where numbers are so small that they lose digits.
    let count = ((last - first).max(0.0) as usize).min(MOST_TICKS);
    ((0..=count).map(|k| (first + k as f64) * step).collect(), step)
}

/// How many digits behind the point a number needs, up to 12.
fn decimals(value: f64) -> usize {
    (0..12)
        .find(|d| {
            let scaled = value * 10f64.powi(*d);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-6)
        })
        .map_or(12, |d| d as usize)
}

/// Words for the ticks of a linear axis: the same number of digits on all of them, and large or
/// small powers of ten taken out.
fn linear_labels(at: &[f64], step: f64) -> Ticks {
    let largest = at.iter().fold(step, |m, v| m.max(v.abs()));
    let exponent = largest.log10().floor() as i32;
    let factor = (!(-2..=4).contains(&exponent)).then_some(exponent);
    let unit = 10f64.powi(factor.unwrap_or(0));
    let offset = at.first().copied().unwrap_or(0.0);
    let digits = decimals(step / unit).max(decimals(offset / unit));
    let word = |v: f64| Label::plain(minus(format!("{:.digits$}", v / unit)));
    let ticks = at.iter().map(|v| Tick { at: *v, label: Some(word(*v)) }).collect();
    Ticks { ticks, factor }
}

/// Ticks of a logarithmic axis: decades where there are enough of them, else 1-2-5, else every
/// whole mantissa, else round numbers. At least two have words: one alone tells no scale.
fn log_ticks(span: &Span, most: usize) -> Ticks {
    let (first, last) = (span.low.log10(), span.high.log10());
    let (from, to) = ((first - 1e-6).ceil() as i32, (last + 1e-6).floor() as i32);
    let decades = (to - from + 1).max(0) as usize;
    if decades >= 3 || (decades == 2 && last - first > 1.5) {
        return Ticks { ticks: decade_ticks(span, from, to, most), factor: None };
    }
    let steps: [&[u8]; 4] = [&[1, 2, 5], &[1, 3], &[1, 5], &[1, 2, 3, 4, 5, 6, 7, 8, 9]];
    for least in [3, 2] {
        for mantissas in steps {
            let ticks = mantissa_ticks(span, from, to, mantissas);
            let labelled = ticks.ticks.iter().filter(|t| t.label.is_some()).count();
            if (least..=(most + 1).max(2)).contains(&labelled) {
                return ticks;
            }
        }
    }
    let mut tried = (most.clamp(3, 5)..=9).map(|most| rounds(span, most));
    let (at, step) = tried.find(|(at, _)| at.len() >= 2).unwrap_or_else(|| rounds(span, 9));
    linear_labels(&at, step)
}

/// Labelled decades, as many as fit, with unlabelled ticks between them.
fn decade_ticks(span: &Span, from: i32, to: i32, most: usize) -> Vec<Tick> {
    let stride = (to - from + 1).unsigned_abs().div_ceil(most.max(2) as u32).max(1) as i32;
    let fine = if stride == 1 { 2..10 } else { 0..0 };
    let mut ticks = Vec::new();
    for exponent in from - 1..=to {
        let decade = 10f64.powi(exponent);
        if exponent >= from {
            let label = ((exponent - from) % stride == 0).then(|| Label::power("", exponent));
            ticks.push(Tick { at: decade, label });
        }
        let inner = fine.clone().map(|m| f64::from(m) * decade).filter(|v| span.contains(*v));
        ticks.extend(inner.map(|at| Tick { at, label: None }));
    }
    ticks
}

/// Ticks labelled at the given mantissas of each decade, unlabelled at the others. All labels of an
/// axis are written alike: plainly, or with one power of ten taken out of all.
fn mantissa_ticks(span: &Span, from: i32, to: i32, mantissas: &[u8]) -> Ticks {
    let all = (from - 1..=to).flat_map(|exponent| (1..10).map(move |m: u8| (m, exponent)));
    let value = |m: u8, exponent: i32| f64::from(m) * 10f64.powi(exponent);
    let inside: Vec<_> = all.filter(|(m, exponent)| span.contains(value(*m, *exponent))).collect();
    let worded: Vec<i32> =
        inside.iter().filter(|(m, _)| mantissas.contains(m)).map(|(_, e)| *e).collect();
    let (least, most) = (worded.iter().min().copied(), worded.iter().max().copied());
    let plain = least.is_none_or(|e| e >= -3) && most.is_none_or(|e| e <= 4);
    let factor = least.filter(|_| !plain);
    let words = |m: u8, exponent: i32| {
        let shown = exponent - factor.unwrap_or(0);
        let digits = (-shown).max(0) as usize;
        Label::plain(format!("{:.digits$}", value(m, shown)))
    };
    let tick = |(m, exponent): &(u8, i32)| Tick {
        at: value(*m, *exponent),
        label: mantissas.contains(m).then(|| words(*m, *exponent)),
    };
    Ticks { ticks: inside.iter().map(tick).collect(), factor }
}

/// A number with a minus sign instead of a hyphen, and no negative zero.
pub(super) fn minus(number: String) -> String {
    match number.strip_prefix('-') {
        Some(rest) if rest.chars().any(|c| ('1'..='9').contains(&c)) => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => number,
    }
}
