//! The boxes that were not divided further: together they prove the bound.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::region::{Leaf, Proven, Region};
use super::search::Search;
use crate::beamforming::rate_term::Plane;

/// So many numbers are handed out as a proof; more would be a file of their own.
const MOST_NUMBERS: usize = 1_000_000;

impl Search<'_> {
    /// Make a region a leaf.
    pub(super) fn enter(&mut self, region: &mut Region) {
        region.leaf = self.made;
        self.made += 1;
        let (low, high) = (region.low.clone(), region.high.clone());
        self.leaves.insert(region.leaf, Leaf { low, high, proven: region.proven.clone() });
    }

    /// Note what the multipliers at the point evaluated last prove of a region, where that is
    /// more than was known.
    pub(super) fn note(&self, region: &mut Region, bound: f64) {
        if region.proven.as_ref().is_some_and(|proven| proven.bound >= bound) {
            return;
        }
        let planes: Vec<Plane> = (0..self.users).filter_map(|k| self.relaxed.plane(k)).collect();
        region.proven = Some(Rc::new(Proven {
            t: planes.iter().map(|plane| plane.received).collect(),
            slope: planes.iter().map(|plane| plane.slope).collect(),
            y: self.relaxed.sensing_multiplier(),
            bound,
            margin: self.margin,
        }));
    }

    /// The margin for rounding of the leaf whose bound is the weakest.
    pub(super) fn weakest_margin(&self) -> f64 {
        let proven = self.leaves.values().filter_map(|leaf| leaf.proven.as_ref());
        proven.min_by(|a, b| a.bound.total_cmp(&b.bound)).map_or(f64::NAN, |leaf| leaf.margin)
    }

    /// What [`again`](crate::beamforming::certificate::again) needs of so many users, with `y` over an energy that
    /// brings it to the units of the instance; `left_out` where a leaf is not bounded or there are too many of them.
    pub(super) fn numbers(&self, users: usize, energy: f64) -> BTreeMap<String, Vec<f64>> {
        let proven: Option<Vec<(&Leaf, &Rc<Proven>)>> =
            self.leaves.values().map(|leaf| Some((leaf, leaf.proven.as_ref()?))).collect();
        let left_out = || [("left_out".to_owned(), vec![self.leaves.len() as f64])].into();
        let Some(proven) = proven else { return left_out() };
        let each = proven.first().map_or(0, |(_, proven)| 4 * self.users + proven.y.len());
        if proven.len() * each > MOST_NUMBERS || self.users < users && self.users > 0 {
            return left_out();
        }
        // Users without a weight have no box; any will do.
        let idle = vec![1.0; users - self.users];
        let all = |of: &dyn Fn(&Leaf, &Proven) -> Vec<f64>| -> Vec<f64> {
            let one = |(leaf, proven): &(&Leaf, &Rc<Proven>)| {
                let mut list = of(leaf, proven);
                list.extend(&idle);
                list
            };
            proven.iter().flat_map(one).collect()
        };
        let y = proven.iter().flat_map(|(_, proven)| proven.y.iter().map(|y| y / energy));
        [
            ("y", y.collect()),
            ("low", all(&|leaf, _| leaf.low.clone())),
            ("high", all(&|leaf, _| leaf.high.clone())),
            ("slope", all(&|_, proven| proven.slope.clone())),
            ("t", all(&|_, proven| proven.t.clone())),
        ]
        .map(|(name, list)| (name.to_owned(), list))
        .into()
    }
}
