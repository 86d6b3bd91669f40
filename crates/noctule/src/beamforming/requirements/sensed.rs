//! What beams do for sensing: values of metrics, their derivatives and minorants.

use std::cell::OnceCell;

use noctule_num::linalg::{HermitianEigen, Op, mul, product};
use noctule_num::{C64, CMat};
use noctule_phy::fisher::FisherInverse;

use super::link::add_outer;
use super::matrices::{
    diagonal, inner, inverted, log_det, pattern_errors, quadratic, real_inverse, regular_inverse,
    root_of, sandwich, weighted_square,
};
use super::metric::{Metric, Part};
use super::minorant::Pull;
use super::world::Space;

/// What beams do for sensing: the inverse Fisher matrices, and R where it is needed.
#[derive(Debug)]
pub(super) struct Sensed {
    /// TᴴW.
    seen: CMat,
    /// TᴴRT.
    z: CMat,
    /// F of every scene.
    fishers: Vec<Vec<f64>>,
    /// F⁻¹ of every scene, and whether it has one.
    inverses: Vec<(Vec<f64>, bool)>,
    inverters: Vec<FisherInverse>,
    /// R, and its inverse where it has one, once that is asked for.
    covariance: Option<(CMat, OnceCell<Option<CMat>>)>,
}

impl Sensed {
    /// What W does; R and its inverse too where `all`.
    pub(super) fn of(space: &Space, w: &CMat, all: bool) -> Self {
        let mut out = Self::blank(space, w.cols());
        let both = product(&space.n, Op::Adjoint, w, Op::Plain);
        out.look(space, &both, w, all);
        out
    }

    /// Room for so many streams.
    pub(super) fn blank(space: &Space, streams: usize) -> Self {
        let t = space.t.cols();
        let square = |map: &super::fisher::FisherMap| vec![0.0; map.len() * map.len()];
        Self {
            seen: CMat::zeros(t, streams),
            z: CMat::zeros(t, t),
            fishers: space.maps.iter().map(square).collect(),
            inverses: space.maps.iter().map(|map| (square(map), false)).collect(),
            inverters: space.maps.iter().map(|map| FisherInverse::new(map.len())).collect(),
            covariance: None,
        }
    }

    /// What other beams do, from `[H, T]ᴴW`.
    pub(super) fn look(&mut self, space: &Space, both: &CMat, w: &CMat, all: bool) {
        let users = space.users();
        for stream in 0..w.cols() {
            self.seen.col_mut(stream).copy_from_slice(&both.col(stream)[users..]);
        }
        mul(&mut self.z, false, 1.0, &self.seen, Op::Plain, &self.seen, Op::Adjoint);
        self.know(space, all.then(|| product(w, Op::Plain, w, Op::Adjoint)));
    }

    /// What a covariance R does.
    pub(super) fn of_covariance(space: &Space, r: &CMat, all: bool) -> Self {
        let mut out = Self::blank(space, 0);
        let half = product(&space.t, Op::Adjoint, r, Op::Plain);
        out.z = product(&half, Op::Plain, &space.t, Op::Plain);
        out.know(space, all.then(|| r.clone()));
        out
    }

    /// What is known where only the inverses of Fisher matrices are, each with whether it is one.
    pub(super) fn of_inverses(space: &Space, inverses: Vec<(Vec<f64>, bool)>) -> Self {
        Self { inverses, ..Self::blank(space, 0) }
    }

    /// The inverses of all scenes, one after the other.
    pub(super) fn inverses(&self) -> Vec<f64> {
        self.inverses.iter().flat_map(|(inverse, _)| inverse).copied().collect()
    }

    /// Fisher matrices and their inverses from Z.
    fn know(&mut self, space: &Space, covariance: Option<CMat>) {
        for (i, map) in space.maps.iter().enumerate() {
            map.fisher(&self.z, &mut self.fishers[i]);
            let (inverse, regular) = &mut self.inverses[i];
            *regular = self.inverters[i].invert(&self.fishers[i], inverse).is_some();
        }
        self.covariance = covariance.map(|r| (r, OnceCell::new()));
    }

