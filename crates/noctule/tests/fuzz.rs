//! Damaged arrays: whatever the readers are handed, they answer; and what they refuse, they explain.
//!
//! The damage is drawn from a fixed seed, so that a failure is one everybody can see again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alignment;
mod effort;
mod readers;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use noctule::Error;
use noctule::beamforming::{Beams, Instance, Scenario};
use noctule_num::InputError;

/// A generator that is good enough to damage files.
struct Damage(u64);

impl Damage {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }

    /// A damaged copy; `scraps` are what a text may get in the wrong place.
    fn apply(&mut self, whole: &[u8], scraps: &[&[u8]]) -> Vec<u8> {
        let mut bytes = whole.to_vec();
        for _ in 0..1 + self.below(3) {
            // Headers are where the trouble is: every second time there.
            let reach = if self.below(2) == 0 { bytes.len().min(160) } else { bytes.len() };
            let at = self.below(reach);
            match self.below(5) {
                0 => bytes[at] = self.below(256) as u8,
                1 => bytes[at] ^= 1 << self.below(8),
                2 => drop(bytes.drain(at..(at + self.below(9)).min(bytes.len()))),
                3 if self.below(4) == 0 => bytes.truncate(at),
                _ => {
                    let scrap = scraps[self.below(scraps.len())];
                    let end =
                        if self.below(2) == 0 { at } else { (at + scrap.len()).min(bytes.len()) };
                    drop(bytes.splice(at..end, scrap.iter().copied()));
                }
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        bytes
    }
}

const JSON_SCRAPS: &[&[u8]] = &[
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"null",
    b"1e999",
    b"-1",
    b"1e308",
    b"\"x\"",
    b"[]",
    b"[[[]]]",
    b"0",
    b"true",
    b"99999999999999999999",
    b"-0.0",
    b"1e-320",
    b":",
];

const NPY_SCRAPS: &[&[u8]] = &[
    b"<f8",
    b"<c8",
    b">c16",
    b"|b1",
    b"|O",
    b"<U4",
    b"True",
    b"(0,)",
    b"(99999999999, 1)",
    b"()",
    b"(-1, 4)",
    b"(4, 16, 1)",
    b"\x00\x00\x00\x00\x00\x00\xf8\x7f",
    b"\x00\x00\x00\x00\x00\x00\xf0\xff",
    b"\xff\xff\xff\xff\xff\xff\xef\x7f",
    b"\x00\x00\x00\x00\x00\x00\x00\x00",
    b"{",
    b"\xff\xff",
];

const ZIP_SCRAPS: &[&[u8]] = &[
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"../",
    b".npy",
    b"\x08\x00",
];

/// A refusal helps only if it says what, where, what was found and what is allowed.
fn assert_helps(error: &InputError, case: &str) {
    let parts = [&error.what, &error.place, &error.found, &error.allowed];
    assert!(parts.iter().all(|part| !part.trim().is_empty()), "{case}: {error:?}");
}

fn drawn() -> Instance {
    Scenario::paper().realize(1, 0).unwrap()
}

/// Read `bytes` as an instance of its own and over a drawn one, and as beams.
fn read_all(path: &Path, bytes: &[u8], base: &Instance, case: &str) -> usize {
    fs::write(path, bytes).unwrap();
    let mut accepted = 0;
    let outcomes = [
        Instance::read(path, None).map(drop),
        Instance::read(path, Some(base)).map(drop),
        Beams::read(path, base.users()).and_then(|beams| beams.check(base)),
    ];
    for outcome in outcomes {
        match outcome {
            Ok(()) => accepted += 1,
            Err(Error::Numerics(error)) => panic!("{case}: {error}"),
            Err(error) => assert_helps(&error.as_input().unwrap(), case),
        }
    }
    accepted
}

/// Damage `whole` so many times; some of it must do no harm, or the test sees headers only.
fn hunt(ending: &str, whole: &[u8], scraps: &[&[u8]], seed: u64, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("file.{ending}"));
    let base = drawn();
    assert!(read_all(&path, whole, &base, "whole") > 0, "the undamaged file is refused");
    let mut damage = Damage(seed);
    let mut accepted = 0;
    for round in 0..count {
        let bytes = damage.apply(whole, scraps);
        accepted +=
            read_all(&path, &bytes, &base, &format!("{ending}, seed {seed}, round {round}"));
    }
    assert!(accepted > 0, "nothing was accepted");
}

fn npy_of(set: &noctule::data::ArraySet) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(set.to_npz().unwrap())).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut archive.by_index(0).unwrap(), &mut bytes).unwrap();
    bytes
}

/// The channels alone.
fn channels() -> noctule::data::ArraySet {
    let mut set = noctule::data::ArraySet::new();
    set.insert("channels", drawn().to_arrays().get("channels").unwrap().clone());
    set
}

#[test]
fn json() {
    let whole = drawn().to_json().to_string();
    hunt("json", whole.as_bytes(), JSON_SCRAPS, 1, 800);
    let small = channels().to_json("instance", "beamforming").to_string();
    hunt("json", small.as_bytes(), JSON_SCRAPS, 2, 2_000);
}

#[test]
fn npy() {
    hunt("npy", &npy_of(&channels()), NPY_SCRAPS, 3, 3_000);
}

#[test]
fn npz() {
    hunt("npz", &drawn().to_arrays().to_npz().unwrap(), ZIP_SCRAPS, 4, 1_500);
}

/// Damage inside a sound archive, which the checksums of the archive would otherwise find first.
#[test]
fn npy_inside_npz() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.npz");
    let (base, whole) = (drawn(), npy_of(&channels()));
    let mut damage = Damage(5);
    let mut accepted = 0;
    for round in 0..1_500 {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file("channels.npy", options).unwrap();
        archive.write_all(&damage.apply(&whole, NPY_SCRAPS)).unwrap();
        let bytes = archive.finish().unwrap().into_inner();
        accepted += read_all(&path, &bytes, &base, &format!("npy in npz, round {round}"));
    }
    assert!(accepted > 0);
}
