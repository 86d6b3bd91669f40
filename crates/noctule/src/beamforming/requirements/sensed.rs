//! What beams do for sensing: values of metrics, their derivatives and minorants.

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::fisher::FisherInverse;

use super::certificate::MARGIN;
use super::link::add_outer;
use super::matrices::{
    diagonal, inner, inverted, log_det, pattern_errors, quadratic, root_of, trace_of_product,
};
use super::metric::{Metric, Part};
use super::minorant::{Minorant, Pull};
use super::world::Space;

/// What beams do for sensing: the inverse Fisher matrices, and R where it is needed.
#[derive(Debug)]
pub(super) struct Sensed {
    /// TᴴW.
    seen: CMat,
    /// F⁻¹ of every scene; `None` where it is singular.
    inverses: Vec<Option<Vec<f64>>>,
    /// R, and its inverse where it has one.
    covariance: Option<(CMat, Option<CMat>)>,
}

impl Sensed {
    /// What W does; R and its inverse too where `all`.
    pub(super) fn of(space: &Space, w: &CMat, all: bool) -> Self {
        let seen = product(&space.t, Op::Adjoint, w, Op::Plain);
        let z = product(&seen, Op::Plain, &seen, Op::Adjoint);
        let covariance = all.then(|| product(w, Op::Plain, w, Op::Adjoint));
        Self { seen, ..Self::from_parts(space, &z, covariance) }
    }

    /// What a covariance R does.
    pub(super) fn of_covariance(space: &Space, r: &CMat, all: bool) -> Self {
        let half = product(&space.t, Op::Adjoint, r, Op::Plain);
        let z = product(&half, Op::Plain, &space.t, Op::Plain);
        Self::from_parts(space, &z, all.then(|| r.clone()))
    }

    fn from_parts(space: &Space, z: &CMat, covariance: Option<CMat>) -> Self {
        let inverse = |map: &super::fisher::FisherMap| {
            let n = map.len();
            let (mut f, mut out) = (vec![0.0; n * n], vec![0.0; n * n]);
            map.fisher(z, &mut f);
            FisherInverse::new(n).invert(&f, &mut out).map(|_| out)
        };
        let covariance = covariance.map(|r| {
            let inverse = inverted(&r);
            (r, inverse)
        });
        Self {
            seen: CMat::zeros(0, 0),
            inverses: space.maps.iter().map(inverse).collect(),
            covariance,
        }
    }

    /// TᴴW.
    pub(super) const fn seen(&self) -> &CMat {
        &self.seen
    }

    /// F of the targets.
    pub(super) fn fisher(&self, space: &Space, out: &mut [f64]) {
        let z = product(&self.seen, Op::Plain, &self.seen, Op::Adjoint);
        space.maps[0].fisher(&z, out);
    }

