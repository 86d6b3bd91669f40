//! The most one surface can do for the user while it lights the target as required: exact.
//!
//! With `Z_ψ(y) = min_α [h(α,ψ) − y cos α]/sin α` (T2 of [`super::curve`] with user and target
//! exchanged), `max{|z| : |y| ≥ y₀} = max_ψ Z_ψ(y₀)`. For one ψ the minimum is where
//! `Re e^{−jψ}y`, which falls with α, is `y₀`: the requirement is met exactly there, so nothing is
//! searched beside a cliff. Over ψ there is a bound for whole intervals: of phases with `|y| ≥ y₀`
//! whose relative phase of y to z is within `w` of ψ, a common rotation makes `e^{−jψ}y` positive,
//! and then `|z| cos w ≤ Re z ≤ Z_ψ(y₀)`. That loses w²/2 even where Z does not depend on ψ, as on a
//! surface whose phases nδ are spread evenly over the circle. There the support says more: phases at
//! ψ + d have `|z| ≤ [h(α, ψ+d) − y₀ cos α]/sin α`, and `h(α, ψ+d) ≤ h + h′d + ½Kd²` with a K of the
//! whole interval. Of the support's terms `f = √(1 + s cos θ)`, s = sin 2α, the part `½s cos θ` adds
//! up to `½s D cos ψ` whose curvature is known; that of the rest is
//! `(1−s²)/(4f³) − f/4 + (f²−1)/2`, convex in f, and so largest where θ comes nearest to 0 or to π.
//! The interval with the largest bound (the smaller of the two) is halved until none exceeds what
//! is reached; any α gives a valid bound, whatever the root finder did.
//!
//! Sums are taken in half angles `k = cos θ/2`, `m = sin θ/2` of `θ = nδ − ψ` and `a = α − π/4`:
//! `|sin α + cos α e^{jθ}|² = 2(k² cos² a + m² sin² a)` without cancellation, also where an element
//! that is pulled both ways by almost the same force turns from one to the other. What an element
//! with `f + g > 0`, `g = cos α + sin α cos θ`, lacks of a target of one is
//! `1 − g/f = sin²α sin²θ/(f(f + g))`: a requirement that leaves 10⁻⁹ of room is met to many digits of
//! that room.

use std::collections::BinaryHeap;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use super::curve::{Curve, CurvePoint};

/// The best phases of one surface, and what no phases exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summit {
    /// The best point found; it has the required |y| up to rounding.
    pub(super) point: CurvePoint,
    /// No phases with the required |y| have a larger |z|.
    pub(super) bound: f64,
    /// Relative phases that were examined.
    pub(super) examined: u64,
}

/// Surfaces beyond this number of elements are not worth the time: [`super::search`] has steps.
pub(super) const MOST: usize = 1_000_000;

/// How near the bound must come to what is reached, relative.
const CLOSE: f64 = 1e-10;

/// The distance of ψ from where an element has no direction at all, so that its turning is
/// resolved: 10⁻⁸ of it by the rounding of α.
const APART: f64 = 3e-8;

impl Summit {
    /// The largest |z| with |y| at least `target`.
    pub(super) fn of(curve: &Curve, target: f64) -> Self {
        let n = curve.elements as f64;
        if target <= curve.overlap() {
            return Self { point: curve.point(FRAC_PI_2, 0.0), bound: n, examined: 0 };
        }
        let target = target.min(n);
        let most = (3_000_000 / curve.elements.max(1)).clamp(8, 2000) as u64;
        let mut best = curve.point(0.0, 0.0);
        let mut open: BinaryHeap<Interval> = BinaryHeap::new();
        let mut examined = 0;
        let first: usize = 8;
        for i in 0..first {
            let reach = FRAC_PI_2 / first as f64;
            open.push(Interval::new(curve, reach * (2 * i + 1) as f64, reach, target, &mut best));
            examined += 1;
        }
        while examined < most {
            let Some(top) = open.peek() else { break };
            if top.bound <= best.user * (1.0 + CLOSE) {
                break;
            }
            let Some(Interval { phase, reach, .. }) = open.pop() else { break };
            let half = 0.5 * reach;
            for side in [phase - half, phase + half] {
                open.push(Interval::new(curve, side, half, target, &mut best));
                examined += 1;
            }
        }
        polish(curve, target, &mut best);
        let bound = open.peek().map_or(n, |top| top.bound).max(best.user).min(n);
        Self { point: best, bound, examined }
    }
}

