//! The concave problem of one region.

use noctule_num::C64;
use noctule_optim::{Objective, Shape};

use super::region::Region;
use crate::cellfree::model::{Curvature, Link, Model};
use crate::envelope::Chord;

/// The concave problem of one region, over beams.
pub(super) struct Node {
    pub(super) model: Model,
    /// The envelopes of the rates on the region, and λ of the planes that touch them at the point
    /// evaluated last.
    pub(super) envelopes: Vec<Chord>,
    pub(super) slope: Vec<f64>,
    /// What a unit of error costs, nats; zero without a limit.
    pub(super) price: f64,
    pub(super) limit: f64,
    pub(super) gradient: Vec<C64>,
    curvature: Curvature,
}

impl Node {
    pub(super) fn new(model: Model, price: f64, limit: f64) -> Self {
        Self {
            slope: vec![0.0; model.users],
            envelopes: vec![Chord::new(1.0, 1.0); model.users],
            gradient: vec![C64::ZERO; model.dim()],
            curvature: Curvature::of(&model),
            price,
            limit,
            model,
        }
    }

    /// The envelopes of a region.
    pub(super) fn enter(&mut self, region: &Region) {
        let sides = region.lo.iter().zip(&region.hi);
        self.envelopes = sides.map(|(lo, hi)| Chord::new(*lo, *hi)).collect();
    }

    /// The objective of the relaxation, without the constant of the price.
    fn value(&mut self, x: &[C64]) -> f64 {
        self.model.forward(x);
        let link = Link::Envelope { of: &self.envelopes, slope: &mut self.slope };
        let value = self.model.value(link);
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

    /// Beams that meet strong channels bend the relaxation as they do the rates.
    fn shape(&mut self, x: &[C64], steps: u64, _residual: f64) -> Option<Shape> {
        self.curvature.shape(&mut self.model, x, (1.0, self.price), steps)
    }

    fn precondition(&mut self, v: &mut [C64]) {
        self.curvature.precondition(v);
    }
}
