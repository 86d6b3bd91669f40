//! From chunks to tables: in chunk order, whatever the order in which they were computed.
//!
//! Chunks are read one at a time, so memory does not grow with the number of trials, except for the
//! samples that quantiles need: those of a group (a scheme at a point) are kept until the group is
//! summarised. When all groups together are too many, the chunks are read again for the next part
//! of the groups; quantiles stay exact. One group of ten million trials and ten metrics is 800 MB,
//! which is where this ends to be modest.

mod again;
mod samples;
mod summary;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

pub use again::groups_of;
pub use samples::{Cell, Samples, Wanted};
pub use summary::GroupSummary;

use crate::error::LabError;
use crate::run::{Chunk, Decider, Record, Store, Unusable};
use summary::Groups;
use tables::Tables;

/// Memory for samples at once.
const MAX_BYTES: u64 = 128 << 20;
/// What a list of samples takes beside them.
const LIST_BYTES: u64 = 64;

/// What folding has found.
#[derive(Clone, Debug)]
pub struct Folded {
    /// One for each scheme and grid point, schemes slowest.
    pub groups: Vec<GroupSummary>,
    /// Trials that were folded.
    pub trials: u64,
    /// The build that computed the chunks.
    pub build: String,
    /// The processor classes that did.
    pub cpus: BTreeSet<String>,
    /// SHA-256 of the files written.
    pub digests: BTreeMap<String, String>,
    /// Samples and series that were asked for.
    pub kept: Samples,
}

/// Fold the chunks of a complete run into `records.csv`, `series.csv` and `summary.csv`.
pub fn fold(store: &Store, wanted: &Wanted) -> Result<Folded, LabError> {
    let plan = store.plan();
    let chunks = complete(store)?;
    let groups = plan.schemes.len() * plan.grid_len();
    let per_group = (8 * plan.trials + LIST_BYTES) * plan.metrics.len().max(1) as u64;
    let per_pass = ((MAX_BYTES / per_group).max(1) as usize).min(groups.max(1));
    let mut tables = Tables::create(store)?;
    let mut summaries = Vec::with_capacity(groups);
    let mut samples = Samples::new(wanted);
    let (mut build, mut cpus, mut trials) = (String::new(), BTreeSet::new(), 0);
    let mut first = 0;
    while first < groups {
        let range = first..(first + per_pass).min(groups);
        let mut part = Groups::new(plan, range.clone());
        for chunk in 0..chunks {
            let read = read(store, chunk)?;
            for record in &read.records {
                part.push(record);
            }
            if range.start == 0 {
                for record in &read.records {
                    tables.push(record)?;
                    samples.push(record, plan);
                    trials = trials.max(plan.unit(record.unit).0 + 1);
                }
                check_build(store, chunk, &mut build, &read)?;
                cpus.insert(read.header.cpu);
            }
        }
        summaries.extend(part.finish());
        first = range.end;
    }
    let mut digests = tables.finish()?;
    digests.insert("summary.csv".into(), summary::write(store, &summaries)?);
    Ok(Folded { groups: summaries, trials, build, cpus, digests, kept: samples })
}

/// All rows of one run come from one build.
fn check_build(
    store: &Store,
    chunk: u64,
    build: &mut String,
    read: &Chunk,
) -> Result<(), LabError> {
    if build.is_empty() {
        build.clone_from(&read.header.build);
    }
    if *build == read.header.build {
        return Ok(());
    }
    Err(LabError::Foreign {
        path: store.chunk_path(chunk),
        what: "build",
        found: read.header.build.clone(),
        expected: build.clone(),
    })
}

fn read(store: &Store, chunk: u64) -> Result<Chunk, LabError> {
    store.read_chunk(chunk).map_err(|unusable| unusable.error(store.chunk_path(chunk)))
}

/// Where a run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Chunks that are there and whole.
    pub done: u64,
    /// Chunks that are absent.
    pub missing: Vec<u64>,
    /// Chunks that are damaged.
    pub torn: Vec<u64>,
    /// Chunks that are needed: fewer than planned once the precision is reached.
    pub total: u64,
}

impl Standing {
    /// Whether all chunks that are needed are there.
    pub const fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.torn.is_empty()
    }
}

/// Look at every chunk of a run.
pub fn standing(store: &Store) -> Result<Standing, LabError> {
    let plan = store.plan();
    let mut standing = Standing { total: plan.chunks(), ..Standing::default() };
    let mut decider = Decider::new(plan);
    let mut round = plan.round_end(0);
    for chunk in 0..plan.chunks() {
        match store.read_chunk(chunk) {
            Ok(read) => {
                standing.done += 1;
                read.records.iter().for_each(|record: &Record| decider.push(record));
            }
            Err(Unusable::Absent) => standing.missing.push(chunk),
            Err(Unusable::Torn(_)) => standing.torn.push(chunk),
            Err(unusable) => return Err(unusable.error(store.chunk_path(chunk))),
        }
        if chunk + 1 == round {
            if standing.is_complete() && decider.is_precise() {
                standing.total = round;
                break;
            }
            round = plan.round_end(round);
        }
    }
    Ok(standing)
}

/// The number of chunks to fold, or which are missing.
fn complete(store: &Store) -> Result<u64, LabError> {
    // Looking before reading: a merge must name everything that is missing, not the first.
    let plan = store.plan();
    let absent: Vec<u64> = (0..plan.chunks()).filter(|chunk| !store.has_chunk(*chunk)).collect();
    if absent.is_empty() && plan.precision.is_none() {
        return Ok(plan.chunks());
    }
    let standing = standing(store)?;
    if standing.is_complete() {
        return Ok(standing.total);
    }
    let mut missing = [standing.missing, standing.torn].concat();
    missing.sort_unstable();
    Err(LabError::Incomplete { missing, total: plan.chunks() })
}
