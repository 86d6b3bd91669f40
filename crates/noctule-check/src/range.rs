//! Intervals of real numbers, wider by more than the rounding of what they come from.

use std::ops::{Add, Mul, Sub};

use crate::ball::{Ball, TINY, U};

/// All numbers from one to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Range {
    /// What is not known at all.
    const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// From one number to another, and as much beyond as one rounding is off.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        if !(low.is_finite() && high.is_finite()) {
            return Self::ANY;
        }
        Self { low: low - 4.0 * U * low.abs() - TINY, high: high + 4.0 * U * high.abs() + TINY }
    }

    pub(crate) fn exact(x: f64) -> Self {
        Self { low: x, high: x }
    }

    /// By what is positive; by anything else nothing is known.
    pub(crate) fn over(self, other: Self) -> Self {
        if other.low > 0.0 {
            self * Self::new(1.0 / other.high, 1.0 / other.low)
        } else {
            Self::ANY
        }
    }

    /// What is off by no more.
    pub(crate) fn near(self, by: f64) -> Self {
        Self::new(self.low - by, self.high + by)
    }

    /// What is known to be no smaller.
    pub(crate) fn at_least(self, least: f64) -> Self {
        Self { low: self.low.max(least), high: self.high.max(least) }
    }

    /// What is known to be no larger.
    pub(crate) fn at_most(self, most: f64) -> Self {
        Self { low: self.low.min(most), high: self.high.min(most) }
    }

    fn is_bounded(self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }
}

impl From<Ball> for Range {
    fn from(x: Ball) -> Self {
        Self::new(x.re - x.rad, x.re + x.rad)
    }
}

impl Add for Range {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high)
    }
}

impl Sub for Range {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.low - other.high, self.high - other.low)
    }
}

impl Mul for Range {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if !(self.is_bounded() && other.is_bounded()) {
            return Self::ANY;
        }
        let ends = [
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        ];
        Self::new(
            ends.iter().copied().fold(f64::INFINITY, f64::min),
            ends.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        )
    }
}

impl std::iter::Sum for Range {
    fn sum<I: Iterator<Item = Self>>(list: I) -> Self {
        list.fold(Self::exact(0.0), |sum, x| sum + x)
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn what_is_not_known_stays_unknown() {
        let (one, wide) = (Range::exact(1.0), Range::exact(-2.0).near(3.0));
        for lost in [one.over(wide), one.over(Range::exact(0.0)), Range::new(f64::NAN, 1.0)] {
            assert_eq!((lost.low, lost.high), (f64::NEG_INFINITY, f64::INFINITY));
            for more in [lost + one, lost - lost, lost * Range::exact(0.0), one.over(lost)] {
                assert_eq!((more.low, more.high), (f64::NEG_INFINITY, f64::INFINITY));
            }
        }
    }

    #[test]
    fn products_hold_those_of_their_ends() {
        let (a, b) = (Range::new(-2.0, 3.0), Range::new(-5.0, 1.0));
        let product = a * b;
        assert!(product.low <= -15.0 && 10.0 <= product.high && product.high < 10.0 + 1e-12);
        let quotient = a.over(Range::new(2.0, 4.0));
        assert!(quotient.low <= -1.0 && 1.5 <= quotient.high && quotient.high < 1.5 + 1e-12);
    }
}
