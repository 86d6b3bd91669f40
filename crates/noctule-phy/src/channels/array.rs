//! Planar arrays of any spacing: responses to plane and to spherical waves.
//!
//! # Model
//!
//! Element `(n_h, n_v)` has the offsets `i = n − c` with `c = 0` (reference in the corner) or
//! `c = (n − 1)/2` (in the middle). A plane wave at the frequency `ρ f_c` gives
//! ```math
//! a = s\, e^{j2\pi\rho\left[\frac{d_h}{\lambda} i_h\sin\theta\sin\phi + \frac{d_v}{\lambda} i_v\cos\phi\right]}
//! ```
//! with `s = 1/√N` or one; at half a wavelength, `ρ = 1` and the reference in the corner it is
//! [`PlanarArray`](crate::arrays::PlanarArray) to the last bit. Transmit and receive arrays share
//! the expression. A physical phase is `e^{−jk·distance}` and a transmit response enters
//! conjugated, so that their elements stand at
//! `∓(d_h i_h ŷ + d_v i_v ẑ)`: minus for transmission, plus for reception ([`Side`]). A plane wave
//! cannot tell; a spherical one can.
//!
//! A source at `p = r u(θ, φ)` and at the distance `d_n` from element n gives
//! ```math
//! a_n = s\,(r/d_n)^{\gamma}\, e^{j\epsilon k(d_n - r)},\qquad \epsilon = +1\ (\text{transmit}),\ -1\ (\text{receive})
//! ```
//! The difference `d_n − r` and its derivatives are computed without cancellation: as written, the
//! phase would be off by 10⁻⁷ at 1000 km, and the derivative by the range all rounding.
//!
//! Angles are in radians, distances in metres, spacings in wavelengths of the carrier.

mod rays;

use std::f64::consts::TAU;

use noctule_num::{C64, InputError};

use crate::arrays::Normalisation;

pub use rays::{Polar, Ray};

/// Which element has phase zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Reference {
    /// The first one, in the corner.
    #[default]
    Corner,
    /// The middle of the array, which may lie between elements.
    Centre,
}

/// What an array does: on which side of its reference the elements of rising index stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It sends: elements at `−(d_h i_h ŷ + d_v i_v ẑ)`.
    Transmit,
    /// It receives: elements at `+(d_h i_h ŷ + d_v i_v ẑ)`.
    Receive,
}

/// A planar array of `horizontal × vertical` elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UniformArray {
    /// Elements in a row.
    pub horizontal: usize,
    /// Elements in a column.
    pub vertical: usize,
    /// Distance between columns and between rows in wavelengths of the carrier.
    pub spacing_wavelengths: [f64; 2],
    /// Where the phase is zero.
    pub reference: Reference,
    /// Scale of the response.
    pub normalisation: Normalisation,
}

/// A place as seen from an array's reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Azimuth in radians.
    pub azimuth_rad: f64,
    /// Polar angle from the vertical axis in radians.
    pub polar_rad: f64,
    /// Distance in metres.
    pub range_m: f64,
}

/// A spherical wave: its carrier, the frequency it is seen at, and how amplitudes fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wave {
    /// Wavelength of the carrier in metres.
    pub wavelength_m: f64,
    /// Frequency over that of the carrier; one without squint.
    pub frequency_ratio: f64,
    /// γ of `(r/d)^γ`: zero for equal amplitudes, one for those of free space. With one the norm of
    /// the response is not exactly that of the normalisation.
    pub amplitude_exponent: f64,
}

/// A response and its derivatives, an entry an element.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// a.
    pub response: Vec<C64>,
    /// ∂a/∂θ, per radian.
    pub by_azimuth: Vec<C64>,
    /// ∂a/∂φ, per radian.
    pub by_polar: Vec<C64>,
    /// ∂a/∂r, per metre; zero for a plane wave.
    pub by_range: Vec<C64>,
}

