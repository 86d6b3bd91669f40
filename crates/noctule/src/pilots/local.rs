//! Descent on exact errors where pilots are correlated in both directions.
//!
//! The worst exact error is a minimum over amplitudes `s_mk = √x_mk ≥ 0`, in which moments are
//! polynomials; `s = u²/√(u² + ε²)` keeps them from changing sign, which no fraction can. Each access
//! point is a sphere of its amplitudes and one of slack, so that the power limits hold by
//! themselves; limits on positions are constraints of an augmented Lagrangian.
//!
//! 1. **Rough.** From every start a smooth maximum of `ln e_k` is minimised with growing sharpness.
//!    What such a descent promises is its Lagrangian: it may end outside the limits, where the error
//!    itself says nothing of what it will be inside.
//! 2. **Finish.** From the most promising the largest error itself, with the other users' below it as
//!    constraints, in a few passes: each goes on with the multipliers of the one before, with the
//!    error that turned out to be the largest, and from inside the limits where the one before left
//!    them.
//! 3. **Bring back.** What ends outside the limits moves towards an allocation inside them: bounds are
//!    convex in the fractions, so that the way there enters once.
//!
//! What converges is stationary, and no more: there are other valleys. Where the best is to give a user
//! ever less power (it then learns its gain from the correlated pilots of others) nothing is
//! stationary, and nothing converges.

mod amplitudes;
mod moments;

use noctule_num::C64;
use noctule_num::rng::{StreamKey, uniform};
use noctule_optim::augmented_lagrangian::{AugmentedSettings, ConstrainedRun};
use noctule_optim::{AugmentedLagrangian, Constrained, Interrupt, Manifold, Trace};

use amplitudes::{Aim, Amplitudes, SOFT};

use super::interior::Normalised;
use super::polish::within_power;
use super::{Instance, SYSTEM};

/// How much is tried.
#[derive(Clone, Copy)]
struct Effort {
    /// Starts beyond those that are handed in.
    drawn: u64,
    /// Starts that are finished.
    finished: usize,
    /// Evaluations of every round of a start.
    round: u64,
}

impl Effort {
    /// An evaluation costs M K³ products: some tenths of a second up to eight access points and six
    /// users, less care beyond.
    const fn of(points: usize, users: usize) -> Self {
        if points * users * users * users <= 2000 {
            Self { drawn: 8, finished: 4, round: 150 }
        } else {
            Self { drawn: 2, finished: 1, round: 60 }
        }
    }
}

/// Sharpness of the smooth maximum, one after the other: the last leaves ln K/3000.
const SHARPNESS: [f64; 3] = [20.0, 250.0, 3000.0];
/// Pairs that the descents remember: about as many as there are amplitudes. Constraints and amplitudes
/// next to zero make the problem stiff, and ten pairs spend all evaluations before they end.
const MEMORY: usize = 40;
/// Passes of a finish, and the evaluations of each in rounds of a start.
const PASSES: usize = 3;
const ROUNDS: u64 = 10;
/// Residuals of the Lagrangian at which rough descents, first passes and later ones end.
const ROUGH: f64 = 1e-4;
const FINE: f64 = 1e-7;
/// Largest constraint at the end of a descent: within what limits are kept inside by.
const FEASIBLE: f64 = 3e-7;
/// Residual up to which a point counts as stationary.
const STATIONARY: f64 = 1e-5;
/// Largest violation of a constraint at a stationary point: what limits are kept inside by.
const MET: f64 = 1e-6;
/// A weight of the largest error this far below zero says that another error is the largest.
const NEGATIVE: f64 = 1e-6;
/// Penalties beyond this say that a pass is stuck outside the limits: its multipliers mean nothing.
const STUCK: f64 = 1e8;
/// Fractions that differ by no more than this lead to the same valley.
const SAME: f64 = 0.05;

/// A point that was found.
pub(super) struct Valley {
    /// Its score.
    pub(super) value: f64,
    /// Fractions, user by user.
    pub(super) x: Vec<f64>,
    /// Residual of the Lagrangian, with the limits met, where the search converged.
    pub(super) residual: Option<f64>,
}

/// What points are judged by: the lower the better, +∞ outside the limits.
pub(super) type Score<'a> = dyn FnMut(&[f64]) -> f64 + 'a;

/// The search.
pub(super) struct Local<'a> {
    problem: Amplitudes<'a>,
    /// Meets the limits.
    inside: &'a [f64],
    effort: Effort,
    pub(super) evaluations: u64,
}

