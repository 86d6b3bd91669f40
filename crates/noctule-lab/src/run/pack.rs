//! Packs: chunks of a complete run in few files.
//!
//! A pack is chunk files one after the other, unchanged; a line that says where each begins; and a
//! last line of fixed length that says where that line is, with its digest. It is linked to its name
//! before the files that went into it are removed, so that every chunk is in a file of its own, or in
//! a pack, or in both, at any moment. A file of its own counts first: what is damaged in a pack is
//! computed again into one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Store;
use super::chunk;
use super::place::Place;
use crate::canonical;
use crate::error::LabError;
use crate::files::Temporary;

/// The format of packs.
const FORMAT: &str = "noctule-pack/1";
/// Fewer chunk files than this are left as they are.
const FEW: usize = 256;
/// A pack ends with the chunk that makes it larger than this: so much more disk is needed meanwhile.
const LARGE: u64 = 256 << 20;
/// Largest list of a pack that is read.
const MAX_LIST: u64 = 64 << 20;

/// A chunk in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    chunk: u64,
    units: u64,
    at: u64,
    length: u64,
}

#[derive(Serialize, Deserialize)]
struct List {
    format: String,
    plan: String,
    chunks: Vec<Entry>,
}

/// The last line of a pack.
#[derive(Serialize, Deserialize)]
struct End {
    list_at: String,
    sha256: String,
}

impl End {
    fn line(at: u64, list: &[u8]) -> String {
        let end = Self { list_at: format!("{at:016x}"), sha256: canonical::sha256(list) };
        serde_json::to_string(&end).unwrap_or_default() + "\n"
    }
}

/// The packs of a run that are known.
#[derive(Debug, Default)]
pub(super) struct Packs {
    /// By name; nothing in those that cannot be read, which are looked at once.
    paths: Vec<PathBuf>,
    /// By chunk: the pack, and where in it.
    chunks: BTreeMap<u64, Vec<(usize, Entry)>>,
}

impl Packs {
    /// Look for packs that are not known yet; whether there was one.
    pub(super) fn renew(&mut self, folder: &Path, plan: &str) -> bool {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let is_pack = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_pack).collect();
        found.retain(|path| !self.paths.contains(path));
        found.sort();
        let any = !found.is_empty();
        for path in found {
            let number = self.paths.len();
            for entry in list(&path, plan).unwrap_or_default() {
                self.chunks.entry(entry.chunk).or_default().push((number, entry));
            }
            self.paths.push(path);
        }
        any
    }

    /// Where a chunk is, with how many of its units.
    pub(super) fn of(&self, chunk: u64) -> Vec<(u64, Place)> {
        let entries = self.chunks.get(&chunk).map_or(&[][..], Vec::as_slice);
        let place = |(number, entry): &(usize, Entry)| {
            let path = self.paths[*number].clone();
            (entry.units, Place::Packed(path, entry.at, entry.length))
        };
        entries.iter().map(place).collect()
    }
}

/// What is in a pack; nothing where it is damaged, or of another plan: its chunks count as absent.
fn list(path: &Path, plan: &str) -> Option<Vec<Entry>> {
    let mut file = File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let length = End::line(0, b"").len() as u64;
    file.seek(SeekFrom::Start(size.checked_sub(length)?)).ok()?;
    let mut line = String::new();
    (&mut file).take(length).read_to_string(&mut line).ok()?;
    let end: End = serde_json::from_str(&line).ok()?;
    let at = u64::from_str_radix(&end.list_at, 16).ok()?;
    let bytes = (size - length).checked_sub(at).filter(|bytes| *bytes <= MAX_LIST)?;
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut text = Vec::new();
    file.take(bytes).read_to_end(&mut text).ok()?;
    if canonical::sha256(&text) != end.sha256 {
        return None;
    }
    let list: List = serde_json::from_slice(&text).ok()?;
    let inside = |entry: &Entry| entry.at.checked_add(entry.length).is_some_and(|end| end <= at);
    let ours = list.format == FORMAT && list.plan == plan && list.chunks.iter().all(inside);
    ours.then_some(list.chunks)
}

/// Whether every chunk of a pack is as it was written.
fn is_whole(path: &Path, plan: &str) -> bool {
    list(path, plan).is_some_and(|entries| {
        entries.iter().all(|entry| {
            let place = Place::Packed(path.to_owned(), entry.at, entry.length);
            chunk::check(&place, plan, entry.chunk)
                .is_ok_and(|(header, _)| header.units == entry.units)
        })
    })
}

