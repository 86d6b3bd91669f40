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

use noctule_optim::water_filling;
use serde::Serialize;

use super::root::root;

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

/// An upper bound in nats on the rate of every allocation that meets the requirement: the value of
/// the Lagrangian dual at some prices, whatever they are. Powers are at most P, which every
/// allocation satisfies, so that any prices give a bound:
/// ```math
/// \lambda P - \mu\Gamma + P(\mu W-\lambda)^+ + \sum_k \max_{0\le p\le P}
///   \big[\ln(1+g_kp) - (\lambda-\mu w_k)p\big],\qquad W = \sum_k w_k .
/// ```
///
/// # Panics
/// When the slices differ in length.
pub fn dual_bound(
    gains: &[f64],
    weights: &[f64],
    power: f64,
    required: f64,
    prices: Prices,
) -> f64 {
    assert_eq!(gains.len(), weights.len(), "one weight for every gain");
    let reduced = prices.reduced.clamp(0.0, prices.power.max(0.0));
    let price = prices.power.max(0.0);
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let top = weights.iter().position(|&w| w >= largest).unwrap_or(0);
    let relative = |w: f64| if largest > 0.0 { w / largest } else { 0.0 };
    // μ max w, and what is left of λP − μΓ
    let sensing = price - reduced;
    let mut value = price * power - sensing * relative(required);
    let rest = if weights.is_empty() { 0.0 } else { relative(others(weights, top)) };
    value += power * (sensing * rest - reduced).max(0.0);
    for (&gain, &weight) in gains.iter().zip(weights) {
        let cost = price * (1.0 - relative(weight)) + reduced * relative(weight);
        let p = if gain <= cost {
            0.0
        } else if cost > 0.0 {
            (1.0 / cost - 1.0 / gain).min(power)
        } else {
            power
        };
        value += (gain * p).ln_1p() - cost * p;
    }
    value
}

/// A requirement may exceed what is reachable by this much, relative, before it is refused: rounding
/// of the two numbers themselves.
pub(super) const ROUNDING: f64 = 1e-12;

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
        let plain = |level: f64| {
            let price = if level > 0.0 { 1.0 / level } else { 0.0 };
            Prices { power: price, reduced: price }
        };
        if streams == 1 {
            self.powers[0] = power;
            let level = power + 1.0 / gains[0];
            return Some(self.done(Case::II, gains, 0.0, plain(level)));
        }
        let level = water_filling(gains, power, &mut self.powers);
        if sum_product(weights, &self.powers) >= required {
            return Some(self.done(Case::II, gains, 0.0, plain(level)));
        }
        let largest = weights.iter().copied().fold(0.0, f64::max);
        self.prices.clear();
        self.prices.extend((0..streams).map(|k| others(weights, k)));
        let free = gains.iter().zip(&self.prices).any(|(&g, &c)| g > 0.0 && c <= 0.0);
        if !free {
            let slack = (power * total - required).max(0.0);
            let prices = &self.prices;
            let level = level_of(gains.len(), slack, |k| {
                (gains[k] > 0.0).then(|| (1.0, prices[k] / gains[k]))
            });
            for (k, p) in self.powers.iter_mut().enumerate() {
                let floor = self.prices[k] / gains[k];
                *p = if gains[k] > 0.0 && level > floor {
                    (level - floor) / self.prices[k]
                } else {
                    0.0
                };
            }
            let spent: f64 = self.powers.iter().sum();
            if spent < power {
                // μ is one over the level, and λ = μ Σ w
                let top = weights.iter().position(|&w| w >= largest).unwrap_or(0);
                let mu = if level > 0.0 { 1.0 / level } else { f64::MAX / total.max(1.0) };
                let prices = Prices { power: mu * total, reduced: mu * self.prices[top] };
                return Some(self.done(Case::I, gains, power - spent, prices));
            }
        }
        let Some(prices) = self.bend(gains, weights, power, required) else {
            return Some(self.shared(gains, power, required / total));
        };
        let bent = self.done(Case::III, gains, 0.0, prices);
        // A stream that hardly carries data has a power that is the difference of huge numbers.
        let lit = sum_product(weights, &self.powers) / required - 1.0;
        let spent = self.powers.iter().sum::<f64>() / power - 1.0;
        if lit.abs().max(spent.abs()) > 1e-10 {
            let powers = self.powers.clone();
            let shared = self.shared(gains, power, required / total);
            let allowed = lit >= -10.0 * ROUNDING && spent <= 10.0 * ROUNDING;
            if !allowed || shared.rate_nats >= bent.rate_nats {
                return Some(Allocation { prices, ..shared });
            }
            self.powers = powers;
        }
        Some(bent)
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
        let largest = weights.iter().copied().fold(0.0, f64::max);
        // the price is (1 − w/w_max) + t w/w_max with t = 1 − r: exact for the largest weight
        let price = |k: usize, t: f64| {
            let relative = weights[k] / largest;
            (1.0 - relative) + t * relative
        };
        let mut last_level = 0.0;
        let mut fill = |log_t: f64, powers: &mut [f64]| {
            let t = log_t.exp();
            let level = level_of(gains.len(), power, |k| {
                (gains[k] > 0.0).then(|| (1.0 / price(k, t), price(k, t) / gains[k]))
            });
            last_level = level;
            for (k, p) in powers.iter_mut().enumerate() {
                let c = price(k, t);
                *p = if gains[k] > 0.0 && level > c / gains[k] {
                    level / c - 1.0 / gains[k]
                } else {
                    0.0
                };
            }
            sum_product(weights, powers) / required - 1.0
        };
        // further down where the stream that lights the target most hardly carries data
        let mut lowest = -40.0;
        let mut last = fill(lowest, &mut self.powers);
        while last < 0.0 && lowest > -600.0 {
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
            found = root((0.0, first.min(-f64::MIN_POSITIVE)), (lowest, last), 1e-14, |x| {
                fill(x, &mut scratch)
            });
            fill(found, &mut scratch);
            self.powers = scratch;
        }
        let price = 1.0 / last_level;
        Some(Prices { power: price, reduced: price * found.exp() })
    }
}

