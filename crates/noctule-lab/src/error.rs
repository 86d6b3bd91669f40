//! What can go wrong in a run, and what each case means for the person who started it.

use std::path::{Path, PathBuf};

use noctule_num::InputError;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// The experiment, or an option, is not usable.
    #[error(transparent)]
    Input(#[from] InputError),

    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },

    /// The folder holds the results of something else.
    #[error("{} belongs to another {what}: found {found}, expected {expected}", path.display())]
    Foreign {
        /// The file that says so.
        path: PathBuf,
        /// `plan`, `build`, `chunk`.
        what: &'static str,
        /// What the file says.
        found: String,
        /// What this run is.
        expected: String,
    },

    /// The folder holds the run of another plan.
    #[error("{} is the plan of another run: {}", path.display(), differences.join("; "))]
    OtherPlan {
        /// The plan that is there.
        path: PathBuf,
        /// What differs, in words: there → here.
        differences: Vec<String>,
    },

    /// Two processes computed the same chunk and found different numbers.
    #[error("{} was already there with different numbers: results are not reproducible here", path.display())]
    Conflict {
        /// The chunk.
        path: PathBuf,
    },

    /// Chunks are missing or damaged.
    #[error("{} of {total} chunks {}are missing or damaged: {}", missing.len(), of(run.as_deref()), ranges(missing))]
    Incomplete {
        /// Of which run, where there are several.
        run: Option<PathBuf>,
        /// Which ones.
        missing: Vec<u64>,
        /// Of how many.
        total: u64,
    },

    /// A design failed in a run that ends with the first that does.
    #[error("`{scheme}` failed at point {point}, trial {trial}{}: {reason}", if *earlier { ", in an earlier call" } else { "" })]
    Failed {
        /// The scheme.
        scheme: String,
        /// The grid point.
        point: usize,
        /// The trial.
        trial: u64,
        /// Whether that was found in a chunk that was there already.
        earlier: bool,
        /// Why.
        reason: String,
    },

    /// A file of results is not what it should be.
    #[error("{} is damaged: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl LabError {
    /// Turns an I/O error into one that knows the file: `.map_err(LabError::io("read", path))`.
    pub(crate) fn io<'p>(
        action: &'static str,
        path: &'p Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<'p> {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), reason: reason.into() }
    }

    /// The same error, with the run that is meant where there are several.
    pub(crate) fn of_run(self, dir: &Path) -> Self {
        match self {
            Self::Incomplete { missing, total, .. } => {
                Self::Incomplete { run: Some(dir.to_owned()), missing, total }
            }
            other => other,
        }
    }

    /// Whether a merge failed because something is missing or damaged (exit code 3).
    pub const fn is_incomplete(&self) -> bool {
        matches!(self, Self::Incomplete { .. } | Self::Corrupt { .. } | Self::Conflict { .. })
    }

    /// Whether it is the caller's input that must change (exit code 2).
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Foreign { .. } | Self::OtherPlan { .. })
    }
}

fn of(run: Option<&Path>) -> String {
    run.map_or_else(String::new, |run| format!("of {} ", run.display()))
}

/// `0-3, 7, 9-12`, shortened after a few.
fn ranges(ids: &[u64]) -> String {
    const SHOWN: usize = 12;
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &id in ids {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == id => run.1 = id,
            _ => runs.push((id, id)),
        }
    }
    let text = |run: &(u64, u64)| {
        if run.0 == run.1 { run.0.to_string() } else { format!("{}-{}", run.0, run.1) }
    };
    let mut parts: Vec<String> = runs.iter().take(SHOWN).map(text).collect();
    if runs.len() > SHOWN {
        parts.push("…".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_chunks_read_as_ranges() {
        let error = LabError::Incomplete { run: None, missing: vec![0, 1, 2, 7, 9, 10], total: 40 };
        assert_eq!(error.to_string(), "6 of 40 chunks are missing or damaged: 0-2, 7, 9-10");
        assert!(
            error.of_run(Path::new("a/b")).to_string().starts_with("6 of 40 chunks of a/b are")
        );
    }
}
