//! The one edge between the engine and a system.
//!
//! The engine knows nothing of beams or surfaces. It sees a system as (scenario value, scheme and
//! settings, trial) → rows; values are JSON, so that the same edge serves experiment files, the
//! command line and Python. A chain of points is prepared once — parsed, validated, converted to
//! SI — and then run for as many trials as the plan asks for, from any number of threads.

use std::path::Path;
use std::time::Instant;

pub use noctule::system::{Goal, MetricInfo, SchemeInfo, SeriesInfo, Symbol};
use noctule_num::{InputError, hint};
use noctule_optim::{Interrupt, Proof, Stop};
use serde_json::Value;

/// The series of what a design sends against direction, over what the same power would send evenly.
pub const BEAMPATTERN: &str = "beampattern";

/// The series of directions worth marking in a beampattern.
pub const MARKED_DIRECTIONS: &str = "marked_directions";

/// One point of a chain: complete values, overrides already applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The complete scenario.
    pub scenario: Value,
    /// The complete settings of the scheme.
    pub settings: Value,
}

/// How one design ended, as the records count it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is a design; its metrics are numbers.
    Designed,
    /// Proven: no design meets the requirements.
    Infeasible,
    /// The independent witness does not confirm the objective or the violation, or a number is not
    /// finite: neither numbers nor proofs are to be believed. The reason is one sentence.
    Unsound(String),
    /// Numerics broke, the drawn instance was refused, or a method found no design that meets the
    /// requirements without a proof that there is none; the reason is one sentence.
    Failed(String),
    /// The scheme is not part of this build or was not asked to run; the reason is one sentence.
    NotRun(String),
}

impl Outcome {
    /// The word used in files.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Designed => "designed",
            Self::Infeasible => "infeasible",
            Self::Unsound(_) => "unsound",
            Self::Failed(_) => "failed",
            Self::NotRun(_) => "not-run",
        }
    }
}

/// One value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesValue {
    /// Which series: a name of [`System::series`].
    pub series: &'static str,
    /// First index (user, noise trial, row of a surface).
    pub i: u32,
    /// Second index (target, column of a surface); zero where there is none.
    pub j: u32,
    /// The abscissa, where there is one.
    pub x: Option<f64>,
    /// The value.
    pub value: f64,
}

/// What one design of one trial reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// How it ended.
    pub outcome: Outcome,
    /// Why the method stopped.
    pub stop: Option<Stop>,
    /// What is proven.
    pub proof: Proof,
    /// Largest relative violation of a constraint, from the independent verifier.
    pub violation: Option<f64>,
    /// |objective − objective recomputed by the independent verifier| / max(1, |objective|).
    pub objective_mismatch: Option<f64>,
    /// Evaluations of the objective.
    pub evaluations: u64,
    /// One value for each of [`System::metrics`], in that order; absent where it is not defined.
    pub metrics: Vec<Option<f64>>,
    /// Values of series, in any order that is the same on every run.
    pub series: Vec<SeriesValue>,
}

impl Row {
    /// A row without numbers.
    pub fn without_design(outcome: Outcome, metrics: usize) -> Self {
        Self {
            outcome,
            stop: None,
            proof: Proof::NONE,
            violation: None,
            objective_mismatch: None,
            evaluations: 0,
            metrics: vec![None; metrics],
            series: Vec::new(),
        }
    }
}

/// A chain of points that was refused, and which of its points is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Index into the chain.
    pub point: usize,
    /// What is wrong. Places are paths such as `scenario.power_dbm` or `scheme.starts`.
    pub error: InputError,
}

/// A scheme that takes part in a comparison, with its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Contender {
    /// Unique in the comparison; the name of the scheme where it takes part once.
    pub id: String,
    /// The scheme.
    pub scheme: String,
    /// Its complete settings.
    pub settings: Value,
}

/// One design with a clock beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// What the design reports.
    pub row: Row,
    /// Wall time of the method in seconds.
    pub seconds: f64,
    /// Evaluations made so far and the value of [`System::goal`], iteration by iteration, over all
    /// the work of the design; empty where the method keeps none or has nothing to iterate.
    pub trace: Vec<(u64, f64)>,
}

/// A prepared chain.
pub trait Chain: Send + Sync {
    /// Draw the instances of one trial and design every point in order.
    ///
    /// Returns one row per point. The result depends on `(seed, trial)` and on nothing else, so
    /// that thread count, order and restarts cannot show. When `interrupt` is raised it may
    /// return early with any rows; the engine drops them.
    fn run(&self, seed: u64, trial: u64, interrupt: &Interrupt) -> Vec<Row>;

    /// The same, row by row as they are designed: a chain may have a hundred thousand points, and what
    /// is kept of a row is less than the row.
    fn run_each(&self, seed: u64, trial: u64, interrupt: &Interrupt, take: &mut dyn FnMut(Row)) {
        self.run(seed, trial, interrupt).into_iter().for_each(take);
    }
}

/// A system as the engine sees it.
pub trait System: Send + Sync {
    /// Name in files and on the command line.
    fn id(&self) -> &'static str;

    /// One line for a list.
    fn title(&self) -> &'static str;

    /// The default scenario. Its keys are the keys an experiment may override.
    fn default_scenario(&self) -> Value;

