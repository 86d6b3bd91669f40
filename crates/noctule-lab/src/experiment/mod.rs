//! Experiment files: a study on one page.
//!
//! A study is a scenario, the values to sweep, the schemes to compare, and how many trials to draw;
//! the figures and claims say what is to be seen in the results.
//!
//! ```toml
//! format = "noctule-experiment/1"
//! title = "Sum rate against transmit power"
//! system = "beamforming"
//! seed = 7
//! trials = 200            # leave out for a deterministic study: one evaluation, no standard errors
//!
//! [scenario]              # what differs from the system's default; `noctule schema` shows it
//! users = 4
//!
//! [[sweep]]               # several sweeps make a grid, the last one running fastest
//! path = "scenario.power_dbm"
//! linspace = { start = 0, stop = 30, count = 7 }
//! chain = false           # true: the points of one chain run in order, each warm-started
//!
//! [[scheme]]
//! name = "balanced"
//! settings = { starts = 3 }
//!
//! [precision]             # optional: stop before `trials` once every point is known well enough
//! metric = "sum_rate_bps_hz"
//! standard_error = 0.02
//!
//! [ci]
//! trials = 4
//! points = 2
//!
//! [[figure]]              # kind = "lines" (the default), "cdf", "heat", "beampattern", …
//! id = "rate"
//! x = "scenario.power_dbm"        # a sweep, or a metric: then one metric against another
//! y = "sum_rate_bps_hz"           # a metric, or "series.<name>" with x = "x" or "i"
//! stat = "median"                 # mean (the default), median, q05 … q95, min, max, rms, root_mean
//! band = "quartiles"              # standard_error (the default), quartiles, spread, none
//! y_scale = "log"
//! at = { "scenario.users" = 4 }   # where other sweeps are held; `series` names those that are lines
//!
//! [[claim]]               # what a paper says; see `noctule_lab::claim` for how it is judged
//! text = "Section V: 2 bit/s/Hz more than zero forcing at 20 dBm"
//! paper = 2.0
//! unit = "bit/s/Hz"
//! tol = 0.3
//! ours = { kind = "difference", metric = "sum_rate_bps_hz", scheme = "balanced", versus = "rzf", at = { "scenario.power_dbm" = 20 } }
//! ```
//!
//! A heat map takes two sweeps as `x` and `y` and a metric as `value`; or `value = "series.<name>"`
//! with `x` and `y` out of "x", "i", "j". The kinds of a claim are the variants of [`ClaimKind`].
//!
//! Reading is strict. Unknown keys, values of another kind than the default, sweeps of something
//! that does not exist: everything is refused with file, line, column, and the nearest thing that is
//! allowed. Nothing in a file, however wrong, makes the reader panic or exhaust memory.

mod attach;
mod claims;
mod complete;
mod document;
mod figures;
pub mod grammar;
mod names;
mod overlay;
mod overrides;
mod printed;
mod read;
mod scenario_file;
mod stat;
mod sweeps;

use std::path::PathBuf;

use noctule_num::{InputError, hint};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use claims::{ClaimSpec, Expect, Kind as ClaimKind, Ours, Said, Selection};
pub use complete::complete;
pub use document::Place;
pub use figures::{Band, FigureKind, FigureSpec};
pub(crate) use names::same;
pub use overlay::of_tables;
pub(crate) use overlay::{Hop, replace};
pub use overrides::{overrides, settable};
pub use printed::Printed;
pub use scenario_file::ScenarioFile;
pub use stat::{ScaleWord, Stat};
pub use sweeps::{Sweep, SweepValue};
pub(crate) use sweeps::{plain, worded};

use crate::registry::Registry;
use crate::system::{Point, System};

/// The format of experiment files.
pub const FORMAT: &str = "noctule-experiment/1";
/// Largest file that is read: an experiment or a scenario.
pub const MAX_BYTES: usize = 4 << 20;
/// Largest number of points of one experiment: grid points times schemes.
pub const MAX_POINTS: usize = 100_000;
/// Largest number of trials.
pub const MAX_TRIALS: u64 = 1_000_000_000;
/// Largest number of schemes.
pub const MAX_SCHEMES: usize = 100;
/// Largest number of sweeps.
pub const MAX_SWEEPS: usize = 8;

