//! From a typed system to the engine's edge.
//!
//! The engine and the single-design verbs see every system through JSON ([`System`], [`Single`]).
//! What lies between is the same for all: parsing, validating and preparing chains of points,
//! warm starts, rows with the witness's verdict, documents that embed their instance. It is
//! written once, here; a system implements [`Typed`] and says only what is its own.

mod claims;
mod story;
mod timed;
mod verify;

use noctule::claims::Checks;
use noctule::data::{ArraySet, FieldInfo};
pub use noctule::system::Checked;
use noctule::{Design, Error, Interrupt, Stop};
use noctule_num::{InputError, hint};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::claims::HANDED_IN;
use self::story::{handed_in, story};
use self::verify::verified;
use super::typed;
use crate::report::Table;
use crate::single::{Arrays, Finding, Single, SingleError, Source, Story};
use crate::system::{
    Chain, Contender, Goal, MetricInfo, Outcome, Point, Refused, Row, SchemeInfo, SeriesInfo,
    SeriesValue, System, Timed,
};

/// |objective − recomputed| / max(1, |objective|) where both exist, 0 where neither does.
pub(crate) fn mismatch(witness: &Checked, objective: Option<f64>) -> f64 {
    match (witness.objective, objective) {
        (Some(mine), Some(theirs)) => (mine - theirs).abs() / theirs.abs().max(1.0),
        (None, None) => 0.0,
        _ => f64::INFINITY,
    }
}

/// A design of a typed system.
pub type DesignOf<T> = Design<<T as Typed>::Variables, <T as Typed>::Metrics>;

