//! Where the time goes: the only file with a clock in it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::plan::Plan;

/// Appends to `timings.csv`, one line per chunk and scheme. Failing to write it is no failure of
/// the run.
#[derive(Debug)]
pub(super) struct Timings {
    path: PathBuf,
    session: u64,
    threads: usize,
    lock: Mutex<()>,
}

impl Timings {
    pub(super) fn new(path: PathBuf, threads: usize) -> Self {
        let session =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { path, session, threads, lock: Mutex::new(()) }
    }

    /// `seconds` and `units` are per scheme.
    pub(super) fn append(&self, plan: &Plan, chunk: u64, seconds: &[f64], units: &[u64]) {
        let mut text = String::new();
        for ((scheme, seconds), units) in plan.schemes.iter().zip(seconds).zip(units) {
            if *units > 0 {
                let id = &scheme.id;
                text.push_str(&format!(
                    "{},{},{chunk},{id},{units},{seconds:.6}\n",
                    self.session, self.threads
                ));
            }
        }
        let _guard = self.lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !self.path.exists() {
            text.insert_str(0, "session_unix_s,threads,chunk,scheme,units,seconds\n");
        }
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        let _ = file.and_then(|mut file| file.write_all(text.as_bytes()));
    }
}
