//! What `noctule design` writes, `noctule verify` confirms: every scheme of every system.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use noctule_lab::single::{Arrays, Single, SingleError, Source, Story};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

/// The design of the default scenario, or `None` where the scheme needs something else.
fn design(system: &dyn Single, scheme: &str) -> Option<Story> {
    let source =
        Source { scenario: Some(system.default_scenario()), arrays: None, seed: 3, trial: 0 };
    let mut settings = system.default_settings(scheme).unwrap();
    // a bound where there is one, without waiting until it is close
    for (name, value) in [("certify", json!(true)), ("certify_nodes", json!(20))] {
        if let Some(setting) = settings.get_mut(name) {
            *setting = value;
        }
    }
    match system.design(&source, scheme, &settings, &Interrupt::new()) {
        Ok(story) => Some(story),
        Err(SingleError::Input(_)) => None,
        Err(error) => panic!("{} {scheme}: {error}", system.id()),
    }
}

#[test]
fn every_design_is_confirmed_by_its_document() {
    let (mut left_out, mut wrong) = (Vec::new(), Vec::new());
    for system in systems::singles() {
        for scheme in system.schemes() {
            let name = format!("{} {}", system.id(), scheme.name);
            let Some(story) = design(system, scheme.name) else {
                left_out.push(name);
                continue;
            };
            let text = story.document.to_string();
            let finding = system.verify(&serde_json::from_str(&text).unwrap()).unwrap();
            let missed = !story.meets_requirements && !story.infeasible;
            if finding.agrees == missed || finding.violation.to_bits() != story.violation.to_bits()
            {
                wrong.push(format!("{name}: {finding:?}"));
            }
            if missed && story.warnings.is_empty() {
                wrong.push(format!("{name} misses a requirement without a word: {finding:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // not part of the build, and one that needs a limit on the error
    assert_eq!(left_out, ["beamforming wmmse-sdr-conic", "cellfree majorisation"]);
}

#[test]
fn a_changed_number_is_found() {
    for system in systems::singles() {
        let scheme = system.schemes()[0].name;
        let story = design(system, scheme).unwrap();
        let mut places = Vec::new();
        numbers("/metrics", &story.document["metrics"], &mut places);
        assert!(places.len() > 3, "{}: {places:?}", system.id());
        for place in places {
            let mut document = story.document.clone();
            let number = document.pointer_mut(&place).unwrap();
            *number = json!(number.as_f64().unwrap() * 1.001 + 1e-6);
            let finding = system.verify(&document).unwrap();
            assert!(!finding.agrees, "{} {place}", system.id());
        }
    }
}

/// Places of the numbers of a value.
fn numbers(place: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Number(_) => out.push(place.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                numbers(&format!("{place}/{index}"), item, out);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                numbers(&format!("{place}/{name}"), member, out);
            }
        }
        _ => {}
    }
}

/// Random starts and simulated estimators draw from the seed and trial in the document.
#[test]
fn a_design_is_made_again_from_its_document() {
    for system in systems::singles() {
        for scheme in system.schemes().iter().map(|scheme| scheme.name) {
            let Some(story) = design(system, scheme) else { continue };
            let draw = |name: &str| story.document["draw"][name].as_u64().unwrap();
            let source = Source {
                scenario: None,
                arrays: Some(Arrays::Set(story.instance.clone())),
                seed: draw("seed"),
                trial: draw("trial"),
            };
            let settings = &story.document["settings"];
            let again = system.design(&source, scheme, settings, &Interrupt::new()).unwrap();
            let name = format!("{} {scheme}", system.id());
            assert_eq!(again.arrays, story.arrays, "{name}");
            for member in ["metrics", "starts", "work", "draw", "instance"] {
                assert_eq!(again.document[member], story.document[member], "{name}: {member}");
            }
        }
    }
}
