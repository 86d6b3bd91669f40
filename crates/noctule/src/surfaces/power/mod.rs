//! Powers of independent data streams and of a dedicated sensing signal: Theorem 2.
//!
//! With orthogonal paths and the covariances `R_c = Σ p_k ã_k ã_kᴴ`, `R_s = p_s g gᴴ/‖g‖²` (36), the
//! problem for given phases is
//! ```math
//! \max_{p,p_s\ge0} \sum_k \ln(1+g_kp_k)\quad\text{s.t.}\quad
//! \sum_k w_kp_k + p_s\textstyle\sum_k w_k \ge \Gamma,\quad \sum_k p_k + p_s \le P .
//! ```
//! Its solution is one of three: plain water-filling meets the requirement (case II); power is left
//! over for a sensing signal (case I), and with `p_s = P − Σp` what remains is water-filling with
//! the prices `c_k = Σ_{j≠k} w_j`; or neither (case III), and every stream has a level of its own,
//! `[1/(λ − μ w_k) − 1/g_k]⁺`. Cases I and II are exact up to rounding in a few passes; case III is
//! one root in the logarithm of a level, not two nested ones.
//!
//! The problem is convex and the allocation its optimum. Covariances that are not of this form do
//! better: see [`super::covariance`] and `docs/errata.md#surfaces-e2`.

mod dual;
mod levels;
#[cfg(test)]
mod tests;

use noctule_optim::water_filling;
use serde::Serialize;

use self::levels::{largest, level_of, others, strongest, sum_product};
use super::root::root;

pub use self::dual::dual_bound;

/// Which part of Theorem 2 applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Case {
    /// Power goes to a dedicated sensing signal (43).
    I,
    /// Plain water-filling over the streams meets the requirement (44).
    II,
    /// No sensing signal, but the streams are bent towards the target (45).
    III,
}

/// An optimal allocation; the powers of the streams are with the [`Allocator`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allocation {
    /// Which case of Theorem 2 it is.
    pub case: Case,
    /// The rate in nat/s/Hz.
    pub rate_nats: f64,
    /// Power of the dedicated sensing signal.
    pub sensing_power: f64,
    /// Prices under which it is optimal, for [`dual_bound`].
    pub prices: Prices,
}

/// Multipliers of the two constraints, in a form that keeps digits where one weight stands for all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    /// λ, of the power.
    pub power: f64,
    /// `λ − μ max w`: the price of power in the stream that lights the target most, with μ that of
    /// the requirement. From 0 to λ.
    pub reduced: f64,
}

/// A requirement may exceed what is reachable by this much, relative, before it is refused: rounding
/// of the two numbers themselves.
pub(super) const ROUNDING: f64 = 1e-12;
/// What powers of case III may be off by, relative, before they count as rounding.
const LOST_DIGITS: f64 = 1e-10;
/// ln(1 − r) from where case III is sought, and down to where: doubled until the requirement is met.
const FIRST_LOG: f64 = -40.0;
const LAST_LOG: f64 = -600.0;
/// How closely ln(1 − r) is found.
const CLOSE: f64 = 1e-14;

/// Solves allocations without allocating: room for a number of streams is made once.
#[derive(Clone, Debug, Default)]
pub struct Allocator {
    powers: Vec<f64>,
    prices: Vec<f64>,
}

impl Allocator {
    /// Room for some number of streams; it grows when needed.
    pub fn new(streams: usize) -> Self {
        Self { powers: Vec::with_capacity(streams), prices: Vec::with_capacity(streams) }
    }

    /// Powers of the streams in the allocation found last.
    pub fn powers(&self) -> &[f64] {
        &self.powers
    }

    /// The optimal allocation for gains `g_k ≥ 0`, sensing weights `w_k ≥ 0`, power P and
    /// requirement Γ; `None` when `Γ > P Σ w`: no allocation meets it, and neither does any
    /// covariance.
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn allocate(
        &mut self,
        gains: &[f64],
        weights: &[f64],
        power: f64,
        required: f64,
    ) -> Option<Allocation> {
        assert_eq!(gains.len(), weights.len(), "one weight for every gain");
        let streams = gains.len();
        self.powers.clear();
        self.powers.resize(streams, 0.0);
        let total: f64 = weights.iter().sum();
        if required > power * total * (1.0 + ROUNDING) {
            return None;
        }
        if streams == 1 {
            self.powers[0] = power;
            return Some(self.done(Case::II, gains, 0.0, plain(power + 1.0 / gains[0])));
        }
        let level = water_filling(gains, power, &mut self.powers);
        if sum_product(weights, &self.powers) >= required {
            return Some(self.done(Case::II, gains, 0.0, plain(level)));
        }
        self.prices.clear();
        self.prices.extend((0..streams).map(|k| others(weights, k)));
        let free = gains.iter().zip(&self.prices).any(|(&g, &c)| g > 0.0 && c <= 0.0);
        if !free && let Some(found) = self.sensed(gains, weights, power, required) {
            return Some(found);
        }
        Some(self.bent(gains, weights, power, required))
    }

