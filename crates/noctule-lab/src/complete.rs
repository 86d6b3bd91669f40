//! The answer to a call that is repeated: what a large run came to, without reading it again.
//!
//! Reading gigabytes of chunks to write the same tables once more takes minutes. What a complete run
//! came to is kept beside its chunks, with the names and sizes of all files that belong to it. It
//! counts only for the same plan, words and build, and only as long as all these files are there with
//! these sizes; `noctule merge` does not believe it and reads everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use noctule_num::stats::Summary;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::claim;
use crate::error::LabError;
use crate::files;
use crate::fold::{self, Folded, GroupSummary, Samples, Standing};
use crate::presentation::Presentation;
use crate::results::Results;
use crate::run::{Store, build};

/// The format of the file.
const FORMAT: &str = "noctule-complete/1";
/// Runs with less than this in their chunks are read again, which shows damage too.
const LARGE: u64 = 16 << 20;
/// More groups than this are not kept.
const MOST_GROUPS: usize = 20_000;
/// Largest file that is read.
const MAX_BYTES: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Complete {
    format: String,
    plan: String,
    presentation: String,
    build: String,
    trials: u64,
    cpus: BTreeSet<String>,
    digests: BTreeMap<String, String>,
    groups: Vec<Group>,
    claims: Vec<Claim>,
    files: Vec<String>,
    notes: Vec<String>,
    /// The bytes of every result, and of every file with chunks.
    results: BTreeMap<String, u64>,
    chunks: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    ours: Option<f64>,
    standard_error: Option<f64>,
    note: String,
}

/// A [`Summary`]: count, standard error, and what is always there.
type Kept = (u64, Option<f64>, [f64; 8]);

/// A group; [`Summary`] as count, standard error, and what is always there.
#[derive(Serialize, Deserialize)]
struct Group {
    scheme: usize,
    point: usize,
    counts: [u64; 7],
    bounded: BTreeMap<String, u64>,
    worst: [Option<f64>; 4],
    first_failure: Option<String>,
    metrics: Vec<Option<Kept>>,
}

impl Group {
    fn of(group: &GroupSummary) -> Self {
        let g = group;
        let metric = |s: &Summary| {
            let order = [s.mean, s.median, s.q05, s.q25, s.q75, s.q95, s.min, s.max];
            (s.count, s.standard_error, order)
        };
        Self {
            scheme: g.scheme,
            point: g.point,
            counts: [
                g.designed,
                g.infeasible,
                g.unsound,
                g.failed,
                g.not_run,
                g.stationary,
                g.evaluations,
            ],
            bounded: g.bounded.clone(),
            worst: [
                g.worst_residual,
                g.worst_gap_rel,
                g.worst_violation,
                g.worst_objective_mismatch,
            ],
            first_failure: g.first_failure.clone(),
            metrics: g.metrics.iter().map(|summary| summary.as_ref().map(metric)).collect(),
        }
    }

    fn summary(self) -> GroupSummary {
        let [designed, infeasible, unsound, failed, not_run, stationary, evaluations] = self.counts;
        let [worst_residual, worst_gap_rel, worst_violation, worst_objective_mismatch] = self.worst;
        let metric = |(count, standard_error, order): Kept| {
            let [mean, median, q05, q25, q75, q95, min, max] = order;
            Summary { count, mean, standard_error, median, q05, q25, q75, q95, min, max }
        };
        GroupSummary {
            scheme: self.scheme,
            point: self.point,
            designed,
            infeasible,
            unsound,
            failed,
            not_run,
            stationary,
            bounded: self.bounded,
            worst_residual,
            worst_gap_rel,
            worst_violation,
            worst_objective_mismatch,
            evaluations,
            first_failure: self.first_failure,
            metrics: self.metrics.into_iter().map(|summary| summary.map(metric)).collect(),
        }
    }
}

/// Bytes of every file in folders of a run, by the names below it; temporaries and what was moved out
/// of the way do not count.
fn sizes(dir: &Path, folders: &[&str]) -> BTreeMap<String, u64> {
    let mut sizes = BTreeMap::new();
    for folder in folders {
        for entry in fs::read_dir(dir.join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Ok(found) = entry.metadata()
                && found.is_file()
                && name.ends_with(".jsonl")
            {
                sizes.insert(format!("{folder}/{name}"), found.len());
            }
        }
    }
    sizes
}

fn chunk_sizes(store: &Store) -> BTreeMap<String, u64> {
    sizes(store.dir(), &["chunks", "chunks/packs"])
}

const NAME: &str = "chunks/complete.json";

