//! The checker that shares nothing with the solvers: it proves what documents claim, and nothing that is false.

#[path = "ends_of_proofs.rs"]
mod ends_of_proofs;
#[path = "odd_proofs.rs"]
mod odd_proofs;
#[path = "tampered_proofs.rs"]
mod tampered_proofs;

use noctule_check::{Refused, check};
use noctule_lab::single::{Source, Verdict, afford};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

use super::{Dice, effort, stories};

/// Systems with boxes, and the metric that the bound is about.
const SYSTEMS: [(&str, &str); 5] = [
    ("beamforming", "objective"),
    ("cellfree", "sum_rate_bps_hz"),
    ("frame", "sum_rate_bps_hz"),
    ("pilots", "worst_error"),
    ("surfaces", "rate_bps_hz"),
];

/// A design of the default scene with its bound, drawn with a seed.
fn proof(id: &str, seed: u64, change: impl Fn(&mut Value)) -> Value {
    let system = systems::singles().into_iter().find(|system| system.id() == id).unwrap();
    let mut scenario = system.default_scenario();
    change(&mut scenario);
    let scheme = system.schemes()[0].name;
    let mut settings = system.default_settings(scheme).unwrap();
    afford(&mut settings);
    if id == "surfaces" {
        // of several deployments most are far from the best, whatever their numbers
        settings["select"] = json!("all");
    }
    let source = Source { scenario: Some(scenario), arrays: None, seed, trial: 0 };
    system.design(&source, scheme, &settings, &Interrupt::new()).unwrap().document
}

fn small(id: &str, seed: u64) -> Value {
    proof(id, seed, |scenario| match id {
        "beamforming" => scenario["users"] = json!(3),
        "cellfree" => {
            scenario["aps"] = json!(3);
            scenario["users"] = json!(3);
            scenario["antennas"] = json!(4);
        }
        "frame" => {
            scenario["users"] = json!({ "drawn": { "count": 3 } });
            scenario["crb_limit"] = json!({ "deg2": 0.8 });
            scenario["blocks"] = json!(20);
        }
        "surfaces" => scenario["layout"] = json!({ "sites": measured(seed) }),
        _ => {
            let drawn = json!({ "count": 4, "x_m": [0.0, 300.0], "y_m": [0.0, 100.0] });
            scenario["users"] = json!({ "drawn": drawn });
            scenario["crb_limit"] = json!({ "m2": 3.0 });
        }
    })
}

/// Three sites beside the way, whose paths overlap.
fn measured(seed: u64) -> Value {
    let at = |k: u64| {
        let turn = (1 + 7 * seed + 3 * k) as f64;
        json!([50.0 + 11.0 * turn.sin(), 5.0 + 12.0 * k as f64 * turn.cos().signum()])
    };
    json!([at(0), at(1), at(2)])
}

/// The same, claiming that nothing is as good as its own design.
fn lie(mut document: Value, metric: &str) -> Value {
    let reached = document["metrics"][metric].as_f64().unwrap();
    let upper = document["proof"]["bound"]["sense"] == "upper";
    let away = 1e-6 * reached.abs().max(1e-9);
    document["proof"]["bound"]["value"] =
        json!(if upper { reached - away } else { reached + away });
    document
}

fn is_proven(document: &Value) -> bool {
    match check(document) {
        Ok(proven) => proven.value.is_finite(),
        Err(Refused::Unproven(_)) => false,
        Err(Refused::NotHere(what)) => panic!("not checked: {what}"),
    }
}

#[test]
fn bounds_with_multipliers_are_proven_by_what_shares_nothing_with_the_solvers() {
    let mut proven = 0;
    for (_, name, story) in stories() {
        let Some(story) = story else { continue };
        match check(&story.document) {
            Ok(found) => {
                proven += 1;
                assert!(found.leaves > 0, "{name}");
            }
            Err(Refused::Unproven(why)) => panic!("{name}: {why}"),
            Err(Refused::NotHere(_)) => {}
        }
    }
    assert!(proven >= 5, "{proven} of the default designs");
    for (id, _) in SYSTEMS {
        for seed in 1..4 {
            let document = small(id, seed);
            assert!(is_proven(&document), "{id} {seed}: {:?}", check(&document));
        }
    }
}

#[test]
fn ends_of_beamforming_are_proven_too() {
    for change in [
        json!({ "crb_weight": 0.0 }),
        json!({ "rate_weight_per_nat": 0.0 }),
        json!({ "users": 1 }),
        json!({ "users": 0 }),
        json!({ "users": 6 }),
        json!({ "power_dbm": -5.0 }),
        json!({ "power_constraint": "per-antenna" }),
        json!({ "transmit_array": { "horizontal": 2, "vertical": 2 } }),
    ] {
        let document = proof("beamforming", 2, |scenario| {
            for (name, value) in change.as_object().unwrap() {
                scenario[name] = value.clone();
            }
        });
        assert!(is_proven(&document), "{change}: {:?}", check(&document));
    }
}

