//! What is frozen, and programs that do everything wrong.

use std::path::PathBuf;

use serde_json::json;

use super::*;

/// A thousand instances, each of which its system reads, each with a bound on the right side.
#[test]
fn a_thousand_instances_with_bounds() {
    let all = instances(None).expect("lines");
    assert_eq!(all.len(), 1000);
    let mut names: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 1000, "a name is given twice");
    assert!(LINES.len() < 5 << 20);
    for one in &all {
        let Verdict::Judged { gap, .. } = one.standing(one.reached, 0.0) else {
            panic!("{}: {} beyond {}", one.id, one.reached, one.bound);
        };
        assert!(gap < 2e-2, "{}: the bracket is open by {gap}", one.id);
        let system = systems::need(&one.system, "system").expect("a system");
        ArraySet::from_value(&one.instance, "instance", system.instance_fields()).expect("arrays");
    }
}

fn first(system: &str) -> Frozen {
    instances(Some(system)).expect("lines").swap_remove(0)
}

/// Our own design of every form is judged as what was frozen, from its arrays alone.
#[test]
fn our_own_designs_reach_what_is_frozen() {
    for name in systems::singles().iter().map(|system| system.id()) {
        let frozen = first(name);
        let system = systems::need(name, "system").expect("a system");
        let set = ArraySet::from_value(&frozen.instance, "instance", system.instance_fields());
        let arrays = Some(Arrays::Set(set.expect("arrays")));
        let source = Source { scenario: None, arrays, seed: 1, trial: 0 };
        let settings = system.default_settings(&frozen.scheme).expect("a scheme");
        let story = system.design(&source, &frozen.scheme, &settings, &Interrupt::new());
        let story = story.expect("a design");
        let verdict = frozen.judge(&story.arrays.to_json("design", name));
        let Verdict::Judged { gap, ahead, .. } = verdict else { panic!("{name}: {verdict:?}") };
        assert!(gap < 1e-2 && ahead.abs() < 1e-2, "{name}: {gap} {ahead}");
    }
}

#[test]
fn a_number_is_nobodys_word() {
    let frozen = first(systems::DEFAULT);
    let antennas = 8;
    let silent = json!({ "beams": vec![vec![[0.0, 0.0]; antennas]; 2], "objective": 1e9 });
    assert!(!matches!(frozen.judge(&silent), Verdict::BeyondBound { .. }), "its word is not read");
    let loud = json!({ "beams": vec![vec![[1.0, 0.0]; antennas]; 2] });
    assert!(matches!(frozen.judge(&loud), Verdict::Infeasible { .. }), "{:?}", frozen.judge(&loud));
    for wrong in [
        json!({}),
        json!([]),
        json!({ "beams": [[[1.0, 0.0]]] }),
        json!({ "beams": "none" }),
        json!({ "beams": vec![vec![[Value::Null, Value::Null]; antennas]; 2] }),
    ] {
        assert!(matches!(frozen.judge(&wrong), Verdict::NoDesign { .. }), "{wrong}");
    }
    let better = frozen.standing(frozen.bound + 1e-3 * frozen.bound.abs(), 0.0);
    assert!(matches!(better, Verdict::BeyondBound { .. }), "{better:?}");
}

/// What is forgiven in the requirements is forgiven in the comparison: a design that senses a
/// millionth too short breaks no proof.
#[test]
fn a_requirement_missed_within_the_tolerance_breaks_no_proof() {
    let frame = instances(Some("frame")).expect("lines");
    let mut carried = 0;
    for frozen in &frame[..12] {
        let system = systems::need("frame", "system").expect("a system");
        let set = ArraySet::from_value(&frozen.instance, "instance", system.instance_fields());
        let arrays = Some(Arrays::Set(set.expect("arrays")));
        let source = Source { scenario: None, arrays, seed: 1, trial: 0 };
        let settings = system.default_settings(&frozen.scheme).expect("a scheme");
        let story = system.design(&source, &frozen.scheme, &settings, &Interrupt::new());
        let mut answer = story.expect("a design").arrays.to_json("design", "frame");
        let time = answer["sensing_time_s"].as_f64().expect("a time");
        answer["sensing_time_s"] = json!(time * (1.0 - 9e-7));
        match frozen.judge(&answer) {
            Verdict::Judged { gap, .. } => carried += usize::from(gap < -ROUNDING),
            other => panic!("{}: {other:?}", frozen.id),
        }
    }
    assert!(carried > 0, "none of them leans on its requirements");
}

fn script(folder: &tempfile::TempDir, name: &str, text: &str) -> Program {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, text).expect("a file");
    Program::new(&path, 3.0).expect("a program")
}

/// Whatever a program does is a verdict of that instance, and the next one has its turn.
#[test]
fn programs_that_do_everything_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let two: Vec<Frozen> = instances(Some("pilots")).expect("lines").into_iter().take(2).collect();
    let verdicts = |name: &str, text: &str| -> Vec<Verdict> {
        let program = script(&folder, name, text);
        let judged = run(&program, &two, &Interrupt::new(), |_| ()).expect("a program");
        assert_eq!(judged.len(), 2, "{name}");
        judged.into_iter().map(|one| one.verdict).collect()
    };
    let crashed = verdicts("crash.py", "raise ValueError('no idea')\n");
    assert!(
        matches!(&crashed[1], Verdict::Crashed { why } if why.contains("no idea")),
        "{crashed:?}"
    );
    let silent = verdicts("silent.py", "pass\n");
    assert!(
        matches!(&silent[0], Verdict::NoDesign { why } if why.contains("no answer")),
        "{silent:?}"
    );
    let nan = verdicts("nan.py", "print('{\"fractions\": NaN}')\n");
    assert!(matches!(&nan[0], Verdict::NoDesign { why } if why.contains("NaN")), "{nan:?}");
    let hanging = verdicts("hang.py", "import time\nprint('{}', flush=True)\ntime.sleep(60)\n");
    assert!(hanging.iter().all(|verdict| *verdict == Verdict::TimedOut), "{hanging:?}");
    assert!(Program::new(&folder.path().join("missing"), 1.0).is_err());
    assert!(Program::new(&folder.path().join("nan.py"), f64::NAN).is_err());
    let raised = Interrupt::new();
    raised.raise();
    let program = script(&folder, "any.py", "pass\n");
    assert!(run(&program, &two, &raised, |_| ()).expect("nothing").is_empty());
}

/// A program that is out of time ends with the programs that it started.
#[cfg(unix)]
#[test]
fn children_end_with_their_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let one: Vec<Frozen> = instances(Some("pilots")).expect("lines").into_iter().take(1).collect();
    let (begun, done) = (folder.path().join("begun"), folder.path().join("done"));
    let child = format!("touch {}; sleep 5; touch {}", begun.display(), done.display());
    let text = format!("import subprocess\nsubprocess.run(['sh', '-c', '{child}'])\n");
    let judged = run(&script(&folder, "parent.py", &text), &one, &Interrupt::new(), |_| ());
    assert_eq!(judged.expect("a program")[0].verdict, Verdict::TimedOut);
    assert!(begun.exists(), "the child has begun");
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert!(!done.exists(), "the child went on");
}
