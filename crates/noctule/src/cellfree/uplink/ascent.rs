//! Newton steps in the powers of the users, over prices that are settled.
//!
//! With `λ_k = x_k²` on the unit sphere a user that is shut off is at zero, and stationary there; whether it
//! should send shows in the curvature. Steps are those of Newton with the curvature made negative, no longer
//! than a radius of trust; from a saddle a step along the curvature that rises leads away.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};
use noctule_optim::{Interrupt, Work};

use super::prices::Prices;
use super::value::Value;
use crate::Error;

/// Steps at most.
const STEPS: u64 = 200;
/// Residual of the sum rate by `x` at which the ascent ends, relative to a rate of one or more.
const TOLERANCE: f64 = 1e-10;
/// Prices are settled to this share of the residual.
const OF_THE_RESIDUAL: f64 = 1e-2;
/// How well prices are settled at worst, and at best.
const SETTLED: (f64, f64) = (1e-3, 1e-11);
/// First radius, the largest, and the one below which steps are rounding.
const RADII: (f64, f64, f64) = (0.3, 1.0, 1e-9);
/// Changes below this, relative to the value, are rounding.
const ROUNDING: f64 = 1e-13;
/// Curvature below this share of the largest is none.
const FLAT: f64 = 1e-10;
/// Curvature that rises by more than this share of the largest shows a saddle.
const RISES: f64 = 1e-6;
/// How often a saddle is left, at most, and by which step.
const KICKS: (u32, f64) = (8, 0.1);

/// Where it ended.
pub(super) struct Point {
    pub(super) powers: Vec<f64>,
    pub(super) prices: Vec<f64>,
}

/// The quadratic model on the tangent space, in eigenvectors of its curvature.
struct Model {
    eigen: HermitianEigen,
    matrix: CMat,
    /// The gradient by `x`, and in eigenvectors.
    gradient: Vec<f64>,
    along: Vec<f64>,
    /// `A⁻¹ F_μλ`, a row for each user.
    answers: Vec<f64>,
    level: Vec<f64>,
    /// The curvature by `x`, in rows, and times `x`.
    full: Vec<f64>,
    times: Vec<f64>,
}

struct Ascent<'a> {
    value: &'a mut Value,
    prices: Prices,
    model: Model,
    /// `x`, μ and F where the ascent is.
    x: Vec<f64>,
    at: Vec<f64>,
    powers: Vec<f64>,
    height: f64,
    radius: f64,
    residual: f64,
    budget: u64,
}

/// A local maximum from `powers`; none where rounding leaves nothing of them.
pub(super) fn maximise(
    value: &mut Value,
    powers: &[f64],
    budget: u64,
    interrupt: &Interrupt,
    work: &mut Work,
) -> Result<Option<Point>, Error> {
    let sum: f64 = powers.iter().sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Ok(None);
    }
    let (users, aps) = (value.users, value.aps);
    let mut ascent = Ascent {
        prices: Prices::new(aps),
        model: Model::new(users, aps),
        x: powers.iter().map(|power| (power / sum).sqrt()).collect(),
        at: vec![1.0 / aps as f64; aps],
        powers: vec![0.0; users],
        height: f64::NEG_INFINITY,
        radius: RADII.0,
        residual: 1.0,
        budget,
        value,
    };
    let x = ascent.x.clone();
    let mut at = ascent.at.clone();
    if ascent.settle(&x, &mut at, work).is_none() {
        return Ok(None);
    }
    ascent.accept(&x, &at)?;
    ascent.climb(interrupt, work)?;
    let powers = ascent.x.iter().map(|x| x * x).collect();
    Ok(Some(Point { powers, prices: ascent.at }))
}

