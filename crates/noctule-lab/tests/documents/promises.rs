//! What documents and stories once said that was not so: what is in reach, what is kept, what power costs.

use serde_json::{Value, json};

use noctule_lab::single::Story;

use super::goals::{designed, verified};

fn small(kind: &str, more: Value) -> Value {
    let mut all = json!({
        "users": 2, "goal": { "kind": kind },
        "transmit_array": { "horizontal": 3, "vertical": 2 },
        "receive_array": { "horizontal": 3, "vertical": 3 },
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn over_four(kind: &str, more: Value) -> Value {
    let mut all = small(kind, more);
    all["ofdm"] = json!({ "subcarriers": 4 });
    all
}

fn statement(story: &Story) -> String {
    assert!(story.infeasible, "{:?}", story.facts);
    assert!(verified(&story.document).agrees, "{:?}", verified(&story.document).claims);
    story.document["proof"]["infeasible"]["statement"].as_str().unwrap().to_owned()
}

/// Floors of SINRs are in reach where nothing else is required, and only then it is said.
#[test]
fn lower_floors_beside_limits_are_not_promised_over_a_band() {
    let said = |require: Value| {
        statement(&designed("balanced", &over_four("min-crb", json!({ "require": require }))))
    };
    assert!(said(json!({ "sinr_db": 40.0 })).contains("is in reach"));
    for more in [
        json!({ "sinr_db": 40.0, "range_m": 2.0 }),
        json!({ "sinr_db": 40.0, "user_rate_bps_hz": [1.0, 0.0] }),
    ] {
        let said = said(more);
        assert!(
            !said.contains("is in reach") && said.contains("may ask for still lower"),
            "{said}"
        );
    }
}

/// One rate alone is out of reach.
#[test]
fn floors_of_rates_are_not_said_to_be_in_reach_alone() {
    let require = json!({ "user_rate_bps_hz": [8.0, 0.0] });
    let story = designed("balanced", &over_four("min-power", json!({ "require": require })));
    let said = statement(&story);
    assert!(said.contains("costs at least") && !said.contains("alone"), "{said}");
}

#[test]
fn a_band_without_users_is_verified() {
    let story = designed("balanced", &over_four("min-crb", json!({ "users": 0 })));
    assert_eq!(story.document["instance"]["band_channels"], json!([[], [], [], []]));
    let finding = verified(&story.document);
    assert!(finding.agrees, "{:?}", finding.claims);
}

/// What nominal beams keep at the angles that they are made for is looked at.
#[test]
fn nominal_beams_that_keep_nothing_do_not_say_that_they_do() {
    let given = small(
        "max-min-rate",
        json!({
            "users": 1, "sensing_streams": 0, "uncertain": { "over": "worst", "azimuth_deg": 4.0, "nodes": 5 },
            "require": { "azimuth_deg": 1.55 },
        }),
    );
    let story = designed("nominal", &given);
    let said = story.warnings.join(" ");
    assert!(!said.contains("is kept") && !story.meets_requirements, "{said}");
    assert!(said.contains("designed for were found") || said.contains("out of reach"), "{said}");
}

/// A limit that is relative to the best moves with the power, so that no multiplier is the price of power.
#[test]
fn power_beside_limits_over_the_best_has_no_price() {
    let best =
        json!({ "require": { "over_best": [{ "metric": { "kind": "angles" }, "factor": 1.2 }] } });
    let range = json!({ "require": { "over_best": [{ "metric": { "kind": "worst-range" }, "factor": 1.2 }] } });
    for given in
        [small("max-min-rate", best.clone()), small("sum-rate", best), over_four("min-crb", range)]
    {
        let story = designed("balanced", &given);
        let prices = &story.document["metrics"]["prices"];
        assert!(prices["per_power_db"].is_null() && !prices["per_limit"].is_null(), "{prices}");
        let told =
            |(name, why): &(String, String)| name == "price of power" && why.contains("move");
        assert!(story.facts.iter().any(told), "{:?}", story.facts);
        assert!(verified(&story.document).agrees, "{:?}", verified(&story.document).claims);
    }
    let named = small("max-min-rate", json!({ "require": { "azimuth_deg": 2.0 } }));
    let story = designed("balanced", &named);
    assert!(story.document["metrics"]["prices"]["per_power_db"].as_f64().unwrap() > 0.0);
}

/// One frequency that is estimated is no band, and has no width.
#[test]
fn estimates_without_a_frame_name_no_band() {
    let story = designed("balanced", &small("weighted", json!({ "knowledge": {} })));
    assert!(
        story.facts.iter().all(|(name, _)| name != "sum rate of the band"),
        "{:?}",
        story.facts
    );
    let story = designed("balanced", &over_four("weighted", json!({ "knowledge": {} })));
    assert!(
        story.facts.iter().any(|(name, _)| name == "sum rate of the band"),
        "{:?}",
        story.facts
    );
}

/// Few streams leave a problem that is not convex.
#[test]
fn few_sensing_streams_over_a_band_are_told() {
    let few = json!({ "users": 1, "sensing_streams": 0, "require": { "sinr_db": 12.0 } });
    for (subcarriers, local) in [(2, true), (4, false)] {
        let mut given = over_four("min-crb", few.clone());
        given["ofdm"]["subcarriers"] = json!(subcarriers);
        let story = designed("balanced", &given);
        let told = story.warnings.iter().any(|said| said.contains("local optimum"));
        let stop = if local { "stalled" } else { "converged" };
        assert_eq!((told, &story.document["stop"]), (local, &json!(stop)), "{:?}", story.warnings);
    }
}

/// Floors so high that no factor of the search brings them in reach: its end was looked at by nobody.
#[test]
fn the_end_of_a_search_is_not_in_reach() {
    let far =
        json!({ "power_dbm": -200.0, "user_noise_dbm": 180.0, "require": { "sinr_db": 40.0 } });
    for given in [small("min-power", far.clone()), over_four("min-power", far)] {
        let story = designed("balanced", &given);
        assert!(story.infeasible, "{:?}", story.facts);
        let said = story.document["proof"]["infeasible"]["statement"].as_str().unwrap();
        assert!(
            !said.contains("is in reach") && said.contains("no lower floors were found"),
            "{said}"
        );
    }
}
