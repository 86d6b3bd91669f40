//! Our method: the best sensing time, number of updates and placement, with a proof.
//!
//! The search runs over intervals of the sensing time, best first. Within an interval the SINRs
//! are enclosed (`reduced.rs`), the rate is bounded by the placement that is best for the
//! enclosure, and the interval is dropped when that bound is no better than a plan already found.
//! Intervals begin as runs of blocks and end inside one block.
//!
//! # The bound inside one block
//!
//! Let the SINRs satisfy `c ≤ c₀ + τ Δ` with τ from 0 at the left end `a` to 1 at the right end,
//! linear in `1/T`. Rates are concave in `c`, so each block's rate is at most
//! `Φ_n(c₀) + τ g_n` with `g` the tangent; the best placement of a linear function of τ is convex in
//! τ, so at most `(1 − τ) V₀ + τ V₁` with one placement problem at each end. Sensing longer costs
//! `(T(τ) − a) Φ_1`. The sum is concave in τ and maximised in closed form. It is exact at `a`, and
//! where the rate falls from there — at block boundaries it usually does
//! (`docs/errata.md#frame-e10`) — one such step closes the interval. No concavity of the rate in
//! the sensing time is assumed; the paper's holds only for small errors
//! (`docs/errata.md#frame-e9`).

use noctule_num::InputError;
use noctule_optim::branch_bound::{Budget, Examined, Found, Relaxation, branch_and_bound};
use noctule_optim::{Bound, Proof, Sense, Stop, Trace, TraceRow, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::feasibility::{infeasible, missing_room, too_short, window};
use super::model::block_rates;
use super::placement::{Pattern, Placer};
use super::reduced::{Envelope, Reduced};
use super::{FrameDesign, Instance, Placement, Plan, advice, evaluate};
use crate::system::Run;
use crate::{Design, Error, FEASIBLE};

/// What rounding and the reduced space may take from a bound, relative to it, with a margin.
const ROUNDING: f64 = 1e-10;

/// Steps of dynamic programming for one placement: a tenth of a second.
const MOST_STEPS: usize = 1 << 26;

/// Settings of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Number of channel updates; `null` lets the search choose it.
    pub updates: Option<usize>,
    /// Sensing time in blocks; `null` lets the search choose it.
    pub sensing_blocks: Option<f64>,
    /// Relative gap between plan and bound at which the search stops.
    pub tolerance: f64,
    /// Intervals that may be examined. When they are spent, the design keeps the bound reached.
    pub nodes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { updates: None, sensing_blocks: None, tolerance: 1e-9, nodes: 5000 }
    }
}

impl Settings {
    /// Refuse settings out of range.
    ///
    /// # Errors
    /// [`InputError`] naming the setting.
    pub fn validate(&self) -> Result<(), InputError> {
        let refuse = |place: &str, found: String, allowed: &str| {
            Err(InputError::new("the setting is out of range", place, found, allowed))
        };
        if !(self.tolerance >= 1e-9 && self.tolerance < 1.0) {
            return refuse("tolerance", self.tolerance.to_string(), "1e-9 to 1");
        }
        if self.nodes == 0 {
            return refuse("nodes", "0".to_owned(), "1 or more");
        }
        if self.updates == Some(0) {
            return refuse("updates", "0".to_owned(), "1 or more, or null");
        }
        if let Some(blocks) = self.sensing_blocks
            && !(1e-9..=1e9).contains(&blocks)
        {
            return refuse("sensing_blocks", blocks.to_string(), "a positive number, or null");
        }
        Ok(())
    }
}

/// The best plan for `instance`: exact up to the tolerance, with the bound that proves it.
///
/// Where the requirements cannot be met, the design carries a certificate and the plan that comes
/// nearest.
///
/// # Errors
/// [`Error::Input`] for settings out of range, and for an instance without projection of the
/// prior, whose rate has poles: use [`grid`](super::baselines::grid()) there.
pub fn design(instance: &Instance, settings: &Settings) -> Result<FrameDesign, Error> {
    design_with(instance, settings, &Run::default())
}

