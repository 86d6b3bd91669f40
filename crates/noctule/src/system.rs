//! What every system of noctule is: how problems are drawn, who designs, what is measured.
//!
//! A system is one folder and one type that implements [`System`]. Its schemes and its metrics are
//! tables with one row each, so that a comparison is a loop, and so that the command line, the
//! schema, Python and the benchmarks follow from the tables without a further line.
//!
//! ```
//! use noctule::frame::{Frame, Scenario};
//! use noctule::{Run, System};
//!
//! let instance = Scenario::default().realize(1, 0)?;
//! for scheme in Frame::SCHEMES {
//!     let design = scheme.design(&instance, &Run::default())?;
//!     println!("{:<14} {:.4} bit/s/Hz", scheme.id, design.metrics.sum_rate_bps_hz);
//! }
//! # Ok::<(), noctule::Error>(())
//! ```

mod certify;
mod described;
mod scheme;
mod sound;
mod table;
mod typed;

use std::path::Path;

use noctule_num::InputError;
use noctule_optim::Proof;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use certify::Certify;
pub use described::Described;
pub use scheme::{AnyMethod, Method, NoSettings, Ready, Run, Scheme, Setting, count, joined};
pub use table::{
    Align, Goal, Metric, MetricInfo, SchemeInfo, Series, SeriesEntry, SeriesInfo, Symbol, Table,
    counted,
};
pub use typed::typed;

use crate::claims::Checks;
use crate::data::{ArraySet, FieldInfo};
use crate::pictures::{Picture, PictureKind};
use crate::{Design, Error};

/// A design of a system.
pub type DesignOf<S> = Design<<S as System>::Variables, <S as System>::Metrics>;

/// What the independent witness of a system says of some variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The objective, recomputed; absent where it is not defined.
    pub objective: Option<f64>,
    /// Largest relative violation of a constraint.
    pub violation: f64,
    /// Recomputed numbers under their names in the serialised metrics, the objective first.
    pub numbers: Vec<(&'static str, Option<f64>)>,
    /// What of them double precision leaves open.
    pub blur: Blur,
}

/// By how much rounding alone may move recomputed numbers: what an ill-conditioned problem leaves of double precision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blur {
    /// Absolute, by the names of recomputed numbers. What is not listed is certain to all digits that are compared.
    pub numbers: Vec<(&'static str, f64)>,
    /// Whether not even that there are such numbers is certain.
    pub edge: bool,
    /// Relative, of the metrics `of`.
    pub share: f64,
    /// Metrics that depend on what is ill-conditioned, or whole groups of them.
    pub of: &'static [&'static str],
    /// What is ill-conditioned, in words.
    pub cause: &'static str,
}

impl Blur {
    /// By how much a recomputed number may be off.
    pub fn of_number(&self, name: &str) -> f64 {
        self.numbers.iter().find(|own| own.0 == name).map_or(0.0, |own| own.1)
    }
}

