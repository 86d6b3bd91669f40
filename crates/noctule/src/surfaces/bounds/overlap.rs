//! What no phases and no covariance exceed where paths overlap: the Lagrangian dual of a deployment, in
//! closed form but for two Hermitian forms over phases.
//!
//! With the Gram matrices U and B of unit responses at user and base station, `|z_k| = Z_k` and the
//! phases φ of z, the rate is `ln det(I + M Q)` with `M = D U D`, `D² = diag(a_k Z_k²)`, and of Q power and
//! light are
//! ```math
//! \mathrm{tr}(\Phi B^{-1}\Phi^HQ)\le P,\qquad e^HQe\ge\Gamma,\qquad e_k=\sqrt{b_k}\,Y_k .
//! ```
//! For prices λ and μ, any `M̃ ⪰ M` and `T = λΦB⁻¹Φᴴ − μeeᴴ ≻ 0`, the tangent of the logarithm gives
//! ```math
//! \lambda P-\mu\Gamma-K-K\ln\lambda+\ln\det B+\ln\det\tilde M
//!   +\lambda\,\mathrm{tr}(\tilde M^{-1}\Phi B^{-1}\Phi^H)-\mu\,e^H\tilde M^{-1}e
//!   -\ln\bigl(1-\tfrac\mu\lambda e^H\Phi B\Phi^He\bigr),
//! ```
//! in which phases appear in two Hermitian forms only ([`super::unit_form`]). Between zero and the most light L
//! that there can be, `−ln(1 − μE/λ)` is below its chord κE, which makes one form of the two. What M̃ adds are
//! the directions that carry no data: with them, at some phases, the formula is the dual value itself.
//!
//! Amplitudes may be as large as they can: for given prices the dual function is the supremum over Q of
//! `ln det(I+HRHᴴ)+μ gᴴRg`, whose first term is the logarithm of a sum of squared moduli of
//! polynomials in z (the minors of `HR^½`) and whose second is a sum of squared moduli, hence
//! plurisubharmonic: on a polydisc it is largest where every `|z_k| = Z_k`.
//!
//! With user and target apart `z_k` and `y_k` have phases of their own; the term of e beside M̃ is then
//! a third form.

use noctule_num::linalg::{Cholesky, Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::cascade::{Cascade, SurfacePath};
use noctule_phy::centred_array::CentredArray;

use super::matrices::{decomposed, hermitian, inverted, lift, rebuilt};
use super::unit_form::{Peak, bounded, peak};
use crate::surfaces::covariance::CovarianceSolver;

/// Eigenvalues of the Gram matrix at the base station are raised to this, of one: two sites in the same
/// direction are told apart by nothing there, and more room is a bound as well.
const LEAST: f64 = 1e-9;
/// Times the prices are found again at the phases at which the bound was largest.
const ROUNDS: usize = 3;
/// What M̃ is above, beside M: T at some phases, which is best there, T without its entries off the
/// diagonal, which is the same for all, and what is between.
const BLENDS: [f64; 3] = [0.0, 0.6, 1.0];
/// A bound this close to a dual value, relative, is that.
const TIGHT: f64 = 1e-10;
/// Gains of a round below this, relative, are not worth another.
const GAIN: f64 = 1e-12;

/// Gram matrices of the paths of a deployment.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Overlap {
    pub(super) user: CMat,
    pub(super) base: CMat,
    /// B⁻¹, B^½ and ln det B.
    inverse: CMat,
    root: CMat,
    pub(super) log_det: f64,
    /// Whether user and target are reached by the same phases.
    tied: bool,
    /// What the diagonal of B is raised by.
    raised: f64,
}

/// What a bound follows from: with the instance these numbers prove it.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Numbers {
    /// λ of power and μ of light.
    pub(in crate::surfaces) power: f64,
    pub(in crate::surfaces) sensing: f64,
    /// M̃.
    pub(in crate::surfaces) lifted: CMat,
    /// Multipliers of the form of all phases (apart: of those towards the user), of that of light, and
    /// apart of that beside μ.
    pub(in crate::surfaces) paths: Vec<f64>,
    pub(in crate::surfaces) light: Vec<f64>,
    pub(in crate::surfaces) between: Vec<f64>,
}

