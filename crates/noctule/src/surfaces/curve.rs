//! What one surface can do for two directions at once: the exact trade-off curve.
//!
//! A surface of N elements with phases v gives the user `|z|`, `z = qᴴv`, and the target `|y|`,
//! `y = sᴴv`; with centred element positions n, `conj(s_n) q_n = e^{jnδ}`.
//!
//! * **T1, support.** `max_v sin α |z| + cos α |y| = max_ψ h(α, ψ)` with
//!   `h = Σ_n |sin α + cos α e^{j(nδ−ψ)}|`, reached by `v_n = q_n conj(unit(sin α + cos α e^{j(nδ−ψ)}))`.
//! * **T2, frontier.** `F(x) = max{|y| : |z| ≥ x} = max_ψ Y_ψ(x)`,
//!   `Y_ψ(x) = min_α [h(α,ψ) − x sin α]/cos α`: for fixed ψ the problem `max Re e^{−jψ}y`,
//!   `Re z ≥ x`, `|v_n| ≤ 1` is convex and strong duality holds, and a maximiser of the Lagrangian
//!   has unit modulus. The points between the hull's corners are found too.
//! * **T3, grid.** If every ψ is within w of a grid point, `F(x) ≤ max_j Y_{ψ_j}(x)/cos w`. Any set of
//!   α gives a valid upper bound, since `Y_ψ` is a minimum.
//!
//! For δ < 0 the same holds with |δ| and the elements in reverse; ψ and −ψ are mirror images.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use noctule_num::C64;

/// The trade-off of one surface.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Elements N.
    pub elements: usize,
    /// |δ|.
    pub step: f64,
    reversed: bool,
    /// cos nδ and sin nδ at the centred positions n.
    cos: Vec<f64>,
    sin: Vec<f64>,
}

/// |sin α + cos α e^{jθ}|² below which the direction is rounding.
const CANCELLED: f64 = 1e-24;

/// A point that explicit phases reach.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CurvePoint {
    /// |z| towards the user.
    pub user: f64,
    /// |y| towards the target.
    pub target: f64,
    /// Angle α of the blend: 0 is all for the target, π/2 all for the user.
    pub blend: f64,
    /// Relative phase ψ of the blend.
    pub phase: f64,
}

impl Curve {
    /// The curve of a surface with a phase step δ (radians) between its two alignments.
    pub fn new(elements: usize, step: f64) -> Self {
        let d = step.abs();
        let at = |i: usize| d * (i as f64 - (elements as f64 - 1.0) / 2.0);
        Self {
            elements,
            step: d,
            reversed: step < 0.0,
            cos: (0..elements).map(|i| at(i).cos()).collect(),
            sin: (0..elements).map(|i| at(i).sin()).collect(),
        }
    }

    /// The support `h(α, ψ)`.
    pub fn support(&self, blend: f64, phase: f64) -> f64 {
        let cosines = self.cosines(phase);
        self.support_from(&cosines, blend)
    }

    /// cos(nδ − ψ), never beyond ±1.
    fn cosines(&self, phase: f64) -> Vec<f64> {
        let (sin, cos) = phase.sin_cos();
        let rotate = |(c, s): (&f64, &f64)| (c * cos + s * sin).clamp(-1.0, 1.0);
        self.cos.iter().zip(&self.sin).map(rotate).collect()
    }

    /// |sin α + cos α e^{jθ}|² = 1 + sin 2α cos θ.
    #[allow(clippy::unused_self)]
    fn support_from(&self, cosines: &[f64], blend: f64) -> f64 {
        let s = (2.0 * blend).sin();
        let mut sums = [0.0_f64; 8];
        let mut chunks = cosines.chunks_exact(8);
        for chunk in &mut chunks {
            for (sum, c) in sums.iter_mut().zip(chunk) {
                *sum += (1.0 + s * c).sqrt();
            }
        }
        let rest: f64 = chunks.remainder().iter().map(|c| (1.0 + s * c).sqrt()).sum();
        sums.iter().sum::<f64>() + rest
    }

    /// The point that a blend reaches.
    pub fn point(&self, blend: f64, phase: f64) -> CurvePoint {
        let (sa, ca) = blend.sin_cos();
        let (sp, cp) = phase.sin_cos();
        // Σ conj(u) and Σ conj(u) e^{jθ} with u = unit(sin α + cos α e^{jθ}), in four lanes
        let mut sums = [[0.0_f64; 4]; 4];
        let mut lane = |slot: usize, cos: f64, sin: f64| {
            let (c, s) = (cos * cp + sin * sp, sin * cp - cos * sp);
            let (re, im) = (sa + ca * c, ca * s);
            let square = re * re + im * im;
            // Where the two cancel any phase will do: as in `phases`, that towards the user.
            let (re, im) = if square < CANCELLED { (1.0, 0.0) } else { (re, im) };
            let inverse = 1.0 / (re * re + im * im).sqrt();
            sums[0][slot] += inverse * re;
            sums[1][slot] -= inverse * im;
            sums[2][slot] += inverse * (re * c + im * s);
            sums[3][slot] += inverse * (re * s - im * c);
        };
        let mut cos = self.cos.chunks_exact(4);
        let mut sin = self.sin.chunks_exact(4);
        for (c, s) in (&mut cos).zip(&mut sin) {
            for slot in 0..4 {
                lane(slot, c[slot], s[slot]);
            }
        }
        for (slot, (&c, &s)) in cos.remainder().iter().zip(sin.remainder()).enumerate() {
            lane(slot, c, s);
        }
        let [zr, zi, yr, yi] = sums.map(|lanes| lanes.iter().sum::<f64>());
        CurvePoint { user: zr.hypot(zi), target: yr.hypot(yi), blend, phase }
    }

