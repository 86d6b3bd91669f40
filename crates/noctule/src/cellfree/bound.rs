//! What no beams can exceed: branch and bound over the users' interference levels.
//!
//! With `T_k` all that user `k` receives and `A_k` the same without its own signal, the sum rate is
//! `Σ ln T_k − ln A_k`. On a box `A_k ∈ [lo, hi]` the convex `−ln A_k` lies below its chord
//! `offset_k − slope_k A_k`, and what remains is concave in the covariances `R_k = w_k w_kᴴ` and `Z_m`:
//! every region of the search has a certified upper bound, second order in its width. `A_k` is
//! affine in the covariances with the estimation errors *kept*.
//!
//! # Certificate of a region
//!
//! For any point of the region, with `t_k = 1/T_k` and `G_j = Σ_k (t_k − slope_k)(h_k h_kᴴ + Θ_k) +
//! slope_j h_j h_jᴴ`, concavity gives
//! `Σ_k (t_k − slope_k − ln t_k − 1 + offset_k) + max Σ_j ⟨G_j, R_j⟩`, and the maximum over powers of at
//! most one a access point is at most `Σ_m max(0, ν_m + τ)` for any prices ν and
//! `τ = max_j λmax(G_j − diag ν)`; with powers of exactly one, nothing is clipped. One eigenvalue
//! decomposition serves all users: they differ by a matrix of rank one. A limit `S ≤ δ` enters with
//! any price `μ ≥ 0`: `−μ (S − δ)` is concave, and its linearisation at a point of error `S₀` adds
//! `μ (δ + S₀)` and takes `μ ∇S` from every `G_j`.
//!
//! Bounds hold at any iterate, converged or not; a margin of `64 ε` times the order and the size of
//! the terms covers rounding ("numerically certified"). Without a limit the relaxation has the same
//! optimum as the problem. Under a limit on `S` that is not proven: closure is then an outcome, not
//! a theorem.

mod proof;

use std::collections::BTreeMap;
use std::rc::Rc;

use noctule_num::linalg::{HermitianEigen, Op, product, real_dot};
use noctule_num::{C64, CMat};
use noctule_optim::branch_bound::{Budget, Examined, Found, Relaxation, branch_and_bound};
use noctule_optim::{
    Bound, Interrupt, Lbfgs, Manifold, Objective, Sense, Stop, StopRule, StopRules, Trace,
};
use noctule_phy::units::nats_to_bits;

use self::proof::{Leaf, Proven};
use super::instance::checks::allowance;
use super::model::{Link, Model, Roles};
use super::{Beams, Instance, Requirement, Settings};
use crate::{Error, FEASIBLE};

/// Residuals of the rounds of a region.
const ROUNDS: [f64; 6] = [1e-3, 1e-4, 1e-5, 1e-5, 1e-6, 1e-6];
/// Least amplitude of a beam, or of slack, where a region starts: zero is stationary on a sphere, and
/// a start at a design of full power would never find that less power is worth more.
const AWAKE: f64 = 0.05;
/// Evaluations a round may spend: what is left of the gap is branched on.
const EVALUATIONS: u64 = 400;

/// What branch and bound proved.
#[derive(Clone, Debug)]
pub struct Certified {
    /// No beams have a larger sum rate, nat/s/Hz.
    pub upper_nats: f64,
    /// The best sum rate met within the limit on the error, nat/s/Hz; −∞ where none was.
    pub lower_nats: f64,
    /// Regions examined.
    pub nodes: u64,
    /// Why it stopped; [`Stop::Converged`] when the gap is closed.
    pub stop: Stop,
    /// What [`rate_ceiling`](super::again::rate_ceiling) needs to compute the bound again.
    pub numbers: BTreeMap<String, Vec<f64>>,
    beams: Option<Beams>,
}

