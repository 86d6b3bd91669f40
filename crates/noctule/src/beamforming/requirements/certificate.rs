//! Bounds from dual values: eigenvalues only, no optimiser.
//!
//! With λ ≥ 0 for the SINR floors and a minorant (β, B) of what is minimised and capped,
//! ```text
//! N_0 = B − Σ_k λ_k(c Q_k + C_k),   N_j = B − Σ_k λ_k(Q_k + C_k) + λ_j(1 + 1/γ_j) Q_j
//! ```
//! and `μ = max(0, max_j λ₁(N_j))`: no beams within the power P have a metric below `β + Σλ − Pμ`. With
//! the minorants of the caps in place of the metric's, no beams that meet everything spend less than
//! `(Σλ + Σρ_i(β_i − c_i))/μ`: above the power there is, that proves that there are none.

use noctule_num::CMat;
use noctule_num::linalg::{Cholesky, HermitianEigen};

use super::groups::Groups;
use super::link::add_outer;
use super::matrices::MARGIN;
use super::minorant::Minorant;
use super::world::Space;

/// The matrices N_0 and N_j, j with a floor.
pub(super) fn shifted(space: &Space, floors: &[f64], lambda: &[f64], b: &CMat) -> Vec<CMat> {
    let mut common = b.clone();
    for (error, lambda) in space.errors.iter().zip(lambda) {
        for (out, e) in common.as_mut_slice().iter_mut().zip(error.as_slice()) {
            *out -= e * *lambda;
        }
    }
    let mut first = common.clone();
    for (k, lambda) in lambda.iter().enumerate() {
        add_outer(&mut first, -lambda * space.heard, space.h.col(k));
        add_outer(&mut common, -lambda, space.h.col(k));
    }
    let mut out = vec![first];
    for (j, floor) in floors.iter().enumerate().filter(|(_, floor)| **floor > 0.0) {
        let mut own = common.clone();
        add_outer(&mut own, lambda[j] * (1.0 + 1.0 / floor), space.h.col(j));
        out.push(own);
    }
    out
}

/// λ₁ of the largest, what rounding may hide of it, and its place.
pub(super) fn largest(matrices: &[CMat]) -> (f64, f64) {
    let Some(first) = matrices.first() else { return (0.0, 0.0) };
    let r = first.rows();
    let (mut eigen, mut cholesky) = (HermitianEigen::new(r), Cholesky::new(r));
    let mut most = f64::NEG_INFINITY;
    let mut norms = 0.0;
    for matrix in matrices {
        norms += matrix.norm();
        // one that is smaller than the largest so far takes a factor and no eigenvalues
        if most.is_finite() {
            let mut below = matrix.clone();
            below.scale(-1.0);
            for i in 0..r {
                below[(i, i)] += most;
            }
            if cholesky.factor(&below, "below the largest").is_ok() {
                continue;
            }
        }
        if eigen.compute(matrix).is_err() {
            return (f64::INFINITY, 0.0);
        }
        most = most.max(eigen.max());
    }
    (most, MARGIN * r as f64 * norms)
}

/// Dual values of a problem.
#[derive(Clone, Debug)]
pub(super) struct Dual {
    /// λ, one a user; zero without a floor.
    pub(super) lambda: Vec<f64>,
    /// The minorant of the metric; nothing where the power is minimised.
    pub(super) metric: Minorant,
    /// The caps.
    pub(super) caps: Vec<Capped>,
}

/// A cap with its multiplier.
#[derive(Clone, Debug)]
pub(super) struct Capped {
    /// ρ.
    pub(super) rho: f64,
    /// The limit (of a gain: minus what it must be).
    pub(super) limit: f64,
    /// The minorant of the metric (of a gain: of minus it).
    pub(super) minorant: Minorant,
    /// Whether it is a power, the limit of which grows with those of groups.
    pub(super) spends: bool,
}

/// What is proven of a metric under SINR floors and caps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum MetricBound {
    /// No beams have less.
    AtLeast(f64),
    /// No beams meet everything.
    Infeasible,
}

impl Dual {
    fn with_caps(&self) -> (Minorant, f64) {
        let mut all = self.metric.clone();
        let mut size = self.metric.beta.abs();
        for Capped { rho, limit, minorant, .. } in &self.caps {
            all.add(*rho, minorant);
            all.beta -= rho * limit;
            size += rho * (minorant.beta.abs() + limit.abs());
        }
        (all, size)
    }

