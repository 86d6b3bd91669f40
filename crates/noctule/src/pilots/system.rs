//! `pilots` as a [`System`].

use noctule_num::InputError;

use super::instance::FIELDS;
use super::{
    ALLOCATION_FIELDS, Allocation, CLAIMS, Claims, Instance, Metrics, PilotsDesign, SYSTEM,
    Scenario, Users, advice, evaluate, metrics, picture, schemes, story, symbols, verify,
};
use crate::Error;
use crate::claims::Checks;
use crate::data::{ArraySet, FieldInfo};
use crate::pictures::{Picture, PictureKind};
use crate::system::{Blur, Checked, Metric, Scheme, Series, Symbol, System, Table, counted};

/// A cell-free network with downlink pilots: see [`crate::pilots`].
#[derive(Clone, Copy, Debug)]
pub struct Pilots;

impl System for Pilots {
    type Scenario = Scenario;
    type Instance = Instance;
    type Variables = Allocation;
    type Metrics = Metrics;
    type Claims = Claims;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "a cell-free network: downlink pilot powers for estimation and localisation";
    const METRICS: &'static [Metric<Self>] = metrics::METRICS;
    const SERIES: &'static [Series<Self>] = metrics::SERIES;
    const SCHEMES: &'static [Scheme<Self>] = schemes::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = ALLOCATION_FIELDS;
    const CLAIMS: Checks<Instance, Allocation, Metrics, Claims> = CLAIMS;
    const SYMBOLS: &'static [Symbol] = symbols::SYMBOLS;
    const PICTURES: &'static [PictureKind] = picture::PICTURES;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    fn is_random(scenario: &Scenario) -> bool {
        matches!(scenario.users, Users::Drawn(_)) || scenario.path_loss.shadowing_db > 0.0
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn evaluate(instance: &Instance, variables: &Allocation) -> Result<Metrics, Error> {
        evaluate(instance, variables)
    }

    fn check(instance: &Instance, variables: &Allocation) -> Result<Checked, Error> {
        let witness = verify(instance, variables)?;
        let worst = witness.crb_m2.iter().copied().reduce(|a, b| Some(a?.max(b?))).flatten();
        Ok(Checked {
            objective: Some(witness.worst_error),
            violation: witness.violation.max(0.0),
            numbers: vec![("worst_error", Some(witness.worst_error)), ("worst_crb_m2", worst)],
            blur: Blur::default(),
        })
    }

    fn picture(
        instance: &Instance,
        variables: &Allocation,
        kind: PictureKind,
    ) -> Result<Option<Picture>, Error> {
        Ok(picture::picture(instance, variables, kind))
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.worst_error)
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
        let points = counted(instance.points(), "access point");
        format!("{points}, {}", counted(instance.users(), "user"))
    }

    fn facts(instance: &Instance, design: &PilotsDesign) -> Vec<(String, String)> {
        story::facts(instance, design)
    }

    fn tables(instance: &Instance, design: &PilotsDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}
