//! `noctule slurm`: a run prepared for a cluster with Slurm.
//!
//! Nothing is submitted and nothing of Slurm is needed here: the scripts are text, made to be read
//! and changed. What they rely on: elements find the plan in the folder of the run, the numbering
//! of the array lies beside it, and every chunk is published once.

use std::path::Path;

use noctule_lab::builtin::Named;
use noctule_lab::experiment::Changes;
use noctule_lab::plan::Plan;
use noctule_lab::run::{Numbering, Store};
use noctule_lab::{LabError, Request, Study, systems};
use noctule_num::InputError;
use serde_json::json;

use super::run::{decided, folder_of_a_run};
use super::{print, print_json, source};
use crate::cli::Slurm;
use crate::exit::{Done, Failure};
use crate::progress::say;
use scripts::{Settings, Written};

const ARRAY: &str = include_str!("slurm/array.sbatch");
const MERGE: &str = include_str!("slurm/merge.sbatch");
const SUBMIT: &str = include_str!("slurm/submit.sh");

mod scripts;

pub(crate) fn run(options: &Slurm, as_json: bool) -> Result<Done, Failure> {
    let Prepared { store, name, settings, before } = prepared(options)?;
    let dir = std::path::absolute(store.dir())?;
    let folder = dir.join("slurm");
    let logs = folder.join("logs");
    let failed = |source| LabError::Io { action: "create", path: logs.clone(), source };
    std::fs::create_dir_all(&logs).map_err(failed)?;
    let text = |template: &str| filled(template, &settings, &dir, &name);
    let texts = [
        ("array.sbatch", text(ARRAY)?),
        ("merge.sbatch", text(MERGE)?),
        ("submit.sh", text(SUBMIT)?),
    ];
    let shards = settings.shards;
    Numbering::from_zero(shards).keep(&dir)?;
    for old in scripts::write(&folder, &texts, settings, before)? {
        let old = old.display();
        say(&format!("a script that was changed is now {old}: take over from it what still holds"));
    }
    let submit = folder.join("submit.sh");
    if as_json {
        print_json(&json!({
            "format": "noctule-slurm/1",
            "folder": dir,
            "plan": store.hash(),
            "chunks": store.plan().chunks(),
            "shards": shards,
            "submit": submit,
        }))?;
        return Ok(Done::Done);
    }
    print(&format!(
        "{name}: {} chunks in {shards} parts\n{}\nsubmit both jobs, now and after any accident:\n  bash {}",
        store.plan().chunks(),
        folder.display(),
        quoted(&submit)?,
    ))?;
    Ok(Done::Done)
}

/// A run whose scripts can be written.
struct Prepared {
    store: Store,
    /// Of the experiment.
    name: String,
    settings: Settings,
    /// What was written for it before.
    before: Option<Written>,
}

/// What is to be refused, before anything is created.
fn checked(
    options: &Slurm,
    dir: &Path,
    plan: &Plan,
    name: &str,
) -> Result<(Settings, Option<Written>), Failure> {
    if plan.precision.is_some() {
        let what = "an experiment that stops at a precision cannot be split";
        let allowed = "an experiment without [precision]";
        return Err(InputError::new(what, "experiment", name, allowed).into());
    }
    let folder = std::path::absolute(dir)?.join("slurm");
    check_path(&folder)?;
    let before = Written::read(&folder);
    Ok((Settings::of(options, before.as_ref())?, before))
}

/// The folder of the run with its plan.
fn prepared(options: &Slurm) -> Result<Prepared, Failure> {
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
        study.ready()?;
        let name = study.presentation.experiment;
        let (settings, before) = checked(options, &dir, &study.plan, &name)?;
        return Ok(Prepared { store, name, settings, before });
    }
    let named: Named = source(&options.experiment)?;
    let request = Request {
        changes: Changes { trials: options.trials, seed: options.seed, ci: options.ci },
        out: options.out.clone(),
        ..Request::default()
    };
    let opened = Study::open(&named, request, &registry)?;
    opened.study.ready()?;
    let name = opened.study.presentation.experiment.clone();
    let (settings, before) = checked(options, &opened.dir, &opened.study.plan, &name)?;
    let store = opened.store(|_| ())?;
    Ok(Prepared { store, name, settings, before })
}

/// A script with its words filled in.
fn filled(template: &str, settings: &Settings, dir: &Path, name: &str) -> Result<String, Failure> {
    let program = crate::program()?;
    let at_once = settings.at_once.map_or_else(String::new, |count| format!("%{count}"));
    let more: Vec<String> =
        settings.sbatch.iter().map(|option| format!("#SBATCH {option}\n")).collect();
    let word = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let job: String = name.chars().map(word).collect();
    let words = [
        ("{version}", noctule_lab::run::build::version().to_owned()),
        ("{job}", job),
        ("{array}", format!("0-{}{at_once}", settings.shards - 1)),
        ("{shards}", settings.shards.to_string()),
        ("{cores}", settings.cores.to_string()),
        ("{time}", settings.time.clone()),
        ("#SBATCH {more}\n", more.concat()),
        ("{logs}", dir.join("slurm").join("logs").display().to_string()),
        ("{program}", quoted(&program)?),
        ("{folder}", quoted(dir)?),
        ("{scripts}", quoted(&dir.join("slurm"))?),
    ];
    // In one go: what is filled in may look like a word to be filled in.
    let (mut text, mut rest) = (String::new(), template);
    let next = |rest: &str| {
        let found = words.iter().filter_map(|word| Some((rest.find(word.0)?, word)));
        found.min_by_key(|(at, _)| *at)
    };
    while let Some((at, (key, value))) = next(rest) {
        text += &rest[..at];
        text += value;
        rest = &rest[at + key.len()..];
    }
    Ok(text + rest)
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
