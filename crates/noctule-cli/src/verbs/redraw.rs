//! `noctule redraw`: figures and verdicts from the tables of a run.

use std::path::Path;

use noctule_lab::{drawable, redraw, systems};
use serde_json::json;

use super::{print, print_json, source};
use crate::exit::{Done, Failure};
use crate::progress::say;

pub(crate) fn run(experiment: &str, dir: &Path, as_json: bool) -> Result<Done, Failure> {
    let registry = systems::registry();
    let (plan, presentation) = drawable(&source(experiment)?, &registry)?;
    let redrawn = redraw(&plan, &presentation, dir)?;
    let files: Vec<String> = redrawn.files.iter().map(|path| path.display().to_string()).collect();
    // What is not judged is known only to a new run; what is, is judged as after one.
    let done = match (redrawn.not_judged.is_empty(), redrawn.contradicted) {
        (false, _) => Done::Incomplete,
        (true, true) => Done::Contradicts,
        (true, false) => Done::Done,
    };
    if as_json {
        let (left, not_judged) = (&redrawn.left, &redrawn.not_judged);
        print_json(&json!({ "files": files, "left": left, "not_judged": not_judged }))?;
        return Ok(done);
    }
    for id in &redrawn.left {
        say(&format!("figure {id} needs the samples of a run, and is left as it is"));
    }
    if !redrawn.not_judged.is_empty() {
        let which = redrawn.not_judged.join(", ");
        say(&format!(
            "claims need the samples of a run, and claims.json is left as it is: {which}"
        ));
    }
    print(&files.join("\n"))?;
    Ok(done)
}
