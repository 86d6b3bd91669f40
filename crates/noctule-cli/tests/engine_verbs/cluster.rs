//! What people do to runs on a cluster: scripts changed, arrays of their own, merges killed.

use std::fs;
use std::process::Stdio;

use super::shards::write;
use super::{call, noctule, text};

/// A script that somebody has changed is kept, and what was asked for before is asked for again.
#[test]
fn changed_scripts_are_kept_and_options_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    let slurm = |more: &[&str]| {
        let told = call(dir, &[&["slurm", "mine.toml", "--out", "d"], more].concat());
        assert!(told.status.success(), "{}", text(&told.stderr));
        text(&told.stderr)
    };
    let read = |name: &str| fs::read_to_string(dir.join("d/slurm").join(name)).unwrap();
    let options = ["--shards", "3", "--time", "01:00:00", "--cores", "2", "--at-once", "2"];
    slurm(&[&options[..], &["--sbatch=--mem=1G", "--trials", "6"]].concat());
    // More trials: what is not said again stays; nothing was changed, and nothing is kept.
    slurm(&["--trials", "9"]);
    assert!(!dir.join("d/slurm/array.sbatch.old").exists());
    let edited = read("array.sbatch") + "# MY EDITS\n";
    fs::write(dir.join("d/slurm/array.sbatch"), &edited).unwrap();
    let told = slurm(&["--trials", "9", "--shards", "8"]);
    assert!(told.contains("array.sbatch.old"), "{told}");
    assert_eq!(read("array.sbatch.old"), edited);
    assert!(!dir.join("d/slurm/submit.sh.old").exists());
    let array = read("array.sbatch");
    for line in
        ["--array=0-7%2", "--time=01:00:00", "--cpus-per-task=2", "--mem=1G", "slurm/8 --threads"]
    {
        assert!(array.contains(line), "{line} in\n{array}");
    }
    // Twice changed, twice kept; scripts of which nothing is known count as changed.
    fs::write(dir.join("d/slurm/array.sbatch"), "mine").unwrap();
    fs::remove_file(dir.join("d/slurm/written.json")).unwrap();
    slurm(&["--trials", "9", "--shards", "2"]);
    assert_eq!((read("array.sbatch.old"), read("array.sbatch.old.2").as_str()), (edited, "mine"));
}

#[test]
fn what_slurm_would_misread_is_refused_before_anything_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    for wrong in [
        &["--out", "a\"b"][..],
        &["--out", "a%b"],
        &["--out", "d", "--time", "00:00:30"],
        &["--out", "d", "--time", "00:00:00"],
        &["--out", "d", "--time", "99999999999999999999:00:00"],
        &["--out", "d", "--sbatch=--array=0-3"],
        &["--out", "d", "--sbatch=--arr=0-3"],
        &["--out", "d", "--sbatch=--no-requeue"],
        &["--out", "d", "--sbatch=--signal=B:USR1@10"],
    ] {
        let told = call(dir, &[&["slurm", "mine.toml"], wrong].concat());
        assert_eq!(told.status.code(), Some(2), "{wrong:?}: {}", text(&told.stderr));
        assert_eq!(fs::read_dir(dir).unwrap().count(), 1, "{wrong:?}");
    }
    let told = call(dir, &["slurm", "mine.toml", "--out", "a{folder}b{more}"]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let script = fs::read_to_string(dir.join("a{folder}b{more}/slurm/array.sbatch")).unwrap();
    assert!(script.contains("/a{folder}b{more}/slurm/logs/%A_%a.out\"\n"), "{script}");
}

/// A part of a run that was planned with more trials does not make it smaller.
#[test]
fn a_part_does_not_shrink_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    assert!(call(dir, &["slurm", "mine.toml", "--out", "d", "--trials", "90"]).status.success());
    let plan = fs::read(dir.join("d/plan.json")).unwrap();
    let part = ["run", "mine.toml", "--out", "d", "--shard", "3/4"];
    let told = call(dir, &part);
    assert_eq!(told.status.code(), Some(2), "{}", text(&told.stderr));
    assert!(text(&told.stderr).contains("--trials 90"), "{}", text(&told.stderr));
    assert!(fs::read(dir.join("d/plan.json")).unwrap() == plan);
    assert!(call(dir, &[&part[..], &["--trials", "90"]].concat()).status.success());
}

/// Runs whose plan is damaged or gone are said, and not taken for something else.
#[test]
fn runs_without_a_plan_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    for out in ["r/a", "r/b", "r/c"] {
        let told = call(dir, &["run", "mine.toml", "--trials", "3", "--out", out]);
        assert!(told.status.success());
    }
    fs::write(dir.join("r/b/plan.json"), "").unwrap();
    fs::remove_file(dir.join("r/c/plan.json")).unwrap();
    let told = text(&call(dir, &["status", "r"]).stdout);
    assert!(["r/a ", "r/b ", "r/c "].iter().all(|name| told.contains(name)), "{told}");
    for out in ["r/b", "r/c"] {
        let told = call(dir, &["run", "mine.toml", "--trials", "3", "--out", out]);
        assert_eq!(told.status.code(), Some(2));
        let words = text(&told.stderr);
        assert!(words.contains("chunks of a run") && words.contains("--fresh"), "{words}");
    }
}