#[test]
fn a_tighter_claim_is_not_proven() {
    for (id, metric) in SYSTEMS {
        let mut document = small(id, 1);
        assert!(!is_proven(&lie(document.clone(), metric)), "{id}: a lie");
        let bound = &mut document["proof"]["bound"];
        let value = bound["value"].as_f64().unwrap();
        let least = if id == "pilots" { 0.0 } else { 1.0 };
        let away = 1e-8 * value.abs().max(least);
        bound["value"] = json!(if bound["sense"] == "upper" { value - away } else { value + away });
        assert!(!is_proven(&document), "{id}: closer by 1e-8");
    }
}

/// Lists left out, a sense turned, a problem renamed, numbers beyond all: what is checked is the statement as it stands.
#[test]
fn forged_frames_are_refused() {
    let document = small("beamforming", 1);
    let n = document["instance"]["azimuth_rad"].as_array().unwrap().len() * 4;
    let y = document["proof"]["bound"]["numbers"]["y"].as_array().unwrap()[..n * n].to_vec();
    let forged = |numbers: Value, value: f64| {
        let mut other = document.clone();
        other["proof"]["bound"]["numbers"] = numbers;
        other["proof"]["bound"]["value"] = json!(value);
        // as a proof file, which has no design to be compared with
        other.as_object_mut().unwrap().remove("metrics");
        check(&other)
    };
    for numbers in
        [json!({ "y": y }), json!({ "y": y, "capacity": [] }), json!({ "y": y, "z": null })]
    {
        assert!(matches!(forged(numbers.clone(), 0.0), Err(Refused::Unproven(_))), "{numbers}");
    }
    for (id, senses) in [
        ("beamforming", &["lower", "Upper"][..]),
        ("pilots", &["upper"]),
        ("cellfree", &["banana"]),
        ("surfaces", &["lower"]),
    ] {
        for sense in senses {
            let mut document = small(id, 1);
            document["proof"]["bound"]["sense"] = json!(sense);
            document["proof"]["bound"]["value"] = json!(1e6);
            assert!(matches!(check(&document), Err(Refused::Unproven(_))), "{id} {sense}");
        }
    }
    let mut document = document.clone();
    document["proof"]["bound"]["problem"] = json!("sensing only, users ignored");
    assert!(matches!(check(&document), Err(Refused::Unproven(_))));
    document["proof"]["bound"]["problem"] = json!("any system, by anybody,");
    assert!(matches!(check(&document), Err(Refused::NotHere(_))));
}

#[test]
fn access_points_and_angles_that_there_are_not_are_refused() {
    let document = proof("cellfree", 1, |s| s["requirement"] = json!({ "error_over_best": 1.3 }));
    for (name, odd) in [("sensing_ap", json!([9])), ("grid_points", json!(181.5))] {
        let mut other = document.clone();
        other["instance"][name] = odd;
        assert!(matches!(check(&other), Err(Refused::Unproven(_))), "{name}");
    }
}

/// The smallest error under a required rate has a bound of its own.
#[test]
fn the_least_error_under_a_rate_is_proven() {
    let mut bound_by_boxes = 0;
    for (seed, share) in [(1, 0.95), (2, 0.98), (3, 0.98), (4, 0.99)] {
        let network = |scenario: &mut Value| {
            for (name, value) in [("aps", 3), ("users", 3), ("antennas", 4), ("targets", 1)] {
                scenario[name] = json!(value);
            }
        };
        let free = proof("cellfree", seed, network);
        let most = free["metrics"]["sum_rate_bps_hz"].as_f64().unwrap();
        let document = proof("cellfree", seed, |scenario| {
            network(scenario);
            scenario["requirement"] = json!({ "min_rate_bps_hz": share * most });
        });
        let bound = &document["proof"]["bound"];
        let (error, least) = (&document["metrics"]["error"], &bound["value"]);
        println!("{seed}: {error} {least} {}", bound["method"]);
        assert!(is_proven(&document), "{seed}: {:?}", check(&document));
        assert!(bound["gap_rel"].as_f64().unwrap() < 5e-2, "{bound}");
        if bound["numbers"]["t"].is_null() {
            // the rate is had at the smallest error of all
            continue;
        }
        bound_by_boxes += 1;
        let mut closer = document.clone();
        let value = least.as_f64().unwrap();
        closer["proof"]["bound"]["value"] = json!(value + 1e-6 * value);
        assert!(!is_proven(&closer), "{seed}");
        // more is required than these numbers are about
        let mut easier = document.clone();
        easier["instance"]["min_rate_bps_hz"] = json!(0.99 * share * most);
        assert!(!is_proven(&easier), "{seed}");
    }
    assert!(bound_by_boxes > 0);
}