impl Certified {
    /// As a bound on designs that reach `sum_rate_bps_hz`.
    pub fn bound(&self, sum_rate_bps_hz: f64) -> Option<Bound> {
        let method = format!("branch-and-bound, {} nodes", self.nodes);
        let value = nats_to_bits(self.upper_nats);
        Bound::new(sum_rate_bps_hz, value, Sense::Upper, method, 0.0)
            .map(|bound| bound.with_numbers(self.numbers.clone()))
    }

    /// Beams met on the way, within the limit on the error, that are better than `sum_rate_bps_hz` by
    /// more than rounding.
    pub fn better(&self, sum_rate_bps_hz: f64) -> Option<Beams> {
        let found = nats_to_bits(self.lower_nats);
        self.beams.clone().filter(|_| found > sum_rate_bps_hz * (1.0 + 1e-6))
    }
}

/// Upper bound on the sum rate of `instance` from the beams `beams`, with `settings.certify_nodes`
/// nodes; under a limit on the error, with the `price` of that limit in nats per unit of S.
///
/// # Errors
/// [`Error::Numerics`] when an eigenvalue cannot be found.
pub fn rate_bound_of(
    instance: &Instance,
    settings: &Settings,
    beams: &Beams,
    price: Option<f64>,
    interrupt: &Interrupt,
) -> Result<Certified, Error> {
    settings.validate()?;
    beams.check(instance)?;
    let model = Model::new(instance, roles(instance, settings));
    let mut x = model.point(beams);
    manifold(&model).normalise(&mut x);
    rate_bound(instance, settings, &x, price, interrupt)
}

const fn roles(instance: &Instance, settings: &Settings) -> Roles {
    match instance.requirement() {
        Requirement::None => Roles::CommunicationOnly,
        _ => Roles::Sensing(settings.sensing_beams),
    }
}

const fn manifold(model: &Model) -> Manifold {
    Manifold::spheres(model.aps, model.stride(), 1.0)
}

pub(super) fn rate_bound(
    instance: &Instance,
    settings: &Settings,
    x: &[C64],
    price: Option<f64>,
    interrupt: &Interrupt,
) -> Result<Certified, Error> {
    let mut model = Model::new(instance, roles(instance, settings));
    model.forward(x);
    let rate = model.value(Link::Rate);
    let limit = match instance.requirement() {
        Requirement::MaxError(limit) => limit,
        _ => f64::INFINITY,
    };
    let price = if limit.is_finite() { price.unwrap_or(0.0).max(0.0) } else { 0.0 };
    let (lo, hi) = levels(instance, &model);
    let hi = hi.iter().map(|hi| hi * (1.0 + 1e-9)).collect();
    let root = Region { lo, hi, x: x.to_vec(), levels: model.rest.clone(), proven: None };
    let order = model.aps * model.antennas;
    let mut search = Search {
        solver: Lbfgs::with_memory(manifold(&model), 20),
        eigen: HermitianEigen::new(order),
        node: Node {
            slope: vec![0.0; model.users],
            offset: vec![0.0; model.users],
            gradient: vec![C64::ZERO; model.dim()],
            price,
            limit,
            model,
        },
        gap: settings.certify_gap * rate.abs().max(1e-12),
        failure: None,
        depth: 0,
        interrupt: interrupt.clone(),
        leaves: Vec::new(),
        proven: None,
    };
    let budget =
        Budget { nodes: settings.certify_nodes, absolute: 0.0, relative: settings.certify_gap };
    let met = limit.is_infinite() || search.node.model.error() <= limit * (1.0 + FEASIBLE);
    let start = met.then(|| (-rate, x.to_vec()));
    let found: Found<Vec<C64>> = branch_and_bound(&mut search, [root], start, budget, interrupt);
    if let Some(error) = search.failure {
        return Err(error);
    }
    Ok(Certified {
        upper_nats: -found.bound,
        lower_nats: found.best.as_ref().map_or(f64::NEG_INFINITY, |(lower, _)| -lower),
        nodes: found.nodes,
        stop: found.stop,
        numbers: proof::numbers(&search.leaves, search.node.price),
        beams: found.best.map(|(_, point)| search.node.model.beams(&point)),
    })
}

