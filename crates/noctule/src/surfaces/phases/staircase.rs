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
    /// sin 2α, cos α and tan α of the angles α of the lines.
    doubles: Vec<f64>,
    cosines: Vec<f64>,
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

/// By how much of the largest |y| an envelope lies below another that hides it: more than rounding takes from
/// either (steep lines are differences of numbers 10⁵ times as large).
const HIDDEN: f64 = 1e-7;

/// An envelope at a probe: its value and the line that has it.
#[derive(Clone, Copy, Default)]
struct Probe {
    value: f64,
    /// By how much the line falls with |z|.
    slope: f64,
}

impl Probe {
    fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, slope: self.slope * factor }
    }
}

/// Whether an envelope is lower than a chord all over a stretch of this width. It is concave, so lines
/// through its ends are above it, and a concave function is above its chord.
fn below([left, right]: [Probe; 2], chord: [f64; 2], width: f64) -> bool {
    let rise = (chord[1] - chord[0]) / width;
    // where both lines meet
    let steeper = right.slope - left.slope;
    let meet = (right.value - left.value + right.slope * width) / steeper;
    let highest = if meet > 0.0 && meet < width {
        left.value - left.slope * meet < chord[0] + rise * meet
    } else {
        true
    };
    highest && left.value < chord[0] && right.value < chord[1]
}

impl<'a> Grids<'a> {
    fn new(curve: &'a Curve, resolution: Resolution) -> Self {
        let n = curve.elements as f64;
        let angles = angles(resolution.blends);
        let of = |function: fn(f64) -> f64| angles.iter().map(|a| function(*a)).collect();
        let (doubles, cosines, slopes) = (of(|a| (2.0 * a).sin()), of(f64::cos), of(f64::tan));
        let left = curve.overlap().min(n);
        let probes: Vec<f64> = (0..=STRETCHES)
            .map(|i| left + (n - left) * (FRAC_PI_2 * i as f64 / STRETCHES as f64).sin())
            .collect();
        let half = (resolution.cells / 2).max(8);
        let start = left.max(1e-3 * n);
        let ratio = (n / start).ln();
        let share = |i: usize| i as f64 / half as f64;
        let mut x = Vec::with_capacity(2 * half + 1);
        x.extend((0..=half).map(|i| left + (n - left) * (FRAC_PI_2 * share(i)).sin()));
        x.extend((0..half).map(|i| start * (ratio * share(i)).exp()));
        x.retain(|x| *x >= left && *x <= n);
        x.sort_by(f64::total_cmp);
        x.dedup();
        let mut stretches: Vec<usize> =
            probes.iter().map(|&probe| x.partition_point(|&x| x < probe)).collect();
        stretches[STRETCHES] = x.len();
        Self { curve, doubles, cosines, slopes, probes, x, stretches }
    }
}

impl Staircase {
    /// The staircase of a curve.
    ///
    /// Relative phases are refined only where they could matter: an interval of ψ whose bound does
    /// not exceed, on a stretch of the curve, what others reach is left alone there.
    pub fn new(curve: &Curve, resolution: Resolution) -> Self {
        Self::made(curve, resolution, HIDDEN)
    }

    /// The staircase where envelopes lower than another by more than `hidden` of the largest |y| over a whole
    /// stretch are not written into it.
    fn made(curve: &Curve, resolution: Resolution, hidden: f64) -> Self {
        let grids = Grids::new(curve, resolution);
        let hidden = hidden * curve.elements as f64;
        let mut highest = vec![[0.0_f64; 2]; STRETCHES];
        let mut reached = vec![0.0_f64; grids.probes.len()];
        let mut up = vec![0.0_f64; grids.x.len()];
        let mut fresh: Vec<Envelope> = (0..=8)
            .map(|i| Envelope::new(&grids, PI * f64::from(i) / 8.0, PI / 16.0, 0, all()))
            .collect();
        let mut kept: Vec<(Envelope, Vec<Probe>)> = Vec::new();
        let mut examined = 0;
        let tolerance = 1.0 + resolution.phase_tolerance;
        while !(fresh.is_empty() && kept.is_empty()) {
            for mut envelope in fresh.drain(..) {
                let probes = envelope.probe(&grids);
                for (best, probe) in reached.iter_mut().zip(&probes) {
                    *best = best.max(probe.value);
                }
                // Only where it is open, and so written itself or hidden by a higher one.
                for &j in &envelope.open {
                    let ends = [probes[j].value, probes[j + 1].value];
                    let best = &mut highest[j];
                    // what was cut off at zero is no end of a chord
                    if ends[0].min(ends[1]) > 0.0 && ends[0] + ends[1] > best[0] + best[1] {
                        *best = ends;
                    }
                }
                examined += 1;
                kept.push((envelope, probes));
            }
            let mut open = Vec::new();
            for (mut envelope, probes) in kept.drain(..) {
                let mut done = envelope.close(&probes, &reached, tolerance);
                let factor = 1.0 / envelope.reach.cos();
                done.retain(|&j| {
                    let ends = [probes[j].times(factor), probes[j + 1].times(factor)];
                    let lowered = highest[j].map(|end| end - hidden);
                    !below(ends, lowered, grids.probes[j + 1] - grids.probes[j])
                });
                envelope.fill(&grids, done, &mut up);
                if !envelope.open.is_empty() {
                    fresh.extend(envelope.divide(&grids));
                    open.push((envelope, probes));
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
        let intercepts = vec![f64::NAN; grids.slopes.len()];
        Self { phase, reach, cosines: grids.curve.cosines(phase), intercepts, line, open }
    }

    fn intercept(&mut self, grids: &Grids<'_>, line: usize) -> f64 {
        let known = self.intercepts[line];
        if !known.is_nan() {
            return known;
        }
        // sin 2α is symmetric about 45°, and so is h
        let h = grids.curve.support_from(&self.cosines, grids.doubles[line]);
        let other = grids.slopes.len() - 1 - line;
        self.intercepts[other] = h / grids.cosines[other];
        self.intercepts[line] = h / grids.cosines[line];
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

    /// At the ends of the open stretches; zero elsewhere.
    fn probe(&mut self, grids: &Grids<'_>) -> Vec<Probe> {
        let mut probes = vec![Probe::default(); grids.probes.len()];
        let first = self.line;
        for j in self.open.clone() {
            for i in [j, j + 1] {
                let value = self.at(grids, grids.probes[i]);
                probes[i] = Probe { value, slope: grids.slopes[self.line] };
            }
        }
        self.line = first;
        probes
    }

    /// Take out the stretches where what lies between this ψ and the end of its reach does not matter:
    /// its bound, `Y_ψ/cos w`, exceeds what others reach by no more than is tolerated.
    fn close(&mut self, probes: &[Probe], reached: &[f64], tolerance: f64) -> Vec<usize> {
        let factor = 1.0 / self.reach.cos();
        let higher = |i: usize| probes[i].value * factor > reached[i] * tolerance;
        let matters = |&j: &usize| factor > tolerance && (j..=j + 1).any(higher);
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
mod tests;
