//! One instance and its full story: what `noctule design`, `evaluate` and `verify` show.
//!
//! The engine runs thousands of designs and keeps a row of each. This is the other end: one
//! design, everything about it, and a document (`noctule-design/1`) that embeds the instance, so
//! that a bug report or a result is one file that anybody can verify.

use std::path::PathBuf;

use noctule::Certify;
pub use noctule::claims::Verdict;
use noctule::data::{ArraySet, FieldInfo};
pub use noctule::pictures::PictureKind;
use noctule_num::InputError;
use noctule_optim::{Interrupt, Trace, TraceRow};
use serde_json::{Value, json};

use crate::report::Table;
use crate::system::{Row, System};
use noctule_figure::{Axis, Figure, Kind, Line, PlotPoint};

/// Arrays that somebody hands in.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrays {
    /// In a file: `.json`, `.npz`, `.npy`, `.mat` or `.csv`.
    File(PathBuf),
    /// As they were read from a file.
    Read(PathBuf, ArraySet),
    /// In memory.
    Set(ArraySet),
}

/// Which instance is meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// A complete scenario to draw from, where one was given.
    pub scenario: Option<Value>,
    /// A whole instance, or with a scenario the part of it that is known, such as the channels.
    pub arrays: Option<Arrays>,
    /// Seed of the draw: of the scenario, and of what methods draw themselves.
    pub seed: u64,
    /// Trial of the draw.
    pub trial: u64,
}

/// The full story of one design.
#[derive(Clone, Debug)]
pub struct Story {
    /// What this is, in one line.
    pub title: String,
    /// Facts about the design, name and value: objective, stop, proof, work.
    pub facts: Vec<(String, String)>,
    /// Tables: users, targets, streams.
    pub tables: Vec<Table>,
    /// Sentences a careful colleague would add.
    pub warnings: Vec<String>,
    /// How the best run went.
    pub trace: Trace,
    /// Whether it is proven that no design meets the requirements.
    pub infeasible: bool,
    /// Why the design is numerically unsound, where the independent witness does not confirm it.
    /// Nothing is then proven.
    pub unsound: Option<String>,
    /// Largest relative violation of a requirement, by the independent witness.
    pub violation: f64,
    /// Whether the design meets every requirement: also one that only its instance states.
    pub meets_requirements: bool,
    /// The document to keep, `noctule-design/1`.
    pub document: Value,
    /// The variables alone.
    pub arrays: ArraySet,
    /// The instance.
    pub instance: ArraySet,
}

impl Story {
    /// How the best run went: the residual, and the distance of the value from the best one,
    /// against evaluations. `None` without a trace.
    pub fn trace_figure(&self) -> Option<Figure> {
        let rows = self.trace.rows();
        let best = rows.iter().map(|row| row.value).reduce(f64::min)?;
        let unit = best.abs().max(1.0);
        let line = |of: &dyn Fn(&TraceRow) -> f64| -> Vec<PlotPoint> {
            let point = |row: &TraceRow| PlotPoint::from((row.evaluations as f64, of(row)));
            rows.iter().map(point).filter(|point| point.y > 0.0).collect()
        };
        Some(Figure {
            id: "trace".to_owned(),
            title: self.title.clone(),
            x: Axis::linear("Evaluations", ""),
            y: Axis::log("Relative size", ""),
            kind: Kind::Lines(vec![
                Line::new("distance from the best value", line(&|row| (row.value - best) / unit)),
                Line::new("residual", line(&|row| row.residual)),
            ]),
        })
    }
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Name, value stored in the document, value recomputed: the witness's numbers, then every
    /// other number that differs from its evaluation, then a bound that lies on the wrong side.
    pub compared: Vec<(String, Option<f64>, Option<f64>)>,
    /// Largest relative violation of a constraint.
    pub violation: f64,
    /// Every claim of the document with its verdict.
    pub claims: Vec<Claim>,
    /// Whether no claim is refuted and every constraint holds: numbers to 10⁻⁶ relative,
    /// constraints to 10⁻⁶.
    pub agrees: bool,
}

