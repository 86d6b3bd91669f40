//! Where a box is cut.

use super::region::Region;
use super::search::Search;
use crate::envelope::Cuts;

/// Share of the gap to be closed by which levels that are done with are beyond it.
const BEYOND: f64 = 1e-3;

impl Search<'_> {
    /// Cut a box in two, or in three of which the middle one holds nothing that matters, with ends of its sides that
    /// hold nothing either as boxes of their own.
    pub(super) fn cut(&mut self, mut region: Region, into: &mut Vec<Region>) {
        if self.users == 0 || self.failure.is_some() || self.cuts(&region).place().is_none() {
            return;
        }
        self.trim(&mut region, into);
        let Some((user, low, high)) = self.cuts(&region).place() else {
            // Made so small that nothing more is cut: it stays with what is known of it.
            region.enough = region.proven.as_ref().map(|proven| proven.bound);
            if let Some(leaf) = self.leaves.get_mut(&region.leaf) {
                (leaf.low, leaf.high) = (region.low.clone(), region.high.clone());
            }
            into.push(region);
            return;
        };
        let part = |from: f64, to: f64| {
            let mut part = region.clone();
            part.low[user] = from;
            part.high[user] = to;
            part
        };
        let mut parts = vec![part(region.low[user], low), part(high, region.high[user])];
        if high > low {
            let mut middle = part(low, high);
            middle.enough = Some(self.done());
            parts.push(middle);
        }
        self.leaves.remove(&region.leaf);
        for mut part in parts {
            self.enter(&mut part);
            into.push(part);
        }
    }

    fn cuts<'a>(&self, region: &'a Region) -> Cuts<'a> {
        let known = region.proven.as_ref().and_then(|proven| {
            // what its bound is behind the cutoff by, in nats of rate
            let owed = (self.done() - proven.bound) / self.relaxed.rate_weight();
            let is_open = owed.is_finite() && owed > 0.0;
            is_open.then_some((&proven.t[..], &proven.slope[..], owed * (1.0 + 1e-9) + 1e-12))
        });
        Cuts { low: &region.low, high: &region.high, levels: &region.levels, known }
    }

    /// A bound that is enough: a little beyond the cutoff, so that no rounding leaves a gap above what was asked.
    fn done(&self) -> f64 {
        self.cutoff + BEYOND * self.closed
    }

    /// Take the ends off a box that hold nothing that matters.
    fn trim(&mut self, region: &mut Region, into: &mut Vec<Region>) {
        for trim in self.cuts(region).trims() {
            let mut rest = region.clone();
            let (ends, begins) =
                if trim.keeps_low { (&mut *region, &mut rest) } else { (&mut rest, &mut *region) };
            (ends.high[trim.user], begins.low[trim.user]) = (trim.cut, trim.cut);
            rest.enough = Some(self.done());
            self.enter(&mut rest);
            into.push(rest);
        }
    }
}
