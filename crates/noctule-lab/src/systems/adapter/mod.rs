//! From a typed system to the engine's edge.
//!
//! The engine and the single-design verbs see every system through JSON ([`System`], [`Single`]).
//! What lies between is the same for all: parsing, validating and preparing chains of points,
//! warm starts, rows with the witness's verdict, documents that embed their instance. It is
//! written once, here, from the tables of a [`noctule::System`].

mod claims;
mod pictures;
mod rows;
mod story;
mod tables;
mod timed;
mod verify;

use std::marker::PhantomData;
use std::path::Path;

use noctule::data::{ArraySet, FieldInfo};
use noctule::pictures::PictureKind;
use noctule_figure::Figure;

use noctule::{Error, Interrupt, Stop};
use noctule_num::InputError;
use schemars::schema_for;
use serde_json::{Value, json};

use self::claims::HANDED_IN;
use self::pictures::{drawn, on_demand, patterns};
use self::rows::{parsed, row, turned};
use self::story::{handed_in, story};
use self::tables::{Chosen, Tables};
use self::verify::verified;
use super::typed;
use crate::single::{Arrays, Finding, Single, SingleError, Source, Story};
use crate::system::{
    Chain, Contender, Goal, MetricInfo, Outcome, Point, Refused, Row, SchemeInfo, SeriesInfo,
    Symbol, System, Timed,
};

/// A system of the library as the engine and the single-design verbs see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Of<S>(PhantomData<fn() -> S>);

impl<S> Of<S> {
    /// The system.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

struct TypedChain<T: Tables> {
    points: Vec<(T::Scenario, Chosen<T>)>,
    /// The series of [`System::on_demand`] that rows carry.
    keep: Vec<&'static str>,
}

impl<T: Tables> Chain for TypedChain<T> {
    fn run(&self, seed: u64, trial: u64, interrupt: &Interrupt) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.points.len());
        self.run_each(seed, trial, interrupt, &mut |row| rows.push(row));
        rows
    }

    fn run_each(&self, seed: u64, trial: u64, interrupt: &Interrupt, take: &mut dyn FnMut(Row)) {
        interrupt.during(|| self.run_now(seed, trial, interrupt, take));
    }
}

impl<T: Tables> TypedChain<T> {
    fn run_now(&self, seed: u64, trial: u64, interrupt: &Interrupt, take: &mut dyn FnMut(Row)) {
        let without = |outcome| Row::without_design(outcome, T::metric_infos().len());
        let mut previous: Option<T::Variables> = None;
        for (scenario, scheme) in &self.points {
            if let Some(reason) = scheme.missing() {
                take(without(Outcome::NotRun(reason)));
                continue;
            }
            let outcome = T::realize(scenario, seed, trial).and_then(|instance| {
                let design = scheme.design(&instance, previous.as_ref(), interrupt)?;
                let mut row = row::<T>(&instance, &design)?;
                if !self.keep.is_empty() && !matches!(row.outcome, Outcome::Unsound(_)) {
                    let kept = patterns::<T>(&instance, &design.variables)?;
                    row.series.extend(kept.filter(|one| self.keep.contains(&one.series)));
                }
                Ok((row, design.variables))
            });
            match outcome {
                Ok((row, variables)) => {
                    // Nobody starts from a design that is not to be believed.
                    let sound = !matches!(row.outcome, Outcome::Unsound(_));
                    previous = sound.then_some(variables);
                    take(row);
                }
                Err(error) => {
                    previous = None;
                    take(without(Outcome::Failed(error.to_string())));
                }
            }
        }
    }
}

