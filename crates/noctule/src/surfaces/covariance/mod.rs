//! The best transmit covariance for given phases, among all: a formula in one variable.
//!
//! ```math
//! \max_{R\succeq0}\ \ln\det(I + HRH^H/\sigma^2)\quad\text{s.t.}\quad \mathrm{tr}\,R\le P,\quad
//! g^HRg\ge\Gamma .
//! ```
//! With the multiplier λ of the power and μ of the requirement, `B = λI − μ g gᴴ`, the inner maximum
//! is water-filling over the eigenvalues of `H B⁻¹ Hᴴ`, and along rays `μ‖g‖² = rλ` the minimum over
//! λ is water-filling with a budget:
//! ```math
//! \min_{0\le r<1} \mathrm{WF}\Big(\mathrm{eig}\Big[\tfrac{1}{\sigma^2}\big(HH^H +
//!   \tfrac{r}{1-r} H\hat g\hat g^H H^H\big)\Big],\ P - r\,\Gamma/\|g\|^2\Big),\qquad
//! \hat g = g/\|g\| .
//! ```
//! The function of r is quasi-convex, its derivative comes with the eigenvalues, and one root of it
//! is the answer. Every r gives an upper bound, so the value proves itself. Eigenvalues of a diagonal
//! matrix plus one of rank one are roots of the secular equation.
//!
//! There is no dedicated sensing signal: the streams are correlated instead, which lights the
//! target as well and carries data too (`docs/errata.md#surfaces-e2`).

mod reduced;
mod secular;

use noctule_optim::water_filling;

use self::secular::secular_root;
use super::root::root;

pub use self::reduced::Reduced;

/// `H` as the formula needs it: eigenvalues of `HHᴴ/σ²` and how each sees `Hĝ`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spectrum {
    /// Eigenvalues d_i of `HHᴴ/σ²`.
    pub gains: Vec<f64>,
    /// `|e_iᴴ H ĝ|²/σ²`; with orthogonal paths `d_i w_i / Σ w`.
    pub overlaps: Vec<f64>,
}

/// The optimum in the dual variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dual {
    /// The optimal rate in nat/s/Hz, an upper bound up to rounding.
    pub rate_nats: f64,
    /// The ratio r = μ‖g‖²/λ at which it is found; zero where the requirement costs nothing.
    pub ratio: f64,
    /// 1 − r, which keeps its digits near the limit of what is reachable.
    pub complement: f64,
}

/// Evaluates and minimises the formula without allocating; room grows when needed.
#[derive(Clone, Debug, Default)]
pub struct CovarianceSolver {
    /// Distinct poles in ascending order, with the sum of the overlaps of each.
    poles: Vec<f64>,
    weights: Vec<f64>,
    /// Eigenvalues that rank one does not move.
    idle: usize,
    /// Eigenvalues: first those that do not move, then one for each pole.
    values: Vec<f64>,
    /// Squared overlap of each moving eigenvector.
    moving: Vec<f64>,
    powers: Vec<f64>,
    order: Vec<usize>,
}

/// ln(r/(1−r)) at which the search ends: 1 − r ≈ 1e-15.
const LAST: f64 = 34.0;
/// How closely the root is found in ln(r/(1−r)): the value is off by the square of it.
const CLOSE: f64 = 1e-11;
/// Eigenvalues closer than this, relative to the largest, are one.
const EQUAL: f64 = 1e-14;

impl CovarianceSolver {
    /// An empty workspace.
    pub fn new() -> Self {
        Self::default()
    }

    /// Minimise over r. `share` is `Γ/(P‖g‖²)`, from 0 to 1: how much of the power that could light
    /// the target is required to.
    ///
    /// # Panics
    /// When gains and overlaps differ in number.
    pub fn solve(&mut self, gains: &[f64], overlaps: &[f64], power: f64, share: f64) -> Dual {
        self.load(gains, overlaps);
        let share = share.clamp(0.0, 1.0);
        let at = |this: &mut Self, log_ratio: f64| this.slope(log_ratio, power, share);
        if share <= 0.0 || self.poles.is_empty() || at(self, -LAST - 3.0) >= 0.0 {
            let rate_nats = self.value(0.0, power);
            return Dual { rate_nats, ratio: 0.0, complement: 1.0 };
        }
        let found = match self.bracket(at) {
            Some((negative, positive)) => root(negative, positive, CLOSE, |x| at(self, x)),
            None => LAST,
        };
        let complement = 1.0 / (1.0 + found.exp());
        let ratio = 1.0 / (1.0 + (-found).exp());
        self.eigenvalues(found.exp());
        let budget = power * ((1.0 - share) + complement * share);
        Dual { rate_nats: self.fill(budget), ratio, complement }
    }

