//! MATLAB's version 7.3: HDF5 as its first format has it, which MATLAB and h5py write by default
//! (groups as symbol tables, version 1 of object headers and B-trees; data contiguous, compact, or
//! in chunks that are deflated or shuffled).
//!
//! MATLAB's axes lie in the file in reverse; they come out as MATLAB shows them.

mod chunks;
mod object;

use std::io::{Read, Seek, SeekFrom};

use noctule_num::InputError;

use self::object::{Data, Object, Type};
use super::Variable;
use crate::data::raw::entries_to_c_order;
use crate::data::{Array, Budget, Entries, Node};

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Groups in groups: no file is nested as deep as this.
const MOST_NESTED: usize = 32;

/// More objects, cells and nodes of trees than this in one file are refused.
const MOST_NODES: usize = 1 << 16;

pub(super) fn damaged(found: impl Into<String>) -> InputError {
    let allowed = "a whole file written by save('file.mat', ..., '-v7.3')";
    InputError::new("this is not a readable .mat file (HDF5)", "", found, allowed)
        .hint("the file may be truncated; in MATLAB: save('file.mat', ..., '-v7')")
}

/// Where an HDF5 file begins: behind nothing or MATLAB's 512 bytes of text.
pub(super) fn base<R: Read + Seek>(file: &mut R) -> Option<u64> {
    [0, 512, 1024, 2048].into_iter().find(|&start| {
        let mut found = [0; 8];
        file.seek(SeekFrom::Start(start)).is_ok()
            && super::fill(file, &mut found) == 8
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
    budget: Budget,
}

impl<R: Read + Seek> File<R> {
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

/// See [`super::read`].
pub(super) fn read<R: Read + Seek>(
    mut reader: R,
    base: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Variable>, InputError> {
    let length = reader.seek(SeekFrom::End(0)).map_err(|error| damaged(error.to_string()))?;
    let mut file = File { reader, base, length, nodes: MOST_NODES, budget: Budget::default() };
    let head = file.at(0, 96.min(length.saturating_sub(base) as usize))?;
    if int(&head, 8, 1) > 1 || int(&head, 13, 1) != 8 || int(&head, 14, 1) != 8 {
        let found = format!("version {} of the superblock", int(&head, 8, 1));
        let what = "the file is of a newer HDF5 than MATLAB's version 7.3";
        return Err(InputError::new(what, "", found, "version 0 or 1, as MATLAB and h5py write")
            .hint("in MATLAB: save('file.mat', ..., '-v7'); in h5py: libver='earliest'"));
    }
    let extra = if int(&head, 8, 1) == 1 { 4 } else { 0 };
    // base, free space, end, driver, then the root's entry: name, address
    let root = int(&head, 24 + extra + 32 + 8, 8);
    let root = Object::read(&mut file, root)?;
    let Data::Group(members) = root.data else {
        return Err(damaged("a root that is no group"));
    };
    let mut variables = Vec::new();
    for (name, address) in members {
        // `#refs#` and `#subsystem#` hold the insides of cells and objects.
        if name.starts_with('#') {
            continue;
        }
        let object = Object::read(&mut file, address)?;
        let numbers = object.numbers();
        let value = match wanted(&name) {
            true => Some(node(&mut file, object, 0).map_err(|error| error.inside(&name))?),
            false => None,
        };
        variables.push(Variable { name, value, numbers });
    }
    Ok(variables)
}

/// What an object is to MATLAB.
fn node<R: Read + Seek>(
    file: &mut File<R>,
    object: Object,
    depth: usize,
) -> Result<Node, InputError> {
    if depth > MOST_NESTED {
        return Err(damaged("objects that are nested too deep"));
    }
    let text = object.class.as_deref() == Some("char");
    let shape: Vec<usize> = object.shape.iter().rev().copied().collect();
    match (&object.data, &object.kind) {
        (Data::Group(members), _) => {
            let mut fields = Vec::new();
            for (name, address) in members {
                let inner = Object::read(file, *address)?;
                fields.push((name.clone(), node(file, inner, depth + 1)?));
            }
            Ok(Node::Struct(fields))
        }
        (_, _) if object.empty => match text {
            true => Ok(Node::Text(String::new())),
            false => {
                let shape = vec![0, 0];
                Ok(Node::Array(Array { shape, entries: Entries::Real(Vec::new()) }))
            }
        },
        (_, Some(Type::Reference)) => {
            let count = file.budget.take(&shape)?;
            let bytes = chunks::bytes(file, &object, 8)?;
            let mut items = Vec::new();
            for index in 0..count {
                let inner = Object::read(file, int(&bytes, 8 * index, 8))?;
                items.push(node(file, inner, depth + 1)?);
            }
            Ok(Node::Cells(shape, items))
        }
        (_, Some(Type::Numbers(layout))) => {
            file.budget.take(&shape)?;
            let bytes = chunks::bytes(file, &object, layout.bytes())?;
            let entries = layout.decode(&bytes);
            if let (true, Entries::Real(codes)) = (text, &entries) {
                let units: Vec<u16> = codes.iter().map(|&code| code as u16).collect();
                return Ok(Node::Text(String::from_utf16_lossy(&units)));
            }
            Ok(Node::Array(Array { entries: entries_to_c_order(entries, &shape), shape }))
        }
        (_, Some(Type::Other(words))) => Ok(Node::Other((*words).to_owned())),
        (_, None) => Err(damaged("an object without a type")),
    }
}
