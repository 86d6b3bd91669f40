//! Trees of the first version: the names of a group, the chunks of an array.

use std::io::{Read, Seek};

use flate2::read::ZlibDecoder;
use noctule_num::InputError;

use super::object::{Data, Filter, NOWHERE, Object};
use super::{File, MOST_NODES, damaged, int};

/// The head of a node: level, entries, and the bytes of keys and children.
fn tree<R: Read + Seek>(
    file: &mut File<R>,
    address: u64,
    kind: u64,
    key: usize,
    above: u64,
) -> Result<(u64, usize, Vec<u8>), InputError> {
    file.step()?;
    let head = file.at(address, 24)?;
    let (level, entries) = (int(&head, 5, 1), int(&head, 6, 2) as usize);
    // Levels fall towards the leaves, or a damaged file would be walked in circles.
    if &head[..4] != b"TREE" || int(&head, 4, 1) != kind || level >= above {
        return Err(damaged(format!("no tree at {address:#x}")));
    }
    let body = file.at(address + 24, entries * (key + 8))?;
    Ok((level, entries, body))
}

/// Names and addresses of the members of a group.
pub(super) fn group<R: Read + Seek>(
    file: &mut File<R>,
    root: u64,
    heap: u64,
) -> Result<Vec<(String, u64)>, InputError> {
    let head = file.at(heap, 32)?;
    if &head[..4] != b"HEAP" {
        return Err(damaged(format!("no names at {heap:#x}")));
    }
    let size = usize::try_from(int(&head, 8, 8)).unwrap_or(usize::MAX);
    let names = file.at(int(&head, 24, 8), size)?;
    let mut members = Vec::new();
    let mut open = vec![(root, u64::from(u8::MAX))];
    while let Some((address, above)) = open.pop() {
        let (level, entries, body) = tree(file, address, 0, 8, above)?;
        for index in (0..entries).rev() {
            let child = int(&body, 16 * index + 8, 8);
            match level {
                0 => symbols(file, child, &names, &mut members)?,
                _ => open.push((child, level)),
            }
        }
    }
    members.sort();
    Ok(members)
}

fn symbols<R: Read + Seek>(
    file: &mut File<R>,
    address: u64,
    names: &[u8],
    members: &mut Vec<(String, u64)>,
) -> Result<(), InputError> {
    file.step()?;
    let head = file.at(address, 8)?;
    if &head[..4] != b"SNOD" {
        return Err(damaged(format!("no group at {address:#x}")));
    }
    let body = file.at(address + 8, 40 * int(&head, 6, 2) as usize)?;
    for entry in body.as_chunks::<40>().0 {
        let name = names.get(int(entry, 0, 8) as usize..).unwrap_or(&[]);
        let name = name.split(|&byte| byte == 0).next().unwrap_or(&[]);
        members.push((String::from_utf8_lossy(name).into_owned(), int(entry, 8, 8)));
        if members.len() > MOST_NODES {
            return Err(damaged("a group without end"));
        }
    }
    Ok(())
}

/// All bytes of an array of elements of `element` bytes, in the order of the file's axes. That
/// the shape is not too large has been seen before.
pub(super) fn bytes<R: Read + Seek>(
    file: &mut File<R>,
    object: &Object,
    element: usize,
) -> Result<Vec<u8>, InputError> {
    let wanted = object.shape.iter().product::<usize>() * element;
    let whole = |bytes: Vec<u8>| match bytes.len() >= wanted {
        true => Ok(bytes),
        false => Err(damaged(format!("{} of {wanted} bytes", bytes.len()))),
    };
    match &object.data {
        Data::Compact(bytes) => whole(bytes[..bytes.len().min(wanted)].to_vec()),
        // what was never written is zero
        Data::Contiguous(NOWHERE, _) | Data::Chunked(NOWHERE, _) => Ok(vec![0; wanted]),
        Data::Contiguous(address, size) if *size >= wanted as u64 => file.at(*address, wanted),
        Data::Chunked(root, sides) => chunked(file, object, *root, sides, element),
        _ => Err(damaged("an array without data")),
    }
}

