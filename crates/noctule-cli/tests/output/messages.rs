//! What is said about inputs that are nearly right: each names the slip and how to mend it.

use std::fs;
use std::path::Path;

use noctule::data::{Array, ArraySet, Entries};

use super::{call, npy, told};

fn archive(name: &str, array: Array) -> Vec<u8> {
    let mut set = ArraySet::new();
    set.insert(name, array);
    set.to_npz().unwrap()
}

fn write_slips(dir: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    let good: Vec<(f64, f64)> = (0..64).map(|k| (f64::from(k).sin(), f64::from(k).cos())).collect();
    write("channels.dat", b"1 2 3");
    write("transposed.npy", &npy("(16, 4)", &good));
    let mut same = good.clone();
    same.copy_within(0..16, 32);
    write("same.npy", &npy("(4, 16)", &same));
    let mut zero = good.clone();
    zero[16..32].fill((0.0, 0.0));
    write("zero.npy", &npy("(4, 16)", &zero));
    let many: Vec<(f64, f64)> = (0..4097 * 16).map(|k| (1.0, f64::from(k))).collect();
    write("many.npy", &npy("(4097, 16)", &many));
    write("loud.npy", &npy("(4, 16)", &good));
    write("turned.npy", &npy("(16, 4)", &good));
    let complex = |shape: &[usize]| {
        let mut array = Array::complex(shape.to_vec(), Vec::new());
        let length = shape.iter().product();
        array.entries = Entries::Complex(vec![noctule::C64::ONE; length]);
        array
    };
    write("alone.npz", &archive("H", complex(&[4, 16])));
    write("empty.npz", b"");
    write("nothing.npz", &ArraySet::new().to_npz().unwrap());
    let json = |body: &str| format!("{{\"format\": \"noctule-instance/1\"{body}}}");
    write("twice.json", json(", \"power_w\": 7, \"power_w\": 123").as_bytes());
    write("nameless.json", json(", \"\": [1]").as_bytes());
    write("degrees.json", json(", \"azimuth_rad\": [42.39, 48.92]").as_bytes());
    write("marked.json", format!("\u{feff}{}", json(", \"power_w\": 1")).as_bytes());
    write("document.json", b"{\"format\": \"noctule-design/1\", \"stop\": 1, \"stop\": 2}");
    let toml = |body: &str| format!("format = \"noctule-scenario/1\"\n{body}\n");
    write("block.toml", toml("system = \"frame\"\n[scenario]\nblock_symbols = 5").as_bytes());
    write("repeated.toml", toml("system = \"frame\"\nsystem = \"frame\"").as_bytes());
    write("elevation.toml", toml("system = \"beamforming\"\n[[scenario.targets.fixed]]\nazimuth_deg = 10\nelevation_deg = 30").as_bytes());
    let study = |body: &str| {
        format!("format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\ntrials = 2\n{body}\n")
    };
    write("device.toml", study("[[scheme]]\nname = \"mrt\"\nid = \"AUX\"").as_bytes());
    write("words.toml", study("[[scheme]]\nname = \"zero-forcing\"").as_bytes());
    let log = "[[scheme]]\nname = \"mrt\"\n[[sweep]]\npath = \"scenario.power_dbm\"\nvalues = [0, 10]\n[[figure]]\nid = \"f\"\nx = \"scenario.power_dbm\"\nx_scale = \"log\"\ny = \"sum_rate_bps_hz\"";
    write("log.toml", study(log).as_bytes());
    write("path.toml", study("[[scheme]]\nname = \"mrt\"\n[[sweep]]\npath = \"scenario.targets[0].polar_deg\"\nvalues = [10]").as_bytes());
}

