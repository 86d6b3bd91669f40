//! Cascades: base station → reflecting surface → user or target, over several surfaces at once.
//!
//! ```text
//!                    ┌────────────┐ surface k: N_k elements with phases v_k, |v_kn| = 1
//!             ▄▄▄▄▄▄▄▄▄▄▄▄ ... ▄▄▄▄▄▄▄▄▄▄▄▄
//!     μ_BI,A ╱          ╲ μ_IU,D         ╲ μ_IT,D
//!           ╱            ╲                ╲
//!   ▌▌▌▌ base          ▌▌▌ user             ▲ target ──▶ sensors beside surface 0
//! ```
//!
//! Every link is a line of sight and every array a [centred line](crate::centred_array). Surface k
//! reflects with the phases `v_k`, and the whole channel to the user is
//! ```math
//! H = \sum_k \rho_{BI,k}\rho_{IU,k}\,(q_k^H v_k)\; a_U(\mu_{IU,k})\, a_B^H(\mu_{BI,k}),\qquad
//! q_k^H v_k = \sum_n \overline{b_n(\mu_{IU,k})}\, v_{kn}\, b_n(\mu_{BI,k}).
//! ```
//! The target is lit by `gᴴ x` with `gᴴ = Σ_k ρ_BI,k r_k (s_kᴴ v_k) a_Bᴴ(μ_BI,k)`, and the echo is
//! seen by N_r sensors beside surface 0: `y = β̃ a_s(μ_T) gᴴ x + n`. Its unknowns are the spatial
//! frequency μ_T of the target as seen from surface 0, which enters both `a_s` and the response of
//! surface 0 in `g`, and the complex reflection.
//!
//! `r_k` is how strongly surface k reaches the target beside the strongest, see [`PathWeights`].
//!
//! The model is that of G. Chen, Q. Wu, S. Lu, M. Hua and W. Chen, *Multi-IRS Aided ISAC System:
//! Multi-Path Exploitation Versus Reduction*; equation numbers are theirs.

use noctule_num::{C64, CMat};

use crate::centred_array::{CentredArray, wrap};
use crate::geometry::Point;
use crate::path_loss::power_law;

/// How strongly each surface reaches the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathWeights {
    /// Every path with its own loss: `r_k = ρ_IT,k / max_j ρ_IT,j`.
    #[default]
    Exact,
    /// Every path with the loss of the strongest, `r_k = 1`: equation (17) as printed. Bounds come
    /// out too small (`docs/errata.md#surfaces-e3`).
    Max,
}

/// A linear array in the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Its middle.
    pub position: Point,
    /// Unit vector along the array.
    pub axis: [f64; 2],
}

impl Place {
    /// An array at a position, along a direction given as an angle from the first axis.
    ///
    /// Multiples of a right angle are met exactly.
    pub fn new(position: Point, axis_deg: f64) -> Self {
        let turned = axis_deg.rem_euclid(360.0);
        let quarter = (turned / 90.0).round();
        let axis = if (turned - 90.0 * quarter).abs() < 1e-12 {
            [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]][quarter as usize % 4]
        } else {
            let (sin, cos) = turned.to_radians().sin_cos();
            [cos, sin]
        };
        Self { position, axis }
    }

    /// Component along the array of the unit vector from `from` to `to`; zero where they coincide.
    fn along(&self, from: Point, to: Point) -> f64 {
        from.direction(to).map_or(0.0, |[x, y]| x * self.axis[0] + y * self.axis[1])
    }
}

/// One cascade: a surface with its links to base station, user and target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurfacePath {
    /// Reflecting elements N_k.
    pub elements: usize,
    /// Power gain ρ²_BI from the base station.
    pub base_gain: f64,
    /// Power gain ρ²_IU to the user.
    pub user_gain: f64,
    /// Power gain ρ²_IT to the target.
    pub target_gain: f64,
    /// Spatial frequency μ_BI,D at which the wave leaves the base station.
    pub base_departure: f64,
    /// Spatial frequency μ_BI,A at which it arrives at the surface.
    pub surface_arrival: f64,
    /// Spatial frequency μ_IU,D at which it leaves the surface towards the user.
    pub user_departure: f64,
    /// Spatial frequency μ_IU,A at which it arrives at the user.
    pub user_arrival: f64,
    /// Spatial frequency μ_IT,D at which it leaves the surface towards the target.
    pub target_departure: f64,
}

