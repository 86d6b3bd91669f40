//! One file for each verb.

mod against;
mod bench;
mod check;
mod export;
mod list;
mod merge;
mod pages;
mod proof;
mod redraw;
mod run;
mod schema;
mod show;
mod single;
mod slurm;
mod status;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use noctule_lab::builtin::{self, Named};
use noctule_lab::presentation::Presentation;
use noctule_num::InputError;
use serde_json::Value;

use crate::cli::{Cli, Run, Verb};
use crate::exit::{Done, Failure};
use crate::progress::{Spinner, say};

/// Do what was asked.
pub(crate) fn dispatch(cli: Cli) -> Result<Done, Failure> {
    let json = cli.json;
    match cli.verb.unwrap_or_else(|| Verb::Run(Run::default())) {
        Verb::Run(options) => run::run(&options, json),
        Verb::Design(options) => single::design(&options, json),
        Verb::Evaluate(options) => single::evaluate(&options, json),
        Verb::Verify { document, proof: true } => proof::verify(&document, json),
        Verb::Verify { document, .. } => single::verify(&document, json),
        Verb::Bench(options) => bench::run(&options, json),
        Verb::List { ids } => list::run(json, ids),
        Verb::Show(named) => show::run(&named.experiment, json),
        Verb::Check(named) => check::run(&named.experiment, json),
        Verb::Status(status) => status::run(&status, json),
        Verb::Merge(merge) => merge::run(&merge, json),
        Verb::Slurm(options) => slurm::run(&options, json),
        Verb::Export { folder, out } => export::run(&folder, out, json),
        Verb::Redraw { experiment, folder } => redraw::run(&experiment, &folder, json),
        Verb::Completions { shell } => pages::completions(shell),
        Verb::Man { verb } => pages::man(verb.as_deref()),
        Verb::Schema(schema) => schema::run(schema.name.as_deref()),
    }
}

/// What a verb is about while nothing is to be seen yet; `None` for those that are done at once or
/// show their progress themselves.
pub(crate) fn doing(cli: &Cli) -> Option<&'static str> {
    Some(match cli.verb {
        Some(Verb::Design(_)) => "designing",
        Some(Verb::Evaluate(_)) => "evaluating",
        Some(Verb::Verify { .. }) => "verifying",
        Some(Verb::Check(_)) => "checking",
        Some(Verb::Merge(_)) => "merging",
        Some(Verb::Export { .. }) => "writing",
        Some(Verb::Status(_)) => "looking",
        _ => return None,
    })
}

/// A file, if there is one of this name, or a built-in experiment.
pub(crate) fn source(name: &str) -> Result<Named, Failure> {
    Ok(builtin::open(name)?)
}

/// The folder of a run, by its path or by the name of the experiment.
pub(crate) fn folder(given: &Path) -> Result<PathBuf, Failure> {
    let named = Path::new("results").join(given);
    let holds_run = |folder: &PathBuf| folder.join("plan.json").exists();
    [given.to_owned(), named].into_iter().find(holds_run).ok_or_else(|| {
        let what = "there is no run in this folder";
        let allowed = "a folder that `noctule run` has written to, or the name of its experiment";
        InputError::new(what, given.display().to_string(), "no plan.json", allowed).into()
    })
}

/// Data goes to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    Spinner::clear();
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

/// One JSON document.
pub(crate) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}

/// What the system says of the scenarios of a study.
fn say_notes(presentation: &Presentation) {
    const MOST: usize = 8;
    let notes = &presentation.notes;
    notes.iter().take(MOST).for_each(|note| say(&format!("warning: {note}")));
    if notes.len() > MOST {
        say(&format!("warning: {} more of the kind stand in the report", notes.len() - MOST));
    }
}
