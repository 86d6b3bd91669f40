//! The prices of the access points' powers at given powers of the users: a convex problem on a simplex.

use noctule_num::linalg::RealCholesky;

use super::value::Value;

/// Newton steps, at most.
const STEPS: usize = 40;
/// How often a step is halved.
const HALVINGS: usize = 20;
/// Share of the decrease a step promises that it must bring.
const ENOUGH: f64 = 1e-4;
/// Differences of values below this are rounding, relative.
const ROUNDING: f64 = 1e-14;
/// Relative to the mean of the curvature, what keeps it positive.
const RIDGE: f64 = 1e-14;

/// Room for Newton steps.
pub(super) struct Prices {
    cholesky: RealCholesky,
    curvature: Vec<f64>,
    /// Which prices may move.
    pub(super) free: Vec<bool>,
    step: Vec<f64>,
    level: Vec<f64>,
    trial: Vec<f64>,
}

impl Prices {
    pub(super) fn new(aps: usize) -> Self {
        Self {
            cholesky: RealCholesky::new(aps),
            curvature: vec![0.0; aps * aps],
            free: vec![true; aps],
            step: vec![0.0; aps],
            level: vec![0.0; aps],
            trial: vec![0.0; aps],
        }
    }

    /// Move `prices` to the minimum, up to a relative miss of the powers; leaves `value` there. Counts
    /// evaluations against a budget. None outside the domain.
    pub(super) fn settle(
        &mut self,
        value: &mut Value,
        powers: &[f64],
        prices: &mut [f64],
        tolerance: f64,
        evaluations: &mut u64,
        budget: u64,
    ) -> Option<()> {
        *evaluations += 1;
        value.at(powers, prices)?;
        for _ in 0..STEPS {
            let gap = self.gap(value, prices);
            if gap <= tolerance || *evaluations >= budget || !self.direct(value, prices) {
                break;
            }
            if !self.advance(value, powers, prices, gap, evaluations, budget) {
                *evaluations += 1;
                value.at(powers, prices)?;
                break;
            }
        }
        Some(())
    }

    /// By how much the powers in the downlink miss one where there is a price, or exceed it where there is
    /// none, relative to it.
    fn gap(&mut self, value: &Value, prices: &[f64]) -> f64 {
        let slopes = &value.gradient[value.users..];
        let level: f64 = slopes.iter().zip(prices).map(|(g, p)| -g * p).sum();
        let mut worst = 0.0_f64;
        for ((free, &slope), &price) in self.free.iter_mut().zip(slopes).zip(prices) {
            let over = -slope - level;
            *free = price > 0.0 || over > 0.0;
            worst = worst.max(if price > 0.0 { over.abs() * price.min(1.0).sqrt() } else { over });
        }
        worst / level.max(f64::MIN_POSITIVE)
    }

    /// The Newton step over the free prices, whose sum stays; false where there is none.
    fn direct(&mut self, value: &Value, prices: &[f64]) -> bool {
        for _ in 0..=prices.len() {
            if self.factor(value).is_none() {
                return false;
            }
            let slopes = &value.gradient[value.users..];
            let free = &self.free;
            let fill = |to: &mut [f64], of: &dyn Fn(usize) -> f64| {
                to.iter_mut()
                    .enumerate()
                    .for_each(|(m, to)| *to = if free[m] { of(m) } else { 0.0 });
            };
            fill(&mut self.step, &|m| -slopes[m]);
            fill(&mut self.level, &|_| 1.0);
            self.cholesky.solve_in_place(&mut self.step);
            self.cholesky.solve_in_place(&mut self.level);
            let (sum, each): (f64, f64) = (self.step.iter().sum(), self.level.iter().sum());
            let shift = sum / each;
            self.step.iter_mut().zip(&self.level).for_each(|(s, l)| *s -= shift * l);
            // What is at zero and would fall stays there.
            let mut held = false;
            for ((free, &price), &step) in self.free.iter_mut().zip(prices).zip(&self.step) {
                if *free && price <= 0.0 && step < 0.0 {
                    *free = false;
                    held = true;
                }
            }
            if !held {
                return self.step.iter().all(|s| s.is_finite());
            }
        }
        false
    }

    /// Factors of the curvature by the free prices at the point evaluated last.
    pub(super) fn factor(&mut self, value: &Value) -> Option<()> {
        let (aps, users, all) = (value.aps, value.users, value.users + value.aps);
        let entry = |m: usize, n: usize| value.hessian[(users + m) * all + users + n];
        let mean = (0..aps).map(|m| entry(m, m)).sum::<f64>() / aps as f64;
        let mut ridge = RIDGE * mean;
        loop {
            for m in 0..aps {
                for n in 0..aps {
                    let own = if m == n { ridge } else { 0.0 };
                    self.curvature[m * aps + n] = match self.free[m] && self.free[n] {
                        true => entry(m, n) + own,
                        false if m == n => mean,
                        false => 0.0,
                    };
                }
            }
            if self.cholesky.factor(&self.curvature).is_some() {
                return Some(());
            }
            if ridge.is_nan() || ridge >= mean {
                return None;
            }
            ridge *= 100.0;
        }
    }

    /// Solve with the factors.
    pub(super) fn solve(&self, right: &mut [f64]) {
        self.cholesky.solve_in_place(right);
    }

    /// The longest of a few steps that pays; false where none does, and `value` is then elsewhere.
    fn advance(
        &mut self,
        value: &mut Value,
        powers: &[f64],
        prices: &mut [f64],
        gap: f64,
        evaluations: &mut u64,
        budget: u64,
    ) -> bool {
        let before = value.value;
        let slopes = &value.gradient[value.users..];
        let slope: f64 = slopes.iter().zip(&self.step).map(|(g, s)| g * s).sum();
        let ends = prices.iter().zip(&self.step).filter(|(_, s)| **s < 0.0);
        let most = ends.map(|(p, s)| p / -s).fold(f64::INFINITY, f64::min);
        let mut length = most.min(1.0);
        for _ in 0..HALVINGS {
            if *evaluations >= budget {
                return false;
            }
            for ((trial, &price), &step) in self.trial.iter_mut().zip(&*prices).zip(&self.step) {
                let ends = step < 0.0 && price + most * step <= 4.0 * f64::EPSILON * price;
                *trial =
                    if ends && length >= most { 0.0 } else { (price + length * step).max(0.0) };
            }
            let sum: f64 = self.trial.iter().sum();
            self.trial.iter_mut().for_each(|price| *price /= sum);
            *evaluations += 1;
            if let Some(after) = value.at(powers, &self.trial) {
                let rounding = ROUNDING * before.abs().max(1.0);
                let falls = after <= before + ENOUGH * length * slope;
                let trial = std::mem::take(&mut self.trial);
                let closer =
                    (after - before).abs() <= 1e3 * rounding && self.gap(value, &trial) < gap;
                self.trial = trial;
                if falls || closer {
                    prices.copy_from_slice(&self.trial);
                    return true;
                }
            }
            length *= 0.5;
        }
        false
    }
}
