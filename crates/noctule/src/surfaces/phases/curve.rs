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

use std::f64::consts::{FRAC_PI_2, PI};

use noctule_num::C64;

pub use super::staircase::{Resolution, Staircase};

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
        self.support_from(&cosines, (2.0 * blend).sin())
    }

    /// cos(nδ − ψ), never beyond ±1.
    pub(in crate::surfaces) fn cosines(&self, phase: f64) -> Vec<f64> {
        let (sin, cos) = phase.sin_cos();
        let rotate = |(c, s): (&f64, &f64)| (c * cos + s * sin).clamp(-1.0, 1.0);
        self.cos.iter().zip(&self.sin).map(rotate).collect()
    }

    /// The support from cos θ and `s = sin 2α`: |sin α + cos α e^{jθ}|² = 1 + s cos θ.
    #[allow(clippy::unused_self)]
    pub(in crate::surfaces) fn support_from(&self, cosines: &[f64], s: f64) -> f64 {
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

    /// nδ of every element.
    pub(in crate::surfaces) fn positions(&self) -> impl Iterator<Item = f64> + '_ {
        let middle = (self.elements as f64 - 1.0) / 2.0;
        (0..self.elements).map(move |i| self.step * (i as f64 - middle))
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// |z| and |y| of phases, by their definition.
    pub(in crate::surfaces) fn direct(n: usize, step: f64, v: &[C64]) -> (f64, f64) {
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
}
