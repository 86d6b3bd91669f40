//! Packs: chunks of a complete run in few files.
//!
//! A pack is chunk files one after the other, unchanged; a line that says where each begins; and a
//! last line of fixed length that says where that line is, with its digest. It is linked to its name
//! before the files that went into it are removed, so that every chunk is in a file of its own, or in
//! a pack, or in both, at any moment. A file of its own counts first. A pack that is damaged is taken
//! apart (`mend`): what is whole in it goes back into files, what is not is computed again.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Store;
use super::chunk::{self, Unusable};
use super::mend;
use super::place::{self, Entry, Place};
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
    /// By name; each is looked at once.
    paths: Vec<PathBuf>,
    /// By chunk: the pack, and where in it.
    chunks: BTreeMap<u64, Vec<(usize, Entry)>>,
    /// Those that do not say what is in them: it was found by looking through them.
    damaged: Vec<PathBuf>,
    /// One of another plan, or that is not handed out just now. It may hold any chunk.
    refused: Option<(PathBuf, Unusable)>,
}

impl Packs {
    /// Look for packs that are not known yet; whether there was one.
    pub(super) fn renew(&mut self, folder: &Path, plan: &str) -> bool {
        self.refused = None;
        let mut found = match names(folder) {
            Ok(found) => found,
            Err(unusable) => {
                self.refused = Some((folder.to_owned(), unusable));
                return false;
            }
        };
        found.retain(|path| !self.paths.contains(path));
        let mut any = false;
        for path in found {
            let entries = match list(&path, plan) {
                Err(Unusable::Torn(_)) => {
                    let entries = mend::entries(&path, plan);
                    if entries.is_ok() {
                        self.damaged.push(path.clone());
                    }
                    entries
                }
                listed => listed,
            };
            match entries {
                Ok(entries) => {
                    let number = self.paths.len();
                    for entry in entries {
                        self.chunks.entry(entry.chunk).or_default().push((number, entry));
                    }
                    self.paths.push(path);
                    any = true;
                }
                // Somebody has just taken it apart.
                Err(Unusable::Absent) => {}
                Err(unusable) => self.refused = Some((path, unusable)),
            }
        }
        any
    }

    /// Where a chunk is, with how many of its units.
    pub(super) fn of(&self, chunk: u64) -> Vec<(u64, Place)> {
        let entries = self.chunks.get(&chunk).map_or(&[][..], Vec::as_slice);
        let place =
            |(number, entry): &(usize, Entry)| (entry.units, entry.within(&self.paths[*number]));
        entries.iter().map(place).collect()
    }

    /// Where all chunks are that are in packs.
    pub(super) fn places(&self) -> Vec<Place> {
        let place = |(number, entry): &(usize, Entry)| entry.within(&self.paths[*number]);
        self.chunks.values().flatten().map(place).collect()
    }

    /// What is in a pack.
    pub(super) fn entries(&self, path: &Path) -> Vec<Entry> {
        let within = |(number, _): &&(usize, Entry)| self.paths[*number] == path;
        self.chunks.values().flatten().filter(within).map(|(_, entry)| *entry).collect()
    }

    pub(super) fn damaged(&self) -> &[PathBuf] {
        &self.damaged
    }

    pub(super) fn refused(&self) -> Option<&(PathBuf, Unusable)> {
        self.refused.as_ref()
    }
}

/// The packs in a folder.
fn names(folder: &Path) -> Result<Vec<PathBuf>, Unusable> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Unusable::of(&error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Unusable::of(&error))?.path();
        if path.extension().is_some_and(|ending| ending == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What is in a pack, by its list.
fn list(path: &Path, plan: &str) -> Result<Vec<Entry>, Unusable> {
    let torn = || Unusable::Torn("its list is damaged".to_owned());
    let io = |error: std::io::Error| Unusable::of(&error);
    let mut file = place::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    let length = End::line(0, b"").len() as u64;
    file.seek(SeekFrom::Start(size.checked_sub(length).ok_or_else(torn)?)).map_err(io)?;
    let mut line = Vec::new();
    (&mut file).take(length).read_to_end(&mut line).map_err(io)?;
    let end: End = serde_json::from_slice(&line).map_err(|_| torn())?;
    let at = u64::from_str_radix(&end.list_at, 16).map_err(|_| torn())?;
    let bytes = (size - length).checked_sub(at).filter(|bytes| *bytes <= MAX_LIST);
    let bytes = bytes.ok_or_else(torn)?;
    file.seek(SeekFrom::Start(at)).map_err(io)?;
    let mut text = Vec::new();
    file.take(bytes).read_to_end(&mut text).map_err(io)?;
    if canonical::sha256(&text) != end.sha256 {
        return Err(torn());
    }
    let list: List = serde_json::from_slice(&text).map_err(|_| torn())?;
    for (what, found, expected) in [("format", list.format, FORMAT), ("plan", list.plan, plan)] {
        if found != expected {
            return Err(Unusable::Foreign { what, found, expected: expected.to_owned() });
        }
    }
    let inside = |entry: &Entry| entry.at.checked_add(entry.length).is_some_and(|end| end <= at);
    if list.chunks.iter().all(inside) { Ok(list.chunks) } else { Err(torn()) }
}

/// Whether every chunk of a pack is as it was written; an error where that cannot be told now.
fn is_whole(path: &Path, plan: &str) -> Result<bool, LabError> {
    let entries = match list(path, plan) {
        Ok(entries) => entries,
        Err(unusable @ Unusable::Unreadable(..)) => return Err(unusable.error(path.to_owned())),
        Err(_) => return Ok(false),
    };
    for entry in entries {
        match chunk::check(&entry.within(path), plan, entry.chunk) {
            Ok((header, _)) if header.units == entry.units => {}
            Err(unusable @ Unusable::Unreadable(..)) => return Err(unusable.error(path.to_owned())),
            _ => return Ok(false),
        }
    }
    Ok(true)
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
        if path.exists() && !is_whole(&path, plan)? {
            // The same chunks, packed before and damaged since.
            mend::put_aside(&path)?;
        }
        match fs::hard_link(self.temporary.path(), &path) {
            Ok(()) => {}
            // Somebody else has packed the same chunks meanwhile.
            Err(_) if path.exists() && is_whole(&path, plan)? => {}
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
