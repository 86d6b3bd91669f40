//! A system with nothing to do: known means, and every way to end.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    missing_debug_implementations,
    reason = "every test uses another part"
)]

pub mod effort;
pub mod mutate;

use noctule_lab::Registry;
use noctule_lab::experiment::{Changes, Experiment};
use noctule_lab::plan::Plan;
use noctule_lab::presentation::Presentation;
use noctule_lab::run::{self, RunOptions, RunReport, Silent, Store};
use noctule_lab::system::{
    Chain, MetricInfo, Outcome, Point, Refused, Row, SchemeInfo, SeriesInfo, SeriesValue, System,
};
use noctule_num::InputError;
use noctule_optim::{Bound, Interrupt, Proof, Sense, Stop};
use serde_json::{Value, json};
use std::path::Path;

/// Minimise (x − a)² where a = offset + noise·z, z uniform in (−1, 1).
pub struct Quadratic;

pub struct Prepared {
    scheme: String,
    points: Vec<Params>,
}

struct Params {
    power_dbm: f64,
    offset: f64,
    noise: f64,
    users: u64,
    series: bool,
    break_down: String,
    start: f64,
}

fn hash(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Uniform in (−1, 1), the same for every scheme and point of a trial.
pub fn draw(seed: u64, trial: u64) -> f64 {
    (hash(hash(seed) ^ trial) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

impl System for Quadratic {
    fn id(&self) -> &'static str {
        "quadratic"
    }
    fn title(&self) -> &'static str {
        "A parabola"
    }
    fn default_scenario(&self) -> Value {
        json!({"power_dbm": 10.0, "offset": 2.0, "noise": 1.0, "users": 4, "series": false,
               "break_down": "never", "targets": [{"polar_deg": 10.0, "azimuth_deg": 0.0}],
               "fading": {"kind": "rayleigh", "scale": 1.0}, "limit": null})
    }
    fn scenario_schema(&self) -> Value {
        json!({"type": "object"})
    }
    fn metrics(&self) -> Vec<MetricInfo> {
        vec![
            MetricInfo { name: "cost", label: "Cost", unit: "", summary: "The value." },
            MetricInfo {
                name: "rate_bps_hz",
                label: "Rate",
                unit: "bit/s/Hz",
                summary: "Grows with power.",
            },
            MetricInfo {
                name: "rare",
                label: "Rare",
                unit: "",
                summary: "Absent in every second trial.",
            },
        ]
    }
    fn series(&self) -> Vec<SeriesInfo> {
        vec![SeriesInfo {
            name: "surface",
            index: "i, j",
            label: "Surface",
            unit: "dB",
            steps: false,
        }]
    }
    fn schemes(&self) -> Vec<SchemeInfo> {
        vec![
            SchemeInfo { name: "exact", label: "Exact", summary: "Proven." },
            SchemeInfo { name: "rough", label: "Rough", summary: "Off by its start." },
            SchemeInfo {
                name: "warm",
                label: "Warm",
                summary: "Starts where the last point ended.",
            },
        ]
    }
    fn default_settings(&self, scheme: &str) -> Option<Value> {
        match scheme {
            "exact" => Some(json!({})),
            "rough" | "warm" => Some(json!({"start": 0.5, "max_steps": 10})),
            _ => None,
        }
    }
    fn prepare(
        &self,
        scheme: &str,
        chain: &mut dyn Iterator<Item = Point>,
    ) -> Result<Box<dyn Chain>, Refused> {
        let mut points = Vec::new();
        for (index, point) in chain.enumerate() {
            let s = &point.scenario;
            let noise = s["noise"].as_f64().unwrap_or(f64::NAN);
            if noise.is_nan() || noise < 0.0 {
                let error = InputError::new(
                    "the noise is negative",
                    "scenario.noise",
                    noise.to_string(),
                    "zero or more",
                );
                return Err(Refused { point: index, error });
            }
            let start = point.settings["start"].as_f64().unwrap_or(0.0);
            if start > 100.0 {
                let error = InputError::new(
                    "the start is too far",
                    "scheme.start",
                    start.to_string(),
                    "at most 100",
                );
                return Err(Refused { point: index, error });
            }
            points.push(Params {
                power_dbm: s["power_dbm"].as_f64().unwrap_or(0.0),
                offset: s["offset"].as_f64().unwrap_or(0.0),
                noise,
                users: s["users"].as_u64().unwrap_or(1),
                series: s["series"].as_bool().unwrap_or(false),
                break_down: s["break_down"].as_str().unwrap_or("never").to_owned(),
                start,
            });
        }
        Ok(Box::new(Prepared { scheme: scheme.to_owned(), points }))
    }
}

impl Chain for Prepared {
    fn run(&self, seed: u64, trial: u64, _: &Interrupt) -> Vec<Row> {
        let z = draw(seed, trial);
        let mut before = 0.0;
        let rows = self.points.iter().map(|p| {
            let a = p.offset + p.noise * z;
            let gap = match self.scheme.as_str() {
                "exact" => 0.0,
                "warm" => p.start * 0.5 + before * 0.5,
                _ => p.start,
            };
            before = gap + 1.0;
            row(p, a, gap, trial)
        });
        rows.collect()
    }
}

fn row(p: &Params, a: f64, gap: f64, trial: u64) -> Row {
    let without = |outcome| Row::without_design(outcome, 3);
    match (p.break_down.as_str(), trial % 5) {
        ("infeasible", 1) => return without(Outcome::Infeasible),
        ("failed", 2) => return without(Outcome::Failed("it broke, \"badly\"".into())),
        ("not-run", _) => return without(Outcome::NotRun("not in this build".into())),
        ("panic", 3) => panic!("a defect"),
        _ => {}
    }
    let nan = p.break_down == "nan" && trial % 5 == 4;
    let cost = a + gap * gap;
    let rate = (1.0 + p.users as f64 * 10f64.powf(p.power_dbm / 10.0)).log2() + 0.1 * a - gap;
    let series = if p.series {
        (0..4)
            .map(|k| SeriesValue {
                series: "surface",
                i: k / 2,
                j: k % 2,
                x: Some(f64::from(k)),
                value: a * f64::from(k),
            })
            .collect()
    } else {
        Vec::new()
    };
    let unsound = p.break_down == "unsound" && trial % 5 == 4;
    Row {
        outcome: match unsound {
            true => Outcome::Unsound("the witness finds something else".into()),
            false => Outcome::Designed,
        },
        stop: Some(Stop::Converged),
        proof: Proof::stationary(1e-9).with_bound(Bound::new(
            cost,
            cost - gap * gap,
            Sense::Lower,
            "closed-form",
            1.0,
        )),
        violation: Some(0.0),
        objective_mismatch: Some(1e-16),
        evaluations: 3,
        metrics: vec![
            Some(cost),
            Some(if nan { f64::NAN } else { rate }),
            trial.is_multiple_of(2).then_some(a),
        ],
        series,
    }
}

pub static QUADRATIC: Quadratic = Quadratic;

pub fn registry() -> Registry<'static> {
    Registry::new([&QUADRATIC as &dyn System])
}

