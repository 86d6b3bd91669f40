//! Climbs that end early, because it is known where they lead.
//!
//! Most starts end in an optimum that an earlier one has found. A climb is ended where all of this holds:
//! it is nearly stationary (a residual of at most a tenth), its covariances of every user and of sensing
//! are within a hundredth of those of an earlier end (relative to the power, squares of Frobenius norms
//! added up: phases of data beams and rotations among sensing beams change nothing), and its value is not
//! better than that end. It then counts as having ended there.
//!
//! That is a criterion and no proof: another optimum might lie as close. In a campaign of 600 scenes of ten
//! kinds none was lost by it (`docs/performance.md`, with what four starts miss). To end climbs that are merely far behind the best
//! one loses optima, because climbs rest at saddles on their way.

use noctule_num::C64;
use noctule_num::linalg::{dot, real_dot};
use noctule_optim::{Interrupt, Lbfgs, MultiStart, Objective, Shape, StopRules, Trace, Work};

use super::model::Model;

/// Only a climb with at most this residual is compared with earlier ends.
const NEAR: f64 = 0.1;
/// Relative distance of covariances within which an earlier end is the same one.
const RADIUS: f64 = 0.01;
/// A value is that of an earlier end, or above it, up to this much, relative to max(1, |value|).
const SAME: f64 = 1e-9;

/// Where climbs of one design have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends(Vec<End>);

/// A stationary point: its value, and its beams in the reduced space, `rank` entries a stream.
#[derive(Clone, Debug)]
struct End {
    value: f64,
    point: Vec<C64>,
}

/// The objective of a climb, which is watched on its way.
struct Watched<'a> {
    model: &'a mut Model,
    ends: &'a [End],
    /// The value of the end that it leads to.
    known: Option<f64>,
}

impl Objective for Watched<'_> {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        self.model.eval(x, gradient)
    }

    fn shape(&mut self, x: &[C64], steps: u64, residual: f64) -> Option<Shape> {
        self.model.shape(x, steps, residual)
    }

    fn precondition(&mut self, v: &mut [C64]) {
        self.model.precondition(v);
    }

    fn settled(&mut self, x: &[C64], value: f64, residual: f64) -> bool {
        if residual > NEAR {
            return false;
        }
        let (rank, users) = (self.model.rank(), self.model.users());
        let same = |end: &&End| {
            value >= end.value - SAME * end.value.abs().max(1.0)
                && distance(x, &end.point, rank, users) <= RADIUS
        };
        self.known = self.ends.iter().find(same).map(|end| end.value);
        self.known.is_some()
    }
}

/// The root of `Σ_k ‖w_k w_kᴴ − v_k v_kᴴ‖² + ‖W_s W_sᴴ − V_s V_sᴴ‖²` for two points of unit power, which may
/// have different numbers of sensing streams.
fn distance(one: &[C64], other: &[C64], rank: usize, users: usize) -> f64 {
    let data = users * rank;
    let mut squared = 0.0;
    for (w, v) in one[..data].chunks_exact(rank).zip(other[..data].chunks_exact(rank)) {
        squared += real_dot(w, w).powi(2) + real_dot(v, v).powi(2) - 2.0 * dot(w, v).norm_sqr();
    }
    let overlap = |a: &[C64], b: &[C64]| -> f64 {
        let with = |w: &[C64]| b.chunks_exact(rank).map(|v| dot(w, v).norm_sqr()).sum::<f64>();
        a.chunks_exact(rank).map(with).sum()
    };
    let (w, v) = (&one[data..], &other[data..]);
    squared += overlap(w, w) + overlap(v, v) - 2.0 * overlap(w, v);
    squared.max(0.0).sqrt()
}

