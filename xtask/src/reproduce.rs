//! `cargo xtask reproduce`: the full-size results that documents show.
//!
//! Nothing under `docs/results/` is written by hand: this task runs every built-in experiment at
//! its full size and copies what documents need. Full records stay out: anybody can compute them
//! again, and the manifest says from what. The records of the short run of the experiment's `[ci]`
//! section are kept, so that `cargo xtask test` can compare, and a few rows of the full run, which
//! `--check` computes again.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::first_trials::FIRST_TRIALS;
use crate::{sampled, tools};

/// What is kept of a run, besides its figures.
const KEPT: [&str; 3] = ["summary.csv", "claims.json", "manifest.json"];

/// How a run ends whose claims come out otherwise than expected.
const CONTRADICTED: i32 = 5;

/// What is renewed, or checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Full,
    FirstTrials,
    Sample,
    Check,
    Redraw,
}

/// Run the experiments of these ids, or all of them, and renew their results, or what an option says.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    if options.iter().any(|option| option == "--cards") {
        return cards(root);
    }
    let (flags, ids): (Vec<&String>, Vec<&String>) =
        options.iter().partition(|option| option.starts_with('-'));
    let task = match flags[..] {
        [] => Task::Full,
        [flag] if flag == "--first-trials" => Task::FirstTrials,
        [flag] if flag == "--sample" => Task::Sample,
        [flag] if flag == "--check" => Task::Check,
        [flag] if flag == "--redraw" => Task::Redraw,
        _ => return Err("one of --first-trials, --sample, --check, --redraw or --cards".to_owned()),
    };
    tools::build_programs(root)?;
    let noctule = tools::program()?;
    let known = tools::list(&noctule, root)?;
    if let Some(unknown) = ids.iter().find(|id| !known.contains(id)) {
        return Err(format!("there is no experiment `{unknown}`; there are {}", known.join(", ")));
    }
    let wanted = if ids.is_empty() { known.iter().collect() } else { ids };
    if task == Task::Redraw {
        return redraw(&noctule, root, &wanted);
    }
    for id in &wanted {
        one(task, id, &noctule, root)?;
    }
    if task == Task::Check {
        eprintln!("xtask: sampled rows of {} experiments are as committed", wanted.len());
    }
    Ok(())
}

/// Draw the figures of these experiments again from the tables that are kept, judge their claims by the
/// numbers that are, and write the page of claims. All are tried; those that cannot be drawn or judged,
/// because their experiment has changed since, are named at the end.
fn redraw(noctule: &Path, root: &Path, ids: &[&String]) -> Result<(), String> {
    let mut undrawn = Vec::new();
    for id in ids.iter().filter(|id| tools::results(root, id).join("summary.csv").is_file()) {
        let status = Command::new(noctule)
            .args(["redraw", id])
            .arg(tools::results(root, id))
            .current_dir(root)
            .stdout(std::process::Stdio::null())
            .status();
        if tools::succeeded(status, "redraw").is_err() {
            undrawn.push(id.as_str());
        }
    }
    match undrawn.as_slice() {
        [] => cards(root),
        ids => Err(format!(
            "not drawn or not judged as expected; what they lack needs a run at full size: {}",
            ids.join(", ")
        )),
    }
}

/// The page of claims, from what is committed.
fn cards(root: &Path) -> Result<(), String> {
    let arguments = ["test", "--workspace", "--profile", tools::PROFILE, "--test", "cards"];
    let environment = [("NOCTULE_WRITE_DOCS", "1")];
    tools::cargo(root, &arguments, &environment, "docs/claims.md was not written")
}

fn one(task: Task, id: &str, noctule: &Path, root: &Path) -> Result<(), String> {
    if matches!(task, Task::Sample | Task::Check) {
        eprintln!("xtask: experiment {id}, sampled rows");
        return sampled::again(id, noctule, root, task == Task::Sample);
    }
    let folder = root.join("target").join("reproduce");
    let kept = tools::results(root, id);
    let out = folder.join("first-trials").join(id);
    eprintln!("xtask: experiment {id}, first trials");
    start(noctule, root, id, &["--ci"], &out)?;
    fs::create_dir_all(&kept)
        .map_err(|error| format!("cannot write {}: {error}", kept.display()))?;
    copy(&out.join("records.csv"), &kept.join(FIRST_TRIALS))?;
    if task == Task::Full {
        let out = folder.join(id);
        eprintln!("xtask: experiment {id}, full size");
        resume(noctule, root, id, &out)?;
        keep(&out, &kept)?;
        sampled::keep(id, &out, root)?;
    }
    Ok(())
}

/// A short run, from the beginning.
fn start(
    noctule: &Path,
    root: &Path,
    id: &str,
    options: &[&str],
    out: &Path,
) -> Result<(), String> {
    if out.exists() {
        fs::remove_dir_all(out)
            .map_err(|error| format!("cannot remove {}: {error}", out.display()))?;
    }
    let status = Command::new(noctule)
        .args(["run", id])
        .args(options)
        .arg("--out")
        .arg(out)
        .current_dir(root)
        .status();
    tools::succeeded(status, &format!("experiment `{id}`"))
}

/// A full run: what an interrupted one of the same build has left is continued, all else begun anew.
fn resume(noctule: &Path, root: &Path, id: &str, out: &Path) -> Result<(), String> {
    let mut command = Command::new(noctule);
    command.args(["run", id, "--out"]).arg(out).current_dir(root);
    if !out.exists() {
        return start(noctule, root, id, &[], out);
    }
    let status = command.status().map_err(|error| format!("cannot start noctule: {error}"))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(CONTRADICTED) => Err(format!("experiment `{id}`: a claim is against what it expects")),
        _ => start(noctule, root, id, &[], out),
    }
}

/// Copy a file: whole or not at all.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let temporary = to.with_extension("tmp");
    let copied = fs::copy(from, &temporary).and_then(|_| fs::rename(&temporary, to));
    copied.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        format!("cannot copy {} to {}: {error}", from.display(), to.display())
    })
}

/// Copy what documents need, replacing what was there; figures that the manifest there names and the
/// new one does not are removed, and nothing else is.
fn keep(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |what: &Path| {
        let what = what.display().to_string();
        move |error: std::io::Error| format!("cannot copy to or from {what}: {error}")
    };
    fs::create_dir_all(to).map_err(wrong(to))?;
    let [old, new] = [to, from].map(|dir| fs::read_to_string(dir.join("manifest.json")));
    let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
    for entry in fs::read_dir(to).map_err(wrong(to))? {
        let path = entry.map_err(wrong(to))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let listed = |manifest: &str| {
            name.as_ref().is_some_and(|name| manifest.contains(&format!("\"figures/{name}\"")))
        };
        if listed(&old) && !listed(&new) {
            fs::remove_file(&path).map_err(wrong(&path))?;
        }
    }
    for name in KEPT {
        copy(&from.join(name), &to.join(name))?;
    }
    let figures = from.join("figures");
    for entry in fs::read_dir(&figures).map_err(wrong(&figures))? {
        let path = entry.map_err(wrong(&figures))?.path();
        let svg = path.extension().is_some_and(|ending| ending == "svg");
        if let (true, Some(name)) = (svg, path.file_name()) {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}