    /// Case I: with `p_s = P − Σp` the requirement is `Σ c_k p_k ≤ P Σw − Γ`, water-filling with the
    /// prices c_k. `None` where that leaves nothing for a sensing signal.
    fn sensed(
        &mut self,
        gains: &[f64],
        weights: &[f64],
        power: f64,
        required: f64,
    ) -> Option<Allocation> {
        let total: f64 = weights.iter().sum();
        let slack = (power * total - required).max(0.0);
        let prices = &self.prices;
        let level =
            level_of(gains.len(), slack, |k| (gains[k] > 0.0).then(|| (1.0, prices[k] / gains[k])));
        for (k, p) in self.powers.iter_mut().enumerate() {
            let floor = self.prices[k] / gains[k];
            *p = if gains[k] > 0.0 && level > floor {
                (level - floor) / self.prices[k]
            } else {
                0.0
            };
        }
        let spent: f64 = self.powers.iter().sum();
        (spent < power).then(|| {
            // μ is one over the level, and λ = μ Σ w
            let top = strongest(weights);
            let mu = if level > 0.0 { 1.0 / level } else { f64::MAX / total.max(1.0) };
            let prices = Prices { power: mu * total, reduced: mu * self.prices[top] };
            self.done(Case::I, gains, power - spent, prices)
        })
    }

    /// Case III, or where double precision does not hold it a sensing signal that does the same.
    fn bent(&mut self, gains: &[f64], weights: &[f64], power: f64, required: f64) -> Allocation {
        let alone = required / weights.iter().sum::<f64>();
        let Some(prices) = self.bend(gains, weights, power, required) else {
            return self.shared(gains, power, alone);
        };
        let bent = self.done(Case::III, gains, 0.0, prices);
        // A stream that hardly carries data has a power that is the difference of huge numbers.
        let lit = sum_product(weights, &self.powers) / required - 1.0;
        let spent = self.powers.iter().sum::<f64>() / power - 1.0;
        if lit.abs().max(spent.abs()) > LOST_DIGITS {
            let powers = self.powers.clone();
            let shared = self.shared(gains, power, alone);
            let allowed = lit >= -10.0 * ROUNDING && spent <= 10.0 * ROUNDING;
            if !allowed || shared.rate_nats >= bent.rate_nats {
                return Allocation { prices, ..shared };
            }
            self.powers = powers;
        }
        bent
    }

    fn done(&self, case: Case, gains: &[f64], sensing_power: f64, prices: Prices) -> Allocation {
        let rate_nats = gains.iter().zip(&self.powers).map(|(g, p)| (g * p).ln_1p()).sum();
        Allocation { case, rate_nats, sensing_power, prices }
    }

    /// A sensing signal that meets the requirement alone, water-filling with the rest: for gains so
    /// far apart that double precision does not hold the prices of the optimum. It is feasible, and
    /// [`dual_bound`] tells what it may lack.
    fn shared(&mut self, gains: &[f64], power: f64, sensing_power: f64) -> Allocation {
        let level = water_filling(gains, (power - sensing_power).max(0.0), &mut self.powers);
        let price = if level > 0.0 { 1.0 / level } else { 0.0 };
        self.done(Case::I, gains, sensing_power, Prices { power: price, reduced: 0.0 })
    }

    /// Case III: `Σp = P` and `w·p = Γ` with prices `1 − r w_k / max w`, one root in `ln(1 − r)`.
    /// `None` where that is not in reach of double precision.
    fn bend(
        &mut self,
        gains: &[f64],
        weights: &[f64],
        power: f64,
        required: f64,
    ) -> Option<Prices> {
        let bent = Bent { gains, weights, power, required, largest: largest(weights) };
        let mut last_level = 0.0;
        let mut fill = |log_t: f64, powers: &mut [f64]| {
            let (level, excess) = bent.fill(log_t.exp(), powers);
            last_level = level;
            excess
        };
        // further down where the stream that lights the target most hardly carries data
        let mut lowest = FIRST_LOG;
        let mut last = fill(lowest, &mut self.powers);
        while last < 0.0 && lowest > LAST_LOG {
            lowest *= 2.0;
            last = fill(lowest, &mut self.powers);
        }
        if last.is_nan() || last < -ROUNDING {
            return None;
        }
        let mut found = lowest;
        if last > 0.0 {
            let mut scratch = std::mem::take(&mut self.powers);
            let first = fill(0.0, &mut scratch);
            found = root((0.0, first.min(-f64::MIN_POSITIVE)), (lowest, last), CLOSE, |x| {
                fill(x, &mut scratch)
            });
            fill(found, &mut scratch);
            self.powers = scratch;
        }
        let price = 1.0 / last_level;
        Some(Prices { power: price, reduced: price * found.exp() })
    }
}

/// Case III at a given ratio of the two prices.
struct Bent<'a> {
    gains: &'a [f64],
    weights: &'a [f64],
    power: f64,
    required: f64,
    /// max w.
    largest: f64,
}

impl Bent<'_> {
    /// The price of a stream, `(1 − w/w_max) + t w/w_max` with t = 1 − r: exact for the largest weight.
    fn price(&self, k: usize, t: f64) -> f64 {
        let relative = self.weights[k] / self.largest;
        (1.0 - relative) + t * relative
    }

    /// Powers under the prices of `t`; their level, and how far they exceed the requirement, relative.
    fn fill(&self, t: f64, powers: &mut [f64]) -> (f64, f64) {
        let gains = self.gains;
        let level = level_of(gains.len(), self.power, |k| {
            (gains[k] > 0.0).then(|| (1.0 / self.price(k, t), self.price(k, t) / gains[k]))
        });
        for (k, p) in powers.iter_mut().enumerate() {
            let c = self.price(k, t);
            *p = if gains[k] > 0.0 && level > c / gains[k] {
                level / c - 1.0 / gains[k]
            } else {
                0.0
            };
        }
        (level, sum_product(self.weights, powers) / self.required - 1.0)
    }
}

/// The prices of plain water-filling.
fn plain(level: f64) -> Prices {
    let price = if level > 0.0 { 1.0 / level } else { 0.0 };
    Prices { power: price, reduced: price }
}
