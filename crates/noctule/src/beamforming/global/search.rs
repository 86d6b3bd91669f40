//! Branch and bound as the problem sees it: a box is relaxed, its solution climbed from, and the box cut.

use std::collections::BTreeMap;

use noctule_num::C64;
use noctule_num::linalg::{HermitianEigen, real_dot};
use noctule_optim::branch_bound::{Examined, Relaxation};
use noctule_optim::{Interrupt, Lbfgs, Manifold, Objective, StopRule, StopRules, Trace, Work};

use super::region::{Leaf, Region};
use crate::Error;
use crate::beamforming::Instance;
use crate::beamforming::model::{Model, Space};
use crate::beamforming::starts::GOLDEN_ANGLE;

/// Amplitude of what is added to the beams of the root beside those known.
const LITTLE: f64 = 0.03;
/// The rounding of a norm in a rotated basis, with room: the root box must hold all levels.
const ROTATED: f64 = 1e-9;
/// Nodes from each of which the design method is started; later ones must look promising.
const ALWAYS_POLISHED: u64 = 6;
/// Residual at which a climb from a node ends, that of a design by default.
const POLISHED: f64 = 1e-6;
/// Evaluations of such a climb; a better point that needs more is met again.
const POLISHING: u64 = 1000;
/// Of promising starts that are no better than the best, one in so many is climbed from.
const SPARED: u64 = 8;
/// Sensing streams of the relaxation for every target: as many as target space has dimensions for it.
const STREAMS_PER_TARGET: usize = 3;
/// Promising is a start that is behind the best by less than this many closed gaps.
const PROMISING: f64 = 2.0;
/// The relaxation of boxes, the climb from what they suggest, and what they prove.
pub(super) struct Search<'a> {
    pub(super) users: usize,
    /// The true objective, minimised.
    pub(super) design: Model,
    /// The relaxation: chords, and as many sensing streams as could ever help.
    pub(super) relaxed: Model,
    pub(super) climb: Lbfgs,
    pub(super) solve: Lbfgs,
    pub(super) eigen: HermitianEigen,
    pub(super) gradient: Vec<C64>,
    pub(super) design_gradient: Vec<C64>,
    /// The gap that is closed, in units.
    pub(super) closed: f64,
    /// What the boxes that were not divided further prove, together of all beams.
    pub(super) leaves: BTreeMap<u64, Leaf>,
    /// Leaves made so far.
    pub(super) made: u64,
    /// Margin of the certificate computed last.
    pub(super) margin: f64,
    /// Of the eigenvalues computed last, the largest.
    pub(super) steepest: f64,
    pub(super) best: f64,
    /// The bound from which on regions are put aside.
    pub(super) cutoff: f64,
    pub(super) nodes: u64,
    pub(super) work: Work,
    pub(super) interrupt: &'a Interrupt,
    pub(super) failure: Option<Error>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        instance: &Instance,
        closed: f64,
        interrupt: &'a Interrupt,
    ) -> Result<Self, Error> {
        let design = Model::new(instance, Space::Reduced)?;
        let users = design.users();
        let sensing = (STREAMS_PER_TARGET * design.targets()).min(design.rank());
        let streams = users + sensing;
        let relaxed = Model::with_streams(instance, Space::Reduced, streams.max(1))?;
        Ok(Self::between(design, relaxed, closed, interrupt))
    }

    /// A search for the optimum of `design`, by relaxations of `relaxed`, which is the same with as many
    /// streams as could ever help.
    pub(super) fn between(
        design: Model,
        relaxed: Model,
        closed: f64,
        interrupt: &'a Interrupt,
    ) -> Self {
        let users = design.users();
        Self {
            users,
            climb: Lbfgs::new(Manifold::sphere(design.dim())),
            solve: Lbfgs::new(Manifold::sphere(relaxed.dim())),
            eigen: HermitianEigen::new(relaxed.rank()),
            gradient: vec![C64::ZERO; relaxed.dim()],
            design_gradient: vec![C64::ZERO; design.dim()],
            design,
            relaxed,
            closed,
            leaves: BTreeMap::new(),
            made: 0,
            margin: 0.0,
            steepest: 0.0,
            best: f64::INFINITY,
            cutoff: f64::INFINITY,
            nodes: 0,
            work: Work::default(),
            interrupt,
            failure: None,
        }
    }

    pub(super) fn root(&mut self, start: &[C64]) -> Region {
        let high = (0..self.users)
            .map(|k| {
                let h = self.relaxed.space().col(k);
                (1.0 + real_dot(h, h)) * (1.0 + ROTATED)
            })
            .collect();
        let mut point = vec![C64::ZERO; self.relaxed.dim()];
        let shared = start.len().min(point.len());
        point[..shared].copy_from_slice(&start[..shared]);
        // A little of everything: beams of zero would stay zero.
        let size = LITTLE / (point.len() as f64).sqrt();
        for (i, z) in point.iter_mut().enumerate() {
            let angle = GOLDEN_ANGLE * i as f64;
            *z += C64::from_polar(size, angle);
        }
        let (low, levels) = (vec![1.0; self.users], vec![(1.0, 0.0); self.users]);
        let mut root = Region { low, high, point, levels, leaf: 0, proven: None, enough: None };
        self.enter(&mut root);
        root
    }

    /// The design method from a point of the relaxation, where that is worth it.
    fn polish(&mut self, point: &[C64]) -> Option<(f64, Vec<C64>)> {
        let rank = self.relaxed.rank();
        let mut start = vec![C64::ZERO; self.design.dim()];
        let data = self.users * rank;
        let wanted = self.design.streams().saturating_sub(self.users);
        start[..data].copy_from_slice(&point[..data]);
        // The strongest sensing beams, as many as the design may have.
        let mut others: Vec<&[C64]> = point[data..].chunks_exact(rank).collect();
        others.sort_by(|a, b| real_dot(b, b).total_cmp(&real_dot(a, a)));
        for (to, from) in start[data..].chunks_exact_mut(rank).zip(others.iter().take(wanted)) {
            to.copy_from_slice(from);
        }
        self.climb.manifold().normalise(&mut start);
        let value = self.design.eval(&start, &mut self.design_gradient);
        self.work.evaluations += 1;
        // What is better as it is, is taken; climbs that would end where others did are spared.
        let rare = self.nodes > ALWAYS_POLISHED && !self.nodes.is_power_of_two();
        let promising = value <= self.best + PROMISING * self.closed;
        if rare && !promising || rare && !self.nodes.is_multiple_of(SPARED) && value >= self.best {
            return None;
        }
        let rules = StopRules::from(StopRule::Residual(POLISHED))
            | StopRule::Progress { tolerance: 1e-13, window: 20 }
            | StopRule::Evaluations(POLISHING);
        let run = self.climb.minimise(
            &mut self.design,
            &mut start,
            &rules,
            self.interrupt,
            &mut Trace::off(),
        );
        self.work += run.work;
        run.value.is_finite().then_some((run.value, start))
    }
}

