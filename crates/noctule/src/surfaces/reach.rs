//! How far phases come: the rate where they meet the requirement, else how much of it.

use std::cmp::Ordering;

/// What some phases reach.
///
/// Whatever meets the requirement is better than whatever does not; searches climb from one to the
/// other along [`Reach::merit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// The requirement is met, at this rate in nats.
    Rate(f64),
    /// The requirement is out of reach: this share of it is met at most, below one.
    Short(f64),
}

impl Reach {
    /// What nobody looked at, worse than anything that was.
    pub(super) const UNKNOWN: Self = Self::Short(f64::NEG_INFINITY);

    /// Whether the requirement is met.
    pub(super) const fn is_met(self) -> bool {
        matches!(self, Self::Rate(_))
    }

    /// The rate in nats, where the requirement is met.
    pub(super) const fn rate(self) -> Option<f64> {
        match self {
            Self::Rate(nats) => Some(nats),
            Self::Short(_) => None,
        }
    }

    /// One number to climb by: the rate in nats, which is not negative, or minus the share of the
    /// requirement that is missed, which is.
    pub(super) fn merit(self) -> f64 {
        match self {
            Self::Rate(nats) => nats,
            Self::Short(share) => share - 1.0,
        }
    }

    /// The order of merits, total also among numbers that are none.
    pub(super) fn order(self, other: Self) -> Ordering {
        self.merit().total_cmp(&other.merit())
    }
}

impl PartialOrd for Reach {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.merit().partial_cmp(&other.merit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_meets_the_requirement_is_better_than_what_does_not() {
        let ranked = [
            Reach::UNKNOWN,
            Reach::Short(0.0),
            Reach::Short(0.9),
            Reach::Rate(0.0),
            Reach::Rate(2.0),
        ];
        for pair in ranked.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].order(pair[1]).is_lt(), "{pair:?}");
        }
        assert!(ranked.map(Reach::is_met) == [false, false, false, true, true]);
        assert_eq!((Reach::Rate(2.0).rate(), Reach::Short(0.5).rate()), (Some(2.0), None));
    }
}
