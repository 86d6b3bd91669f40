//! `beamforming` as the engine sees it.

mod claims;
mod schemes;
mod story;

use noctule::beamforming::{
    BEAM_FIELDS, BeamformingDesign, Beams, CLAIMS, Instance, Metrics, SYSTEM, Scenario, Targets,
    advice, evaluate, instance, verify,
};
use noctule::claims::Checks;
use noctule::data::{ArraySet, FieldInfo};
use noctule::{Error, Interrupt};
use noctule_num::InputError;
use serde_json::Value;

use super::adapter::{Checked, Typed, entry, metric, trace_of};
use crate::report::Table;
use crate::system::{Goal, MetricInfo, SchemeInfo, SeriesInfo, SeriesValue};

pub use schemes::{Run, Scheme, SensingSettings, StartName};

/// A multi-user, multi-target base station: see [`noctule::beamforming`].
#[derive(Clone, Copy, Debug)]
pub struct Beamforming;

const METRICS: &[MetricInfo] = &[
    metric("objective", "Objective", "", "rate weight · sum rate (nats) − bound weight · tr F⁻¹"),
    metric("sum_rate_bps_hz", "Sum rate", "bit/s/Hz", "sum over users of log₂(1 + SINR)"),
    metric("sum_rate_nats", "Sum rate", "nat/s/Hz", "sum over users of ln(1 + SINR)"),
    metric("crb_trace_mixed", "Trace of the CRB", "mixed", "tr F⁻¹: rad² and squared reflection"),
    metric(
        "worst_angle_rcrb_deg",
        "Largest root-CRB of an angle",
        "°",
        "largest root-Cramér–Rao bound over targets, azimuth and polar angle",
    ),
    metric(
        "rms_angle_rcrb_deg",
        "Root-mean-square CRB of the angles",
        "°",
        "root of the mean Cramér–Rao bound over targets and both angles",
    ),
    metric("users_shut_off", "Users shut off", "", "users with a rate below 0.001 bit/s/Hz"),
    metric(
        "covariance_rank",
        "Rank of the covariance",
        "",
        "eigenvalues of the transmit covariance above 10⁻⁵ of the power",
    ),
    metric(
        "sensing_streams_in_use",
        "Sensing streams in use",
        "",
        "eigenvalues of the covariance of the sensing beams above 10⁻⁵ of the power",
    ),
    metric(
        "sensing_power_share",
        "Power share of the sensing beams",
        "",
        "power of the beams without data over the total power",
    ),
    metric("evaluations_total", "Evaluations", "", "of the objective, over all starts"),
];

const SERIES: &[SeriesInfo] = &[
    SeriesInfo { name: "user_rate_bps_hz", index: "i: user", label: "Rate", unit: "bit/s/Hz" },
    SeriesInfo {
        name: "azimuth_rcrb_deg",
        index: "i: target",
        label: "Root-CRB of the azimuth",
        unit: "°",
    },
    SeriesInfo {
        name: "polar_rcrb_deg",
        index: "i: target",
        label: "Root-CRB of the polar angle",
        unit: "°",
    },
    SeriesInfo {
        name: "objective_trace",
        index: "i: iteration, x: evaluations so far; where a scheme keeps its trace",
        label: "Objective",
        unit: "",
    },
];

/// The scalar metrics in the order of [`METRICS`].
fn values(design: &BeamformingDesign) -> Vec<Option<f64>> {
    let (metrics, beams) = (&design.metrics, &design.variables);
    let count = |found: Result<usize, Error>| found.ok().map(|count| count as f64);
    let sensing: f64 = metrics.stream_power_w.iter().skip(beams.users).sum();
    let rms = metrics.targets.as_ref().map(|targets| {
        let sum: f64 =
            targets.iter().map(|t| t.azimuth_rcrb_deg.powi(2) + t.polar_rcrb_deg.powi(2)).sum();
        (sum / (2 * targets.len()) as f64).sqrt()
    });
    vec![
        metrics.objective,
        Some(metrics.sum_rate_bps_hz),
        Some(metrics.sum_rate_nats),
        metrics.crb_trace_mixed,
        metrics.worst_angle_rcrb_deg(),
        rms,
        Some(metrics.users_shut_off() as f64),
        count(beams.rank()),
        count(beams.sensing_streams_in_use()),
        Some(sensing / metrics.power_w).filter(|share| share.is_finite()),
        Some(design.work.evaluations as f64),
    ]
}

fn series(design: &BeamformingDesign) -> Vec<SeriesValue> {
    let metrics = &design.metrics;
    let mut out = Vec::new();
    for (i, (evaluations, value)) in trace_of(design, metrics.objective).into_iter().enumerate() {
        let x = Some(evaluations as f64);
        out.push(SeriesValue { x, ..entry("objective_trace", i, value) });
    }
    for (user, &rate) in metrics.rate_bps_hz.iter().enumerate() {
        out.push(entry("user_rate_bps_hz", user, rate));
    }
    for (target, bound) in metrics.targets.iter().flatten().enumerate() {
        out.push(entry("azimuth_rcrb_deg", target, bound.azimuth_rcrb_deg));
        out.push(entry("polar_rcrb_deg", target, bound.polar_rcrb_deg));
    }
    out
}

