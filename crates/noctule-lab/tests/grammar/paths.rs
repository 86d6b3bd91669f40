//! Every path that the schema of a system describes is set by `--set`, a sweep, a file and a
//! dictionary, and read back.
//!
//! The schema is walked here by code of its own: what the overlay does not see would otherwise not
//! be seen by its test either.

use noctule_lab::experiment::{Experiment, ScenarioFile, complete, overrides};
use noctule_lab::system::{Point, System};
use noctule_lab::systems;
use serde_json::{Map, Value, json};

/// A path, a value for it, and the scenario that has a place for it.
struct Case {
    path: String,
    value: Value,
    /// Values of the scenario by top-level key, which an element of a list or another variant needs.
    around: Map<String, Value>,
}

struct Walk<'a> {
    root: &'a Value,
    cases: Vec<Case>,
}

impl Walk<'_> {
    fn resolved<'v>(&'v self, mut node: &'v Value) -> (&'v Value, bool) {
        let mut optional = false;
        while let Some(target) = node.get("$ref").and_then(Value::as_str) {
            node = self.root.pointer(target.trim_start_matches('#')).unwrap();
        }
        if let Some(options) = node.get("anyOf").and_then(Value::as_array) {
            optional = options.iter().any(|option| option["type"] == "null");
            let real = options.iter().find(|option| option["type"] != "null").unwrap();
            return (self.resolved(real).0, optional);
        }
        let kinds = node.get("type").and_then(Value::as_array);
        optional |= kinds.is_some_and(|kinds| kinds.contains(&json!("null")));
        (node, optional)
    }

    fn kind(node: &Value) -> &str {
        match &node["type"] {
            Value::String(kind) => kind,
            Value::Array(kinds) => {
                kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap()
            }
            _ => "",
        }
    }

    /// Any value of the schema; of tables everything that is not optional.
    fn sample(&self, node: &Value) -> Value {
        let (node, _) = self.resolved(node);
        if let Some(word) = node.get("const") {
            return word.clone();
        }
        if let Some(options) = node.get("oneOf").and_then(Value::as_array) {
            return self.sample(&options[0]);
        }
        match Self::kind(node) {
            "number" => json!(1.5),
            "integer" => json!(3),
            "boolean" => json!(true),
            "string" => json!("word"),
            "array" => {
                let count = node.get("minItems").and_then(Value::as_u64).unwrap_or(2);
                Value::Array((0..count).map(|_| self.sample(&node["items"])).collect())
            }
            "object" => {
                let properties = node["properties"].as_object().unwrap();
                let needed = properties.iter().filter(|(_, value)| !self.resolved(value).1);
                Value::Object(needed.map(|(key, v)| (key.clone(), self.sample(v))).collect())
            }
            other => panic!("the test does not know {other:?} of {node}"),
        }
    }

    /// Everything below `path`; `around` makes a scenario in which the path leads somewhere.
    fn walk(&mut self, node: &Value, path: &str, around: &dyn Fn(Value) -> Map<String, Value>) {
        let (node, optional) = self.resolved(node);
        let node = node.clone();
        if optional {
            self.push(path, Value::Null, around(Value::Null));
        }
        if let Some(options) = node.get("oneOf").and_then(Value::as_array) {
            options.iter().for_each(|option| self.variant(option, path, around));
            return;
        }
        let whole = self.sample(&node);
        self.push(path, whole.clone(), around(whole.clone()));
        match Self::kind(&node) {
            "array" => {
                let inside = |inner: Value| {
                    let mut list = whole.clone();
                    list[1] = inner;
                    around(list)
                };
                self.walk(&node["items"], &format!("{path}[1]"), &inside);
            }
            "object" => self.members(&node, path, &whole, around),
            _ => {}
        }
    }

    fn members(
        &mut self,
        node: &Value,
        path: &str,
        whole: &Value,
        around: &dyn Fn(Value) -> Map<String, Value>,
    ) {
        for (key, inner) in node["properties"].as_object().unwrap() {
            if inner.get("const").is_some() {
                continue;
            }
            let inside = |value: Value| {
                let mut table = whole.clone();
                table[key.as_str()] = value;
                around(table)
            };
            self.walk(inner, &format!("{path}.{key}"), &inside);
        }
    }

    fn variant(&mut self, node: &Value, path: &str, around: &dyn Fn(Value) -> Map<String, Value>) {
        let (node, _) = self.resolved(node);
        let node = node.clone();
        let whole = self.sample(&node);
        self.push(path, whole.clone(), around(whole.clone()));
        if node.get("properties").is_some() {
            self.members(&node, path, &whole, around);
        }
    }

    fn push(&mut self, path: &str, value: Value, around: Map<String, Value>) {
        self.cases.push(Case { path: path.to_owned(), value, around });
    }
}

