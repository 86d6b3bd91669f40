//! One beamforming design, told in full.

use std::path::Path;

use noctule::beamforming::{
    BeamformingDesign, Beams, Instance, SYSTEM, Scenario, evaluate, verify,
};
use noctule::{Design, Error, Interrupt, PointProof, Proof, Stop, Trace, Work};
use noctule_num::InputError;
use serde_json::{Map, Value, json};

use super::{Beamforming, Scheme, typed};
use crate::report::{Align, Table};
use crate::single::{Finding, Single, SingleError, Source, Story};

/// Numbers of a document must agree with their recomputation to this, relative.
const AGREEMENT: f64 = 1e-6;
/// Constraints must hold to this, relative.
const FEASIBILITY: f64 = 1e-9;
/// A point with a larger residual is not called stationary.
const NEARLY_STATIONARY: f64 = 1e-4;

impl From<Error> for SingleError {
    fn from(error: Error) -> Self {
        match error.as_input() {
            Some(input) => Self::Input(input),
            None => Self::Numerics(error.to_string()),
        }
    }
}

fn instance(source: &Source) -> Result<Instance, SingleError> {
    let drawn = match &source.scenario {
        None => None,
        Some(value) => {
            let scenario: Scenario = typed(value, "scenario")?;
            let drawn = scenario.realize(source.seed, source.trial);
            let inside = |error: SingleError| match error {
                SingleError::Input(error) => SingleError::Input(error.inside("scenario")),
                other => other,
            };
            Some(drawn.map_err(|error| inside(error.into()))?)
        }
    };
    match (&source.arrays, drawn) {
        (Some(path), base) => {
            let hint = base.is_none();
            Instance::read(path, base.as_ref()).map_err(|error| match error {
                Error::Input(error) if hint && error.what == "an array is missing" => {
                    let advice =
                        "`--scenario FILE` (or `--scenario default`) gives what the arrays do not";
                    SingleError::Input(error.hint(advice))
                }
                other => other.into(),
            })
        }
        (None, Some(instance)) => Ok(instance),
        (None, None) => {
            Err(InputError::new("there is no instance", "", "nothing", "a scenario or arrays")
                .into())
        }
    }
}

impl Single for Beamforming {
    fn design(
        &self,
        source: &Source,
        scheme: &str,
        settings: &Value,
        interrupt: &Interrupt,
    ) -> Result<Story, SingleError> {
        let instance = instance(source)?;
        let design = Scheme::new(scheme, settings)?.design(&instance, None, interrupt)?;
        Ok(story(&instance, &design, scheme, settings)?)
    }

    fn evaluate(&self, source: &Source, variables: &Path) -> Result<Story, SingleError> {
        let instance = instance(source)?;
        let beams = Beams::read(variables, instance.users())?;
        let metrics = evaluate(&instance, &beams)?;
        let witness = verify(&instance, &beams)?;
        let design = Design {
            variables: beams,
            starts: vec![metrics.objective],
            metrics,
            stop: Stop::Computed,
            proof: Proof::feasible(witness.violation),
            trace: Trace::off(),
            work: Work::default(),
            warnings: Vec::new(),
        };
        Ok(story(&instance, &design, "handed in", &json!({}))?)
    }

    fn verify(&self, document: &Value) -> Result<Finding, SingleError> {
        let missing = |name: &str| {
            InputError::new(
                "the document is incomplete",
                name,
                "nothing",
                "a noctule-design/1 file",
            )
        };
        let text = document.get("instance").ok_or_else(|| missing("instance"))?.to_string();
        let set = noctule::data::ArraySet::from_json(
            text.as_bytes(),
            "instance",
            noctule::beamforming::instance::FIELDS,
        )?;
        let instance = Instance::from_arrays(set, None)?;
        let beams = Beams::from_document(document, instance.users())?;
        let witness = verify(&instance, &beams)?;
        let metrics = document.get("metrics").ok_or_else(|| missing("metrics"))?;
        let stored = |name: &str| metrics.get(name).and_then(Value::as_f64);
        let compared = vec![
            ("objective".to_owned(), stored("objective"), witness.objective),
            ("sum_rate_nats".to_owned(), stored("sum_rate_nats"), Some(witness.sum_rate_nats)),
            ("crb_trace_mixed".to_owned(), stored("crb_trace_mixed"), witness.crb_trace_mixed),
        ];
        let same = |(_, a, b): &(String, Option<f64>, Option<f64>)| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= AGREEMENT * b.abs().max(f64::MIN_POSITIVE),
            (None, None) => true,
            _ => false,
        };
        let agrees = compared.iter().all(same) && witness.violation <= FEASIBILITY;
        Ok(Finding { compared, violation: witness.violation, agrees })
    }
}

fn story(
    instance: &Instance,
    design: &BeamformingDesign,
    scheme: &str,
    settings: &Value,
) -> Result<Story, Error> {
    let mut document = Map::new();
    document.insert("format".to_owned(), json!("noctule-design/1"));
    document.insert("system".to_owned(), json!(SYSTEM));
    document.insert("scheme".to_owned(), json!(scheme));
    document.insert("settings".to_owned(), settings.clone());
    for (name, value) in [
        ("beams", json!(design.variables)),
        ("metrics", json!(design.metrics)),
        ("stop", json!(design.stop)),
        ("proof", json!(design.proof)),
        ("work", json!(design.work)),
        ("starts", json!(design.starts)),
        ("warnings", json!(design.warnings)),
        ("trace", json!(design.trace.rows())),
        ("instance", instance.to_json()),
    ] {
        document.insert(name.to_owned(), value);
    }
    Ok(Story {
        title: format!(
            "{scheme}: {} transmit and {} receive antennas, {} users, {} targets",
            instance.antennas(),
            instance.parts().receive_array.elements(),
            instance.users(),
            instance.targets().len()
        ),
        facts: facts(instance, design)?,
        tables: vec![users(instance, design), targets(instance, design), streams(design)],
        warnings: design.warnings.clone(),
        trace: design.trace.clone(),
        infeasible: design.proof.infeasible.is_some(),
        document: Value::Object(document),
        arrays: design.variables.to_arrays().to_npz().unwrap_or_default(),
    })
}

