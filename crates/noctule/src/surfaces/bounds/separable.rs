//! A Lagrangian bound of a box of cells that separates over surfaces.
//!
//! In the formula of [`super::overlap`] let `M̃ = D̃ŨD̃` with `d̃_k = D̃_k² ≥ a_kX_k` (amplitudes may be larger
//! than they are) and `Ũ ⪰ U`. With diagonal matrices p, t, s such that for all phases
//! `Ũ⁻¹∘B⁻¹ ⪯ p`, `B ⪯ t` and `Ũ⁻¹ ⪰ s`, no design in the box exceeds
//! ```math
//! \lambda P-\mu\Gamma-K-K\ln\lambda+\ln\det B\tilde U-\ln\bigl(1-\tfrac\mu\lambda W\bigr)
//!   +\sum_k\Bigl[\ln\tilde d_k+\frac{\lambda p_k-\mu s_kw_k}{\tilde d_k}\Bigr],\qquad W=\sum_kt_kw_k,
//! ```
//! where the convex `−ln(1 − μW/λ)` is below its chord over the box, and `d̃_k` is best at
//! `max(a_kX_k, λp_k − μs_kw_k)`. Orthogonal paths have `p = t = s = 1`.
//!
//! A term is monotone in X and concave in w, so that a range of cells is bounded by its ends, and the best
//! cell is found by descending a tree that needs no tables.

use noctule_num::{C64, CMat};

use super::matrices::{decomposed, rebuilt};
use super::overlap::Overlap;
use super::unit_form::{excess, peak};

/// Ranges of cells, first and last of every surface.
pub(in crate::surfaces) type Ranges = Vec<(usize, usize)>;

/// One surface and the cells of its staircase.
pub(super) struct Surface {
    pub(super) gain: f64,
    pub(super) weight: f64,
    pub(super) user: Vec<f64>,
    pub(super) target: Vec<f64>,
}

/// A box of cells.
#[derive(Clone, Copy)]
pub(super) struct Boxed<'a> {
    pub(super) surfaces: &'a [Surface],
    pub(super) cells: &'a [(usize, usize)],
}

/// Prices of the bound.
#[derive(Clone, Copy, Debug)]
pub(in crate::surfaces) struct Prices {
    /// λ, of the power.
    pub(in crate::surfaces) power: f64,
    /// r = μW/λ with the largest W of the box, from 0 to 1.
    pub(in crate::surfaces) ratio: f64,
}

impl Prices {
    /// Where nothing is known.
    pub(super) const START: Self = Self { power: 1.0, ratio: 0.5 };
}

/// Steps of the search for prices at most, how they shrink, and the last: in logarithms, where a
/// percent of a price no longer matters.
const PRICE_STEPS: usize = 60;
const FIRST_STEP: f64 = 0.5;
const SHRINK: f64 = 0.4;
const LAST_STEP: f64 = 5e-3;
/// What the Gram matrix of the user is raised by where its smallest eigenvalue is below it.
const LEAST: f64 = 1e-3;

/// The diagonal matrices, and ln det BŨ.
#[derive(Clone, Debug)]
pub(super) struct Separable {
    path: Vec<f64>,
    light: Vec<f64>,
    between: Vec<f64>,
    log_det: f64,
}

/// One evaluation.
struct At {
    lambda: f64,
    mu: f64,
    slope: f64,
}

impl Separable {
    /// Of orthogonal paths.
    pub(super) fn orthogonal(surfaces: usize) -> Self {
        let ones = vec![1.0; surfaces];
        Self { path: ones.clone(), light: ones.clone(), between: ones, log_det: 0.0 }
    }

    /// Of paths that overlap: diagonal matrices that are best where surfaces are aligned.
    pub(super) fn overlapping(overlap: &Overlap, gains: &[f64], weights: &[f64]) -> Self {
        let (path, log_det) = overlap.path_majorant(gains, LEAST);
        let light = overlap.light_majorant(weights);
        let between = vec![overlap.between_minorant(LEAST); gains.len()];
        Self { path, light, between, log_det }
    }

    /// The most light of some weights.
    pub(super) fn light(&self, weights: &[f64]) -> f64 {
        self.light.iter().zip(weights).map(|(t, w)| t * w).sum()
    }

