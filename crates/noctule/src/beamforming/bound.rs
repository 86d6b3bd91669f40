//! What no beams can exceed.
//!
//! The trade-off itself is not convex, but each of its two ends is, and together they bound it:
//! ```math
//! \delta_c \sum_k R_k - \delta_s\,\mathrm{tr}F^{-1} \;\le\; \delta_c\, C - \delta_s\, \mathrm{CRB}^\star
//! ```
//! * `C` is the sum capacity of the broadcast channel, which no linear precoder exceeds. By the
//!   duality of Vishwanath, Jindal and Goldsmith (IEEE Trans. Inf. Theory 49, 2003) it is a
//!   concave program over `K` powers,
//!   `max log det(I + Σ q_k g_k g_kᴴ)` over `q ≥ 0, Σ q_k = 1` with `g_k = h_k √P/σ_k`;
//!   the Frank–Wolfe gap over the simplex turns any `q` into an upper bound.
//! * `CRB*` is the sensing-only optimum, bounded from below by the Frank–Wolfe gap
//!   ([`sensing_only`]).
//!
//! The bound is met when the rate has no weight (under total power). With one user and no weight on
//! sensing it is met too; with several, linear precoding stays below the capacity. In between it
//! asks for both ends at once, so its gap is the price of the compromise plus what the design
//! leaves on the table, and says how large the two together can be; [`super::cooperation`] and
//! [`super::global`] are tighter and cost more. Under per-antenna power it
//! remains a bound, as the total is the same.

use noctule_num::linalg::{Cholesky, Op, mul, orthonormal_basis, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Objective, Sense, StopRule, StopRules, Trace, Work,
};

use super::baselines::{SensingSettings, sensing_only};
use super::model::objective_unit;
use super::{Instance, PowerConstraint};
use crate::{Error, Run};

/// Relative tolerance to which both ends are solved; what is left is added to the bound.
const TOLERANCE: f64 = 1e-8;

/// The upper bound on the objective of `instance`, with its gap to `objective`. The work is what
/// it cost.
///
/// # Errors
/// When a decomposition fails, which finite data do not make it.
pub fn separate_optima(
    instance: &Instance,
    objective: f64,
    interrupt: &Interrupt,
) -> Result<(Option<Bound>, Work), Error> {
    let parts = instance.parts();
    let mut value = 0.0;
    let mut method = Vec::new();
    let mut work = Work::default();
    let (mut shares, mut y) = (Vec::new(), Vec::new());
    if parts.rate_weight_per_nat > 0.0 && instance.users() > 0 {
        let (capacity, dual, spent) = sum_capacity(instance, interrupt)?;
        shares = dual;
        value += parts.rate_weight_per_nat * capacity;
        work += spent;
        method.push("sum capacity");
    }
    if parts.crb_weight > 0.0 {
        let relaxed = instance.with_power_constraint(PowerConstraint::Total)?;
        let settings = SensingSettings { tolerance: TOLERANCE, ..SensingSettings::default() };
        let sensing = sensing_only(&relaxed, &settings, &Run::new(interrupt))?;
        work += sensing.work;
        let Some(bound) = sensing.proof.bound else { return Ok((None, work)) };
        value += bound.value;
        y = bound.numbers.get("y").cloned().unwrap_or_default();
        method.push("sensing-only optimum");
    }
    let method = format!("separate optima: {}", method.join(" and "));
    let bound = Bound::new(objective, value, Sense::Upper, method, objective_unit(instance));
    let numbers = [("capacity", shares), ("y", y)].map(|(name, list)| (name.to_owned(), list));
    Ok((bound.map(|bound| bound.with_numbers(numbers.into())), work))
}

/// An upper bound on the sum rate of any precoding, in nat/s/Hz: the sum capacity of the broadcast
/// channel plus the Frank–Wolfe gap of its dual and a rounding margin.
///
/// # Errors
/// When a decomposition fails, which finite data do not make it.
pub fn sum_capacity_bound_nats(instance: &Instance, interrupt: &Interrupt) -> Result<f64, Error> {
    sum_capacity(instance, interrupt).map(|(bound, ..)| bound)
}

