//! The bytes of an HDF5 file, addressed as its inside addresses them.

use std::io::{Read, Seek, SeekFrom};

use noctule_num::InputError;

use crate::data::formats::budget::Budget;
use crate::data::formats::mat::variable::fill;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// More objects, cells and nodes of trees than this in one file are refused.
pub(super) const MOST_NODES: usize = 1 << 16;

pub(super) fn damaged(found: impl Into<String>) -> InputError {
    let allowed = "a whole file written by save('file.mat', ..., '-v7.3')";
    InputError::new("this is not a readable .mat file (HDF5)", "", found, allowed)
        .hint("the file may be truncated; in MATLAB: save('file.mat', ..., '-v7')")
}

/// Where an HDF5 file begins: behind nothing or MATLAB's 512 bytes of text.
pub(in crate::data::formats::mat) fn base<R: Read + Seek>(file: &mut R) -> Option<u64> {
    [0, 512, 1024, 2048].into_iter().find(|&start| {
        let mut found = [0; 8];
        file.seek(SeekFrom::Start(start)).is_ok()
            && fill(file, &mut found) == 8
            && found == SIGNATURE
    })
}

/// The file, addressed as its inside addresses it.
pub(super) struct File<R> {
    reader: R,
    base: u64,
    length: u64,
    /// Nodes that may still be visited.
    nodes: usize,
    pub(super) budget: Budget,
}

impl<R: Read + Seek> File<R> {
    pub(super) fn new(reader: R, base: u64, length: u64) -> Self {
        Self { reader, base, length, nodes: MOST_NODES, budget: Budget::default() }
    }

    /// `count` bytes at `address`.
    pub(super) fn at(&mut self, address: u64, count: usize) -> Result<Vec<u8>, InputError> {
        let start = self.base.checked_add(address);
        let end = start.and_then(|start| start.checked_add(count as u64));
        let (Some(start), Some(_)) = (start, end.filter(|end| *end <= self.length)) else {
            return Err(damaged(format!("{count} bytes at {address:#x}, beyond the file's end")));
        };
        let mut bytes = vec![0; count];
        let read = self.reader.seek(SeekFrom::Start(start));
        let read = read.and_then(|_| self.reader.read_exact(&mut bytes));
        read.map_err(|error| damaged(error.to_string()))?;
        Ok(bytes)
    }

    /// Count one more node of the file.
    pub(super) fn step(&mut self) -> Result<(), InputError> {
        self.nodes = self
            .nodes
            .checked_sub(1)
            .ok_or_else(|| damaged(format!("more than {MOST_NODES} objects")))?;
        Ok(())
    }
}

/// A little-endian number of up to eight bytes; beyond the end there are zeros.
pub(super) fn int(bytes: &[u8], at: usize, count: usize) -> u64 {
    let part = bytes.get(at..(at + count).min(bytes.len())).unwrap_or(&[]);
    part.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
