//! Arrays as models of channels see them: elements in plane waves.

use std::f64::consts::TAU;

use noctule_num::{C64, CMat};

use super::array::{Polar, Ray, UniformArray};
use super::scattering::Scattering;
use crate::arrays::Normalisation;
use crate::elements::ElementArray;

/// An array that channels arrive at, or leave: uniform and planar, or of elements anywhere.
pub trait Antennas {
    /// Number of elements N.
    fn elements(&self) -> usize;

    /// Scale of its responses.
    fn normalisation(&self) -> Normalisation;

    /// The response to a plane wave at `frequency_ratio` times the carrier frequency.
    fn far_response(&self, azimuth_rad: f64, polar_rad: f64, frequency_ratio: f64) -> Vec<C64>;

    /// A polar angle as rays take it, at `frequency_ratio` times the carrier frequency.
    fn polar(&self, polar_rad: f64, frequency_ratio: f64) -> Polar;

    /// `out += Σ weight · a(θ, φ)` over rays at `frequency_ratio` times the carrier frequency, for which
    /// their polar angles were taken.
    ///
    /// # Panics
    /// When `out` has another length than the array.
    fn add_rays(&self, rays: &[Ray], frequency_ratio: f64, out: &mut [C64]);

    /// The covariance of what arrives from around a direction, `E a aᴴ` with entries of magnitude one
    /// in a.
    fn covariance(&self, around: &Scattering) -> CMat;

    /// Numbers by which arrays of another covariance are told apart.
    fn key(&self) -> Vec<u64>;

    /// What brings its responses to unit norm.
    fn to_unit_norm(&self) -> f64 {
        match self.normalisation() {
            Normalisation::UnitNorm => 1.0,
            Normalisation::UnitModulus => 1.0 / (self.elements() as f64).sqrt(),
        }
    }
}

impl Antennas for UniformArray {
    fn elements(&self) -> usize {
        Self::elements(self)
    }

    fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    fn far_response(&self, azimuth_rad: f64, polar_rad: f64, frequency_ratio: f64) -> Vec<C64> {
        Self::far_response(self, azimuth_rad, polar_rad, frequency_ratio)
    }

    fn polar(&self, polar_rad: f64, frequency_ratio: f64) -> Polar {
        Self::polar(self, polar_rad, frequency_ratio)
    }

    fn add_rays(&self, rays: &[Ray], frequency_ratio: f64, out: &mut [C64]) {
        self.add_far(rays, frequency_ratio, out);
    }

    fn covariance(&self, around: &Scattering) -> CMat {
        around.covariance_of(self)
    }

    fn key(&self) -> Vec<u64> {
        // a covariance does not know the phase reference
        let [across, along] = self.spacing_wavelengths.map(f64::to_bits);
        vec![0, self.horizontal as u64, self.vertical as u64, across, along]
    }
}

impl Antennas for ElementArray {
    fn elements(&self) -> usize {
        Self::elements(self)
    }

    fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    fn far_response(&self, azimuth_rad: f64, polar_rad: f64, frequency_ratio: f64) -> Vec<C64> {
        let scale = match self.normalisation {
            Normalisation::UnitNorm => 1.0 / (self.elements() as f64).sqrt(),
            Normalisation::UnitModulus => 1.0,
        };
        let ((sa, ca), (sp, cp)) = (azimuth_rad.sin_cos(), polar_rad.sin_cos());
        let towards = [ca * sp, sa * sp, cp].map(|u| TAU * frequency_ratio * u);
        let phase = |p: &[f64; 3]| p[0] * towards[0] + p[1] * towards[1] + p[2] * towards[2];
        self.positions.iter().map(|p| C64::from_polar(scale, phase(p))).collect()
    }

    fn polar(&self, polar_rad: f64, _frequency_ratio: f64) -> Polar {
        Polar { angle_rad: polar_rad, sine_cosine: polar_rad.sin_cos(), along: C64::ONE }
    }

    fn add_rays(&self, rays: &[Ray], frequency_ratio: f64, out: &mut [C64]) {
        assert_eq!(out.len(), self.elements(), "one entry for every element");
        for ray in rays {
            let a =
                Antennas::far_response(self, ray.azimuth_rad, ray.polar.angle_rad, frequency_ratio);
            out.iter_mut().zip(a).for_each(|(out, a)| *out += a * ray.weight);
        }
    }

    fn covariance(&self, around: &Scattering) -> CMat {
        around.covariance(&self.positions)
    }

    fn key(&self) -> Vec<u64> {
        std::iter::once(1).chain(self.positions.iter().flatten().map(|x| x.to_bits())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::scattering::Spectrum;

    fn near(x: &[C64], y: &[C64]) -> bool {
        x.iter().zip(y).all(|(x, y)| (x - y).norm() < 1e-13)
    }

    /// The same array said twice: uniform, and element by element.
    #[test]
    fn elements_anywhere_are_the_uniform_array_where_they_stand_as_its_own() {
        let uniform = UniformArray::new(3, 4).spaced([0.7, 0.4]).centred();
        let positions = uniform.offsets().map(|[y, z]| [0.0, y, z]).collect();
        let elements = ElementArray::new(positions);
        for ratio in [1.0, 0.9] {
            let (x, y): (&dyn Antennas, &dyn Antennas) = (&uniform, &elements);
            assert!(near(&x.far_response(0.3, 1.1, ratio), &y.far_response(0.3, 1.1, ratio)));
            let rays = |array: &dyn Antennas| -> Vec<Ray> {
                let ray = |k: f64| Ray {
                    azimuth_rad: 0.3 * k - 1.0,
                    polar: array.polar(1.0 + 0.1 * k, ratio),
                    weight: C64::new(1.0, k),
                };
                (0..7).map(f64::from).map(ray).collect()
            };
            let (mut a, mut b) = (vec![C64::ONE; 12], vec![C64::ONE; 12]);
            x.add_rays(&rays(x), ratio, &mut a);
            y.add_rays(&rays(y), ratio, &mut b);
            assert!(near(&a, &b));
        }
        let around = Scattering {
            azimuth_rad: 0.4,
            polar_rad: 1.3,
            azimuth_std_rad: 0.2,
            polar_std_rad: 0.1,
            spectrum: Spectrum::Laplacian,
        };
        let (x, y) =
            (Antennas::covariance(&uniform, &around), around.covariance(&elements.positions));
        assert!(x.as_slice().iter().zip(y.as_slice()).all(|(x, y)| (x - y).norm() < 1e-9));
        assert!((elements.to_unit_norm() - 1.0).abs() < 1e-15);
        let scaled = uniform.scaled(Normalisation::UnitModulus);
        assert!((scaled.to_unit_norm() - 12_f64.sqrt().recip()).abs() < 1e-15);
    }
}
