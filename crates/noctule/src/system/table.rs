//! The rows of a system's tables, and the tables that it shows.

use serde::Serialize;

use super::{DesignOf, System};

/// The words of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MetricInfo {
    /// Column name in `records.csv`, unit included: `sum_rate_bps_hz`.
    pub name: &'static str,
    /// Words for an axis, without the unit: `Sum rate`.
    pub label: &'static str,
    /// Unit as printed on an axis (`bit/s/Hz`, `°`); empty for pure numbers.
    pub unit: &'static str,
    /// One sentence of definition.
    pub summary: &'static str,
}

/// The words of a series: a curve, a surface, a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SeriesInfo {
    /// Name in `series.csv`.
    pub name: &'static str,
    /// What `x`, `i` and `j` are, with units.
    pub index: &'static str,
    /// Words for an axis.
    pub label: &'static str,
    /// Unit of the value.
    pub unit: &'static str,
    /// Whether `i` counts the steps of a method: one that has stopped stays where it is, and a mean
    /// over trials goes on with its last value.
    pub steps: bool,
}

/// How the field writes a parameter: the words along an axis and at a curve, instead of those that
/// follow from its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Symbol {
    /// The path, as in an experiment: `scenario.users`, or `scheme.updates` for a setting of any
    /// scheme.
    pub path: &'static str,
    /// The symbol, as in TeX and without its dollar signs: `N_t`; empty where there is none.
    pub symbol: &'static str,
    /// Words for an axis, without the unit.
    pub label: &'static str,
    /// Unit; empty for pure numbers.
    pub unit: &'static str,
}

impl Symbol {
    /// A row of a system's table of symbols.
    pub const fn new(
        path: &'static str,
        symbol: &'static str,
        label: &'static str,
        unit: &'static str,
    ) -> Self {
        Self { path, symbol, label, unit }
    }
}

/// The words of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SchemeInfo {
    /// Name in files: `balanced`.
    pub name: &'static str,
    /// Words for a legend.
    pub label: &'static str,
    /// One sentence, with what is proven about its designs.
    pub summary: &'static str,
}

/// The number by which designs of one instance are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// A name of [`System::METRICS`].
    pub metric: &'static str,
    /// Whether more of it is better.
    pub maximise: bool,
}

/// A metric of a system: its words and how it is read off a design.
pub struct Metric<S: System> {
    /// The words.
    pub info: MetricInfo,
    /// The value; absent where it is not defined.
    value: fn(&S::Instance, &DesignOf<S>) -> Option<f64>,
    /// Whether it keeps a meaning where no design meets the requirements.
    of_infeasible: bool,
    /// The key of a scenario without which it has none.
    only_with: Option<&'static str>,
}

impl<S: System> std::fmt::Debug for Metric<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metric").field("info", &self.info).finish_non_exhaustive()
    }
}

impl<S: System> Metric<S> {
    /// A row of the table of metrics: name, label, unit, definition, and the value of a design of an
    /// instance.
    pub const fn new(
        name: &'static str,
        label: &'static str,
        unit: &'static str,
        summary: &'static str,
        value: fn(&S::Instance, &DesignOf<S>) -> Option<f64>,
    ) -> Self {
        let info = MetricInfo { name, label, unit, summary };
        Self { info, value, of_infeasible: false, only_with: None }
    }

    /// The same row, with a meaning also where no design meets the requirements.
    #[must_use]
    pub const fn also_infeasible(mut self) -> Self {
        self.of_infeasible = true;
        self
    }

    /// The same row, of studies alone whose scenario says `key`, or that ask a scheme for the setting of
    /// `scheme.<setting>`: others have no such column.
    #[must_use]
    pub const fn only_with(mut self, key: &'static str) -> Self {
        self.only_with = Some(key);
        self
    }