fn chunked<R: Read + Seek>(
    file: &mut File<R>,
    object: &Object,
    root: u64,
    sides: &[usize],
    element: usize,
) -> Result<Vec<u8>, InputError> {
    let shape = &object.shape;
    let volume = sides.iter().try_fold(element, |volume, &side| volume.checked_mul(side));
    let Some(volume) =
        volume.filter(|volume| sides.len() == shape.len() && *volume > 0 && *volume <= 1 << 28)
    else {
        return Err(damaged(format!("chunks of {sides:?} in shape {shape:?}")));
    };
    let mut out = vec![0; shape.iter().product::<usize>() * element];
    let mut left: usize = shape.iter().zip(sides).map(|(n, side)| n.div_ceil(*side)).product();
    let key = 8 + 8 * (shape.len() + 1);
    let mut open = vec![(root, u64::from(u8::MAX))];
    while let Some((address, above)) = open.pop() {
        let (level, entries, body) = tree(file, address, 1, key, above)?;
        for index in 0..entries {
            let start = index * (key + 8);
            let child = int(&body, start + key, 8);
            if level > 0 {
                open.push((child, level));
                continue;
            }
            // No more chunks than cover the array: each may take as long as all its bytes.
            left = left.checked_sub(1).ok_or_else(|| damaged("more chunks than the array has"))?;
            let (size, mask) = (int(&body, start, 4) as usize, int(&body, start + 4, 4));
            let corner: Vec<usize> =
                (0..shape.len()).map(|axis| int(&body, start + 8 + 8 * axis, 8) as usize).collect();
            let packed = file.at(child, size)?;
            let chunk = unpacked(packed, &object.filters, mask, volume, element)?;
            place(&mut out, shape, &chunk, sides, &corner, element);
        }
    }
    Ok(out)
}

/// The filters backwards; a bit of `mask` says that one of them was left out.
fn unpacked(
    mut bytes: Vec<u8>,
    filters: &[Filter],
    mask: u64,
    volume: usize,
    element: usize,
) -> Result<Vec<u8>, InputError> {
    for (index, filter) in filters.iter().enumerate().rev() {
        if mask >> index.min(63) & 1 == 1 {
            continue;
        }
        bytes = match filter {
            Filter::Deflate => {
                let mut out = Vec::new();
                // four more than the chunk, where a checksum was packed with it
                let mut inner = ZlibDecoder::new(bytes.as_slice()).take(volume as u64 + 4);
                inner.read_to_end(&mut out).map_err(|error| damaged(error.to_string()))?;
                out
            }
            Filter::Checksum => bytes[..bytes.len().saturating_sub(4)].to_vec(),
            Filter::Shuffle => {
                let count = bytes.len() / element;
                let mut out = bytes.clone();
                for (n, entry) in out.chunks_exact_mut(element).enumerate() {
                    for (byte, slot) in entry.iter_mut().enumerate() {
                        *slot = bytes[byte * count + n];
                    }
                }
                out
            }
        };
    }
    match bytes.len() == volume {
        true => Ok(bytes),
        false => Err(damaged(format!("a chunk of {} bytes in place of {volume}", bytes.len()))),
    }
}

/// Copy what of a chunk lies inside the array, run by run of the last axis.
fn place(
    out: &mut [u8],
    shape: &[usize],
    chunk: &[u8],
    sides: &[usize],
    corner: &[usize],
    element: usize,
) {
    let (Some(&last), Some(&run)) = (shape.last(), sides.last()) else {
        out.copy_from_slice(&chunk[..out.len()]);
        return;
    };
    let axes = shape.len() - 1;
    let inside = corner[axes] < last;
    let length = if inside { run.min(last - corner[axes]) * element } else { 0 };
    for line in 0..sides[..axes].iter().product::<usize>() {
        let (mut rest, mut target, mut stride, mut fits) = (line, corner[axes], last, inside);
        for axis in (0..axes).rev() {
            let at = corner[axis].saturating_add(rest % sides[axis]);
            rest /= sides[axis];
            fits &= at < shape[axis];
            if fits {
                target += at * stride;
            }
            stride *= shape[axis];
        }
        if fits {
            let (to, from) = (target * element, line * run * element);
            out[to..to + length].copy_from_slice(&chunk[from..from + length]);
        }
    }
}
