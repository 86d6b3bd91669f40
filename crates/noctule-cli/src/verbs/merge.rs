//! `noctule merge`: fold the chunks that shards have computed, or pool runs.

use noctule_lab::run::Store;
use noctule_lab::{finish, pool};
use noctule_num::InputError;

use super::folder;
use super::run::show_results;
use crate::cli::Merge;
use crate::exit::{Done, Failure};

pub(crate) fn run(options: &Merge, json: bool) -> Result<Done, Failure> {
    let given = &options.folders;
    if let Some(out) = &options.out {
        let dirs = given.iter().map(|given| folder(given)).collect::<Result<Vec<_>, _>>()?;
        let (store, presentation, results) = pool::pool(&dirs, out)?;
        return show_results(&store, &presentation, &results, None, json);
    }
    let [given] = &given[..] else {
        let what = "several runs are pooled into a folder of their own";
        let found = format!("{} folders", given.len());
        let error = InputError::new(what, "--out", found, "one folder, or several and --out DIR");
        return Err(error.into());
    };
    let (store, presentation) = Store::open(&folder(given)?)?;
    let results = finish(&store, &presentation)?;
    show_results(&store, &presentation, &results, None, json)
}