/// The bound, the shares of power in the dual channel that prove it, and what it cost.
fn sum_capacity(
    instance: &Instance,
    interrupt: &Interrupt,
) -> Result<(f64, Vec<f64>, Work), Error> {
    let users = instance.users();
    if users == 0 {
        return Ok((0.0, Vec::new(), Work::default()));
    }
    let mut channels = instance.channels().clone();
    for user in 0..users {
        let scale = (instance.parts().power_w / instance.parts().user_noise_w[user]).sqrt();
        channels.col_mut(user).iter_mut().for_each(|h| *h *= scale);
    }
    let basis = orthonormal_basis(&channels, 1e-14)?;
    let reduced = product(&basis, Op::Adjoint, &channels, Op::Plain);
    let mut dual = DualCapacity::new(reduced);
    let mut point = vec![C64::ONE; users];
    let sphere = Manifold::sphere(users);
    sphere.normalise(&mut point);
    let rules = StopRules::from(StopRule::Residual(TOLERANCE))
        | StopRule::Progress { tolerance: 1e-15, window: 20 }
        | StopRule::Evaluations(2000);
    let mut solver = Lbfgs::new(sphere);
    let run = solver.minimise(&mut dual, &mut point, &rules, interrupt, &mut Trace::off());
    let mut work = run.work;
    work.evaluations += 1;
    let value = -dual.eval(&point, &mut vec![C64::ZERO; users]);
    let steepest = dual.slopes.iter().copied().fold(0.0, f64::max);
    let mean: f64 = dual.slopes.iter().zip(&point).map(|(s, z)| s * z.norm_sqr()).sum();
    // Rounding of log det and of the slopes grows with the condition of I + Σ q g gᴴ, at most its
    // trace as its smallest eigenvalue is one.
    let condition: f64 = (0..dual.inner.rows()).map(|i| dual.inner[(i, i)].re).sum();
    let rounding = 64.0 * f64::EPSILON * users as f64 * condition.max(1.0);
    let dual_bound = value + (steepest - mean).max(0.0) + rounding * (1.0 + steepest + value);
    // At extreme SNR the margin makes that useless; without any interference no rate is higher.
    let alone: f64 = (0..users).map(|k| real_dot(channels.col(k), channels.col(k)).ln_1p()).sum();
    let alone = alone * (1.0 + 64.0 * f64::EPSILON * users as f64);
    let shares = point.iter().map(C64::norm_sqr).collect();
    Ok((if dual_bound.is_finite() { dual_bound.min(alone) } else { alone }, shares, work))
}

/// −log det(I + G diag(q) Gᴴ) with q_k = |z_k|², over the unit sphere of z; the columns of G are
/// the normalised channels in a basis of their range.
///
/// Through `q_k = |z_k|²` the simplex becomes a sphere; the function stays without bad local
/// optima, and the bound does not depend on how well it was climbed anyway.
struct DualCapacity {
    channels: CMat,
    weighted: CMat,
    inner: CMat,
    solved: CMat,
    cholesky: Cholesky,
    /// ∂(log det)/∂q_k at the point evaluated last.
    slopes: Vec<f64>,
}

impl DualCapacity {
    fn new(channels: CMat) -> Self {
        let (rank, users) = (channels.rows(), channels.cols());
        Self {
            weighted: CMat::zeros(rank, users),
            inner: CMat::zeros(rank, rank),
            solved: CMat::zeros(rank, users),
            cholesky: Cholesky::new(rank),
            slopes: vec![0.0; users],
            channels,
        }
    }
}

