//! Cramér–Rao bounds from Fisher matrices of a scene.

use super::{Kind, Scene};
use crate::channels::array::Place;
use crate::channels::frame::point_of;
use crate::fisher::FisherInverse;

/// Bounds of a scene: lower bounds on the variance of any unbiased estimator.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    /// Parameters in order: what, and of which target.
    pub parameters: Vec<(Kind, usize)>,
    /// F⁻¹ row by row, in squared units of the parameters.
    pub inverse: Vec<f64>,
    fisher: Vec<f64>,
}

impl Bounds {
    pub(super) fn new(parameters: &[(Kind, usize)], fisher: &[f64]) -> Option<Self> {
        let n = parameters.len();
        assert_eq!(fisher.len(), n * n, "size of the Fisher matrix");
        Self::of(parameters.to_vec(), fisher.to_vec())
    }

    fn of(parameters: Vec<(Kind, usize)>, fisher: Vec<f64>) -> Option<Self> {
        let n = parameters.len();
        let mut inverse = vec![0.0; n * n];
        FisherInverse::new(n).invert(&fisher, &mut inverse)?;
        Some(Self { parameters, inverse, fisher })
    }

    /// The bound of each parameter, in its squared unit.
    pub fn variances(&self) -> Vec<f64> {
        let n = self.parameters.len();
        (0..n).map(|i| self.inverse[i * n + i]).collect()
    }

    /// `Σ_i ω_i [F⁻¹]_ii` for a weight by kind.
    pub fn weighted_trace(&self, weight: impl Fn(Kind) -> f64) -> f64 {
        let own = self.parameters.iter().map(|parameter| weight(parameter.0));
        own.zip(self.variances()).map(|(w, v)| w * v).sum()
    }

    /// `Φ = F⁻¹ΩF⁻¹`: the trace changes by −tr(Φ dF).
    pub fn sensitivity(&self, weight: impl Fn(Kind) -> f64) -> Vec<f64> {
        let n = self.parameters.len();
        let weights: Vec<f64> = self.parameters.iter().map(|p| weight(p.0)).collect();
        let entry = |i: usize, j: usize| {
            let row = self.inverse[i * n..(i + 1) * n].iter();
            let both = row.zip(&self.inverse[j * n..(j + 1) * n]);
            both.zip(&weights).map(|((a, b), w)| a * b * w).sum()
        };
        (0..n * n).map(|k| entry(k / n, k % n)).collect()
    }

    /// The bounds where the range sets curvature *and* delay, τ = 2r/c: `F_link = JᵀFJ` with one
    /// range in place of both. `None` where there is no pair to link, or nothing to invert.
    pub fn linked(&self) -> Option<Self> {
        let n = self.parameters.len();
        let (kept, into) = link(&self.parameters)?;
        let mut fisher = vec![0.0; kept.len() * kept.len()];
        for i in 0..n {
            for j in 0..n {
                fisher[into[i] * kept.len() + into[j]] += self.fisher[i * n + j];
            }
        }
        Self::of(kept, fisher)
    }

    /// The bound on the position of every target in m²: `tr(J C Jᵀ)` with the block C of angles
    /// and range and the derivatives J of the position. Without a range none.
    ///
    /// With unknown delays curvature and delay count as independent here; those of the linked
    /// problem are [`Bounds::linked`]'s.
    pub fn position_m2(&self, scene: &Scene) -> Option<Vec<f64>> {
        let n = self.parameters.len();
        let at = |kind: Kind, m: usize| self.parameters.iter().position(|p| *p == (kind, m));
        let of = |(m, target): (usize, &super::Target)| {
            at(Kind::Range, m)?;
            let range_m = target.range_m?;
            let mut total = 0.0;
            let axes: Vec<(usize, [f64; 3])> = [Kind::Azimuth, Kind::Polar, Kind::Range]
                .into_iter()
                .filter_map(|kind| Some((at(kind, m)?, moved(kind, target, range_m))))
                .collect();
            for (i, u) in &axes {
                for (j, v) in &axes {
                    let along: f64 = u.iter().zip(v).map(|(x, y)| x * y).sum();
                    total += self.inverse[i * n + j] * along;
                }
            }
            Some(total)
        };
        scene.targets.iter().enumerate().map(of).collect()
    }
}

/// Parameters that remain, and where each of those before went.
pub type Linked = (Vec<(Kind, usize)>, Vec<usize>);

/// What remains of parameters where the range of a target sets curvature and delay, and where each of them
/// went: `F_link = JᵀFJ` adds up rows and columns that go to the same place, as both ranges are in metres.
/// `None` where no target has both.
pub fn link(parameters: &[(Kind, usize)]) -> Option<Linked> {
    let linked = |&(kind, target): &(Kind, usize)| {
        kind == Kind::DelayRange && parameters.contains(&(Kind::Range, target))
    };
    if !parameters.iter().any(linked) {
        return None;
    }
    let kept: Vec<(Kind, usize)> = parameters.iter().copied().filter(|p| !linked(p)).collect();
    let place = |p: &(Kind, usize)| {
        let own = if linked(p) { (Kind::Range, p.1) } else { *p };
        kept.iter().position(|kept| *kept == own)
    };
    let into = parameters.iter().map(place).collect::<Option<Vec<usize>>>()?;
    Some((kept, into))
}

/// The derivative of a target's position by a parameter.
fn moved(kind: Kind, target: &super::Target, range_m: f64) -> [f64; 3] {
    let ((sa, ca), (sp, cp)) = (target.azimuth_rad.sin_cos(), target.polar_rad.sin_cos());
    match kind {
        Kind::Azimuth => [-range_m * sa * sp, range_m * ca * sp, 0.0],
        Kind::Polar => [range_m * ca * cp, range_m * sa * cp, -range_m * sp],
        _ => {
            let (azimuth_rad, polar_rad) = (target.azimuth_rad, target.polar_rad);
            point_of(Place { azimuth_rad, polar_rad, range_m: 1.0 })
        }
    }
}