impl Relaxation for Search<'_> {
    type Region = Region;
    type Point = Vec<C64>;

    fn examine(&mut self, region: &mut Region, cutoff: f64) -> Examined<Vec<C64>> {
        self.best = self.best.min(cutoff + self.closed);
        self.cutoff = cutoff;
        if let Some(bound) = region.enough {
            return Examined::new(bound);
        }
        self.nodes += 1;
        let bound = match self.relax(region, cutoff) {
            Ok(bound) => bound,
            Err(error) => {
                self.failure.get_or_insert(error);
                f64::NEG_INFINITY
            }
        };
        if let Some(leaf) = self.leaves.get_mut(&region.leaf) {
            leaf.proven.clone_from(&region.proven);
        }
        let point = region.point.clone();
        match self.polish(&point) {
            Some((value, point)) => Examined::new(bound).with_point(value, point),
            None => Examined::new(bound),
        }
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        self.cut(region, into);
    }
}

impl Model {
    /// `δ_c λ_k`: what the own stream of user `k` is spared.
    pub(super) fn own_weight(&self, user: usize) -> f64 {
        self.plane(user).map_or(0.0, |plane| self.rate_weight() * plane.slope)
    }

    /// The interference of user `k`, and what its envelope is above its rate there.
    pub(super) fn level(&self, user: usize) -> (f64, f64) {
        let (rate, level) = self.reception(user);
        let above = self.plane(user).map_or(0.0, |plane| plane.value - rate);
        (level, above)
    }
}
