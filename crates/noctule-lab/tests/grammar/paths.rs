//! Every path that the schema of a system describes is set by `--set`, a sweep, a file and a
//! dictionary, and read back.
//!
use noctule_lab::experiment::{Experiment, ScenarioFile, complete, overrides, settable};
use noctule_lab::system::{Point, System};
use noctule_lab::systems;
use serde_json::{Value, json};

use super::walk::{Case, cases, holds, read, toml};
use crate::support::effort::effort;

/// The schema of what may be set.
pub(crate) fn grammar(system: &dyn System, scheme: &str) -> Value {
    let settings = system.settings_schema(scheme).unwrap_or_default();
    settable(system.scenario_schema(), settings)
}

#[test]
fn every_path_of_the_schema_is_set_in_every_way_and_read_back() {
    let registry = systems::registry();
    for system in systems::singles() {
        let (id, default, schema) =
            (system.id(), system.default_scenario(), system.scenario_schema());
        let scheme = system.schemes()[0].name;
        let cases = cases(&schema);
        assert!(cases.len() > 20, "{id}: {} paths", cases.len());
        for Case { path, value, around } in cases {
            let told = |by: &str, found: &Value| {
                assert!(holds(read(found, &path), &value), "{id} {path} by {by}: {found}");
            };
            let start = complete(&default, &schema, &Value::Object(around.clone()), "scenario");
            let start = start.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
            told("a dictionary", &start);
            let key = path.split(['.', '[']).next().unwrap();
            let written = format!("{key} = {}\n", toml(&around[key]));
            let file = format!(
                "format = \"noctule-scenario/1\"\nsystem = \"{id}\"\n[scenario]\n{written}"
            );
            let parsed = ScenarioFile::parse(&file, "f.toml", &registry);
            let parsed = parsed.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
            told("a file", &parsed.scenario);
            let set = format!("scenario.{path} = {}", toml(&value));
            let defaults = json!({ "scenario": start, "scheme": {} });
            let set = overrides(&defaults, &grammar(system, ""), &[set]);
            let set = set.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
            told("--set", &set["scenario"]);
            let study = format!(
                "format = \"noctule-experiment/1\"\nsystem = \"{id}\"\n[[scheme]]\nname = \
                 \"{scheme}\"\n[scenario]\n{written}[[sweep]]\npath = \"scenario.{path}\"\nvalues = \
                 [{}]\n",
                toml(&value)
            );
            let study = Experiment::parse(&study, "f.toml", "f", &registry);
            let study = study.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
            let point: Point = study.point(0, 0);
            told("a sweep", &point.scenario);
            // Ranges are the system's own matter; that the keys exist is not.
            if let Err(refused) = system.prepare(scheme, &mut std::iter::once(point)) {
                assert_ne!(refused.error.what, "the value does not fit", "{id} {}", refused.error);
            }
        }
    }
}

/// Paths into a variant or a list element that the default does not have.
#[test]
fn paths_lead_into_what_the_default_leaves_out() {
    let registry = systems::registry();
    for (system, set, pointer, value) in [
        ("frame", "users.fixed[0].speed_kmh=3", "/users/fixed/0/speed_kmh", json!(3.0)),
        ("frame", "users.fixed[4].crb_limit_deg2=0.1", "/users/fixed/4/crb_limit_deg2", json!(0.1)),
        ("frame", "users.drawn.count=7", "/users/drawn/count", json!(7)),
        ("frame", "users.drawn.angle_deg[1]=30", "/users/drawn/angle_deg/1", json!(30.0)),
        ("frame", "crb_limit.rad2=1e-5", "/crb_limit/rad2", json!(1e-5)),
        (
            "beamforming",
            "targets.fixed[0].azimuth_deg=30",
            "/targets/fixed/0/azimuth_deg",
            json!(30.0),
        ),
        ("beamforming", "targets.drawn.count=2", "/targets/drawn/count", json!(2)),
        ("cellfree", "requirement.min-rate-bps-hz=3", "/requirement/min_rate_bps_hz", json!(3.0)),
        ("pilots", "crb_limit.over-best=2", "/crb_limit/over_best", json!(2.0)),
        ("surfaces", "layout.sites=[[50, 40]]", "/layout/sites/0/0", json!(50.0)),
    ] {
        let of = registry.get(system).unwrap();
        let defaults = json!({ "scenario": of.default_scenario(), "scheme": {} });
        let found = overrides(&defaults, &grammar(of, ""), &[format!("scenario.{set}")]);
        let found = found.unwrap_or_else(|error| panic!("{set}: {error}"));
        let scenario = &found["scenario"];
        assert_eq!(scenario.pointer(pointer), Some(&value), "{set}: {scenario}");
        let scheme = of.schemes()[0].name;
        let (path, text) = set.split_once('=').unwrap();
        let study = format!(
            "format = \"noctule-experiment/1\"\nsystem = \"{system}\"\n[[scheme]]\nname = \
             \"{scheme}\"\n[[sweep]]\npath = \"scenario.{path}\"\nvalues = [{text}]\n"
        );
        let study = Experiment::parse(&study, "f.toml", "f", &registry);
        let study = study.unwrap_or_else(|error| panic!("{set}: {error}"));
        assert_eq!(study.point(0, 0).scenario, *scenario, "{set}");
    }
}

