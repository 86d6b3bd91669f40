//! Proofs at the ends: no users, floors that just hold, networks of many seeds.

use noctule_check::{Refused, check};
use noctule_lab::systems;
use serde_json::json;

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