/// A system in its own types. Whoever implements it is a [`System`] and a [`Single`].
pub trait Typed: Send + Sync + 'static {
    /// Parameters in everyday units. Its default is the default scenario.
    type Scenario: Serialize + DeserializeOwned + JsonSchema + Default + Send + Sync;
    /// A scheme with its settings, parsed and validated.
    type Scheme: Send + Sync;
    /// One concrete problem.
    type Instance;
    /// What is designed.
    type Variables;
    /// What a design achieves.
    type Metrics: Serialize;

    /// Name in files and on the command line.
    const ID: &'static str;
    /// One line for a list.
    const TITLE: &'static str;
    /// The scalar metrics of every row, in the order of [`Typed::values`].
    const METRICS: &'static [MetricInfo] = &[];
    /// The series a row may carry.
    const SERIES: &'static [SeriesInfo] = &[];
    /// The schemes.
    const SCHEMES: &'static [SchemeInfo] = &[];
    /// The arrays of an instance.
    const INSTANCE_FIELDS: &'static [FieldInfo];
    /// The arrays of the variables.
    const VARIABLE_FIELDS: &'static [FieldInfo];

    /// The words of the metrics.
    fn metrics() -> Vec<MetricInfo> {
        Self::METRICS.to_vec()
    }

    /// The words of the series.
    fn series_infos() -> Vec<SeriesInfo> {
        Self::SERIES.to_vec()
    }

    /// The words of the schemes.
    fn schemes() -> Vec<SchemeInfo> {
        Self::SCHEMES.to_vec()
    }

    /// JSON schema of the settings of a scheme.
    fn settings_schema(_scheme: &str) -> Option<Value> {
        None
    }

    /// Refuse parameters out of range; places are fields of the scenario.
    ///
    /// # Errors
    /// The first parameter that cannot be used.
    fn validate(scenario: &Self::Scenario) -> Result<(), InputError>;

    /// Whether trials differ. An instance that is the same in every trial is judged when the
    /// chain is prepared, not once a trial.
    fn is_random(scenario: &Self::Scenario) -> bool;

    /// Draw the instance of a trial.
    ///
    /// # Errors
    /// A scene that cannot be used; places are fields of the scenario.
    fn realize(scenario: &Self::Scenario, seed: u64, trial: u64) -> Result<Self::Instance, Error>;

    /// The default settings of a scheme of [`Typed::SCHEMES`], as an object.
    fn settings(scheme: &str) -> Option<Value>;

    /// Parse and validate a scheme of [`Typed::SCHEMES`]; places are names of settings.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    fn scheme(name: &str, settings: &Value) -> Result<Self::Scheme, InputError>;

    /// Design. `warm` is the design of the previous point of a chain, perhaps of another shape.
    ///
    /// # Errors
    /// Broken numerics or unusable input; infeasible is a design with a certificate.
    fn design(
        scheme: &Self::Scheme,
        instance: &Self::Instance,
        warm: Option<&Self::Variables>,
        interrupt: &Interrupt,
    ) -> Result<DesignOf<Self>, Error>
    where
        Self: Sized;

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

    /// What a careful colleague would say of these numbers, whoever designed them.
    fn advice(instance: &Self::Instance, metrics: &Self::Metrics) -> Vec<String>;

    /// How the claims of documents are checked.
    fn checks() -> Checks<Self::Instance, Self::Variables, Self::Metrics>;

    /// Why a design that was meant to meet the requirements counts as none: it misses them, and
    /// nothing proves that it must.
    fn unmet(_design: &DesignOf<Self>) -> Option<String>
    where
        Self: Sized,
    {
        None
    }

    /// The objective among the metrics.
    fn objective(metrics: &Self::Metrics) -> Option<f64>;

    /// The scalar metrics, one for each of [`Typed::METRICS`]. Of an infeasible design only those
    /// that keep a meaning.
    fn values(design: &DesignOf<Self>) -> Vec<Option<f64>>
    where
        Self: Sized;

    /// The series, in an order that is the same on every run.
    fn series(design: &DesignOf<Self>) -> Vec<SeriesValue>
    where
        Self: Sized;

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

    /// The named arrays of an instance; [`Typed::instance`] inverts it.
    fn instance_arrays(instance: &Self::Instance) -> ArraySet;

    /// Variables for an instance from named arrays.
    ///
    /// # Errors
    /// Arrays that are missing, misshapen, or out of range.
    fn variables(arrays: &ArraySet, instance: &Self::Instance) -> Result<Self::Variables, Error>;

    /// The named arrays of variables; [`Typed::variables`] inverts it.
    fn variable_arrays(variables: &Self::Variables) -> ArraySet;

    /// The instance in one line: its sizes.
    fn headline(instance: &Self::Instance) -> String;

    /// What people want to know first of a design, name and value.
    fn facts(instance: &Self::Instance, design: &DesignOf<Self>) -> Vec<(String, String)>
    where
        Self: Sized;

    /// The tables of a design.
    fn tables(instance: &Self::Instance, design: &DesignOf<Self>) -> Vec<Table>
    where
        Self: Sized;

    /// The number by which designs of one instance are compared, among [`Typed::METRICS`].
    fn goal() -> Option<Goal> {
        None
    }

    /// Who takes part in a comparison: name, scheme, settings that differ from the default; the
    /// one that the others are measured against first. Every scheme as it comes when empty.
    fn contenders() -> Vec<(&'static str, &'static str, Value)> {
        Vec::new()
    }

    /// Why a scheme is not part of this build, where it is not.
    fn missing(_scheme: &Self::Scheme) -> Option<String> {
        None
    }
}

/// What the witness says of a design, and why that makes it numerically unsound, where it does.
pub(crate) fn judged<T: Typed>(
    instance: &T::Instance,
    design: &DesignOf<T>,
) -> Result<(Checked, Option<String>), Error> {
    let witness = T::check(instance, &design.variables)?.in_numbers();
    let names = T::metrics().into_iter().map(|metric| metric.name);
    let values = names.zip(T::values(design));
    let objection = witness.objection(T::objective(&design.metrics), &design.proof, values);
    Ok((witness, objection))
}

