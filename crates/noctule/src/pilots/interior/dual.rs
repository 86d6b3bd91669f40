//! Lower bounds in closed form, from any multipliers.
//!
//! A program is relaxed with weights λ_k on the errors, ν_k on the bounds of positions and μ_m on
//! the power limits. What is left to minimise over `x ≥ 0` is, user by user,
//! ```math
//! \sum_m c_{mk} x_{mk} - \lambda_k t \Big(\sum_m \sqrt{g_{mk} x_{mk}}\Big)^2 ,
//! ```
//! homogeneous of degree one, so that its minimum is 0 or −∞; by the Cauchy–Schwarz inequality it
//! is 0 exactly when `λ_k t Σ_m g_mk/c_mk ≤ 1` with every `c_mk > 0`. A bound on a position enters
//! through `tr J⁻¹ ≥ 2 tr Y − tr(Y² J)`, true of every symmetric Y. Hence every choice of
//! non-negative weights and of matrices Y proves a bound that takes O(M K) operations to check,
//! and the interior point only has to suggest good ones.

use std::collections::BTreeMap;

use noctule_phy::multistatic::Information;

use super::{Interior, Program};

/// Relative margin for the rounding of sums of a few thousand terms that do not cancel.
const MARGIN: f64 = 1e-11;

/// What rounding may leave of a sum that cancels, relative to the sum of its terms' magnitudes: a cost
/// has K + 3 terms of which none is the result of more than eight operations, each off by half a unit
/// in the last place. Eight times that, so that a checker that bounds its own rounding term by term
/// finds the conditions to hold as well.
fn rounding(terms: usize) -> f64 {
    4.0 * (terms as f64 + 24.0) * f64::EPSILON
}

/// The inverse of J: Y, and tr Y.
fn inverse(j: Information) -> Information {
    let d = j.xx * j.yy - j.xy * j.xy;
    Information { xx: j.yy / d, yy: j.xx / d, xy: -j.xy / d }
}

/// tr(Y² R), and the sum of the magnitudes of its terms.
fn curvature(y: Information, r: Information) -> (f64, f64) {
    let square = Information {
        xx: y.xx * y.xx + y.xy * y.xy,
        yy: y.yy * y.yy + y.xy * y.xy,
        xy: y.xy * (y.xx + y.yy),
    };
    let (along, across) = (square.xx * r.xx + square.yy * r.yy, 2.0 * square.xy * r.xy);
    let size = y.xy.abs() * (y.xx + y.yy).abs() * 2.0 * r.xy.abs();
    (along + across, along + size)
}

/// Weights on the constraints of a program, as the interior point suggests them.
#[derive(Clone, Debug)]
pub struct Weights {
    error: Vec<f64>,
    crb: Vec<f64>,
    inverse: Vec<Information>,
    power: Vec<f64>,
    /// (P, Q) of the numerator `P a + Q b`.
    numerator: Vec<[f64; 2]>,
}

impl Weights {
    /// λ of every user, ν of every user, Y of every user as xx, yy, xy, and μ of every access point.
    pub(in crate::pilots) fn lists(&self) -> [Vec<f64>; 4] {
        let inverse = self.inverse.iter().flat_map(|y| [y.xx, y.yy, y.xy]).collect();
        [self.error.clone(), self.crb.clone(), inverse, self.power.clone()]
    }

    fn of(interior: &Interior, program: &Program<'_>, boxes: &[[f64; 2]]) -> Self {
        let model = program.model;
        let numerator: Vec<[f64; 2]> =
            boxes.iter().map(|[l, u]| [l * u, (1.0 - l) * (1.0 - u)]).collect();
        let error = (0..model.users)
            .map(|k| {
                let seen = model.reception(k, &interior.x);
                let [p, q] = numerator[k];
                interior.y_error[k] / (p * seen.a + q * seen.b)
            })
            .collect();
        let mut crb = vec![0.0; model.users];
        let mut inverses = vec![Information::default(); model.users];
        if program.crb_limit.is_some() {
            for k in 0..model.users {
                let j = model.information(k, &interior.x);
                inverses[k] = inverse(j);
                crb[k] = interior.y_crb[k] * j.crb().map_or(0.0, f64::recip);
            }
        }
        Self { error, crb, inverse: inverses, power: interior.y_power.clone(), numerator }
    }

    /// What the position bounds contribute to the constant, at least: near the limit of what is
    /// possible the weights are large and the terms cancel.
    fn positions_constant(&self, limit: Option<f64>) -> f64 {
        let rounding = rounding(self.crb.len());
        limit.map_or(0.0, |limit| {
            let terms = self.crb.iter().zip(&self.inverse);
            terms
                .map(|(n, y)| {
                    let trace = 2.0 * (y.xx + y.yy);
                    n * (trace - limit - rounding * (trace.abs() + limit))
                })
                .sum()
        })
    }

    /// The constant that the noise contributes.
    fn noise(&self) -> f64 {
        self.error.iter().zip(&self.numerator).map(|(w, [_, q])| w * q).sum()
    }

