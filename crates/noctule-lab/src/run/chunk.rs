//! Chunk files: the only form in which finished work exists.
//!
//! A chunk is written by one process and read by any other, on any machine, after any accident. It
//! is a text of lines: a header that names the plan, the chunk, the build and the processor class;
//! one JSON object for each row; and the SHA-256 of everything before it. A file whose last line
//! does not match is torn and counts as absent.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::build;
use super::place::Place;
use super::record::Record;
use crate::canonical;
use crate::error::LabError;

/// The format of chunk files.
pub(super) const FORMAT: &str = "noctule-chunk/2";

/// What a chunk is part of, and who computed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// `noctule-chunk/2`.
    pub format: String,
    /// [`crate::plan::Plan::core_hash`] of the plan.
    pub plan: String,
    /// Which chunk.
    pub chunk: u64,
    /// How many of its units: fewer than it has where the plan had no more trials.
    pub units: u64,
    /// The build.
    pub build: String,
    /// The processor class.
    pub cpu: String,
    /// Number of rows.
    pub rows: usize,
}

/// A chunk as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// What it is part of.
    pub header: Header,
    /// Its rows.
    pub records: Vec<Record>,
}

#[derive(Serialize, Deserialize)]
struct Seal {
    sha256: String,
}

/// Why a chunk file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is no file.
    Absent,
    /// It is incomplete or damaged: the sentence says how.
    Torn(String),
    /// The system does not hand it out just now; it may be whole.
    Unreadable(std::io::ErrorKind, String),
    /// It is intact, but of another plan or build, or another chunk.
    Foreign {
        /// `plan`, `build`, `chunk` or `format`.
        what: &'static str,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
}

impl Unusable {
    /// What the system says when it does not hand a file out.
    pub(super) fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Absent,
            kind => Self::Unreadable(kind, error.to_string()),
        }
    }

    /// What the end of a run is that needs this chunk.
    pub(crate) fn error(self, path: PathBuf) -> LabError {
        match self {
            Self::Absent => LabError::corrupt(&path, "it has just disappeared"),
            Self::Torn(reason) => LabError::Corrupt { path, reason },
            Self::Unreadable(kind, text) => {
                LabError::Io { action: "read", path, source: std::io::Error::new(kind, text) }
            }
            Self::Foreign { what, found, expected } => {
                LabError::Foreign { path, what, found, expected }
            }
        }
    }
}

/// Rows as a chunk file has them: those of a chain of a hundred thousand points take an eighth of the
/// room that they take as [`Record`]s.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    text: Vec<u8>,
    rows: usize,
}

impl Body {
    pub(super) fn of(records: &[Record]) -> serde_json::Result<Self> {
        let mut body = Self::default();
        records.iter().try_for_each(|record| body.push(record))?;
        Ok(body)
    }

    pub(super) fn push(&mut self, record: &Record) -> serde_json::Result<()> {
        serde_json::to_writer(&mut self.text, record)?;
        self.text.push(b'\n');
        self.rows += 1;
        Ok(())
    }

    /// Where it ends, to be cut back to.
    pub(super) const fn end(&self) -> (usize, usize) {
        (self.text.len(), self.rows)
    }

    pub(super) fn cut(&mut self, (length, rows): (usize, usize)) {
        self.text.truncate(length);
        self.rows = rows;
    }
}

/// The text of a chunk file.
pub(super) fn write(
    plan: &str,
    chunk: u64,
    units: u64,
    cpu: &str,
    body: &Body,
) -> Result<String, serde_json::Error> {
    /// More than a first and a last line take.
    const LINES: usize = 1024;
    let header = Header {
        format: FORMAT.to_owned(),
        plan: plan.to_owned(),
        chunk,
        units,
        build: build::id().to_owned(),
        cpu: cpu.to_owned(),
        rows: body.rows,
    };
    let mut out = Vec::with_capacity(body.text.len() + LINES);
    serde_json::to_writer(&mut out, &header)?;
    out.push(b'\n');
    out.extend_from_slice(&body.text);
    let seal = Seal { sha256: canonical::sha256(&out) };
    serde_json::to_writer(&mut out, &seal)?;
    out.push(b'\n');
    // serde_json writes nothing but UTF-8.
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// The first line of a chunk file, which says what it is part of; nothing is checked by it.
pub(super) fn header(place: &Place) -> std::io::Result<Header> {
    /// No header is longer.
    const LONGEST: u64 = 4096;
    let mut line = Vec::new();
    BufReader::new(place.reader()?.take(LONGEST)).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

/// Check a chunk file against its seal and against what is expected of it, without its rows.
pub(crate) fn check(place: &Place, plan: &str, chunk: u64) -> Result<(Header, String), Unusable> {
    match place.bytes() {
        Ok(bytes) => check_bytes(bytes, plan, chunk),
        Err(error) => Err(Unusable::of(&error)),
    }
}

/// Check the bytes of a chunk file.
pub(crate) fn check_bytes(
    bytes: Vec<u8>,
    plan: &str,
    chunk: u64,
) -> Result<(Header, String), Unusable> {
    let torn = |reason: &str| Unusable::Torn(reason.to_owned());
    let mut text = String::from_utf8(bytes).map_err(|_| torn("it is not text"))?;
    let body = text.strip_suffix('\n').ok_or_else(|| torn("its last line is incomplete"))?;
    let seal_start = body.rfind('\n').ok_or_else(|| torn("it has no rows"))? + 1;
    let seal: Seal =
        serde_json::from_str(&body[seal_start..]).map_err(|_| torn("it has no digest"))?;
    if seal.sha256 != canonical::sha256(&text.as_bytes()[..seal_start]) {
        return Err(torn("its digest does not match"));
    }
    // the digest does not cover the line that holds it: that line has one form only
    if serde_json::to_string(&seal).ok().as_deref() != Some(&body[seal_start..]) {
        return Err(torn("its last line is not as it was written"));
    }
    let first = text.lines().next().unwrap_or("");
    let header: Header =
        serde_json::from_str(first).map_err(|error| Unusable::Torn(error.to_string()))?;
    for (what, found, expected) in [
        ("format", header.format.clone(), FORMAT.to_owned()),
        ("plan", header.plan.clone(), plan.to_owned()),
        ("chunk", header.chunk.to_string(), chunk.to_string()),
    ] {
        if found != expected {
            return Err(Unusable::Foreign { what, found, expected });
        }
    }
    text.truncate(seal_start);
    Ok((header, text))
}

/// Read a chunk file.
pub(crate) fn read(place: &Place, plan: &str, chunk: u64) -> Result<Chunk, Unusable> {
    let (header, text) = check(place, plan, chunk)?;
    rows(header, &text)
}

/// The rows of a chunk file that has been checked.
pub(super) fn rows(header: Header, text: &str) -> Result<Chunk, Unusable> {
    let mut records = Vec::with_capacity(header.rows);
    for line in text.lines().skip(1) {
        records
            .push(serde_json::from_str(line).map_err(|error| Unusable::Torn(error.to_string()))?);
    }
    if records.len() != header.rows {
        return Err(Unusable::Torn(format!(
            "it has {} rows instead of {}",
            records.len(),
            header.rows
        )));
    }
    Ok(Chunk { header, records })
}