/// The laws of aging with users of their own speed or correlation, as the page of `frame` says.
#[test]
fn users_of_a_frame_have_speeds_limits_and_gains_of_their_own() {
    let registry = systems::registry();
    let frame = registry.get("frame").unwrap();
    let sets = [
        "scenario.aging.carrier_ghz=28",
        "scenario.aging.speed_kmh=30",
        "scenario.aging.kind=jakes",
        "scenario.users={fixed=[{angle_deg=-40,speed_kmh=3},{angle_deg=0,path_gain_db=-95}]}",
        "scenario.users.fixed[1].speed_kmh=60",
    ];
    let defaults = json!({ "scenario": frame.default_scenario(), "scheme": {} });
    let sets = sets.map(str::to_owned);
    let found = overrides(&defaults, &grammar(frame, ""), &sets).unwrap();
    assert_eq!(
        found["scenario"]["aging"],
        json!({ "kind": "jakes", "speed_kmh": 30.0, "carrier_ghz": 28.0 })
    );
    assert_eq!(found["scenario"]["users"]["fixed"][1]["speed_kmh"], json!(60.0));
    let settings = frame.default_settings("optimal").unwrap();
    let point = Point { scenario: found["scenario"].clone(), settings };
    frame
        .prepare("optimal", &mut std::iter::once(point))
        .unwrap_or_else(|refused| panic!("{}", refused.error));
}

