//! `noctule redraw`: figures from the summary of a run.

use std::path::Path;

use noctule_lab::{Request, Study, redraw, systems};
use serde_json::json;

use super::{print, print_json, source};
use crate::exit::{Done, Failure};
use crate::progress::say;

pub(crate) fn run(experiment: &str, dir: &Path, as_json: bool) -> Result<Done, Failure> {
    let registry = systems::registry();
    let opened = Study::open(&source(experiment)?, Request::default(), &registry)?;
    let redrawn = redraw(&opened.study.plan, &opened.study.presentation, dir)?;
    let files: Vec<String> = redrawn.files.iter().map(|path| path.display().to_string()).collect();
    if as_json {
        print_json(&json!({ "files": files, "left": redrawn.left }))?;
        return Ok(Done::Done);
    }
    for id in &redrawn.left {
        say(&format!("figure {id} needs the samples of a run, and is left as it is"));
    }
    print(&files.join("\n"))?;
    Ok(Done::Done)
}
