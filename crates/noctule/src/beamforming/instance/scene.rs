//! Whether targets can be sensed at all, and who is to blame when they cannot.

use noctule_num::linalg::{HermitianEigen, Op, product};
use noctule_num::{C64, CMat};
use noctule_phy::arrays::{PlanarArray, canonical_direction};
use noctule_phy::fisher::{MultiTargetFisher, pack_hermitian, parameters, target_space};

use super::{Instance, Target};
use crate::Error;

/// Smallest over largest eigenvalue of the Fisher matrix below which a scene is refused. The
/// singular scenes of the reference cases reach at most 5·10⁻³³, the valid ones at least 10⁻³.
const SINGULAR: f64 = 1e-12;
/// Below this a scene is accepted with a warning.
const NEARLY_SINGULAR: f64 = 1e-8;
impl Instance {
    /// Refuse targets that no transmission can tell apart, and say why.
    pub(super) fn check_scene(&mut self) -> Result<(), Error> {
        let (conditioning, weakest) = self.conditioning()?;
        if conditioning < SINGULAR {
            let (targets, cause) = self.blame(&weakest);
            return Err(Error::Unobservable { targets, cause, conditioning });
        }
        if conditioning < NEARLY_SINGULAR {
            let (targets, cause) = self.blame(&weakest);
            self.warnings.push(format!(
                "targets {targets:?} can hardly be sensed: {cause} (smallest over largest \
                 eigenvalue of the Fisher matrix under isotropic transmission {conditioning:.1e})"
            ));
        }
        Ok(())
    }

    /// Smallest over largest eigenvalue of the Fisher matrix at R = I/Nt with every reflection
    /// scaled to magnitude one, a property of the geometry alone; and for each target its share
    /// in the parameters that are hardest to estimate.
    fn conditioning(&self) -> Result<(f64, Vec<f64>), Error> {
        let m = self.parts.targets.len();
        if m == 0 {
            return Ok((0.0, Vec::new()));
        }
        let unit: Vec<C64> =
            self.parts.targets.iter().map(|t| t.reflection / t.reflection.norm()).collect();
        let space = target_space(&self.transmit);
        let z = product(&space, Op::Adjoint, &space, Op::Plain);
        let mut packed = vec![0.0; 9 * m * m];
        pack_hermitian(&z, &mut packed);
        let n = parameters(m);
        let mut fisher = vec![0.0; n * n];
        let per_antenna = 1.0 / self.antennas() as f64;
        MultiTargetFisher::new(&self.receive, &unit, per_antenna).fisher(&packed, &mut fisher);
        let matrix = CMat::from_fn(n, n, |i, j| C64::from(fisher[i * n + j]));
        let mut eigen = HermitianEigen::new(n);
        eigen.compute(&matrix)?;
        let weakest = eigen.vectors().col(0);
        let shares = (0..m)
            .map(|target| (0..4).map(|kind| weakest[kind * m + target].norm_sqr()).sum())
            .collect();
        let ratio = if eigen.max() > 0.0 { eigen.min().max(0.0) / eigen.max() } else { 0.0 };
        Ok((ratio, shares))
    }

    /// The targets to blame for a singular Fisher matrix, and the cause, from the share of each
    /// target in its weakest direction.
    fn blame(&self, shares: &[f64]) -> (Vec<usize>, String) {
        let targets = &self.parts.targets;
        if targets.is_empty() {
            return (Vec::new(), "there are none, but the bound has a weight".to_owned());
        }
        let linear = |array: PlanarArray| array.horizontal == 1 || array.vertical == 1;
        if linear(self.parts.transmit_array) && linear(self.parts.receive_array) {
            let cause = "both arrays are linear, and a linear array cannot see two angles";
            return ((0..targets.len()).collect(), cause.to_owned());
        }
        let blamed: Vec<usize> = (0..targets.len()).filter(|&m| shares[m] > 0.05).collect();
        // An eigenvalue falls with the fourth power of these, so they need not be tiny.
        const NEAR: f64 = 0.05;
        if let [alone] = blamed[..] {
            let target = &targets[alone];
            let (axis, plane) = (target.polar_rad.sin().abs(), target.azimuth_rad.cos().abs());
            if axis < NEAR && axis <= plane {
                let cause = "it lies on the array's vertical axis (sin φ ≈ 0), where the azimuth \
                             has no meaning";
                return (blamed, cause.to_owned());
            }
            if plane < NEAR {
                let cause = "it lies in the plane of the array (cos θ ≈ 0), where the response \
                             does not change with the azimuth";
                return (blamed, cause.to_owned());
            }
        }
        // The response depends on these two numbers alone.
        let seen_at = |t: &Target| (t.azimuth_rad.sin() * t.polar_rad.sin(), t.polar_rad.cos());
        for (position, &i) in blamed.iter().enumerate() {
            for &j in &blamed[position + 1..] {
                let ((a, b), (c, d)) = (seen_at(&targets[i]), seen_at(&targets[j]));
                if (a - c).abs() > NEAR || (b - d).abs() > NEAR {
                    continue;
                }
                let canonical = |t: &Target| canonical_direction(t.azimuth_rad, t.polar_rad);
                let ((e, f), (g, h)) = (canonical(&targets[i]), canonical(&targets[j]));
                let cause = if (e - g).abs() < 2.0 * NEAR && (f - h).abs() < 2.0 * NEAR {
                    "they are at the same place, or too close for these arrays"
                } else {
                    "they are mirror images (equal sin θ sin φ and cos φ): an array in a plane \
                     cannot tell its front from its back"
                };
                return (vec![i, j], cause.to_owned());
            }
        }
        (
            blamed,
            format!(
                "{} parameters are too many, or the targets too close, for arrays of {} and {} \
                 elements",
                parameters(targets.len()),
                self.parts.transmit_array.elements(),
                self.parts.receive_array.elements()
            ),
        )
    }
}