/// A pack that is being written.
struct Draft {
    temporary: Temporary,
    file: BufWriter<File>,
    size: u64,
    entries: Vec<Entry>,
    parts: Vec<PathBuf>,
}

impl Draft {
    fn within(folder: &Path) -> Result<Self, LabError> {
        fs::create_dir_all(folder).map_err(LabError::io("create", folder))?;
        let temporary = Temporary::beside(&folder.join("pack"));
        let file = OpenOptions::new().write(true).create_new(true).open(temporary.path());
        let file = file.map_err(LabError::io("write", temporary.path()))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { temporary, file, size: 0, entries: Vec::new(), parts: Vec::new() })
    }

    fn push(
        &mut self,
        chunk: u64,
        units: u64,
        path: PathBuf,
        bytes: &[u8],
    ) -> Result<(), LabError> {
        self.file.write_all(bytes).map_err(LabError::io("write", self.temporary.path()))?;
        let length = bytes.len() as u64;
        self.entries.push(Entry { chunk, units, at: self.size, length });
        self.parts.push(path);
        self.size += length;
        Ok(())
    }

    /// Put the pack in place, then remove what went into it.
    fn finish(mut self, folder: &Path, plan: &str) -> Result<(), LabError> {
        let (Some(first), Some(last)) = (self.entries.first(), self.entries.last()) else {
            return Ok(());
        };
        let (first, last) = (first.chunk, last.chunk);
        let list = List {
            format: FORMAT.to_owned(),
            plan: plan.to_owned(),
            chunks: std::mem::take(&mut self.entries),
        };
        let text = serde_json::to_string(&list).unwrap_or_default() + "\n";
        let end = End::line(self.size, text.as_bytes());
        let digest = canonical::sha256(text.as_bytes());
        let path = folder.join(format!("p{first:06}-{last:06}-{}.jsonl", &digest[..8]));
        let fail = LabError::io("write", &path);
        let write = |file: &mut BufWriter<File>| {
            file.write_all(text.as_bytes())?;
            file.write_all(end.as_bytes())?;
            file.flush()?;
            file.get_ref().sync_all()
        };
        write(&mut self.file).map_err(fail)?;
        if path.exists() && !is_whole(&path, plan) {
            // The same chunks, packed before and damaged since.
            let bad = path.with_extension("jsonl.bad");
            fs::rename(&path, &bad).map_err(LabError::io("rename", &path))?;
        }
        match fs::hard_link(self.temporary.path(), &path) {
            Ok(()) => {}
            // Somebody else has packed the same chunks meanwhile.
            Err(_) if path.exists() && is_whole(&path, plan) => {}
            Err(error) if path.exists() => return Err(LabError::io("create", &path)(error)),
            // A file system without links.
            Err(_) => self.temporary.rename(&path).map_err(LabError::io("create", &path))?,
        }
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
        for part in self.parts {
            let _ = fs::remove_file(part);
        }
        Ok(())
    }
}

impl Store {
    /// Put the chunks of a complete run into few files, where there are many.
    ///
    /// # Errors
    /// When the disk is full, for instance; every chunk is then where it was.
    pub(crate) fn pack(&self) -> Result<(), LabError> {
        let entries = fs::read_dir(self.dir().join("chunks")).into_iter().flatten();
        if entries.take(FEW + 1).count() <= FEW {
            return Ok(());
        }
        let folder = self.packs_folder();
        let mut draft: Option<Draft> = None;
        for chunk in 0..self.plan().chunks() {
            let path = self.chunk_path(chunk);
            let place = Place::File(path.clone());
            let bytes = match place.bytes() {
                Ok(bytes) => bytes,
                // In a pack already, or in a file of more trials.
                Err(_) => continue,
            };
            let Ok((header, _)) = chunk::check_bytes(bytes.clone(), self.core(), chunk) else {
                continue;
            };
            let open = match &mut draft {
                Some(open) => open,
                None => draft.insert(Draft::within(&folder)?),
            };
            open.push(chunk, header.units, path, &bytes)?;
            if open.size >= LARGE
                && let Some(full) = draft.take()
            {
                full.finish(&folder, self.core())?;
            }
        }
        match draft {
            Some(last) => last.finish(&folder, self.core()),
            None => Ok(()),
        }
    }
}
