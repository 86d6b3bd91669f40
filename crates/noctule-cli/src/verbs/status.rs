//! `noctule status`: how much of runs is there.

use std::path::{Path, PathBuf};

use noctule_lab::complete::standing;
use noctule_lab::fold::Standing;
use noctule_lab::run::Store;
use noctule_lab::{LabError, run};
use serde_json::{Value, json};

use super::{folder, print, print_json};
use crate::exit::{Done, Failure};
use crate::tables;

/// One run, as found.
struct Found {
    dir: PathBuf,
    state: Result<Run, LabError>,
}

struct Run {
    experiment: String,
    plan: String,
    standing: Standing,
}

pub(crate) fn run(given: &[PathBuf], as_json: bool) -> Result<Done, Failure> {
    let mut dirs = Vec::new();
    for given in given {
        match folder(given) {
            Ok(dir) => dirs.push(dir),
            Err(refused) => {
                let below = run::folders_below(given);
                if below.is_empty() {
                    return Err(refused);
                }
                dirs.extend(below);
            }
        }
    }
    dirs.dedup();
    if let [dir] = &dirs[..] {
        return one(dir, as_json);
    }
    let found: Vec<Found> = dirs.into_iter().map(|dir| Found { state: look(&dir), dir }).collect();
    if as_json {
        let runs: Vec<Value> = found.iter().map(document).collect();
        print_json(&json!({ "format": "noctule-status/1", "runs": runs }))?;
        return Ok(Done::Done);
    }
    let headers = ["Run", "Experiment", "Chunks", "State"].map(str::to_owned);
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    print(&tables::plain(headers.to_vec(), rows, 4))?;
    Ok(Done::Done)
}

fn look(dir: &Path) -> Result<Run, LabError> {
    let (store, presentation) = Store::open(dir)?;
    let standing = standing(&store)?;
    let plan = store.hash().to_owned();
    Ok(Run { experiment: presentation.experiment, plan, standing })
}

fn one(dir: &Path, as_json: bool) -> Result<Done, Failure> {
    let run = look(dir)?;
    if as_json {
        print_json(&run_json(&run))?;
        return Ok(Done::Done);
    }
    let Standing { done, total, torn, .. } = &run.standing;
    let state =
        if run.standing.is_complete() { "complete" } else { "incomplete: run again to resume" };
    let mut text = format!("{}: {state}\n{done} of {total} chunks", dir.display());
    if !torn.is_empty() {
        text.push_str(&format!(", {} damaged: {torn:?}", torn.len()));
    }
    print(&text)?;
    Ok(Done::Done)
}

fn run_json(run: &Run) -> Value {
    let standing = &run.standing;
    json!({
        "experiment": run.experiment,
        "plan": run.plan,
        "complete": standing.is_complete(),
        "chunks": standing.total,
        "done": standing.done,
        "missing": standing.missing,
        "damaged": standing.torn,
    })
}

fn document(found: &Found) -> Value {
    let mut value = match &found.state {
        Ok(run) => run_json(run),
        Err(error) => json!({ "error": error.to_string() }),
    };
    value["folder"] = json!(found.dir);
    value
}

fn row(found: &Found) -> Vec<String> {
    let dir = found.dir.display().to_string();
    match &found.state {
        Ok(Run { experiment, standing, .. }) => {
            let (done, total) = (standing.done, standing.total);
            let state = match (standing.is_complete(), standing.torn.len()) {
                (true, _) => "complete".to_owned(),
                (false, 0) => format!("{} %", 100 * done / total.max(1)),
                (false, torn) => format!("{} %, {torn} damaged", 100 * done / total.max(1)),
            };
            vec![dir, experiment.clone(), format!("{done}/{total}"), state]
        }
        Err(error) => {
            let text = error.to_string();
            let what = text.lines().next().unwrap_or_default().to_owned();
            vec![dir, String::new(), String::new(), what]
        }
    }
}
