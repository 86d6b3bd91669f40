//! `cargo xtask test`: everything that must hold before a commit, in one command.
//!
//! Nothing is compiled twice. All steps use the `ci` profile and inherit the caller's environment,
//! and all of them select targets in such a way that Cargo unifies the features of development
//! dependencies too: leaving those out in one step would give some dependencies another set of
//! features, and with it a second compilation of everything above them.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{anchors, first_trials, reproduce};

/// The profile of every Cargo step.
const PROFILE: &str = "ci";

type Action = fn(&Path) -> Result<(), String>;

/// The steps in the order in which they run.
const STEPS: &[(&str, Action)] = &[
    ("fmt", fmt),
    ("clippy", clippy),
    ("build", build),
    ("tests", tests),
    ("doctests", doctests),
    ("doc", doc),
    ("experiments", experiments),
    ("python", crate::python::run),
    ("anchors", links),
];

/// Which steps to leave out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    skip: Vec<&'static str>,
}

impl Plan {
    /// Read `--no-<step>` options; anything else is answered with a sentence.
    pub(crate) fn parse(options: &[String]) -> Result<Self, String> {
        let mut plan = Self::default();
        for option in options {
            let step = option
                .strip_prefix("--no-")
                .and_then(|name| STEPS.iter().find(|(step, _)| *step == name));
            match step {
                Some((name, _)) => plan.skip.push(name),
                None => return Err(format!("`test` has no option `{option}`")),
            }
        }
        Ok(plan)
    }
}

/// Run the steps; true when none failed.
pub(crate) fn run(plan: &Plan, root: &Path) -> bool {
    let mut times: Vec<(&str, Option<Duration>)> = Vec::new();
    let mut failure = None;
    for (name, action) in STEPS {
        if plan.skip.contains(name) {
            times.push((name, None));
            continue;
        }
        eprintln!("\nxtask: {name}");
        let begin = Instant::now();
        let outcome = action(root);
        times.push((name, Some(begin.elapsed())));
        if let Err(sentence) = outcome {
            failure = Some((name, sentence));
            break;
        }
    }
    eprintln!("\n{}", table(&times));
    match failure {
        Some((name, sentence)) => {
            eprintln!("xtask: step `{name}` failed: {sentence}");
            false
        }
        None => {
            let left_out = plan.skip.len();
            let note = if left_out > 0 { format!(" ({left_out} left out)") } else { String::new() };
            eprintln!("xtask: all steps passed{note}");
            true
        }
    }
}

