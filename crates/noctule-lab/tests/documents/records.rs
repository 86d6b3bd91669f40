//! Numbers that records have beside the metrics of a design: they follow from what stands in the document.

use noctule_lab::single::{Source, Verdict};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

use super::goals::{designed, refuted, verified};

fn goal(kind: &str, require: &Value) -> Value {
    json!({ "goal": { "kind": kind }, "require": require })
}

/// Prices stand twice in a document: as multipliers say them, and summed up as records have them.
#[test]
fn prices_of_records_are_those_of_the_multipliers() {
    let limited = json!({ "sinr_db": 5.0, "azimuth_deg": 2.0 });
    for (kind, require, names) in [
        ("min-crb", json!({ "sinr_db": 12.0 }), &["power_price", "sinr_price"][..]),
        ("min-power", limited, &["sinr_price", "limit_price"][..]),
    ] {
        let story = designed("balanced", &goal(kind, &require));
        assert!(verified(&story.document).agrees);
        for name in names {
            let mut changed = story.document.clone();
            let price = changed["metrics"][name].as_f64().unwrap();
            changed["metrics"][name] = json!(1.01 * price + 0.01);
            assert!(refuted(&changed).contains(&"metrics".to_owned()), "{kind}: {name} {price}");
        }
    }
}

/// Where nothing meets the requirements, rows that have no meaning there hold no number that nobody could check.
#[test]
fn numbers_that_infeasible_designs_do_not_have_are_refuted() {
    let story = designed("balanced", &goal("min-crb", &json!({ "sinr_db": 30.0 })));
    assert!(story.infeasible && verified(&story.document).agrees);
    let metrics = story.document["metrics"].as_object().unwrap();
    let mut places: Vec<String> =
        metrics.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.clone()).collect();
    assert!(places.len() > 2, "{places:?}");
    places.push("power_price".to_owned());
    for name in places {
        let mut changed = story.document.clone();
        changed["metrics"][&name] = json!(0.75);
        assert!(refuted(&changed).contains(&"metrics".to_owned()), "{name}");
    }
}

/// Residuals far below their tolerance are rounding: one that is another is named, and not called checked.
#[test]
fn small_residuals_that_differ_are_named() {
    let mut document = designed("balanced", &json!({})).document;
    let verdict = |document: &Value| {
        let finding = verified(document);
        assert!(finding.agrees, "{:?}", finding.claims);
        finding.claims.into_iter().find(|claim| claim.name == "proof.point").unwrap().verdict
    };
    assert_eq!(verdict(&document), Verdict::Confirmed);
    let residual = document["proof"]["point"]["residual"].as_f64().unwrap();
    document["settings"]["tolerance"] = json!(1e-4);
    assert_eq!(verdict(&document), Verdict::Confirmed);
    assert!(residual > 1e-8, "{residual}");
    document["proof"]["point"]["residual"] = json!(0.1 * residual);
    assert!(matches!(verdict(&document), Verdict::NotCheckable(_)));
}

/// The design that comes nearest to an exact bound lights the target itself with what rounding leaves, and its bound (21)
/// with it: that is named, and refutes nothing.
#[test]
fn what_hardly_lights_its_target_is_confirmed() {
    let system = systems::singles().into_iter().find(|system| system.id() == "surfaces").unwrap();
    for (antennas, elements, limit, power, target) in
        [(8, 100, -25.39, 0.0, [91.4, 18.0]), (32, 32, -27.58, -60.0, [59.6, 18.0])]
    {
        let mut scenario = system.default_scenario();
        scenario["first_sites"] = json!(3);
        scenario["transmit_antennas"] = json!(antennas);
        scenario["elements"] = json!(elements);
        scenario["crb_limit_db"] = json!(limit);
        scenario["power_dbm"] = json!(power);
        scenario["sensors"] = json!(2);
        scenario["target_m"] = json!(target);
        let mut settings = system.default_settings("full-covariance").unwrap();
        settings["requirement"] = json!("exact-bound");
        let source = Source { scenario: Some(scenario), arrays: None, seed: 1, trial: 0 };
        let story =
            system.design(&source, "full-covariance", &settings, &Interrupt::new()).unwrap();
        assert!(story.infeasible, "{:?}", story.facts);
        let document: Value = serde_json::from_str(&story.document.to_string()).unwrap();
        let finding = system.verify(&document).unwrap();
        assert!(finding.agrees, "{:?} {:?}", finding.claims, finding.compared);
        let mut changed = document;
        let crb = changed["metrics"]["crb"].as_f64().unwrap();
        changed["metrics"]["crb"] = json!(1.01 * crb);
        assert!(!system.verify(&changed).unwrap().agrees);
    }
}
