//! What one user sees of its own pilot, and how its error depends on that.

use noctule_num::C64;

/// Moments of what one user sees: `y = √s (a + b) + n`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) energy: f64,
    /// E a.
    pub(super) mean: C64,
    /// V a.
    pub(super) own: f64,
    /// Cov(a, b).
    pub(super) with_own: C64,
    /// V b.
    pub(super) others: f64,
}

/// Derivatives of `ln e` by the moments; of complex ones `d ln e = Re(· d)`.
pub(super) struct By {
    pub(super) mean: C64,
    pub(super) own: f64,
    pub(super) with_own: C64,
    pub(super) others: f64,
}

impl Seen {
    /// V a (1 + s V b) − s |Cov(a, b)|²: the error variance times V y.
    fn numerator(&self) -> f64 {
        self.own * (1.0 + self.energy * self.others) - self.energy * self.with_own.norm_sqr()
    }

    fn variance(&self) -> f64 {
        1.0 + self.energy * (self.own + 2.0 * self.with_own.re + self.others)
    }

    fn power(&self) -> f64 {
        self.mean.norm_sqr() + self.own
    }

    pub(super) fn log_error(&self) -> f64 {
        (self.numerator() / (self.variance() * self.power())).ln()
    }

    pub(super) fn derivatives(&self) -> By {
        let (n, v, p, s) = (self.numerator(), self.variance(), self.power(), self.energy);
        By {
            mean: self.mean.conj() * (-2.0 / p),
            own: (1.0 + s * self.others) / n - s / v - 1.0 / p,
            with_own: (self.with_own.conj() / n + 1.0 / v) * (-2.0 * s),
            others: s * self.own / n - s / v,
        }
    }
}
