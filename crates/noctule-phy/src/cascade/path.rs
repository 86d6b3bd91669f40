//! One cascade: places in the plane, and what a surface between them does.

use noctule_num::C64;

use crate::centred_array::{CentredArray, wrap};
use crate::geometry::Point;
use crate::path_loss::power_law;

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
