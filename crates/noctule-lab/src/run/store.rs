//! The folder of a run, and how files get into it.
//!
//! Several processes, on several machines, may write to one folder at once and be killed at any
//! moment. The rule is that a file appears whole or not at all, and is never changed afterwards:
//! write to a name nobody else uses, flush to the disk, `link` to the final name (which fails if it
//! exists), remove the first name. Lock files and modification times are not used; they lie on
//! network file systems.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::build;
use super::chunk::{self, Chunk, Header, Unusable};
use super::{Record, folder, record};
use crate::error::LabError;
use crate::files::{self, Draft, Temporary};
use crate::plan::Plan;
use crate::presentation::Presentation;

/// How much finished work may be not yet on the disk. A power cut can tear a chunk that was not
/// flushed; its digest shows that and it is computed again. Flushing takes milliseconds, so chunks
/// that take longer than this are flushed one by one, and quicker ones a few at a time.
const UNFLUSHED: Duration = Duration::from_millis(100);

/// The folder of one run.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    plan: Plan,
    hash: String,
    core: String,
    cpu: String,
    flushed: Mutex<Option<Instant>>,
    parts: OnceLock<Parts>,
}

/// How many units there are in the files that hold only a part of a chunk, fewest first, by chunk.
type Parts = BTreeMap<u64, Vec<u64>>;

impl Store {
    /// Open the folder of a plan, creating it if need be.
    ///
    /// A folder that holds another plan is refused, and unless `force` one that holds something
    /// else than a run. The presentation is rewritten when it changed.
    pub fn create(
        dir: &Path,
        plan: Plan,
        presentation: &Presentation,
        force: bool,
    ) -> Result<Self, LabError> {
        folder::take(dir, presentation, force)?;
        let chunks = dir.join("chunks");
        fs::create_dir_all(&chunks).map_err(LabError::io("create", &chunks))?;
        let path = dir.join("plan.json");
        match publish(&path, plan.text().as_bytes(), true) {
            Err(LabError::Conflict { .. }) => resize(&path, &plan)?,
            other => other?,
        }
        let store = Self::over(dir, plan);
        store.write_output("presentation.json", presentation.text().as_bytes())?;
        Ok(store)
    }

    fn over(dir: &Path, plan: Plan) -> Self {
        Self {
            hash: plan.hash(),
            core: plan.core_hash(),
            plan,
            dir: dir.to_owned(),
            cpu: build::cpu_class(),
            flushed: Mutex::new(None),
            parts: OnceLock::new(),
        }
    }

    /// Refuse to write the results of this plan into a folder that meanwhile has another.
    pub(crate) fn check_plan(&self) -> Result<(), LabError> {
        let path = self.dir.join("plan.json");
        let found = Plan::read(&path)?;
        if found == self.plan {
            return Ok(());
        }
        Err(LabError::OtherPlan { differences: found.differences(&self.plan), path })
    }

    /// Open a folder that already holds a plan.
    pub fn open(dir: &Path) -> Result<(Self, Presentation), LabError> {
        let plan = Plan::read(&dir.join("plan.json"))?;
        let presentation = Presentation::read(&dir.join("presentation.json"), &plan)?;
        let store = Self::over(dir, plan);
        Ok((store, presentation))
    }

