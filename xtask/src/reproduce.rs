//! `cargo xtask reproduce`: the full-size results that documents show.
//!
//! Nothing under `docs/results/` is written by hand: this task runs every built-in experiment at
//! its full size and copies what documents need. Records stay out: anybody can compute them again,
//! and the manifest says from what.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::test;

/// What is kept of a run, besides its figures.
const KEPT: [&str; 3] = ["summary.csv", "claims.json", "manifest.json"];

/// Run the experiments of these ids, or all of them, and renew their results.
pub(crate) fn run(ids: &[String], root: &Path) -> Result<(), String> {
    test::build(root)?;
    let noctule = test::program()?;
    let known = test::list(&noctule, root)?;
    if let Some(unknown) = ids.iter().find(|id| !known.contains(id)) {
        return Err(format!("there is no experiment `{unknown}`; there are {}", known.join(", ")));
    }
    let wanted = if ids.is_empty() { &known[..] } else { ids };
    for id in wanted {
        let out = root.join("target").join("reproduce").join(id);
        eprintln!("xtask: experiment {id}, full size");
        let status = Command::new(&noctule)
            .args(["run", id, "--fresh", "--out"])
            .arg(&out)
            .current_dir(root)
            .status();
        test::succeeded(status, &format!("experiment `{id}`"))?;
        keep(&out, &root.join("docs").join("results").join(id))?;
    }
    Ok(())
}

/// Copy what documents need, replacing what was there.
fn keep(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |what: &Path| {
        let what = what.display().to_string();
        move |error: std::io::Error| format!("cannot copy to or from {what}: {error}")
    };
    if to.exists() {
        fs::remove_dir_all(to).map_err(wrong(to))?;
    }
    fs::create_dir_all(to).map_err(wrong(to))?;
    for name in KEPT {
        fs::copy(from.join(name), to.join(name)).map_err(wrong(&from.join(name)))?;
    }
    let figures = from.join("figures");
    for entry in fs::read_dir(&figures).map_err(wrong(&figures))? {
        let path = entry.map_err(wrong(&figures))?.path();
        let svg = path.extension().is_some_and(|ending| ending == "svg");
        if let (true, Some(name)) = (svg, path.file_name()) {
            fs::copy(&path, to.join(name)).map_err(wrong(&path))?;
        }
    }
    Ok(())
}