/// The level ν with `Σ slope_k (ν − floor_k)⁺ = budget`, over the entries that have one: channels
/// below their floor leave, and the level of the rest is closed form.
fn level_of(count: usize, budget: f64, of: impl Fn(usize) -> Option<(f64, f64)>) -> f64 {
    let entries = || (0..count).filter_map(&of);
    let lowest = entries().map(|(_, floor)| floor).fold(f64::INFINITY, f64::min);
    if !lowest.is_finite() {
        return 0.0;
    }
    // measured from the lowest floor, which may be far above the budget
    let mut level = f64::INFINITY;
    loop {
        let (mut slopes, mut sum) = (0.0, budget);
        for (slope, floor) in entries() {
            if floor - lowest < level {
                slopes += slope;
                sum += slope * (floor - lowest);
            }
        }
        if slopes <= 0.0 {
            return lowest;
        }
        let next = sum / slopes;
        if entries().all(|(_, floor)| floor - lowest >= level || floor - lowest < next) {
            return lowest + next;
        }
        level = next;
    }
}

fn others(weights: &[f64], k: usize) -> f64 {
    weights.iter().enumerate().filter(|(j, _)| *j != k).map(|(_, w)| w).sum()
}

pub(super) fn sum_product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The conditions of Karush, Kuhn and Tucker, with multipliers read off the allocation: no
        /// small exchange of power between streams and sensing signal helps and stays feasible.
        #[test]
        fn no_feasible_exchange_helps(
            gains in prop::collection::vec(-2.0..3.0_f64, 2..9),
            weights in prop::collection::vec(-3.0..1.0_f64, 8),
            share in 0.0..1.0_f64,
        ) {
            let gains: Vec<f64> = gains.iter().map(|e| 10_f64.powf(*e)).collect();
            let weights: Vec<f64> =
                weights[..gains.len()].iter().map(|e| 10_f64.powf(*e)).collect();
            let total: f64 = weights.iter().sum();
            let required = share * total;
            let mut allocator = Allocator::new(8);
            let found = allocator.allocate(&gains, &weights, 1.0, required).unwrap();
            let mut all = allocator.powers().to_vec();
            all.push(found.sensing_power);
            let mut sensing = weights.clone();
            sensing.push(total);
            prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-10);
            prop_assert!(all.iter().all(|p| *p >= 0.0));
            prop_assert!(sum_product(&sensing, &all) >= required * (1.0 - 1e-11));
            // weak duality, with the sum written out: nothing feasible is above, and the prices
            // of the allocation close the gap
            let bound = dual_bound(&gains, &weights, 1.0, required, found.prices);
            prop_assert!(bound >= found.rate_nats - 1e-12 * found.rate_nats.max(1.0));
            prop_assert!(bound <= found.rate_nats + 1e-9 * found.rate_nats.max(1e-3),
                "{:?} {}", found, bound);
            let rate = |p: &[f64]| -> f64 {
                gains.iter().zip(p).map(|(g, p)| (g * p).ln_1p()).sum()
            };
            // exchanges among three directions keep power and requirement: solve for two of them
            let n = all.len();
            for i in 0..n {
                for j in 0..n {
                    for k in 0..n {
                        if i == j || j == k || i == k || (sensing[i] - sensing[j]).abs() < 1e-9 {
                            continue;
                        }
                        let step = 1e-4 * all[k];
                        // take `step` from k, give x to i and step − x to j with the same sensing
                        let x = step * (sensing[k] - sensing[j]) / (sensing[i] - sensing[j]);
                        let mut moved = all.clone();
                        moved[k] -= step;
                        moved[i] += x;
                        moved[j] += step - x;
                        if moved.iter().all(|p| *p >= 0.0) {
                            prop_assert!(rate(&moved) <= found.rate_nats + 1e-9,
                                "{:?} {} {} {}", found, i, j, k);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn edges() {
        let mut allocator = Allocator::default();
        // the whole power is needed for sensing
        let all = allocator.allocate(&[3.0, 4.0], &[1.0, 2.0], 2.0, 6.0).unwrap();
        assert!(all.case == Case::I && all.rate_nats.abs() < 1e-9);
        assert!((all.sensing_power - 2.0).abs() < 1e-9);
        assert_eq!(allocator.allocate(&[3.0, 4.0], &[1.0, 2.0], 2.0, 6.001), None);
        // one path carries all sensing: a sensing signal is as good as its stream
        let one = allocator.allocate(&[3.0, 4.0], &[1.0, 0.0], 1.0, 0.9).unwrap();
        assert_eq!(one.case, Case::III);
        assert!((allocator.powers()[0] - 0.9).abs() < 1e-9);
        // a stream without gain
        let dead = allocator.allocate(&[0.0, 4.0], &[1.0, 0.5], 1.0, 1.2).unwrap();
        assert!(dead.case == Case::I && allocator.powers()[0].abs() < 1e-15);
        let none = allocator.allocate(&[0.0, 0.0], &[1.0, 0.5], 1.0, 1.2).unwrap();
        assert!(none.rate_nats.abs() < 1e-15 && none.sensing_power >= 0.8);
        // no requirement, no weights
        let free = allocator.allocate(&[1.0, 1.0], &[0.0, 0.0], 1.0, 0.0).unwrap();
        assert_eq!(free.case, Case::II);
        // the stream that lights the target hardly carries data, or none that counts
        for gain in [1e-12, 1e-18, 1e-25, 1e-100, 1e-200, 1e-310] {
            let (gains, weights) = ([gain, 1.0], [1.0, 0.0]);
            let found = allocator.allocate(&gains, &weights, 1.0, 0.5).unwrap();
            let p = allocator.powers();
            assert!(p[0] + found.sensing_power >= 0.5 * (1.0 - 1e-11), "{gain} {found:?} {p:?}");
            assert!(p[0] + p[1] + found.sensing_power <= 1.0 + 1e-11);
            assert!((found.rate_nats - 1.5_f64.ln()).abs() < 1e-11, "{gain} {found:?}");
            let bound = dual_bound(&gains, &weights, 1.0, 0.5, found.prices);
            assert!(bound >= found.rate_nats - 1e-12, "{gain} {bound}");
        }
        let single = allocator.allocate(&[50.0], &[2.0], 1.0, 1.9).unwrap();
        assert!((single.rate_nats - 51_f64.ln()).abs() < 1e-12);
    }
}
