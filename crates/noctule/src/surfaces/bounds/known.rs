//! What is known of a deployment.

use std::collections::BTreeMap;

use super::interval::Leaf;
use crate::surfaces::model::Link;

/// A bound in nats and the numbers it follows from; none where there are too many.
pub(super) type Listed = Option<(f64, BTreeMap<String, Vec<f64>>)>;

/// A deployment and what no design of it exceeds, in nats.
pub(super) struct Known {
    pub(super) bound: f64,
    pub(super) sites: Vec<usize>,
    /// The boxes that prove it, where branch and bound did.
    pub(super) leaves: Vec<Leaf>,
}

impl Known {
    /// The smaller bound counts.
    pub(super) fn learn(&mut self, bound: f64, leaves: Vec<Leaf>) {
        if bound < self.bound {
            (self.bound, self.leaves) = (bound, leaves);
        }
    }
}

/// All power over one surface with this |z|, in nats.
pub(super) fn rate_alone(link: &Link, amplitude: f64) -> f64 {
    (link.gains[0] * link.power * amplitude * amplitude).ln_1p()
}
