//! One file for each verb.

mod bench;
mod check;
mod list;
mod merge;
mod pages;
mod run;
mod schema;
mod show;
mod single;
mod status;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use noctule_lab::LabError;
use noctule_lab::builtin;
use noctule_num::InputError;
use serde_json::Value;

use crate::cli::{Cli, Run, Verb};
use crate::exit::{Done, Failure};

/// Do what was asked.
pub(crate) fn dispatch(cli: Cli) -> Result<Done, Failure> {
    let json = cli.json;
    match cli.verb.unwrap_or_else(|| Verb::Run(Run::default())) {
        Verb::Run(options) => run::run(&options, json),
        Verb::Design(options) => single::design(&options, json),
        Verb::Evaluate(options) => single::evaluate(&options, json),
        Verb::Verify { document } => single::verify(&document, json),
        Verb::Bench(options) => bench::run(&options, json),
        Verb::List { ids } => list::run(json, ids),
        Verb::Show(named) => show::run(&named.experiment, json),
        Verb::Check(named) => check::run(&named.experiment, json),
        Verb::Status(folder) => status::run(&folder.folder, json),
        Verb::Merge(folder) => merge::run(&folder.folder, json),
        Verb::Completions { shell } => pages::completions(shell),
        Verb::Man { verb } => pages::man(verb.as_deref()),
        Verb::Schema(schema) => schema::run(schema.name.as_deref()),
    }
}

/// An experiment file: its text, the name for complaints, the name of the experiment.
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) file: String,
    pub(crate) id: String,
}

/// A file, if there is one of this name, or a built-in experiment.
pub(crate) fn source(name: &str) -> Result<Source, Failure> {
    let path = Path::new(name);
    if !path.is_file() && path.extension().is_none_or(|extension| extension != "toml") {
        let built_in = builtin::find(name)?;
        let file = format!("{}.toml", built_in.id);
        return Ok(Source { text: built_in.text.to_owned(), file, id: built_in.id.to_owned() });
    }
    let bytes = std::fs::read(path)
        .map_err(|source| LabError::Io { action: "read", path: path.to_owned(), source })
        .map_err(|error| {
            InputError::new(
                error.to_string(),
                name,
                "no readable file",
                "the path of an experiment file",
            )
        })?;
    let text = String::from_utf8(bytes).map_err(|_| {
        InputError::new("the file is not text", name, "bytes that are not UTF-8", "a TOML file")
    })?;
    let id = path
        .file_stem()
        .map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Ok(Source { text, file: name.to_owned(), id })
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