/// One line per step and a total.
fn table(times: &[(&str, Option<Duration>)]) -> String {
    let mut lines = String::new();
    let mut total = Duration::ZERO;
    for (name, time) in times {
        let shown = time.map_or_else(|| "left out".to_owned(), seconds);
        total += time.unwrap_or_default();
        lines += &format!("  {name:<12}{shown:>10}\n");
    }
    lines + &format!("  {:<12}{:>10}\n", "total", seconds(total))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn fmt(root: &Path) -> Result<(), String> {
    cargo(root, &["fmt", "--all", "--check"], &[], "some files are not formatted; run `cargo fmt`")
}

fn clippy(root: &Path) -> Result<(), String> {
    // All targets: benches and examples are type-checked here and nowhere else.
    let arguments = [
        &["clippy", "--workspace", "--all-targets", "--profile", PROFILE][..],
        &["--", "-D", "warnings"],
    ]
    .concat();
    cargo(root, &arguments, &[], "the lints found something, see above")
}

pub(crate) fn build(root: &Path) -> Result<(), String> {
    // `--tests` besides `--bins`: builds what the next step runs, and the `noctule` program with
    // the same features. `--lib` for the extension module of Python, which nothing else needs.
    let arguments = ["build", "--workspace", "--profile", PROFILE, "--lib", "--bins", "--tests"];
    cargo(root, &arguments, &[], "the workspace does not build, see above")
}

fn tests(root: &Path) -> Result<(), String> {
    let arguments = ["test", "--workspace", "--profile", PROFILE, "--tests"];
    cargo(root, &arguments, &[], "a unit or integration test failed, see above")
}

fn doctests(root: &Path) -> Result<(), String> {
    let arguments = ["test", "--workspace", "--profile", PROFILE, "--doc"];
    cargo(root, &arguments, &[], "an example in the documentation failed, see above")
}

fn doc(root: &Path) -> Result<(), String> {
    // Libraries and examples: naming the examples lets this step share the checked dependencies
    // with clippy; programs are left out because the program `noctule` and the library `noctule`
    // would be written to the same page.
    let arguments =
        ["doc", "--workspace", "--no-deps", "--profile", PROFILE, "--lib", "--examples"];
    let environment = [("RUSTDOCFLAGS", "-D warnings")];
    cargo(root, &arguments, &environment, "the documentation has warnings, see above")
}

/// Every built-in experiment at the size of its `[ci]` section, compared with what was committed.
fn experiments(root: &Path) -> Result<(), String> {
    let noctule = program()?;
    let ids = list(&noctule, root)?;
    if ids.is_empty() {
        eprintln!("xtask: `noctule list --ids` names no experiment, nothing to run");
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("noctule-xtask-{}", std::process::id()));
    if folder.exists() {
        // Left by an earlier failure under the same process number.
        remove(&folder)?;
    }
    for id in &ids {
        let out = folder.join(id);
        eprintln!("xtask: experiment {id}");
        let arguments: [&OsStr; 5] =
            ["run".as_ref(), "--ci".as_ref(), id.as_ref(), "--out".as_ref(), out.as_os_str()];
        let status = Command::new(&noctule).args(arguments).current_dir(root).status();
        let what = format!("experiment `{id}` (what it wrote is kept in {})", out.display());
        succeeded(status, &what)?;
        let committed = reproduce::results(root, id).join(reproduce::FIRST_TRIALS);
        if let Some(exceptions) = first_trials::compare(&committed, &out.join("records.csv"))? {
            eprintln!("xtask: {id} differs in a few rows from what was committed, {exceptions}");
        }
    }
    remove(&folder)?;
    eprintln!("xtask: {} experiments ran at their ci size as committed", ids.len());
    Ok(())
}

fn remove(folder: &Path) -> Result<(), String> {
    std::fs::remove_dir_all(folder)
        .map_err(|error| format!("cannot remove {}: {error}", folder.display()))
}

fn links(root: &Path) -> Result<(), String> {
    let summary = anchors::check(root)?;
    eprintln!("xtask: {summary}");
    Ok(())
}

/// The `noctule` program of the `build` step: it lies beside the folder of this very program,
/// wherever the target folder is configured to be.
pub(crate) fn program() -> Result<PathBuf, String> {
    let me = std::env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let target = me.parent().and_then(Path::parent).unwrap_or_else(|| Path::new("target"));
    let noctule = target.join(PROFILE).join(format!("noctule{}", std::env::consts::EXE_SUFFIX));
    if noctule.is_file() {
        Ok(noctule)
    } else {
        Err(format!("{} is missing; do not leave out the step `build`", noctule.display()))
    }
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
fn cargo(
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

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_name_steps() {
        assert_eq!(Plan::parse(&[]), Ok(Plan::default()));
        let plan = Plan::parse(&words("--no-fmt --no-experiments")).unwrap();
        assert_eq!(plan.skip, ["fmt", "experiments"]);
        for wrong in ["--no-such", "--fmt", "fmt", "--no-"] {
            let sentence = Plan::parse(&words(wrong)).unwrap_err();
            assert!(sentence.contains(wrong), "{sentence}");
        }
    }

    #[test]
    fn help_names_every_step() {
        for (name, _) in STEPS {
            assert!(crate::HELP.contains(&format!("--no-{name}")), "{name}");
        }
    }

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

    #[test]
    fn the_table_adds_up() {
        let times = [
            ("fmt", Some(Duration::from_millis(500))),
            ("clippy", None),
            ("doc", Some(Duration::from_secs(2))),
        ];
        let shown = table(&times);
        assert!(shown.contains("left out") && shown.contains("2.5 s"), "{shown}");
        assert_eq!(shown.lines().count(), 4);
    }
}
