//! How far the best covariance may be from a design, where user and target are apart: branch and bound
//! over boxes of cells.
//!
//! A box of cells of the trade-off curves is bounded by its corner (T6), or
//! by a Lagrangian that separates over surfaces (T5): with `d_k` replaced by `max(d_k, λ)` all modes
//! are active and
//! ```math
//! \lambda P - \mu\Gamma - \ln(1-\mu W/\lambda) + \sum_k \big[\ln(d_k/\lambda) - 1 + \lambda/d_k
//!   - \mu w_k/d_k\big],\qquad W = \sum_k w_k,
//! ```
//! where the convex `−ln(1 − μW/λ)` is below its chord over the box. The smaller of the two counts.
//! The interval closes when rates are high and stays open when surfaces are weak: it is an interval,
//! not a proof of optimality.

use noctule_optim::branch_bound::{Budget, Examined, Relaxation, branch_and_bound};
use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::cascade::Cascade;

use super::aligned::factors;
use super::certify::ABSOLUTE;
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::Link;
use crate::surfaces::phases::staircase::{Resolution, staircases};
use crate::surfaces::power::ROUNDING;
use crate::surfaces::settings::Allowance;

/// The interval's upper end in nats, and how it was found.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Upper {
    pub(in crate::surfaces) bound: f64,
    pub(in crate::surfaces) method: String,
    pub(in crate::surfaces) stop: Stop,
    pub(in crate::surfaces) work: Work,
}

struct Surface {
    gain: f64,
    weight: f64,
    user: Vec<f64>,
    target: Vec<f64>,
}

/// Prices of the separable bound.
#[derive(Clone, Copy)]
struct Prices {
    /// λ, of the power.
    power: f64,
    /// r = μW/λ, from 0 to 1.
    ratio: f64,
}

/// The bound of a corner in nats, and prices to start from.
struct Corner {
    rate: f64,
    prices: Prices,
}

/// Cells of a curve: fewer than `certify` takes, since intervals stay open for another reason.
const CELLS: usize = 2000;
/// Steps of the search for prices at most, how they shrink, and the last: in logarithms, where a
/// percent of a price no longer matters.
const PRICE_STEPS: usize = 60;
const SHRINK: f64 = 0.4;
const LAST_STEP: f64 = 5e-3;

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
pub(in crate::surfaces) fn interval(
    cascade: &Cascade,
    link: &Link,
    rate: f64,
    allowance: Allowance,
    interrupt: &Interrupt,
) -> Upper {
    let (gain, power) = factors(cascade);
    let surfaces = staircases(link, Resolution { cells: CELLS, ..Resolution::default() })
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
    let budget = Budget { nodes: allowance.nodes, absolute: ABSOLUTE, relative: allowance.gap };
    let found =
        branch_and_bound(&mut problem, [root], Some((-rate.max(0.0), ())), budget, interrupt);
    Upper {
        bound: -found.bound,
        method: "branch-and-bound-covariance".to_owned(),
        stop: found.stop,
        work: Work { iterations: found.nodes, evaluations: problem.evaluations, ..Work::default() },
    }
}

impl Problem {
    /// The corner of a box (T6); `None` where even the corner cannot meet the requirement.
    fn corner(&mut self, region: &Region) -> Option<Corner> {
        let pick = |of: fn(&Surface, (usize, usize)) -> f64| -> Vec<f64> {
            self.surfaces.iter().zip(region).map(|(s, &range)| of(s, range)).collect()
        };
        let gains = pick(|s, range| s.gain * s.user[range.1]);
        let weights = pick(|s, range| s.weight * s.target[range.0]);
        let total: f64 = weights.iter().sum();
        if self.required > self.power * total * (1.0 + ROUNDING) {
            return None;
        }
        let overlaps: Vec<f64> =
            gains.iter().zip(&weights).map(|(g, w)| g * w / total.max(f64::MIN_POSITIVE)).collect();
        self.evaluations += 1;
        let share = if total > 0.0 { self.required / (self.power * total) } else { 0.0 };
        let dual = self.solver.solve(&gains, &overlaps, self.power, share);
        // prices to start the separable bound from: λ from the level of the corner's own solution
        let streams = gains.iter().filter(|g| **g > 0.0).count().max(1) as f64;
        let prices = Prices { power: streams / self.power, ratio: dual.ratio };
        Some(Corner { rate: dual.rate_nats, prices })
    }

    /// The smallest separable bound that a coordinate search over the two prices finds, until it is
    /// `enough`: any prices are valid.
    fn lowest(&mut self, region: &Region, prices: Prices, enough: f64) -> f64 {
        let value = |this: &mut Self, l: f64, r: f64| {
            this.separable(region, l.exp(), 1.0 / (1.0 + (-r).exp()))
        };
        // λ by its logarithm, r = μW/λ in (0, 1) by its logit
        let mut l = prices.power.ln();
        let mut r = prices.ratio.clamp(1e-9, 1.0 - 1e-9);
        r = (r / (1.0 - r)).ln();
        let mut best = value(self, l, r);
        let mut step = 1.0;
        for _ in 0..PRICE_STEPS {
            let mut moved = false;
            for (dl, dr) in [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)] {
                let found = value(self, l + dl, r + dr);
                if found < best {
                    (best, l, r, moved) = (found, l + dl, r + dr, true);
                }
            }
            if best <= enough {
                break;
            }
            if !moved {
                step *= SHRINK;
                if step < LAST_STEP {
                    break;
                }
            }
        }
        best
    }

    /// The separable Lagrangian of a box (T5) at prices λ and `r = μ W_u / λ`.
    fn separable(&mut self, region: &Region, lambda: f64, ratio: f64) -> f64 {
        let sum = |end: fn(&Surface, (usize, usize)) -> f64| -> f64 {
            self.surfaces.iter().zip(region).map(|(s, &range)| s.weight * end(s, range)).sum()
        };
        let (low, high) = (sum(|s, r| s.target[r.1]), sum(|s, r| s.target[r.0]));
        let mu = ratio * lambda / high.max(f64::MIN_POSITIVE);
        // −ln(1 − μW/λ) is convex in W: between the ends of the box its chord is above it
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
        let Some(Corner { rate: mut bound, prices }) = self.corner(region) else {
            return Examined::empty();
        };
        if bound > -cutoff {
            let best = self.lowest(region, prices, -cutoff);
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
