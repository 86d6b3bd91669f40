//! From chunks to tables: in chunk order, whatever the order in which they were computed.
//!
//! Chunks are read one at a time and once. Samples that do not fit into memory are written out by
//! column (a metric of a scheme at a point, `spool`) and sorted in pieces (`sorted`): quantiles
//! are exact, and memory does not grow with the number of trials. It grows with the number of groups
//! (a scheme at a point): where these are too many, the chunks are read again for the next part.

mod again;
mod samples;
mod sorted;
mod spool;
mod summary;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

pub use again::groups_of;
pub use samples::{Cell, Samples, Wanted};
pub use summary::GroupSummary;

use crate::error::LabError;
use crate::run::{Decider, Header, Record, Store, Unusable};
use summary::Groups;
use tables::Tables;

/// Columns of samples at once: about a hundred bytes each, beside the samples.
const MAX_COLUMNS: usize = 1 << 20;

/// What folding has found.
#[derive(Debug)]
pub struct Folded {
    /// One for each scheme and grid point, schemes slowest.
    pub groups: Vec<GroupSummary>,
    /// Trials that were folded.
    pub trials: u64,
    /// The seeds: one, but for pooled runs.
    pub seeds: Vec<u64>,
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
///
/// # Errors
/// When chunks are missing or damaged, or the file system refuses.
pub fn fold(store: &Store, wanted: &Wanted) -> Result<Folded, LabError> {
    fold_into(&[Source { store, first_trial: 0 }], store, wanted)
}

/// A run whose trials are counted on from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) store: &'a Store,
    pub(crate) first_trial: u64,
}

/// Fold runs one after the other into the folder, and by the plan, of `out`.
pub(crate) fn fold_into(
    sources: &[Source<'_>],
    out: &Store,
    wanted: &Wanted,
) -> Result<Folded, LabError> {
    let plan = out.plan();
    let chunks = sources.iter().map(|source| chunks_of(source.store));
    let chunks: Vec<u64> = chunks.collect::<Result<_, _>>()?;
    let groups = plan.schemes.len() * plan.grid_len();
    let per_pass = (MAX_COLUMNS / plan.metrics.len().max(1)).clamp(1, groups.max(1));
    let mut tables = Tables::create(out)?;
    let mut summaries = Vec::with_capacity(groups);
    let mut samples = Samples::new(wanted, out.dir());
    let (mut build, mut cpus, mut trials) = (String::new(), BTreeSet::new(), 0);
    let mut first = 0;
    while first < groups {
        let range = first..(first + per_pass).min(groups);
        let mut part = Groups::new(plan, range.clone(), out.dir());
        for (source, chunks) in sources.iter().zip(&chunks) {
            let before = source.first_trial * plan.chain_count() as u64;
            for chunk in 0..*chunks {
                let header = source.store.each_record(chunk, |mut record| {
                    record.unit += before;
                    part.push(&record)?;
                    if range.start == 0 {
                        tables.push(&record)?;
                        samples.push(&record, plan)?;
                        trials = trials.max(plan.unit(record.unit).0 + 1);
                    }
                    Ok(())
                })?;
                if range.start == 0 {
                    check_build(source.store, chunk, &mut build, &header)?;
                    cpus.insert(header.cpu);
                }
            }
        }
        summaries.extend(part.finish()?);
        first = range.end;
    }
    let mut digests = tables.finish()?;
    digests.insert("summary.csv".into(), summary::write(out, &summaries)?);
    let seeds = sources.iter().map(|source| source.store.plan().seed).collect();
    Ok(Folded { groups: summaries, trials, seeds, build, cpus, digests, kept: samples })
}

/// All rows of one run come from one build.
fn check_build(
    store: &Store,
    chunk: u64,
    build: &mut String,
    header: &Header,
) -> Result<(), LabError> {
    if build.is_empty() {
        build.clone_from(&header.build);
    }
    if *build == header.build {
        return Ok(());
    }
    Err(LabError::Foreign {
        path: store.chunk_path(chunk),
        what: "build",
        found: header.build.clone(),
        expected: build.clone(),
    })
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
    /// Packs that are damaged, whether a chunk is lost by it or not.
    pub packs: Vec<PathBuf>,
    /// Whether sizes of files alone were compared.
    pub by_size: bool,
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
    let packs = store.damaged_packs();
    let mut standing = Standing { total: plan.chunks(), packs, ..Standing::default() };
    let mut decider = Decider::new(plan);
    let mut round = plan.round_end(0);
    for chunk in 0..plan.chunks() {
        // Rows are looked at where something is decided by them.
        let looked = match plan.precision {
            None => store.check_chunk(chunk),
            Some(_) => store.read_chunk(chunk).map(|read| {
                read.records.iter().for_each(|record: &Record| decider.push(record));
            }),
        };
        match looked {
            Ok(()) => standing.done += 1,
            Err(Unusable::Absent) => standing.missing.push(chunk),
            Err(Unusable::Torn(_)) => standing.torn.push(chunk),
            Err(unusable) => return Err(store.trouble(chunk, unusable)),
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
pub(crate) fn chunks_of(store: &Store) -> Result<u64, LabError> {
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
    Err(LabError::Incomplete { run: None, missing, total: plan.chunks() })
}
