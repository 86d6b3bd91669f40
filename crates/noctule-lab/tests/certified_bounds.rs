//! A campaign on all systems: no design of any scheme is better than a bound that is proven of its instance.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use noctule::{FEASIBLE, Interrupt, Sense};
use noctule_lab::system::{Outcome, Point, Row, System};
use noctule_lab::systems;
use serde_json::{Value, json};

/// Beyond a bound by more than this, relative to it, is no rounding.
const ROUNDING: f64 = 1e-8;

/// Small scenes, so that ten thousand of a system are minutes: system, what differs from the default, the settings
/// that certify, and schemes that would take longer than all others together.
fn scenes() -> Vec<(&'static str, Value, Value, &'static [&'static str])> {
    let gap = json!({ "certify": { "nodes": 60, "gap": 1e-3 } });
    let small = json!({ "horizontal": 2, "vertical": 2 });
    vec![
        (
            "beamforming",
            json!({ "users": 2, "transmit_array": small, "receive_array": small,
                "targets": { "fixed": [{ "azimuth_deg": -30.0, "polar_deg": 75.0, "reflection": [0.1, 0.0] }] } }),
            gap.clone(),
            &[
                "best-known",
                "wmmse-sdr",
                "wmmse-sdr-conic",
                "algorithm-1",
                "fp-sgda",
                "projected-gradient",
                "sharing",
                "extended-target",
            ],
        ),
        (
            "cellfree",
            json!({ "aps": 2, "antennas": 2, "users": 2, "targets": 1, "grid_points": 61 }),
            gap,
            &[],
        ),
        ("pilots", json!({}), json!({ "certify": true }), &["theta-conic"]),
        ("surfaces", json!({}), json!({ "certify": true }), &[]),
        ("frame", json!({}), json!({}), &[]),
    ]
}

/// `default` with what differs.
fn merged(default: &Value, differs: &Value) -> Value {
    let mut out = default.clone();
    for (key, value) in differs.as_object().into_iter().flatten() {
        out[key] = value.clone();
    }
    out
}

fn row(
    system: &dyn System,
    scheme: &str,
    (scenario, settings): (&Value, Value),
    trial: u64,
) -> Option<Row> {
    let point = Point { scenario: scenario.clone(), settings };
    let chain = system.prepare(scheme, &mut std::iter::once(point)).ok()?;
    chain.run(2031, trial, &Interrupt::new()).into_iter().next()
}

/// Powers and requirements of a trial, so that scenes without random places differ too.
fn varied(system: &str, scenario: &Value, trial: u64) -> Value {
    let mut out = scenario.clone();
    let step = |n: u64| (trial % n) as f64 / n as f64;
    match system {
        "surfaces" => {
            out["power_dbm"] = json!(20.0 + 20.0 * step(17));
            out["user_m"] = json!([60.0 + 80.0 * step(101), 0.0]);
            out["crb_limit_db"] = json!(-35.0 + 10.0 * step(13));
        }
        "frame" => {
            out["echo_snr_db"] = json!(10.0 * step(101));
            out["power_dbm"] = json!(18.0 + 10.0 * step(13));
            out["angular_spread_deg"] = json!(0.5 + 2.5 * step(17));
        }
        _ => {}
    }
    out
}

/// What the bound of the first scheme is of.
const BOUNDED: [(&str, &str); 5] = [
    ("beamforming", "objective"),
    ("cellfree", "sum_rate_bps_hz"),
    ("frame", "sum_rate_bps_hz"),
    ("pilots", "worst_error"),
    ("surfaces", "rate_bps_hz"),
];

#[derive(Default, Debug)]
struct Count {
    instances: u64,
    bounded: u64,
    designs: u64,
    beyond: Vec<String>,
    nearest: f64,
}

fn held(id: &str, differs: &Value, certify: &Value, dear: &[&str], trials: u64) -> Count {
    let system = systems::need(id, "system").unwrap();
    let scenario = merged(&system.default_scenario(), differs);
    let schemes = system.schemes();
    let first = schemes[0].name;
    let goal = BOUNDED.iter().find(|(name, _)| *name == id).unwrap().1;
    let at = system.metrics().iter().position(|metric| metric.name == goal).unwrap();
    let mut count = Count { nearest: f64::INFINITY, ..Count::default() };
    for trial in 0..trials {
        let scenario = varied(id, &scenario, trial);
        let settings = merged(&system.default_settings(first).unwrap(), certify);
        let Some(certified) = row(system, first, (&scenario, settings), trial) else { continue };
        count.instances += 1;
        let bound = certified.proof.bound.clone().filter(|bound| bound.problem.is_none());
        let (Some(bound), Outcome::Designed) = (bound, &certified.outcome) else { continue };
        count.bounded += 1;
        let own = std::iter::once((first, certified));
        let others = schemes.iter().skip(1).map(|scheme| scheme.name);
        let others =
            others.filter(|name| !dear.contains(name) && system.takes_part(&scenario, name));
        let others = others.filter_map(|name| {
            Some((name, row(system, name, (&scenario, system.default_settings(name)?), trial)?))
        });
        for (name, row) in own.chain(others) {
            let meets = row.violation.is_none_or(|violation| violation <= FEASIBLE);
            let Some(value) = row.metrics[at].filter(|_| row.outcome == Outcome::Designed && meets)
            else {
                continue;
            };
            count.designs += 1;
            let sign = if bound.sense == Sense::Upper { 1.0 } else { -1.0 };
            // what a requirement is missed by may be gained by as much as it costs
            let slack = ROUNDING + row.violation.unwrap_or(0.0).max(0.0);
            let room = sign * (bound.value - value) / bound.value.abs().max(1e-300);
            count.nearest = count.nearest.min(room);
            if room < -slack {
                count
                    .beyond
                    .push(format!("{name} of trial {trial}: {value} beyond {}", bound.value));
            }
        }
    }
    count
}

/// `NOCTULE_EFFORT` times five instances of every system; 2 000 times is ten thousand.
#[test]
fn campaign_no_design_of_any_scheme_passes_a_certified_bound() {
    let effort: u64 =
        std::env::var("NOCTULE_EFFORT").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for (id, differs, certify, dear) in scenes() {
        let begin = std::time::Instant::now();
        let count = held(id, &differs, &certify, dear, 5 * effort);
        println!(
            "{id}: {} instances, {} with a bound, {} designs, nearest {:.1e} relative, {:.1} s, beyond: {:?}",
            count.instances,
            count.bounded,
            count.designs,
            count.nearest,
            begin.elapsed().as_secs_f64(),
            count.beyond
        );
        assert!(count.bounded > 0, "{id}: nothing was bounded");
        assert!(count.designs > count.bounded, "{id}: no other scheme had a design");
        assert!(count.beyond.is_empty(), "{id}: {:?}", count.beyond);
    }
}
