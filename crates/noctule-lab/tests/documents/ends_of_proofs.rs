//! Proofs at the ends: no users, floors that just hold, networks of many seeds.

use noctule_check::{Refused, check};
use noctule_lab::single::{Single, Source};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

use super::{effort, is_proven, proof, small};

/// Without users there are no prices of floors, and lists that are empty are not written.
#[test]
fn goals_without_users_are_proven() {
    for goal in [
        json!({ "kind": "min-crb" }),
        json!({ "kind": "min-crb", "metric": { "kind": "trace", "azimuth": 1.0, "polar": 0.5, "reflection": 0.0 } }),
        json!({ "kind": "max-sensing", "metric": { "kind": "illumination" } }),
        json!({ "kind": "max-sensing", "metric": { "kind": "sensing-snr" } }),
    ] {
        let document = proof("beamforming", 2, |scenario| {
            scenario["users"] = json!(0);
            scenario["goal"] = goal.clone();
        });
        assert!(is_proven(&document), "{goal}: {:?}", check(&document));
        let mut priced = document.clone();
        priced["proof"]["bound"]["numbers"]["lambda"] = json!([]);
        assert!(matches!(check(&priced), Err(Refused::Unproven(_))), "{goal}: prices of nobody");
        let mut closer = document.clone();
        let value = document["proof"]["bound"]["value"].as_f64().unwrap();
        let upper = document["proof"]["bound"]["sense"] == "upper";
        closer["proof"]["bound"]["value"] =
            json!(value * if upper { 1.0 - 1e-6 } else { 1.0 + 1e-6 });
        assert!(matches!(check(&closer), Err(Refused::Unproven(_))), "{goal}: closer");
    }
}

/// Multipliers of floors a little above those that are asked proved less than was claimed, in one of forty scenes.
#[test]
fn least_powers_are_proven() {
    let mut proven = 0;
    for seed in 1..=40 {
        let document = proof("beamforming", seed, |scenario| {
            scenario["users"] = json!(3);
            scenario["goal"] = json!({ "kind": "min-power" });
            scenario["require"] = json!({ "sinr_db": 3.0 + 0.1 * seed as f64 });
            scenario["transmit_array"] = json!({ "horizontal": 4, "vertical": 2 });
        });
        if document["proof"]["bound"].is_null() {
            // there is not as much power
            continue;
        }
        proven += 1;
        assert!(is_proven(&document), "{seed}: {:?}", check(&document));
    }
    assert!(proven > 20, "{proven}");
}

/// Channels of nobody are an empty list, which says nothing of the antennas that sense.
#[test]
fn networks_without_users_are_verified_and_proven() {
    let system = systems::singles().into_iter().find(|one| one.id() == "cellfree").unwrap();
    for requirement in [json!(null), json!({ "max_error": 1.0 }), json!({ "error_over_best": 1.3 })]
    {
        let document = proof("cellfree", 1, |scenario| {
            scenario["users"] = json!(0);
            if !requirement.is_null() {
                scenario["requirement"] = requirement.clone();
            }
        });
        let finding = system.verify(&document).unwrap();
        assert!(
            finding.claims.iter().all(|claim| !claim.is_refuted()),
            "{requirement}: {finding:?}"
        );
        if requirement.is_null() {
            continue;
        }
        assert!(is_proven(&document), "{requirement}: {:?}", check(&document));
        for (name, value) in
            [("antennas", json!(7)), ("antennas", json!(1.5)), ("antennas", json!(null))]
        {
            let mut other = document.clone();
            other["instance"][name] = value.clone();
            assert!(matches!(check(&other), Err(Refused::Unproven(_))), "{name} {value}");
        }
    }
}

/// In one of twenty networks a bound was claimed that rounding hid from its own checkers.
#[test]
fn campaign_networks_are_proven() {
    let networks = effort::effort::<u64>() * 12;
    for seed in 1..=networks {
        let document = small("cellfree", seed);
        assert!(is_proven(&document), "{seed}: {:?}", check(&document));
    }
}

/// A system, and a document of it with one setting changed.
fn document(
    (id, scheme): (&str, &str),
    (setting, to): (&str, Value),
    change: impl Fn(&mut Value),
) -> (&'static dyn Single, Value) {
    let system = systems::singles().into_iter().find(|one| one.id() == id).unwrap();
    let (mut scenario, mut settings) =
        (system.default_scenario(), system.default_settings(scheme).unwrap());
    change(&mut scenario);
    settings[setting] = to;
    let source = Source { scenario: Some(scenario), arrays: None, seed: 1, trial: 0 };
    let story = system.design(&source, scheme, &settings, &Interrupt::new()).unwrap();
    (system, story.document)
}

fn is_confirmed(system: &dyn Single, document: &Value) -> bool {
    let finding = system.verify(document).unwrap();
    finding.claims.iter().all(|claim| !claim.is_refuted())
}

