//! Responses of arrays.

use crate::ball::{Ball, U};
use crate::{Outcome, unproven};

/// The response of a planar array of half a wavelength, and its derivatives along azimuth and polar angle.
pub(crate) fn steering(
    (azimuth, polar): (f64, f64),
    shape: &[f64],
    unit: bool,
) -> Outcome<[Vec<Ball>; 3]> {
    let [rows, columns] = shape else { return unproven("an array has no two sides") };
    let (azimuth, polar) = (Ball::real(azimuth).turned(), Ball::real(polar).turned());
    let part = |re: f64, z: Ball| Ball { re, im: 0.0, rad: z.rad };
    let (sa, ca) = (part(azimuth.im, azimuth), part(azimuth.re, azimuth));
    let (sp, cp) = (part(polar.im, polar), part(polar.re, polar));
    let pi = Ball { rad: 2.0 * U * std::f64::consts::PI, ..Ball::real(std::f64::consts::PI) };
    let size = Ball::real(rows * columns).sqrt()?;
    let mut out = [Vec::new(), Vec::new(), Vec::new()];
    for at in 0..(rows * columns) as usize {
        let (y, z) = ((at / *columns as usize) as f64, (at % *columns as usize) as f64);
        let turn = pi * (sa * sp * y + cp * z);
        let a = turn.turned();
        let a = if unit { a } else { a.over(size)? };
        let j = Ball::exact(0.0, 1.0);
        out[0].push(a);
        out[1].push(a * j * (pi * (ca * sp * y)));
        out[2].push(a * j * (pi * (sa * cp * y - sp * z)));
    }
    Ok(out)
}
