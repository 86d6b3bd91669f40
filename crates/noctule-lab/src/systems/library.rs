//! A system of the library ([`noctule::System`]) as the engine sees it.

use std::marker::PhantomData;

use noctule::claims::Checks;
use noctule::data::{ArraySet, FieldInfo};
use noctule::system::{Ready, Scheme};
use noctule::{Error, Interrupt, Run, System};
use noctule_num::InputError;
use serde_json::Value;

use super::adapter::{Checked, DesignOf, Typed};
use crate::report::Table;
use crate::system::{Goal, MetricInfo, SchemeInfo, SeriesInfo, SeriesValue};

/// A system of the library.
#[derive(Clone, Copy, Debug, Default)]
pub struct Of<S>(PhantomData<fn() -> S>);

impl<S> Of<S> {
    /// The system.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// A scheme with its settings.
#[derive(Debug)]
pub struct Chosen<S: System> {
    row: &'static Scheme<S>,
    ready: Ready<S>,
}

impl<S: System> Typed for Of<S> {
    type Scenario = S::Scenario;
    type Scheme = Chosen<S>;
    type Instance = S::Instance;
    type Variables = S::Variables;
    type Metrics = S::Metrics;

    const ID: &'static str = S::ID;
    const TITLE: &'static str = S::TITLE;
    const INSTANCE_FIELDS: &'static [FieldInfo] = S::INSTANCE_FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = S::VARIABLE_FIELDS;

    fn metrics() -> Vec<MetricInfo> {
        S::METRICS.iter().map(|metric| metric.info).collect()
    }

    fn series_infos() -> Vec<SeriesInfo> {
        S::SERIES.iter().map(|series| series.info).collect()
    }

    fn schemes() -> Vec<SchemeInfo> {
        S::SCHEMES.iter().map(Scheme::info).collect()
    }

    fn settings_schema(scheme: &str) -> Option<Value> {
        S::scheme(scheme).ok().map(Scheme::schema)
    }

    fn validate(scenario: &S::Scenario) -> Result<(), InputError> {
        S::validate(scenario)
    }

    fn is_random(scenario: &S::Scenario) -> bool {
        S::is_random(scenario)
    }

    fn realize(scenario: &S::Scenario, seed: u64, trial: u64) -> Result<S::Instance, Error> {
        S::realize(scenario, seed, trial)
    }

    fn settings(scheme: &str) -> Option<Value> {
        S::scheme(scheme).ok().map(Scheme::defaults)
    }

    fn scheme(name: &str, settings: &Value) -> Result<Chosen<S>, InputError> {
        let row = S::scheme(name)?;
        Ok(Chosen { row, ready: row.with(settings)? })
    }

    fn design(
        scheme: &Chosen<S>,
        instance: &S::Instance,
        warm: Option<&S::Variables>,
        interrupt: &Interrupt,
    ) -> Result<DesignOf<Self>, Error> {
        scheme.ready.design(instance, &Run::new(interrupt).from(warm))
    }

    fn evaluate(instance: &S::Instance, variables: &S::Variables) -> Result<S::Metrics, Error> {
        S::evaluate(instance, variables)
    }

    fn check(instance: &S::Instance, variables: &S::Variables) -> Result<Checked, Error> {
        S::check(instance, variables)
    }

    fn advice(instance: &S::Instance, metrics: &S::Metrics) -> Vec<String> {
        S::advice(instance, metrics)
    }

    fn checks() -> Checks<S::Instance, S::Variables, S::Metrics> {
        S::CLAIMS
    }

    fn unmet(design: &DesignOf<Self>) -> Option<String> {
        S::unmet(design)
    }

    fn objective(metrics: &S::Metrics) -> Option<f64> {
        S::objective(metrics)
    }

    fn values(design: &DesignOf<Self>) -> Vec<Option<f64>> {
        S::METRICS.iter().map(|metric| metric.of(design)).collect()
    }

    fn series(design: &DesignOf<Self>) -> Vec<SeriesValue> {
        let rows = |series: &noctule::system::Series<S>| {
            let name = series.info.name;
            let entries = series.of(design).into_iter();
            entries
                .map(|e| SeriesValue { series: name, i: e.i, j: e.j, x: e.x, value: e.value })
                .collect::<Vec<_>>()
        };
        S::SERIES.iter().flat_map(rows).collect()
    }

    fn instance(arrays: ArraySet, base: Option<&S::Instance>) -> Result<S::Instance, Error> {
        S::instance(arrays, base)
    }

    fn drawn_as(instance: S::Instance, seed: u64, trial: u64) -> S::Instance {
        S::drawn_as(instance, seed, trial)
    }

    fn instance_arrays(instance: &S::Instance) -> ArraySet {
        S::instance_arrays(instance)
    }

    fn variables(arrays: &ArraySet, instance: &S::Instance) -> Result<S::Variables, Error> {
        S::variables(arrays, instance)
    }

    fn variable_arrays(variables: &S::Variables) -> ArraySet {
        S::variable_arrays(variables)
    }

    fn headline(instance: &S::Instance) -> String {
        S::headline(instance)
    }

    fn facts(instance: &S::Instance, design: &DesignOf<Self>) -> Vec<(String, String)> {
        S::facts(instance, design)
    }

    fn tables(instance: &S::Instance, design: &DesignOf<Self>) -> Vec<Table> {
        S::tables(instance, design)
    }

    fn goal() -> Option<Goal> {
        S::GOAL
    }

    fn contenders() -> Vec<(&'static str, &'static str, Value)> {
        S::contenders()
    }

    fn missing(scheme: &Chosen<S>) -> Option<String> {
        scheme.row.missing.map(str::to_owned)
    }
}
