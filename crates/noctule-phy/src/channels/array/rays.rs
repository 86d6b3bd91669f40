//! Sums of plane waves, as channels of many rays are.

use std::f64::consts::TAU;

use noctule_num::C64;

use super::UniformArray;

/// A plane wave of a channel: its direction in radians, and the factor on the response to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ray {
    /// θ.
    pub azimuth_rad: f64,
    /// φ, as the array sees it.
    pub polar: Polar,
    /// What the response is multiplied by.
    pub weight: C64,
}

/// A polar angle φ, and what of a response follows from it alone: of use where many azimuths, or users,
/// have the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polar {
    /// φ in radians.
    pub angle_rad: f64,
    /// sin φ and cos φ.
    pub sine_cosine: (f64, f64),
    /// What one element differs from the next of its column by; one where there are no columns.
    pub along: C64,
}

impl UniformArray {
    /// A polar angle as [`UniformArray::add_far`] takes it, at `frequency_ratio` times the carrier frequency.
    pub fn polar(&self, polar_rad: f64, frequency_ratio: f64) -> Polar {
        let (sine, cosine) = polar_rad.sin_cos();
        let turn = TAU * frequency_ratio;
        let along = match self.vertical {
            1 => C64::ONE,
            _ => C64::cis(turn * self.spacing_wavelengths[1] * cosine),
        };
        Polar { angle_rad: polar_rad, sine_cosine: (sine, cosine), along }
    }

    /// `out += Σ weight · a(θ, φ)` over rays at `frequency_ratio` times the carrier frequency, for which
    /// their polar angles were taken: every ray is two ramps by repeated multiplication in place of a sine
    /// and a cosine an element, to some 10⁻¹⁵ times the number of elements in a row or column.
    ///
    /// # Panics
    /// When `out` has another length than the array.
    pub fn add_far(&self, rays: &[Ray], frequency_ratio: f64, out: &mut [C64]) {
        assert_eq!(out.len(), self.elements(), "one entry for every element");
        let Some(first) = self.offsets().next() else { return };
        let wave = Far { turn: TAU * frequency_ratio, scale: self.scale(), first, array: self };
        let mut sums = vec![0.0; 2 * out.len()];
        let (re, im) = sums.split_at_mut(out.len());
        let mut room = vec![0.0; 2 * TOGETHER * self.vertical];
        for group in rays.chunks(TOGETHER) {
            match *group {
                [a, b, c, d] => wave.add([a, b, c, d], &mut room, re, im),
                [a, b, c] => wave.add([a, b, c], &mut room, re, im),
                [a, b] => wave.add([a, b], &mut room, re, im),
                [a] => wave.add([a], &mut room, re, im),
                _ => {}
            }
        }
        for (out, (re, im)) in out.iter_mut().zip(re.iter().zip(im)) {
            *out += C64::new(*re, *im);
        }
    }
}

/// Rays whose responses are formed together.
const TOGETHER: usize = 4;

/// What the responses of all rays have in common.
struct Far<'a> {
    turn: f64,
    scale: f64,
    /// Offset of the first element in wavelengths.
    first: [f64; 2],
    array: &'a UniformArray,
}

impl Far<'_> {
    /// The responses of some rays added to the real and imaginary parts of all elements, ray after ray at
    /// every element, so that a sum does not depend on how many are formed together. `room` is for the
    /// ramps along a column.
    ///
    /// Real and imaginary parts stand apart, so that neighbours in a column are formed by one instruction,
    /// and products of several rays do not wait for each other.
    fn add<const RAYS: usize>(
        &self,
        rays: [Ray; RAYS],
        room: &mut [f64],
        re: &mut [f64],
        im: &mut [f64],
    ) {
        let (turn, rows) = (self.turn, self.array.vertical);
        // Real and imaginary parts of the next column of every ray, of what it differs from the last by, and
        // of what an element differs from the one before.
        let (mut x, mut y) = ([0.0; RAYS], [0.0; RAYS]);
        let (mut across, mut along) = ([[0.0; RAYS]; 2], [[0.0; RAYS]; 2]);
        for (k, ray) in rays.iter().enumerate() {
            let (sine, cosine) = ray.polar.sine_cosine;
            let sideways = ray.azimuth_rad.sin() * sine;
            let step = C64::cis(turn * self.array.spacing_wavelengths[0] * sideways);
            ([across[0][k], across[1][k]], [along[0][k], along[1][k]]) =
                ([step.re, step.im], [ray.polar.along.re, ray.polar.along.im]);
            let mut column = ray.weight * self.scale;
            let first = self.first[0] * sideways + self.first[1] * cosine;
            if first != 0.0 {
                column *= C64::cis(turn * first);
            }
            (x[k], y[k]) = (column.re, column.im);
        }
        if rows == 1 {
            for (re, im) in re.iter_mut().zip(im) {
                *re = x.iter().fold(*re, |sum, x| sum + x);
                *im = y.iter().fold(*im, |sum, y| sum + y);
                turn_on(&mut x, &mut y, &across);
            }
            return;
        }
        let (u, v) = room.split_at_mut(room.len() / 2);
        let u: [&mut [f64]; RAYS] = parts(u, rows);
        let v: [&mut [f64]; RAYS] = parts(v, rows);
        let (mut ramp_re, mut ramp_im) = ([1.0; RAYS], [0.0; RAYS]);
        for row in 0..rows {
            for k in 0..RAYS {
                (u[k][row], v[k][row]) = (ramp_re[k], ramp_im[k]);
            }
            turn_on(&mut ramp_re, &mut ramp_im, &along);
        }
        let (u, v) = (u.map(|u| &*u), v.map(|v| &*v));
        for (re, im) in re.chunks_exact_mut(rows).zip(im.chunks_exact_mut(rows)) {
            add_column((&x, &y), u, v, re, im);
            turn_on(&mut x, &mut y, &across);
        }
    }
}

/// The first `rows` numbers of every ray.
fn parts<const RAYS: usize>(room: &mut [f64], rows: usize) -> [&mut [f64]; RAYS] {
    let mut parts = room.chunks_exact_mut(rows);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// Products of complex numbers, whose parts stand apart.
fn turn_on<const RAYS: usize>(x: &mut [f64; RAYS], y: &mut [f64; RAYS], by: &[[f64; RAYS]; 2]) {
    let [re, im] = by;
    for k in 0..RAYS {
        (x[k], y[k]) = (x[k] * re[k] - y[k] * im[k], x[k] * im[k] + y[k] * re[k]);
    }
}

/// `column · ramp` of every ray added to one column of elements; `u` and `v` are the parts of the ramps.
fn add_column<const RAYS: usize>(
    (x, y): (&[f64; RAYS], &[f64; RAYS]),
    u: [&[f64]; RAYS],
    v: [&[f64]; RAYS],
    re: &mut [f64],
    im: &mut [f64],
) {
    let rows = re.len();
    let (im, u, v) = (&mut im[..rows], u.map(|u| &u[..rows]), v.map(|v| &v[..rows]));
    for row in 0..rows {
        let (mut sum_re, mut sum_im) = (re[row], im[row]);
        for k in 0..RAYS {
            sum_re += x[k] * u[k][row] - y[k] * v[k][row];
            sum_im += x[k] * v[k][row] + y[k] * u[k][row];
        }
        (re[row], im[row]) = (sum_re, sum_im);
    }
}