/// Relative phases within `reach` of `phase`, and what |z| none of them exceeds.
struct Interval {
    bound: f64,
    phase: f64,
    reach: f64,
}

impl Interval {
    fn new(curve: &Curve, phase: f64, reach: f64, target: f64, best: &mut CurvePoint) -> Self {
        let at = Angles::new(curve, phase);
        let met = at.meet(target);
        let point = at.point(curve, target, &met);
        if point.user > best.user {
            *best = point;
        }
        // the middle that is used may lie beside the one that was asked for
        let w = reach + (at.phase - phase).abs();
        Self { bound: (met.bound / w.cos()).min(at.around(met.angle, target, w)), phase, reach }
    }
}

impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Interval {}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Interval {
    /// Ties by the phase: the order must not depend on the heap.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bound.total_cmp(&other.bound).then(other.phase.total_cmp(&self.phase))
    }
}

/// The best phase nearby, by halving steps: where the bound is looser than the curve is bent,
/// intervals end before the point is.
fn polish(curve: &Curve, target: f64, best: &mut CurvePoint) {
    let mut step = 1e-2;
    while step > 1e-9 {
        let mut moved = false;
        for phase in [best.phase - step, best.phase + step] {
            let at = Angles::new(curve, phase);
            let point = at.point(curve, target, &at.meet(target));
            if point.user > best.user {
                (*best, moved) = (point, true);
                break;
            }
        }
        if !moved {
            step *= 0.4;
        }
    }
}

/// What one blend gives.
struct Parts {
    /// `Re z`.
    user: f64,
    /// What the target lacks: `N − Re e^{−jψ}y`.
    lack: f64,
}

/// Where the requirement is met for one ψ.
struct Met {
    /// α − π/4, on the side where it is.
    angle: f64,
    /// Z_ψ, from above.
    bound: f64,
}

/// The elements of a surface as one ψ sees them: squares of k and m.
struct Angles<'a> {
    curve: &'a Curve,
    phase: f64,
    squares: Vec<(f64, f64)>,
}

impl<'a> Angles<'a> {
    fn new(curve: &'a Curve, phase: f64) -> Self {
        let mut at = phase;
        loop {
            let squares: Vec<(f64, f64)> = curve
                .positions()
                .map(|turn| {
                    let (m, k) = (0.5 * (turn - at)).sin_cos();
                    (k * k, m * m)
                })
                .collect();
            let lost = squares.iter().any(|(k, _)| *k < 0.1 * APART * APART);
            if !lost || at - phase > 50.0 * APART {
                return Self { curve, phase: at, squares };
            }
            at += APART;
        }
    }

    /// `Re z` and `N − Re e^{−jψ}y` at α = π/4 + a: sums of `(k² cos a ± m² sin a)/|·|`.
    fn parts(&self, angle: f64) -> Parts {
        let (s, c) = angle.sin_cos();
        let (cc, ss) = (c * c, s * s);
        let square = 2.0 * (FRAC_PI_4 + angle).sin().powi(2);
        let (mut user, mut lack) = (0.0, 0.0);
        for (k, m) in &self.squares {
            let length = (cc * k + ss * m).sqrt().max(f64::MIN_POSITIVE);
            let (along, across) = (c * k, s * m);
            user += (along + across) / length;
            let lit = along - across;
            lack += if lit >= 0.0 {
                square * k * m / (length * (length + lit))
            } else {
                1.0 - lit / length
            };
        }
        Parts { user, lack }
    }

