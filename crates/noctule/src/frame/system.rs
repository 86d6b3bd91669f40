//! `frame` as a [`System`].

use noctule_num::InputError;
use noctule_optim::Proof;
use serde_json::Value;

use super::claims::prove;
use super::{
    CLAIMS, Claims, FrameDesign, Instance, Metrics, PLAN_FIELDS, Plan, SYSTEM, Scenario, Users,
    advice, evaluate, instance, metrics, picture, schemes, story, symbols, verify,
};
use crate::Error;
use crate::claims::Checks;
use crate::data::{ArraySet, FieldInfo};
use crate::pictures::{Picture, PictureKind};
use crate::system::{Blur, Checked, Metric, Scheme, Series, Symbol, System, Table};

/// A frame that senses, estimates and serves: see [`crate::frame`].
#[derive(Clone, Copy, Debug)]
pub struct Frame;

impl System for Frame {
    type Scenario = Scenario;
    type Instance = Instance;
    type Variables = Plan;
    type Metrics = Metrics;
    type Claims = Claims;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "frame design under channel aging: sensing time, number and placement of updates";
    const METRICS: &'static [Metric<Self>] = metrics::METRICS;
    const SERIES: &'static [Series<Self>] = metrics::SERIES;
    const SCHEMES: &'static [Scheme<Self>] = schemes::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = PLAN_FIELDS;
    const CLAIMS: Checks<Instance, Plan, Metrics, Claims> = CLAIMS;
    const SYMBOLS: &'static [Symbol] = symbols::SYMBOLS;
    const PICTURES: &'static [PictureKind] = picture::PICTURES;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    fn is_random(scenario: &Scenario) -> bool {
        matches!(scenario.users, Users::Drawn(_))
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn evaluate(instance: &Instance, plan: &Plan) -> Result<Metrics, Error> {
        evaluate(instance, plan)
    }

    fn check(instance: &Instance, plan: &Plan) -> Result<Checked, Error> {
        let witness = verify(instance, plan)?;
        let objective = Some(witness.sum_rate_bps_hz);
        Ok(Checked {
            objective,
            violation: witness.violation,
            numbers: vec![
                ("sum_rate_bps_hz", objective),
                ("frame_bits_per_hz", Some(witness.frame_bits_per_hz)),
                ("worst_crb_ratio", Some(witness.worst_crb_ratio)),
            ],
            blur: Blur::default(),
        })
    }

    fn picture(
        instance: &Instance,
        plan: &Plan,
        kind: PictureKind,
    ) -> Result<Option<Picture>, Error> {
        picture::picture(instance, plan, kind)
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.sum_rate_bps_hz)
    }

    fn proven(
        instance: &Instance,
        proof: &mut Proof,
        scheme: &str,
        settings: &Value,
    ) -> Result<(), Error> {
        prove(instance, proof, scheme, settings)
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

    fn variables(arrays: &ArraySet, instance: &Instance) -> Result<Plan, Error> {
        let plan = Plan::from_arrays(arrays)?;
        plan.check(instance)?;
        Ok(plan)
    }

    fn variable_arrays(plan: &Plan) -> ArraySet {
        plan.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        story::headline(instance)
    }

    fn facts(instance: &Instance, design: &FrameDesign) -> Vec<(String, String)> {
        story::facts(instance, design)
    }

    fn tables(instance: &Instance, design: &FrameDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}
