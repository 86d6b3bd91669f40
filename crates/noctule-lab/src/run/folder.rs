//! Whose a folder is, and how what is in it is kept.
//!
//! A run is written into a folder that is a run of ours, or empty, or new; into any other only when
//! that is asked for, and then what has one of our names there is kept under another. Nothing is
//! ever deleted to make room.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use noctule_num::InputError;
use serde_json::Value;

use crate::error::LabError;
use crate::files::{self, Unread};
use crate::plan;
use crate::presentation::Presentation;

/// What a run writes beside its figures.
const NAMES: [&str; 11] = [
    "plan.json",
    "presentation.json",
    "records.csv",
    "series.csv",
    "summary.csv",
    "claims.json",
    "manifest.json",
    "report.html",
    "timings.csv",
    "chunks",
    "slurm",
];

/// Whether there is a plan of ours in a folder.
pub(super) fn is_run(dir: &Path) -> bool {
    let text = match files::read(&dir.join("plan.json"), plan::MAX_BYTES) {
        Ok(text) => text,
        // A plan that cannot be read just now is no reason to take the folder for another's.
        Err(Unread::Io(error)) => return error.kind() != ErrorKind::NotFound,
        Err(_) => return false,
    };
    let format = serde_json::from_slice::<Value>(&text)
        .ok()
        .and_then(|plan| plan.get("format").and_then(Value::as_str).map(str::to_owned));
    format.is_some_and(|format| format.starts_with("noctule-plan/"))
}

/// Whether there are chunks in a folder, with a plan or without.
fn has_chunks(dir: &Path) -> bool {
    let is_chunk = |name: &str| name.starts_with('c') && name.ends_with(".jsonl");
    let is_pack = |name: &str| name.starts_with('p') && name.ends_with(".jsonl");
    let any = |folder: &str, is: &dyn Fn(&str) -> bool| {
        let entries = fs::read_dir(dir.join(folder)).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_str().is_some_and(is))
    };
    any("chunks", &is_chunk) || any("chunks/packs", &is_pack)
}

/// How deep below a folder runs are looked for.
const DEEP: usize = 6;

/// The runs somewhere below a folder, in the order of their names. Links are not followed, and
/// nothing below a run is looked at.
pub fn folders_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(dir, DEEP, &mut found);
    found
}

fn collect(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        if is_run(&folder) || has_chunks(&folder) {
            found.push(folder);
        } else if depth > 1 {
            collect(&folder, depth - 1, found);
        }
    }
}