    /// What no beams within the total power fall below; `exact` where all of it is spent.
    pub(super) fn metric_bound(
        &self,
        space: &Space,
        floors: &[f64],
        (power, exact): (f64, bool),
        degree_minus_one: bool,
    ) -> MetricBound {
        let (all, size) = self.with_caps();
        let (top, hidden) = largest(&shifted(space, floors, &self.lambda, &all.b));
        let mu = if exact { top } else { top.max(0.0) };
        let sum: f64 = self.lambda.iter().sum();
        let hidden = power * (hidden + all.blur) + MARGIN * space.dim() as f64 * (sum + size);
        let plain = all.beta + sum - power * mu - hidden;
        if !(degree_minus_one && self.caps.is_empty()) {
            return MetricBound::AtLeast(plain);
        }
        // (Y, λ) → (tY, t²λ), the best t
        let rest = power * mu - sum;
        if rest + hidden <= 0.0 {
            return MetricBound::Infeasible;
        }
        MetricBound::AtLeast(plain.max((0.5 * self.metric.beta).powi(2) / (rest + hidden)))
    }

    /// μ of the total power.
    pub(super) fn multiplier(&self, space: &Space, floors: &[f64], exact: bool) -> f64 {
        let (all, _) = self.with_caps();
        let top = largest(&shifted(space, floors, &self.lambda, &all.b)).0;
        if exact { top } else { top.max(0.0) }
    }

    /// What no beams that keep the limit of every group fall below, for multipliers ν of the limits; and
    /// τ, by which ν was raised.
    pub(super) fn group_bound(
        &self,
        space: &Space,
        floors: &[f64],
        groups: &Groups,
        nu: &[f64],
        degree_minus_one: bool,
    ) -> (MetricBound, f64) {
        let (all, size) = self.with_caps();
        let mut matrices = shifted(space, floors, &self.lambda, &all.b);
        groups.subtract(nu, &mut matrices);
        let (tau, hidden) = largest(&matrices);
        let raised: Vec<f64> = nu.iter().map(|nu| (nu + tau).max(0.0)).collect();
        let price = groups.price(&raised);
        let sum: f64 = self.lambda.iter().sum();
        let total: f64 = groups.limits.iter().sum();
        let hidden = total * (hidden + all.blur) + MARGIN * space.dim() as f64 * (sum + size);
        let plain = all.beta + sum - price - hidden;
        if !(degree_minus_one && self.caps.is_empty()) {
            return (MetricBound::AtLeast(plain), tau);
        }
        let rest = price - sum;
        if rest + hidden <= 0.0 {
            return (MetricBound::Infeasible, tau);
        }
        let scaled = (0.5 * self.metric.beta).powi(2) / (rest + hidden);
        (MetricBound::AtLeast(plain.max(scaled)), tau)
    }

    /// The power without which nothing meets floors and caps; with groups, and multipliers ν ≥ 0 of their
    /// limits, nothing that keeps these.
    pub(super) fn power_bound(
        &self,
        space: &Space,
        floors: &[f64],
        groups: Option<(&Groups, &[f64])>,
    ) -> f64 {
        let (all, size) = self.with_caps();
        let mut matrices = shifted(space, floors, &self.lambda, &all.b);
        let spent = groups.map_or(0.0, |(groups, nu)| {
            groups.subtract(nu, &mut matrices);
            groups.price(nu)
        });
        let (top, hidden) = largest(&matrices);
        let sum: f64 = self.lambda.iter().sum();
        let price = top.max(0.0) + hidden + all.blur;
        let gained = sum + all.beta - spent - MARGIN * (sum + size + spent);
        if gained <= 0.0 { 0.0 } else { gained / price }
    }

    /// What the limits of all groups have to be multiplied by, at least, for floors and caps to be met.
    pub(super) fn factor_bound(
        &self,
        space: &Space,
        floors: &[f64],
        groups: &Groups,
        nu: &[f64],
    ) -> f64 {
        let (all, size) = self.with_caps();
        let mut matrices = shifted(space, floors, &self.lambda, &all.b);
        groups.subtract(nu, &mut matrices);
        let (top, hidden) = largest(&matrices);
        let raised: Vec<f64> = nu.iter().map(|nu| nu + top.max(0.0) + hidden + all.blur).collect();
        let sum: f64 = self.lambda.iter().sum();
        // limits on power are multiplied too: they are no loss but part of the price
        let spending = self.caps.iter().filter(|cap| cap.spends);
        let spent: f64 = spending.map(|cap| cap.rho * cap.limit).sum();
        let gained = sum + all.beta + spent - MARGIN * (sum + size);
        if gained <= 0.0 { 0.0 } else { gained / (groups.price(&raised) + spent) }
    }
}
