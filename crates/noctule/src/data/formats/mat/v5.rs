//! The format of MATLAB 5 to 7: elements of a type, a length and data, padded to eight bytes;
//! since version 7 each variable is one deflated stream.

use std::io::{Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;
use noctule_num::{C64, InputError};

use super::variable::{Variable, fill};
use crate::data::formats::budget::Budget;
use crate::data::formats::node::Node;
use crate::data::formats::raw::{Kind, Layout, entries_to_c_order};
use crate::data::{Array, Entries};

/// Types of elements.
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// Cells in cells: no file is nested as deep as this.
const MOST_NESTED: usize = 32;

/// More cells and fields than this in one file are refused.
const MOST_NODES: usize = 1 << 16;

/// Bytes of texts and names in one file.
const MOST_TEXT: usize = 1 << 28;

fn damaged(found: impl Into<String>) -> InputError {
    let allowed = "a whole file written by save of MATLAB or Octave";
    InputError::new("this is not a readable .mat file", "", found, allowed)
        .hint("the file may be truncated")
}

/// See [`super::read`].
pub(super) fn read<R: Read + Seek>(
    mut file: R,
    big_endian: bool,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Variable>, InputError> {
    let mut variables: Vec<Variable> = Vec::new();
    let mut room = Room { budget: Budget::default(), nodes: MOST_NODES, text: MOST_TEXT };
    loop {
        let mut tag = [0; 8];
        match fill(&mut file, &mut tag) {
            0 => return Ok(variables),
            8 => {}
            _ => return Err(damaged("a variable that ends in its head")),
        }
        let (kind, size) = (word(&tag[..4], big_endian), u64::from(word(&tag[4..], big_endian)));
        let start = file.stream_position().map_err(|error| damaged(error.to_string()))?;
        let element = (&mut file).take(size);
        let found = match kind {
            MATRIX => Elements { reader: element, big_endian, room: &mut room }.variable(wanted)?,
            COMPRESSED => {
                let mut inner =
                    Elements { reader: ZlibDecoder::new(element), big_endian, room: &mut room };
                match inner.tag()?.0 {
                    MATRIX => inner.variable(wanted)?,
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(variable) = found {
            if variables.iter().any(|known| known.name == variable.name) {
                let what = "a variable is in the file twice";
                let found = format!("`{}` again", variable.name);
                return Err(InputError::new(what, variable.name, found, "every name once"));
            }
            variables.push(variable);
        }
        if variables.len() > MOST_NODES {
            return Err(damaged("more variables than any file has"));
        }
        let next = start.checked_add(size).ok_or_else(|| damaged("an endless variable"))?;
        file.seek(SeekFrom::Start(next)).map_err(|error| damaged(error.to_string()))?;
    }
}

fn word(bytes: &[u8], big_endian: bool) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[..4]);
    if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
}

/// What may still be read of a file.
struct Room {
    budget: Budget,
    nodes: usize,
    text: usize,
}

/// The head of a matrix.
struct Head {
    class: u8,
    complex: bool,
    shape: Vec<usize>,
    name: String,
}

impl Head {
    /// The classes of numbers: double, single and the integers (logical ones are uint8).
    fn numbers(&self) -> bool {
        (6..=15).contains(&self.class)
    }

    fn other(&self) -> &'static str {
        match self.class {
            3 => "an object",
            5 => "a sparse matrix; full(…) makes it an array",
            16 => "a function",
            _ => "an object or a table",
        }
    }
}

struct Elements<'a, R> {
    reader: R,
    big_endian: bool,
    room: &'a mut Room,
}

impl<R: Read> Elements<'_, R> {
    fn exactly(&mut self, count: usize) -> Result<Vec<u8>, InputError> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(count as u64).read_to_end(&mut bytes);
        read.map_err(|error| damaged(error.to_string()))?;
        match bytes.len() == count {
            true => Ok(bytes),
            false => Err(damaged(format!("{} of {count} bytes", bytes.len()))),
        }
    }

    /// Type and length of the next element, and its data where it is a small one.
    fn tag(&mut self) -> Result<(u32, usize, Option<Vec<u8>>), InputError> {
        let head = self.exactly(8)?;
        let first = word(&head[..4], self.big_endian);
        let (small, kind) = (first >> 16, first & 0xffff);
        if small == 0 {
            return Ok((kind, word(&head[4..], self.big_endian) as usize, None));
        }
        match small {
            1..=4 => Ok((kind, small as usize, Some(head[4..4 + small as usize].to_vec()))),
            _ => Err(damaged("a small element of more than four bytes")),
        }
    }

    /// Type and data of the next element, of at most `most` bytes.
    fn element(&mut self, most: usize) -> Result<(u32, Vec<u8>), InputError> {
        let (kind, size, data) = self.tag()?;
        if size > most {
            return Err(damaged(format!("{size} bytes where at most {most} can be")));
        }
        let data = match data {
            Some(data) => data,
            None => {
                let data = self.exactly(size)?;
                self.exactly(size.wrapping_neg() % 8)?;
                data
            }
        };
        Ok((kind, data))
    }

    fn text(&mut self) -> Result<(u32, Vec<u8>), InputError> {
        let (kind, data) = self.element(self.room.text)?;
        self.room.text -= data.len();
        Ok((kind, data))
    }

    fn head(&mut self) -> Result<Head, InputError> {
        let (_, flags) = self.element(8)?;
        let (_, sides) = self.element(4 * 32)?;
        if flags.len() < 8 || sides.len() < 8 || sides.len() % 4 != 0 {
            return Err(damaged("a variable without type or shape"));
        }
        let flags = word(&flags, self.big_endian);
        let shape =
            sides.as_chunks::<4>().0.iter().map(|side| word(side, self.big_endian) as usize);
        let (shape, (_, name)) = (shape.collect(), self.text()?);
        Ok(Head {
            class: flags as u8,
            complex: flags & 0x800 != 0,
            shape,
            name: String::from_utf8_lossy(&name).into_owned(),
        })
    }

    /// A variable of the file, whose tag has been read.
    fn variable(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<Option<Variable>, InputError> {
        let head = self.head()?;
        // MATLAB keeps what objects need in a variable without a name.
        if head.name.is_empty() {
            return Ok(None);
        }
        let name = head.name.clone();
        let numbers = head.numbers().then(|| head.shape.clone());
        let value = match wanted(&name) {
            true => Some(self.value(&head, 0).map_err(|error| error.inside(&name))?),
            false => None,
        };
        Ok(Some(Variable { name, value, numbers }))
    }

    fn value(&mut self, head: &Head, depth: usize) -> Result<Node, InputError> {
        match head.class {
            1 | 2 if depth >= MOST_NESTED => Err(damaged("cells that are nested too deep")),
            1 => self.cells(head, depth),
            2 => self.structures(head, depth),
            4 => self.characters(head),
            _ if head.numbers() => self.numbers(head).map(Node::Array),
            _ => Ok(Node::Other(head.other().to_owned())),
        }
    }

    fn numbers(&mut self, head: &Head) -> Result<Array, InputError> {
        let count = self.room.budget.take(&head.shape)?;
        let mut part = || -> Result<Vec<f64>, InputError> {
            let (kind, data) = self.element(count.saturating_mul(8))?;
            let kind = number_kind(kind).ok_or_else(|| damaged("numbers of an unknown type"))?;
            if data.len() != count * kind.bytes() {
                let bytes = data.len();
                return Err(damaged(format!("shape {:?} in {bytes} bytes", head.shape)));
            }
            let layout = Layout { kind, big_endian: self.big_endian, complex: false };
            match layout.decode(&data) {
                Entries::Real(values) => Ok(values),
                Entries::Complex(_) => Err(damaged("pairs in place of numbers")),
            }
        };
        let real = part()?;
        let entries = match head.complex {
            false => Entries::Real(real),
            true => {
                let pairs = real.into_iter().zip(part()?);
                Entries::Complex(pairs.map(|(re, im)| C64::new(re, im)).collect())
            }
        };
        Ok(Array { entries: entries_to_c_order(entries, &head.shape), shape: head.shape.clone() })
    }

    fn characters(&mut self, head: &Head) -> Result<Node, InputError> {
        let (kind, data) = self.text()?;
        let text = match kind {
            4 | 17 => {
                let turn = if self.big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
                let units: Vec<u16> =
                    data.as_chunks::<2>().0.iter().map(|pair| turn(*pair)).collect();
                String::from_utf16_lossy(&units)
            }
            // UTF-8, or a byte for each character
            _ => String::from_utf8(data)
                .unwrap_or_else(|bytes| bytes.into_bytes().into_iter().map(char::from).collect()),
        };
        // Several lines lie column by column, which nobody asks for.
        match head.shape.first() {
            Some(0 | 1) => Ok(Node::Text(text)),
            _ => Ok(Node::Other("a text of several lines".to_owned())),
        }
    }

    /// A matrix inside a cell or a field, with its tag.
    fn inner(&mut self, depth: usize) -> Result<Node, InputError> {
        self.room.nodes = self
            .room
            .nodes
            .checked_sub(1)
            .ok_or_else(|| damaged(format!("more than {MOST_NODES} cells and fields")))?;
        let (kind, size, _) = self.tag()?;
        match (kind, size) {
            (MATRIX, 0) => {
                Ok(Node::Array(Array { shape: vec![0, 0], entries: Entries::Real(Vec::new()) }))
            }
            // What is not read must still be stepped over.
            (MATRIX, _) if size <= MOST_TEXT * 4 => {
                let big_endian = self.big_endian;
                let mut bounded = Elements {
                    reader: Box::new((&mut self.reader).take(size as u64)) as Box<dyn Read + '_>,
                    big_endian,
                    room: &mut *self.room,
                };
                let head = bounded.head()?;
                let node = bounded.value(&head, depth + 1)?;
                std::io::copy(&mut bounded.reader, &mut std::io::sink())
                    .map_err(|error| damaged(error.to_string()))?;
                Ok(node)
            }
            _ => Err(damaged("a cell that is no variable")),
        }
    }

    fn many(&mut self, count: usize, depth: usize) -> Result<Vec<Node>, InputError> {
        if count > self.room.nodes {
            return Err(damaged(format!("more than {MOST_NODES} cells and fields")));
        }
        (0..count).map(|_| self.inner(depth)).collect()
    }

    fn cells(&mut self, head: &Head, depth: usize) -> Result<Node, InputError> {
        let count = product(&head.shape)?;
        Ok(Node::Cells(head.shape.clone(), self.many(count, depth)?))
    }

    fn structures(&mut self, head: &Head, depth: usize) -> Result<Node, InputError> {
        let (_, width) = self.element(8)?;
        if width.len() < 4 {
            return Err(damaged("a structure without names"));
        }
        let width = word(&width, self.big_endian) as usize;
        let (_, names) = self.text()?;
        let names: Vec<String> = match width {
            0 => Vec::new(),
            _ => names
                .chunks(width)
                .map(|name| {
                    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
                    String::from_utf8_lossy(&name[..end]).into_owned()
                })
                .collect(),
        };
        let count = product(&head.shape)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let values = self.many(names.len(), depth)?;
            items.push(Node::Struct(names.iter().cloned().zip(values).collect()));
            if items.len() > MOST_NODES {
                return Err(damaged("more structures than any file has"));
            }
        }
        match (items.len(), items.pop()) {
            (1, Some(only)) => Ok(only),
            (_, last) => {
                items.extend(last);
                Ok(Node::Cells(head.shape.clone(), items))
            }
        }
    }
}

fn product(shape: &[usize]) -> Result<usize, InputError> {
    let count = shape.iter().try_fold(1_usize, |count, &side| count.checked_mul(side));
    count
        .filter(|count| *count <= MOST_NODES)
        .ok_or_else(|| damaged(format!("shape {shape:?}, more than {MOST_NODES} cells")))
}

fn number_kind(kind: u32) -> Option<Kind> {
    Some(match kind {
        1 => Kind::Signed(1),
        2 => Kind::Unsigned(1),
        3 => Kind::Signed(2),
        4 => Kind::Unsigned(2),
        5 => Kind::Signed(4),
        6 => Kind::Unsigned(4),
        7 => Kind::Float(4),
        9 => Kind::Float(8),
        12 => Kind::Signed(8),
        13 => Kind::Unsigned(8),
        _ => return None,
    })
}
