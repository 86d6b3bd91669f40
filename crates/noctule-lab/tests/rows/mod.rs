//! Rows as the engine records them, for every system of the build.

use noctule_lab::single::Single;
use noctule_lab::system::{Outcome, Point, Refused, Row};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

fn system(id: &str) -> &'static dyn Single {
    systems::singles().into_iter().find(|system| system.id() == id).unwrap()
}

/// The default scenario of a system, made small where the default takes its time.
fn small(system: &dyn Single) -> Value {
    let mut scenario = system.default_scenario();
    match system.id() {
        "cellfree" => {
            for (key, value) in [("aps", 3), ("antennas", 4), ("users", 3), ("targets", 2)] {
                scenario[key] = json!(value);
            }
            scenario["requirement"] = json!({ "error-over-best": 1.4 });
        }
        "surfaces" => {
            scenario["first_sites"] = json!(3);
            scenario["elements"] = json!(120);
            scenario["crb_limit_db"] = json!(-12.0);
            scenario["echo_draws"] = json!(3);
        }
        "pilots" => scenario["crb_limit"] = json!({ "over_best": 2.0 }),
        _ => {}
    }
    scenario
}

/// What a scheme needs that the default scenario does not have.
fn needed(scheme: &str, scenario: &mut Value) {
    if ["same-beams", "each-alone", "perfect-knowledge"].contains(&scheme) {
        scenario["ofdm"] = json!({ "subcarriers": 3 });
    }
    if scheme == "perfect-knowledge" {
        scenario["knowledge"] = json!({});
    }
    if scheme == "nominal" {
        (scenario["goal"], scenario["uncertain"]) = (json!({ "kind": "min-crb" }), json!({}));
    }
}

/// The row of a scheme with changed scenario and settings.
fn row(
    id: &str,
    scheme: &str,
    scenario: impl Fn(&mut Value),
    settings: impl Fn(&mut Value),
) -> Result<Row, Box<Refused>> {
    let system = system(id);
    let mut point =
        Point { scenario: small(system), settings: system.default_settings(scheme).unwrap() };
    needed(scheme, &mut point.scenario);
    scenario(&mut point.scenario);
    settings(&mut point.settings);
    let chain = system.prepare(scheme, &mut std::iter::once(point)).map_err(Box::new)?;
    Ok(chain.run(1, 0, &Interrupt::new()).remove(0))
}

fn as_it_comes(_: &mut Value) {}

/// The row of a scheme as it comes, made anew.
fn again(id: &str, scheme: &str) -> Row {
    row(id, scheme, as_it_comes, as_it_comes).unwrap()
}

/// The value of a metric in a row.
fn metric(id: &str, row: &Row, name: &str) -> Option<f64> {
    let column = system(id).metrics().iter().position(|metric| metric.name == name).unwrap();
    row.metrics[column]
}

#[test]
fn every_scheme_runs_and_fills_every_column() {
    for system in systems::singles() {
        for scheme in system.schemes() {
            let name = format!("{}/{}", system.id(), scheme.name);
            let row = row(system.id(), scheme.name, as_it_comes, as_it_comes).unwrap();
            if matches!(row.outcome, Outcome::NotRun(_)) {
                assert_eq!(scheme.name, "wmmse-sdr-conic");
                continue;
            }
            assert_eq!(row.outcome, Outcome::Designed, "{name}");
            assert_eq!(row.metrics.len(), system.metrics().len(), "{name}");
            assert!(row.objective_mismatch.unwrap() < 1e-9, "{name}");
            assert!(row.violation.is_some(), "{name}");
            assert_eq!(
                row,
                again(system.id(), scheme.name),
                "{name} is another one the second time"
            );
            let names: Vec<&str> = system.series().iter().map(|series| series.name).collect();
            assert!(row.series.iter().all(|entry| names.contains(&entry.series)), "{name}");
        }
    }
}

/// The settings that the schema describes are those that there are, and nobody's are untold.
#[test]
fn every_scheme_has_a_schema_of_its_settings() {
    for system in systems::singles() {
        for scheme in system.schemes() {
            let name = format!("{}/{}", system.id(), scheme.name);
            let defaults = system.default_settings(scheme.name).unwrap();
            let schema = system.settings_schema(scheme.name).unwrap_or_else(|| panic!("{name}"));
            let known = schema.get("properties").and_then(Value::as_object);
            for key in defaults.as_object().unwrap().keys() {
                assert!(known.is_some_and(|known| known.contains_key(key)), "{name}: {key}");
            }
        }
    }
}

