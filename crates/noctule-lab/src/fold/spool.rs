//! Columns of numbers that may be more than fits into memory.
//!
//! Numbers arrive for many columns in turn. They are kept in memory up to a limit; then all columns
//! are appended to one file, each with what it has, and the memory is free again. Every column
//! reads back in the order in which it was written.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::error::LabError;
use crate::files::Temporary;

/// Numbers in memory before they are written out: 32 MB, and up to twice that with what lists hold in
/// reserve.
pub(super) const HELD: usize = 4 << 20;
/// Numbers that are read at once.
const READ: usize = 1 << 16;

/// A file that nobody else sees and that goes with its owner.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    path: PathBuf,
    end: u64,
    /// Keeps the name until it is dropped, where it could not be removed at once.
    _name: Temporary,
}

impl Scratch {
    pub(super) fn within(dir: &Path) -> Result<Self, LabError> {
        let name = Temporary::beside(&dir.join("samples"));
        let path = name.path().to_owned();
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(LabError::io("write", &path))?;
        // A file without a name is gone when its process is, however that ends. Where an open file
        // cannot be removed, the next run sweeps it.
        let _ = fs::remove_file(&path);
        Ok(Self { file, path, end: 0, _name: name })
    }

    /// Append numbers; where they begin.
    pub(super) fn append(&mut self, numbers: &[u64]) -> Result<u64, LabError> {
        use std::io::{Seek as _, SeekFrom, Write as _};
        let mut bytes = Vec::with_capacity(8 * READ.min(numbers.len()));
        let begin = self.end;
        let mut write = || -> std::io::Result<()> {
            self.file.seek(SeekFrom::Start(begin))?;
            for part in numbers.chunks(READ) {
                bytes.clear();
                bytes.extend(part.iter().flat_map(|number| number.to_le_bytes()));
                self.file.write_all(&bytes)?;
            }
            Ok(())
        };
        write().map_err(LabError::io("write", &self.path))?;
        self.end += 8 * numbers.len() as u64;
        Ok(begin)
    }

    /// Read numbers from a place.
    pub(super) fn read(&self, at: u64, count: usize, into: &mut Vec<u64>) -> Result<(), LabError> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut bytes = vec![0; 8 * count];
        let mut file = &self.file;
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
        read.map_err(LabError::io("read", &self.path))?;
        let (words, _) = bytes.as_chunks::<8>();
        into.extend(words.iter().map(|word| u64::from_le_bytes(*word)));
        Ok(())
    }
}

/// Columns, in memory or on the disk.
#[derive(Debug)]
pub(super) struct Spool {
    dir: PathBuf,
    /// What is in memory, by column: always the end of the column.
    lists: Vec<Vec<u64>>,
    held: usize,
    most: usize,
    /// What is on the disk, by column, in order: where, and how many.
    pieces: Vec<Vec<(u64, usize)>>,
    scratch: Option<Scratch>,
}

impl Spool {
    /// Columns without numbers; a file, where one is needed, lies in this folder.
    pub(super) fn new(dir: &Path, columns: usize, most: usize) -> Self {
        let (lists, pieces) = (vec![Vec::new(); columns], Vec::new());
        Self { dir: dir.to_owned(), lists, held: 0, most, pieces, scratch: None }
    }

    pub(super) fn push(&mut self, column: usize, number: u64) -> Result<(), LabError> {
        if column >= self.lists.len() {
            self.lists.resize_with(column + 1, Vec::new);
            if self.scratch.is_some() {
                self.pieces.resize_with(column + 1, Vec::new);
            }
        }
        self.lists[column].push(number);
        self.held += 1;
        if self.held >= self.most { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> Result<(), LabError> {
        if self.scratch.is_none() {
            self.scratch = Some(Scratch::within(&self.dir)?);
            self.pieces = vec![Vec::new(); self.lists.len()];
        }
        if let Some(scratch) = &mut self.scratch {
            for (list, pieces) in self.lists.iter_mut().zip(&mut self.pieces) {
                if !list.is_empty() {
                    pieces.push((scratch.append(list)?, list.len()));
                    list.clear();
                }
            }
        }
        self.held = 0;
        Ok(())
    }

    /// Numbers of a column.
    pub(super) fn len(&self, column: usize) -> usize {
        let written = self.pieces.get(column).into_iter().flatten().map(|(_, count)| *count);
        written.sum::<usize>() + self.lists.get(column).map_or(0, Vec::len)
    }

    /// A whole column.
    pub(super) fn column(&self, column: usize) -> Result<Vec<u64>, LabError> {
        let mut all = Vec::with_capacity(self.len(column));
        self.each(column, |part| {
            all.extend_from_slice(part);
            Ok(())
        })?;
        Ok(all)
    }

    /// A column, part by part.
    pub(super) fn each(
        &self,
        column: usize,
        mut take: impl FnMut(&[u64]) -> Result<(), LabError>,
    ) -> Result<(), LabError> {
        let mut part = Vec::new();
        if let Some(scratch) = &self.scratch {
            for (at, count) in self.pieces.get(column).into_iter().flatten() {
                let mut done = 0;
                while done < *count {
                    let now = READ.min(count - done);
                    part.clear();
                    scratch.read(at + 8 * done as u64, now, &mut part)?;
                    take(&part)?;
                    done += now;
                }
            }
        }
        match self.lists.get(column) {
            Some(list) if !list.is_empty() => take(list),
            _ => Ok(()),
        }
    }

    /// Free what a column holds in memory.
    pub(super) fn forget(&mut self, column: usize) {
        self.lists[column] = Vec::new();
    }
}
