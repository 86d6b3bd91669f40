//! Files of people: what no verb may lose, whatever it is told and whatever the disk does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::effort::effort;
use super::{call, noctule, text};

/// A run of milliseconds.
const TINY: &str = "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\ntrials = 3\n\
    [[scheme]]\nname = \"mrt\"\n[[figure]]\nid = \"one\"\nkind = \"cdf\"\nx = \"sum_rate_bps_hz\"\n";

/// Everything below a folder: names, and what is in them.
fn all(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.push((path.clone(), Vec::new()));
            found.extend(all(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

pub(super) fn temporaries(dir: &Path) -> Vec<PathBuf> {
    let ending = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "tmp");
    all(dir).into_iter().map(|(path, _)| path).filter(ending).collect()
}

fn tiny(dir: &Path) {
    fs::write(dir.join("tiny.toml"), TINY).unwrap();
}

fn run(dir: &Path, options: &[&str]) -> Output {
    call(dir, &[&["run", "tiny.toml"], options].concat())
}

fn is(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
}

const NAMES: [&str; 9] = [
    "plan.json",
    "presentation.json",
    "records.csv",
    "series.csv",
    "summary.csv",
    "claims.json",
    "manifest.json",
    "report.html",
    "timings.csv",
];

#[test]
fn a_folder_that_is_no_run_is_not_written_into_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    tiny(dir);
    let mine = dir.join("mine");
    for name in ["notes.txt"].iter().chain(&NAMES) {
        let _ = fs::remove_dir_all(&mine);
        fs::create_dir(&mine).unwrap();
        fs::write(mine.join(name), "{\"my own\": \"work\"}").unwrap();
        let before = all(&mine);
        for fresh in [&["--out", "mine"][..], &["--out", "mine", "--fresh"]] {
            let refused = run(dir, fresh);
            is(&refused, 2);
            assert!(text(&refused.stderr).contains(name), "{}", text(&refused.stderr));
        }
        assert!(all(&mine) == before, "{name}");
    }
    for name in NAMES {
        fs::write(mine.join(name), name).unwrap();
    }
    fs::create_dir(mine.join("figures")).unwrap();
    fs::write(mine.join("figures/one.svg"), "one.svg").unwrap();
    fs::write(mine.join("figures/mine.svg"), "mine.svg").unwrap();
    is(&run(dir, &["--out", "mine", "--force"]), 0);
    for name in NAMES {
        assert_eq!(fs::read_to_string(mine.join(format!("{name}.old"))).unwrap(), name);
    }
    assert_eq!(fs::read_to_string(mine.join("figures/one.svg.old")).unwrap(), "one.svg");
    assert_eq!(fs::read_to_string(mine.join("figures/mine.svg")).unwrap(), "mine.svg");
    is(&run(dir, &["--out", "mine"]), 0);
}

#[test]
fn fresh_moves_what_is_there_aside_however_it_is_called_and_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    tiny(dir);
    fs::create_dir(dir.join("d.old")).unwrap();
    fs::write(dir.join("d.old/mine.txt"), "mine").unwrap();
    is(&run(dir, &["--out", "d"]), 0);
    for (round, name) in ["d", "d/", "./d/.", "d"].into_iter().enumerate() {
        fs::write(dir.join("d/notes.txt"), round.to_string()).unwrap();
        is(&run(dir, &["--out", name, "--fresh"]), 0);
        let old = dir.join(format!("d.old.{}", round + 2));
        assert_eq!(fs::read_to_string(old.join("notes.txt")).unwrap(), round.to_string());
        assert!(old.join("records.csv").exists() && dir.join("d/records.csv").exists());
        assert!(!dir.join("d/notes.txt").exists());
    }
    assert_eq!(fs::read_to_string(dir.join("d.old/mine.txt")).unwrap(), "mine");
    // From within.
    fs::write(dir.join("d/notes.txt"), "within").unwrap();
    let inner = dir.join("d");
    is(&call(&inner, &["run", "../tiny.toml", "--out", ".", "--fresh"]), 0);
    assert_eq!(fs::read_to_string(dir.join("d.old.6/notes.txt")).unwrap(), "within");
    assert!(inner.join("records.csv").exists() && !inner.join("notes.txt").exists());
    is(&call(&inner.join("chunks"), &["run", "../../tiny.toml", "--out", "..", "--fresh"]), 2);
}

#[test]
fn more_trials_extend_a_folder_and_other_plans_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    tiny(dir);
    for (trials, reused) in [("3", 0), ("9", 3), ("5", 5)] {
        let output = run(dir, &["--out", "d", "--trials", trials, "--json"]);
        is(&output, 0);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["run"]["reused"], reused, "{trials}");
        is(&run(dir, &["--out", &format!("f{trials}"), "--trials", trials]), 0);
        for name in ["plan.json", "records.csv", "summary.csv", "report.html", "manifest.json"] {
            let fresh = fs::read(dir.join(format!("f{trials}")).join(name)).unwrap();
            assert!(fs::read(dir.join("d").join(name)).unwrap() == fresh, "{name} of {trials}");
        }
    }
    let other = run(dir, &["--out", "d", "--seed", "4"]);
    is(&other, 2);
    let said = text(&other.stderr);
    assert!(said.contains("seed 1 → 4") && said.contains("--fresh"), "{said}");
}

