//! Whether targets can be sensed at all, and who is to blame when they cannot.

use noctule_num::C64;
use noctule_phy::arrays::{PlanarArray, canonical_direction};
use noctule_phy::fisher::{SINGULAR_GEOMETRY, geometry, parameters};

use super::{Instance, Target};
use crate::Error;

/// Below this a scene is accepted with a warning.
const NEARLY_SINGULAR: f64 = 1e-8;
/// Sines and cosines closer than this are near. An eigenvalue falls with their fourth power, so that
/// they need not be tiny.
const NEAR: f64 = 0.05;
/// A target with more than this share of the weakest direction is to blame for it.
const BLAMED: f64 = 0.05;

impl Instance {
    /// The same instance, with limits that are relative to the best there is: they move with the power.
    pub(in crate::beamforming) fn with_moving_limits(mut self) -> Self {
        self.limits_move = true;
        self
    }

    /// Whether limits are relative to the best that there is.
    pub(in crate::beamforming) const fn limits_move(&self) -> bool {
        self.limits_move
    }

    /// Refuse targets that no transmission can tell apart, and say why.
    pub(super) fn check_scene(&mut self) -> Result<(), Error> {
        let reflections: Vec<C64> = self.parts.targets.iter().map(|t| t.reflection).collect();
        let (conditioning, weakest) = geometry(&self.transmit, &self.receive, &reflections)?;
        if conditioning < SINGULAR_GEOMETRY {
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

    /// The targets to blame for a singular Fisher matrix, and the cause, from the share of each
    /// target in its weakest direction.
    fn blame(&self, shares: &[f64]) -> (Vec<usize>, String) {
        let targets = &self.parts.targets;
        if targets.is_empty() {
            return (Vec::new(), "there are none, but the bound has a weight".to_owned());
        }
        let linear = |array: PlanarArray| array.horizontal == 1 || array.vertical == 1;
        let own = self.shapes.transmit.is_some() || self.shapes.receive.is_some();
        if !own && linear(self.parts.transmit_array) && linear(self.parts.receive_array) {
            let cause = "both arrays are linear, and a linear array cannot see two angles";
            return ((0..targets.len()).collect(), cause.to_owned());
        }
        let blamed: Vec<usize> = (0..targets.len()).filter(|&m| shares[m] > BLAMED).collect();
        if let [alone] = blamed[..]
            && let Some(cause) = alone_to_blame(&targets[alone])
        {
            return (blamed, cause.to_owned());
        }
        for (position, &i) in blamed.iter().enumerate() {
            for &j in &blamed[position + 1..] {
                if let Some(cause) = confused(&targets[i], &targets[j]) {
                    return (vec![i, j], cause.to_owned());
                }
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

/// Why a target cannot be sensed wherever the others are.
fn alone_to_blame(target: &Target) -> Option<&'static str> {
    let (axis, plane) = (target.polar_rad.sin().abs(), target.azimuth_rad.cos().abs());
    if axis < NEAR && axis <= plane {
        return Some(
            "it lies on the array's vertical axis (sin φ ≈ 0), where the azimuth has no meaning",
        );
    }
    (plane < NEAR).then_some(
        "it lies in the plane of the array (cos θ ≈ 0), where the response does not change with \
         the azimuth",
    )
}

/// Why two targets cannot be told apart, where they look alike.
fn confused(one: &Target, other: &Target) -> Option<&'static str> {
    // The response depends on these two numbers alone.
    let seen_at = |t: &Target| (t.azimuth_rad.sin() * t.polar_rad.sin(), t.polar_rad.cos());
    let ((a, b), (c, d)) = (seen_at(one), seen_at(other));
    if (a - c).abs() > NEAR || (b - d).abs() > NEAR {
        return None;
    }
    let canonical = |t: &Target| canonical_direction(t.azimuth_rad, t.polar_rad);
    let ((e, f), (g, h)) = (canonical(one), canonical(other));
    Some(if (e - g).abs() < 2.0 * NEAR && (f - h).abs() < 2.0 * NEAR {
        "they are at the same place, or too close for these arrays"
    } else {
        "they are mirror images (equal sin θ sin φ and cos φ): an array in a plane cannot tell its \
         front from its back"
    })
}
