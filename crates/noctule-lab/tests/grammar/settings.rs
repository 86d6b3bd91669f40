//! Settings of schemes are set as values of scenarios are; what is set twice is not half forgotten.

use noctule_lab::experiment::{Experiment, complete, overrides};
use noctule_lab::system::Point;
use noctule_lab::systems;
use serde_json::{Value, json};

use super::paths::grammar;
use super::walk::{Case, cases, holds, read, toml};

#[test]
fn every_path_of_the_settings_is_set_in_every_way_and_read_back() {
    let registry = systems::registry();
    for system in systems::singles() {
        for scheme in system.schemes().iter().map(|scheme| scheme.name) {
            let id = format!("{} {scheme}", system.id());
            let default = system.default_settings(scheme).unwrap();
            let schema = system.settings_schema(scheme).unwrap();
            for Case { path, value, around } in cases(&schema) {
                let told = |by: &str, found: &Value| {
                    assert!(holds(read(found, &path), &value), "{id} {path} by {by}: {found}");
                };
                let start = complete(&default, &schema, &Value::Object(around.clone()), "scheme");
                let start = start.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
                told("a dictionary", &start);
                let set = format!("scheme.{path} = {}", toml(&value));
                let defaults = json!({ "scenario": {}, "scheme": start });
                let set = overrides(&defaults, &grammar(system, scheme), &[set]);
                let set = set.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
                told("--set", &set["scheme"]);
                let key = path.split(['.', '[']).next().unwrap();
                let study = format!(
                    "format = \"noctule-experiment/1\"\nsystem = \"{}\"\n[[scheme]]\nname = \
                     \"{scheme}\"\n[scheme.settings]\n{key} = {}\n[[sweep]]\npath = \
                     \"scheme.{path}\"\nvalues = [{}]\n",
                    system.id(),
                    toml(&around[key]),
                    toml(&value)
                );
                let study = Experiment::parse(&study, "f.toml", "f", &registry);
                let study = study.unwrap_or_else(|error| panic!("{id} {path}: {error}"));
                told("a file", &study.schemes[0].settings);
                let point: Point = study.point(0, 0);
                told("a sweep", &point.settings);
                // Ranges are the system's own matter; that the keys exist is not.
                if let Err(refused) = system.prepare(scheme, &mut std::iter::once(point)) {
                    let error = refused.error;
                    assert_ne!(error.what, "the value does not fit", "{id} {path}: {error}");
                }
            }
        }
    }
}

#[test]
fn a_misspelt_setting_is_refused_with_the_one_that_was_meant() {
    let registry = systems::registry();
    let of = registry.get("beamforming").unwrap();
    let defaults = json!({ "scenario": {}, "scheme": of.default_settings("balanced").unwrap() });
    let set = overrides(&defaults, &grammar(of, "balanced"), &["scheme.start=3".to_owned()]);
    let swept = Experiment::parse(
        "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\n[[scheme]]\nname = \
         \"balanced\"\n[[sweep]]\npath = \"scheme.start\"\nvalues = [1]\n",
        "f.toml",
        "f",
        &registry,
    );
    for error in [set.unwrap_err(), swept.unwrap_err()] {
        assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("`starts`")), "{error}");
    }
}

/// Of a whole and its part each is kept, in whatever order they come, or both are refused.
#[test]
fn what_is_set_in_two_ways_is_kept_or_refused() {
    let registry = systems::registry();
    let of = registry.get("frame").unwrap();
    let settings = of.default_settings("optimal").unwrap();
    let defaults = json!({ "scenario": of.default_scenario(), "scheme": settings });
    let schema = grammar(of, "optimal");
    let set = |values: [&str; 2]| overrides(&defaults, &schema, &values.map(str::to_owned));
    for (one, other) in [
        ("scenario={block_symbols=40}", "scenario.block_symbols=50"),
        ("scenario={block_symbols=40}", "scenario.block-symbols=50"),
        ("scenario.users={fixed=[{angle_deg=1}]}", "scenario.users.fixed[0].angle_deg=2"),
        ("scenario.users={fixed=[{angle_deg=1}]}", "scenario.users.drawn.count=2"),
        ("scenario.users.fixed=[{angle_deg=1}]", "scenario.users.drawn.count=2"),
        ("scenario.users.fixed=[{angle_deg=1}]", "scenario.users={drawn={count=2}}"),
        ("scenario.aging={kind=\"jakes\",speed_kmh=3}", "scenario.aging.speed_kmh=4"),
    ] {
        for values in [[one, other], [other, one]] {
            let error = set(values).err().unwrap_or_else(|| panic!("{values:?} is accepted"));
            assert_eq!(error.what, "of two values that are set, one undoes the other", "{error}");
            for path in [one, other].map(|text| text.split('=').next().unwrap()) {
                assert!(error.found.contains(&format!("`{path}`")), "{values:?}: {error}");
            }
        }
    }
    for (one, other, pointer, value) in [
        ("scenario={block_symbols=40}", "scenario.pilot_symbols=2", "/block_symbols", json!(40)),
        ("scenario={block_symbols=40}", "scenario.pilot_symbols=2", "/pilot_symbols", json!(2)),
        ("scenario={block_symbols=40}", "scenario.block_symbols=40", "/block_symbols", json!(40)),
        (
            "scenario.users={fixed=[{angle_deg=1}]}",
            "scenario.users.fixed[0].speed_kmh=3",
            "/users/fixed/0/speed_kmh",
            json!(3.0),
        ),
    ] {
        for values in [[one, other], [other, one]] {
            let all = set(values).unwrap_or_else(|error| panic!("{values:?}: {error}"));
            assert_eq!(all["scenario"].pointer(pointer), Some(&value), "{values:?}");
        }
    }
}