impl UniformArray {
    /// Elements half a wavelength apart, reference in the corner, unit norm.
    pub const fn new(horizontal: usize, vertical: usize) -> Self {
        Self {
            horizontal,
            vertical,
            spacing_wavelengths: [0.5, 0.5],
            reference: Reference::Corner,
            normalisation: Normalisation::UnitNorm,
        }
    }

    /// The same array with its phase reference in the middle.
    #[must_use]
    pub const fn centred(mut self) -> Self {
        self.reference = Reference::Centre;
        self
    }

    /// The same array with its elements further apart or closer.
    #[must_use]
    pub const fn spaced(mut self, spacing_wavelengths: [f64; 2]) -> Self {
        self.spacing_wavelengths = spacing_wavelengths;
        self
    }

    /// The same array with another scale of its responses.
    #[must_use]
    pub const fn scaled(mut self, normalisation: Normalisation) -> Self {
        self.normalisation = normalisation;
        self
    }

    /// Number of elements N.
    pub const fn elements(&self) -> usize {
        self.horizontal * self.vertical
    }

    fn scale(&self) -> f64 {
        match self.normalisation {
            Normalisation::UnitNorm => 1.0 / (self.elements() as f64).sqrt(),
            Normalisation::UnitModulus => 1.0,
        }
    }

    /// `(d_h i_h, d_v i_v)` of every element in wavelengths, the vertical index running fastest.
    pub fn offsets(&self) -> impl Iterator<Item = [f64; 2]> + use<> {
        let middle = |n: usize| match self.reference {
            Reference::Corner => 0.0,
            Reference::Centre => (n as f64 - 1.0) / 2.0,
        };
        let (c_h, c_v, vertical) = (middle(self.horizontal), middle(self.vertical), self.vertical);
        let [d_h, d_v] = self.spacing_wavelengths;
        (0..self.horizontal).flat_map(move |h| {
            (0..vertical).map(move |v| [d_h * (h as f64 - c_h), d_v * (v as f64 - c_v)])
        })
    }

    /// The response to a plane wave at `frequency_ratio` times the carrier frequency, without
    /// derivatives.
    pub fn far_response(&self, azimuth_rad: f64, polar_rad: f64, frequency_ratio: f64) -> Vec<C64> {
        let scale = self.scale();
        let (sin_azimuth, (sin_polar, cos_polar)) = (azimuth_rad.sin(), polar_rad.sin_cos());
        let turn = TAU * frequency_ratio;
        self.offsets()
            .map(|[h, v]| {
                C64::from_polar(scale, turn * (h * sin_azimuth * sin_polar + v * cos_polar))
            })
            .collect()
    }

    /// The response to a plane wave at `frequency_ratio` times the carrier frequency, with its
    /// derivatives.
    pub fn far(&self, azimuth_rad: f64, polar_rad: f64, frequency_ratio: f64) -> Response {
        let response = self.far_response(azimuth_rad, polar_rad, frequency_ratio);
        let ((sa, ca), (sp, cp)) = (azimuth_rad.sin_cos(), polar_rad.sin_cos());
        let turn = TAU * frequency_ratio;
        let by = |slope: [f64; 2]| {
            let slopes = self.offsets().map(move |[h, v]| turn * (h * slope[0] + v * slope[1]));
            response.iter().zip(slopes).map(|(a, s)| C64::new(-a.im * s, a.re * s)).collect()
        };
        let (by_azimuth, by_polar) = (by([ca * sp, 0.0]), by([sa * cp, -sp]));
        let by_range = vec![C64::ZERO; response.len()];
        Response { response, by_azimuth, by_polar, by_range }
    }

