//! Trees of the first version: their nodes, and the names of a group.

use std::io::{Read, Seek};

use noctule_num::InputError;

use super::source::{File, MOST_NODES, damaged, int};

/// The head of a node: level, entries, and the bytes of keys and children.
pub(super) fn tree<R: Read + Seek>(
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
