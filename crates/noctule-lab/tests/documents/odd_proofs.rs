//! Proofs of goals, and documents that are none: what the checker takes, and what it refuses.

use noctule_check::{Refused, check};
use serde_json::{Value, json};

use super::{SYSTEMS, is_proven, proof, small};

/// Goals with floors on SINRs and a limit on the total power.
#[test]
fn goals_are_proven_too() {
    for (goal, floor) in [
        ("sum-rate", None),
        ("sum-rate", Some(10.0)),
        ("max-min-rate", None),
        ("min-crb", None),
        ("min-crb", Some(10.0)),
        ("min-power", Some(10.0)),
        ("max-sensing", None),
        ("max-sensing", Some(10.0)),
    ] {
        let document = proof("beamforming", 1, |scenario| {
            scenario["users"] = json!(3);
            scenario["goal"] = json!({ "kind": goal });
            if let Some(floor) = floor {
                scenario["require"] = json!({ "sinr_db": floor });
            }
        });
        assert!(is_proven(&document), "{goal} {floor:?}: {:?}", check(&document));
        let bound = &document["proof"]["bound"];
        let (value, upper) = (bound["value"].as_f64().unwrap(), bound["sense"] == "upper");
        let reached = document["metrics"]["goal"]["value"].as_f64().unwrap();
        for closer in [reached, value] {
            let mut lie = document.clone();
            lie["proof"]["bound"]["value"] =
                json!(closer * if upper { 1.0 - 1e-6 } else { 1.0 + 1e-6 });
            // beside what branch and bound leaves open the claim itself can be nearer
            assert!(!is_proven(&lie) || goal == "sum-rate" && closer > reached, "{goal}");
        }
        for (name, odd) in [("sinr_floor", json!([1.0])), ("power_w", json!(0.0))] {
            let mut other = document.clone();
            other["instance"][name] = odd;
            assert!(!is_proven(&other), "{goal} {name}");
        }
        let mut other = document.clone();
        other["instance"]["limits"] = json!([[9.0, 0.0, 0.0, 0.0, 0.0, 1.0]]);
        assert!(matches!(check(&other), Err(Refused::NotHere(_))));
    }
}

/// Lists are flat and of finite numbers, arrays have whole rows, and nothing stands beside them.
#[test]
fn odd_documents_are_refused() {
    for (id, _) in SYSTEMS {
        let document = small(id, 1);
        for said in [Value::Null, json!([1.0]), json!("none")] {
            let mut other = document.clone();
            other["proof"]["bound"]["numbers"]["left_out"] = said;
            assert!(matches!(check(&other), Err(Refused::NotHere(_))), "{id}");
        }
        let numbers = document["proof"]["bound"]["numbers"].as_object().unwrap();
        for (name, list) in numbers.iter().filter(|(_, list)| list != &&json!([])) {
            for odd in [Value::Null, json!([list[0]]), json!(true), json!("1"), json!({})] {
                let mut other = document.clone();
                other["proof"]["bound"]["numbers"][name][0] = odd;
                assert!(!is_proven(&other), "{id} {name}");
            }
            let mut other = document.clone();
            other["proof"]["bound"]["numbers"][name] = Value::Null;
            assert!(!is_proven(&other), "{id} {name}");
        }
        for beside in [json!([]), json!([0.0]), Value::Null] {
            let mut other = document.clone();
            other["proof"]["bound"]["numbers"]["beside"] = beside;
            assert!(!is_proven(&other), "{id}");
        }
        let instance = document["instance"].as_object().unwrap();
        for name in instance.keys().filter(|name| !["format", "system"].contains(&name.as_str())) {
            for odd in [Value::Null, json!([[1.0], 2.0]), json!(true), json!("1")] {
                let mut other = document.clone();
                other["instance"][name] = odd;
                assert!(check(&other).is_err(), "{id} {name}");
            }
        }
    }
}

/// At powers of next to nothing users hear nothing but noise, and their levels are one up to a few roundings.
#[test]
fn proofs_at_low_powers_are_proven_too() {
    for decibels in [-60.0, -30.0, -10.0, 0.0, 20.0, 80.0] {
        for seed in 1..3 {
            let document = proof("cellfree", seed, |scenario| {
                for (name, value) in [("aps", 3), ("users", 3), ("antennas", 4)] {
                    scenario[name] = json!(value);
                }
                scenario["power_over_noise_db"] = json!(decibels);
            });
            assert!(is_proven(&document), "{decibels} {seed}: {:?}", check(&document));
        }
    }
}
