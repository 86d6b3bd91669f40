//! `cellfree` as the engine sees it.

mod story;

use noctule::cellfree::baselines::{
    BlockSettings, LinearSettings, MajorisationSettings, block_ascent, majorisation, mrt,
    rate_only, sensing_only, zero_forcing,
};
use noctule::cellfree::{
    BEAM_FIELDS, Beams, CLAIMS, CellFreeDesign, Instance, Metrics, Requirement, SYSTEM, Scenario,
    Settings, advice, design_from, evaluate, instance, verify,
};
use noctule::claims::Checks;
use noctule::data::{ArraySet, FieldInfo};
use noctule::{Error, Interrupt, Sense};
use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::adapter::{Checked, Typed, entry, metric};
use super::{typed, unread};
use crate::report::Table;
use crate::system::{MetricInfo, SchemeInfo, SeriesInfo, SeriesValue};

/// Access points that serve and sense together: see [`noctule::cellfree`].
#[derive(Clone, Copy, Debug)]
pub struct CellFree;

const METRICS: &[MetricInfo] = &[
    metric(
        "objective",
        "Objective",
        "",
        "sum rate in bit/s/Hz, or the error under a required rate",
    ),
    metric(
        "sum_rate_bps_hz",
        "Sum rate",
        "bit/s/Hz",
        "sum of the lower bounds of the users' rates",
    ),
    metric(
        "payload_bits",
        "Data in a coherence interval",
        "bit/Hz",
        "symbols without the pilots times the sum rate",
    ),
    metric(
        "error",
        "Beampattern error",
        "",
        "mean over the access points that sense, at power one",
    ),
    metric(
        "normalised_error",
        "Normalised beampattern error",
        "",
        "mean over the access points that sense of error over squared scale",
    ),
    metric(
        "slope_bps_hz",
        "Slope of the boundary",
        "bit/s/Hz",
        "what a unit of beampattern error is worth in rate, from the multiplier",
    ),
    metric("worst_rate_bps_hz", "Smallest rate", "bit/s/Hz", "smallest rate of a user"),
    metric("users_shut_off", "Users shut off", "", "users with a rate below 0.001 bit/s/Hz"),
    metric(
        "data_power",
        "Share of data in the power",
        "",
        "mean over all access points of the share of power in data beams",
    ),
    metric(
        "rate_bound_bps_hz",
        "Upper bound of the sum rate",
        "bit/s/Hz",
        "what no beams exceed, where a design was certified",
    ),
];

const SERIES: &[SeriesInfo] = &[
    SeriesInfo { name: "user_rate_bps_hz", index: "i: user", label: "Rate", unit: "bit/s/Hz" },
    SeriesInfo {
        name: "ap_error",
        index: "i: access point that senses",
        label: "Beampattern error",
        unit: "",
    },
    SeriesInfo { name: "ap_power", index: "i: access point", label: "Share of power", unit: "" },
];

const SCHEMES: &[SchemeInfo] = &[
    SchemeInfo {
        name: "balanced",
        label: "Balanced",
        summary: "beams on spheres, the requirement by an augmented Lagrangian, several starts: a \
                  stationary point, with `certify_nodes` an upper bound by branch and bound",
    },
    SchemeInfo {
        name: "rate-only",
        label: "Rate only",
        summary: "the same without sensing (P2), whatever is required: a stationary point of P2, no \
                  claim where the requirement is missed",
    },
    SchemeInfo {
        name: "sensing-only",
        label: "Sensing only",
        summary: "the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no \
                  claim where a requirement is missed",
    },
    SchemeInfo {
        name: "majorisation",
        label: "Majorisation",
        summary: "the convex step of the corrected Algorithm 3 in factored form, repeated, or with the \
                  split of the paper (`split`): feasible, no claim beyond",
    },
    SchemeInfo {
        name: "block-ascent",
        label: "Algorithm 2",
        summary: "P2 by block-coordinate ascent on the quadratic transform, one access point after \
                  the other or all at once as printed: no claim",
    },
    SchemeInfo {
        name: "zero-forcing",
        label: "ZF",
        summary: "zero forcing over all access points together, one scale for all: closed form",
    },
    SchemeInfo {
        name: "mrt",
        label: "MRT",
        summary: "matched filters, one scale for all: closed form",
    },
];