/// As [`design`], and stops soon after the interrupt of `run` is raised.
///
/// # Errors
/// As [`design`].
pub fn design_with(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    let pattern = settings.updates.map_or(Pattern::Free, Pattern::Updates);
    search(instance, pattern, settings, run)
}

/// The best plan among those that follow `pattern`.
///
/// # Errors
/// As [`design`].
pub fn search(
    instance: &Instance,
    pattern: Pattern,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    settings.validate()?;
    if !instance.parts().project_prior {
        return Err(InputError::new(
            "the search needs a prior that is a covariance",
            "project_prior",
            "0",
            "1",
        )
        .hint("the scheme `grid` evaluates an unprojected prior")
        .into());
    }
    check_work(instance, pattern)?;
    if let Some(blocks) = settings.sensing_blocks {
        return at_fixed_time(instance, pattern, blocks);
    }
    let Some(window) = window(instance, pattern) else {
        return infeasible(instance, pattern);
    };
    let mut problem = Search::new(instance, pattern, window)?;
    let root = problem.root()?;
    let budget = Budget { nodes: settings.nodes, absolute: 0.0, relative: settings.tolerance };
    let found = branch_and_bound(&mut problem, [root], None, budget, &run.interrupt);
    if let Some(error) = problem.failed.take() {
        return Err(error);
    }
    problem.finish(found)
}

/// Refuse frames for which one bound would take longer than anybody waits. Where blocks never get
/// better with age a placement is a formula; elsewhere it is dynamic programming over the blocks.
fn check_work(instance: &Instance, pattern: Pattern) -> Result<(), Error> {
    let blocks = instance.blocks();
    let rises = |sequence: &Vec<f64>| sequence.windows(2).any(|two| two[1].abs() > two[0].abs());
    let steps = match pattern {
        Pattern::Free => blocks.pow(2),
        Pattern::Updates(updates) => blocks.pow(2).saturating_mul(updates),
        _ => 0,
    };
    if steps <= MOST_STEPS || !instance.parts().aging.iter().any(rises) {
        return Ok(());
    }
    let found = format!("{blocks} blocks, {steps} steps for every placement");
    let what = "too many blocks for aging that rises again";
    Err(InputError::new(what, "blocks", found, format!("up to {MOST_STEPS} steps"))
        .hint("fewer blocks, fewer `updates`, or the scheme `even-split`")
        .into())
}

/// The best placement for a sensing time that is given: nothing is left to search.
///
/// A time that is too short for the requirements keeps its plan, with the violation. One that leaves
/// no room has none; the plan is then that of the closest time which leaves it.
fn at_fixed_time(instance: &Instance, pattern: Pattern, blocks: f64) -> Result<FrameDesign, Error> {
    let given = blocks * instance.block_time_s();
    let missing = missing_room(instance, pattern, given)?;
    let time = missing.as_ref().map_or(given, |(_, closest)| *closest);
    let certificate = missing.map(|(certificate, _)| certificate);
    let whole = instance.split_sensing(time).0;
    let mut problem = Search::new(instance, pattern, (time, whole))?;
    let sample = problem.reduced.sample(time)?;
    let value = problem.value_at(sample, whole);
    let best = Some((-value, (sample, whole)));
    let bound = -(value + ROUNDING * value.abs());
    let found =
        Found { best, bound, covered: bound, nodes: 1, stop: Stop::Computed, log: Vec::new() };
    let mut design = problem.finish(found)?;
    let short = design.metrics.worst_crb_ratio - 1.0;
    if certificate.is_some() || short > FEASIBLE {
        let certificate = certificate.unwrap_or_else(|| too_short(instance, given));
        let proof = Proof::feasible(short.max(0.0));
        design.proof = Proof { infeasible: Some(certificate), ..proof };
        design.starts.clear();
    }
    Ok(design)
}

/// A run of sensing times between two samples.
#[derive(Clone, Debug)]
struct Region {
    /// Samples at its ends; the right one does not belong to it.
    short: usize,
    long: usize,
    /// First block that keeps data, and one after the last such block.
    first: usize,
    last: usize,
    /// Where the bound is largest: a good place to divide.
    peak_s: f64,
}

