//! The relaxation of a box, solved as far as it matters, and what its solution proves.

use noctule_num::C64;
use noctule_num::linalg::{HermitianEigen, real_dot};
use noctule_optim::{Objective, Stop, StopRule, StopRules, Trace};

use super::region::Region;
use super::search::Search;
use crate::Error;
use crate::beamforming::rate_term::RateTerm;

/// The stationarity asked for in successive rounds of a node, with a look at the bound in between.
const ROUNDS: [f64; 6] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
/// Evaluations in one round of a node.
const ROUND_EVALUATIONS: u64 = 150;
/// A relaxation is solved well enough at this share of the gap that is to be closed, or of what
/// the box is certain to stay open by.
const INNER_SHARE: f64 = 0.1;
/// Rounds of descent alone, before power is moved by hand.
const UNSTIRRED: usize = 2;
/// Share of the power moved into the Frank–Wolfe direction where descent alone leaves a gap: a
/// beam of zero is stationary, and only that direction reveals it.
const STIR: f64 = 1e-2;
/// Share of an interval that a step of the golden section keeps, and the steps for a plane.
const GOLDEN: f64 = 0.618_033_988_749_894_8;
const EDGE_STEPS: usize = 14;
/// Steps to the root of a secular equation; Newton's method needs five or so.
const SECULAR_STEPS: usize = 60;

