//! Running a plan: units in parallel, chunks as they are finished.
//!
//! Every run is shard `i` of `n` (by default 0 of 1): it computes the chunks `c` with `c mod n = i`
//! that are not there yet. Resuming is the same as running. Threads take chunks in order, compute
//! them unit by unit, and publish each with its digest; whatever kills the process, at most the
//! chunks in flight are lost.

mod array;
pub mod build;
mod chunk;
mod decide;
mod folder;
mod mend;
mod pack;
mod place;
mod present;
mod progress;
mod publish;
mod record;
mod remote;
mod store;
mod timings;
mod unit;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use noctule_num::InputError;
use noctule_optim::Interrupt;

pub use array::{Numbering, Part, Resolved};
pub use chunk::{Chunk, Header, Unusable};
pub(crate) use decide::Decider;
pub(crate) use folder::remove_figures;
pub(crate) use folder::vacant;
pub use folder::{folders_below, move_aside};
pub use progress::{Progress, Silent, Step};
pub use record::{Ending, Gap, PointKind, Record};
pub use remote::chunk_text;
pub use store::Store;

use crate::error::LabError;
use crate::plan::{Chains, Plan};
use store::Settled;
use timings::Timings;

/// A chunk that took this long is not thrown away when a signal comes before its end.
const WORTH_KEEPING: Duration = Duration::from_secs(1);

/// How to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    /// Threads; one per core when absent.
    pub threads: Option<usize>,
    /// Which part of the chunks.
    pub shard: Shard,
    /// Whether the first design that fails, now or in an earlier call, ends the run; otherwise failures
    /// are rows as others.
    pub fail_fast: bool,
}

/// Part `index` of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From zero.
    pub index: u64,
    /// How many parts there are.
    pub count: u64,
}

impl Default for Shard {
    fn default() -> Self {
        Self { index: 0, count: 1 }
    }
}

impl std::str::FromStr for Shard {
    type Err = InputError;

    /// `0/4` to `3/4`.
    fn from_str(text: &str) -> Result<Self, InputError> {
        let refuse = || {
            InputError::new(
                "this is not a shard",
                "--shard",
                text,
                "i/N with 0 ≤ i < N, such as 0/4",
            )
        };
        let (index, count) = text.split_once('/').ok_or_else(refuse)?;
        let (index, count) =
            (index.parse().map_err(|_| refuse())?, count.parse().map_err(|_| refuse())?);
        if index < count { Ok(Self { index, count }) } else { Err(refuse()) }
    }
}

/// What a run has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Chunks of this shard.
    pub chunks: u64,
    /// Chunks that were there already.
    pub reused: u64,
    /// Chunks computed now.
    pub computed: u64,
    /// Damaged chunks that were moved away.
    pub healed: Vec<PathBuf>,
    /// Whether it was interrupted; running again resumes.
    pub interrupted: bool,
    /// Whether the target precision was reached before all trials were run.
    pub precise: bool,
    /// Rows computed now, by ending.
    pub rows: Step,
}

impl RunReport {
    /// Whether all chunks of this shard are there.
    pub const fn is_complete(&self) -> bool {
        !self.interrupted
    }
}

/// One run in progress.
struct Session<'a> {
    store: &'a Store,
    plan: &'a Plan,
    chains: &'a Chains<'a>,
    progress: &'a dyn Progress,
    interrupt: &'a Interrupt,
    timings: Timings,
    threads: usize,
    fail_fast: bool,
    error: Mutex<Option<LabError>>,
    broken: AtomicBool,
    computed: AtomicU64,
    rows: [AtomicU64; 5],
}

/// Refuse a part of a run that cannot be split.
///
/// # Errors
/// With the option that asks for it.
pub fn check_part(plan: &Plan, part: Shard) -> Result<(), InputError> {
    if plan.precision.is_none() || part.count == 1 {
        return Ok(());
    }
    let what = "an experiment that stops at a precision cannot be split";
    let found = format!("{}/{}", part.index, part.count);
    let allowed = "no --shard: whether to go on is decided from all chunks together";
    Err(InputError::new(what, "--shard", found, allowed))
}

