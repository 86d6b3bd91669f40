//! What is said of a band that works, but may not do what is meant.

use super::Band;
use crate::beamforming::Parts;

impl Band {
    /// What a careful colleague would add.
    pub(in crate::beamforming) fn warnings(&self, parts: &Parts) -> Vec<String> {
        if parts.targets.is_empty() || parts.crb_weight <= 0.0 {
            return Vec::new();
        }
        let scene = self.scene(parts);
        let mut out = Vec::new();
        for (m, target) in scene.targets.iter().enumerate() {
            let own = self.grid.warnings(scene.delay_s(target), target.doppler_hz);
            out.extend(own.into_iter().map(|sentence| format!("target {m}: {sentence}")));
        }
        let (far, fast) = (self.reach_m(), self.reach_m_s());
        if let (Some(near), rayleigh) = (self.near, self.rayleigh_m(parts)) {
            let fresnel = self.fresnel_m(parts);
            let alone = self.grid.subcarriers == 1 || !near.linked;
            for (m, range) in self.range_m.iter().enumerate() {
                if *range < fresnel && near.amplitude_exponent <= 0.0 {
                    out.push(format!(
                        "target {m} at {range} m is within the Fresnel distance of {fresnel:.2} m, 0.62 √(D³/λ): \
                         amplitudes vary over the array (`amplitude_exponent = 1`)"
                    ));
                }
                if self.unknown[m].range && alone && *range > rayleigh {
                    out.push(format!(
                        "target {m} at {range} m is beyond the Rayleigh distance of {rayleigh:.1} m: \
                         curvature hardly tells its range"
                    ));
                }
            }
        }
        for m in 0..parts.targets.len() {
            let (range, speed) = (self.range_m[m], self.velocity_m_s[m]);
            if self.unknown[m].range && range > far {
                out.push(format!(
                    "target {m} at {range} m is beyond the unambiguous range of {far:.1} m, one over \
                     the subcarrier spacing: the bound is local, and an estimator may be off by \
                     multiples of it"
                ));
            }
            if self.unknown[m].velocity && speed.abs() > fast {
                out.push(format!(
                    "target {m} at {speed} m/s is beyond the unambiguous velocity of ±{fast:.1} m/s, \
                     half a turn a symbol: the bound is local, and an estimator may be off by \
                     multiples of it"
                ));
            }
        }
        out
    }
}