    /// The key of a scenario without which the row has no meaning.
    pub const fn condition(&self) -> Option<&'static str> {
        self.only_with
    }

    /// Whether it keeps a meaning where no design meets the requirements.
    pub const fn is_told_of_infeasible(&self) -> bool {
        self.of_infeasible
    }

    /// The value of a design. Of one that is proven infeasible only what keeps a meaning.
    pub fn of(&self, instance: &S::Instance, design: &DesignOf<S>) -> Option<f64> {
        let told = design.proof.infeasible.is_none() || self.of_infeasible;
        if told { (self.value)(instance, design) } else { None }
    }
}

/// A series of a system: its words and how it is read off a design.
pub struct Series<S: System> {
    /// The words.
    pub info: SeriesInfo,
    values: fn(&S::Instance, &DesignOf<S>) -> Vec<SeriesEntry>,
    of_infeasible: bool,
    only_with: Option<&'static str>,
}

impl<S: System> std::fmt::Debug for Series<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Series").field("info", &self.info).finish_non_exhaustive()
    }
}

impl<S: System> Series<S> {
    /// A row of the table of series: name, index, label, unit, and the values of a design of an
    /// instance.
    pub const fn new(
        name: &'static str,
        index: &'static str,
        label: &'static str,
        unit: &'static str,
        values: fn(&S::Instance, &DesignOf<S>) -> Vec<SeriesEntry>,
    ) -> Self {
        let info = SeriesInfo { name, index, label, unit, steps: false };
        Self { info, values, of_infeasible: false, only_with: None }
    }

    /// The same row, whose first index counts the steps of a method.
    #[must_use]
    pub const fn of_steps(mut self) -> Self {
        self.info.steps = true;
        self
    }

    /// The same row, with a meaning also where no design meets the requirements.
    #[must_use]
    pub const fn also_infeasible(mut self) -> Self {
        self.of_infeasible = true;
        self
    }

    /// The same row, of studies alone whose scenario says `key`: others have no such column.
    #[must_use]
    pub const fn only_with(mut self, key: &'static str) -> Self {
        self.only_with = Some(key);
        self
    }

    /// The key of a scenario without which the row has no meaning.
    pub const fn condition(&self) -> Option<&'static str> {
        self.only_with
    }

    /// The values of a design, in an order that is the same on every run. None of one that is
    /// proven infeasible, unless they keep a meaning.
    pub fn of(&self, instance: &S::Instance, design: &DesignOf<S>) -> Vec<SeriesEntry> {
        let told = design.proof.infeasible.is_none() || self.of_infeasible;
        if told { (self.values)(instance, design) } else { Vec::new() }
    }
}

/// One value of a series; which series, whoever holds it knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesEntry {
    /// First index (user, noise trial, row of a surface).
    pub i: u32,
    /// Second index (target, column of a surface); zero where there is none.
    pub j: u32,
    /// The abscissa, where there is one.
    pub x: Option<f64>,
    /// The value.
    pub value: f64,
}

impl SeriesEntry {
    /// Values by one index.
    pub fn list(values: impl IntoIterator<Item = f64>) -> Vec<Self> {
        let entry = |(i, value)| Self { i: i as u32, j: 0, x: None, value };
        values.into_iter().enumerate().map(entry).collect()
    }
}

/// A count with its noun: `1 user`, `4 users`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A table of text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The names of the columns.
    pub headers: Vec<String>,
    /// The rows; a short one is filled with empty cells, a cell beyond the headers is shown too.
    pub rows: Vec<Vec<String>>,
    /// How each column is set; columns without an entry are [`Align::Left`].
    pub align: Vec<Align>,
}

impl Table {
    /// A table whose columns are all numbers.
    pub fn numbers(caption: &str, headers: &[&str], rows: Vec<Vec<String>>) -> Self {
        Self {
            caption: caption.to_owned(),
            headers: headers.iter().map(ToString::to_string).collect(),
            align: vec![Align::Right; headers.len()],
            rows,
        }
    }
}

/// How a column of a table is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Text.
    #[default]
    Left,
    /// Numbers.
    Right,
    /// Short marks.
    Center,
}
