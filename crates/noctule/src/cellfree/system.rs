//! `cellfree` as a [`System`].

use noctule_num::InputError;

use super::{
    BEAM_FIELDS, Beams, CLAIMS, CellFreeDesign, Claims, Instance, Metrics, Requirement, SYSTEM,
    Scenario, Verification, advice, evaluate, instance, metrics, picture, schemes, story, symbols,
    verify,
};
use crate::Error;
use crate::claims::Checks;
use crate::data::{ArraySet, FieldInfo};
use crate::pictures::{Picture, PictureKind};
use crate::system::{Blur, Checked, Metric, Scheme, Series, Symbol, System, Table, counted};

/// Access points that serve and sense together: see [`crate::cellfree`].
#[derive(Clone, Copy, Debug)]
pub struct CellFree;

/// What rounding leaves open of what the witness found.
fn blur(instance: &Instance, witness: &Verification) -> Blur {
    let off = witness.error_blur;
    let mut numbers = vec![("error", off)];
    if matches!(instance.requirement(), Requirement::MinRate(_)) {
        numbers.push(("objective", off));
    }
    let share = witness.error.filter(|error| *error > 0.0).map_or(0.0, |error| off / error);
    let cause = "hardly any error is left of the beampatterns";
    Blur { numbers, edge: false, share, of: &["error"], cause }
}

impl System for CellFree {
    type Scenario = Scenario;
    type Instance = Instance;
    type Variables = Beams;
    type Metrics = Metrics;
    type Claims = Claims;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "cell-free access points: the region of sum rate against beampattern error";
    const METRICS: &'static [Metric<Self>] = metrics::METRICS;
    const SERIES: &'static [Series<Self>] = metrics::SERIES;
    const SCHEMES: &'static [Scheme<Self>] = schemes::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = BEAM_FIELDS;
    const CLAIMS: Checks<Instance, Beams, Metrics, Claims> = CLAIMS;
    const SYMBOLS: &'static [Symbol] = symbols::SYMBOLS;
    const PICTURES: &'static [PictureKind] = picture::PICTURES;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    fn is_random(_scenario: &Scenario) -> bool {
        // Fading and pilots are drawn also where all places are fixed.
        true
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn evaluate(instance: &Instance, beams: &Beams) -> Result<Metrics, Error> {
        evaluate(instance, beams)
    }

    fn check(instance: &Instance, beams: &Beams) -> Result<Checked, Error> {
        let witness = verify(instance, beams)?;
        let rate = Some(witness.sum_rate_bps_hz);
        let objective = match instance.requirement() {
            Requirement::MinRate(_) => witness.error,
            _ => rate,
        };
        Ok(Checked {
            objective,
            violation: witness.violation,
            numbers: vec![
                ("objective", objective),
                ("sum_rate_bps_hz", rate),
                ("error", witness.error),
            ],
            blur: blur(instance, &witness),
        })
    }

    fn picture(
        instance: &Instance,
        variables: &Beams,
        kind: PictureKind,
    ) -> Result<Option<Picture>, Error> {
        picture::picture(instance, variables, kind)
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.objective)
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
        let beams = Beams::from_arrays(arrays)?;
        // Nobody served and nothing sensed: lists without entries have lost their other lengths.
        if instance.users() == 0 && beams.sensing.is_empty() && beams.data.as_slice().is_empty() {
            return Ok(Beams::silent(instance));
        }
        beams.check(instance)?;
        Ok(beams)
    }

    fn variable_arrays(beams: &Beams) -> ArraySet {
        beams.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        format!(
            "{} of {}, {}, {} sense",
            counted(instance.aps(), "access point"),
            counted(instance.antennas(), "antenna"),
            counted(instance.users(), "user"),
            instance.sensing_aps().len()
        )
    }

    fn facts(instance: &Instance, design: &CellFreeDesign) -> Vec<(String, String)> {
        story::facts(instance, design)
    }

    fn tables(instance: &Instance, design: &CellFreeDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}
