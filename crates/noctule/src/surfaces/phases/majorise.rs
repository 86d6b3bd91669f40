//! The paper's way for user and target apart: alternate between powers and phases.
//!
//! For fixed phases the powers are those of [Theorem 2](crate::surfaces::power). For fixed powers, `|z|²` and
//! `|y|²` are replaced by their tangents at the current phases, which are lower bounds, and the
//! problem (65) is convex over `|v_n| ≤ 1`. It needs no interior-point method: its maximisers have
//! unit modulus,
//! ```math
//! v_k = \mathrm{unit}(\omega_k z_k q_k + \mu s_k y_k \sigma_k),\qquad
//! \omega_k = \frac{a_kp_k}{1+a_kp_kS_k},\quad s_k = b_k(p_k+p_s),
//! ```
//! with σ_k aligned to the target, S_k the tangent of `|z_k|²`, and one price μ for the requirement.
//! The logarithm is kept, so every step ascends.
//!
//! Where alternation ends depends on its start: from phases aligned to the target under a tight
//! requirement nothing moves, from the best blend that all surfaces share it ends near the optimum,
//! and proves nothing either (`docs/errata.md#surfaces-e17`).

use std::f64::consts::{FRAC_PI_2, PI};

use noctule_num::C64;
use noctule_optim::{Interrupt, Stop};

use super::curve::Curve;
use crate::surfaces::model::Link;
use crate::surfaces::power::Allocator;
use crate::surfaces::root::root;

/// Blends of the sweep, from all for the target to all for the user.
const BLENDS: u32 = 64;
/// How far from the price at which both pulls are alike its logarithm is sought.
const PRICE_RANGE: f64 = 25.0;
/// How closely the logarithms of price and of ω are found.
const PRICE_CLOSE: f64 = 1e-10;
const OMEGA_CLOSE: f64 = 1e-12;
/// ω is at most so many powers of e above its least value.
const OMEGA_RANGE: f64 = 60.0;
/// The length of a pull below which it has no direction: just above the smallest normal number.
const NO_PULL: f64 = 1e-280;

/// Phases of every surface relative to those aligned to the user, so that `z = Σ u`.
pub(in crate::surfaces) type Relative = Vec<Vec<C64>>;

/// What alternation reached.
pub(in crate::surfaces) struct Alternated {
    pub(in crate::surfaces) phases: Relative,
    pub(in crate::surfaces) rate_nats: Option<f64>,
    pub(in crate::surfaces) iterations: u64,
    pub(in crate::surfaces) stop: Stop,
}

/// How a start is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// All surfaces aligned to the target.
    Sensing,
    /// All surfaces aligned to the user.
    Communication,
    /// The best blend that all surfaces share.
    Sweep,
}

/// e^{jnδ} at the centred positions.
fn turns(elements: usize, step: f64) -> Vec<C64> {
    (0..elements)
        .map(|i| C64::from_polar(1.0, step * (i as f64 - (elements as f64 - 1.0) / 2.0)))
        .collect()
}

/// z and y of relative phases.
fn amplitudes(u: &[C64], turns: &[C64]) -> (C64, C64) {
    (u.iter().sum(), u.iter().zip(turns).map(|(u, e)| u * e).sum())
}

/// Phases to start from.
pub(in crate::surfaces) fn start(link: &Link, start: Start) -> Relative {
    let all = |blend: f64, phase: f64| -> Relative {
        link.elements
            .iter()
            .zip(&link.steps)
            .map(|(&n, &step)| Curve::new(n, step).phases(&vec![C64::ONE; n], blend, phase))
            .collect()
    };
    match start {
        Start::Sensing => all(0.0, 0.0),
        Start::Communication => all(FRAC_PI_2, 0.0),
        Start::Sweep => {
            let (blend, phase) = sweep(link);
            all(blend, phase)
        }
    }
}

/// The best blend that all surfaces share, in phase or in opposition.
fn sweep(link: &Link) -> (f64, f64) {
    let curves: Vec<Curve> =
        link.elements.iter().zip(&link.steps).map(|(&n, &s)| Curve::new(n, s)).collect();
    let mut allocator = Allocator::new(curves.len());
    let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
    for i in 0..=BLENDS {
        for phase in [0.0, PI] {
            let blend = FRAC_PI_2 * f64::from(i) / f64::from(BLENDS);
            let points = curves.iter().map(|c| c.point(blend, phase));
            let (gains, weights): (Vec<f64>, Vec<f64>) = points
                .enumerate()
                .map(|(k, p)| {
                    let weight = link.weights[k] * p.target * p.target;
                    (link.gains[k] * p.user * p.user, weight)
                })
                .unzip();
            // what does not meet the requirement is below any rate
            let rate = allocator
                .allocate(&gains, &weights, link.power, link.required)
                .map_or(-1.0, |found| found.rate_nats);
            if rate > best.0 {
                best = (rate, blend, phase);
            }
        }
    }
    (best.1, best.2)
}

