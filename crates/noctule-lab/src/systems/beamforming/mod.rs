//! `beamforming` as the engine sees it.

mod single;

use noctule::beamforming::baselines::{Algorithm1Settings, algorithm1, mrt, rzf, sensing_only};
use noctule::beamforming::design::{Start, start_beams};
use noctule::beamforming::{
    BeamformingDesign, Beams, Instance, Metrics, SYSTEM, Scenario, Settings, Targets, design_from,
    verify,
};
use noctule::{Error, Interrupt};
use noctule_num::InputError;
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::typed;
use crate::system::{
    Chain, MetricInfo, Outcome, Point, Refused, Row, SchemeInfo, SeriesInfo, SeriesValue, System,
};

/// A multi-user, multi-target base station: see [`noctule::beamforming`].
#[derive(Clone, Copy, Debug)]
pub struct Beamforming;

const fn metric(
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    summary: &'static str,
) -> MetricInfo {
    MetricInfo { name, label, unit, summary }
}

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
];

const SCHEMES: &[SchemeInfo] = &[
    SchemeInfo {
        name: "balanced",
        label: "Balanced",
        summary: "Riemannian L-BFGS from several starts: a stationary point of the weighted sum, \
                  with `certify` an upper bound",
    },
    SchemeInfo {
        name: "sensing-only",
        label: "Sensing only",
        summary: "the smallest Cramér–Rao bound, users ignored: proven globally optimal by the \
                  Frank–Wolfe gap",
    },
    SchemeInfo {
        name: "rzf",
        label: "RZF",
        summary: "regularised zero forcing, equal power: closed form, no claim of optimality",
    },
    SchemeInfo {
        name: "mrt",
        label: "MRT",
        summary: "matched filters, equal power: closed form, no claim of optimality",
    },
    SchemeInfo {
        name: "algorithm-1",
        label: "Algorithm 1",
        summary: "successive convex approximation of T. Fang et al. from regularised zero \
                  forcing: as far as its tolerance goes",
    },
];

/// Settings of `sensing-only`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SensingSettings {
    /// Number of beams; `null` means three per target, which always suffices.
    streams: Option<usize>,
    /// Residual at which the climb stops.
    tolerance: f64,
}

impl Default for SensingSettings {
    fn default() -> Self {
        Self { streams: None, tolerance: 1e-8 }
    }
}

/// A scheme with its settings.
#[derive(Clone, Debug)]
enum Scheme {
    Balanced(Settings),
    SensingOnly(SensingSettings),
    Rzf,
    Mrt,
    Algorithm1(Algorithm1Settings),
}

impl Scheme {
    fn new(name: &str, settings: &Value) -> Result<Self, InputError> {
        const PLACE: &str = "scheme";
        match name {
            "balanced" => {
                let settings: Settings = typed(settings, PLACE)?;
                settings.validate().map_err(|error| error.inside(PLACE))?;
                Ok(Self::Balanced(settings))
            }
            "sensing-only" => {
                let settings: SensingSettings = typed(settings, PLACE)?;
                if !(settings.tolerance > 0.0 && settings.tolerance < 1.0) {
                    let found = settings.tolerance.to_string();
                    let what = "the setting is out of range";
                    return Err(InputError::new(
                        what,
                        "scheme.tolerance",
                        found,
                        "between 0 and 1",
                    ));
                }
                Ok(Self::SensingOnly(settings))
            }
            "rzf" => Ok(Self::Rzf),
            "mrt" => Ok(Self::Mrt),
            "algorithm-1" => Ok(Self::Algorithm1(typed(settings, PLACE)?)),
            _ => {
                let names: Vec<&str> = SCHEMES.iter().map(|scheme| scheme.name).collect();
                Err(InputError::new("there is no such scheme", PLACE, name, names.join(", ")))
            }
        }
    }

    fn design(
        &self,
        instance: &Instance,
        warm: Option<&Beams>,
        interrupt: &Interrupt,
    ) -> Result<BeamformingDesign, Error> {
        match self {
            Self::Balanced(settings) => {
                // A neighbour of another shape cannot warm this point; it then starts cold.
                let warm = warm.filter(|beams| {
                    beams.check(instance).is_ok() && beams.matrix.cols() == instance.streams()
                });
                design_from(instance, settings, warm, interrupt)
            }
            Self::SensingOnly(settings) => {
                sensing_only(instance, settings.streams, settings.tolerance, interrupt)
            }
            Self::Rzf => rzf(instance),
            Self::Mrt => mrt(instance),
            Self::Algorithm1(settings) => {
                algorithm1(instance, &start_beams(instance, Start::Rzf)?, settings, interrupt)
            }
        }
    }
}

