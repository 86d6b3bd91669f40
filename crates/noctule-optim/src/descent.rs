//! Line-search descent on a manifold: the loop that the methods of this crate share.
//!
//! A method is a way to choose directions ([`Directions`]); everything else is the same for all of
//! them, so that a comparison compares directions and nothing else.
//!
//! **Line search.** Bracketing with safeguarded cubic interpolation, for the Wolfe conditions.
//! Close to a solution, where the decrease drowns in rounding, the approximate Wolfe condition of
//! Hager and Zhang (SIAM J. Optim. 16, 2005) takes over. A value of +∞ (outside the domain) only
//! shortens the bracket.

use std::time::{Duration, Instant};

use noctule_num::C64;
use noctule_num::linalg::real_dot;
use serde::{Deserialize, Serialize};

use crate::stop::{History, Progress};
use crate::{Interrupt, Manifold, Objective, Shape, Stop, StopRules, Trace, TraceRow, Work};

/// Sufficient decrease.
const C1: f64 = 1e-4;
/// Decreases below this relative size are rounding: the approximate Wolfe condition applies.
const ROUNDING: f64 = 1e-14;
/// Evaluations one line search may spend.
const SEARCH_LIMIT: u32 = 40;
/// Length of the very first step on a manifold of norm one: a tenth of a radian.
pub(crate) const FIRST_STEP: f64 = 0.1;

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Final value.
    pub value: f64,
    /// Final residual ‖grad‖·‖x‖ / max(1, |f|).
    pub residual: f64,
    /// Why it stopped.
    pub stop: Stop,
    /// What it cost.
    pub work: Work,
}

/// Which steps are accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acceptance {
    /// Wolfe: the slope must have shrunk to this share of the first one; infinite to ask nothing.
    pub(crate) share: f64,
    /// In magnitude, not only in its negative part.
    pub(crate) two_sided: bool,
    /// The decrease counts from the largest of so many values; one for a monotone method.
    pub(crate) window: usize,
}

/// A direction in the tangent space at the current point, written by [`Directions::find`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descends {
    /// Slope along it; negative.
    pub(crate) slope: f64,
    /// The step that the line search tries first.
    pub(crate) first: f64,
}

/// A step that was made, as seen from the point it led to. Both gradients are tangent there.
#[derive(Debug)]
pub(crate) struct Made<'a> {
    /// Length of the step in units of the direction.
    pub(crate) step: f64,
    /// Velocity of the retraction at the new point; times the step, the step itself.
    pub(crate) velocity: &'a [C64],
    pub(crate) gradient: &'a [C64],
    pub(crate) gradient_before: &'a [C64],
}

/// A way to choose directions.
pub(crate) trait Directions {
    const ACCEPTANCE: Acceptance;

    /// Forget everything learned; says whether there was anything.
    fn forget(&mut self) -> bool;

    /// Before a minimisation: nothing is known of it, unless somebody knows better.
    fn begin(&mut self) {
        self.forget();
    }

    /// The next direction, which must descend. `shaped` is an objective that models its Hessian;
    /// methods that have no use for that leave it alone.
    fn find<O: Objective>(
        &mut self,
        manifold: &Manifold,
        x: &[C64],
        gradient: &[C64],
        direction: &mut [C64],
        shaped: Option<(&mut O, Shape)>,
    ) -> Descends;

    /// Learn from a step.
    fn learn(&mut self, made: &Made<'_>);
}

/// `direction = −gradient`, scaled so that a step of one has the length of the very first step of
/// any method.
pub(crate) fn steepest(manifold: &Manifold, gradient: &[C64], direction: &mut [C64]) -> Descends {
    let norm = real_dot(gradient, gradient).sqrt().max(f64::MIN_POSITIVE);
    let scale = FIRST_STEP * manifold.norm() / norm;
    for (d, g) in direction.iter_mut().zip(gradient) {
        *d = -g * scale;
    }
    Descends { slope: -norm * norm * scale, first: 1.0 }
}

/// Workspace of the loop.
#[derive(Clone, Debug)]
pub(crate) struct Descent {
    manifold: Manifold,
    gradient: Vec<C64>,
    trial_gradient: Vec<C64>,
    direction: Vec<C64>,
    trial: Vec<C64>,
    velocity: Vec<C64>,
    /// What the objective knows of its Hessian here.
    shaped: Option<Shape>,
    /// The latest values, in a ring.
    recent: Vec<f64>,
}

/// The point a line search accepted; its coordinates and gradient are in `trial*`.
struct Accepted {
    step: f64,
    value: f64,
}

impl Descent {
    pub(crate) fn new(manifold: Manifold) -> Self {
        let vector = || vec![C64::ZERO; manifold.dim()];
        Self {
            manifold,
            gradient: vector(),
            trial_gradient: vector(),
            direction: vector(),
            trial: vector(),
            velocity: vector(),
            shaped: None,
            recent: Vec::new(),
        }
    }