/// The search as branch and bound sees it.
struct Search<'a> {
    instance: &'a Instance,
    pattern: Pattern,
    reduced: Reduced,
    placer: Placer,
    start: f64,
    end: usize,
    block: f64,
    /// Pilot time in blocks.
    pilot: f64,
    envelope: Envelope,
    rates: Vec<f64>,
    risen: Vec<f64>,
    floor: Vec<f64>,
    failed: Option<Error>,
}

impl<'a> Search<'a> {
    fn new(
        instance: &'a Instance,
        pattern: Pattern,
        (start, end): (f64, usize),
    ) -> Result<Self, Error> {
        let blocks = instance.blocks();
        let block = instance.block_time_s();
        Ok(Self {
            instance,
            pattern,
            reduced: Reduced::new(instance)?,
            placer: Placer::new(blocks),
            start,
            end,
            block,
            pilot: instance.pilot_time_s() / block,
            envelope: Envelope::default(),
            rates: vec![0.0; blocks],
            risen: vec![0.0; blocks],
            floor: vec![0.0; 1],
            failed: None,
        })
    }

    fn root(&mut self) -> Result<Region, Error> {
        let first = self.instance.split_sensing(self.start).0;
        let short = self.reduced.sample(self.start)?;
        let long = self.reduced.sample((self.end + 1) as f64 * self.block)?;
        Ok(Region { short, long, first, last: self.end + 1, peak_s: 0.0 })
    }

    /// Sensing time beyond the whole blocks before `first`, in blocks.
    fn rest(&self, sample: usize, first: usize) -> f64 {
        let rest = self.reduced.time(sample) / self.block - first as f64;
        if rest < 1e-9 { 0.0 } else { rest }
    }

    /// Rate of the best plan at a sample, in block times · bit/s/Hz. `first` blocks are spent.
    fn value_at(&mut self, sample: usize, first: usize) -> f64 {
        let data = self.instance.blocks() - first;
        block_rates(self.instance, self.reduced.sinr(sample), &mut self.rates[..data]);
        let lead = self.rates[0];
        let rest = self.rest(sample, first);
        if !self.instance.pilot_fits(rest * self.block) {
            return f64::NEG_INFINITY;
        }
        let cost = self.pilot * lead;
        self.placer.value(&self.rates[..data], cost, data, self.pattern) - rest * lead
    }

    /// The rate no plan of the region exceeds.
    fn bound(&mut self, region: &mut Region) -> f64 {
        self.reduced.envelope(region.short, region.long, &mut self.envelope);
        if region.last - region.first > 1 { self.coarse(region) } else { self.fine(region) }
    }

    /// Over several blocks: the best plan with SINRs that no time of the region exceeds.
    fn coarse(&mut self, region: &Region) -> f64 {
        let data = self.instance.blocks() - region.first;
        if self.envelope.ceiling.iter().any(|c| !c.is_finite()) {
            return f64::INFINITY;
        }
        block_rates(self.instance, &self.envelope.ceiling, &mut self.rates[..data]);
        let lead = self.rates[0];
        let cost = self.pilot * lead;
        let mut value =
            |blocks: usize| self.placer.value(&self.rates[..data], cost, blocks, self.pattern);
        let (here, next) = (value(data), value(data - 1));
        let rest = self.rest(region.short, region.first);
        // Where sensing and pilot take more than the block, its data would count negative, and the
        // largest rate is no bound on what is paid.
        let paid = if rest + self.pilot <= 1.0 + 1e-12 { rest * lead } else { 0.0 };
        (here - paid).max(next)
    }

