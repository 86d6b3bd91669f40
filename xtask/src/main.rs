//! Development tasks of noctule, started as `cargo xtask <task>`.
//!
//! Plain standard library, so that a fresh clone runs its first check after a second of compiling.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

mod anchors;
mod compare;
mod first_trials;
mod python;
mod reproduce;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Development tasks of noctule

usage: cargo xtask <task> [options]

tasks:
  test      format, lints, tests, doctests, documentation, built-in experiments, Python, links;
            stops at the first failure and says how long each step took
            --no-<step> leaves a step out: --no-fmt, --no-clippy, --no-build, --no-tests,
            --no-doctests, --no-doc, --no-experiments, --no-python, --no-anchors
  reproduce [--first-trials] [id …]
            run the built-in experiments at full size and renew docs/results/; with
            --first-trials only the short runs that `test` compares with
  compare-cvxpy [system … | convex]
            our designs beside CVXPY and SciPy (compare/<system>/compare.py) and the scripts of
            to_cvxpy (compare/convex), tables to docs/compare/; needs Python and the network for
            its first run
  notebooks run examples/*.ipynb with the wheel of this build and keep their outputs
  anchors   errata anchors cited anywhere exist, and relative links in Markdown resolve
  help      this text

exit codes: 0 passed, 1 a step failed, 2 unknown task or option";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((task, options)) = arguments.split_first() else {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    };
    match task.as_str() {
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        "test" => match test::Plan::parse(options) {
            Ok(plan) if test::run(&plan, &root()) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(sentence) => misuse(&sentence),
        },
        "reproduce" => match reproduce::run(options, &root()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(sentence) => {
                eprintln!("xtask: {sentence}");
                ExitCode::FAILURE
            }
        },
        "compare-cvxpy" => match compare::run(options, &root()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(sentence) => {
                eprintln!("xtask: {sentence}");
                ExitCode::FAILURE
            }
        },
        "notebooks" if options.is_empty() => match python::notebooks(&root()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(sentence) => {
                eprintln!("xtask: {sentence}");
                ExitCode::FAILURE
            }
        },
        "notebooks" => misuse(&format!("`notebooks` takes no options, found `{}`", options[0])),
        "anchors" if options.is_empty() => match anchors::check(&root()) {
            Ok(summary) => {
                eprintln!("xtask: {summary}");
                ExitCode::SUCCESS
            }
            Err(sentence) => {
                eprintln!("xtask: {sentence}");
                ExitCode::FAILURE
            }
        },
        "anchors" => misuse(&format!("`anchors` takes no options, found `{}`", options[0])),
        unknown => misuse(&format!("there is no task `{unknown}`")),
    }
}

fn misuse(sentence: &str) -> ExitCode {
    eprintln!("xtask: {sentence}; `cargo xtask help` lists tasks and options");
    ExitCode::from(2)
}

/// The root of the repository.
///
/// Cargo tells where the package lies at run time; the path known at compile time would be stale
/// when two clones share a target folder.
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().map_or_else(|| package.clone(), Path::to_path_buf)
}