impl<'a> Local<'a> {
    /// A search whose points are brought back towards `inside`.
    pub(super) fn new(instance: &'a Instance, model: &'a Normalised, inside: &'a [f64]) -> Self {
        let problem = Amplitudes::new(instance, model);
        Self { problem, inside, effort: Effort::of(model.points, model.users), evaluations: 0 }
    }

    /// The best of what descends from `starts` and from drawn ones.
    pub(super) fn search(
        &mut self,
        starts: &[Vec<f64>],
        score: &mut Score<'_>,
        interrupt: &Interrupt,
    ) -> Option<Valley> {
        let drawn = (0..self.effort.drawn).map(|i| self.drawn(i)).collect::<Vec<_>>();
        let mut rough: Vec<(f64, Vec<f64>)> = Vec::new();
        for start in starts.iter().chain(&drawn) {
            if interrupt.is_raised() {
                break;
            }
            rough.push(self.rough(start, interrupt));
        }
        rough.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best: Option<Valley> = None;
        for x in distinct(rough.into_iter().map(|(_, x)| x), self.effort.finished) {
            let valley = self.finished(&x, score, interrupt);
            if best.as_ref().is_none_or(|best| valley.value < best.value) {
                best = Some(valley);
            }
        }
        best.filter(|best| best.value.is_finite())
    }

    /// The valley that a descent from next to `x` leads to.
    pub(super) fn beside(
        &mut self,
        x: &[f64],
        index: u64,
        score: &mut Score<'_>,
        interrupt: &Interrupt,
    ) -> Valley {
        let start = self.perturbed(x, index);
        let (_, x) = self.rough(&start, interrupt);
        self.finished(&x, score, interrupt)
    }

    /// Descents on smooth maxima, and what they promise: the Lagrangian, which is to first order the
    /// logarithm of the error once the limits are met.
    fn rough(&mut self, start: &[f64], interrupt: &Interrupt) -> (f64, Vec<f64>) {
        self.problem.soft = SOFT[0];
        let mut x = self.problem.entered(start);
        let mut promise = f64::INFINITY;
        for sharpness in SHARPNESS {
            self.problem.aim = Aim::Smooth(sharpness);
            let run = self.descend(&mut x, ROUGH, self.effort.round, None, interrupt);
            let owed = run.multipliers.iter().zip(&run.constraints).map(|(l, c)| l * c);
            promise = run.value + owed.sum::<f64>();
        }
        (promise, self.problem.left(&x))
    }

    /// The best of a point brought back inside the limits, and of the descent from it on the largest
    /// error itself.
    pub(super) fn finished(
        &mut self,
        from: &[f64],
        score: &mut Score<'_>,
        interrupt: &Interrupt,
    ) -> Valley {
        let kept = self.brought_back(from.to_vec());
        let before = score(&kept);
        let (x, residual) = self.finish(from.to_vec(), interrupt);
        let x = self.brought_back(x);
        let value = score(&x);
        if value <= before {
            Valley { value, x, residual }
        } else {
            Valley { value: before, x: kept, residual: None }
        }
    }

    /// Passes on the largest error itself; with the residual where one ends at a stationary point.
    fn finish(&mut self, mut x: Vec<f64>, interrupt: &Interrupt) -> (Vec<f64>, Option<f64>) {
        let mut largest = self.largest_error(&x);
        let mut multipliers: Option<Vec<f64>> = None;
        for pass in 0..PASSES {
            let first = pass == 0;
            self.problem.soft = SOFT[usize::from(!first)];
            self.problem.aim = Aim::Largest(largest);
            let mut at = self.problem.entered(&x);
            let (tolerance, evaluations) =
                (if first { ROUGH } else { FINE }, ROUNDS * self.effort.round);
            let run = self.descend(&mut at, tolerance, evaluations, multipliers, interrupt);
            x = self.problem.left(&at);
            let weights = self.weights(&run, largest);
            let rightly = weights[largest] >= -NEGATIVE;
            if !first && rightly && run.residual <= STATIONARY && run.violation <= MET {
                return (x, Some(run.residual));
            }
            if interrupt.is_raised() {
                break;
            }
            if run.violation > MET {
                x = self.brought_back(x);
            }
            if run.penalty > STUCK {
                largest = self.largest_error(&x);
                multipliers = None;
            } else {
                largest = if rightly { largest } else { position_of_largest(&weights) };
                multipliers = Some(self.multipliers(&run, weights, largest));
            }
        }
        (x, None)
    }