impl Search<'_> {
    /// Minimise the relaxation of a box until it is of no more interest or its gap is small;
    /// returns a lower bound.
    pub(super) fn relax(&mut self, region: &mut Region, cutoff: f64) -> Result<f64, Error> {
        let chords = (0..self.users).map(|k| region.chord(k)).collect();
        self.relaxed.set_rate(RateTerm::Chords(chords));
        let mut bound = f64::NEG_INFINITY;
        for (round, tolerance) in ROUNDS.into_iter().enumerate() {
            self.solve.manifold().normalise(&mut region.point);
            let rules = StopRules::from(StopRule::Residual(tolerance))
                | StopRule::Progress { tolerance: 1e-14, window: 30 }
                | StopRule::Evaluations(ROUND_EVALUATIONS);
            let run = self.solve.minimise(
                &mut self.relaxed,
                &mut region.point,
                &rules,
                self.interrupt,
                &mut Trace::off(),
            );
            self.work += run.work;
            if !run.value.is_finite() {
                break;
            }
            let (lower, worst) = self.certificate(&region.point)?;
            if lower > bound {
                bound = lower;
                self.note(region, lower);
            }
            // A relaxation whose value is below the cutoff cannot be put aside however well it is solved.
            let open = if cutoff.is_finite() { cutoff - run.value } else { 0.0 };
            let gap = run.value - lower;
            let fine = INNER_SHARE * self.closed.max(open);
            if bound >= cutoff || gap <= fine || self.interrupt.is_raised() {
                break;
            }
            if run.stop != Stop::Converged && self.hold_edges(region, &mut bound)? {
                continue;
            }
            if round >= UNSTIRRED {
                self.stir(&mut region.point, worst);
            } else {
                self.solve.remember();
            }
        }
        region.levels = (0..self.users).map(|k| self.relaxed.level(k)).collect();
        Ok(bound)
    }

    /// A user whose beam is off, and who receives all that its box allows, is where the envelope has an edge:
    /// descent stalls, and none of the planes beside the edge proves much. Find the plane that proves most, and
    /// let it stand for the envelope.
    fn hold_edges(&mut self, region: &mut Region, bound: &mut f64) -> Result<bool, Error> {
        let mut held = false;
        for user in (0..self.users).filter(|k| self.relaxed.is_edge(*k)).collect::<Vec<_>>() {
            let (mut low, mut high) = (0.0, 1.0);
            let mut best = (f64::NEG_INFINITY, 0.0);
            let mut proven = |search: &mut Self, share: f64| -> Result<f64, Error> {
                search.relaxed.hold(user, share);
                let (lower, _) = search.certificate(&region.point)?;
                if lower > best.0 {
                    best = (lower, share);
                }
                if lower > *bound {
                    *bound = lower;
                    search.note(region, lower);
                }
                Ok(lower)
            };
            let mut inner = (1.0 - GOLDEN, GOLDEN);
            let mut values = (proven(self, inner.0)?, proven(self, inner.1)?);
            for _ in 0..EDGE_STEPS {
                if values.0 >= values.1 {
                    high = inner.1;
                    inner = (high - GOLDEN * (high - low), inner.0);
                    values = (proven(self, inner.0)?, values.0);
                } else {
                    low = inner.0;
                    inner = (inner.1, low + GOLDEN * (high - low));
                    values = (values.1, proven(self, inner.1)?);
                }
            }
            self.relaxed.hold(user, best.1);
            held = true;
        }
        Ok(held)
    }

    /// A lower bound of the relaxation from its linearisation at `point`, with the block of its
    /// most negative direction (`users` stands for sensing), whose eigenvalue is kept.
    fn certificate(&mut self, point: &[C64]) -> Result<(f64, usize), Error> {
        let value = self.relaxed.eval(point, &mut self.gradient);
        self.work.evaluations += 1;
        if !value.is_finite() {
            return Ok((f64::NEG_INFINITY, self.users));
        }
        // G = −∇/2 of what is minimised; G_k adds the user's own stream back, as it is no
        // interference to itself: an update of rank one.
        let shared = self.relaxed.curvature();
        let tangent = self.relaxed.chord_tangent();
        self.eigen.compute(&shared)?;
        self.work.factorisations += 1;
        let mut steepest = (self.eigen.max(), self.users);
        for user in 0..self.users {
            let weight = self.relaxed.own_weight(user);
            let largest = updated(&self.eigen, self.relaxed.space().col(user), weight);
            if largest > steepest.0 || user == 0 {
                steepest = (largest, user);
            }
        }
        self.margin = tangent.margin;
        self.steepest = steepest.0;
        Ok((-(tangent.constant + steepest.0.max(0.0) + tangent.margin), steepest.1))
    }

    /// Move a little power into the direction that the linearisation asks for.
    fn stir(&mut self, point: &mut [C64], block: usize) {
        let rank = self.relaxed.rank();
        let vectors = self.eigen.vectors();
        let mut direction = vectors.col(rank - 1).to_vec();
        if block < self.users {
            // (x − G₀)⁻¹ h is the eigenvector of G₀ + ρ h hᴴ to its eigenvalue x.
            direction.fill(C64::ZERO);
            let channel = self.relaxed.space().col(block).to_vec();
            let size = self.steepest.abs() * f64::EPSILON + f64::MIN_POSITIVE;
            for (i, value) in self.eigen.values().iter().enumerate() {
                let u = vectors.col(i);
                let along: C64 = u.iter().zip(&channel).map(|(u, h)| u.conj() * h).sum();
                let factor = along / (self.steepest - value).max(size);
                direction.iter_mut().zip(u).for_each(|(d, u)| *d += u * factor);
            }
        }
        let norm = real_dot(&direction, &direction).sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return;
        }
        let column = if block < self.users { block } else { self.users };
        let beam = &mut point[column * rank..(column + 1) * rank];
        // in phase with the beam, so that the two do not cancel
        let overlap: C64 = direction.iter().zip(&*beam).map(|(d, w)| d.conj() * w).sum();
        let phase = if overlap.norm() > 0.0 { overlap / overlap.norm() } else { C64::ONE };
        for (w, d) in beam.iter_mut().zip(&direction) {
            *w += d * phase * (STIR.sqrt() / norm);
        }
    }
}

