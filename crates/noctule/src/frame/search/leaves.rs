//! Intervals of the sensing time whose bounds follow from values at their ends, for a proof that needs no search.
//!
//! The search bounds its intervals by more than a proof file holds. Here the same times are divided again, until what
//! follows from the [chords](crate::frame::reduced) of every interval is no more than the bound that the search reached.

use std::collections::BTreeMap;

use noctule_num::interrupt::poll;

use super::intervals::{Region, Search};
use crate::Error;
use crate::frame::feasibility::window;
use crate::frame::model::block_rates;
use crate::frame::placement::Pattern;
use crate::frame::{Instance, SinrForm};

/// Intervals that are tried, at most, and steps of placing updates in all of them together: a second or two.
const MOST_TRIED: usize = 20_000;
const MOST_STEPS: usize = 1 << 29;
/// Blocks and antennas up to which proofs are written: those that are checked.
const MOST_BLOCKS: usize = 2000;
const MOST_ANTENNAS: usize = 256;
/// Of what a checker allows a claim for its last digits, the part that is used here.
const SLACK: f64 = 0.5e-9;
/// A time beyond another by more than rounding.
const BEYOND: f64 = 1.0 + 1e-14;
/// Intervals that are narrower, relative, are not divided.
const NARROW: f64 = 1e-12;
/// Each part keeps at least this share of an interval.
const SLIVER: f64 = 0.1;

/// An interval in blocks, and the samples at its ends.
struct Part {
    low: f64,
    high: f64,
    short: usize,
    long: usize,
}

/// Intervals in blocks that show that no plan of a pattern has a rate above `value`; `None` where there are none.
///
/// # Errors
/// As [`design`](crate::frame::design()).
pub(in crate::frame) fn leaves(
    instance: &Instance,
    pattern: Pattern,
    value: f64,
) -> Result<Option<BTreeMap<String, Vec<f64>>>, Error> {
    let parts = instance.parts();
    let small = parts.transmit_antennas <= MOST_ANTENNAS && instance.blocks() <= MOST_BLOCKS;
    let known = parts.project_prior && parts.sinr != SinrForm::Physical;
    let Some((start, end)) = window(instance, pattern).filter(|_| small && known) else {
        return Ok(None);
    };
    let mut problem = Search::new(instance, pattern, (start, end))?;
    let goal = (value + SLACK * (1.0 + value.abs())) * instance.blocks() as f64;
    let low = start / problem.block;
    // Where the shortest time is not the start of a block, rounding must not leave it out.
    let low = if low.fract() > 0.0 { low / BEYOND.powi(100) } else { low };
    let mut open = vec![problem.part(low, (end + 1) as f64)?];
    let (mut lows, mut highs) = (Vec::new(), Vec::new());
    let updates = if let Pattern::Updates(updates) = pattern { updates } else { 1 };
    let steps = instance.blocks().pow(2).saturating_mul(updates).max(1);
    for _ in 0..MOST_TRIED.min(MOST_STEPS / steps) {
        poll()?;
        let Some(part) = open.pop() else {
            return Ok(Some([("low".to_owned(), lows), ("high".to_owned(), highs)].into()));
        };
        let part = problem.clipped(part)?;
        let (bound, peak) = problem.bound_by_chords(&part);
        if bound <= goal {
            lows.push(part.low);
            highs.push(part.high);
            continue;
        }
        let Some(cut) = cut(&part, peak) else { return Ok(None) };
        open.push(problem.part(cut, part.high)?);
        open.push(problem.part(part.low, cut)?);
    }
    Ok(None)
}

/// Where an interval is divided: at a block, or near the peak of its bound.
fn cut(part: &Part, peak: f64) -> Option<f64> {
    let first = part.low.floor();
    if part.high > first + 1.0 {
        let last = part.high.ceil();
        return Some(((first + 1.0) * last).sqrt().floor().clamp(first + 1.0, last - 1.0));
    }
    let width = part.high - part.low;
    let inside = peak.clamp(part.low + SLIVER * width, part.high - SLIVER * width);
    (width > NARROW * part.high).then_some(inside)
}

impl Search<'_> {
    fn part(&mut self, low: f64, high: f64) -> Result<Part, Error> {
        let (short, long) =
            (self.reduced.sample(low * self.block)?, self.reduced.sample(high * self.block)?);
        Ok(Part { low, high, short, long })
    }

    /// Without the times of a block that leave no room for its pilot.
    fn clipped(&mut self, part: Part) -> Result<Part, Error> {
        let first = part.low.floor();
        let latest = (self.latest(first as usize) / self.block * BEYOND).min(first + 1.0);
        if part.high > first + 1.0 || part.high <= latest || part.low >= latest {
            return Ok(part);
        }
        self.part(part.low, latest)
    }

    /// What no plan of an interval exceeds, and where its bound is largest, in blocks.
    fn bound_by_chords(&mut self, part: &Part) -> (f64, f64) {
        let first = part.low.floor() as usize;
        if self.reduced.chords(part.short, part.long, &mut self.envelope).is_none() {
            return (f64::INFINITY, part.high);
        }
        if part.high > first as f64 + 1.0 {
            let data = self.instance.blocks() - first;
            block_rates(self.instance, &self.envelope.ceiling, &mut self.rates[..data]);
            let cost = self.pilot * self.rates[0];
            return (self.placer.value(&self.rates[..data], cost, data, self.pattern), part.high);
        }
        let (short, long) = (part.short, part.long);
        let mut region = Region { short, long, first, last: first + 1, peak_s: 0.0 };
        let bound = self.fine(&mut region);
        (bound, region.peak_s / self.block)
    }
}
