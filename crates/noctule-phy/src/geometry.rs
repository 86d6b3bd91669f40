//! Places in the plane.

/// A point of the plane, in metres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Coordinate along the first axis, m.
    pub x_m: f64,
    /// Coordinate along the second axis, m.
    pub y_m: f64,
}

impl Point {
    /// A point from its coordinates in metres.
    pub const fn new(x_m: f64, y_m: f64) -> Self {
        Self { x_m, y_m }
    }

    /// Euclidean distance to another point, m.
    pub fn distance_m(self, other: Self) -> f64 {
        (other.x_m - self.x_m).hypot(other.y_m - self.y_m)
    }

    /// Unit vector from here to another point; `None` when the two coincide.
    pub fn direction(self, other: Self) -> Option<[f64; 2]> {
        let distance = self.distance_m(other);
        (distance > 0.0)
            .then(|| [(other.x_m - self.x_m) / distance, (other.y_m - self.y_m) / distance])
    }

    /// The point turned about the origin, counter-clockwise, by an angle in radians.
    #[must_use]
    pub fn rotated(self, angle_rad: f64) -> Self {
        let (sin, cos) = angle_rad.sin_cos();
        Self::new(cos * self.x_m - sin * self.y_m, sin * self.x_m + cos * self.y_m)
    }
}

impl From<[f64; 2]> for Point {
    fn from([x_m, y_m]: [f64; 2]) -> Self {
        Self::new(x_m, y_m)
    }
}

impl From<Point> for [f64; 2] {
    fn from(point: Point) -> Self {
        [point.x_m, point.y_m]
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;

    #[test]
    fn a_right_triangle() {
        let (a, b) = (Point::new(1.0, 1.0), Point::new(4.0, 5.0));
        assert!((a.distance_m(b) - 5.0).abs() < 1e-15);
        assert_eq!(a.direction(b), Some([0.6, 0.8]));
        assert_eq!(a.direction(a), None);
    }

    #[test]
    fn turning_keeps_distances() {
        let (a, b) = (Point::new(1.0, -2.0), Point::new(-0.5, 3.0));
        let turned = a.rotated(0.7).distance_m(b.rotated(0.7));
        assert!((turned - a.distance_m(b)).abs() < 1e-14);
        let quarter = Point::new(1.0, 0.0).rotated(std::f64::consts::FRAC_PI_2);
        assert!(quarter.x_m.abs() < 1e-15 && (quarter.y_m - 1.0).abs() < 1e-15);
    }
}
