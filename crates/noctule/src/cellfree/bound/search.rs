//! Branch and bound over regions: how one is examined, left, and divided.

use noctule_num::C64;
use noctule_num::linalg::{HermitianEigen, real_dot};
use noctule_optim::branch_bound::{Examined, Relaxation};
use noctule_optim::{Interrupt, Lbfgs, StopRule, StopRules, Trace};

use super::certificate::{Certificate, Towards};
use super::node::Node;
use super::proof::Leaf;
use super::region::Region;
use crate::Error;
use crate::cellfree::model::Link;

/// Residuals of the rounds of a region.
const ROUNDS: [f64; 6] = [1e-3, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6];
/// Least amplitude of a beam, or of slack, where a region starts: zero is stationary on a sphere, and
/// a start at a design of full power would never find that less power is worth more.
const AWAKE: f64 = 0.05;
/// Evaluations a round may spend: what is left of the gap is branched on.
const EVALUATIONS: u64 = 400;
/// Pairs of steps and gradients that L-BFGS keeps.
const MEMORY: usize = 20;
/// A region is left when its bound is this share of the gap away from its value: branching elsewhere
/// gains more.
const SETTLED: f64 = 0.1;
/// Amplitude of a step in the direction of a certificate, over the root of the access points.
const STEP: f64 = 0.1;
/// Amplitude by which the slack of an access point grows that should send less.
const SLACKEN: f64 = 0.3;
/// Turn from one entry to the next, radians, of beams without a direction of their own: no fraction
/// of a circle, so that no two of them are orthogonal by accident.
const TURN: f64 = 2.4;

pub(super) struct Search {
    pub(super) node: Node,
    solver: Lbfgs,
    eigen: HermitianEigen,
    /// Width of the interval that is aimed at, nats.
    pub(super) gap: f64,
    pub(super) failure: Option<Error>,
    /// From here on a region is of no more interest, as what is minimised.
    pub(super) cutoff: f64,
    interrupt: Interrupt,
    /// What was not divided further.
    pub(super) leaves: Vec<Leaf>,
}

impl Search {
    pub(super) fn new(node: Node, gap: f64, interrupt: Interrupt) -> Self {
        Self {
            solver: Lbfgs::with_memory(node.model.manifold(), MEMORY),
            eigen: HermitianEigen::new(node.model.aps * node.model.antennas),
            node,
            gap,
            failure: None,
            cutoff: f64::INFINITY,
            interrupt,
            leaves: Vec::new(),
        }
    }

    /// Climb to a residual, and certify what was reached.
    fn round(&mut self, x: &mut [C64], tolerance: f64) -> Result<Certificate, Error> {
        let rules = StopRules::from(StopRule::Residual(tolerance))
            | StopRule::Progress { tolerance: 1e-9, window: 30 }
            | StopRule::Evaluations(EVALUATIONS);
        self.solver.minimise(&mut self.node, x, &rules, &self.interrupt, &mut Trace::off());
        self.node.certificate(x, &mut self.eigen)
    }

    /// The upper bound of a region, in rounds of rising accuracy.
    fn climb(&mut self, region: &mut Region, cutoff: f64) -> Result<f64, Error> {
        let mut best = f64::INFINITY;
        for (round, tolerance) in ROUNDS.into_iter().enumerate() {
            let Certificate { bound, value, towards, proven } =
                self.round(&mut region.x, tolerance)?;
            best = best.min(bound);
            region.note(proven, bound);
            // A relaxation whose value is above the cutoff cannot be put aside however well it is solved.
            let open = if cutoff.is_finite() { value + cutoff } else { 0.0 };
            let done = -best >= cutoff || best - value <= SETTLED * self.gap.max(open);
            if done || round + 1 == ROUNDS.len() {
                break;
            }
            // Stuck: a factor may be stationary where its covariance is not, and only the direction
            // of the certificate leads away.
            self.push(&mut region.x, &towards);
        }
        Ok(best)
    }