/// The smallest and the largest interference of every user, in units of the noise; less what
/// rounding may take from the covariance of the errors.
pub(super) fn levels(instance: &Instance, model: &Model) -> (Vec<f64>, Vec<f64>) {
    let powers = &instance.parts().power_over_noise;
    let low = |error| {
        let allowed = allowance(error, powers);
        1.0 - allowed.iter().zip(powers).map(|(a, p)| a * p).sum::<f64>().min(0.5)
    };
    let lo = instance.parts().error.iter().map(low).collect();
    (lo, (0..model.users).map(|k| model.most_interference(k)).collect())
}

/// A box of interference levels, and where to start in it.
#[derive(Clone, Debug)]
struct Region {
    lo: Vec<f64>,
    hi: Vec<f64>,
    x: Vec<C64>,
    levels: Vec<f64>,
    /// The best that is proven of it, perhaps by a box around it.
    proven: Option<Rc<Proven>>,
}

/// The concave problem of one region, over beams.
struct Node {
    model: Model,
    slope: Vec<f64>,
    offset: Vec<f64>,
    price: f64,
    limit: f64,
    gradient: Vec<C64>,
}

impl Node {
    fn enter(&mut self, region: &Region) {
        for k in 0..self.model.users {
            let (lo, hi) = (region.lo[k], region.hi[k]);
            self.slope[k] = chord(lo, hi);
            self.offset[k] = -lo.ln() + self.slope[k] * lo;
        }
    }

    /// The objective of the relaxation, without the constant of the price.
    fn value(&mut self, x: &[C64]) -> f64 {
        self.model.forward(x);
        let value = self.model.value(Link::Chord { slope: &self.slope, offset: &self.offset });
        if self.price > 0.0 { value - self.price * self.model.error() } else { value }
    }
}

/// Slope of the chord of `ln` over `[lo, hi]`.
fn chord(lo: f64, hi: f64) -> f64 {
    let relative = (hi - lo) / lo;
    if relative > 1e-12 { relative.ln_1p() / (hi - lo) } else { 1.0 / lo }
}

impl Objective for Node {
    fn eval(&mut self, x: &[C64], gradient: &mut [C64]) -> f64 {
        let value = self.value(x);
        self.model.backward(x, -1.0, self.price, gradient);
        -value
    }
}

struct Search {
    node: Node,
    solver: Lbfgs,
    eigen: HermitianEigen,
    /// Width of the interval that is aimed at, nats.
    gap: f64,
    failure: Option<Error>,
    depth: u64,
    interrupt: Interrupt,
    leaves: Vec<Leaf>,
    /// What the last certificate is made of; its box is that of the region examined.
    proven: Option<Proven>,
}

impl Relaxation for Search {
    type Region = Region;
    type Point = Vec<C64>;

