//! The folder of a run, and how files get into it.
//!
//! Several processes, on several machines, may write to one folder at once and be killed at any
//! moment. The rule is that a file appears whole or not at all, and is never changed afterwards:
//! write to a name nobody else uses, flush to the disk, `link` to the final name (which fails if it
//! exists), remove the first name. Lock files and modification times are not used; they lie on
//! network file systems.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::build;
use super::chunk::{self, Body, Chunk, Header, Unusable};
use super::pack::Packs;
use super::place::Place;
use super::publish::{Ours, publish, resize};
use super::{folder, mend, record};
use crate::error::LabError;
use crate::files::{self, Draft};
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
    packs: Mutex<Option<Packs>>,
    pub(super) ours: Ours,
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
        let store = Self::over(dir, plan);
        store.check_change(presentation)?;
        let chunks = dir.join("chunks");
        fs::create_dir_all(&chunks).map_err(LabError::io("create", &chunks))?;
        let path = dir.join("plan.json");
        match publish(&path, store.plan.text().as_bytes(), true) {
            Err(LabError::Conflict { .. }) => resize(&path, &store.plan)?,
            other => other?,
        }
        store.write_output("presentation.json", presentation.text().as_bytes())?;
        Ok(store)
    }

    /// A folder that results are written to, whether it is a run or not.
    pub(crate) fn over(dir: &Path, plan: Plan) -> Self {
        Self {
            hash: plan.hash(),
            core: plan.core_hash(),
            plan,
            dir: dir.to_owned(),
            cpu: build::cpu_class(),
            flushed: Mutex::new(None),
            parts: OnceLock::new(),
            packs: Mutex::new(None),
            ours: Ours::default(),
        }
    }

    /// Refuse to write the results of this plan into a folder that meanwhile has another.
    pub(crate) fn check_plan(&self) -> Result<(), LabError> {
        self.ours.check(&self.dir, &self.plan)?;
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
        for folder in ["", "chunks", "chunks/packs", "figures"] {
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

    /// The hash of what its chunks belong to.
    pub fn core(&self) -> &str {
        &self.core
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

    pub(super) fn chunk_file(&self, chunk: u64, count: u64) -> PathBuf {
        let whole = count == units(&self.plan.whole_chunk(chunk));
        let name = if whole { format!("c{chunk:06}") } else { format!("c{chunk:06}-{count}") };
        self.dir.join("chunks").join(name + ".jsonl")
    }

    /// Where a chunk may be: its own file, those of a run of more trials, packs.
    fn sources(&self, chunk: u64) -> Vec<Place> {
        let needed = units(&self.plan.chunk(chunk));
        let whole = units(&self.plan.whole_chunk(chunk));
        let mut counts = vec![needed];
        if needed < whole {
            counts.push(whole);
            counts.extend(self.parts(chunk).iter().filter(|count| **count > needed));
        }
        let files = counts.into_iter().map(|count| Place::File(self.chunk_file(chunk, count)));
        let packed = self.packed(chunk).into_iter();
        files.chain(packed.filter(|(count, _)| *count >= needed).map(|(_, place)| place)).collect()
    }

    /// Where packs lie.
    pub(super) fn packs_folder(&self) -> PathBuf {
        self.dir.join("chunks").join("packs")
    }

    pub(super) fn packed(&self, chunk: u64) -> Vec<(u64, Place)> {
        self.with_packs(|packs| packs.of(chunk))
    }

    /// Look at the packs there are.
    pub(super) fn with_packs<T>(&self, look: impl FnOnce(&Packs) -> T) -> T {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        look(packs.get_or_insert_with(|| {
            let mut packs = Packs::default();
            packs.renew(&self.packs_folder(), &self.core);
            packs
        }))
    }

    /// Look for packs again when next they are needed.
    pub(super) fn forget_packs(&self) {
        *self.packs.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Packs that do not say what is in them any more.
    pub(crate) fn damaged_packs(&self) -> Vec<PathBuf> {
        self.with_packs(|packs| packs.damaged().to_vec())
    }

    /// Whether another process has packed chunks meanwhile.
    fn has_new_packs(&self) -> bool {
        let mut packs = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        packs.as_mut().is_some_and(|packs| packs.renew(&self.packs_folder(), &self.core))
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
        self.sources(chunk).iter().any(|place| place.path().exists())
    }

    /// Read a chunk.
    pub fn read_chunk(&self, chunk: u64) -> Result<Chunk, Unusable> {
        let wanted = self.plan.chunk(chunk);
        let (_, header, text) = self.find(chunk)?;
        let held = wanted.start..wanted.start + header.units;
        let mut read = chunk::rows(header, &text)?;
        if let Some(reason) = record::misfit(&read.records, held, &self.plan) {
            return Err(Unusable::Torn(format!("{reason}; remove it and run again")));
        }
        read.records.truncate((units(&wanted) * self.plan.chain_len() as u64) as usize);
        Ok(read)
    }

    /// Whether a chunk is there and whole, by its digest.
    pub(crate) fn check_chunk(&self, chunk: u64) -> Result<(), Unusable> {
        self.find(chunk).map(|_| ())
    }

    /// The first place with a chunk in it that is whole.
    pub(super) fn find(&self, chunk: u64) -> Result<(Place, Header, String), Unusable> {
        match self.look(chunk) {
            Err(Unusable::Absent) if self.has_new_packs() => self.look(chunk),
            found => found,
        }
    }

    fn look(&self, chunk: u64) -> Result<(Place, Header, String), Unusable> {
        let refused =
            self.with_packs(|packs| packs.refused().map(|(_, unusable)| unusable.clone()));
        if let Some(foreign @ Unusable::Foreign { .. }) = refused {
            return Err(foreign);
        }
        let wanted = self.plan.chunk(chunk);
        let most = units(&self.plan.whole_chunk(chunk));
        let own = self.chunk_path(chunk);
        let mut end = Unusable::Absent;
        for place in self.sources(chunk) {
            let mine = place.path() == own;
            match chunk::check(&place, &self.core, chunk) {
                Ok((header, text)) if (units(&wanted)..=most).contains(&header.units) => {
                    return Ok((place, header, text));
                }
                Ok(_) if mine => {
                    return Err(Unusable::Torn("it has another number of units".to_owned()));
                }
                // What a run of more trials has left is of use, or it is not.
                Err(unusable) if mine && unusable != Unusable::Absent => return Err(unusable),
                Err(unusable) if matches!(place, Place::Packed(..)) => end = unusable,
                _ => {}
            }
        }
        // A pack that is not handed out just now may have it.
        Err(refused.filter(|_| end == Unusable::Absent).unwrap_or(end))
    }

    /// The rows that a run of fewer trials has left of a chunk, and the first unit after them.
    pub(super) fn begun(&self, chunk: u64) -> (Body, u64) {
        let wanted = self.plan.chunk(chunk);
        let file = |count: &u64| (*count, Place::File(self.chunk_file(chunk, *count)));
        let mut parts: Vec<(u64, Place)> = self.parts(chunk).iter().map(file).collect();
        parts.extend(self.packed(chunk));
        parts.sort_by_key(|(count, _)| *count);
        let fewer = |(count, _): &(u64, Place)| *count < units(&wanted);
        for (count, place) in parts.into_iter().rev().filter(fewer) {
            let end = wanted.start + count;
            let read = chunk::read(&place, &self.core, chunk);
            if let Ok(read) = read
                && (read.header.units, read.header.build.as_str()) == (count, build::id())
                && record::misfit(&read.records, wanted.start..end, &self.plan).is_none()
                && let Ok(body) = Body::of(&read.records)
            {
                return (body, end);
            }
        }
        (Body::default(), wanted.start)
    }

    /// Whether a chunk is there and whole; a chunk of another plan or build is an error, a torn one
    /// is moved out of the way (to `.bad`) and reported. One that cannot be read stays where it is:
    /// the disk may be away for a moment.
    pub(super) fn settle(&self, chunk: u64) -> Result<Settled, LabError> {
        let own = self.chunk_path(chunk);
        match self.find(chunk) {
            Ok((place, header, _)) if header.build != build::id() => Err(LabError::Foreign {
                path: place.path().to_owned(),
                what: "build",
                found: header.build,
                expected: build::id().to_owned(),
            }),
            Ok(_) => Ok(Settled::Done),
            Err(Unusable::Absent) => Ok(Settled::Open),
            Err(Unusable::Torn(_)) => {
                let torn = |place: &Place| {
                    matches!(chunk::check(place, &self.core, chunk), Err(Unusable::Torn(_)))
                };
                let bad = match mend::put_aside(&own)? {
                    Some(bad) => Some(bad),
                    None => match self.packed(chunk).iter().find(|(_, place)| torn(place)) {
                        Some((_, place)) => self.take_apart(place.path())?,
                        // Somebody else has just done the same.
                        None => None,
                    },
                };
                Ok(bad.map_or(Settled::Open, Settled::Torn))
            }
            Err(unusable) => Err(self.trouble(chunk, unusable)),
        }
    }

    /// Publish a finished chunk.
    pub(super) fn publish_chunk(&self, chunk: u64, body: &Body) -> Result<(), LabError> {
        let path = self.chunk_path(chunk);
        let count = units(&self.plan.chunk(chunk));
        let text = chunk::write(&self.core, chunk, count, &self.cpu, body)
            .map_err(|error| LabError::corrupt(&path, error.to_string()))?;
        let flush = self.is_flush_due();
        self.ours.publish((&self.dir, &self.plan), &path, text.as_bytes(), flush)?;
        if flush {
            self.flush_names();
        }
        // A part of a chunk is of no use beside more of it.
        for part in self.parts(chunk).iter().filter(|part| **part < count) {
            let _ = fs::remove_file(self.chunk_file(chunk, *part));
        }
        Ok(())
    }

    /// Publish the rows of a chunk up to a unit, for whoever goes on.
    pub(super) fn publish_part(&self, chunk: u64, end: u64, body: &Body) -> Result<(), LabError> {
        let count = end - self.plan.chunk(chunk).start;
        let path = self.chunk_file(chunk, count);
        let text = chunk::write(&self.core, chunk, count, &self.cpu, body)
            .map_err(|error| LabError::corrupt(&path, error.to_string()))?;
        self.ours.publish((&self.dir, &self.plan), &path, text.as_bytes(), true)
    }

    pub(super) fn is_flush_due(&self) -> bool {
        let mut flushed = self.flushed.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The chunk and the number of units of a file `c000012-5.jsonl`.
fn part(name: &str) -> Option<(u64, u64)> {
    let (chunk, count) = name.strip_prefix('c')?.strip_suffix(".jsonl")?.split_once('-')?;
    Some((chunk.parse().ok()?, count.parse().ok()?))
}

pub(super) const fn units(range: &std::ops::Range<u64>) -> u64 {
    range.end - range.start
}

/// What is known about a chunk before it is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Done,
    Open,
    Torn(PathBuf),
}