impl Ascent<'_> {
    fn settle(&mut self, x: &[f64], at: &mut [f64], work: &mut Work) -> Option<()> {
        self.powers.iter_mut().zip(x).for_each(|(power, x)| *power = x * x);
        let tolerance = (OF_THE_RESIDUAL * self.residual).clamp(SETTLED.1, SETTLED.0);
        let (value, count) = (&mut *self.value, &mut work.evaluations);
        self.prices.settle(value, &self.powers, at, tolerance, count, self.budget)
    }

    /// Stay where `value` was evaluated.
    fn accept(&mut self, x: &[f64], at: &[f64]) -> Result<(), Error> {
        self.x.copy_from_slice(x);
        self.at.copy_from_slice(at);
        self.height = self.value.value;
        self.model.make(self.value, &mut self.prices, x)?;
        let norm = self.model.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        self.residual = norm / self.height.abs().max(1.0);
        Ok(())
    }

    fn climb(&mut self, interrupt: &Interrupt, work: &mut Work) -> Result<(), Error> {
        let mut kicks = 0;
        let mut trial = self.x.clone();
        let mut step = self.x.clone();
        let mut at = self.at.clone();
        for _ in 0..STEPS {
            if interrupt.is_raised() || work.evaluations >= self.budget || self.radius < RADII.2 {
                break;
            }
            let mut promised = 0.0;
            if self.residual <= TOLERANCE {
                if kicks == KICKS.0 || !self.model.rising(KICKS.1, &mut step) {
                    break;
                }
                kicks += 1;
            } else {
                promised = self.model.step(self.radius, &mut step);
            }
            let norm = {
                trial.iter_mut().zip(&self.x).zip(&step).for_each(|((t, x), s)| *t = x + s);
                trial.iter().map(|t| t * t).sum::<f64>().sqrt()
            };
            trial.iter_mut().for_each(|t| *t /= norm);
            at.copy_from_slice(&self.at);
            work.iterations += 1;
            let settled = self.settle(&trial, &mut at, work).is_some();
            let gained = if settled { self.value.value - self.height } else { f64::NEG_INFINITY };
            let length = step.iter().map(|s| s * s).sum::<f64>().sqrt();
            self.trust(gained, promised, length);
            if gained > -ROUNDING * self.height.abs().max(1.0) {
                self.accept(&trial, &at)?;
            }
        }
        Ok(())
    }

    /// The radius by what a step of some length has gained and what it promised.
    fn trust(&mut self, gained: f64, promised: f64, length: f64) {
        let share = if gained.abs() <= ROUNDING * self.height.abs().max(1.0) {
            1.0
        } else if promised > 0.0 {
            gained / promised
        } else {
            gained.signum()
        };
        if share.is_nan() || share < 0.25 {
            self.radius = self.radius.min(length) / 3.0;
        } else if share > 0.7 {
            self.radius = self.radius.max(2.0 * length).min(RADII.1);
        }
    }
}

impl Model {
    fn new(users: usize, aps: usize) -> Self {
        Self {
            eigen: HermitianEigen::new(users),
            matrix: CMat::zeros(users, users),
            gradient: vec![0.0; users],
            along: vec![0.0; users],
            answers: vec![0.0; users * aps],
            level: vec![0.0; aps],
            full: vec![0.0; users * users],
            times: vec![0.0; users],
        }
    }

