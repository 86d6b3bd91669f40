//! Runs in many parts: killed, repeated, merged; prepared for a cluster; many in one folder.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{assert_same, call, effort, folders, noctule, text};

const STUDY: &str = "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\ntrials = 60\n\
    [[sweep]]\npath = \"scenario.power_dbm\"\nvalues = [20, 30]\n\
    [[scheme]]\nname = \"balanced\"\nsettings = { certify = false, starts = 1 }\n\
    [[scheme]]\nname = \"mrt\"\n\
    [[figure]]\nid = \"region\"\nx = \"scenario.power_dbm\"\ny = \"sum_rate_bps_hz\"\n";

struct Random(u64);

impl Random {
    const fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % count
    }

    /// 0 to `count` − 1 in some order.
    fn order(&mut self, count: u64) -> Vec<u64> {
        let mut all: Vec<u64> = (0..count).collect();
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last as u64 + 1) as usize);
        }
        all
    }
}

pub(super) fn write(dir: &Path) {
    fs::write(dir.join("mine.toml"), STUDY).unwrap();
}

/// 64 parts in random order, 20 of them killed at some moment and computed again; a merge that is
/// killed changes nothing.
#[test]
fn campaign_sixty_four_shards_with_twenty_killed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    let mut random = Random(11);
    for round in 0..effort::effort::<u64>() {
        let trials = (60 + round).to_string();
        let run = |out: &str, more: &[&str]| {
            let all = ["run", "mine.toml", "-j", "1", "--trials", &trials, "--out", out];
            noctule(dir, &[&all[..], more].concat())
        };
        let whole = format!("whole-{round}");
        assert!(run(&whole, &[]).output().unwrap().status.success());
        let out = format!("parts-{round}");
        let order = random.order(64);
        let mut killed = Vec::new();
        for (place, index) in order.iter().enumerate() {
            let shard = format!("{index}/64");
            let mut command = run(&out, &["--shard", &shard]);
            if place % 3 == 0 && killed.len() < 20 {
                let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
                let mut child = quiet.spawn().unwrap();
                std::thread::sleep(Duration::from_millis(random.below(12)));
                child.kill().unwrap();
                child.wait().unwrap();
                killed.push(shard);
            } else {
                assert!(command.output().unwrap().status.success());
            }
        }
        assert_eq!(killed.len(), 20);
        let early = call(dir, &["merge", &out]);
        assert_eq!(early.status.code(), Some(3), "{}", text(&early.stderr));
        assert!(!dir.join(&out).join("records.csv").exists());
        for shard in killed {
            assert!(run(&out, &["--shard", &shard]).output().unwrap().status.success());
        }
        for _ in 0..3 {
            let mut child = noctule(dir, &["merge", &out])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(random.below(30)));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(call(dir, &["merge", &out]).status.code(), Some(0));
        assert_same(&dir.join(whole), &dir.join(&out));
        assert!(folders::temporaries(&dir.join(&out)).is_empty());
    }
}

#[test]
fn a_run_goes_on_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    assert!(call(dir, &["run", "mine.toml", "--trials", "9", "--out", "whole"]).status.success());
    let part = ["run", "mine.toml", "--trials", "9", "--out", "d", "--shard", "1/3"];
    assert!(call(dir, &part).status.success());
    // The file may change: the folder has its plan.
    fs::write(dir.join("mine.toml"), "nonsense").unwrap();
    assert!(call(dir, &["run", "d", "--shard", "0/2"]).status.success());
    let last = call(dir, &["run", "./d/", "--json"]);
    assert!(last.status.success(), "{}", text(&last.stderr));
    let json: Value = serde_json::from_slice(&last.stdout).unwrap();
    assert_eq!((&json["complete"], &json["trials"]), (&true.into(), &9.into()));
    assert_same(&dir.join("whole"), &dir.join("d"));
    for change in
        [&["--trials", "9"][..], &["--seed", "1"], &["--ci"], &["--out", "e"], &["--fresh"]]
    {
        let refused = call(dir, &[&["run", "d"], change].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(change[0]), "{}", text(&refused.stderr));
    }
}

