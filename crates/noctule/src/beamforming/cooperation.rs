//! What no beams exceed even if the users decoded together: Sato's bound with sensing.
//!
//! For any noise covariance `Z ≻ 0` with unit diagonal the sum rate of any precoding, linear or
//! not, is at most the mutual information of users that cooperate under that noise (rates depend
//! on each user's own noise alone, so that `Z` is free):
//! ```math
//! \delta_c \sum_k R_k - \delta_s\,\mathrm{tr}F^{-1}
//! \;\le\; \max_{R \succeq 0,\;\mathrm{tr}R \le P}
//! \delta_c\left[\ln\det(Z + \tilde H^H R \tilde H) - \ln\det Z\right] - \delta_s\,\mathrm{tr}F(R)^{-1}.
//! ```
//! The right-hand side is concave in `R`, solved in factors, and bounded by its Frank–Wolfe gap;
//! it is convex in `Z`, and the worst noise is looked for by descent. Every `Z` gives a bound, so
//! that it does not matter how far that search gets. At the worst noise this is what dirty-paper
//! coding achieves: the distance to a linear design is mostly the price of linear precoding, and
//! [`super::global`] says what is left.
//!
//! H. Sato, "An outer bound to the capacity region of broadcast channels", IEEE Trans. Inf. Theory
//! 24, 1978; that it is met with the worst noise: W. Yu and J. M. Cioffi, IEEE Trans. Inf. Theory
//! 50, 2004.

use std::collections::BTreeMap;

use noctule_num::linalg::{Cholesky, HermitianEigen, Op, product};
use noctule_num::{C64, CMat};
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Objective, Sense, StopRule, StopRules, Trace, Work,
};

use super::Instance;
use super::model::{Model, Space};
use super::rate_term::RateTerm;
use super::starts::GOLDEN_ANGLE;
use crate::Error;

/// Share of uncorrelated noise that is always kept: at low power the worst noise is nearly
/// singular.
const UNCORRELATED: f64 = 1e-9;
/// The stationarity asked for in successive rounds, with a look at the bound in between; the last
/// one until [`MOST_ROUNDS`].
const ROUNDS: [f64; 6] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
/// Evaluations in one round of the inner problem.
const INNER_EVALUATIONS: u64 = 500;
/// Rounds of the inner problem.
const MOST_ROUNDS: usize = 20;
/// The gap of the inner problem that is small enough, in units of the objective: a tenth of what
/// the bound is promised to be off its own minimum.
const INNER_GAP: f64 = 1e-7;
/// A gap of more than this times the residual is that of a saddle.
const SADDLE: f64 = 100.0;
/// Shares of the power moved to the direction that gains most, the first that gains is taken.
const SHARES: [f64; 6] = [0.3, 0.1, 0.03, 0.01, 1e-3, 1e-5];
/// The stationarity of the worst noise.
const TOLERANCE: f64 = 1e-7;
/// Evaluations that its search may take. A median of ten suffices, and some twenty at low power;
/// the limit is for scenes that rounding keeps from their tolerance.
const NOISES: u64 = 300;

/// The bound, with its gap to `objective`. The work is what it cost.
///
/// # Errors
/// When a decomposition fails, which finite data do not make it.
pub fn sato(
    instance: &Instance,
    objective: f64,
    interrupt: &Interrupt,
) -> Result<(Option<Bound>, Work), Error> {
    let users = Model::new(instance, Space::Reduced)?.users();
    let independent = CMat::identity(users);
    let Some(worst) = worst_noise(instance, independent.as_slice(), interrupt)? else {
        return Ok((None, Work::default()));
    };
    let unit = worst.model.unit();
    let method = "Sato's bound: cooperating users under their worst noise";
    let bound = Bound::new(objective, worst.lowest * unit, Sense::Upper, method, unit);
    let (margin, numbers) = (worst.margin * unit, worst.numbers);
    Ok((bound.map(|bound| Bound { numbers, ..bound.with_margin(margin) }), worst.work))
}

