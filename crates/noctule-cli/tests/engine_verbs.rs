//! The engine verbs from outside: exit codes, streams, interruption.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
#[path = "engine_verbs/limits.rs"]
mod limits;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

#[path = "engine_verbs/cluster.rs"]
mod cluster;
#[path = "support/effort.rs"]
mod effort;
#[path = "support/folders.rs"]
mod folders;
#[path = "engine_verbs/proofs.rs"]
mod proofs;
#[path = "engine_verbs/shards.rs"]
mod shards;
#[path = "engine_verbs/stored.rs"]
mod stored;

const EXPERIMENT: &str = "beamforming/region";

fn noctule(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_noctule"));
    command.current_dir(dir).args(arguments).stdin(Stdio::null());
    command
}

fn call(dir: &Path, arguments: &[&str]) -> Output {
    noctule(dir, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Everything that must not depend on how a run was made.
fn results(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut names =
        vec!["plan.json", "records.csv", "series.csv", "summary.csv", "claims.json", "report.html"];
    names.extend([
        "manifest.json",
        "figures/region.svg",
        "figures/region.tex",
        "figures/region.dat",
    ]);
    names.into_iter().map(|name| (name.to_owned(), fs::read(dir.join(name)).unwrap())).collect()
}

fn assert_same(a: &Path, b: &Path) {
    for ((name, a), (_, b)) in results(a).into_iter().zip(results(b)) {
        assert!(a == b, "{name} differs");
    }
}

#[test]
fn run_writes_everything_and_says_when_it_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let first = call(folder.path(), &["run", EXPERIMENT, "--ci"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    assert!(text(&first.stdout).contains("Sum rate"), "the table is data");
    assert!(text(&first.stderr).contains("report.html"), "the paths are prose");
    let again = call(folder.path(), &["run", EXPERIMENT, "--ci", "--json"]);
    assert!(text(&again.stderr).contains("complete already"));
    let json: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&json["complete"], &json["run"]["computed"]), (&Value::Bool(true), &0.into()));
    let status = call(folder.path(), &["status", "beamforming/region-ci", "--json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["complete"], Value::Bool(true), "{status}");
}

#[test]
fn bad_input_is_code_two_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let shown = call(folder.path(), &["show", EXPERIMENT]);
    let broken = text(&shown.stdout).replace("seed = 1", "sede = 1");
    fs::write(folder.path().join("mine.toml"), broken).unwrap();
    for verb in ["check", "run"] {
        let output = call(folder.path(), &[verb, "mine.toml"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let said = text(&output.stderr);
        assert!(said.contains("mine.toml:") && said.contains("did you mean `seed`?"), "{said}");
    }
    assert!(!folder.path().join("results").exists());
    let json = call(folder.path(), &["check", "mine.toml", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json["error"]["where"].as_str().unwrap().starts_with("mine.toml:"));
    for arguments in [
        ["run", "nothing-like-it"],
        ["check", "absent.toml"],
        ["status", "absent"],
        ["run", "--shard=3/3"],
    ] {
        let output = call(folder.path(), &arguments);
        let code = output.status.code();
        assert!(matches!(code, Some(1 | 2)), "{arguments:?} gave {code:?}");
        assert!(text(&output.stderr).starts_with("error:"));
    }
}

#[test]
fn a_copy_of_a_built_in_experiment_is_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let shown = call(folder.path(), &["show", EXPERIMENT]);
    fs::write(folder.path().join("mine.toml"), &shown.stdout).unwrap();
    let plan = |name: &str| {
        let output = call(folder.path(), &["check", name, "--json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["plan"].clone()
    };
    assert_eq!(plan("mine.toml"), plan(EXPERIMENT));
}

#[test]
fn shards_merge_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", EXPERIMENT, "--trials", "4", "--out"];
    let whole = call(folder.path(), &[&arguments[..], &["whole"]].concat());
    assert_eq!(whole.status.code(), Some(0));
    for shard in ["2/3", "0/3"] {
        let part = call(folder.path(), &[&arguments[..], &["parts", "--shard", shard]].concat());
        assert_eq!(part.status.code(), Some(0), "{}", text(&part.stderr));
    }
    let early = call(folder.path(), &["merge", "parts"]);
    assert_eq!(early.status.code(), Some(3));
    assert!(
        text(&early.stderr).contains("are missing or damaged: 1, 4, 7"),
        "{}",
        text(&early.stderr)
    );
    call(folder.path(), &[&arguments[..], &["parts", "--shard", "1/3"]].concat());
    assert_eq!(call(folder.path(), &["merge", "parts"]).status.code(), Some(0));
    // The reports name the folder nowhere, so even they agree.
    assert_same(&folder.path().join("whole"), &folder.path().join("parts"));
    let other =
        call(folder.path(), &["run", EXPERIMENT, "--trials", "4", "--seed", "9", "--out", "whole"]);
    assert_eq!(other.status.code(), Some(2), "another plan");
    let fresh =
        call(folder.path(), &["run", EXPERIMENT, "--trials", "5", "--out", "whole", "--fresh"]);
    assert_eq!(fresh.status.code(), Some(0));
    assert!(folder.path().join("whole.old/records.csv").exists());
}

/// Kills in running, and in finishing once everything has run.
#[test]
fn campaign_kills() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["run", EXPERIMENT, "--trials", "60", "-j", "2", "--out"];
    let whole = call(folder.path(), &[&arguments[..], &["whole"]].concat());
    assert_eq!(whole.status.code(), Some(0));
    let mut state = 7_u64;
    for _ in 0..40 * effort::effort::<u64>() {
        let mut child = noctule(folder.path(), &[&arguments[..], &["killed"]].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis(20 + (state >> 33) % 100));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let last = call(folder.path(), &[&arguments[..], &["killed"]].concat());
    assert_eq!(last.status.code(), Some(0), "{}", text(&last.stderr));
    assert_same(&folder.path().join("whole"), &folder.path().join("killed"));
    assert!(folders::temporaries(&folder.path().join("killed")).is_empty());
}

#[cfg(unix)]
#[test]
fn a_polite_signal_is_code_75() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let child =
            noctule(folder.path(), &["run", EXPERIMENT, "--trials", "5000", "--out", "run"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
        std::thread::sleep(Duration::from_millis(700));
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(75), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("to resume"));
    }
    let status = call(folder.path(), &["status", "run"]);
    assert!(text(&status.stdout).contains("incomplete"));
}

#[test]
fn bench_lets_schemes_design_the_same_instances() {
    let folder = tempfile::tempdir().unwrap();
    let schemes = ["--scheme", "balanced", "--scheme", "rzf", "-s", "scheme.balanced.starts=1"];
    let arguments =
        [&["bench", "beamforming", "--trials", "2", "--repeat", "1", "--json"], &schemes[..]]
            .concat();
    let output = call(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["format"], "noctule-bench/1");
    assert!(json["calibration_s"].as_f64().unwrap() > 0.0);
    let found = json["schemes"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["settings"]["starts"], 1);
    for scheme in found {
        assert_eq!((&scheme["designs"], &scheme["note"]), (&2.into(), &Value::Null), "{scheme}");
        assert_eq!(scheme["samples"].as_array().unwrap().len(), 2);
        assert!(scheme["seconds_median"].as_f64().unwrap() > 0.0);
    }
    let plain = call(
        folder.path(),
        &arguments.iter().copied().filter(|a| *a != "--json").collect::<Vec<_>>(),
    );
    assert!(text(&plain.stdout).contains("calibration kernel"), "{}", text(&plain.stdout));
    for wrong in [&["--scheme", "no"][..], &["--trials", "0"], &["--within", "-1"]] {
        let output = call(folder.path(), &[&["bench"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", text(&output.stdout));
    }
}

#[test]
fn a_design_tells_its_story_and_draws_its_trace() {
    let folder = tempfile::tempdir().unwrap();
    let output = call(folder.path(), &["design", "--trace-plot", "trace.svg"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    for part in ["users served", "rank of the covariance", "sensing streams in use", "± azimuth"] {
        assert!(told.contains(part), "{part} in\n{told}");
    }
    let tables = told.split("\nUsers\n").nth(1).unwrap();
    assert!(tables.lines().all(|line| line.chars().count() <= 80), "{tables}");
    assert!(!text(&output.stderr).contains("warning"), "the default scene greets with one");
    let loud = call(folder.path(), &["design", "-s", "scenario.sensing_noise_dbm=20"]);
    assert!(text(&loud.stderr).contains("below the threshold"), "{}", text(&loud.stderr));
    let svg = fs::read_to_string(folder.path().join("trace.svg")).unwrap();
    assert!(svg.starts_with("<svg") || svg.starts_with("<?xml"), "{}", &svg[..60]);
    let wrong = call(folder.path(), &["design", "--trace-plot", "trace.png"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn designs_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = [
        ("beamforming", "pattern", "targets"),
        ("beamforming", "map", "target 1"),
        ("beamforming", "scene", "target 1"),
        ("cellfree", "pattern", "targets"),
        ("cellfree", "scene", "target 1"),
        ("frame", "timeline", "channel updates"),
        ("pilots", "scene", "user 1"),
        ("surfaces", "scene", "BS"),
        ("surfaces", "pattern", "surfaces"),
    ];
    for (system, kind, words) in kinds {
        let name = format!("{system}-{kind}.svg");
        let mut arguments = vec!["design", system, "--plot", &name, "--plot-kind", kind];
        // A closed form: what is drawn of it takes as long.
        arguments.extend(if system == "cellfree" { &["--scheme", "mrt"][..] } else { &[] });
        let output = call(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let svg = fs::read_to_string(folder.path().join(&name)).unwrap();
        assert!(svg.contains(&format!(">{words}<")), "{system} {kind}");
        assert!(!svg.contains("no data") && !svg.contains("NaN"), "{system} {kind}");
    }
    // What a system does not have is refused before anything is designed.
    let wrong = call(folder.path(), &["design", "pilots", "--plot", "a.svg", "--plot-kind", "map"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("pilots has no such picture"), "{}", text(&wrong.stderr));
    assert!(!folder.path().join("a.svg").exists());
    // What only the instance or the design does not know is said after.
    let drawn = ["design", "cellfree", "--scheme", "mrt", "--out", "drawn.json"];
    assert!(call(folder.path(), &drawn).status.success());
    let bare = ["design", "drawn.json", "--scheme", "mrt", "--plot", "a.svg"];
    let bare = call(folder.path(), &[&bare[..], &["--plot-kind", "scene"]].concat());
    assert_eq!(bare.status.code(), Some(2), "{}", text(&bare.stderr));
    let random = ["design", "frame", "--scheme", "random-blocks", "--plot", "a.svg"];
    let random = call(folder.path(), &random);
    assert_eq!(random.status.code(), Some(2));
    assert!(text(&random.stderr).contains("no one frame"), "{}", text(&random.stderr));
    assert!(!folder.path().join("a.svg").exists());
}

#[test]
fn pictures_replace_nothing_that_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, mine) = (folder.path(), folder.path().join("mine.svg"));
    fs::write(&mine, "<svg>mine</svg>").unwrap();
    let asked = ["design", "pilots", "--plot", "mine.svg"];
    let refused = call(dir, &asked);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("mine.svg"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_to_string(&mine).unwrap(), "<svg>mine</svg>");
    let forced = ["design", "pilots", "--plot", "mine.svg", "--force"];
    assert!(call(dir, &forced).status.success());
    assert!(call(dir, &asked).status.success(), "one of ours is replaced");
    // Neither is a folder drawn into whose summary is not there, no table, or of another study.
    let region = "beamforming/region";
    let other = "scheme,point,metric\nbalanced,0,sum_rate_bps_hz\n";
    for summary in [None, Some("not a table"), Some(other)] {
        let foreign = dir.join("foreign");
        fs::create_dir_all(&foreign).unwrap();
        fs::write(foreign.join("region.svg"), "mine").unwrap();
        if let Some(summary) = summary {
            fs::write(foreign.join("summary.csv"), summary).unwrap();
        }
        let refused = call(dir, &["redraw", region, "foreign"]);
        assert!(!refused.status.success(), "{summary:?}");
        assert!(text(&refused.stderr).contains("summary"), "{}", text(&refused.stderr));
        assert_eq!(fs::read_to_string(foreign.join("region.svg")).unwrap(), "mine");
    }
}

/// Claims of a run judged again after a change of the file: as after a run where their numbers are
/// known, and not at all where they are not.
#[test]
fn redraw_judges_what_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let file = "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\ntrials = 6\n\
                [[scheme]]\nname = \"rzf\"\n\
                [[claim]]\nid = \"mean\"\ntext = \"t\"\nrange = { from = 0 }\n\
                ours = { kind = \"value\", metric = \"sum_rate_bps_hz\" }\n\
                [[claim]]\nid = \"often\"\ntext = \"t\"\npaper = 1\ntol = 0\n\
                ours = { kind = \"share\", metric = \"sum_rate_bps_hz\", above = 0 }\n";
    let write = |text: &str| fs::write(dir.join("mine.toml"), text).unwrap();
    let redraw = || call(dir, &["redraw", "mine.toml", "mine"]);
    let claims = || fs::read_to_string(dir.join("mine/claims.json")).unwrap();
    write(file);
    let run = call(dir, &["run", "mine.toml", "--out", "mine"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let before = claims();
    assert_eq!(redraw().status.code(), Some(0));
    assert_eq!(claims(), before);
    write(&file.replace("range = { from = 0 }", "range = { to = 0 }"));
    assert_eq!(redraw().status.code(), Some(5));
    assert!(claims().contains("\"verdict\":\"disagrees\""));
    let after = claims();
    write(&file.replace("above = 0", "above = 1"));
    let open = redraw();
    assert_eq!(open.status.code(), Some(3));
    assert!(text(&open.stderr).contains("often (its number was not measured)"));
    assert_eq!(claims(), after);
}

/// A device that takes nothing: the command says so, and leaves nothing behind.
#[cfg(target_os = "linux")]
#[test]
fn a_picture_for_a_full_device_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.path().join("full.svg")).unwrap();
    let full = call(folder.path(), &["design", "pilots", "--plot", "full.svg"]);
    assert!(!full.status.success(), "{}", text(&full.stderr));
    assert!(text(&full.stderr).contains("full.svg"), "{}", text(&full.stderr));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
