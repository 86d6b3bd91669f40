//! Where a box is cut.

use super::node::Node;
use super::region::Region;
use super::search::Search;
use crate::envelope::{NO_WIDTH, hopeless};

/// A box is cut no nearer to an end than at this share of its logarithmic width.
const NEAREST_CUT: f64 = 0.2;
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
    /// Cut a box in two, or in three of which the middle one holds nothing that matters.
    ///
    /// The plane that proves the bound of a box is above the rate of each user by what its level leaves to
    /// spare; levels that leave more than the bound is behind the cutoff are done with. What is left are two
    /// ends, and no cut of another kind is as good.
    pub(super) fn cut(&mut self, mut region: Region, into: &mut Vec<Region>) {
        self.trim(&mut region, into);
        let Some((user, low, high)) = self.place(&region) else {
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

    /// The user whose levels are cut, and between which they are done with.
    fn place(&self, region: &Region) -> Option<(usize, f64, f64)> {
        let users = region.lo.len();
        let largest = |score: &dyn Fn(usize) -> f64| {
            (0..users).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
        };
        if users == 0 {
            return None;
        }
        let mut user = largest(&|k| region.levels[k].1);
        let width = |k: usize| region.width(k);
        let mut share = ((region.levels[user].0 / region.lo[user]).ln() / width(user))
            .clamp(NEAREST_CUT, 1.0 - NEAREST_CUT);
        if region.levels[user].1 <= 0.0 || !share.is_finite() {
            user = largest(&width);
            share = 0.5;
        }
        if width(user) <= NO_WIDTH {
            return None;
        }
        if let Some((plane, owed)) = plane_of(region, user).zip(self.owed(region))
            && let Some((low, high)) = hopeless((region.lo[user], region.hi[user]), plane, owed)
            && is_wide(region.lo[user], low)
            && is_wide(high, region.hi[user])
        {
            return Some((user, low, high));
        }
        let cut = region.lo[user] * (share * width(user)).exp();
        (cut > region.lo[user] && cut < region.hi[user]).then_some((user, cut, cut))
    }

    /// A bound that is enough: a little beyond the cutoff, so that no rounding leaves a gap above what was
    /// asked.
    fn done(&self) -> f64 {
        self.cutoff + BEYOND * self.gap
    }

    /// What the bound of a region is behind the cutoff by, in nats.
    fn owed(&self, region: &Region) -> Option<f64> {
        let proven = region.proven.as_ref()?;
        let owed = self.done() + proven.bound;
        (owed.is_finite() && owed > 0.0).then_some(owed * (1.0 + 1e-9) + 1e-12)
    }

    /// Take the ends off a box that hold nothing that matters.
    fn trim(&self, region: &mut Region, into: &mut Vec<Region>) {
        let Some(owed) = self.owed(region) else { return };
        for user in 0..region.lo.len() {
            let Some(plane) = plane_of(region, user) else { return };
            let (least, most) = (region.lo[user], region.hi[user]);
            let Some((low, high)) = hopeless((least, most), plane, owed) else { continue };
            if (low > least) == (high < most) {
                continue;
            }
            let cut = if low > least { low } else { high };
            if !is_wide(least, cut) || !is_wide(cut, most) {
                continue;
            }
            let mut rest = region.clone();
            if low > least {
                (rest.lo[user], region.hi[user]) = (cut, cut);
            } else {
                (rest.hi[user], region.lo[user]) = (cut, cut);
            }
            rest.enough = Some(self.done());
            into.push(rest);
        }
    }
}

/// `(t, λ)` of the plane that proves what is known of a region.
fn plane_of(region: &Region, user: usize) -> Option<(f64, f64)> {
    let proven = region.proven.as_ref()?;
    Some((*proven.t.get(user)?, *proven.slope.get(user)?))
}

/// Whether an interval is more than a point.
fn is_wide(low: f64, high: f64) -> bool {
    high - low > NO_WIDTH * low
}