    /// R.
    pub(super) fn covariance(&self) -> Option<&CMat> {
        self.covariance.as_ref().map(|(r, _)| r)
    }

    /// R⁻¹.
    fn inverse_covariance(&self) -> Option<&CMat> {
        let (r, inverse) = self.covariance.as_ref()?;
        inverse.get_or_init(|| regular_inverse(r)).as_ref()
    }

    /// `(Σ_q p_q F_q + J)⁻¹`.
    pub(super) fn bayesian(&self, scenes: &[(usize, f64)], prior: &[f64]) -> Option<Vec<f64>> {
        let n = prior.len();
        let mut sum = diagonal(prior);
        for (scene, share) in scenes {
            for (sum, f) in sum.iter_mut().zip(self.fishers.get(*scene)?) {
                *sum += share * f;
            }
        }
        (sum.len() == n * n).then(|| real_inverse(&sum)).flatten()
    }

    /// TᴴW.
    pub(super) const fn seen(&self) -> &CMat {
        &self.seen
    }

    /// F of the targets.
    pub(super) fn fisher(&self, space: &Space, out: &mut [f64]) {
        space.maps[0].fisher(&self.z, out);
    }

    /// F⁻¹ of a scene.
    pub(super) fn inverse(&self, scene: usize) -> Option<&[f64]> {
        let (inverse, regular) = self.inverses.get(scene)?;
        regular.then_some(inverse.as_slice())
    }

    /// The value of a metric; `None` where it has none (a singular matrix).
    pub(super) fn value(&self, space: &Space, metric: &Metric) -> Option<f64> {
        match metric {
            Metric::Trace(parts) => self.trace(parts),
            Metric::Largest(members) => members
                .iter()
                .map(|parts| self.trace(parts))
                .try_fold(f64::NEG_INFINITY, |most, value| Some(most.max(value?))),
            Metric::LargestEigenvalue(weights) => {
                Some(self.eigen(weights)?.0.into_iter().fold(f64::NEG_INFINITY, f64::max))
            }
            Metric::Bayesian { scenes, prior, weights } => {
                let inverse = self.bayesian(scenes, prior)?;
                let n = weights.len();
                Some((0..n).map(|i| weights[i] * inverse[i * n + i]).sum())
            }
            Metric::LogDet(weights) => {
                let (values, ..) = self.eigen(weights)?;
                values.iter().all(|v| *v > 0.0).then(|| values.iter().map(|v| v.ln()).sum())
            }
            Metric::Extended { factor } => {
                let inverse = self.inverse_covariance()?;
                Some(factor * (0..inverse.rows()).map(|i| inverse[(i, i)].re).sum::<f64>())
            }
            Metric::Illumination { target, factor } => {
                Some(factor * quadratic(self.covariance()?, space.lit.col(*target)))
            }
            Metric::Gain { columns, factor } => {
                let r = self.covariance()?;
                let lit = (0..columns.cols()).map(|i| quadratic(r, columns.col(i)));
                Some(factor * lit.sum::<f64>())
            }
            Metric::Weakest(members) => members
                .iter()
                .map(|member| self.value(space, member))
                .try_fold(f64::INFINITY, |least, value| Some(least.min(value?))),
            Metric::Power(weights) => {
                let r = self.covariance()?;
                Some(weights.iter().enumerate().map(|(n, weight)| weight * r[(n, n)].re).sum())
            }
            Metric::MutualInformation { receivers, snr, covariance } => {
                let r = self.covariance()?;
                Some(receivers * log_det(&inner(r, covariance, *snr))?)
            }
            Metric::Pattern(grid, template) => {
                let r = self.covariance()?;
                let off = pattern_errors(r, grid, template);
                Some(off.iter().map(|e| e * e).sum::<f64>() / off.len() as f64)
            }
        }
    }

    fn trace(&self, parts: &[Part]) -> Option<f64> {
        parts.iter().try_fold(0.0, |sum, part| {
            let inverse = self.inverse(part.scene)?;
            let n = part.weights.len();
            let own = (0..n).map(|i| part.weights[i] * inverse[i * n + i]);
            Some(sum + part.share * own.sum::<f64>())
        })
    }

