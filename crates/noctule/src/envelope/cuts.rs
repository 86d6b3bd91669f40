//! Where boxes of interference levels are cut.

use super::{NO_WIDTH, hopeless};

/// A box is cut no nearer to an end than at this share of its logarithmic width.
const NEAREST_CUT: f64 = 0.2;

/// What is known of a box when it is cut.
///
/// The plane that proves the bound of a box is above the rate of each user by what its level leaves to spare; levels
/// that leave more than is *owed*, by which the bound is behind the cutoff, are done with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cuts<'a> {
    pub(crate) low: &'a [f64],
    pub(crate) high: &'a [f64],
    /// The level of every user at the solution, and what the envelope is above the rate there.
    pub(crate) levels: &'a [(f64, f64)],
    /// `t` and λ of the planes that prove what is known, and what is owed in nats of rate.
    pub(crate) known: Option<(&'a [f64], &'a [f64], f64)>,
}

/// An end of a side that holds nothing that matters: the box goes on from the cut, or ends there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trim {
    pub(crate) user: usize,
    pub(crate) cut: f64,
    /// Whether it is the end of the low levels that is left.
    pub(crate) keeps_low: bool,
}

impl Cuts<'_> {
    /// The levels of a user between which all is done with.
    fn done_with(&self, user: usize) -> Option<(f64, f64)> {
        let (t, slope, owed) = self.known?;
        hopeless((self.low[user], self.high[user]), (*t.get(user)?, *slope.get(user)?), owed)
    }

    /// The ends that may be taken off.
    pub(crate) fn trims(&self) -> Vec<Trim> {
        let mut found = Vec::new();
        for user in 0..self.low.len() {
            let (least, most) = (self.low[user], self.high[user]);
            let Some((low, high)) = self.done_with(user) else { continue };
            // not all of it, and not its middle
            if (low > least) == (high < most) {
                continue;
            }
            let keeps_low = low > least;
            let cut = if keeps_low { low } else { high };
            if is_wide(least, cut) && is_wide(cut, most) {
                found.push(Trim { user, cut, keeps_low });
            }
        }
        found
    }

    /// The user whose levels are cut, and between which they are done with: in two at one level, or in three of which the
    /// middle one holds nothing that matters. What is left then are two ends, and no cut of another kind is as good.
    pub(crate) fn place(&self) -> Option<(usize, f64, f64)> {
        let users = self.low.len();
        if users == 0 {
            return None;
        }
        let width = |k: usize| (self.high[k] / self.low[k]).ln();
        let largest = |score: &dyn Fn(usize) -> f64| {
            (0..users).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
        };
        let mut user = largest(&|k| self.levels[k].1);
        // Where the chord is cut: at the level of the solution, but never near an end.
        let mut share = ((self.levels[user].0 / self.low[user]).ln() / width(user))
            .clamp(NEAREST_CUT, 1.0 - NEAREST_CUT);
        if self.levels[user].1 <= 0.0 || !share.is_finite() {
            user = largest(&width);
            share = 0.5;
        }
        if width(user) <= NO_WIDTH {
            return None;
        }
        let (least, most) = (self.low[user], self.high[user]);
        if let Some((low, high)) = self.done_with(user)
            && is_wide(least, low)
            && is_wide(high, most)
        {
            return Some((user, low, high));
        }
        let cut = least * (share * width(user)).exp();
        (cut > least && cut < most).then_some((user, cut, cut))
    }
}

/// Whether an interval is more than a point.
fn is_wide(low: f64, high: f64) -> bool {
    high - low > NO_WIDTH * low
}

#[cfg(test)]
mod tests {
    use super::super::{fallen, offset};
    use super::*;

    /// Whatever is trimmed or between the cuts is below the plane by more than is owed, and what is not beside it is not.
    #[test]
    fn what_is_done_with_is_below_the_plane_by_what_is_owed() {
        let (low, high) = ([1.0, 1.0, 2.0], [9.0, 30.0, 2.5]);
        let mut cuts = 0;
        for t in [0.02, 0.1, 0.3] {
            for slope in [0.05, 0.2, 0.6] {
                for owed in [1e-3, 0.05, 0.4] {
                    let (t, slope) = ([t; 3], [slope; 3]);
                    let levels = [(2.0, 0.1), (5.0, 0.3), (2.2, 0.0)];
                    let known = Some((&t[..], &slope[..], owed));
                    let all = Cuts { low: &low, high: &high, levels: &levels, known };
                    let spare = |k: usize, x: f64| {
                        offset(low[k], high[k], t[k], slope[k]) - slope[k] * x - fallen(x, t[k])
                    };
                    for trim in all.trims() {
                        let k = trim.user;
                        let gone = if trim.keeps_low { high[k] } else { low[k] };
                        for share in [0.0, 0.3, 0.9, 1.0] {
                            let x = trim.cut + share * (gone - trim.cut);
                            assert!(spare(k, x) > owed - 1e-9, "{trim:?} at {x}");
                        }
                        cuts += 1;
                    }
                    let (user, from, to) = all.place().expect("a wide box");
                    assert!(low[user] < from && from <= to && to < high[user]);
                    if to > from {
                        assert!(spare(user, 0.5 * (from + to)) > owed);
                        cuts += 1;
                    } else {
                        // at the level of the solution, where the envelope is worst
                        assert_eq!((user, (from - 5.0).abs() < 1e-9), (1, true));
                    }
                }
            }
        }
        assert!(cuts > 5, "{cuts}");
    }

    #[test]
    fn points_and_nobody_are_not_cut() {
        let none = Cuts { low: &[], high: &[], levels: &[], known: None };
        assert_eq!((none.place(), none.trims()), (None, vec![]));
        let point = Cuts { low: &[2.0], high: &[2.0], levels: &[(2.0, 0.0)], known: None };
        assert_eq!((point.place(), point.trims()), (None, vec![]));
    }
}
