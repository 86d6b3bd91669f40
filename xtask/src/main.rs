//! Development tasks of noctule, started as `cargo xtask <task>`.
//!
//! Plain standard library, so that a fresh clone runs its first check after a second of compiling.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people")]

mod anchors;
mod bench;
mod compare;
mod dist;
mod features;
mod first_trials;
mod generate;
mod msrv;
mod python;
mod reproduce;
mod sampled;
mod site;
mod structure;
mod test;
mod tools;
mod validate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Development tasks of noctule

usage: cargo xtask <task> [options]

tasks:
  test      format, structure, lints, tests, doctests, documentation, experiments, Python, links, site;
            stops at the first failure and says how long each step took
            --no-<step> leaves a step out: --no-fmt, --no-structure, --no-clippy, --no-build,
            --no-tests, --no-doctests, --no-doc, --no-counts, --no-experiments, --no-python,
            --no-anchors, --no-site
  reproduce [--first-trials | --sample | --check] [id …]
            run the built-in experiments at full size and renew docs/results/; with
            --first-trials only the short runs that `test` compares with, with --sample only the
            sampled rows of the full runs; --check computes these again and compares: some minutes
  reproduce --redraw [id …]
            draw the committed figures and judge the committed claims again from the tables that are
            there, renew manifests and docs/claims.md, in seconds; says what needs a run instead
  reproduce --cards
            renew docs/claims.md from the committed verdicts
  bench [--check | --counts]
            write the table of docs/performance.md: evaluations, instructions (where valgrind is) and
            time of kernels of every system, some minutes; --check compares the counts alone, as `test`
            does, --counts renews them alone
  compare [system … | convex]
            our designs beside CVXPY, SciPy and pymanopt (compare/<system>/compare.py) and the scripts of
            to_cvxpy (compare/convex), tables to docs/compare/; needs Python and the network for
            its first run
  validate [--effort N] [word …]
            the attack campaigns (tests named campaign_…) at 20 times, or N times, their size in
            `test`: about ten minutes; words choose among them
  generate  write again what is written from the sources: the modules of Python, generated pages of
            docs/, snapshots of what the command line says; needs Python as `test` does
  features  the library compiles with none of its features, each, and all; its tree stays small
  structure [--check]
            function lengths, long files, circles of imports, lines outside each system's folder;
            with --check it fails where a limit is passed
  msrv      type-check with the oldest Rust that Cargo.toml promises, where rustup has it
  site [--test]
            documentation, gallery and explorer as one static folder, target/site, every link checked;
            the explorer needs `rustup target add wasm32-unknown-unknown`. --test compares its numbers
            with those of the command line (needs node) and opens pages in a browser without a window
            (needs chromium), and says what is missing
  dist [--cross] [--check]
            what a release hands out, in target/dist-files: wheel, sources, static program with manual
            pages and completions, Debian package, bill of materials, digests; then the wheel is
            installed where no Rust is, and draws a figure. With --cross for all targets that rustup
            has here; --check looks at what is there. Needs Python and the network for its tools
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
    let none = |run: fn(&Path) -> Result<(), String>| match options.first() {
        None => run(&root()),
        Some(option) => Err(format!("`{task}` takes no options, found `{option}`")),
    };
    let outcome = match task.as_str() {
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        "test" => match test::Plan::parse(options) {
            Ok(plan) if test::run(&plan, &root()) => Ok(()),
            Ok(_) => return ExitCode::FAILURE,
            Err(sentence) => return misuse(&sentence),
        },
        "site" => site::run(options, &root()),
        "dist" => dist::run(options, &root()),
        "reproduce" => reproduce::run(options, &root()),
        "compare" => compare::run(options, &root()),
        "bench" => bench::run(options, &root()),
        "validate" => validate::run(options, &root()),
        "features" => none(features::run),
        "generate" => none(generate::run),
        "structure" => structure::run(options, &root()),
        "msrv" => none(msrv::run),
        "notebooks" => none(python::notebooks),
        "anchors" => none(anchors::run),
        unknown => return misuse(&format!("there is no task `{unknown}`")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
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
