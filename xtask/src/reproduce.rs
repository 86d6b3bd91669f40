//! `cargo xtask reproduce`: the full-size results that documents show.
//!
//! Nothing under `docs/results/` is written by hand: this task runs every built-in experiment at
//! its full size and copies what documents need. Full records stay out: anybody can compute them
//! again, and the manifest says from what. The records of the short run of the experiment's `[ci]`
//! section are kept, so that `cargo xtask test` can compare.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// What is kept of a run, besides its figures.
const KEPT: [&str; 3] = ["summary.csv", "claims.json", "manifest.json"];

/// The records of the short run, beside the results.
pub(crate) const FIRST_TRIALS: &str = "first-trials.csv";

/// Where the results of an experiment are kept.
pub(crate) fn results(root: &Path, id: &str) -> PathBuf {
    root.join("docs").join("results").join(id)
}

/// Run the experiments of these ids, or all of them, and renew their results.
pub(crate) fn run(options: &[String], root: &Path) -> Result<(), String> {
    let short = options.iter().any(|option| option == "--first-trials");
    let ids: Vec<String> =
        options.iter().filter(|option| *option != "--first-trials").cloned().collect();
    tools::build(root)?;
    let noctule = tools::program()?;
    let known = tools::list(&noctule, root)?;
    if let Some(unknown) = ids.iter().find(|id| !known.contains(id)) {
        return Err(format!("there is no experiment `{unknown}`; there are {}", known.join(", ")));
    }
    let wanted = if ids.is_empty() { &known } else { &ids };
    for id in wanted {
        let kept = results(root, id);
        let folder = root.join("target").join("reproduce");
        if !short {
            let out = folder.join(id);
            eprintln!("xtask: experiment {id}, full size");
            start(&noctule, root, id, &[], &out)?;
            keep(&out, &kept)?;
        }
        let out = folder.join("first-trials").join(id);
        eprintln!("xtask: experiment {id}, first trials");
        start(&noctule, root, id, &["--ci"], &out)?;
        let (from, to) = (out.join("records.csv"), kept.join(FIRST_TRIALS));
        fs::create_dir_all(&kept)
            .map_err(|error| format!("cannot write {}: {error}", to.display()))?;
        copy(&from, &to)?;
    }
    Ok(())
}

fn start(
    noctule: &Path,
    root: &Path,
    id: &str,
    options: &[&str],
    out: &Path,
) -> Result<(), String> {
    // A folder of this task under `target/`: another build would not continue in it.
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
