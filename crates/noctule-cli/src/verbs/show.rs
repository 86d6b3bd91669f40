//! `noctule show`: an experiment file, to start one's own from.

use super::{print, print_json, source};
use crate::exit::{Done, Failure};

pub(crate) fn run(name: &str, json: bool) -> Result<Done, Failure> {
    let source = source(name)?;
    if json {
        print_json(&serde_json::json!({ "experiment": source.id, "text": source.text }))?;
    } else {
        print(&source.text)?;
    }
    Ok(Done::Done)
}