/// Settings of `sensing-only`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct SensingSettings {
    /// Relative gap to which the beampatterns are proven.
    pattern_gap: f64,
}

impl Default for SensingSettings {
    fn default() -> Self {
        Self { pattern_gap: Settings::default().pattern_gap }
    }
}

/// A scheme with its settings.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// What the instance requires.
    Balanced(Settings),
    /// P2.
    RateOnly(Settings),
    /// P1.
    SensingOnly(Settings),
    /// Majorisation.
    Majorisation(MajorisationSettings),
    /// Algorithm 2.
    BlockAscent(BlockSettings),
    /// Zero forcing.
    ZeroForcing(LinearSettings),
    /// Matched filters.
    Mrt(LinearSettings),
}

impl Typed for CellFree {
    type Scenario = Scenario;
    type Scheme = Scheme;
    type Instance = Instance;
    type Variables = Beams;
    type Metrics = Metrics;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "cell-free access points: the region of sum rate against beampattern error";
    const METRICS: &'static [MetricInfo] = METRICS;
    const SERIES: &'static [SeriesInfo] = SERIES;
    const SCHEMES: &'static [SchemeInfo] = SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = BEAM_FIELDS;

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

    fn settings(scheme: &str) -> Option<Value> {
        match scheme {
            "balanced" | "rate-only" => Some(json!(Settings::default())),
            "sensing-only" => Some(json!(SensingSettings::default())),
            "majorisation" => Some(json!(MajorisationSettings::default())),
            "block-ascent" => Some(json!(BlockSettings::default())),
            "zero-forcing" | "mrt" => Some(json!(LinearSettings::default())),
            _ => None,
        }
    }

    fn scheme(name: &str, settings: &Value) -> Result<Scheme, InputError> {
        let ours = || -> Result<Settings, InputError> {
            let settings: Settings = typed(settings, "")?;
            settings.validate()?;
            Ok(settings)
        };
        match name {
            "balanced" => ours().map(Scheme::Balanced),
            "rate-only" => ours().map(Scheme::RateOnly),
            "sensing-only" => {
                let SensingSettings { pattern_gap } = typed(settings, "")?;
                let settings = Settings { pattern_gap, ..Settings::default() };
                settings.validate()?;
                Ok(Scheme::SensingOnly(settings))
            }
            "majorisation" => {
                let settings: MajorisationSettings = typed(settings, "")?;
                settings.validate()?;
                Ok(Scheme::Majorisation(settings))
            }
            "block-ascent" => {
                let settings: BlockSettings = typed(settings, "")?;
                settings.validate()?;
                Ok(Scheme::BlockAscent(settings))
            }
            "zero-forcing" => Ok(Scheme::ZeroForcing(typed(settings, "")?)),
            "mrt" => Ok(Scheme::Mrt(typed(settings, "")?)),
            other => Err(unread(other)),
        }
    }

