//! Scenes in which documents once said what was not so.

use noctule::data::ArraySet;
use noctule_lab::single::{Arrays, Source, Story};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

/// The design of an instance, with settings beside the usual ones.
fn designed(system: &str, instance: &str, scheme: &str, more: &Value) -> Story {
    let system = systems::need(system, "system").unwrap();
    let instance: Value = serde_json::from_str(instance).unwrap();
    let set = ArraySet::from_value(&instance, "instance", system.instance_fields()).unwrap();
    let source = Source { scenario: None, arrays: Some(Arrays::Set(set)), seed: 1, trial: 0 };
    let mut settings = system.default_settings(scheme).unwrap();
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    system.design(&source, scheme, &settings, &Interrupt::new()).unwrap()
}

fn metric(story: &Story, name: &str) -> f64 {
    story.document["metrics"][name].as_f64().unwrap()
}

/// The design of an instance, confirmed.
fn confirmed(system: &str, instance: &str, scheme: &str, more: &Value) -> Story {
    let story = designed(system, instance, scheme, more);
    let document = serde_json::from_str(&story.document.to_string()).unwrap();
    let finding = systems::need(system, "system").unwrap().verify(&document).unwrap();
    assert!(finding.agrees, "{:?}", finding.claims);
    story
}

/// Beams that miss the target leave rounding on it, in which nothing is found.
#[test]
fn a_design_that_lights_by_rounding_is_not_the_nearest() {
    let more = json!({ "requirement": "exact-bound", "select": "all" });
    let instance = include_str!("scenes/unlit.json");
    let story = confirmed("surfaces", instance, "full-covariance", &more);
    assert!(story.infeasible);
}

#[test]
fn a_rate_of_nothing_is_nothing() {
    let more = json!({ "phase_bits": 1 });
    confirmed("surfaces", include_str!("scenes/one-bit.json"), "full-covariance", &more);
}

/// Phases aligned to the target meet the requirement: a design that meets it is found, and with a rate.
#[test]
fn what_all_power_on_the_target_meets_is_met() {
    let more = json!({ "select": "all", "certify": { "nodes": 50 } });
    let instance = include_str!("scenes/all-power-on-the-target.json");
    let story = confirmed("surfaces", instance, "full-covariance", &more);
    assert!(story.meets_requirements && metric(&story, "rate_bps_hz") > 5.0);
    assert!(!story.document["proof"]["bound"].is_null());
    assert!(story.warnings.iter().all(|w| !w.contains("was not met")), "{:?}", story.warnings);
}

/// A minimiser from many starts finds 0.0529 bit/s/Hz there, where blends of alignments reach a twelfth.
#[test]
fn overlapping_surfaces_are_turned_element_by_element() {
    for select in ["all", "best"] {
        let more = json!({ "select": select });
        let instance = include_str!("scenes/overlapping-apart.json");
        let story = confirmed("surfaces", instance, "full-covariance", &more);
        assert!(metric(&story, "rate_bps_hz") > 0.048, "{select}: {:?}", story.facts);
    }
}

/// Three paths add up on several summits: a grid over both relative phases finds −50.566 dB.
#[test]
fn paths_add_up_on_the_highest_of_several_summits() {
    let instance = include_str!("scenes/three-summits.json");
    for (scheme, more) in
        [("sensing-only", json!({})), ("full-covariance", json!({ "select": "all" }))]
    {
        let story = confirmed("surfaces", instance, scheme, &more);
        assert!(metric(&story, "crb_aligned_db") < -50.56, "{scheme}: {:?}", story.facts);
    }
}

/// A rate that is a small difference of large ones is known less well than the search closes: it does not
/// say then that it converged.
#[test]
fn an_open_gap_is_no_convergence() {
    let instance = include_str!("scenes/small-difference.json");
    let story = confirmed("frame", instance, "optimal", &json!({}));
    let gap = story.document["proof"]["bound"]["gap_rel"].as_f64().unwrap();
    assert!(story.document["stop"] != "converged" || gap <= 2e-9, "{gap:e}");
}

#[test]
fn a_flag_is_zero_or_one() {
    let story =
        designed("surfaces", include_str!("scenes/one-bit.json"), "sensing-only", &json!({}));
    let system = systems::need("surfaces", "system").unwrap();
    for (name, value) in [("sensed", 5.0), ("sensed", 0.98), ("exact_bound", 2.0)] {
        let mut document: Value = serde_json::from_str(&story.document.to_string()).unwrap();
        assert!(system.verify(&document).unwrap().agrees);
        document[name] = if name == "sensed" { json!([value]) } else { json!(value) };
        let error = system.verify(&document).unwrap_err().to_string();
        assert!(error.contains("flag") && error.contains(name), "{error}");
    }
}

/// Parts of surfaces are turned where an evaluation is cheap; beyond 20 000 elements it costs milliseconds.
#[test]
fn large_surfaces_are_turned_as_wholes() {
    let mut instance: Value =
        serde_json::from_str(include_str!("scenes/overlapping-apart.json")).unwrap();
    let more = json!({ "select": "all", "certify": false });
    let mut evaluations = |elements: u32| {
        instance["shared_elements"] = json!(f64::from(elements));
        let story = confirmed("surfaces", &instance.to_string(), "full-covariance", &more);
        story.document["work"]["evaluations"].as_u64().unwrap()
    };
    let (parts, wholes) = (evaluations(19_998), evaluations(20_001));
    assert!(wholes + 1000 < parts, "{parts} with parts, {wholes} with wholes");
}
