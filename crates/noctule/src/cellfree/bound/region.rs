//! A region of the search: a box of interference levels, and how it is divided.

use std::rc::Rc;

use noctule_num::C64;

use super::proof::{Leaf, Proven};

/// A box of interference levels, and where to start in it.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) lo: Vec<f64>,
    pub(super) hi: Vec<f64>,
    pub(super) x: Vec<C64>,
    /// The levels at `x`, and what the envelopes are above the rates there.
    pub(super) levels: Vec<(f64, f64)>,
    /// The best that is proven of it, perhaps by a box around it.
    pub(super) proven: Option<Rc<Proven>>,
    /// Where multipliers of the box around it are enough, the bound they prove, as what is minimised.
    pub(super) enough: Option<f64>,
}

impl Region {
    /// Keep what a certificate is made of, where it proves more of the region than is known.
    pub(super) fn note(&mut self, found: Proven, bound: f64) {
        if self.proven.as_ref().is_none_or(|known| bound < known.bound) {
            self.proven = Some(Rc::new(Proven { bound, ..found }));
        }
    }

    /// What is kept of a region that is not divided further.
    pub(super) fn leaf(self) -> Leaf {
        (self.lo, self.hi, self.proven)
    }
}