    pub(crate) const fn manifold(&self) -> &Manifold {
        &self.manifold
    }

    /// Minimise `objective` from the point `x`, which is replaced by the point found.
    pub(crate) fn minimise<D: Directions>(
        &mut self,
        directions: &mut D,
        objective: &mut impl Objective,
        x: &mut [C64],
        stop: &StopRules,
        interrupt: &Interrupt,
        trace: &mut Trace,
    ) -> Run {
        assert_eq!(x.len(), self.manifold.dim(), "length of the start");
        // Where nobody asked for a limit of time there may be no clock, as in a browser.
        let started = stop.asks_for_time().then(Instant::now);
        let budget = stop.evaluation_budget();
        let mut history = History::new(stop.window());
        let mut work = Work { evaluations: 1, ..Work::default() };
        directions.begin();

        let mut value = objective.eval(x, &mut self.gradient);
        if !value.is_finite() {
            let (value, residual) = (f64::INFINITY, f64::INFINITY);
            return Run { value, residual, stop: Stop::Stalled, work };
        }
        self.manifold.project(x, &mut self.gradient);
        self.recent.clear();
        self.recent.resize(D::ACCEPTANCE.window, value);
        let mut residual = self.residual(value);
        self.shaped = objective.shape(x, 0, residual);
        let mut step_length = 0.0;

        // After a failed search the same point is left by another direction: nothing new to record.
        let mut moved = true;
        let stop = loop {
            if moved {
                history.push(value);
                trace.push(TraceRow::at(&work, value, residual, step_length));
            }
            if interrupt.is_raised() {
                break Stop::Interrupted;
            }
            let progress = Progress {
                iterations: work.iterations,
                evaluations: work.evaluations,
                value,
                residual,
                history: &history,
                elapsed: started.map_or(Duration::ZERO, |started| started.elapsed()),
            };
            if let Some(reason) = stop.met(&progress) {
                break reason;
            }
            if moved && objective.settled(x, value, residual) {
                break Stop::Stalled;
            }

            let left = budget - work.evaluations;
            let Some(made) = self.step(directions, objective, x, value, left, &mut work) else {
                if work.evaluations >= budget {
                    break Stop::EvaluationLimit;
                }
                // What was learned or modelled misled us; without it, try the plain gradient once.
                let modelled = self.shaped.take();
                if !directions.forget() && modelled.is_none() {
                    break Stop::Stalled;
                }
                moved = false;
                continue;
            };
            moved = true;
            (value, step_length) = made;
            residual = self.residual(value);
            self.shaped = objective.shape(x, work.iterations, residual);
        };
        Run { value, residual, stop, work }
    }

    /// One step from `x`, which it moves: the new value and the length of the step. `None` where the
    /// line search found nothing.
    fn step<D: Directions>(
        &mut self,
        directions: &mut D,
        objective: &mut impl Objective,
        x: &mut [C64],
        value: f64,
        left: u64,
        work: &mut Work,
    ) -> Option<(f64, f64)> {
        let slot = work.iterations as usize % D::ACCEPTANCE.window;
        self.recent[slot] = value;
        let reference = self.recent.iter().copied().fold(value, f64::max);
        let shaped = self.shaped.map(|shape| (&mut *objective, shape));
        let (gradient, direction) = (&self.gradient, &mut self.direction);
        let found = directions.find(&self.manifold, x, gradient, direction, shaped);
        let accepted =
            self.search::<D>(objective, x, reference, found, left, &mut work.evaluations)?;
        work.iterations += 1;
        let length = accepted.step * real_dot(&self.direction, &self.direction).sqrt();
        self.advance(directions, x, accepted.step);
        Some((accepted.value, length))
    }

    fn residual(&self, value: f64) -> f64 {
        let norm = real_dot(&self.gradient, &self.gradient).sqrt();
        norm * self.manifold.norm() / value.abs().max(1.0)
    }