#[test]
fn a_run_is_prepared_for_slurm() {
    let folder = tempfile::tempdir().unwrap();
    // What a shell or sbatch could take for more than one word.
    let dir = folder.path().join("it's a $(place)");
    fs::create_dir(&dir).unwrap();
    write(&dir);
    let options = ["--shards", "3", "--at-once", "2", "--time", "1-02:03:04", "--cores", "2"];
    let words =
        ["slurm", "mine.toml", "--trials", "6", "--out", "d", "--sbatch=--mem=1G", "--json"];
    let told = call(&dir, &[&words[..], &options].concat());
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    let json: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((&json["shards"], &json["chunks"]), (&3.into(), &24.into()));
    let script = |name: &str| fs::read_to_string(dir.join("d/slurm").join(name)).unwrap();
    let array = script("array.sbatch");
    for line in [
        "#SBATCH --array=0-2%2",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --time=1-02:03:04",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
        "#SBATCH --signal=B:USR1@60",
        "#SBATCH --mem=1G",
    ] {
        assert!(array.lines().any(|found| found == line), "{line} in\n{array}");
    }
    for text in [&array, &script("merge.sbatch"), &script("submit.sh")] {
        assert!(!text.contains("{program}") && !text.contains("{more}") && !text.contains("{job}"));
    }
    #[cfg(unix)]
    for element in ["2", "0", "1"] {
        let told = std::process::Command::new("bash")
            .arg(dir.join("d/slurm/array.sbatch"))
            .envs([("SLURM_ARRAY_TASK_ID", element), ("SLURM_ARRAY_TASK_MIN", element)])
            .envs([("SLURM_ARRAY_TASK_COUNT", "1"), ("SLURM_CPUS_PER_TASK", "1")])
            .current_dir("/")
            .output()
            .unwrap();
        assert!(told.status.success(), "{}", text(&told.stderr));
    }
    #[cfg(unix)]
    {
        let merge =
            std::process::Command::new("bash").arg(dir.join("d/slurm/merge.sbatch")).output();
        assert!(merge.unwrap().status.success());
        assert!(dir.join("d/report.html").exists());
    }
    // Prepared again, for another number of parts: the run is what it was.
    assert!(call(&dir, &["slurm", "d", "--shards", "5"]).status.success());
    assert!(script("array.sbatch").contains("--array=0-4%2\n"));
    for wrong in [
        &["--time", "soon"][..],
        &["--time", "60"],
        &["--time", "1:2"],
        &["--sbatch=-p x"],
        &["--sbatch=--a\nrm"],
        &["--shards", "0"],
        &["--trials", "3"],
    ] {
        let refused = call(&dir, &[&["slurm", "d"], wrong].concat());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
    let refused = call(&dir, &["slurm", "mine.toml", "--out", "100%"]);
    assert_eq!(refused.status.code(), Some(2), "sbatch reads % in names of logs");
    let outside = call(&dir, &["run", "d", "--shard", "slurm"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(text(&outside.stderr).contains("SLURM_ARRAY_TASK_ID"), "{}", text(&outside.stderr));
}

#[test]
fn many_runs_are_told_in_a_line_each() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    for (out, more) in [("r/a", &[][..]), ("r/deep/b", &["--shard", "0/2"]), ("r/c", &[])] {
        let words = [&["run", "mine.toml", "--trials", "3", "--out", out], more].concat();
        assert!(call(dir, &words).status.success());
    }
    fs::write(dir.join("r/c/plan.json"), "{\"format\":\"noctule-plan/2\"}").unwrap();
    fs::create_dir(dir.join("r/mine")).unwrap();
    let told = call(dir, &["status", "r"]);
    assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
    let lines = text(&told.stdout);
    let line = |name: &str| lines.lines().find(|line| line.contains(name)).unwrap().to_owned();
    assert!(line("r/a ").contains("complete"), "{lines}");
    assert!(line("r/deep/b ").contains("6/12") && line("r/deep/b ").contains("50 %"), "{lines}");
    assert!(line("r/c ").contains("damaged"), "{lines}");
    let json = call(dir, &["status", "r/a", "r/deep/b", "--json"]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["runs"][1]["missing"].as_array().unwrap().len(), 6);
    assert_eq!(json["runs"][0]["complete"], true);
    assert_eq!(call(dir, &["status", "r/mine"]).status.code(), Some(2));
    assert_eq!(call(dir, &["merge", "r/a", "r/deep/b"]).status.code(), Some(2));
    let export = call(dir, &["export", "r/a"]);
    assert_eq!(export.status.code(), Some(2));
    assert!(text(&export.stderr).contains("--features parquet"), "{}", text(&export.stderr));
}

/// A merge on a full disk leaves the chunks where they were, and what was there before.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    let run = ["run", "mine.toml", "--trials", "40", "--out", "d"];
    for shard in ["0/2", "1/2"] {
        assert!(call(dir, &[&run[..], &["--shard", shard]].concat()).status.success());
    }
    for blocks in [0, 1, 4, 16] {
        let merge = folders::limited(dir, blocks, &["merge", "d"]);
        assert_eq!(merge.status.code(), Some(1), "{blocks}: {}", text(&merge.stderr));
        assert!(!dir.join("d/manifest.json").exists());
        assert!(folders::temporaries(&dir.join("d")).is_empty(), "{blocks}");
    }
    assert_eq!(call(dir, &["merge", "d"]).status.code(), Some(0));
    let words = ["run", "mine.toml", "--trials", "40", "--out", "whole"];
    assert!(call(dir, &words).status.success());
    assert_same(&dir.join("whole"), &dir.join("d"));
}

/// What is run at scale: the cheapest design there is, at 20 points, with a distribution.
pub(super) fn large(trials: u64, points: u64) -> String {
    format!(
        "format = \"noctule-experiment/1\"\nsystem = \"beamforming\"\ntrials = {trials}\n\
         [scenario]\nusers = 1\ncrb_weight = 0\n\
         transmit_array = {{ horizontal = 1, vertical = 1 }}\n\
         receive_array = {{ horizontal = 1, vertical = 1 }}\n\
         [[sweep]]\npath = \"scenario.power_dbm\"\n\
         linspace = {{ start = 10, stop = 30, count = {points} }}\n\
         [[scheme]]\nname = \"mrt\"\nsettings = {{ }}\n\
         [[figure]]\nid = \"region\"\nkind = \"cdf\"\nx = \"sum_rate_bps_hz\"\n"
    )
}

/// A command to its end; the most memory it took, in MB.
#[cfg(target_os = "linux")]
fn measured(dir: &Path, words: &[&str]) -> (f64, Duration) {
    let begin = std::time::Instant::now();
    let mut child =
        noctule(dir, words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        peak = super::limits::peak_mb(&child).unwrap_or(0.0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success(), "{words:?}");
    (peak, begin.elapsed())
}

/// A study of 2500 trials at 20 points, times the effort: a million at 400. Memory has a limit that
/// does not depend on the trials, files are few, and the call repeated answers at once.
#[cfg(target_os = "linux")]
#[test]
fn campaign_a_million_trials() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let trials = 2500 * effort::effort::<u64>();
    fs::write(dir.join("mine.toml"), large(trials, 20)).unwrap();
    let run = ["run", "mine.toml", "-j", "2", "--out", "d"];
    let (memory, time) = measured(dir, &run);
    let (again_memory, again) = measured(dir, &run);
    let files = ["d", "d/chunks", "d/chunks/packs", "d/figures"]
        .iter()
        .filter_map(|folder| fs::read_dir(dir.join(folder)).ok())
        .flatten()
        .count();
    let told = format!(
        "{trials} trials x 20 points: {memory:.0} MB, {time:.1?}; again {again_memory:.0} MB, \
         {again:.2?}; {files} files"
    );
    // Shown with --nocapture, and by `cargo xtask validate` when something fails.
    let _ = writeln!(std::io::stderr(), "{told}");
    assert!(memory < 150.0 && again_memory < 150.0, "{told}");
    assert!(files < 60 + trials as usize / 10_000, "{told}");
    assert!(trials < 50_000 || again < Duration::from_secs(2), "{told}");
}

/// A chain of 5000 points, times the effort, up to the hundred thousand there may be. Its rows are one
/// chunk, which is held as text alone.
#[cfg(target_os = "linux")]
#[test]
fn campaign_a_long_chain() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let points = (5000 * effort::effort::<u64>()).min(100_000);
    let body = large(1, points).replace("linspace", "chain = true\nlinspace");
    let body = body.split("[[figure]]").next().unwrap();
    fs::write(dir.join("mine.toml"), body).unwrap();
    let (memory, time) = measured(dir, &["run", "mine.toml", "-j", "2", "--out", "d"]);
    let told = format!("a chain of {points} points: {memory:.0} MB, {time:.1?}");
    let _ = writeln!(std::io::stderr(), "{told}");
    assert!(memory < 60.0 + 240.0 * points as f64 / 100_000.0, "{told}");
}
