//! `surfaces` as a [`System`].

use noctule_num::InputError;
use noctule_optim::PointProof;

use super::{
    CLAIMS, Claims, DEPLOYMENT_FIELDS, Deployment, Instance, Metrics, SYSTEM, Scenario,
    SurfacesDesign, Verification, advice, evaluate, instance, metrics, misses_requirement, picture,
    schemes, story, symbols, verify,
};
use crate::Error;
use crate::claims::Checks;
use crate::data::{ArraySet, FieldInfo};
use crate::pictures::{Picture, PictureKind};
use crate::system::{Blur, Checked, Metric, Scheme, Series, Symbol, System, Table};

/// Reflecting surfaces: see [`crate::surfaces`].
#[derive(Clone, Copy, Debug)]
pub struct Surfaces;

/// What rounding leaves open of what the witness found.
fn blur(witness: &Verification) -> Blur {
    let share = witness.crb_aligned_blur;
    Blur {
        numbers: vec![("crb_aligned_db", 10.0 * share / std::f64::consts::LN_10)],
        edge: share >= 1.0,
        share,
        of: &["aligned", "illumination"],
        cause: "hardly anything lights the target itself",
    }
}

impl System for Surfaces {
    type Scenario = Scenario;
    type Instance = Instance;
    type Variables = Deployment;
    type Metrics = Metrics;
    type Claims = Claims;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "reflecting surfaces for a blocked user and target: rate under a limit on the CRB";
    const METRICS: &'static [Metric<Self>] = metrics::METRICS;
    const SERIES: &'static [Series<Self>] = metrics::SERIES;
    const SCHEMES: &'static [Scheme<Self>] = schemes::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = DEPLOYMENT_FIELDS;
    const CLAIMS: Checks<Instance, Deployment, Metrics, Claims> = CLAIMS;
    const SYMBOLS: &'static [Symbol] = symbols::SYMBOLS;
    const PICTURES: &'static [PictureKind] = picture::PICTURES;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    /// Only the noise of simulated echoes is: no draw makes a scene unusable.
    fn is_random(_: &Scenario) -> bool {
        false
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn evaluate(instance: &Instance, deployment: &Deployment) -> Result<Metrics, Error> {
        evaluate(instance, deployment)
    }

    fn check(instance: &Instance, deployment: &Deployment) -> Result<Checked, Error> {
        let witness = verify(instance, deployment)?;
        let bits = witness.rate_nats / std::f64::consts::LN_2;
        Ok(Checked {
            objective: Some(bits),
            violation: witness.violation,
            numbers: vec![
                ("rate_bps_hz", Some(bits)),
                ("rate_nats", Some(witness.rate_nats)),
                ("crb", witness.crb),
                ("crb_aligned_db", witness.crb_aligned.map(|crb| 10.0 * crb.log10())),
            ],
            blur: blur(&witness),
        })
    }

    fn unmet(design: &SurfacesDesign) -> Option<String> {
        let PointProof::Feasible { violation } = design.proof.point else { return None };
        misses_requirement(design.stop, &design.proof).then(|| {
            format!(
                "the limit on the bound is missed by {:.2} %, and it is not proven that it must be",
                100.0 * violation
            )
        })
    }

    fn picture(
        instance: &Instance,
        variables: &Deployment,
        kind: PictureKind,
    ) -> Result<Option<Picture>, Error> {
        picture::picture(instance, variables, kind)
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.rate_bps_hz)
    }

    fn instance(arrays: ArraySet, base: Option<&Instance>) -> Result<Instance, Error> {
        Instance::from_arrays(arrays, base)
    }

    fn under(scenario: Scenario, arrays: &ArraySet) -> Scenario {
        scenario.with_sites_of(arrays)
    }

    fn instance_arrays(instance: &Instance) -> ArraySet {
        instance.to_arrays()
    }

    fn variables(arrays: &ArraySet, instance: &Instance) -> Result<Deployment, Error> {
        Deployment::from_arrays(arrays, instance)
    }

    fn variable_arrays(deployment: &Deployment) -> ArraySet {
        deployment.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        story::headline(instance)
    }

    fn facts(_: &Instance, design: &SurfacesDesign) -> Vec<(String, String)> {
        story::facts(design)
    }

    fn tables(instance: &Instance, design: &SurfacesDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}