    /// `[h − y₀ cos α]/sin α` from above, for the y₀ that leaves `room`.
    fn bound(&self, angle: f64, parts: &Parts, room: f64) -> f64 {
        let n = self.squares.len() as f64;
        let alpha = FRAC_PI_4 + angle;
        let steep = (alpha.cos() / alpha.sin()).max(0.0);
        // Sums of n terms of one sign, one after the other, are off by at most n ε/2 of their sum, and
        // sums of terms of at most one by n² ε/2; twice that covers the products and roots in them.
        let rounding = f64::EPSILON * (n + 8.0);
        parts.user + (room - parts.lack) * steep + rounding * (n + (room + parts.lack) * steep)
    }

    /// The root of `Re e^{−jψ}y = target`, and the bound that goes with it.
    fn meet(&self, target: f64) -> Met {
        let n = self.squares.len() as f64;
        let room = n - target;
        let end = self.parts(FRAC_PI_4);
        if end.lack <= room {
            return Met { angle: FRAC_PI_4, bound: self.bound(FRAC_PI_4, &end, room) };
        }
        let (mut low, mut high) = (-FRAC_PI_4, FRAC_PI_4);
        let (mut over, mut under) = (room, room - end.lack);
        let near = 1e-15 * n;
        let mut at_low = None;
        // regula falsi with halved ends; every third step halves the bracket for certain
        for step in 0..200 {
            if high - low < 1e-16 || over <= near {
                break;
            }
            let middle = 0.5 * (low + high);
            let guess = low + (high - low) * over / (over - under);
            let inside = guess > low && guess < high && step % 3 != 2;
            let angle = if inside { guess } else { middle };
            if angle <= low || angle >= high {
                break;
            }
            let parts = self.parts(angle);
            let excess = room - parts.lack;
            if excess >= 0.0 {
                (low, over, at_low) = (angle, excess, Some(parts));
                under *= 0.5;
            } else {
                (high, under) = (angle, excess);
                over *= 0.5;
            }
            over = over.max(f64::MIN_POSITIVE);
            if at_low.is_some() && excess.abs() <= near {
                break;
            }
        }
        let parts = at_low.unwrap_or_else(|| self.parts(low));
        let limit = self.bound(low.max(-FRAC_PI_4 + 1e-9), &parts, room);
        // the other end of the bracket is as valid, and tighter where the requirement is tight
        let other = self.bound(high, &self.parts(high), room);
        Met { angle: low, bound: limit.min(other).min(n) }
    }

    /// What |z| does not exceed at any relative phase within `reach` of this one, by the curvature
    /// of the support at α = π/4 + `angle`; no number where an element has no direction.
    fn around(&self, angle: f64, target: f64, reach: f64) -> f64 {
        let n = self.squares.len() as f64;
        let (sin, cos) = angle.sin_cos();
        let (cc, ss) = (cos * cos, sin * sin);
        // s = sin 2α and √(1 − s²)
        let (blend, rest) = ((2.0 * angle).cos(), (2.0 * angle).sin());
        let length = |k: f64| (2.0 * (cc * k + ss * (1.0 - k))).sqrt();
        let bent = |f: f64| 0.25 * (rest * rest / f.powi(3) - f) + 0.5 * (f * f - 1.0);
        let (mut slope, mut curvature, mut along, mut across) = (0.0, 0.0, 0.0, 0.0);
        for (turn, (k, m)) in self.curve.positions().zip(&self.squares) {
            let sine = (turn - self.phase).sin();
            slope += 0.5 * blend * sine / (2.0 * (cc * k + ss * m)).sqrt();
            along += k - m;
            across += sine;
            // |cos θ/2| changes by at most half of what θ does; an ε more covers its rounding
            let (root, change) = (k.sqrt(), 0.5 * reach + f64::EPSILON);
            let near = length((root + change).min(1.0).powi(2));
            let far = length((root - change).max(0.0).powi(2));
            curvature += bent(near).max(bent(far));
        }
        let sway = across.abs() * reach + 0.5 * self.curve.overlap() * reach * reach;
        let curvature = curvature + 0.5 * blend * (sway - along);
        let slope = slope.abs();
        let shift = if curvature < 0.0 { reach.min(slope / -curvature) } else { reach };
        let rise = shift * (slope + 0.5 * shift * curvature);
        // the rise, from above like the rest
        let rise = rise + f64::EPSILON * n * (n + 8.0) * reach * (blend + reach);
        self.bound(angle, &self.parts(angle), n - target) + rise / (FRAC_PI_4 + angle).sin()
    }

