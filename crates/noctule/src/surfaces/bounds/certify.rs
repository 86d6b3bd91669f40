//! How far a design of independent streams and a sensing signal is from the best one: branch and
//! bound over trade-off curves.
//!
//! With user and target apart, problem (39) with free phases is to choose a point `(X_k, Y_k)` under
//! each surface's staircase, powers `p_k` and the power `p_s` of the sensing signal. For prices
//! λ of power and μ of sensing, scaled to `P = Γ = 1`,
//! ```math
//! L(\mu,\lambda,p_s) = \lambda(1-p_s) - \mu + \sum_k h_k,\qquad
//! h_k = \max_{(X,Y),\,p} \ln(1+a_kpX) + \mu b_k(p_s+p)Y - \lambda p
//! ```
//! bounds the rate. `h_k` is a maximum of affine functions of `p_s`, hence convex, so that on an
//! interval of `p_s` the larger of the two ends holds. Any prices give a valid bound; good ones come
//! from cutting planes through centres of gravity.
//!
//! Regions are divided where the Lagrangian dips between its maximisers. In double precision, with
//! a margin for rounding; the [curve](crate::surfaces::curve) is an upper bound by construction.

use std::rc::Rc;

use noctule_optim::branch_bound::{Budget, Examined, Relaxation, branch_and_bound};
use noctule_optim::{Interrupt, Stop, Work};

use super::corners::{Prices, Surface};
use super::polygon::Polygon;
use crate::surfaces::model::Link;
use crate::surfaces::phases::curve::CurvePoint;
use crate::surfaces::phases::scorer::{Inner, Scorer};
use crate::surfaces::phases::search::Climber;
use crate::surfaces::phases::staircase::{Resolution, staircases};
use crate::surfaces::power::Allocator;
use crate::surfaces::settings::Allowance;

/// An interval around the best rate, in nats.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Certified {
    pub(in crate::surfaces) bound: f64,
    pub(in crate::surfaces) rate: f64,
    /// Where `rate` is reached; none where nothing was found or handed in.
    pub(in crate::surfaces) points: Vec<CurvePoint>,
    /// The curves of the points.
    pub(in crate::surfaces) climber: Rc<Climber>,
    pub(in crate::surfaces) stop: Stop,
    pub(in crate::surfaces) work: Work,
}

/// Regions after which coarse staircases are given up for fine ones.
const COARSE: u64 = 100;
/// The fine staircases.
const FINE: Resolution = Resolution { phase_tolerance: 4e-6, blends: 240, cells: 32_000 };
/// A gap below this is finer than coarse staircases: they are not tried.
const FINE_GAP: f64 = 5e-4;
/// Beyond this share of what is reachable little room is left: the curves must be finer.
const FINE_SHARE: f64 = 0.9;
/// Gap in nats that is rounding.
pub(super) const ABSOLUTE: f64 = 1e-9;
/// A design at the cells of a relaxation is climbed from where it has this share of the best rate.
const PROMISING: f64 = 0.9;
/// Least slack of the requirement in what prices are scaled by: at the edge of what is reachable they
/// have no limit.
const LEAST_SLACK: f64 = 1e-6;
/// Cutting planes at most, from the rectangle of all prices and from those of the parent.
const CUTS: usize = 90;
const FEW_CUTS: usize = 40;
/// Where cutting planes stop: what they may still gain, of the ideal rate.
const CUT_GAIN: f64 = 1e-5;

/// Bound the optimum where something is required, starting from a design of some rate in nats.
pub(in crate::surfaces) fn certify(
    link: &Link,
    climber: Option<Rc<Climber>>,
    points: &[CurvePoint],
    rate: f64,
    allowance: Allowance,
    interrupt: &Interrupt,
) -> Certified {
    let tight = link.required > FINE_SHARE * link.reachable() || allowance.gap < FINE_GAP;
    let mut best = Certified {
        bound: f64::INFINITY,
        rate,
        points: points.to_vec(),
        climber: climber.unwrap_or_else(|| Rc::new(Climber::new(link))),
        stop: Stop::EvaluationLimit,
        work: Work::default(),
    };
    for (resolution, limit) in [(Resolution::default(), COARSE), (FINE, u64::MAX)] {
        let nodes = limit.min(allowance.nodes - best.work.iterations.min(allowance.nodes));
        if nodes == 0 || (tight && limit == COARSE) {
            continue;
        }
        let mut problem = Problem::new(link, best.climber.clone(), resolution, best.rate);
        let budget = Budget { nodes, absolute: ABSOLUTE, relative: allowance.gap };
        let root = problem.root();
        let start = Some((-best.rate, best.points.clone()));
        let found = branch_and_bound(&mut problem, [root], start, budget, interrupt);
        if let Some((value, points)) = found.best {
            best.rate = best.rate.max(-value);
            best.points = points;
        }
        best.bound = best.bound.min(-found.bound);
        best.stop = found.stop;
        best.work += Work {
            iterations: found.nodes,
            evaluations: problem.evaluations + problem.scorer.evaluations,
            ..Work::default()
        };
        if matches!(found.stop, Stop::Converged | Stop::Interrupted) {
            break;
        }
    }
    best
}

