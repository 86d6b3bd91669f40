//! What our method is measured against: the paper's competitors, its own even split, and brute
//! force. All return the same [`FrameDesign`].

use noctule_num::InputError;
use noctule_optim::{Proof, Stop, Trace, Work};

use super::design::{Settings, search};
use super::feasibility::{infeasible, window};
use super::model::{Statistics, block_rates, matrices};
use super::placement::{Pattern, Placer};
use super::{FrameDesign, Instance, Placement, Plan, advice, evaluate};
use crate::system::Run;
use crate::{Design, Error};

/// SSU, single small-scale update: one update at the start, best sensing time.
///
/// # Errors
/// As [`super::design()`].
pub fn single_update(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    search(instance, Pattern::Single, settings, run)
}

/// FSU, frequent small-scale updates: an update in every block, best sensing time.
///
/// # Errors
/// As [`super::design()`].
pub fn every_block(
    instance: &Instance,
    settings: &Settings,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
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
    let pattern = settings.updates.map_or(Pattern::Even, Pattern::EvenUpdates);
    search(instance, pattern, settings, run)
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
    let pattern = settings.updates.map_or(Pattern::Free, Pattern::Updates);
    let best = search(instance, pattern, settings, run)?;
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

/// Brute force: every sensing time on a grid of `step_s` seconds (and the shortest one, and every
/// multiple of a block), every number of updates, exact placement. Shares no bound and no reduced
/// space with the search, and works without projection of the prior.
///
/// # Errors
/// [`Error::Input`] when the grid has no step or more than a million points.
pub fn grid(
    instance: &Instance,
    step_s: f64,
    updates: Option<usize>,
    run: &Run<'_, Plan>,
) -> Result<FrameDesign, Error> {
    let block = instance.block_time_s();
    let frame = instance.blocks() as f64 * block;
    if !(step_s > 0.0 && frame / step_s <= 1e6) {
        let allowed = format!("a step from {:.1e} s", frame / 1e6);
        return Err(InputError::new("not a grid", "step", format!("{step_s} s"), allowed).into());
    }
    let pattern = updates.map_or(Pattern::Free, Pattern::Updates);
    let Some((start, last)) = window(instance, pattern) else {
        return infeasible(instance, pattern);
    };
    let first = (start / step_s).ceil() as usize;
    let end = instance.longest_sensing_s();
    let mut times: Vec<f64> =
        (first..).map(|i| i as f64 * step_s).take_while(|t| *t <= end).collect();
    times.extend((1..=last).map(|h| h as f64 * block).filter(|t| *t >= start));
    times.push(start);
    let matrices: Vec<_> = (0..instance.users().len()).map(|k| matrices(instance, k)).collect();
    let mut placer = Placer::new(instance.blocks());
    let mut rates = vec![0.0; instance.blocks()];
    let mut best = (f64::NEG_INFINITY, start);
    let mut work = Work::default();
    let mut stop = Stop::Computed;
    for time in times {
        if run.interrupt.is_raised() {
            stop = Stop::Interrupted;
            break;
        }
        let (whole, rest) = instance.split_sensing(time);
        if whole > last || !instance.pilot_fits(rest) {
            continue;
        }
        work.evaluations += 1;
        work.factorisations += instance.users().len() as u64;
        // An unprojected prior has times at which nothing is defined: not candidates.
        let Ok(statistics) = Statistics::of(instance, &matrices, time) else { continue };
        let sinr = statistics.sinr(instance, instance.parts().sinr)?;
        let data = instance.blocks() - whole;
        block_rates(instance, &sinr, &mut rates[..data]);
        let lead = rates[0];
        let cost = instance.pilot_time_s() / block * lead;
        let value = placer.value(&rates[..data], cost, data, pattern) * block - rest * lead;
        if value > best.0 {
            best = (value, time);
        }
    }
    let statistics = Statistics::of(instance, &matrices, best.1)?;
    let sinr = statistics.sinr(instance, instance.parts().sinr)?;
    let data = instance.blocks() - instance.split_sensing(best.1).0;
    block_rates(instance, &sinr, &mut rates[..data]);
    let cost = instance.pilot_time_s() / block * rates[0];
    let counts = placer.division(&rates[..data], cost, data, pattern);
    let plan = Plan { sensing_time_s: best.1, placement: Placement::Blocks(counts) };
    let metrics = evaluate(instance, &plan)?;
    Ok(Design {
        warnings: advice(instance, &metrics),
        starts: vec![Some(metrics.sum_rate_bps_hz)],
        variables: plan,
        proof: Proof::feasible(0.0),
        metrics,
        stop,
        trace: Trace::off(),
        work,
    })
}