    fn largest_error(&mut self, x: &[f64]) -> usize {
        self.problem.soft = SOFT[0];
        let at = self.problem.entered(x);
        self.problem.take(&at);
        position_of_largest(&self.problem.logs)
    }

    /// Weights of all errors in the Lagrangian: they sum to one, and that of the largest is what the
    /// multipliers of the others leave.
    fn weights(&self, run: &ConstrainedRun, largest: usize) -> Vec<f64> {
        let mut weights = run.multipliers[..self.problem.model.users - 1].to_vec();
        weights.insert(largest, 1.0 - weights.iter().sum::<f64>());
        weights
    }

    /// Multipliers for the next pass: of the errors other than the largest, and of the bounds.
    fn multipliers(&self, run: &ConstrainedRun, mut weights: Vec<f64>, largest: usize) -> Vec<f64> {
        weights.remove(largest);
        weights.iter_mut().for_each(|weight| *weight = weight.max(0.0));
        weights.extend(&run.multipliers[self.problem.model.users - 1..]);
        weights
    }

    fn descend(
        &mut self,
        x: &mut [C64],
        tolerance: f64,
        evaluations: u64,
        multipliers: Option<Vec<f64>>,
        interrupt: &Interrupt,
    ) -> ConstrainedRun {
        let settings = AugmentedSettings {
            tolerance,
            feasibility: tolerance.min(FEASIBLE),
            evaluations,
            ..AugmentedSettings::default()
        };
        let model = self.problem.model;
        let manifold = Manifold::spheres(model.points, model.users + 1, 1.0);
        let mut method = AugmentedLagrangian::with_memory(manifold, settings, MEMORY);
        manifold.normalise(x);
        let first = multipliers.unwrap_or_else(|| vec![0.0; self.problem.constraints()]);
        let run = method.minimise(&mut self.problem, x, &first, interrupt, &mut Trace::off());
        self.evaluations += run.work.evaluations;
        run
    }

    /// The first allocation within the limits on positions on the way from `x` to the one inside.
    fn brought_back(&self, x: Vec<f64>) -> Vec<f64> {
        let model = self.problem.model;
        let Some(limit) = self.problem.limit else { return x };
        if model.worst_crb(&x) <= limit {
            return x;
        }
        let on_the_way = |share: f64| -> Vec<f64> {
            x.iter().zip(self.inside).map(|(x, y)| (1.0 - share) * x + share * y).collect()
        };
        let (mut out, mut within) = (0.0, 1.0);
        // 2^-40 of the way is nothing to any limit.
        for _ in 0..40 {
            let middle = 0.5 * (out + within);
            if model.worst_crb(&on_the_way(middle)) <= limit {
                within = middle;
            } else {
                out = middle;
            }
        }
        on_the_way(within)
    }

    /// A start of random shares of random powers.
    fn drawn(&self, index: u64) -> Vec<f64> {
        let mut rng = StreamKey::new(0, SYSTEM, "local-start", index).trial(0);
        let (points, users) = (self.problem.model.points, self.problem.model.users);
        let mut x = vec![0.0; points * users];
        for m in 0..points {
            let shares: Vec<f64> =
                (0..users).map(|_| uniform(&mut rng, 0.05, 1.0).powi(3)).collect();
            let power = uniform(&mut rng, 0.05, 1.0) / shares.iter().sum::<f64>();
            for (k, share) in shares.iter().enumerate() {
                x[k * points + m] = power * share;
            }
        }
        x
    }

    /// Fractions somewhat off others.
    fn perturbed(&self, x: &[f64], index: u64) -> Vec<f64> {
        let mut rng = StreamKey::new(0, SYSTEM, "local-perturbed", index).trial(0);
        let mut off: Vec<f64> = x
            .iter()
            .map(|x| x * uniform(&mut rng, 0.4, 1.8) + uniform(&mut rng, 0.0, 0.04))
            .collect();
        within_power(&mut off, self.problem.model.points);
        off
    }
}

/// The first `most` points that are not next to one before them.
fn distinct(points: impl Iterator<Item = Vec<f64>>, most: usize) -> Vec<Vec<f64>> {
    let mut taken: Vec<Vec<f64>> = Vec::new();
    for x in points {
        let same = |other: &Vec<f64>| other.iter().zip(&x).all(|(a, b)| (a - b).abs() < SAME);
        if taken.len() < most && !taken.iter().any(same) {
            taken.push(x);
        }
    }
    taken
}

fn position_of_largest(values: &[f64]) -> usize {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0)
}