impl Objective for DualCapacity {
    fn eval(&mut self, z: &[C64], gradient: &mut [C64]) -> f64 {
        for (k, z) in z.iter().enumerate() {
            let scale = z.norm();
            for (out, g) in self.weighted.col_mut(k).iter_mut().zip(self.channels.col(k)) {
                *out = g * scale;
            }
        }
        mul(&mut self.inner, false, 1.0, &self.weighted, Op::Plain, &self.weighted, Op::Adjoint);
        for i in 0..self.inner.rows() {
            self.inner[(i, i)] += C64::ONE;
        }
        if self.cholesky.factor(&self.inner, "I + G diag(q) Gᴴ").is_err() {
            return f64::INFINITY;
        }
        // ∂/∂q_k = g_kᴴ (I + Σ q g gᴴ)⁻¹ g_k: a sum of squares, nothing cancels.
        self.solved.as_mut_slice().copy_from_slice(self.channels.as_slice());
        self.cholesky.solve_in_place(&mut self.solved);
        for k in 0..z.len() {
            self.slopes[k] = real_dot(self.solved.col(k), self.channels.col(k)).max(0.0);
            gradient[k] = z[k] * (-2.0 * self.slopes[k]);
        }
        -self.cholesky.log_det()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certify;
    use crate::beamforming::{Scenario, Settings, design};

    #[test]
    fn one_user_reaches_the_capacity() {
        let scenario = Scenario { users: 1, crb_weight: 0.0, ..Scenario::paper() };
        let instance = scenario.realize(1, 0).unwrap();
        let bound = sum_capacity_bound_nats(&instance, &Interrupt::new()).unwrap();
        let gain: f64 = instance.channels().norm_sqr();
        assert!((bound - (10.0 * gain).ln_1p()).abs() < 1e-9, "{bound}");
    }

    #[test]
    fn orthogonal_users_water_fill() {
        // Gains 4 and 0.25, power over noise 3: all power on the strong user, ln(1 + 12).
        let gains = [f64::sqrt(12.0), f64::sqrt(0.75)];
        let channels = CMat::from_fn(2, 2, |i, j| C64::from(if i == j { gains[i] } else { 0.0 }));
        let mut dual = DualCapacity::new(channels);
        let mut gradient = [C64::ZERO; 2];
        let value = dual.eval(&[C64::ONE, C64::ZERO], &mut gradient);
        assert!((value + 13_f64.ln()).abs() < 1e-14);
        assert!((dual.slopes[0] - 12.0 / 13.0).abs() < 1e-14);
        assert!((dual.slopes[1] - 0.75).abs() < 1e-14);
    }

    #[test]
    fn the_capacity_bound_holds_at_extreme_snr() {
        // One antenna, two users: the capacity is that of the stronger alone.
        for exponent in [6, 12, 16, 20] {
            let base = Scenario { users: 2, crb_weight: 0.0, ..Scenario::paper() };
            let parts = base.realize(1, 0).unwrap().parts().clone();
            let one = noctule_phy::arrays::PlanarArray::new(1, 1);
            let channels = CMat::from_fn(1, 2, |_, k| C64::from([1.0, 0.01][k]));
            let power_w = 10_f64.powi(exponent);
            let parts = crate::beamforming::Parts {
                transmit_array: one,
                channels,
                power_w,
                user_noise_w: vec![1.0; 2],
                ..parts
            };
            let instance = Instance::new(parts).unwrap();
            let bound = sum_capacity_bound_nats(&instance, &Interrupt::new()).unwrap();
            assert!(bound >= power_w.ln_1p(), "{exponent}: {bound} {}", power_w.ln_1p());
            let found = design(&instance, &Settings::default()).unwrap();
            assert!(found.metrics.sum_rate_nats <= bound);
        }
    }

    #[test]
    fn no_design_exceeds_the_bound_and_sensing_alone_meets_it() {
        for trial in 0..10 {
            let instance = Scenario::paper().realize(2, trial).unwrap();
            let found = design(&instance, &Settings::default()).unwrap();
            let objective = found.metrics.objective.unwrap();
            let bound =
                separate_optima(&instance, objective, &Interrupt::new()).unwrap().0.unwrap();
            assert!(bound.value >= objective && bound.gap_abs > 0.0);
        }
        let sensing = Scenario { rate_weight_per_nat: 0.0, ..Scenario::paper() };
        let instance = sensing.realize(2, 0).unwrap();
        let certify = Certify::YES.with_nodes(0);
        let found = design(&instance, &Settings { certify, ..Settings::default() }).unwrap();
        assert!(found.proof.is_global(1e-6), "{:?}", found.proof);
    }
}