impl<T: noctule::System> System for Of<T> {
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
        T::metric_infos()
    }

    fn series(&self) -> Vec<SeriesInfo> {
        T::series_infos()
    }

    fn symbols(&self) -> &'static [Symbol] {
        T::SYMBOLS
    }

    fn condition(&self, name: &str) -> Option<&'static str> {
        T::condition(name)
    }

    fn schemes(&self) -> Vec<SchemeInfo> {
        T::scheme_infos()
    }

    fn default_settings(&self, scheme: &str) -> Option<Value> {
        T::default_settings(scheme)
    }

    fn settings_schema(&self, scheme: &str) -> Option<Value> {
        T::settings_schema(scheme)
    }

    fn on_demand(&self) -> Vec<SeriesInfo> {
        on_demand::<T>()
    }

    fn data(&self) -> Option<&'static str> {
        T::DATA
    }

    fn attached(
        &self,
        scenario: &Value,
        base: &Path,
    ) -> Result<Vec<(&'static str, Value)>, InputError> {
        // What is wrong with a scenario is said when it is prepared.
        let Ok(typed) = typed::<T::Scenario>(scenario, "scenario") else { return Ok(Vec::new()) };
        T::attached(&typed, base).map_err(|error| error.inside("scenario"))
    }

    fn check_trials(&self, scenario: &Value, trials: u64) -> Result<(), InputError> {
        let known = T::DATA.and_then(|data| scenario.pointer(data)?.get("rows"));
        if known.is_none() {
            return Ok(());
        }
        let Ok(typed) = typed::<T::Scenario>(scenario, "scenario") else { return Ok(()) };
        T::check_trials(&typed, trials).map_err(|error| error.inside("scenario"))
    }

    fn notes(&self, scenario: &Value) -> Vec<String> {
        let typed = typed::<T::Scenario>(scenario, "scenario");
        typed.map(|typed| T::notes(&typed)).unwrap_or_default()
    }

    fn prepare(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
    ) -> Result<Box<dyn Chain>, Refused> {
        self.prepare_keeping(scheme, chain, &[])
    }

    fn prepare_keeping(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
        keep: &[&str],
    ) -> Result<Box<dyn Chain>, Refused> {
        let mut points = Vec::with_capacity(chain.size_hint().0);
        for (index, point) in chain.enumerate() {
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
        let known = on_demand::<T>().into_iter().map(|series| series.name);
        let keep = known.filter(|name| keep.contains(name)).collect();
        Ok(Box::new(TypedChain::<T> { points, keep }))
    }

    fn goal(&self) -> Option<Goal> {
        T::GOAL
    }

    fn contenders(&self) -> Vec<Contender> {
        let named = T::contenders();
        if named.is_empty() {
            let whole = |scheme: &SchemeInfo| (scheme.name, scheme.name, json!({}));
            return timed::contenders::<T>(T::scheme_infos().iter().map(whole));
        }
        timed::contenders::<T>(named)
    }

    fn takes_part(&self, scenario: &Value, scheme: &str) -> bool {
        // a scenario that cannot be read is refused elsewhere
        serde_json::from_value(scenario.clone()).map_or(true, |own| T::takes_part(&own, scheme))
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

fn instance<T: Tables>(source: &Source) -> Result<T::Instance, SingleError> {
    let taken = source.arrays.as_ref().map(|arrays| arrays.take("instance", T::INSTANCE_FIELDS));
    let set = taken.transpose()?;
    let drawn = match &source.scenario {
        None => None,
        Some(value) => {
            let mut scenario: T::Scenario = typed(value, "scenario")?;
            if let Some(set) = &set {
                scenario = T::under(scenario, set);
            }
            T::validate(&scenario).map_err(|error| error.inside("scenario"))?;
            let drawn = T::realize(&scenario, source.seed, source.trial);
            Some(drawn.map_err(|error| match SingleError::from(error) {
                SingleError::Input(error) => SingleError::Input(error.inside("scenario")),
                other => other,
            })?)
        }
    };
    match (source.arrays.as_ref().zip(set), drawn) {
        (Some((arrays, set)), base) => {
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

fn designed<T: Tables>(
    source: &Source,
    scheme: &str,
    settings: &Value,
    interrupt: &Interrupt,
) -> Result<Story, SingleError> {
    let instance = instance::<T>(source)?;
    let parsed = parsed::<T>(scheme, settings)?;
    if let Some(reason) = parsed.missing() {
        let what = "this scheme is not part of this build";
        return Err(InputError::new(what, "scheme", scheme, reason).into());
    }
    let mut design = parsed.design(&instance, None, interrupt)?;
    if interrupt.is_raised() {
        // Whatever ended the method: steps after it, such as the proof, may be missing.
        design.stop = Stop::Interrupted;
    }
    Ok(story::<T>(source, &instance, &mut design, scheme, settings)?)
}

impl<T: noctule::System> Single for Of<T> {
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

    fn pictures(&self) -> &'static [PictureKind] {
        T::PICTURES
    }

    fn picture(
        &self,
        document: &Value,
        kind: Option<PictureKind>,
        source: Option<&Source>,
    ) -> Result<Figure, SingleError> {
        let source = source.filter(|source| source.arrays.is_none());
        drawn::<T>(document, kind, source.map(instance::<T>).transpose()?)
    }

    fn verify(&self, document: &Value) -> Result<Finding, SingleError> {
        verified::<T>(document)
    }
}
