//! The concave problem of one region.

use noctule_num::C64;
use noctule_optim::Objective;

use super::region::{Region, chord};
use crate::cellfree::model::{Link, Model};

/// The concave problem of one region, over beams.
pub(super) struct Node {
    pub(super) model: Model,
    /// Slopes and offsets of the chords: `−ln A_k ≤ offset_k − slope_k A_k` on the region.
    pub(super) slope: Vec<f64>,
    pub(super) offset: Vec<f64>,
    /// What a unit of error costs, nats; zero without a limit.
    pub(super) price: f64,
    pub(super) limit: f64,
    pub(super) gradient: Vec<C64>,
}

impl Node {
    pub(super) fn new(model: Model, price: f64, limit: f64) -> Self {
        Self {
            slope: vec![0.0; model.users],
            offset: vec![0.0; model.users],
            gradient: vec![C64::ZERO; model.dim()],
            price,
            limit,
            model,
        }
    }

    /// The chords of a region.
    pub(super) fn enter(&mut self, region: &Region) {
        for k in 0..self.model.users {
            let (lo, hi) = (region.lo[k], region.hi[k]);
            self.slope[k] = chord(lo, hi);
            self.offset[k] = -lo.ln() + self.slope[k] * lo;
        }
    }

    /// The objective of the relaxation, without the constant of the price.
    fn value(&mut self, x: &[C64]) -> f64 {
        self.model.forward(x);
        let value = self.model.value(Link::Chord { slope: &self.slope, offset: &self.offset });
        if self.price > 0.0 { value - self.price * self.model.error() } else { value }
    }
}

/// Minus the relaxation, which solvers minimise.
impl Objective for Node {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        let value = self.value(x);
        self.model.backward(x, -1.0, self.price, gradient);
        -value
    }
}