    /// F⁻¹ of a scene.
    pub(super) fn inverse(&self, scene: usize) -> Option<&[f64]> {
        self.inverses.get(scene)?.as_deref()
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
            Metric::LogDet(weights) => {
                let (values, ..) = self.eigen(weights)?;
                values.iter().all(|v| *v > 0.0).then(|| values.iter().map(|v| v.ln()).sum())
            }
            Metric::Extended { factor } => {
                let inverse = self.covariance.as_ref()?.1.as_ref()?;
                Some(factor * (0..inverse.rows()).map(|i| inverse[(i, i)].re).sum::<f64>())
            }
            Metric::Illumination { target, factor } => {
                let r = &self.covariance.as_ref()?.0;
                Some(factor * quadratic(r, space.lit.col(*target)))
            }
            Metric::MutualInformation { receivers, snr, covariance } => {
                let r = &self.covariance.as_ref()?.0;
                Some(receivers * log_det(&inner(r, covariance, *snr))?)
            }
            Metric::Pattern(grid, template) => {
                let r = &self.covariance.as_ref()?.0;
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
    fn eigen(&self, weights: &[f64]) -> Option<(Vec<f64>, CMat, Vec<usize>)> {
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
                    let phi = self.outer(part.scene, &diagonal(&part.weights))?;
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
            Metric::LargestEigenvalue(_) | Metric::LogDet(_) => {
                let phi = self.outer(0, &self.middle(metric, sharpness)?)?;
                space.maps[0].add_adjoint(&phi, weight, &mut pull.on_targets);
            }
            Metric::Extended { factor } => {
                let inverse = self.covariance.as_ref()?.1.as_ref()?;
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
            Metric::MutualInformation { receivers, snr, covariance } => {
                let slope = self.information_slope(*receivers, *snr, covariance)?;
                let all = pull.all(r);
                for (sum, one) in all.as_mut_slice().iter_mut().zip(slope.as_slice()) {
                    *sum += one * weight;
                }
            }
            // B = −D with D = (2/N) Σ (p_n − ηd_n) a_n a_nᴴ
            Metric::Pattern(grid, template) => {
                let errors = pattern_errors(&self.covariance.as_ref()?.0, grid, template);
                let unit = -2.0 * weight / errors.len() as f64;
                for (n, error) in errors.iter().enumerate() {
                    add_outer(pull.all(r), unit * error, grid.col(n));
                }
            }
        }
        Some(())
    }

    /// The size of what cancels in B where it is made of Fisher matrices: with targets close together
    /// far more than B itself.
    fn size(&self, space: &Space, metric: &Metric, sharpness: i32) -> Option<f64> {
        let norm = |j: usize| space.t.col(j).iter().map(C64::norm_sqr).sum::<f64>().sqrt();
        let columns: Vec<f64> = (0..space.t.cols()).map(norm).collect();
        match metric {
            Metric::Trace(parts) => parts.iter().try_fold(0.0, |sum, part| {
                let phi = self.outer(part.scene, &diagonal(&part.weights))?;
                Some(sum + part.share * space.maps[part.scene].size_of_adjoint(&phi, &columns))
            }),
            Metric::LargestEigenvalue(_) | Metric::LogDet(_) => {
                let phi = self.outer(0, &self.middle(metric, sharpness)?)?;
                Some(space.maps[0].size_of_adjoint(&phi, &columns))
            }
            _ => None,
        }
    }

    /// Ψ (parameters × parameters) of `Φ = F⁻¹ΨF⁻¹`: `E V ψ Vᵀ Eᵀ` for a function of eigenvalues.
    fn middle(&self, metric: &Metric, sharpness: i32) -> Option<Vec<f64>> {
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
    fn outer(&self, scene: usize, middle: &[f64]) -> Option<Vec<f64>> {
        let inverse = self.inverse(scene)?;
        let n = (inverse.len() as f64).sqrt().round() as usize;
        let times = |a: &[f64], b: &[f64]| {
            let mut out = vec![0.0; n * n];
            for i in 0..n {
                for k in (0..n).filter(|k| a[i * n + k] != 0.0) {
                    for j in 0..n {
                        out[i * n + j] += a[i * n + k] * b[k * n + j];
                    }
                }
            }
            out
        };
        Some(times(&times(inverse, middle), inverse))
    }

    /// `∇_R I`, Hermitian: `N_r q (1 + qΣR)⁻¹Σ`, in the form `N_r q L(1 + q LᴴRL)⁻¹Lᴴ` with Σ = LLᴴ.
    fn information_slope(&self, receivers: f64, snr: f64, covariance: &CMat) -> Option<CMat> {
        let r = &self.covariance.as_ref()?.0;
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
        let r = &self.covariance.as_ref()?.0;
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

    /// The tight minorant of a metric (of a gain g: of −g); the largest of several has one a member.
    pub(super) fn minorant(
        &self,
        space: &Space,
        metric: &Metric,
        sharpness: i32,
    ) -> Option<Minorant> {
        let mut pull = Pull::new(space);
        self.add_pull(space, metric, 1.0, sharpness, &mut pull)?;
        let b = pull.matrix(space);
        let value = self.value(space, metric)?;
        let blur = MARGIN * self.size(space, metric, sharpness).unwrap_or(0.0).max(b.norm());
        let beta = match metric {
            Metric::Trace(_) | Metric::Largest(_) | Metric::Extended { .. } => 2.0 * value,
            // tr GGᵀ = 1 for the mixture: its weights are scaled to a sum of one
            Metric::LargestEigenvalue(weights) => {
                let (values, ..) = self.eigen(weights)?;
                let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let psi: Vec<f64> = values.iter().map(|v| (v / top).powi(sharpness - 1)).collect();
                let total: f64 = psi.iter().sum();
                let mean: f64 = psi.iter().zip(&values).map(|(p, v)| p * v).sum::<f64>() / total;
                let norm = values.iter().map(|v| (v / top).powi(sharpness)).sum::<f64>();
                let scale = norm.powf(f64::from(sharpness - 1) / f64::from(sharpness)) / total;
                let mut b = b;
                b.scale(scale);
                return Some(Minorant { beta: 2.0 * mean, b, blur: scale * blur });
            }
            Metric::LogDet(weights) => value + self.eigen(weights)?.2.len() as f64,
            Metric::Illumination { .. } => 0.0,
            Metric::Pattern(..) => -value,
            Metric::MutualInformation { .. } => {
                let r = &self.covariance.as_ref()?.0;
                trace_of_product(&b, r) - value
            }
        };
        Some(Minorant { beta, b, blur })
    }
}
