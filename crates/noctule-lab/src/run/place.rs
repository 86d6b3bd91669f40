//! Where the text of a chunk lies: in a file of its own, or in a pack.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// Room that is made beforehand at most, whatever the list of a pack says.
const MOST: u64 = 64 << 20;

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
    pub(super) fn bytes(&self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::File(path) => fs::read(path),
            Self::Packed(path, at, length) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(*at))?;
                let mut bytes = Vec::with_capacity((*length).min(MOST) as usize);
                file.take(*length).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Packed(path, ..) => path,
        }
    }
}
