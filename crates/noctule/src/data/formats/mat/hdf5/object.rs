//! Object headers: what an object is, of which type and shape, and where its data are.

use std::io::{Read, Seek};

use noctule_num::InputError;

use super::source::{File, damaged, int};
use super::tree;
use crate::data::formats::raw::{Kind, Layout};

/// The address of nothing.
pub(super) const NOWHERE: u64 = u64::MAX;

/// More bytes than this in the header of one object are refused.
const MOST_HEADER: usize = 1 << 20;

/// A filter of the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Deflate,
    Shuffle,
    Checksum,
}

/// Where the data of an object are.
#[derive(Debug)]
pub(super) enum Data {
    /// Names and addresses of the members of a group.
    Group(Vec<(String, u64)>),
    /// In the header itself.
    Compact(Vec<u8>),
    /// In one piece: address and bytes.
    Contiguous(u64, u64),
    /// In pieces: the root of their tree, and their sides.
    Chunked(u64, Vec<usize>),
    Nowhere,
}

/// Bytes of the place of a text in a heap; no text of fixed length is meant to be taken for one.
pub(super) const HEAP_ENTRY: usize = usize::MAX;

/// The type of an element.
#[derive(Debug)]
pub(super) enum Type {
    Numbers(Layout),
    /// The address of another object.
    Reference,
    /// A text of so many bytes, or the place of one in a heap.
    Text(usize),
    Other(&'static str),
}

/// An object of the file.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) kind: Option<Type>,
    /// As the file has it: MATLAB's in reverse.
    pub(super) shape: Vec<usize>,
    pub(super) data: Data,
    pub(super) filters: Vec<Filter>,
    /// MATLAB's name of the class.
    pub(super) class: Option<String>,
    /// MATLAB writes the shape of an array without entries as its data.
    pub(super) empty: bool,
}

impl Object {
    /// The shape that MATLAB shows, where this is an array of numbers.
    pub(super) fn numbers(&self) -> Option<Vec<usize>> {
        let text = self.class.as_deref() == Some("char");
        let numbers = matches!(self.kind, Some(Type::Numbers(_))) && !text;
        numbers.then(|| self.shape.iter().rev().copied().collect())
    }

    /// The object whose header is at `address`.
    pub(super) fn read<R: Read + Seek>(
        file: &mut File<R>,
        address: u64,
    ) -> Result<Self, InputError> {
        file.step()?;
        let head = file.at(address, 16)?;
        if head[0] != 1 {
            return Err(damaged(format!("an object header of version {}", head[0])));
        }
        let mut object = Self {
            kind: None,
            shape: Vec::new(),
            data: Data::Nowhere,
            filters: Vec::new(),
            class: None,
            empty: false,
        };
        let mut blocks = vec![(address + 16, int(&head, 8, 4) as usize)];
        let mut room = MOST_HEADER;
        while let Some((start, length)) = blocks.pop() {
            room =
                room.checked_sub(length.max(8)).ok_or_else(|| damaged("a header without end"))?;
            let block = file.at(start, length)?;
            let mut at = 0;
            while at + 8 <= block.len() {
                let (kind, size) = (int(&block, at, 2), int(&block, at + 2, 2) as usize);
                let shared = block[at + 4] & 2 != 0;
                let body = block.get(at + 8..at + 8 + size);
                let body = body.ok_or_else(|| damaged("a message beyond its header"))?;
                match kind {
                    0x10 => blocks.push((int(body, 0, 8), int(body, 8, 8) as usize)),
                    _ if shared => object.kind = Some(Type::Other("of a shared type")),
                    _ => object.message(file, kind, body)?,
                }
                at += 8 + size;
            }
        }
        Ok(object)
    }

    fn message<R: Read + Seek>(
        &mut self,
        file: &mut File<R>,
        kind: u64,
        body: &[u8],
    ) -> Result<(), InputError> {
        match kind {
            0x01 => self.shape = dataspace(body),
            0x03 => self.kind = Some(datatype(body).0),
            0x08 => self.data = layout(body)?,
            0x0b => self.filters = filters(body)?,
            0x0c => self.attribute(body),
            0x11 => {
                let members = tree::group(file, int(body, 0, 8), int(body, 8, 8))?;
                self.data = Data::Group(members);
            }
            0x02 | 0x06 => return Err(damaged("groups of a newer format")),
            _ => {}
        }
        Ok(())
    }

    /// Of the attributes, MATLAB's class and emptiness.
    fn attribute(&mut self, body: &[u8]) {
        let version = int(body, 0, 1);
        let sizes = [int(body, 2, 2), int(body, 4, 2), int(body, 6, 2)].map(|n| n as usize);
        let padded = |size: usize| if version == 1 { size.next_multiple_of(8) } else { size };
        let start = if version == 3 { 9 } else { 8 };
        let name = body.get(start..start + sizes[0]).unwrap_or(&[]);
        let data = start + sizes.map(padded).iter().sum::<usize>();
        match name.split(|&byte| byte == 0).next().unwrap_or(&[]) {
            b"MATLAB_class" => {
                let text = body.get(data..).unwrap_or(&[]);
                let text = text.split(|&byte| byte == 0).next().unwrap_or(&[]);
                self.class = Some(String::from_utf8_lossy(text).trim().to_owned());
            }
            b"MATLAB_empty" => self.empty = int(body, data, 1) != 0,
            _ => {}
        }
    }
}

