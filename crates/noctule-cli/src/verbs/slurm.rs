//! `noctule slurm`: a run prepared for a cluster with Slurm.
//!
//! Nothing is submitted and nothing of Slurm is needed here: the scripts are text, made to be read
//! and changed. What they rely on: elements find the plan in the folder of the run, the numbering
//! of the array lies beside it, and every chunk is published once.

use std::path::Path;

use noctule_lab::builtin::Named;
use noctule_lab::experiment::Changes;
use noctule_lab::run::{Numbering, Store};
use noctule_lab::{LabError, Request, Study, files, systems};
use noctule_num::InputError;
use serde_json::json;

use super::run::{decided, folder_of_a_run};
use super::{print, print_json, source};
use crate::cli::Slurm;
use crate::exit::{Done, Failure};

const ARRAY: &str = include_str!("slurm/array.sbatch");
const MERGE: &str = include_str!("slurm/merge.sbatch");
const SUBMIT: &str = include_str!("slurm/submit.sh");

pub(crate) fn run(options: &Slurm, as_json: bool) -> Result<Done, Failure> {
    check_time(&options.time)?;
    options.sbatch.iter().try_for_each(|option| check_option(option))?;
    let (store, name) = prepared(options)?;
    if store.plan().precision.is_some() {
        let what = "an experiment that stops at a precision cannot be split";
        let allowed = "an experiment without [precision]";
        return Err(InputError::new(what, "experiment", name, allowed).into());
    }
    let dir = std::path::absolute(store.dir())?;
    let folder = dir.join("slurm");
    check_path(&folder)?;
    let logs = folder.join("logs");
    let failed = |source| LabError::Io { action: "create", path: logs.clone(), source };
    std::fs::create_dir_all(&logs).map_err(failed)?;
    Numbering::from_zero(options.shards).keep(&dir)?;
    let text = |template: &str| filled(template, options, &dir, &name);
    for (file, template) in
        [("array.sbatch", ARRAY), ("merge.sbatch", MERGE), ("submit.sh", SUBMIT)]
    {
        files::write(&folder.join(file), text(template)?.as_bytes())?;
    }
    let submit = folder.join("submit.sh");
    if as_json {
        print_json(&json!({
            "format": "noctule-slurm/1",
            "folder": dir,
            "plan": store.hash(),
            "chunks": store.plan().chunks(),
            "shards": options.shards,
            "submit": submit,
        }))?;
        return Ok(Done::Done);
    }
    print(&format!(
        "{name}: {} chunks in {} parts\n{}\nsubmit both jobs, now and after any accident:\n  bash {}",
        store.plan().chunks(),
        options.shards,
        folder.display(),
        quoted(&submit)?,
    ))?;
    Ok(Done::Done)
}

/// The folder of the run with its plan, and the name of the experiment.
fn prepared(options: &Slurm) -> Result<(Store, String), Failure> {
    let registry = systems::registry();
    if let Some(dir) = folder_of_a_run(&options.experiment) {
        let given = [
            ("--trials", options.trials.is_some()),
            ("--seed", options.seed.is_some()),
            ("--ci", options.ci),
            ("--out", options.out.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
            return Err(decided(option));
        }
        let (study, store) = Study::resume(&dir, &registry)?;
        return Ok((store, study.presentation.experiment));
    }
    let named: Named = source(&options.experiment)?;
    let request = Request {
        changes: Changes { trials: options.trials, seed: options.seed, ci: options.ci },
        out: options.out.clone(),
        ..Request::default()
    };
    let opened = Study::open(&named, request, &registry)?;
    let store = opened.store(|_| ())?;
    Ok((store, opened.study.presentation.experiment.clone()))
}

/// A script with its words filled in.
fn filled(template: &str, options: &Slurm, dir: &Path, name: &str) -> Result<String, Failure> {
    let program = std::env::current_exe()?;
    let at_once = options.at_once.map_or_else(String::new, |count| format!("%{count}"));
    let more: Vec<String> =
        options.sbatch.iter().map(|option| format!("#SBATCH {option}\n")).collect();
    let word = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let job: String = name.chars().map(word).collect();
    let mut text = template.to_owned();
    for (key, value) in [
        ("{version}", noctule_lab::run::build::version().to_owned()),
        ("{job}", job),
        ("{array}", format!("0-{}{at_once}", options.shards - 1)),
        ("{cores}", options.cores.to_string()),
        ("{time}", options.time.clone()),
        ("#SBATCH {more}\n", more.concat()),
        ("{logs}", dir.join("slurm").join("logs").display().to_string()),
        ("{program}", quoted(&program)?),
        ("{folder}", quoted(dir)?),
        ("{scripts}", quoted(&dir.join("slurm"))?),
    ] {
        text = text.replace(key, &value);
    }
    Ok(text)
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().ok_or_else(|| unusable(path, "bytes that are no text"))?;
    Ok(format!("'{}'", text.replace('\'', "'\\''")))
}

fn unusable(path: &Path, found: &str) -> Failure {
    let what = "scripts of Slurm cannot name this folder";
    let allowed = "a path without quotes, percent signs, backslashes and line breaks";
    InputError::new(what, path.display().to_string(), found, allowed).into()
}

/// sbatch reads the name of the log by itself, and knows no quotes inside of quotes.
fn check_path(folder: &Path) -> Result<(), Failure> {
    let text = folder.to_str().ok_or_else(|| unusable(folder, "bytes that are no text"))?;
    let wrong = |c: &char| c.is_control() || ['"', '%', '\\'].contains(c);
    match text.chars().find(wrong) {
        None => Ok(()),
        Some(found) => Err(unusable(folder, &format!("{found:?}"))),
    }
}

/// What `--time` of sbatch takes, with at least minutes and seconds: the script stops itself a
/// minute before.
fn check_time(text: &str) -> Result<(), InputError> {
    let (days, clock) = text.split_once('-').unwrap_or(("0", text));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = clock.split(':').collect();
    if digits(days) && parts.len() == 3 && parts.iter().all(|part| digits(part)) {
        return Ok(());
    }
    let allowed = "[days-]hours:minutes:seconds, such as 04:00:00 or 2-00:00:00";
    Err(InputError::new("this is not a time limit", "--time", text, allowed))
}

fn check_option(text: &str) -> Result<(), InputError> {
    if text.starts_with("--") && text.len() > 2 && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let allowed = "one option of sbatch, such as --partition=long";
    Err(InputError::new("this is not an option", "--sbatch", text, allowed))
}
