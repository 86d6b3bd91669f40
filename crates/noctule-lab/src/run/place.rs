//! Where the text of a chunk lies: in a file of its own, or in a pack.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Room that is made beforehand at most, whatever the list of a pack says.
const MOST: u64 = 64 << 20;

/// Open a file; a pipe, which might be waited for without end, and a folder are errors.
pub(super) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    File::open(path)
}

/// Where the text of a chunk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file of its own.
    File(PathBuf),
    /// In a pack: from where, how many bytes.
    Packed(PathBuf, u64, u64),
}

impl Place {
    /// The bytes.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(path) => {
                let mut file = open(path)?;
                let length = file.metadata().map_or(0, |found| found.len());
                let mut bytes = Vec::with_capacity(length.min(MOST) as usize);
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Self::Packed(_, _, length) => {
                let mut bytes = Vec::with_capacity((*length).min(MOST) as usize);
                self.reader()?.take(*length).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// Its file, from where the text begins.
    pub(super) fn reader(&self) -> io::Result<File> {
        let mut file = open(self.path())?;
        if let Self::Packed(_, at, _) = self {
            file.seek(SeekFrom::Start(*at))?;
        }
        Ok(file)
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Packed(path, ..) => path,
        }
    }
}

/// A chunk in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) chunk: u64,
    pub(super) units: u64,
    pub(super) at: u64,
    pub(super) length: u64,
}

impl Entry {
    pub(super) fn within(&self, path: &Path) -> Place {
        Place::Packed(path.to_owned(), self.at, self.length)
    }
}
