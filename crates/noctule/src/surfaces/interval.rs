//! Upper bounds for the best covariance.
//!
//! *Aligned surfaces.* For any phases `|z_k| ≤ N_k` and `|y_k| ≤ N_k`, and the optimum of the inner
//! problem grows with every gain and weight: the formula at fully aligned surfaces bounds it. Where
//! paths overlap, with Gram matrices of largest eigenvalue Λ_U at the user and Λ_B at the base
//! station, gains times Λ_U and power times Λ_B do.
//!
//! *User and target apart.* A box of cells of the trade-off curves is bounded by its corner (T6), or
//! by a Lagrangian that separates over surfaces (T5): with `d_k` replaced by `max(d_k, λ)` all modes
//! are active and
//! ```math
//! \lambda P - \mu\Gamma - \ln(1-\mu W/\lambda) + \sum_k \big[\ln(d_k/\lambda) - 1 + \lambda/d_k
//!   - \mu w_k/d_k\big],\qquad W = \sum_k w_k,
//! ```
//! where the convex `−ln(1 − μW/λ)` is below its chord over the box. The smaller of the two counts.
//! The interval closes when rates are high and stays open when surfaces are weak: it is an interval,
//! not a proof of optimality.

use noctule_num::linalg::HermitianEigen;
use noctule_num::{C64, CMat};
use noctule_optim::branch_bound::{Budget, Examined, Relaxation, branch_and_bound};
use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;

use super::certify::staircases;
use super::covariance::CovarianceSolver;
use super::curve::Resolution;
use super::design::Settings;
use super::model::{Link, ORTHOGONAL};

/// The interval's upper end in nats, and how it was found.
#[derive(Clone, Debug)]
pub(super) struct Upper {
    pub(super) bound: f64,
    pub(super) method: String,
    pub(super) stop: Stop,
    pub(super) work: Work,
}

/// Largest eigenvalue of the Gram matrix of unit responses; one where they are orthogonal.
fn overlap(elements: usize, frequencies: impl Fn(&SurfacePath) -> f64, cascade: &Cascade) -> f64 {
    let k = cascade.paths.len();
    let array = CentredArray::new(elements);
    let gram = CMat::from_fn(k, k, |i, j| {
        let difference = frequencies(&cascade.paths[i]) - frequencies(&cascade.paths[j]);
        C64::from(array.pattern(difference) / elements as f64)
    });
    let mut eigen = HermitianEigen::new(k);
    // the trace bounds what a failed decomposition would not tell
    eigen.compute(&gram).map_or(k as f64, |()| eigen.max().max(1.0))
}

/// Factors for gains and for power under which the formulas of orthogonal paths are upper bounds.
pub(super) fn factors(cascade: &Cascade) -> (f64, f64) {
    let user = overlap(cascade.user_antennas, |path| path.user_arrival, cascade);
    let base = overlap(cascade.transmit_antennas, |path| path.base_departure, cascade);
    (user, base)
}

/// An upper bound in nats over all phases, from aligned surfaces; whether the paths are orthogonal,
/// so that with user and target in one place it is the optimum.
pub(super) fn aligned_bound(cascade: &Cascade, link: &Link) -> (f64, bool) {
    let (base, user) = cascade.coherence();
    let exact = base.max(user) <= ORTHOGONAL;
    let (gains, weights) = link.aligned();
    let (gain, power) = if exact { (1.0, 1.0) } else { factors(cascade) };
    let gains: Vec<f64> = gains.iter().map(|g| g * gain).collect();
    (
        corner(&mut CovarianceSolver::new(), &gains, &weights, link.power * power, link.required),
        exact,
    )
}

