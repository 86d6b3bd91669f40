//! How far a design of independent streams and a sensing signal is from the best one: branch and
//! bound over trade-off curves.
//!
//! With user and target apart, problem (39) with free phases is to choose a point `(X_k, Y_k)` under
//! each surface's [`Staircase`], powers `p_k` and the power `p_s` of the sensing signal. For prices
//! λ of power and μ of sensing, scaled to `P = Γ = 1`,
//! ```math
//! L(\mu,\lambda,p_s) = \lambda(1-p_s) - \mu + \sum_k h_k,\qquad
//! h_k = \max_{(X,Y),\,p} \ln(1+a_kpX) + \mu b_k(p_s+p)Y - \lambda p
//! ```
//! bounds the rate. `h_k` is a maximum of affine functions of `p_s`, hence convex, so that on an
//! interval of `p_s` the larger of the two ends holds. Any prices give a valid bound; good ones come
//! from cutting planes through centres of gravity. A range of cells is bounded by its corner, so the
//! maximum over thousands of cells is found by descending a tree that needs no tables.
//!
//! Regions are divided where the Lagrangian dips between its maximisers. In double precision, with
//! a margin for rounding; the [curve](super::curve) is an upper bound by construction.

use std::rc::Rc;

use noctule_optim::branch_bound::{Budget, Examined, Relaxation, branch_and_bound};
use noctule_optim::{Interrupt, Stop, Work};

use super::curve::{Curve, CurvePoint, Resolution, Staircase};
use super::design::Settings;
use super::model::Link;
use super::power::Allocator;
use super::search::{Climber, Inner, Scorer};

/// An interval around the best rate, in nats.
#[derive(Clone, Debug)]
pub(super) struct Certified {
    pub(super) bound: f64,
    pub(super) score: f64,
    /// Where `score` is reached; none where nothing was found or handed in.
    pub(super) points: Vec<CurvePoint>,
    /// The curves of the points.
    pub(super) climber: Rc<Climber>,
    pub(super) stop: Stop,
    pub(super) work: Work,
}

/// Regions after which coarse staircases are given up for fine ones.
const COARSE: u64 = 100;