/// The search for the worst noise from a factor of its covariance, row by row; `None` where there
/// are no users.
fn worst_noise<'a>(
    instance: &Instance,
    factor: &[C64],
    interrupt: &'a Interrupt,
) -> Result<Option<WorstNoise<'a>>, Error> {
    let shape = Model::new(instance, Space::Reduced)?;
    let (users, rank) = (shape.users(), shape.rank());
    if users == 0 || rank == 0 {
        return Ok(None);
    }
    let model = Model::with_streams(instance, Space::Reduced, rank)?;
    let mut worst = WorstNoise {
        users,
        point: rising(model.dim(), 1),
        solve: Lbfgs::new(Manifold::sphere(model.dim())),
        eigen: HermitianEigen::new(rank),
        factors: HermitianEigen::new(rank),
        cholesky: Cholesky::new(users),
        gradient: vec![C64::ZERO; model.dim()],
        model,
        lowest: f64::INFINITY,
        margin: 0.0,
        numbers: BTreeMap::new(),
        energy: instance.information() * instance.parts().power_w,
        work: Work::default(),
        interrupt,
        failure: None,
    };
    let rules = StopRules::from(StopRule::Evaluations(NOISES))
        | StopRule::Residual(TOLERANCE)
        | StopRule::Progress { tolerance: 1e-10, window: 10 };
    let mut solver = Lbfgs::new(Manifold::spheres(users, users, 1.0));
    let mut noise = factor.to_vec();
    solver.manifold().normalise(&mut noise);
    solver.minimise(&mut worst, &mut noise, &rules, interrupt, &mut Trace::off());
    match worst.failure.take() {
        Some(error) => Err(error),
        None => Ok(Some(worst)),
    }
}

/// A point whose phases rise with a power of the place. Where they rise evenly it is one beam, by which few receive
/// antennas cannot tell all parameters apart; with the square it is as many as there is room for.
fn rising(dim: usize, power: i32) -> Vec<C64> {
    (0..dim).map(|i| C64::from_polar(1.0, GOLDEN_ANGLE * (i as f64).powi(power))).collect()
}

/// The bound as a function of `Z = L Lᴴ`, rows of `L` of norm one.
struct WorstNoise<'a> {
    users: usize,
    model: Model,
    solve: Lbfgs,
    eigen: HermitianEigen,
    factors: HermitianEigen,
    cholesky: Cholesky,
    /// The covariance's factor, warm from the noise before.
    point: Vec<C64>,
    gradient: Vec<C64>,
    /// The smallest bound proven so far, normalised.
    lowest: f64,
    /// What it contains for rounding.
    margin: f64,
    /// What it can be computed again from.
    numbers: BTreeMap<String, Vec<f64>>,
    energy: f64,
    work: Work,
    interrupt: &'a Interrupt,
    failure: Option<Error>,
}