/// Minimise from every start and keep the best, as [`noctule_optim::multi_start`] does, but end climbs
/// early where their end is among `ends`, to which those of this call are added.
/// Says too whether the best one was ended because it leads to an end of earlier calls.
pub(super) fn best_of(
    model: &mut Model,
    solver: &mut Lbfgs,
    starts: Vec<Vec<C64>>,
    rules: &StopRules,
    (ends, interrupt, trace_room): (&mut Ends, &Interrupt, usize),
) -> Option<(MultiStart, bool)> {
    let mut best: Option<(MultiStart, bool)> = None;
    let (mut values, mut work) = (Vec::new(), Work::default());
    for (index, mut point) in starts.into_iter().enumerate() {
        if index > 0 && interrupt.is_raised() {
            break;
        }
        solver.manifold().normalise(&mut point);
        let mut trace = Trace::with_room(trace_room);
        let leading = best.as_ref().map_or(f64::INFINITY, |(best, _)| best.run.value);
        let mut watched = Watched { model, ends: &ends.0, known: None };
        let mut run = solver.minimise(&mut watched, &mut point, rules, interrupt, &mut trace);
        let known = watched.known;
        if let Some(value) = known {
            run.value = value;
        } else if run.value.is_finite() {
            ends.0.push(End { value: run.value, point: point.clone() });
        }
        values.push(run.value);
        work += run.work;
        if run.value < leading || best.is_none() {
            let (values, work) = (Vec::new(), Work::default());
            let found = MultiStart { point, run, best: index, values, trace, work };
            best = Some((found, known.is_some()));
        }
    }
    best.map(|(best, known)| (MultiStart { values, work, ..best }, known))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use noctule_num::CMat;
    use noctule_num::linalg::{Op, product};
    use noctule_num::rng::{StreamKey, complex_normal};
    use noctule_optim::{Manifold, multi_start};

    use super::*;
    use crate::beamforming::design::{default_starts, start_beams};
    use crate::beamforming::model::Space;
    use crate::beamforming::{Scenario, Settings};

    /// `W_s W_sᴴ` and every `w_k w_kᴴ`, entry by entry.
    fn covariances(point: &[C64], rank: usize, users: usize) -> Vec<C64> {
        let mut all = Vec::new();
        let mut add = |columns: &[C64]| {
            let w = CMat::from_columns(rank, columns.len() / rank, columns.to_vec()).unwrap();
            all.extend_from_slice(product(&w, Op::Plain, &w, Op::Adjoint).as_slice());
        };
        point[..users * rank].chunks_exact(rank).for_each(&mut add);
        add(&point[users * rank..]);
        all
    }

    #[test]
    fn the_distance_is_that_of_covariances() {
        let (rank, users) = (5, 2);
        let mut rng = StreamKey::new(3, "test", "basins", 0).trial(0);
        let mut draw = |streams: usize| -> Vec<C64> {
            (0..rank * streams).map(|_| complex_normal(&mut rng, 0.1)).collect()
        };
        let (one, other) = (draw(6), draw(3));
        let (a, b) = (covariances(&one, rank, users), covariances(&other, rank, users));
        let naive = a.iter().zip(&b).map(|(a, b)| (a - b).norm_sqr()).sum::<f64>().sqrt();
        assert!((distance(&one, &other, rank, users) - naive).abs() < 1e-12 * naive);
        // A phase of a data beam, and two sensing beams in another order and turned.
        let mut turned = one.clone();
        turned[..rank].iter_mut().for_each(|z| *z *= C64::cis(1.0));
        let (cosine, sine) = (0.6, C64::new(0.0, 0.8));
        for i in 0..rank {
            let (u, v) = (one[2 * rank + i], one[3 * rank + i]);
            turned[2 * rank + i] = u * cosine + v * sine;
            turned[3 * rank + i] = u * sine + v * cosine;
        }
        assert!(distance(&one, &turned, rank, users) < 1e-6);
    }

    /// The same optima as without an early end, for less.
    #[test]
    fn an_early_end_is_the_end_of_the_whole_climb() {
        let (rules, never) = (Settings::default().rules(), Interrupt::new());
        let (mut less, mut more) = (0, 0);
        for trial in 0..12 {
            let instance = Scenario { users: 6, ..Scenario::paper() }.realize(4, trial).unwrap();
            let mut model = Model::new(&instance, Space::Reduced).unwrap();
            let points: Vec<Vec<C64>> = default_starts(8)
                .into_iter()
                .map(|start| model.point(&start_beams(&instance, start).unwrap()))
                .collect();
            let mut solver = Lbfgs::new(Manifold::sphere(model.dim()));
            let whole =
                multi_start(&mut solver, &mut model, points.clone(), &rules, &never, 0).unwrap();
            let around = (&mut Ends::default(), &never, 0);
            let (early, known) = best_of(&mut model, &mut solver, points, &rules, around).unwrap();
            assert!(!known, "the best climb of a call is whole");
            for (early, whole) in early.values.iter().zip(&whole.values) {
                assert!((early - whole).abs() < 1e-8, "{early} {whole}");
            }
            less += early.work.evaluations;
            more += whole.work.evaluations;
        }
        assert!(less < more * 2 / 3, "{less} of {more} evaluations");
    }
}