struct BeamformingChain {
    points: Vec<(Scenario, Scheme)>,
}

impl Chain for BeamformingChain {
    fn run(&self, seed: u64, trial: u64, interrupt: &Interrupt) -> Vec<Row> {
        let mut previous: Option<Beams> = None;
        self.points
            .iter()
            .map(|(scenario, scheme)| {
                let outcome = scenario.realize(seed, trial).and_then(|instance| {
                    let design = scheme.design(&instance, previous.as_ref(), interrupt)?;
                    Ok((row(&instance, &design)?, design.variables))
                });
                match outcome {
                    Ok((row, beams)) => {
                        previous = Some(beams);
                        row
                    }
                    Err(error) => {
                        previous = None;
                        Row::without_design(Outcome::Failed(error.to_string()), METRICS.len())
                    }
                }
            })
            .collect()
    }
}

/// The row of a design: metrics, proof, and what the independent witness says of it.
///
/// # Errors
/// When the design does not fit the instance.
pub fn row(instance: &Instance, design: &BeamformingDesign) -> Result<Row, Error> {
    let witness = verify(instance, &design.variables)?;
    let metrics = &design.metrics;
    Ok(Row {
        outcome: Outcome::Designed,
        stop: Some(design.stop),
        proof: design.proof.clone(),
        violation: Some(witness.violation),
        objective_mismatch: Some(witness.mismatch(metrics.objective)).filter(|x| x.is_finite()),
        evaluations: design.work.evaluations,
        metrics: values(metrics),
        series: series(metrics),
    })
}

/// The scalar metrics in the order of [`METRICS`].
fn values(metrics: &Metrics) -> Vec<Option<f64>> {
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
    ]
}

fn series(metrics: &Metrics) -> Vec<SeriesValue> {
    let entry = |series: &'static str, i: usize, value: f64| SeriesValue {
        series,
        i: i as u32,
        j: 0,
        x: None,
        value,
    };
    let mut out = Vec::new();
    for (user, &rate) in metrics.rate_bps_hz.iter().enumerate() {
        out.push(entry("user_rate_bps_hz", user, rate));
    }
    for (target, bound) in metrics.targets.iter().flatten().enumerate() {
        out.push(entry("azimuth_rcrb_deg", target, bound.azimuth_rcrb_deg));
        out.push(entry("polar_rcrb_deg", target, bound.polar_rcrb_deg));
    }
    out
}

impl System for Beamforming {
    fn id(&self) -> &'static str {
        SYSTEM
    }

    fn title(&self) -> &'static str {
        "multi-user, multi-target base station: sum rate against the Cramér–Rao bound"
    }

    fn default_scenario(&self) -> Value {
        json!(Scenario::default())
    }

    fn scenario_schema(&self) -> Value {
        schema_for!(Scenario).to_value()
    }

    fn metrics(&self) -> &'static [MetricInfo] {
        METRICS
    }

    fn series(&self) -> &'static [SeriesInfo] {
        SERIES
    }

    fn schemes(&self) -> &'static [SchemeInfo] {
        SCHEMES
    }

    fn default_settings(&self, scheme: &str) -> Option<Value> {
        match scheme {
            "balanced" => Some(json!(Settings::default())),
            "sensing-only" => Some(json!(SensingSettings::default())),
            "rzf" | "mrt" => Some(json!({})),
            "algorithm-1" => Some(json!(Algorithm1Settings::default())),
            _ => None,
        }
    }

    fn prepare(&self, scheme: &str, chain: &[Point]) -> Result<Box<dyn Chain>, Refused> {
        let mut points = Vec::with_capacity(chain.len());
        for (index, point) in chain.iter().enumerate() {
            let refused = |error: InputError| Refused { point: index, error };
            let scenario: Scenario = typed(&point.scenario, "scenario").map_err(refused)?;
            scenario.validate().map_err(|error| refused(error.inside("scenario")))?;
            let scheme = Scheme::new(scheme, &point.settings).map_err(refused)?;
            // Targets that are the same in every trial are judged now, not once a trial.
            if matches!(scenario.targets, Targets::Fixed(_))
                && let Err(error) = scenario.realize(0, 0)
                && let Some(error) = error.as_input()
            {
                return Err(refused(error.inside("scenario")));
            }
            points.push((scenario, scheme));
        }
        Ok(Box::new(BeamformingChain { points }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(rows[0].outcome, Outcome::Designed, "{}", scheme.name);
            assert_eq!(rows[0].metrics.len(), METRICS.len());
            assert!(rows[0].objective_mismatch.unwrap() < 1e-9, "{}", scheme.name);
            assert!(rows[0].violation.unwrap() < 1e-12, "{}", scheme.name);
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