/// The capacity of all users was taken by the conjugate of its multiplier: valid, and far from what was claimed. Of one
/// user it is known.
#[test]
fn the_capacity_of_one_user_is_proven() {
    for seed in 1..=10 {
        let mut document = proof("beamforming", seed, |scenario| {
            scenario["users"] = json!(1);
            scenario["crb_weight"] = json!(0.0);
        });
        let instance = &document["instance"];
        let number = |value: &Value| value.as_f64().unwrap();
        let entries = instance["channels"].as_array().unwrap()[0].as_array().unwrap();
        let gain: f64 = entries.iter().map(|h| number(&h[0]).powi(2) + number(&h[1]).powi(2)).sum();
        let snr = number(&instance["power_w"]) * gain / number(&instance["user_noise_w"][0]);
        let capacity = number(&instance["rate_weight_per_nat"]) * snr.ln_1p();
        document["proof"]["bound"]["numbers"] = json!({ "capacity": [1.0], "y": [] });
        for (share, holds) in [(1.0, true), (1.0 + 1e-6, true), (1.0 - 1e-6, false)] {
            document["proof"]["bound"]["value"] = json!(share * capacity);
            document["metrics"]["objective"] = json!(0.0);
            assert_eq!(is_proven(&document), holds, "{seed}, {share}: {:?}", check(&document));
        }
    }
}

/// Few receive antennas have Fisher matrices that one beam leaves singular.
#[test]
fn few_receive_antennas_are_proven() {
    for (users, [horizontal, vertical], noise) in
        [(1, [2, 1], 0.0), (1, [2, 1], 20.0), (4, [2, 1], 0.0), (3, [1, 1], 0.0)]
    {
        let certify = ("certify", json!({ "nodes": 0, "gap": 1e-3 }));
        let (_, document) = document(("beamforming", "balanced"), certify, |scenario| {
            scenario["users"] = json!(users);
            scenario["user_noise_dbm"] = json!(noise);
            scenario["receive_array"] = json!({ "horizontal": horizontal, "vertical": vertical });
        });
        assert!(is_proven(&document), "{users}, {noise} dBm: {:?}", check(&document));
        let warnings = document["warnings"].to_string();
        assert!(!warnings.contains("Sato"), "{users}, {noise} dBm: {warnings}");
    }
}

/// A limit on what lights a target asks for no Fisher matrix, and few antennas have only a singular one.
#[test]
fn limits_on_gains_need_no_inverse() {
    let (system, document) = document(
        ("beamforming", "balanced"),
        ("certify", json!({ "nodes": 5, "gap": 1e-3 })),
        |scenario| {
            scenario["users"] = json!(3);
            scenario["goal"] = json!({ "kind": "sum-rate" });
            scenario["require"]["limits"] =
                json!([{ "metric": { "kind": "illumination" }, "limit": 0.0 }]);
            scenario["receive_array"] = json!({ "horizontal": 2, "vertical": 1 });
            scenario["transmit_array"] = json!({ "horizontal": 3, "vertical": 1 });
        },
    );
    assert!(is_confirmed(system, &document), "{:?}", system.verify(&document));
    let mut better = document;
    let value = better["proof"]["bound"]["value"].as_f64().unwrap();
    better["proof"]["bound"]["value"] = json!(0.9 * value);
    assert!(!is_confirmed(system, &better));
}

/// A target that is moved away from the user has other multipliers, and none of them were asked for.
#[test]
fn multipliers_of_one_place_prove_nothing_of_two() {
    let certify = ("certify", json!(true));
    let (system, document) = document(("surfaces", "full-covariance"), certify, |_| {});
    assert!(is_confirmed(system, &document));
    for place in ["target_m", "user_m"] {
        let mut moved = document.clone();
        moved["instance"][place][0] = json!(101.0);
        assert!(!is_confirmed(system, &moved), "{place}");
    }
}

/// Elements close together have patterns that are ideal to rounding: of an error of 10⁻¹⁴ no digit is certain.
#[test]
fn errors_of_rounding_are_no_lies() {
    for spacing in [0.05, 0.1] {
        let (system, document) =
            document(("cellfree", "sensing-only"), ("pattern_gap", json!(1e-6)), |scenario| {
                scenario["spacing_wavelengths"] = json!(spacing);
            });
        assert!(is_confirmed(system, &document), "{spacing}: {:?}", system.verify(&document));
        let mut other = document;
        other["metrics"]["error"] = json!(1e-9);
        assert!(!is_confirmed(system, &other), "{spacing}");
    }
}

/// Of wide rings the checker's least SINR is below that of the search: intervals were too long by what that is worth.
#[test]
fn frames_of_wide_rings_are_proven() {
    for (spread, limit) in [(20.0, 100.0), (40.0, 100.0), (60.0, 100.0), (60.0, 1.0)] {
        let document = proof("frame", 1, |scenario| {
            scenario["angular_spread_deg"] = json!(spread);
            scenario["crb_limit"] = json!({ "deg2": limit });
            scenario["sinr"] = json!("lower-bound");
        });
        assert!(is_proven(&document), "{spread}, {limit}: {:?}", check(&document));
    }
}
