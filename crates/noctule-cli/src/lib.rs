//! The `noctule` command: verbs over the experiment engine. No mathematics happens here.
//!
//! Data goes to stdout, prose and progress to stderr, so that every verb can be piped. `--json`
//! replaces tables and messages by one JSON document. A library beside the program, because the Python
//! package brings the same command.

mod attend;
mod cli;
mod exit;
mod help;
mod progress;
mod signals;
mod tables;
mod verbs;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use clap::Parser as _;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// What scripts are to call: the program that was named, or this process.
fn program() -> std::io::Result<PathBuf> {
    PROGRAM.get().map_or_else(std::env::current_exe, std::path::absolute)
}

/// Do what `arguments` ask for (without the name of the program) and tell the exit code.
///
/// `program` is how this command is started again, for the scripts that `noctule slurm` writes; `None` for the
/// executable of this process. It listens to signals of the process, and is called once in it.
pub fn command(program: Option<PathBuf>, arguments: Vec<OsString>) -> u8 {
    if let Some(program) = program {
        let _ = PROGRAM.set(program);
    }
    let line = [OsString::from("noctule")].into_iter().chain(arguments.iter().cloned());
    let code = match cli::Cli::try_parse_from(line) {
        Err(error) => exit::usage(&error, &arguments),
        Ok(cli) => {
            let json = cli.json;
            attend::attend(verbs::doing(&cli), json, || verbs::dispatch(cli))
        }
    };
    // A host that is not Rust would not do it at its end.
    let _ = std::io::stdout().flush();
    code
}
