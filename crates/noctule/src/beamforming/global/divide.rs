//! Where a box is cut.

use super::region::Region;
use super::search::Search;
use crate::beamforming::rate_term::NO_WIDTH;

/// A box is cut no nearer to an end than at this share of its logarithmic width.
const NEAREST_CUT: f64 = 0.2;
/// Share of the gap to be closed by which levels that are done with are beyond it.
const BEYOND: f64 = 1e-3;

impl Search<'_> {
    /// Cut a box in two, or in three of which the middle one holds nothing that matters.
    ///
    /// The plane that proves the bound of a box is above the rate of each user by what its level leaves to
    /// spare; levels that leave more than the bound is behind the cutoff are done with. What is left are two
    /// ends, and no cut of another kind is as good.
    pub(super) fn cut(&mut self, mut region: Region, into: &mut Vec<Region>) {
        if self.users == 0 || self.failure.is_some() {
            return;
        }
        if self.place(&region).is_none() {
            return;
        }
        self.trim(&mut region, into);
        let Some((user, low, high)) = self.place(&region) else {
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

    /// The user whose levels are cut, and between which they are done with.
    fn place(&self, region: &Region) -> Option<(usize, f64, f64)> {
        let largest = |score: &dyn Fn(usize) -> f64| {
            (0..self.users).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
        };
        let mut user = largest(&|k| region.levels[k].1);
        let width = |k: usize| region.width(k);
        // Where the chord is cut: at the level of the solution, but never near an end.
        let mut share = ((region.levels[user].0 / region.low[user]).ln() / width(user))
            .clamp(NEAREST_CUT, 1.0 - NEAREST_CUT);
        if region.levels[user].1 <= 0.0 || !share.is_finite() {
            user = largest(&width);
            share = 0.5;
        }
        if width(user) <= NO_WIDTH {
            return None;
        }
        let owed = self.owed(region);
        if let Some((plane, owed)) = plane_of(region, user).zip(owed)
            && let Some((low, high)) = region.hopeless(user, plane, owed)
            && is_wide(region.low[user], low)
            && is_wide(high, region.high[user])
        {
            return Some((user, low, high));
        }
        let cut = region.low[user] * (share * width(user)).exp();
        Some((user, cut, cut))
    }

    /// A bound that is enough: a little beyond the cutoff, so that no rounding leaves a gap above what was asked.
    fn done(&self) -> f64 {
        self.cutoff + BEYOND * self.closed
    }

    /// What the bound of a region is behind the cutoff by, in nats of rate.
    fn owed(&self, region: &Region) -> Option<f64> {
        let proven = region.proven.as_ref()?;
        let owed = (self.done() - proven.bound) / self.relaxed.rate_weight();
        (owed.is_finite() && owed > 0.0).then_some(owed * (1.0 + 1e-9) + 1e-12)
    }

    /// Take the ends off a box that hold nothing that matters.
    fn trim(&mut self, region: &mut Region, into: &mut Vec<Region>) {
        let Some(owed) = self.owed(region) else { return };
        for user in 0..self.users {
            let Some(plane) = plane_of(region, user) else { return };
            let Some((low, high)) = region.hopeless(user, plane, owed) else { continue };
            let (least, most) = (region.low[user], region.high[user]);
            if (low > least) == (high < most) {
                continue;
            }
            let cut = if low > least { low } else { high };
            if !is_wide(least, cut) || !is_wide(cut, most) {
                continue;
            }
            let mut rest = region.clone();
            if low > least {
                (rest.low[user], region.high[user]) = (cut, cut);
            } else {
                (rest.high[user], region.low[user]) = (cut, cut);
            }
            rest.enough = Some(self.done());
            self.enter(&mut rest);
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