    /// Eigenvalues and eigenvectors (columns) of EᵀF⁻¹E, with the parameters that have a weight.
    pub(super) fn eigen(&self, weights: &[f64]) -> Option<(Vec<f64>, CMat, Vec<usize>)> {
        let inverse = self.inverse(0)?;
        let n = weights.len();
        let kept: Vec<usize> = (0..n).filter(|i| weights[*i] > 0.0).collect();
        let root = |i: usize| weights[i].sqrt();
        let c = CMat::from_fn(kept.len(), kept.len(), |a, b| {
            let (i, j) = (kept[a], kept[b]);
            C64::from(root(i) * root(j) * inverse[i * n + j])
        });
        let mut eigen = HermitianEigen::new(kept.len());
        eigen.compute(&c).ok()?;
        Some((eigen.values().to_vec(), eigen.vectors().clone(), kept))
    }

    /// Add `weight` times the tight B of a metric to `pull`; the largest of several takes the first
    /// that is largest, eigenvalues the mixture that a p-norm of power `sharpness` has.
    pub(super) fn add_pull(
        &self,
        space: &Space,
        metric: &Metric,
        weight: f64,
        sharpness: i32,
        pull: &mut Pull,
    ) -> Option<()> {
        let r = space.dim();
        match metric {
            Metric::Trace(parts) => {
                for part in parts {
                    let phi = weighted_square(self.inverse(part.scene)?, &part.weights);
                    let map = &space.maps[part.scene];
                    map.add_adjoint(&phi, weight * part.share, &mut pull.on_targets);
                }
            }
            Metric::Largest(members) => {
                let values: Option<Vec<f64>> = members.iter().map(|m| self.trace(m)).collect();
                let values = values?;
                let top = (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b]))?;
                let member = Metric::Trace(members[top].clone());
                self.add_pull(space, &member, weight, sharpness, pull)?;
            }
            Metric::Bayesian { scenes, prior, weights } => {
                let phi = sandwich(&self.bayesian(scenes, prior)?, &diagonal(weights));
                for (scene, share) in scenes {
                    space.maps[*scene].add_adjoint(&phi, weight * share, &mut pull.on_targets);
                }
            }
            Metric::LargestEigenvalue(_) | Metric::LogDet(_) => {
                let phi = self.outer(0, &self.middle(metric, sharpness)?)?;
                space.maps[0].add_adjoint(&phi, weight, &mut pull.on_targets);
            }
            Metric::Extended { factor } => {
                let inverse = self.inverse_covariance()?;
                let square = product(inverse, Op::Plain, inverse, Op::Plain);
                let all = pull.all(r);
                for (sum, one) in all.as_mut_slice().iter_mut().zip(square.as_slice()) {
                    *sum += one * (factor * weight);
                }
            }
            // a gain g counts as the metric −g: B = +aaᴴ lowers nothing and raises g
            Metric::Illumination { target, factor } => {
                add_outer(pull.all(r), weight * factor, space.lit.col(*target));
            }
            Metric::Gain { columns, factor } => {
                for i in 0..columns.cols() {
                    add_outer(pull.all(r), weight * factor, columns.col(i));
                }
            }
            Metric::Weakest(members) => {
                let least = members.iter().map(|m| self.value(space, m).unwrap_or(f64::INFINITY));
                let (member, _) = members.iter().zip(least).min_by(|a, b| a.1.total_cmp(&b.1))?;
                self.add_pull(space, member, weight, sharpness, pull)?;
            }
            // B = −diag p
            Metric::Power(weights) => {
                let all = pull.all(r);
                for (n, own) in weights.iter().enumerate() {
                    all[(n, n)] -= weight * own;
                }
            }
            Metric::MutualInformation { receivers, snr, covariance } => {
                let slope = self.information_slope(*receivers, *snr, covariance)?;
                let all = pull.all(r);
                for (sum, one) in all.as_mut_slice().iter_mut().zip(slope.as_slice()) {
                    *sum += one * weight;
                }
            }
            // B = −D with D = (2/N) Σ (p_n − ηd_n) a_n a_nᴴ
            Metric::Pattern(grid, template) => {
                let errors = pattern_errors(self.covariance()?, grid, template);
                let unit = -2.0 * weight / errors.len() as f64;
                for (n, error) in errors.iter().enumerate() {
                    add_outer(pull.all(r), unit * error, grid.col(n));
                }
            }
        }
        Some(())
    }

    /// Ψ (parameters × parameters) of `Φ = F⁻¹ΨF⁻¹`: `E V ψ Vᵀ Eᵀ` for a function of eigenvalues.
    pub(super) fn middle(&self, metric: &Metric, sharpness: i32) -> Option<Vec<f64>> {
        let (Metric::LargestEigenvalue(weights) | Metric::LogDet(weights)) = metric else {
            return None;
        };
        let (values, vectors, kept) = self.eigen(weights)?;
        let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let psi: Vec<f64> = match metric {
            Metric::LogDet(_) => values.iter().map(|v| 1.0 / v).collect(),
            // derivative of (Σ λ^p)^{1/p}: (λ/‖λ‖_p)^{p−1}
            _ => {
                let sum: f64 = values.iter().map(|v| (v / top).powi(sharpness)).sum();
                let norm = sum.powf(1.0 / f64::from(sharpness));
                values.iter().map(|v| (v / top / norm).powi(sharpness - 1)).collect()
            }
        };
        let n = weights.len();
        let mut out = vec![0.0; n * n];
        for (a, &i) in kept.iter().enumerate() {
            for (b, &j) in kept.iter().enumerate() {
                let sum: f64 = (0..psi.len())
                    .map(|k| psi[k] * (vectors[(a, k)] * vectors[(b, k)].conj()).re)
                    .sum();
                out[i * n + j] = sum * (weights[i] * weights[j]).sqrt();
            }
        }
        Some(out)
    }

    /// The p-norm of the eigenvalues that [`Sensed::add_pull`] differentiates, or the value itself.
    pub(super) fn smooth_value(
        &self,
        space: &Space,
        metric: &Metric,
        sharpness: i32,
    ) -> Option<f64> {
        let Metric::LargestEigenvalue(weights) = metric else { return self.value(space, metric) };
        let (values, ..) = self.eigen(weights)?;
        let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = values.iter().map(|v| (v / top).powi(sharpness)).sum();
        (top > 0.0).then(|| top * sum.powf(1.0 / f64::from(sharpness)))
    }

    /// `F⁻¹ΨF⁻¹` of a scene.
    pub(super) fn outer(&self, scene: usize, middle: &[f64]) -> Option<Vec<f64>> {
        Some(sandwich(self.inverse(scene)?, middle))
    }

    /// `∇_R I`, Hermitian: `N_r q (1 + qΣR)⁻¹Σ`, in the form `N_r q L(1 + q LᴴRL)⁻¹Lᴴ` with Σ = LLᴴ.
    fn information_slope(&self, receivers: f64, snr: f64, covariance: &CMat) -> Option<CMat> {
        let r = self.covariance()?;
        let root = root_of(covariance)?;
        let inverse = inverted(&inner(r, covariance, snr))?;
        let half = product(&root, Op::Plain, &inverse, Op::Plain);
        let mut out = product(&half, Op::Plain, &root, Op::Adjoint);
        out.scale(receivers * snr);
        Some(out)
    }

    /// The factor on the power at which the mutual information is `wanted`.
    pub(super) fn scale_to(&self, metric: &Metric, wanted: f64) -> Option<f64> {
        let Metric::MutualInformation { receivers, snr, covariance } = metric else { return None };
        let r = self.covariance()?;
        let mut eigen = HermitianEigen::new(r.rows());
        eigen.compute(&inner(r, covariance, *snr)).ok()?;
        let gains: Vec<f64> = eigen.values().iter().map(|v| (v - 1.0).max(0.0)).collect();
        let at = |s: f64| receivers * gains.iter().map(|g| (s * g).ln_1p()).sum::<f64>();
        let (mut low, mut high) = (0.0, 1.0);
        while at(high) < wanted {
            high *= 2.0;
            if high > 1e100 {
                return None;
            }
        }
        while high - low > 1e-15 * high {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if at(middle) < wanted { low = middle } else { high = middle }
        }
        Some(high)
    }
}
