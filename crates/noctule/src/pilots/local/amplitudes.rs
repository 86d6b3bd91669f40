//! Exact errors and bounds on positions as functions of amplitudes, with derivatives.

use noctule_num::C64;
use noctule_optim::Constrained;
use noctule_phy::pilot_estimation::Uplink;

use super::moments::Seen;
use crate::pilots::Instance;
use crate::pilots::interior::Normalised;
use crate::pilots::polish::within_power;

/// ε of rough descents and of the last: power of a relative (ε/u)² is lost.
pub(super) const SOFT: [f64; 2] = [1e-3, 1e-4];
/// Limits on positions are kept by this share more: what ends a hair beyond them would not count.
const INSIDE: f64 = 1e-6;
/// The least power that a start gives a beam, and leaves unspent: at zero an amplitude has no
/// derivative that says where to go.
const LEAST_SHARE: f64 = 1e-6;

/// What is minimised.
#[derive(Clone, Copy)]
pub(super) enum Aim {
    /// `ln Σ e_k^τ / τ`.
    Smooth(f64),
    /// `ln e_j`, with the others as constraints.
    Largest(usize),
}

/// Exact errors as functions of amplitudes, with derivatives.
pub(super) struct Amplitudes<'a> {
    instance: &'a Instance,
    pub(super) model: &'a Normalised,
    uplink: Uplink,
    pub(super) limit: Option<f64>,
    pub(super) aim: Aim,
    /// s_mk/√γ_mk, access point by access point.
    amplitudes: Vec<f64>,
    /// √x_mk, in the same order, and its derivative by the coordinate it is made of.
    roots: Vec<f64>,
    bends: Vec<f64>,
    /// ε.
    pub(super) soft: f64,
    /// x, user by user.
    fractions: Vec<f64>,
    pub(super) logs: Vec<f64>,
    /// Derivatives by amplitudes.
    slope: Vec<f64>,
}

impl<'a> Amplitudes<'a> {
    pub(super) fn new(instance: &'a Instance, model: &'a Normalised) -> Self {
        let count = model.points * model.users;
        let limit = instance.parts().crb_limit_m2;
        Self {
            instance,
            model,
            uplink: instance.uplink(),
            limit,
            aim: Aim::Largest(0),
            amplitudes: vec![0.0; count],
            roots: vec![0.0; count],
            bends: vec![0.0; count],
            soft: SOFT[0],
            fractions: vec![0.0; count],
            logs: vec![0.0; model.users],
            slope: vec![0.0; count],
        }
    }

    /// Fractions as a point of the spheres. Nothing is zero there, where a derivative of an
    /// amplitude would not know where to go.
    pub(super) fn entered(&self, x: &[f64]) -> Vec<C64> {
        let (points, users) = (self.model.points, self.model.users);
        let mut out = Vec::with_capacity(points * (users + 1));
        for m in 0..points {
            // u² of u⁴ = x (u² + ε²)
            let own = (0..users).map(|k| {
                let x = x[k * points + m].max(LEAST_SHARE);
                0.5 * (x + (x * (x + 4.0 * self.soft * self.soft)).sqrt())
            });
            let spent: f64 = own.clone().sum();
            out.extend(own.map(|square| C64::from(square.sqrt())));
            out.push(C64::from((1.0 - spent).max(LEAST_SHARE).sqrt()));
        }
        out
    }

    /// `u²/√(u² + ε²)` and its derivative.
    fn softened(&self, u: f64) -> (f64, f64) {
        let soft = self.soft * self.soft;
        let length = (u * u + soft).sqrt();
        (u * u / length, u * (u * u + 2.0 * soft) / length.powi(3))
    }

    /// A point of the spheres as fractions.
    pub(super) fn left(&self, at: &[C64]) -> Vec<f64> {
        let (points, users) = (self.model.points, self.model.users);
        let mut x = vec![0.0; points * users];
        for (m, block) in at.chunks(users + 1).enumerate() {
            for (k, u) in block[..users].iter().enumerate() {
                x[k * points + m] = self.softened(u.re).0.powi(2);
            }
        }
        within_power(&mut x, points);
        x
    }