/// The beginning of every experiment file of the tests.
pub const HEAD: &str = "format = \"noctule-experiment/1\"\nsystem = \"quadratic\"\n";

pub fn parse(body: &str) -> Result<Experiment, InputError> {
    Experiment::parse(&format!("{HEAD}{body}"), "study.toml", "study", &registry())
}

/// Open a folder for an experiment.
pub fn store(body: &str, dir: &Path) -> Store {
    let experiment = parse(body).unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan::of(&experiment, &QUADRATIC);
    let presentation = Presentation::of(&experiment, &QUADRATIC, body);
    Store::create(dir, plan, &presentation, false).unwrap_or_else(|error| panic!("{error}"))
}

pub fn run(store: &Store, options: &RunOptions) -> RunReport {
    let chains = store.plan().prepare(&registry()).unwrap_or_else(|error| panic!("{error:?}"));
    run::run(store, &chains, options, &Silent, &Interrupt::new())
        .unwrap_or_else(|error| panic!("{error}"))
}

pub fn changed(body: &str, changes: &Changes) -> Experiment {
    parse(body).and_then(|e| e.changed(changes)).unwrap_or_else(|error| panic!("{error}"))
}

/// The study most tests run: two sweeps, one of them a chain, all schemes, a surface.
pub const STUDY: &str = "
title = \"A study\"
seed = 7
trials = 60
[scenario]
series = true
break_down = \"infeasible\"
[[sweep]]
path = \"scenario.power_dbm\"
values = [0, 10, 20]
[[sweep]]
path = \"scenario.offset\"
linspace = { start = 1, stop = 2, count = 3 }
chain = true
[[scheme]]
name = \"exact\"
[[scheme]]
name = \"rough\"
[[scheme]]
name = \"warm\"
settings = { start = 1 }
[ci]
trials = 2
points = 2
";