/// A scheme as one experiment uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheme {
    /// Unique in the experiment; the key in every file of results.
    pub id: String,
    /// The system's name for it.
    pub name: String,
    /// Words for a legend.
    pub label: String,
    /// Complete settings.
    pub settings: Value,
}

/// When to stop before all trials are run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// The metric that must be known well enough, at every point and for every scheme.
    pub metric: String,
    /// The standard error that is well enough, in the unit of the metric.
    pub standard_error: f64,
    /// Decide after about so many trials, again and again.
    pub round_trials: u64,
}

/// The size at which continuous integration runs the experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CiSize {
    /// Trials.
    pub trials: u64,
    /// Values kept of every sweep, ends included.
    pub points: usize,
    /// Seconds it may take.
    pub max_seconds: f64,
}

impl Default for CiSize {
    fn default() -> Self {
        Self { trials: 2, points: 2, max_seconds: 30.0 }
    }
}

/// An experiment, read, checked and completed with the system's defaults.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// What it is called: a built-in name such as `beamforming/region`, or the stem of a file name.
    pub id: String,
    /// One line.
    pub title: String,
    /// A few sentences: the question, and where it comes from.
    pub text: String,
    /// The system.
    pub system: String,
    /// The seed of all draws.
    pub seed: u64,
    /// Trials; `None` for a deterministic study.
    pub trials: Option<u64>,
    /// The complete scenario, before sweeps.
    pub scenario: Value,
    /// The sweeps, slowest first.
    pub sweeps: Vec<Sweep>,
    /// The schemes.
    pub schemes: Vec<Scheme>,
    /// When to stop early.
    pub precision: Option<Precision>,
    /// Series that are recorded beside those that always are.
    pub keep: Vec<String>,
    /// The size for continuous integration.
    pub ci: CiSize,
    /// What is drawn.
    pub figures: Vec<FigureSpec>,
    /// What is claimed.
    pub claims: Vec<ClaimSpec>,
    /// The folder that paths of data are relative to.
    base: PathBuf,
    /// Where overrides were written, by path: `scenario.power_dbm`, `scheme[1].starts`.
    places: Vec<(String, Place)>,
}

/// What the command line may change in an experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Another number of trials.
    pub trials: Option<u64>,
    /// Another seed.
    pub seed: Option<u64>,
    /// The size for continuous integration; explicit trials win over it.
    pub ci: bool,
}

impl Changes {
    /// The changes as options of the command line, as reports and folders show them.
    pub fn in_words(&self) -> String {
        let mut words = Vec::new();
        if self.ci {
            words.push("--ci".to_owned());
        }
        words.extend(self.trials.map(|trials| format!("--trials {trials}")));
        words.extend(self.seed.map(|seed| format!("--seed {seed}")));
        words.join(" ")
    }
}

impl Experiment {
    /// Read an experiment.
    ///
    /// `file` is the name that complaints use; `id` is what the experiment will be called.
    pub fn parse(
        text: &str,
        file: &str,
        id: &str,
        registry: &Registry<'_>,
    ) -> Result<Self, InputError> {
        read::experiment(text, file, id, registry)
    }

    /// The same experiment with changes from the command line.
    pub fn changed(mut self, changes: &Changes) -> Result<Self, InputError> {
        if changes.ci {
            self.trials = self.trials.map(|trials| trials.min(self.ci.trials));
            for sweep in &mut self.sweeps {
                sweep.thin(self.ci.points);
            }
        }
        if let Some(trials) = changes.trials {
            if !(1..=MAX_TRIALS).contains(&trials) {
                return Err(InputError::new(
                    "the number of trials is out of range",
                    "--trials",
                    trials.to_string(),
                    format!("an integer from 1 to {MAX_TRIALS}"),
                ));
            }
            if self.trials.is_none() {
                return Err(InputError::new(
                    "this experiment is deterministic: it has no trials",
                    "--trials",
                    trials.to_string(),
                    "no --trials for this experiment",
                ));
            }
            self.trials = Some(trials);
        }
        self.seed = changes.seed.unwrap_or(self.seed);
        Ok(self)
    }