/// Alternate until the rate grows by less than `tolerance`, relative.
pub(in crate::surfaces) fn alternate(
    link: &Link,
    mut phases: Relative,
    max_iterations: u64,
    tolerance: f64,
    interrupt: &Interrupt,
) -> Alternated {
    let turns: Vec<Vec<C64>> =
        link.elements.iter().zip(&link.steps).map(|(&n, &step)| turns(n, step)).collect();
    let mut allocator = Allocator::new(phases.len());
    let mut rate: Option<f64> = None;
    let mut iterations = 0;
    let stop = loop {
        let at: Vec<(C64, C64)> =
            phases.iter().zip(&turns).map(|(u, e)| amplitudes(u, e)).collect();
        let gains: Vec<f64> =
            at.iter().zip(&link.gains).map(|((z, _), a)| a * z.norm_sqr()).collect();
        let weights: Vec<f64> =
            at.iter().zip(&link.weights).map(|((_, y), b)| b * y.norm_sqr()).collect();
        let Some(found) = allocator.allocate(&gains, &weights, link.power, link.required) else {
            // an infeasible start has no powers to continue with
            break Stop::Stalled;
        };
        let before = rate.replace(found.rate_nats);
        if before.is_some_and(|before| found.rate_nats - before <= tolerance * before.abs()) {
            break Stop::Stalled;
        }
        if interrupt.is_raised() {
            break Stop::Interrupted;
        }
        if iterations >= max_iterations {
            break Stop::IterationLimit;
        }
        iterations += 1;
        phases = step(link, &phases, &turns, &at, allocator.powers(), found.sensing_power);
    };
    Alternated { phases, rate_nats: rate, iterations, stop }
}

/// One solution of (65).
fn step(
    link: &Link,
    phases: &Relative,
    turns: &[Vec<C64>],
    at: &[(C64, C64)],
    powers: &[f64],
    sensing_power: f64,
) -> Relative {
    let strength = |k: usize| link.weights[k] * (powers[k] + sensing_power);
    let moved = |price: f64, out: &mut Relative| -> f64 {
        let mut sensed = 0.0;
        for k in 0..phases.len() {
            let (z, y) = at[k];
            let gain = link.gains[k] * powers[k];
            let pull = y * (price * strength(k));
            blend(z, pull, gain, &phases[k], &turns[k], &mut out[k]);
            let (_, now) = amplitudes(&out[k], &turns[k]);
            // the tangent of |y|² at the old phases, which is below it: 2 Re y* y_new − |y|²
            sensed += strength(k) * (2.0 * (y.conj() * now).re - y.norm_sqr());
        }
        sensed / link.required.max(f64::MIN_POSITIVE) - 1.0
    };
    let mut out = phases.clone();
    if moved(0.0, &mut out) >= 0.0 || link.required <= 0.0 {
        return out;
    }
    let typical = even_price(link, at, powers, sensing_power);
    let (low, high) = (typical.ln() - PRICE_RANGE, typical.ln() + PRICE_RANGE);
    let last = moved(high.exp(), &mut out);
    if last < 0.0 {
        // rounding: at these phases the requirement holds with equality and nothing can move
        return phases.clone();
    }
    let first = moved(low.exp(), &mut out).min(-f64::MIN_POSITIVE);
    let found = root((low, first), (high, last), PRICE_CLOSE, |x| moved(x.exp(), &mut out));
    moved(found.exp(), &mut out);
    out
}

/// The largest price at which the pulls of a surface to user and target are alike.
fn even_price(link: &Link, at: &[(C64, C64)], powers: &[f64], sensing_power: f64) -> f64 {
    at.iter()
        .enumerate()
        .map(|(k, (z, y))| {
            let gain = link.gains[k] * powers[k];
            let omega = gain / (1.0 + gain * z.norm_sqr());
            let strength = link.weights[k] * (powers[k] + sensing_power);
            omega * z.norm() / (strength * y.norm()).max(f64::MIN_POSITIVE)
        })
        .filter(|x| x.is_finite())
        .fold(f64::MIN_POSITIVE, f64::max)
}

/// `unit(ω z + pull·conj(e))`, ω a fixed point of `ω = gain/(1 + gain S(ω))`; phases stay where both
/// vanish.
fn blend(z: C64, pull: C64, gain: f64, old: &[C64], turns: &[C64], out: &mut [C64]) {
    let mut apply = |omega: f64| -> f64 {
        for ((out, e), old) in out.iter_mut().zip(turns).zip(old) {
            let aim = z * omega + pull * e.conj();
            let norm = aim.norm();
            *out = if norm > NO_PULL { aim / norm } else { *old };
        }
        let now: C64 = out.iter().sum();
        2.0 * (z.conj() * now).re - z.norm_sqr()
    };
    if gain <= 0.0 || z.norm() <= 0.0 {
        apply(0.0);
        return;
    }
    // S grows with ω, the right-hand side falls: one root
    let most = 2.0 * z.norm() * turns.len() as f64 - z.norm_sqr();
    let low = (gain / (1.0 + gain * most.max(0.0))).ln();
    let mut excess = |x: f64| {
        let s = apply(x.exp());
        let denominator = 1.0 + gain * s;
        if denominator <= 0.0 { -1.0 } else { x - (gain / denominator).ln() }
    };
    let high = low + OMEGA_RANGE;
    let (a, b) = (excess(low), excess(high));
    if a >= 0.0 || b <= 0.0 {
        excess(if a >= 0.0 { low } else { high });
        return;
    }
    let found = root((low, a), (high, b), OMEGA_CLOSE, &mut excess);
    excess(found);
}
