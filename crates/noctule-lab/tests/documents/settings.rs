//! What a setting asks for and no design can give is infeasible, not a contradiction; and settings
//! are a table.

use noctule_lab::single::{Finding, Single, Source};
use noctule_lab::systems;
use noctule_optim::Interrupt;
use serde_json::{Value, json};

use super::refuted;

/// The system, a scheme, settings beyond reach, and the one that the certificate is about.
fn beyond() -> [(&'static str, &'static str, Value, &'static str); 5] {
    [
        ("pilots", "least-power", json!({ "target_error": 1e-5 }), "target_error"),
        ("frame", "optimal", json!({ "sensing_blocks": 36.0 }), "sensing_blocks"),
        ("frame", "optimal", json!({ "sensing_blocks": 20.0, "updates": 20 }), "sensing_blocks"),
        ("frame", "optimal", json!({ "sensing_blocks": 0.01 }), "sensing_blocks"),
        ("frame", "even-split", json!({ "updates": 35 }), "updates"),
    ]
}

fn system(id: &str) -> &'static dyn Single {
    systems::singles().into_iter().find(|system| system.id() == id).unwrap()
}

fn verified(system: &dyn Single, document: &Value) -> Finding {
    system.verify(&serde_json::from_str(&document.to_string()).unwrap()).unwrap()
}

#[test]
fn a_setting_out_of_reach_is_infeasible_and_its_document_confirmed() {
    for (id, scheme, asked, about) in beyond() {
        let system = system(id);
        let mut settings = system.default_settings(scheme).unwrap();
        settings.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        let scenario = Some(system.default_scenario());
        let source = Source { scenario, arrays: None, seed: 1, trial: 0 };
        let story = system.design(&source, scheme, &settings, &Interrupt::new()).unwrap();
        assert_eq!(story.unsound, None, "{id} {asked}");
        assert!(story.infeasible && !story.meets_requirements, "{id} {asked}: {:?}", story.facts);
        assert_eq!(story.document["proof"]["infeasible"]["setting"], about, "{id} {asked}");
        assert!(story.facts.iter().any(|(_, text)| text.contains(about)), "{:?}", story.facts);
        let finding = verified(system, &story.document);
        assert!(finding.agrees, "{id} {asked}: {finding:?}");
        // The same of the instance, or of another setting, is more than is proven.
        for other in [Value::Null, json!("gap")] {
            let mut claimed = story.document.clone();
            claimed["proof"]["infeasible"]["setting"] = other;
            refuted(system, &claimed, "proof.infeasible");
        }
        let mut met = story.document.clone();
        met["meets_requirements"] = json!(true);
        refuted(system, &met, "meets_requirements");
    }
}

#[test]
fn settings_that_are_no_table_are_refuted() {
    for (system, _, document) in super::documents().into_iter().step_by(4) {
        for strange in [json!([1]), json!([]), json!(3), Value::Null] {
            let mut changed = document.clone();
            changed["settings"] = strange;
            refuted(system, &changed, "settings");
        }
    }
}
