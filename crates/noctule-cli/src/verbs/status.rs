//! `noctule status`: how much of a run is there.

use std::path::Path;

use noctule_lab::fold::standing;
use noctule_lab::run::Store;
use serde_json::json;

use super::{folder, print, print_json};
use crate::exit::{Done, Failure};

pub(crate) fn run(given: &Path, as_json: bool) -> Result<Done, Failure> {
    let dir = folder(given)?;
    let (store, presentation) = Store::open(&dir)?;
    let standing = standing(&store)?;
    let complete = standing.is_complete();
    if as_json {
        print_json(&json!({
            "experiment": presentation.experiment,
            "plan": store.hash(),
            "complete": complete,
            "chunks": standing.total,
            "done": standing.done,
            "missing": standing.missing,
            "damaged": standing.torn,
        }))?;
        return Ok(Done::Done);
    }
    let state = if complete { "complete" } else { "incomplete: run again to resume" };
    let mut text =
        format!("{}: {state}\n{} of {} chunks", dir.display(), standing.done, standing.total);
    if !standing.torn.is_empty() {
        text.push_str(&format!(", {} damaged: {:?}", standing.torn.len(), standing.torn));
    }
    print(&text)?;
    Ok(Done::Done)
}