/// The row of a design: metrics, proof, and what the independent witness says of it. One that it
/// contradicts has neither metrics nor proof.
///
/// # Errors
/// When the design does not fit the instance.
pub fn row<T: Typed>(instance: &T::Instance, design: &DesignOf<T>) -> Result<Row, Error> {
    let (witness, objection) = judged::<T>(instance, design)?;
    let mismatch = mismatch(&witness, T::objective(&design.metrics));
    let unsound = objection.is_some();
    let outcome = match (objection, T::unmet(design)) {
        (Some(reason), _) => Outcome::Unsound(reason),
        _ if design.proof.infeasible.is_some() => Outcome::Infeasible,
        (None, Some(reason)) => Outcome::Failed(reason),
        (None, None) => Outcome::Designed,
    };
    let empty = Row::without_design(outcome, T::metrics().len());
    let row = Row {
        stop: Some(design.stop),
        violation: Some(witness.violation),
        objective_mismatch: Some(mismatch).filter(|x| x.is_finite()),
        evaluations: design.work.evaluations,
        ..empty
    };
    if unsound {
        return Ok(row);
    }
    Ok(Row {
        proof: design.proof.clone(),
        metrics: T::values(design),
        series: T::series(design),
        ..row
    })
}

struct TypedChain<T: Typed> {
    points: Vec<(T::Scenario, T::Scheme)>,
}

impl<T: Typed> Chain for TypedChain<T> {
    fn run(&self, seed: u64, trial: u64, interrupt: &Interrupt) -> Vec<Row> {
        interrupt.during(|| self.run_now(seed, trial, interrupt))
    }
}

impl<T: Typed> TypedChain<T> {
    fn run_now(&self, seed: u64, trial: u64, interrupt: &Interrupt) -> Vec<Row> {
        let mut previous: Option<T::Variables> = None;
        self.points
            .iter()
            .map(|(scenario, scheme)| {
                if let Some(reason) = T::missing(scheme) {
                    return Row::without_design(Outcome::NotRun(reason), T::metrics().len());
                }
                let outcome = T::realize(scenario, seed, trial).and_then(|instance| {
                    let design = T::design(scheme, &instance, previous.as_ref(), interrupt)?;
                    Ok((row::<T>(&instance, &design)?, design.variables))
                });
                match outcome {
                    Ok((row, variables)) => {
                        // Nobody starts from a design that is not to be believed.
                        let sound = !matches!(row.outcome, Outcome::Unsound(_));
                        previous = sound.then_some(variables);
                        row
                    }
                    Err(error) => {
                        previous = None;
                        Row::without_design(Outcome::Failed(error.to_string()), T::metrics().len())
                    }
                }
            })
            .collect()
    }
}