impl Typed for Beamforming {
    type Scenario = Scenario;
    type Scheme = Scheme;
    type Instance = Instance;
    type Variables = Beams;
    type Metrics = Metrics;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "multi-user, multi-target base station: sum rate against the Cramér–Rao bound";
    const METRICS: &'static [MetricInfo] = METRICS;
    const SERIES: &'static [SeriesInfo] = SERIES;
    const SCHEMES: &'static [SchemeInfo] = schemes::SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = BEAM_FIELDS;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    /// Channels are always drawn, but they cannot make a scene unusable: targets can, and those
    /// that are the same in every trial are judged once.
    fn is_random(scenario: &Scenario) -> bool {
        !matches!(scenario.targets, Targets::Fixed(_))
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn settings(scheme: &str) -> Option<Value> {
        schemes::settings(scheme)
    }

    fn goal() -> Option<Goal> {
        Some(Goal { metric: "objective", maximise: true })
    }

    fn claim(name: &str) -> Option<crate::claim::Function> {
        claims::find(name)
    }

    fn contenders() -> Vec<(&'static str, &'static str, Value)> {
        schemes::contenders()
    }

    fn missing(scheme: &Scheme) -> Option<String> {
        let reason = "needs a build with the feature `sdp` and the system's OpenBLAS; `wmmse-sdr` \
                      solves the same programs without";
        let conic = matches!(scheme, Scheme::WmmseSdrConic(..));
        (conic && cfg!(not(feature = "sdp"))).then(|| reason.to_owned())
    }

    fn scheme(name: &str, settings: &Value) -> Result<Scheme, InputError> {
        Scheme::new(name, settings)
    }

    fn design(
        scheme: &Scheme,
        instance: &Instance,
        warm: Option<&Beams>,
        interrupt: &Interrupt,
    ) -> Result<BeamformingDesign, Error> {
        scheme.design(instance, warm, interrupt)
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
        })
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn checks() -> Checks<Self::Instance, Self::Variables, Self::Metrics> {
        CLAIMS
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        metrics.objective
    }

    fn values(design: &BeamformingDesign) -> Vec<Option<f64>> {
        values(design)
    }

    fn series(design: &BeamformingDesign) -> Vec<SeriesValue> {
        series(design)
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
        Beams::from_arrays(arrays, instance.users())
    }

    fn variable_arrays(beams: &Beams) -> ArraySet {
        beams.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        story::headline(instance)
    }

    fn facts(_: &Instance, design: &BeamformingDesign) -> Vec<(String, String)> {
        story::facts(design)
    }

    fn tables(instance: &Instance, design: &BeamformingDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::schemes::SCHEMES;
    use super::*;
    use crate::system::{Outcome, Point, System as _};

    fn point(change: impl Fn(&mut Value)) -> Point {
        let mut scenario = Beamforming.default_scenario();
        change(&mut scenario);
        Point { scenario, settings: Beamforming.default_settings("balanced").unwrap() }
    }

    #[test]
    fn every_scheme_runs_and_fills_every_column() {
        for scheme in SCHEMES {
            let settings = Beamforming.default_settings(scheme.name).unwrap();
            let point = Point { scenario: Beamforming.default_scenario(), settings };
            let chain = Beamforming.prepare(scheme.name, &[point]).unwrap();
            let rows = chain.run(1, 0, &Interrupt::new());
            if scheme.name == "wmmse-sdr-conic" && cfg!(not(feature = "sdp")) {
                assert!(matches!(rows[0].outcome, Outcome::NotRun(_)));
                continue;
            }
            assert_eq!(rows[0].outcome, Outcome::Designed, "{}", scheme.name);
            assert_eq!(rows[0].metrics.len(), METRICS.len());
            assert!(rows[0].objective_mismatch.unwrap() < 1e-9, "{}", scheme.name);
            assert!(rows[0].violation.unwrap() < 1e-12, "{}", scheme.name);
        }
    }

    #[test]
    fn no_sensing_streams_and_no_users_are_fine() {
        for (field, value) in [("sensing_streams", json!(0)), ("users", json!(0))] {
            let bare = point(|scenario| scenario[field] = value.clone());
            let chain = Beamforming.prepare("balanced", &[bare]).unwrap();
            let rows = chain.run(1, 0, &Interrupt::new());
            assert_eq!(rows[0].outcome, Outcome::Designed, "{field}");
        }
    }

    #[test]
    fn a_chain_depends_on_seed_and_trial_alone() {
        let chain = [point(|_| ()), point(|s| s["rate_weight_per_nat"] = json!(0.5))];
        let prepared = Beamforming.prepare("balanced", &chain).unwrap();
        let rows = prepared.run(3, 7, &Interrupt::new());
        prepared.run(3, 8, &Interrupt::new());
        assert_eq!(rows, prepared.run(3, 7, &Interrupt::new()));
    }

    #[test]
    fn an_unusable_scene_is_refused_before_any_trial() {
        let on_axis = point(|s| s["targets"]["fixed"][0]["polar_deg"] = json!(0.0));
        let refused = Beamforming.prepare("balanced", &[point(|_| ()), on_axis]).err().unwrap();
        assert_eq!((refused.point, refused.error.place.as_str()), (1, "scenario.targets[0]"));
    }
}
