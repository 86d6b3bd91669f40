//! `beamforming` as a [`System`].

use std::path::Path;

use noctule_num::InputError;
use serde_json::Value;

use super::{
    BEAM_FIELDS, BeamformingDesign, Beams, CLAIMS, Instance, Metrics, SYSTEM, Scenario, Targets,
    Verification, advice, band, details, evaluate, goal, instance, picture, schemes, story,
    symbols, table, verify,
};
use crate::claims::{Checks, Ends};
use crate::data::{ArraySet, FieldInfo};
use crate::pictures::{Picture, PictureKind};
use crate::system::{Blur, Checked, Goal, Metric, Scheme, Series, Symbol, System, Table};
use crate::{Error, FEASIBLE};

/// A multi-user, multi-target base station: see [`crate::beamforming`].
#[derive(Clone, Copy, Debug)]
pub struct Beamforming;

/// Metrics that depend on the inverse of a Fisher matrix: under these names, or in groups of these.
const OF_BOUNDS: &[&str] = &[
    "objective",
    "crb",
    "bound",
    "targets",
    "goal",
    "azimuth",
    "polar",
    "reflection",
    "range",
    "velocity",
];

/// What rounding leaves open of what the witness found.
fn blur(witness: &Verification) -> Blur {
    let trace = witness.crb_trace_mixed.unwrap_or(0.0);
    Blur {
        numbers: vec![
            ("objective", witness.objective_blur),
            ("crb_trace_mixed", witness.crb_trace_blur),
        ],
        edge: witness.on_the_edge,
        share: if trace > 0.0 { witness.crb_trace_blur / trace } else { 0.0 },
        of: OF_BOUNDS,
        cause: "these beams hardly tell some of the unknown parameters apart",
    }
}

impl System for Beamforming {
    type Scenario = Scenario;
    type Instance = Instance;
    type Variables = Beams;
    type Metrics = Metrics;
    type Claims = Ends;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "multi-user, multi-target base station: sum rate against the Cramér–Rao bound";
    const METRICS: &'static [Metric<Self>] = table::METRICS;
    const SERIES: &'static [Series<Self>] = table::SERIES;
    const SCHEMES: &'static [Scheme<Self>] = schemes::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = BEAM_FIELDS;
    const SYMBOLS: &'static [Symbol] = symbols::SYMBOLS;
    const PICTURES: &'static [PictureKind] = picture::PICTURES;
    const DATA: Option<&'static str> = Some("/channel");
    const GOAL: Option<Goal> = Some(Goal { metric: "objective", maximise: true });
    const CLAIMS: Checks<Instance, Beams, Metrics, Ends> = CLAIMS;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    /// Channels are always drawn, but they cannot make a scene unusable: targets can, and those
    /// that are the same in every trial are judged once.
    fn is_random(scenario: &Scenario) -> bool {
        matches!(scenario.targets, Targets::Drawn(_))
    }

    fn attached(
        scenario: &Scenario,
        base: &Path,
    ) -> Result<Vec<(&'static str, Value)>, InputError> {
        scenario.attached(base)
    }

    fn check_trials(scenario: &Scenario, trials: u64) -> Result<(), InputError> {
        scenario.check_trials(trials)
    }

    fn notes(scenario: &Scenario) -> Vec<String> {
        [scenario.channel_notes(), scenario.frame_notes(), scenario.word_notes()].concat()
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn contenders() -> Vec<(&'static str, &'static str, Value)> {
        schemes::contenders()
    }

    /// Methods made for the weighted sum refuse another goal, those of one frequency a band; who is nominal has
    /// angles that are not known.
    fn takes_part(scenario: &Scenario, scheme: &str) -> bool {
        if scenario.is_band() {
            let perfect = scheme == "perfect-knowledge" && scenario.knowledge.is_some();
            let weighted =
                ["same-beams", "each-alone", "sensing-only", "wmmse", "sharing"].contains(&scheme);
            let of_band = schemes::OF_A_BAND.contains(&scheme);
            return perfect || (of_band && (scenario.goal.is_weighted() || !weighted));
        }
        let band = ["same-beams", "each-alone", "perfect-knowledge"].contains(&scheme);
        let closed = ["balanced", "zf", "rzf", "mrt"].contains(&scheme);
        if scheme == "nominal" {
            return scenario.uncertain.is_some();
        }
        closed || (!band && scenario.goal.is_weighted())
    }

    fn evaluate(instance: &Instance, beams: &Beams) -> Result<Metrics, Error> {
        evaluate(instance, beams)
    }

    fn check(instance: &Instance, beams: &Beams) -> Result<Checked, Error> {
        let witness = verify(instance, beams)?;
        Ok(Checked {
            objective: witness.objective,
            violation: witness.violation,
            numbers: vec![
                ("objective", witness.objective),
                ("sum_rate_nats", Some(witness.sum_rate_nats)),
                ("crb_trace_mixed", witness.crb_trace_mixed),
            ],
            blur: blur(&witness),
        })
    }

    fn picture(
        instance: &Instance,
        variables: &Beams,
        kind: PictureKind,
    ) -> Result<Option<Picture>, Error> {
        Ok(picture::picture(instance, variables, kind))
    }

    fn details(instance: &Instance, variables: &Beams) -> Value {
        details::details(instance, variables)
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        metrics.objective
    }

    fn objective_unit(instance: &Instance) -> &'static str {
        instance.problem().map_or("", |problem| problem.unit().of_value())
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

    fn variables(arrays: &ArraySet, instance: &Instance) -> Result<Beams, Error> {
        Beams::from_either(arrays, instance)
    }

    fn variable_arrays(beams: &Beams) -> ArraySet {
        beams.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        story::headline(instance)
    }

    /// Of the weighted sum nothing is required; baselines of a goal may miss what is.
    fn unmet(design: &BeamformingDesign) -> Option<String> {
        let missed = design.metrics.goal.as_ref()?.violation.unwrap_or(f64::INFINITY);
        let proven = design.proof.infeasible.is_some();
        (missed > FEASIBLE && !proven).then(|| {
            format!(
                "what is required is missed by {missed:.1e}, and nothing proves that it must be"
            )
        })
    }

    fn facts(instance: &Instance, design: &BeamformingDesign) -> Vec<(String, String)> {
        let mut out = match instance.problem() {
            Some(problem) if instance.band().is_some() => band::goal_facts(problem, design),
            Some(problem) => goal::facts(instance, problem, design),
            None if instance.band().is_some() => band::facts(design),
            None => story::facts(design),
        };
        if instance.limits_move() && design.metrics.prices.is_some() {
            let why = "none: limits relative to the best that there is move with it";
            out.push(("price of power".to_owned(), why.to_owned()));
        }
        out
    }

    fn tables(instance: &Instance, design: &BeamformingDesign) -> Vec<Table> {
        match instance.problem() {
            Some(problem) if instance.band().is_some() => {
                band::goal_tables(instance, problem, design)
            }
            Some(problem) => goal::tables(instance, problem, design),
            None if instance.band().is_some() => band::tables(instance, design),
            None => story::tables(instance, design),
        }
    }
}