    fn examine(&mut self, region: &mut Region, cutoff: f64) -> Examined<Vec<C64>> {
        self.node.enter(region);
        self.wake(&mut region.x);
        let mut best = f64::INFINITY;
        for (round, tolerance) in ROUNDS.into_iter().enumerate() {
            let rules = StopRules::from(StopRule::Residual(tolerance))
                | StopRule::Progress { tolerance: 1e-9, window: 30 }
                | StopRule::Evaluations(EVALUATIONS);
            self.solver.minimise(
                &mut self.node,
                &mut region.x,
                &rules,
                &self.interrupt,
                &mut Trace::off(),
            );
            let (bound, value, towards) = match self.certificate(&region.x) {
                Ok(found) => found,
                Err(error) => {
                    self.failure = Some(error);
                    return Examined::new(f64::NEG_INFINITY);
                }
            };
            best = best.min(bound);
            if let Some(found) = self.proven.take() {
                proof::note(region, found, bound);
            }
            let done = -best >= cutoff || best - value <= 0.1 * self.gap;
            if done || round + 1 == ROUNDS.len() {
                break;
            }
            // Stuck: a factor may be stationary where its covariance is not, and only the direction
            // of the certificate leads away.
            self.push(&mut region.x, &towards);
        }
        self.node.model.forward(&region.x);
        region.levels.copy_from_slice(&self.node.model.rest);
        let rate = self.node.model.value(Link::Rate);
        let examined = Examined::new(-best);
        let feasible = self.node.limit.is_infinite() || self.node.model.error() <= self.node.limit;
        if feasible { examined.with_point(-rate, region.x.clone()) } else { examined }
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        self.depth += 1;
        let (mut best, mut cut) = (0.0, None);
        for k in 0..region.lo.len() {
            let (lo, hi) = (region.lo[k], region.hi[k]);
            let level = region.levels[k].clamp(lo, hi);
            let missing = (level / lo).ln() - chord(lo, hi) * (level - lo);
            if missing > best {
                best = missing;
                let width = (hi / lo).ln();
                let at = (level / lo).ln().clamp(0.2 * width, 0.8 * width);
                cut = Some((k, lo * at.exp()));
            }
        }
        // Every few divisions the widest side is halved, whatever the level: no side is forgotten.
        if cut.is_none() || self.depth.is_multiple_of(8) {
            let width = |k: usize| (region.hi[k] / region.lo[k]).ln();
            let widest =
                (0..region.lo.len()).max_by(|&a, &b| width(a).total_cmp(&width(b)).then(b.cmp(&a)));
            cut = widest
                .filter(|&k| width(k) > 1e-9)
                .map(|k| (k, (region.lo[k] * region.hi[k]).sqrt()));
        }
        let Some((k, at)) = cut.filter(|&(k, at)| at > region.lo[k] && at < region.hi[k]) else {
            return self.settle(region);
        };
        let (mut low, mut high) = (region.clone(), region);
        low.hi[k] = at;
        high.lo[k] = at;
        into.extend([low, high]);
    }

    fn settle(&mut self, region: Region) {
        self.leaves.push((region.lo, region.hi, region.proven));
    }
}

/// The direction that keeps bound and value apart.
#[derive(Clone, Debug, Default)]
struct Towards {
    /// The user with the most to gain, and the beam that promises it.
    user: Option<(usize, Vec<C64>)>,
    /// Access points whose power costs more than it brings: they should send less.
    less: Vec<usize>,
}

