//! Chunks that are computed away from the folder of their run, and come back as bytes.

use std::path::Path;

use noctule_optim::Interrupt;

use super::chunk::{self, Body, Header};
use super::publish::publish;
use super::store::{Settled, units};
use super::{Store, build, record, unit};
use crate::error::LabError;
use crate::plan::{Chains, Plan};

/// Compute a chunk away from its folder: the text of its file. `None` if it was interrupted.
///
/// # Errors
/// When data of the plan are gone, or the rows cannot be written down.
pub fn chunk_text(
    plan: &Plan,
    core: &str,
    chains: &Chains<'_>,
    chunk: u64,
    interrupt: &Interrupt,
) -> Result<Option<String>, LabError> {
    chains.ready()?;
    let units = plan.chunk(chunk);
    let count = units.end - units.start;
    let written =
        |error: serde_json::Error| LabError::corrupt(Path::new("a chunk"), error.to_string());
    let mut body = Body::default();
    for one in units {
        let ended = unit::run(plan, chains, one, interrupt, &mut body).map_err(written)?;
        if ended.is_none() {
            return Ok(None);
        }
    }
    chunk::write(core, chunk, count, &build::cpu_class(), &body).map(Some).map_err(written)
}

impl Store {
    /// Publish a chunk that was computed elsewhere, once it has been looked through; its units.
    ///
    /// # Errors
    /// When it is torn, or of another plan, build or chunk; when the file system refuses.
    pub fn put(&self, chunk: u64, bytes: &[u8]) -> Result<u64, LabError> {
        let path = self.chunk_path(chunk);
        let wanted = self.plan().chunk(chunk);
        let read = chunk::check_bytes(bytes.to_vec(), self.core(), chunk)
            .and_then(|(header, text)| chunk::rows(header, &text))
            .map_err(|unusable| unusable.error(path.clone()))?;
        let Header { units: count, build, .. } = &read.header;
        if build != build::id() {
            let (found, expected) = (build.clone(), build::id().to_owned());
            return Err(LabError::Foreign { path, what: "build", found, expected });
        }
        if *count != units(&wanted) {
            return Err(LabError::corrupt(&path, "it has another number of units"));
        }
        if let Some(reason) = record::misfit(&read.records, wanted, self.plan()) {
            return Err(LabError::corrupt(&path, reason));
        }
        publish(&path, bytes, self.is_flush_due())?;
        Ok(*count)
    }

    /// The chunks that are not there yet, damaged ones moved out of the way, with how many units
    /// each has.
    ///
    /// # Errors
    /// When chunks of another build are there, or the file system refuses.
    pub fn open_chunks(&self) -> Result<Vec<(u64, u64)>, LabError> {
        self.mend()?;
        let mut open = Vec::new();
        for chunk in 0..self.plan().chunks() {
            if self.settle(chunk)? != Settled::Done {
                open.push((chunk, units(&self.plan().chunk(chunk))));
            }
        }
        Ok(open)
    }
}