impl<T: Typed> System for T {
    fn id(&self) -> &'static str {
        T::ID
    }

    fn title(&self) -> &'static str {
        T::TITLE
    }

    fn default_scenario(&self) -> Value {
        json!(T::Scenario::default())
    }

    fn scenario_schema(&self) -> Value {
        schema_for!(T::Scenario).to_value()
    }

    fn metrics(&self) -> Vec<MetricInfo> {
        T::metrics()
    }

    fn series(&self) -> Vec<SeriesInfo> {
        T::series_infos()
    }

    fn schemes(&self) -> Vec<SchemeInfo> {
        T::schemes()
    }

    fn default_settings(&self, scheme: &str) -> Option<Value> {
        T::settings(scheme)
    }

    fn settings_schema(&self, scheme: &str) -> Option<Value> {
        T::settings_schema(scheme)
    }

    fn prepare(&self, scheme: &str, chain: &[Point]) -> Result<Box<dyn Chain>, Refused> {
        let mut points = Vec::with_capacity(chain.len());
        for (index, point) in chain.iter().enumerate() {
            let refused = |error: InputError| Refused { point: index, error };
            let scenario: T::Scenario = typed(&point.scenario, "scenario").map_err(refused)?;
            T::validate(&scenario).map_err(|error| refused(error.inside("scenario")))?;
            let scheme = parsed::<T>(scheme, &point.settings).map_err(refused)?;
            if !T::is_random(&scenario)
                && let Err(error) = T::realize(&scenario, 0, 0)
                && let Some(error) = error.as_input()
            {
                return Err(refused(error.inside("scenario")));
            }
            points.push((scenario, scheme));
        }
        Ok(Box::new(TypedChain::<T> { points }))
    }

    fn goal(&self) -> Option<Goal> {
        T::goal()
    }

    fn contenders(&self) -> Vec<Contender> {
        let named = T::contenders();
        if named.is_empty() {
            let whole = |scheme: &SchemeInfo| (scheme.name, scheme.name, json!({}));
            return timed::contenders::<T>(T::schemes().iter().map(whole));
        }
        timed::contenders::<T>(named)
    }

    /// Times the method alone: neither the draw nor the witness.
    fn timed(
        &self,
        scheme: &str,
        point: &Point,
        seed: u64,
        trial: u64,
        interrupt: &Interrupt,
    ) -> Result<Timed, Refused> {
        timed::timed::<T>(scheme, point, seed, trial, interrupt)
    }
}

/// A scheme with its settings; complaints are placed inside `scheme`.
fn parsed<T: Typed>(name: &str, settings: &Value) -> Result<T::Scheme, InputError> {
    const PLACE: &str = "scheme";
    let names: Vec<&str> = T::schemes().iter().map(|scheme| scheme.name).collect();
    if !names.contains(&name) {
        let what = "there is no such scheme";
        let error = InputError::new(what, PLACE, name, hint::list(&names));
        return Err(hint::with_guess(error, name, &names));
    }
    T::scheme(name, settings).map_err(|error| error.inside(PLACE))
}

impl Arrays {
    /// The arrays, of which only `fields` may be there; `kind` is the word in the format tag of a
    /// JSON file.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged, an array of another name.
    pub fn take(&self, kind: &str, fields: &[FieldInfo]) -> Result<ArraySet, InputError> {
        match self {
            Self::File(path) => ArraySet::read(path, kind, fields),
            Self::Set(set) | Self::Read(_, set) => set.clone().only(fields),
        }
    }

    /// A complaint about these arrays, with the file they are from.
    fn blame(&self, error: Error) -> SingleError {
        match (error, self) {
            (Error::Input(error), Self::File(path) | Self::Read(path, _)) => {
                SingleError::Input(error.in_file(&path.display().to_string()))
            }
            (error, _) => error.into(),
        }
    }
}

fn instance<T: Typed>(source: &Source) -> Result<T::Instance, SingleError> {
    let drawn = match &source.scenario {
        None => None,
        Some(value) => {
            let scenario: T::Scenario = typed(value, "scenario")?;
            T::validate(&scenario).map_err(|error| error.inside("scenario"))?;
            let drawn = T::realize(&scenario, source.seed, source.trial);
            Some(drawn.map_err(|error| match SingleError::from(error) {
                SingleError::Input(error) => SingleError::Input(error.inside("scenario")),
                other => other,
            })?)
        }
    };
    match (&source.arrays, drawn) {
        (Some(arrays), base) => {
            let set = arrays.take("instance", T::INSTANCE_FIELDS)?;
            let names = T::INSTANCE_FIELDS.iter().map(|field| field.name);
            let absent: Vec<&str> = names.filter(|name| set.get(name).is_none()).collect();
            let found = T::instance(set, base.as_ref()).map_err(|error| match error {
                Error::Input(error) if base.is_none() && absent.contains(&error.place.as_str()) => {
                    let advice =
                        "`--scenario FILE` (or `--scenario default`) gives what the arrays do not";
                    arrays.blame(error.hint(advice).into())
                }
                Error::Input(error) => {
                    let fits = |set| T::instance(set, base.as_ref()).is_ok();
                    let fields = T::INSTANCE_FIELDS;
                    arrays.blame(turned(error, arrays, "instance", fields, fits).into())
                }
                other => arrays.blame(other),
            })?;
            Ok(T::drawn_as(found, source.seed, source.trial))
        }
        (None, Some(instance)) => Ok(instance),
        (None, None) => {
            Err(InputError::new("there is no instance", "", "nothing", "a scenario or arrays")
                .into())
        }
    }
}

