//! What our method is measured against: the paper's competitors, its own even split, and brute
//! force. All return the same [`FrameDesign`].

use noctule_num::InputError;
use noctule_num::input::setting;
use noctule_optim::{Proof, Stop, Trace, Work};
use serde::{Deserialize, Serialize};

use super::claims::{Claims, among};
use super::feasibility::{infeasible, window};
use super::model::{Statistics, block_rates};
use super::placement::{Pattern, Placer};
use super::prior::Prior;
use super::search::search;
use super::settings::{positive, to_the_usual_gap};
use super::{Frame, FrameDesign, Instance, Placement, Plan, Settings, advice, evaluate};
use crate::system::{Method, Run, Scheme, Setting};
use crate::{Certify, Design, Error};

/// The rows of the baselines.
pub(super) const SCHEMES: &[Scheme<Frame>] = &[
    Scheme::new(
        "even-split",
        "Even split",
        "the paper's method: as optimal, but blocks divided evenly; optimal among those",
        &Method::new(even_split),
        Claims::proven(|s| among(s, |s: Settings| (s.even_pattern(), s))),
    ),
    Scheme::new(
        "single-update",
        "SSU",
        "one update at the start, best sensing time; optimal among those",
        &Method::new(|x, s: &GivenUpdates, run| single_update(x, &s.search(), run)),
        Claims::proven(|s| among(s, |s: GivenUpdates| (Pattern::Single, s.search()))),
    ),
    Scheme::new(
        "every-block",
        "FSU",
        "an update in every block, best sensing time; optimal among those",
        &Method::new(|x, s: &GivenUpdates, run| every_block(x, &s.search(), run)),
        Claims::proven(|s| among(s, |s: GivenUpdates| (Pattern::Every, s.search()))),
    ),
    Scheme::new(
        "random-blocks",
        "RBA",
        "sensing time and number of updates of the optimum, blocks divided at random: an \
         expectation, no claim of optimality",
        &Method::new(random_blocks),
        Claims::computed(|s| among(s, |s: Settings| (s.pattern(), s))),
    ),
    Scheme::new(
        "grid",
        "Grid",
        "brute force over sensing times on a grid, exact placement: nothing proven \
         between its points",
        &Method::new(grid),
        Claims::walked(|s| among(s, |s: GridSettings| (s.pattern(), Settings::default()))),
    ),
];

/// Points of a grid, at most.
const MOST_POINTS: f64 = 1e6;

/// Settings of [`grid`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl GridSettings {
    fn pattern(&self) -> Pattern {
        self.updates.map_or(Pattern::Free, Pattern::Updates)
    }
}

impl Setting for GridSettings {
    fn validate(&self) -> Result<(), InputError> {
        if !(self.step_us > 0.0 && self.step_us.is_finite()) {
            return Err(setting("step_us", self.step_us, "a positive number"));
        }
        positive("updates", self.updates)
    }
}

/// Settings of the schemes whose updates are given: all of [`Settings`] but their number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct GivenUpdates {
    /// Sensing time in blocks; `null` lets the search choose it.
    pub sensing_blocks: Option<f64>,
    /// As for `optimal`.
    #[serde(deserialize_with = "to_the_usual_gap")]
    pub certify: Certify,
}

impl GivenUpdates {
    fn search(&self) -> Settings {
        let Self { sensing_blocks, certify } = *self;
        Settings { updates: None, sensing_blocks, certify }
    }
}

impl Default for GivenUpdates {
    fn default() -> Self {
        let Settings { sensing_blocks, certify, .. } = Settings::default();
        Self { sensing_blocks, certify }
    }
}

impl Setting for GivenUpdates {
    fn validate(&self) -> Result<(), InputError> {
        self.search().validate()
    }
}

/// Refuse a number of updates where it is not a choice.
fn no_choice(settings: &Settings) -> Result<(), InputError> {
    settings.updates.map_or(Ok(()), |updates| {
        Err(setting("updates", updates, "null: the updates of this scheme are given"))
    })
}

/// SSU, single small-scale update: one update at the start, best sensing time.
///
/// # Errors
/// As [`super::design()`], and for a number of updates.
pub fn single_update(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    no_choice(settings)?;
    search(instance, Pattern::Single, settings, run)
}

/// FSU, frequent small-scale updates: an update in every block, best sensing time.
///
/// # Errors
/// As [`single_update`].
pub fn every_block(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    no_choice(settings)?;
    search(instance, Pattern::Every, settings, run)
}

/// The paper's own method: the best number of updates and sensing time under an even split, which
/// is the best placement only while blocks never get better with age
/// (`docs/errata.md#frame-e7`).
///
/// # Errors
/// As [`super::design()`].
pub fn even_split(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    search(instance, settings.even_pattern(), settings, run)
}

/// RBA, random block allocation: sensing time and number of updates of our design, blocks divided
/// at random. Its metrics are expectations over all divisions, in closed form.
///
/// # Errors
/// As [`super::design()`].
pub fn random_blocks(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    let best = search(instance, settings.pattern(), settings, run)?;
    if best.proof.infeasible.is_some() {
        return Ok(best);
    }
    let updates = best.variables.placement.updates();
    let plan = Plan { placement: Placement::Random { updates }, ..best.variables };
    let metrics = evaluate(instance, &plan)?;
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![Some(metrics.sum_rate_bps_hz)],
        proof: Proof::feasible(0.0),
        stop: Stop::Computed,
        variables: plan,
        metrics,
        trace: Trace::off(),
        work: best.work,
    })
}

