//! The words of axes and curves.

use noctule_figure::Axis;
use noctule_num::stats::Summary;
use serde_json::Value;

use super::{Builder, scaled};
use crate::claim::measure;
use crate::experiment::{FigureKind, ScaleWord, Stat, worded};
use crate::present::format::short;
use crate::presentation::Words;

impl Builder<'_> {
    /// The words of a sweep, a metric or a series.
    pub(super) fn words(&self, name: &str) -> Words {
        let p = self.presentation;
        let series = name.strip_prefix("series.");
        let found = p.sweeps.iter().chain(&p.metrics).find(|words| words.name == name);
        let found =
            found.or_else(|| p.series.iter().find(|words| Some(words.name.as_str()) == series));
        found.cloned().unwrap_or_else(|| Words { label: name.to_owned(), ..Words::default() })
    }

    /// Whether the values of a sweep are words: kinds, and not places on an axis.
    pub(super) fn is_named(&self, path: &str) -> bool {
        let sweep = self.plan.sweeps.iter().find(|sweep| sweep.path == path);
        sweep.is_some_and(|sweep| sweep.values.iter().any(|value| value.as_f64().is_none()))
    }

    pub(super) fn axis(&self, name: &str, scale: ScaleWord, label: Option<&String>) -> Axis {
        let words = self.words(name);
        let mut text = label.cloned().unwrap_or_else(|| words.with_symbol());
        let is_metric = self.plan.metrics.iter().any(|metric| metric == name);
        let mut unit = words.unit;
        if label.is_none() && is_metric {
            (text, unit) = self.compared(text, unit);
        }
        let whole = is_metric && self.counts(name);
        let axis = Axis { measured: is_metric, whole, ..scaled(Axis::linear(text, unit), scale) };
        Axis { names: self.axis_names(name), ..axis }
    }

    /// The words along an axis of kinds; none for a sweep of numbers.
    pub(super) fn axis_names(&self, path: &str) -> Vec<String> {
        let sweep = self.plan.sweeps.iter().find(|sweep| sweep.path == path);
        let Some(sweep) = sweep.filter(|_| self.is_named(path)) else { return Vec::new() };
        let names = self.words(path).names;
        if names.is_empty() { sweep.values.iter().map(word).collect() } else { names }
    }

    /// Whether a metric counts something: whole in every trial, as far as its summaries tell.
    fn counts(&self, name: &str) -> bool {
        let root = matches!(self.spec.stat, Stat::Rms | Stat::RootMean);
        if self.spec.relative_to.is_some() || root {
            return false;
        }
        let points = measure::points(self.plan, &self.spec.at);
        let schemes = super::schemes(self.plan, self.spec);
        let groups = schemes.iter().flat_map(|s| points.iter().map(move |p| (*s, *p)));
        let mut summaries =
            groups.filter_map(|(scheme, point)| self.summary(name, scheme, point)).peekable();
        let whole = |s: &Summary| {
            [s.min, s.q05, s.q25, s.median, s.q75, s.q95, s.max].iter().all(|v| v.fract() == 0.0)
        };
        summaries.peek().is_some() && summaries.all(whole)
    }

    /// The words of a metric with the statistic that is drawn, and what it is compared with.
    fn compared(&self, mut text: String, unit: String) -> (String, String) {
        let spec = self.spec;
        if spec.kind != FigureKind::Cdf && spec.stat != Stat::Mean {
            text = format!("{text}, {}", spec.stat.word().replace('_', " "));
        }
        let of = |k: usize| &self.presentation.schemes[k];
        match (spec.kind, super::reference(self.plan, spec).map(of)) {
            (FigureKind::PairedDifference, Some(other)) => (format!("{text}, less {other}"), unit),
            (_, Some(other)) => (format!("{text} over that of {other}"), String::new()),
            (_, None) => (text, unit),
        }
    }

    /// The axis of the index of a series.
    pub(super) fn index_axis(&self) -> Axis {
        let words = self.words(&self.spec.y);
        let label = match (words.steps, self.spec.x.as_str()) {
            (true, "x") => "Evaluations",
            (true, _) => "Iteration",
            _ => "Index",
        };
        let label = self.spec.x_label.clone().unwrap_or_else(|| label.to_owned());
        let names = self.spec.x_names.clone();
        Axis { names, ..scaled(Axis::linear(label, ""), self.spec.x_scale) }
    }

    /// The words for a value of a sweep: `K = 4`; the words alone where it has some.
    pub(super) fn value_label(&self, sweep: usize, value: &Value) -> String {
        let words = &self.presentation.sweeps[sweep];
        let index = self.plan.sweeps[sweep].values.iter().position(|known| known == value);
        if let Some(name) = index.and_then(|index| words.names.get(index)) {
            return name.clone();
        }
        let Some(number) = value.as_f64() else { return word(value) };
        let text = short(number * words.times.unwrap_or(1.0));
        let unit = match words.unit.as_str() {
            "" | "°" => words.unit.clone(),
            unit => format!(" {unit}"),
        };
        match words.symbol.as_str() {
            "" => format!("{} = {text}{unit}", words.label),
            symbol => format!("${symbol}$ = {text}{unit}"),
        }
    }
}

/// A value of a sweep in words.
fn word(value: &Value) -> String {
    match value {
        // `{ rays = […] }`: the kind says enough, but for a number
        Value::Object(members) if members.len() == 1 && !members.contains_key("kind") => {
            let (kind, inner) = members.iter().next().map_or(("", &Value::Null), |(k, v)| (k, v));
            match inner.as_f64() {
                Some(number) => format!("{} {}", kind.replace('_', " "), short(number)),
                None => kind.to_owned(),
            }
        }
        _ => value.as_f64().map_or_else(|| worded(value), short),
    }
}