impl Search {
    /// The certified upper bound at `x`, the value there, and the direction that keeps them apart.
    fn certificate(&mut self, x: &[C64]) -> Result<(f64, f64, Towards), Error> {
        let node = &mut self.node;
        let mut gradient = std::mem::take(&mut node.gradient);
        let value = -node.eval(x, &mut gradient);
        let model = &mut node.model;
        let (n, stride) = (model.antennas, model.stride());
        let slopes = &node.slope;
        let weights: Vec<f64> =
            (0..model.users).map(|k| 1.0 / model.total[k] - slopes[k]).collect();
        let mut constant = 0.0;
        let mut size = 0.0;
        for ((&slope, &offset), total) in slopes.iter().zip(&node.offset).zip(&model.total) {
            let t = 1.0 / total;
            constant += t - slope - t.ln() - 1.0 + offset;
            size += t + slope + t.ln().abs() + 1.0 + offset.abs();
        }
        let mut matrix = model.weighted_sum(&weights);
        let mut value_of_price = 0.0;
        if node.price > 0.0 {
            let error = model.error();
            value_of_price = node.price * node.limit;
            constant += node.price * (node.limit + error);
            size += node.price * (node.limit + error);
            for index in 0..model.sensing.len() {
                let at = model.sensing[index] * n;
                let column = model.error_gradient(index).to_vec();
                for j in 0..n {
                    for i in 0..n {
                        let entry = if i >= j { column[i - j] } else { column[j - i].conj() };
                        matrix[(at + i, at + j)] -= entry * node.price;
                    }
                }
            }
        }
        let mut prices = vec![0.0; model.aps];
        let mut less = Vec::new();
        for (ap, price) in prices.iter_mut().enumerate() {
            let senses = model.sensing.contains(&ap);
            let columns = if senses { model.users + model.streams } else { model.users };
            let rows = ap * stride..ap * stride + columns * n;
            let power = real_dot(&x[rows.clone()], &x[rows.clone()]);
            if power > 1e-12 {
                // The gradient is that of minus the objective, twice G w.
                *price = -0.5 * real_dot(&x[rows.clone()], &gradient[rows]) / power;
            }
            if !senses && *price < 0.0 {
                less.push(ap);
                *price = 0.0;
            }
            for i in 0..n {
                matrix[(ap * n + i, ap * n + i)] -= *price;
            }
        }
        node.gradient = gradient;
        let lags = if node.price > 0.0 { model.lags.concat() } else { Vec::new() };
        self.proven = Some(Proven {
            lo: Vec::new(),
            hi: Vec::new(),
            t: model.total.iter().map(|total| 1.0 / total).collect(),
            prices: prices.clone(),
            lags,
            bound: f64::INFINITY,
        });
        let norm = matrix.norm();
        self.eigen.compute(&matrix)?;
        let model = &self.node.model;
        let users: Vec<usize> = (0..model.users).collect();
        let channels = CMat::from_fn(model.aps * n, users.len(), |i, k| model.channel(k)[i]);
        let seen = product(self.eigen.vectors(), Op::Adjoint, &channels, Op::Plain);
        let mut tau = self.eigen.max();
        let mut most = None;
        for &k in &users {
            let top = largest_after_update(self.eigen.values(), seen.col(k), self.node.slope[k]);
            if top > tau {
                tau = top;
                most = Some((k, top));
            }
        }
        let mut bound = constant;
        for (ap, price) in prices.iter().enumerate() {
            let worth = price + tau;
            bound += if model.sensing.contains(&ap) { worth } else { worth.max(0.0) };
            size += price.abs();
        }
        let order = (model.aps * n) as f64;
        let rounding = 64.0 * f64::EPSILON * order;
        let bound = bound + rounding * (model.aps as f64 * norm + size) + self.node.model.neglected;
        let user = most.map(|(k, top)| {
            let scaled: Vec<C64> = seen
                .col(k)
                .iter()
                .zip(self.eigen.values())
                .map(|(z, d)| z / (top - d).max(f64::MIN_POSITIVE))
                .collect();
            let order = scaled.len();
            let vector: Vec<C64> = (0..order)
                .map(|i| (0..order).map(|j| self.eigen.vectors()[(i, j)] * scaled[j]).sum())
                .collect();
            (k, vector)
        });
        Ok((bound, value + value_of_price, Towards { user, less }))
    }

    /// No beam, no sensing signal and no slack at zero.
    fn wake(&self, x: &mut [C64]) {
        let model = &self.node.model;
        let (n, stride) = (model.antennas, model.stride());
        for ap in 0..model.aps {
            let block = &mut x[ap * stride..(ap + 1) * stride];
            for (k, beam) in block.chunks_exact_mut(n).enumerate() {
                if real_dot(beam, beam) >= AWAKE * AWAKE {
                    continue;
                }
                if k < model.users {
                    let channel = &model.channel(k)[ap * n..(ap + 1) * n];
                    let norm = real_dot(channel, channel).sqrt();
                    if norm > 0.0 {
                        beam.iter_mut().zip(channel).for_each(|(w, h)| *w += h * (AWAKE / norm));
                    }
                } else {
                    let each = AWAKE / (n as f64).sqrt();
                    for (i, z) in beam.iter_mut().enumerate() {
                        *z += C64::from_polar(each, 2.4 * (i * (k + 1)) as f64);
                    }
                }
            }
        }
        self.solver.manifold().normalise(x);
    }

