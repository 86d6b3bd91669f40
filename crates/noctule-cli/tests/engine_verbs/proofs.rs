//! `design --proof` and `verify --proof` from outside.

use std::fs;

use serde_json::{Value, json};

use super::{call, text};

#[test]
fn proofs_are_written_checked_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(dir.join(name)).unwrap()).unwrap()
    };
    let design = ["design", "--set", "scenario.users=2", "--proof", "p.json", "--out", "d.json"];
    assert_eq!(call(dir, &design).status.code(), Some(0));
    let proof = read("p.json");
    assert_eq!(proof["format"], "noctule-proof/1");
    assert_eq!(proof["proof"]["bound"], read("d.json")["proof"]["bound"]);
    assert!(proof["beams"].is_null() && !read("d.json")["beams"].is_null());
    for name in ["p.json", "d.json"] {
        let found = call(dir, &["verify", "--proof", name]);
        assert_eq!(found.status.code(), Some(0), "{}", text(&found.stderr));
        assert!(text(&found.stdout).starts_with("proven: no design exceeds"));
    }
    let found = call(dir, &["verify", "--proof", "p.json", "--json"]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["verdict"], "proven");

    // A claim that is too good, a list that is no list, and a box that is gone.
    let tampered = |change: &dyn Fn(&mut Value)| {
        let mut proof = proof.clone();
        change(&mut proof["proof"]["bound"]);
        fs::write(dir.join("t.json"), proof.to_string()).unwrap();
        call(dir, &["verify", "--proof", "t.json"]).status.code()
    };
    let value = proof["proof"]["bound"]["value"].as_f64().unwrap();
    assert_eq!(tampered(&|bound| bound["value"] = json!(value - 1e-3 * value.abs())), Some(5));
    assert_eq!(tampered(&|bound| bound["numbers"]["t"] = json!("t")), Some(5));
    assert_eq!(tampered(&|bound| bound["numbers"]["low"] = json!([])), Some(5));
    assert_eq!(tampered(&|bound| bound["numbers"] = json!({})), Some(2));

    let wrong = call(dir, &["design", "--proof", "p.txt"]);
    assert_eq!(wrong.status.code(), Some(2));
    fs::write(dir.join("mine.json"), "{}").unwrap();
    assert_eq!(call(dir, &["design", "--proof", "mine.json"]).status.code(), Some(2));
    assert_eq!(fs::read_to_string(dir.join("mine.json")).unwrap(), "{}");
    // Keys that are not there make no smaller bound, nor does another sense; the sentence is not for others to write.
    let only_y = |bound: &mut Value| {
        let y = bound["numbers"]["y"].as_array().unwrap();
        let one = y[..64.min(y.len())].to_vec();
        bound["numbers"] = json!({ "y": one });
        bound["value"] = json!(0.0);
    };
    assert_eq!(tampered(&only_y), Some(5));
    assert_eq!(tampered(&|bound| bound["sense"] = json!("lower")), Some(5));
    assert_eq!(tampered(&|bound| bound["problem"] = json!("any system, by anybody,")), Some(2));
    // A file is one thing only.
    let around = format!("../{}/p.json", dir.file_name().unwrap().to_str().unwrap());
    for out in ["p.json", "./p.json", &*around] {
        let both = ["design", "--proof", "p.json", "--out", out, "--force"];
        let refused = call(dir, &both);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains("to one file"), "{out}");
    }
    let over = call(dir, &["design", "d.json", "--out", "./d.json", "--force"]);
    assert!(text(&over.stderr).contains("the file that is read would be replaced"));
    assert!(read("d.json")["metrics"].is_object());
    // A bound without multipliers leaves no file, and says why.
    let even = ["design", "--system", "frame", "--scheme", "even-split", "--proof", "f.json"];
    let frame = call(dir, &even);
    assert_eq!(frame.status.code(), Some(2));
    assert!(text(&frame.stderr).contains("no proof is written") && !dir.join("f.json").exists());
    assert!(text(&frame.stdout).contains("even-split"), "the design is lost");
    // Nor does one that the checker refuses; what was designed is kept.
    let sets = [
        "scenario.transmit_antennas=1",
        "scenario.elements=2000",
        "scenario.power_dbm=50",
        "scenario.layout={sites=[[40,10],[50,-12],[60,22]]}",
        "scenario.crb_limit_db=-12",
    ];
    let sets: Vec<&str> = sets.into_iter().flat_map(|set| ["-s", set]).collect();
    let kept = ["design", "surfaces", "--proof", "z.json", "--out", "w.json"];
    let refused = call(dir, &[&kept[..], &sets[..]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("a bound that its checker confirms"));
    assert!(dir.join("w.json").exists() && !dir.join("z.json").exists());
    // One document is one document.
    let told =
        call(dir, &["design", "frame", "--scheme", "even-split", "--proof", "f.json", "--json"]);
    let whole: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((told.status.code(), &whole["format"]), (Some(2), &json!("noctule-design/1")));
    assert!(text(&told.stderr).contains("no proof is written"));
    let hopeless = ["design", "cellfree", "-s", "scenario.requirement.min_rate_bps_hz=1000"];
    let told = call(dir, &[&hopeless[..], &["--proof", "f.json"]].concat());
    assert_eq!(told.status.code(), Some(4), "{}", text(&told.stderr));
}

/// Where there is no room for the proof, the design is there all the same.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_for_the_proof_leaves_the_design() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::os::unix::fs::symlink("/dev/full", dir.join("p.json")).unwrap();
    let full = call(dir, &["design", "--out", "d.json", "--proof", "p.json", "--force"]);
    assert_eq!(full.status.code(), Some(1), "{}", text(&full.stderr));
    assert!(text(&full.stdout).contains("sum rate") && dir.join("d.json").exists());
    let verified = call(dir, &["verify", "d.json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stdout));
}

/// A link that leads nowhere yet is the file that it will make.
#[cfg(unix)]
#[test]
fn a_link_to_the_other_file_is_that_file() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::os::unix::fs::symlink("a.json", dir.join("b.json")).unwrap();
    std::os::unix::fs::symlink("b.json", dir.join("c.json")).unwrap();
    for link in ["b.json", "c.json", "./b.json"] {
        let both = call(dir, &["design", "--out", "a.json", "--proof", link]);
        assert_eq!(both.status.code(), Some(2), "{}", text(&both.stderr));
        assert!(text(&both.stderr).contains("to one file") && !dir.join("a.json").exists());
    }
}
