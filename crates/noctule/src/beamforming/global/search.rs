//! Branch and bound as the problem sees it: a box is relaxed, its solution climbed from, its widest
//! chord cut.

use std::collections::BTreeMap;

use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::branch_bound::{Examined, Relaxation};
use noctule_optim::{Interrupt, Lbfgs, Manifold, Objective, StopRule, StopRules, Trace, Work};

use super::region::{Leaf, NO_WIDTH, Region};
use crate::Error;
use crate::beamforming::Instance;
use crate::beamforming::model::{Model, Space};
use crate::beamforming::rate_term::RateTerm;
use crate::beamforming::starts::GOLDEN_ANGLE;

/// The stationarity asked for in successive rounds of a node, with a look at the bound in between.
const ROUNDS: [f64; 6] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
/// Evaluations in one round of a node.
const ROUND_EVALUATIONS: u64 = 300;
/// A relaxation is solved well enough at this share of the gap that is to be closed: what is left
/// for its chords is nearly all of it.
const INNER_SHARE: f64 = 0.1;
/// Rounds of descent alone, before power is moved by hand.
const UNSTIRRED: usize = 2;
/// Share of the power moved into the Frank–Wolfe direction where descent alone leaves a gap: a
/// beam of zero is stationary, and only that direction reveals it.
const STIR: f64 = 1e-2;
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
/// Promising is a start that is behind the best by less than this many closed gaps.
const PROMISING: f64 = 2.0;
/// A box is cut no nearer to an end than at this share of its logarithmic width.
const NEAREST_CUT: f64 = 0.2;

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
    pub(super) best: f64,
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
        let streams = users + if design.targets() > 0 { design.rank() } else { 0 };
        let relaxed = Model::with_streams(instance, Space::Reduced, streams.max(1))?;
        Ok(Self {
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
            best: f64::INFINITY,
            nodes: 0,
            work: Work::default(),
            interrupt,
            failure: None,
        })
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
        let (low, levels) = (vec![1.0; self.users], vec![1.0; self.users]);
        let mut root = Region { low, high, point, levels, leaf: 0, proven: None };
        self.enter(&mut root);
        root
    }

    /// Minimise the relaxation of a box until it is of no more interest or its gap is small;
    /// returns a lower bound.
    fn relax(&mut self, region: &mut Region, cutoff: f64) -> Result<f64, Error> {
        let chords = (0..self.users).map(|k| region.chord(k)).collect();
        self.relaxed.set_rate(RateTerm::Chords(chords));
        let mut bound = f64::NEG_INFINITY;
        for (round, tolerance) in ROUNDS.into_iter().enumerate() {
            self.solve.manifold().normalise(&mut region.point);
            let rules = StopRules::from(StopRule::Residual(tolerance))
                | StopRule::Progress { tolerance: 1e-14, window: 30 }
                | StopRule::Evaluations(ROUND_EVALUATIONS);
            let run = self.solve.minimise(
                &mut self.relaxed,
                &mut region.point,
                &rules,
                self.interrupt,
                &mut Trace::off(),
            );
            self.work += run.work;
            if !run.value.is_finite() {
                break;
            }
            let (lower, worst) = self.certificate(&region.point)?;
            if lower > bound {
                bound = lower;
                self.note(region, lower);
            }
            let gap = run.value - lower;
            if bound >= cutoff || gap <= INNER_SHARE * self.closed || self.interrupt.is_raised() {
                break;
            }
            if round >= UNSTIRRED {
                self.stir(&mut region.point, worst);
            }
        }
        region.levels = (0..self.users).map(|k| self.relaxed.interference(k)).collect();
        Ok(bound)
    }

    /// A lower bound of the relaxation from its linearisation at `point`, with the block of its
    /// most negative direction (`users` stands for sensing); leaves that direction in `eigen`.
    fn certificate(&mut self, point: &[C64]) -> Result<(f64, usize), Error> {
        let value = self.relaxed.eval(point, &mut self.gradient);
        self.work.evaluations += 1;
        if !value.is_finite() {
            return Ok((f64::NEG_INFINITY, self.users));
        }
        // G = −∇/2 of what is minimised; G_k adds the user's own stream back, as it is no
        // interference to itself.
        let shared = self.relaxed.curvature();
        let tangent = self.relaxed.chord_tangent();
        let mut steepest = (f64::NEG_INFINITY, self.users);
        for user in 0..self.users {
            self.eigen.compute(&self.relaxed.own_curvature(&shared, user))?;
            self.work.factorisations += 1;
            if self.eigen.max() > steepest.0 {
                steepest = (self.eigen.max(), user);
            }
        }
        if self.users == 0 {
            self.eigen.compute(&shared)?;
            self.work.factorisations += 1;
            steepest = (self.eigen.max(), self.users);
        }
        self.margin = tangent.margin;
        Ok((-(tangent.constant + steepest.0.max(0.0) + tangent.margin), steepest.1))
    }

    /// Move a little power into the direction that the linearisation asks for.
    fn stir(&mut self, point: &mut [C64], block: usize) {
        let rank = self.relaxed.rank();
        let shared = self.relaxed.curvature();
        let matrix =
            if block < self.users { self.relaxed.own_curvature(&shared, block) } else { shared };
        if self.eigen.compute(&matrix).is_err() {
            return;
        }
        let direction = self.eigen.vectors().col(rank - 1);
        let column = if block < self.users { block } else { self.users };
        let beam = &mut point[column * rank..(column + 1) * rank];
        // in phase with the beam, so that the two do not cancel
        let overlap: C64 = direction.iter().zip(&*beam).map(|(d, w)| d.conj() * w).sum();
        let phase = if overlap.norm() > 0.0 { overlap / overlap.norm() } else { C64::ONE };
        for (w, d) in beam.iter_mut().zip(direction) {
            *w += d * phase * STIR.sqrt();
        }
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
        if self.nodes > ALWAYS_POLISHED && value > self.best + PROMISING * self.closed {
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
        self.nodes += 1;
        self.best = self.best.min(cutoff + self.closed);
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
        if self.users == 0 || self.failure.is_some() {
            return;
        }
        let width = |k: usize| (region.high[k] / region.low[k]).ln();
        let largest = |score: &dyn Fn(usize) -> f64| {
            (0..self.users).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(0)
        };
        let mut user = largest(&|k| region.error(k));
        // Where the chord is cut: at the level of the solution, but never near an end.
        let mut share = ((region.levels[user] / region.low[user]).ln() / width(user))
            .clamp(NEAREST_CUT, 1.0 - NEAREST_CUT);
        if region.error(user) <= 0.0 || !share.is_finite() {
            user = largest(&width);
            share = 0.5;
        }
        if width(user) <= NO_WIDTH {
            return;
        }
        let cut = region.low[user] * (share * width(user)).exp();
        let mut below = region.clone();
        below.high[user] = cut;
        let mut above = region;
        above.low[user] = cut;
        self.leaves.remove(&below.leaf);
        self.enter(&mut below);
        self.enter(&mut above);
        into.extend([below, above]);
    }
}

impl Model {
    /// `G₀ + λ_k h_k h_kᴴ` times the rate weight: the block of user `k` in the linearisation, from
    /// the shared `G₀` ([`Model::curvature`]).
    fn own_curvature(&self, shared: &CMat, user: usize) -> CMat {
        let channel = self.space().columns(user..user + 1);
        let mut own = product(&channel, Op::Plain, &channel, Op::Adjoint);
        own.scale(self.chord_weight(user));
        for j in 0..own.cols() {
            for (z, s) in own.col_mut(j).iter_mut().zip(shared.col(j)) {
                *z += s;
            }
        }
        own
    }
}
