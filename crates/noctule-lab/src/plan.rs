//! The plan: everything that decides the numbers of a run, and nothing else.
//!
//! A plan is written once, as canonical JSON, and its SHA-256 names the run: two runs with the same
//! plan compute the same thing. It holds complete values, so that a plan made today means the same
//! after a default has changed. Titles, labels, figures and claims are kept beside it (in
//! `presentation.json`): mending a caption does not make another run.
//!
//! ```text
//!   trial 0: chain 0, chain 1, … | trial 1: chain 0, chain 1, … | …      the units, in order
//!   └──── chunk 0 ────┘└──── chunk 1 ────┘└ …                            fixed by the plan
//! ```
//!
//! A unit of work is one trial of one chain of points (of one scheme). Chunks are runs of units of
//! equal length; the length depends on the plan alone, never on the number of threads or shards, so
//! that results can be gathered from anywhere and folded in one order.

use std::collections::BTreeMap;
use std::path::Path;

use noctule_num::InputError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::error::LabError;
use crate::experiment::Experiment;
use crate::registry::Registry;
use crate::run::build;
use crate::system::{Chain, Point, System};

/// The format of plans.
pub const FORMAT: &str = "noctule-plan/1";
/// About how many chunks a run is cut into.
const CHUNKS: u64 = 400;
/// Most points in one chunk, so that a chunk fits easily into memory.
const MAX_CHUNK_POINTS: u64 = 8192;

/// A swept path and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSweep {
    /// The path.
    pub path: String,
    /// Whether points run in order along it.
    pub chain: bool,
    /// The values.
    pub values: Vec<Value>,
}

/// A scheme, by the name the system knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanScheme {
    /// Key in the results.
    pub id: String,
    /// The system's name.
    pub name: String,
}

/// One point of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanPoint {
    /// The grid points it stands for: several, where a sweep does not touch this scheme.
    pub grid: Vec<usize>,
    /// The complete scenario.
    pub scenario: Value,
    /// The complete settings.
    pub settings: Value,
}

/// A chain of points of one scheme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanChain {
    /// Index into [`Plan::schemes`].
    pub scheme: usize,
    /// The points, in the order in which they run.
    pub points: Vec<PlanPoint>,
}

/// Stopping before all trials are run, decided between rounds of whole chunks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanPrecision {
    /// Index into [`Plan::metrics`].
    pub metric: usize,
    /// The standard error at which to stop.
    pub standard_error: f64,
    /// Chunks between two decisions.
    pub round_chunks: u64,
}

/// Everything that decides the numbers of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: String,
    /// The version of noctule that made the plan.
    pub version: String,
    /// The system.
    pub system: String,
    /// The seed.
    pub seed: u64,
    /// Trials.
    pub trials: u64,
    /// Whether the study is deterministic: one evaluation, no standard errors.
    pub deterministic: bool,
    /// Names of the scalar metrics, in the order of the records.
    pub metrics: Vec<String>,
    /// Names of the series.
    pub series: Vec<String>,
    /// The sweeps, slowest first.
    pub sweeps: Vec<PlanSweep>,
    /// The schemes.
    pub schemes: Vec<PlanScheme>,
    /// The chains of all schemes.
    pub chains: Vec<PlanChain>,
    /// Units in a chunk.
    pub chunk_units: u64,
    /// When to stop early.
    pub precision: Option<PlanPrecision>,
}

impl Plan {
    /// The plan of an experiment.
    pub fn of(experiment: &Experiment, system: &dyn System) -> Self {
        let chains = chains(experiment);
        let trials = experiment.trial_count();
        let metrics: Vec<String> = system.metrics().iter().map(|m| m.name.to_owned()).collect();
        let longest = chains.iter().map(|chain| chain.points.len()).max().unwrap_or(1) as u64;
        let count = chains.len() as u64;
        let most = (MAX_CHUNK_POINTS / longest).max(1);
        let mut chunk_units = (trials * count).div_ceil(CHUNKS).clamp(1, most);
        let precision = experiment.precision.as_ref().map(|precision| {
            // A decision falls between trials, so chunks of such a plan are whole trials.
            let round = precision.round_trials.min(trials);
            let chunk_trials = round.div_ceil(16).clamp(1, (most / count).max(1));
            chunk_units = chunk_trials * count;
            PlanPrecision {
                metric: metrics.iter().position(|name| *name == precision.metric).unwrap_or(0),
                standard_error: precision.standard_error,
                round_chunks: round.div_ceil(chunk_trials),
            }
        });
        let sweeps = experiment.sweeps.iter().map(|sweep| PlanSweep {
            path: sweep.path.clone(),
            chain: sweep.chain,
            values: sweep.values.iter().map(|value| value.value.clone()).collect(),
        });
        let schemes = experiment.schemes.iter();
        Self {
            format: FORMAT.to_owned(),
            version: build::version().to_owned(),
            system: experiment.system.clone(),
            seed: experiment.seed,
            trials,
            deterministic: experiment.trials.is_none(),
            metrics,
            series: system.series().iter().map(|series| series.name.to_owned()).collect(),
            sweeps: sweeps.collect(),
            schemes: schemes
                .map(|s| PlanScheme { id: s.id.clone(), name: s.name.clone() })
                .collect(),
            chains,
            chunk_units,
            precision,
        }
    }

    /// Canonical JSON, with a final newline.
    pub fn text(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        canonical::text(&value) + "\n"
    }

    /// The name of the run: SHA-256 of [`Plan::text`].
    pub fn hash(&self) -> String {
        canonical::sha256(self.text().as_bytes())
    }

