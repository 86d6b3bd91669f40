//! The program `noctule`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(noctule_cli::command(None, std::env::args_os().skip(1).collect()))
}