/// A bound in nats and where it comes from.
#[derive(Clone, Debug)]
pub(in crate::surfaces) struct Proven {
    pub(in crate::surfaces) nats: f64,
    /// None where the requirement is out of reach.
    pub(in crate::surfaces) numbers: Option<Numbers>,
    /// Multipliers of the form of light.
    pub(in crate::surfaces) light: Vec<f64>,
}

/// What gains, weights, power and requirement a bound is about.
#[derive(Clone, Copy, Debug)]
pub(in crate::surfaces) struct Corner<'a> {
    /// `a_k Z_k²` and `b_k Y_k²`.
    pub(in crate::surfaces) gains: &'a [f64],
    pub(in crate::surfaces) weights: &'a [f64],
    pub(in crate::surfaces) power: f64,
    pub(in crate::surfaces) required: f64,
}

/// Gram matrix of unit responses.
fn gram(elements: usize, frequency: impl Fn(&SurfacePath) -> f64, cascade: &Cascade) -> CMat {
    let k = cascade.paths.len();
    let array = CentredArray::new(elements);
    CMat::from_fn(k, k, |i, j| {
        let difference = frequency(&cascade.paths[i]) - frequency(&cascade.paths[j]);
        C64::from(if i == j { 1.0 } else { array.pattern(difference) / elements as f64 })
    })
}

impl Overlap {
    /// Of a deployment; none where a decomposition fails.
    pub(in crate::surfaces) fn new(cascade: &Cascade, tied: bool) -> Option<Self> {
        let user = gram(cascade.user_antennas, |path| path.user_arrival, cascade);
        let bare = gram(cascade.transmit_antennas, |path| path.base_departure, cascade);
        let eigen = decomposed(&bare)?;
        let raised = (LEAST - eigen.min()).max(0.0);
        let n = bare.rows();
        let base = CMat::from_fn(n, n, |i, j| {
            bare[(i, j)] + if i == j { C64::from(raised) } else { C64::ZERO }
        });
        let eigen = decomposed(&base)?;
        Some(Self {
            inverse: rebuilt(&eigen, |x| 1.0 / x),
            root: rebuilt(&eigen, f64::sqrt),
            log_det: eigen.values().iter().map(|x| x.ln()).sum(),
            tied,
            raised,
            user,
            base,
        })
    }

    /// What no phases exceed in light per watt.
    pub(in crate::surfaces) fn most_light(&self, weights: &[f64]) -> f64 {
        self.light(weights).bound
    }

    /// The most light per watt, `max e^HΦBΦᴴe`.
    pub(super) fn light(&self, weights: &[f64]) -> Peak {
        let start = vec![C64::ONE; weights.len()];
        peak(&self.light_form(weights), &start)
    }

    pub(super) fn light_form(&self, weights: &[f64]) -> CMat {
        let n = weights.len();
        CMat::from_fn(n, n, |i, j| self.base[(i, j)] * (weights[i] * weights[j]).sqrt())
    }

    fn channel_form(&self, gains: &[f64]) -> CMat {
        let n = gains.len();
        CMat::from_fn(n, n, |i, j| self.user[(i, j)] * (gains[i] * gains[j]).sqrt())
    }

    /// A bound by the prices that are best where the light is, of which one look is enough.
    pub(super) fn quick_bound(&self, corner: Corner<'_>) -> Option<Proven> {
        self.rounds(corner, 1)
    }

    /// What no phases and covariance exceed; zero where the requirement is out of reach.
    pub(in crate::surfaces) fn bound(&self, corner: Corner<'_>) -> Option<Proven> {
        self.rounds(corner, ROUNDS)
    }

    fn rounds(&self, corner: Corner<'_>, rounds: usize) -> Option<Proven> {
        let light = self.light(corner.weights);
        if corner.required > corner.power * light.bound {
            return Some(Proven { nats: 0.0, numbers: None, light: light.multipliers });
        }
        let mut best: Option<Proven> = None;
        let mut phases = light.phases.clone();
        for _ in 0..rounds {
            let Some((found, next)) = self.at(corner, &light, &phases) else { break };
            let before = best.as_ref().map_or(f64::INFINITY, |best| best.nats);
            if found.nats < before {
                best = Some(found);
            }
            let now = best.as_ref().map_or(f64::INFINITY, |best| best.nats);
            if before - now <= GAIN * now {
                break;
            }
            phases = next;
        }
        best
    }