#[test]
fn slips_are_named_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_slips(dir);
    let design = |rest: &[&'static str]| [&["design"], rest].concat();
    let calls: Vec<Vec<&str>> = vec![
        design(&["beamforming", "H.csv"]),
        design(&["H.npz", "sweep.toml", "--seed", "2"]),
        design(&["beamforming", "pilots"]),
        design(&["study.toml", "pilots"]),
        design(&["a.npy", "b.npy"]),
        design(&["channels.dat", "--scenario", "default"]),
        design(&["transposed.npy", "--scenario", "default"]),
        design(&["alone.npz", "--scenario", "default"]),
        design(&["empty.npz", "--scenario", "default"]),
        design(&["nothing.npz", "--scenario", "default"]),
        design(&["many.npy", "--scenario", "default"]),
        design(&["twice.json", "--scenario", "default"]),
        design(&["nameless.json", "--scenario", "default"]),
        design(&["degrees.json", "--scenario", "default"]),
        design(&["same.npy", "--scenario", "default", "--scheme", "zf"]),
        design(&["zero.npy", "--scenario", "default", "--scheme", "zf"]),
        design(&["-s", "scenario.users=20", "--scheme", "zf"]),
        design(&["--scheme", "zerof"]),
        design(&["-s", "users=6"]),
        design(&["-s", "scenario.targets=3"]),
        design(&["-s", "scenario.targets.fixed[2].polar_deg=40"]),
        design(&["block.toml"]),
        design(&["repeated.toml"]),
        design(&["elevation.toml"]),
        design(&["--scheme", "fp-sgda", "-s", "scheme.averaging=-7"]),
        design(&["--scheme", "algorithm-1", "-s", "scheme.tolerance=-7"]),
        design(&["frame", "--scheme", "single-update", "-s", "scheme.updates=3"]),
        vec!["evaluate", "pilots", "gains.csv", "--beams", "turned.npy"],
        vec!["evaluate", "--beams", "turned.npy"],
        vec!["evaluate", "--beams", "alone.npz"],
        vec!["verify", "document.json"],
        vec!["check", "device.toml"],
        vec!["check", "words.toml"],
        vec!["check", "log.toml"],
        vec!["check", "path.toml"],
    ];
    let mut text = String::new();
    for arguments in calls {
        let told = told(dir, &arguments);
        for part in ["  where:   ", "  found:   ", "  allowed: ", "\nexit code 2\n"] {
            assert!(told.contains(part), "no {part:?} in\n{told}");
        }
        text += &told;
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_byte_order_mark_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    write_slips(folder.path());
    let output =
        call(folder.path(), &["design", "marked.json", "--scenario", "default", "--scheme", "mrt"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn indices_in_paths_change_the_design() {
    let folder = tempfile::tempdir().unwrap();
    let with = |set: &str| {
        let arguments = ["design", "--scheme", "mrt", "--json", "-s", set];
        let output = call(folder.path(), &arguments);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        document["instance"]["azimuth_rad"][0].as_f64().unwrap()
    };
    with("scenario.sensing_streams=null");
    let azimuth = with("scenario.targets.fixed[0].azimuth_deg=30");
    assert!((azimuth - 30_f64.to_radians()).abs() < 1e-15);
}

/// Too much power is not nothing: the code, the facts and a warning say so.
#[test]
fn beams_that_miss_a_requirement_end_with_a_code_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write_slips(dir);
    let loud = told(dir, &["evaluate", "--beams", "loud.npy"]);
    assert!(loud.contains("REQUIREMENT MISSED") && loud.contains("\nexit code 5\n"), "{loud}");
    assert!(loud.contains("warning: the design misses a requirement"), "{loud}");
    assert!(loud.contains("handed in: evaluated as it is"), "{loud}");
}

#[test]
fn a_limit_that_was_reached_is_called_by_the_name_of_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["design", "-s", "scheme.max_evaluations=5", "-s", "scheme.certify=false"];
    let text = told(folder.path(), &arguments).replace('\n', " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains("`scheme.max_evaluations` is 5"), "{text}");
}

#[test]
fn the_examples_of_the_help_name_arrays_that_exist() {
    let folder = tempfile::tempdir().unwrap();
    let help = told(folder.path(), &["help", "design"]);
    assert!(help.contains("site_m=sites.csv"), "{help}");
    fs::write(folder.path().join("sites.csv"), "50,40\n60,30\n").unwrap();
    let arguments = ["design", "surfaces", "-a", "site_m=sites.csv", "--scheme", "sensing-only"];
    let output = call(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A proof that nothing reaches the requirement stands without the caution of a local search.
#[test]
fn what_is_proven_is_not_said_to_be_unproven() {
    let folder = tempfile::tempdir().unwrap();
    let set = "scenario.requirement.min_rate_bps_hz=1000";
    let told = told(folder.path(), &["design", "cellfree", "-s", set]);
    assert!(told.contains("INFEASIBLE") && told.contains("\nexit code 4\n"), "{told}");
    assert!(!told.contains("proves"), "{told}");
}

/// Arrays that come one by one have the rest from where `--scenario` says, with no second scenario in the way.
#[test]
fn a_scenario_goes_with_arrays_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sites.csv"), "50,40\n60,30\n").unwrap();
    let array = ["-a", "site_m=sites.csv", "--scheme", "sensing-only"];
    // but for the command itself
    let told = |words: &[&str]| {
        let text = told(folder.path(), &[words, &array[..]].concat());
        text.split_once('\n').map(|(_, told)| told.to_owned()).unwrap()
    };
    let plain = told(&["design", "surfaces"]);
    let saved = "format = \"noctule-scenario/1\"\nsystem = \"surfaces\"\n";
    fs::write(folder.path().join("saved.toml"), saved).unwrap();
    for scenario in ["surfaces", "saved.toml"] {
        assert_eq!(told(&["design", "--scenario", scenario]), plain);
    }
    let given = ["design", "surfaces", "--system", "surfaces", "--scenario", "default"];
    let refused = told(&given);
    assert!(refused.contains("there are two scenarios"), "{refused}");
    let swapped = told(&["design", "--scenario", "sites.csv"]);
    assert!(swapped.contains("the file is no scenario"), "{swapped}");
    let of = ["design", "--system", "surfaces", "--scenario", "default"];
    assert_eq!(told(&of), plain);
}