    /// The largest ratio of the relaxation at the point at hand.
    fn level(&self, interior: &Interior, program: &Program<'_>) -> f64 {
        let model = program.model;
        (0..model.users)
            .map(|k| {
                let seen = model.reception(k, &interior.x);
                let [p, q] = self.numerator[k];
                (p * seen.a + q * seen.b) / seen.power()
            })
            .fold(0.0, f64::max)
    }

    /// Where a cost at level `t` is below `share` of `λ t z √(g/x)`, raise the price of power until
    /// it is as large as the whole.
    fn raise(
        &mut self,
        interior: &Interior,
        program: &Program<'_>,
        price: f64,
        t: f64,
        share: f64,
    ) {
        let model = program.model;
        let costs = self.costs(program, price);
        let mut lacking = vec![0.0_f64; model.points];
        // Σ √(g x)/z is one up to the rounding of its M terms.
        let share = share * (1.0 + MARGIN);
        for k in 0..model.users {
            let (seen, u) = (model.reception(k, &interior.x), self.error[k] * t);
            for (lacking, i) in lacking.iter_mut().zip(model.block(k)) {
                let needed = u * seen.z * (model.estimate[i] / interior.x[i]).sqrt();
                let cost = costs[i] - u * model.gain[i];
                if cost < share * needed {
                    *lacking = lacking.max(needed * (1.0 + MARGIN) - cost);
                }
            }
        }
        for (price, lacking) in self.power.iter_mut().zip(lacking) {
            *price += lacking;
        }
    }

    /// c_mk without the term in t, at least: what it is less what rounding may have left of it.
    fn costs(&self, program: &Program<'_>, price: f64) -> Vec<f64> {
        let model = program.model;
        let rounding = rounding(model.users);
        let mut out = vec![0.0; model.points * model.users];
        for k in 0..model.users {
            for (m, i) in model.block(k).enumerate() {
                out[i] +=
                    price + self.power[m] + self.error[k] * self.numerator[k][0] * model.gain[i];
                if self.crb[k] > 0.0 {
                    let (saved, size) = curvature(self.inverse[k], model.radar[i]);
                    out[i] -= self.crb[k] * saved + rounding * (out[i] + self.crb[k] * size);
                }
                for j in (0..model.users).filter(|&j| j != k) {
                    let c = model.overlap[j * model.users + k];
                    out[i] +=
                        self.error[j] * self.numerator[j][1] * c * model.gain[j * model.points + m];
                }
            }
        }
        out
    }
}

/// A lower bound on the largest error over the envelope `boxes`, whatever `x`, and the weights that
/// prove it: zero when the multipliers prove nothing.
pub fn worst_error(
    interior: &Interior,
    program: &Program<'_>,
    boxes: &[[f64; 2]],
) -> (f64, Weights) {
    let weights = Weights::of(interior, program, boxes);
    let level = weights.level(interior, program);
    // Only what is far from stationary is mended: the rest is in proportion.
    let mut mended = weights.clone();
    mended.raise(interior, program, 0.0, level, 0.5);
    let paid = paid_by_level(interior, program, weights.clone(), level);
    // What is claimed is what the multipliers prove when they are evaluated on their own.
    let mut best = paid_by_prices(program, paid.clone());
    let mut proof = paid;
    for candidate in [weights, mended] {
        let proven = paid_by_prices(program, candidate.clone());
        if proven > best || best.is_nan() {
            (best, proof) = (proven, candidate);
        }
    }
    let bound = best * (1.0 - MARGIN);
    let trivial = by_variances(program, boxes);
    (if bound.is_finite() { bound.max(trivial) } else { trivial }, proof)
}

/// What needs no multipliers: the power of a gain is at most `a (1 + Σ γ/β)`, so that no error is
/// below `θ/(1 + Σ γ/β)`.
fn by_variances(program: &Program<'_>, boxes: &[[f64; 2]]) -> f64 {
    let model = program.model;
    (0..model.users)
        .map(|k| {
            let ratio: f64 = model
                .block(k)
                .filter(|&i| model.gain[i] > 0.0)
                .map(|i| model.estimate[i] / model.gain[i])
                .sum();
            boxes[k][0] / (1.0 + ratio)
        })
        .fold(0.0, f64::max)
        * (1.0 - MARGIN)
}

/// At the level `t` of the point at hand the prices μ are raised until every cost is at least what it
/// would be at a stationary point, `λ t z √(g/x)`, which makes each Cauchy–Schwarz condition hold
/// with `Σ √(g x)/z = 1`. That costs a constant, which is paid by weights λ larger by a factor `s`
/// and a level lower by the same factor: the product λ t, and with it the conditions, stay.
fn paid_by_level(
    interior: &Interior,
    program: &Program<'_>,
    mut weights: Weights,
    level: f64,
) -> Weights {
    weights.raise(interior, program, 0.0, level, 1.0);
    let owed = weights.power.iter().sum::<f64>() - weights.positions_constant(program.crb_limit);
    let noise = weights.noise();
    if noise > 0.0 && owed > 0.0 {
        weights.error.iter_mut().for_each(|w| *w *= owed / noise);
    }
    weights
}