/// Bound the optimum where something is required, starting from a design.
pub(super) fn certify(
    link: &Link,
    climber: Option<Rc<Climber>>,
    points: &[CurvePoint],
    score: f64,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Certified {
    let coarse = Resolution::default();
    let fine = Resolution { phase_tolerance: 4e-6, blends: 240, cells: 32_000 };
    // A requirement close to what is reachable leaves little room: the curves must be finer.
    let tight = link.required > 0.9 * link.reachable() || settings.gap < 5e-4;
    let mut best = Certified {
        bound: f64::INFINITY,
        score,
        points: points.to_vec(),
        climber: climber.unwrap_or_else(|| Rc::new(Climber::new(link))),
        stop: Stop::EvaluationLimit,
        work: Work::default(),
    };
    for (resolution, limit) in [(coarse, COARSE), (fine, u64::MAX)] {
        let nodes = limit.min(settings.nodes - best.work.iterations.min(settings.nodes));
        if nodes == 0 || (tight && limit == COARSE) {
            continue;
        }
        let mut problem = Problem::new(link, best.climber.clone(), resolution, best.score);
        let budget = Budget { nodes, absolute: 1e-9, relative: settings.gap };
        let root = problem.root();
        let start = Some((-best.score, best.points.clone()));
        let found = branch_and_bound(&mut problem, [root], start, budget, interrupt);
        if let Some((value, points)) = found.best {
            best.score = best.score.max(-value);
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

/// Staircases of all surfaces; equal surfaces share the work.
pub(super) fn staircases(link: &Link, resolution: Resolution) -> Vec<Staircase> {
    let mut made: Vec<(usize, u64, Staircase)> = Vec::new();
    link.elements
        .iter()
        .zip(&link.steps)
        .map(|(&n, &step)| {
            let key = (n, step.abs().to_bits());
            if let Some((.., stairs)) = made.iter().find(|(n, d, _)| (*n, *d) == key) {
                return stairs.clone();
            }
            let stairs = Staircase::new(&Curve::new(n, step), resolution);
            made.push((key.0, key.1, stairs.clone()));
            stairs
        })
        .collect()
}

/// One surface, scaled.
struct Surface {
    gain: f64,
    weight: f64,
    user: Vec<f64>,
    target: Vec<f64>,
}

/// The best of a range: value, cell, power.
#[derive(Clone, Copy)]
struct Best {
    value: f64,
    cell: usize,
    power: f64,
}

/// Prices and the state of the sensing signal, for one evaluation.
#[derive(Clone, Copy)]
struct Prices {
    sensing: f64,
    power: f64,
    /// Power p_s of the sensing signal.
    signal: f64,
    /// Most power a stream may have.
    cap: f64,
}

impl Surface {
    /// The value of a corner and its best power.
    fn corner(&self, user: f64, target: f64, at: Prices) -> (f64, f64) {
        let sensed = at.sensing * self.weight * target;
        let cost = at.power - sensed;
        let gain = self.gain * user;
        let p = if cost <= 0.0 {
            at.cap
        } else if gain > cost {
            (1.0 / cost - 1.0 / gain).min(at.cap)
        } else {
            0.0
        };
        ((gain * p).ln_1p() - cost * p + sensed * at.signal, p)
    }

    fn cell(&self, cell: usize, at: Prices) -> Best {
        let (value, power) = self.corner(self.user[cell], self.target[cell], at);
        Best { value, cell, power }
    }

    /// The best cell of a range; `guess` is where it may be.
    fn best(&self, (low, high): (usize, usize), guess: usize, at: Prices, count: &mut u64) -> Best {
        let mut best = self.cell(guess.clamp(low, high), at);
        self.descend(low, high, at, &mut best, count);
        best
    }

    fn descend(&self, low: usize, high: usize, at: Prices, best: &mut Best, count: &mut u64) {
        *count += 1;
        if high - low < 3 {
            for cell in low..=high {
                let found = self.cell(cell, at);
                if found.value > best.value {
                    *best = found;
                }
            }
            return;
        }
        let middle = usize::midpoint(low, high);
        let left = self.corner(self.user[middle], self.target[low], at).0;
        let right = self.corner(self.user[high], self.target[middle + 1], at).0;
        let halves = [(left, low, middle), (right, middle + 1, high)];
        let order = if left >= right { [0, 1] } else { [1, 0] };
        for half in order {
            let (value, low, high) = halves[half];
            if value > best.value {
                self.descend(low, high, at, best, count);
            }
        }
    }
}

/// A region: ranges of cells, an interval of the sensing signal, and prices to start from.
pub(super) struct Region {
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
        let slack = (link.reachable() / required - 1.0).max(1e-6);
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
        let score = self.climber.score(&mut self.scorer, &at);
        if score < 0.9 * self.best {
            return None;
        }
        let (score, points) = self.climber.improve(&mut self.scorer, at, score, self.best);
        if score <= self.best {
            return None;
        }
        self.best = score;
        Some((-score, points))
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

    /// Cutting planes: the smallest bound, its prices, and the cuts.
    fn minimise(&mut self, region: &Region, enough: f64) -> (f64, (f64, f64), Vec<Cut>) {
        let steps = if region.prices.is_some() { 40 } else { 90 };
        let widest = (
            4.0 * self.ideal.max(1e-9) / self.slack,
            4.0 * self.ideal.max(1e-9) * (1.0 + 1.0 / self.slack),
        );
        let mut polygon = match region.prices {
            None => Polygon::rectangle((0.0, 0.0), widest),
            Some((sensing, power)) => {
                let high =
                    ((4.0 * sensing).max(1e-6 * widest.0), (4.0 * power).max(1e-6 * widest.1));
                Polygon::rectangle((0.25 * sensing, 0.25 * power), high)
            }
        };
        let mut best = f64::INFINITY;
        let mut at = (0.0, 0.0);
        let mut cuts: Vec<Cut> = Vec::with_capacity(steps + 1);
        let mut lowest = f64::NEG_INFINITY;
        let start = region.prices;
        for step in 0..=steps {
            let centre = match (step, start) {
                (0, Some(prices)) => prices,
                (0, None) => continue,
                _ => match polygon.centroid() {
                    Some(centre) => centre,
                    None => break,
                },
            };
            let cut = self.cut(region, centre);
            if cut.value < best {
                (best, at) = (cut.value, centre);
            }
            let linear = |v: (f64, f64)| {
                cut.value + cut.slope.0 * (v.0 - centre.0) + cut.slope.1 * (v.1 - centre.1)
            };
            lowest = lowest.max(polygon.lowest(linear));
            polygon.clip(centre, cut.slope, best - cut.value);
            cuts.push(cut);
            if best <= enough || best - lowest <= 1e-5 * self.ideal {
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

/// A convex polygon in the plane of the two prices.
struct Polygon {
    corners: Vec<(f64, f64)>,
}

impl Polygon {
    fn rectangle(low: (f64, f64), high: (f64, f64)) -> Self {
        Self { corners: vec![low, (high.0, low.1), high, (low.0, high.1)] }
    }

    /// Centre of gravity; `None` when nothing is left.
    fn centroid(&self) -> Option<(f64, f64)> {
        if self.corners.len() < 3 {
            return None;
        }
        let origin = self.corners[0];
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for pair in self.corners[1..].windows(2) {
            let a = (pair[0].0 - origin.0, pair[0].1 - origin.1);
            let b = (pair[1].0 - origin.0, pair[1].1 - origin.1);
            let cross = a.0 * b.1 - a.1 * b.0;
            area += cross;
            x += cross * (a.0 + b.0) / 3.0;
            y += cross * (a.1 + b.1) / 3.0;
        }
        let centre = (origin.0 + x / area, origin.1 + y / area);
        (area.abs() > 0.0 && centre.0.is_finite() && centre.1.is_finite()).then_some(centre)
    }

    /// The smallest value of a linear function on the polygon.
    fn lowest(&self, f: impl Fn((f64, f64)) -> f64) -> f64 {
        self.corners.iter().map(|&v| f(v)).fold(f64::INFINITY, f64::min)
    }

    /// Keep what satisfies `slope · (v − centre) ≤ limit`.
    fn clip(&mut self, centre: (f64, f64), slope: (f64, f64), limit: f64) {
        let side = |v: (f64, f64)| slope.0 * (v.0 - centre.0) + slope.1 * (v.1 - centre.1) - limit;
        let mut kept = Vec::with_capacity(self.corners.len() + 1);
        for (i, &a) in self.corners.iter().enumerate() {
            let b = self.corners[(i + 1) % self.corners.len()];
            let (fa, fb) = (side(a), side(b));
            if fa <= 0.0 {
                kept.push(a);
            }
            if (fa < 0.0 && fb > 0.0) || (fa > 0.0 && fb < 0.0) {
                let t = fa / (fa - fb);
                kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
            }
        }
        self.corners = kept;
    }
}