    /// The response to a spherical wave between the array and `place`, with its derivatives.
    ///
    /// # Errors
    /// A place at range zero or on an element, where there is no phase.
    pub fn near(&self, side: Side, place: Place, wave: &Wave) -> Result<Response, InputError> {
        let (sin, cos) = (place.azimuth_rad.sin_cos(), place.polar_rad.sin_cos());
        let view = View::new(sin, cos, place.range_m, side, wave);
        let mut out = Response {
            response: Vec::with_capacity(self.elements()),
            by_azimuth: Vec::with_capacity(self.elements()),
            by_polar: Vec::with_capacity(self.elements()),
            by_range: Vec::with_capacity(self.elements()),
        };
        for (n, offset) in self.offsets().enumerate() {
            let Some([a, by_azimuth, by_polar, by_range]) = view.element(self.scale(), offset)
            else {
                return Err(too_close(place, n));
            };
            out.response.push(a);
            out.by_azimuth.push(by_azimuth);
            out.by_polar.push(by_polar);
            out.by_range.push(by_range);
        }
        Ok(out)
    }

    /// `2D²/λ` in metres for the diagonal D between the outermost elements: beyond, the phase of a
    /// spherical wave is that of a plane one to an eighth of a turn.
    pub fn rayleigh_distance_m(&self, wavelength_m: f64) -> f64 {
        let side = |n: usize, d: f64| n.saturating_sub(1) as f64 * d;
        let [d_h, d_v] = self.spacing_wavelengths;
        let (h, v) = (side(self.horizontal, d_h), side(self.vertical, d_v));
        2.0 * (h * h + v * v) * wavelength_m
    }
}

fn too_close(place: Place, element: usize) -> InputError {
    InputError::new(
        "the distance to an element is zero",
        "range_m",
        format!("{} m, on element {element}", place.range_m),
        "a place away from every element",
    )
}

/// A place as the elements see it.
struct View<'a> {
    towards: [f64; 3],
    turning: [f64; 3],
    rising: [f64; 3],
    range: f64,
    sign: f64,
    wave: &'a Wave,
}

impl<'a> View<'a> {
    fn new(
        (sa, ca): (f64, f64),
        (sp, cp): (f64, f64),
        range: f64,
        side: Side,
        wave: &'a Wave,
    ) -> Self {
        Self {
            towards: [ca * sp, sa * sp, cp],
            turning: [-sa * sp, ca * sp, 0.0],
            rising: [ca * cp, sa * cp, -sp],
            range,
            sign: if side == Side::Transmit { 1.0 } else { -1.0 },
            wave,
        }
    }

    /// The response of the element at the offset of `offset` wavelengths, and its derivatives by
    /// azimuth, polar angle and range; `None` where the distance is zero.
    fn element(&self, scale: f64, offset: [f64; 2]) -> Option<[C64; 4]> {
        let (r, wavelength) = (self.range, self.wave.wavelength_m);
        // −1 for transmission: the index runs against the axes.
        let place = offset.map(|x| -self.sign * x * wavelength);
        let along = |u: [f64; 3]| place[0] * u[1] + place[1] * u[2];
        let square = place[0] * place[0] + place[1] * place[1];
        let projected = along(self.towards);
        let across =
            [r * self.towards[0], r * self.towards[1] - place[0], r * self.towards[2] - place[1]];
        let d = across.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !(r > 1e-9 * wavelength && d > 1e-9 * wavelength) {
            return None;
        }
        let difference = (square - 2.0 * r * projected) / (d + r);
        let excess = (projected * projected - square) / ((r - projected + d) * d);
        let growth = (square - r * projected) / (r * d * d);
        let gamma = self.wave.amplitude_exponent;
        let k = self.sign * TAU / wavelength * self.wave.frequency_ratio;
        let a = C64::from_polar(scale * (r / d).powf(gamma), k * difference);
        let turned = |u: [f64; 3]| a * C64::new(-gamma / d, k) * (-r * along(u) / d);
        let by_range = a * C64::new(gamma * growth, k * excess);
        Some([a, turned(self.turning), turned(self.rising), by_range])
    }
}

#[cfg(test)]
mod tests;
