use std::path::Path;

use noctule::data::{ArraySet, FieldInfo, design_document, members, system_of};

use super::{CHANNELS, GAIN, SITES, read};
use crate::effort::effort;
use crate::{Damage, JSON_SCRAPS, NPY_SCRAPS, ZIP_SCRAPS, assert_helps};

const CSV_SCRAPS: &[&[u8]] = &[
    b"\"",
    b";",
    b",",
    b"\t",
    b"\n",
    b"sep=;\n",
    b"i",
    b"+-",
    b"(",
    b"nan",
    b"1e999",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"x,y\n",
    b"#",
];

const MAT_SCRAPS: &[&[u8]] = &[
    b"\x0e\x00\x00\x00",
    b"\x0f\x00\x00\x00",
    b"\x00\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x01\x00\x04\x00",
    b"\xff\xff\xff\x7f",
    b"TREE",
    b"SNOD",
    b"HEAP",
    b"\x10\x00\x10\x00",
];

/// Every way into a file; whatever it is, there is an answer, and a refusal explains itself.
fn ways(path: &Path, ending: &str, case: &str) -> usize {
    const FIELDS: &[FieldInfo] = &[CHANNELS, GAIN, SITES];
    let mut accepted = 0;
    let mut outcome = |result: Result<(), noctule_num::InputError>| match result {
        Ok(()) => accepted += 1,
        Err(error) => assert_helps(&error, case),
    };
    outcome(ArraySet::read(path, "instance", FIELDS).map(drop));
    outcome(members(path).map(drop));
    system_of(path);
    let paths: &[&str] = match ending {
        "mat" => &["", ":H; axes=antenna,user", ":cell{2}", ":chan.deep.gain", ":cube"],
        "npz" | "json" => &["", ":channels", ":gain"],
        _ => &["", "; axes=antenna,user; conjugate"],
    };
    for rest in paths {
        outcome(read(path, rest, &CHANNELS).map(drop));
        outcome(read(path, rest, &GAIN).map(drop));
    }
    if ending == "mat" {
        outcome(design_document(path).map(drop));
    }
    accepted
}

/// Damaged files of every format, in the headers and in the data: no panic, no more memory than
/// the limits allow, and words for every refusal.
#[test]
fn campaign_mutated_files() {
    let mut set = ArraySet::new();
    let numbers = |n: i32| (0..n).map(f64::from).collect::<Vec<_>>();
    set.insert("gain", noctule::data::Array::list(numbers(4)));
    let channels = numbers(8).into_iter().map(|x| noctule_num::C64::new(x, 1.0 / (1.0 + x)));
    set.insert("channels", noctule::data::Array::complex(vec![2, 4], channels.collect()));
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let file = |name: &str| std::fs::read(files.join(name)).unwrap();
    let csv = "x,y\n1.5;2+3i\n-4;5e-3i\n\"6\";7\n".replace("x,y", "user;gain");
    type Seed<'a> = (&'a str, Vec<u8>, &'a [&'a [u8]], usize);
    let seeds: Vec<Seed<'_>> = vec![
        ("csv", csv.into_bytes(), CSV_SCRAPS, 200),
        ("json", set.to_json("instance", "test").to_string().into_bytes(), JSON_SCRAPS, 100),
        ("npy", crate::npy_of(&crate::channels()), NPY_SCRAPS, 150),
        ("npz", set.to_npz().unwrap(), ZIP_SCRAPS, 150),
        ("mat", set.to_mat_design(&set, &set.to_json("design", "test")), MAT_SCRAPS, 100),
        ("mat", file("v6.mat"), MAT_SCRAPS, 200),
        ("mat", file("v7.mat"), MAT_SCRAPS, 100),
        ("mat", file("v73.mat"), MAT_SCRAPS, 200),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (number, (ending, whole, scraps, count)) in seeds.iter().enumerate() {
        let path = folder.path().join(format!("file.{ending}"));
        std::fs::write(&path, whole).unwrap();
        assert!(ways(&path, ending, "whole") > 0, "the undamaged {ending} {number} is refused");
        let mut damage = Damage(100 + number as u64);
        let mut accepted = 0;
        for round in 0..count * effort::<usize>() {
            std::fs::write(&path, damage.apply(whole, scraps)).unwrap();
            accepted += ways(&path, ending, &format!("{ending} {number}, round {round}"));
        }
        assert!(accepted > 0, "nothing of {ending} {number} was accepted");
    }
}