impl Finding {
    /// The claims in one line: how many were checked, and the names of those that were not.
    pub fn summary(&self) -> String {
        let of = |kind: fn(&Claim) -> bool| -> Vec<&str> {
            self.claims.iter().filter(|c| kind(c)).map(|c| c.name.as_str()).collect()
        };
        let (refuted, open) = (of(Claim::is_refuted), of(Claim::is_open));
        let checked = self.claims.len() - refuted.len() - open.len();
        let mut words = vec![format!("{checked} checked")];
        for (kind, names) in [("refuted", refuted), ("not checkable", open)] {
            if !names.is_empty() {
                words.push(format!("{} {kind} ({})", names.len(), names.join(", ")));
            }
        }
        format!("claims: {}", words.join(", "))
    }
}

/// What a document claims, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The member of the document that says it.
    pub name: String,
    /// What was found.
    pub verdict: Verdict,
}

impl Claim {
    /// Whether it is untrue.
    pub const fn is_refuted(&self) -> bool {
        matches!(self.verdict, Verdict::Refuted(_))
    }

    /// Whether nothing was found out about it.
    pub const fn is_open(&self) -> bool {
        matches!(self.verdict, Verdict::NotCheckable(_))
    }
}

/// Why there is no story.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SingleError {
    /// Something handed in cannot be used.
    #[error("{0}")]
    Input(#[from] InputError),
    /// Numerics broke on input that had passed every check.
    #[error("{0}")]
    Numerics(String),
}

impl From<noctule::Error> for SingleError {
    fn from(error: noctule::Error) -> Self {
        match error.as_input() {
            Some(input) => Self::Input(input),
            None => Self::Numerics(error.to_string()),
        }
    }
}

/// Settings for a single design, which can afford its bound: `certify` is on where a scheme has it, also
/// inside the settings of a search that it holds.
pub fn afford(settings: &mut Value) {
    let Value::Object(members) = settings else { return };
    for (name, value) in members {
        match name.as_str() {
            // the table, so that a path reaches what is in it
            "certify" if *value == Value::Bool(false) => *value = json!(Certify::YES),
            "certify" => {}
            _ => afford(value),
        }
    }
}

/// A system whose designs can be looked at one by one.
pub trait Single: System {
    /// The arrays an instance travels as.
    fn instance_fields(&self) -> &'static [FieldInfo];

    /// The arrays the variables of a design travel as.
    fn variable_fields(&self) -> &'static [FieldInfo];

    /// The instance that is meant, as named arrays.
    ///
    /// # Errors
    /// Bad input.
    fn instance(&self, source: &Source) -> Result<ArraySet, SingleError>;

    /// The row that the engine records of variables that somebody else designed: so that another
    /// language's method stands in the same tables as ours.
    ///
    /// # Errors
    /// As [`Single::design`].
    fn row(&self, source: &Source, variables: &Arrays) -> Result<Row, SingleError>;

    /// Design one instance with one scheme and complete settings.
    ///
    /// # Errors
    /// Bad input, or broken numerics; infeasible is a story.
    fn design(
        &self,
        source: &Source,
        scheme: &str,
        settings: &Value,
        interrupt: &Interrupt,
    ) -> Result<Story, SingleError>;

    /// Evaluate variables that somebody else designed.
    ///
    /// # Errors
    /// As [`Single::design`].
    fn evaluate(&self, source: &Source, variables: &Arrays) -> Result<Story, SingleError>;

    /// The pictures that a design can be shown by, the most telling first.
    fn pictures(&self) -> &'static [PictureKind];

    /// A picture of the design in a document; the first of [`Single::pictures`] where no kind is
    /// named. Arrays do not say where things stand: `drawn` is the scenario that the instance was
    /// drawn from, where it was and is known.
    ///
    /// # Errors
    /// When the system has no such picture, the document is damaged, or its instance does not know
    /// what the picture shows.
    fn picture(
        &self,
        document: &Value,
        kind: Option<PictureKind>,
        drawn: Option<&Source>,
    ) -> Result<Figure, SingleError>;

    /// Recompute what a document claims, from its embedded instance and variables alone.
    ///
    /// # Errors
    /// When the document is damaged or of another kind.
    fn verify(&self, document: &Value) -> Result<Finding, SingleError>;
}

impl std::fmt::Debug for dyn Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