    /// The bound by prices that are best at some phases of z, and the phases at which the form beside
    /// λ is largest.
    fn at(&self, corner: Corner<'_>, light: &Peak, phases: &[C64]) -> Option<(Proven, Vec<C64>)> {
        let (power, sensing, dual) = self.prices(corner, light, phases)?;
        let mut best: Option<(Proven, Vec<C64>)> = None;
        for blend in BLENDS {
            let found = self.blended(corner, light, phases, (power, sensing), blend);
            let Some(found) = found else { continue };
            if best.as_ref().is_none_or(|best| found.0.nats < best.0.nats) {
                best = Some(found);
            }
            // no bound is below what is reached at these phases
            if best.as_ref().is_some_and(|best| best.0.nats <= dual * (1.0 + TIGHT)) {
                break;
            }
        }
        best
    }

    /// The bound with an M̃ for these phases, for all of them, or for something between.
    fn blended(
        &self,
        corner: Corner<'_>,
        light: &Peak,
        phases: &[C64],
        (power, sensing): (f64, f64),
        blend: f64,
    ) -> Option<(Proven, Vec<C64>)> {
        let Corner { gains, weights, .. } = corner;
        let n = gains.len();
        let channel = self.channel_form(gains);
        let priced = CMat::from_fn(n, n, |k, l| {
            let path = phases[k] * self.inverse[(k, l)] * phases[l].conj() * power;
            let entry = path - C64::from(sensing * (weights[k] * weights[l]).sqrt());
            if k == l { entry } else { entry * (1.0 - blend) }
        });
        let lifted = lift(&channel, &priced)?;
        let inverse = inverted(&lifted)?;
        let chord = chord(power, sensing, light.bound)?;
        let paths = peak(&self.phases_form(&inverse, weights, power, chord), phases);
        let between = if self.tied || sensing <= 0.0 {
            Vec::new()
        } else {
            peak(&between_form(&inverse, weights), &vec![C64::ONE; n]).multipliers
        };
        let numbers = Numbers {
            power,
            sensing,
            lifted,
            paths: paths.multipliers,
            light: light.multipliers.clone(),
            between,
        };
        let nats = self.value(corner, &numbers)?;
        let light = light.multipliers.clone();
        let proven = Proven { nats, numbers: Some(numbers), light };
        Some((proven, paths.phases))
    }

    /// `λ M̃⁻¹∘B⁻¹`, and with user and target in one place the light at the price of the chord.
    fn phases_form(&self, inverse: &CMat, weights: &[f64], power: f64, chord: f64) -> CMat {
        let n = inverse.rows();
        let paths = self.paths_form(inverse);
        let light = self.light_form(weights);
        let chord = if self.tied { chord } else { 0.0 };
        CMat::from_fn(n, n, |i, j| paths[(i, j)] * power + light[(i, j)] * chord)
    }

    pub(super) fn paths_form(&self, inverse: &CMat) -> CMat {
        let n = inverse.rows();
        CMat::from_fn(n, n, |i, j| inverse[(i, j)] * self.inverse[(j, i)])
    }

    /// The prices λ and μ of the optimal covariance for given phases, and its rate.
    fn prices(&self, corner: Corner<'_>, light: &Peak, phases: &[C64]) -> Option<(f64, f64, f64)> {
        let Corner { gains, weights, power, required } = corner;
        let n = gains.len();
        let channel = self.channel_form(gains);
        let turned = CMat::from_fn(n, n, |i, j| phases[i].conj() * channel[(i, j)] * phases[j]);
        let left = product(&self.root, Op::Plain, &turned, Op::Plain);
        let eigen = decomposed(&hermitian(&product(&left, Op::Plain, &self.root, Op::Plain)))?;
        let values: Vec<f64> = eigen.values().iter().map(|d| d.max(0.0)).collect();
        let lit: Vec<C64> = (0..n).map(|k| phases[k].conj() * weights[k].sqrt()).collect();
        let lit = CMat::from_columns(n, 1, lit).ok()?;
        let seen = product(&self.root, Op::Plain, &lit, Op::Plain);
        let overlap = product(eigen.vectors(), Op::Adjoint, &seen, Op::Plain);
        let energy = seen.norm_sqr();
        let overlaps: Vec<f64> = (0..n)
            .map(|i| values[i] * overlap[(i, 0)].norm_sqr() / energy.max(f64::MIN_POSITIVE))
            .collect();
        // the most light of all phases counts: prices at the edge of its reach have no limit
        let share = if required > 0.0 { required / (power * energy).max(required) } else { 0.0 };
        let mut solver = CovarianceSolver::new();
        let dual = solver.solve(&values, &overlaps, power, share);
        let level = solver.level(&dual, power, share);
        if !(level > 0.0 && level.is_finite()) {
            return None;
        }
        let sensing = if energy > 0.0 { dual.ratio / (level * energy) } else { 0.0 };
        // T must stay positive for all phases
        let most = (1.0 - 1e-12) / (level * light.bound.max(f64::MIN_POSITIVE));
        Some((1.0 / level, sensing.min(most), dual.rate_nats))
    }

