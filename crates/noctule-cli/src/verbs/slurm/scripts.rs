//! Scripts that people change: what was written before, and whether it is still that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use noctule_lab::{LabError, canonical, files};
use noctule_num::InputError;
use serde::{Deserialize, Serialize};

use crate::cli::Slurm;
use crate::exit::Failure;

/// The file that says what was written, and with which options.
const FILE: &str = "written.json";
const FORMAT: &str = "noctule-scripts/1";
/// Largest script that is compared.
const MAX_BYTES: u64 = 1 << 20;
/// Options of sbatch on which the scripts rely, and what to say instead.
const OURS: [(&str, &str); 8] = [
    ("--array", "--shards and --at-once"),
    ("--time", "--time"),
    ("--cpus-per-task", "--cores"),
    ("--signal", "nothing: the scripts stop a minute before the limit"),
    ("--dependency", "bash submit.sh --dependency=…, for the array"),
    ("--no-requeue", "nothing: elements that stop are queued again"),
    ("--wrap", "nothing: the scripts are what runs"),
    ("--parsable", "nothing: submit.sh says it"),
];

/// What the scripts are made with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) shards: u64,
    pub(super) at_once: Option<u64>,
    pub(super) time: String,
    pub(super) cores: u16,
    pub(super) sbatch: Vec<String>,
}

/// What a folder of scripts knows of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Written {
    format: String,
    settings: Settings,
    /// SHA-256 of every script as it was written.
    scripts: BTreeMap<String, String>,
}

impl Written {
    /// What was written before, if anything. A file that is not ours any more is as none: every
    /// script then counts as changed.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = files::read(&folder.join(FILE), MAX_BYTES).ok()?;
        let written: Self = serde_json::from_slice(&text).ok()?;
        (written.format == FORMAT).then_some(written)
    }
}

impl Settings {
    /// What is asked for; else what was before; else the default.
    pub(super) fn of(options: &Slurm, before: Option<&Written>) -> Result<Self, InputError> {
        options.time.as_deref().map_or(Ok(()), check_time)?;
        options.sbatch.iter().try_for_each(|option| check_option(option))?;
        let before = before.map(|written| written.settings.clone());
        let mut settings = before.unwrap_or_else(|| Self {
            shards: 16,
            at_once: None,
            time: "04:00:00".to_owned(),
            cores: 1,
            sbatch: Vec::new(),
        });
        settings.shards = options.shards.unwrap_or(settings.shards);
        settings.at_once = options.at_once.or(settings.at_once);
        settings.cores = options.cores.unwrap_or(settings.cores);
        if let Some(time) = &options.time {
            settings.time.clone_from(time);
        }
        if !options.sbatch.is_empty() {
            settings.sbatch.clone_from(&options.sbatch);
        }
        Ok(settings)
    }
}

/// Write scripts. One that is not as it was written before is renamed, never replaced; where those
/// are now.
pub(super) fn write(
    folder: &Path,
    texts: &[(&str, String)],
    settings: Settings,
    before: Option<Written>,
) -> Result<Vec<PathBuf>, Failure> {
    let before = before.map(|written| written.scripts).unwrap_or_default();
    let mut kept = Vec::new();
    let mut scripts = BTreeMap::new();
    for (name, text) in texts {
        let path = folder.join(name);
        let digest = canonical::sha256(text.as_bytes());
        if path.is_symlink() || path.exists() {
            let found = files::read(&path, MAX_BYTES).ok().map(|text| canonical::sha256(&text));
            let ours = found.is_some() && (found.as_ref() == before.get(*name));
            if !ours && found.as_ref() != Some(&digest) {
                kept.push(aside(&path)?);
            }
        }
        files::write(&path, text.as_bytes())?;
        scripts.insert((*name).to_owned(), digest);
    }
    let written = Written { format: FORMAT.to_owned(), settings, scripts };
    let text = serde_json::to_string_pretty(&written).unwrap_or_default() + "\n";
    files::write(&folder.join(FILE), text.as_bytes())?;
    Ok(kept)
}

/// Rename a script to the first free name of `<name>.old`, `<name>.old.2`, …
fn aside(path: &Path) -> Result<PathBuf, LabError> {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(if number == 1 { ".old".to_owned() } else { format!(".old.{number}") });
        let old = PathBuf::from(name);
        if !old.is_symlink() && !old.exists() {
            let failed = |source| LabError::Io { action: "rename", path: path.to_owned(), source };
            std::fs::rename(path, &old).map_err(failed)?;
            return Ok(old);
        }
        number += 1;
    }
}

/// What `--time` of sbatch takes, with at least hours, minutes and seconds. The script stops itself a
/// minute before, and Slurm may say so a minute early: a shorter limit would leave nothing.
fn check_time(text: &str) -> Result<(), InputError> {
    let (days, clock) = text.split_once('-').unwrap_or(("0", text));
    let number = |part: &str| {
        let digits = !part.is_empty() && part.len() <= 6;
        let digits = digits && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u64>().ok()).flatten()
    };
    let parts: Option<Vec<u64>> = clock.split(':').map(number).collect();
    let (Some(days), Some([hours, minutes, seconds])) = (number(days), parts.as_deref()) else {
        let allowed = "[days-]hours:minutes:seconds, such as 04:00:00 or 2-00:00:00";
        return Err(InputError::new("this is not a time limit", "--time", text, allowed));
    };
    if ((days * 24 + hours) * 60 + minutes) * 60 + seconds < 180 {
        let what = "an element that stops a minute before this limit would do nothing";
        return Err(InputError::new(what, "--time", text, "00:03:00 or more"));
    }
    Ok(())
}

fn check_option(text: &str) -> Result<(), InputError> {
    let name = text.split('=').next().unwrap_or(text);
    let whole = name.starts_with("--") && name.len() > 2;
    if !whole || text.chars().any(char::is_control) {
        let allowed = "one option of sbatch, such as --partition=long";
        return Err(InputError::new("this is not an option", "--sbatch", text, allowed));
    }
    // sbatch takes the beginning of a name for the name.
    match OURS.iter().find(|(ours, _)| ours.starts_with(name.trim())) {
        Some((_, instead)) => {
            let what = "the scripts rely on what this option of sbatch would change";
            Err(InputError::new(what, "--sbatch", text, *instead))
        }
        None => Ok(()),
    }
}
