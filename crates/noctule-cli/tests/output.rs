//! What the command says: snapshots of its output, and of every way to refuse a bad input.
//!
//! The text is the product: review it as such. Nothing in it depends on the machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "output/messages.rs"]
mod messages;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn call(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_noctule"));
    command.current_dir(dir).args(arguments).stdin(Stdio::null());
    command.env("COLUMNS", "80").output().unwrap()
}

/// Command, code and both streams as one text.
fn told(dir: &Path, arguments: &[&str]) -> String {
    let output = call(dir, arguments);
    let mut text = format!("$ noctule {}\n", arguments.join(" "));
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        text.push_str(&format!("stderr: {line}\n"));
    }
    // Line ends are trimmed: snapshots and editors do the same.
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\nexit code {}\n\n", text.join("\n"), output.status.code().unwrap())
}

/// Every file below a folder, with its content.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn what_the_verbs_say() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("mine.toml"), call(dir, &["show", "region"]).stdout).unwrap();
    let mut text = String::new();
    text += &told(dir, &["list"]);
    text += &told(dir, &["list", "--ids"]);
    text += &told(dir, &["check", "mine.toml"]);
    text += &told(dir, &["run", "mine.toml", "--trials", "2", "--out", "run", "--shard", "0/2"]);
    text += &told(dir, &["status", "run"]);
    text += &told(dir, &["merge", "run"]);
    text += &told(dir, &["schema", "scenario"]);
    // The hash of a plan changes with every version.
    let text: Vec<&str> = text.lines().map(|line| line.split(" · plan ").next().unwrap()).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn help_at_eighty_columns() {
    let folder = tempfile::tempdir().unwrap();
    let text = told(folder.path(), &["help", "run"]) + &told(folder.path(), &["--help"]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn schema_of_experiments_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let schema: Value =
        serde_json::from_slice(&call(folder.path(), &["schema", "experiment"]).stdout).unwrap();
    assert_eq!(schema["properties"]["format"]["const"], "noctule-experiment/1");
    let system: Value =
        serde_json::from_slice(&call(folder.path(), &["schema", "beamforming"]).stdout).unwrap();
    assert!(system["schemes"]["balanced"].is_object());
}

#[test]
fn completions_and_manual_pages_name_every_verb() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = call(folder.path(), &["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for verb in ["run", "design", "evaluate", "merge", "completions"] {
            assert!(script.contains(verb), "{shell} lacks {verb}");
        }
    }
    let page = String::from_utf8(call(folder.path(), &["man"]).stdout).unwrap();
    assert!(page.contains(".TH") && page.contains("evaluate"), "{page}");
    let page = String::from_utf8(call(folder.path(), &["man", "run"]).stdout).unwrap();
    assert!(page.contains("noctule\\-run") && page.contains("records.csv"), "{page}");
    assert_eq!(call(folder.path(), &["man", "rnu"]).status.code(), Some(2));
}

#[test]
fn wrong_words_and_files_of_experiments() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let shown = String::from_utf8(call(dir, &["show", "region"]).stdout).unwrap();
    for (name, from, to) in [
        ("key.toml", "trials = 100", "trails = 100"),
        ("unit.toml", "sensing_noise_dbm = -30.0", "sensing_noise = -30.0"),
        (
            "sweep.toml",
            "scenario.rate_weight_per_nat\"\nlogspace",
            "scenario.rate_weight\"\nlogspace",
        ),
        ("scheme.toml", "name = \"mrt\"", "name = \"mtr\""),
        ("newer.toml", "noctule-experiment/1", "noctule-experiment/2"),
    ] {
        assert!(shown.contains(from), "{name}");
        fs::write(dir.join(name), shown.replacen(from, to, 1)).unwrap();
    }
    let torn = shown.find("every start").unwrap() + 3; // inside the text
    fs::write(dir.join("torn.toml"), &shown[..torn]).unwrap();
    fs::write(dir.join("bytes.toml"), [0xff, 0xfe, 0x00]).unwrap();
    let before = files(dir);
    let mut text = String::new();
    for arguments in [
        &["run", "key.toml"][..],
        &["check", "unit.toml"],
        &["run", "sweep.toml"],
        &["run", "scheme.toml"],
        &["run", "newer.toml"],
        &["run", "torn.toml"],
        &["run", "bytes.toml"],
        &["run", "absent.toml"],
        &["run", "regoin"],
        &["run", "region", "--shard", "3/3"],
        &["run", "region", "--trials", "0"],
        &["run", "region", "--thread", "2"],
        &["run", "region", "--threads", "0"],
        &["rnu"],
        &["status", "nowhere"],
        &["merge", "nowhere"],
        &["schema", "beamformnig"],
        &["check", "key.toml", "--json"],
        &["rnu", "--json"],
    ] {
        let told = told(dir, arguments);
        assert!(told.contains("\nexit code 2\n"), "{told}");
        text += &told;
    }
    assert_eq!(files(dir), before, "something was written");
    insta::assert_snapshot!(text);
}