    /// Read a plan back.
    pub fn read(path: &Path) -> Result<Self, LabError> {
        let text = std::fs::read_to_string(path).map_err(LabError::io("read", path))?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        let format = value.get("format").and_then(Value::as_str).unwrap_or("nothing").to_owned();
        if format != FORMAT {
            let place = path.display().to_string();
            return Err(
                InputError::new("this is not a plan we can read", place, format, FORMAT).into()
            );
        }
        let plan: Self = serde_json::from_value(value)
            .map_err(|error| LabError::corrupt(path, error.to_string()))?;
        plan.checked().map_err(|reason| LabError::corrupt(path, reason))
    }

    /// A plan that somebody edited may not lead us out of bounds.
    fn checked(self) -> Result<Self, &'static str> {
        let grid = self.grid_len();
        let inside = |chain: &PlanChain| {
            chain.scheme < self.schemes.len()
                && !chain.points.is_empty()
                && chain.points.iter().all(|point| point.grid.iter().all(|g| *g < grid))
        };
        let precision = self.precision.as_ref();
        if self.chains.is_empty() || !self.chains.iter().all(inside) {
            return Err("its chains refer to points that do not exist");
        }
        if self.chunk_units == 0 || self.trials.checked_mul(self.chains.len() as u64).is_none() {
            return Err("its size is impossible");
        }
        if precision.is_some_and(|p| p.metric >= self.metrics.len() || p.round_chunks == 0) {
            return Err("its precision refers to a metric that does not exist");
        }
        Ok(self)
    }

    /// Number of units of work.
    pub fn units(&self) -> u64 {
        self.trials * self.chains.len() as u64
    }

    /// Number of chunks.
    pub fn chunks(&self) -> u64 {
        self.units().div_ceil(self.chunk_units)
    }

    /// The units of a chunk.
    pub fn chunk(&self, chunk: u64) -> std::ops::Range<u64> {
        let start = chunk * self.chunk_units;
        start..(start + self.chunk_units).min(self.units())
    }

    /// Trial and chain of a unit.
    pub fn unit(&self, unit: u64) -> (u64, usize) {
        let count = self.chains.len() as u64;
        (unit / count, (unit % count) as usize)
    }

    /// Number of grid points.
    pub fn grid_len(&self) -> usize {
        self.sweeps.iter().map(|sweep| sweep.values.len()).product()
    }

    /// The values of all sweeps at a grid point.
    pub fn grid_values(&self, mut point: usize) -> Vec<&Value> {
        let mut values = Vec::with_capacity(self.sweeps.len());
        for sweep in self.sweeps.iter().rev() {
            values.push(&sweep.values[point % sweep.values.len()]);
            point /= sweep.values.len();
        }
        values.reverse();
        values
    }

    /// Prepare all chains: parsed, validated, converted, ready to be run from any thread.
    pub fn prepare(&self, registry: &Registry<'_>) -> Result<Vec<Box<dyn Chain>>, Unprepared> {
        let Some(system) = registry.get(&self.system) else {
            let known = registry.ids().join(", ");
            let error =
                InputError::new("there is no such system", "system", self.system.clone(), known);
            return Err(Unprepared { scheme: 0, grid: 0, error });
        };
        let prepare = |chain: &PlanChain| {
            let points: Vec<Point> = chain
                .points
                .iter()
                .map(|point| Point {
                    scenario: point.scenario.clone(),
                    settings: point.settings.clone(),
                })
                .collect();
            system.prepare(&self.schemes[chain.scheme].name, &points).map_err(|refused| {
                Unprepared {
                    scheme: chain.scheme,
                    grid: chain
                        .points
                        .get(refused.point)
                        .and_then(|p| p.grid.first())
                        .copied()
                        .unwrap_or(0),
                    error: refused.error,
                }
            })
        };
        self.chains.iter().map(prepare).collect()
    }
}

/// A point that its system refused.
#[derive(Clone, Debug)]
pub struct Unprepared {
    /// Index of the scheme.
    pub scheme: usize,
    /// The grid point.
    pub grid: usize,
    /// The complaint.
    pub error: InputError,
}

/// Cut the grid of every scheme into chains, and run equal chains once.
///
/// A sweep of one scheme's setting does not touch the others: their points repeat along it, and a
/// repeated chain is computed once and entered at every grid point it stands for.
fn chains(experiment: &Experiment) -> Vec<PlanChain> {
    let mut chains: Vec<PlanChain> = Vec::new();
    for scheme in 0..experiment.schemes.len() {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for grid in grid_chains(experiment) {
            let points = grid.into_iter().map(|grid| {
                let Point { scenario, settings } = experiment.point(scheme, grid);
                PlanPoint { grid: vec![grid], scenario, settings }
            });
            let points: Vec<PlanPoint> = points.collect();
            let mut content = String::new();
            for point in &points {
                content.push_str(&canonical::text(&point.scenario));
                content.push_str(&canonical::text(&point.settings));
            }
            match known.get(&canonical::sha256(content.as_bytes())) {
                Some(&same) => {
                    for (kept, repeated) in chains[same].points.iter_mut().zip(points) {
                        kept.grid.extend(repeated.grid);
                    }
                }
                None => {
                    known.insert(canonical::sha256(content.as_bytes()), chains.len());
                    chains.push(PlanChain { scheme, points });
                }
            }
        }
    }
    chains
}

/// The grid points of every chain: one chain for each value of the sweeps that are not chained.
fn grid_chains(experiment: &Experiment) -> Vec<Vec<usize>> {
    let mut chains: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for grid in 0..experiment.grid_len() {
        let indices = experiment.grid_indices(grid);
        let free = indices.iter().zip(&experiment.sweeps).filter(|(_, sweep)| !sweep.chain);
        chains.entry(free.map(|(index, _)| *index).collect()).or_default().push(grid);
    }
    chains.into_values().collect()
}
