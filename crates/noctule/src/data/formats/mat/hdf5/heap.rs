//! A single text: of fixed length beside its object, or in a heap that several objects share.

use std::io::{Read, Seek};

use noctule_num::InputError;

use super::chunks;
use super::object::{HEAP_ENTRY, Object};
use super::source::{File, damaged, int};

/// A text that is longer is none of ours.
const MOST_TEXT: usize = 1 << 16;

/// The text of an object of one element; `bytes` is its length, or [`HEAP_ENTRY`].
pub(super) fn text<R: Read + Seek>(
    file: &mut File<R>,
    object: &Object,
    bytes: usize,
) -> Result<String, InputError> {
    let found = if bytes == HEAP_ENTRY {
        let entry = chunks::bytes(file, object, 16)?;
        heaped(file, &entry)?
    } else if bytes <= MOST_TEXT {
        chunks::bytes(file, object, bytes)?
    } else {
        return Err(damaged(format!("a text of {bytes} bytes")));
    };
    let text = found.split(|&byte| byte == 0).next().unwrap_or(&[]);
    Ok(String::from_utf8_lossy(text).trim_end().to_owned())
}

/// The bytes behind a length, the address of a heap and a number in it.
fn heaped<R: Read + Seek>(file: &mut File<R>, entry: &[u8]) -> Result<Vec<u8>, InputError> {
    let length = int(entry, 0, 4) as usize;
    let (address, wanted) = (int(entry, 4, 8), int(entry, 12, 4));
    if length == 0 {
        return Ok(Vec::new());
    }
    let head = file.at(address, 16)?;
    if &head[..4] != b"GCOL" {
        return Err(damaged("a text in no heap"));
    }
    let size = int(&head, 8, 8).min(MOST_TEXT as u64) as usize;
    let heap = file.at(address, size)?;
    let mut at = 16_usize;
    while at + 16 <= heap.len() {
        let (number, size) = (int(&heap, at, 2), int(&heap, at + 8, 8) as usize);
        if number == 0 {
            break;
        }
        let end = at.checked_add(16 + length.min(size)).filter(|&end| end <= heap.len());
        if number == wanted
            && let Some(end) = end
        {
            return Ok(heap[at + 16..end].to_vec());
        }
        let whole = size.checked_next_multiple_of(8).and_then(|size| size.checked_add(16));
        at = whole.and_then(|whole| at.checked_add(whole)).unwrap_or(heap.len());
    }
    Err(damaged("a text that its heap does not have"))
}
