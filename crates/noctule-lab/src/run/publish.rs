//! Putting files in place that several processes may want to write at once.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use noctule_num::InputError;

use super::place::Place;
use crate::error::LabError;
use crate::files::{self, Draft, Temporary};
use crate::plan::{self, Plan};

/// The text of the plan in the folder that was last found to be that of a run: chunks are added only while it is, for
/// `--fresh` moves a folder aside under the hands of whoever still computes.
#[derive(Debug, Default)]
pub(super) struct Ours(Mutex<Vec<u8>>);

impl Ours {
    /// Put a chunk in place, and take it away again where its place has meanwhile become that of another run.
    pub(super) fn publish(
        &self,
        (dir, plan): (&Path, &Plan),
        path: &Path,
        bytes: &[u8],
        flush: bool,
    ) -> Result<(), LabError> {
        self.check(dir, plan)?;
        publish(path, bytes, flush)?;
        self.check(dir, plan).inspect_err(|error| {
            // a plan that cannot be read just now says nothing of whose the folder is
            if matches!(error, LabError::OtherPlan { .. } | LabError::Input(_)) {
                let _ = fs::remove_file(path);
            }
        })
    }

    /// Refuse to add to a folder that has another plan, or none, by now.
    pub(super) fn check(&self, dir: &Path, plan: &Plan) -> Result<(), LabError> {
        let path = dir.join("plan.json");
        let found = files::read(&path, plan::MAX_BYTES).unwrap_or_default();
        if found.is_empty() && !path.exists() {
            let what = "the folder is not that of this run any more";
            let allowed = "the plan that was there: another call may have moved it aside (--fresh)";
            let place = path.display().to_string();
            return Err(InputError::new(what, place, "no plan", allowed).into());
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if found.is_empty() || *seen != found {
            same_core(&path, plan)?;
            *seen = found;
        }
        Ok(())
    }
}

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