/// An array in the format of NumPy, complex, C order.
fn npy(shape: &str, values: &[(f64, f64)]) -> Vec<u8> {
    let mut header = format!("{{'descr': '<c16', 'fortran_order': False, 'shape': {shape}, }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.bytes());
    for (re, im) in values {
        bytes.extend(re.to_le_bytes());
        bytes.extend(im.to_le_bytes());
    }
    bytes
}

fn write_bad_inputs(dir: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    let good: Vec<(f64, f64)> = (0..64).map(|k| (f64::from(k).sin(), f64::from(k).cos())).collect();
    let mut bad = good.clone();
    bad[17] = (0.5, f64::NAN);
    write("nan.npy", &npy("(4, 16)", &bad));
    bad[17] = (f64::NEG_INFINITY, 0.0);
    write("infinite.npy", &npy("(4, 16)", &bad));
    write("shape.npy", &npy("(4, 15)", &good[..60]));
    write("flat.npy", &npy("(64,)", &good));
    let whole = npy("(4, 16)", &good);
    write("good.npy", &whole);
    write("truncated.npy", &whole[..whole.len() - 100]);
    write("promises.npy", &npy("(99999999, 16)", &good));
    write("truncated.npz", b"PK\x03\x04\x14\x00");
    write("ending.doc", &whole);
    let json = |body: &str| format!("{{\"format\": \"noctule-instance/1\"{body}}}");
    write("zero-power.json", json(", \"power_w\": 0").as_bytes());
    write("negative-power.json", json(", \"power_w\": -1").as_bytes());
    write("unknown.json", json(", \"chanels\": [[[1, 0]]]").as_bytes());
    write("unit.json", json(", \"power\": 1").as_bytes());
    write("null.json", json(", \"power_w\": null").as_bytes());
    write("ragged.json", json(", \"channels\": [[[1, 0], [1, 0]], [[1, 0]]]").as_bytes());
    write("truncated.json", b"{\"format\": \"noctule-instance/1\", \"power_w\": ");
    write("newer.json", b"{\"format\": \"noctule-instance/2\"}");
    let toml = |body: &str| {
        format!("format = \"noctule-scenario/1\"\nsystem = \"beamforming\"\n[scenario]\n{body}\n")
    };
    write("unknown.toml", toml("antenas = 4").as_bytes());
    write("unit.toml", toml("power = 20").as_bytes());
    write("text.toml", toml("power_dbm = \"20 dBm\"").as_bytes());
    write("users.toml", toml("users = -1").as_bytes());
    fs::create_dir(dir.join("folder.json")).unwrap();
}

#[test]
fn wrong_inputs_of_designs() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_bad_inputs(dir);
    let before = files(dir);
    let with_default = [
        "nan.npy",
        "infinite.npy",
        "shape.npy",
        "flat.npy",
        "truncated.npy",
        "promises.npy",
        "truncated.npz",
        "zero-power.json",
        "negative-power.json",
        "unknown.json",
        "unit.json",
        "null.json",
        "ragged.json",
        "truncated.json",
        "newer.json",
        "folder.json",
        "absent.npz",
    ];
    let mut calls: Vec<Vec<&str>> =
        with_default.iter().map(|name| vec!["design", *name, "--scenario", "default"]).collect();
    calls.extend([
        vec!["design", "good.npy"],
        vec!["design", "ending.doc"],
        vec!["design", "unknown.toml"],
        vec!["design", "unit.toml"],
        vec!["design", "text.toml"],
        vec!["design", "users.toml"],
        vec!["design", "absent.toml"],
        vec!["design", "--set", "scenario.power=3"],
        vec!["design", "--set", "scheme.starts=0"],
        vec!["design", "--scheme", "balnced"],
        vec!["design", "frame", "--system", "surfaces"],
        vec!["design", "--system", "surface"],
        vec!["design", "--out", "design.txt"],
        vec!["evaluate", "--beams", "shape.npy"],
        vec!["evaluate", "--beams", "nan.npy"],
        vec!["verify", "zero-power.json"],
        vec!["verify", "truncated.json"],
    ]);
    let mut text = String::new();
    for arguments in calls {
        let arguments = if arguments.contains(&"--out") {
            arguments
        } else if arguments[0] != "verify" {
            [&arguments[..], &["--out", "design.json"]].concat()
        } else {
            arguments
        };
        let told = told(dir, &arguments);
        text += &told.replace(" --out design.json", "");
        for part in
            ["stderr: error: ", "  where:   ", "  found:   ", "  allowed: ", "\nexit code 2\n"]
        {
            assert!(told.contains(part), "no {part:?} in\n{told}");
        }
        // The same as JSON, for programs.
        let output = call(dir, &[&arguments[..], &["--json"]].concat());
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        for part in ["what", "where", "found", "allowed"] {
            let value = said["error"][part].as_str().unwrap_or("");
            assert!(!value.is_empty(), "`{part}` is missing in {said}");
        }
    }
    assert_eq!(files(dir), before, "something was written");
    insta::assert_snapshot!(text);
}

/// What a person reads on a terminal of eighty columns breaks at words and nowhere else.
#[test]
fn eighty_columns_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let systems = ["beamforming", "cellfree", "frame", "pilots", "surfaces"];
    let mut verbs: Vec<Vec<&str>> = vec![vec!["list"]];
    verbs.extend(systems.map(|system| vec!["design", system]));
    verbs.push(vec!["bench", "frame", "--trials", "1", "--repeat", "1", "--scheme", "optimal"]);
    for verb in verbs {
        let output = call(folder.path(), &verb);
        assert!(output.status.success(), "{verb:?}");
        for text in [output.stdout, output.stderr] {
            for line in String::from_utf8(text).unwrap().lines() {
                assert!(line.chars().count() <= 80, "{verb:?}: {line}");
            }
        }
    }
}
