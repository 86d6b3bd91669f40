//! Pooling runs that differ in their seeds: one study with all their trials.
//!
//! Trials are counted on from run to run in the order of the seeds, so that the result does not
//! depend on the order in which folders are named. The folder that is written holds results and no
//! chunks: it is no run, and is made again from the runs it was pooled of.

use std::path::{Path, PathBuf};

use noctule_num::InputError;
use serde_json::{Value, json};

use crate::canonical;
use crate::error::LabError;
use crate::experiment::MAX_TRIALS;
use crate::files;
use crate::fold::{Source, chunks_of, fold_into};
use crate::plan::{self, Plan};
use crate::present;
use crate::presentation::Presentation;
use crate::results::Results;
use crate::run::{Store, move_aside, vacant};
use crate::study::conclude;

/// What says that a folder was pooled, and of what.
const FILE: &str = "pooled.json";
/// Its format.
const FORMAT: &str = "noctule-pooled/1";

/// Fold complete runs into one, in the folder `out`. The words and figures are those of the run with
/// the smallest seed.
///
/// # Errors
/// When runs do not go together, when one is not complete, when `out` holds something else, or when
/// the file system refuses.
pub fn pool(dirs: &[PathBuf], out: &Path) -> Result<(Store, Presentation, Results), LabError> {
    let opened = dirs.iter().map(|dir| Store::open(dir)).collect::<Result<Vec<_>, _>>()?;
    let mut runs: Vec<(&Store, &Presentation)> =
        opened.iter().map(|(store, presentation)| (store, presentation)).collect();
    runs.sort_by_key(|(store, _)| store.plan().seed);
    let Some(&(first, presentation)) = runs.first() else {
        let (what, allowed) = ("there are no runs to pool", "two or more folders");
        return Err(InputError::new(what, "folder", "nothing", allowed).into());
    };
    let mut sources = Vec::new();
    let mut trials = 0_u64;
    for &(store, _) in &runs {
        check(first, store, sources.last().map(|source: &Source<'_>| source.store))?;
        sources.push(Source { store, first_trial: trials });
        trials += store.plan().trials;
    }
    if trials > MAX_TRIALS {
        let allowed = format!("{MAX_TRIALS} in all");
        return Err(
            InputError::new("too many trials", "folder", trials.to_string(), allowed).into()
        );
    }
    for source in &sources {
        chunks_of(source.store).map_err(|error| error.of_run(source.store.dir()))?;
    }
    let before = open(out, &sources)?;
    let plan = first.plan().with_trials(trials);
    let store = Store::over(out, plan);
    store.sweep();
    // First of all: whoever is killed leaves a folder that can be told to be ours.
    store.write_output(FILE, told(&sources, false).as_bytes())?;
    let wanted = present::wanted(store.plan(), presentation);
    let folded = fold_into(&sources, &store, &wanted)?;
    let mut results = conclude(&store, presentation, folded)?;
    store.write_output("presentation.json", presentation.text().as_bytes())?;
    store.write_output(FILE, told(&sources, true).as_bytes())?;
    results.notes.extend(
        before.map(|old| {
            format!("what was pooled before, of other runs, is now in {}", old.display())
        }),
    );
    Ok((store, presentation.clone(), results))
}

/// Refuse a run that is not one more part of the same study.
fn check(first: &Store, run: &Store, before: Option<&Store>) -> Result<(), LabError> {
    let place = run.dir().display().to_string();
    let refuse = |what: &str, found: String, allowed: &str| {
        Err(LabError::Input(InputError::new(what, &place, found, allowed)))
    };
    let plan = run.plan();
    if plan.deterministic {
        let allowed = "studies with trials";
        return refuse("a deterministic run has no trials to pool", "no trials".into(), allowed);
    }
    if plan.precision.is_some() {
        let allowed = "runs with a fixed number of trials";
        let what =
            "a run that stops at a precision is not pooled: when it stops hangs on its draws";
        return refuse(what, "[precision]".into(), allowed);
    }
    if before.is_some_and(|before| before.plan().seed == plan.seed) {
        let what = "two runs have the same seed: the same draws would count twice";
        return refuse(what, format!("seed {}", plan.seed), "runs with different seeds");
    }
    // data are known by their digest, wherever they lay
    let alike = |plan: &Plan| plan.with_trials(1).with_seed(0).with_paths_of(first.plan());
    if alike(first.plan()) != alike(plan) {
        let differences = alike(first.plan()).differences(&alike(plan)).join("; ");
        let found = if differences.is_empty() { "other numbers".to_owned() } else { differences };
        let allowed = "runs that differ in seed and number of trials alone";
        return refuse("these runs are not of one study", found, allowed);
    }
    Ok(())
}

/// Take a folder that is new, empty, or was pooled before. A pool of other runs is moved aside, so that
/// no file of it ever stands beside those of this one; where it is now.
fn open(out: &Path, sources: &[Source<'_>]) -> Result<Option<PathBuf>, LabError> {
    let place = out.display().to_string();
    if out.join("plan.json").exists() {
        let what = "the folder holds a run, whose results would be replaced";
        let allowed = "a folder of its own";
        return Err(InputError::new(what, place, "a plan", allowed).into());
    }
    let text = files::read(&out.join(FILE), plan::MAX_BYTES).unwrap_or_default();
    let document = serde_json::from_slice::<Value>(&text).unwrap_or_default();
    let mut before = None;
    if document["format"] != FORMAT {
        vacant(out, "name another folder with --out")?;
    } else if parts(&document) != parts(&described(sources)) {
        before = move_aside(out, true)?;
    }
    std::fs::create_dir_all(out).map_err(LabError::io("create", out))?;
    Ok(before)
}

/// What a pool is made of: the digests of plans, in order.
fn parts(document: &Value) -> Vec<&Value> {
    let runs = document["runs"].as_array();
    runs.into_iter().flatten().map(|run| &run["plan_sha256"]).collect()
}

/// Of what the folder was pooled.
fn described(sources: &[Source<'_>]) -> Value {
    let run = |source: &Source<'_>| {
        let plan = source.store.plan();
        json!({
            "folder": source.store.dir(),
            "plan_sha256": source.store.hash(),
            "seed": plan.seed,
            "trials": plan.trials,
            "first_trial": source.first_trial,
        })
    };
    let runs: Vec<Value> = sources.iter().map(run).collect();
    let trials: u64 = sources.iter().map(|source| source.store.plan().trials).sum();
    let plan = sources.first().map(|first| first.store.plan().with_trials(trials));
    json!({ "format": FORMAT, "runs": runs, "plan": plan })
}

/// The same as a file; or of what it is being pooled, which is said while its files are written.
fn told(sources: &[Source<'_>], finished: bool) -> String {
    let mut told = described(sources);
    if !finished {
        told["unfinished"] = true.into();
    }
    canonical::text(&told) + "\n"
}