    /// Amplitudes and fractions of a point, and the logarithms of all errors there.
    pub(super) fn take(&mut self, at: &[C64]) {
        let users = self.model.users;
        for (m, block) in at.chunks(users + 1).enumerate() {
            for (k, u) in block[..users].iter().enumerate() {
                let i = m * users + k;
                let gamma = self.uplink.estimate_gains()[i];
                (self.roots[i], self.bends[i]) = self.softened(u.re);
                self.amplitudes[i] = if gamma > 0.0 { self.roots[i] / gamma.sqrt() } else { 0.0 };
                self.fractions[k * self.model.points + m] = self.roots[i] * self.roots[i];
            }
        }
        for k in 0..users {
            self.logs[k] = self.seen_by(k).log_error();
        }
    }

    /// Moments of what user `k` sees.
    fn seen_by(&self, k: usize) -> Seen {
        let users = self.model.users;
        let parts = self.instance.parts();
        let gram = &parts.downlink_gram;
        let mut seen = Seen { energy: parts.downlink_energy, ..Seen::default() };
        for (m, s) in self.amplitudes.chunks(users).enumerate() {
            seen.mean += self.uplink.cross(m, k, k) * s[k];
            for j in 0..users {
                let heard = gram[(k, j)].conj() * s[j];
                let own = self.uplink.covariance(m, k, k, j) * (heard * s[k]);
                if j == k {
                    seen.own += own.re;
                    continue;
                }
                seen.with_own += own;
                for i in (0..users).filter(|&i| i != k) {
                    let both = gram[(k, i)] * self.uplink.covariance(m, k, i, j) * heard;
                    seen.others += both.re * s[i];
                }
            }
        }
        seen
    }

    /// Add `weight` times the derivatives of `ln e_k` by all amplitudes.
    fn add_error(&mut self, k: usize, weight: f64) {
        let (users, seen) = (self.model.users, self.seen_by(k));
        let by = seen.derivatives();
        let gram = &self.instance.parts().downlink_gram;
        for (m, s) in self.amplitudes.chunks(users).enumerate() {
            for i in 0..users {
                let gamma = self.uplink.estimate_gains()[m * users + i];
                if gamma <= 0.0 {
                    continue;
                }
                let along =
                    |j: usize| self.uplink.covariance(m, k, i, j) * gram[(k, j)].conj() * s[j];
                let others: C64 = (0..users).filter(|&j| j != k).map(along).sum();
                let change = if i == k {
                    let own = 2.0 * s[k] * self.uplink.covariance(m, k, k, k).re;
                    by.own * own
                        + (by.with_own * others).re
                        + (by.mean * self.uplink.cross(m, k, k)).re
                } else {
                    let mine = self.uplink.covariance(m, k, k, i) * gram[(k, i)].conj() * s[k];
                    (by.with_own * mine).re + 2.0 * by.others * (gram[(k, i)] * others).re
                };
                self.slope[m * users + i] += weight * change / gamma.sqrt();
            }
        }
    }

    /// Add `weight` times the derivatives of the logarithm of the bound of user `k`.
    fn add_bound(&mut self, k: usize, weight: f64) {
        let (points, users) = (self.model.points, self.model.users);
        let j = self.model.information(k, &self.fractions);
        let det = j.xx * j.yy - j.xy * j.xy;
        let (xx, yy, xy) = (j.yy / det, j.xx / det, -j.xy / det);
        // d tr J⁻¹ = −tr J⁻² dJ
        let (a, b, c) = (xx * xx + xy * xy, yy * yy + xy * xy, xy * (xx + yy));
        for m in 0..points {
            let r = self.model.radar[k * points + m];
            let fall = (a * r.xx + b * r.yy + 2.0 * c * r.xy) / (xx + yy);
            self.slope[m * users + k] -= weight * fall * 2.0 * self.roots[m * users + k];
        }
    }

    fn bounds(&self) -> usize {
        if self.limit.is_some() { self.model.users } else { 0 }
    }
}