/// The formula, +0 where the requirement is out of reach.
fn corner(
    solver: &mut CovarianceSolver,
    gains: &[f64],
    weights: &[f64],
    power: f64,
    required: f64,
) -> f64 {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return if required > 0.0 {
            0.0
        } else {
            solver.solve(gains, weights, power, 0.0).rate_nats
        };
    }
    let overlaps: Vec<f64> = gains.iter().zip(weights).map(|(g, w)| g * w / total).collect();
    solver.solve(gains, &overlaps, power, required / (power * total)).rate_nats
}

struct Surface {
    gain: f64,
    weight: f64,
    user: Vec<f64>,
    target: Vec<f64>,
}

/// Ranges of cells.
type Region = Vec<(usize, usize)>;

struct Problem {
    surfaces: Vec<Surface>,
    power: f64,
    required: f64,
    solver: CovarianceSolver,
    evaluations: u64,
}

/// Branch and bound over boxes of cells.
pub(super) fn interval(
    cascade: &Cascade,
    link: &Link,
    score: f64,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Upper {
    let (gain, power) = factors(cascade);
    let surfaces = staircases(link, Resolution { cells: 2000, ..Resolution::default() })
        .into_iter()
        .enumerate()
        .map(|(k, stairs)| Surface {
            gain: link.gains[k] * gain,
            weight: link.weights[k],
            user: stairs.user,
            target: stairs.target,
        })
        .collect();
    let mut problem = Problem {
        surfaces,
        power: link.power * power,
        required: link.required,
        solver: CovarianceSolver::new(),
        evaluations: 0,
    };
    let root: Region = problem.surfaces.iter().map(|s| (0, s.user.len() - 1)).collect();
    let budget = Budget { nodes: settings.nodes, absolute: 1e-9, relative: settings.gap };
    let found =
        branch_and_bound(&mut problem, [root], Some((-score.max(0.0), ())), budget, interrupt);
    Upper {
        bound: -found.bound,
        method: "branch-and-bound-covariance".to_owned(),
        stop: found.stop,
        work: Work { iterations: found.nodes, evaluations: problem.evaluations, ..Work::default() },
    }
}

impl Problem {
    /// The corner of a box (T6); +0 where even the corner cannot meet the requirement.
    fn corner(&mut self, region: &Region) -> Option<(f64, f64, f64)> {
        let pick = |of: fn(&Surface, (usize, usize)) -> f64| -> Vec<f64> {
            self.surfaces.iter().zip(region).map(|(s, &range)| of(s, range)).collect()
        };
        let gains = pick(|s, range| s.gain * s.user[range.1]);
        let weights = pick(|s, range| s.weight * s.target[range.0]);
        let total: f64 = weights.iter().sum();
        if self.required > self.power * total * (1.0 + 1e-12) {
            return None;
        }
        let overlaps: Vec<f64> =
            gains.iter().zip(&weights).map(|(g, w)| g * w / total.max(f64::MIN_POSITIVE)).collect();
        self.evaluations += 1;
        let share = if total > 0.0 { self.required / (self.power * total) } else { 0.0 };
        let dual = self.solver.solve(&gains, &overlaps, self.power, share);
        // prices to start the separable bound from: λ from the level of the corner's own solution
        let streams = gains.iter().filter(|g| **g > 0.0).count().max(1) as f64;
        let lambda = streams / self.power;
        Some((dual.rate_nats, lambda, dual.ratio))
    }

    /// The separable Lagrangian of a box (T5) at prices λ and `r = μ W_u / λ`.
    fn separable(&mut self, region: &Region, lambda: f64, ratio: f64) -> f64 {
        let sum = |end: fn(&Surface, (usize, usize)) -> f64| -> f64 {
            self.surfaces.iter().zip(region).map(|(s, &range)| s.weight * end(s, range)).sum()
        };
        let (low, high) = (sum(|s, r| s.target[r.1]), sum(|s, r| s.target[r.0]));
        let mu = ratio * lambda / high.max(f64::MIN_POSITIVE);
        let at = |w: f64| -(-mu * w / lambda).ln_1p();
        let slope = if high - low > 1e-12 * high {
            (at(high) - at(low)) / (high - low)
        } else {
            mu / (lambda - mu * high)
        };
        let mut value = lambda * self.power - mu * self.required + at(high) - slope * high;
        for (surface, &range) in self.surfaces.iter().zip(region) {
            let term = |user: f64, target: f64| {
                let d = (surface.gain * user).max(lambda);
                let w = surface.weight * target;
                (d / lambda).ln() - 1.0 + lambda / d - mu * w / d + slope * w
            };
            let mut best = term(surface.user[range.0], surface.target[range.0]);
            descend(surface, range.0, range.1, &term, &mut best);
            value += best;
            self.evaluations += 1;
        }
        value
    }
}

fn descend(
    surface: &Surface,
    low: usize,
    high: usize,
    term: &impl Fn(f64, f64) -> f64,
    best: &mut f64,
) {
    if low == high {
        *best = best.max(term(surface.user[low], surface.target[low]));
        return;
    }
    let middle = usize::midpoint(low, high);
    let left = term(surface.user[middle], surface.target[low]);
    let right = term(surface.user[high], surface.target[middle + 1]);
    let halves = [(left, low, middle), (right, middle + 1, high)];
    for index in if left >= right { [0, 1] } else { [1, 0] } {
        let (value, low, high) = halves[index];
        if value > *best {
            descend(surface, low, high, term, best);
        }
    }
}

impl Relaxation for Problem {
    type Region = Region;
    type Point = ();

    fn examine(&mut self, region: &mut Region, cutoff: f64) -> Examined<()> {
        let Some((mut bound, lambda, ratio)) = self.corner(region) else {
            return Examined::empty();
        };
        if bound > -cutoff {
            // a coordinate search over the two prices: any of them is valid
            let (mut l, mut r) = (lambda.ln(), ratio.clamp(1e-9, 1.0 - 1e-9));
            r = (r / (1.0 - r)).ln();
            let value = |this: &mut Self, l: f64, r: f64| {
                this.separable(region, l.exp(), 1.0 / (1.0 + (-r).exp()))
            };
            let mut best = value(self, l, r);
            let mut step = 1.0;
            for _ in 0..60 {
                let mut moved = false;
                for (dl, dr) in [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)] {
                    let found = value(self, l + dl, r + dr);
                    if found < best {
                        (best, l, r, moved) = (found, l + dl, r + dr, true);
                    }
                }
                if best <= -cutoff {
                    break;
                }
                if !moved {
                    step *= 0.4;
                    if step < 5e-3 {
                        break;
                    }
                }
            }
            if best.is_finite() {
                bound = bound.min(best);
            }
        }
        Examined::new(-bound)
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        let total: f64 =
            self.surfaces.iter().zip(&region).map(|(s, r)| s.weight * s.target[r.0]).sum();
        // the surface whose box leaves most open, in nats of gain and in share of sensing
        let open = |k: usize| {
            let (surface, (low, high)) = (&self.surfaces[k], region[k]);
            let gain = |cell: usize| (surface.gain * surface.user[cell] * self.power).ln_1p();
            let weight = surface.weight * (surface.target[low] - surface.target[high]) / total;
            if low == high { -1.0 } else { gain(high) - gain(low) + 2.0 * weight }
        };
        let widest = (0..region.len()).max_by(|&a, &b| open(a).total_cmp(&open(b)));
        let Some(k) = widest.filter(|&k| region[k].0 < region[k].1) else { return };
        // halve what is open, not the number of cells
        let (low, high) = region[k];
        let surface = &self.surfaces[k];
        let middle = 0.5 * (surface.target[low] + surface.target[high]);
        let at = (low..high)
            .find(|&c| surface.target[c + 1] < middle)
            .unwrap_or(low)
            .clamp(low, high - 1);
        for part in [(low, at), (at + 1, high)] {
            let mut child = region.clone();
            child[k] = part;
            into.push(child);
        }
    }
}
