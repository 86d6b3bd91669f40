//! The minorant of a metric that is tight at what beams do.

use noctule_num::C64;

use super::matrices::{MARGIN, diagonal, sandwich, trace_of_product};
use super::metric::Metric;
use super::minorant::{Minorant, Pull};
use super::sensed::Sensed;
use super::world::Space;

impl Sensed {
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
            Metric::Bayesian { scenes, prior, weights } => {
                let phi = sandwich(&self.bayesian(scenes, prior)?, &diagonal(weights));
                let size = |(scene, share): &(usize, f64)| {
                    share * space.maps[*scene].size_of_adjoint(&phi, &columns)
                };
                Some(scenes.iter().map(size).sum())
            }
            Metric::LargestEigenvalue(_) | Metric::LogDet(_) => {
                let phi = self.outer(0, &self.middle(metric, sharpness)?)?;
                Some(space.maps[0].size_of_adjoint(&phi, &columns))
            }
            _ => None,
        }
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
        // what is linear is its own minorant wherever it is
        let linear = matches!(
            metric,
            Metric::Illumination { .. }
                | Metric::Gain { .. }
                | Metric::Weakest(_)
                | Metric::Power(_)
        );
        let value = if linear { 0.0 } else { self.value(space, metric)? };
        let blur = MARGIN * self.size(space, metric, sharpness).unwrap_or(0.0).max(b.norm());
        let beta = match metric {
            Metric::Trace(_) | Metric::Largest(_) | Metric::Extended { .. } => 2.0 * value,
            // 2 tr EᵀY − tr YᵀJY
            Metric::Bayesian { scenes, prior, weights } => {
                let phi = sandwich(&self.bayesian(scenes, prior)?, &diagonal(weights));
                let n = prior.len();
                2.0 * value - (0..n).map(|i| prior[i] * phi[i * n + i]).sum::<f64>()
            }
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
            Metric::Illumination { .. }
            | Metric::Gain { .. }
            | Metric::Weakest(_)
            | Metric::Power(_) => 0.0,
            Metric::Pattern(..) => -value,
            Metric::MutualInformation { .. } => {
                let r = self.covariance()?;
                trace_of_product(&b, r) - value
            }
        };
        Some(Minorant { beta, b, blur })
    }
}
