//! `noctule merge`: fold the chunks that shards have computed.

use std::path::Path;

use noctule_lab::run::Store;
use noctule_lab::{finish, systems};

use super::folder;
use super::run::show_results;
use crate::exit::{Done, Failure};

pub(crate) fn run(given: &Path, json: bool) -> Result<Done, Failure> {
    let (store, presentation) = Store::open(&folder(given)?)?;
    let results = finish(&store, &presentation, &systems::registry())?;
    show_results(&store, &presentation, &results, None, json)
}
