//! The plan: everything that decides the numbers of a run, and nothing else.
//!
//! A plan is written once, as canonical JSON, and its SHA-256 names the run: two runs with the same
//! plan compute the same thing. It holds complete values — the scenario, the settings of every
//! scheme, the values of every sweep — so that a plan made today means the same after a default has
//! changed; the values of one point are made of them when it is its turn ([`Plan::point`]).
//! Titles, labels, figures and claims are kept beside it (in `presentation.json`): mending a caption
//! does not make another run.
//!
//! ```text
//!   trial 0: chain 0, chain 1, … | trial 1: chain 0, chain 1, … | …      the units, in order
//!   └ chunk 0 ┘└ chunk 1 ┘└ … ┘└──── chunk 128 ────┘└ …                  fixed by the plan
//! ```
//!
//! A unit of work is one trial of one chain of points (of one scheme). Where one chunk ends and the
//! next begins depends neither on threads nor on shards, so that results can be gathered from
//! anywhere and folded in one order; nor on the number of trials, so that more of them extend a run
//! and fewer are a part of it ([`Plan::core_hash`] names what chunks belong to).

mod chains;
mod differences;
mod layout;
mod places;
mod reading;
mod repeat;
mod shape;
mod told;

use noctule_num::InputError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use chains::{Chains, Unprepared};
use layout::Layout;
use shape::Shape;
pub(crate) use told::{kept, told};

use crate::canonical;
use crate::experiment::{Experiment, Hop, replace};
use crate::registry::Registry;
use crate::run::build;
use crate::system::{Point, System};

/// The format of plans.
pub const FORMAT: &str = "noctule-plan/2";
/// Largest plan that is read.
pub const MAX_BYTES: u64 = 64 << 20;
/// Most chunks of a run.
const MAX_CHUNKS: u64 = 1_000_000;

/// A swept path and its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanSweep {
    /// The path.
    pub path: String,
    /// Whether points run in order along it.
    pub chain: bool,
    /// The schemes whose settings it changes, by index; `None` where it changes the scenario.
    pub schemes: Option<Vec<usize>>,
    /// The way within the scenario, or within the settings.
    pub(crate) way: Vec<Hop>,
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
    /// The complete settings, before sweeps.
    pub settings: Value,
}

/// Stopping before all trials are run, decided between rounds of whole chunks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanPrecision {
    /// Index into [`Plan::metrics`].
    pub metric: usize,
    /// The standard error at which to stop.
    pub standard_error: f64,
    /// About how many trials lie between two decisions.
    pub round_trials: u64,
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
    /// The complete scenario, before sweeps.
    pub scenario: Value,
    /// The sweeps, slowest first.
    pub sweeps: Vec<PlanSweep>,
    /// The schemes.
    pub schemes: Vec<PlanScheme>,
    /// When to stop early.
    pub precision: Option<PlanPrecision>,
    /// Where a scenario says how many trials its own data have, as a JSON pointer; absent where
    /// everything is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// What follows from the rest.
    #[serde(skip)]
    shape: Shape,
}

impl Plan {
    /// The plan of an experiment.
    pub fn of(experiment: &Experiment, system: &dyn System) -> Self {
        let told = told(experiment, system);
        let metrics = system.metrics().into_iter().map(|metric| metric.name.to_owned());
        let metrics: Vec<String> = metrics.filter(|name| told(name)).collect();
        let series = system.series().into_iter().map(|series| series.name.to_owned());
        let kept = kept(experiment, system).map(|series| series.name.to_owned());
        let trials = experiment.trial_count();
        let precision = experiment.precision.as_ref().map(|precision| PlanPrecision {
            metric: metrics.iter().position(|name| *name == precision.metric).unwrap_or(0),
            standard_error: precision.standard_error,
            round_trials: precision.round_trials.min(trials),
        });
        let ids: Vec<&str> = experiment.schemes.iter().map(|scheme| scheme.id.as_str()).collect();
        let sweeps = experiment.sweeps.iter().map(|sweep| {
            let (schemes, way) = sweep.aim(&ids);
            let values = sweep.values.iter().map(|value| value.value.clone()).collect();
            PlanSweep { path: sweep.path.clone(), chain: sweep.chain, schemes, way, values }
        });
        let schemes = experiment.schemes.iter().map(|scheme| PlanScheme {
            id: scheme.id.clone(),
            name: scheme.name.clone(),
            settings: scheme.settings.clone(),
        });
        let mut plan = Self {
            format: FORMAT.to_owned(),
            version: build::version().to_owned(),
            system: experiment.system.clone(),
            seed: experiment.seed,
            trials,
            deterministic: experiment.trials.is_none(),
            metrics,
            series: series.filter(|name| told(name)).chain(kept).collect(),
            scenario: experiment.scenario.clone(),
            sweeps: sweeps.collect(),
            schemes: schemes.collect(),
            precision,
            data: None,
            shape: Shape::default(),
        };
        plan.data = repeat::told(&plan, system);
        plan.shape = Shape::of(&plan);
        plan
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

    /// The name of what its chunks belong to: everything but how many there are. Plans that share it
    /// differ in the number of trials, or in when they stop.
    pub fn core_hash(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or(Value::Null);
        value["trials"] = Value::Null;
        // Chunks of a plan that stops early are whole trials.
        value["precision"] = json!(self.precision.is_some());
        canonical::sha256(canonical::text(&value).as_bytes())
    }

    /// What differs in another plan, in words: `trials 400 → 300`.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        differences::between(self, other)
    }

