//! `cargo xtask test`: everything that must hold before a commit, in one command.
//!
//! Nothing is compiled twice. All steps use the `ci` profile and inherit the caller's environment,
//! and all of them select targets in such a way that Cargo unifies the features of development
//! dependencies too: leaving those out in one step would give some dependencies another set of
//! features, and with it a second compilation of everything above them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::tools::{PROFILE, build, cargo, list, program, results, succeeded};
use crate::{anchors, first_trials, structure};

type Action = fn(&Path) -> Result<(), String>;

/// The steps in the order in which they run.
const STEPS: &[(&str, Action)] = &[
    ("fmt", fmt),
    ("structure", structure::check),
    ("clippy", clippy),
    ("build", build),
    ("tests", tests),
    ("doctests", doctests),
    ("doc", doc),
    ("counts", crate::bench::check),
    ("experiments", experiments),
    ("python", crate::python::run),
    ("anchors", anchors::run),
    ("site", crate::site::step),
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
        let committed = results(root, id).join(first_trials::FIRST_TRIALS);
        if let Some(note) = first_trials::compare(&committed, &out.join("records.csv"))? {
            eprintln!("xtask: {id} is not quite what was committed: {note}");
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
