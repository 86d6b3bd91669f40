//! Claims judged again from what is kept of a run.

use std::path::Path;

use noctule_lab::{Redrawn, redraw};

use super::*;

const SAID: &str = r#"
[[claim]]
id = "mean"
text = "near two"
paper = 2.0
tol = 0.3
ours = { kind = "value", metric = "cost", scheme = "exact", at = { "scenario.offset" = 2, "scenario.power_dbm" = 0 } }
[[claim]]
id = "pairs"
text = "the rough one is above"
range = { from = 0.0 }
ours = { kind = "difference", metric = "cost", scheme = "rough", versus = "exact", at = { "scenario.offset" = 2, "scenario.power_dbm" = 0 } }
[[claim]]
id = "often"
text = "in every trial"
paper = 1.0
tol = 0.0
ours = { kind = "share", metric = "cost", scheme = "rough", versus = "exact", at = { "scenario.offset" = 2, "scenario.power_dbm" = 0 } }
"#;

/// The experiment with this body, drawn and judged again in a folder.
fn again(body: &str, dir: &Path) -> Redrawn {
    let (registry, file) = (support::registry(), format!("{HEAD}{body}"));
    let experiment = Experiment::parse(&file, "study.toml", "study", &registry)
        .unwrap_or_else(|error| panic!("{error}"));
    let study = Study::new(&experiment, &file, &registry).unwrap();
    redraw(&study.plan, &study.presentation, dir).unwrap()
}

#[test]
fn other_words_and_ranges_need_no_run() {
    // Up to 200 trials the error of a mean is that of the summary.
    let body = BODY.replace("trials = 400", "trials = 120");
    let (kept, _) = results(&format!("{body}{SAID}"), &Changes::default(), 2);
    let dir = kept.path();
    let read = |dir: &Path| fs::read_to_string(dir.join("claims.json")).unwrap();
    let before = read(dir);
    // As it was: the same bytes.
    let redrawn = again(&format!("{body}{SAID}"), dir);
    assert!(redrawn.not_judged.is_empty() && !redrawn.contradicted);
    assert_eq!(read(dir), before);
    // Other words, another range that nothing meets, another order, and a mean at another place.
    let changed = SAID
        .replace("range = { from = 0.0 }", "range = { to = 1.0 }")
        .replace("in every trial", "Ours: in every trial")
        .replacen("\"scenario.offset\" = 2", "\"scenario.offset\" = 3", 1)
        .replace("paper = 2.0", "paper = 3.0");
    let redrawn = again(&format!("{body}{changed}"), dir);
    assert!(redrawn.not_judged.is_empty(), "{:?}", redrawn.not_judged);
    assert!(redrawn.contradicted, "2.25 is not below one");
    let (fresh, _) = results(&format!("{body}{changed}"), &Changes::default(), 2);
    let numbers = |text: &str| -> Vec<(String, Option<f64>, Option<f64>, String)> {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let one = |claim: &serde_json::Value| {
            let word = |key: &str| claim[key].as_str().unwrap().to_owned();
            let number = |key: &str| claim[key].as_f64();
            (word("text"), number("ours"), number("standard_error"), word("verdict"))
        };
        value["claims"].as_array().unwrap().iter().map(one).collect()
    };
    let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-12;
    for (ours, theirs) in numbers(&read(dir)).iter().zip(&numbers(&read(fresh.path()))) {
        assert!(ours.0 == theirs.0 && ours.3 == theirs.3, "{ours:?} {theirs:?}");
        assert!(close(ours.1, theirs.1) && close(ours.2, theirs.2), "{ours:?} {theirs:?}");
    }
    let manifest = fs::read_to_string(dir.join("manifest.json")).unwrap();
    assert!(manifest.contains(&noctule_lab::canonical::sha256(read(dir).as_bytes())));
}

#[test]
fn what_was_not_measured_is_not_judged() {
    let (kept, _) = results(&format!("{BODY}{SAID}"), &Changes::default(), 2);
    let dir = kept.path();
    let read = || fs::read_to_string(dir.join("claims.json")).unwrap();
    let before = read();
    // The share at another place needs the trials; nothing is written, not even what could be.
    let moved = SAID.replace("near two", "about two");
    let (head, tail) = moved.split_at(moved.find("often").unwrap());
    let moved =
        format!("{head}{}", tail.replace("\"scenario.offset\" = 2", "\"scenario.offset\" = 1"));
    let redrawn = again(&format!("{BODY}{moved}"), dir);
    assert!(matches!(&redrawn.not_judged[..], [one] if one.starts_with("often")));
    assert_eq!(read(), before);
    // Nor is a number believed that the summary contradicts.
    let number = results_number(&before, "mean");
    fs::write(dir.join("claims.json"), before.replace(&number, "1.5")).unwrap();
    let redrawn = again(&format!("{BODY}{SAID}"), dir);
    assert!(
        matches!(&redrawn.not_judged[..], [one] if one.starts_with("mean") && one.contains("summary"))
    );
}

fn results_number(claims: &str, id: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(claims).unwrap();
    let found = value["claims"].as_array().unwrap().iter().find(|claim| claim["id"] == id);
    found.unwrap()["ours"].to_string()
}

#[test]
fn a_study_of_one_trial_is_judged_whole() {
    let body = BODY.replace("trials = 400\n", "") + "[scenario]\nnoise = 0\n";
    let (kept, _) = results(&format!("{body}{SAID}"), &Changes::default(), 1);
    let moved = SAID.replace("\"scenario.offset\" = 2", "\"scenario.offset\" = 3");
    let redrawn = again(&format!("{body}{moved}"), kept.path());
    assert!(redrawn.not_judged.is_empty(), "{:?}", redrawn.not_judged);
    let (fresh, _) = results(&format!("{body}{moved}"), &Changes::default(), 1);
    let read = |dir: &Path| fs::read_to_string(dir.join("claims.json")).unwrap();
    assert_eq!(read(kept.path()), read(fresh.path()));
}
