//! Localisation by delays of a multistatic radar: what the echoes of one target know of its
//! position.
//!
//! Access point `m` transmits, the target reflects, access point `n` receives, `n = m` included.
//! With `p_m` the energy of transmitter `m` towards the target over the noise density, path
//! `(m, n)` has the signal-to-noise ratio `α_mn p_m |ζ|²` after integration, and its delay —
//! the complex reflection coefficient of every path being unknown — carries the information
//! ```math
//! w_{mn} p_m = \frac{8\pi^2 B^2}{c^2}\, \alpha_{mn} |\zeta|^2 p_m\ \ [1/\mathrm{m}^2], \qquad
//! \alpha_{mn} = \frac{\lambda^2}{(4\pi)^3 D_m^2 D_n^2}
//! ```
//! on the length of the path, with `B` the root-mean-square bandwidth. A length `D_m + D_n`
//! changes with the position along `u_mn = e_m + e_n`, the sum of the unit vectors towards both
//! ends. Hence `J = Σ_m p_m R_m` with `R_m = Σ_n w_mn u_mn u_mnᵀ`: **linear in the powers**.
//!
//! The bound is on the sum of both squared errors, `tr J⁻¹ = (A + B)/(AB − C²)` in m², for
//! `J = [[A, C], [C, B]]`. It holds for synchronised access points; [`common_offset`] and
//! [`transmitter_offsets`] are the bounds with clocks that are not.
//!
//! Source: J. Liao et al., Eqs. (19) to (27), corrected: `docs/errata.md#pilots-e5`,
//! `docs/errata.md#pilots-e13`.

use std::f64::consts::PI;

use noctule_num::rng::{ChaCha8Rng, complex_normal};

use crate::geometry::Point;

/// Speed of light in m/s.
pub const LIGHT_M_S: f64 = 299_792_458.0;

/// Distances below this many metres count as this in the spreading loss, which diverges at zero.
pub const SHORTEST_M: f64 = 1.0;

/// Information relative to its trace below which a matrix counts as singular.
const SINGULAR: f64 = 1e-13;

/// A symmetric 2 × 2 information matrix, in 1/m² (or in 1/m² for each unit of `p`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Information {
    /// About x.
    pub xx: f64,
    /// About y.
    pub yy: f64,
    /// Between both.
    pub xy: f64,
}

impl Information {
    /// `self + weight · other`.
    #[must_use]
    pub fn plus(self, weight: f64, other: Self) -> Self {
        Self {
            xx: self.xx + weight * other.xx,
            yy: self.yy + weight * other.yy,
            xy: self.xy + weight * other.xy,
        }
    }

    /// `weight · u uᵀ`.
    pub fn along(weight: f64, u: [f64; 2]) -> Self {
        Self { xx: weight * u[0] * u[0], yy: weight * u[1] * u[1], xy: weight * u[0] * u[1] }
    }

    /// The bound tr J⁻¹ in m²; absent where the matrix is singular in double precision.
    pub fn crb(&self) -> Option<f64> {
        let trace = self.xx + self.yy;
        let determinant = self.xx * self.yy - self.xy * self.xy;
        let regular = trace > 0.0 && determinant > SINGULAR * trace * trace;
        (regular && trace.is_finite()).then(|| trace / determinant)
    }
}

/// What radar and target have in common for all paths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Radar {
    /// Carrier frequency in hertz.
    pub frequency_hz: f64,
    /// Root-mean-square bandwidth B in hertz: a flat spectrum of width `W` has `W/√12`.
    pub effective_bandwidth_hz: f64,
    /// Radar cross-section `|ζ|²` in m².
    pub cross_section_m2: f64,
}

impl Radar {
    /// Gain of the path from `transmitter` over the target to `receiver`, `α |ζ|²`, for distances
    /// in metres: the signal-to-noise ratio of the path for each unit of `p`.
    pub fn path_gain(&self, transmitter_m: f64, receiver_m: f64) -> f64 {
        let wavelength = LIGHT_M_S / self.frequency_hz;
        let spread = transmitter_m.max(SHORTEST_M) * receiver_m.max(SHORTEST_M);
        wavelength * wavelength * self.cross_section_m2 / ((4.0 * PI).powi(3) * spread * spread)
    }

    /// Information on the length of a path, in 1/m², for each unit of its signal-to-noise ratio.
    pub fn length_information(&self) -> f64 {
        8.0 * (PI * self.effective_bandwidth_hz / LIGHT_M_S).powi(2)
    }
}

/// The paths over one target.
#[derive(Clone, Debug, PartialEq)]
pub struct Paths {
    points: usize,
    gains: Vec<f64>,
    weights: Vec<f64>,
    directions: Vec<[f64; 2]>,
}