impl Constrained for Amplitudes<'_> {
    fn constraints(&self) -> usize {
        let others = match self.aim {
            Aim::Smooth(_) => 0,
            Aim::Largest(_) => self.model.users - 1,
        };
        others + self.bounds()
    }

    fn values(&mut self, x: &[C64], constraints: &mut [f64]) -> f64 {
        self.take(x);
        let users = self.model.users;
        if self.logs.iter().any(|log| !log.is_finite()) {
            return f64::INFINITY;
        }
        let mut next = constraints.iter_mut();
        let value = match self.aim {
            Aim::Smooth(sharpness) => {
                let top = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = self.logs.iter().map(|log| (sharpness * (log - top)).exp()).sum();
                top + sum.ln() / sharpness
            }
            Aim::Largest(j) => {
                for k in (0..users).filter(|&k| k != j) {
                    next.by_ref().take(1).for_each(|c| *c = self.logs[k] - self.logs[j]);
                }
                self.logs[j]
            }
        };
        if let Some(limit) = self.limit {
            for k in 0..users {
                let Some(crb) = self.model.information(k, &self.fractions).crb() else {
                    return f64::INFINITY;
                };
                let inside = limit * (1.0 - INSIDE);
                next.by_ref().take(1).for_each(|c| *c = (crb / inside).ln());
            }
        }
        value
    }

    fn gradient(&mut self, weights: &[f64], gradient: &mut [C64]) {
        let users = self.model.users;
        let (others, bounds) = weights.split_at(weights.len() - self.bounds());
        let errors: Vec<f64> = match self.aim {
            Aim::Smooth(sharpness) => {
                let top = self.logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let raw: Vec<f64> =
                    self.logs.iter().map(|log| (sharpness * (log - top)).exp()).collect();
                let sum: f64 = raw.iter().sum();
                raw.into_iter().map(|weight| weight / sum).collect()
            }
            Aim::Largest(j) => {
                let mut out = others.to_vec();
                out.insert(j, 1.0 - others.iter().sum::<f64>());
                out
            }
        };
        self.slope.fill(0.0);
        for (k, weight) in errors.into_iter().enumerate() {
            if weight != 0.0 {
                self.add_error(k, weight);
            }
        }
        for (k, weight) in bounds.iter().enumerate() {
            if *weight != 0.0 {
                self.add_bound(k, *weight);
            }
        }
        gradient.fill(C64::ZERO);
        for (i, (slope, bend)) in self.slope.iter().zip(&self.bends).enumerate() {
            gradient[(i / users) * (users + 1) + i % users] = C64::from(slope * bend);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pilots::{CrbLimit, Scenario};
    use noctule_optim::{Manifold, Objective, check_gradient};

    struct Weighted<'a, 'b>(&'b mut Amplitudes<'a>, Vec<f64>);

    impl Objective for Weighted<'_, '_> {
        fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
            let mut constraints = vec![0.0; self.0.constraints()];
            let value = self.0.values(x, &mut constraints);
            self.0.gradient(&self.1.clone(), gradient);
            value + constraints.iter().zip(&self.1).map(|(c, w)| c * w).sum::<f64>()
        }
    }

    #[test]
    fn gradients_of_exact_errors_and_bounds_are_right() {
        let users = crate::pilots::Users::Drawn(crate::pilots::Region {
            count: 3,
            ..crate::pilots::Region::default()
        });
        let scenario = Scenario {
            users,
            uplink_correlation: 0.6,
            downlink_correlation: 0.7,
            crb_limit: CrbLimit::M2(1.0),
            ..Scenario::paper()
        };
        let instance = scenario.realize(3, 0).unwrap();
        let model = instance.normalised();
        let mut local = Amplitudes::new(&instance, &model);
        let count = model.points * model.users;
        let shares: Vec<f64> = (0..count).map(|i| 0.1 + 0.08 * (2.3 * i as f64).sin()).collect();
        let x = local.entered(&shares);
        let direction: Vec<C64> = (0..x.len()).map(|i| C64::from((1.7 * i as f64).sin())).collect();
        let manifold = Manifold::spheres(model.points, model.users + 1, 1.0);
        for aim in [Aim::Smooth(7.0), Aim::Largest(1)] {
            local.aim = aim;
            let weights = (0..local.constraints()).map(|i| 0.3 + 0.1 * i as f64).collect();
            let check =
                check_gradient(&mut Weighted(&mut local, weights), &manifold, &x, &direction);
            assert!(check.passed, "{check:?}");
        }
    }
}