    fn design(
        scheme: &Scheme,
        instance: &Instance,
        warm: Option<&Beams>,
        interrupt: &Interrupt,
    ) -> Result<CellFreeDesign, Error> {
        // A neighbour of another shape cannot warm this point; it then starts cold.
        let warm = warm.filter(|beams| beams.check(instance).is_ok());
        match scheme {
            Scheme::Balanced(settings) => design_from(instance, settings, warm, interrupt),
            Scheme::RateOnly(settings) => rate_only(instance, settings, warm, interrupt),
            Scheme::SensingOnly(settings) => sensing_only(instance, settings, interrupt),
            Scheme::Majorisation(settings) => majorisation(instance, settings, interrupt),
            Scheme::BlockAscent(settings) => block_ascent(instance, settings, interrupt),
            Scheme::ZeroForcing(settings) => zero_forcing(instance, settings),
            Scheme::Mrt(settings) => mrt(instance, settings),
        }
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
        })
    }

    fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
        advice(instance, metrics)
    }

    fn checks() -> Checks<Self::Instance, Self::Variables, Self::Metrics> {
        CLAIMS
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.objective)
    }

    fn values(design: &CellFreeDesign) -> Vec<Option<f64>> {
        let metrics = &design.metrics;
        // Of an infeasible design the smallest error means something, the rest does not.
        let if_met = |value: f64| design.proof.infeasible.is_none().then_some(value);
        let aps = metrics.aps.len().max(1) as f64;
        let data = metrics.aps.iter().map(|ap| ap.data_power).sum::<f64>() / aps;
        let bound = design.proof.bound.as_ref().filter(|bound| bound.sense == Sense::Upper);
        vec![
            if_met(metrics.objective),
            if_met(metrics.sum_rate_bps_hz),
            if_met(metrics.payload_bits),
            metrics.error,
            metrics.normalised_error,
            metrics.slope,
            metrics.worst_rate_bps_hz().and_then(if_met),
            if_met(metrics.users_shut_off() as f64),
            if_met(data),
            bound.map(|bound| bound.value),
        ]
    }

    fn series(design: &CellFreeDesign) -> Vec<SeriesValue> {
        let metrics = &design.metrics;
        let mut out = Vec::new();
        for (user, &rate) in metrics.rate_bps_hz.iter().enumerate() {
            out.push(entry("user_rate_bps_hz", user, rate));
        }
        for (ap, error) in metrics.aps.iter().enumerate().filter_map(|(m, ap)| Some((m, ap.error?)))
        {
            out.push(entry("ap_error", ap, error));
        }
        for (ap, metrics) in metrics.aps.iter().enumerate() {
            out.push(entry("ap_power", ap, metrics.power));
        }
        out
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
            "{} access points of {} antennas, {} users, {} sense",
            instance.aps(),
            instance.antennas(),
            instance.users(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Outcome, Point, System as _};

    fn point(scheme: &str, change: impl Fn(&mut Value)) -> Point {
        let mut scenario = CellFree.default_scenario();
        for (key, value) in [("aps", 3), ("antennas", 4), ("users", 3), ("targets", 2)] {
            scenario[key] = json!(value);
        }
        scenario["requirement"] = json!({ "error-over-best": 1.4 });
        change(&mut scenario);
        Point { scenario, settings: CellFree.default_settings(scheme).unwrap() }
    }

    #[test]
    fn every_scheme_runs_and_fills_every_column() {
        for scheme in SCHEMES {
            let chain = CellFree.prepare(scheme.name, &[point(scheme.name, |_| ())]).unwrap();
            let rows = chain.run(1, 0, &Interrupt::new());
            assert_eq!(rows[0].outcome, Outcome::Designed, "{}", scheme.name);
            assert_eq!(rows[0].metrics.len(), METRICS.len());
            assert!(rows[0].objective_mismatch.unwrap() < 1e-9, "{}", scheme.name);
            if ["balanced", "sensing-only", "majorisation"].contains(&scheme.name) {
                assert!(rows[0].violation.unwrap() < 1e-6, "{}", scheme.name);
            }
        }
    }

    #[test]
    fn a_chain_depends_on_seed_and_trial_alone() {
        let tighter = |s: &mut Value| s["requirement"]["error-over-best"] = json!(1.1);
        let chain = [point("balanced", |_| ()), point("balanced", tighter)];
        let prepared = CellFree.prepare("balanced", &chain).unwrap();
        let rows = prepared.run(3, 7, &Interrupt::new());
        prepared.run(3, 8, &Interrupt::new());
        assert_eq!(rows, prepared.run(3, 7, &Interrupt::new()));
    }

    #[test]
    fn what_cannot_be_met_is_infeasible() {
        let impossible = |s: &mut Value| s["requirement"]["error-over-best"] = json!(0.9);
        let chain = CellFree.prepare("balanced", &[point("balanced", impossible)]).unwrap();
        let row = chain.run(1, 0, &Interrupt::new()).remove(0);
        assert_eq!(row.outcome, Outcome::Infeasible);
        assert!(row.metrics[0].is_none() && row.metrics[3].is_some());
    }

    #[test]
    fn more_targets_than_access_points_are_refused() {
        let many = |s: &mut Value| s["targets"] = json!(4);
        let refused = CellFree.prepare("balanced", &[point("balanced", many)]).err().unwrap();
        assert_eq!(refused.error.place, "scenario.targets");
    }
}
