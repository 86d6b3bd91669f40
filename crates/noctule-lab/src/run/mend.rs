//! Chunks that cannot be used: which file is to blame, and what is kept of a pack that is damaged.

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::Store;
use super::chunk::{self, Header, Unusable};
use super::place::{self, Entry};
use super::publish::publish;
use crate::error::LabError;

/// How a chunk begins, and how its last line does.
const BEGIN: &[u8] = b"{\"format\":\"noctule-chunk/";
const END: &[u8] = b"{\"sha256\":";
/// Longest line that is held at once.
const LONGEST: u64 = 64 << 20;

/// What lies between first and last lines of chunks in a file, whole or not.
///
/// # Errors
/// When it cannot be read, or has chunks of another plan.
pub(super) fn entries(path: &Path, plan: &str) -> Result<Vec<Entry>, Unusable> {
    let io = |error: std::io::Error| Unusable::of(&error);
    let mut file = BufReader::new(place::open(path).map_err(io)?);
    let (mut entries, mut line) = (Vec::new(), Vec::new());
    let mut begun: Option<(u64, Header)> = None;
    let mut at = 0_u64;
    loop {
        line.clear();
        let count = (&mut file).take(LONGEST).read_until(b'\n', &mut line).map_err(io)? as u64;
        if count == 0 {
            return Ok(entries);
        }
        if line.starts_with(BEGIN) {
            begun = serde_json::from_slice(&line).ok().map(|header| (at, header));
        } else if line.starts_with(END)
            && let Some((from, header)) = begun.take()
        {
            let Header { chunk, units, .. } = header;
            let entry = Entry { chunk, units, at: from, length: at + count - from };
            if header.plan == plan {
                entries.push(entry);
            } else if let Err(foreign @ Unusable::Foreign { .. }) =
                chunk::check(&entry.within(path), plan, chunk)
            {
                return Err(foreign);
            }
        }
        at += count;
    }
}

/// Give a damaged file the first free name of `<name>.bad`, `<name>.bad.2`, …; where it is now, unless
/// somebody else has done the same.
pub(super) fn put_aside(path: &Path) -> Result<Option<PathBuf>, LabError> {
    let bad = |number: u64| match number {
        1 => path.with_extension("jsonl.bad"),
        _ => path.with_extension(format!("jsonl.bad.{number}")),
    };
    let mut number = 1;
    while bad(number).is_symlink() || bad(number).exists() {
        number += 1;
    }
    let bad = bad(number);
    match fs::rename(path, &bad) {
        Ok(()) => Ok(Some(bad)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LabError::io("rename", path)(error)),
    }
}

impl Store {
    /// What the end of a run is that needs this chunk, with the file that is the cause.
    pub(crate) fn trouble(&self, chunk: u64, unusable: Unusable) -> LabError {
        let refused = self.with_packs(|packs| packs.refused().cloned());
        if let Some((path, _)) = refused.filter(|(_, refused)| *refused == unusable) {
            return unusable.error(path);
        }
        let own = self.chunk_path(chunk);
        let packed = self.packed(chunk);
        let Some((_, place)) = packed.first().filter(|_| !own.exists()) else {
            return unusable.error(own);
        };
        let path = place.path().to_owned();
        match unusable {
            Unusable::Torn(reason) => {
                Unusable::Torn(format!("chunk {chunk} in it: {reason}")).error(path)
            }
            unusable => unusable.error(path),
        }
    }

    /// Take packs apart that do not say what is in them; where they are now.
    pub(super) fn mend(&self) -> Result<Vec<PathBuf>, LabError> {
        let mut bad = Vec::new();
        for path in self.damaged_packs() {
            bad.extend(self.take_apart(&path)?);
        }
        Ok(bad)
    }

    /// Put every whole chunk of a pack into a file of its own, then the pack aside.
    pub(super) fn take_apart(&self, path: &Path) -> Result<Option<PathBuf>, LabError> {
        for entry in self.with_packs(|packs| packs.entries(path)) {
            let bytes = match entry.within(path).bytes() {
                Ok(bytes) => bytes,
                // Somebody else has just done the same.
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(LabError::io("read", path)(error)),
            };
            let checked = chunk::check_bytes(bytes.clone(), self.core(), entry.chunk);
            if !checked.is_ok_and(|(header, _)| header.units == entry.units) {
                continue;
            }
            match publish(&self.chunk_file(entry.chunk, entry.units), &bytes, true) {
                // The file that is there counts, or is found to be damaged in its turn.
                Ok(()) | Err(LabError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.flush_names();
        let bad = put_aside(path)?;
        self.forget_packs();
        Ok(bad)
    }
}
