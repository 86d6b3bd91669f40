//! `noctule merge`: fold the chunks that shards have computed.

use std::path::Path;

use noctule_lab::finish;
use noctule_lab::run::Store;

use super::folder;
use super::run::show_results;
use crate::exit::{Done, Failure};

pub(crate) fn run(given: &Path, json: bool) -> Result<Done, Failure> {
    let (store, presentation) = Store::open(&folder(given)?)?;
    let results = finish(&store, &presentation)?;
    show_results(&store, &presentation, &results, None, json)
}