fn cases(system: &dyn System) -> Vec<Case> {
    let schema = system.scenario_schema();
    let mut walk = Walk { root: &schema, cases: Vec::new() };
    for (key, node) in schema["properties"].as_object().unwrap() {
        let around = |value: Value| Map::from_iter([(key.clone(), value)]);
        walk.walk(node, key, &around);
    }
    walk.cases
}

/// A value as TOML; what is absent by its word.
fn toml(value: &Value) -> String {
    match value {
        Value::Null => "\"none\"".to_owned(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key} = {}", toml(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn read<'v>(scenario: &'v Value, path: &str) -> &'v Value {
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    scenario.pointer(&format!("/{pointer}")).unwrap_or(&Value::Null)
}

/// What was written is there; tables may carry more, which a default filled in.
fn holds(found: &Value, written: &Value) -> bool {
    match (found, written) {
        (Value::Object(found), Value::Object(written)) => written
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| holds(found, value))),
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => found == written,
    }
}

#[test]
fn every_path_of_the_schema_is_set_in_every_way_and_read_back() {
    let registry = systems::registry();
    for system in systems::singles() {
        let (id, default, schema) =
            (system.id(), system.default_scenario(), system.scenario_schema());
        let scheme = system.schemes()[0].name;
        let cases = cases(system);
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
            let set = overrides(&defaults, &schema, &[set]);
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
            if let Err(refused) = system.prepare(scheme, &[point]) {
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
        let found = overrides(&defaults, &of.scenario_schema(), &[format!("scenario.{set}")]);
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
    let found = overrides(&defaults, &frame.scenario_schema(), &sets).unwrap();
    assert_eq!(
        found["scenario"]["aging"],
        json!({ "kind": "jakes", "speed_kmh": 30.0, "carrier_ghz": 28.0 })
    );
    assert_eq!(found["scenario"]["users"]["fixed"][1]["speed_kmh"], json!(60.0));
    let settings = frame.default_settings("optimal").unwrap();
    let point = Point { scenario: found["scenario"].clone(), settings };
    frame.prepare("optimal", &[point]).unwrap_or_else(|refused| panic!("{}", refused.error));
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
        let error = overrides(&defaults, &of.scenario_schema(), &[set.to_owned()]);
        let error = error
            .and_then(|all| {
                let point =
                    Point { scenario: all["scenario"].clone(), settings: all["scheme"].clone() };
                of.prepare(scheme, &[point]).map_err(|refused| refused.error)
            })
            .err();
        let error = error.unwrap_or_else(|| panic!("{set} is accepted"));
        text.push_str(&format!("── {system} {set}\n{error}\n\n"));
    }
    let twice = ["scenario.users=3", "scenario.users=4"].map(str::to_owned);
    let of = registry.get("beamforming").unwrap();
    let defaults = json!({ "scenario": of.default_scenario(), "scheme": {} });
    let error = overrides(&defaults, &of.scenario_schema(), &twice).err().unwrap();
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
    let effort: usize =
        std::env::var("NOCTULE_EFFORT").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let registry = systems::registry();
    for (seed, system, set) in [
        (1, "beamforming", "scenario.targets.fixed[0].polar_deg = 40"),
        (2, "frame", "scenario.users = {fixed=[{angle_deg=-40,speed_kmh=3}]}"),
        (3, "frame", "scenario.aging.kind = jakes"),
        (4, "surfaces", "scenario.layout = {sites=[[50, 40], [60.5, 1e1]]}"),
        (5, "cellfree", "scenario.requirement.max_error = 0.5"),
    ] {
        let of = registry.get(system).unwrap();
        let schema = of.scenario_schema();
        let settings = of.default_settings(of.schemes()[0].name).unwrap();
        let defaults = json!({ "scenario": of.default_scenario(), "scheme": settings });
        for text in crate::support::mutate::text(set, seed, 1_000 * effort) {
            if let Err(error) = overrides(&defaults, &schema, std::slice::from_ref(&text)) {
                let parts = [&error.what, &error.place, &error.found, &error.allowed];
                assert!(parts.iter().all(|part| !part.trim().is_empty()), "{error:?} for {text}");
                assert!(error.place.starts_with("--set"), "{error:?} for {text}");
                assert!(!error.place.contains("vv"), "{error:?} for {text}");
            }
        }
    }
}
