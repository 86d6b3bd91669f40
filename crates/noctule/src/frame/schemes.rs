//! The schemes of `frame`: a row each, and the settings that only a row needs.

use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baselines::{even_split, every_block, grid, random_blocks, single_update};
use super::design::{Settings, design_with};
use super::simulate::{PilotPath, simulated_block};
use super::{Frame, FrameDesign, Instance, Plan};
use crate::Error;
use crate::system::{Method, Run, Scheme, Setting};

/// The schemes; `optimal` is what is meant when none is named.
pub(super) const SCHEMES: &[Scheme<Frame>] = &[
    Scheme::new(
        "optimal",
        "Optimal",
        "sensing time, number and placement of updates: globally optimal up to the gap \
                  it reports",
        &Method::new(design_with),
    ),
    Scheme::new(
        "even-split",
        "Even split",
        "the paper's method: as optimal, but blocks divided evenly; optimal among those",
        &Method::new(even_split),
    ),
    Scheme::new(
        "single-update",
        "SSU",
        "one update at the start, best sensing time; optimal among those",
        &Method::new(single_update),
    ),
    Scheme::new(
        "every-block",
        "FSU",
        "an update in every block, best sensing time; optimal among those",
        &Method::new(every_block),
    ),
    Scheme::new(
        "random-blocks",
        "RBA",
        "sensing time and number of updates of the optimum, blocks divided at random: an \
                  expectation, no claim of optimality",
        &Method::new(random_blocks),
    ),
    Scheme::new(
        "grid",
        "Grid",
        "brute force over sensing times on a grid, exact placement: nothing proven \
                  between its points",
        &Method::new(brute_force),
    ),
    Scheme::new(
        "simulated",
        "Simulated",
        "the optimum, with one block of it simulated: channels, pilots, estimates, beams",
        &Method::new(simulated),
    ),
];

/// Settings of `grid`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GridSettings {
    /// Step of the sensing time in microseconds.
    pub step_us: f64,
    /// Number of channel updates; `null` tries all.
    pub updates: Option<usize>,
}

impl Default for GridSettings {
    fn default() -> Self {
        Self { step_us: 1.0, updates: None }
    }
}

/// Settings of `simulated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SimulationSettings {
    /// Sensing time in blocks; `null` takes the optimal one.
    pub sensing_blocks: Option<f64>,
    /// Distance of the simulated block from its update: 0 is the block of the estimate.
    pub age: usize,
    /// Through which channel the pilot travels.
    pub pilot: PilotPath,
    /// Channels drawn in a trial.
    pub draws: u32,
}

impl Default for SimulationSettings {
    fn default() -> Self {
        Self { sensing_blocks: None, age: 0, pilot: PilotPath::True, draws: 2000 }
    }
}

impl Setting for Settings {
    fn validate(&self) -> Result<(), InputError> {
        Self::validate(self)
    }
}

impl Setting for GridSettings {
    fn validate(&self) -> Result<(), InputError> {
        let what = "the setting is out of range";
        if !(self.step_us > 0.0 && self.step_us.is_finite()) {
            let found = self.step_us.to_string();
            return Err(InputError::new(what, "step_us", found, "a positive number"));
        }
        if self.updates == Some(0) {
            return Err(InputError::new(what, "updates", "0", "1 or more, or null"));
        }
        Ok(())
    }
}

impl Setting for SimulationSettings {
    fn validate(&self) -> Result<(), InputError> {
        if !(40..=10_000_000).contains(&self.draws) {
            let found = self.draws.to_string();
            let what = "the setting is out of range";
            return Err(InputError::new(what, "draws", found, "40 to 10 000 000"));
        }
        let sensing_blocks = self.sensing_blocks;
        Settings { sensing_blocks, ..Settings::default() }.validate()
    }
}

/// Brute force with its step in microseconds.
fn brute_force(
    instance: &Instance,
    settings: &GridSettings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    grid(instance, settings.step_us * 1e-6, settings.updates, run)
}

/// The optimum with one block of it simulated. A frame that is infeasible is not simulated.
fn simulated(
    instance: &Instance,
    settings: &SimulationSettings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    let sensing_blocks = settings.sensing_blocks;
    let search = Settings { sensing_blocks, ..Settings::default() };
    let mut design = design_with(instance, &search, run)?;
    if design.proof.infeasible.is_none() {
        let time = design.variables.sensing_time_s;
        let key = instance.draw().unwrap_or((1, 0));
        let SimulationSettings { age, pilot, draws, .. } = *settings;
        let seen = simulated_block(instance, time, age, pilot, draws, key)?;
        design.metrics.simulated = Some(seen);
    }
    Ok(design)
}
