//! The bytes of an array, in one piece or in chunks that are packed.

use std::io::{Read, Seek};

use flate2::read::ZlibDecoder;
use noctule_num::InputError;

use super::object::{Data, Filter, NOWHERE, Object};
use super::source::{File, damaged, int};
use super::tree::tree;

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