impl WorstNoise<'_> {
    /// Z from its factor, rows of `factor` one after the other.
    fn noise(&self, factor: &[C64]) -> CMat {
        let k = self.users;
        let mut z = CMat::from_fn(k, k, |i, j| {
            let (a, b) = (&factor[i * k..(i + 1) * k], &factor[j * k..(j + 1) * k]);
            a.iter().zip(b).map(|(x, y)| x * y.conj()).sum::<C64>() * (1.0 - UNCORRELATED)
        });
        for i in 0..k {
            z[(i, i)] = C64::ONE;
        }
        z
    }

    /// Keep the multipliers at the point evaluated last.
    fn note(&mut self) {
        let Some((z, q)) = self.model.cooperative_multipliers() else { return };
        let flat = |m: &CMat| m.as_slice().iter().flat_map(|x| [x.re, x.im]).collect();
        let y = self.model.fisher_inverse().iter().map(|y| y / self.energy).collect();
        let lists = [("z", flat(&z)), ("q", flat(&q)), ("y", y)];
        self.numbers = lists.map(|(name, list)| (name.to_owned(), list)).into();
    }

    /// Maximise over the covariance; the value reached, an upper bound, and its margin.
    fn inner(&mut self) -> Result<(f64, f64, f64), Error> {
        let (mut reached, mut bound, mut margin) = (f64::NEG_INFINITY, f64::INFINITY, 0.0);
        self.solve.manifold().normalise(&mut self.point);
        for round in 0..MOST_ROUNDS {
            let tolerance = ROUNDS[round.min(ROUNDS.len() - 1)];
            let rules = StopRules::from(StopRule::Residual(tolerance))
                | StopRule::Progress { tolerance: 1e-14, window: 30 }
                | StopRule::Evaluations(INNER_EVALUATIONS);
            let point = &mut self.point;
            let (model, trace) = (&mut self.model, &mut Trace::off());
            let run = self.solve.minimise(model, point, &rules, self.interrupt, trace);
            self.work += run.work;
            let value = self.model.eval(&self.point, &mut self.gradient);
            if !value.is_finite() && round == 0 {
                self.point = rising(self.point.len(), 2);
                self.solve.manifold().normalise(&mut self.point);
                continue;
            }
            if !value.is_finite() {
                break;
            }
            let Some((tangent, matrix)) = self.model.cooperative_tangent() else { break };
            self.eigen.compute(&matrix)?;
            self.work.factorisations += 1;
            reached = -value;
            let upper = tangent.constant + self.eigen.max().max(0.0) + tangent.margin;
            if upper < bound {
                (bound, margin) = (upper, tangent.margin);
                if upper < self.lowest {
                    self.note();
                }
            }
            if bound - reached <= INNER_GAP || self.interrupt.is_raised() {
                break;
            }
            // A stationary point whose gap is far above its residual is a saddle.
            let moved = bound - reached > SADDLE * tolerance && self.leave(reached)?;
            if !moved && round >= ROUNDS.len() {
                break;
            }
        }
        Ok((reached, bound, margin))
    }

    /// Move power to the direction of the steepest gain, `R ← (1−γ)R + γuuᴴ`; whether that gained.
    ///
    /// A factor whose columns have become dependent may be stationary where its covariance is not
    /// optimal, and no climb of the factor leaves such a point: at low power the worst noise
    /// silences users one after the other.
    fn leave(&mut self, reached: f64) -> Result<bool, Error> {
        let (rank, streams) = (self.model.rank(), self.model.streams());
        let factor = CMat::from_columns(rank, streams, self.point.clone())?;
        let covariance = product(&factor, Op::Plain, &factor, Op::Adjoint);
        let direction = self.eigen.vectors().col(rank - 1).to_vec();
        for share in SHARES {
            let mixed = CMat::from_fn(rank, rank, |i, j| {
                covariance[(i, j)] * (1.0 - share) + direction[i] * direction[j].conj() * share
            });
            self.factors.compute(&mixed)?;
            let (values, vectors) = (self.factors.values(), self.factors.vectors());
            let candidate: Vec<C64> = (0..streams)
                .flat_map(|j| vectors.col(j).iter().map(move |x| x * values[j].max(0.0).sqrt()))
                .collect();
            self.work.factorisations += 1;
            self.work.evaluations += 1;
            if -self.model.eval(&candidate, &mut self.gradient) > reached {
                self.point = candidate;
                return Ok(true);
            }
        }
        // What follows asks the model for the point evaluated last.
        self.model.eval(&self.point, &mut self.gradient);
        Ok(false)
    }
}

