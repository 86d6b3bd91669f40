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

use noctule_phy::multistatic::Information;

use super::{Interior, Program};

/// Relative margin for the rounding of sums of a few thousand terms.
const MARGIN: f64 = 1e-11;

/// The inverse of J: Y, and tr Y.
fn inverse(j: Information) -> Information {
    let d = j.xx * j.yy - j.xy * j.xy;
    Information { xx: j.yy / d, yy: j.xx / d, xy: -j.xy / d }
}

/// tr(Y² R).
fn curvature(y: Information, r: Information) -> f64 {
    let square = Information {
        xx: y.xx * y.xx + y.xy * y.xy,
        yy: y.yy * y.yy + y.xy * y.xy,
        xy: y.xy * (y.xx + y.yy),
    };
    square.xx * r.xx + square.yy * r.yy + 2.0 * square.xy * r.xy
}

/// Weights on the numbered constraints of a program, as the interior point suggests them.
struct Weights {
    error: Vec<f64>,
    crb: Vec<f64>,
    inverse: Vec<Information>,
    power: Vec<f64>,
    /// (P, Q) of the numerator `P a + Q b`.
    numerator: Vec<[f64; 2]>,
}

impl Weights {
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

    /// What the position bounds contribute to the constant.
    fn from_positions(&self, limit: Option<f64>) -> f64 {
        limit.map_or(0.0, |limit| {
            self.crb.iter().zip(&self.inverse).map(|(n, y)| n * (2.0 * (y.xx + y.yy) - limit)).sum()
        })
    }

    /// c_mk without the term in t.
    fn costs(&self, program: &Program<'_>, price: f64) -> Vec<f64> {
        let model = program.model;
        let mut out = vec![0.0; model.points * model.users];
        for k in 0..model.users {
            for (m, i) in model.block(k).enumerate() {
                out[i] +=
                    price + self.power[m] + self.error[k] * self.numerator[k][0] * model.gain[i];
                if self.crb[k] > 0.0 {
                    out[i] -= self.crb[k] * curvature(self.inverse[k], model.radar[i]);
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

/// A lower bound on the largest error over the envelope `boxes`, whatever `x`: zero when the
/// multipliers prove nothing.
pub fn worst_error(interior: &Interior, program: &Program<'_>, boxes: &[[f64; 2]]) -> f64 {
    let model = program.model;
    let mut weights = Weights::of(interior, program, boxes);
    // The constant of the Lagrangian must not be negative: that fixes the scale of μ.
    let noise: f64 = (0..model.users).map(|k| weights.error[k] * weights.numerator[k][1]).sum();
    let constant = noise + weights.from_positions(program.crb_limit);
    let total: f64 = weights.power.iter().sum();
    if !(constant > 0.0 && total > 0.0) {
        return 0.0;
    }
    for mu in &mut weights.power {
        *mu *= constant / total * (1.0 - MARGIN);
    }
    let costs = weights.costs(program, 0.0);
    let mut bound = f64::INFINITY;
    for k in 0..model.users {
        let range = model.block(k);
        let (c, b, g) = (&costs[range.clone()], &model.gain[range.clone()], &model.estimate[range]);
        bound = bound.min(largest_level(weights.error[k], c, b, g));
    }
    if bound.is_finite() { (bound * (1.0 - MARGIN)).max(0.0) } else { 0.0 }
}

/// The largest t with `λ t Σ g/(c − λ t b) ≤ 1` and every denominator positive.
fn largest_level(lambda: f64, c: &[f64], b: &[f64], g: &[f64]) -> f64 {
    if c.iter().any(|c| *c <= 0.0) {
        return 0.0;
    }
    if lambda <= 0.0 {
        return f64::INFINITY;
    }
    // With u = λ t, the sum is convex and increasing on [0, min c/b).
    let pole = c.iter().zip(b).map(|(c, b)| c / b).fold(f64::INFINITY, f64::min);
    let excess =
        |u: f64| u * c.iter().zip(b).zip(g).map(|((c, b), g)| g / (c - u * b)).sum::<f64>() - 1.0;
    let plain: f64 = c.iter().zip(g).map(|(c, g)| g / c).sum();
    let mut high = if plain > 0.0 { pole.min(1.0 / plain) } else { pole };
    let mut low = 0.0;
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if excess(middle) <= 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low / lambda
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
            *mu = mu.max(nu * curvature(y, *r));
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
) -> f64 {
    let model = program.model;
    let mut weights = Weights::of(interior, program, boxes);
    // The objective was measured in units of its first value.
    for list in [&mut weights.error, &mut weights.crb, &mut weights.power] {
        list.iter_mut().for_each(|w| *w /= scale);
    }
    let noise: f64 = (0..model.users).map(|k| weights.error[k] * weights.numerator[k][1]).sum();
    let constant =
        noise + weights.from_positions(program.crb_limit) - weights.power.iter().sum::<f64>();
    let t = target.unwrap_or(0.0);
    let mut shrink = 1e-12;
    while shrink < 1.0 {
        let mut less = Weights {
            numerator: weights.numerator.clone(),
            inverse: weights.inverse.clone(),
            ..Weights {
                error: weights.error.iter().map(|w| w * (1.0 - shrink)).collect(),
                crb: weights.crb.iter().map(|w| w * (1.0 - shrink)).collect(),
                power: weights.power.iter().map(|w| w * (1.0 - shrink)).collect(),
                inverse: Vec::new(),
                numerator: Vec::new(),
            }
        };
        if target.is_none() {
            less.error.fill(0.0);
        }
        let costs = less.costs(program, 1.0);
        let holds = (0..model.users).all(|k| {
            let u = less.error[k] * t;
            let sum: f64 = model
                .block(k)
                .map(|i| {
                    let c = costs[i] - u * model.gain[i];
                    if c > 0.0 { u * model.estimate[i] / c } else { f64::INFINITY }
                })
                .sum();
            sum <= 1.0
        });
        if holds {
            return constant * (1.0 - shrink) - MARGIN * (noise + 1.0);
        }
        shrink *= 4.0;
    }
    0.0
}