/// No less than the largest eigenvalue of `G + weight · h hᴴ`, `weight ≥ 0`, and to rounding that, from the
/// decomposition of `G`: the root of `weight Σ |uᵢᴴh|²/(x − dᵢ) = 1` above all `dᵢ`. The reciprocal of the left side is
/// concave in `x`, so that Newton's method climbs to the root from what any of its terms alone gives. Beside a pole of
/// next to no weight, an eigenvector that hardly meets `h`, its steps are as small as that weight: whether the root is behind
/// is looked at, and where it is not, it is enclosed.
fn updated(eigen: &HermitianEigen, h: &[C64], weight: f64) -> f64 {
    let terms: Vec<(f64, f64)> = eigen
        .values()
        .iter()
        .enumerate()
        .map(|(i, value)| {
            let along: C64 = eigen.vectors().col(i).iter().zip(h).map(|(u, h)| u.conj() * h).sum();
            (*value, weight * along.norm_sqr())
        })
        .collect();
    let mut x = terms.iter().map(|(value, own)| value + own).fold(eigen.max(), f64::max);
    let size: f64 = terms.iter().map(|(value, own)| value.abs().max(*own)).fold(0.0, f64::max);
    for _ in 0..SECULAR_STEPS {
        let (mut sum, mut slope) = (0.0, 0.0);
        for (value, own) in &terms {
            let distance = (x - value).max(f64::EPSILON * size);
            if *own > 0.0 && distance > 0.0 {
                sum += own / distance;
                slope += own / (distance * distance);
            }
        }
        // 1/Σ − 1 = 0: a step of (Σ − 1)Σ/Σ'.
        let step = (sum - 1.0) * sum / slope;
        if step.is_nan() || step <= 2.0 * f64::EPSILON * size {
            break;
        }
        x += step;
    }
    x += 8.0 * f64::EPSILON * size;
    let beyond = |x: f64| {
        let left = |(value, own): &(f64, f64)| if *own > 0.0 { own / (x - value) } else { 0.0 };
        terms.iter().map(left).sum::<f64>() <= 1.0
    };
    if beyond(x) {
        return x;
    }
    // a sum of matrices has no eigenvalue above the sum of their largest ones
    let all: f64 = terms.iter().map(|(_, own)| own).sum();
    let (mut low, mut high) = (x, x.max(eigen.max() + all) + 8.0 * f64::EPSILON * size);
    while high - low > 8.0 * f64::EPSILON * size {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beyond(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use noctule_num::CMat;
    use noctule_num::linalg::{Op, product};
    use noctule_num::rng::{StreamKey, complex_normal};

    use super::*;

    #[test]
    fn an_update_of_rank_one_has_the_eigenvalue_of_the_whole() {
        for (case, weight) in [0.0, 1e-9, 0.3, 5.0, 1e6].into_iter().enumerate() {
            let mut rng = StreamKey::new(5, "test", "secular", case as u64).trial(0);
            let root = CMat::from_fn(7, 4, |_, _| complex_normal(&mut rng, 1.0));
            let mut whole = product(&root, Op::Plain, &root, Op::Adjoint);
            whole.scale(if case % 2 == 0 { 1.0 } else { -1.0 });
            let mut eigen = HermitianEigen::new(7);
            eigen.compute(&whole).unwrap();
            for h in [vec![C64::ZERO; 7], (0..7).map(|_| complex_normal(&mut rng, 1.0)).collect()] {
                let found = updated(&eigen, &h, weight);
                let mut sum = whole.clone();
                for j in 0..7 {
                    for i in 0..7 {
                        sum[(i, j)] += h[i] * h[j].conj() * weight;
                    }
                }
                let mut dense = HermitianEigen::new(7);
                dense.compute(&sum).unwrap();
                let size = 1.0 + dense.max().abs().max(eigen.max().abs()) + whole.norm();
                assert!((found - dense.max()).abs() <= 1e-13 * size, "{case}: {found}");
            }
        }
    }

    /// The eigenvector of the largest eigenvalue hardly meets the channel, or not at all, while others do: once a step
    /// from beside that pole was taken for the end, and the eigenvalue for less than it is.
    #[test]
    fn poles_of_next_to_no_weight_do_not_end_the_climb() {
        let weights = [0.0, 3e-17, 6e-17, 1e-16, 1.8e-16, 3.2e-16, 5.6e-16, 1e-15, 1e-4, 1.0];
        let pairs = [(0.9, 1.1), (1.5, 0.4), (0.01, 0.02), (0.6, 1.0), (0.9, 0.3), (0.6, 10.0)];
        for (top, far) in weights.into_iter().flat_map(|w| [(w, -2.0), (w, -20.0)]) {
            for (one, other) in pairs {
                let diagonal = [far, -1.0, 0.0];
                let g =
                    CMat::from_fn(3, 3, |i, j| C64::from(if i == j { diagonal[i] } else { 0.0 }));
                let mut eigen = HermitianEigen::new(3);
                eigen.compute(&g).unwrap();
                let h: Vec<C64> =
                    [other, one, top].iter().map(|x: &f64| C64::from(x.sqrt())).collect();
                let found = updated(&eigen, &h, 1.0);
                let whole = CMat::from_fn(3, 3, |i, j| g[(i, j)] + h[i] * h[j].conj());
                let mut dense = HermitianEigen::new(3);
                dense.compute(&whole).unwrap();
                let off = found - dense.max();
                let size = 20.0 + dense.max().abs();
                assert!(off > -1e-15 * size && off < 1e-14 * size, "{top} {one} {other}: {off:e}");
            }
        }
    }
}