    /// The smallest bound that a coordinate search over the two prices finds, until it is `enough`:
    /// any prices are valid. With the prices, and how many were tried.
    pub(super) fn lowest(
        &self,
        boxed: Boxed<'_>,
        limits: (f64, f64),
        start: Prices,
        enough: f64,
    ) -> (f64, Prices, u64) {
        // λ by its logarithm, r in (0, 1) by its logit
        let prices = |l: f64, r: f64| Prices { power: l.exp(), ratio: 1.0 / (1.0 + (-r).exp()) };
        let mut l = start.power.ln();
        let ratio = start.ratio.clamp(1e-9, 1.0 - 1e-9);
        let mut r = (ratio / (1.0 - ratio)).ln();
        let mut best = self.value(boxed, limits, prices(l, r));
        let (mut step, mut tried) = (FIRST_STEP, 1);
        for _ in 0..PRICE_STEPS {
            let mut moved = false;
            for (dl, dr) in [(step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)] {
                let found = self.value(boxed, limits, prices(l + dl, r + dr));
                tried += 1;
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
        (best, prices(l, r), tried)
    }

    /// The bound at some prices.
    pub(super) fn value(
        &self,
        boxed: Boxed<'_>,
        (power, required): (f64, f64),
        prices: Prices,
    ) -> f64 {
        let lit = |end: fn((usize, usize)) -> usize| -> f64 {
            let each = boxed.surfaces.iter().zip(boxed.cells).zip(&self.light);
            each.map(|((s, &range), t)| t * s.weight * s.target[end(range)]).sum()
        };
        let (low, high) = (lit(|r| r.1), lit(|r| r.0));
        let lambda = prices.power;
        let mu = prices.ratio * lambda / high.max(f64::MIN_POSITIVE);
        // −ln(1 − μW/λ) is convex in W: between the ends of the box its chord is above it
        let at = |w: f64| -(-mu * w / lambda).ln_1p();
        let slope = if high - low > 1e-12 * high {
            (at(high) - at(low)) / (high - low)
        } else {
            mu / (lambda - mu * high)
        };
        let count = boxed.surfaces.len() as f64;
        let mut value =
            lambda * power - mu * required - count * (1.0 + lambda.ln()) + self.log_det + at(high)
                - slope * high;
        let at = At { lambda, mu, slope };
        for (k, (surface, &(low, high))) in boxed.surfaces.iter().zip(boxed.cells).enumerate() {
            let term = Term { surface, of: self, k, at: &at };
            let mut best = term.cell(low);
            term.descend(low, high, &mut best);
            value += best;
        }
        value
    }
}

/// What one surface contributes.
struct Term<'a> {
    surface: &'a Surface,
    of: &'a Separable,
    k: usize,
    at: &'a At,
}

impl Term<'_> {
    fn value(&self, d: f64, w: f64) -> f64 {
        let At { lambda, mu, slope } = *self.at;
        let lift = lambda * self.of.path[self.k] - mu * self.of.between[self.k] * w;
        let lifted = d.max(lift).max(f64::MIN_POSITIVE);
        lifted.ln() + lift / lifted + slope * self.of.light[self.k] * w
    }

    fn cell(&self, cell: usize) -> f64 {
        let s = self.surface;
        self.value(s.gain * s.user[cell], s.weight * s.target[cell])
    }

    /// No cell of a range exceeds this: the largest X, and the w that is best between the ends.
    fn range(&self, low: usize, high: usize) -> f64 {
        let s = self.surface;
        let At { lambda, mu, slope } = *self.at;
        let d = s.gain * s.user[high];
        let (least, most) = (s.weight * s.target[high], s.weight * s.target[low]);
        let falls = mu * self.of.between[self.k];
        let rises = slope * self.of.light[self.k];
        if rises * d >= falls {
            return self.value(d, most);
        }
        // concave in w, with derivative `rises − falls/max(d, λp − falls·w)`
        let best = (lambda * self.of.path[self.k] - falls / rises.max(f64::MIN_POSITIVE)) / falls;
        self.value(d, best.clamp(least, most))
    }

    fn descend(&self, low: usize, high: usize, best: &mut f64) {
        if low == high {
            *best = best.max(self.cell(low));
            return;
        }
        let middle = usize::midpoint(low, high);
        let (left, right) = (self.range(low, middle), self.range(middle + 1, high));
        let halves = [(left, low, middle), (right, middle + 1, high)];
        for index in if left >= right { [0, 1] } else { [1, 0] } {
            let (value, low, high) = halves[index];
            if value > *best {
                self.descend(low, high, best);
            }
        }
    }
}

impl Overlap {
    /// Diagonal p with `Ũ⁻¹∘B⁻¹ ⪯ p`, best at some gains, and ln det BŨ, where Ũ is U with
    /// eigenvalues of at least `least`.
    fn path_majorant(&self, gains: &[f64], least: f64) -> (Vec<f64>, f64) {
        let n = gains.len();
        let Some(eigen) = decomposed(&self.user) else { return (vec![f64::MAX; n], 0.0) };
        let added = (least - eigen.min()).max(0.0);
        let inverse = rebuilt(&eigen, |x| 1.0 / (x + added));
        let log_det: f64 = eigen.values().iter().map(|x| (x + added).ln()).sum();
        let bare = self.paths_form(&inverse);
        let scaled = CMat::from_fn(n, n, |i, j| bare[(i, j)] / (gains[i] * gains[j]).sqrt());
        let found = peak(&scaled, &vec![C64::ONE; n]);
        let excess = excess(&scaled, &found.multipliers);
        let path =
            (0..n).map(|k| bare[(k, k)].re + (found.multipliers[k] + excess) * gains[k]).collect();
        (path, log_det + self.log_det)
    }

    /// Diagonal t with `B ⪯ t`, best at some weights.
    fn light_majorant(&self, weights: &[f64]) -> Vec<f64> {
        let form = self.light_form(weights);
        let found = self.light(weights);
        let excess = excess(&form, &found.multipliers);
        let each = found.multipliers.iter().zip(weights).enumerate();
        each.map(|(k, (y, w))| self.base[(k, k)].re + (y + excess) / w.max(f64::MIN_POSITIVE))
            .collect()
    }

    /// The smallest eigenvalue of Ũ⁻¹.
    fn between_minorant(&self, least: f64) -> f64 {
        decomposed(&self.user).map_or(0.0, |eigen| {
            let added = (least - eigen.min()).max(0.0);
            (1.0 - 1e-12) / (eigen.max() + added)
        })
    }
}