    /// Refuse what nobody can compute or keep, and say what it would take.
    pub(crate) fn check_size(&self) -> Result<(), InputError> {
        if self.chunks() <= MAX_CHUNKS {
            return Ok(());
        }
        let found = format!(
            "{} trials of {} chains of points: {:.1e} designs",
            self.trials,
            self.shape.chains(),
            self.rows() as f64
        );
        let allowed = format!("what fits {MAX_CHUNKS} chunks of {} designs", layout::MOST_POINTS);
        Err(InputError::new("the study is too large", "trials", found, allowed))
    }

    /// What a large study will take, in words; `None` for what fits anywhere.
    ///
    /// A row takes about 200 bytes and 20 for each metric, once in its chunk and once in the tables,
    /// and its samples 8 bytes each while they are sorted.
    pub fn needs(&self) -> Option<String> {
        let metrics = self.metrics.len() as f64;
        let designs = self.rows() as f64;
        let (disk, sorted) = (2.0 * designs * (200.0 + 20.0 * metrics), 8.0 * designs * metrics);
        if disk < 4e9 {
            return None;
        }
        let (disk, sorted) = (disk / 1e9, sorted / 1e9);
        Some(format!(
            "{designs:.1e} designs: about {disk:.0} GB on disk, and {sorted:.1} GB more while they are folded"
        ))
    }

    /// The same with another number of trials.
    pub(crate) fn with_trials(&self, trials: u64) -> Self {
        Self { trials, ..self.clone() }
    }

    /// The same with another seed.
    pub(crate) fn with_seed(&self, seed: u64) -> Self {
        Self { seed, ..self.clone() }
    }

    /// Number of units of work.
    pub fn units(&self) -> u64 {
        self.trials * self.shape.chains()
    }

    /// Number of designs, one for each trial of each point that is computed.
    pub fn rows(&self) -> u64 {
        self.units() * self.shape.chain_len() as u64
    }

    fn layout(&self) -> Layout {
        let whole_trials = self.precision.is_some();
        Layout::of(self.shape.chains(), self.shape.chain_len() as u64, whole_trials)
    }

    /// Number of chunks.
    pub fn chunks(&self) -> u64 {
        self.layout().chunks(self.units())
    }

    /// The units of a chunk; the last one may be cut short by the number of trials.
    pub fn chunk(&self, chunk: u64) -> std::ops::Range<u64> {
        let whole = self.layout().chunk(chunk);
        whole.start..whole.end.min(self.units())
    }

    /// The units that a chunk has when there are trials enough.
    pub(crate) fn whole_chunk(&self, chunk: u64) -> std::ops::Range<u64> {
        self.layout().chunk(chunk)
    }

    /// Where the round that begins with a chunk ends: behind the chunk with which enough trials are
    /// there to decide again. Without a precision all chunks are one round.
    pub(crate) fn round_end(&self, start: u64) -> u64 {
        let Some(precision) = &self.precision else { return self.chunks() };
        let wanted = self.chunk(start).start + precision.round_trials * self.shape.chains();
        let mut end = start;
        while end < self.chunks() {
            end += 1;
            if self.chunk(end - 1).end >= wanted {
                break;
            }
        }
        end
    }

    /// Trial and chain of a unit.
    pub fn unit(&self, unit: u64) -> (u64, usize) {
        let count = self.shape.chains();
        (unit / count, (unit % count) as usize)
    }

    /// Number of chains, over all schemes.
    pub fn chain_count(&self) -> usize {
        self.shape.chains() as usize
    }

    /// Number of points in every chain.
    pub fn chain_len(&self) -> usize {
        self.shape.chain_len()
    }

    /// Index of the scheme of a chain.
    pub fn chain_scheme(&self, chain: usize) -> usize {
        self.shape.scheme(chain)
    }

    /// The grid points that one point of a chain stands for: several, where a sweep does not touch
    /// its scheme.
    pub fn grid_points(&self, chain: usize, point: usize) -> Vec<usize> {
        self.shape.grid_points(chain, point)
    }

    /// The complete values of one point of a chain.
    pub fn point(&self, chain: usize, point: usize) -> Point {
        let scheme = self.shape.scheme(chain);
        let settings = self.schemes[scheme].settings.clone();
        let mut values = Point { scenario: self.scenario.clone(), settings };
        let indices = self.shape.indices(chain, point);
        for (sweep, index) in self.sweeps.iter().zip(indices) {
            let value = || sweep.values[index].clone();
            match &sweep.schemes {
                None => replace(&mut values.scenario, &sweep.way, value()),
                Some(schemes) if schemes.contains(&scheme) => {
                    replace(&mut values.settings, &sweep.way, value());
                }
                Some(_) => {}
            }
        }
        values
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
    ///
    /// # Errors
    /// With the first point that its system refuses.
    pub fn prepare<'r>(&self, registry: &Registry<'r>) -> Result<Chains<'r>, Unprepared> {
        let system = registry.need(&self.system, "system");
        let system = system.map_err(|error| Unprepared { scheme: 0, grid: 0, error })?;
        Chains::of(self, system)
    }
}
