//! Putting files in place that several processes may want to write at once.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::place::Place;
use crate::error::LabError;
use crate::files::{Draft, Temporary};
use crate::plan::Plan;

/// Put a file in place: whole, once, never over another one. If it is already there with the same
/// bytes, somebody else was faster, and that is fine.
pub(super) fn publish(path: &Path, bytes: &[u8], flush: bool) -> Result<(), LabError> {
    let temporary = Temporary::beside(path);
    let write = || -> std::io::Result<()> {
        let mut file = temporary.create()?;
        file.write_all(bytes)?;
        if flush { file.sync_all() } else { Ok(()) }
    };
    write().map_err(LabError::io("write", path))?;
    match fs::hard_link(temporary.path(), path) {
        Ok(()) => Ok(()),
        // Also when the link was made but the answer got lost on the way.
        Err(_) if path.exists() => match Place::File(path.to_owned()).bytes() {
            Ok(there) if there == bytes => Ok(()),
            Ok(_) => Err(LabError::Conflict { path: path.to_owned() }),
            Err(error) => Err(LabError::io("read", path)(error)),
        },
        // A file system without links: renaming is the next best thing.
        Err(_) => temporary.rename(path).map_err(LabError::io("create", path)),
    }
}

/// Where there is a plan already: another number of trials of the same extends the run, or takes a
/// part of it; anything else is another run.
pub(super) fn resize(path: &Path, plan: &Plan) -> Result<(), LabError> {
    same_core(path, plan)?;
    let mut draft = Draft::of(path)?;
    draft.push(plan.text().as_bytes())?;
    draft.finish()
}

/// The plan that is there, which may differ in the number of trials alone.
pub(super) fn same_core(path: &Path, plan: &Plan) -> Result<Plan, LabError> {
    let found = Plan::read(path)?;
    if found.core_hash() == plan.core_hash() {
        return Ok(found);
    }
    let mut differences = found.differences(plan);
    if differences.is_empty() {
        differences.push("in what has no words".to_owned());
    }
    Err(LabError::OtherPlan { path: path.to_owned(), differences })
}
