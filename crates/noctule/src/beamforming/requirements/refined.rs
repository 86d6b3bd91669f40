//! Multipliers of a metric's problem at beams that were found, and the best of the bounds they give.

use noctule_num::CMat;

use super::certificate::{Capped, Dual, MetricBound};
use super::groups::PowerLimit;
use super::metric::Metric;
use super::minorant::Minorant;
use super::multipliers::{Columns, capped, share_with_whole};
use super::program::Cap;
use super::required::{DualValues, Found, Requirements, Standing, Told, told};
use super::world::Space;

/// A metric's problem at beams.
pub(super) struct Case<'a> {
    pub(super) space: &'a Space,
    pub(super) metric: &'a Metric,
    pub(super) members: &'a [Metric],
    pub(super) required: &'a Requirements,
    pub(super) caps: &'a [Cap],
    pub(super) sharpness: i32,
    pub(super) at: &'a Standing,
}

impl Case<'_> {
    pub(super) fn minorant(&self, metric: &Metric) -> Option<Minorant> {
        self.at.sensed.minorant(self.space, metric, self.sharpness)
    }

    /// Nothing where the metric has no value at the beams.
    pub(super) fn dual(&self, shares: &[f64], lambda: &[f64], rho: &[f64]) -> Option<Dual> {
        let mut metric = Minorant::nothing(self.space.dim());
        if self.members.len() > 1 {
            // Σ u_i m_i has the minorant Σ u_i (β_i, B_i)
            for (member, share) in self.members.iter().zip(shares) {
                metric.add(*share, &self.minorant(member)?);
            }
        } else {
            metric = self.minorant(self.metric)?;
        }
        Some(Dual { lambda: lambda.to_vec(), metric, caps: self.capped(rho) })
    }

    /// The limits as asked, not as solved for.
    pub(super) fn capped(&self, rho: &[f64]) -> Vec<Capped> {
        capped(self.caps, rho, self.required, |metric| self.minorant(metric))
    }

    /// Multipliers from stationarity: non-negative least squares.
    pub(super) fn refined(&self, w: &CMat, shares: &[f64]) -> Option<Refined> {
        let mut columns = Columns::new();
        let users: Vec<usize> =
            (0..self.space.users()).filter(|k| self.required.sinr[*k] > 0.0).collect();
        let Some(groups) = self.required.power.groups() else {
            for member in self.members {
                columns.push_pull(self.space, self.at, w, member, self.sharpness);
            }
            columns.push_caps(self.space, self.at, w, self.caps, self.sharpness);
            for &k in &users {
                columns.push_floor(self.space, self.at, w, k, self.required.sinr[k]);
            }
            let x = columns.solve(w);
            let (x, rest) = x.split_at(self.members.len());
            let (rho, floors) = rest.split_at(self.caps.len());
            let sum: f64 = x.iter().sum();
            if sum <= 0.0 || sum.is_nan() {
                return None;
            }
            let mut lambda = vec![0.0; self.space.users()];
            for (k, l) in users.iter().zip(floors) {
                lambda[*k] = l / sum;
            }
            let shares: Vec<f64> = x.iter().map(|x| x / sum).collect();
            let rho: Vec<f64> = rho.iter().map(|x| x / sum).collect();
            let dual = self.dual(&shares, &lambda, &rho)?;
            return Some(Refined { dual, shares, nu: Vec::new() });
        };
        // B W = Σ ν_n e_n e_nᵀ W + Σ λ_k D_k − Σ ρ_i B_i W
        let mut target = CMat::zeros(w.rows(), w.cols());
        for (member, share) in self.members.iter().zip(shares) {
            let mut own = Columns::new();
            own.push_pull(self.space, self.at, w, member, self.sharpness);
            for (sum, one) in target.as_mut_slice().iter_mut().zip(own.columns[0].as_slice()) {
                *sum += one * *share;
            }
        }
        for g in 0..groups.count() {
            columns.columns.push(groups.rows(g, w));
        }
        let first = columns.columns.len();
        columns.push_caps(self.space, self.at, w, self.caps, self.sharpness);
        for &k in &users {
            columns.push_floor(self.space, self.at, w, k, self.required.sinr[k]);
        }
        for column in &mut columns.columns[first..] {
            column.scale(-1.0);
        }
        let mut x = columns.solve(&target);
        let (nu, rest) = x.split_at_mut(groups.count());
        let (rho, floors) = rest.split_at_mut(self.caps.len());
        share_with_whole(&groups, self.caps, nu, rho);
        let mut lambda = vec![0.0; self.space.users()];
        for (k, l) in users.iter().zip(floors.iter()) {
            lambda[*k] = *l;
        }
        let dual = self.dual(shares, &lambda, rho)?;
        Some(Refined { dual, shares: shares.to_vec(), nu: nu.to_vec() })
    }

    /// The design with the best of its bounds.
    pub(super) fn best(&self, w: &CMat, value: f64, candidates: Vec<Refined>) -> Found {
        let degree = self.metric.is_degree_minus_one();
        let power = self.required.power.total();
        let groups = self.required.power.groups();
        let exact = self.required.shapes_pattern(Some(self.metric));
        let mut bound = f64::NEG_INFINITY;
        let mut kept = None;
        for candidate in candidates {
            let floors = &self.required.sinr;
            let (found, tau) = match &groups {
                None => {
                    let dual = &candidate.dual;
                    (dual.metric_bound(self.space, floors, (power, exact), degree), 0.0)
                }
                Some(groups) => {
                    candidate.dual.group_bound(self.space, floors, groups, &candidate.nu, degree)
                }
            };
            if let MetricBound::AtLeast(found) = found
                && found > bound
            {
                bound = found;
                kept = Some((candidate, tau));
            }
        }
        let multiplier = match &kept {
            Some((one, _)) if matches!(self.required.power, PowerLimit::Total(_)) => {
                vec![-one.dual.multiplier(self.space, &self.required.sinr, exact)]
            }
            _ => Vec::new(),
        };
        let sharpness = self.sharpness.unsigned_abs();
        let (dual, nu) = kept.map_or_else(
            || {
                let (lambda, rho) = (vec![0.0; self.space.users()], vec![0.0; self.caps.len()]);
                (DualValues { lambda, rho, sharpness, ..DualValues::default() }, Vec::new())
            },
            |(one, tau)| {
                let rho = one.dual.caps.iter().map(|cap| cap.rho).collect();
                let prices = one.nu.iter().map(|nu| -(nu + tau).max(0.0)).collect();
                let Refined { dual, shares, nu } = one;
                (DualValues { lambda: dual.lambda, rho, shares, nu, sharpness }, prices)
            },
        );
        let (lambda, rho) = (dual.lambda.clone(), dual.rho.clone());
        let price_per_power = match &self.required.power {
            PowerLimit::PerAntenna(_) | PowerLimit::Groups { .. } => nu,
            PowerLimit::Total(power) if degree && self.caps.is_empty() && bound.is_finite() => {
                vec![-(value + lambda.iter().sum::<f64>()) / power]
            }
            PowerLimit::Total(_) => multiplier,
        };
        let bound = bound.is_finite().then_some(bound);
        let told = Told { value, bound, lambda, rho, price_per_power };
        Found { dual, ..self::told(self.space, self.required, self.at, w, told) }
    }
}

/// Multipliers, and those of the antennas.
pub(super) struct Refined {
    pub(super) dual: Dual,
    pub(super) shares: Vec<f64>,
    pub(super) nu: Vec<f64>,
}