fn facts(instance: &Instance, design: &BeamformingDesign) -> Result<Vec<(String, String)>, Error> {
    let metrics = &design.metrics;
    let witness = verify(instance, &design.variables)?;
    let absent = || "undefined: the Fisher matrix is singular".to_owned();
    let number = |value: Option<f64>| value.map_or_else(absent, |x| format!("{x:.6}"));
    let mut facts = vec![
        ("objective", number(metrics.objective)),
        (
            "sum rate",
            format!(
                "{:.4} bit/s/Hz ({:.4} nat/s/Hz)",
                metrics.sum_rate_bps_hz, metrics.sum_rate_nats
            ),
        ),
        (
            "trace of the CRB (mixed units)",
            metrics.crb_trace_mixed.map_or_else(absent, |x| format!("{x:.6e}")),
        ),
        ("transmit power", format!("{:.6e} W", metrics.power_w)),
        ("stopped", format!("{}: {}", design.stop, design.stop.text())),
        ("proven of the point", point_words(&design.proof)),
    ];
    if let Some(bound) = &design.proof.bound {
        let words = format!(
            "no beams exceed {:.6}; gap {:.3e}, {:.2e} relative ({})",
            bound.value, bound.gap_abs, bound.gap_rel, bound.method
        );
        facts.push(("proven of the optimum", words));
    }
    if design.starts.len() > 1 {
        let reached = || design.starts.iter().copied().flatten();
        let worst = reached().fold(f64::INFINITY, f64::min);
        let best = reached().fold(f64::NEG_INFINITY, f64::max);
        facts.push((
            "local optima",
            format!("{} starts reached {worst:.6} to {best:.6}", design.starts.len()),
        ));
    }
    facts.push((
        "work",
        format!("{} evaluations, {} iterations", design.work.evaluations, design.work.iterations),
    ));
    facts.push((
        "independent witness",
        format!(
            "objective off by {:.1e}, power by {:.1e}",
            witness.mismatch(metrics.objective),
            witness.violation
        ),
    ));
    Ok(facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn point_words(proof: &Proof) -> String {
    match proof.point {
        PointProof::Stationary { residual } if residual <= NEARLY_STATIONARY => {
            format!("stationary, residual {residual:.1e} (a local statement)")
        }
        PointProof::Stationary { residual } => {
            format!("feasible, but not stationary: residual {residual:.1e}")
        }
        PointProof::Feasible { violation } => format!("feasible, violation {violation:.1e}"),
        PointProof::None => "nothing".to_owned(),
    }
}

fn table(caption: &str, headers: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        caption: caption.to_owned(),
        headers: headers.iter().map(ToString::to_string).collect(),
        align: vec![Align::Right; headers.len()],
        rows,
    }
}

fn users(instance: &Instance, design: &BeamformingDesign) -> Table {
    let metrics = &design.metrics;
    let rows = (0..instance.users())
        .map(|k| {
            vec![
                k.to_string(),
                format!("{:.2}", 10.0 * metrics.sinr[k].log10()),
                format!("{:.4}", metrics.rate_bps_hz[k]),
                share(metrics.stream_power_w[k], metrics.power_w),
            ]
        })
        .collect();
    table("Users", &["user", "SINR (dB)", "rate (bit/s/Hz)", "power (%)"], rows)
}

fn targets(instance: &Instance, design: &BeamformingDesign) -> Table {
    let rows = instance
        .targets()
        .iter()
        .enumerate()
        .map(|(m, target)| {
            let bounds = design.metrics.targets.as_ref().map(|all| all[m]);
            let cell =
                |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |x| format!("{x:.4}"));
            vec![
                m.to_string(),
                format!("{:.2}", target.azimuth_rad.to_degrees()),
                format!("{:.2}", target.polar_rad.to_degrees()),
                format!("{:.4}", target.reflection.norm()),
                cell(bounds.map(|b| b.azimuth_rcrb_deg)),
                cell(bounds.map(|b| b.polar_rcrb_deg)),
                cell(bounds.map(|b| b.reflection_rcrb)),
            ]
        })
        .collect();
    let headers = [
        "target",
        "azimuth (°)",
        "polar (°)",
        "|reflection|",
        "root-CRB azimuth (°)",
        "root-CRB polar (°)",
        "root-CRB reflection",
    ];
    table("Targets", &headers, rows)
}

fn streams(design: &BeamformingDesign) -> Table {
    let metrics = &design.metrics;
    let rows = metrics
        .stream_power_w
        .iter()
        .enumerate()
        .map(|(s, &power)| {
            let kind = if s < design.variables.users {
                format!("data, user {s}")
            } else {
                format!("sensing {}", s - design.variables.users)
            };
            vec![s.to_string(), kind, format!("{power:.4e}"), share(power, metrics.power_w)]
        })
        .collect();
    table("Streams", &["stream", "carries", "power (W)", "power (%)"], rows)
}

fn share(power: f64, total: f64) -> String {
    format!("{:.2}", 100.0 * power / total)
}
