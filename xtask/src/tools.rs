//! What several tasks start: Cargo, the program of the build, and the list of its experiments.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The profile of every Cargo step.
pub(crate) const PROFILE: &str = "ci";

/// Everything that tests, experiments and the wheel run.
pub(crate) fn build(root: &Path) -> Result<(), String> {
    // `--tests` besides `--bins`: builds what the next step runs, and the `noctule` program with
    // the same features. `--lib` for the extension module of Python, which nothing else needs.
    let arguments = ["build", "--workspace", "--profile", PROFILE, "--lib", "--bins", "--tests"];
    cargo(root, &arguments, &[], "the workspace does not build, see above")
}

/// The programs alone, for tasks that run no tests.
pub(crate) fn build_programs(root: &Path) -> Result<(), String> {
    let arguments = ["build", "--workspace", "--profile", PROFILE, "--lib", "--bins"];
    cargo(root, &arguments, &[], "the workspace does not build, see above")
}

/// The `noctule` program of the `build` step.
pub(crate) fn program() -> Result<PathBuf, String> {
    beside("noctule")
}

/// A program of the `build` step: it lies beside the folder of this very program, wherever the
/// target folder is configured to be.
pub(crate) fn beside(name: &str) -> Result<PathBuf, String> {
    beside_in(PROFILE, name)
}

/// The same of another profile.
pub(crate) fn beside_in(profile: &str, name: &str) -> Result<PathBuf, String> {
    let me = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let target = me.parent().and_then(Path::parent).unwrap_or_else(|| Path::new("target"));
    let program = target.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!("{} is missing; do not leave out the step `build`", program.display()))
    }
}

/// Where the results of an experiment are kept.
pub(crate) fn results(root: &Path, id: &str) -> PathBuf {
    root.join("docs").join("results").join(id)
}

/// The ids of the built-in experiments.
pub(crate) fn list(noctule: &Path, root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new(noctule)
        .args(["list", "--ids"])
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output();
    let output = output.map_err(|error| format!("cannot start {}: {error}", noctule.display()))?;
    succeeded(Ok(output.status), "`noctule list --ids`")?;
    let text = String::from_utf8(output.stdout)
        .map_err(|_| "`noctule list --ids` printed something that is not UTF-8".to_owned())?;
    parse_ids(&text)
}

/// One id per line; blank lines do not count.
///
/// An id becomes an argument and a folder, so anything else than names joined by `/` is refused,
/// and so is a repetition; a name has lower-case letters, digits, `-`, `_` and `.`, and begins with
/// a letter or digit.
fn parse_ids(text: &str) -> Result<Vec<String>, String> {
    let mut ids: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let name = |part: &str| {
            part.starts_with(letter) && part.chars().all(|c| letter(c) || "-_.".contains(c))
        };
        if !line.split('/').all(name) {
            return Err(format!("`noctule list --ids` printed `{line}`, which is not an id"));
        }
        if ids.iter().any(|id| id == line) {
            return Err(format!("`noctule list --ids` printed `{line}` twice"));
        }
        ids.push(line.to_owned());
    }
    Ok(ids)
}

/// Run Cargo with its output going straight to the terminal.
pub(crate) fn cargo(
    root: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    sentence: &str,
) -> Result<(), String> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    eprintln!("xtask: cargo {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root)
        .status();
    succeeded(status, &format!("cargo {}", arguments[0]))
        .map_err(|error| format!("{sentence} ({error})"))
}

pub(crate) fn succeeded(
    status: std::io::Result<std::process::ExitStatus>,
    what: &str,
) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} ended with {status}")),
        Err(error) => Err(format!("{what} could not be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_one_per_line() {
        assert_eq!(parse_ids("").unwrap(), [""; 0]);
        let ids = parse_ids("beamforming/region\n\n  frame.fig_3 \r\n").unwrap();
        assert_eq!(ids, ["beamforming/region", "frame.fig_3"]);
    }

    #[test]
    fn strange_ids_are_refused() {
        for wrong in ["two words", "--out", "../up", "a/../b", "Upper", "/a", "a/", ".hidden"] {
            let sentence = parse_ids(&format!("good\n{wrong}\n")).unwrap_err();
            assert!(sentence.contains(wrong), "{sentence}");
        }
        assert!(parse_ids("a\nb\na\n").unwrap_err().contains("`a` twice"));
    }
}