    /// The phases of a blend, for the vector `q` that is aligned to the user.
    pub fn phases(&self, aligned: &[C64], blend: f64, phase: f64) -> Vec<C64> {
        let (sa, ca) = blend.sin_cos();
        let last = self.elements.saturating_sub(1);
        aligned
            .iter()
            .enumerate()
            .map(|(i, q)| {
                let i = if self.reversed { last - i } else { i };
                let turn = C64::from_polar(1.0, -phase) * C64::new(self.cos[i], self.sin[i]);
                let u = turn * ca + sa;
                let norm = u.norm();
                if norm * norm < CANCELLED { *q } else { q * (u.conj() / norm) }
            })
            .collect()
    }

    /// |D_N(δ)|: what the user gets when all is for the target, and the other way round.
    pub fn overlap(&self) -> f64 {
        self.cos.iter().sum::<f64>().abs()
    }

    /// Points of the frontier by ascending |z|, none dominated by another: for each of `blends`
    /// angles the best of `phases` relative phases and those between.
    pub fn frontier(&self, blends: usize, phases: usize) -> Vec<CurvePoint> {
        let mut points = Vec::with_capacity(blends * phases + 2);
        for j in 0..phases {
            let phase = PI * j as f64 / (phases - 1).max(1) as f64;
            for i in 1..blends {
                // denser near the ends, where the curve bends
                let t = i as f64 / blends as f64;
                let blend = FRAC_PI_2 * (t - (2.0 * PI * t).sin() / (2.5 * PI));
                points.push(self.point(blend, phase));
            }
        }
        points.push(self.point(0.0, 0.0));
        points.push(self.point(FRAC_PI_2, 0.0));
        undominated(points)
    }
}

/// Those points that no other beats in both directions, by ascending |z| and descending |y|.
fn undominated(mut points: Vec<CurvePoint>) -> Vec<CurvePoint> {
    points.sort_by(|a, b| b.user.total_cmp(&a.user).then(b.target.total_cmp(&a.target)));
    let mut best = f64::NEG_INFINITY;
    points.retain(|point| {
        let keep = point.target > best;
        best = best.max(point.target);
        keep
    });
    points.reverse();
    points
}

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
                let factor = 1.0 / envelope.reach.cos();
                let tolerance = 1.0 + resolution.phase_tolerance;
                let matters = |&j: &usize| {
                    factor > tolerance
                        && (j..=j + 1).any(|i| values[i] * factor > reached[i] * tolerance)
                };
                let (open_still, done) =
                    std::mem::take(&mut envelope.open).into_iter().partition(matters);
                envelope.fill(&grids, done, &mut up);
                envelope.open = open_still;
                if envelope.open.is_empty() {
                    continue;
                }
                // the interval in three: the middle keeps its lines
                let (phase, third) = (envelope.phase, envelope.reach / 3.0);
                for side in [phase - 2.0 * third, phase + 2.0 * third] {
                    if (-1e-12..=PI + 1e-12).contains(&side) {
                        let part = envelope.open.clone();
                        fresh.push(Envelope::new(&grids, side, third, envelope.line, part));
                    }
                }
                envelope.reach = third;
                open.push((envelope, values));
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
    use noctule_num::rng::{StreamKey, uniform};

    fn direct(n: usize, step: f64, v: &[C64]) -> (f64, f64) {
        let (mut z, mut y) = (C64::ZERO, C64::ZERO);
        for (i, v) in v.iter().enumerate() {
            z += v;
            y += v * C64::from_polar(1.0, step * (i as f64 - (n as f64 - 1.0) / 2.0));
        }
        (z.norm(), y.norm())
    }

    #[test]
    fn blends_reach_what_they_say_on_either_side() {
        for (n, step) in [(1, 0.4), (16, 0.3), (33, -1.1), (20, PI), (8, -PI), (50, 0.0)] {
            let curve = Curve::new(n, step);
            for (blend, phase) in [(0.7, 0.0), (0.4, PI), (0.9, 0.5), (1.3, 2.0)] {
                let v = curve.phases(&vec![C64::ONE; n], blend, phase);
                assert!(v.iter().all(|v| (v.norm() - 1.0).abs() < 1e-14));
                let point = curve.point(blend, phase);
                let (z, y) = direct(n, step, &v);
                assert!((z - point.user).abs() < 1e-10 && (y - point.target).abs() < 1e-10);
                let support = blend.sin() * z + blend.cos() * y;
                // h counts only the parts in phase with ψ
                assert!(support >= curve.support(blend, phase) - 1e-9);
            }
        }
    }

    #[test]
    fn support_is_reached_at_its_best_phase() {
        let curve = Curve::new(24, 0.9);
        for i in 1..20 {
            let blend = FRAC_PI_2 * f64::from(i) / 20.0;
            let grid = (0..=4000).map(|j| PI * f64::from(j) / 4000.0);
            let phase = grid
                .max_by(|a, b| curve.support(blend, *a).total_cmp(&curve.support(blend, *b)))
                .unwrap();
            let point = curve.point(blend, phase);
            let value = blend.sin() * point.user + blend.cos() * point.target;
            assert!((value - curve.support(blend, phase)).abs() < 1e-4);
        }
    }

    /// Alternating ascent from random phases never leaves the outer curve. (10 000 starts once, by
    /// setting `NOCTULE_STARTS`.)
    #[test]
    fn no_start_climbs_over_the_outer_curve() {
        let starts: usize =
            std::env::var("NOCTULE_STARTS").ok().and_then(|s| s.parse().ok()).unwrap_or(420);
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
