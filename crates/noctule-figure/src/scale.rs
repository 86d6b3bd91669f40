//! Where values go: the limits of an axis, and its ticks.
//!
//! Limits come in two fits. A swept quantity is [`Fit::Tight`]: the figure begins and ends where
//! the sweep does. A measured one is [`Fit::Loose`]: limits move out to a round number, unless that
//! would leave a band of empty paper (on a logarithmic axis, an empty decade), or to a little past
//! the data where a curve would otherwise lie on the frame.

use super::{Axis, Scale};

/// Values nearer to each other than this share of their size are drawn as one.
const RESOLUTION: f64 = 1e-9;

/// The whole numbers of a decade, with the one it ends at.
const MANTISSAS: [f64; 10] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];

/// No axis has more labelled ticks than this.
const MOST_TICKS: usize = 50;

/// Below this a number begins to lose its digits, and counts as zero.
const SMALLEST: f64 = 1e-300;

/// How limits follow the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// They are the smallest and the largest value.
    Tight,
    /// They are round numbers around them.
    Loose,
}

/// An axis with its limits decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) scale: Scale,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Span {
    /// The limits for `values`, or those the author asks for.
    pub(super) fn new(axis: &Axis, values: impl IntoIterator<Item = f64>, fit: Fit) -> Self {
        let scale = axis.scale;
        let data = extent(values.into_iter().filter(|v| scale.admits(*v)));
        let (low, high) = match (wanted(axis), data) {
            (Some(range), _) => range,
            (None, None) => {
                if scale == Scale::Log {
                    (0.1, 1.0)
                } else {
                    (0.0, 1.0)
                }
            }
            (None, Some((low, high))) if is_one(low, high) => around(low, scale),
            (None, Some(range)) if fit == Fit::Tight => range,
            (None, Some(range)) if scale == Scale::Linear => loose(range),
            (None, Some(range)) => loose_log(range),
        };
        Self { scale, low, high }
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
        Scale::Log => loose_log((value / 2.0, value * 2.0)),
        Scale::Linear if value.abs() <= SMALLEST => (-1.0, 1.0),
        Scale::Linear => loose((value - 0.1 * value.abs(), value + 0.1 * value.abs())),
    }
}

/// Round limits around the data of a linear axis.
fn loose((low, high): (f64, f64)) -> (f64, f64) {
    let span = high - low;
    let step = nice_step(span, 5);
    let snap = |value: f64, outward: f64| {
        let round =
            if outward < 0.0 { (value / step).floor() } else { (value / step).ceil() } * step;
        let waste = (round - value).abs();
        let on_frame = waste < 0.01 * span && value != 0.0;
        let padded = value + outward * 0.06 * span;
        // A padding must not suggest that a quantity that is never negative could be.
        let crosses_zero = (value > 0.0) != (padded > 0.0) && value != 0.0;
        match (on_frame || waste > 0.7 * step, crosses_zero) {
            (false, _) => round,
            (true, true) => 0.0,
            (true, false) => padded,
        }
    };
    (snap(low, -1.0), snap(high, 1.0))
}

/// Round limits around the data of a logarithmic axis.
fn loose_log((low, high): (f64, f64)) -> (f64, f64) {
    let (from, to) = (low.log10(), high.log10());
    let span = to - from;
    let snap = |value: f64, outward: f64| {
        // Distance outward to the next whole decade, and the place of the next round mantissa.
        let (decade, part) = (value.floor(), value - value.floor());
        // Over less than a decade, every whole mantissa is a round number.
        let mantissas: &[f64] = if span < 1.0 { &MANTISSAS } else { &[1.0, 2.0, 5.0, 10.0] };
        let stops: Vec<f64> = mantissas.iter().map(|m| m.log10()).collect();
        let (whole, near) = if outward < 0.0 {
            (part, stops.iter().rev().find(|s| **s <= part + 1e-12).copied().unwrap_or(0.0))
        } else if part == 0.0 {
            (0.0, 0.0)
        } else {
            (1.0 - part, stops.iter().find(|s| **s >= part - 1e-12).copied().unwrap_or(1.0))
        };
        let full = if outward < 0.0 { decade } else { value.ceil() };
        let chosen = if whole <= 0.5 * span.min(1.0) { full } else { decade + near };
        if (chosen - value).abs() < 0.01 * span { value + outward * 0.05 * span } else { chosen }
    };
    (10f64.powf(snap(from, -1.0)), 10f64.powf(snap(to, 1.0)))
}