impl Paths {
    /// The paths between all `points` (positions in metres) over `target`; absent where the
    /// target stands on one of them, because the direction is then undefined.
    pub fn new(points: &[Point], target: Point, radar: &Radar) -> Option<Self> {
        let mut units = Vec::with_capacity(points.len());
        let mut distances = Vec::with_capacity(points.len());
        for point in points {
            units.push(target.direction(*point)?);
            distances.push(target.distance_m(*point));
        }
        let m = points.len();
        let (mut gains, mut weights) = (Vec::with_capacity(m * m), Vec::with_capacity(m * m));
        let mut directions = Vec::with_capacity(m * m);
        for i in 0..m {
            for j in 0..m {
                let gain = radar.path_gain(distances[i], distances[j]);
                gains.push(gain);
                weights.push(gain * radar.length_information());
                directions.push([units[i][0] + units[j][0], units[i][1] + units[j][1]]);
            }
        }
        Some(Self { points: m, gains, weights, directions })
    }

    /// R_m for each transmitter: information on the position for each unit of `p_m`.
    pub fn information(&self) -> Vec<Information> {
        self.weights
            .chunks(self.points.max(1))
            .zip(self.directions.chunks(self.points.max(1)))
            .map(|(weights, directions)| {
                weights.iter().zip(directions).fold(Information::default(), |sum, (&w, &u)| {
                    sum.plus(1.0, Information::along(w, u))
                })
            })
            .collect()
    }

    /// Signal-to-noise ratio of path (m, n) for each unit of `p_m`, transmitter by transmitter.
    pub fn gains(&self) -> &[f64] {
        &self.gains
    }

    /// Information `w_mn p_m` on the length of every path, in 1/m²: one over the smallest variance
    /// of an estimated length.
    pub fn length_information(&self, p: &[f64]) -> Vec<f64> {
        self.weights.iter().enumerate().map(|(index, w)| w * p[index / self.points]).collect()
    }

    /// Directions `u_mn`, transmitter by transmitter.
    pub fn directions(&self) -> &[[f64; 2]] {
        &self.directions
    }
}

/// Sums over paths of `w`, `w u` and `w u uᵀ`.
fn moments(weights: &[f64], directions: &[[f64; 2]]) -> (f64, [f64; 2], Information) {
    let mut out = (0.0, [0.0; 2], Information::default());
    for (&w, &u) in weights.iter().zip(directions) {
        out.0 += w;
        out.1[0] += w * u[0];
        out.1[1] += w * u[1];
        out.2 = out.2.plus(1.0, Information::along(w, u));
    }
    out
}

/// What is left of the information when an offset common to these paths is unknown too.
fn without_offset(weights: &[f64], directions: &[[f64; 2]]) -> Information {
    let (total, mean, information) = moments(weights, directions);
    if total > 0.0 {
        information.plus(-1.0 / total, Information::along(1.0, mean))
    } else {
        information
    }
}

/// Information on the position from path lengths of information `weights` when all clocks agree.
pub fn synchronised(weights: &[f64], directions: &[[f64; 2]]) -> Information {
    moments(weights, directions).2
}

/// The same with one unknown clock offset common to all paths (transmitters against receivers).
pub fn common_offset(weights: &[f64], directions: &[[f64; 2]]) -> Information {
    without_offset(weights, directions)
}

/// The same with an unknown clock offset for each of the transmitters: time *differences* of
/// arrival. Paths are ordered transmitter by transmitter, `receivers` each.
pub fn transmitter_offsets(
    weights: &[f64],
    directions: &[[f64; 2]],
    receivers: usize,
) -> Information {
    weights
        .chunks(receivers.max(1))
        .zip(directions.chunks(receivers.max(1)))
        .fold(Information::default(), |sum, (w, u)| sum.plus(1.0, without_offset(w, u)))
}

/// The expected bound when the energy of every transmitter is `p_m` times an exponential number of
/// mean one: conjugate beamforming with the estimate of one block, of which `p_m` is the mean
/// (`docs/errata.md#pilots-e9`). A mean over `draws`; never below the bound at the mean, by Jensen's
/// inequality. Absent where the information is singular.
pub fn expected_crb(
    information: &[Information],
    p: &[f64],
    draws: u32,
    rng: &mut ChaCha8Rng,
) -> Option<f64> {
    let mut sum = 0.0;
    for _ in 0..draws {
        let mut total = Information::default();
        for (r, p) in information.iter().zip(p) {
            total = total.plus(p * complex_normal(rng, 1.0).norm_sqr(), *r);
        }
        sum += total.crb()?;
    }
    (draws > 0).then(|| sum / f64::from(draws))
}

#[cfg(test)]
mod tests;