/// Which deployments a bound is about is part of the statement, and so is what is required.
#[test]
fn what_a_bound_of_surfaces_is_about_is_checked() {
    let document = small("surfaces", 1);
    assert!(is_proven(&document));
    for (name, value) in [
        ("select", json!("best")),
        ("select", json!("single")),
        ("select", Value::Null),
        ("requirement", Value::Null),
    ] {
        let mut other = document.clone();
        other["settings"][name] = value.clone();
        assert!(!is_proven(&other), "{name} {value}");
    }
    // a deployment that is within reach is not out of it
    let mut other = document.clone();
    for name in ["power", "sensing", "lifted"] {
        let list = other["proof"]["bound"]["numbers"][name].as_array_mut().unwrap();
        list.fill(json!(0.0));
    }
    other["proof"]["bound"]["value"] = json!(1e-3);
    assert!(!is_proven(&other));
    // all deployments of measured sites
    for seed in 1..6 {
        let system = systems::singles().into_iter().find(|one| one.id() == "surfaces").unwrap();
        let mut scenario = system.default_scenario();
        scenario["layout"] = json!({ "sites": measured(seed) });
        scenario["crb_limit_db"] =
            [json!(-30.0), json!(-20.0), json!(-36.0)][seed as usize % 3].clone();
        let scheme = system.schemes()[0].name;
        let mut settings = system.default_settings(scheme).unwrap();
        afford(&mut settings);
        let source = Source { scenario: Some(scenario), arrays: None, seed, trial: 0 };
        let story = system.design(&source, scheme, &settings, &Interrupt::new()).unwrap();
        assert!(is_proven(&story.document), "{seed}: {:?}", check(&story.document));
        let gap = story.document["proof"]["bound"]["gap_rel"].as_f64().unwrap();
        assert!(gap < 1e-3, "{seed}: {gap}");
        // (16) itself may need less light than these numbers count on
        let list = &story.document["proof"]["bound"]["numbers"]["sensing"];
        if list.as_array().unwrap().iter().any(|price| price.as_f64().unwrap() > 0.0) {
            let mut other = story.document.clone();
            other["settings"]["requirement"] = json!("exact-bound");
            assert!(!is_proven(&other), "{seed}");
        }
    }
}

/// User and target apart: the boxes of cells are in the document, and what they prove is computed again.
#[test]
fn boxes_of_surfaces_apart_are_verified() {
    let system = systems::singles().into_iter().find(|one| one.id() == "surfaces").unwrap();
    let document = proof("surfaces", 1, |scenario| {
        scenario["layout"] = json!({ "sites": measured(1) });
        scenario["target_m"] = json!([90.0, 25.0]);
        scenario["elements"] = json!(96);
        scenario["crb_limit_db"] = json!(-12.0);
    });
    let bound = &document["proof"]["bound"];
    println!("{} {} {}", bound["method"], bound["value"], bound["gap_rel"]);
    let refuted = |document: &Value| {
        let finding = system.verify(document).unwrap();
        let named = finding.claims.iter().find(|claim| claim.name == "proof.bound.value");
        let of = named.unwrap();
        assert!(of.is_refuted() || of.verdict == Verdict::Confirmed, "{of:?}");
        of.is_refuted()
    };
    assert!(!refuted(&document));
    let mut closer = document.clone();
    closer["proof"]["bound"]["value"] = json!(bound["value"].as_f64().unwrap() * (1.0 - 1e-6));
    assert!(refuted(&closer));
    let changed = |name: &str, at: usize, of: &dyn Fn(f64) -> f64| {
        let mut other = document.clone();
        let list = other["proof"]["bound"]["numbers"][name].as_array_mut().unwrap();
        let at = at % list.len();
        list[at] = json!(of(list[at].as_f64().unwrap()));
        refuted(&other)
    };
    let boxes = bound["numbers"]["power"].as_array().unwrap().len();
    for at in 0..boxes.min(12) {
        assert!(changed("cell_high", 3 * at, &|x| x - 1.0), "{at}");
        assert!(changed("cell_low", 3 * at + 1, &|x| x + 1.0), "{at}");
    }
    assert!(changed("regions", 0, &|x| x - 1.0) && changed("regions", 0, &|_| 0.0));
    assert!(changed("power", 0, &|x| -x) && changed("ratio", 0, &|_| 1.0));
}