#[test]
fn figures_that_the_plan_no_longer_has_go_and_those_of_people_stay() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    tiny(dir);
    is(&run(dir, &["--out", "d"]), 0);
    let figures = dir.join("d/figures");
    fs::write(figures.join("mine.svg"), "mine").unwrap();
    fs::write(figures.join("one.tex"), "changed by hand").unwrap();
    fs::write(dir.join("tiny.toml"), TINY.replace("\"one\"", "\"two\"")).unwrap();
    is(&run(dir, &["--out", "d"]), 0);
    let mut names: Vec<String> = fs::read_dir(figures)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["mine.svg", "one.tex", "two.dat", "two.svg", "two.tex"]);
}

#[test]
fn designs_replace_documents_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let design = ["design", "--scheme", "mrt", "--out"];
    for (name, content) in [("a.json", "{\"mine\": 1}"), ("a.npz", "PK mine"), ("a.svg", "<svg/>")]
    {
        let path = dir.join(name);
        fs::write(&path, content).unwrap();
        let arguments = match name {
            "a.svg" => vec!["design", "--trace-plot", name],
            _ => [&design[..], &[name]].concat(),
        };
        let refused = call(dir, &arguments);
        is(&refused, 2);
        assert!(text(&refused.stderr).contains("--force"), "{}", text(&refused.stderr));
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        is(&call(dir, &[&arguments[..], &["--force"]].concat()), 0);
        is(&call(dir, &arguments), 0);
    }
    assert!(temporaries(dir).is_empty());
}

/// The program under a limit on the size of files, in blocks of 512 bytes: as on a full disk.
#[cfg(unix)]
pub(super) fn limited(dir: &Path, blocks: u64, arguments: &[&str]) -> Output {
    let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$@\"");
    let mut command = Command::new("sh");
    command.current_dir(dir).args(["-c", &script, "sh", env!("CARGO_BIN_EXE_noctule")]);
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[cfg(unix)]
#[test]
fn campaign_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    tiny(dir);
    let design = ["design", "--scheme", "mrt", "--out", "d.json"];
    is(&call(dir, &design), 0);
    let evaluate = ["evaluate", "--beams", "d.json", "--out", "d.json"];
    let before = all(dir);
    for arguments in [&design[..], &evaluate] {
        let full = limited(dir, 2, arguments);
        is(&full, 1);
        assert!(text(&full.stderr).contains("cannot write d.json"), "{}", text(&full.stderr));
        assert!(all(dir) == before, "what was there is there, and nothing else");
    }
    let arguments = ["run", "tiny.toml", "--trials", "40", "--out"];
    is(&call(dir, &[&arguments[..], &["whole"]].concat()), 0);
    let whole = dir.join("whole");
    for blocks in [0, 1, 3, 8, 20, 30].into_iter().cycle().take(6 * effort::<usize>()) {
        let full = limited(dir, blocks, &[&arguments[..], &["full"]].concat());
        assert!(matches!(full.status.code(), Some(0 | 1)), "{}", text(&full.stderr));
        assert!(temporaries(dir).is_empty(), "{blocks}");
        if blocks == 30 {
            is(&call(dir, &[&arguments[..], &["full"]].concat()), 0);
            for name in ["plan.json", "records.csv", "summary.csv", "report.html", "manifest.json"]
            {
                let [a, b] =
                    [&whole, &dir.join("full")].map(|dir| fs::read(dir.join(name)).unwrap());
                assert!(a == b, "{name}");
            }
            fs::remove_dir_all(dir.join("full")).unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_to_tell_is_no_reason_to_panic() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let calls: [&[&str]; 12] = [
        &["--help"],
        &["--version"],
        &["help", "run"],
        &["list"],
        &["list", "--json"],
        &["schema"],
        &["show", "region"],
        &["man"],
        &["completions", "bash"],
        &["design", "--scheme", "mrt", "--json"],
        &["run", "nonexistent", "--json"],
        &["run", "--bogus", "--json"],
    ];
    for arguments in calls {
        let output = noctule(dir, arguments).stdout(full()).output().unwrap();
        is(&output, 1);
        assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
        let status = noctule(dir, arguments).stdout(full()).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
    for arguments in [&["run", "nonexistent"][..], &["run", "--bogus"], &["verify", "absent"]] {
        let status = noctule(dir, arguments).stderr(full()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_to_devices_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    std::os::unix::fs::symlink("/dev/zero", dir.join("zero.toml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.join("zero.json")).unwrap();
    File::create(dir.join("large.toml")).unwrap().set_len(1 << 40).unwrap();
    for arguments in [
        ["check", "zero.toml"],
        ["check", "large.toml"],
        ["design", "zero.toml"],
        ["bench", "zero.toml"],
        ["verify", "zero.json"],
    ] {
        is(&call(dir, &arguments), 2);
    }
    std::os::unix::fs::symlink("nowhere", dir.join("link")).unwrap();
    tiny(dir);
    let refused = run(dir, &["--out", "link"]);
    is(&refused, 2);
    assert!(text(&refused.stderr).contains("dangling"), "{}", text(&refused.stderr));
}
