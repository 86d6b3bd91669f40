//! The folder of a run, and how files get into it.
//!
//! Several processes, on several machines, may write to one folder at once and be killed at any
//! moment. The rule is that a file appears whole or not at all, and is never changed afterwards:
//! write to a name nobody else uses, flush to the disk, `link` to the final name (which fails if it
//! exists), remove the first name. Lock files and modification times are not used; they lie on
//! network file systems.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::build;
use super::chunk::{self, Chunk, Unusable};
use crate::error::LabError;
use crate::plan::Plan;
use crate::presentation::Presentation;

/// How much finished work may be not yet on the disk. A power cut can tear a chunk that was not
/// flushed; its digest shows that and it is computed again. Flushing takes milliseconds, so chunks
/// that take longer than this are flushed one by one, and quicker ones a few at a time.
const UNFLUSHED: Duration = Duration::from_millis(100);

/// Keep what is in a folder of results, if anything, under another name, which is returned. What
/// had that name before is removed.
///
/// # Errors
/// When the file system refuses.
pub fn move_aside(dir: &Path) -> Result<Option<PathBuf>, LabError> {
    if !dir.join("plan.json").exists() {
        return Ok(None);
    }
    let mut name = dir.as_os_str().to_owned();
    name.push(".old");
    let old = PathBuf::from(name);
    if old.join("plan.json").exists() {
        fs::remove_dir_all(&old).map_err(LabError::io("move aside", dir))?;
    }
    fs::rename(dir, &old).map_err(LabError::io("move aside", dir))?;
    Ok(Some(old))
}

/// The folder of one run.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    plan: Plan,
    hash: String,
    cpu: String,
    flushed: Mutex<Option<Instant>>,
}

impl Store {
    /// Open the folder of a plan, creating it if need be.
    ///
    /// A folder that holds another plan is refused. The presentation is rewritten when it changed.
    pub fn create(dir: &Path, plan: Plan, presentation: &Presentation) -> Result<Self, LabError> {
        let chunks = dir.join("chunks");
        fs::create_dir_all(&chunks).map_err(LabError::io("create", &chunks))?;
        let path = dir.join("plan.json");
        let text = plan.text();
        match publish(&path, text.as_bytes(), true) {
            Err(LabError::Conflict { .. }) => {
                let found = Plan::read(&path)
                    .map_or_else(|_| "an unreadable plan".to_owned(), |plan| plan.hash());
                return Err(LabError::Foreign { path, what: "plan", found, expected: plan.hash() });
            }
            other => other?,
        }
        let store = Self::over(dir, plan);
        store.write_output("presentation.json", presentation.text().as_bytes())?;
        Ok(store)
    }

    fn over(dir: &Path, plan: Plan) -> Self {
        Self {
            hash: plan.hash(),
            plan,
            dir: dir.to_owned(),
            cpu: build::cpu_class(),
            flushed: Mutex::new(None),
        }
    }

    /// Open a folder that already holds a plan.
    pub fn open(dir: &Path) -> Result<(Self, Presentation), LabError> {
        let plan = Plan::read(&dir.join("plan.json"))?;
        let presentation = Presentation::read(&dir.join("presentation.json"), &plan)?;
        let store = Self::over(dir, plan);
        Ok((store, presentation))
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

    /// The file of a chunk.
    pub fn chunk_path(&self, chunk: u64) -> PathBuf {
        self.dir.join("chunks").join(format!("c{chunk:06}.jsonl"))
    }

    /// Read a chunk.
    pub fn read_chunk(&self, chunk: u64) -> Result<Chunk, Unusable> {
        chunk::read(&self.chunk_path(chunk), &self.hash, chunk)
    }

    /// Whether a chunk is there and whole; a chunk of another plan or build is an error, a torn one
    /// is moved out of the way (to `.bad`) and reported.
    pub(super) fn settle(&self, chunk: u64) -> Result<Settled, LabError> {
        let path = self.chunk_path(chunk);
        match chunk::check(&path, &self.hash, chunk) {
            Ok((header, _)) if header.build != build::id() => Err(LabError::Foreign {
                path,
                what: "build",
                found: header.build,
                expected: build::id().to_owned(),
            }),
            Ok(_) => Ok(Settled::Done),
            Err(Unusable::Absent) => Ok(Settled::Open),
            Err(Unusable::Torn(_)) => {
                let bad = path.with_extension("jsonl.bad");
                match fs::rename(&path, &bad) {
                    Ok(()) => Ok(Settled::Torn(bad)),
                    // Somebody else has just done the same.
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok(Settled::Open),
                    Err(error) => Err(LabError::io("rename", &path)(error)),
                }
            }
            Err(Unusable::Foreign { what, found, expected }) => {
                Err(LabError::Foreign { path, what, found, expected })
            }
        }
    }

    /// Publish a finished chunk.
    pub(super) fn publish_chunk(
        &self,
        chunk: u64,
        records: &[super::Record],
    ) -> Result<(), LabError> {
        let path = self.chunk_path(chunk);
        let text = chunk::write(&self.hash, chunk, &self.cpu, records)
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
        let temporary = temporary_beside(&path);
        fs::write(&temporary, bytes).map_err(LabError::io("write", &temporary))?;
        fs::rename(&temporary, &path).map_err(LabError::io("rename", &path))?;
        Ok(path)
    }
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
    let temporary = temporary_beside(path);
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        if flush { file.sync_all() } else { Ok(()) }
    };
    write().map_err(LabError::io("write", &temporary))?;
    let linked = fs::hard_link(&temporary, path);
    let result = match linked {
        Ok(()) => Ok(()),
        // Also when the link was made but the answer got lost on the way.
        Err(_) if path.exists() => match fs::read(path) {
            Ok(there) if there == bytes => Ok(()),
            Ok(_) => Err(LabError::Conflict { path: path.to_owned() }),
            Err(error) => Err(LabError::io("read", path)(error)),
        },
        // A file system without links: renaming is the next best thing.
        Err(_) => return fs::rename(&temporary, path).map_err(LabError::io("create", path)),
    };
    let _ = fs::remove_file(&temporary);
    result
}

/// A name in the same folder that nobody else uses.
pub(crate) fn temporary_beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let random = RandomState::new().build_hasher().finish();
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host: String = host.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.{host}-{}-{count}-{random:016x}.tmp", std::process::id()))
}