    /// Inside one block: see the module page.
    fn fine(&mut self, region: &mut Region) -> f64 {
        let data = self.instance.blocks() - region.first;
        if self.envelope.start.iter().chain(&self.envelope.end).any(|c| !c.is_finite()) {
            return f64::INFINITY;
        }
        let from = self.reduced.time(region.short);
        let to = self.reduced.time(region.long).min(self.latest(region.first));
        let rest = self.rest(region.short, region.first);
        block_rates(self.instance, &self.envelope.start, &mut self.rates[..data]);
        self.risen[..data].copy_from_slice(&self.rates[..data]);
        for (k, sequence) in self.instance.parts().aging.iter().enumerate() {
            let (start, end) = (self.envelope.start[k], self.envelope.end[k]);
            let climb = (end - start) / std::f64::consts::LN_2;
            for (rate, rho) in self.risen[..data].iter_mut().zip(sequence) {
                let gain = rho * rho;
                *rate += gain * climb / (1.0 + gain * start);
            }
        }
        block_rates(self.instance, &self.envelope.floor, &mut self.floor);
        let least = self.floor[0].max(0.0);
        // What is spent in the first block already: at the enclosure's own rate where every plan
        // keeps some of that block for data, else at the smallest rate.
        let together = rest + self.pilot <= 1.0 + 1e-12;
        let mut worth = |rates: &[f64]| {
            let cost = self.pilot * rates[0];
            let paid = rest * if together { rates[0] } else { least };
            self.placer.value(rates, cost, data, self.pattern) - paid
        };
        let now = worth(&self.rates[..data]);
        let then = worth(&self.risen[..data]);
        // max over s = 1/T of now + τ (then − now) − (T − from)·least, τ = (s_from − s)/width
        let (s_from, s_to) = (1.0 / from, 1.0 / self.reduced.time(region.long));
        let width = s_from - s_to;
        let cost = least / self.block;
        let rise = then - now;
        let s_best = if rise > 0.0 && cost > 0.0 {
            (cost * width / rise).sqrt()
        } else if rise > 0.0 {
            0.0
        } else {
            s_from
        };
        let s_best = s_best.clamp(1.0 / to.max(from), s_from);
        let tau = if width > 0.0 { (s_from - s_best) / width } else { 0.0 };
        region.peak_s = 1.0 / s_best;
        now + tau * rise - (region.peak_s - from) * cost
    }

    /// The latest sensing time with data from block `first` on.
    fn latest(&self, first: usize) -> f64 {
        let room = if self.instance.parts().whole_pilots { 1.0 - self.pilot } else { 1.0 };
        (first as f64 + room) * self.block
    }

    fn try_divide(&mut self, region: Region, into: &mut Vec<Region>) -> Result<(), Error> {
        let Region { short, long, first, last, .. } = region;
        let part = |short, long, first, last| Region { short, long, first, last, peak_s: 0.0 };
        if last - first > 1 {
            // A frame's best plan is rarely near its end: divide by ratio, not in the middle.
            let middle =
                (((first + 1) as f64 * last as f64).sqrt() as usize).clamp(first + 1, last - 1);
            let sample = self.reduced.sample(middle as f64 * self.block)?;
            into.extend([part(short, sample, first, middle), part(sample, long, middle, last)]);
            return Ok(());
        }
        let from = self.reduced.time(short);
        let latest = self.latest(first);
        let to = self.reduced.time(long).min(latest);
        if to - from <= 1e-13 * to {
            return Ok(());
        }
        let cut = if self.reduced.time(long) > latest * (1.0 + 1e-12)
            && region.peak_s > from + 0.9 * (to - from)
        {
            latest
        } else {
            region.peak_s.clamp(from + 0.1 * (to - from), to - 0.1 * (to - from))
        };
        let sample = self.reduced.sample(cut)?;
        into.push(part(short, sample, first, last));
        // Beyond the last time with room for a pilot there are no plans.
        if cut < latest {
            into.push(part(sample, long, first, last));
        } else {
            into.push(Region { last: first, ..part(sample, sample, first, last) });
        }
        Ok(())
    }