/// A law of distance: `gain = reference_gain · d^(−exponent)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathLoss {
    /// Power gain K₀ at one metre.
    pub reference_gain: f64,
    /// Exponent α.
    pub exponent: f64,
}

impl SurfacePath {
    /// The cascade of a surface between places of the plane.
    ///
    /// Surfaces measure the direction of travel: a mirror has `μ_D = μ_A`. The user's array looks
    /// towards the surface. Places must not coincide; coinciding ones give an infinite gain.
    pub fn between(
        base: Place,
        surface: Place,
        user: Place,
        target: Point,
        elements: usize,
        loss: PathLoss,
    ) -> Self {
        let site = surface.position;
        let gain =
            |from: Point| power_law(loss.reference_gain, from.distance_m(site), loss.exponent);
        Self {
            elements,
            base_gain: gain(base.position),
            user_gain: gain(user.position),
            target_gain: gain(target),
            base_departure: base.along(base.position, site),
            surface_arrival: surface.along(base.position, site),
            user_departure: surface.along(site, user.position),
            user_arrival: user.along(user.position, site),
            target_departure: surface.along(site, target),
        }
    }

    /// The vector `q` with which `qᴴ v` is what reaches a direction; entries of unit modulus.
    fn vector(&self, departure: f64) -> Vec<C64> {
        CentredArray::new(self.elements).response(departure - self.surface_arrival)
    }

    /// `q_k`: the user receives `qᴴ v`. Phases `v = q` align the surface to the user (31).
    pub fn user_vector(&self) -> Vec<C64> {
        self.vector(self.user_departure)
    }

    /// `s_k`: the target is lit by `sᴴ v`. Phases `v = s` align the surface to the target (20), (34).
    pub fn target_vector(&self) -> Vec<C64> {
        self.vector(self.target_departure)
    }

    /// δ_k = π (μ_IU,D − μ_IT,D), wrapped into [−π, π): the phase step between the two alignments.
    pub fn phase_step(&self) -> f64 {
        std::f64::consts::PI * wrap(self.user_departure - self.target_departure)
    }

    /// `γ_k = s_kᴴ v` and its derivative `γ̃` by the spatial frequency of the target.
    pub fn illumination(&self, phases: &[C64]) -> (C64, C64) {
        let array = CentredArray::new(self.elements);
        let frequency = self.target_departure - self.surface_arrival;
        let value = array.response(frequency).iter().zip(phases).map(|(s, v)| s.conj() * v).sum();
        let slope = array.derivative(frequency).iter().zip(phases).map(|(s, v)| s.conj() * v).sum();
        (value, slope)
    }

    /// `q_kᴴ v`.
    pub fn user_amplitude(&self, phases: &[C64]) -> C64 {
        self.user_vector().iter().zip(phases).map(|(q, v)| q.conj() * v).sum()
    }
}

/// All cascades of a deployment, with the arrays at their ends. The first path is that of the
/// surface with sensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Cascade {
    /// Antennas M_t of the base station.
    pub transmit_antennas: usize,
    /// Antennas M_r of the user.
    pub user_antennas: usize,
    /// Sensors N_r beside the first surface.
    pub sensors: usize,
    /// Snapshots T.
    pub snapshots: u32,
    /// Noise power σ² of each user antenna in watts.
    pub user_noise_w: f64,
    /// Noise power σ_s² of each sensor in watts.
    pub sensing_noise_w: f64,
    /// |β|², the target's reflection as a power gain.
    pub reflection_gain: f64,
    /// How strongly each surface reaches the target.
    pub weights: PathWeights,
    /// The paths; the first is that of the surface with sensors.
    pub paths: Vec<SurfacePath>,
}

/// How the target is lit: `gᴴ x`, and its derivative by μ_T.
#[derive(Clone, Debug, PartialEq)]
pub struct Illumination {
    /// g, one entry for each transmit antenna.
    pub response: Vec<C64>,
    /// g', of which only the surface with sensors is the cause.
    pub slope: Vec<C64>,
}

