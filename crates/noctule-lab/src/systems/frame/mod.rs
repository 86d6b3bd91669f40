//! `frame` as the engine sees it.

mod story;

use noctule::data::{ArraySet, FieldInfo};
use noctule::frame::baselines::{even_split, every_block, grid, random_blocks, single_update};
use noctule::frame::design::design_with;
use noctule::frame::simulate::{PilotPath, simulated_block};
use noctule::frame::{
    FrameDesign, Instance, Metrics, PLAN_FIELDS, Plan, SYSTEM, Scenario, Settings, Users, evaluate,
    instance, verify,
};
use noctule::{Error, Interrupt};
use noctule_num::InputError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::adapter::{Checked, Typed, entry, metric};
use super::typed;
use crate::report::Table;
use crate::system::{MetricInfo, SchemeInfo, SeriesInfo, SeriesValue};

/// A frame that senses, estimates and serves: see [`noctule::frame`].
#[derive(Clone, Copy, Debug)]
pub struct Frame;

const METRICS: &[MetricInfo] = &[
    metric(
        "sum_rate_bps_hz",
        "Sum rate",
        "bit/s/Hz",
        "bits per hertz of a frame over its duration, all users: the objective",
    ),
    metric("sum_rate_nats", "Sum rate", "nat/s/Hz", "the same with the natural logarithm"),
    metric(
        "frame_bits_per_hz",
        "Bits of a frame",
        "bit/Hz",
        "Eq. (24): block rates times their time, less sensing and pilots",
    ),
    metric("sensing_time_us", "Sensing time", "µs", "duration of sensing"),
    metric("sensing_blocks", "Sensing time", "blocks", "duration of sensing over that of a block"),
    metric("updates", "Channel updates", "", "number of pilots in a frame"),
    metric("longest_update", "Longest update", "blocks", "most blocks that share one estimate"),
    metric("overhead", "Overhead", "", "share of the frame that goes to sensing and pilots"),
    metric(
        "worst_crb_ratio",
        "Bound over requirement",
        "",
        "largest Cramér–Rao bound of an angle over its limit",
    ),
    metric(
        "worst_angle_rcrb_deg",
        "Largest root-CRB of an angle",
        "°",
        "largest root-Cramér–Rao bound of a user's angle",
    ),
    metric(
        "least_captured",
        "Smallest share of a channel captured",
        "",
        "smallest tr C / gain of a user: what its estimate captures, as believed",
    ),
    metric(
        "needed_sensing_blocks",
        "Sensing needed",
        "blocks",
        "shortest sensing time that meets every requirement, also where the frame has no room",
    ),
    metric(
        "closed_form_bps_hz",
        "Sum rate of a block, closed form",
        "bit/s/Hz",
        "use-and-forget rate of the simulated block; only under `simulated`",
    ),
    metric(
        "simulated_bps_hz",
        "Sum rate of a block, simulated",
        "bit/s/Hz",
        "the same with the means and variances a simulation saw; only under `simulated`",
    ),
    metric(
        "informed_bps_hz",
        "Sum rate of a block, gains known",
        "bit/s/Hz",
        "ergodic rate of users that know their effective gains; only under `simulated`",
    ),
    metric(
        "worst_standard_errors",
        "Closed form against simulation",
        "standard errors",
        "largest distance over users; only under `simulated`",
    ),
];

const SERIES: &[SeriesInfo] = &[
    SeriesInfo {
        name: "block_rate_bps_hz",
        index: "i: blocks since the update",
        label: "Sum rate of a block",
        unit: "bit/s/Hz",
    },
    SeriesInfo {
        name: "user_rate_bps_hz",
        index: "i: user",
        label: "Average rate",
        unit: "bit/s/Hz",
    },
    SeriesInfo {
        name: "angle_rcrb_deg",
        index: "i: user",
        label: "Root-CRB of the angle",
        unit: "°",
    },
    SeriesInfo {
        name: "blocks_per_update",
        index: "i: update, longest first",
        label: "Blocks of an update",
        unit: "blocks",
    },
];