    /// No beam, no sensing signal and no slack at zero.
    fn wake(&self, x: &mut [C64]) {
        let (n, stride) = (self.node.model.antennas, self.node.model.stride());
        for (ap, block) in x.chunks_exact_mut(stride).enumerate() {
            for (k, beam) in block.chunks_exact_mut(n).enumerate() {
                if real_dot(beam, beam) < AWAKE * AWAKE {
                    self.wake_beam(ap, k, beam);
                }
            }
        }
        self.solver.manifold().normalise(x);
    }

    /// Towards the user; sensing signals and slack in a direction of their own.
    fn wake_beam(&self, ap: usize, k: usize, beam: &mut [C64]) {
        let model = &self.node.model;
        let n = model.antennas;
        if k < model.users {
            let channel = &model.channel(k)[ap * n..(ap + 1) * n];
            let norm = real_dot(channel, channel).sqrt();
            if norm > 0.0 {
                beam.iter_mut().zip(channel).for_each(|(w, h)| *w += h * (AWAKE / norm));
            }
        } else {
            let each = AWAKE / (n as f64).sqrt();
            for (i, z) in beam.iter_mut().enumerate() {
                *z += C64::from_polar(each, TURN * (i * (k + 1)) as f64);
            }
        }
    }

    /// A step in the direction of a certificate.
    fn push(&self, x: &mut [C64], towards: &Towards) {
        let model = &self.node.model;
        let (n, stride) = (model.antennas, model.stride());
        if let Some((user, vector)) = &towards.user {
            self.lean(x, *user, vector);
        }
        for &ap in &towards.less {
            let slack = &mut x[ap * stride + model.users * n];
            let turn = if slack.norm() > 0.0 { *slack / slack.norm() } else { C64::ONE };
            *slack += turn * SLACKEN;
        }
        self.solver.manifold().normalise(x);
    }

    /// A step of a user's beam along `vector`, stacked over access points, in the phase of the beam:
    /// against it the step would undo what is there.
    fn lean(&self, x: &mut [C64], user: usize, vector: &[C64]) {
        let model = &self.node.model;
        let (n, stride) = (model.antennas, model.stride());
        let norm = real_dot(vector, vector).sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return;
        }
        let at = |i: usize| i / n * stride + user * n + i % n;
        let mut along = C64::ZERO;
        for (i, v) in vector.iter().enumerate() {
            along += v.conj() * x[at(i)];
        }
        let turn = if along.norm() > 0.0 { along / along.norm() } else { C64::ONE };
        let step = STEP * (model.aps as f64).sqrt() / norm;
        for (i, v) in vector.iter().enumerate() {
            x[at(i)] += v * turn * step;
        }
    }
}

impl Relaxation for Search {
    type Region = Region;
    type Point = Vec<C64>;

    /// Branch and bound minimises: what it is told is minus a rate.
    fn examine(&mut self, region: &mut Region, cutoff: f64) -> Examined<Vec<C64>> {
        self.cutoff = cutoff;
        if let Some(bound) = region.enough {
            return Examined::new(bound);
        }
        self.node.enter(region);
        self.wake(&mut region.x);
        let best = match self.climb(region, cutoff) {
            Ok(best) => best,
            Err(error) => {
                self.failure = Some(error);
                return Examined::new(f64::NEG_INFINITY);
            }
        };
        self.node.model.forward(&region.x);
        region.levels = self.node.levels();
        let rate = self.node.model.value(Link::Rate);
        let examined = Examined::new(-best);
        let feasible = self.node.limit.is_infinite() || self.node.model.error() <= self.node.limit;
        if feasible { examined.with_point(-rate, region.x.clone()) } else { examined }
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        self.cut(region, into);
    }

    fn settle(&mut self, region: Region) {
        self.leaves.push(region.leaf());
    }
}
