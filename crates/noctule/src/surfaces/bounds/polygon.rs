//! The prices that cutting planes leave.

/// A convex polygon in the plane of the two prices.
pub(super) struct Polygon {
    corners: Vec<(f64, f64)>,
}

impl Polygon {
    pub(super) fn rectangle(low: (f64, f64), high: (f64, f64)) -> Self {
        Self { corners: vec![low, (high.0, low.1), high, (low.0, high.1)] }
    }

    /// Centre of gravity; `None` when nothing is left.
    pub(super) fn centroid(&self) -> Option<(f64, f64)> {
        if self.corners.len() < 3 {
            return None;
        }
        let origin = self.corners[0];
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        for pair in self.corners[1..].windows(2) {
            let a = (pair[0].0 - origin.0, pair[0].1 - origin.1);
            let b = (pair[1].0 - origin.0, pair[1].1 - origin.1);
            // twice the area of a triangle with the origin, positive where corners go round leftwards
            let cross = a.0 * b.1 - a.1 * b.0;
            area += cross;
            x += cross * (a.0 + b.0) / 3.0;
            y += cross * (a.1 + b.1) / 3.0;
        }
        let centre = (origin.0 + x / area, origin.1 + y / area);
        (area.abs() > 0.0 && centre.0.is_finite() && centre.1.is_finite()).then_some(centre)
    }

    /// The smallest value of a linear function on the polygon.
    pub(super) fn lowest(&self, f: impl Fn((f64, f64)) -> f64) -> f64 {
        self.corners.iter().map(|&v| f(v)).fold(f64::INFINITY, f64::min)
    }

    /// Keep what satisfies `slope · (v − centre) ≤ limit`.
    pub(super) fn clip(&mut self, centre: (f64, f64), slope: (f64, f64), limit: f64) {
        let side = |v: (f64, f64)| slope.0 * (v.0 - centre.0) + slope.1 * (v.1 - centre.1) - limit;
        let mut kept = Vec::with_capacity(self.corners.len() + 1);
        for (i, &a) in self.corners.iter().enumerate() {
            let b = self.corners[(i + 1) % self.corners.len()];
            let (fa, fb) = (side(a), side(b));
            if fa <= 0.0 {
                kept.push(a);
            }
            if (fa < 0.0 && fb > 0.0) || (fa > 0.0 && fb < 0.0) {
                let t = fa / (fa - fb);
                kept.push((a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1)));
            }
        }
        self.corners = kept;
    }
}
