//! What is said of a plan beside its numbers.

use super::{ErrorShape, Instance, Metrics};

/// Sentences that a careful colleague would add to a plan.
pub fn advice(instance: &Instance, metrics: &Metrics) -> Vec<String> {
    let mut out = Vec::new();
    let parts = instance.parts();
    if parts.error_shape == ErrorShape::OneRing {
        // The first-order expansion needs an error small against the ring (docs/errata.md#frame-e4).
        let outside: Vec<String> = metrics
            .angle_rcrb_deg
            .iter()
            .zip(instance.users())
            .enumerate()
            .filter(|(_, (rcrb, user))| rcrb.to_radians() > user.spread_rad / 3_f64.sqrt())
            .map(|(k, _)| k.to_string())
            .collect();
        if !outside.is_empty() {
            out.push(format!(
                "user {}: the root-CRB exceeds Δ/√3, beyond which a first-order sensing error \
                 is larger than the channel's own spread",
                outside.join(", ")
            ));
        }
    }
    if metrics.frame_bits_per_hz <= 0.0 {
        out.push("sensing and pilots take all that the frame carries".to_owned());
    }
    out
}