    /// Remove what dead processes have left half-written.
    pub(crate) fn sweep(&self) {
        for folder in ["", "chunks", "figures"] {
            files::sweep(&self.dir.join(folder));
        }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The hash of the plan, which names the run.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The file of a chunk: `c000012.jsonl`, or `c000012-5.jsonl` for its first five units where
    /// there are not trials enough for all.
    pub fn chunk_path(&self, chunk: u64) -> PathBuf {
        self.chunk_file(chunk, units(&self.plan.chunk(chunk)))
    }

    fn chunk_file(&self, chunk: u64, count: u64) -> PathBuf {
        let whole = count == units(&self.plan.whole_chunk(chunk));
        let name = if whole { format!("c{chunk:06}") } else { format!("c{chunk:06}-{count}") };
        self.dir.join("chunks").join(name + ".jsonl")
    }

    /// The files that hold a chunk, if they exist: its own, and those of a run of more trials.
    fn sources(&self, chunk: u64) -> Vec<PathBuf> {
        let needed = units(&self.plan.chunk(chunk));
        let whole = units(&self.plan.whole_chunk(chunk));
        if needed == whole {
            return vec![self.chunk_path(chunk)];
        }
        let more = self.parts(chunk).iter().copied().filter(|count| *count > needed);
        let counts = [needed, whole].into_iter().chain(more);
        counts.map(|count| self.chunk_file(chunk, count)).collect()
    }

    /// How many units there are in the files that hold only a part of a chunk.
    ///
    /// The folder is looked through once, not once for each of its chunks. What another process adds
    /// meanwhile is computed here as well, with the same numbers.
    fn parts(&self, chunk: u64) -> &[u64] {
        let all = self.parts.get_or_init(|| {
            let entries = fs::read_dir(self.dir.join("chunks")).into_iter().flatten().flatten();
            let mut all = Parts::new();
            for (chunk, count) in entries.filter_map(|entry| part(entry.file_name().to_str()?)) {
                all.entry(chunk).or_default().push(count);
            }
            all.values_mut().for_each(|counts| counts.sort_unstable());
            all
        });
        all.get(&chunk).map_or(&[], Vec::as_slice)
    }

    /// Whether there is a file with this chunk in it, whole or not.
    pub(crate) fn has_chunk(&self, chunk: u64) -> bool {
        self.sources(chunk).iter().any(|path| path.exists())
    }

    /// Read a chunk.
    pub fn read_chunk(&self, chunk: u64) -> Result<Chunk, Unusable> {
        let wanted = self.plan.chunk(chunk);
        let (path, header) = self.find(chunk)?;
        let mut read = chunk::read(&path, &self.core, chunk)?;
        let held = wanted.start..wanted.start + header.units;
        if let Some(reason) = record::misfit(&read.records, held, &self.plan) {
            return Err(Unusable::Torn(format!("{reason}; remove it and run again")));
        }
        read.records.truncate((units(&wanted) * self.plan.chain_len() as u64) as usize);
        Ok(read)
    }

    /// The first file with a chunk in it that is whole.
    fn find(&self, chunk: u64) -> Result<(PathBuf, Header), Unusable> {
        let wanted = self.plan.chunk(chunk);
        let most = units(&self.plan.whole_chunk(chunk));
        let own = self.chunk_path(chunk);
        for path in self.sources(chunk) {
            match chunk::check(&path, &self.core, chunk) {
                Ok((header, _)) if (units(&wanted)..=most).contains(&header.units) => {
                    return Ok((path, header));
                }
                Ok(_) if path == own => {
                    return Err(Unusable::Torn("it has another number of units".to_owned()));
                }
                // What a run of more trials has left is of use, or it is not.
                Err(unusable) if path == own && unusable != Unusable::Absent => {
                    return Err(unusable);
                }
                _ => {}
            }
        }
        Err(Unusable::Absent)
    }

    /// The rows that a run of fewer trials has left of a chunk, and the first unit after them.
    pub(super) fn begun(&self, chunk: u64) -> (Vec<Record>, u64) {
        let wanted = self.plan.chunk(chunk);
        let parts = self.parts(chunk).iter().copied().rev();
        for count in parts.filter(|count| *count < units(&wanted)) {
            let end = wanted.start + count;
            let read = chunk::read(&self.chunk_file(chunk, count), &self.core, chunk);
            if let Ok(read) = read
                && (read.header.units, read.header.build.as_str()) == (count, build::id())
                && record::misfit(&read.records, wanted.start..end, &self.plan).is_none()
            {
                return (read.records, end);
            }
        }
        (Vec::new(), wanted.start)
    }

    /// Whether a chunk is there and whole; a chunk of another plan or build is an error, a torn one
    /// is moved out of the way (to `.bad`) and reported. One that cannot be read stays where it is:
    /// the disk may be away for a moment.
    pub(super) fn settle(&self, chunk: u64) -> Result<Settled, LabError> {
        let own = self.chunk_path(chunk);
        match self.find(chunk) {
            Ok((path, header)) if header.build != build::id() => Err(LabError::Foreign {
                path,
                what: "build",
                found: header.build,
                expected: build::id().to_owned(),
            }),
            Ok(_) => Ok(Settled::Done),
            Err(Unusable::Absent) => Ok(Settled::Open),
            Err(Unusable::Torn(_)) => {
                let bad = own.with_extension("jsonl.bad");
                match fs::rename(&own, &bad) {
                    Ok(()) => Ok(Settled::Torn(bad)),
                    // Somebody else has just done the same.
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(Settled::Open),
                    Err(error) => Err(LabError::io("rename", &own)(error)),
                }
            }
            Err(unusable) => Err(unusable.error(own)),
        }
    }

    /// Publish a finished chunk.
    pub(super) fn publish_chunk(&self, chunk: u64, records: &[Record]) -> Result<(), LabError> {
        let path = self.chunk_path(chunk);
        let count = units(&self.plan.chunk(chunk));
        let text = chunk::write(&self.core, chunk, count, &self.cpu, records)
            .map_err(|error| LabError::corrupt(&path, error.to_string()))?;
        let flush = self.is_flush_due();
        publish(&path, text.as_bytes(), flush)?;
        if flush {
            self.flush_names();
        }
        Ok(())
    }

    fn is_flush_due(&self) -> bool {
        let mut flushed = self.flushed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = flushed.is_none_or(|at| at.elapsed() >= UNFLUSHED);
        if due {
            *flushed = Some(Instant::now());
        }
        due
    }

    /// Make new names durable. Folders cannot be opened on every system; then there is nothing to
    /// be done.
    pub(super) fn flush_names(&self) {
        let _ = File::open(self.dir.join("chunks")).and_then(|folder| folder.sync_all());
    }

    /// Write a file that is derived from the chunks: whole or not at all, replacing an older one.
    pub fn write_output(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, LabError> {
        let path = self.dir.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(LabError::io("create", folder))?;
        }
        let mut draft = Draft::of(&path)?;
        draft.push(bytes)?;
        draft.finish()?;
        Ok(path)
    }
}

/// Where there is a plan already: another number of trials of the same extends the run, or takes a
/// part of it; anything else is another run.
fn resize(path: &Path, plan: &Plan) -> Result<(), LabError> {
    let found = Plan::read(path)?;
    if found.core_hash() != plan.core_hash() {
        let mut differences = found.differences(plan);
        if differences.is_empty() {
            differences.push("in what has no words".to_owned());
        }
        return Err(LabError::OtherPlan { path: path.to_owned(), differences });
    }
    let mut draft = Draft::of(path)?;
    draft.push(plan.text().as_bytes())?;
    draft.finish()
}

/// The chunk and the number of units of a file `c000012-5.jsonl`.
fn part(name: &str) -> Option<(u64, u64)> {
    let (chunk, count) = name.strip_prefix('c')?.strip_suffix(".jsonl")?.split_once('-')?;
    Some((chunk.parse().ok()?, count.parse().ok()?))
}

const fn units(range: &std::ops::Range<u64>) -> u64 {
    range.end - range.start
}

/// What is known about a chunk before it is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Done,
    Open,
    Torn(PathBuf),
}

/// Put a file in place: whole, once, never over another one. If it is already there with the same
/// bytes, somebody else was faster, and that is fine.
fn publish(path: &Path, bytes: &[u8], flush: bool) -> Result<(), LabError> {
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
        Err(_) if path.exists() => match fs::read(path) {
            Ok(there) if there == bytes => Ok(()),
            Ok(_) => Err(LabError::Conflict { path: path.to_owned() }),
            Err(error) => Err(LabError::io("read", path)(error)),
        },
        // A file system without links: renaming is the next best thing.
        Err(_) => temporary.rename(path).map_err(LabError::io("create", path)),
    }
}