const SCHEMES: &[SchemeInfo] = &[
    SchemeInfo {
        name: "optimal",
        label: "Optimal",
        summary: "sensing time, number and placement of updates: globally optimal up to the gap \
                  it reports",
    },
    SchemeInfo {
        name: "even-split",
        label: "Even split",
        summary: "the paper's method: as optimal, but blocks divided evenly; optimal among those",
    },
    SchemeInfo {
        name: "single-update",
        label: "SSU",
        summary: "one update at the start, best sensing time; optimal among those",
    },
    SchemeInfo {
        name: "every-block",
        label: "FSU",
        summary: "an update in every block, best sensing time; optimal among those",
    },
    SchemeInfo {
        name: "random-blocks",
        label: "RBA",
        summary: "sensing time and number of updates of the optimum, blocks divided at random: an \
                  expectation, no claim of optimality",
    },
    SchemeInfo {
        name: "grid",
        label: "Grid",
        summary: "brute force over sensing times on a grid, exact placement: nothing proven \
                  between its points",
    },
    SchemeInfo {
        name: "simulated",
        label: "Simulated",
        summary: "the optimum, with one block of it simulated: channels, pilots, estimates, beams",
    },
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

/// A scheme with its settings.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// Ours.
    Optimal(Settings),
    /// The paper's.
    EvenSplit(Settings),
    /// One update.
    SingleUpdate(Settings),
    /// An update in every block.
    EveryBlock(Settings),
    /// Blocks divided at random.
    RandomBlocks(Settings),
    /// Brute force.
    Grid(GridSettings),
    /// Ours, with a simulation beside it.
    Simulated(SimulationSettings),
}

fn search_settings(settings: &Value) -> Result<Settings, InputError> {
    let settings: Settings = typed(settings, "")?;
    settings.validate()?;
    Ok(settings)
}

fn parsed(name: &str, settings: &Value) -> Result<Scheme, InputError> {
    Ok(match name {
        "even-split" => Scheme::EvenSplit(search_settings(settings)?),
        "single-update" => Scheme::SingleUpdate(search_settings(settings)?),
        "every-block" => Scheme::EveryBlock(search_settings(settings)?),
        "random-blocks" => Scheme::RandomBlocks(search_settings(settings)?),
        "grid" => {
            let settings: GridSettings = typed(settings, "")?;
            if !(settings.step_us > 0.0 && settings.step_us.is_finite()) {
                let found = settings.step_us.to_string();
                let what = "the setting is out of range";
                return Err(InputError::new(what, "step_us", found, "a positive number"));
            }
            if settings.updates == Some(0) {
                let what = "the setting is out of range";
                return Err(InputError::new(what, "updates", "0", "1 or more, or null"));
            }
            Scheme::Grid(settings)
        }
        "simulated" => {
            let settings: SimulationSettings = typed(settings, "")?;
            if !(40..=10_000_000).contains(&settings.draws) {
                let found = settings.draws.to_string();
                let what = "the setting is out of range";
                return Err(InputError::new(what, "draws", found, "40 to 10 000 000"));
            }
            let sensing_blocks = settings.sensing_blocks;
            Settings { sensing_blocks, ..Settings::default() }.validate()?;
            Scheme::Simulated(settings)
        }
        _ => Scheme::Optimal(search_settings(settings)?),
    })
}

/// The optimum with one block of it simulated. A frame that is infeasible is not simulated.
fn simulated(
    instance: &Instance,
    settings: &SimulationSettings,
    interrupt: &Interrupt,
) -> Result<FrameDesign, Error> {
    let sensing_blocks = settings.sensing_blocks;
    let search = Settings { sensing_blocks, ..Settings::default() };
    let mut design = design_with(instance, &search, interrupt)?;
    if design.proof.infeasible.is_none() {
        let time = design.variables.sensing_time_s;
        let key = instance.draw().unwrap_or((1, 0));
        let SimulationSettings { age, pilot, draws, .. } = *settings;
        let seen = simulated_block(instance, time, age, pilot, draws, key)?;
        design.metrics.simulated = Some(seen);
    }
    Ok(design)
}