/// A merge of several runs that is killed when some of its files are there is called again.
#[test]
fn a_pool_that_is_killed_is_called_again() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    for (seed, out) in [("1", "a"), ("2", "b")] {
        let run = ["run", "mine.toml", "--seed", seed, "--trials", "40", "--out", out];
        assert!(call(dir, &run).status.success());
    }
    let merge = ["merge", "a", "b", "--out", "both"];
    let mut halfway = 0;
    for round in 0..60 {
        let _ = fs::remove_dir_all(dir.join("both"));
        let begun = ["both/records.csv", "both/figures/region.svg"][round % 2];
        let mut child =
            noctule(dir, &merge).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while child.try_wait().unwrap().is_none() && !dir.join(begun).exists() {}
        child.kill().unwrap();
        child.wait().unwrap();
        let said = fs::read_to_string(dir.join("both/pooled.json")).unwrap();
        halfway += usize::from(said.contains("unfinished"));
        let told = call(dir, &merge);
        assert_eq!(told.status.code(), Some(0), "{}", text(&told.stderr));
        let said = fs::read_to_string(dir.join("both/pooled.json")).unwrap();
        assert!(!said.contains("unfinished"));
        if halfway == 4 {
            break;
        }
    }
    assert!(halfway > 0, "never killed in time");
    assert!(call(dir, &["merge", "a", "b", "--out", "whole"]).status.success());
    for name in ["records.csv", "summary.csv", "report.html"] {
        let read = |out: &str| fs::read(dir.join(out).join(name)).unwrap();
        assert!(read("both") == read("whole"), "{name}");
    }
}

/// A signal before every command of the script of an element, one after the other: what runs is told,
/// the element is queued again at its time limit alone, and no program is left behind.
#[cfg(unix)]
#[test]
fn a_signal_at_any_moment_stops_an_element_cleanly() {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir);
    assert!(call(dir, &["slurm", "mine.toml", "--out", "d", "--shards", "4"]).status.success());
    // A program that stops cleanly and takes its time, the scheduler, and bash that sends itself a
    // signal before its command number AT.
    for (name, text) in [
        (
            "program",
            "#!/bin/sh\ntrap 'exit 75' USR1 TERM\necho $$ > pid\nfor i in $(seq \"$TENTHS\"); do sleep 0.1; done\n",
        ),
        ("scontrol", "#!/bin/sh\necho \"$@\" >> requeued\n"),
        (
            "signals",
            "trap 'n=$((n + 1)); [ \"$n\" != \"$AT\" ] || kill -$SENT $$; \
             echo \"$BASH_COMMAND\" >> commands' DEBUG\n",
        ),
    ] {
        fs::write(dir.join(name), text).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").unwrap_or_default());
    let element = |sent: &str, at: usize, tenths: &str| {
        for name in ["pid", "requeued", "commands"] {
            let _ = fs::remove_file(dir.join(name));
        }
        let status = Command::new("bash")
            .arg(dir.join("d/slurm/array.sbatch"))
            .current_dir(dir)
            .envs([("AT", at.to_string().as_str()), ("SENT", sent), ("PATH", path.as_str())])
            .env("TENTHS", tenths)
            .envs([("BASH_ENV", dir.join("signals")), ("NOCTULE", dir.join("program"))])
            .envs([("SLURM_ARRAY_JOB_ID", "7"), ("SLURM_ARRAY_TASK_ID", "2")])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap_or_default();
        let alive = || {
            let pid = read("pid");
            let told = Command::new("kill").args(["-0", pid.trim()]).stderr(Stdio::null()).status();
            !pid.is_empty() && told.unwrap().success()
        };
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while alive() {
            assert!(std::time::Instant::now() < until, "{sent} at {at} leaves a program behind");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        (status.code(), read("requeued"), read("commands"))
    };
    let (code, requeued, commands) = element("USR1", usize::MAX, "2");
    assert_eq!((code, requeued.as_str()), (Some(0), ""));
    let commands: Vec<&str> = commands.lines().collect();
    let place = |begin: &str| 1 + commands.iter().position(|line| line.starts_with(begin)).unwrap();
    let last_trap = commands.iter().rposition(|line| line.starts_with("trap")).unwrap() + 1;
    let (started, waited) = (place("\"$noctule\""), place("wait"));
    assert!(last_trap < started && last_trap <= 3, "{commands:?}");
    for at in last_trap + 1..=commands.len() {
        for (sent, again) in [("USR1", "requeue 7_2\n"), ("TERM", "")] {
            // When the program has ended by itself, there is nothing to stop.
            let ended = at > waited;
            let (code, requeued, _) = element(sent, at, if ended { "2" } else { "200" });
            let expected = if ended { (Some(0), "") } else { (Some(75), again) };
            assert_eq!((code, requeued.as_str()), expected, "{sent} before {}", commands[at - 1]);
        }
    }
}
