//! Files as bytes, with their size looked at before they are read.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use noctule_num::InputError;

/// More bytes than this in a file of text (JSON, CSV, TOML) are refused.
pub const MOST_TEXT_BYTES: u64 = 1 << 28;

/// More bytes than this in a design document are refused: it is kept as a tree, which takes thirty
/// times the room.
pub const MOST_DOCUMENT_BYTES: u64 = 1 << 26;

/// More bytes than this in a file of arrays (`.npy`, `.npz`, `.mat`) are refused.
pub const MOST_ARRAY_BYTES: u64 = 1 << 30;

/// A file that can be read: no folder, no device (which has no end), no more than `most` bytes.
/// Links are followed: what counts is what they lead to.
///
/// # Errors
/// [`InputError`] naming the file.
pub fn open(path: &Path, most: u64) -> Result<File, InputError> {
    let place = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        InputError::new("the file cannot be read", &place, error.to_string(), "a readable file")
    };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        let found = if about.is_dir() { "a folder" } else { "a device or a pipe" };
        return Err(InputError::new("this is not a file", &place, found, "an ordinary file"));
    }
    if about.len() > most {
        return Err(too_large(&place, &format!("{} bytes", about.len()), most));
    }
    File::open(path).map_err(unreadable)
}

fn too_large(place: &str, found: &str, most: u64) -> InputError {
    let allowed = format!("at most {most} bytes ({} MiB)", most >> 20);
    InputError::new("the file is too large", place, found, allowed)
}

/// All bytes of a file of at most `most` bytes.
///
/// # Errors
/// As [`open`]; also a file that grows beyond `most` while it is read.
pub fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, InputError> {
    let place = path.display().to_string();
    let mut content = Vec::new();
    open(path, most)?.take(most + 1).read_to_end(&mut content).map_err(|error| {
        InputError::new("the file cannot be read", &place, error.to_string(), "a readable file")
    })?;
    if content.len() as u64 > most {
        return Err(too_large(&place, "a file that grows", most));
    }
    Ok(content)
}

/// The text of a file of at most `most` bytes, with or without a byte-order mark.
///
/// # Errors
/// As [`bytes`]; also what is no text.
pub fn text(path: &Path, most: u64) -> Result<String, InputError> {
    decode(bytes(path, most)?).map_err(|error| error.in_file(&path.display().to_string()))
}

/// UTF-8, or the UTF-16 that spreadsheets call "Unicode text", which begins with its mark.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String, InputError> {
    let wide = |turn: fn([u8; 2]) -> u16| {
        let units = bytes[2..].as_chunks::<2>().0.iter().map(|pair| turn(*pair));
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    let found = match bytes.as_slice() {
        [0xff, 0xfe, ..] if bytes.len().is_multiple_of(2) => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] if bytes.len().is_multiple_of(2) => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        _ => String::from_utf8(bytes).ok(),
    };
    found.ok_or_else(|| {
        InputError::new(
            "this is not text",
            "",
            "bytes that are no UTF-8",
            "UTF-8 text, with or without a byte-order mark, or UTF-16 with one",
        )
        .hint("save it as UTF-8 (spreadsheets call it \"CSV UTF-8\")")
    })
}
