//! How the command ends.

use std::ffi::OsString;
use std::io::Write as _;

use noctule_lab::LabError;
use noctule_lab::single::SingleError;
use noctule_num::InputError;

use crate::tables;

/// A command that did what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "done is done")]
pub(crate) enum Done {
    /// Done.
    Done,
    /// Done, but nothing could be designed.
    NothingDesigned,
    /// Done, and there is a contradiction: a claim and what its author expects, a document and its
    /// numbers, variables and a requirement of their instance.
    Contradicts,
    /// The independent witness does not confirm the design: numerics.
    Unsound,
    /// Files of a run are damaged.
    Damaged,
    /// Done as far as what is there goes: the rest needs a run.
    Incomplete,
    /// The requirements are proven to be infeasible.
    Infeasible,
    /// Stopped cleanly; running again resumes.
    Resumable,
    /// There is a design, but not the proof that was asked for, with the code of why.
    Unproven(u8),
}

impl Done {
    /// What a shell sees of a command that was stopped: `EX_TEMPFAIL`.
    pub(crate) const RESUMABLE: u8 = 75;

    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NothingDesigned | Self::Unsound => 1,
            Self::Damaged | Self::Incomplete => 3,
            Self::Infeasible => 4,
            Self::Contradicts => 5,
            Self::Resumable => Self::RESUMABLE,
            Self::Unproven(code) => code,
        }
    }
}

/// What clap says: help and versions to stdout, complaints to stderr, or as JSON where that was
/// asked for.
pub(crate) fn usage(error: &clap::Error, arguments: &[OsString]) -> u8 {
    let code = if error.use_stderr() { 2 } else { 0 };
    if !error.use_stderr() || !arguments.iter().any(|argument| argument == "--json") {
        return said(error.print().and_then(|()| std::io::stdout().flush()), code);
    }
    let text = error.to_string();
    let what = text.lines().next().unwrap_or("").trim_start_matches("error: ");
    let line: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let error = InputError::new(what, "command line", line.join(" "), "what `noctule help` shows");
    said(say_json(&serde_json::json!(error)), code)
}

/// The code of a command that has said what it had to say, and one where nobody could be told: on
/// a full disk. A reader that closed the pipe has seen enough.
fn said(result: std::io::Result<()>, code: u8) -> u8 {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => 1,
        _ => code,
    }
}

/// An error as a document, on stdout.
fn say_json(error: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::json!({ "format": "noctule-error/1", "error": error }))?;
    out.flush()
}

/// A command that could not.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The engine refused, or its files are not as they should be.
    Lab(LabError),
    /// A kernel failed on input that had passed every check.
    Numerics(String),
    /// A signal came before there was anything to show.
    Interrupted,
    /// Nobody reads what we write (a closed pipe), or the disk is full.
    Output(std::io::Error),
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        Self::Lab(error)
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::Lab(LabError::Input(error))
    }
}

impl From<SingleError> for Failure {
    fn from(error: SingleError) -> Self {
        match error {
            SingleError::Input(error) => error.into(),
            SingleError::Numerics(text) => Self::Numerics(text),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    fn number(&self) -> u8 {
        match self {
            Self::Lab(error) if error.is_input() => 2,
            Self::Lab(error) if error.is_incomplete() => 3,
            // A reader that closed the pipe has seen enough.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Self::Interrupted => Done::RESUMABLE,
            _ => 1,
        }
    }

    /// What a person could do about it.
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Lab(LabError::Foreign { .. } | LabError::OtherPlan { .. }) => Some(
                "choose another folder with --out, or start over with --fresh, which moves the old results aside",
            ),
            Self::Lab(LabError::Failed { .. }) => {
                Some("without --fail-fast failures are rows of the results, and the run goes on")
            }
            Self::Lab(LabError::Incomplete { .. }) => {
                Some("run again to compute what is missing; damaged chunks are healed")
            }
            Self::Lab(LabError::Conflict { .. }) => Some(
                "two machines disagree in the last bits: use one kind of processor for one run",
            ),
            _ => None,
        }
    }

    /// Say what went wrong; the code of the command.
    pub(crate) fn report(&self, json: bool) -> u8 {
        let text = match self {
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                return self.number();
            }
            Self::Lab(error) => error.to_string(),
            Self::Numerics(text) => text.clone(),
            Self::Interrupted if !json => {
                crate::progress::say("interrupted");
                return self.number();
            }
            Self::Interrupted => "interrupted".to_owned(),
            Self::Output(error) => format!("cannot write the output: {error}"),
        };
        if json {
            let error = match self {
                Self::Lab(LabError::Input(error)) => serde_json::json!(error),
                _ => serde_json::json!({ "what": text, "hint": self.hint() }),
            };
            return said(say_json(&error), self.number());
        }
        let text = fitted(&format!("error: {text}"), width());
        let hint = self.hint().map(|hint| fitted(&format!("hint: {hint}"), width()));
        let hint = hint.map_or_else(String::new, |hint| format!("\n{hint}\n"));
        said(write!(std::io::stderr(), "{text}\n{hint}"), self.number())
    }
}

/// How many characters fit in a line of stderr: what `COLUMNS` says, or the terminal, up to 80 to be
/// read well. A file or another program gets whole lines.
fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let found = || terminal_size::terminal_size_of(std::io::stderr());
    let width = said.or_else(|| found().map(|(width, _)| usize::from(width.0).min(80)));
    width.filter(|width| *width > 0)
}

/// A complaint with its long lines broken; what follows stands below the text, not below its name
/// (`  allowed: `).
fn fitted(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    let line = |line: &str| {
        let labelled = ["  where:   ", "  found:   ", "  allowed: ", "  hint:    "];
        match labelled.iter().find_map(|label| Some((label, line.strip_prefix(label)?))) {
            Some((label, rest)) => {
                format!("{label}{}", tables::hanging(rest, width, label.len()))
            }
            None => tables::hanging(line, width, 2),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_of_a_complaint_are_broken_below_their_text() {
        let error = InputError::new("there is no such key", "a.toml:3:1", "x", "word ".repeat(40));
        let whole = format!("error: {error}");
        assert_eq!(fitted(&whole, None), whole);
        let broken = fitted(&whole, Some(60));
        assert!(broken.lines().all(|line| line.chars().count() <= 60), "{broken}");
        assert!(broken.contains("\n  found:   x\n  allowed: word"), "{broken}");
        assert!(broken.contains("\n           word word"), "{broken}");
        let joined: Vec<&str> = broken.split_whitespace().collect();
        assert_eq!(joined, whole.split_whitespace().collect::<Vec<_>>());
    }
}
