//! `pilots` as the engine sees it.

mod scheme;
mod told;

use noctule::claims::Checks;
use noctule::data::{ArraySet, FieldInfo};
use noctule::pilots::instance::FIELDS;
use noctule::pilots::{
    ALLOCATION_FIELDS, Allocation, CLAIMS, Instance, SYSTEM, Scenario, Users, advice, evaluate,
    verify,
};
use noctule::{Error, Interrupt};
use noctule_num::InputError;
use serde_json::Value;

use super::adapter::{Checked, DesignOf, Typed};
use crate::report::Table;
use crate::system::{MetricInfo, SchemeInfo, SeriesInfo, SeriesValue};
pub use told::Told;

/// A cell-free network with downlink pilots: see [`noctule::pilots`].
#[derive(Clone, Copy, Debug)]
pub struct Pilots;

impl Typed for Pilots {
    type Scenario = Scenario;
    type Scheme = scheme::Scheme;
    type Instance = Instance;
    type Variables = Allocation;
    type Metrics = Told;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "a cell-free network: downlink pilot powers for estimation and localisation";
    const METRICS: &'static [MetricInfo] = told::METRICS;
    const SERIES: &'static [SeriesInfo] = told::SERIES;
    const SCHEMES: &'static [SchemeInfo] = scheme::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = ALLOCATION_FIELDS;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    fn is_random(scenario: &Scenario) -> bool {
        matches!(scenario.users, Users::Drawn(_)) || scenario.path_loss.shadowing_db > 0.0
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn settings(scheme: &str) -> Option<Value> {
        scheme::default_settings(scheme)
    }

    fn scheme(name: &str, settings: &Value) -> Result<scheme::Scheme, InputError> {
        scheme::Scheme::new(name, settings)
    }

    fn design(
        scheme: &scheme::Scheme,
        instance: &Instance,
        warm: Option<&Allocation>,
        interrupt: &Interrupt,
    ) -> Result<DesignOf<Self>, Error> {
        let warm = warm.filter(|warm| warm.check(instance).is_ok());
        scheme.design(instance, warm, interrupt)
    }

    fn evaluate(instance: &Instance, variables: &Allocation) -> Result<Told, Error> {
        evaluate(instance, variables).map(Told::from)
    }

    fn check(instance: &Instance, variables: &Allocation) -> Result<Checked, Error> {
        let witness = verify(instance, variables)?;
        let worst = witness.crb_m2.iter().copied().reduce(|a, b| Some(a?.max(b?))).flatten();
        Ok(Checked {
            objective: Some(witness.worst_error),
            violation: witness.violation.max(0.0),
            numbers: vec![("worst_error", Some(witness.worst_error)), ("worst_crb_m2", worst)],
        })
    }

    fn advice(instance: &Instance, metrics: &Told) -> Vec<String> {
        advice(instance, &metrics.of)
    }

    fn checks() -> Checks<Self::Instance, Self::Variables, Self::Metrics> {
        Checks {
            added: CLAIMS.added,
            bounded: |said, bound| (CLAIMS.bounded)(&said.of(&said.metrics.of), bound),
            bound: |said, bound| (CLAIMS.bound)(&said.of(&said.metrics.of), bound),
            residual: |said| (CLAIMS.residual)(&said.of(&said.metrics.of)),
            infeasible: |said, certificate, out| {
                (CLAIMS.infeasible)(&said.of(&said.metrics.of), certificate, out)
            },
            stop: |said, stop, proof| (CLAIMS.stop)(&said.of(&said.metrics.of), stop, proof),
        }
    }

    fn objective(metrics: &Told) -> Option<f64> {
        Some(metrics.of.worst_error)
    }

    fn values(design: &DesignOf<Self>) -> Vec<Option<f64>> {
        told::values(design)
    }

    fn series(design: &DesignOf<Self>) -> Vec<SeriesValue> {
        told::series(design)
    }

    fn instance(arrays: ArraySet, base: Option<&Instance>) -> Result<Instance, Error> {
        Instance::from_arrays(arrays, base)
    }

    fn drawn_as(instance: Instance, seed: u64, trial: u64) -> Instance {
        instance.drawn_as(seed, trial)
    }

    fn instance_arrays(instance: &Instance) -> ArraySet {
        instance.to_arrays()
    }

    fn variables(arrays: &ArraySet, instance: &Instance) -> Result<Allocation, Error> {
        let allocation = Allocation::from_arrays(arrays)?;
        allocation.check(instance)?;
        Ok(allocation)
    }

    fn variable_arrays(variables: &Allocation) -> ArraySet {
        variables.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        format!("{} access points, {} users", instance.points(), instance.users())
    }

    fn facts(instance: &Instance, design: &DesignOf<Self>) -> Vec<(String, String)> {
        told::facts(instance, design)
    }

    fn tables(instance: &Instance, design: &DesignOf<Self>) -> Vec<Table> {
        told::tables(instance, design)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Outcome, Point, System};
    use serde_json::json;

    #[test]
    fn every_scheme_runs_and_fills_every_column() {
        for scheme in scheme::SCHEMES {
            let settings = Pilots.default_settings(scheme.name).unwrap();
            let mut scenario = Pilots.default_scenario();
            scenario["crb_limit"] = json!({ "over_best": 2.0 });
            let point = Point { scenario, settings };
            let chain = Pilots.prepare(scheme.name, &[point]).unwrap();
            let rows = chain.run(1, 0, &Interrupt::new());
            assert_eq!(rows[0].outcome, Outcome::Designed, "{}", scheme.name);
            assert_eq!(rows[0].metrics.len(), told::METRICS.len());
            assert!(rows[0].objective_mismatch.unwrap() < 1e-9, "{}", scheme.name);
        }
    }

    #[test]
    fn out_of_reach_is_an_outcome() {
        let mut scenario = Pilots.default_scenario();
        scenario["crb_limit"] = json!({ "over_best": 0.9 });
        let settings = Pilots.default_settings("optimal").unwrap();
        let chain = Pilots.prepare("optimal", &[Point { scenario, settings }]).unwrap();
        let rows = chain.run(1, 0, &Interrupt::new());
        assert_eq!(rows[0].outcome, Outcome::Infeasible);
        let position = told::METRICS.iter().position(|m| m.name == "worst_crb_m2").unwrap();
        assert!(rows[0].metrics[0].is_none() && rows[0].metrics[position].is_some());
    }
}
