//! What is in a folder already: what is said of it, and what a refused call leaves as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::shards::{large, write};
use super::{call, noctule, text};

/// Everything in a folder, by name.
fn all(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// One byte another, and no size.
fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// A run of more than 16 MB answers by sizes, and says so; `--check` reads.
#[test]
fn what_was_checked_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("mine.toml"), large(5000, 20)).unwrap();
    let run = ["run", "mine.toml", "--out", "d"];
    assert!(call(dir, &run).status.success());
    let status = |more: &[&str]| call(dir, &[&["status", "d"], more].concat());
    let json = |more: &[&str]| -> Value {
        serde_json::from_slice(&status(&[more, &["--json"]].concat()).stdout).unwrap()
    };
    let again = call(dir, &run);
    assert!(
        text(&again.stderr).contains("with the sizes that they had"),
        "{}",
        text(&again.stderr)
    );
    assert!(text(&again.stderr).contains("noctule status --check"));
    let again: Value =
        serde_json::from_slice(&call(dir, &[&run[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!((&again["checked"], &again["run"]["computed"]), (&"sizes".into(), &0.into()));
    assert!(text(&status(&[]).stdout).contains("by the sizes of their files"));
    assert_eq!(
        (&json(&[])["checked"], &json(&["--check"])["checked"]),
        (&"sizes".into(), &"digests".into())
    );
    assert_eq!(status(&["--check"]).status.code(), Some(0));
    // A result of equal size; then a chunk.
    flip(&dir.join("d/summary.csv"), 500);
    assert_eq!((json(&[])["complete"].clone(), status(&[]).status.code()), (true.into(), Some(0)));
    let found = status(&["--check"]);
    assert_eq!(found.status.code(), Some(3));
    assert!(text(&found.stdout).contains("summary.csv is not as it was written"), "{found:?}");
    assert_eq!(json(&["--check"])["changed_results"], serde_json::json!(["summary.csv"]));
    let pack = fs::read_dir(dir.join("d/chunks/packs")).unwrap().next().unwrap().unwrap().path();
    flip(&pack, 5000);
    let many = call(dir, &["status", ".", "--check"]);
    assert_eq!(many.status.code(), Some(3), "{}", text(&many.stdout));
    assert!(text(&many.stdout).contains("1 damaged"), "{}", text(&many.stdout));
    assert_eq!(call(dir, &["merge", "d"]).status.code(), Some(3));
    // Reading it is what heals it: results are made of chunks, and chunks computed again.
    fs::remove_file(dir.join("d/chunks/complete.json")).unwrap();
    assert!(call(dir, &run).status.success());
    assert_eq!(status(&["--check"]).status.code(), Some(0));
}

#[test]
fn a_pack_with_a_damaged_list_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("mine.toml"), large(1000, 2)).unwrap();
    assert!(call(dir, &["run", "mine.toml", "--out", "r/d"]).status.success());
    let pack = fs::read_dir(dir.join("r/d/chunks/packs")).unwrap().next().unwrap().unwrap().path();
    let size = fs::metadata(&pack).unwrap().len() as usize;
    flip(&pack, size - 20);
    for (words, code) in [(&["status", "r/d"][..], 0), (&["status", "r/d", "--check"], 3)] {
        let told = call(dir, words);
        assert_eq!(told.status.code(), Some(code));
        let told = text(&told.stdout);
        assert!(told.contains("complete") && told.contains(".jsonl is damaged"), "{told}");
    }
    let json = call(dir, &["status", "r/d", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(
        (&json["complete"], json["damaged_packs"].as_array().unwrap().len()),
        (&true.into(), 1)
    );
    // Twice damaged, twice kept.
    assert!(call(dir, &["run", "r/d"]).status.success());
    flip(&pack, size - 20);
    assert!(call(dir, &["run", "r/d"]).status.success());
    let ending = |ending: &str| pack.with_extension(ending).exists();
    assert!(ending("jsonl.bad") && ending("jsonl.bad.2") && ending("jsonl"));
    assert_eq!(call(dir, &["status", "r/d", "--check"]).status.code(), Some(0));
}

#[test]
fn a_folder_without_a_run_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::create_dir_all(dir.join("empty")).unwrap();
    fs::create_dir_all(dir.join("torn/chunks")).unwrap();
    for verb in ["run", "slurm", "check"] {
        let told = call(dir, &[verb, "empty"]);
        assert_eq!(told.status.code(), Some(2));
        let told = text(&told.stderr);
        assert!(told.contains("this is a folder, and there is no run in it"), "{told}");
        assert!(told.contains("--out"), "{told}");
    }
    assert!(text(&call(dir, &["run", "torn"]).stderr).contains("put plan.json back"));
}

/// Whatever is refused is refused before a larger number of trials is written down.
#[test]
fn a_part_that_cannot_be_told_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    let run = |more: &[&str]| call(dir, &[&["run", "mine.toml", "--out", "d"], more].concat());
    assert!(run(&["--trials", "5"]).status.success());
    let before = all(&dir.join("d"));
    for wrong in [&["--shard", "slurm"][..], &["--shard", "slurm/4"], &["--shard", "4/4"]] {
        let refused = run(&[&["--trials", "9"], wrong].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
        assert!(all(&dir.join("d")) == before, "{wrong:?}");
    }
    let study = fs::read_to_string(dir.join("mine.toml")).unwrap();
    let precision = "[precision]\nmetric = \"sum_rate_bps_hz\"\nstandard_error = 0.1\n";
    fs::write(dir.join("mine.toml"), study + precision).unwrap();
    let refused = call(dir, &["run", "mine.toml", "--out", "new", "--shard", "0/2"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("cannot be split"), "{}", text(&refused.stderr));
    assert!(!dir.join("new").exists());
}

/// What a folder of a pool says of its tables is true, or it says that it is not finished.
fn honest(dir: &Path) {
    let Ok(said) = fs::read(dir.join("pooled.json")) else {
        assert!(!dir.join("records.csv").exists(), "tables of which nothing is said");
        return;
    };
    let said: Value = serde_json::from_slice(&said).unwrap();
    if said["unfinished"] == true {
        return;
    }
    let manifest = fs::read(dir.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let seeds = said["runs"].as_array().unwrap().iter().map(|run| run["seed"].clone());
    assert_eq!(manifest["seed"], seeds.collect::<Value>());
    for (name, digest) in manifest["files_sha256"].as_object().unwrap() {
        assert_eq!(*digest, noctule_lab::files::sha256(&dir.join(name)).unwrap(), "{name}");
    }
}

/// A merge over a pool of fewer runs, killed at any moment: no folder says what is not so.
#[test]
fn a_pool_over_an_older_one_may_be_killed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    for seed in ["1", "2", "3"] {
        let run = ["run", "mine.toml", "--seed", seed, "--trials", "30", "--out", seed];
        assert!(call(dir, &run).status.success());
    }
    let merge = ["merge", "1", "2", "3", "--out", "p"];
    assert!(call(dir, &["merge", "1", "2", "3", "--out", "whole"]).status.success());
    let mut halfway = 0;
    for round in 0..12 {
        for old in ["p", "p.old", "p.old.2"] {
            let _ = fs::remove_dir_all(dir.join(old));
        }
        assert!(call(dir, &["merge", "1", "2", "--out", "p"]).status.success());
        let before = all(&dir.join("p"));
        let begun = ["p.old", "p/pooled.json", "p/records.csv", "p/manifest.json"][round % 4];
        let mut child =
            noctule(dir, &merge).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let there = || dir.join("p.old").exists() && dir.join(begun).exists();
        while child.try_wait().unwrap().is_none() && !there() {}
        child.kill().unwrap();
        child.wait().unwrap();
        honest(&dir.join("p"));
        let aside: Vec<Vec<u8>> = all(&dir.join("p.old")).into_values().collect();
        assert!(aside == before.into_values().collect::<Vec<_>>(), "the older one is whole");
        honest(&dir.join("p.old"));
        let said = fs::read_to_string(dir.join("p/pooled.json")).unwrap_or_default();
        halfway += usize::from(said.contains("unfinished"));
        let told = call(dir, &merge);
        assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
        honest(&dir.join("p"));
        for name in ["records.csv", "summary.csv", "report.html", "manifest.json"] {
            let read = |out: &str| fs::read(dir.join(out).join(name)).unwrap();
            assert!(read("p") == read("whole"), "{name}");
        }
        assert!(!dir.join("p.old.2").exists(), "its own beginning is no other pool");
    }
    assert!(halfway > 0, "never killed in time");
}

/// A folder that is moved aside under the hands of a run is another's: the older run ends and adds nothing to it.
#[test]
fn a_folder_that_is_begun_anew_is_left_by_who_still_computes() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    let words = |seed, more: &[&'static str]| {
        let all = ["run", "mine.toml", "-j", "1", "--seed", seed, "--trials", "400", "--out", "d"];
        [&all[..], more].concat()
    };
    let quiet = |words: &[&str]| {
        noctule(dir, words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut older = quiet(&words("1", &[]));
    while older.try_wait().unwrap().is_none() && !dir.join("d/chunks/c000000.jsonl").exists() {}
    let newer = quiet(&words("2", &["--fresh"]));
    let (older, newer) = (older.wait_with_output().unwrap(), newer.wait_with_output().unwrap());
    assert!(dir.join("d.old").exists(), "ended before it was moved");
    assert_eq!(older.status.code(), Some(2), "{}", text(&older.stderr));
    assert!(text(&older.stderr).contains("plan.json"), "{}", text(&older.stderr));
    assert_eq!(newer.status.code(), Some(0), "{}", text(&newer.stderr));
    let alone = ["run", "mine.toml", "--seed", "2", "--trials", "400", "--out", "alone"];
    assert!(call(dir, &alone).status.success());
    for name in ["records.csv", "summary.csv"] {
        let read = |out: &str| fs::read(dir.join(out).join(name)).unwrap();
        assert!(read("d") == read("alone"), "{name}");
    }
    let resumed =
        call(dir, &["run", "mine.toml", "--seed", "1", "--trials", "400", "--out", "d.old"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", text(&resumed.stderr));
}

#[test]
fn a_file_is_no_folder_of_results() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    fs::write(dir.join("notes"), "mine").unwrap();
    for more in [&[][..], &["--force"], &["--fresh"], &["--fresh", "--force"]] {
        let refused = call(dir, &[&["run", "mine.toml", "--out", "notes"], more].concat());
        if !more.contains(&"--fresh") || !more.contains(&"--force") {
            assert_eq!(refused.status.code(), Some(2), "{more:?}: {}", text(&refused.stderr));
            assert!(text(&refused.stderr).contains("results go into a folder"), "{more:?}");
        }
        let kept = ["notes", "notes.old"].map(|name| fs::read_to_string(dir.join(name)).ok());
        assert!(kept.contains(&Some("mine".to_owned())), "{more:?}");
    }
}
