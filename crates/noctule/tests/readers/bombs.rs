//! Small files that promise much, and files that are none.

use std::io::{Cursor, Write};

use noctule::data::{ArraySet, file};

use super::{CHANNELS, GAIN, read, written};

const POWER: noctule::data::FieldInfo =
    noctule::data::FieldInfo { name: "power_w", dimensions: &[], complex: false, summary: "power" };

/// The bytes of a `.npy` header for `shape`, without data.
fn header(kind: &str, shape: &str) -> Vec<u8> {
    let mut text =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}").into_bytes();
    text.resize((text.len() + 11).next_multiple_of(64) - 11, b' ');
    text.push(b'\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text);
    bytes
}

/// An archive of members: names, heads and how many zeros follow.
fn archive(members: &[(&str, Vec<u8>, usize)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for (name, head, zeros) in members {
        archive.start_file(*name, options).unwrap();
        archive.write_all(head).unwrap();
        archive.write_all(&vec![0; *zeros]).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn refusal(content: &[u8]) -> noctule_num::InputError {
    let (_folder, path) = written("a.npz", content);
    ArraySet::read(&path, "instance", &[CHANNELS, GAIN, POWER]).unwrap_err()
}

#[test]
fn a_header_is_believed_before_anything_is_unpacked() {
    let wide = header("<c16", "(4, 30000000)");
    let error = refusal(&archive(&[("channels.npy", wide, 1 << 20)]));
    assert_eq!(
        (error.what.as_str(), error.place.ends_with("channels")),
        ("the array is too large", true)
    );
    let scalar = refusal(&archive(&[("power_w.npy", header("<f8", "(9000000,)"), 1 << 20)]));
    assert_eq!(scalar.what, "the array has the wrong number of dimensions");
    // what is packed beyond the header's promise is not unpacked
    let longer = refusal(&archive(&[("gain.npy", header("<f8", "(2,)"), 1 << 24)]));
    assert_eq!(longer.what, "the array goes on beyond what its header says");
    let shorter = refusal(&archive(&[("gain.npy", header("<f8", "(2000000,)"), 16)]));
    assert_eq!(shorter.what, "the array's header promises more than the file holds");
    for shape in ["(99999999999999, 99999999999999)", "(0, 99999999999999)"] {
        let (_folder, path) = written("a.npy", header("<c16", shape));
        assert_eq!(read(&path, "", &CHANNELS).unwrap_err().what, "the array is too large");
    }
}

#[test]
fn members_have_proper_names_once_and_there_is_one() {
    let one = || header("<f8", "()");
    assert_eq!(refusal(&archive(&[])).what, "the archive holds no arrays");
    let nul = refusal(&archive(&[("gain.npy\0x", one(), 8)]));
    assert_eq!(nul.what, "a member of the archive has no proper name");
    let twins = archive(&[("gain.npy", one(), 8), ("gaim.npy", one(), 8)]);
    let at: Vec<usize> =
        (0..twins.len() - 8).filter(|&at| &twins[at..at + 8] == b"gaim.npy").collect();
    let mut same = twins.clone();
    for at in at {
        same[at..at + 8].copy_from_slice(b"gain.npy");
    }
    assert_eq!(refusal(&same).what, "a member of the archive is there twice");
    let both = refusal(&archive(&[("gain.npy", one(), 8), ("gain", one(), 8)]));
    assert_eq!(both.what, "a member of the archive is there twice");
}

#[test]
fn devices_folders_and_files_beyond_the_limit_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("folder.csv");
    std::fs::create_dir(&inside).unwrap();
    assert_eq!(read(&inside, "", &GAIN).unwrap_err().found, "a folder");
    let large = folder.path().join("large.csv");
    let sparse = std::fs::File::create(&large).unwrap();
    sparse.set_len(file::MOST_TEXT_BYTES + 1).unwrap();
    assert_eq!(read(&large, "", &GAIN).unwrap_err().what, "the file is too large");
    #[cfg(unix)]
    for ending in ["csv", "json", "npy", "npz", "mat"] {
        let link = folder.path().join(format!("zero.{ending}"));
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        let error = ArraySet::read(&link, "instance", &[GAIN]).unwrap_err();
        assert_eq!(error.found, "a device or a pipe", "{ending}");
    }
}

#[test]
fn json_names_are_there_once_and_a_mark_is_no_mistake() {
    let read = |text: &str| ArraySet::from_json(text.as_bytes(), "instance", &[GAIN, POWER]);
    let tag = "\"format\": \"noctule-instance/1\"";
    let error = read(&format!("{{{tag}, \"power_w\": 7, \"power_w\": 123}}")).unwrap_err();
    assert_eq!((error.what.as_str(), error.found.as_str()), ("a key occurs twice", "`power_w`"));
    let set = read(&format!("\u{feff}{{\"power_w\": 7, {tag}, \"gain\": [1, 2.5]}}")).unwrap();
    assert_eq!(set.get("gain").unwrap().shape, [2]);
    for (value, what, place) in [
        ("[1, [2]]", "not a number", "gain[1]"),
        ("[[1], 2]", "a list is missing", "gain[1]"),
        ("[[1], [2, 3]]", "the rows have different lengths", "gain[1]"),
        ("[1, null]", "not a number", "gain[1]"),
        ("{}", "not a number", "gain"),
    ] {
        let error = read(&format!("{{{tag}, \"gain\": {value}}}")).unwrap_err();
        assert_eq!((error.what.as_str(), error.place.as_str()), (what, place), "{value}");
    }
}

/// The types that NumPy has beyond those of most files.
#[test]
fn halves_and_long_doubles_are_read_as_numpy_reads_them() {
    let mut half = header("<f2", "(2,)");
    half.extend([0x00, 0x3c, 0x00, 0xc1]);
    let (_folder, path) = written("a.npy", half);
    assert_eq!(super::reals(&read(&path, "", &GAIN).unwrap().0), [1.0, -2.5]);
    let (_folder, path) = written("a.npy", [header("|O", "(1,)"), vec![0; 8]].concat());
    assert_eq!(read(&path, "", &GAIN).unwrap_err().what, "the array's type is not numeric");
}