/// What an illumination makes of transmit covariances: `gᴴRg`, `g'ᴴRg'` and `gᴴRg'`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EchoPowers {
    /// `gᴴ R g`, the power that lights the target.
    pub direct: f64,
    /// `g'ᴴ R g'`.
    pub slope: f64,
    /// `gᴴ R g'`.
    pub cross: C64,
}

impl std::ops::Add for EchoPowers {
    type Output = Self;
    /// Echoes of one target from several stretches of time add up their information.
    fn add(self, other: Self) -> Self {
        Self {
            direct: self.direct + other.direct,
            slope: self.slope + other.slope,
            cross: self.cross + other.cross,
        }
    }
}

impl EchoPowers {
    /// The powers over a share of the time.
    #[must_use]
    pub fn scaled(self, share: f64) -> Self {
        Self { direct: share * self.direct, slope: share * self.slope, cross: self.cross * share }
    }
}

impl Illumination {
    /// The powers under a transmit covariance.
    pub fn powers(&self, covariance: &CMat) -> EchoPowers {
        let times = |x: &[C64]| -> Vec<C64> {
            let mut out = vec![C64::ZERO; covariance.rows()];
            for (j, &entry) in x.iter().enumerate() {
                for (out, r) in out.iter_mut().zip(covariance.col(j)) {
                    *out += r * entry;
                }
            }
            out
        };
        let inner =
            |a: &[C64], b: &[C64]| -> C64 { a.iter().zip(b).map(|(x, y)| x.conj() * y).sum() };
        let lit = times(&self.response);
        let bent = times(&self.slope);
        EchoPowers {
            direct: inner(&self.response, &lit).re,
            slope: inner(&self.slope, &bent).re,
            cross: inner(&self.response, &bent),
        }
    }
}

impl Cascade {
    /// The largest power gain from a surface to the target, max_k ρ²_IT,k.
    pub fn strongest_target_gain(&self) -> f64 {
        self.paths.iter().map(|path| path.target_gain).fold(0.0, f64::max)
    }

    /// `r_k = ρ_IT,k / max ρ_IT`, or one under [`PathWeights::Max`].
    pub fn relative_amplitude(&self, k: usize) -> f64 {
        match self.weights {
            PathWeights::Max => 1.0,
            PathWeights::Exact => (self.paths[k].target_gain / self.strongest_target_gain()).sqrt(),
        }
    }

    /// `|β̃|² = |β|² ρ²_TS max_k ρ²_IT,k`; the sensors share the distance of the first surface (17).
    pub fn echo_gain(&self) -> f64 {
        let first = self.paths.first().map_or(0.0, |path| path.target_gain);
        self.reflection_gain * first * self.strongest_target_gain()
    }

    /// `c₀ = σ_s² / (2 T |β̃|² ‖ȧ_s‖²)`: a bound of ε needs `gᴴRg ≥ c₀/ε` (21), (29b).
    pub fn bound_constant(&self) -> f64 {
        let slope = CentredArray::new(self.sensors).slope_energy();
        self.sensing_noise_w / (2.0 * f64::from(self.snapshots) * self.echo_gain() * slope)
    }

    /// The squared gain of each data stream over the noise for a unit of |qᴴv|²:
    /// `a_k = M_r M_t ρ²_BI ρ²_IU / σ²`.
    pub fn stream_gain(&self, k: usize) -> f64 {
        let path = &self.paths[k];
        (self.transmit_antennas * self.user_antennas) as f64 * path.base_gain * path.user_gain
            / self.user_noise_w
    }

    /// The sensing weight of each path for a unit of |sᴴv|²: `b_k = M_t ρ²_BI r_k²`.
    pub fn sensing_weight(&self, k: usize) -> f64 {
        let relative = self.relative_amplitude(k);
        self.transmit_antennas as f64 * self.paths[k].base_gain * relative * relative
    }

    /// The channel to the user, user antennas × transmit antennas.
    pub fn channel(&self, phases: &[Vec<C64>]) -> CMat {
        let paths = self.paths.iter().zip(phases);
        let amplitudes: Vec<C64> = paths.map(|(path, v)| path.user_amplitude(v)).collect();
        self.channel_of(&amplitudes)
    }

