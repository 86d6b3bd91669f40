//! How far the best covariance may be from a design, where user and target are apart: branch and bound
//! over boxes of cells.
//!
//! A box of cells of the trade-off curves is bounded by its corner, where every surface is as far
//! aligned to user and to target as it is anywhere in the box ([`super::overlap`], or the formula of the
//! optimal covariance where paths are orthogonal), or by a Lagrangian that separates over surfaces
//! ([`super::separable`]). The smaller of the two counts.
//!
//! Phases of `z_k` and `y_k` count as free of each other, so that where paths overlap the interval need not close: it is an
//! interval, not a proof of optimality.

use noctule_optim::branch_bound::{Budget, Examined, Relaxation, branch_and_bound, covers};
use noctule_optim::{Interrupt, Stop, Work};
use noctule_phy::cascade::Cascade;

use super::certify::ABSOLUTE;
use super::overlap::{self, Overlap};
use super::separable::{Boxed, Prices, Ranges, Separable, Surface};
use crate::surfaces::covariance::CovarianceSolver;
use crate::surfaces::model::{Link, ORTHOGONAL};
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
    /// The boxes that were not divided further, and the prices that bound each.
    pub(in crate::surfaces) leaves: Vec<Leaf>,
}

/// A box of cells and prices.
pub(in crate::surfaces) type Leaf = (Ranges, Prices);

/// A corner's bound in nats, and prices to start from.
struct Corner {
    rate: f64,
    prices: Prices,
}

/// Cells of a curve: fewer than `certify` takes, since intervals stay open for another reason.
const CELLS: usize = 2000;
/// A box: ranges of cells, and the prices of the box it was cut from.
struct Region {
    cells: Ranges,
    prices: Option<Prices>,
}

struct Problem {
    surfaces: Vec<Surface>,
    power: f64,
    required: f64,
    /// Absent where paths are orthogonal.
    overlap: Option<Overlap>,
    separable: Separable,
    solver: CovarianceSolver,
    evaluations: u64,
    leaves: Vec<Leaf>,
}

/// Branch and bound over boxes of cells.
pub(in crate::surfaces) fn interval(
    cascade: &Cascade,
    link: &Link,
    rate: f64,
    allowance: Allowance,
    interrupt: &Interrupt,
) -> Upper {
    let mut problem = Problem::new(cascade, link);
    let cells = problem.surfaces.iter().map(|s| (0, s.user.len() - 1)).collect();
    let root = Region { cells, prices: None };
    let budget = Budget { nodes: allowance.nodes, absolute: ABSOLUTE, relative: allowance.gap };
    let found =
        branch_and_bound(&mut problem, [root], Some((-rate.max(0.0), ())), budget, interrupt);
    Upper {
        bound: -found.bound,
        method: "branch-and-bound-covariance".to_owned(),
        stop: found.stop,
        work: Work { iterations: found.nodes, evaluations: problem.evaluations, ..Work::default() },
        leaves: problem.leaves,
    }
}

/// The bound in nats that boxes and prices prove; none where the boxes do not cover all cells.
pub(in crate::surfaces) fn interval_again(
    cascade: &Cascade,
    link: &Link,
    leaves: Vec<Leaf>,
) -> Option<f64> {
    let mut problem = Problem::new(cascade, link);
    let whole: Ranges = problem.surfaces.iter().map(|s| (0, s.user.len() - 1)).collect();
    let inside = |cells: &Ranges| {
        cells.iter().zip(&whole).all(|(cell, all)| cell.0 <= cell.1 && cell.1 <= all.1)
    };
    if !leaves.iter().all(|(cells, _)| inside(cells)) {
        return None;
    }
    // a cell is an interval of length one
    let sides = |cells: &Ranges| -> (Vec<f64>, Vec<f64>) {
        cells.iter().map(|cell| (cell.0 as f64, cell.1 as f64 + 1.0)).unzip()
    };
    let boxes: Vec<_> = leaves.iter().map(|(cells, _)| sides(cells)).collect();
    if !covers(&boxes, &sides(&whole)) {
        return None;
    }
    let mut highest = 0.0_f64;
    for (cells, prices) in leaves {
        let region = Region { cells, prices: Some(prices) };
        let Some(Corner { rate, .. }) = problem.corner(&region) else { continue };
        let boxed = Boxed { surfaces: &problem.surfaces, cells: &region.cells };
        let priced = problem.separable.value(boxed, (problem.power, problem.required), prices);
        highest = highest.max(if priced.is_finite() { rate.min(priced) } else { rate });
    }
    Some(highest)
}