/// Brute force: every sensing time on a grid (and the shortest one, and every multiple of a block),
/// every number of updates, exact placement. Shares no bound and no reduced space with the search, and
/// works without projection of the prior.
///
/// # Errors
/// [`Error::Input`] when the grid has no step or more than a million points.
pub fn grid(
    instance: &Instance,
    settings: &GridSettings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    settings.validate()?;
    let pattern = settings.pattern();
    let step_s = settings.step_us * 1e-6;
    let frame = instance.blocks() as f64 * instance.block_time_s();
    if frame / step_s > MOST_POINTS {
        let allowed = format!("a step from {:.1e} µs", frame / MOST_POINTS * 1e6);
        let found = format!("{} µs", settings.step_us);
        return Err(InputError::new("not a grid", "step_us", found, allowed).into());
    }
    let Some(window) = window(instance, pattern) else {
        return infeasible(instance, pattern);
    };
    let mut walk = Walk::new(instance, pattern, window.1);
    let mut best = (f64::NEG_INFINITY, window.0);
    let mut stop = Stop::Computed;
    for time in times(instance, step_s, window) {
        if run.interrupt.is_raised() {
            stop = Stop::Interrupted;
            break;
        }
        if let Some(value) = walk.value(time)?
            && value > best.0
        {
            best = (value, time);
        }
    }
    walk.finish(best.1, stop)
}

/// The sensing times that are tried: the grid, ends of blocks, and the shortest time of all.
fn times(instance: &Instance, step_s: f64, (start, last): (f64, usize)) -> Vec<f64> {
    let first = (start / step_s).ceil() as usize;
    let end = instance.longest_sensing_s();
    let mut times: Vec<f64> =
        (first..).map(|i| i as f64 * step_s).take_while(|t| *t <= end).collect();
    let ends = (1..=last).map(|h| h as f64 * instance.block_time_s());
    times.extend(ends.filter(|t| *t >= start));
    times.push(start);
    times
}

/// What a walk over sensing times needs.
struct Walk<'a> {
    instance: &'a Instance,
    pattern: Pattern,
    /// The last block in which data may start.
    last: usize,
    priors: Vec<Prior>,
    placer: Placer,
    rates: Vec<f64>,
    work: Work,
}

impl<'a> Walk<'a> {
    fn new(instance: &'a Instance, pattern: Pattern, last: usize) -> Self {
        Self {
            instance,
            pattern,
            last,
            priors: Prior::all(instance),
            placer: Placer::new(instance.blocks()),
            rates: vec![0.0; instance.blocks()],
            work: Work::default(),
        }
    }

    /// Bits per hertz of the best plan at a sensing time; `None` where there is none.
    fn value(&mut self, time: f64) -> Result<Option<f64>, Error> {
        let instance = self.instance;
        let (whole, rest) = instance.split_sensing(time);
        if whole > self.last || !instance.pilot_fits(rest) {
            return Ok(None);
        }
        self.work.evaluations += 1;
        self.work.factorisations += instance.users().len() as u64;
        // An unprojected prior has times at which nothing is defined: not candidates.
        let Ok(statistics) = Statistics::of(instance, &self.priors, time) else {
            return Ok(None);
        };
        let (data, cost) = self.load(&statistics, whole)?;
        let block = instance.block_time_s();
        let carried = self.placer.value(&self.rates[..data], cost, data, self.pattern) * block;
        Ok(Some(carried - rest * self.rates[0]))
    }

    /// The rates of the blocks that `whole` blocks of sensing leave, their number, and the cost of a
    /// pilot.
    fn load(&mut self, statistics: &Statistics, whole: usize) -> Result<(usize, f64), Error> {
        let instance = self.instance;
        let sinr = statistics.sinr(instance, instance.parts().sinr)?;
        let data = instance.blocks() - whole;
        block_rates(instance, &sinr, &mut self.rates[..data]);
        Ok((data, instance.pilot_time_s() / instance.block_time_s() * self.rates[0]))
    }

    /// The design of a sensing time.
    fn finish(mut self, time: f64, stop: Stop) -> Result<FrameDesign, Error> {
        let statistics = Statistics::of(self.instance, &self.priors, time)?;
        let (data, cost) = self.load(&statistics, self.instance.split_sensing(time).0)?;
        let counts = self.placer.division(&self.rates[..data], cost, data, self.pattern);
        let plan = Plan { sensing_time_s: time, placement: Placement::Blocks(counts) };
        let metrics = evaluate(self.instance, &plan)?;
        Ok(Design {
            warnings: advice(self.instance, &metrics),
            starts: vec![Some(metrics.sum_rate_bps_hz)],
            variables: plan,
            proof: Proof::feasible(0.0),
            metrics,
            stop,
            trace: Trace::off(),
            work: self.work,
        })
    }
}