/// A system: its own types, its tables, and what cannot be derived from them.
pub trait System: Sized + Send + Sync + 'static {
    /// Parameters in everyday units. Its default is the default scenario.
    type Scenario: Serialize + DeserializeOwned + Described + Default + Send + Sync;
    /// One concrete problem.
    type Instance;
    /// What is designed.
    type Variables;
    /// What a design achieves.
    type Metrics: Serialize;
    /// What the row of a scheme says of its claims: all that [`System::CLAIMS`] must know of a scheme
    /// to check its documents again. [`Ends`](crate::claims::Ends) where how it ends is all.
    type Claims: Copy + Send + Sync + 'static;

    /// Name in files and on the command line.
    const ID: &'static str;
    /// One line for a list.
    const TITLE: &'static str;
    /// The schemes, a row each; the first is the one that is meant when none is named.
    const SCHEMES: &'static [Scheme<Self>];
    /// The scalar metrics, a row each.
    const METRICS: &'static [Metric<Self>];
    /// The series, a row each.
    const SERIES: &'static [Series<Self>];
    /// How the field writes the parameters, for figures; others are written in the words of their
    /// paths.
    const SYMBOLS: &'static [Symbol] = &[];
    /// Which pictures there are, the most telling first.
    const PICTURES: &'static [PictureKind] = &[];
    /// The number by which designs of one instance are compared, among [`System::METRICS`].
    const GOAL: Option<Goal> = None;
    /// The arrays of an instance.
    const INSTANCE_FIELDS: &'static [FieldInfo];
    /// The arrays of the variables.
    const VARIABLE_FIELDS: &'static [FieldInfo];

    /// How the claims of documents are checked.
    const CLAIMS: Checks<Self::Instance, Self::Variables, Self::Metrics, Self::Claims>;

    /// Refuse parameters out of range; places are fields of the scenario.
    ///
    /// # Errors
    /// The first parameter that cannot be used.
    fn validate(scenario: &Self::Scenario) -> Result<(), InputError>;

    /// The object of a scenario that may refer to data of one's own, as a JSON pointer: what
    /// [`System::attached`] finds out is written into it, the number of trials as `rows`.
    const DATA: Option<&'static str> = None;

    /// What files that a scenario refers to are (a digest, a number of rows), by key; their paths are
    /// relative to `base`.
    ///
    /// # Errors
    /// A file that cannot be used; places are fields of the scenario.
    fn attached(
        _scenario: &Self::Scenario,
        _base: &Path,
    ) -> Result<Vec<(&'static str, Value)>, InputError> {
        Ok(Vec::new())
    }

    /// Refuse a study of more trials than there are data, before any of them runs.
    ///
    /// # Errors
    /// With both numbers; places are fields of the scenario.
    fn check_trials(_scenario: &Self::Scenario, _trials: u64) -> Result<(), InputError> {
        Ok(())
    }

    /// What is to be said of a scenario before it is studied, such as formulas outside the ranges they
    /// are made for, as clauses without a final period.
    fn notes(_scenario: &Self::Scenario) -> Vec<String> {
        Vec::new()
    }

    /// Whether trials differ. An instance that is the same in every trial is judged before any.
    fn is_random(scenario: &Self::Scenario) -> bool;

    /// Draw the instance of a trial.
    ///
    /// # Errors
    /// A scene that cannot be used; places are fields of the scenario.
    fn realize(scenario: &Self::Scenario, seed: u64, trial: u64) -> Result<Self::Instance, Error>;

    /// A scenario whose instance arrays will be laid over: what they decide need not be possible without them.
    fn under(scenario: Self::Scenario, _arrays: &ArraySet) -> Self::Scenario {
        scenario
    }

    /// What variables achieve.
    ///
    /// # Errors
    /// When they do not fit the instance.
    fn evaluate(
        instance: &Self::Instance,
        variables: &Self::Variables,
    ) -> Result<Self::Metrics, Error>;

    /// What the independent witness says of variables.
    ///
    /// # Errors
    /// When they do not fit the instance.
    fn check(instance: &Self::Instance, variables: &Self::Variables) -> Result<Checked, Error>;

    /// The objective among the metrics.
    fn objective(metrics: &Self::Metrics) -> Option<f64>;

    /// The unit of the objective, with a space before it, where people are told of it in another one; empty by
    /// default.
    fn objective_unit(_instance: &Self::Instance) -> &'static str {
        ""
    }

    /// What a careful colleague would say of these numbers, whoever designed them.
    fn advice(instance: &Self::Instance, metrics: &Self::Metrics) -> Vec<String>;

    /// A picture of variables, of one of [`System::PICTURES`]. `None` of any other kind, and where
    /// the instance does not know what it takes, such as places.
    ///
    /// # Errors
    /// When the variables do not fit the instance.
    fn picture(
        _instance: &Self::Instance,
        _variables: &Self::Variables,
        _kind: PictureKind,
    ) -> Result<Option<Picture>, Error> {
        Ok(None)
    }

    /// What a drawing that follows every move shows of variables beside [`System::PICTURES`], as JSON
    /// and no finer than can be seen; null where the pictures are all.
    fn details(_instance: &Self::Instance, _variables: &Self::Variables) -> Value {
        Value::Null
    }

    /// Why a design that was meant to meet the requirements counts as none: it misses them, and
    /// nothing proves that it must.
    fn unmet(_design: &DesignOf<Self>) -> Option<String> {
        None
    }

    /// What proves the bound of a design without a search, for its document: some systems make it only
    /// where one is written.
    ///
    /// # Errors
    /// What the methods of the system may fail at.
    fn proven(
        _instance: &Self::Instance,
        _proof: &mut Proof,
        _scheme: &str,
        _settings: &Value,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Who takes part in a comparison: name, scheme, settings that differ from the default; the
    /// one that the others are measured against first. Every scheme as it comes when empty.
    fn contenders() -> Vec<(&'static str, &'static str, Value)> {
        Vec::new()
    }

    /// Whether a scheme can design for a scenario at all: who cannot takes no part in a comparison that
    /// names nobody.
    fn takes_part(_scenario: &Self::Scenario, _scheme: &str) -> bool {
        true
    }

    /// An instance from named arrays; what they do not give comes from `base`.
    ///
    /// # Errors
    /// Arrays that are missing, misshapen, or out of range.
    fn instance(arrays: ArraySet, base: Option<&Self::Instance>) -> Result<Self::Instance, Error>;

    /// The instance as that of a seed and a trial, where methods draw (random starts, estimators
    /// that are simulated): arrays alone do not say it.
    fn drawn_as(instance: Self::Instance, _seed: u64, _trial: u64) -> Self::Instance {
        instance
    }

    /// The named arrays of an instance; [`System::instance`] inverts it.
    fn instance_arrays(instance: &Self::Instance) -> ArraySet;

    /// Variables for an instance from named arrays.
    ///
    /// # Errors
    /// Arrays that are missing, misshapen, or out of range.
    fn variables(arrays: &ArraySet, instance: &Self::Instance) -> Result<Self::Variables, Error>;

    /// The named arrays of variables; [`System::variables`] inverts it.
    fn variable_arrays(variables: &Self::Variables) -> ArraySet;

    /// The instance in one line: its sizes.
    fn headline(instance: &Self::Instance) -> String;

    /// What people want to know first of a design, name and value.
    fn facts(instance: &Self::Instance, design: &DesignOf<Self>) -> Vec<(String, String)>;

    /// The tables of a design.
    fn tables(instance: &Self::Instance, design: &DesignOf<Self>) -> Vec<Table>;

    /// The row of a scheme.
    ///
    /// # Errors
    /// A name that no row has, with the nearest that one has.
    fn scheme(id: &str) -> Result<&'static Scheme<Self>, InputError> {
        scheme::named(Self::SCHEMES, id)
    }
}