    fn finish(mut self, found: Found<(usize, usize)>) -> Result<FrameDesign, Error> {
        let interval = found.log;
        let Some((_, (sample, first))) = found.best else {
            return infeasible(self.instance, self.pattern);
        };
        let plan = self.plan(sample, first);
        let metrics = evaluate(self.instance, &plan)?;
        // Values are sums over blocks; the objective is their average over the frame.
        let scale = 1.0 / self.instance.blocks() as f64;
        let upper = (-found.bound * scale).max(0.0);
        let objective = metrics.sum_rate_bps_hz;
        let method = if found.stop == Stop::Computed { "closed-form" } else { "interval-search" };
        let bound = Bound::new(objective, upper, Sense::Upper, method, 0.0);
        let mut trace = Trace::with_room(interval.len());
        // While there is no plan or no bound there is no interval.
        for entry in interval.iter().filter(|e| e.best.is_finite() && e.bound.is_finite()) {
            trace.push(TraceRow {
                iteration: entry.nodes,
                evaluations: entry.nodes,
                value: -entry.best * scale,
                residual: (entry.best - entry.bound).max(0.0)
                    / entry.best.abs().max(f64::MIN_POSITIVE.sqrt()),
                step: 0.0,
            });
        }
        Ok(Design {
            warnings: advice(self.instance, &metrics),
            starts: vec![Some(objective)],
            variables: plan,
            proof: Proof::feasible(0.0).with_bound(bound),
            metrics,
            stop: found.stop,
            trace,
            work: Work {
                iterations: found.nodes,
                evaluations: self.reduced.samples() as u64,
                factorisations: self.reduced.factorisations(),
                conic_solves: 0,
            },
        })
    }

    fn plan(&mut self, sample: usize, first: usize) -> Plan {
        let data = self.instance.blocks() - first;
        block_rates(self.instance, self.reduced.sinr(sample), &mut self.rates[..data]);
        let cost = self.pilot * self.rates[0];
        let counts = self.placer.division(&self.rates[..data], cost, data, self.pattern);
        Plan { sensing_time_s: self.reduced.time(sample), placement: Placement::Blocks(counts) }
    }
}

impl Relaxation for Search<'_> {
    type Region = Region;
    /// The sample, and the blocks that sensing takes whole.
    type Point = (usize, usize);

    fn examine(&mut self, region: &mut Region, _cutoff: f64) -> Examined<(usize, usize)> {
        if self.failed.is_some() {
            return Examined::new(f64::NEG_INFINITY);
        }
        let first = region.first;
        let value = self.value_at(region.short, first);
        let bound = if region.last == first { value } else { self.bound(region) };
        Examined::new(-(bound + ROUNDING * bound.abs())).with_point(-value, (region.short, first))
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        if region.last > region.first
            && self.failed.is_none()
            && let Err(error) = self.try_divide(region, into)
        {
            into.clear();
            self.failed = Some(error);
        }
    }
}

/// The rate over sensing time and number of updates, placements best for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// Sensing times in seconds.
    pub sensing_time_s: Vec<f64>,
    /// For every sensing time the bits per hertz of a frame with 1, 2, … updates.
    pub frame_bits_per_hz: Vec<Vec<f64>>,
}

/// The rate for each of `times` (seconds) and 1 to `updates` channel updates.
///
/// Times outside the frame and those with no room for a pilot have no entries; requirements are
/// not enforced.
///
/// # Errors
/// [`Error::Input`] for times that are not positive, and as [`design`].
pub fn surface(instance: &Instance, times: &[f64], updates: usize) -> Result<Surface, Error> {
    let mut problem = Search::new(instance, Pattern::Free, (0.0, 0))?;
    let mut out = Surface { sensing_time_s: times.to_vec(), frame_bits_per_hz: Vec::new() };
    for &time in times {
        if !(time.is_finite() && time > 0.0) {
            let found = time.to_string();
            return Err(InputError::new(
                "not a sensing time",
                "times",
                found,
                "a positive number of seconds",
            )
            .into());
        }
        let (whole, rest) = instance.split_sensing(time);
        if whole >= instance.blocks() || !instance.pilot_fits(rest) {
            out.frame_bits_per_hz.push(Vec::new());
            continue;
        }
        let sample = problem.reduced.sample(time)?;
        let data = instance.blocks() - whole;
        block_rates(instance, problem.reduced.sinr(sample), &mut problem.rates[..data]);
        let lead = problem.rates[0];
        let carried = problem.placer.by_updates(&problem.rates[..data], data, updates);
        let lost = |m: usize| instance.pilot_time_s() * m as f64 + rest;
        let row =
            carried.iter().enumerate().map(|(i, sum)| problem.block * sum - lost(i + 1) * lead);
        out.frame_bits_per_hz.push(row.collect());
    }
    Ok(out)
}
