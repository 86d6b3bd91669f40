//! Where an array stands and looks.
//!
//! An array at `position_m` is turned by a bearing β about the vertical (counter-clockwise from the
//! world's x axis) and tilted by t > 0 downwards. Its axes in the world are
//! ```math
//! \hat e_x = (\cos t\cos\beta, \cos t\sin\beta, -\sin t),\quad
//! \hat e_y = (-\sin\beta, \cos\beta, 0),\quad
//! \hat e_z = (\sin t\cos\beta, \sin t\sin\beta, \cos t)
//! ```
//! broadside, row and column. Lengths are in metres, angles in radians.

use super::array::Place;

/// Position and orientation of an array in the world.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Frame {
    /// Where the phase reference stands.
    pub position_m: [f64; 3],
    /// β: the azimuth of broadside in the world.
    pub bearing_rad: f64,
    /// t: how far broadside looks below the horizon.
    pub downtilt_rad: f64,
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Azimuth, polar angle and range of a point in the array's own coordinates; at the origin the
/// polar angle is that of the horizon.
pub fn place_of(point_m: [f64; 3]) -> Place {
    let range_m = point_m[0].hypot(point_m[1]).hypot(point_m[2]);
    let cosine = if range_m > 0.0 { (point_m[2] / range_m).clamp(-1.0, 1.0) } else { 0.0 };
    Place { azimuth_rad: point_m[1].atan2(point_m[0]), polar_rad: cosine.acos(), range_m }
}

/// The point at a place, in the array's own coordinates.
pub fn point_of(place: Place) -> [f64; 3] {
    let ((sa, ca), (sp, cp)) = (place.azimuth_rad.sin_cos(), place.polar_rad.sin_cos());
    [ca * sp, sa * sp, cp].map(|x| x * place.range_m)
}

impl Frame {
    /// The axes ê_x, ê_y, ê_z of the array in the world.
    pub fn axes(&self) -> [[f64; 3]; 3] {
        let ((sb, cb), (st, ct)) = (self.bearing_rad.sin_cos(), self.downtilt_rad.sin_cos());
        [[ct * cb, ct * sb, -st], [-sb, cb, 0.0], [st * cb, st * sb, ct]]
    }

    /// Where a point of the world is for the array.
    pub fn place(&self, point_m: [f64; 3]) -> Place {
        let mut away = point_m;
        away.iter_mut().zip(self.position_m).for_each(|(x, own)| *x -= own);
        place_of(self.axes().map(|axis| dot(axis, away)))
    }

    /// The point of the world at a place of the array.
    pub fn point(&self, place: Place) -> [f64; 3] {
        let (local, axes) = (point_of(place), self.axes());
        let mut out = self.position_m;
        for (x, axis) in local.iter().zip(axes) {
            out.iter_mut().zip(axis).for_each(|(out, e)| *out += x * e);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::FRAC_PI_2;

    const FRAME: Frame =
        Frame { position_m: [3.0, -2.0, 10.0], bearing_rad: 0.7, downtilt_rad: 0.2 };

    #[test]
    fn axes_are_orthonormal_and_right_handed() {
        let [x, y, z] = FRAME.axes();
        for (a, b, expected) in
            [(x, x, 1.0), (y, y, 1.0), (z, z, 1.0), (x, y, 0.0), (y, z, 0.0), (z, x, 0.0)]
        {
            assert!((dot(a, b) - expected).abs() < 1e-15);
        }
        let cross =
            [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
        assert!((dot(cross, z) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn places_and_points_invert_each_other() {
        for place in [(0.3, 1.2, 7.0), (-2.9, 0.4, 1e3), (1.0, 3.0, 0.1)] {
            let place = Place { azimuth_rad: place.0, polar_rad: place.1, range_m: place.2 };
            let again = FRAME.place(FRAME.point(place));
            assert!((again.azimuth_rad - place.azimuth_rad).abs() < 1e-12);
            assert!((again.polar_rad - place.polar_rad).abs() < 1e-12);
            assert!((again.range_m / place.range_m - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_tilted_array_sees_the_ground_at_broadside() {
        // From 10 m up and 45° down, broadside meets the ground 10 m away.
        let frame = Frame {
            position_m: [0.0, 0.0, 10.0],
            bearing_rad: FRAC_PI_2,
            downtilt_rad: FRAC_PI_2 / 2.0,
        };
        let place = frame.place([0.0, 10.0, 0.0]);
        assert!(place.azimuth_rad.abs() < 1e-15 && (place.polar_rad - FRAC_PI_2).abs() < 1e-15);
        assert!((place.range_m - 200.0_f64.sqrt()).abs() < 1e-13);
    }
}