impl Typed for Frame {
    type Scenario = Scenario;
    type Scheme = Scheme;
    type Instance = Instance;
    type Variables = Plan;
    type Metrics = Metrics;

    const ID: &'static str = SYSTEM;
    const TITLE: &'static str =
        "frame design under channel aging: sensing time, number and placement of updates";
    const METRICS: &'static [MetricInfo] = METRICS;
    const SERIES: &'static [SeriesInfo] = SERIES;
    const SCHEMES: &'static [SchemeInfo] = SCHEMES;
    const INSTANCE_FIELDS: &'static [FieldInfo] = instance::FIELDS;
    const VARIABLE_FIELDS: &'static [FieldInfo] = PLAN_FIELDS;

    fn validate(scenario: &Scenario) -> Result<(), InputError> {
        scenario.validate()
    }

    fn is_random(scenario: &Scenario) -> bool {
        matches!(scenario.users, Users::Drawn(_))
    }

    fn realize(scenario: &Scenario, seed: u64, trial: u64) -> Result<Instance, Error> {
        scenario.realize(seed, trial)
    }

    fn settings(scheme: &str) -> Option<Value> {
        match scheme {
            "optimal" | "even-split" | "random-blocks" | "single-update" | "every-block" => {
                Some(json!(Settings::default()))
            }
            "grid" => Some(json!(GridSettings::default())),
            "simulated" => Some(json!(SimulationSettings::default())),
            _ => None,
        }
    }

    fn scheme(name: &str, settings: &Value) -> Result<Scheme, InputError> {
        parsed(name, settings)
    }

    fn design(
        scheme: &Scheme,
        instance: &Instance,
        _warm: Option<&Plan>,
        interrupt: &Interrupt,
    ) -> Result<FrameDesign, Error> {
        match scheme {
            Scheme::Optimal(settings) => design_with(instance, settings, interrupt),
            Scheme::EvenSplit(settings) => even_split(instance, settings, interrupt),
            Scheme::SingleUpdate(settings) => single_update(instance, settings, interrupt),
            Scheme::EveryBlock(settings) => every_block(instance, settings, interrupt),
            Scheme::RandomBlocks(settings) => random_blocks(instance, settings, interrupt),
            Scheme::Grid(settings) => {
                grid(instance, settings.step_us * 1e-6, settings.updates, interrupt)
            }
            Scheme::Simulated(settings) => simulated(instance, settings, interrupt),
        }
    }

    fn evaluate(instance: &Instance, plan: &Plan) -> Result<Metrics, Error> {
        evaluate(instance, plan)
    }

    fn check(instance: &Instance, plan: &Plan) -> Result<Checked, Error> {
        let witness = verify(instance, plan)?;
        let objective = Some(witness.sum_rate_bps_hz);
        Ok(Checked {
            objective,
            violation: witness.violation,
            numbers: vec![
                ("sum_rate_bps_hz", objective),
                ("frame_bits_per_hz", Some(witness.frame_bits_per_hz)),
                ("worst_crb_ratio", Some(witness.worst_crb_ratio)),
            ],
        })
    }

    fn objective(metrics: &Metrics) -> Option<f64> {
        Some(metrics.sum_rate_bps_hz)
    }

    fn values(design: &FrameDesign) -> Vec<Option<f64>> {
        values(design)
    }

    fn series(design: &FrameDesign) -> Vec<SeriesValue> {
        series(design)
    }

    fn instance(arrays: ArraySet, base: Option<&Instance>) -> Result<Instance, Error> {
        Instance::from_arrays(arrays, base)
    }

    fn drawn_as(instance: Instance, seed: u64, trial: u64) -> Instance {
        instance.drawn_as(seed, trial)
    }

    fn instance_arrays(instance: &Instance) -> ArraySet {
        instance.to_arrays()
    }

    fn variables(arrays: &ArraySet, instance: &Instance) -> Result<Plan, Error> {
        let plan = Plan::from_arrays(arrays)?;
        plan.check(instance)?;
        Ok(plan)
    }