fn dataspace(body: &[u8]) -> Vec<usize> {
    let start = if int(body, 0, 1) == 1 { 8 } else { 4 };
    (0..int(body, 1, 1) as usize).map(|axis| int(body, start + 8 * axis, 8) as usize).collect()
}

/// A type and the bytes that its description takes.
fn datatype(body: &[u8]) -> (Type, usize) {
    let (class, version) = (int(body, 0, 1) & 15, int(body, 0, 1) >> 4);
    let (bits, size) = (int(body, 1, 3), int(body, 4, 4) as usize);
    let real = |kind: Kind| {
        let layout = Layout { kind, big_endian: bits & 1 == 1, complex: false };
        match kind.known() {
            true => Type::Numbers(layout),
            false => Type::Other("numbers of a strange size"),
        }
    };
    match class {
        0 if bits & 8 != 0 => (real(Kind::Signed(size)), 12),
        0 => (real(Kind::Unsigned(size)), 12),
        1 => (real(Kind::Float(size)), 20),
        3 => (Type::Text(size), 8),
        // of variable length, as h5py writes them
        9 if bits & 15 == 1 => (Type::Text(HEAP_ENTRY), body.len()),
        6 => (complex(body, version, (bits & 0xffff) as usize, size), body.len()),
        7 if size == 8 => (Type::Reference, 8),
        // booleans of h5py: names for numbers
        8 => (datatype(body.get(8..).unwrap_or(&[])).0, body.len()),
        _ => (Type::Other("no numbers"), body.len()),
    }
}

/// A pair of equal floats, whatever their names: real part first.
fn complex(body: &[u8], version: u64, members: usize, size: usize) -> Type {
    const OTHER: Type = Type::Other("a structure of numbers");
    if members != 2 {
        return OTHER;
    }
    let (mut at, mut found) = (8, Vec::new());
    for _ in 0..2 {
        let rest = body.get(at..).unwrap_or(&[]);
        let name = rest.iter().position(|&byte| byte == 0).map_or(0, |end| end + 1);
        let offset = at + if version < 3 { name.next_multiple_of(8) } else { name };
        let width = match version {
            1 | 2 => 4,
            _ => (1..=4).find(|&n| size < 1 << (8 * n)).unwrap_or(4),
        };
        let start = offset + width + if version == 1 { 28 } else { 0 };
        let (kind, length) = datatype(body.get(start..).unwrap_or(&[]));
        found.push((int(body, offset, width) as usize, kind));
        at = start + length;
    }
    match (&found[0], &found[1]) {
        ((0, Type::Numbers(re)), (offset, Type::Numbers(im)))
            if re == im && *offset == re.bytes() && size == 2 * re.bytes() && !re.complex =>
        {
            Type::Numbers(Layout { complex: true, ..*re })
        }
        _ => OTHER,
    }
}

fn layout(body: &[u8]) -> Result<Data, InputError> {
    if int(body, 0, 1) != 3 {
        return Err(damaged(format!("a data layout of version {}", int(body, 0, 1))));
    }
    Ok(match int(body, 1, 1) {
        0 => {
            let size = int(body, 2, 2) as usize;
            Data::Compact(body.get(4..4 + size).unwrap_or(&[]).to_vec())
        }
        1 => Data::Contiguous(int(body, 2, 8), int(body, 10, 8)),
        2 => {
            // the last side is the size of an element
            let sides = (int(body, 2, 1) as usize).saturating_sub(1);
            let side = |axis: usize| int(body, 11 + 4 * axis, 4) as usize;
            Data::Chunked(int(body, 3, 8), (0..sides).map(side).collect())
        }
        other => return Err(damaged(format!("a data layout of class {other}"))),
    })
}

fn filters(body: &[u8]) -> Result<Vec<Filter>, InputError> {
    let version = int(body, 0, 1);
    let mut at = if version == 1 { 8 } else { 2 };
    let mut filters = Vec::new();
    for _ in 0..int(body, 1, 1) {
        let id = int(body, at, 2);
        filters.push(match id {
            1 => Filter::Deflate,
            2 => Filter::Shuffle,
            3 => Filter::Checksum,
            other => return Err(damaged(format!("chunks packed by filter {other}"))),
        });
        let named = version == 1 || id >= 256;
        let name = if named { int(body, at + 2, 2) as usize } else { 0 };
        at += if named { 4 } else { 2 };
        let values = int(body, at + 2, 2) as usize;
        at += 4 + if version == 1 { name.next_multiple_of(8) } else { name };
        at += 4 * if version == 1 { values.next_multiple_of(2) } else { values };
    }
    Ok(filters)
}
