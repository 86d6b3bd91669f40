//! Arrays of elements anywhere: steering vectors and their derivatives by the angles.
//!
//! Positions are in wavelengths, relative to the phase reference: an array is never recentred. The
//! direction of azimuth θ and polar angle φ (radians) is
//! ```math
//! u(\theta,\phi) = (\cos\theta\sin\phi,\ \sin\theta\sin\phi,\ \cos\phi),\qquad
//! a_n = c\, e^{j2\pi p_n^{\mathsf T}u}
//! ```
//! with c = 1/√N or one. A planar array of `N_h × N_v` half-wavelength elements in the plane x = 0,
//! vertical index fastest, is [`PlanarArray`](crate::arrays::PlanarArray) to the last digit.
//!
//! Where both parts of a reflection are unknown, bounds on its angles do not depend on the phase
//! reference; where the reflection is known they do.

use std::f64::consts::TAU;

use noctule_num::{C64, CMat};

use crate::arrays::{Normalisation, Steering};

/// An array of elements at given positions.
#[derive(Clone, Debug, PartialEq)]
pub struct ElementArray {
    /// Positions in wavelengths.
    pub positions: Vec<[f64; 3]>,
    /// Scale of the steering vector.
    pub normalisation: Normalisation,
}

impl ElementArray {
    /// Elements at `positions`, with unit-norm steering vectors.
    pub const fn new(positions: Vec<[f64; 3]>) -> Self {
        Self { positions, normalisation: Normalisation::UnitNorm }
    }

    /// The same array with another scale of its steering vectors.
    #[must_use]
    pub const fn scaled(mut self, normalisation: Normalisation) -> Self {
        self.normalisation = normalisation;
        self
    }

    /// A planar array in the plane x = 0, `spacing` wavelengths apart, the vertical index running
    /// fastest; phase reference at the corner.
    pub fn planar(horizontal: usize, vertical: usize, spacing: f64) -> Self {
        let at = |h: usize, v: usize| [0.0, spacing * h as f64, spacing * v as f64];
        Self::new((0..horizontal).flat_map(|h| (0..vertical).map(move |v| at(h, v))).collect())
    }

    /// A linear array along y, `spacing` wavelengths apart; phase reference at the first element.
    pub fn linear(elements: usize, spacing: f64) -> Self {
        Self::planar(elements, 1, spacing)
    }

    /// A linear array along y; phase reference at its middle.
    pub fn centred(elements: usize, spacing: f64) -> Self {
        let middle = (elements as f64 - 1.0) / 2.0;
        Self::new((0..elements).map(|n| [0.0, spacing * (n as f64 - middle), 0.0]).collect())
    }

    /// Elements evenly on a horizontal circle, the first on the x axis; phase reference at its
    /// middle.
    pub fn circular(elements: usize, radius: f64) -> Self {
        let at = |n: usize| {
            let (sin, cos) = (TAU * n as f64 / elements as f64).sin_cos();
            [radius * cos, radius * sin, 0.0]
        };
        Self::new((0..elements).map(at).collect())
    }

    /// Number of elements.
    pub const fn elements(&self) -> usize {
        self.positions.len()
    }

    /// Steering vectors alone, as those of [`ElementArray::steering`].
    pub fn responses(&self, directions: impl IntoIterator<Item = (f64, f64)>) -> CMat {
        let columns: Vec<_> = directions.into_iter().collect();
        let (n, scale) = (self.elements(), self.scale());
        let mut response = CMat::zeros(n, columns.len());
        for (m, (azimuth, polar)) in columns.into_iter().enumerate() {
            let ((sa, ca), (sp, cp)) = (azimuth.sin_cos(), polar.sin_cos());
            let towards = [ca * sp, sa * sp, cp];
            for (a, position) in response.col_mut(m).iter_mut().zip(&self.positions) {
                *a = C64::from_polar(scale, phase(position, towards));
            }
        }
        response
    }

    /// Modulus of every entry of a steering vector.
    fn scale(&self) -> f64 {
        match self.normalisation {
            Normalisation::UnitNorm => 1.0 / (self.elements() as f64).sqrt(),
            Normalisation::UnitModulus => 1.0,
        }
    }

    /// Steering vectors and derivatives for directions `(azimuth_rad, polar_rad)`.
    pub fn steering(&self, directions: impl IntoIterator<Item = (f64, f64)>) -> Steering {
        let scale = self.scale();
        let columns: Vec<_> = directions.into_iter().collect();
        let mut response = CMat::zeros(self.elements(), columns.len());
        let mut by_azimuth = response.clone();
        let mut by_polar = response.clone();
        for (m, (azimuth, polar)) in columns.into_iter().enumerate() {
            let ((sa, ca), (sp, cp)) = (azimuth.sin_cos(), polar.sin_cos());
            let towards = [ca * sp, sa * sp, cp];
            let turning = [-sa * sp, ca * sp, 0.0];
            let rising = [ca * cp, sa * cp, -sp];
            for (n, position) in self.positions.iter().enumerate() {
                let along = |u: [f64; 3]| phase(position, u);
                let a = C64::from_polar(scale, along(towards));
                let ja = C64::new(-a.im, a.re);
                response[(n, m)] = a;
                by_azimuth[(n, m)] = ja * along(turning);
                by_polar[(n, m)] = ja * along(rising);
            }
        }
        Steering { response, by_azimuth, by_polar }
    }
}

/// Phase of an element along a direction.
fn phase(position: &[f64; 3], u: [f64; 3]) -> f64 {
    TAU * (0..3).map(|i| position[i] * u[i]).sum::<f64>()
}