/// A design is read by its name in the error: what is wrong, with the forms that are allowed.
#[test]
fn what_cannot_be_set_says_what_can() {
    let registry = systems::registry();
    let mut text = String::new();
    for (system, set) in [
        ("beamforming", "scenario.users=-1"),
        ("beamforming", "scenario.targets=3"),
        ("beamforming", "scenario.targets=[{azimuth_deg=1}]"),
        ("beamforming", "scenario.targets.fixed[9].polar_deg=40"),
        ("beamforming", "scenario.targets[0].polar_deg=40"),
        ("beamforming", "scenario.targets.count=4"),
        ("beamforming", "scenario.targets={fixed=[{elevation_deg=30}]}"),
        ("beamforming", "scenario.targets.fixed[0].elevation_deg=30"),
        ("beamforming", "scenario.targets.drawn.azimuth_deg=[1,2,3]"),
        ("beamforming", "scenario.power_constraint=per_antena"),
        ("beamforming", "users=6"),
        ("beamforming", "user=6"),
        ("beamforming", "scenario.users"),
        ("beamforming", "scenario..users=3"),
        ("beamforming", "scenario.users=3\nscenario.power_dbm=3"),
        ("beamforming", "scenario.power_dbm=30 dBm"),
        ("beamforming", "scenario.snapshots=5000000000"),
        ("cellfree", "scenario.requirement=1.3"),
        ("cellfree", "scenario.requirement={max_eror=1.3}"),
        ("frame", "scenario.users=6"),
        ("frame", "scenario.aging.speed_kmh=3"),
        ("frame", "scenario.aging={kind=\"jaks\"}"),
        ("frame", "scenario.aging={speed_kmh=3}"),
        ("frame", "scenario.block_symbols=1"),
        ("frame", "scenario.pilot_symbols=70"),
        ("pilots", "scenario.crb_limit=0.5"),
        ("surfaces", "scenario.layout=\"bisectr\""),
    ] {
        let of = registry.get(system).unwrap();
        let scheme = of.schemes()[0].name;
        let settings = of.default_settings(scheme).unwrap();
        let defaults = json!({ "scenario": of.default_scenario(), "scheme": settings });
        let error = overrides(&defaults, &grammar(of, scheme), &[set.to_owned()]);
        let error = error
            .and_then(|all| {
                let point =
                    Point { scenario: all["scenario"].clone(), settings: all["scheme"].clone() };
                of.prepare(scheme, &mut std::iter::once(point)).map_err(|refused| refused.error)
            })
            .err();
        let error = error.unwrap_or_else(|| panic!("{set} is accepted"));
        text.push_str(&format!("── {system} {set}\n{error}\n\n"));
    }
    let twice = ["scenario.users=3", "scenario.users=4"].map(str::to_owned);
    let of = registry.get("beamforming").unwrap();
    let defaults = json!({ "scenario": of.default_scenario(), "scheme": {} });
    let error = overrides(&defaults, &grammar(of, ""), &twice).err().unwrap();
    text.push_str(&format!("── a value twice\n{error}\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn schemes_of_one_label_are_told_apart_by_their_ids() {
    let registry = systems::registry();
    let study = |schemes: &str| {
        let text = format!("format = \"noctule-experiment/1\"\nsystem = \"surfaces\"\n{schemes}");
        let study = Experiment::parse(&text, "f.toml", "f", &registry);
        let study = study.unwrap_or_else(|error| panic!("{error}"));
        study.schemes.into_iter().map(|scheme| scheme.label).collect::<Vec<_>>()
    };
    let name = "name = \"dedicated-signal\"";
    let both = study(&format!(
        "[[scheme]]\nid = \"proposed\"\n{name}\n[[scheme]]\nid = \"all\"\n{name}\nsettings = {{ \
         select = \"all\" }}\n"
    ));
    assert_eq!(both, ["Dedicated signal (proposed)", "Dedicated signal (all)"]);
    let named = study(&format!(
        "[[scheme]]\nid = \"proposed\"\n{name}\n[[scheme]]\nid = \"all\"\n{name}\nlabel = \"All\"\n"
    ));
    assert_eq!(named, ["Dedicated signal", "All"]);
}

/// Values as people mistype them: refused with a place and what is allowed, never a panic.
#[test]
fn campaign_no_value_that_is_set_panics() {
    let registry = systems::registry();
    for (seed, system, set) in [
        (1, "beamforming", "scenario.targets.fixed[0].polar_deg = 40"),
        (2, "frame", "scenario.users = {fixed=[{angle_deg=-40,speed_kmh=3}]}"),
        (3, "frame", "scenario.aging.kind = jakes"),
        (4, "surfaces", "scenario.layout = {sites=[[50, 40], [60.5, 1e1]]}"),
        (5, "cellfree", "scenario.requirement.max_error = 0.5"),
        (6, "beamforming", "scheme.certify = { nodes = 50, gap = 1e-3 }"),
        (7, "beamforming", "scheme.certify.nodes = 50"),
    ] {
        let of = registry.get(system).unwrap();
        let scheme = of.schemes()[0].name;
        let schema = grammar(of, scheme);
        let settings = of.default_settings(scheme).unwrap();
        let defaults = json!({ "scenario": of.default_scenario(), "scheme": settings });
        for text in crate::support::mutate::text(set, seed, 1_000 * effort::<usize>()) {
            if let Err(error) = overrides(&defaults, &schema, std::slice::from_ref(&text)) {
                let parts = [&error.what, &error.place, &error.found, &error.allowed];
                assert!(parts.iter().all(|part| !part.trim().is_empty()), "{error:?} for {text}");
                assert!(error.place.starts_with("--set"), "{error:?} for {text}");
                // the filler of a value's place is not shown; what was written is
                let filler = error.place.contains("vv") && !text.contains("vv");
                assert!(!filler, "{error:?} for {text}");
            }
        }
    }
}
