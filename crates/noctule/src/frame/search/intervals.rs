//! Intervals of the sensing time, and how they are examined and divided.

use noctule_optim::branch_bound::{Examined, Relaxation};

use crate::Error;
use crate::frame::model::block_rates;
use crate::frame::placement::{Pattern, Placer};
use crate::frame::prior::Prior;
use crate::frame::reduced::{Envelope, Reduced};
use crate::frame::{Instance, Placement, Plan};

/// What rounding and the reduced space may take from a bound, relative to it, with a margin.
pub(super) const ROUNDING: f64 = 1e-10;
/// A sensing time less than this beyond the end of a block, in blocks, ends with it.
const AT_A_BOUNDARY: f64 = 1e-9;
/// Times that differ by less, relative, are the same to rounding.
const ROUNDED: f64 = 1e-12;
/// Intervals narrower than this, relative, are not divided.
const NARROW: f64 = 1e-13;
/// Each part keeps at least this share of an interval.
const SLIVER: f64 = 0.1;

/// A run of sensing times between two samples.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// Samples at its ends; the right one does not belong to it.
    pub(super) short: usize,
    pub(super) long: usize,
    /// First block that keeps data, and one after the last such block.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Where the bound is largest: a good place to divide.
    pub(super) peak_s: f64,
}

/// The search as branch and bound sees it.
pub(super) struct Search<'a> {
    pub(super) instance: &'a Instance,
    pub(super) pattern: Pattern,
    /// Of all users: what the reduced form and the evaluation of the best plan are made of.
    pub(super) priors: Vec<Prior>,
    pub(super) reduced: Reduced,
    pub(super) placer: Placer,
    start: f64,
    end: usize,
    pub(super) block: f64,
    /// Pilot time in blocks.
    pub(super) pilot: f64,
    pub(super) envelope: Envelope,
    pub(super) rates: Vec<f64>,
    pub(super) risen: Vec<f64>,
    pub(super) floor: Vec<f64>,
    pub(super) failed: Option<Error>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        instance: &'a Instance,
        pattern: Pattern,
        (start, end): (f64, usize),
    ) -> Result<Self, Error> {
        let blocks = instance.blocks();
        let block = instance.block_time_s();
        let priors = Prior::all(instance);
        Ok(Self {
            instance,
            pattern,
            reduced: Reduced::new(instance, &priors)?,
            priors,
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

    /// All sensing times.
    pub(super) fn root(&mut self) -> Result<Region, Error> {
        let first = self.instance.split_sensing(self.start).0;
        let short = self.reduced.sample(self.start)?;
        let long = self.reduced.sample((self.end + 1) as f64 * self.block)?;
        Ok(Region { short, long, first, last: self.end + 1, peak_s: 0.0 })
    }

    /// Sensing time beyond the whole blocks before `first`, in blocks.
    pub(super) fn rest(&self, sample: usize, first: usize) -> f64 {
        let rest = self.reduced.time(sample) / self.block - first as f64;
        if rest < AT_A_BOUNDARY { 0.0 } else { rest }
    }

    /// Rate of the best plan at a sample, in block times · bit/s/Hz. `first` blocks are spent.
    pub(super) fn value_at(&mut self, sample: usize, first: usize) -> f64 {
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

    /// The latest sensing time with data from block `first` on.
    pub(super) fn latest(&self, first: usize) -> f64 {
        let room = if self.instance.parts().whole_pilots { 1.0 - self.pilot } else { 1.0 };
        (first as f64 + room) * self.block
    }

    /// Both parts of an interval.
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
        if to - from <= NARROW * to {
            return Ok(());
        }
        // Where the bound is largest near the end, and plans end before the interval does, the cut is
        // where they end.
        let cut = if self.reduced.time(long) > latest * (1.0 + ROUNDED)
            && region.peak_s > from + 0.9 * (to - from)
        {
            latest
        } else {
            region.peak_s.clamp(from + SLIVER * (to - from), to - SLIVER * (to - from))
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

    /// The plan of a sample with `first` blocks spent.
    pub(super) fn plan(&mut self, sample: usize, first: usize) -> Plan {
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
        // Up by the margin whatever the sign of the bound, and then minus: the search minimises.
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
