//! A region of the search: a box of interference levels, and how it is divided.

use std::rc::Rc;

use noctule_num::C64;

use super::proof::{Leaf, Proven};

/// A cut leaves at least this share of a side, in logarithms, on either side of it: the gap of a
/// chord is of second order in the width, so that slivers would gain next to nothing.
const SLIVER: f64 = 0.2;
/// Sides narrower than this, as logarithms of their ratio, are not divided: what is left of the gap is
/// rounding.
const NARROW: f64 = 1e-9;

/// A box of interference levels, and where to start in it.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) lo: Vec<f64>,
    pub(super) hi: Vec<f64>,
    pub(super) x: Vec<C64>,
    /// The levels at `x`.
    pub(super) levels: Vec<f64>,
    /// The best that is proven of it, perhaps by a box around it.
    pub(super) proven: Option<Rc<Proven>>,
}

impl Region {
    /// Keep what a certificate is made of, where it proves more of the region than is known.
    pub(super) fn note(&mut self, found: Proven, bound: f64) {
        if self.proven.as_ref().is_none_or(|known| bound < known.bound) {
            let (lo, hi) = (self.lo.clone(), self.hi.clone());
            self.proven = Some(Rc::new(Proven { lo, hi, bound, ..found }));
        }
    }

    /// A cut through the level whose chord misses the logarithm by most.
    pub(super) fn cut_where_it_misses(&self) -> Option<(usize, f64)> {
        let (mut best, mut cut) = (0.0, None);
        for k in 0..self.lo.len() {
            let (lo, hi) = (self.lo[k], self.hi[k]);
            let level = self.levels[k].clamp(lo, hi);
            let missing = (level / lo).ln() - chord(lo, hi) * (level - lo);
            if missing > best {
                best = missing;
                let width = (hi / lo).ln();
                let at = (level / lo).ln().clamp(SLIVER * width, (1.0 - SLIVER) * width);
                cut = Some((k, lo * at.exp()));
            }
        }
        cut
    }

    /// A cut in the middle of the widest side, both in logarithms.
    pub(super) fn cut_in_the_middle(&self) -> Option<(usize, f64)> {
        let width = |k: usize| (self.hi[k] / self.lo[k]).ln();
        let widest =
            (0..self.lo.len()).max_by(|&a, &b| width(a).total_cmp(&width(b)).then(b.cmp(&a)));
        widest.filter(|&k| width(k) > NARROW).map(|k| (k, (self.lo[k] * self.hi[k]).sqrt()))
    }

    /// Both sides of a cut; the region itself where the cut is not inside it.
    pub(super) fn halves(self, cut: Option<(usize, f64)>) -> Result<[Self; 2], Self> {
        let Some((k, at)) = cut.filter(|&(k, at)| at > self.lo[k] && at < self.hi[k]) else {
            return Err(self);
        };
        let (mut low, mut high) = (self.clone(), self);
        low.hi[k] = at;
        high.lo[k] = at;
        Ok([low, high])
    }

    /// What is kept of a region that is not divided further.
    pub(super) fn leaf(self) -> Leaf {
        (self.lo, self.hi, self.proven)
    }
}

/// Slope of the chord of `ln` over `[lo, hi]`. A relative width below `10⁻¹²` takes the tangent at the
/// lower end instead of a quotient of rounding: over such a side both differ by `10⁻²⁴`.
pub(super) fn chord(lo: f64, hi: f64) -> f64 {
    let relative = (hi - lo) / lo;
    if relative > 1e-12 { relative.ln_1p() / (hi - lo) } else { 1.0 / lo }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_lie_above() {
        for (lo, hi) in [(1.0, 5.0), (2.0, 2.0 + 1e-13), (1.0, 1e6)] {
            let slope = chord(lo, hi);
            let offset = -f64::ln(lo) + slope * lo;
            for share in [0.0, 0.3, 1.0] {
                let x = lo + share * (hi - lo);
                assert!(offset - slope * x >= -f64::ln(x) - 1e-12);
            }
        }
    }
}
