//! What is in a folder already: whether a run may be changed, and what has failed in it.

use std::fs;
use std::path::PathBuf;

use super::chunk::{self, Header, Unusable};
use super::place::Place;
use super::publish::same_core;
use super::{Ending, Record, Shard, Store, build, record};
use crate::error::LabError;
use crate::files;
use crate::plan::MAX_BYTES;
use crate::presentation::Presentation;

impl Store {
    /// Refuse what would be refused later, before anything in the folder is changed: a plan of another
    /// run, and new words or another number of trials for chunks of another build.
    pub(super) fn check_change(&self, presentation: &Presentation) -> Result<(), LabError> {
        let path = self.dir().join("plan.json");
        if !path.exists() {
            return Ok(());
        }
        let found = same_core(&path, self.plan())?;
        let words = files::read(&self.dir().join("presentation.json"), MAX_BYTES);
        if found == *self.plan() && words.is_ok_and(|words| words == presentation.text().as_bytes())
        {
            return Ok(());
        }
        for place in self.places() {
            // What is damaged or away has its say when it is read.
            let Ok(header) = chunk::header(&place) else { continue };
            if header.plan == self.core() && header.build != build::id() {
                let (found, expected) = (header.build, build::id().to_owned());
                let path = place.path().to_owned();
                return Err(LabError::Foreign { path, what: "build", found, expected });
            }
        }
        Ok(())
    }

    /// Where there are chunks: files of their own, and in packs.
    fn places(&self) -> Vec<Place> {
        let entries = fs::read_dir(self.dir().join("chunks")).into_iter().flatten().flatten();
        let is_chunk = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
        let files = entries.map(|entry| entry.path()).filter(is_chunk).map(Place::File);
        files.chain(self.with_packs(super::pack::Packs::places)).collect()
    }

    /// The rows of a chunk, as many as the plan has, one by one: those of a long chain take more room
    /// than their text. Its header.
    ///
    /// # Errors
    /// When the chunk is missing or damaged, which may show after some rows; what `take` returns.
    pub(crate) fn each_record(
        &self,
        chunk: u64,
        mut take: impl FnMut(Record) -> Result<(), LabError>,
    ) -> Result<Header, LabError> {
        let plan = self.plan();
        let torn = |reason: String| self.trouble(chunk, Unusable::Torn(reason));
        let misfit = |reason: String| torn(format!("{reason}; remove it and run again"));
        let (_, header, text) = self.find(chunk).map_err(|found| self.trouble(chunk, found))?;
        let (units, points) = (plan.chunk(chunk), plan.chain_len() as u64);
        let (rows, needed) = (header.units * points, (units.end - units.start) * points);
        if header.rows as u64 != rows {
            return Err(misfit(format!("it has {} rows where its units have {rows}", header.rows)));
        }
        let mut row = 0;
        for line in text.lines().skip(1) {
            let record: Record = serde_json::from_str(line).map_err(|e| torn(e.to_string()))?;
            if let Some(reason) = record::misplaced(&record, row, units.start, plan) {
                return Err(misfit(reason));
            }
            if row < needed {
                take(record)?;
            }
            row += 1;
        }
        if row == rows {
            return Ok(header);
        }
        Err(torn(format!("it has {row} rows instead of {rows}")))
    }

    /// The first design that failed among those of a part that are there already, as the end of a run
    /// that ends with it; `asked` is told the id of its scheme, and how it ended.
    ///
    /// # Errors
    /// When the system does not hand chunks out.
    pub fn stored_failure(
        &self,
        part: Shard,
        asked: impl Fn(&str, Ending) -> bool,
    ) -> Result<Option<LabError>, LabError> {
        let plan = self.plan();
        for chunk in (part.index..plan.chunks()).step_by(part.count.max(1) as usize) {
            let read = match self.read_chunk(chunk) {
                Ok(read) => read,
                Err(Unusable::Absent | Unusable::Torn(_)) => continue,
                Err(unusable) => return Err(self.trouble(chunk, unusable)),
            };
            let scheme =
                |record: &Record| &*plan.schemes[plan.chain_scheme(plan.unit(record.unit).1)].id;
            let failed = |record: &&Record| asked(scheme(record), record.ending);
            if let Some(failed) = read.records.iter().find(failed) {
                return Ok(Some(self.failed(failed, true)));
            }
        }
        Ok(None)
    }

    /// The design with which a run ends that ends with the first failure.
    pub(super) fn failed(&self, record: &Record, earlier: bool) -> LabError {
        let plan = self.plan();
        let (trial, chain) = plan.unit(record.unit);
        let point = plan.grid_points(chain, record.point as usize);
        LabError::Failed {
            scheme: plan.schemes[plan.chain_scheme(chain)].id.clone(),
            point: point.first().copied().unwrap_or(0),
            trial,
            earlier,
            reason: record.reason.clone().unwrap_or_default(),
        }
    }
}
