//! Closed forms of whole deployments.

use super::Cascade;
use crate::geometry::Point;

/// The site at which a ray that leaves the base station with spatial frequency `base_frequency`
/// meets the ray that reaches the user with `user_frequency`; both arrays stand upright (along the
/// second axis), and the user is to the right of the base station.
///
/// `None` when the rays do not meet between the two.
pub fn site_on_rays(
    base: Point,
    user: Point,
    base_frequency: f64,
    user_frequency: f64,
) -> Option<Point> {
    let (tan_base, tan_user) = (base_frequency.asin().tan(), user_frequency.asin().tan());
    // y = base.y + tan_base (x − base.x) and y = user.y + tan_user (user.x − x)
    let x =
        (user.y_m - base.y_m + tan_base * base.x_m + tan_user * user.x_m) / (tan_base + tan_user);
    let point = Point::new(x, base.y_m + tan_base * (x - base.x_m));
    (x.is_finite() && x > base.x_m && x < user.x_m && point.y_m.is_finite()).then_some(point)
}

/// The bound under the communication-optimal signals of many elements, `P/K` for every stream (55),
/// and equal surfaces of N/K aligned elements (58):
/// `6 σ_s² K³ / (T |β̃|² π² (N_r³ − N_r) M_t P N² Σ ρ²_BI r²)`. It grows more slowly with K than K³,
/// because the sum grows too (`docs/errata.md#surfaces-e10`). For orthogonal sites.
pub fn crb_of_equal_surfaces(cascade: &Cascade, power_w: f64, elements: f64) -> f64 {
    let k = cascade.paths.len() as f64;
    let nr = cascade.sensors as f64;
    let sum: f64 = cascade
        .paths
        .iter()
        .enumerate()
        .map(|(i, path)| path.base_gain * cascade.relative_amplitude(i).powi(2))
        .sum();
    let pi = std::f64::consts::PI;
    6.0 * cascade.sensing_noise_w * k.powi(3)
        / (f64::from(cascade.snapshots)
            * cascade.echo_gain()
            * pi
            * pi
            * (nr.powi(3) - nr)
            * cascade.transmit_antennas as f64
            * power_w
            * elements
            * elements
            * sum)
}

/// Numbers of elements from which on plain water-filling also meets the sensing requirement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ElementThreshold {
    /// The larger of the two thresholds: a real number of elements N, shared equally.
    pub elements: f64,
    /// N² from which on every stream gets power (52).
    pub all_streams: f64,
    /// N² from which on the requirement holds (54); negative when it always does.
    pub sensing: f64,
}

/// Proposition 4 (48) for co-located user and target: the number of elements beyond which
/// communication-optimal signals meet `gᴴRg ≥ required` with all K streams active.
///
/// The square roots of the paper are taken of numbers that can be negative; they are clamped at
/// zero (`docs/errata.md#surfaces-e9`).
pub fn element_threshold(cascade: &Cascade, power_w: f64, required: f64) -> ElementThreshold {
    let k = cascade.paths.len() as f64;
    let weight = |i| cascade.sensing_weight(i) / (k * k);
    let floor = |i| k * k / cascade.stream_gain(i);
    let all = || 0..cascade.paths.len();
    let (weights, floors): (f64, f64) = (all().map(weight).sum(), all().map(floor).sum());
    let mixed: f64 = all().map(|i| weight(i) * floor(i)).sum();
    let highest = all().map(floor).fold(0.0, f64::max);
    let all_streams = (k * highest - floors) / power_w;
    let sensing = (required - weights * floors / k + mixed) * k / (power_w * weights);
    ElementThreshold { elements: all_streams.max(sensing).max(0.0).sqrt(), all_streams, sensing }
}
