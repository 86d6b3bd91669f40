//! The `noctule` command: verbs over the experiment engine. No mathematics happens here.
//!
//! Data goes to stdout, prose and progress to stderr, so that every verb can be piped. `--json`
//! replaces tables and messages by one JSON document.

mod attend;
mod cli;
mod exit;
mod help;
mod progress;
mod signals;
mod tables;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let json = cli.json;
    attend::attend(verbs::doing(&cli), json, || verbs::dispatch(cli))
}