    /// What a requirement larger by a factor e would cost in nats, to first order, at the optimum that
    /// [`solve`](Self::solve) has just found: `μΓ`, with the inverse of the water level for λ.
    pub fn price(&mut self, dual: &Dual, power: f64, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        if dual.ratio <= 0.0 || share <= 0.0 || dual.complement <= 0.0 {
            return 0.0;
        }
        let level = self.level(dual, power, share);
        if level > 0.0 { dual.ratio * power * share / level } else { 0.0 }
    }

    /// The water level 1/λ at the optimum that [`solve`](Self::solve) has just found.
    pub(in crate::surfaces) fn level(&mut self, dual: &Dual, power: f64, share: f64) -> f64 {
        self.eigenvalues(dual.ratio / dual.complement.max(f64::MIN_POSITIVE));
        let share = share.clamp(0.0, 1.0);
        let budget = power * ((1.0 - share) + dual.complement * share);
        water_filling(&self.values, budget, &mut self.powers)
    }

    /// A sign change of the derivative, from the middle outwards: an end where it is negative and one
    /// where it is not, with its values. `None` where it is negative as far as the search goes.
    fn bracket(&mut self, at: impl Fn(&mut Self, f64) -> f64) -> Option<((f64, f64), (f64, f64))> {
        let first = at(self, 0.0);
        let up = first < 0.0;
        let mut end = (0.0, first);
        let (mut probe, mut step) = (0.0, 2.0);
        while (up && probe < LAST) || (!up && probe > -LAST) {
            probe = if up { (probe + step).min(LAST) } else { (probe - step).max(-LAST) };
            step *= 1.6;
            let value = at(self, probe);
            if (value < 0.0) != up {
                let beyond = (probe, value);
                return Some(if up { (end, beyond) } else { (beyond, end) });
            }
            end = (probe, value);
        }
        // it is negative at the very start, or there would be nothing to search
        (!up).then_some(((-LAST - 3.0, -1.0), end))
    }

    /// Poles, merged where they coincide; an eigenvalue without overlap does not move.
    fn load(&mut self, gains: &[f64], overlaps: &[f64]) {
        assert_eq!(gains.len(), overlaps.len(), "one overlap for every gain");
        self.order.clear();
        self.order.extend(0..gains.len());
        self.order.sort_by(|&i, &j| gains[i].total_cmp(&gains[j]));
        self.poles.clear();
        self.weights.clear();
        self.values.clear();
        let top = gains.iter().copied().fold(0.0, f64::max);
        let strongest = overlaps.iter().copied().fold(0.0, f64::max);
        for &i in &self.order {
            let (d, o) = (gains[i].max(0.0), overlaps[i]);
            if o <= strongest * 1e-30 || o.is_nan() {
                self.values.push(d);
            } else if let (Some(&last), Some(weight)) = (self.poles.last(), self.weights.last_mut())
                && d - last <= EQUAL * top
            {
                // two equal eigenvalues: one combination moves, the other stays
                *weight += o;
                self.values.push(d);
            } else {
                self.poles.push(d);
                self.weights.push(o);
            }
        }
        self.idle = self.values.len();
        self.values.resize(self.idle + self.poles.len(), 0.0);
        self.moving.clear();
        self.moving.resize(self.poles.len(), 0.0);
        self.powers.clear();
        self.powers.resize(gains.len(), 0.0);
    }

    /// The value at `r = t/(1+t)` with a budget.
    fn value(&mut self, t: f64, budget: f64) -> f64 {
        self.eigenvalues(t);
        self.fill(budget)
    }

    fn fill(&mut self, budget: f64) -> f64 {
        water_filling(&self.values, budget, &mut self.powers);
        self.values.iter().zip(&self.powers).map(|(g, p)| (g * p).ln_1p()).sum()
    }

    /// The derivative by `ln(r/(1−r))`, divided by r: its sign decides, and it stays finite.
    fn slope(&mut self, log_ratio: f64, power: f64, share: f64) -> f64 {
        let complement = 1.0 / (1.0 + log_ratio.exp());
        let t = log_ratio.exp();
        self.eigenvalues(t);
        let budget = power * ((1.0 - share) + complement * share);
        let level = water_filling(&self.values, budget, &mut self.powers);
        if level <= 0.0 {
            return 0.0;
        }
        let mut gained = 0.0;
        for (i, overlap) in self.moving.iter().enumerate() {
            let (value, p) = (self.values[self.idle + i], self.powers[self.idle + i]);
            if p > 0.0 {
                gained += p * overlap / (1.0 + value * p);
            }
        }
        // d/dτ = t Σ … − (P·share/level) r (1−r), over t, times (1−r)⁻¹ … = Σ … (1+t)² level/P − share
        gained * level * (1.0 + t) * (1.0 + t) / power - share
    }