/// Run the chunks of one shard that are not there yet.
pub fn run(
    store: &Store,
    chains: &Chains<'_>,
    options: &RunOptions,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<RunReport, LabError> {
    let plan = store.plan();
    check_part(plan, options.shard)?;
    let threads = options
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .max(1);
    let session = Session {
        store,
        plan,
        chains,
        progress,
        interrupt,
        timings: Timings::new(store.dir().join("timings.csv"), threads),
        threads,
        fail_fast: options.fail_fast,
        error: Mutex::new(None),
        broken: AtomicBool::new(false),
        computed: AtomicU64::new(0),
        rows: Default::default(),
    };
    // what fails in a folder that was moved away fails for that
    let ours = |error| store.ours.check(store.dir(), plan).and(Err(error));
    session.run(options.shard).or_else(ours)
}

impl Session<'_> {
    fn run(&self, shard: Shard) -> Result<RunReport, LabError> {
        self.store.sweep();
        let mine = (0..self.plan.chunks()).filter(|chunk| chunk % shard.count == shard.index);
        let mut report = RunReport { healed: self.store.mend()?, ..RunReport::default() };
        report.healed.iter().for_each(|path| self.progress.healed(path));
        let mut open = Vec::new();
        let (mut total, mut done) = (0, 0);
        for chunk in mine {
            let units = self.plan.chunk(chunk);
            let units = units.end - units.start;
            report.chunks += 1;
            total += units;
            match self.store.settle(chunk)? {
                Settled::Done => {
                    report.reused += 1;
                    done += units;
                }
                Settled::Open => open.push(chunk),
                Settled::Torn(path) => {
                    self.progress.healed(&path);
                    report.healed.push(path);
                    open.push(chunk);
                }
            }
        }
        if self.fail_fast
            && let Some(failed) = self.store.stored_failure(shard, |_, end| end.is_failure())?
        {
            return Err(failed);
        }
        self.progress.begin(total, done);
        match &self.plan.precision {
            None => self.compute(&open)?,
            Some(_) => report.precise = self.rounds(&open)?,
        }
        self.store.flush_names();
        report.computed = self.computed.load(Ordering::Relaxed);
        let [designed, infeasible, failed, not_run, unsound] =
            [0, 1, 2, 3, 4].map(|k: usize| self.rows[k].load(Ordering::Relaxed));
        report.rows = Step { designed, infeasible, unsound, failed, not_run };
        report.interrupted = !report.precise && report.computed < open.len() as u64;
        Ok(report)
    }

    /// Rounds of chunks, until every point is known well enough. The decision reads the chunks and
    /// nothing else, so that a resumed run decides as an uninterrupted one.
    fn rounds(&self, open: &[u64]) -> Result<bool, LabError> {
        let mut decider = Decider::new(self.plan);
        let mut start = 0;
        while start < self.plan.chunks() {
            let end = self.plan.round_end(start);
            let missing: Vec<u64> =
                open.iter().copied().filter(|chunk| (start..end).contains(chunk)).collect();
            self.compute(&missing)?;
            if self.interrupt.is_raised() {
                return Ok(false);
            }
            for chunk in start..end {
                let read = self.store.read_chunk(chunk);
                let read = read.map_err(|unusable| self.store.trouble(chunk, unusable))?;
                read.records.iter().for_each(|record| decider.push(record));
            }
            if decider.is_precise() {
                return Ok(end < self.plan.chunks());
            }
            start = end;
        }
        Ok(false)
    }

    /// Compute chunks on all threads, taking them in order.
    fn compute(&self, chunks: &[u64]) -> Result<(), LabError> {
        if !chunks.is_empty() {
            self.chains.ready()?;
        }
        let next = AtomicU64::new(0);
        let work = || {
            while !self.broken.load(Ordering::Relaxed) && !self.interrupt.is_raised() {
                let index = next.fetch_add(1, Ordering::Relaxed) as usize;
                let Some(&chunk) = chunks.get(index) else { break };
                if let Err(error) = self.compute_chunk(chunk) {
                    self.broken.store(true, Ordering::Relaxed);
                    *self.error.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                        Some(error);
                }
            }
        };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        match pool {
            Ok(pool) => pool.scope(|scope| (0..self.threads).for_each(|_| scope.spawn(|_| work()))),
            // No threads to be had: the work is done all the same.
            Err(_) => work(),
        }
        match self.error.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn compute_chunk(&self, chunk: u64) -> Result<(), LabError> {
        let written = |error: serde_json::Error| {
            LabError::corrupt(&self.store.chunk_path(chunk), error.to_string())
        };
        // Rows of fewer trials are the first rows of more.
        let begun = Instant::now();
        let (mut body, first) = self.store.begun(chunk);
        let mut seconds = vec![0.0; self.plan.schemes.len()];
        let mut units = vec![0; self.plan.schemes.len()];
        for unit in first..self.plan.chunk(chunk).end {
            let start = Instant::now();
            let ended = match self.broken.load(Ordering::Relaxed) {
                true => None,
                false => unit::run(self.plan, self.chains, unit, self.interrupt, &mut body)
                    .map_err(written)?,
            };
            let Some(ended) = ended else {
                // What is finished of a chunk is worth keeping where it took its time.
                if begun.elapsed() >= WORTH_KEEPING && unit > first {
                    self.store.publish_part(chunk, unit, &body)?;
                }
                return Ok(());
            };
            let chain = self.plan.unit(unit).1;
            if let Some(failed) = &ended.failed {
                self.chains
                    .still_stand(self.plan, chain)
                    .map_err(|error| error.inside("scenario"))?;
                if self.fail_fast {
                    return Err(self.store.failed(failed, false));
                }
            }
            let scheme = self.plan.chain_scheme(chain);
            seconds[scheme] += start.elapsed().as_secs_f64();
            units[scheme] += 1;
            self.count(ended.rows);
        }
        self.store.publish_chunk(chunk, &body)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        self.timings.append(self.plan, chunk, &seconds, &units);
        Ok(())
    }

    fn count(&self, step: Step) {
        let Step { designed, infeasible, unsound, failed, not_run } = step;
        for (counter, more) in
            self.rows.iter().zip([designed, infeasible, failed, not_run, unsound])
        {
            counter.fetch_add(more, Ordering::Relaxed);
        }
        self.progress.unit(step);
    }
}