    fn variable_arrays(plan: &Plan) -> ArraySet {
        plan.to_arrays()
    }

    fn headline(instance: &Instance) -> String {
        story::headline(instance)
    }

    fn facts(instance: &Instance, design: &FrameDesign) -> Vec<(String, String)> {
        story::facts(instance, design)
    }

    fn tables(instance: &Instance, design: &FrameDesign) -> Vec<Table> {
        story::tables(instance, design)
    }
}

/// The scalar metrics in the order of [`METRICS`]. Where no plan meets the requirements, what the
/// nearest one carries is no result; what sensing needs is.
fn values(design: &FrameDesign) -> Vec<Option<f64>> {
    let metrics = &design.metrics;
    let needed = Some(metrics.needed_sensing_blocks);
    if design.proof.infeasible.is_some() {
        let mut out = vec![None; METRICS.len()];
        if let Some(column) = METRICS.iter().position(|m| m.name == "needed_sensing_blocks") {
            out[column] = needed;
        }
        return out;
    }
    let largest = |values: &[f64]| values.iter().copied().reduce(f64::max);
    let seen = metrics.simulated;
    vec![
        Some(metrics.sum_rate_bps_hz),
        Some(metrics.sum_rate_nats),
        Some(metrics.frame_bits_per_hz),
        Some(metrics.sensing_time_s * 1e6),
        Some(metrics.sensing_blocks),
        Some(metrics.updates as f64),
        story::longest(&design.variables),
        Some(metrics.overhead),
        Some(metrics.worst_crb_ratio),
        largest(&metrics.angle_rcrb_deg),
        metrics.captured.iter().copied().reduce(f64::min),
        needed,
        seen.map(|block| block.closed_form_bps_hz),
        seen.map(|block| block.simulated_bps_hz),
        seen.map(|block| block.informed_bps_hz),
        seen.map(|block| block.worst_standard_errors),
    ]
}

fn series(design: &FrameDesign) -> Vec<SeriesValue> {
    let metrics = &design.metrics;
    if design.proof.infeasible.is_some() {
        return Vec::new();
    }
    let counts: Vec<f64> = story::counts(&design.variables).iter().map(|&n| n as f64).collect();
    let all: [(&'static str, &[f64]); 4] = [
        ("block_rate_bps_hz", &metrics.block_rate_bps_hz),
        ("user_rate_bps_hz", &metrics.rate_bps_hz),
        ("angle_rcrb_deg", &metrics.angle_rcrb_deg),
        ("blocks_per_update", &counts),
    ];
    all.iter()
        .flat_map(|(name, values)| values.iter().enumerate().map(|(i, &v)| entry(name, i, v)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{Outcome, Point, System};

    fn run(scheme: &str, change: impl Fn(&mut Value)) -> crate::system::Row {
        let mut scenario = Frame.default_scenario();
        change(&mut scenario);
        let settings = Frame.default_settings(scheme).unwrap();
        let chain = Frame.prepare(scheme, &[Point { scenario, settings }]).unwrap();
        chain.run(1, 0, &Interrupt::new()).remove(0)
    }

    #[test]
    fn every_scheme_runs_and_fills_every_column() {
        for scheme in SCHEMES {
            let row = run(scheme.name, |_| ());
            assert_eq!(row.outcome, Outcome::Designed, "{}", scheme.name);
            assert_eq!(row.metrics.len(), METRICS.len());
            assert!(row.objective_mismatch.unwrap() < 1e-9, "{}", scheme.name);
            assert!(row.violation.unwrap() < 1e-9, "{}", scheme.name);
        }
    }

    #[test]
    fn an_infeasible_frame_says_only_what_it_needs() {
        for scheme in SCHEMES {
            let row = run(scheme.name, |s| s["crb_limit"] = json!({ "deg2": 0.01 }));
            assert_eq!(row.outcome, Outcome::Infeasible, "{}", scheme.name);
            let numbers: Vec<f64> = row.metrics.iter().copied().flatten().collect();
            assert_eq!(numbers.len(), 1);
            assert!(numbers[0] > 35.0, "{numbers:?}");
        }
    }
}