/// A region: ranges of cells, an interval of the sensing signal, and prices to start from.
pub(in crate::surfaces) struct Region {
    cells: Vec<(usize, usize)>,
    signal: (f64, f64),
    /// Price of sensing, price of power.
    prices: Option<(f64, f64)>,
    /// Where to divide, and how much that promises.
    split: Split,
}

#[derive(Clone, Copy)]
enum Split {
    Surface(usize, usize),
    Signal,
    None,
}

struct Problem<'a> {
    surfaces: Vec<Surface>,
    /// What the relaxation points at is tried as a design.
    climber: Rc<Climber>,
    scorer: Scorer<'a>,
    best: f64,
    tried: Vec<usize>,
    /// An upper bound of the rate, and how much more sensing than required could be had.
    ideal: f64,
    slack: f64,
    guesses: Vec<usize>,
    evaluations: u64,
}

/// An evaluation of the dual at some prices.
struct Cut {
    value: f64,
    /// Subgradient by the price of sensing and by the price of power.
    slope: (f64, f64),
    cells: Vec<usize>,
}

impl<'a> Problem<'a> {
    fn new(link: &'a Link, climber: Rc<Climber>, resolution: Resolution, best: f64) -> Self {
        let required = link.required;
        let surfaces: Vec<Surface> = staircases(link, resolution)
            .into_iter()
            .enumerate()
            .map(|(k, stairs)| Surface {
                gain: link.gains[k] * link.power,
                weight: link.weights[k] * link.power / required,
                user: stairs.user,
                target: stairs.target,
            })
            .collect();
        let (gains, weights) = link.aligned();
        let mut allocator = Allocator::new(gains.len());
        let ideal = allocator
            .allocate(&gains, &weights, link.power, link.required)
            .map_or(0.0, |found| found.rate_nats);
        let slack = (link.reachable() / required - 1.0).max(LEAST_SLACK);
        Self {
            guesses: vec![0; surfaces.len()],
            surfaces,
            climber,
            scorer: Scorer::new(link, Inner::Powers(Allocator::default())),
            best,
            tried: Vec::new(),
            ideal,
            slack,
            evaluations: 0,
        }
    }

    /// A design at the cells where the relaxation has its maximum, climbed from there when it is
    /// near the best so far.
    fn incumbent(&mut self, cells: &[usize]) -> Option<(f64, Vec<CurvePoint>)> {
        let at: Vec<usize> = cells
            .iter()
            .enumerate()
            .map(|(k, &cell)| self.climber.nearest(k, self.surfaces[k].user[cell].sqrt()))
            .collect();
        if at == self.tried {
            return None;
        }
        self.tried.clone_from(&at);
        let reach = self.climber.score(&mut self.scorer, &at);
        if reach.merit() < PROMISING * self.best {
            return None;
        }
        let (reach, points) = self.climber.improve(&mut self.scorer, at, reach, self.best);
        if reach.merit() <= self.best {
            return None;
        }
        self.best = reach.merit();
        Some((-self.best, points))
    }

    fn root(&self) -> Region {
        Region {
            cells: self.surfaces.iter().map(|s| (0, s.user.len() - 1)).collect(),
            signal: (0.0, 1.0),
            prices: None,
            split: Split::None,
        }
    }

    /// L at one power of the sensing signal, with its subgradient.
    fn dual(&mut self, region: &Region, signal: f64, (sensing, power): (f64, f64)) -> Cut {
        let at = Prices { sensing, power, signal, cap: 1.0 - region.signal.0 };
        let mut value = power * (1.0 - signal) - sensing;
        let mut slope = (-1.0, 1.0 - signal);
        let mut cells = Vec::with_capacity(self.surfaces.len());
        for (k, surface) in self.surfaces.iter().enumerate() {
            let best = surface.best(region.cells[k], self.guesses[k], at, &mut self.evaluations);
            value += best.value;
            slope.0 += surface.weight * (signal + best.power) * surface.target[best.cell];
            slope.1 -= best.power;
            self.guesses[k] = best.cell;
            cells.push(best.cell);
        }
        Cut { value, slope, cells }
    }

    /// The larger of the two ends of the interval of the sensing signal.
    fn cut(&mut self, region: &Region, prices: (f64, f64)) -> Cut {
        let low = self.dual(region, region.signal.0, prices);
        let high = self.dual(region, region.signal.1, prices);
        if low.value >= high.value { low } else { high }
    }

    /// The prices among which the best are: about those of the parent, else all that can be.
    fn prices(&self, region: &Region) -> Polygon {
        // λ and μ are the slopes of the best rate by power and requirement: concave, it limits them by
        // the ideal rate over the slack. Four times that leaves room, and since any prices give a
        // bound, a rectangle that were too small would loosen it and break nothing.
        let widest = (
            4.0 * self.ideal.max(1e-9) / self.slack,
            4.0 * self.ideal.max(1e-9) * (1.0 + 1.0 / self.slack),
        );
        let Some((sensing, power)) = region.prices else {
            return Polygon::rectangle((0.0, 0.0), widest);
        };
        let high = ((4.0 * sensing).max(1e-6 * widest.0), (4.0 * power).max(1e-6 * widest.1));
        Polygon::rectangle((0.25 * sensing, 0.25 * power), high)
    }

