//! What one element of an array sees: the radiation power pattern of 3GPP TR 38.901, Table 7.3-1.
//!
//! In decibels, with the angles of the array's own frame in degrees,
//! ```math
//! A = 8 - \min(-(A_v + A_h), 30),\quad
//! A_v = -\min\!\big(12\big(\tfrac{\phi-90}{65}\big)^2, 30\big),\quad
//! A_h = -\min\!\big(12\big(\tfrac{\theta}{65}\big)^2, 30\big)
//! ```
//! The azimuth is wrapped to [−180°, 180°) first. A ray's amplitude is multiplied by `√A`; the mean
//! power of a channel is then no longer `N β`.

use std::f64::consts::{PI, TAU};

/// An angle brought into [−π, π) by whole turns.
pub fn wrap_angle(angle_rad: f64) -> f64 {
    if (-PI..PI).contains(&angle_rad) {
        return angle_rad;
    }
    let wrapped = (angle_rad + PI).rem_euclid(TAU) - PI;
    // `rem_euclid` may round up to the modulus.
    if wrapped >= PI { -PI } else { wrapped }
}

/// The power gain of an element towards azimuth θ and polar angle φ, in decibels over isotropic.
///
/// ```
/// use noctule_phy::channels::element_pattern::gain_db;
/// use std::f64::consts::{FRAC_PI_2, PI};
/// assert_eq!(gain_db(0.0, FRAC_PI_2), 8.0);
/// assert_eq!(gain_db(PI, FRAC_PI_2), -22.0);
/// ```
pub fn gain_db(azimuth_rad: f64, polar_rad: f64) -> f64 {
    let cut = |degrees: f64| (12.0 * (degrees / 65.0).powi(2)).min(30.0);
    let vertical = cut(polar_rad.to_degrees() - 90.0);
    let horizontal = cut(wrap_angle(azimuth_rad).to_degrees());
    8.0 - (vertical + horizontal).min(30.0)
}

/// `√A`: the factor on the amplitude of a ray.
pub fn amplitude(azimuth_rad: f64, polar_rad: f64) -> f64 {
    10_f64.powf(gain_db(azimuth_rad, polar_rad) / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use noctule_num::quadrature::GaussLegendre;
    use std::f64::consts::FRAC_PI_2;

    #[test]
    fn three_decibels_at_half_the_beam_width() {
        let half = 32.5_f64.to_radians();
        assert!((gain_db(half, FRAC_PI_2) - 5.0).abs() < 1e-12);
        assert!((gain_db(0.0, FRAC_PI_2 - half) - 5.0).abs() < 1e-12);
        assert!((gain_db(TAU - half, FRAC_PI_2) - 5.0).abs() < 1e-12);
    }

    /// A passive element sends at most what it is given: over the sphere the report's pattern is a
    /// mean gain of 0.66.
    #[test]
    fn the_sphere_receives_no_more_than_is_sent() {
        let rule = GaussLegendre::new(200);
        let total = rule.integrate(0.0, PI, |polar| {
            let ring = rule.integrate(-PI, PI, |azimuth| amplitude(azimuth, polar).powi(2));
            ring * polar.sin()
        });
        let mean = total / (4.0 * PI);
        assert!((0.5..1.0).contains(&mean), "{mean}");
    }

    #[test]
    fn angles_are_wrapped_to_half_a_turn() {
        for x in [-7.0, -PI, -1e-300, 0.0, 3.0, PI, 100.0] {
            let y = wrap_angle(x);
            assert!(
                (-PI..PI).contains(&y) && ((x - y) / TAU - ((x - y) / TAU).round()).abs() < 1e-14
            );
        }
    }
}