    /// A step, a tenth in amplitude, in the direction of a certificate.
    fn push(&self, x: &mut [C64], towards: &Towards) {
        let model = &self.node.model;
        let (n, stride) = (model.antennas, model.stride());
        if let Some((user, vector)) = &towards.user {
            let norm = real_dot(vector, vector).sqrt();
            if norm > 0.0 && norm.is_finite() {
                let mut along = C64::ZERO;
                for (i, v) in vector.iter().enumerate() {
                    along += v.conj() * x[i / n * stride + user * n + i % n];
                }
                let turn = if along.norm() > 0.0 { along / along.norm() } else { C64::ONE };
                let step = 0.1 * (model.aps as f64).sqrt() / norm;
                for (i, v) in vector.iter().enumerate() {
                    x[i / n * stride + user * n + i % n] += v * turn * step;
                }
            }
        }
        for &ap in &towards.less {
            let slack = &mut x[ap * stride + model.users * n];
            let turn = if slack.norm() > 0.0 { *slack / slack.norm() } else { C64::ONE };
            *slack += turn * 0.3;
        }
        self.solver.manifold().normalise(x);
    }
}

/// An upper bound, to rounding the value, of the largest eigenvalue of `diag(d) + slope z zᴴ`: the
/// largest root of the secular equation `slope Σ |z_i|² / (x − d_i) = 1`, from above.
fn largest_after_update(d: &[f64], z: &[C64], slope: f64) -> f64 {
    let top = d.last().copied().unwrap_or(0.0);
    let total: f64 = z.iter().map(C64::norm_sqr).sum::<f64>() * slope;
    if total.is_nan() || total <= 0.0 {
        return top;
    }
    // Distances from the largest d, so that roots close to it keep their digits.
    let (mut low, mut high) = (0.0, total);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        let sum: f64 =
            d.iter().zip(z).map(|(d, z)| slope * z.norm_sqr() / (top - d + middle)).sum();
        if sum > 1.0 {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= 1e-13 * (high + top.abs()) {
            break;
        }
    }
    top + high
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::rng::{StreamKey, complex_normal, normal};

    #[test]
    fn the_secular_root_is_the_eigenvalue() {
        let mut rng = StreamKey::new(1, "test", "secular", 0).trial(0);
        for n in [1, 3, 8] {
            let mut d: Vec<f64> = (0..n).map(|_| normal(&mut rng)).collect();
            d.sort_by(f64::total_cmp);
            let z: Vec<C64> = (0..n).map(|_| complex_normal(&mut rng, 1.0)).collect();
            let dense = CMat::from_fn(n, n, |i, j| {
                let diagonal = if i == j { d[i] } else { 0.0 };
                C64::from(diagonal) + z[i] * z[j].conj() * 0.7
            });
            let mut eigen = HermitianEigen::new(n);
            eigen.compute(&dense).unwrap();
            let found = largest_after_update(&d, &z, 0.7);
            assert!((found - eigen.max()).abs() < 1e-10, "{found} {}", eigen.max());
            assert!(found >= eigen.max() - 1e-13);
        }
    }

    #[test]
    fn chords_lie_above() {
        for (lo, hi) in [(1.0, 5.0), (2.0, 2.0 + 1e-13), (1.0, 1e6)] {
            let slope = chord(lo, hi);
            let offset = -f64::ln(lo) + slope * lo;
            for share in [0.0, 0.3, 1.0] {
                let x = lo + share * (hi - lo);
                assert!(offset - slope * x >= -f64::ln(x) - 1e-12);
            }
        }
    }
}