    /// Cutting planes: the smallest bound, its prices, and the cuts.
    fn minimise(&mut self, region: &Region, enough: f64) -> (f64, (f64, f64), Vec<Cut>) {
        let steps = if region.prices.is_some() { FEW_CUTS } else { CUTS };
        let mut polygon = self.prices(region);
        let (mut best, mut at) = (f64::INFINITY, (0.0, 0.0));
        let mut cuts: Vec<Cut> = Vec::with_capacity(steps + 1);
        let mut lowest = f64::NEG_INFINITY;
        // the prices of the parent first, then centres of what is left
        let mut start = region.prices;
        for _ in 0..steps + usize::from(start.is_some()) {
            let Some(centre) = start.take().or_else(|| polygon.centroid()) else { break };
            let cut = self.cut(region, centre);
            if cut.value < best {
                (best, at) = (cut.value, centre);
            }
            // the dual is convex: it lies above its tangent, and can be below `best` only where that is
            let linear = |v: (f64, f64)| {
                cut.value + cut.slope.0 * (v.0 - centre.0) + cut.slope.1 * (v.1 - centre.1)
            };
            lowest = lowest.max(polygon.lowest(linear));
            polygon.clip(centre, cut.slope, best - cut.value);
            cuts.push(cut);
            if best <= enough || best - lowest <= CUT_GAIN * self.ideal {
                break;
            }
        }
        (best, at, cuts)
    }

    /// Where the Lagrangian dips most between its maximisers.
    fn split(&mut self, region: &Region, prices: (f64, f64), cuts: &mut [Cut]) -> Split {
        cuts.sort_by(|a, b| a.value.total_cmp(&b.value));
        let near = &cuts[..cuts.len().min(8)];
        let (low, high) = region.signal;
        let ends = [low, high].map(|signal| self.dual(region, signal, prices));
        let middle = self.dual(region, 0.5 * (low + high), prices);
        let upper = ends[0].value.max(ends[1].value);
        let mut found = (upper - middle.value, Split::Signal);
        if high - low < 1e-9 {
            found = (0.0, Split::None);
        }
        let signal = if ends[0].value >= ends[1].value { low } else { high };
        let at = Prices { sensing: prices.0, power: prices.1, signal, cap: 1.0 - low };
        for (k, surface) in self.surfaces.iter().enumerate() {
            let range = region.cells[k];
            if range.0 == range.1 {
                continue;
            }
            let all = || near.iter().chain(&ends).map(|cut| cut.cells[k]);
            let first = all().min().unwrap_or(range.0);
            let last = all().max().unwrap_or(range.1);
            let middle = usize::midpoint(first, last).clamp(range.0, range.1 - 1);
            let best = surface.best(range, self.guesses[k], at, &mut self.evaluations);
            let dip = best.value - surface.cell(middle, at).value;
            // where there is no dip, the widest range is as good as any
            let dip = dip + 1e-12 * (range.1 - range.0) as f64;
            if dip > found.0 {
                found = (dip, Split::Surface(k, middle));
            }
        }
        match found.1 {
            Split::Signal if found.0 <= 0.0 => Split::Signal,
            split => split,
        }
    }
}

impl Relaxation for Problem<'_> {
    type Region = Region;
    type Point = Vec<CurvePoint>;

    fn examine(&mut self, region: &mut Region, cutoff: f64) -> Examined<Vec<CurvePoint>> {
        let (bound, prices, mut cuts) = self.minimise(region, -cutoff);
        region.prices = Some(prices);
        if bound > -cutoff {
            region.split = self.split(region, prices, &mut cuts);
            if let Some(cut) = cuts.first()
                && let Some((value, points)) = self.incumbent(&cut.cells)
            {
                return Examined::new(-bound).with_point(value, points);
            }
        }
        Examined::new(-bound)
    }

    fn divide(&mut self, region: Region, into: &mut Vec<Region>) {
        let child = |cells: Vec<(usize, usize)>, signal: (f64, f64)| Region {
            cells,
            signal,
            prices: region.prices,
            split: Split::None,
        };
        match region.split {
            Split::None => {}
            Split::Signal => {
                let (low, high) = region.signal;
                let middle = 0.5 * (low + high);
                into.push(child(region.cells.clone(), (low, middle)));
                into.push(child(region.cells.clone(), (middle, high)));
            }
            Split::Surface(k, at) => {
                let (low, high) = region.cells[k];
                for part in [(low, at), (at + 1, high)] {
                    let mut cells = region.cells.clone();
                    cells[k] = part;
                    into.push(child(cells, region.signal));
                }
            }
        }
    }
}