    /// Line search along `direction` by bracketing, from `value`. On success `trial` and
    /// `trial_gradient` hold the accepted point and its Euclidean gradient, `velocity` that of the retraction
    /// there.
    fn search<D: Directions>(
        &mut self,
        objective: &mut impl Objective,
        x: &[C64],
        value: f64,
        Descends { slope, first }: Descends,
        budget: u64,
        evaluations: &mut u64,
    ) -> Option<Accepted> {
        let acceptance = D::ACCEPTANCE;
        let rounding = ROUNDING * value.abs().max(1.0);
        // Each end of the bracket: step, value, slope. `high` may lie outside the domain.
        let mut low = (0.0, value, slope);
        let mut high: Option<(f64, f64, f64)> = None;
        let mut step = first;
        for _ in 0..u64::from(SEARCH_LIMIT).min(budget) {
            self.manifold.retract(x, &self.direction, step, &mut self.trial);
            let trial = objective.eval(&self.trial, &mut self.trial_gradient);
            *evaluations += 1;
            let mut trial_slope = f64::NAN;
            if trial.is_finite() {
                self.manifold.velocity(x, &self.direction, step, &self.trial, &mut self.velocity);
                trial_slope = real_dot(&self.trial_gradient, &self.velocity);
            }
            let decreased = trial <= value + C1 * step * slope;
            // Hager and Zhang: when the decrease is of the order of rounding, values cannot tell
            // a good step from a bad one, but slopes still can.
            let nearly = trial <= value + rounding && trial_slope <= (2.0 * C1 - 1.0) * slope;
            let beyond = acceptance.two_sided && trial_slope > -acceptance.share * slope;
            if !(decreased || nearly) || beyond {
                high = Some((step, trial, trial_slope));
            } else if trial_slope < acceptance.share * slope {
                low = (step, trial, trial_slope);
            } else {
                return Some(Accepted { step, value: trial });
            }
            step = match high {
                Some(high) => interpolate(low, high),
                None => extrapolate(low, step, slope),
            };
            if high.is_some_and(|high| (high.0 - low.0).abs() <= 1e-14 * high.0) {
                break;
            }
        }
        None
    }

    /// Move to the accepted point and let the method learn from the step.
    fn advance(&mut self, directions: &mut impl Directions, x: &mut [C64], step: f64) {
        // velocity · step is the step as seen from the new point; the search left it there.
        x.copy_from_slice(&self.trial);
        self.manifold.project(x, &mut self.trial_gradient);
        self.manifold.project(x, &mut self.gradient);
        directions.learn(&Made {
            step,
            velocity: &self.velocity,
            gradient: &self.trial_gradient,
            gradient_before: &self.gradient,
        });
        std::mem::swap(&mut self.gradient, &mut self.trial_gradient);
    }
}

/// A step inside the bracket: the minimiser of the cubic through values and slopes of both ends,
/// kept away from them; the middle near the safe end when the far end is outside the domain.
fn interpolate(low: (f64, f64, f64), high: (f64, f64, f64)) -> f64 {
    let width = high.0 - low.0;
    if !high.1.is_finite() {
        return low.0 + 0.2 * width;
    }
    let cubic = cubic_minimiser(low, high);
    let (nearest, farthest) = (low.0 + 0.1 * width, low.0 + 0.9 * width);
    if cubic.is_finite() { cubic.clamp(nearest, farthest) } else { low.0 + 0.5 * width }
}

/// A step beyond `low`, where the slope is still steep: extrapolated from the change of the slope,
/// between twice and ten times as far.
fn extrapolate(low: (f64, f64, f64), step: f64, slope: f64) -> f64 {
    let secant = step * slope / (slope - low.2);
    if secant.is_finite() && secant > 0.0 {
        secant.clamp(2.0 * step, 10.0 * step)
    } else {
        4.0 * step
    }
}

fn cubic_minimiser(a: (f64, f64, f64), b: (f64, f64, f64)) -> f64 {
    let d1 = a.2 + b.2 - 3.0 * (a.1 - b.1) / (a.0 - b.0);
    let d2 = (d1 * d1 - a.2 * b.2).sqrt() * (b.0 - a.0).signum();
    b.0 - (b.0 - a.0) * (b.2 + d2 - d1) / (b.2 - a.2 + 2.0 * d2)
}

/// A method that is [`Descent`] along the directions of one of its fields.
macro_rules! by_descent {
    ($method:ty, $directions:ident) => {
        impl $crate::Method for $method {
            fn manifold(&self) -> &$crate::Manifold {
                self.descent.manifold()
            }

            fn minimise(
                &mut self,
                objective: &mut impl $crate::Objective,
                x: &mut [::noctule_num::C64],
                stop: &$crate::StopRules,
                interrupt: &$crate::Interrupt,
                trace: &mut $crate::Trace,
            ) -> $crate::Run {
                self.descent.minimise(&mut self.$directions, objective, x, stop, interrupt, trace)
            }
        }
    };
}
pub(crate) use by_descent;