    /// The model at the point evaluated last, where prices answer to powers.
    fn make(&mut self, value: &Value, prices: &mut Prices, x: &[f64]) -> Result<(), Error> {
        let (users, aps, all) = (value.users, value.aps, value.users + value.aps);
        self.answer(value, prices);
        let slopes = &value.gradient[..users];
        let along: f64 = slopes.iter().zip(x).map(|(g, x)| 2.0 * g * x * x).sum();
        for (g, (slope, x)) in self.gradient.iter_mut().zip(slopes.iter().zip(x)) {
            *g = 2.0 * slope * x - along * x;
        }
        let full = &mut self.full;
        for i in 0..users {
            for j in 0..users {
                let cross = &value.hessian[i * all + users..(i + 1) * all];
                let answer = &self.answers[j * aps..(j + 1) * aps];
                let answered: f64 = cross.iter().zip(answer).map(|(c, a)| c * a).sum();
                full[i * users + j] = 4.0 * x[i] * (value.hessian[i * all + j] - answered) * x[j];
            }
        }
        for (i, slope) in slopes.iter().enumerate() {
            full[i * users + i] += 2.0 * slope - along;
        }
        // Onto the tangent space, and as what falls.
        for (times, row) in self.times.iter_mut().zip(full.chunks(users)) {
            *times = row.iter().zip(x).map(|(f, x)| f * x).sum();
        }
        let (full, times) = (&self.full, &self.times);
        let twice: f64 = times.iter().zip(x).map(|(t, x)| t * x).sum();
        for i in 0..users {
            for j in 0..users {
                let entry =
                    full[i * users + j] - x[i] * times[j] - times[i] * x[j] + x[i] * x[j] * twice;
                self.matrix[(i, j)] = C64::from(-entry);
            }
        }
        self.eigen.compute(&self.matrix)?;
        for (k, along) in self.along.iter_mut().enumerate() {
            let vector = self.eigen.vectors().col(k);
            *along = vector.iter().zip(&self.gradient).map(|(v, g)| v.re * g).sum();
        }
        Ok(())
    }

    /// How prices move with powers, `−A⁻¹ F_μλ`, with their sum kept.
    fn answer(&mut self, value: &Value, prices: &mut Prices) {
        let (users, aps, all) = (value.users, value.aps, value.users + value.aps);
        self.answers.fill(0.0);
        let Some(_) = prices.factor(value) else { return };
        self.level.iter_mut().zip(&prices.free).for_each(|(l, free)| *l = f64::from(*free));
        prices.solve(&mut self.level);
        let each: f64 = self.level.iter().sum();
        for (j, answer) in self.answers.chunks_mut(aps).enumerate() {
            let cross = &value.hessian[j * all + users..(j + 1) * all];
            for ((to, cross), free) in answer.iter_mut().zip(cross).zip(&prices.free) {
                *to = if *free { *cross } else { 0.0 };
            }
            prices.solve(answer);
            let shift = answer.iter().sum::<f64>() / each;
            answer.iter_mut().zip(&self.level).for_each(|(a, l)| *a -= shift * l);
        }
    }

    /// The step within a radius, and by how much the value should rise.
    fn step(&self, radius: f64, step: &mut [f64]) -> f64 {
        let values = self.eigen.values();
        let largest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        let floor = (FLAT * largest).max(f64::MIN_POSITIVE);
        let length = |shift: f64| -> f64 {
            let part = |(v, a): (&f64, &f64)| (a / (v.abs().max(floor) + shift)).powi(2);
            values.iter().zip(&self.along).map(part).sum::<f64>().sqrt()
        };
        let mut shift = 0.0;
        if length(0.0) > radius {
            let norm = self.along.iter().map(|a| a * a).sum::<f64>().sqrt();
            let (mut low, mut high) = (0.0, norm / radius);
            for _ in 0..30 {
                shift = 0.5 * (low + high);
                if length(shift) > radius { low = shift } else { high = shift }
            }
            shift = high;
        }
        step.fill(0.0);
        let mut promised = 0.0;
        for (k, (value, along)) in values.iter().zip(&self.along).enumerate() {
            let part = along / (value.abs().max(floor) + shift);
            promised += part * along - 0.5 * value * part * part;
            let vector = self.eigen.vectors().col(k);
            step.iter_mut().zip(vector).for_each(|(s, v)| *s += v.re * part);
        }
        promised
    }

    /// A step along the curvature that rises most; false where none does.
    fn rising(&self, length: f64, step: &mut [f64]) -> bool {
        let (least, most) = (self.eigen.min(), self.eigen.max());
        if least.is_nan() || -least <= RISES * most.max(-least) {
            return false;
        }
        let vector = self.eigen.vectors().col(0);
        step.iter_mut().zip(vector).for_each(|(s, v)| *s = v.re * length);
        true
    }
}