    /// Eigenvalues of `diag(poles) + t √w √wᵀ`, and the squared overlap of each eigenvector with √w.
    fn eigenvalues(&mut self, t: f64) {
        let m = self.poles.len();
        if t <= 0.0 {
            for i in 0..m {
                self.values[self.idle + i] = self.poles[i];
                self.moving[i] = self.weights[i];
            }
            return;
        }
        for i in 0..m {
            let (origin, shift) = secular_root(&self.poles, &self.weights, t, i);
            self.values[self.idle + i] = self.poles[origin] + shift;
            let spread: f64 = self
                .poles
                .iter()
                .zip(&self.weights)
                .map(|(d, w)| w / ((d - self.poles[origin]) - shift).powi(2))
                .sum();
            self.moving[i] = 1.0 / (t * t * spread);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::linalg::{HermitianEigen, Op, product};
    use noctule_num::rng::{StreamKey, complex_normal, normal, uniform};
    use noctule_num::{C64, CMat};

    /// Eigenvalues by the dense solver.
    fn dense(poles: &[f64], weights: &[f64], t: f64) -> Vec<f64> {
        let n = poles.len();
        let a = CMat::from_fn(n, n, |i, j| {
            let diagonal = if i == j { poles[i] } else { 0.0 };
            C64::from(diagonal + t * (weights[i] * weights[j]).sqrt())
        });
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&a).unwrap();
        eigen.values().to_vec()
    }

    #[test]
    fn secular_roots_are_eigenvalues() {
        let mut rng = StreamKey::new(1, "test", "secular", 0).trial(0);
        for round in 0..2000 {
            let n = 1 + round % 8;
            let gains: Vec<f64> = (0..n)
                .map(|i| if round % 5 == 0 && i > 0 { 2.0 } else { 10_f64.powf(normal(&mut rng)) })
                .collect();
            let overlaps: Vec<f64> = (0..n)
                .map(|i| if i == 2 { 0.0 } else { 10_f64.powf(2.0 * normal(&mut rng)) })
                .collect();
            let t = 10_f64.powf(uniform(&mut rng, -12.0, 12.0));
            let mut solver = CovarianceSolver::new();
            solver.load(&gains, &overlaps);
            solver.eigenvalues(t);
            let mut found = solver.values.clone();
            found.sort_by(f64::total_cmp);
            let expected = dense(&gains, &overlaps, t);
            let scale = expected[n - 1];
            for (a, b) in found.iter().zip(&expected) {
                assert!((a - b).abs() < 1e-13 * scale, "{round}: {a} {b}");
            }
        }
    }

    #[test]
    fn the_value_is_reached_and_bounds_every_ratio() {
        let mut rng = StreamKey::new(2, "test", "covariance", 0).trial(0);
        for round in 0..300 {
            let (mr, mt) = (1 + round % 4, 1 + round % 6);
            let channel = CMat::from_fn(mr, mt, |_, _| complex_normal(&mut rng, 1.0));
            let g: Vec<C64> = (0..mt).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let power = 10_f64.powf(normal(&mut rng));
            let reduced = Reduced::new(&channel, 0.3, &g).unwrap();
            let share = [0.0, 0.3, 0.9, 0.999_999, 1.0][round % 5];
            let required = share * power * reduced.illumination;
            let mut solver = CovarianceSolver::new();
            let Spectrum { gains, overlaps } = &reduced.spectrum;
            let dual = solver.solve(gains, overlaps, power, share);
            let r = reduced.covariance(&dual, power, required).unwrap();
            let trace: f64 = (0..mt).map(|i| r[(i, i)].re).sum();
            assert!(trace <= power * (1.0 + 1e-12));
            let light = CMat::from_columns(mt, 1, g.clone()).unwrap();
            let lit =
                product(&product(&light, Op::Adjoint, &r, Op::Plain), Op::Plain, &light, Op::Plain);
            assert!(lit[(0, 0)].re >= required * (1.0 - 1e-12));
            // ln det(I + H R Hᴴ/σ²) of the covariance
            let through = product(
                &product(&channel, Op::Plain, &r, Op::Plain),
                Op::Plain,
                &channel,
                Op::Adjoint,
            );
            let mut eigen = HermitianEigen::new(mr);
            let whole = CMat::from_fn(mr, mr, |i, j| {
                (through[(i, j)] + through[(j, i)].conj()) * 0.5 / 0.3
            });
            eigen.compute(&whole).unwrap();
            let rate: f64 = eigen.values().iter().map(|x| x.max(0.0).ln_1p()).sum();
            let tolerance = if share > 0.999 { 1e-6 } else { 1e-9 };
            assert!(
                (rate - dual.rate_nats).abs() < tolerance * rate.max(1.0),
                "{round}: {rate} {} share {share}",
                dual.rate_nats
            );
            for other in [0.0, 0.1, 0.5, 0.9, 0.99] {
                let t = other / (1.0 - other);
                let bound = solver.value(t, power * (1.0 - other * share));
                assert!(bound >= dual.rate_nats * (1.0 - 1e-12));
            }
        }
    }
}