    /// The channel for the amplitudes `q_kᴴ v_k` of the paths.
    pub fn channel_of(&self, amplitudes: &[C64]) -> CMat {
        let mut channel = CMat::zeros(self.user_antennas, self.transmit_antennas);
        for (path, amplitude) in self.paths.iter().zip(amplitudes) {
            let amplitude = amplitude * (path.base_gain * path.user_gain).sqrt();
            let user = CentredArray::new(self.user_antennas).response(path.user_arrival);
            let base = CentredArray::new(self.transmit_antennas).response(path.base_departure);
            for (j, b) in base.iter().enumerate() {
                let factor = amplitude * b.conj();
                for (entry, u) in channel.col_mut(j).iter_mut().zip(&user) {
                    *entry += u * factor;
                }
            }
        }
        channel
    }

    /// How phases light the target.
    pub fn illumination(&self, phases: &[Vec<C64>]) -> Illumination {
        let paths = self.paths.iter().zip(phases);
        let lit: Vec<(C64, C64)> = paths.map(|(path, v)| path.illumination(v)).collect();
        self.illumination_of(&lit)
    }

    /// How the target is lit for `γ_k` and `γ̃_k` of the paths, see [`SurfacePath::illumination`].
    pub fn illumination_of(&self, lit: &[(C64, C64)]) -> Illumination {
        let mut response = vec![C64::ZERO; self.transmit_antennas];
        let mut slope = response.clone();
        for (k, (path, (lit, bent))) in self.paths.iter().zip(lit).enumerate() {
            let amplitude = path.base_gain.sqrt() * self.relative_amplitude(k);
            let base = CentredArray::new(self.transmit_antennas).response(path.base_departure);
            for (i, b) in base.iter().enumerate() {
                response[i] += b * lit.conj() * amplitude;
                if k == 0 {
                    slope[i] += b * bent.conj() * amplitude;
                }
            }
        }
        Illumination { response, slope }
    }

    /// The Cramér–Rao bound of μ_T (16) from echo powers; +∞ where the target is not lit.
    ///
    /// `σ_s² / (2T|β̃|² [‖ȧ_s‖² gᴴRg + N_r (g'ᴴRg' − |gᴴRg'|²/gᴴRg)])`: with the phase reference of
    /// the sensors in their middle, the traces of (16) take this form.
    pub fn crb(&self, powers: EchoPowers) -> f64 {
        if powers.direct <= 0.0 {
            return f64::INFINITY;
        }
        let slope = CentredArray::new(self.sensors).slope_energy();
        let bend = (powers.slope - powers.cross.norm_sqr() / powers.direct).max(0.0);
        let information = slope * powers.direct + self.sensors as f64 * bend;
        self.sensing_noise_w / (2.0 * f64::from(self.snapshots) * self.echo_gain() * information)
    }

    /// The upper bound (21) of the Cramér–Rao bound, equal to it where the surface with sensors is
    /// aligned to the target; +∞ where the target is not lit.
    pub fn crb_aligned(&self, powers: EchoPowers) -> f64 {
        if powers.direct > 0.0 { self.bound_constant() / powers.direct } else { f64::INFINITY }
    }

    /// Largest overlap of two paths at the base station and at the user, `|a(μ_k)ᴴ a(μ_i)| / M`:
    /// zero where the sites satisfy Proposition 1 (14).
    pub fn coherence(&self) -> (f64, f64) {
        let (mut base, mut user) = (0.0_f64, 0.0_f64);
        for (k, a) in self.paths.iter().enumerate() {
            for b in &self.paths[..k] {
                let overlap = |elements: usize, difference: f64| {
                    CentredArray::new(elements).pattern(difference).abs() / elements as f64
                };
                let departure = a.base_departure - b.base_departure;
                base = base.max(overlap(self.transmit_antennas, departure));
                user = user.max(overlap(self.user_antennas, a.user_arrival - b.user_arrival));
            }
        }
        (base, user)
    }
}

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
/// `6 σ_s² K³ / (T |β̃|² π² (N_r³ − N_r) M_t P N² Σ ρ²_BI r²)`. The constant is right; the law in K is
/// not ~K³, because the sum grows with K (`docs/errata.md#surfaces-e10`). For orthogonal sites.
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

#[cfg(test)]
mod tests;