/// The first entry of a folder that is no run of ours and not empty.
fn foreign(dir: &Path) -> Result<Option<String>, LabError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            let place = dir.display().to_string();
            let allowed = "a new folder, an empty one, or a run";
            return Err(
                InputError::new("results go into a folder", place, "a file", allowed).into()
            );
        }
        Err(error) => return Err(LabError::io("open", dir)(error)),
    };
    let mut found: Option<String> = None;
    for entry in entries {
        let entry = entry.map_err(LabError::io("open", dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // What a run has made before its plan was there, if it was killed then.
        let begun = name == "chunks" && is_empty(&entry.path());
        if !begun && !files::is_temporary(&name) && found.as_ref().is_none_or(|first| name < *first)
        {
            found = Some(name);
        }
    }
    // Another process may have made a run of it meanwhile: look for its plan last.
    Ok(found.filter(|_| !is_run(dir)))
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// Take possession of a folder: see the rule at the top of this file.
pub(super) fn take(dir: &Path, presentation: &Presentation, force: bool) -> Result<(), LabError> {
    if !force {
        let hint = "--force (force=True) writes into it all the same, and keeps files that are in the \
                    way as <name>.old";
        return vacant(dir, hint);
    }
    check_link(dir)?;
    match foreign(dir)? {
        None => Ok(()),
        Some(_) => keep_names(dir, presentation),
    }
}

/// Refuse a folder that holds something else than a run; `hint` is what to do then.
pub(crate) fn vacant(dir: &Path, hint: &str) -> Result<(), LabError> {
    check_link(dir)?;
    foreign(dir)?.map_or(Ok(()), |entry| Err(no_run(dir, &entry, hint)))
}

fn check_link(dir: &Path) -> Result<(), LabError> {
    if dir.is_symlink() && !dir.exists() {
        let what = "the folder is a link to a place that does not exist";
        let place = dir.display().to_string();
        return Err(InputError::new(what, place, "a dangling link", "a folder").into());
    }
    Ok(())
}

fn no_run(dir: &Path, entry: &str, hint: &str) -> LabError {
    if has_chunks(dir) {
        let what = "the folder holds chunks of a run, and its plan is damaged or gone";
        let place = dir.join("plan.json").display().to_string();
        let hint = "put plan.json back from a copy of the folder, or move everything aside with --fresh \
                    --force (fresh=True, force=True)";
        return InputError::new(what, place, "no plan of ours", "the plan").hint(hint).into();
    }
    let what = "the folder holds something else than a run of noctule";
    let found = format!("no plan of ours, and `{entry}`");
    let allowed = "a new folder, an empty one, or a run";
    InputError::new(what, dir.display().to_string(), found, allowed).hint(hint).into()
}

/// Rename everything that a run of this presentation would write over.
fn keep_names(dir: &Path, presentation: &Presentation) -> Result<(), LabError> {
    let figures = presentation.figures.iter().flat_map(|figure| {
        ["svg", "tex", "dat"].map(|ending| format!("figures/{}.{ending}", figure.id))
    });
    for name in NAMES.into_iter().map(str::to_owned).chain(figures) {
        let path = dir.join(name);
        if path.is_symlink() || path.exists() {
            rename_aside(&path).map_err(LabError::io("keep", &path))?;
        }
    }
    Ok(())
}

/// Give a file or folder the first free name of `<name>.old`, `<name>.old.2`, …
fn rename_aside(path: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let old = old_name(path, number);
        if !old.is_symlink() && !old.exists() {
            fs::rename(path, &old)?;
            return Ok(old);
        }
        number += 1;
    }
}

fn old_name(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(if number == 1 { ".old".to_owned() } else { format!(".old.{number}") });
    PathBuf::from(name)
}

/// Keep what is in a folder of results, if anything, under another name, which is returned: the
/// first that is free of `<dir>.old`, `<dir>.old.2`, and so on.
///
/// # Errors
/// When the folder is no run (unless `force`), or the file system refuses.
pub fn move_aside(dir: &Path, force: bool) -> Result<Option<PathBuf>, LabError> {
    if !dir.exists() || is_empty(dir) {
        return Ok(None);
    }
    if let Some(entry) = foreign(dir)?.filter(|_| !force) {
        return Err(no_run(dir, &entry, "with --force (force=True) it is moved aside too"));
    }
    // The folder itself, whatever it is called here: `dir/`, `.`, or a link, which stays.
    let real = dir.canonicalize().map_err(LabError::io("move aside", dir))?;
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let within = here.as_ref().is_some_and(|here| here.starts_with(&real));
    if within && here.as_ref() != Some(&real) {
        let what = "the folder cannot be moved aside from within";
        let place = dir.display().to_string();
        let found = format!("the command runs in {}", here.unwrap_or_default().display());
        return Err(InputError::new(what, place, found, "to be called from elsewhere").into());
    }
    if real.file_name().is_none() {
        let error = io::Error::new(ErrorKind::InvalidInput, "it has no name");
        return Err(LabError::io("move aside", dir)(error));
    }
    // Whoever stands in a folder goes along with it, and a disk cannot be renamed: then its
    // content moves.
    let renamed = if within { None } else { rename_aside(&real).ok() };
    let moved = match renamed {
        Some(old) => old,
        None => move_content(&real).map_err(LabError::io("move aside", dir))?,
    };
    if dir.is_symlink() && !real.exists() {
        // A link stays, and leads to a folder again.
        fs::create_dir(&real).map_err(LabError::io("create", dir))?;
    }
    // As it was called, where that makes a name.
    let name = dir.file_name().is_some() && !dir.is_symlink();
    Ok(Some(match moved.file_name() {
        Some(old) if name => dir.with_file_name(old),
        _ => moved,
    }))
}

/// Move everything in a folder to a new one beside it, the plan first: whoever is interrupted finds a
/// folder that is no run, which nobody writes into unasked, and not one whose chunks are gone.
fn move_content(dir: &Path) -> io::Result<PathBuf> {
    let mut number = 1;
    let old = loop {
        let old = old_name(dir, number);
        match fs::create_dir(&old) {
            Ok(()) => break old,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(entry?.file_name());
    }
    names.sort_by_key(|name| name != "plan.json");
    for name in names {
        fs::rename(dir.join(&name), old.join(&name))?;
    }
    Ok(old)
}

/// Remove figures of an earlier presentation: those that the manifest there says we wrote and
/// nobody has changed since, and that are not among the new ones.
pub(crate) fn remove_figures(dir: &Path, keep: impl Fn(&str) -> bool) {
    let Ok(text) = files::read(&dir.join("manifest.json"), plan::MAX_BYTES) else { return };
    let Ok(manifest) = serde_json::from_slice::<Value>(&text) else { return };
    let written = manifest.get("files_sha256").and_then(Value::as_object);
    for (name, digest) in written.into_iter().flatten() {
        let Some(file) = name.strip_prefix("figures/") else { continue };
        let safe = Path::new(file).file_name().is_some_and(|only| only == file);
        if !safe || keep(name) {
            continue;
        }
        let path = dir.join("figures").join(file);
        let bytes = files::read(&path, u64::from(u32::MAX));
        let same = bytes.is_ok_and(|bytes| *digest == crate::canonical::sha256(&bytes));
        if same && !path.is_symlink() {
            let _ = fs::remove_file(path);
        }
    }
}