    /// JSON schema of a scenario.
    fn scenario_schema(&self) -> Value;

    /// The scalar metrics of every row.
    fn metrics(&self) -> Vec<MetricInfo>;

    /// The series a row may carry.
    fn series(&self) -> Vec<SeriesInfo> {
        Vec::new()
    }

    /// Series that are recorded only where a study asks for them by `keep`, since they take room.
    fn on_demand(&self) -> Vec<SeriesInfo> {
        Vec::new()
    }

    /// How the field writes the parameters: the words of figures.
    fn symbols(&self) -> &'static [Symbol] {
        &[]
    }

    /// The key of a scenario without which a metric or a series has no meaning: plans of studies
    /// that do not say it leave the name out.
    fn condition(&self, _name: &str) -> Option<&'static str> {
        None
    }

    /// The schemes it offers.
    fn schemes(&self) -> Vec<SchemeInfo>;

    /// The default settings of a scheme; its keys are the keys an experiment may set.
    /// `None` where there is no such scheme.
    fn default_settings(&self, scheme: &str) -> Option<Value>;

    /// JSON schema of the settings of a scheme; `None` where there is no such scheme.
    fn settings_schema(&self, _scheme: &str) -> Option<Value> {
        None
    }

    /// The object of a scenario that may refer to data of one's own, as a JSON pointer; see
    /// [`noctule::System::DATA`].
    fn data(&self) -> Option<&'static str> {
        None
    }

    /// What files that a scenario refers to are, by key; their paths are relative to `base`.
    ///
    /// # Errors
    /// A file that cannot be used.
    fn attached(
        &self,
        _scenario: &Value,
        _base: &Path,
    ) -> Result<Vec<(&'static str, Value)>, InputError> {
        Ok(Vec::new())
    }

    /// Refuse a study of more trials than a scenario has data.
    ///
    /// # Errors
    /// With both numbers.
    fn check_trials(&self, _scenario: &Value, _trials: u64) -> Result<(), InputError> {
        Ok(())
    }

    /// What is to be said of a scenario before it is studied, such as formulas outside the ranges they
    /// are made for.
    fn notes(&self, _scenario: &Value) -> Vec<String> {
        Vec::new()
    }

    /// Validate and prepare a chain of points of one scheme. The points come one by one: a scenario as
    /// JSON takes kilobytes, and a chain may have a hundred thousand.
    fn prepare(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
    ) -> Result<Box<dyn Chain>, Refused>;

    /// The same, whose rows carry the series of [`System::on_demand`] that are named too.
    ///
    /// # Errors
    /// As [`System::prepare`].
    fn prepare_keeping(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
        _keep: &[&str],
    ) -> Result<Box<dyn Chain>, Refused> {
        self.prepare(scheme, chain)
    }

    /// The number by which designs of one instance are compared; `None` where there is no such.
    fn goal(&self) -> Option<Goal> {
        None
    }

    /// Who takes part in a comparison, the one that the others are measured against first.
    /// Unless a system knows better, every scheme as it comes.
    fn contenders(&self) -> Vec<Contender> {
        let contender = |scheme: &SchemeInfo| {
            let (id, scheme) = (scheme.name.to_owned(), scheme.name.to_owned());
            Some(Contender { settings: self.default_settings(&id)?, id, scheme })
        };
        self.schemes().iter().filter_map(contender).collect()
    }

    /// Whether a scheme can design for a scenario at all.
    fn takes_part(&self, _scenario: &Value, _scheme: &str) -> bool {
        true
    }

    /// Design one trial of one point with a clock beside it.
    ///
    /// Unless a system knows better, the time includes drawing the instance and the independent
    /// check of the design, and there is no trace.
    ///
    /// # Errors
    /// When the point is refused.
    fn timed(
        &self,
        scheme: &str,
        point: &Point,
        seed: u64,
        trial: u64,
        interrupt: &Interrupt,
    ) -> Result<Timed, Refused> {
        let chain = self.prepare(scheme, &mut std::iter::once(point.clone()))?;
        let begin = Instant::now();
        let rows = chain.run(seed, trial, interrupt);
        let seconds = begin.elapsed().as_secs_f64();
        let nothing = || Row::without_design(Outcome::Failed("nothing came back".to_owned()), 0);
        let row = rows.into_iter().next().unwrap_or_else(nothing);
        Ok(Timed { row, seconds, trace: Vec::new() })
    }
}

/// The refusal of a scheme that a system does not have, with the one that was probably meant.
pub fn no_such_scheme(system: &dyn System, place: &str, found: &str) -> InputError {
    let schemes = system.schemes();
    let names: Vec<&str> = schemes.iter().map(|scheme| scheme.name).collect();
    // A legend says ZF; its sentence begins with the words that people type.
    let clause = |text: &'static str| text.split([',', ':', ';']).next().unwrap_or(text);
    let words =
        |scheme: &SchemeInfo| [(scheme.name, scheme.label), (scheme.name, clause(scheme.summary))];
    let known: Vec<(&str, &str)> = schemes.iter().flat_map(words).collect();
    let error = InputError::new("there is no such scheme", place, found, hint::list(&names));
    hint::scheme(error, found, &known)
}