/// Keep what a run came to, where it is large. That it cannot be kept is no failure of the run.
pub(crate) fn keep(store: &Store, presentation: &Presentation, results: &Results) {
    let path = store.dir().join(NAME);
    let chunks = chunk_sizes(store);
    let folded = &results.folded;
    let large = chunks.values().sum::<u64>() >= LARGE && folded.groups.len() <= MOST_GROUPS;
    if !large || store.plan().precision.is_some() {
        let _ = fs::remove_file(path);
        return;
    }
    let below = |path: &Path| {
        path.strip_prefix(store.dir()).map(|path| path.to_string_lossy().into_owned()).ok()
    };
    let files: Vec<String> = results.files.iter().filter_map(|path| below(path)).collect();
    let size = |name: &String| fs::metadata(store.dir().join(name)).map(|found| found.len()).ok();
    let complete = Complete {
        format: FORMAT.to_owned(),
        plan: store.hash().to_owned(),
        presentation: canonical::sha256(presentation.text().as_bytes()),
        build: build::id().to_owned(),
        trials: folded.trials,
        cpus: folded.cpus.clone(),
        digests: folded.digests.clone(),
        groups: folded.groups.iter().map(Group::of).collect(),
        claims: results
            .claims
            .iter()
            .map(|claim| Claim {
                ours: claim.ours,
                standard_error: claim.standard_error,
                note: claim.note.clone(),
            })
            .collect(),
        results: files.iter().filter_map(|name| Some((name.clone(), size(name)?))).collect(),
        files,
        notes: results.notes.clone(),
        chunks,
    };
    if let Ok(text) = serde_json::to_string(&complete) {
        let _ = store.write_output(NAME, text.as_bytes());
    }
}

/// What a large run came to, if nothing has changed since.
pub(crate) fn answer(store: &Store, presentation: &Presentation) -> Option<Results> {
    let complete = valid(store)?;
    if complete.presentation != canonical::sha256(presentation.text().as_bytes()) {
        return None;
    }
    let size = |name: &String| fs::metadata(store.dir().join(name)).map(|found| found.len()).ok();
    let there = complete.results.iter().all(|(name, bytes)| size(name) == Some(*bytes));
    if !there || complete.claims.len() != presentation.claims.len() {
        return None;
    }
    let deterministic = store.plan().deterministic;
    let claims = presentation.claims.iter().zip(complete.claims);
    let claims = claims
        .map(|(spec, kept)| {
            claim::again(spec, kept.ours, kept.standard_error, kept.note, deterministic)
        })
        .collect();
    let folded = Folded {
        groups: complete.groups.into_iter().map(Group::summary).collect(),
        trials: complete.trials,
        seeds: vec![store.plan().seed],
        build: complete.build,
        cpus: complete.cpus,
        digests: complete.digests,
        kept: Samples::default(),
    };
    let files = complete.files.iter().map(|name| store.dir().join(name)).collect();
    Some(Results { folded, claims, files, notes: complete.notes, again: true })
}

/// The answer that is kept, if its chunks are as they were.
fn valid(store: &Store) -> Option<Complete> {
    let text = files::read(&store.dir().join(NAME), MAX_BYTES).ok()?;
    let complete: Complete = serde_json::from_slice(&text).ok()?;
    let ours =
        complete.format == FORMAT && complete.plan == store.hash() && complete.build == build::id();
    (ours && complete.chunks == chunk_sizes(store)).then_some(complete)
}

/// Where a run stands: as [`fold::standing`], but a large run that is known to be complete is not read.
///
/// # Errors
/// As [`fold::standing`].
pub fn standing(store: &Store) -> Result<Standing, LabError> {
    if valid(store).is_none() {
        return fold::standing(store);
    }
    let total = store.plan().chunks();
    Ok(Standing { done: total, total, by_size: true, ..Standing::default() })
}

/// Results that are not as they were written, by the digests in the manifest of this run: the name of
/// each, and how. Nothing where there is no manifest of this plan.
///
/// # Errors
/// When a file cannot be read.
pub fn changed(store: &Store) -> Result<Vec<(String, &'static str)>, LabError> {
    let Ok(text) = files::read(&store.dir().join("manifest.json"), MAX_BYTES) else {
        return Ok(Vec::new());
    };
    let manifest: Value = serde_json::from_slice(&text).unwrap_or_default();
    if manifest["plan_sha256"] != store.hash() {
        return Ok(Vec::new());
    }
    let mut changed = Vec::new();
    for (name, digest) in manifest["files_sha256"].as_object().into_iter().flatten() {
        let path = store.dir().join(name);
        match files::sha256(&path) {
            Ok(found) if *digest == found => {}
            Ok(_) => changed.push((name.clone(), "it was changed")),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                changed.push((name.clone(), "it is gone"));
            }
            Err(error) => return Err(LabError::io("read", &path)(error)),
        }
    }
    Ok(changed)
}
