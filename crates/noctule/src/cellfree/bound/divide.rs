//! Where a box is cut.

use super::node::Node;
use super::region::Region;
use super::search::Search;
use crate::envelope::Cuts;

/// Share of the gap to be closed by which levels that are done with are beyond it.
const BEYOND: f64 = 1e-3;

impl Node {
    /// The levels at the point evaluated last, and what the envelopes are above the rates there.
    pub(super) fn levels(&self) -> Vec<(f64, f64)> {
        let model = &self.model;
        let of = |k: usize| {
            let (signal, rest) = (model.total[k] - model.rest[k], model.rest[k]);
            let above = self.envelopes[k].at(signal.max(0.0), rest).value;
            (rest, above - (signal.max(0.0) / rest).ln_1p())
        };
        (0..model.users).map(of).collect()
    }
}

impl Search {
    /// Cut a box in two, or in three of which the middle one holds nothing that matters, with ends of its sides that
    /// hold nothing either as boxes of their own.
    pub(super) fn cut(&mut self, mut region: Region, into: &mut Vec<Region>) {
        self.trim(&mut region, into);
        let Some((user, low, high)) = self.cuts(&region).place() else {
            if into.is_empty() {
                // nothing is left to cut: what is known of it stays
                self.leaves.push(region.leaf());
            } else {
                region.enough = region.proven.as_ref().map(|proven| -proven.bound);
                into.push(region);
            }
            return;
        };
        let part = |from: f64, to: f64| {
            let mut part = region.clone();
            part.lo[user] = from;
            part.hi[user] = to;
            part
        };
        into.push(part(region.lo[user], low));
        into.push(part(high, region.hi[user]));
        if high > low {
            let enough = Some(self.done());
            into.push(Region { enough, ..part(low, high) });
        }
    }

    fn cuts<'a>(&self, region: &'a Region) -> Cuts<'a> {
        let known = region.proven.as_ref().and_then(|proven| {
            // what its bound is behind the cutoff by, in nats
            let owed = self.done() + proven.bound;
            let is_open = owed.is_finite() && owed > 0.0;
            is_open.then_some((&proven.t[..], &proven.slope[..], owed * (1.0 + 1e-9) + 1e-12))
        });
        Cuts { low: &region.lo, high: &region.hi, levels: &region.levels, known }
    }

    /// A bound that is enough: a little beyond the cutoff, so that no rounding leaves a gap above what was
    /// asked.
    fn done(&self) -> f64 {
        self.cutoff + BEYOND * self.gap
    }

    /// Take the ends off a box that hold nothing that matters.
    fn trim(&self, region: &mut Region, into: &mut Vec<Region>) {
        for trim in self.cuts(region).trims() {
            let mut rest = region.clone();
            let (ends, begins) =
                if trim.keeps_low { (&mut *region, &mut rest) } else { (&mut rest, &mut *region) };
            (ends.hi[trim.user], begins.lo[trim.user]) = (trim.cut, trim.cut);
            rest.enough = Some(self.done());
            into.push(rest);
        }
    }
}
