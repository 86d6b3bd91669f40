//! Boxes of interference levels, and what is proven of them.

use std::rc::Rc;

use noctule_num::C64;

use crate::beamforming::rate_term::Chord;

/// A box of interference levels, with what its solution is started from.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    /// A point of the relaxation: first of the parent, then its own.
    pub(super) point: Vec<C64>,
    /// Interference at that point, with the rate of the envelope above what is true there.
    pub(super) levels: Vec<(f64, f64)>,
    /// Its entry among the leaves.
    pub(super) leaf: u64,
    /// The best that is proven of it, by its own multipliers or by those of a box around it.
    pub(super) proven: Option<Rc<Proven>>,
    /// Where multipliers of the box around it are enough, the bound they prove.
    pub(super) enough: Option<f64>,
}

/// Multipliers that prove a bound for all beams of a box, in the terms of
/// [`of_box`](crate::beamforming::certificate::of_box).
#[derive(Clone, Debug)]
pub(super) struct Proven {
    pub(super) t: Vec<f64>,
    pub(super) slope: Vec<f64>,
    pub(super) y: Vec<f64>,
    pub(super) bound: f64,
    pub(super) margin: f64,
}

/// A part of the search space that was not divided further.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) proven: Option<Rc<Proven>>,
}

impl Region {
    pub(super) fn chord(&self, user: usize) -> Chord {
        Chord::new(self.low[user], self.high[user])
    }
}