impl Problem {
    fn new(cascade: &Cascade, link: &Link) -> Self {
        let surfaces: Vec<Surface> =
            staircases(link, Resolution { cells: CELLS, ..Resolution::default() })
                .into_iter()
                .enumerate()
                .map(|(k, stairs)| Surface {
                    gain: link.gains[k],
                    weight: link.weights[k],
                    user: stairs.user,
                    target: stairs.target,
                })
                .collect();
        let (base, user) = cascade.coherence();
        let overlap = Overlap::new(cascade, false).filter(|_| base.max(user) > ORTHOGONAL);
        let (gains, weights) = link.aligned();
        let separable = overlap.as_ref().map_or_else(
            || Separable::orthogonal(gains.len()),
            |overlap| Separable::overlapping(overlap, &gains, &weights),
        );
        Self {
            surfaces,
            power: link.power,
            required: link.required,
            overlap,
            separable,
            solver: CovarianceSolver::new(),
            evaluations: 0,
            leaves: Vec::new(),
        }
    }

    /// The corner of a box; `None` where even the corner cannot meet the requirement.
    fn corner(&mut self, region: &Region) -> Option<Corner> {
        let pick = |of: fn(&Surface, (usize, usize)) -> f64| -> Vec<f64> {
            self.surfaces.iter().zip(&region.cells).map(|(s, &range)| of(s, range)).collect()
        };
        let gains = pick(|s, range| s.gain * s.user[range.1]);
        let weights = pick(|s, range| s.weight * s.target[range.0]);
        let most = self.separable.light(&weights);
        if self.required > self.power * most * (1.0 + ROUNDING) {
            return None;
        }
        self.evaluations += 1;
        let (power, required) = (self.power, self.required);
        if let Some(overlap) = &self.overlap {
            let corner = overlap::Corner { gains: &gains, weights: &weights, power, required };
            let Some(found) = overlap.quick_bound(corner) else {
                return Some(Corner { rate: f64::INFINITY, prices: Prices::START });
            };
            let prices = found.numbers.as_ref().map_or(Prices::START, |numbers| Prices {
                power: numbers.power,
                ratio: numbers.sensing * most / numbers.power,
            });
            return Some(Corner { rate: found.nats, prices });
        }
        let total: f64 = weights.iter().sum();
        let overlaps: Vec<f64> =
            gains.iter().zip(&weights).map(|(g, w)| g * w / total.max(f64::MIN_POSITIVE)).collect();
        let share = if total > 0.0 { required / (power * total) } else { 0.0 };
        let dual = self.solver.solve(&gains, &overlaps, power, share);
        let level = self.solver.level(&dual, power, share);
        let prices = Prices { power: 1.0 / level.max(f64::MIN_POSITIVE), ratio: dual.ratio };
        Some(Corner { rate: dual.rate_nats, prices })
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
            let boxed = Boxed { surfaces: &self.surfaces, cells: &region.cells };
            let limits = (self.power, self.required);
            let start = region.prices.unwrap_or(prices);
            let (best, at, tried) = self.separable.lowest(boxed, limits, start, -cutoff);
            self.evaluations += tried;
            region.prices = Some(at);
            if best.is_finite() {
                bound = bound.min(best);
            }
        }
        Examined::new(-bound)
    }

    fn settle(&mut self, region: Region) {
        self.leaves.push((region.cells, region.prices.unwrap_or(Prices::START)));
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        let total: f64 =
            self.surfaces.iter().zip(&region.cells).map(|(s, r)| s.weight * s.target[r.0]).sum();
        // the surface whose box leaves most open, in nats of gain and in share of sensing
        let open = |k: usize| {
            let (surface, (low, high)) = (&self.surfaces[k], region.cells[k]);
            let gain = |cell: usize| (surface.gain * surface.user[cell] * self.power).ln_1p();
            let weight = surface.weight * (surface.target[low] - surface.target[high]) / total;
            if low == high { -1.0 } else { gain(high) - gain(low) + 2.0 * weight }
        };
        let widest = (0..region.cells.len()).max_by(|&a, &b| open(a).total_cmp(&open(b)));
        let Some(k) = widest.filter(|&k| region.cells[k].0 < region.cells[k].1) else {
            // as fine as the cells are
            self.settle(region);
            return;
        };
        // halve what is open, not the number of cells
        let (low, high) = region.cells[k];
        let surface = &self.surfaces[k];
        let middle = 0.5 * (surface.target[low] + surface.target[high]);
        let at = (low..high)
            .find(|&c| surface.target[c + 1] < middle)
            .unwrap_or(low)
            .clamp(low, high - 1);
        for part in [(low, at), (at + 1, high)] {
            let mut cells = region.cells.clone();
            cells[k] = part;
            // the same μ: the ratio counts with the most light of the box
            let most = |cells: &Ranges| -> f64 {
                let each = self.surfaces.iter().zip(cells);
                let weights: Vec<f64> = each.map(|(s, r)| s.weight * s.target[r.0]).collect();
                self.separable.light(&weights)
            };
            let share = most(&cells) / most(&region.cells).max(f64::MIN_POSITIVE);
            let prices = region.prices.map(|p| Prices { ratio: p.ratio * share, ..p });
            into.push(Region { cells, prices });
        }
    }
}
