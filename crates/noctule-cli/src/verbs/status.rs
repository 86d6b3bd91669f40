//! `noctule status`: how much of runs is there.

use std::path::{Path, PathBuf};

use noctule_lab::complete::{changed, standing};
use noctule_lab::fold::{self, Standing};
use noctule_lab::run::Store;
use noctule_lab::{LabError, run};
use serde_json::{Value, json};

use super::{folder, print, print_json};
use crate::cli::Status;
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
    /// Results that are not as they were written, where that was asked for.
    changed: Option<Vec<(String, &'static str)>>,
}

impl Run {
    /// Whether anything in its folder is damaged.
    fn is_damaged(&self) -> bool {
        let changed = self.changed.as_ref().is_some_and(|changed| !changed.is_empty());
        changed || !self.standing.torn.is_empty() || !self.standing.packs.is_empty()
    }

    fn checked(&self) -> &'static str {
        if self.standing.by_size { "sizes" } else { "digests" }
    }
}

pub(crate) fn run(options: &Status, as_json: bool) -> Result<Done, Failure> {
    let mut dirs = Vec::new();
    for given in &options.folders {
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
        return one(dir, options.check, as_json);
    }
    let look = |dir: PathBuf| Found { state: look(&dir, options.check), dir };
    let found: Vec<Found> = dirs.into_iter().map(look).collect();
    if as_json {
        let runs: Vec<Value> = found.iter().map(document).collect();
        print_json(&json!({ "format": "noctule-status/1", "runs": runs }))?;
    } else {
        let headers = ["Run", "Experiment", "Chunks", "State"].map(str::to_owned);
        let rows: Vec<Vec<String>> = found.iter().map(row).collect();
        print(&tables::plain(headers.to_vec(), rows, 4))?;
    }
    let damaged = |found: &Found| !found.state.as_ref().is_ok_and(|run| !run.is_damaged());
    let any = options.check && found.iter().any(damaged);
    Ok(if any { Done::Damaged } else { Done::Done })
}

fn look(dir: &Path, check: bool) -> Result<Run, LabError> {
    let (store, presentation) = Store::open(dir)?;
    let standing = if check { fold::standing(&store)? } else { standing(&store)? };
    let changed = if check { Some(changed(&store)?) } else { None };
    let plan = store.hash().to_owned();
    Ok(Run { experiment: presentation.experiment, plan, standing, changed })
}

fn one(dir: &Path, check: bool, as_json: bool) -> Result<Done, Failure> {
    let run = look(dir, check)?;
    let end = if check && run.is_damaged() { Done::Damaged } else { Done::Done };
    if as_json {
        print_json(&run_json(&run))?;
        return Ok(end);
    }
    let Standing { done, total, torn, packs, by_size, .. } = &run.standing;
    let state =
        if run.standing.is_complete() { "complete" } else { "incomplete: run again to resume" };
    let mut text = format!("{}: {state}\n{done} of {total} chunks", dir.display());
    if !torn.is_empty() {
        text.push_str(&format!(", {} damaged: {torn:?}", torn.len()));
    }
    if *by_size {
        text.push_str(", by the sizes of their files: --check reads them");
    }
    for pack in packs {
        let pack = pack.display();
        text.push_str(&format!(
            "\n{pack} is damaged; noctule run moves it to .bad, and keeps what is whole in it"
        ));
    }
    for (name, how) in run.changed.iter().flatten() {
        text.push_str(&format!("\n{name} is not as it was written: {how}"));
    }
    if run.changed.as_ref().is_some_and(|changed| !changed.is_empty()) {
        text.push_str(&format!("\n`noctule merge {}` writes results again", dir.display()));
    }
    print(&text)?;
    Ok(end)
}

fn run_json(run: &Run) -> Value {
    let standing = &run.standing;
    let mut value = json!({
        "experiment": run.experiment,
        "plan": run.plan,
        "complete": standing.is_complete(),
        "chunks": standing.total,
        "done": standing.done,
        "missing": standing.missing,
        "damaged": standing.torn,
        "damaged_packs": standing.packs,
        "checked": run.checked(),
    });
    if let Some(changed) = &run.changed {
        let names: Vec<&String> = changed.iter().map(|(name, _)| name).collect();
        value["changed_results"] = json!(names);
    }
    value
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
        Ok(run) => {
            let Standing { done, total, torn, packs, .. } = &run.standing;
            let mut state = match run.standing.is_complete() {
                true => "complete".to_owned(),
                false => format!("{} %", 100 * done / (*total).max(1)),
            };
            let changed = run.changed.as_ref().map_or(0, Vec::len);
            for (count, what) in [
                (torn.len(), "damaged"),
                (packs.len(), "packs damaged"),
                (changed, "results changed"),
            ] {
                if count > 0 {
                    state.push_str(&format!(", {count} {what}"));
                }
            }
            if run.standing.by_size {
                state.push_str(" (by size)");
            }
            vec![dir, run.experiment.clone(), format!("{done}/{total}"), state]
        }
        Err(error) => {
            let text = error.to_string();
            let what = text.lines().next().unwrap_or_default().to_owned();
            vec![dir, String::new(), String::new(), what]
        }
    }
}