/// A step of 1, 2, 2.5 or 5 times a power of ten that divides `span` into at most `most` parts.
pub(super) fn nice_step(span: f64, most: usize) -> f64 {
    let raw = span / most.max(1) as f64;
    let magnitude = 10f64.powf(raw.log10().floor());
    let enough = |m: &&f64| **m * magnitude >= raw * (1.0 - 1e-9);
    [1.0, 2.0, 2.5, 5.0].iter().find(enough).copied().unwrap_or(10.0) * magnitude
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
                let whole = !sweep.is_empty() && sweep.iter().all(|v| v.fract() == 0.0);
                let (at, step) = even(sweep, most).unwrap_or_else(|| rounds(span, most, whole));
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

/// A logarithmic sweep itself, when it makes good ticks: 16, 32, 64, ... and the like.
fn doubling(sweep: &[f64], most: usize) -> Option<Ticks> {
    let ratio = sweep.get(1)? / sweep.first()?;
    let steady = sweep.windows(2).all(|pair| (pair[1] / pair[0] - ratio).abs() < 1e-6 * ratio);
    let short = sweep.iter().all(|v| v.fract() == 0.0 && *v < 1e5);
    let good = steady && short && sweep.len() >= 3 && sweep.len() <= most + 1 && ratio < 9.0;
    let tick = |v: &f64| Tick { at: *v, label: Some(Label::plain(format!("{v:.0}"))) };
    good.then(|| Ticks { ticks: sweep.iter().map(tick).collect(), factor: None })
}

/// Round values within the limits.
fn rounds(span: &Span, most: usize, whole: bool) -> (Vec<f64>, f64) {
    let mut step = nice_step(span.high - span.low, most);
    if whole && span.high - span.low >= 1.0 {
        step = step.max(1.0).ceil();
    }
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
    let factor = (!(-3..=4).contains(&exponent)).then_some(exponent);
    let unit = 10f64.powi(factor.unwrap_or(0));
    let offset = at.first().copied().unwrap_or(0.0);
    let digits = decimals(step / unit).max(decimals(offset / unit));
    let word = |v: f64| Label::plain(minus(format!("{:.digits$}", v / unit)));
    let ticks = at.iter().map(|v| Tick { at: *v, label: Some(word(*v)) }).collect();
    Ticks { ticks, factor }
}

/// Ticks of a logarithmic axis: decades where there are two of them, else 1-2-5, else round numbers.
fn log_ticks(span: &Span, most: usize) -> Ticks {
    let (first, last) = (span.low.log10(), span.high.log10());
    let (from, to) = ((first - 1e-6).ceil() as i32, (last + 1e-6).floor() as i32);
    let decades = (to - from + 1).max(0) as usize;
    if decades >= 3 || (decades == 2 && last - first > 1.5) {
        return Ticks { ticks: decade_ticks(span, from, to, most), factor: None };
    }
    let steps: [&[f64]; 2] = [&[1.0, 2.0, 5.0], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]];
    for mantissas in steps {
        let ticks = mantissa_ticks(span, from, to, mantissas);
        let labelled = ticks.iter().filter(|t| t.label.is_some()).count();
        if (3..=most + 1).contains(&labelled) {
            return Ticks { ticks, factor: None };
        }
    }
    let (at, step) = rounds(span, most.min(5), false);
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

/// Ticks labelled at the given mantissas of each decade, unlabelled at the others.
fn mantissa_ticks(span: &Span, from: i32, to: i32, mantissas: &[f64]) -> Vec<Tick> {
    let mut ticks = Vec::new();
    for exponent in from - 1..=to {
        for mantissa in (1..10).map(f64::from) {
            let at = mantissa * 10f64.powi(exponent);
            if span.contains(at) {
                let label = mantissas.contains(&mantissa).then(|| short_power(mantissa, exponent));
                ticks.push(Tick { at, label });
            }
        }
    }
    ticks
}

/// A mantissa and an exponent in the form people write: `0.02`, `500`, but `2×10⁻⁵`.
fn short_power(mantissa: f64, exponent: i32) -> Label {
    match exponent {
        0..=4 => Label::plain(format!("{:.0}", mantissa * 10f64.powi(exponent))),
        -3..=-1 => {
            let digits = exponent.unsigned_abs() as usize;
            Label::plain(format!("{:.digits$}", mantissa * 10f64.powi(exponent)))
        }
        _ if mantissa < 1.5 => Label::power("", exponent),
        _ => Label::power(&format!("{mantissa:.0}"), exponent),
    }
}

/// A number with a minus sign instead of a hyphen, and no negative zero.
fn minus(number: String) -> String {
    match number.strip_prefix('-') {
        Some(rest) if rest.chars().any(|c| ('1'..='9').contains(&c)) => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => number,
    }
}