#[test]
fn a_chain_depends_on_seed_and_trial_alone() {
    let tighter = |s: &mut Value| s["requirement"]["error-over-best"] = json!(1.1);
    let weight = |s: &mut Value| s["rate_weight_per_nat"] = json!(0.5);
    type Change = fn(&mut Value);
    let changes: [(&str, Change); 2] = [("cellfree", tighter), ("beamforming", weight)];
    for (id, change) in changes {
        let system = system(id);
        let settings = system.default_settings("balanced").unwrap();
        let first = Point { scenario: small(system), settings };
        let mut second = first.clone();
        change(&mut second.scenario);
        let prepared = system.prepare("balanced", &mut [first, second].into_iter()).unwrap();
        let rows = prepared.run(3, 7, &Interrupt::new());
        prepared.run(3, 8, &Interrupt::new());
        assert_eq!(rows, prepared.run(3, 7, &Interrupt::new()), "{id}");
    }
}

#[test]
fn an_infeasible_frame_says_only_what_it_needs() {
    for scheme in system("frame").schemes() {
        let tight = |s: &mut Value| s["crb_limit"] = json!({ "deg2": 0.01 });
        let row = row("frame", scheme.name, tight, as_it_comes).unwrap();
        if row.outcome != Outcome::Infeasible {
            // A scheme that claims nothing shows by how much it misses.
            assert!(row.violation.unwrap() > 0.0, "{}", scheme.name);
            continue;
        }
        assert!(metric("frame", &row, "sum_rate_bps_hz").is_none(), "{}", scheme.name);
        assert!(metric("frame", &row, "needed_sensing_blocks").unwrap() > 35.0, "{}", scheme.name);
    }
}

#[test]
fn what_cannot_be_met_keeps_what_can_be_reached() {
    let error = |s: &mut Value| s["requirement"]["error-over-best"] = json!(0.9);
    let found = row("cellfree", "balanced", error, as_it_comes).unwrap();
    assert_eq!(found.outcome, Outcome::Infeasible);
    assert!(metric("cellfree", &found, "objective").is_none());
    assert!(metric("cellfree", &found, "error").is_some());

    let crb = |s: &mut Value| s["crb_limit"] = json!({ "over_best": 0.9 });
    let found = row("pilots", "optimal", crb, as_it_comes).unwrap();
    assert_eq!(found.outcome, Outcome::Infeasible);
    assert!(metric("pilots", &found, "worst_error").is_none());
    assert!(metric("pilots", &found, "worst_crb_m2").is_some());

    for scheme in ["full-covariance", "dedicated-signal", "time-switching"] {
        let limit = |s: &mut Value| s["crb_limit_db"] = json!(-80.0);
        let found = row("surfaces", scheme, limit, as_it_comes).unwrap();
        assert_eq!(found.outcome, Outcome::Infeasible, "{scheme}");
        assert!(metric("surfaces", &found, "rate_bps_hz").is_none(), "{scheme}");
        assert!(metric("surfaces", &found, "crb_db").is_some(), "{scheme}");
    }
}

/// Phases of one bit cannot keep a limit that continuous ones keep with little to spare.
#[test]
fn a_limit_that_is_missed_is_no_design() {
    for (limit, met) in [(-20.0, true), (-28.0, false)] {
        let scene = |s: &mut Value| {
            *s = system("surfaces").default_scenario();
            s["target_m"] = json!([90.0, 25.0]);
            s["first_sites"] = json!(1);
            s["elements"] = json!(128);
            s["crb_limit_db"] = json!(limit);
        };
        let one_bit = |s: &mut Value| s["phase_bits"] = json!(1);
        let found = row("surfaces", "full-covariance", scene, one_bit).unwrap();
        assert_eq!(metric("surfaces", &found, "rate_bps_hz").is_some(), met, "{limit} {found:?}");
        assert_eq!(found.outcome == Outcome::Designed, met, "{limit} {found:?}");
        let missed = |why: &String| why.contains("missed");
        assert!(met || matches!(&found.outcome, Outcome::Failed(why) if missed(why)));
    }
}

#[test]
fn what_makes_no_sense_is_refused_at_its_place() {
    let best = |s: &mut Value| *s = json!({ "select": "best" });
    let refused = row("surfaces", "sensing-only", as_it_comes, best).unwrap_err();
    assert_eq!(refused.error.place, "scheme.select");

    let many = |s: &mut Value| s["targets"] = json!(4);
    let refused = row("cellfree", "balanced", many, as_it_comes).unwrap_err();
    assert_eq!(refused.error.place, "scenario.targets");
}

#[test]
fn no_sensing_streams_and_no_users_are_fine() {
    for (field, value) in [("sensing_streams", json!(0)), ("users", json!(0))] {
        let bare = |s: &mut Value| s[field] = value.clone();
        let found = row("beamforming", "balanced", bare, as_it_comes).unwrap();
        assert_eq!(found.outcome, Outcome::Designed, "{field}");
    }
}

#[test]
fn an_unusable_scene_is_refused_before_any_trial() {
    let on_axis = |s: &mut Value| s["targets"]["fixed"][0]["polar_deg"] = json!(0.0);
    let refused = row("beamforming", "balanced", on_axis, as_it_comes).unwrap_err();
    assert_eq!(refused.error.place, "scenario.targets[0]");
}