    /// What the diagonal of B is raised by.
    pub(in crate::surfaces) const fn raised(&self) -> f64 {
        self.raised
    }

    /// The bound that follows from numbers of a document, whatever they are; none where nothing follows.
    pub(in crate::surfaces) fn again(&self, corner: Corner<'_>, numbers: &Numbers) -> Option<f64> {
        if numbers.power <= 0.0 {
            let light = bounded(&self.light_form(corner.weights), &numbers.light);
            return (corner.required > corner.power * light).then_some(0.0);
        }
        let priced = numbers.sensing < 0.0 || numbers.sensing > 0.0 && corner.required <= 0.0;
        // M̃ ⪰ M is for the document to show: what is missing is added
        let channel = self.channel_form(corner.gains);
        let lifted = hermitian(&numbers.lifted);
        let n = lifted.rows();
        let left = CMat::from_fn(n, n, |i, j| channel[(i, j)] - lifted[(i, j)]);
        let missing = decomposed(&left)?.max().max(0.0);
        let lifted = CMat::from_fn(n, n, |i, j| {
            lifted[(i, j)] + if i == j { C64::from(missing) } else { C64::ZERO }
        });
        self.value(corner, &Numbers { lifted, ..numbers.clone() }).filter(|_| !priced)
    }

    /// The bound that follows from some numbers, with `M̃ ⪰ M`; none where nothing follows.
    pub(in crate::surfaces) fn value(&self, corner: Corner<'_>, numbers: &Numbers) -> Option<f64> {
        let Corner { weights, power, required, .. } = corner;
        let n = weights.len() as f64;
        let (lambda, mu) = (numbers.power, numbers.sensing);
        let mut factor = Cholesky::new(weights.len());
        factor.factor(&numbers.lifted, "what carries data").ok()?;
        let inverse = inverted(&numbers.lifted)?;
        let light = bounded(&self.light_form(weights), &numbers.light);
        let chord = chord(lambda, mu, light)?;
        let phases = self.phases_form(&inverse, weights, lambda, chord);
        let phases = bounded(&phases, &numbers.paths);
        let beside = if mu <= 0.0 {
            0.0
        } else if self.tied {
            -together(&inverse, weights)
        } else {
            bounded(&between_form(&inverse, weights), &numbers.between)
        };
        let apart = if self.tied { 0.0 } else { chord * light };
        let value = lambda * power - mu * required - n - n * lambda.ln()
            + self.log_det
            + factor.log_det()
            + phases
            + mu * beside
            + apart;
        value.is_finite().then_some(value)
    }
}

/// κ with `−ln(1 − μE/λ) ≤ κE` for E from zero to the most light there can be; none where there may be
/// no room.
fn chord(power: f64, sensing: f64, light: f64) -> Option<f64> {
    let used = sensing / power * light;
    if used.is_nan() || used >= 1.0 {
        return None;
    }
    Some(if light > 0.0 { -(-used).ln_1p() / light } else { 0.0 })
}

/// `e^H M̃⁻¹ e`.
fn together(inverse: &CMat, weights: &[f64]) -> f64 {
    let n = weights.len();
    let entry = |i: usize, j: usize| inverse[(i, j)].re * (weights[i] * weights[j]).sqrt();
    (0..n).map(|i| (0..n).map(|j| entry(i, j)).sum::<f64>()).sum()
}

/// `−e_k e_l (M̃⁻¹)_kl`, whose phases are free with user and target apart.
fn between_form(inverse: &CMat, weights: &[f64]) -> CMat {
    let n = weights.len();
    CMat::from_fn(n, n, |i, j| inverse[(i, j)] * -(weights[i] * weights[j]).sqrt())
}
