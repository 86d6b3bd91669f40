//! Where the numbers of a sample are kept, and how they are divided.

/// Where the numbers of a sample are: for every user its SINR, `n`, `n'`, `tr (D W)`, `tr (D W²)`;
/// for every pair `m`, `m'` and `tr (G W D W)`. The last of each only for the physical form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) users: usize,
}

impl Layout {
    pub(super) const fn size(self) -> usize {
        5 * self.users + 3 * self.users * self.users
    }
    pub(super) const fn trace(self) -> usize {
        self.users
    }
    pub(super) const fn trace_slope(self) -> usize {
        2 * self.users
    }
    pub(super) const fn filtered(self) -> usize {
        3 * self.users
    }
    pub(super) const fn filtered_twice(self) -> usize {
        4 * self.users
    }
    pub(super) const fn cross(self) -> usize {
        5 * self.users
    }
    pub(super) const fn cross_slope(self) -> usize {
        5 * self.users + self.users * self.users
    }
    pub(super) const fn cross_filtered(self) -> usize {
        5 * self.users + 2 * self.users * self.users
    }
}

/// `a / b`, or what it cannot exceed (fall below) where `b` is zero.
pub(super) fn ratio(a: f64, b: f64, otherwise: f64) -> f64 {
    if b > 0.0 { a / b } else { otherwise }
}