/// The prices are scaled until the constant vanishes; the level is the largest for which the
/// conditions hold. Where the numerator has no constant (θ up to one) the prices are zero.
fn paid_by_prices(program: &Program<'_>, mut weights: Weights) -> f64 {
    let model = program.model;
    let constant = weights.noise() + weights.positions_constant(program.crb_limit);
    let total: f64 = weights.power.iter().sum();
    if constant.is_nan() || constant < 0.0 || total <= 0.0 {
        return 0.0;
    }
    for price in &mut weights.power {
        // Not MARGIN: of prices far above what is left of them nothing would remain.
        *price *= constant / total * (1.0 - rounding(model.points));
    }
    let costs = weights.costs(program, 0.0);
    let mut bound = f64::INFINITY;
    for k in 0..model.users {
        let range = model.block(k);
        let (c, b, g) = (&costs[range.clone()], &model.gain[range.clone()], &model.estimate[range]);
        bound = bound.min(largest_level(weights.error[k], c, b, g));
    }
    bound
}

/// The largest t with `λ t Σ g/(c − λ t b) ≤ 1` and every denominator positive.
fn largest_level(lambda: f64, c: &[f64], b: &[f64], g: &[f64]) -> f64 {
    if c.iter().any(|c| c.is_nan() || *c <= 0.0) {
        return 0.0;
    }
    if lambda <= 0.0 {
        return f64::INFINITY;
    }
    // With u = λ t, the sum is convex and increasing on [0, min c/b).
    let pole = c.iter().zip(b).map(|(c, b)| c / b).fold(f64::INFINITY, f64::min);
    let plain: f64 = c.iter().zip(g).map(|(c, g)| g / c).sum();
    let high = if plain > 0.0 { pole.min(1.0 / plain) } else { pole };
    let holds = |u: f64| {
        let sum: f64 = c.iter().zip(b).zip(g).map(|((c, b), g)| g / (c - u * b)).sum();
        u * sum <= 1.0
    };
    let (mut low, mut high) = (0.0, high);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low / lambda
}

/// The multipliers of [`worst_crb`]: `crb` holds the weight of every user, `inverse` its Y as
/// xx, yy, xy. Empty where a user cannot be located.
pub fn crb_numbers(interior: &Interior, program: &Program<'_>) -> BTreeMap<String, Vec<f64>> {
    let model = program.model;
    let (mut weights, mut inverses) = (Vec::new(), Vec::new());
    for k in 0..model.users {
        let j = model.information(k, &interior.x);
        let Some(crb) = j.crb() else { return BTreeMap::new() };
        let y = inverse(j);
        weights.push(interior.y_crb[k] / crb);
        inverses.extend([y.xx, y.yy, y.xy]);
    }
    [("crb", weights), ("inverse", inverses)].map(|(n, list)| (n.to_owned(), list)).into()
}

/// A lower bound on the largest CRB, whatever `x`.
pub fn worst_crb(interior: &Interior, program: &Program<'_>) -> f64 {
    let model = program.model;
    let mut power = vec![0.0_f64; model.points];
    let (mut gain, mut total) = (0.0, 0.0);
    for k in 0..model.users {
        let j = model.information(k, &interior.x);
        let Some(crb) = j.crb() else { return 0.0 };
        let y = inverse(j);
        // A weight on log CRB is one of 1/CRB on the CRB itself.
        let nu = interior.y_crb[k] / crb;
        total += nu;
        gain += nu * (y.xx + y.yy);
        for (mu, r) in power.iter_mut().zip(&model.radar[model.block(k)]) {
            let (saved, size) = curvature(y, *r);
            *mu = mu.max(nu * (saved + rounding(model.users) * size));
        }
    }
    // Y may be scaled freely; the best scale makes a square.
    let spent: f64 = power.iter().sum();
    let bound = gain * gain / (spent * total);
    if bound.is_finite() { bound * (1.0 - MARGIN) } else { 0.0 }
}

/// A lower bound on the sum of all fractions that keep the errors within `target` and the bounds
/// within the limit; negative values prove nothing.
pub fn least_power(
    interior: &Interior,
    program: &Program<'_>,
    boxes: &[[f64; 2]],
    target: Option<f64>,
    scale: f64,
) -> (f64, Weights) {
    let mut weights = Weights::of(interior, program, boxes);
    // The objective was measured in units of its first value.
    for list in [&mut weights.error, &mut weights.crb, &mut weights.power] {
        list.iter_mut().for_each(|w| *w /= scale);
    }
    if target.is_none() {
        weights.error.fill(0.0);
    }
    weights.raise(interior, program, 1.0, target.unwrap_or(0.0), 1.0);
    let gained = weights.noise() + weights.positions_constant(program.crb_limit);
    let bound = gained - weights.power.iter().sum::<f64>() - MARGIN * (1.0 + gained.abs());
    (if bound.is_finite() { bound } else { f64::NEG_INFINITY }, weights)
}