impl Objective for WorstNoise<'_> {
    fn eval(&mut self, factor: &[C64], gradient: &mut [C64]) -> f64 {
        let z = self.noise(factor);
        if self.cholesky.factor(&z, "noise covariance").is_err() {
            return f64::INFINITY;
        }
        let log_det = self.cholesky.log_det();
        let mut inverse = CMat::identity(self.users);
        self.cholesky.solve_in_place(&mut inverse);
        self.model.set_rate(RateTerm::cooperating(z, log_det, self.model.streams()));
        let (reached, bound, margin) = match self.inner() {
            Ok(both) => both,
            Err(error) => {
                self.failure.get_or_insert(error);
                return f64::INFINITY;
            }
        };
        // The determinant of a nearly singular Z carries its own rounding.
        let condition: f64 = (0..self.users).map(|i| inverse[(i, i)].re).sum();
        let slack = 64.0 * f64::EPSILON * self.users as f64 * condition;
        let slack = self.model.rate_weight() * slack;
        if bound + slack < self.lowest {
            (self.lowest, self.margin) = (bound + slack, margin + slack);
        }
        // By the envelope theorem the slope is that at the optimal R: ∂/∂Z = δ_c [(Z + S)⁻¹ − Z⁻¹],
        // negative semidefinite, as more noise never helps. With Z = (1 − u) L Lᴴ + u I,
        // dZ = (1 − u)(dL Lᴴ + L dLᴴ), so that the gradient by L is 2 (1 − u) ∂/∂Z L.
        let mut slope = self.model.received_inverse();
        for j in 0..self.users {
            for (s, i) in slope.col_mut(j).iter_mut().zip(inverse.col(j)) {
                *s = (*s - i) * (2.0 * (1.0 - UNCORRELATED) * self.model.rate_weight());
            }
        }
        let rows = CMat::from_fn(self.users, self.users, |i, c| factor[i * self.users + c]);
        let by_row = product(&slope, Op::Plain, &rows, Op::Plain);
        for i in 0..self.users {
            for c in 0..self.users {
                gradient[i * self.users + c] = by_row[(i, c)];
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::beamforming::{ArrayShape, Scenario, Settings, design};
    use noctule_num::rng::{StreamKey, complex_normal};

    /// One beam is not enough for so few antennas to tell the parameters of two targets apart.
    #[test]
    fn few_receive_antennas_leave_satos_bound() {
        for (horizontal, vertical) in [(1, 1), (2, 1), (1, 4)] {
            let receive_array = ArrayShape { horizontal, vertical };
            let scenario = Scenario { users: 2, receive_array, ..Scenario::paper() };
            let instance = scenario.realize(1, 0).unwrap();
            let found = design(&instance, &Settings::default()).unwrap();
            let objective = found.metrics.objective.unwrap();
            let bound = sato(&instance, objective, &Interrupt::new()).unwrap().0.unwrap();
            assert!(bound.value >= objective && bound.gap_rel < 1.0, "{horizontal}: {bound:?}");
        }
    }

    /// The bound is convex in the noise: whatever noise the search begins with, it ends at the one
    /// minimum. At low power the worst noise is nearly singular and silences users, where climbs
    /// of a factor used to stop short: the bound was up to 5 % above itself.
    #[test]
    fn satos_bound_is_at_its_own_minimum_at_any_power() {
        let never = Interrupt::new();
        for (power_dbm, trials) in [(-10.0, 2), (0.0, 2), (5.0, 3), (10.0, 1)] {
            for trial in 0..trials {
                let scenario = Scenario { users: 6, power_dbm, ..Scenario::paper() };
                let instance = scenario.realize(1, trial).unwrap();
                let found = design(&instance, &Settings::default()).unwrap();
                let objective = found.metrics.objective.unwrap();
                let bound = sato(&instance, objective, &never).unwrap().0.unwrap();
                assert!(bound.value >= objective, "{power_dbm} dBm: {bound:?}");
                for start in 0..2 {
                    let mut rng = StreamKey::new(3, "test", "noise", start).trial(trial);
                    let factor: Vec<C64> = (0..36)
                        .map(|i| complex_normal(&mut rng, 0.3) + f64::from(u8::from(i % 7 == 0)))
                        .collect();
                    let other = worst_noise(&instance, &factor, &never).unwrap().unwrap();
                    let other = other.lowest * other.model.unit();
                    let apart = (bound.value - other) / bound.value.abs();
                    assert!(apart < 1e-6, "{power_dbm} dBm, {trial}: {} {other}", bound.value);
                }
            }
        }
    }
}
