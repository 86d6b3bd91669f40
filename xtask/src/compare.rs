//! `cargo xtask compare`: our designs beside general-purpose solvers.
//!
//! Runs `compare/<name>/compare.py` for those named, or all, in a Python environment of its own under
//! `target/`, with the versions of `compare/requirements.txt` and the wheel of this build. Each writes
//! `docs/compare/<name>.md`: one for every system, and `convex`, which runs the scripts that
//! `instance.to_cvxpy()` writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{python, tools};

/// Run these comparisons, or all that have a script.
pub(crate) fn run(systems: &[String], root: &Path) -> Result<(), String> {
    let known = scripts(root)?;
    if let Some(unknown) = systems.iter().find(|system| !known.contains(system)) {
        return Err(format!(
            "there is no compare/{unknown}/compare.py; there is {}",
            known.join(", ")
        ));
    }
    tools::build(root)?;
    let noctule = tools::program()?;
    let python = environment(root)?;
    let folder = root.join("target").join("compare-wheel");
    python::install(root, &python, &noctule, &folder)?;
    let wanted = if systems.is_empty() { &known[..] } else { systems };
    let tables = root.join("docs").join("compare");
    fs::create_dir_all(&tables).map_err(|error| format!("{}: {error}", tables.display()))?;
    for system in wanted {
        eprintln!("xtask: comparing {system}");
        let status = Command::new(&python)
            .arg(root.join("compare").join(system).join("compare.py"))
            .arg("--noctule")
            .arg(&noctule)
            .arg("--out")
            .arg(tables.join(format!("{system}.md")))
            .env_remove("PYTHONPATH")
            .current_dir(root)
            .status();
        tools::succeeded(status, &format!("compare/{system}/compare.py"))?;
    }
    Ok(())
}

/// The systems with a script, by name.
fn scripts(root: &Path) -> Result<Vec<String>, String> {
    let folder = root.join("compare");
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("compare.py").is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

/// The Python of an environment with the pinned packages.
fn environment(root: &Path) -> Result<PathBuf, String> {
    let folder = root.join("target").join("compare-venv");
    let bin = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = bin.join(format!("python{}", std::env::consts::EXE_SUFFIX));
    if !python.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        let status = Command::new(system).args(["-m", "venv"]).arg(&folder).status();
        tools::succeeded(status, "making a Python environment")?;
    }
    let status = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(root.join("compare").join("requirements.txt"))
        .status();
    tools::succeeded(status, "installing compare/requirements.txt")?;
    Ok(python)
}
