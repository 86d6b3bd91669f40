//! Campaigns on all systems: no design of any scheme is better than a bound that is proven of its instance.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use noctule::{FEASIBLE, Interrupt, Sense};
use noctule_lab::system::{Outcome, Point, Row, System};
use noctule_lab::systems;
use serde_json::{Value, json};

/// Beyond a bound by more than this, relative to it, is no rounding.
const ROUNDING: f64 = 1e-8;

/// What is drawn of a system, how it is certified, and who takes no part.
struct Scene {
    system: &'static str,
    /// What differs from the default: small scenes, so that ten thousand are minutes.
    differs: Value,
    certify: Value,
    /// Schemes that would take longer than all others together.
    dear: &'static [&'static str],
    /// What the bound is of.
    goal: &'static str,
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

/// Powers, places and requirements of a trial, so that scenes without random places differ too.
fn varied(system: &str, scenario: &Value, trial: u64) -> Value {
    let mut out = scenario.clone();
    let step = |n: u64| (trial % n) as f64 / n as f64;
    match system {
        "pilots" => {
            // orthogonal, contaminated in either direction, and in both
            out["uplink_correlation"] = json!([0.0, 0.4, 0.0, 0.0, 0.3][trial as usize % 5]);
            out["downlink_correlation"] = json!([0.0, 0.0, 0.4, 0.0, 0.2][trial as usize % 5]);
            out["crb_limit"] = match trial % 3 {
                0 => json!("none"),
                _ => json!({ "over_best": 1.05 + step(31) }),
            };
        }
        "surfaces" => {
            let power_dbm = 20.0 + 20.0 * step(17);
            out["power_dbm"] = json!(power_dbm);
            out["user_m"] = json!([60.0 + 80.0 * step(101), 0.0]);
            out["crb_limit_db"] = json!(14.0 - power_dbm + 10.0 * step(13));
            if trial % 4 == 3 {
                out["target_m"] = json!([70.0 + 50.0 * step(37), 25.0 - 40.0 * step(23)]);
            }
        }
        "frame" => {
            out["echo_snr_db"] = json!(8.0 + 15.0 * step(101));
            out["crb_limit"] = json!({ "deg2": 0.5 + 4.0 * step(29) });
            out["power_dbm"] = json!(18.0 + 10.0 * step(13));
            out["angular_spread_deg"] = json!(0.5 + 2.5 * step(17));
            out["sinr"] = json!(["use-and-forget", "lower-bound", "physical"][trial as usize % 3]);
        }
        _ => {}
    }
    out
}

#[derive(Default, Debug)]
struct Count {
    instances: u64,
    bounded: u64,
    designs: u64,
    beyond: Vec<String>,
    nearest: f64,
}

fn held(scene: &Scene, trials: u64) -> Count {
    let Scene { system: id, differs, certify, dear, goal } = scene;
    let system = systems::need(id, "system").unwrap();
    let scenario = merged(&system.default_scenario(), differs);
    let schemes = system.schemes();
    let first = schemes[0].name;
    let at = system.metrics().iter().position(|metric| metric.name == *goal).unwrap();
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
        // A bound of surfaces is of one setting of them: where user and target are apart, two in turn may do more.
        let in_turn = |name: &str| name == "time-switching" && !scenario["target_m"].is_null();
        let others = others.filter(|name| {
            !dear.contains(name) && !in_turn(name) && system.takes_part(&scenario, name)
        });
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

/// Five instances with every change of the code, and ten thousand at the effort of `cargo xtask validate`.
fn never_passed(scene: &Scene) {
    let effort: u64 =
        std::env::var("NOCTULE_EFFORT").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let trials = if effort > 1 { 500 * effort.min(20) } else { 5 };
    let begin = std::time::Instant::now();
    let count = held(scene, trials);
    let id = scene.system;
    println!(
        "{id}: {} instances, {} with a bound, {} designs, nearest {:.1e} relative, {:.1} s, beyond: {:?}",
        count.instances,
        count.bounded,
        count.designs,
        count.nearest,
        begin.elapsed().as_secs_f64(),
        count.beyond
    );
    assert!(2 * count.bounded > trials, "{id}: {} of {trials} were bounded", count.bounded);
    assert!(count.designs > count.bounded, "{id}: no other scheme had a design");
    assert!(count.beyond.is_empty(), "{id}: {:?}", count.beyond);
}

fn within_a_thousandth() -> Value {
    json!({ "certify": { "nodes": 60, "gap": 1e-3 } })
}

#[test]
fn campaign_no_design_of_any_scheme_passes_a_bound_of_beamforming() {
    let small = json!({ "horizontal": 2, "vertical": 2 });
    never_passed(&Scene {
        system: "beamforming",
        differs: json!({ "users": 2, "transmit_array": small, "receive_array": small,
            "targets": { "fixed": [{ "azimuth_deg": -30.0, "polar_deg": 75.0, "reflection": [0.1, 0.0] }] } }),
        certify: within_a_thousandth(),
        dear: &[
            "best-known",
            "wmmse-sdr",
            "wmmse-sdr-conic",
            "algorithm-1",
            "fp-sgda",
            "projected-gradient",
            "sharing",
            "extended-target",
        ],
        goal: "objective",
    });
}

#[test]
fn campaign_no_design_of_any_scheme_passes_a_bound_of_cellfree() {
    never_passed(&Scene {
        system: "cellfree",
        differs: json!({ "aps": 2, "antennas": 2, "users": 2, "targets": 1, "grid_points": 61 }),
        certify: within_a_thousandth(),
        dear: &[],
        goal: "sum_rate_bps_hz",
    });
}

#[test]
fn campaign_no_design_of_any_scheme_passes_a_bound_of_pilots() {
    never_passed(&Scene {
        system: "pilots",
        differs: json!({ "access_points": { "fixed": [[40.0, 0.0], [260.0, 0.0], [150.0, 100.0]] } }),
        certify: json!({ "certify": true }),
        // what estimators make of full power, which is a scheme of its own, and cones
        dear: &["located", "theta-conic"],
        goal: "worst_error",
    });
}

#[test]
fn campaign_no_design_of_any_scheme_passes_a_bound_of_surfaces() {
    never_passed(&Scene {
        system: "surfaces",
        differs: json!({ "elements": 48, "transmit_antennas": 16 }),
        certify: json!({ "certify": { "nodes": 20, "gap": 1e-3 } }),
        dear: &[],
        goal: "rate_bps_hz",
    });
}

#[test]
fn campaign_no_design_of_any_scheme_passes_a_bound_of_frame() {
    never_passed(&Scene {
        system: "frame",
        differs: json!({ "blocks": 10, "transmit_antennas": 8, "users": { "drawn": { "count": 2 } } }),
        certify: json!({}),
        dear: &[],
        goal: "sum_rate_bps_hz",
    });
}
