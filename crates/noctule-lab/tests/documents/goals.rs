//! Documents of goals and requirements: confirmed as written, refuted where somebody changed a
//! bound, a price or a certificate.

use noctule_lab::experiment::complete;
use noctule_lab::single::{Claim, Finding, Source, Story};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

pub(crate) fn designed(scheme: &str, given: &Value) -> Story {
    let system = systems::need("beamforming", "").unwrap();
    let (default, schema) = (system.default_scenario(), system.scenario_schema());
    let scenario = complete(&default, &schema, given, "scenario").unwrap();
    let source = Source { scenario: Some(scenario), arrays: None, seed: 1, trial: 0 };
    let mut settings = system.default_settings(scheme).unwrap();
    if scheme == "balanced" {
        settings["certify"] = json!({ "nodes": 3 });
    }
    system.design(&source, scheme, &settings, &Interrupt::new()).unwrap()
}

pub(crate) fn verified(document: &Value) -> Finding {
    let text = document.to_string();
    systems::need("beamforming", "").unwrap().verify(&serde_json::from_str(&text).unwrap()).unwrap()
}

pub(crate) fn refuted(document: &Value) -> Vec<String> {
    let finding = verified(document);
    assert!(!finding.agrees);
    finding.claims.into_iter().filter(Claim::is_refuted).map(|claim| claim.name).collect()
}

fn goal(kind: &str, require: Value) -> Value {
    json!({ "goal": { "kind": kind }, "require": require })
}

#[test]
fn designs_for_goals_are_confirmed() {
    let caps = json!({ "sinr_db": 5.0, "azimuth_deg": 2.0 });
    for (kind, scheme, require) in [
        ("min-crb", "balanced", json!({ "sinr_db": 10.0 })),
        ("min-crb", "rzf", json!({ "sinr_db": -3.0 })),
        ("min-crb", "sensing-only", json!({ "sinr_db": 10.0 })),
        ("min-power", "balanced", caps.clone()),
        ("max-min-rate", "balanced", json!({ "azimuth_deg": 1.0 })),
        ("sum-rate", "balanced", caps.clone()),
        ("proportional-fair", "balanced", caps),
    ] {
        let story = designed(scheme, &goal(kind, require));
        let finding = verified(&story.document);
        assert!(finding.agrees, "{kind} {scheme}: {:?}", finding.claims);
        assert!(story.unsound.is_none(), "{kind} {scheme}: {:?}", story.unsound);
        if scheme == "balanced" {
            assert!(story.meets_requirements, "{kind}: {:?}", story.warnings);
        }
        if kind == "min-crb" && scheme == "balanced" {
            let bound = finding.claims.iter().find(|claim| claim.name == "proof.bound.value");
            assert_eq!(bound.unwrap().verdict.as_str(), "checked");
        }
    }
}

#[test]
fn what_nothing_meets_is_proven_in_the_document() {
    for require in [
        json!({ "sinr_db": 30.0 }),
        json!({ "sinr_db": 0.0, "azimuth_deg": 0.01 }),
        json!({ "sinr_db": 18.0, "azimuth_deg": 0.45 }),
    ] {
        let story = designed("balanced", &goal("min-crb", require.clone()));
        assert!(story.infeasible, "{require}: {:?}", story.facts);
        let finding = verified(&story.document);
        assert!(finding.agrees, "{require}: {:?}", finding.claims);
        let mut other = story.document.clone();
        other["proof"]["infeasible"]["reachable"] = json!(1e9);
        assert!(refuted(&other).contains(&"proof.infeasible".to_owned()));
        let mut milder = story.document.clone();
        milder["instance"]["power_w"] = json!(1e6);
        assert!(refuted(&milder).contains(&"proof.infeasible".to_owned()));
    }
}

#[test]
fn bounds_and_prices_that_multipliers_do_not_say_are_refuted() {
    let story = designed("balanced", &goal("min-crb", json!({ "sinr_db": 12.0 })));
    let mut changed = story.document.clone();
    let bound = changed["proof"]["bound"]["value"].as_f64().unwrap();
    changed["proof"]["bound"]["value"] = json!(bound * (1.0 + 1e-4));
    assert!(refuted(&changed).iter().any(|name| name.starts_with("proof.bound")));
    let mut changed = story.document.clone();
    let price = changed["metrics"]["prices"]["per_sinr_db"][0].as_f64().unwrap();
    changed["metrics"]["prices"]["per_sinr_db"][0] = json!(2.0 * price + 1.0);
    assert!(refuted(&changed).contains(&"proof.bound.value".to_owned()));
    let mut changed = story.document.clone();
    changed["metrics"]["goal"]["met"] = json!(3);
    assert!(refuted(&changed).contains(&"metrics".to_owned()));
    let mut changed = story.document;
    changed["instance"]["sinr_floor"][0] = json!(1e3);
    assert!(refuted(&changed).contains(&"violation".to_owned()));
}

/// A scenario of two users, six antennas and nine receive elements.
fn small(kind: &str, require: Value) -> Value {
    json!({
        "goal": { "kind": kind },
        "require": require,
        "users": 2,
        "transmit_array": { "horizontal": 3, "vertical": 2 },
        "receive_array": { "horizontal": 3, "vertical": 3 },
    })
}

#[test]
fn what_was_once_void_or_refuted_is_confirmed() {
    let groups = json!([{ "antennas": [0, 1], "power_dbm": 3.0 }]);
    let mut weak = small("max-min-rate", json!({ "sinr_db": -300.0 }));
    weak["power_dbm"] = json!(-200.0);
    for (scenario, infeasible) in [
        (small("max-min-rate", json!({ "user_sinr_db": [15.5, -30.0] })), None),
        (small("max-min-rate", json!({ "groups": groups })), Some(false)),
        (small("min-crb", json!({ "sinr_db": 7.0, "groups": groups })), Some(false)),
        (
            small(
                "min-power",
                json!({ "limits": [{ "metric": "mutual-information", "limit": 300.0 }] }),
            ),
            Some(true),
        ),
        (
            small("max-min-rate", json!({ "user_sinr_db": [45.5, -300.0], "azimuth_deg": 2.0 })),
            Some(true),
        ),
        (small("min-crb", json!({ "sinr_db": 26.0, "azimuth_deg": 1.5 })), Some(true)),
        (
            small(
                "max-min-rate",
                json!({ "limits": [{ "metric": "angles", "limit": 0.1 }], "groups": groups }),
            ),
            Some(true),
        ),
        (weak, Some(false)),
    ] {
        let story = designed("balanced", &scenario);
        assert!(story.unsound.is_none(), "{scenario}: {:?}", story.unsound);
        assert!(
            infeasible.is_none_or(|said| said == story.infeasible),
            "{scenario}: {:?}",
            story.facts
        );
        let finding = verified(&story.document);
        assert!(finding.agrees, "{scenario}: {:?}", finding.claims);
    }
}

#[test]
fn prices_of_worst_rates_that_multipliers_do_not_say_are_refuted() {
    let require = json!({ "azimuth_deg": 2.0 });
    let story = designed("balanced", &small("max-min-rate", require));
    let mut changed = story.document;
    let price = changed["metrics"]["prices"]["per_power_db"].as_f64().unwrap();
    changed["metrics"]["prices"]["per_power_db"] = json!(2.0 * price);
    assert!(refuted(&changed).contains(&"proof.bound.value".to_owned()));
}
