//! Documents of goals over a band: confirmed as written, refuted where somebody changed a number.

use serde_json::{Value, json};

use super::goals::{designed, refuted, verified};

fn asked(kind: &str, more: Value) -> Value {
    let mut all = json!({ "goal": { "kind": kind }, "users": 2, "ofdm": { "subcarriers": 3, "spacing_khz": 2000.0 } });
    let both = all.as_object_mut().unwrap();
    both.extend(more.as_object().unwrap().clone());
    all
}

fn limits() -> Value {
    json!({ "require": { "sinr_db": 5.0, "range_m": 2.0 } })
}

#[test]
fn designs_over_a_band_are_confirmed() {
    let rates = json!({ "require": { "rate_bps_hz": 1.5, "velocity_m_s": 90.0 } });
    for (kind, scheme, more) in [
        ("min-crb", "balanced", limits()),
        ("min-crb", "rzf", limits()),
        ("min-crb", "sensing-only", limits()),
        ("min-crb", "balanced", rates.clone()),
        ("min-power", "balanced", limits()),
        ("max-min-rate", "balanced", limits()),
        ("sum-rate", "balanced", rates),
        ("proportional-fair", "balanced", limits()),
        ("weighted", "balanced", json!({})),
        ("weighted", "sensing-only", json!({})),
        ("weighted", "same-beams", json!({})),
        // one frequency, estimated
        (
            "min-crb",
            "balanced",
            json!({ "ofdm": null, "knowledge": {}, "require": { "sinr_db": 0.0 } }),
        ),
        ("weighted", "perfect-knowledge", json!({ "ofdm": null, "knowledge": {} })),
    ] {
        let story = designed(scheme, &asked(kind, more));
        let finding = verified(&story.document);
        assert!(finding.agrees, "{kind} {scheme}: {:?}", finding.claims);
        assert!(story.unsound.is_none(), "{kind} {scheme}: {:?}", story.unsound);
        if scheme == "balanced" {
            assert!(story.meets_requirements, "{kind}: {:?}", story.warnings);
            assert!(!story.document["proof"]["bound"].is_null(), "{kind}");
        }
    }
}

#[test]
fn what_cannot_be_met_over_a_band_is_confirmed() {
    for require in [json!({ "sinr_db": 70.0 }), json!({ "range_m": 1e-5 })] {
        let story = designed("balanced", &asked("min-crb", json!({ "require": require })));
        assert!(story.infeasible, "{:?}", story.facts);
        assert!(verified(&story.document).agrees);
        let mut other = story.document.clone();
        other["proof"]["infeasible"]["reachable"] = json!(1.0);
        assert!(!refuted(&other).is_empty());
    }
}

#[test]
fn changed_numbers_over_a_band_are_refuted() {
    let story = designed("balanced", &asked("min-crb", limits()));
    let changed = |place: &str, by: f64| {
        let mut document = story.document.clone();
        let value = document.pointer_mut(place).unwrap();
        *value = json!(value.as_f64().unwrap() * by);
        refuted(&document)
    };
    assert!(!changed("/proof/bound/value", 1.01).is_empty());
    assert!(!changed("/proof/bound/numbers/lambda/0", 1.5).is_empty());
    assert!(!changed("/metrics/prices/per_power_db", 1.1).is_empty());
    assert!(!changed("/metrics/goal/value", 1.001).is_empty());
}

#[test]
fn changed_numbers_of_small_powers_are_refuted() {
    let more = json!({
        "power_dbm": -80.0, "user_noise_dbm": -120.0, "sensing_noise_dbm": -140.0,
        "require": { "sinr_db": 5.0, "range_m": 50.0 },
    });
    let story = designed("balanced", &asked("min-power", more));
    assert!(story.meets_requirements, "{:?}", story.warnings);
    assert!(verified(&story.document).agrees);
    for place in ["/metrics/goal/value", "/metrics/power_w", "/metrics/band/power_w/0"] {
        let mut document = story.document.clone();
        let value = document.pointer_mut(place).unwrap();
        assert!(value.as_f64().unwrap() < 1e-10);
        *value = json!(value.as_f64().unwrap() * 1.5);
        assert!(!refuted(&document).is_empty(), "{place}");
    }
}
