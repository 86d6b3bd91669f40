//! Upper staircases of the trade-off curves: what no phases exceed, in cells for branch and bound.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::curve::Curve;
use crate::surfaces::model::Link;

/// An upper staircase of the frontier: every point (|z|², |y|²) that any phases reach is dominated
/// by a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Staircase {
    /// Largest |z|² of each cell, ascending.
    pub user: Vec<f64>,
    /// Largest |y|² of each cell, descending.
    pub target: Vec<f64>,
    /// Relative phases that were examined.
    pub phases: usize,
}

/// How finely a staircase is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resolution {
    /// Relative error allowed for the grid of relative phases.
    pub phase_tolerance: f64,
    /// Blend angles on each side of 45°.
    pub blends: usize,
    /// Cells.
    pub cells: usize,
}

impl Default for Resolution {
    fn default() -> Self {
        Self { phase_tolerance: 3e-5, blends: 110, cells: 8000 }
    }
}

/// `Y_ψ` for one ψ that stands for all within `reach`: lines `c − t x`, of which the minimum counts.
/// `c` is convex in `t`, so the minimum is found by walking; lines are made when the walk meets them.
struct Envelope {
    phase: f64,
    reach: f64,
    cosines: Vec<f64>,
    /// Intercepts h/cos α, by ascending α; not a number where nobody asked yet.
    intercepts: Vec<f64>,
    /// The line where the last walk ended.
    line: usize,
    /// The stretches between probes it still has to bound.
    open: Vec<usize>,
}

/// The grids of a staircase.
struct Grids<'a> {
    curve: &'a Curve,
    angles: Vec<f64>,
    slopes: Vec<f64>,
    /// Abscissas at which envelopes are compared.
    probes: Vec<f64>,
    /// Ends of cells.
    x: Vec<f64>,
    /// First entry of `x` in each stretch between probes, and the end.
    stretches: Vec<usize>,
}

/// Stretches between probes.
const STRETCHES: usize = 48;

impl<'a> Grids<'a> {
    fn new(curve: &'a Curve, resolution: Resolution) -> Self {
        let n = curve.elements as f64;
        let angles = angles(resolution.blends);
        let slopes = angles.iter().map(|a| a.tan()).collect();
        let left = curve.overlap().min(n);
        let probes: Vec<f64> = (0..=STRETCHES)
            .map(|i| left + (n - left) * (FRAC_PI_2 * i as f64 / STRETCHES as f64).sin())
            .collect();
        let half = (resolution.cells / 2).max(8);
        let start = left.max(1e-3 * n);
        let ratio = (n / start).ln();
        let mut x: Vec<f64> = (0..=half)
            .map(|i| left + (n - left) * (FRAC_PI_2 * i as f64 / half as f64).sin())
            .chain((0..half).map(|i| start * (ratio * i as f64 / half as f64).exp()))
            .filter(|x| *x >= left && *x <= n)
            .collect();
        x.sort_by(f64::total_cmp);
        x.dedup();
        let mut stretches: Vec<usize> =
            probes.iter().map(|&probe| x.partition_point(|&x| x < probe)).collect();
        stretches[STRETCHES] = x.len();
        Self { curve, angles, slopes, probes, x, stretches }
    }
}

impl Staircase {
    /// The staircase of a curve.
    ///
    /// Relative phases are refined only where they could matter: an interval of ψ whose bound does
    /// not exceed, on a stretch of the curve, what others reach is left alone there.
    pub fn new(curve: &Curve, resolution: Resolution) -> Self {
        let grids = Grids::new(curve, resolution);
        let mut reached = vec![0.0_f64; grids.probes.len()];
        let mut up = vec![0.0_f64; grids.x.len()];
        let mut fresh: Vec<Envelope> = (0..=8)
            .map(|i| Envelope::new(&grids, PI * f64::from(i) / 8.0, PI / 16.0, 0, all()))
            .collect();
        let mut kept: Vec<(Envelope, Vec<f64>)> = Vec::new();
        let mut examined = 0;
        let tolerance = 1.0 + resolution.phase_tolerance;
        while !(fresh.is_empty() && kept.is_empty()) {
            for mut envelope in fresh.drain(..) {
                let values = envelope.probe(&grids);
                for (best, value) in reached.iter_mut().zip(&values) {
                    *best = best.max(*value);
                }
                examined += 1;
                kept.push((envelope, values));
            }
            let mut open = Vec::new();
            for (mut envelope, values) in kept.drain(..) {
                let done = envelope.close(&values, &reached, tolerance);
                envelope.fill(&grids, done, &mut up);
                if !envelope.open.is_empty() {
                    fresh.extend(envelope.divide(&grids));
                    open.push((envelope, values));
                }
            }
            kept = open;
        }
        Self::cells(&grids, &up, examined)
    }

