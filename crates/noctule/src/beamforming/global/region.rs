//! Boxes of interference levels, and what is proven of them.

use std::rc::Rc;

use noctule_num::C64;

use crate::beamforming::rate_term::Chord;

/// Sides that are narrower than this, relative to their lower end, are points: a little above what
/// double precision resolves.
pub(super) const NO_WIDTH: f64 = 1e-12;

/// A box of interference levels, with what its solution is started from.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    /// A point of the relaxation: first of the parent, then its own.
    pub(super) point: Vec<C64>,
    /// Interference at that point.
    pub(super) levels: Vec<f64>,
    /// Its entry among the leaves.
    pub(super) leaf: u64,
    /// The best that is proven of it, by its own chords or by those of a box around it.
    pub(super) proven: Option<Rc<Proven>>,
}

/// Multipliers that prove a bound for all beams of a box, in the terms of
/// [`of_box`](crate::beamforming::certificate::of_box).
#[derive(Clone, Debug)]
pub(super) struct Proven {
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) t: Vec<f64>,
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
        let (low, high) = (self.low[user], self.high[user]);
        // A box of no width: the tangent, where the quotient would be rounding alone.
        let slope = if high - low > NO_WIDTH * low {
            (high / low).ln() / (high - low)
        } else {
            low.recip()
        };
        Chord { slope, offset: slope * low - low.ln() }
    }

    /// How much the chord gives away at the interference of the solution.
    pub(super) fn error(&self, user: usize) -> f64 {
        let chord = self.chord(user);
        chord.offset - chord.slope * self.levels[user] + self.levels[user].ln()
    }
}