fn designed<T: Typed>(
    source: &Source,
    scheme: &str,
    settings: &Value,
    interrupt: &Interrupt,
) -> Result<Story, SingleError> {
    let instance = instance::<T>(source)?;
    let parsed = parsed::<T>(scheme, settings)?;
    if let Some(reason) = T::missing(&parsed) {
        let what = "this scheme is not part of this build";
        return Err(InputError::new(what, "scheme", scheme, reason).into());
    }
    let mut design = T::design(&parsed, &instance, None, interrupt)?;
    if interrupt.is_raised() {
        // Whatever ended the method: steps after it, such as the proof, may be missing.
        design.stop = Stop::Interrupted;
    }
    Ok(story::<T>(source, &instance, &mut design, scheme, settings)?)
}

/// The complaint, with the hint that a matrix was handed in transposed where its transpose fits.
fn turned(
    error: InputError,
    arrays: &Arrays,
    kind: &str,
    fields: &[FieldInfo],
    fits: impl Fn(ArraySet) -> bool,
) -> InputError {
    let Ok(set) = arrays.take(kind, fields) else { return error };
    for field in fields {
        let [rows, columns] = field.dimensions else { continue };
        let Some(array) = set.get(field.name).and_then(noctule::data::Array::transposed) else {
            continue;
        };
        let mut other = set.clone();
        other.insert(field.name, array);
        if fits(other) {
            let name = field.name;
            return error.hint(format!(
                "`{name}` is [{rows}, {columns}], and the transpose of this one fits"
            ));
        }
    }
    error
}

impl<T: Typed> Single for T {
    fn instance_fields(&self) -> &'static [FieldInfo] {
        T::INSTANCE_FIELDS
    }

    fn variable_fields(&self) -> &'static [FieldInfo] {
        T::VARIABLE_FIELDS
    }

    fn design(
        &self,
        source: &Source,
        scheme: &str,
        settings: &Value,
        interrupt: &Interrupt,
    ) -> Result<Story, SingleError> {
        interrupt.during(|| designed::<T>(source, scheme, settings, interrupt))
    }

    fn evaluate(&self, source: &Source, variables: &Arrays) -> Result<Story, SingleError> {
        let instance = instance::<T>(source)?;
        let mut design = handed_in::<T>(&instance, variables)?;
        Ok(story::<T>(source, &instance, &mut design, HANDED_IN, &json!({}))?)
    }

    fn row(&self, source: &Source, variables: &Arrays) -> Result<Row, SingleError> {
        let instance = instance::<T>(source)?;
        let design = handed_in::<T>(&instance, variables)?;
        Ok(row::<T>(&instance, &design)?)
    }

    fn instance(&self, source: &Source) -> Result<ArraySet, SingleError> {
        Ok(T::instance_arrays(&instance::<T>(source)?))
    }

    fn verify(&self, document: &Value) -> Result<Finding, SingleError> {
        verified::<T>(document)
    }
}

/// A table whose columns are all numbers.
pub fn table(caption: &str, headers: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table::numbers(caption, headers, rows)
}

/// A metric in one line.
pub const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
) -> MetricInfo {
    MetricInfo { name, label, unit, summary }
}

/// An entry of a series with one index.
pub fn entry(series: &'static str, i: usize, value: f64) -> SeriesValue {
    SeriesValue { series, i: i as u32, j: 0, x: None, value }
}