    /// The point of the curve where the requirement is met.
    fn point(&self, curve: &Curve, target: f64, met: &Met) -> CurvePoint {
        let mut angle = met.angle;
        let mut point = curve.point(FRAC_PI_4 + angle, self.phase);
        // α is rounded when π/4 is added: a step back where that misses the requirement
        let mut back = 1e-16;
        while point.target < target && back < 1e-9 {
            angle -= back;
            point = curve.point((FRAC_PI_4 + angle).max(0.0), self.phase);
            back *= 2.0;
        }
        if point.target < target * (1.0 - 1e-13) {
            return CurvePoint { user: f64::NEG_INFINITY, ..point };
        }
        point
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surfaces::curve::{Resolution, Staircase};
    use noctule_num::rng::{StreamKey, uniform};
    use std::f64::consts::PI;

    fn effort() -> usize {
        std::env::var("NOCTULE_EFFORT").ok().and_then(|s| s.parse().ok()).unwrap_or(1)
    }

    #[test]
    fn campaign_no_point_of_the_trade_off_is_beyond_the_summit_and_the_bound_closes() {
        let mut rng = StreamKey::new(5, "test", "summit", 0).trial(0);
        let (mut open, mut behind) = (0.0_f64, 0.0_f64);
        for case in 0..40 * effort() {
            let n = 1 + (uniform(&mut rng, 0.0, 1.0).powi(2) * 60.0) as usize;
            let step = match case % 5 {
                0 => uniform(&mut rng, 0.0, 0.1),
                1 => PI / (1.0 + (case % 7) as f64),
                _ => uniform(&mut rng, -PI, PI),
            };
            let curve = Curve::new(n, step);
            let share = match case % 4 {
                0 => uniform(&mut rng, 0.0, 1.0),
                1 => 1.0 - 10_f64.powf(uniform(&mut rng, -9.0, -1.0)),
                _ => uniform(&mut rng, 0.5, 1.0),
            };
            let target = share * n as f64;
            let found = Summit::of(&curve, target);
            assert!(found.point.target >= target * (1.0 - 1e-12), "{n} {step} {target} {found:?}");
            open = open.max(found.bound / found.point.user - 1.0);
            for i in 0..=300 {
                for j in 0..=40 {
                    let blend = FRAC_PI_2 * f64::from(i) / 300.0;
                    let point = curve.point(blend, PI * f64::from(j) / 40.0);
                    if point.target >= target {
                        behind = behind.max(point.user / found.point.user - 1.0);
                        let limit = found.bound * (1.0 + 1e-12);
                        assert!(point.user <= limit, "{n} {step} {target} {point:?} {found:?}");
                    }
                }
            }
        }
        println!("open {open:.1e}, behind {behind:.1e}");
        assert!(behind <= 1e-7, "{behind}");
        assert!(open <= 1e-6, "{open}");
    }

    #[test]
    fn the_bound_agrees_with_the_staircase() {
        for (n, step, share) in [(16, 0.3, 0.8), (33, 1.1, 0.9), (64, 2.0, 0.7), (5, 0.9, 0.63)] {
            let curve = Curve::new(n, step);
            let stairs = Staircase::new(&curve, Resolution::default());
            let target = share * n as f64;
            let found = Summit::of(&curve, target);
            // just beyond the summit the staircase must be below the requirement, just before above
            assert!(stairs.target_at(found.point.user * (1.0 - 1e-9)) >= target);
            assert!(stairs.target_at(found.bound * 1.01) <= target * (1.0 + 1e-3));
        }
    }
}