    fn cells(grids: &Grids<'_>, up: &[f64], phases: usize) -> Self {
        let n = grids.curve.elements as f64;
        // Left of |D_N| the target can have everything. Rounding gets a margin: steep lines are
        // differences of numbers 10⁵ times as large.
        const MARGIN: f64 = 1.0 + 1e-12;
        let margin = 2e-9 * n;
        let x = &grids.x;
        let (mut user, mut target) = (vec![(grids.probes[0] * MARGIN).powi(2)], vec![n * n]);
        let mut lowest = n;
        for i in 1..x.len() {
            lowest = lowest.min(up[i - 1] + margin);
            user.push((x[i] * MARGIN).powi(2).min(n * n));
            target.push(lowest * lowest);
        }
        Self { user, target, phases }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.user.len()
    }

    /// Whether there are no cells, which is never.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }

    /// Largest |y| the staircase allows at |z| ≥ x.
    pub fn target_at(&self, user: f64) -> f64 {
        let square = user * user;
        let cell = self.user.partition_point(|&x| x < square);
        self.target.get(cell).map_or(0.0, |y| y.sqrt())
    }
}

/// Staircases of all surfaces; equal surfaces share the work.
pub(in crate::surfaces) fn staircases(link: &Link, resolution: Resolution) -> Vec<Staircase> {
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

/// Angles in (0, π/2), dense near both ends, symmetric about 45°.
fn angles(half: usize) -> Vec<f64> {
    let dense = (half / 3).max(2);
    let rest = half - dense;
    let low: Vec<f64> = (0..dense)
        .map(|i| 1e-5 * (2e3_f64).powf(i as f64 / dense as f64))
        .chain((0..rest).map(|i| 0.02 + (FRAC_PI_4 - 0.02) * i as f64 / rest as f64))
        .collect();
    let high = low.iter().rev().map(|a| FRAC_PI_2 - a);
    low.iter().copied().chain([FRAC_PI_4]).chain(high).collect()
}

fn all() -> Vec<usize> {
    (0..STRETCHES).collect()
}

impl Envelope {
    /// `line` is where walks begin.
    fn new(grids: &Grids<'_>, phase: f64, reach: f64, line: usize, open: Vec<usize>) -> Self {
        let intercepts = vec![f64::NAN; grids.angles.len()];
        Self { phase, reach, cosines: grids.curve.cosines(phase), intercepts, line, open }
    }

    fn intercept(&mut self, grids: &Grids<'_>, line: usize) -> f64 {
        let known = self.intercepts[line];
        if !known.is_nan() {
            return known;
        }
        // sin 2α is symmetric about 45°, and so is h
        let h = grids.curve.support_from(&self.cosines, grids.angles[line]);
        let other = grids.angles.len() - 1 - line;
        self.intercepts[other] = h / grids.angles[other].cos();
        self.intercepts[line] = h / grids.angles[line].cos();
        self.intercepts[line]
    }

    /// The minimum over the lines at an abscissa, walking from the line of the one before. Where
    /// rounding breaks the order of the lines, any of them is still a valid bound.
    fn at(&mut self, grids: &Grids<'_>, x: f64) -> f64 {
        let mut value = self.intercept(grids, self.line) - grids.slopes[self.line] * x;
        let start = self.line;
        while self.line + 1 < grids.slopes.len() {
            let next = self.intercept(grids, self.line + 1) - grids.slopes[self.line + 1] * x;
            if next > value {
                break;
            }
            value = next;
            self.line += 1;
        }
        while self.line == start.min(self.line) && self.line > 0 {
            let next = self.intercept(grids, self.line - 1) - grids.slopes[self.line - 1] * x;
            if next >= value {
                break;
            }
            value = next;
            self.line -= 1;
        }
        value.max(0.0)
    }

    /// Values at the ends of the open stretches, zero elsewhere.
    fn probe(&mut self, grids: &Grids<'_>) -> Vec<f64> {
        let mut values = vec![0.0; grids.probes.len()];
        let first = self.line;
        for j in self.open.clone() {
            for i in [j, j + 1] {
                values[i] = self.at(grids, grids.probes[i]);
            }
        }
        self.line = first;
        values
    }

    /// Take out the stretches where what lies between this ψ and the end of its reach does not matter:
    /// its bound, `Y_ψ/cos w`, exceeds what others reach by no more than is tolerated.
    fn close(&mut self, values: &[f64], reached: &[f64], tolerance: f64) -> Vec<usize> {
        let factor = 1.0 / self.reach.cos();
        let matters = |&j: &usize| {
            factor > tolerance && (j..=j + 1).any(|i| values[i] * factor > reached[i] * tolerance)
        };
        let (open, done) = std::mem::take(&mut self.open).into_iter().partition(matters);
        self.open = open;
        done
    }

    /// The interval in three: the middle keeps its lines, the others are made anew where ψ from 0 to π
    /// reaches them.
    fn divide(&mut self, grids: &Grids<'_>) -> Vec<Self> {
        let third = self.reach / 3.0;
        let sides = [self.phase - 2.0 * third, self.phase + 2.0 * third];
        self.reach = third;
        let within = sides.into_iter().filter(|side| (-1e-12..=PI + 1e-12).contains(side));
        within.map(|side| Self::new(grids, side, third, self.line, self.open.clone())).collect()
    }

    /// Raise the bound on stretches where this envelope is fine enough, by that for all phases within
    /// reach.
    fn fill(&mut self, grids: &Grids<'_>, stretches: Vec<usize>, up: &mut [f64]) {
        let factor = 1.0 / self.reach.cos();
        for j in stretches {
            let (mut from, end) = (grids.stretches[j], grids.stretches[j + 1]);
            if from < end {
                self.at(grids, grids.x[from]);
            }
            while from < end {
                let (c, t) = (self.intercept(grids, self.line), grids.slopes[self.line]);
                // up to where the next line is lower
                let mut until = end;
                if let Some(next) = grids.slopes.get(self.line + 1) {
                    let crossing = (self.intercept(grids, self.line + 1) - c) / (next - t);
                    until = from + grids.x[from..end].partition_point(|&x| x < crossing);
                }
                for (up, x) in up[from..until].iter_mut().zip(&grids.x[from..until]) {
                    *up = up.max((c - t * x) * factor);
                }
                if until < end {
                    self.line += 1;
                }
                from = until;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::C64;
    use noctule_num::rng::{StreamKey, uniform};

    fn direct(n: usize, step: f64, v: &[C64]) -> (f64, f64) {
        let (mut z, mut y) = (C64::ZERO, C64::ZERO);
        for (i, v) in v.iter().enumerate() {
            z += v;
            y += v * C64::from_polar(1.0, step * (i as f64 - (n as f64 - 1.0) / 2.0));
        }
        (z.norm(), y.norm())
    }

    /// Alternating ascent from random phases never leaves the outer curve: 10 000 starts, or
    /// as many as `NOCTULE_STARTS` says.
    #[test]
    fn no_start_climbs_over_the_outer_curve() {
        let starts: usize =
            std::env::var("NOCTULE_STARTS").ok().and_then(|s| s.parse().ok()).unwrap_or(10_000);
        let curves = [
            (8, 0.3),
            (8, 2.9),
            (16, 0.05),
            (16, 1.0),
            (32, 0.64),
            (32, 2.45),
            (33, 1.1),
            (50, 0.02),
            (64, 0.25),
            (64, 3.1),
            (100, -0.69),
            (106, 0.94),
            (199, 0.456),
            (200, 1.9),
        ];
        let mut rng = StreamKey::new(1, "test", "ascent", 0).trial(0);
        for (n, step) in curves {
            let curve = Curve::new(n, step);
            let stairs = Staircase::new(&curve, Resolution::default());
            assert!(stairs.user.windows(2).all(|w| w[0] <= w[1]));
            assert!(stairs.target.windows(2).all(|w| w[0] >= w[1]));
            for _ in 0..starts.div_ceil(curves.len()) {
                let mut v: Vec<C64> = (0..n)
                    .map(|_| C64::from_polar(1.0, uniform(&mut rng, 0.0, 2.0 * PI)))
                    .collect();
                let blend = uniform(&mut rng, 0.0, FRAC_PI_2);
                let e: Vec<C64> = (0..n)
                    .map(|i| C64::from_polar(1.0, step * (i as f64 - (n as f64 - 1.0) / 2.0)))
                    .collect();
                for _ in 0..60 {
                    let z: C64 = v.iter().sum();
                    let y: C64 = v.iter().zip(&e).map(|(v, e)| v * e).sum();
                    let (z, y) = (z / z.norm().max(1e-300), y / y.norm().max(1e-300));
                    for (v, e) in v.iter_mut().zip(&e) {
                        let aim = z * blend.sin() + y * e.conj() * blend.cos();
                        if aim.norm() > 1e-12 {
                            *v = aim / aim.norm();
                        }
                    }
                }
                let (z, y) = direct(n, step, &v);
                let limit = stairs.target_at(z * (1.0 - 1e-12));
                assert!(y <= limit * (1.0 + 1e-12), "{n} {step}: {z} {y} {limit}");
            }
        }
    }

    /// The gap between what blends reach and the staircase is what the grids allow, and about the
    /// pull of one element at 45°, where phases between two blends are not blends.
    #[test]
    fn inner_and_outer_curves_meet() {
        for (n, step) in [(16, 0.3), (32, 0.64), (64, 2.0), (199, 0.456)] {
            let curve = Curve::new(n, step);
            let stairs = Staircase::new(&curve, Resolution::default());
            let inner = curve.frontier(400, 65);
            for point in inner.iter().step_by(7) {
                let limit = stairs.target_at(point.user);
                let gap = (limit - point.target) / n as f64;
                assert!((-1e-12..5e-3).contains(&gap), "{n} {step} {point:?} {limit}");
            }
        }
    }
}