    /// The same experiment with what the data are that it refers to: their digests, and how many trials
    /// they have.
    ///
    /// # Errors
    /// Data that cannot be read; a sweep over a part of what refers to them.
    pub fn attached(&self, system: &dyn System) -> Result<Self, InputError> {
        attach::experiment(self.clone(), system)
    }

    /// Number of trials that are run: one for a deterministic study.
    pub fn trial_count(&self) -> u64 {
        self.trials.unwrap_or(1)
    }

    /// Number of grid points.
    pub fn grid_len(&self) -> usize {
        self.sweeps.iter().map(|sweep| sweep.values.len()).product()
    }

    /// The index into every sweep of a grid point; the last sweep runs fastest.
    pub fn grid_indices(&self, mut point: usize) -> Vec<usize> {
        let mut indices = vec![0; self.sweeps.len()];
        for (index, sweep) in indices.iter_mut().zip(&self.sweeps).rev() {
            *index = point % sweep.values.len();
            point /= sweep.values.len();
        }
        indices
    }

    /// The complete values of one scheme at one grid point.
    pub fn point(&self, scheme: usize, grid: usize) -> Point {
        let mut point = Point {
            scenario: self.scenario.clone(),
            settings: self.schemes[scheme].settings.clone(),
        };
        for (sweep, index) in self.sweeps.iter().zip(self.grid_indices(grid)) {
            sweep.apply(&mut point, &self.schemes[scheme].id, index);
        }
        point
    }

    /// A complaint of the system about one point, at the place where its cause was written.
    ///
    /// The system speaks of `scenario.power_dbm` or `scheme.starts`. If a sweep sets that value the
    /// place is the sweep's value; otherwise the override; otherwise the scheme.
    pub(crate) fn locate(&self, scheme: usize, grid: usize, mut error: InputError) -> InputError {
        let swept = self.sweeps.iter().zip(self.grid_indices(grid)).find(|(sweep, _)| {
            let path = sweep.path_for(&self.schemes[scheme].id);
            path.is_some_and(|path| covers(&path, &error.place))
        });
        let place = match swept {
            Some((sweep, index)) => Some(&sweep.values[index].place),
            None => self.written(scheme, &error.place),
        };
        if let Some(place) = place {
            error.place = format!("{} {}", place.position, error.place);
        }
        error
    }

    fn written(&self, scheme: usize, path: &str) -> Option<&Place> {
        let path = match path.strip_prefix("scheme") {
            Some(rest) => format!("scheme[{scheme}]{rest}"),
            None => path.to_owned(),
        };
        let candidates = self.places.iter().filter(|(written, _)| covers(written, &path));
        candidates.max_by_key(|(written, _)| written.len()).map(|(_, place)| place)
    }
}

/// The path with its root, where its first key is one of the scenario's or nearly so.
fn rooted(path: &str, scenario: &Value) -> Option<String> {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (first, rest) = path.split_at(end);
    let known: Vec<&str> =
        scenario.as_object().into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
    let key = known.iter().find(|key| **key == first).copied();
    Some(format!("scenario.{}{rest}", key.or_else(|| hint::guess(first, &known))?))
}

/// Whether the value at `outer` is or contains the value at `inner`.
fn covers(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// What [`is_file_name`] allows, in words.
const FILE_NAME: &str =
    "letters, digits, - _ . (up to 64), and no device of Windows such as con, aux, com1";

/// Whether a name is safe as part of a file name on every system.
pub(crate) fn is_file_name(name: &str) -> bool {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // Devices of Windows, with any ending: a file of that name cannot be made there.
    let stem = name.split('.').next().unwrap_or("").to_ascii_lowercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']))
    };
    let device =
        ["con", "prn", "aux", "nul"].contains(&&*stem) || numbered("com") || numbered("lpt");
    !device
        && name.len() <= 64
        && name.chars().all(safe)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.ends_with('.')
}
